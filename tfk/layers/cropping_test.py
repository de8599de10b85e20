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
"""Tests for cropping layers."""

import pytest
import tensorflow as tf
import tf_keras

from tfk.layers import cropping
from tfk.testing import layer_oracle

_SETTINGS = [
    (1, {}),
    (1, {"cropping": (2, 0)}),
    (2, {}),
    (2, {"cropping": 1}),
    (2, {"cropping": ((2, 0), (1, 3)), "data_format": "channels_first"}),
    (3, {}),
    (
        3,
        {"cropping": ((1, 0), (0, 2), (3, 1)), "data_format": "channels_first"},
    ),
]


class CroppingTest:
    @pytest.mark.parametrize("rank, settings", _SETTINGS)
    def test_equals_tf_keras(self, rank, settings):
        name = f"Cropping{rank}D"
        layer_oracle.assert_same(
            getattr(cropping, name)(**settings),
            getattr(tf_keras.layers, name)(**settings),
            tf.random.normal((2, 5, 6, 7, 8)[: rank + 2]),
        )

    @pytest.mark.parametrize("rank", [1, 2, 3])
    def test_nothing_left_is_told_at_build(self, rank):
        layer = getattr(cropping, f"Cropping{rank}D")(2, name="c")
        with pytest.raises(ValueError, match="'c' leaves nothing"):
            layer(tf.ones((1, 4, 9, 9, 9)[: rank + 2]))

    def test_wrong_cropping_is_told(self):
        with pytest.raises(ValueError, match="`cropping` of layer 'c'.*-1"):
            cropping.Cropping2D((1, -1), name="c")
