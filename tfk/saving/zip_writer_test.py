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
"""Tests of zip files in which a member is written in place."""

import errno
import os
import zipfile

import h5py
import numpy as np
import pytest

from tfk.saving import hdf5_writer
from tfk.saving import zip_writer


class ZipWriterTest:
    def test_the_member_is_what_was_written(self, tmp_path):
        path = tmp_path / "x.zip"
        values = np.arange(300_000, dtype="float32")

        def write(file, disk):
            with hdf5_writer.new_file(file, disk) as made:
                for i in range(5):
                    made.write(f"a/{i}", values[i:])
                made.delete("a/1")

        with zip_writer.written_around(str(path), "x.h5", write) as archive:
            archive.writestr("more.txt", "more")
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == ["x.h5", "more.txt"]
            assert archive.read("more.txt") == b"more"
            archive.extract("x.h5", tmp_path)
        with h5py.File(tmp_path / "x.h5") as found:
            assert sorted(found["a"]) == ["0", "2", "3", "4"]
            for i in (0, 2, 3, 4):
                np.testing.assert_array_equal(found[f"a/{i}"], values[i:])

    @pytest.mark.parametrize("num_arrays", [1, 300])
    def test_the_reason_of_a_failure_is_told(
        self, tmp_path, monkeypatch, num_arrays
    ):
        def write(file, disk):
            with hdf5_writer.new_file(file, disk) as made:
                file._file = _Full(file._file)
                for i in range(num_arrays):
                    made.write(str(i), np.zeros(9))

        num_open = _num_open()
        with pytest.raises(OSError, match="No space left"):
            with zip_writer.written_around(str(tmp_path / "x"), "x", write):
                pass
        assert _num_open() == num_open

    def test_parts_are_read_whole(self, tmp_path):
        with open(tmp_path / "x", "w+b", buffering=0) as file:
            file.write(b"123456789")
            part = zip_writer.Part(_Slow(file), 2)
            for size, expected in ((5, b"34567"), (9, b"3456789\0\0")):
                part.seek(0)
                found = bytearray(size)
                assert part.readinto(found) == min(size, 7)
                assert found == expected

    def test_an_empty_member_is_one(self, tmp_path):
        path = str(tmp_path / "x.zip")
        with zip_writer.written_around(path, "x", lambda _, disk: disk.close()):
            pass
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert archive.read("x") == b""


class _Other:
    def __init__(self, file):
        self._file = file

    def __getattr__(self, name):
        return getattr(self._file, name)


class _Full(_Other):
    """A file on a full disk."""

    def write(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _Slow(_Other):
    """A file that gives fewer bytes than it is asked for."""

    def readinto(self, data):
        return self._file.readinto(data[:2])


def _num_open():
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc") else 0
