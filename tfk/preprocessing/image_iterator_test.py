# Copyright 2026 The tfk Authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     https://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""Tests of the iterators over arrays of images, with tf_keras as oracle."""

import contextlib
import pickle

import numpy as np
import pytest
import tf_keras

import tfk
from tfk.testing import strategies

OURS = tfk.preprocessing.image
ORACLE = tf_keras.preprocessing.image
IMAGES = np.random.RandomState(0).uniform(0, 255, (7, 6, 5, 3))
IMAGES = IMAGES.astype("float32")
TARGETS = np.arange(7) % 2
CHANGES = {"rotation_range": 30, "zoom_range": 0.2, "horizontal_flip": True}


def assert_equal_batches(ours, oracle):
    assert type(ours) is type(oracle)
    if not isinstance(ours, (tuple, list)):
        ours, oracle = [ours], [oracle]
    assert len(ours) == len(oracle)
    for found, wanted in zip(ours, oracle):
        if isinstance(found, list):
            assert_equal_batches(found, wanted)
        else:
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted, atol=0.02)


class NumpyArrayIteratorTest:
    def test_functions_that_change_what_they_get_leave_the_data_alone(self):
        def halve(image):
            image /= 2
            return image

        images = IMAGES.copy()
        generator = OURS.ImageDataGenerator(preprocessing_function=halve)
        batches = generator.flow(images, batch_size=7, shuffle=False)
        for _ in range(2):
            np.testing.assert_array_equal(next(batches), IMAGES / 2)
        np.testing.assert_array_equal(images, IMAGES)

    @pytest.mark.parametrize("shuffle", [True, False])
    @pytest.mark.parametrize(
        "data",
        [
            (IMAGES,),
            (IMAGES, TARGETS),
            (IMAGES, TARGETS, {"sample_weight": TARGETS + 0.5}),
            ((IMAGES, [TARGETS, IMAGES[:, 0]]), TARGETS),
        ],
    )
    def test_a_seed_gives_the_batches_of_tf_keras(self, data, shuffle):
        *arrays, options = data if isinstance(data[-1], dict) else (*data, {})
        options = {**options, "batch_size": 3, "shuffle": shuffle, "seed": 5}
        ours, oracle = (
            module.ImageDataGenerator(**CHANGES).flow(*arrays, **options)
            for module in (OURS, ORACLE)
        )
        assert len(ours) == len(oracle) == 3
        for _ in range(7):
            assert_equal_batches(next(ours), next(oracle))
        assert ours.total_batches_seen == oracle.total_batches_seen == 7
        by_index, oracle = (
            module.ImageDataGenerator(**CHANGES).flow(*arrays, **options)
            for module in (OURS, ORACLE)
        )
        for index in range(3):
            assert_equal_batches(by_index[index], oracle[index])

    def test_subsets_are_those_of_tf_keras(self):
        for subset in ("training", "validation"):
            ours, oracle = (
                module.ImageDataGenerator(validation_split=0.3).flow(
                    IMAGES, TARGETS, subset=subset, shuffle=False
                )
                for module in (OURS, ORACLE)
            )
            assert_equal_batches(ours[0], oracle[0])
        generator = OURS.ImageDataGenerator(validation_split=0.3)
        with pytest.raises(ValueError, match="other classes"):
            generator.flow(IMAGES, np.arange(7), subset="training")
        flow = generator.flow(
            IMAGES, np.arange(7), subset="training", ignore_class_split=True
        )
        assert flow.n == 5
        with pytest.raises(ValueError, match="subset='test'"):
            generator.flow(IMAGES, subset="test")
        with pytest.raises(ValueError, match="without `validation_split`"):
            OURS.ImageDataGenerator().flow(IMAGES, subset="training")

    def test_batches_follow_from_seed_epoch_and_index(self):
        def flow():
            generator = OURS.ImageDataGenerator(**CHANGES)
            return generator.flow(IMAGES, TARGETS, batch_size=3, seed=5)

        forward, backward = flow(), pickle.loads(pickle.dumps(flow()))
        for _ in range(2):
            wanted = [forward[index] for index in range(3)]
            for index in (2, 0, 1):
                assert_equal_batches(backward[index], wanted[index])
            orders = sorted(y for _, targets in wanted for y in targets)
            assert orders == sorted(TARGETS)
            for iterator in (forward, backward):
                iterator.on_epoch_end()
        assert not np.array_equal(forward[0][0], wanted[0][0])

    def test_images_and_masks_of_one_seed_change_alike(self):
        generator = OURS.ImageDataGenerator(**CHANGES)
        flows = [generator.flow(IMAGES, batch_size=3, seed=5) for _ in range(2)]
        for _ in range(5):
            np.testing.assert_array_equal(*map(next, flows))

    def test_draws_leave_those_of_others(self):
        flow = OURS.ImageDataGenerator(**CHANGES).flow(IMAGES, seed=1)
        np.random.seed(3)
        wanted = np.random.uniform()
        np.random.seed(3)
        next(flow)
        assert np.random.uniform() == wanted

    def test_models_train_on_it(self):
        losses = []
        for scope, workers in (
            (contextlib.nullcontext(), 1),
            (contextlib.nullcontext(), 3),
            (strategies.two_replicas().scope(), 1),
        ):
            with scope:
                model = tfk.Sequential(
                    [
                        tfk.layers.Flatten(),
                        tfk.layers.Dense(1, kernel_initializer="zeros"),
                    ]
                )
                model.compile("sgd", "mse")
            generator = OURS.ImageDataGenerator(rescale=1 / 255, **CHANGES)
            flow = generator.flow(IMAGES, TARGETS, batch_size=4, seed=1)
            history = model.fit(
                flow, epochs=2, shuffle=False, workers=workers, verbose=0
            )
            losses.append(history.history["loss"])
            assert model.predict(flow, verbose=0).shape == (7, 1)
        np.testing.assert_array_equal(losses[0], losses[1])
        np.testing.assert_allclose(losses[0], losses[2], 1e-4)

    def test_changed_images_are_written(self, tmp_path):
        flow = OURS.ImageDataGenerator(**CHANGES).flow(
            IMAGES,
            batch_size=4,
            shuffle=False,
            save_to_dir=str(tmp_path),
            save_prefix="x",
            save_format="jpeg",
        )
        next(flow)
        names = sorted(path.name for path in tmp_path.iterdir())
        assert [name[:4] for name in names] == ["x_0_", "x_1_", "x_2_", "x_3_"]
        assert OURS.load_img(tmp_path / names[0]).size == (5, 6)

    def test_bad_data(self):
        generator = OURS.ImageDataGenerator()
        with pytest.raises(ValueError, match="as many rows"):
            generator.flow(IMAGES, TARGETS[:3])
        with pytest.raises(ValueError, match="as many rows"):
            generator.flow((IMAGES, [TARGETS[:3]]), TARGETS)
        with pytest.raises(ValueError, match="shape"):
            generator.flow(IMAGES[0])
        with pytest.raises(ValueError, match="batch_size"):
            generator.flow(IMAGES, batch_size=0)
        with pytest.raises(ValueError, match="idx=1"):
            generator.flow(IMAGES)[1]
        with pytest.raises(ValueError, match="no images"):
            next(generator.flow(IMAGES[:0]))


class IteratorTest:
    def test_children_write_what_makes_a_batch(self):
        class Squares(OURS.Iterator):
            def _get_batches_of_transformed_samples(self, index_array):
                return index_array**2

        squares = Squares(5, 2, False, None)
        assert [squares[i].tolist() for i in range(3)] == [[0, 1], [4, 9], [16]]
        assert [next(squares).tolist() for _ in range(4)][3] == [0, 1]
        squares.reset()
        assert next(squares).tolist() == [0, 1]
        with pytest.raises(NotImplementedError, match="must define"):
            OURS.Iterator(5, 2, False, None)[0]
