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
"""Tests of array-likes."""

import collections

import numpy as np
import pandas
import pytest
import scipy.sparse
import tensorflow as tf

from tfk.data import arrays


class FakeTorchTensor:
    """Has what is used of a PyTorch tensor, under PyTorch's module name."""

    def __init__(self, array):
        self.array = array

    @property
    def shape(self):
        return self.array.shape

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.array


FakeTorchTensor.__module__ = "torch"


class Slices:
    """An array that gives slices only, and counts the rows it gives."""

    def __init__(self, array):
        self.array = array
        self.reads = []

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)

    def __getitem__(self, rows):
        assert isinstance(rows, slice) and rows.step is None
        self.reads.append(rows.stop - rows.start)
        return self.array[rows]

    def __array__(self, *args, **kwargs):
        raise AssertionError("All of it is read.")


class ToArraysTest:
    @pytest.mark.parametrize(
        "dtype, expected",
        [
            ("float64", "float32"),
            ("float16", "float32"),
            ("float32", "float32"),
            ("int64", "int64"),
            ("uint8", "uint8"),
            ("bool", "bool"),
            ("complex128", "complex128"),
        ],
    )
    def test_floats_become_floatx_as_in_tf_keras(self, dtype, expected):
        assert arrays.to_arrays(np.ones((2, 2), dtype)).dtype == expected

    def test_tensors_keep_their_dtype(self):
        tensor = tf.ones((2, 2), tf.float64)
        assert arrays.to_arrays(tensor) is tensor
        assert arrays.to_arrays(tf.Variable(tensor)).dtype == tf.float64

    def test_lists_of_numbers_are_one_array(self):
        assert arrays.to_arrays([[1, 2], [3, 4]]).shape == (2, 2)
        assert arrays.to_arrays([1.0, 2.0]).dtype == "float32"
        assert arrays.to_arrays([np.float64(1), np.float64(2)]).shape == (2,)
        assert arrays.to_tensor(arrays.to_arrays(["a"])).dtype == tf.string

    def test_lists_of_arrays_are_several_inputs(self):
        result = arrays.to_arrays([np.ones(2), {"a": [1, 2]}])
        assert isinstance(result, tuple)
        np.testing.assert_array_equal(result[1]["a"], [1, 2])

    def test_pandas_tables_and_columns_are_matrices(self):
        frame = pandas.DataFrame({"a": [1, 2, 3], "b": [1.0, 2, 3]})
        assert arrays.to_arrays(frame).shape == (3, 2)
        columns = arrays.to_arrays(dict(frame))
        assert columns["a"].shape == (3, 1) and columns["a"].dtype == "int64"
        assert columns["b"].dtype == "float32"
        text = arrays.to_arrays(pandas.DataFrame({"a": ["x", "y"]}))
        assert arrays.to_tensor(text).numpy().tolist() == [[b"x"], [b"y"]]

    def test_scipy_matrices_are_sparse_tensors(self):
        dense = np.array([[0.0, 2.0], [1.0, 0.0], [0.0, 3.0]])
        sparse = arrays.to_arrays(scipy.sparse.csc_matrix(dense))
        assert sparse.dtype == tf.float32
        np.testing.assert_array_equal(tf.sparse.to_dense(sparse), dense)

    def test_torch_tensors_are_arrays(self):
        tensor = FakeTorchTensor(np.ones((2, 3)))
        assert arrays.is_in_memory(tensor)
        assert arrays.to_arrays(tensor).dtype == "float32"

    def test_tensors_of_other_packages_are_arrays(self):
        class Tensor:
            def numpy(self):
                return np.ones((2, 3))

        batch = collections.UserDict(a=Tensor(), b=[Tensor(), Tensor()])
        result = arrays.to_arrays(batch)
        assert type(result) is dict and len(result["b"]) == 2
        assert result["a"].dtype == "float32"

    @pytest.mark.parametrize(
        "data, message",
        [
            ([[1, 2], [3]], "different lengths"),
            (np.array(["a", None], object), "only numbers or only strings"),
            (np.array(["2020-01-01"], "M8[D]"), "only numbers"),
            (np.float32(3), "must be an array"),
            (object(), "`x` must be an array"),
        ],
    )
    def test_says_what_no_tensor_holds(self, data, message):
        with pytest.raises(ValueError, match=message):
            arrays.to_arrays(data)


class RowReaderTest:
    def test_reads_slices_of_what_is_asked_for(self):
        array = Slices(np.arange(40.0).reshape(20, 2))
        reader = arrays.to_arrays(array)
        assert arrays.is_in_memory(array)
        assert (reader.shape, reader.dtype) == ((20, 2), np.float32)
        indices = np.array([7, 3, 4, 18, 5, 3])
        np.testing.assert_array_equal(
            reader.read(indices), array.array[indices]
        )
        assert array.reads == [3, 1, 1]
        part = reader[10:]
        np.testing.assert_array_equal(part[[2, 1]], array.array[[12, 11]])
        assert part.read(np.arange(0)).shape == (0, 2)


class IsInMemoryTest:
    @pytest.mark.parametrize(
        "x", [np.ones(2), [1, 2], {"a": np.ones(2)}, (tf.ones(2),), "text"]
    )
    def test_arrays_are(self, x):
        assert arrays.is_in_memory(x)

    @pytest.mark.parametrize(
        "x", [tf.data.Dataset.range(2), iter([1]), (i for i in [1])]
    )
    def test_streams_are_not(self, x):
        assert not arrays.is_in_memory(x)


class SingleBatchTest:
    def test_makes_tensors_in_the_form_of_a_batch(self):
        x = np.ones((2, 3))
        assert arrays.as_single_batch(x).dtype == tf.float32
        x, y, weight = arrays.as_single_batch({"a": x}, [1, 2], [1.0, 2.0])
        assert x["a"].dtype == tf.float32 and y.dtype == tf.int64
        assert weight.numpy().tolist() == [1, 2]

    @pytest.mark.parametrize(
        "x, y",
        [(np.ones(2), np.ones(3)), (np.ones(0), None), (np.array(1), None)],
    )
    def test_checks_rows(self, x, y):
        with pytest.raises(ValueError, match="Received lengths: x: "):
            arrays.as_single_batch(x, y)
