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
"""Tests for RMS normalization."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from tfk.layers import rms_normalization
from tfk.testing import layer_oracle


def _layer(**arguments):
    return rms_normalization.RMSNormalization(**arguments)


class RMSNormalizationTest:
    @hypothesis.given(
        st.lists(st.integers(1, 4), min_size=3, max_size=4),
        st.sets(st.integers(-3, -1), min_size=1).map(sorted)
        | st.integers(-3, 2),
    )
    @hypothesis.settings(max_examples=50, derandomize=True, deadline=None)
    def test_equals_numpy(self, shape, axis):
        x = np.random.normal(size=shape)
        axes = axis if isinstance(axis, list) else [axis]
        axes = [a % len(shape) for a in axes]
        layer = _layer(axis=axis, epsilon=0.1, dtype="float64")
        layer.build(tf.TensorShape(shape))
        scale = np.random.normal(size=[shape[a] for a in axes])
        layer.set_weights([scale])
        mean = np.mean(x**2, axis=tuple(axes), keepdims=True)
        scale = np.expand_dims(
            scale, [a for a in range(len(shape)) if a not in axes]
        )
        np.testing.assert_allclose(
            layer(x), x / np.sqrt(mean + 0.1) * scale, 1e-6
        )
        assert layer(x).shape == layer.compute_output_shape(shape)

    def test_weight_and_config_are_those_of_keras(self):
        layer = _layer()
        layer.build(tf.TensorShape((None, 5, 3)))
        names = [w.name.split("/")[-1] for w in layer.weights]
        assert names == ["scale:0"]
        config = layer.get_config()
        assert config["axis"] == -1 and config["epsilon"] == 1e-6
        assert type(layer).from_config(config).get_config() == config

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
            tf.cast(outputs, tf.float32),
            [[0.8485, 1.1314], [0.0, 0.0]],
            0.01,
        )

    def test_ragged_rows_keep_their_lengths(self):
        x = tf.RaggedTensor.from_row_lengths([[1.0, 7.0]] * 3, [1, 2])
        np.testing.assert_allclose(
            _layer()(x).flat_values, [[0.2, 1.4]] * 3, 1e-5
        )

    def test_bad_axis_is_told(self):
        with pytest.raises(TypeError, match="`axis` of layer 'r'.*axis='x'"):
            _layer(axis="x", name="r")
        with pytest.raises(ValueError, match="'r'.*known size"):
            _layer(name="r").build(tf.TensorShape((2, None)))
