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
"""Tests of what paths are taken for mistaken ones."""

import pytest

from tfk.saving import file_endings


class FileEndingsTest:
    @pytest.mark.parametrize(
        "path",
        "m.kears m.keras2 m.kera M.KERAS a/m.keas m.H5 m.hd5 m.hdf m.h5f "
        "m.onnx m.tflite m.txt m.pb m.zip m.json".split(),
    )
    def test_a_misspelt_or_foreign_ending_is_mistaken(self, path):
        assert file_endings.is_mistaken(path)

    @pytest.mark.parametrize(
        "path",
        "model titanic/1 model.v2 m-0.45 m-v1.2.3 m.tf m.ckpt m.best m.final "
        "m.keras/ a.onnx/1 .hidden m.weights m.old my.model gs://b/m "
        "m.keras m.weights.h5 {epoch:02d}-{loss:.2f}.keras {epoch}".split(),
    )
    def test_names_of_folders_are_none(self, path):
        assert not file_endings.is_mistaken(path)
