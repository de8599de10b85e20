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
"""Tests of new HDF5 files."""

import errno
import fcntl
import os

import h5py
import numpy as np
import pytest
import tensorflow as tf

from tfk.saving import disk_writer
from tfk.saving import hdf5_weights
from tfk.saving import hdf5_writer


def _arrays():
    """Returns arrays of all sizes and kinds, more than a buffer of them."""
    rng = np.random.default_rng(0)
    shapes = [(), (0, 3), (5,), (700, 300), (513,), (3, 1500, 1000), (2, 1024)]
    arrays = [rng.normal(size=s).astype("float32") for s in shapes]
    return {
        **{f"of/shapes/{i}": a for i, a in enumerate(arrays)},
        "swapped": arrays[3].astype(">f8"),
        "turned": arrays[5].T,
        "every/second": arrays[5][:, ::2],
        "bools": arrays[3] > 0,
        "complex": arrays[3] * 1j,
        "integers": arrays[3].astype("int8"),
        "é": arrays[5][0],
    }


class HDF5WriterTest:
    @pytest.mark.parametrize("way", ["direct", "none", "refused"])
    def test_arrays_are_read_as_written(self, tmp_path, monkeypatch, way):
        if way == "none":
            monkeypatch.setattr(disk_writer, "_open_direct", lambda path: None)
        elif way == "refused":
            # As disks do that have larger blocks.
            _refuse_blocks(monkeypatch)
        arrays, path = _arrays(), str(tmp_path / "x.h5")
        with hdf5_writer.new_file(path) as file:
            for name, array in arrays.items():
                file.group("a").write(name, array)
                file.group(f"groups/{name}").attrs["name"] = name
        with h5py.File(path) as file:
            for name, array in arrays.items():
                found = file["a"][name]
                assert found.dtype == array.dtype and found.shape == array.shape
                np.testing.assert_array_equal(found[()], array)
                assert file["groups"][name].attrs["name"] == name
                # As h5py writes them: nothing depends on the time.
                assert h5py.h5g.get_objinfo(found.id).mtime == 0

    def test_bytes_of_a_file_depend_on_the_arrays_only(self, tmp_path):
        for name in "ab":
            with hdf5_writer.new_file(str(tmp_path / name)) as file:
                for key, array in _arrays().items():
                    file.write(key, array)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    def test_bfloat16_is_written_as_its_bits(self, tmp_path):
        short = tf.constant([1.5, -2.0], tf.bfloat16).numpy()
        arrays = {"short": short, "long": np.tile(short, 5000)}
        with hdf5_writer.new_file(str(tmp_path / "x.h5")) as file:
            for name, array in arrays.items():
                file.write(name, array)
        with h5py.File(tmp_path / "x.h5") as file:
            for name, array in arrays.items():
                assert file[name].attrs["dtype"] == "bfloat16"
                np.testing.assert_array_equal(file[name], array.view("uint16"))

    def test_an_object_may_write_a_name_again(self, tmp_path):
        rng = np.random.default_rng(0)
        with hdf5_writer.new_file(str(tmp_path / "x.h5")) as file:
            store = hdf5_weights.GroupWriter(file, self)
            store["a"] = np.zeros(2)
            store["a"] = np.ones(3)
            assert "a" in store and "b" not in store
            np.testing.assert_array_equal(store["a"], np.ones(3))
            # The space of what is taken out is used for what comes next.
            values = {}
            for count in (500_000, 400_000, 90_000, 300, 5000):
                for name in "abc":
                    values[name] = store[name] = rng.normal(size=count)
                    np.testing.assert_array_equal(store[name], values[name])
        with h5py.File(tmp_path / "x.h5") as file:
            for name, value in values.items():
                np.testing.assert_array_equal(file[name], value)

    def test_a_full_disk_is_told(self, tmp_path, monkeypatch):
        def full(*args):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(disk_writer.os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            with hdf5_writer.new_file(str(tmp_path / "x.h5")) as file:
                file.write("a", np.zeros(10_000))


def _refuse_blocks(monkeypatch):
    real = os.pwrite

    def pwrite(descriptor, data, place):
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(descriptor, data, place)

    monkeypatch.setattr(disk_writer.os, "pwrite", pwrite)
