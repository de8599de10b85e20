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
"""Tests for locally connected layers."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

from tfk.layers import convolution
from tfk.layers import locally_connected
from tfk.testing import layer_oracle
from tfk.testing import window_settings


@st.composite
def _calls(draw):
    rank = draw(st.integers(1, 2))
    implementation = draw(st.integers(1, 3))
    paddings = ("valid", "same")[: 1 if implementation == 1 else 2]
    kernel_size, settings, shape = draw(
        window_settings.windows(rank, paddings, dilates=False)
    )
    arguments = {
        "filters": draw(st.integers(1, 3)),
        "kernel_size": kernel_size,
        "implementation": implementation,
        **settings,
    }
    return f"LocallyConnected{rank}D", arguments, shape


def _layer(name, /, **arguments):
    return getattr(locally_connected, name)(**arguments)


class LocallyConnectedTest:
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

    @pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
    @pytest.mark.parametrize("implementation", [1, 2, 3])
    def test_one_kernel_for_all_positions_is_a_convolution(
        self, implementation, data_format
    ):
        x = tf.random.normal((2, 5, 6, 3))
        settings = {
            "filters": 4,
            "kernel_size": 3,
            "strides": 2,
            "use_bias": False,
            "data_format": data_format,
        }
        plain = convolution.Conv2D(**settings)
        expected = plain(x)
        layer = _layer(
            "LocallyConnected2D", implementation=implementation, **settings
        )
        layer.build(x.shape)
        # What each input adds to each output, with the other way around.
        inputs = np.eye(90, dtype="float32").reshape(90, *x.shape[1:])
        whole = plain(inputs).numpy().reshape(*x.shape[1:], -1)
        if implementation == 2:
            weights = whole.reshape(layer.kernel.shape)
        else:
            weights = _probed_weights(layer, inputs, whole)
        layer.set_weights([weights])
        np.testing.assert_allclose(layer(x), expected, 1e-4, 1e-4)

    def test_positions_have_weights_of_their_own(self):
        layer = _layer("LocallyConnected1D", filters=1, kernel_size=2)
        outputs = layer(tf.ones((1, 4, 1)))
        sums = np.sum(layer.kernel, axis=(1, 2))
        np.testing.assert_allclose(tf.squeeze(outputs), sums, 1e-5)

    @pytest.mark.parametrize("implementation", [1, 2, 3])
    @pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
    def test_compiles(self, implementation, data_format):
        layer = _layer(
            "LocallyConnected2D",
            filters=2,
            kernel_size=2,
            data_format=data_format,
            padding="valid" if implementation == 1 else "same",
            implementation=implementation,
        )
        inputs = tf.random.normal((2, 4, 3, 4))
        layer(inputs)
        layer_oracle.assert_compiles(layer, inputs, 1e-4, 1e-4)

    @pytest.mark.parametrize("implementation", [1, 2, 3])
    def test_mixed_precision_computes_in_16_bits(self, implementation):
        layer = _layer(
            "LocallyConnected1D",
            filters=2,
            kernel_size=2,
            implementation=implementation,
            dtype="mixed_bfloat16",
        )
        assert layer(tf.ones((1, 4, 2))).dtype == tf.bfloat16
        assert [w.dtype for w in layer.weights] == [tf.float32] * 2

    def test_what_lies_outside_of_a_window_does_not_matter(self):
        for implementation in (1, 3):
            layer = _layer(
                "LocallyConnected1D",
                filters=2,
                kernel_size=2,
                implementation=implementation,
            )
            outputs = layer(tf.constant([[[np.inf], [1.0], [1.0], [1.0]]]))
            assert np.all(np.isfinite(outputs[:, 1:]))

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"implementation": 4}, "1, 2 or 3.*implementation=4"),
            ({"padding": "same"}, "implementation 2 or 3"),
            ({"padding": "causal"}, "`padding`.*'causal'"),
            ({"filters": 0}, "`filters`.*filters=0"),
        ],
    )
    def test_wrong_argument_is_named(self, arguments, message):
        arguments = {"filters": 2, "kernel_size": 3, **arguments}
        with pytest.raises(ValueError, match=message):
            _layer("LocallyConnected2D", **arguments)

    @pytest.mark.parametrize(
        "shape, message",
        [
            ((None, 2, 9, 3), r"larger than its input.*\(2, 9\)"),
            ((None, None, 9, 3), "all sizes"),
            ((None, 9, 9, None), "all sizes"),
            ((9, 9, 3), "rank of 4"),
        ],
    )
    def test_unfit_input_is_told_at_build(self, shape, message):
        layer = _layer("LocallyConnected2D", filters=2, kernel_size=3, name="c")
        with pytest.raises(ValueError, match=f"(?s)'c'.*{message}"):
            layer.build(tf.TensorShape(shape))

    def test_other_length_is_told(self):
        layer = _layer("LocallyConnected1D", filters=2, kernel_size=3, name="c")
        layer(tf.ones((1, 5, 3)))
        with pytest.raises(ValueError, match="'c' must have size 5 on axis 1"):
            layer(tf.ones((1, 6, 3)))

    def test_ragged_input_is_told(self):
        ragged = tf.RaggedTensor.from_tensor(tf.ones((2, 4, 3)))
        layer = _layer("LocallyConnected1D", filters=2, kernel_size=2, name="c")
        with pytest.raises(TypeError, match="'c' takes dense.*to_tensor"):
            layer(ragged)


def _probed_weights(layer, inputs, whole):
    """Finds out where each weight acts, and returns those of `whole` there."""
    kernel = tf.Variable(layer.kernel)
    count = tf.size(kernel).numpy()
    layer.set_weights([np.arange(1.0, count + 1).reshape(kernel.shape)])
    places = np.rint(layer(inputs)).astype(int).ravel()
    weights = np.zeros(count, "float32")
    used = places > 0
    weights[places[used] - 1] = whole.ravel()[used]
    return weights.reshape(kernel.shape)
