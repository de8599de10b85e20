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
"""Tests of files and folders that appear whole or not at all."""

import os

import pytest

from tfk.saving import files


class ReplacingTest:
    def test_file_appears_at_the_end(self, tmp_path):
        path = tmp_path / "new" / "file"
        with files.replacing(str(path)) as temporary:
            with open(temporary, "w") as file:
                file.write("x")
            assert not path.exists()
        assert path.read_text() == "x"
        assert os.listdir(path.parent) == ["file"]

    def test_failure_leaves_all_as_it_was(self, tmp_path):
        path = tmp_path / "file"
        path.write_text("old")
        with pytest.raises(RuntimeError):
            with files.replacing(str(path)) as temporary:
                with open(temporary, "w") as file:
                    file.write("x")
                raise RuntimeError
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["file"]

    def test_folders_are_replaced_whole(self, tmp_path):
        path = tmp_path / "folder"
        for content in ("one", "two"):
            with files.replacing_folder(f"{path}/") as temporary:
                os.mkdir(temporary)
                with open(os.path.join(temporary, content), "w"):
                    pass
            assert os.listdir(path) == [content]
        with pytest.raises(RuntimeError):
            with files.replacing_folder(str(path)) as temporary:
                os.mkdir(temporary)
                raise RuntimeError
        assert os.listdir(path) == ["two"]
        assert os.listdir(tmp_path) == ["folder"]

    def test_stores_that_are_no_local_disk(self):
        with files.replacing("ram://folder/file") as temporary:
            with open(temporary, "w") as file:
                file.write("x")
        with files.local_copy("ram://folder/file") as local:
            with open(local) as file:
                assert file.read() == "x"
        with pytest.raises(ValueError, match="overwrite=False"):
            files.check_may_write("ram://folder/file", overwrite=False)
