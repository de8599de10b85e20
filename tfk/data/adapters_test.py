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
"""Tests of sources."""

import itertools
import time
import warnings

import numpy as np
import pandas
import pytest
import tensorflow as tf
import tf_keras

from tfk.data import adapters
from tfk.data import py_dataset
from tfk.distribute import datasets


def _lists(dataset):
    return [
        tf.nest.map_structure(lambda t: t.numpy().tolist(), batch)
        for batch in dataset
    ]


def _batches(count=3):
    for index in range(count):
        yield np.full((2, 3), index), np.arange(2)


class Squares(py_dataset.Sequence):
    count = 3
    epochs = 0

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.array([index]), np.array([index**2])

    def on_epoch_end(self):
        self.epochs += 1
        self.count -= 1


class SourceOfArraysTest:
    def test_knows_its_size(self):
        source = adapters.source(np.ones((10, 2)), np.ones(10), batch_size=4)
        assert (source.num_batches, source.batch_size) == (3, 4)
        assert source.num_rows == 10 and source.reusable
        x, y = source.element_spec
        assert (x.shape.as_list(), x.dtype) == ([None, 2], tf.float32)
        assert y.shape.as_list() == [None]

    def test_batch_size_defaults(self):
        assert adapters.source(np.ones(70)).num_batches == 3
        assert adapters.source(np.ones(70), steps=7).batch_size == 10

    def test_inputs_alone_stand_bare_but_for_tuples(self):
        assert _lists(adapters.source([1, 2]).dataset) == [[1, 2]]
        x = {"a": np.arange(2)}
        assert _lists(adapters.source(x).dataset) == [{"a": [0, 1]}]
        x = [np.arange(2), np.arange(2)]
        assert _lists(adapters.source(x).dataset) == [(([0, 1], [0, 1]),)]

    @pytest.mark.parametrize(
        "x",
        [
            np.ones((6, 2)),
            np.ones(6, "float16"),
            np.ones((6, 2), "int8"),
            {"a": np.ones(6), "b": np.array(list("abcdef"))},
            (np.ones((6, 2)), tf.ones((6, 1), tf.float64)),
            pandas.DataFrame({"a": [1] * 6, "b": [2] * 6}),
            dict(pandas.DataFrame({"a": [1] * 6, "b": [2.0] * 6})),
        ],
    )
    def test_batches_look_as_in_tf_keras(self, x):
        seen = []

        class Spy(tf_keras.Model):
            def train_step(self, data):
                seen.append(data)
                return {"loss": tf.zeros(())}

        spy = Spy()
        spy.compile()
        spy.fit(x, np.ones(6), batch_size=4, verbose=0)
        source = adapters.source(x, np.ones(6), batch_size=4)
        for ours, theirs in zip(
            tf.nest.flatten(source.dataset.element_spec),
            tf.nest.flatten(seen[0]),
        ):
            assert ours.shape.as_list() == theirs.shape.as_list()
            assert ours.dtype == theirs.dtype

    @pytest.mark.parametrize(
        "arguments, message",
        [
            (dict(x=None), "no data"),
            (dict(x=np.ones(3), y=np.ones(4)), "x: 3, y: 4"),
            (
                dict(x={"a": np.ones(3), "b": np.ones(2)}),
                "x/a: 3, x/b: 2",
            ),
            (dict(x=np.ones((0, 2)), y=np.ones(0)), "empty"),
            (dict(x=[]), "empty"),
            (dict(x=np.ones(3), batch_size=0), "positive integer"),
            (dict(x=object()), "must be arrays, a `tf.data.Dataset`"),
        ],
    )
    def test_says_what_is_wrong(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            adapters.source(**arguments)

    def test_class_weights_become_sample_weights(self):
        source = adapters.source(np.ones(4), np.array([0, 1, 1, 0]))
        source.weigh_classes({1: 3.0})
        assert _lists(source.dataset)[0][2] == [1, 3, 3, 1]

    def test_weights_without_targets_are_kept(self):
        source = adapters.source(np.ones(2), sample_weight=np.ones(2))
        x, y, weight = next(iter(source.dataset))
        assert y is None and weight.numpy().tolist() == [1, 1]


class SourceOfDatasetTest:
    @pytest.mark.parametrize(
        "count, expected", [(None, 2), (-1, tf.data.INFINITE_CARDINALITY)]
    )
    def test_passes_through(self, count, expected):
        dataset = tf.data.Dataset.range(4).batch(2)
        dataset = dataset.repeat(count) if count else dataset
        source = adapters.source(dataset)
        assert source.dataset is dataset and source.num_batches == expected

    def test_length_may_be_unknown(self):
        dataset = tf.data.Dataset.range(4).filter(lambda i: i > 1).batch(2)
        assert adapters.source(dataset).num_batches is None

    def test_distributed_datasets_pass_through(self):
        creator = datasets.DatasetCreator(lambda context: None)
        assert adapters.source(creator).dataset is creator
        with pytest.raises(ValueError, match="already distributed"):
            adapters.source(creator).weigh_classes({0: 1.0})

    @pytest.mark.parametrize("name", ["y", "sample_weight"])
    @pytest.mark.parametrize(
        "make", [lambda: tf.data.Dataset.range(2), Squares, _batches]
    )
    def test_takes_no_targets_or_weights_besides(self, make, name):
        with pytest.raises(ValueError, match=f"`{name}` must be None"):
            adapters.source(make(), **{name: np.ones(2)})

    def test_warns_of_a_batch_size(self):
        with pytest.warns(UserWarning, match="`batch_size` has no effect"):
            adapters.source(tf.data.Dataset.range(2).batch(2), batch_size=3)

    def test_class_weights_apply(self):
        dataset = tf.data.Dataset.from_tensors(([1.0, 2.0], [0, 1]))
        source = adapters.source(dataset)
        source.weigh_classes({1: 3.0})
        assert _lists(source.dataset)[0][2] == [1, 3]


class SourceOfGeneratorTest:
    def test_goes_once_through_all_batches(self):
        source = adapters.source(_batches())
        assert not source.reusable and source.num_batches is None
        assert source.batch_size == 2
        found = [int(x[0, 0]) for x, _ in source.dataset]
        assert found == [0, 1, 2]

    def test_axes_are_open_in_the_dataset_and_known_in_the_spec(self):
        source = adapters.source(_batches())
        assert source.dataset.element_spec[0].shape.as_list() == [None, None]
        assert source.element_spec[0].shape.as_list() == [None, 3]
        lengths = iter([np.ones((1, 2)), np.ones((3, 5))])
        shapes = [x.shape.as_list() for x in adapters.source(lengths).dataset]
        assert shapes == [[1, 2], [3, 5]]

    def test_iterables_start_anew(self):
        class Loader:
            starts = 0

            def __len__(self):
                return 2

            def __iter__(self):
                self.starts += 1
                return iter([[[1.0, 2.0], [3, 4]]] * 2)

        loader = Loader()
        source = adapters.source(loader)
        assert source.reusable and source.num_batches == 2
        assert _lists(source.dataset) == [([1, 2], [3, 4])] * 2
        assert loader.starts == 1
        assert len(_lists(source.dataset)) == 2 and loader.starts == 2

    def test_length_may_be_unknown_but_not_wrong(self):
        class Loader:
            def __init__(self, length):
                self.length = length

            def __len__(self):
                if self.length is None:
                    raise TypeError("object has no len()")
                return self.length

            def __iter__(self):
                return iter([np.ones(2)] * 3)

        source = adapters.source(Loader(None))
        assert source.num_batches is None and len(list(source.dataset)) == 3
        source = adapters.source(Loader(5))
        with pytest.raises(ValueError, match="Loader yielded 3 batches, and"):
            with source.running():
                list(source.dataset)

    def test_passes_that_are_given_up_are_closed(self):
        closed = []

        class Loader:
            def __iter__(self):
                try:
                    yield from _batches(1000)
                finally:
                    closed.append(True)

        source = adapters.source(Loader())
        for count in (1, 2):
            iterator = iter(source.dataset)
            next(iterator)
            del iterator
            for _ in range(100):
                if len(closed) == count:
                    break
                time.sleep(0.02)
            assert len(closed) == count

    def test_structures_ragged_and_missing_parts(self):
        ragged = tf.ragged.constant([[1], [2, 3]])
        batch = ({"r": ragged, "x": [np.ones(2), np.ones(2)]}, None, np.ones(2))
        source = adapters.source(iter([batch] * 2))
        x, y, weight = next(iter(source.dataset))
        assert isinstance(x["r"], tf.RaggedTensor) and len(x["x"]) == 2
        assert y is None and weight.dtype == tf.float32

    @pytest.mark.parametrize("workers", [0, 1])
    def test_original_exceptions_surface(self, workers):
        def fail():
            yield np.ones(2)
            raise KeyError("file 17")

        source = adapters.source(fail(), workers=workers)
        with pytest.raises(KeyError, match="file 17") as error:
            with source.original_errors():
                list(source.dataset)
        assert "fail" in [entry.name for entry in error.traceback]
        with pytest.raises(tf.errors.OutOfRangeError):
            with source.original_errors():
                raise tf.errors.OutOfRangeError(None, None, "end")

    def test_structure_must_stay(self):
        source = adapters.source(iter([(np.ones(2), np.ones(2)), np.ones(2)]))
        with pytest.raises(ValueError, match="structure of the first"):
            with source.original_errors():
                list(source.dataset)

    def test_must_yield_something(self):
        with pytest.raises(ValueError, match="yielded no batch"):
            adapters.source(iter(()))

    def test_class_weights_use_the_known_shape(self):
        y = np.array([[1], [0]])
        batches = iter([(np.ones(2), y)] * 2)
        source = adapters.source(batches)
        source.weigh_classes({1: 3.0})
        assert _lists(source.dataset)[0][2] == [3, 1]
        assert source.element_spec[2].shape.rank == 1

    def test_endless_generators_are_read_as_needed(self):
        source = adapters.source(
            (np.array([i]) for i in itertools.count()), workers=0
        )
        iterator = iter(source.dataset)
        assert [int(next(iterator)[0]) for _ in range(4)] == [0, 1, 2, 3]


class SourceOfSequenceTest:
    @pytest.mark.parametrize("workers", [0, 1, 3])
    def test_yields_all_batches_in_order(self, workers):
        source = adapters.source(Squares(), workers=workers)
        assert source.num_batches == 3
        expected = [([0], [0]), ([1], [1]), ([2], [4])]
        assert _lists(source.dataset) == expected

    def test_shuffle_mixes_batches(self):
        sequence = Squares()
        sequence.count = 30
        source = adapters.source(sequence, shuffle=True, seed=1)
        orders = [[x for (x,), _ in _lists(source.dataset)] for _ in range(2)]
        assert orders[0] != orders[1] and orders[0] != sorted(orders[0])
        assert sorted(orders[0]) == list(range(30))

    def test_length_may_change_at_the_end_of_an_epoch(self):
        sequence = Squares()
        source = adapters.source(sequence)
        source.on_epoch_begin()
        source.on_epoch_end()
        assert sequence.epochs == 1 and source.num_batches == 2
        assert len(_lists(source.dataset)) == 2

    def test_sequences_of_tf_keras_work(self):
        class Theirs(tf_keras.utils.Sequence):
            def __len__(self):
                return 2

            def __getitem__(self, index):
                return np.array([index])

        source = adapters.source(Theirs())
        assert source.num_batches == 2 and source.on_epoch_end is not None
        assert _lists(source.dataset) == [[0], [1]]

    def test_must_not_be_empty(self):
        sequence = Squares()
        sequence.count = 0
        with pytest.raises(ValueError, match="Squares has no batches"):
            adapters.source(sequence)

    def test_shuffling_is_no_warning(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            adapters.source(Squares(), shuffle=None)
