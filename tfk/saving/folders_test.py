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
"""Tests of folders that are replaced among what others put there."""

import os
import threading

import pytest
import tensorflow as tf

from tfk.saving import folders

_PARTS = ("whole", "inner", "shared/x")


def _write(path, text, names=("whole", "inner/x"), fails=False):
    with folders.replacing(str(path), _PARTS) as temporary:
        for name in names:
            file = os.path.join(temporary, name)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "w") as stream:
                stream.write(text)
        if fails:
            raise RuntimeError


def _files(path):
    """Returns the texts of all files below a folder."""
    return {
        str(file.relative_to(path)): file.read_text()
        for file in path.rglob("*")
        if file.is_file()
    }


def _exchanges(path):
    folder = str(path)
    os.makedirs(folder)
    return folders._exchange(folder, folder)


class ReplacingTest:
    def test_folders_are_replaced_whole(self, tmp_path):
        path = tmp_path / "new" / "folder"
        _write(path, "1", ["whole", "inner/x", "shared/x"])
        _write(f"{path}/", "2", ["whole", "inner/y"])
        assert _files(path) == {"whole": "2", "inner/y": "2"}
        with pytest.raises(RuntimeError):
            _write(path, "3", fails=True)
        assert _files(path) == {"whole": "2", "inner/y": "2"}
        assert os.listdir(path.parent) == ["folder"]

    @pytest.mark.parametrize("is_complete", [True, False])
    def test_what_else_is_there_stays(self, is_complete, tmp_path):
        path = tmp_path / "folder"
        others = {"readme": "a", "1/whole": "b", "shared/y": "c"}
        for name, text in others.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (tmp_path / "away").mkdir()
        (tmp_path / "away" / "z").write_text("d")
        (path / "link").symlink_to(tmp_path / "away")
        if is_complete:
            _write(path, "0", ["whole", "inner/old", "shared/x"])
        path.chmod(0o750)
        _write(path, "1")
        assert _files(path) == {**others, "whole": "1", "inner/x": "1"}
        assert (path / "link" / "z").read_text() == "d"
        assert path.stat().st_mode & 0o777 == 0o750
        assert sorted(os.listdir(tmp_path)) == ["away", "folder"]

    def test_a_folder_is_there_while_it_is_replaced(self, tmp_path):
        path = tmp_path / "folder"
        link = tmp_path / "link"
        link.symlink_to(path)
        if not _exchanges(tmp_path / "any"):
            pytest.skip("the system can't exchange two folders in one step")
        _write(link, "0")
        missing, done = [], threading.Event()

        def look():
            while not done.is_set():
                if not os.path.isfile(path / "whole"):
                    missing.append(1)

        thread = threading.Thread(target=look)
        thread.start()
        for i in range(200):
            _write(link, str(i))
        done.set()
        thread.join()
        assert not missing
        assert sorted(os.listdir(tmp_path)) == ["any", "folder", "link"]
        assert _files(path) == {"whole": "199", "inner/x": "199"}
        assert link.is_symlink()

    def test_the_folder_of_the_process_stays_the_same(
        self, tmp_path, monkeypatch
    ):
        path = tmp_path / "folder"
        _write(path, "0", ["whole", "inner/old", "shared/x"])
        monkeypatch.chdir(path)
        _write(".", "1")
        assert os.getcwd() == str(path)
        assert os.path.samefile(".", path)
        assert _files(path) == {"whole": "1", "inner/x": "1"}

    def test_a_folder_that_has_to_stay_gets_the_parts(
        self, tmp_path, monkeypatch
    ):
        """As the root of a disk, which can't be renamed."""
        path = tmp_path / "folder"
        _write(path, "0", ["whole", "inner/old"])
        (path / "other").write_text("a")
        monkeypatch.setattr(folders, "_exchange", lambda *_: False)
        with monkeypatch.context() as patch:
            patch.setattr(folders, "_take_place", lambda *_: False)
            _write(path, "1")
        expected = {"whole": "1", "inner/x": "1", "other": "a"}
        assert _files(path) == expected
        with monkeypatch.context() as patch:
            patch.setattr(folders, "_is_another_disk", lambda *_: True)
            _write(path, "2")
        assert _files(path) == {"whole": "2", "inner/x": "2", "other": "a"}
        assert os.listdir(tmp_path) == ["folder"]

    @pytest.mark.parametrize("as_parts", [False, True])
    def test_the_earlier_folder_comes_back_if_the_new_one_does_not_fit(
        self, as_parts, tmp_path, monkeypatch
    ):
        path = tmp_path / "folder"
        names = ["whole", "inner/old", "shared/x"]
        _write(path, "0", names)
        monkeypatch.setattr(folders, "_exchange", lambda *_: False)
        if as_parts:
            monkeypatch.setattr(folders, "_take_place", lambda *_: False)
        target = str(path / "whole" if as_parts else path)
        rename = os.rename

        def fail(source, destination, **kwargs):
            if str(destination) == target and not source.endswith(".old"):
                raise RuntimeError("no")
            rename(source, destination, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(os, "rename", fail)
            with pytest.raises(RuntimeError, match="no"):
                _write(path, "1")
        assert _files(path) == dict.fromkeys(names, "0")
        _write(path, "1")
        assert _files(path) == {"whole": "1", "inner/x": "1"}
        assert os.listdir(tmp_path) == ["folder"]

    def test_a_file_of_the_name_is_not_replaced(self, tmp_path):
        path = tmp_path / "notes"
        path.write_text("precious")
        with pytest.raises(ValueError, match="there is a file"):
            _write(path, "1")
        assert path.read_text() == "precious"
        assert os.listdir(tmp_path) == ["notes"]

    def test_stores_that_are_no_local_disk(self):
        path = "ram://somewhere/folder"
        for text in "01":
            with folders.replacing(path, _PARTS) as temporary:
                with tf.io.gfile.GFile(f"{temporary}/whole", "w") as file:
                    file.write(text)
            with tf.io.gfile.GFile(f"{path}/other", "w") as file:
                file.write("a")
        assert sorted(tf.io.gfile.listdir(path)) == ["other", "whole"]
        with tf.io.gfile.GFile(f"{path}/whole") as file:
            assert file.read() == "1"
