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
"""Tests for convolution layers."""

import pytest
import tensorflow as tf
import tf_keras

from tfk import regularizers as tfk_regularizers
from tfk.layers import convolution
from tfk.testing import layer_oracle
from tfk.utils import device_support

_SHAPES = {
    "Conv1D": (2, 9, 4),
    "Conv2D": (2, 9, 8, 4),
    "Conv3D": (2, 5, 6, 7, 4),
}

_SETTINGS = [
    {},
    {"padding": "same", "strides": 2, "activation": "relu"},
    {"use_bias": False, "dilation_rate": 2, "padding": "SAME"},
    {"groups": 2, "activation": "tanh"},
]


def _to_channels_first(x):
    rank = x.shape.rank
    return tf.transpose(x, [0, rank - 1, *range(1, rank - 1)])


def _to_channels_last(x):
    return tf.transpose(x, [0, *range(2, x.shape.rank), 1])


class ConvTest:
    @pytest.mark.parametrize(
        "name, settings",
        [
            (name, settings)
            for name in sorted(_SHAPES)
            for settings in _SETTINGS
            # tf_keras has no kernel for it on CPU.
            if not (name == "Conv3D" and "groups" in settings)
        ],
    )
    def test_equals_tf_keras(self, name, settings):
        layer_oracle.assert_same(
            getattr(convolution, name)(6, 3, **settings),
            getattr(tf_keras.layers, name)(6, 3, **settings),
            tf.random.normal(_SHAPES[name]),
            rtol=1e-4,
            atol=1e-4,
        )

    @pytest.mark.parametrize("settings", _SETTINGS)
    @pytest.mark.parametrize("name", sorted(_SHAPES))
    def test_plain_cpu_kernels_are_enough(self, name, settings, monkeypatch):
        layer = getattr(convolution, name)(6, 3, **settings)
        inputs = tf.random.normal(_SHAPES[name])

        def run():
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs)
            return [outputs, *tape.gradient(outputs, [inputs, layer.kernel])]

        expected = run()
        monkeypatch.setattr(
            device_support, "has_full_convolutions", lambda dtype: False
        )
        for one, other in zip(run(), expected):
            tf.debugging.assert_near(one, other, 1e-4, 1e-4)

    @pytest.mark.parametrize(
        "settings",
        [{"dilation_rate": 2}, {"strides": 2}],
    )
    def test_causal_padding_equals_tf_keras(self, settings):
        settings = {"padding": "causal", **settings}
        layer_oracle.assert_same(
            convolution.Conv1D(3, 3, **settings),
            tf_keras.layers.Conv1D(3, 3, **settings),
            tf.random.normal(_SHAPES["Conv1D"]),
        )

    @pytest.mark.parametrize(
        "name, settings",
        [
            ("Conv1D", {"padding": "causal", "dilation_rate": 2}),
            ("Conv1D", {"strides": 2, "padding": "same"}),
            ("Conv2D", {"groups": 2, "activation": "relu"}),
            ("Conv2D", {"dilation_rate": (1, 2), "use_bias": False}),
            ("Conv3D", {"strides": 2}),
        ],
    )
    def test_layouts_agree(self, name, settings):
        """tf_keras knows one layout only, on CPUs without oneDNN."""
        x = tf.random.normal(_SHAPES[name])
        layer = getattr(convolution, name)(
            6, 3, data_format="channels_first", **settings
        )
        oracle = getattr(tf_keras.layers, name)(6, 3, **settings)
        layer(_to_channels_first(x)), oracle(x)
        oracle.set_weights(layer.get_weights())
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            outputs = _to_channels_last(layer(_to_channels_first(x)))
            expected = oracle(x)
        tf.debugging.assert_near(outputs, expected, 1e-4, 1e-4)
        ours = tape.gradient(outputs, [x, *layer.trainable_weights])
        theirs = tape.gradient(expected, [x, *oracle.trainable_weights])
        for one, other in zip(ours, theirs):
            tf.debugging.assert_near(one, other, 1e-4, 1e-4)
        shape = _to_channels_first(x).shape
        assert layer.compute_output_shape(shape) == (
            _to_channels_first(outputs).shape
        )

    def test_groups_in_3d_are_convolved_apart(self):
        inputs = tf.random.normal(_SHAPES["Conv3D"])
        layer = convolution.Conv3D(6, 2, groups=2, use_bias=False)
        outputs = layer(inputs)
        for index in range(2):
            part = tf.nn.conv3d(
                inputs[..., 2 * index : 2 * index + 2],
                layer.kernel[..., 3 * index : 3 * index + 3],
                [1] * 5,
                "VALID",
            )
            tf.debugging.assert_near(
                outputs[..., 3 * index : 3 * index + 3], part, 1e-4, 1e-4
            )

    @pytest.mark.parametrize("name", sorted(_SHAPES))
    def test_more_batch_axes(self, name):
        x = tf.random.normal((3, *_SHAPES[name]))
        layer_oracle.assert_same(
            getattr(convolution, name)(2, 3),
            getattr(tf_keras.layers, name)(2, 3),
            x,
            rtol=1e-4,
            atol=1e-4,
        )

    @pytest.mark.parametrize(
        "settings",
        [
            {"padding": "same", "dilation_rate": 2},
            {"groups": 2, "data_format": "channels_first"},
        ],
    )
    def test_compiles(self, settings):
        layer = convolution.Conv2D(4, 3, activation="relu", **settings)
        inputs = tf.random.normal((2, 8, 8, 8))
        layer(inputs)
        layer_oracle.assert_compiles(layer, inputs, 1e-4, 1e-4)

    def test_full_config_equals_tf_keras(self):
        arguments = {
            "kernel_initializer": "he_normal",
            "bias_initializer": "ones",
            "kernel_constraint": "max_norm",
            "bias_constraint": "non_neg",
            "name": "conv",
            "trainable": False,
            "input_shape": (8, 8, 2),
        }
        names = ["kernel", "bias", "activity"]
        layer, oracle = [
            package.Conv2D(
                3,
                (2, 1),
                **{f"{n}_regularizer": regularizers.L2(0.5) for n in names},
                **arguments,
            )
            for package, regularizers in [
                (convolution, tfk_regularizers),
                (tf_keras.layers, tf_keras.regularizers),
            ]
        ]
        assert layer.get_config() == oracle.get_config()
        again = convolution.Conv2D.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()

    def test_mixed_precision_computes_in_16_bits(self):
        layer = convolution.Conv2D(3, 2, dtype="mixed_bfloat16")
        assert layer(tf.ones((1, 4, 4, 2))).dtype == tf.bfloat16
        assert [w.dtype for w in layer.weights] == [tf.float32] * 2

    def test_convolution_op_can_be_overridden(self):
        class Doubled(convolution.Conv1D):
            def convolution_op(self, inputs, kernel):
                return super().convolution_op(inputs, 2.0 * kernel)

        x = tf.random.normal(_SHAPES["Conv1D"])
        layer = Doubled(3, 2, use_bias=False)
        plain = convolution.Conv1D(3, 2, use_bias=False)
        outputs = layer(x)
        plain(x)
        plain.set_weights(layer.get_weights())
        tf.debugging.assert_near(outputs, 2.0 * plain(x), 1e-4, 1e-4)

    @pytest.mark.parametrize(
        "name, arguments, message",
        [
            (
                "Conv2D",
                {"filters": 0},
                "`filters` of layer 'c'.*positive.*filters=0",
            ),
            ("Conv2D", {"kernel_size": (3, 0)}, r"`kernel_size`.*\(3, 0\)"),
            ("Conv2D", {"kernel_size": (3, 3, 3)}, "a tuple of 2"),
            ("Conv2D", {"strides": 1.5}, "`strides`.*strides=1.5"),
            ("Conv2D", {"padding": "causal"}, "`padding`.*'causal'"),
            ("Conv1D", {"padding": "full"}, "causal.*padding='full'"),
            ("Conv2D", {"data_format": "NCHW"}, "`data_format`.*'NCHW'"),
            ("Conv2D", {"groups": 3}, "multiple of `groups`.*groups=3"),
            ("Conv2D", {"strides": 2, "dilation_rate": 2}, "not both"),
        ],
    )
    def test_wrong_argument_is_named(self, name, arguments, message):
        arguments = {"filters": 4, "kernel_size": 3, **arguments}
        with pytest.raises(ValueError, match=message):
            getattr(convolution, name)(name="c", **arguments)

    @pytest.mark.parametrize(
        "arguments, shape, message",
        [
            ({}, (None, 2, 9, 3), r"larger than its input.*\(2, 9\)"),
            ({"dilation_rate": 4}, (1, 8, 9, 3), r"dilation_rate=\(4, 4\)"),
            ({}, (None, 9, 9, None), "number of input channels"),
            ({"groups": 2}, (1, 9, 9, 3), "groups=2.*3 channels"),
            ({}, (9, 9, 3), "rank of at least 4"),
        ],
    )
    def test_unfit_input_is_told_at_build(self, arguments, shape, message):
        layer = convolution.Conv2D(4, 3, name="c", **arguments)
        with pytest.raises(ValueError, match=f"(?s)'c'.*{message}"):
            layer.build(tf.TensorShape(shape))

    def test_other_number_of_channels_is_told(self):
        layer = convolution.Conv2D(4, 3, name="c")
        layer(tf.ones((1, 4, 4, 3)))
        with pytest.raises(ValueError, match="'c' must have size 3 on axis -1"):
            layer(tf.ones((1, 4, 4, 2)))

    def test_ragged_input_is_told(self):
        ragged = tf.RaggedTensor.from_tensor(tf.ones((2, 4, 3)))
        with pytest.raises(TypeError, match="'c' takes dense.*to_tensor"):
            convolution.Conv1D(2, 3, name="c")(ragged)
