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
"""Tests for transposed convolutions."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

from tfk.layers import convolution
from tfk.layers import transposed_convolution
from tfk.testing import layer_oracle
from tfk.testing import window_settings
from tfk.utils import device_support

_NAMES = ["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"]


@st.composite
def _calls(draw):
    rank = draw(st.integers(1, 3))
    kernel_size, settings, shape = draw(
        # tf_keras has no kernel for dilations in 3D on CPU.
        window_settings.windows(rank, dilates=rank < 3)
    )
    if draw(st.booleans()):
        settings["strides"] = draw(st.integers(2, 3))
        settings["output_padding"] = draw(
            st.integers(1, settings["strides"] - 1)
        )
        settings.pop("dilation_rate", None)
    arguments = {
        "filters": draw(st.integers(1, 3)),
        "kernel_size": kernel_size,
        **settings,
    }
    return _NAMES[rank - 1], arguments, shape


def _layer(name, /, **arguments):
    return getattr(transposed_convolution, name)(**arguments)


class TransposedConvTest:
    @hypothesis.given(_calls())
    @hypothesis.settings(max_examples=60, derandomize=True, deadline=None)
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
        "name, shape",
        list(zip(_NAMES, [(2, 5, 4), (2, 4, 5, 4), (2, 3, 4, 3, 4)])),
    )
    def test_plain_cpu_kernels_are_enough(self, name, shape, monkeypatch):
        layer = _layer(name, filters=3, kernel_size=3, dilation_rate=2)
        inputs = tf.random.normal(shape)
        expected = layer_oracle._run(_built(layer, inputs), inputs, {})
        monkeypatch.setattr(
            device_support, "has_full_convolutions", lambda dtype: False
        )
        for one, other in zip(layer_oracle._run(layer, inputs, {}), expected):
            np.testing.assert_allclose(one, other, 1e-3, 1e-3)

    def test_dilation_in_3d_is_that_of_2d(self):
        x = tf.random.normal((2, 4, 5, 3))
        layer = _layer(
            "Conv3DTranspose", filters=2, kernel_size=(1, 3, 2), dilation_rate=2
        )
        outputs = layer(x[:, None])
        flat = _layer(
            "Conv2DTranspose", filters=2, kernel_size=(3, 2), dilation_rate=2
        )
        flat.build(x.shape)
        flat.set_weights([layer.get_weights()[0][0], layer.get_weights()[1]])
        np.testing.assert_allclose(outputs[:, 0], flat(x), 1e-4, 1e-4)
        assert layer.get_config()["dilation_rate"] == (2, 2, 2)

    @pytest.mark.parametrize("dilation_rate", [1, 2])
    def test_it_is_the_gradient_of_a_convolution(self, dilation_rate):
        y = tf.random.normal((2, 4, 4, 3))
        layer = _layer(
            "Conv2DTranspose",
            filters=2,
            kernel_size=3,
            dilation_rate=dilation_rate,
            use_bias=False,
        )
        outputs = layer(y)
        forward = convolution.Conv2D(
            3, 3, dilation_rate=dilation_rate, use_bias=False
        )
        forward.build(outputs.shape)
        forward.set_weights(layer.get_weights())
        x = tf.zeros(outputs.shape)
        with tf.GradientTape() as tape:
            tape.watch(x)
            product = tf.reduce_sum(forward(x) * y)
        np.testing.assert_allclose(
            outputs, tape.gradient(product, x), 1e-4, 1e-4
        )

    @pytest.mark.parametrize(
        "name, shape, settings",
        [
            ("Conv1DTranspose", (2, 5, 3), {"dilation_rate": 2}),
            ("Conv2DTranspose", (2, 3, 4, 4), {"strides": 2}),
            (
                "Conv2DTranspose",
                (2, 3, 4, 4),
                {"data_format": "channels_first", "output_padding": 0},
            ),
            ("Conv3DTranspose", (2, 2, 3, 2, 3), {"padding": "same"}),
        ],
    )
    def test_compiles(self, name, shape, settings):
        layer = _layer(name, filters=2, kernel_size=3, **settings)
        inputs = tf.random.normal(shape)
        layer_oracle.assert_compiles(_built(layer, inputs), inputs, 1e-3, 1e-3)

    @pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
    @pytest.mark.parametrize("name", _NAMES)
    def test_half_precision(self, name, dtype):
        rank = _NAMES.index(name) + 1
        layer = _layer(name, filters=3, kernel_size=2, dtype=dtype)
        outputs, *gradients = layer_oracle._run(
            layer, tf.ones((2, *[4] * rank, 2), dtype[6:]), {}
        )
        assert outputs.dtype == dtype[6:]
        assert [g.dtype for g in gradients[1:]] == [tf.float32] * 2

    def test_no_samples(self):
        layer = _layer("Conv2DTranspose", filters=3, kernel_size=3)
        assert layer(tf.zeros((0, 4, 4, 2))).shape == (0, 6, 6, 3)

    def test_they_are_convolutions(self):
        for name, rank in zip(_NAMES, (1, 2, 3)):
            assert issubclass(
                getattr(transposed_convolution, name),
                getattr(convolution, f"Conv{rank}D"),
            )

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"output_padding": 2}, r"smaller than `strides`.*\(2, 2\)"),
            ({"output_padding": -1}, "`output_padding`.*non-negative"),
            (
                {"kernel_size": 2, "output_padding": 0, "padding": "same"},
                "even size.*output_padding=",
            ),
            ({"padding": "causal"}, "`padding`.*'causal'"),
            ({"dilation_rate": 2}, "not both"),
            ({"groups": 3}, "has no groups.*groups=3"),
            ({"filters": -3}, "`filters`.*filters=-3"),
        ],
    )
    def test_wrong_argument_is_named(self, arguments, message):
        arguments = {
            "filters": 3,
            "kernel_size": 3,
            "strides": 2,
            "name": "c",
            **arguments,
        }
        with pytest.raises(ValueError, match=message):
            _layer("Conv2DTranspose", **arguments)

    def test_causal_padding_is_refused(self):
        with pytest.raises(ValueError, match="`padding`.*'causal'"):
            _layer(
                "Conv1DTranspose", filters=2, kernel_size=2, padding="causal"
            )

    @pytest.mark.parametrize(
        "shape, message",
        [
            ((None, 9, 9, None), "number of input channels"),
            ((1, 2, 9, 9, 3), "rank of 4"),
        ],
    )
    def test_unfit_input_is_told_at_build(self, shape, message):
        layer = _layer("Conv2DTranspose", filters=2, kernel_size=2, name="c")
        with pytest.raises(ValueError, match=f"(?s)'c'.*{message}"):
            layer.build(tf.TensorShape(shape))

    def test_ragged_input_is_told(self):
        ragged = tf.RaggedTensor.from_tensor(tf.ones((2, 4, 3)))
        layer = _layer("Conv1DTranspose", filters=2, kernel_size=2, name="c")
        with pytest.raises(TypeError, match="'c' takes dense.*to_tensor"):
            layer(ragged)


def _built(layer, inputs):
    layer(inputs)
    return layer
