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
"""Tests for upsampling layers."""

import pytest
import tensorflow as tf
import tf_keras

from tfk.layers import up_sampling
from tfk.testing import layer_oracle

_FIRST = {"data_format": "channels_first"}

_SETTINGS = [
    (1, {}),
    (1, {"size": 3}),
    (2, {}),
    (2, {"size": (2, 3), **_FIRST}),
    (2, {"interpolation": "bilinear"}),
    (2, {"interpolation": "bicubic", **_FIRST}),
    (2, {"interpolation": "lanczos3"}),
    (3, {}),
    (3, {"size": (1, 2, 3), **_FIRST}),
]


class UpSamplingTest:
    @pytest.mark.parametrize("rank, settings", _SETTINGS)
    def test_equals_tf_keras(self, rank, settings):
        name = f"UpSampling{rank}D"
        layer_oracle.assert_same(
            getattr(up_sampling, name)(**settings),
            getattr(tf_keras.layers, name)(**settings),
            tf.random.normal((2, 3, 4, 5, 6)[: rank + 2]),
        )

    @pytest.mark.parametrize("rank", [1, 2, 3])
    def test_compiles(self, rank):
        layer = getattr(up_sampling, f"UpSampling{rank}D")()
        inputs = tf.random.normal((2, 3, 4, 5, 6)[: rank + 2])
        layer_oracle.assert_compiles(layer, inputs)

    def test_keeps_the_dtype(self):
        layer = up_sampling.UpSampling2D(interpolation="area", dtype="float16")
        assert layer(tf.ones((1, 2, 2, 1))).dtype == tf.float16

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"size": 0}, "`size` of layer 'u'.*size=0"),
            ({"interpolation": "cubic"}, "`interpolation` of layer 'u'.*cubic"),
        ],
    )
    def test_wrong_argument_is_named(self, arguments, message):
        with pytest.raises(ValueError, match=f"(?s){message}"):
            up_sampling.UpSampling2D(name="u", **arguments)
