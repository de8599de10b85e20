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
"""Tests of Hashing, against tf_keras and the RFC's example."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.hashing import Hashing

STRINGS = np.array([["A", "B", "", "C"], ["D", "E", "A", "B"]])


def dense(x):
    return tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x


class HashingTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"salt": 133},
            {"salt": [133, 137]},
            {"mask_value": ""},
            {"mask_value": "A", "salt": 1},
            {"dtype": "int32"},
            {"output_mode": "multi_hot"},
            {"output_mode": "count", "sparse": True},
        ],
    )
    def test_outputs_and_config_equal_tf_keras(self, arguments):
        layer = Hashing(5, **arguments, name="x")
        oracle = tf_keras.layers.Hashing(5, **arguments, name="x")
        assert layer.get_config() == oracle.get_config()
        ours, theirs = layer(STRINGS), oracle(STRINGS)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(dense(ours), dense(theirs))
        assert layer.compute_output_shape((2, 4)) == ours.shape
        again = Hashing.from_config(layer.get_config())
        np.testing.assert_array_equal(dense(again(STRINGS)), dense(ours))

    @pytest.mark.parametrize("dtype", ["int32", "int64"])
    def test_integers_equal_tf_keras(self, dtype):
        x = np.array([[0, 7], [-3, 12345]], dtype)
        for mask_value in (None, 7):
            np.testing.assert_array_equal(
                Hashing(5, mask_value=mask_value)(x),
                tf_keras.layers.Hashing(5, mask_value=mask_value)(x),
            )

    def test_ragged_and_sparse_stay_what_they_are(self):
        layer, oracle = Hashing(5), tf_keras.layers.Hashing(5)
        ragged = tf.ragged.constant([["A"], ["B", "C"]])
        assert layer(ragged).to_list() == oracle(ragged).to_list()
        sparse = tf.sparse.from_dense(STRINGS)
        np.testing.assert_array_equal(
            layer(sparse).values, oracle(sparse).values
        )
        assert isinstance(
            layer(Input((None,), ragged=True, dtype="string")).type_spec,
            tf.RaggedTensorSpec,
        )
        one_hot = Hashing(5, output_mode="one_hot")
        assert one_hot(Input((3,), dtype="string")).shape[1:] == (3, 5)

    def test_a_list_is_crossed(self):
        a, b = np.array([["x", "y"], ["z", "x"]]), np.array([[1], [2]])
        joined = np.array([["x_X_1", "y_X_1"], ["z_X_2", "x_X_2"]])
        layer = Hashing(num_bins=97, salt=3)
        np.testing.assert_array_equal(layer([a, b]), layer(joined))
        ragged = tf.ragged.constant([["x", "y"], ["z"]])
        output = layer([ragged, b])
        assert isinstance(output, tf.RaggedTensor)
        np.testing.assert_array_equal(
            output.flat_values, layer(["x_X_1", "y_X_1", "z_X_2"])
        )
        sparse = layer([tf.sparse.from_dense(a), b])
        assert isinstance(sparse, tf.SparseTensor)
        shapes = [(None, 2), (None, 1)]
        for given in (shapes, tuple(shapes)):
            assert layer.compute_output_shape(given).as_list() == [None, 2]
        numpy_salt = Hashing(num_bins=97, salt=np.int64(3))
        np.testing.assert_array_equal(numpy_salt(joined), layer(joined))

    def test_wrong_use_is_named(self):
        for arguments in (
            {"num_bins": 0},
            {"num_bins": None},
            {"num_bins": 2.5},
            {"num_bins": 5, "salt": "x"},
            {"num_bins": 5, "salt": [1, 2, 3]},
            {"num_bins": 5, "sparse": True},
            {"num_bins": 5, "output_mode": "tf_idf"},
            {"num_bins": 5, "dtype": "float32"},
        ):
            with pytest.raises(ValueError, match="Received"):
                Hashing(**arguments)
        with pytest.raises(ValueError, match="'bins'.*strings or integers"):
            Hashing(5, name="bins")([1.5])
        for mask_value, x in (("", [1]), (0, ["a"])):
            with pytest.raises(ValueError, match="of the kind of the inputs"):
                Hashing(5, mask_value=mask_value)(x)
        with pytest.raises(ValueError, match="can't mask crossed"):
            Hashing(5, mask_value="")([STRINGS, STRINGS])
