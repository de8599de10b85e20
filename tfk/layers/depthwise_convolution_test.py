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
"""Tests for depthwise convolutions."""

import hypothesis
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

from tfk.layers import depthwise_convolution
from tfk.testing import layer_oracle
from tfk.testing import window_settings


@st.composite
def _calls(draw):
    rank = draw(st.integers(1, 2))
    kernel_size, settings, shape = draw(window_settings.windows(rank))
    settings["kernel_size"] = kernel_size
    settings["depth_multiplier"] = draw(st.integers(1, 2))
    return f"DepthwiseConv{rank}D", settings, shape


def _layer(name, /, **arguments):
    return getattr(depthwise_convolution, name)(**arguments)


class DepthwiseConvTest:
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
            ("DepthwiseConv1D", (2, 7, 3), {"strides": 2}),
            ("DepthwiseConv2D", (2, 7, 6, 3), {"dilation_rate": 2}),
            (
                "DepthwiseConv2D",
                (2, 3, 7, 6),
                {"data_format": "channels_first", "padding": "same"},
            ),
        ],
    )
    def test_compiles(self, name, shape, settings):
        layer = _layer(name, kernel_size=3, depth_multiplier=2, **settings)
        inputs = tf.random.normal(shape)
        layer(inputs)
        layer_oracle.assert_compiles(layer, inputs, 1e-4, 1e-4)

    def test_groups_of_one_in_a_config_are_taken(self):
        layer = _layer("DepthwiseConv2D", kernel_size=3)
        config = layer.get_config()
        assert config["groups"] == 1 and "filters" not in config
        again = type(layer).from_config(config)
        assert again.get_config() == config

    def test_convolution_op_can_be_overridden(self):
        class Doubled(depthwise_convolution.DepthwiseConv2D):
            def convolution_op(self, inputs, kernel):
                return super().convolution_op(inputs, 2.0 * kernel)

        x = tf.random.normal((2, 5, 5, 3))
        layer = Doubled(3, use_bias=False)
        plain = depthwise_convolution.DepthwiseConv2D(3, use_bias=False)
        outputs = layer(x)
        plain(x)
        plain.set_weights(layer.get_weights())
        tf.debugging.assert_near(outputs, 2.0 * plain(x), 1e-4, 1e-4)

    @pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
    def test_half_precision(self, dtype):
        layer = _layer("DepthwiseConv2D", kernel_size=2, dtype=dtype)
        outputs, *gradients = layer_oracle._run(
            layer, tf.ones((2, 4, 4, 2), dtype[6:]), {}
        )
        assert outputs.dtype == dtype[6:]
        assert [g.dtype for g in gradients[1:]] == [tf.float32] * 2

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"depth_multiplier": 0}, "`depth_multiplier`.*positive"),
            ({"padding": "causal"}, "`padding`.*'causal'"),
            ({"groups": 2}, "has no groups.*groups=2"),
            ({"strides": 2, "dilation_rate": 2}, "not both"),
        ],
    )
    def test_wrong_argument_is_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            _layer("DepthwiseConv1D", kernel_size=3, **arguments)

    @pytest.mark.parametrize(
        "shape, message",
        [
            ((None, 2, 9, 3), r"larger than its input.*\(2, 9\)"),
            ((None, 9, 9, None), "number of input channels"),
            ((1, 2, 9, 9, 3), "rank of 4"),
        ],
    )
    def test_unfit_input_is_told_at_build(self, shape, message):
        layer = _layer("DepthwiseConv2D", kernel_size=3, name="c")
        with pytest.raises(ValueError, match=f"(?s)'c'.*{message}"):
            layer.build(tf.TensorShape(shape))

    def test_sparse_input_is_told(self):
        sparse = tf.sparse.from_dense(tf.ones((2, 4, 3)))
        layer = _layer("DepthwiseConv1D", kernel_size=2, name="c")
        with pytest.raises(TypeError, match="'c' takes dense.*to_dense"):
            layer(sparse)
