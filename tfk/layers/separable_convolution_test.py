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
"""Tests for separable convolutions."""

import hypothesis
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

from tfk.layers import separable_convolution
from tfk.testing import layer_oracle
from tfk.testing import window_settings


@st.composite
def _calls(draw):
    rank = draw(st.integers(1, 2))
    paddings = ("valid", "same", "causal")[: 3 if rank == 1 else 2]
    kernel_size, settings, shape = draw(window_settings.windows(rank, paddings))
    settings["kernel_size"] = kernel_size
    settings["filters"] = draw(st.integers(1, 3))
    settings["depth_multiplier"] = draw(st.integers(1, 2))
    return f"SeparableConv{rank}D", settings, shape


def _layer(name, /, **arguments):
    return getattr(separable_convolution, name)(**arguments)


class SeparableConvTest:
    @hypothesis.given(_calls())
    @hypothesis.settings(max_examples=50, derandomize=True, deadline=None)
    def test_equals_tf_keras(self, call):
        name, arguments, shape = call
        layer_oracle.assert_same(
            _layer(name, **arguments),
            getattr(tf_keras.layers, name)(**arguments),
            tf.random.normal(shape),
            rtol=1e-3,
            atol=1e-3,
        )

    @pytest.mark.parametrize(
        "name, shape, settings",
        [
            ("SeparableConv1D", (2, 7, 3), {"padding": "causal"}),
            ("SeparableConv2D", (2, 7, 6, 3), {"dilation_rate": 2}),
            (
                "SeparableConv2D",
                (2, 3, 7, 6),
                {"data_format": "channels_first"},
            ),
        ],
    )
    def test_compiles(self, name, shape, settings):
        layer = _layer(name, filters=2, kernel_size=3, **settings)
        inputs = tf.random.normal(shape)
        layer(inputs)
        layer_oracle.assert_compiles(layer, inputs, 1e-4, 1e-4)

    def test_mixed_precision_computes_in_16_bits(self):
        layer = _layer(
            "SeparableConv2D", filters=3, kernel_size=2, dtype="mixed_bfloat16"
        )
        assert layer(tf.ones((1, 4, 4, 2))).dtype == tf.bfloat16
        assert [w.dtype for w in layer.weights] == [tf.float32] * 3

    @pytest.mark.parametrize(
        "name, arguments, message",
        [
            ("SeparableConv1D", {"depth_multiplier": 0}, "`depth_multiplier`"),
            ("SeparableConv2D", {"padding": "causal"}, "`padding`.*'causal'"),
            ("SeparableConv2D", {"groups": 2}, "has no groups.*groups=2"),
        ],
    )
    def test_wrong_argument_is_named(self, name, arguments, message):
        arguments = {"filters": 2, "kernel_size": 3, **arguments}
        with pytest.raises(ValueError, match=message):
            _layer(name, **arguments)

    @pytest.mark.parametrize(
        "shape, message",
        [
            ((None, 2, 9, 3), r"larger than its input.*\(2, 9\)"),
            ((None, 9, 9, None), "number of input channels"),
            ((1, 2, 9, 9, 3), "rank of 4"),
        ],
    )
    def test_unfit_input_is_told_at_build(self, shape, message):
        layer = _layer("SeparableConv2D", filters=2, kernel_size=3, name="c")
        with pytest.raises(ValueError, match=f"(?s)'c'.*{message}"):
            layer.build(tf.TensorShape(shape))

    def test_ragged_input_is_told(self):
        ragged = tf.RaggedTensor.from_tensor(tf.ones((2, 4, 3)))
        layer = _layer("SeparableConv1D", filters=2, kernel_size=2, name="c")
        with pytest.raises(TypeError, match="'c' takes dense.*to_tensor"):
            layer(ragged)
