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
"""Tests for global pooling layers."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers import global_pooling
from tfk.testing import layer_oracle

_NAMES = [
    f"Global{kind}Pooling{rank}D"
    for kind in ("Average", "Max")
    for rank in (1, 2, 3)
]


class GlobalPoolingTest:
    @pytest.mark.parametrize("keepdims", [False, True])
    @pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
    @pytest.mark.parametrize("name", _NAMES)
    def test_equals_tf_keras(self, name, data_format, keepdims):
        settings = {"data_format": data_format, "keepdims": keepdims}
        shape = (2, 3, 4, 5, 6)[: int(name[-2]) + 2]
        layer_oracle.assert_same(
            getattr(global_pooling, name)(**settings),
            getattr(tf_keras.layers, name)(**settings),
            tf.random.normal(shape),
        )

    @pytest.mark.parametrize("name", ["GlobalMaxPooling1D", _NAMES[0]])
    @pytest.mark.parametrize(
        "settings",
        [{}, {"keepdims": True}, {"data_format": "channels_first"}],
    )
    def test_takes_ragged_tensors_as_tf_keras(self, name, settings):
        ragged = tf.ragged.constant(
            [[[1.0, 2.0], [3.0, 5.0]], [[4.0, 4.5]]], ragged_rank=1
        )
        outputs, expected = [
            getattr(package, name)(**settings)(ragged)
            for package in (global_pooling, tf_keras.layers)
        ]
        assert type(outputs) is type(expected)
        if isinstance(outputs, tf.RaggedTensor):
            assert outputs.to_list() == expected.to_list()
        else:
            np.testing.assert_allclose(outputs, expected)

    def test_ragged_rows_without_steps_give_zeros(self):
        ragged = tf.RaggedTensor.from_row_lengths(tf.ones((2, 3)), [2, 0])
        outputs = global_pooling.GlobalAveragePooling1D()(ragged)
        np.testing.assert_allclose(outputs, [[1.0] * 3, [0.0] * 3])

    def test_sparse_input_is_told(self):
        sparse = tf.sparse.from_dense(tf.ones((2, 3, 4)))
        with pytest.raises(TypeError, match="'p' takes dense.*sparse.to_dense"):
            global_pooling.GlobalMaxPooling1D(name="p")(sparse)


class MaskedMeanTest:
    @pytest.mark.parametrize(
        "settings",
        [{}, {"keepdims": True}, {"data_format": "channels_first"}],
    )
    def test_equals_tf_keras(self, settings):
        x = tf.random.normal((2, 3, 4))
        steps = 4 if "data_format" in settings else 3
        mask = tf.constant([[True, False, True, True], [False, True] * 2])
        outputs, expected = [
            package.GlobalAveragePooling1D(**settings)(x, mask=mask[:, :steps])
            for package in (global_pooling, tf_keras.layers)
        ]
        np.testing.assert_allclose(outputs, expected, rtol=1e-6)

    def test_masked_steps_do_not_count(self):
        x = tf.constant([[[1.0], [np.nan]], [[np.inf], [3.0]], [[4.0], [5.0]]])
        mask = tf.constant([[True, False], [False, True], [False, False]])
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = global_pooling.GlobalAveragePooling1D()(x, mask=mask)
        np.testing.assert_allclose(outputs, [[1.0], [3.0], [0.0]])
        np.testing.assert_allclose(
            tape.gradient(outputs, x)[..., 0], tf.cast(mask, "float32")
        )

    def test_mask_travels_in_and_not_out(self):
        x = tf.random.normal((2, 3, 4))
        x._keras_mask = tf.constant([[True, True, False]] * 2)
        outputs = global_pooling.GlobalAveragePooling1D()(x)
        np.testing.assert_allclose(
            outputs, tf.reduce_mean(x[:, :2], 1), rtol=1e-6
        )
        assert getattr(outputs, "_keras_mask", None) is None
