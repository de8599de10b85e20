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
"""Tests of datasets over arrays."""

import h5py
import numpy as np
import pytest
import tensorflow as tf

from tfk.data import array_datasets
from tfk.data import arrays


def _rows(dataset):
    return np.concatenate([batch.numpy() for batch in dataset])


class ArrayDatasetTest:
    @pytest.mark.parametrize("num_rows", [10, 1000])
    @pytest.mark.parametrize("shuffle", [False, True, "batch"])
    def test_each_pass_holds_each_row_once(self, num_rows, shuffle):
        data = (
            {"a": np.arange(num_rows), "s": np.arange(num_rows).astype("U")},
            tf.range(num_rows),
        )
        dataset = array_datasets.array_dataset(data, num_rows, 4, shuffle)
        orders = []
        for _ in range(2):
            order = []
            for x, y in dataset:
                np.testing.assert_array_equal(x["a"], y)
                assert [int(s) for s in x["s"].numpy()] == y.numpy().tolist()
                order.append(y.numpy())
            assert [len(b) for b in order[:-1]] == [4] * (len(order) - 1)
            orders.append(np.concatenate(order))
            np.testing.assert_array_equal(np.sort(orders[-1]), range(num_rows))
        assert len(order) == int(dataset.cardinality())
        if shuffle:
            assert orders[0].tolist() != orders[1].tolist()
            assert orders[0].tolist() != list(range(num_rows))
        else:
            np.testing.assert_array_equal(orders[0], range(num_rows))

    def test_batch_shuffle_keeps_rows_of_a_batch_together(self):
        dataset = array_datasets.array_dataset(np.arange(10), 10, 4, "batch")
        found = [batch.numpy().tolist() for batch in dataset]
        assert sorted(found[:2]) == [[0, 1, 2, 3], [4, 5, 6, 7]]
        assert found[2] == [8, 9]

    def test_all_orders_are_about_equally_frequent(self):
        dataset = array_datasets.array_dataset(np.arange(3), 3, 3, True, seed=1)
        counts = {}
        for batch in dataset.repeat(240):
            key = tuple(batch.numpy())
            counts[key] = counts.get(key, 0) + 1
        assert len(counts) == 6 and min(counts.values()) > 15

    def test_global_seed_fixes_the_orders(self):
        def orders():
            tf.random.set_seed(7)
            dataset = array_datasets.array_dataset(np.arange(50), 50, 8, True)
            return [_rows(dataset).tolist() for _ in range(2)]

        first = orders()
        assert first == orders() and first[0] != first[1]

    def test_static_shape_leaves_rows_open(self):
        dataset = array_datasets.array_dataset(np.ones((6, 2)), 6, 4)
        assert dataset.element_spec.shape.as_list() == [None, 2]

    @pytest.mark.parametrize("shuffle", [False, True])
    def test_ragged_and_sparse_go_along(self, shuffle):
        ragged = tf.ragged.constant([[i] * i for i in range(5)], dtype=tf.int64)
        sparse = tf.sparse.from_dense(np.diag(np.arange(5)))
        data = (ragged, sparse, np.arange(5))
        seen = []
        for r, s, y in array_datasets.array_dataset(data, 5, 2, shuffle):
            assert isinstance(r, tf.RaggedTensor)
            assert isinstance(s, tf.SparseTensor)
            np.testing.assert_array_equal(r.row_lengths(), y)
            np.testing.assert_array_equal(
                tf.reduce_sum(tf.sparse.to_dense(s), 1), y
            )
            seen += y.numpy().tolist()
        assert sorted(seen) == list(range(5))

    @pytest.mark.parametrize("shuffle", [False, True, "batch"])
    def test_arrays_on_disk_are_read_in_slices(self, tmp_path, shuffle):
        values = np.arange(40.0).reshape(20, 2)
        mapped = np.memmap(tmp_path / "m", "float64", "w+", shape=(20, 2))
        mapped[:] = values
        with h5py.File(tmp_path / "f.h5", "w") as file:
            file["x"] = values
            data = arrays.to_arrays((file["x"], mapped, np.arange(20)))
            assert isinstance(data[0], arrays.RowReader)
            assert isinstance(data[1], arrays.RowReader)
            seen = []
            for stored, memory, y in array_datasets.array_dataset(
                data, 20, 8, shuffle
            ):
                assert stored.dtype == tf.float32 and stored.shape[1] == 2
                np.testing.assert_array_equal(stored, values[y.numpy()])
                np.testing.assert_array_equal(memory, values[y.numpy()])
                seen += y.numpy().tolist()
            assert sorted(seen) == list(range(20))
            part = data[0][5:9]
            np.testing.assert_array_equal(arrays.to_tensor(part), values[5:9])

    def test_many_rows_are_counted_in_pieces(self):
        num_rows = 2**20 + 3
        dataset = array_datasets.array_dataset(
            np.arange(num_rows), num_rows, 100_000
        )
        found = [batch.numpy() for batch in dataset]
        assert [len(batch) for batch in found] == [100_000] * 10 + [48_579]
        np.testing.assert_array_equal(
            np.concatenate(found), np.arange(num_rows)
        )

    def test_iterator_can_be_restored_from_a_checkpoint(self, tmp_path):
        dataset = array_datasets.array_dataset(np.arange(100), 100, 8, True)
        iterator = iter(dataset)
        next(iterator)
        saver = tf.train.Checkpoint(iterator=iterator)
        path = saver.save(str(tmp_path / "c"))
        expected = [batch.numpy().tolist() for batch in iterator]
        other = iter(array_datasets.array_dataset(np.arange(100), 100, 8, True))
        tf.train.Checkpoint(iterator=other).restore(path)
        assert [batch.numpy().tolist() for batch in other] == expected
