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
"""Tests for layer normalization."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers import layer_normalization
from tfk.testing import layer_oracle


class LayerNormalizationTest:
    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"axis": 1},
            {"axis": (1, 2), "scale": False},
            {"axis": [2, 3], "epsilon": 0.1},
            {"axis": [-1, 1]},
            {"axis": 0, "center": False},
        ],
    )
    def test_equals_tf_keras(self, settings):
        layer_oracle.assert_same(
            layer_normalization.LayerNormalization(**settings),
            tf_keras.layers.LayerNormalization(**settings),
            tf.random.normal((2, 3, 4, 5), mean=2.0),
            rtol=1e-4,
            atol=1e-4,
        )

    def test_small_variance_keeps_its_digits(self):
        x = 1000.0 + np.random.randn(2, 64).astype("float64")
        expected = (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)
        layer = layer_normalization.LayerNormalization(epsilon=1e-12)
        np.testing.assert_allclose(
            layer(x.astype("float32")), expected, atol=1e-3
        )

    def test_16_bits_are_summed_in_32(self):
        x = tf.random.normal((2, 4096), mean=30.0)
        layer = layer_normalization.LayerNormalization(dtype="mixed_float16")
        outputs = layer(x)
        assert outputs.dtype == tf.float16
        exact = layer_normalization.LayerNormalization()(
            tf.cast(tf.cast(x, tf.float16), tf.float32)
        )
        np.testing.assert_allclose(outputs, exact, atol=3e-3)

    def test_ragged_rows_are_normalised_as_dense_ones(self):
        x = tf.random.normal((5, 4))
        layer = layer_normalization.LayerNormalization()
        outputs = layer(tf.RaggedTensor.from_row_lengths(x, [2, 0, 3]))
        np.testing.assert_allclose(outputs.flat_values, layer(x[None])[0])
        assert outputs.row_lengths().numpy().tolist() == [2, 0, 3]

    def test_ragged_axis_is_told(self):
        ragged = tf.RaggedTensor.from_tensor(tf.ones((2, 3, 4)), ragged_rank=1)
        layer = layer_normalization.LayerNormalization(axis=1, name="n")
        layer(tf.ones((2, 3, 4)))
        with pytest.raises(ValueError, match="'n' can't normalise a ragged"):
            layer(ragged)

    def test_mask_passes_through(self):
        x = tf.ones((2, 3))
        x._keras_mask = mask = tf.constant([True, False])
        outputs = layer_normalization.LayerNormalization()(x)
        assert outputs._keras_mask is mask

    def test_compiles(self):
        layer = layer_normalization.LayerNormalization(axis=[1, 2])
        layer_oracle.assert_compiles(layer, tf.random.normal((2, 3, 4)), 1e-4)

    @pytest.mark.parametrize("axis", [1.5, None, "last", [], [1, "a"]])
    def test_axis_of_a_wrong_type_is_told(self, axis):
        with pytest.raises(TypeError, match="`axis` of layer 'n'.*axis="):
            layer_normalization.LayerNormalization(axis=axis, name="n")

    @pytest.mark.parametrize(
        "axis, shape, message",
        [
            (3, (2, 3, 4), "outside of the input's 3 axes"),
            (-4, (2, 3, 4), "outside of the input's 3 axes"),
            ([1, -2], (2, 3, 4), "names an axis twice"),
            (-1, (2, None), "must have a known size"),
            (-1, None, "rank"),
        ],
    )
    def test_unfit_axis_is_told_at_build(self, axis, shape, message):
        layer = layer_normalization.LayerNormalization(axis=axis, name="n")
        with pytest.raises(ValueError, match=f"'n'.*{message}"):
            layer.build(tf.TensorShape(shape))
