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
"""Hostile weights files are tested in `hdf5_weights_test.py`, too."""

import struct
import time
import zlib

import h5py
import numpy as np
import pytest

from tfk.saving import errors
from tfk.saving import safe_hdf5


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "file.h5")


def refused(path, match, error=errors.UnsafeFileError):
    with pytest.raises(error, match=match) as e:
        safe_hdf5.SafeFile(path)
    assert e.value.path == path and str(e.value).startswith(path)


class ArraysTest:
    def test_arrays_are_read_packed_or_not(self, path):
        array = np.arange(2000.0)
        options = {
            "plain": {},
            "chunks": {"chunks": (100,)},
            "deflate": {"compression": "gzip", "shuffle": True},
            "lzf": {"compression": "lzf", "fletcher32": True},
        }
        with h5py.File(path, "w") as file:
            for name, option in options.items():
                file.create_dataset(f"a/{name}", data=array, **option)
        with safe_hdf5.SafeFile(path) as file:
            for name in options:
                np.testing.assert_array_equal(
                    file.read_array(f"a/{name}"), array
                )
            assert file.num_bytes == 4 * array.nbytes

    def test_parts_that_unpack_to_more_than_they_are_are_refused(self, path):
        with h5py.File(path, "w") as file:
            dataset = file.create_dataset(
                "a", (8,), "float32", chunks=(8,), compression="gzip"
            )
            bomb = zlib.compress(bytes(10**6))
            dataset.id.write_direct_chunk((0,), bomb)
        refused(path, "unpacks to more")

    def test_many_small_parts_take_little_time(self, path):
        count = 20_000
        with h5py.File(path, "w") as file:
            dataset = file.create_dataset(
                "a", (count,), "float32", chunks=(1,), compression="gzip"
            )
            for index in range(count):
                dataset.id.write_direct_chunk((index,), b"\x00" * 4, 1)
        start = time.process_time()
        safe_hdf5.SafeFile(path).close()
        # It took 9 seconds when each part was asked for by its number.
        assert time.process_time() - start < 3

    def test_parts_that_overlap_are_refused(self, path):
        with h5py.File(path, "w") as file:
            dataset = file.create_dataset(
                "a", (2,), "float32", chunks=(1,), compression="gzip"
            )
            for index in range(2):
                dataset.id.write_direct_chunk((index,), b"\x00" * 4, 1)
        safe_hdf5.SafeFile(path).close()
        with open(path, "rb") as file:
            content = file.read()
        # In front of each part stand its size and which filters it passed over.
        old, new = struct.pack("<II", 4, 1), struct.pack("<II", len(content), 1)
        assert content.count(old) == 2
        with open(path, "wb") as file:
            file.write(content.replace(old, new))
        refused(path, "overlap")

    def test_parts_larger_than_their_array_count(self, path):
        with h5py.File(path, "w") as file:
            file.create_dataset(
                "a",
                (1,),
                "float32",
                chunks=(2**28,),
                maxshape=(None,),
                compression="lzf",
            )
        refused(path, "declares arrays of 1,073,741,824 bytes")

    def test_arrays_that_are_packed_twice_are_refused(self, path):
        with h5py.File(path, "w") as file:
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_chunk((8,))
            properties.set_deflate(9)
            properties.set_deflate(9)
            space = h5py.h5s.create_simple((8,))
            h5py.h5d.create(
                file.id, b"a", h5py.h5t.IEEE_F32LE, space, properties
            )
        refused(path, "packed more than once")

    def test_deep_groups_are_refused(self, path):
        with h5py.File(path, "w") as file:
            file.create_group("/".join(["g"] * 200))
        refused(path, "levels deep")


class TextsTest:
    def test_texts_are_read_in_every_form(self, path):
        with h5py.File(path, "w") as file:
            file.attrs["text"] = "ä"
            file.attrs["bytes"] = np.bytes_("ä".encode())
            file.attrs["list"] = np.asarray([b"a", b"bc"])
            file.attrs["none"] = np.asarray([])
            file.attrs["open"] = ["a", "bc" * 50]
            file.attrs["part0"] = np.asarray([b"a"])
            file.attrs["part1"] = np.asarray([b"b", b"c"])
        with safe_hdf5.SafeFile(path) as file:
            assert file.text("", "text") == file.text("", "bytes") == "ä"
            assert file.texts("", "list") == ["a", "bc"]
            assert file.texts("", "none") == []
            assert file.texts("", "open") == ["a", "bc" * 50]
            assert file.texts("", "part") == ["a", "b", "c"]
            assert file.texts("", "nothing") is None

    @pytest.mark.parametrize(
        "value, error",
        [
            (3, errors.CorruptFileError),
            (np.bytes_(b"\xff"), errors.CorruptFileError),
            (h5py.Empty("f"), errors.CorruptFileError),
        ],
    )
    def test_other_attributes_are_refused(self, path, value, error):
        with h5py.File(path, "w") as file:
            file.attrs["x"] = value
        with safe_hdf5.SafeFile(path) as file:
            with pytest.raises(error, match="file.h5: .*"):
                file.text("", "x")

    def test_lists_that_could_be_endless_are_refused(self, path, monkeypatch):
        monkeypatch.setattr(safe_hdf5, "_LIST_FLOOR", 10**5)
        monkeypatch.setattr(safe_hdf5, "_LIST_RATIO", 2)
        with h5py.File(path, "w") as file:
            file.attrs["x"] = ["long" * 10**5] + ["short"] * 50
        with safe_hdf5.SafeFile(path) as file:
            with pytest.raises(errors.UnsafeFileError, match="list of texts"):
                file.text("", "x")

    def test_all_texts_and_names_together_are_limited(self, path, monkeypatch):
        monkeypatch.setattr(safe_hdf5, "_TEXTS_FLOOR", 10**5)
        with h5py.File(path, "w") as file:
            file.attrs["x0"] = ["a" * 2000] * 20
            file["a" * 40] = 1.0
        with open(path, "rb") as file:
            size = len(file.read())
        with safe_hdf5.SafeFile(path) as file:
            # One list may be read. All that is read counts, so that lists
            # which refer to the same texts can not add up.
            with pytest.raises(errors.UnsafeFileError, match="take more"):
                for count in range(1 + (10**5 + 2 * size) // 40_000):
                    assert len(file.texts("", "x")) == 20
        assert count > 1
        with h5py.File(path, "w") as file:
            group = file["/"]
            for _ in range(30):
                group = group.create_group("a" * 5000)
        refused(path, "names and texts take more than")

    def test_long_names_are_not_shown_whole(self, path):
        with h5py.File(path, "w") as file:
            file["a" * 10_000] = h5py.SoftLink("/b")
        with pytest.raises(errors.UnsafeFileError, match="9,800 more") as e:
            safe_hdf5.SafeFile(path)
        assert len(str(e.value)) < 1000
