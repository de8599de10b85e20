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
X = {"images": IMAGES, "words": WORDS}
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


class Loader:
    """An iterable that is no generator."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


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

    @pytest.mark.parametrize("is_random", [True, False])
    @pytest.mark.parametrize("place", ["memory", "file"])
    def test_arrays_are_shuffled_as_without(self, place, is_random, tmp_path):
        counting = Counting()
        cache = tmp_path if place == "file" else place
        fit = {"batch_size": 4, "epochs": 3, "verbose": 0}
        fit["validation_data"] = (X, Y)
        fit["class_weight"] = {0: 1.0, 1: 2.0}
        labels = (Y > 0).astype("float32")

        def losses_of(options, counting=None):
            model = compiled(options, counting, is_random)
            tf.random.set_seed(3)
            return model.fit(X, labels, **fit).history

        found = losses_of(tfk.utils.LiftOptions(cache), counting)
        assert sum(counting.rows) == 2 * ROWS
        assert found == losses_of(True)
        gc.collect()
        assert not list(tmp_path.iterdir())

    def test_iterables_that_come_again(self):
        counting = Counting()
        model = compiled(tfk.utils.LiftOptions("memory"), counting)
        batches = list(dataset().as_numpy_iterator())
        model.fit(Loader(batches), epochs=3, verbose=0)
        assert sum(counting.rows) == ROWS

    def test_a_training_over_arrays_is_resumed(self, tmp_path):
        def fit(epochs, callbacks=()):
            model = compiled(tfk.utils.LiftOptions("memory"))
            tf.random.set_seed(3)
            model.fit(X, Y, 4, epochs, verbose=0, callbacks=[*callbacks])
            return model.get_weights()

        class Stop(tfk.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 2:
                    raise KeyboardInterrupt

        def backup():
            return tfk.callbacks.BackupAndRestore(tmp_path / "backup")

        with pytest.raises(KeyboardInterrupt):
            fit(4, [backup(), Stop()])
        for found, wanted in zip(fit(4, [backup()]), fit(4), strict=True):
            np.testing.assert_array_equal(found, wanted)

    def test_sizes_may_differ_between_fits(self):
        words = tfk.Input((None,), dtype="string")
        h = tfk.layers.StringLookup(vocabulary=["a", "b"])(words)
        h = tfk.layers.GlobalAveragePooling1D()(tfk.layers.Embedding(4, 2)(h))
        model = tfk.Model(words, tfk.layers.Dense(1)(h))
        options = tfk.utils.LiftOptions("memory")
        model.compile("sgd", "mse", lift_preprocessing=options)
        for length in (2, 3):
            history = model.fit(
                np.repeat(WORDS, length, 1), Y, epochs=2, verbose=0
            )
            assert len(history.epoch) == 2

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

    def test_data_that_does_not_come_again(self):
        model = compiled(tfk.utils.LiftOptions("memory"))

        def generate():
            yield from dataset().repeat(2)

        for data in (generate(), dataset().repeat()):
            with pytest.raises(ValueError, match="come again in each epoch"):
                model.fit(data, epochs=2, steps_per_epoch=3, verbose=0)
        with pytest.raises(ValueError, match="come again in each epoch"):
            model.fit(Batches(), epochs=2, verbose=0)
        model.fit(generate(), verbose=0)
        model.fit(X, Y, epochs=2, steps_per_epoch=2, verbose=0)
        model = compiled(tfk.utils.LiftOptions(service="grpc://localhost:1"))
        with pytest.raises(ValueError, match="workers can read for themselves"):
            model.fit(X, Y, verbose=0)

    def test_rows_that_arrays_can_not_keep(self, tmp_path):
        words = tfk.Input((), dtype="string")
        upper = tf.strings.upper(words)
        vocabulary = {"vocabulary": ["A", "B"], "standardize": None}
        h = tfk.layers.TextVectorization(**vocabulary)(upper)
        h = tfk.layers.GlobalAveragePooling1D()(tfk.layers.Embedding(4, 2)(h))
        model = tfk.Model(words, tfk.layers.Dense(1)(h))
        fit = {"epochs": 2, "verbose": 0}
        model.compile(lift_preprocessing=tfk.utils.LiftOptions("memory"))
        with pytest.raises(ValueError, match="dense tensors of known sizes"):
            model.fit(WORDS[:, 0], Y, **fit)


class Batches(tfk.utils.Sequence):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return {"images": IMAGES[:5], "words": WORDS[:5]}, Y[:5]
