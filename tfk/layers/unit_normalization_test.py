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
"""Tests for unit normalization."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

from tfk.layers import unit_normalization
from tfk.testing import layer_oracle


def _layer(**arguments):
    return unit_normalization.UnitNormalization(**arguments)


class UnitNormalizationTest:
    @hypothesis.given(
        st.lists(st.integers(1, 4), min_size=3, max_size=4),
        st.lists(st.integers(-3, -1), min_size=1, max_size=3, unique=True)
        | st.integers(-3, 2),
    )
    @hypothesis.settings(max_examples=50, derandomize=True, deadline=None)
    def test_equals_tf_keras(self, shape, axis):
        layer_oracle.assert_same(
            _layer(axis=axis),
            tf_keras.layers.UnitNormalization(axis=axis),
            tf.random.normal(shape),
        )

    def test_compiles(self):
        layer, x = _layer(axis=[1, 2]), tf.random.normal((2, 3, 4))
        layer(x)
        layer_oracle.assert_compiles(layer, x)

    @pytest.mark.parametrize("dtype", ["float16", "mixed_bfloat16"])
    def test_half_precision_stays_finite(self, dtype):
        layer = _layer(dtype=dtype)
        outputs = layer(tf.constant([[30000.0, 40000.0], [0.0, 0.0]]))
        assert outputs.dtype == layer.compute_dtype
        np.testing.assert_allclose(
            tf.cast(outputs, tf.float32), [[0.6, 0.8], [0.0, 0.0]], 0.01
        )

    def test_masks_pass(self):
        assert _layer().supports_masking

    def test_ragged_rows_keep_their_lengths(self):
        x = tf.RaggedTensor.from_row_lengths([[3.0, 4.0]] * 3, [1, 2])
        outputs = _layer()(x)
        np.testing.assert_allclose(outputs.flat_values, [[0.6, 0.8]] * 3)
        with pytest.raises(ValueError, match="'u' can't normalise.*ragged"):
            _layer(axis=1, name="u")(x)

    def test_bad_axis_is_told(self):
        with pytest.raises(TypeError, match="`axis` of layer 'u'.*axis='x'"):
            _layer(axis="x", name="u")
        with pytest.raises(ValueError, match="'u' lies outside.*axis=2"):
            _layer(axis=2, name="u")(tf.ones((2, 3)))
        with pytest.raises(ValueError, match=r"names an axis twice.*\[1, -1\]"):
            _layer(axis=[1, -1])(tf.ones((2, 3)))
