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
"""Tests for the arguments and output sizes of sliding windows."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import config
from tfk.utils import conv_shapes


class NormalizeTupleTest:
    @pytest.mark.parametrize(
        "value, expected",
        [
            (2, (2, 2)),
            ((1, 3), (1, 3)),
            ([1, 3], (1, 3)),
            (np.int64(2), (2, 2)),
        ],
    )
    def test_integers_and_sequences(self, value, expected):
        found = conv_shapes.normalize_tuple(value, 2, "size", "layer")
        assert found == expected
        assert all(type(item) is int for item in found)

    @pytest.mark.parametrize("value", [0, -1, 1.5, "ab", "3", None, (1,), ()])
    def test_others_are_told(self, value):
        with pytest.raises(ValueError, match="`size` of layer 'l' must be a"):
            conv_shapes.normalize_tuple(value, 2, "size", "l")

    def test_zero_may_be_allowed(self):
        found = conv_shapes.normalize_tuple(0, 1, "size", "l", allow_zero=True)
        assert found == (0,)


class NormalizeDataFormatTest:
    def test_default_is_the_configured_one(self):
        config.set_image_data_format("channels_first")
        try:
            found = conv_shapes.normalize_data_format(None, "l")
        finally:
            config.set_image_data_format("channels_last")
        assert found == "channels_first"


class WindowOutputLengthTest:
    @pytest.mark.parametrize("padding", ["valid", "same"])
    @pytest.mark.parametrize(
        "stride, dilation", [(1, 1), (2, 1), (3, 1), (1, 2)]
    )
    def test_equals_the_length_that_tensorflow_gives(
        self, padding, stride, dilation
    ):
        for length in range(5, 9):
            outputs = tf.nn.convolution(
                tf.ones((1, length, 1)),
                tf.ones((3, 1, 1)),
                stride,
                padding.upper(),
                dilations=dilation,
            )
            found = conv_shapes.window_output_length(
                length, 3, padding, stride, dilation
            )
            assert found == outputs.shape[1]

    def test_unknown_stays_unknown(self):
        assert conv_shapes.window_output_length(None, 3, "same", 1) is None

    def test_a_window_that_does_not_fit_is_told(self):
        with pytest.raises(
            ValueError, match="`pool_size` of layer 'l' is larg"
        ):
            conv_shapes.window_output_lengths(
                [4, 2], (2, 3), "valid", (1, 1), "l", "pool_size"
            )


class TransposedOutputLengthTest:
    @pytest.mark.parametrize("padding", ["valid", "same"])
    @pytest.mark.parametrize("output_padding", [None, 1])
    @pytest.mark.parametrize("window, stride", [(3, 2), (2, 3), (5, 2)])
    def test_the_window_goes_back_to_the_input(
        self, window, stride, output_padding, padding
    ):
        for length in range(1, 6):
            longer = conv_shapes.transposed_output_length(
                length, window, padding, stride, 1, output_padding
            )
            assert length == conv_shapes.window_output_length(
                longer, window, padding, stride
            )

    def test_unknown_stays_unknown(self):
        assert conv_shapes.transposed_output_length(None, 3, "valid", 2) is None
