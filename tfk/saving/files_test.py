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
import threading

import pytest
import tensorflow as tf

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

    def test_a_folder_is_there_while_it_is_replaced(self, tmp_path):
        path = tmp_path / "folder"
        link = tmp_path / "link"
        link.symlink_to(path)

        def write(text):
            with files.replacing_folder(str(link)) as temporary:
                os.makedirs(os.path.join(temporary, "inner"))
                with open(os.path.join(temporary, "inner", "x"), "w") as file:
                    file.write(text)

        write("0")
        if not files._exchange(str(path), str(path)):
            pytest.skip("the system can't exchange two folders in one step")
        missing, done = [], threading.Event()

        def look():
            while not done.is_set():
                if not os.path.isdir(path):
                    missing.append(1)

        thread = threading.Thread(target=look)
        thread.start()
        for i in range(200):
            write(str(i))
        done.set()
        thread.join()
        assert not missing
        assert sorted(os.listdir(tmp_path)) == ["folder", "link"]
        assert (path / "inner" / "x").read_text() == "199"
        assert link.is_symlink()

    def test_the_earlier_folder_comes_back_if_the_new_one_does_not_fit(
        self, tmp_path, monkeypatch
    ):
        path = tmp_path / "folder"
        path.mkdir()
        (path / "x").write_text("precious")
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
        rename = tf.io.gfile.rename

        def fail(source, target):
            if target == str(path) and source.endswith(".tmp"):
                raise OSError("no")
            rename(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(tf.io.gfile, "rename", fail)
            with pytest.raises(OSError, match="no"):
                with files.replacing_folder(str(path)) as temporary:
                    os.mkdir(temporary)
        assert (path / "x").read_text() == "precious"
        with files.replacing_folder(str(path)) as temporary:
            os.mkdir(temporary)
        assert os.listdir(path) == []
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
