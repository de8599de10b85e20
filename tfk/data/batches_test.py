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
"""Tests of batches."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.data import batches


class BatchTest:
    @pytest.mark.parametrize(
        "data", [1, [1, 2], (1,), (1, 2), (1, 2, 3), [1], {"a": 1}]
    )
    def test_unpack_agrees_with_tf_keras(self, data):
        expected = tf_keras.utils.unpack_x_y_sample_weight(data)
        assert batches.unpack_x_y_sample_weight(data) == expected

    @pytest.mark.parametrize("data", [(), (1, 2, 3, 4)])
    def test_unpack_refuses_other_lengths(self, data):
        with pytest.raises(ValueError, match="A batch must be .*entries"):
            batches.unpack_x_y_sample_weight(data)

    @pytest.mark.parametrize(
        "parts", [(1,), ([1],), ((1,),), ({"a": 1},), (1, 2), (1, 2, 3)]
    )
    def test_pack_agrees_with_tf_keras(self, parts):
        expected = tf_keras.utils.pack_x_y_sample_weight(*parts)
        assert batches.pack_x_y_sample_weight(*parts) == expected

    def test_pack_keeps_weights_without_targets(self):
        assert batches.pack_x_y_sample_weight(1, None, 3) == (1, None, 3)


class NumberOfRowsTest:
    def test_counts_rows_of_every_kind(self):
        data = (
            np.zeros((3, 2)),
            tf.zeros(3),
            {"r": tf.ragged.constant([[1], [2, 3], []])},
            tf.sparse.from_dense(np.eye(3)),
            None,
        )
        assert batches.number_of_rows(data) == 3

    @pytest.mark.parametrize(
        "data, message",
        [
            ({"x": np.zeros(3), "y": np.zeros(4)}, "x: 3, y: 4"),
            ({"x": np.zeros(0)}, "empty.*x: 0"),
            ({"x": np.float32(1)}, "first axis.*x: None"),
            ({}, "no arrays"),
        ],
    )
    def test_says_what_does_not_fit(self, data, message):
        with pytest.raises(ValueError, match=message):
            batches.number_of_rows(data)


class CountRowsTest:
    def test_of_tensors_of_any_kind(self):
        ragged = tf.ragged.constant([[1], [2, 3]])
        sparse = tf.sparse.from_dense([[0, 1]] * 4)
        assert batches.count_rows({"b": tf.ones((5, 2)), "a": None}) == 5
        assert int(batches.count_rows((ragged, tf.ones(3)))) == 2
        assert int(batches.count_rows(sparse)) == 4
        assert batches.count_rows(tf.constant(1.0)) == 1
        assert batches.count_rows(None) == batches.count_rows("x") == 1

    @pytest.mark.parametrize("shape", [(None, 2), None])
    def test_in_graphs(self, shape):
        count = tf.function(batches.count_rows, reduce_retracing=False)
        concrete = count.get_concrete_function(tf.TensorSpec(shape))
        assert int(concrete(tf.ones((3, 2)))) == 3
