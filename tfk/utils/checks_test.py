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
"""Tests for checks of constructor arguments."""

import pathlib

import numpy as np
import pytest

from tfk.utils import checks


class PositiveIntegerTest:
    @pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3)])
    def test_whole_numbers_become_integers(self, value):
        result = checks.positive_integer("units", value)
        assert result == 3 and type(result) is int

    @pytest.mark.parametrize(
        "value", [0, -1, 2.5, "3", None, True, [3], float("nan"), float("inf")]
    )
    def test_all_else_is_refused(self, value):
        with pytest.raises(ValueError, match="`units` .* Received: units="):
            checks.positive_integer("units", value)

    def test_the_layer_is_named(self):
        with pytest.raises(ValueError, match="`n` of layer 'l' must be"):
            checks.positive_integer("n", 0, "l")


class PathTest:
    @pytest.mark.parametrize("value", ["gs:/a/b", "a/b:/c", "", "gs://a/b"])
    def test_strings_stay_as_they_are(self, value):
        assert checks.path("filepath", value) == value

    def test_paths_become_strings(self):
        for text in ("a/b", "/a", "c:/windows", "a:b/c", "a/b:/c"):
            assert checks.path("filepath", pathlib.PurePosixPath(text)) == text

    def test_addresses_that_pathlib_has_torn_are_refused(self):
        for start in ("gs", "s3", "hdfs", "ram"):
            torn = pathlib.Path(f"{start}://bucket/model.keras")
            with pytest.raises(ValueError, match="`filepath` is a path object"):
                checks.path("filepath", torn)
