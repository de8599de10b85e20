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

import struct

import h5py
import pytest

from tfk.saving import errors
from tfk.saving import hdf5_heap
from tfk.saving import safe_hdf5


@pytest.fixture
def path(tmp_path):
    """A file with texts of variable length."""
    path = str(tmp_path / "x.h5")
    with h5py.File(path, "w") as file:
        file.attrs["text"] = "some words"
        file.attrs["texts"] = ["a", "b" * 1000]
    return path


def _heap(path):
    with open(path, "rb") as file:
        return file.read().index(b"GCOL\x01")


def _write(path, place, number):
    with open(path, "r+b") as file:
        file.seek(place)
        file.write(struct.pack("<Q", number))


class HeapTest:
    def test_good_heaps_are_measured(self, path, tmp_path):
        assert hdf5_heap.largest(path) == 4096
        with safe_hdf5.SafeFile(path) as file:
            assert file.text("", "text") == "some words"
            assert file.text("", "texts") == ["a", "b" * 1000]
        empty = str(tmp_path / "empty.h5")
        h5py.File(empty, "w").close()
        assert hdf5_heap.largest(empty) == 0

    # The size of the heap stands 8 bytes behind its start, that of the first
    # text 24 bytes behind.
    @pytest.mark.parametrize("field", [8, 24])
    @pytest.mark.parametrize(
        "number", [1, 2**20, 2**63, 2**64 - 1, 2**64 - 16, 2**64 - 32]
    )
    def test_the_library_reads_no_damaged_heap(self, field, number, path):
        _write(path, _heap(path) + field, number)
        with pytest.raises(errors.CorruptFileError, match="heap of texts"):
            with safe_hdf5.SafeFile(path) as file:
                file.text("", "text")
