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
"""Tests for padding layers."""

import pytest
import tensorflow as tf
import tf_keras

from tfk.layers import zero_padding
from tfk.testing import layer_oracle

_SETTINGS = [
    (1, {}),
    (1, {"padding": (2, 0)}),
    (2, {}),
    (2, {"padding": (2, 0)}),
    (2, {"padding": ((2, 0), (1, 3)), "data_format": "channels_first"}),
    (3, {}),
    (3, {"padding": ((1, 0), (0, 2), (3, 1)), "data_format": "channels_first"}),
]


class ZeroPaddingTest:
    @pytest.mark.parametrize("rank, settings", _SETTINGS)
    def test_equals_tf_keras(self, rank, settings):
        name = f"ZeroPadding{rank}D"
        layer_oracle.assert_same(
            getattr(zero_padding, name)(**settings),
            getattr(tf_keras.layers, name)(**settings),
            tf.random.normal((2, 3, 4, 5, 6)[: rank + 2]),
        )

    @pytest.mark.parametrize("padding", [-1, (1, 2, 3), ((1, 2), (3, -1)), "a"])
    def test_wrong_padding_is_told(self, padding):
        with pytest.raises(
            ValueError, match="`padding` of layer 'z'.*padding="
        ):
            zero_padding.ZeroPadding2D(padding, name="z")

    def test_wrong_padding_of_sequences_is_told(self):
        with pytest.raises(ValueError, match="`padding` of layer 'z'.*1, 2, 3"):
            zero_padding.ZeroPadding1D((1, 2, 3), name="z")
