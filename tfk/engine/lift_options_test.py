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
"""Tests of what `LiftOptions` make of the input pipeline."""

import gc

import numpy as np
import pytest
import tensorflow as tf

import tfk

ROWS = 10
IMAGES = np.random.default_rng(1).uniform(0, 255, (ROWS, 4, 3, 3))
IMAGES = IMAGES.astype("float32")
WORDS = np.array([[c] for c in "abzabbaczb"])
Y = np.linspace(-1, 2, ROWS).reshape(ROWS, 1).astype("float32")


class Counting(tfk.layers.PreprocessingLayer):
    """Counts the rows that run through it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.rows = []

    def call(self, inputs):
        tf.numpy_function(lambda x: self.rows.append(len(x)), [inputs], [])
        return inputs / 255.0


def compiled(options, counting=None, is_random=True):
    tfk.utils.set_random_seed(7)
    images = tfk.Input((4, 3, 3), name="images")
    words = tfk.Input((1,), dtype="string", name="words")
    h = (counting or Counting())(images)
    if is_random:
        h = tfk.layers.RandomFlip(seed=3)(h)
    lookup = tfk.layers.StringLookup(vocabulary=["a", "b"])(words)
    lookup = tfk.layers.Embedding(4, 2)(lookup)
    h = tfk.layers.Concatenate()(
        [tfk.layers.Flatten()(h), tfk.layers.Flatten()(lookup)]
    )
    inputs = {"images": images, "words": words}
    model = tfk.Model(inputs, tfk.layers.Dense(1)(h))
    model.compile("adam", "mse", lift_preprocessing=options)
    return model


def dataset(size=4):
    rows = ({"images": IMAGES, "words": WORDS}, Y)
    return tf.data.Dataset.from_tensor_slices(rows).batch(size)


def losses(model, **kwargs):
    history = model.fit(
        dataset(), validation_data=dataset(5), epochs=3, verbose=0, **kwargs
    )
    return history.history


class CacheTest:
    @pytest.mark.parametrize("place", ["memory", "file"])
    @pytest.mark.parametrize("is_random", [True, False])
    def test_layers_before_a_random_one_run_once(
        self, place, is_random, tmp_path
    ):
        counting = Counting()
        cache = tmp_path / "here" if place == "file" else place
        model = compiled(tfk.utils.LiftOptions(cache), counting, is_random)
        found = losses(model)
        assert sum(counting.rows) == 2 * ROWS
        assert found == losses(compiled(True, None, is_random))
        # One pass needs no cache.
        model.evaluate(dataset(), verbose=0)
        assert sum(counting.rows) == 3 * ROWS
        # New state is used in the next `fit`.
        wanted = losses(model)
        assert sum(counting.rows) == 5 * ROWS
        assert wanted != found

    def test_files_are_deleted(self, tmp_path):
        model = compiled(tfk.utils.LiftOptions(tmp_path))
        losses(model)
        del model
        gc.collect()
        assert not list(tmp_path.iterdir())


class ServiceTest:
    def test_workers_preprocess(self):
        service = tf.data.experimental.service
        dispatcher = service.DispatchServer()
        address = dispatcher.target.split("://")[1]
        workers = [
            service.WorkerServer(service.WorkerConfig(address))
            for _ in range(2)
        ]
        options = tfk.utils.LiftOptions(service=dispatcher.target)
        counting = Counting()
        model = compiled(options, counting)
        seen = []
        model.fit(
            dataset(2),
            epochs=2,
            verbose=0,
            callbacks=[
                tfk.callbacks.LambdaCallback(
                    on_train_batch_end=lambda batch, logs: seen.append(batch)
                )
            ],
        )
        assert seen == [*range(5)] * 2
        assert sum(counting.rows) == 2 * ROWS
        # Others are in order.
        predicted = model.predict(dataset(), verbose=0)
        again = model.predict({"images": IMAGES, "words": WORDS}, verbose=0)
        np.testing.assert_allclose(predicted, again, rtol=1e-5)
        del workers


class BadInputTest:
    def test_arguments_are_checked(self):
        with pytest.raises(TypeError, match="`cache` must be 'memory', the"):
            tfk.utils.LiftOptions(cache=True)
        with pytest.raises(ValueError, match="`service` must be the address"):
            tfk.utils.LiftOptions(service="localhost")
        with pytest.raises(TypeError, match="`lift_preprocessing` must be a"):
            compiled("memory")

    def test_arrays_have_no_order_to_keep(self):
        model = compiled(tfk.utils.LiftOptions("memory"))
        x = {"images": IMAGES, "words": WORDS}
        with pytest.raises(ValueError, match="need a `tf.data.Dataset`"):
            model.fit(x, Y, epochs=2, verbose=0)
        model.fit(x, Y, verbose=0)
