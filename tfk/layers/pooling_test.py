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
"""Tests for window pooling layers."""

import pytest
import tensorflow as tf
import tf_keras

from tfk.layers import pooling
from tfk.testing import layer_oracle

_SHAPES = {1: (2, 9, 3), 2: (2, 9, 8, 3), 3: (2, 5, 6, 7, 3)}

_SETTINGS = [
    {},
    {"pool_size": 3, "strides": 2, "padding": "same"},
    {"pool_size": 2, "strides": 3},
]


class PoolingTest:
    @pytest.mark.parametrize("settings", _SETTINGS)
    @pytest.mark.parametrize("rank", [1, 2, 3])
    @pytest.mark.parametrize("kind", ["Max", "Average"])
    def test_equals_tf_keras(self, kind, rank, settings):
        name = f"{kind}Pooling{rank}D"
        layer_oracle.assert_same(
            getattr(pooling, name)(**settings),
            getattr(tf_keras.layers, name)(**settings),
            tf.random.normal(_SHAPES[rank]),
        )

    @pytest.mark.parametrize("rank", [1, 2, 3])
    @pytest.mark.parametrize("kind", ["Max", "Average"])
    def test_layouts_agree(self, kind, rank):
        """tf_keras has no gradients of its own for channels first on CPU."""
        name = f"{kind}Pooling{rank}D"
        x = tf.random.normal(_SHAPES[rank])
        to_first = [0, rank + 1, *range(1, rank + 1)]
        to_last = [0, *range(2, rank + 2), 1]
        layer = getattr(pooling, name)(3, data_format="channels_first")
        oracle = getattr(tf_keras.layers, name)(3)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            outputs = tf.transpose(layer(tf.transpose(x, to_first)), to_last)
            expected = oracle(x)
        tf.debugging.assert_near(outputs, expected)
        tf.debugging.assert_near(
            tape.gradient(outputs, x), tape.gradient(expected, x)
        )
        shape = tf.transpose(x, to_first).shape
        assert layer.compute_output_shape(shape) == layer(tf.ones(shape)).shape

    @pytest.mark.parametrize("name", ["MaxPooling2D", "AveragePooling2D"])
    def test_compiles(self, name):
        layer = getattr(pooling, name)(3, data_format="channels_first")
        layer_oracle.assert_compiles(layer, tf.random.normal((2, 3, 7, 8)))

    def test_keeps_integers(self):
        x = tf.reshape(tf.range(4), (1, 4, 1))
        outputs = pooling.MaxPooling1D()(x)
        assert outputs.dtype == tf.int32
        assert outputs[0, :, 0].numpy().tolist() == [1, 3]

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"pool_size": 0}, "`pool_size` of layer 'p'.*pool_size=0"),
            ({"strides": (1, -1)}, r"`strides` of layer 'p'.*\(1, -1\)"),
            ({"padding": "causal"}, "`padding` of layer 'p'.*'causal'"),
            ({"data_format": "last"}, "`data_format` of layer 'p'.*'last'"),
        ],
    )
    def test_wrong_argument_is_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            pooling.MaxPooling2D(name="p", **arguments)

    @pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
    def test_too_large_window_is_told_at_build(self, data_format):
        layer = pooling.AveragePooling2D(4, data_format=data_format, name="p")
        with pytest.raises(ValueError, match="`pool_size` of layer 'p' is lar"):
            layer(tf.ones((1, 3, 3, 3)))

    def test_wrong_rank_is_told(self):
        with pytest.raises(ValueError, match="'p' must have ndim=4"):
            pooling.MaxPooling2D(name="p")(tf.ones((3, 3, 3)))

    def test_ragged_input_is_told(self):
        ragged = tf.RaggedTensor.from_tensor(tf.ones((2, 4, 3)))
        with pytest.raises(TypeError, match="'p'.*GlobalAveragePooling1D"):
            pooling.MaxPooling1D(name="p")(ragged)
