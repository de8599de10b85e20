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
"""Windows over series, and datasets split in two, against tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.data import dataset_split
from tfk.data import timeseries


def _lists(dataset):
    return [
        [x.tolist() for x in tf.nest.flatten(element)]
        for element in dataset.as_numpy_iterator()
    ]


class TimeseriesFromArrayTest:
    @pytest.mark.parametrize(
        "options",
        [
            {"sequence_length": 4},
            {"sequence_length": 4, "sequence_stride": 3, "sampling_rate": 2},
            {"sequence_length": 3, "start_index": 5, "end_index": 17},
            {"sequence_length": 1, "batch_size": None},
            {"sequence_length": 2, "sequence_stride": 9, "end_index": 4},
            {"sequence_length": 20},
        ],
    )
    @pytest.mark.parametrize("has_targets", [True, False])
    def test_equals_tf_keras(self, options, has_targets):
        data = np.arange(40.0).reshape(20, 2)
        targets = np.arange(20) * 10 if has_targets else None
        options = {"batch_size": 3, **options}
        own = timeseries.timeseries_dataset_from_array(data, targets, **options)
        peer = tf_keras.utils.timeseries_dataset_from_array(
            data, targets, **options
        )
        assert _lists(own) == _lists(peer)

    def test_targets_shorter_than_the_data(self):
        data = np.arange(15)
        own, peer = (
            package(data, data[10:], sequence_length=10)
            for package in (
                timeseries.timeseries_dataset_from_array,
                tf_keras.utils.timeseries_dataset_from_array,
            )
        )
        assert _lists(own) == _lists(peer)

    def test_targets_may_end_before_the_rows_in_use(self):
        data = np.arange(10)
        dataset = timeseries.timeseries_dataset_from_array(
            data, data[:7] * 10, sequence_length=3, start_index=3
        )
        windows = [[3, 4, 5], [4, 5, 6], [5, 6, 7], [6, 7, 8]]
        assert _lists(dataset) == [[windows, [30, 40, 50, 60]]]
        with pytest.raises(ValueError, match="No window fits.*3 targets"):
            timeseries.timeseries_dataset_from_array(
                data, data[:3], sequence_length=3, start_index=3
            )

    def test_shuffled_windows_are_the_same_windows(self):
        data = np.arange(30)
        dataset = timeseries.timeseries_dataset_from_array(
            data, data, 3, shuffle=True, seed=2, batch_size=None
        )
        pairs = _lists(dataset)
        assert all(window[0] == target for window, target in pairs)
        begins = [target for _, target in pairs]
        assert begins != sorted(begins) == [*range(28)]

    @pytest.mark.parametrize(
        "options, message",
        [
            ({"sequence_length": 0}, "`sequence_length` must be at least 1"),
            ({"sequence_length": 5, "sampling_rate": 3}, "No window fits"),
            ({"sequence_length": 2, "start_index": 9}, "must be rows"),
            ({"sequence_length": 2, "end_index": 99}, "must be rows"),
        ],
    )
    def test_says_what_is_wrong(self, options, message):
        with pytest.raises(ValueError, match=message):
            timeseries.timeseries_dataset_from_array(
                np.ones(8), None, **options
            )


class TimeseriesTest:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"sampling_rate": 2, "stride": 3},
            {"start_index": 4, "end_index": 12, "reverse": True},
        ],
    )
    def test_equals_the_generator_of_tf_keras(self, options):
        data = np.arange(40.0).reshape(20, 2)
        targets = np.arange(20)
        own = timeseries.timeseries_dataset(
            data, targets, 4, batch_size=5, **options
        )
        peer = tf_keras.preprocessing.sequence.TimeseriesGenerator(
            data, targets, 4, batch_size=5, **options
        )
        expected = [[x.tolist() for x in peer[i]] for i in range(len(peer))]
        assert _lists(own) == expected

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="as many rows"):
            timeseries.timeseries_dataset(np.ones(4), np.ones(3), 2)
        with pytest.raises(ValueError, match="No row has enough"):
            timeseries.timeseries_dataset(np.ones(4), np.ones(4), 4)


class SplitDatasetTest:
    @pytest.mark.parametrize(
        "sizes",
        [
            {"left_size": 0.75},
            {"right_size": 3},
            {"left_size": 4, "right_size": 5},
            {"left_size": 0.3, "right_size": 0.3},
        ],
    )
    @pytest.mark.parametrize("kind", ["array", "pair", "dataset", "batches"])
    def test_equals_tf_keras(self, sizes, kind):
        rows = np.arange(12.0)
        data = {
            "array": rows,
            "pair": (rows, rows[:, np.newaxis] * 2),
            "dataset": tf.data.Dataset.from_tensor_slices((rows, -rows)),
            "batches": tf.data.Dataset.from_tensor_slices((rows, rows)).batch(
                5
            ),
        }[kind]
        own = dataset_split.split_dataset(data, **sizes)
        peer = tf_keras.utils.split_dataset(data, **sizes)
        for mine, other in zip(own, peer):
            assert _lists(mine) == _lists(other)
            assert int(mine.cardinality()) == int(other.cardinality())

    @pytest.mark.parametrize("is_dataset", [True, False])
    def test_shuffled_parts_have_all_rows_once(self, is_dataset):
        data = np.arange(20)
        if is_dataset:
            data = tf.data.Dataset.from_tensor_slices(data)
        parts = [
            [
                [row for (row,) in _lists(part)]
                for part in dataset_split.split_dataset(
                    data, left_size=0.5, shuffle=True, seed=7
                )
            ]
            for _ in range(2)
        ]
        assert parts[0] == parts[1]
        left, right = parts[0]
        assert left != sorted(left)
        assert sorted(left + right) == [*range(20)]

    @pytest.mark.parametrize("kind", ["rows", "batches", "inner", "generator"])
    def test_parts_of_data_in_a_new_order_each_time_are_apart(self, kind):
        def generate():
            yield from np.random.permutation(40)

        dataset = tf.data.Dataset.range(40)
        if kind == "rows":
            dataset = dataset.shuffle(40)
        elif kind == "batches":
            dataset = dataset.shuffle(40).batch(4)
        elif kind == "inner":
            dataset = dataset.batch(8).interleave(
                lambda x: tf.data.Dataset.from_tensor_slices(x).shuffle(8)
            )
        else:
            dataset = tf.data.Dataset.from_generator(
                generate, output_signature=tf.TensorSpec((), "int64")
            )
        left, right = dataset_split.split_dataset(dataset, left_size=0.5)
        parts = [
            np.concatenate([np.ravel(x) for x in part.as_numpy_iterator()])
            for part in (left, right)
        ]
        assert sorted(np.concatenate(parts)) == [*range(40)]

    def test_rows_of_many_sizes_in_a_new_order(self):
        rows = tf.data.Dataset.range(1, 9).map(tf.range).shuffle(8)
        left, right = dataset_split.split_dataset(rows, left_size=3)
        sizes = [len(x) for part in (left, right) for x in part]
        assert sorted(sizes) == [*range(1, 9)]

    def test_unknown_length(self):
        dataset = tf.data.Dataset.range(10).filter(lambda x: x > 3)
        left, right = dataset_split.split_dataset(dataset, right_size=2)
        assert _lists(right) == [[8], [9]]
        assert int(left.cardinality()) == 4

    @pytest.mark.parametrize(
        "data, sizes, message",
        [
            (np.ones(4), {}, "At least one size"),
            (np.ones(4), {"left_size": 1.5}, "`left_size` must be a float"),
            (np.ones(4), {"left_size": 3, "right_size": 3}, "more rows"),
            (np.ones(4), {"left_size": 4}, "would be empty"),
            ((np.ones(4), np.ones(3)), {"left_size": 1}, "as many rows"),
            (tf.data.Dataset.range(2).repeat(), {"left_size": 1}, "infinite"),
        ],
    )
    def test_says_what_is_wrong(self, data, sizes, message):
        with pytest.raises(ValueError, match=message):
            dataset_split.split_dataset(data, **sizes)

    def test_says_what_is_no_data(self):
        with pytest.raises(TypeError, match="must be a tf.data.Dataset"):
            dataset_split.split_dataset(3, left_size=1)
