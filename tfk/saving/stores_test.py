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
"""Tests of `stores`."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import hdf5_weights
from tfk.saving import stores
from tfk.testing import strategies


class ArrayOfTest:

    @pytest.mark.parametrize(
        "dtype",
        ["float32", "bfloat16", "float16", "int64", "bool", "complex64"],
    )
    @pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
    def test_gives_what_numpy_gives(self, dtype, shape):
        value = np.ones(shape).astype(tf.as_dtype(dtype).as_numpy_dtype)
        array = stores.array_of(tf.Variable(value))
        assert array.dtype == value.dtype and array.shape == value.shape
        np.testing.assert_array_equal(array, value)

    def test_has_no_copy_and_stays_as_it_is(self):
        variable = tf.Variable(tf.zeros([4, 2]))
        array = stores.array_of(variable)
        assert np.shares_memory(array, stores.array_of(variable))
        variable.assign_add(tf.ones([4, 2]))
        variable.scatter_add(tf.IndexedSlices(tf.ones([1, 2]), [1]))
        np.testing.assert_array_equal(array, np.zeros([4, 2]))
        assert variable.numpy().sum() == 10

    def test_variables_of_replicas_are_read_too(self):
        with strategies.two_replicas().scope():
            variable = tf.Variable([1.0, 2.0])
        np.testing.assert_array_equal(stores.array_of(variable), [1, 2])


class PutTest:

    def test_a_dict_gets_a_copy_that_is_the_users(self):
        layer = tfk.layers.Dense(2)
        layer.build((None, 3))
        store = {}
        layer.save_own_variables(store)
        store["0"] += 1.0
        assert not np.array_equal(store["0"], layer.kernel.numpy())

    def test_shapes_are_told_without_reading(self):
        open_ended = tf.Variable([1.0], shape=tf.TensorShape(None))
        open_ended.assign([[1.0, 2.0]])

        class Layer(tfk.layers.Layer):

            def save_own_variables(self, store):
                stores.put(store, "open", open_ended)
                stores.put(store, "closed", tf.Variable(tf.zeros([3])))
                store["array"] = [[1, 2, 3]]

        assert hdf5_weights.own_shapes(Layer()) == {
            "open": (1, 2),
            "closed": (3,),
            "array": (1, 3),
        }
