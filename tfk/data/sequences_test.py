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
"""Tests of `pad_sequences`."""

import itertools

import numpy as np
import pytest
import tf_keras

from tfk.data import sequences


class PadSequencesTest:
    @pytest.mark.parametrize(
        "data",
        [[[1], [2, 3], [4, 5, 6]], [[], [1]], [[[1, 2]], [[3, 4], [5, 6]]]],
    )
    def test_agrees_with_tf_keras(self, data):
        sides = ("pre", "post")
        for maxlen, padding, truncating, dtype in itertools.product(
            (None, 2, 5), sides, sides, ("int32", "float32")
        ):
            arguments = (data, maxlen, dtype, padding, truncating, -1)
            found = sequences.pad_sequences(*arguments)
            expected = tf_keras.utils.pad_sequences(*arguments)
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == expected.dtype

    def test_pads_strings(self):
        found = sequences.pad_sequences(
            [["a"], ["b", "c"]], dtype=object, value="-"
        )
        assert found.tolist() == [["-", "a"], ["b", "c"]]

    @pytest.mark.parametrize(
        "arguments, message",
        [
            (dict(sequences=5), "list of sequences"),
            (dict(sequences=[1, 2]), r"sequences\[0\]=1"),
            (dict(sequences=[[1]], padding="x"), "padding='x'"),
            (dict(sequences=[[1]], truncating="x"), "truncating='x'"),
            (dict(sequences=[[[1, 2]], [[3]]]), r"shape \(1,\)"),
            (dict(sequences=[[1]], value="x"), "dtype=object"),
        ],
    )
    def test_says_what_is_wrong(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            sequences.pad_sequences(**arguments)
