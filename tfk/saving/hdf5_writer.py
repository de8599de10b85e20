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
"""New HDF5 files, into which arrays go without detours."""

import contextlib

import h5py
import numpy as np
import tensorflow as tf

from tfk.saving import disk_writer
from tfk.saving import safe_hdf5

# HDF5 gives smaller arrays places in blocks that several share.
_MIN_PLACED = 2048


def _properties(of, **values):
    made = h5py.h5p.create(of)
    for name, value in values.items():
        getattr(made, f"set_{name}")(value)
    return made


# Of links: names are UTF-8, and the groups above are made.
_LINK = _properties(
    h5py.h5p.LINK_CREATE,
    create_intermediate_group=True,
    char_encoding=h5py.h5t.CSET_UTF8,
)
_DATASET = _properties(h5py.h5p.DATASET_CREATE, obj_track_times=False)
# Of datasets that get their place at once, and nothing else.
_PLACED = _properties(
    h5py.h5p.DATASET_CREATE,
    obj_track_times=False,
    alloc_time=h5py.h5d.ALLOC_TIME_EARLY,
    fill_time=h5py.h5d.FILL_TIME_NEVER,
)


@contextlib.contextmanager
def new_file(target, disk=None):
    """Gives the root `Group` of a new file.

    Arguments:
        target: String: the file, which is made anew; or a file that is open.
        disk: `DiskWriter` for the same file; needed for one that is open.
    """
    file = h5py.File(target, "w")
    try:
        with disk or disk_writer.DiskWriter(target) as disk:
            yield Group(file.id, disk)
    except BaseException:
        # A file on a full disk can't be closed either: the first error tells.
        with contextlib.suppress(Exception):
            file.close()
        raise
    file.close()


class Group:
    """A group in a new file.

    Most of the time that a model of many small weights takes is spent here,
    which is why it calls HDF5 directly.

    Arguments:
        identifier: `h5py.h5g.GroupID` or `h5py.h5f.FileID`.
        disk: `DiskWriter` for its file.
    """

    def __init__(self, identifier, disk):
        self._id = identifier
        self._disk = disk

    @property
    def attrs(self):
        """The attributes, as a mapping."""
        return h5py.AttributeManager(self)

    @property
    def id(self):
        """The name that HDF5 has for the group."""
        return self._id

    def group(self, path):
        """Returns the group of a path below this one, made if need be.

        Arguments:
            path: String, which may hold slashes.
        """
        path = path.encode("utf-8")
        try:
            found = h5py.h5g.create(self._id, path, _LINK)
        except ValueError:  # It is there.
            found = h5py.h5g.open(self._id, path)
        return Group(found, self._disk)

    def write(self, name, array):
        """Writes an array, of bfloat16 too, which HDF5 does not know.

        Arguments:
            name: String: a new one, which may hold slashes.
            array: Array of numbers.
        """
        array = np.asarray(array, order="C")
        is_bfloat16 = array.dtype == tf.bfloat16.as_numpy_dtype
        if is_bfloat16:
            array = array.view(np.uint16)
        is_placed = self._disk.is_possible and array.nbytes >= _MIN_PLACED
        dataset = h5py.h5d.create(
            self._id,
            name.encode("utf-8"),
            h5py.h5t.py_create(array.dtype, logical=True),
            h5py.h5s.create_simple(array.shape),
            _PLACED if is_placed else _DATASET,
            _LINK,
        )
        if is_placed:
            content = array.reshape(-1).view(np.uint8)
            self._disk.write(dataset.get_offset(), content)
        elif array.size:
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, array)
        if is_bfloat16:
            h5py.Dataset(dataset).attrs["dtype"] = safe_hdf5.BFLOAT16

    def read(self, name):
        """Returns an array that was written.

        Arguments:
            name: String.
        """
        self._disk.flush()
        return self._dataset(name)[()]

    def delete(self, name):
        """Takes an array out again.

        Arguments:
            name: String.
        """
        dataset = self._dataset(name)
        place = dataset.id.get_offset()
        if place is not None:
            self._disk.forget(place, dataset.nbytes)
        self._id.unlink(name.encode("utf-8"))

    def _dataset(self, name):
        return h5py.Dataset(h5py.h5d.open(self._id, name.encode("utf-8")))
