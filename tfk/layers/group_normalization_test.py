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
"""Tests for group normalization."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

from tfk.layers import group_normalization
from tfk.testing import layer_oracle


@st.composite
def _calls(draw):
    groups, size = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rank = draw(st.integers(2, 5))
    axis = draw(st.integers(1, rank - 1))
    shape = draw(st.lists(st.integers(1, 4), min_size=rank, max_size=rank))
    shape[axis] = groups * size
    settings = {
        "groups": draw(st.sampled_from([groups, groups, -1])),
        "axis": draw(st.sampled_from([axis, axis - rank])),
        "epsilon": draw(st.sampled_from([0.1, 0.5])),
        "center": draw(st.booleans()),
        "scale": draw(st.booleans()),
    }
    return settings, shape, draw(st.booleans())


def _layer(**arguments):
    return group_normalization.GroupNormalization(**arguments)


class GroupNormalizationTest:
    @hypothesis.given(_calls())
    @hypothesis.settings(max_examples=50, derandomize=True, deadline=None)
    def test_equals_tf_keras(self, call):
        settings, shape, has_mask = call
        call_arguments = {}
        if has_mask:
            mask = np.random.uniform(size=shape) < 0.7
            # tf_keras does not bear groups without any value.
            first = [slice(None)] + [0] * (len(shape) - 1)
            first[settings["axis"] % len(shape)] = slice(None)
            mask[tuple(first)] = True
            call_arguments["mask"] = tf.constant(mask)
        layer_oracle.assert_same(
            _layer(**settings),
            tf_keras.layers.GroupNormalization(**settings),
            tf.random.normal(shape, mean=1.0, stddev=2.0),
            rtol=1e-3,
            atol=1e-3,
            **call_arguments,
        )

    def test_mask_of_steps_leaves_them_out(self):
        x = tf.random.normal((2, 5, 3, 4))
        mask = tf.sequence_mask([5, 3], 5)
        outputs = _layer(groups=2)(x, mask=mask)
        np.testing.assert_allclose(
            outputs[1, :3], _layer(groups=2)(x[1:, :3])[0], 1e-4, 1e-4
        )
        first = _layer(groups=2, axis=2)(
            tf.transpose(x, [0, 1, 3, 2]), mask=mask
        )
        np.testing.assert_allclose(
            tf.transpose(first, [0, 1, 3, 2]), outputs, 1e-4, 1e-4
        )

    def test_special_numbers_of_groups(self):
        x = tf.random.normal((2, 4, 5, 6))
        for groups, axes in [(1, [1, 2, 3]), (-1, [1, 2]), (6, [1, 2])]:
            outputs = _layer(groups=groups, epsilon=1e-6)(x)
            mean, variance = tf.nn.moments(x, axes, keepdims=True)
            expected = (x - mean) / tf.sqrt(variance)
            np.testing.assert_allclose(outputs, expected, 1e-3, 1e-3)

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
    def test_half_precision_stays_finite(self, dtype):
        layer = _layer(groups=2, dtype=dtype)
        x = np.linspace(-60000, 60000, 2 * 16 * 16 * 4)
        x = tf.cast(x.reshape((2, 16, 16, 4)), layer.compute_dtype)
        outputs, *gradients = layer_oracle._run(layer, x, {})
        assert outputs.dtype == layer.compute_dtype
        expected = _layer(groups=2)(tf.cast(x, tf.float32))
        np.testing.assert_allclose(
            tf.cast(outputs, tf.float32), expected, 0.02, 0.02
        )
        for gradient in gradients:
            assert np.all(np.isfinite(tf.cast(gradient, tf.float32)))

    def test_large_mean_loses_no_digits(self):
        x = tf.random.normal((2, 8, 8, 4))
        np.testing.assert_allclose(
            _layer(groups=2)(x + 1000.0), _layer(groups=2)(x), atol=1e-3
        )

    @pytest.mark.parametrize("axis, shape", [(-1, (3, 4, 4)), (1, (3, 4, 5))])
    def test_compiles(self, axis, shape):
        layer = _layer(groups=2, axis=axis)
        x = tf.random.normal(shape)
        layer(x)
        layer_oracle.assert_compiles(layer, x, 1e-4, 1e-4)
        mask = tf.random.uniform(shape) < 0.7
        layer_oracle.assert_compiles(layer, x, 1e-4, 1e-4, mask=mask)

    def test_no_samples(self):
        assert _layer(groups=2)(tf.zeros((0, 5, 4))).shape == (0, 5, 4)

    def test_wrong_argument_is_named(self):
        for groups in (0, -2, 1.5, None):
            with pytest.raises(ValueError, match=f"`groups`.*{groups}"):
                _layer(groups=groups)
        with pytest.raises(TypeError, match=r"`axis`.*\[1, 2\]"):
            _layer(axis=[1, 2])

    @pytest.mark.parametrize(
        "axis, shape, message",
        [
            (-1, (2, 5, 6), "can't normalise 4 groups along axis 2.*groups=4"),
            (0, (4, 5, 6), "that of the batch.*axis=0"),
            (3, (4, 5, 6), "outside.*axis=3"),
            (-1, (4, 5, None), "known size.*axis=-1"),
        ],
    )
    def test_unfit_input_is_told_at_build(self, axis, shape, message):
        layer = _layer(groups=4, axis=axis, name="norm")
        with pytest.raises(ValueError, match=f"(?s)'norm'.*{message}"):
            layer.build(tf.TensorShape(shape))

    def test_ragged_input_is_told(self):
        ragged = tf.RaggedTensor.from_row_lengths(tf.ones((4, 2)), [1, 3])
        with pytest.raises(TypeError, match="'n' takes dense.*LayerNormal"):
            _layer(groups=2, name="n")(ragged)
