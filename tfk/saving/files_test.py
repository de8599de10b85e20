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

    def test_what_a_link_leads_to_is_replaced(self, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        target = tmp_path / "elsewhere" / "file"
        (tmp_path / "link").symlink_to(target)
        for text in ("new", "newer"):
            with files.replacing(str(tmp_path / "link")) as temporary:
                with open(temporary, "w") as file:
                    file.write(text)
            assert (tmp_path / "link").is_symlink()
            assert target.read_text() == text

    def test_folders_and_files_in_the_way_are_told_at_once(self, tmp_path):
        (tmp_path / "file").write_text("precious")
        for path, error in (
            (tmp_path, IsADirectoryError),
            (tmp_path / "file" / "below", NotADirectoryError),
            (tmp_path / "file" / "far" / "below", NotADirectoryError),
        ):
            with pytest.raises(error, match="Pass another path"):
                with files.replacing(str(path)):
                    raise AssertionError
        assert os.listdir(tmp_path) == ["file"]

    def test_full_disks_are_told_as_such(self, tmp_path):
        path = str(tmp_path / "file")
        with pytest.raises(OSError, match="No space left") as e:
            with files.replacing(path):
                raise RuntimeError("(unable to extend, errno = 28, ...)")
        assert e.value.errno == 28 and e.value.filename == path
        with pytest.raises(RuntimeError, match="else"):
            with files.replacing(path):
                raise RuntimeError("something else")
        assert not os.listdir(tmp_path)

    def test_stores_that_are_no_local_disk(self):
        with files.replacing("ram://folder/file") as temporary:
            with open(temporary, "w") as file:
                file.write("x")
        with files.local_copy("ram://folder/file") as local:
            with open(local) as file:
                assert file.read() == "x"
        with pytest.raises(ValueError, match="overwrite=False"):
            files.check_may_write("ram://folder/file", overwrite=False)
