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
"""Data from Python: loaders of other packages, arrays larger than memory."""

import itertools

import h5py
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk


class FakeTensor:
    """Has what tensors of PyTorch and others have: a way to NumPy."""

    def __init__(self, array):
        self._array = array

    def numpy(self):
        return self._array


class FakeLoader:
    """As a PyTorch `DataLoader`: an iterable of lists of tensors."""

    def __init__(self, batches, length="known", structure=list):
        self._batches = batches
        self._length = length
        self._structure = structure

    def __len__(self):
        if self._length == "unknown":
            raise TypeError("object of type 'IterableDataset' has no len()")
        return len(self._batches)

    def __iter__(self):
        for batch in self._batches:
            yield self._structure(tf.nest.map_structure(FakeTensor, batch))


class LargeArray:
    """An array that nobody may read whole: larger than memory, say."""

    def __init__(self, num_rows, width, limit):
        self.shape = (num_rows, width)
        self.dtype = np.dtype("float64")
        self.num_read = 0
        self._limit = limit

    def __getitem__(self, rows):
        count = rows.stop - rows.start
        assert 0 < count <= self._limit
        self.num_read += count
        column = np.arange(rows.start, rows.stop)[:, None] / 1e6
        return np.repeat(column, self.shape[1], axis=1)

    def __array__(self, *args, **kwargs):
        raise MemoryError


def model(package=tfk):
    result = package.Sequential(
        [package.layers.Dense(1, kernel_initializer="ones")]
    )
    result.compile("sgd", "mse")
    return result


def batches(count=4):
    generator = np.random.default_rng(0)
    return [
        (
            generator.normal(size=(4, 3)).astype("float32"),
            generator.normal(size=(4, 1)).astype("float32"),
        )
        for _ in range(count)
    ]


class LoaderTest:
    @pytest.mark.parametrize("length", ["known", "unknown"])
    def test_trains_as_on_a_dataset(self, length):
        data = batches()
        results = []
        for x in (
            FakeLoader(data, length),
            tf.data.Dataset.from_generator(
                lambda: data,
                output_signature=(
                    tf.TensorSpec((4, 3)),
                    tf.TensorSpec((4, 1)),
                ),
            ),
        ):
            trained = model()
            history = trained.fit(x, epochs=2, verbose=0, validation_data=x)
            loss = trained.evaluate(x, verbose=0)
            outputs = trained.predict(x, verbose=0)
            assert outputs.shape == (16, 1)
            results.append(
                [*history.history["loss"], *history.history["val_loss"], loss]
                + outputs.ravel().tolist()
            )
        np.testing.assert_allclose(*results, rtol=1e-5)

    def test_batches_are_dicts_and_nested_structures(self):
        def named(batch):
            x, y = batch
            return {"a": x, "b": [x]}, y

        a, b = tfk.Input((3,), name="a"), tfk.Input((3,), name="b")
        joined = tfk.layers.Add()([a, b])
        trained = tfk.Model({"a": a, "b": [b]}, tfk.layers.Dense(1)(joined))
        trained.compile("sgd", "mse")
        trained.fit(FakeLoader(batches(), structure=named), verbose=0)
        assert trained.optimizer.iterations == 4


class LargeArrayTest:
    # 16 batches at most are read at once.
    LIMIT = 16 * 32

    @pytest.mark.parametrize("shuffle", [True, "batch", False])
    def test_fit_reads_slices(self, shuffle):
        x = LargeArray(4000, 2, self.LIMIT)
        y = LargeArray(4000, 1, self.LIMIT)
        trained = model()
        history = trained.fit(
            x, y, shuffle=shuffle, validation_split=0.25, verbose=0
        )
        assert np.isfinite(history.history["val_loss"])
        assert trained.optimizer.iterations == 94
        assert x.num_read == 4000

    def test_few_steps_read_few_rows(self):
        x = LargeArray(10**9, 2, self.LIMIT)
        trained = model()
        outputs = trained.predict(x, batch_size=32, steps=3, verbose=0)
        np.testing.assert_allclose(
            outputs[:, 0], 2 * np.arange(96) / 1e6, rtol=1e-5
        )
        y = LargeArray(10**9, 1, self.LIMIT)
        trained.evaluate(x, y, batch_size=32, steps=3, verbose=0)
        assert x.num_read < 20000 > y.num_read

    def test_files_train_as_the_arrays_in_them(self, tmp_path):
        x = np.random.default_rng(0).normal(size=(100, 3)).astype("float32")
        mapped = np.memmap(tmp_path / "x", "float32", "w+", shape=x.shape)
        mapped[:] = x
        losses = []
        with h5py.File(tmp_path / "x.h5", "w") as file:
            file["x"] = x
            for data in (x, mapped, file["x"]):
                tfk.utils.set_random_seed(3)
                trained = model()
                history = trained.fit(
                    data, data[:, :1], validation_split=0.2, verbose=0, epochs=2
                )
                losses.append(
                    history.history["loss"] + history.history["val_loss"]
                )
        np.testing.assert_allclose(losses[1:], [losses[0]] * 2, rtol=1e-5)


class EndOfDataTest:
    """Compared with tf.keras, which shows a loss of 0 for an empty epoch."""

    @pytest.mark.parametrize(
        "count, arguments, message",
        [
            (4, {"epochs": 2}, "used up after 1 of 2 epochs"),
            (3, {"epochs": 2, "steps_per_epoch": 3}, "ended after 0 of 3"),
            (4, {"epochs": 3, "steps_per_epoch": 3}, "ended after 1 of 3"),
        ],
    )
    def test_generators_that_end_early_end_training(
        self, count, arguments, message
    ):
        theirs = model(tf_keras).fit(iter(batches(count)), **arguments)
        with pytest.warns(UserWarning, match=message):
            ours = model().fit(iter(batches(count)), verbose=0, **arguments)
        expected = [loss for loss in theirs.history["loss"] if loss]
        np.testing.assert_allclose(ours.history["loss"], expected, rtol=1e-5)

    def test_endless_data_needs_steps(self):
        endless = tf.data.Dataset.from_tensors(batches(1)[0]).repeat()
        for method in ("fit", "evaluate", "predict"):
            with pytest.raises(ValueError, match="The data has no end"):
                getattr(model(), method)(endless, verbose=0)
        trained = model()
        trained.fit(itertools.cycle(batches()), steps_per_epoch=3, verbose=0)
        trained.fit(endless, steps_per_epoch=3, epochs=2, verbose=0)
        assert trained.optimizer.iterations == 9

    def test_unknown_lengths_are_learnt(self):
        data = tf.data.Dataset.from_tensors(batches(1)[0]).repeat(5)
        data = data.filter(lambda x, y: True)
        assert data.cardinality() == tf.data.UNKNOWN_CARDINALITY
        trained = model()
        trained.fit(data, epochs=3, verbose=0)
        assert trained.optimizer.iterations == 15
        with pytest.warns(UserWarning, match="ended after 5 of 7 steps"):
            trained.evaluate(data, steps=7, verbose=0)
