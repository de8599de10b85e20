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
"""Tests of HashedCrossing, against tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.hashed_crossing import HashedCrossing

A = np.array(["a", "b", "a"])
B = np.array([1, 2, 3])


def dense(x):
    return tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x


class HashedCrossingTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"dtype": "int32"},
            {"output_mode": "one_hot"},
            {"output_mode": "one_hot", "sparse": True},
        ],
    )
    def test_outputs_and_config_equal_tf_keras(self, arguments):
        layer = HashedCrossing(5, **arguments, name="x")
        oracle = tf_keras.layers.HashedCrossing(5, **arguments, name="x")
        assert layer.get_config() == oracle.get_config()
        for inputs in (
            (A, B),
            (A[:, None], B[:, None]),
            (A, B.astype("int32"), A),
            (A[0], B[0]),
        ):
            inputs = tuple(map(tf.constant, inputs))
            ours, theirs = layer(inputs), oracle(inputs)
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(dense(ours), dense(theirs))
            shapes = [x.shape for x in inputs]
            assert layer.compute_output_shape(shapes) == ours.shape
        symbolic = layer(
            [Input((1,), dtype="string"), Input((1,), dtype="int64")]
        )
        assert symbolic.shape.as_list()[0] is None

    def test_wrong_use_is_named(self):
        layer = HashedCrossing(5, name="crosses")
        ones = np.ones((2, 3), "int32")
        for inputs, message in (
            ([A], "at least 2"),
            (A, "at least 2"),
            ([A, B.astype("float32")], "strings and integers"),
            ([ones, ones], "shape"),
            ([A, ones[:, :1]], "equal rank"),
            ([tf.sparse.from_dense(ones)] * 2, "dense tensors"),
            ([tf.ragged.constant([[1], [2]])] * 2, "dense tensors"),
        ):
            with pytest.raises(ValueError, match=f"'crosses'.*{message}"):
                layer(inputs)
        for arguments in (
            {"num_bins": 0},
            {"num_bins": 2, "output_mode": "count"},
            {"num_bins": 2, "sparse": True},
        ):
            with pytest.raises(ValueError, match="Received"):
                HashedCrossing(**arguments)
