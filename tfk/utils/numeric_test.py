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
"""Tests of numeric helpers."""

import numpy as np
import pytest
import tf_keras

from tfk.utils import numeric


class NumericTest:
    @pytest.mark.parametrize("name", ["to_categorical", "to_ordinal"])
    @pytest.mark.parametrize(
        "y", [[0, 2], [[1], [2]], 1, [[1, 0], [2, 1]], [1.0, 2.0], []]
    )
    @pytest.mark.parametrize("num_classes", [None, 4])
    def test_encodings_agree_with_tf_keras(self, name, y, num_classes):
        if y == [] and num_classes is None:
            with pytest.raises(ValueError, match="num_classes"):
                getattr(numeric, name)(y)
            return
        found = getattr(numeric, name)(y, num_classes, "int32")
        expected = getattr(tf_keras.utils, name)(y, num_classes, "int32")
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == "int32"

    @pytest.mark.parametrize("y", [[5], [-1]])
    def test_classes_must_exist(self, y):
        with pytest.raises(ValueError, match="classes from 0 to 2"):
            numeric.to_categorical(y, 3)

    @pytest.mark.parametrize("axis, order", [(-1, 2), (0, 1), (1, np.inf)])
    def test_normalize_agrees_with_tf_keras(self, axis, order):
        x = np.array([[3.0, 4.0], [0.0, 0.0]])
        np.testing.assert_allclose(
            numeric.normalize(x, axis, order),
            tf_keras.utils.normalize(x, axis, order),
        )
        vector = np.array([3.0, 4.0])
        np.testing.assert_allclose(
            numeric.normalize(vector), tf_keras.utils.normalize(vector)
        )
