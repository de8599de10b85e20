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
"""Weights in several HDF5 files, none of them larger than a limit.

A JSON file, `name.weights.json`, says in which of the files beside it the
arrays of each object are. They have the names that Keras expects, unless there
are such files already: then they get others, so that the earlier ones stay
whole until the JSON file names the new ones.
"""

import contextlib
import json
import os
import re
import uuid

import h5py
import numpy as np

from tfk.saving import errors
from tfk.saving import files
from tfk.saving import hdf5_weights
from tfk.saving import plain_json
from tfk.saving import weight_tree

ENDING = ".weights.json"
_SHARD_ENDING = ".weights.h5"
_SHARD_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_. -]{0,200}\.weights\.h5$")
_MAX_SHARDS = 10_000
_GIGABYTE = 2**30


def save(model, path, max_shard_size):
    """Writes the weights of a model; an interrupted save changes nothing.

    Arguments:
        model: A model that is built.
        path: String: the JSON file. It ends in `.weights.json`.
        max_shard_size: Number: the most gigabytes of weights in one file. A
            single array that is larger gets a file of its own.
    """
    if files.is_remote(path):
        raise ValueError(
            "Weights in several files are saved on a local disk. Received: "
            f"filepath={path!r}. Save them there and copy the files."
        )
    folder, name = os.path.split(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    stem = name.removesuffix(ENDING)
    earlier = _shards_of(path)
    if os.path.lexists(os.path.join(folder, _shard_name(stem, 0))):
        stem = f"{stem}_{uuid.uuid4().hex[:8]}"
    writer = _ShardWriter(folder, stem, max_shard_size * _GIGABYTE)
    try:
        with writer:
            for place, obj in weight_tree.walk(model):
                obj.save_own_variables(writer.store_of(place, obj))
        text = json.dumps(
            {
                "metadata": {"total_size": writer.total_size},
                "weight_map": writer.weight_map,
            },
            indent=2,
        )
        with files.replacing(path) as temporary:
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(text)
    except BaseException:
        for shard in writer.names:
            _remove(folder, shard)
        raise
    for shard in earlier:
        _remove(folder, shard)


def _shard_name(stem, index):
    return f"{stem}_{index:05}{_SHARD_ENDING}"


def _shards_of(path):
    """Returns the names of the files that an earlier save wrote, if any."""
    try:
        return _read_map(path)[1]
    except (OSError, ValueError):
        return []


def _remove(folder, name):
    with contextlib.suppress(OSError):
        os.remove(os.path.join(folder, name))


class _ShardWriter:
    """Deals arrays out to files.

    Arguments:
        folder: String.
        stem: String: what the names of the files begin with.
        max_bytes: Number: the most bytes of arrays in one file.
    """

    def __init__(self, folder, stem, max_bytes):
        self.weight_map = {}
        self.names = []
        self.total_size = 0
        self._folder = folder
        self._stem = stem
        self._max_bytes = max_bytes
        self._size = 0
        self._file = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._close()

    def store_of(self, place, obj):
        """Returns the mapping to which an object writes its arrays."""
        return _ShardStore(self, place, obj)

    def write(self, place, key, value, owner):
        """Writes one array of an object."""
        num_bytes = np.asarray(value).nbytes
        if self._file is None or (
            self._size and self._size + num_bytes > self._max_bytes
        ):
            self._open_next()
        self._size += num_bytes
        self.total_size += num_bytes
        group = hdf5_weights.group_of(self._file, place, owner)
        hdf5_weights.write_array(group, key, value, owner)
        path = f"/{place}/vars" if place else "/vars"
        shards = self.weight_map.setdefault(path, [])
        if self.names[-1] not in shards:
            shards.append(self.names[-1])

    def _open_next(self):
        self._close()
        self.names.append(_shard_name(self._stem, len(self.names)))
        path = os.path.join(self._folder, self.names[-1])
        self._file = h5py.File(path, "w")
        self._size = 0

    def _close(self):
        if self._file is None:
            return
        self._file.close()
        self._file = None
        files.flush(os.path.join(self._folder, self.names[-1]))


class _ShardStore(dict):
    """Takes the arrays of an object, and writes each as soon as it comes."""

    def __init__(self, writer, place, owner):
        super().__init__()
        self._writer = writer
        self._place = place
        self._owner = owner

    def __setitem__(self, key, value):
        self._writer.write(self._place, str(key), value, self._owner)

    def update(self, *args, **kwargs):
        """Writes several arrays."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value


# Reading


class ShardedWeightFile:
    """The arrays of several files, as those of one `WeightFile`.

    Use it as a context manager.

    Arguments:
        path: String: the JSON file.
    """

    def __init__(self, path):
        self.label = path
        self.arrays = {}
        self._owners = {}
        weight_map, shards = _read_map(path)
        with contextlib.ExitStack() as stack:
            opened = {
                name: stack.enter_context(
                    hdf5_weights.WeightFile(_existing(path, name), path, name)
                )
                for name in shards
            }
            for file in opened.values():
                self._add(file, path)
            self._check_complete(weight_map, path)
            self._files = list(opened.values())
            self._stack = stack.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def _add(self, file, path):
        for place, group in file.arrays.items():
            mine = self.arrays.setdefault(place, {})
            for key, entry in group.items():
                if key in mine:
                    raise errors.CorruptFileError(
                        "two files have the same array.", path, f"{place}/{key}"
                    )
                mine[key] = entry
                self._owners[place, key] = file

    def _check_complete(self, weight_map, path):
        for place in weight_map:
            name = place.strip("/").removesuffix("vars").strip("/")
            if name not in self.arrays:
                raise errors.CorruptFileError(
                    "the files lack weights that they should have.", path, name
                )

    @property
    def num_bytes(self):
        """How much memory a model with these arrays may need."""
        return sum(file.num_bytes for file in self._files)

    def read(self, place, key, as_tensor=False):
        """Returns one array."""
        return self._owners[place, key].read(place, key, as_tensor)

    def check_readable(self, place):
        """Raises if an array of an object is damaged."""
        for file in self._files:
            file.check_readable(place)

    def names(self):
        """Returns a dict of the names of objects to lists of their paths."""
        found = {}
        for file in self._files:
            for name, places in file.names().items():
                mine = found.setdefault(name, [])
                mine += [place for place in places if place not in mine]
        return found


def _read_map(path):
    """Returns which object is in which files, and the names of all files."""
    with open(path, "rb") as file:
        content = plain_json.loads(file.read(plain_json.MAX_BYTES + 1), path)
    weight_map = content.get("weight_map") if isinstance(content, dict) else 0
    if not isinstance(weight_map, dict):
        raise errors.CorruptFileError(
            "this is no list of files of weights: it lacks `weight_map`.", path
        )
    shards = []
    for place, names in weight_map.items():
        for name in names if isinstance(names, list) else [names]:
            if not isinstance(name, str) or not _SHARD_NAME.match(name):
                raise errors.UnsafeFileError(
                    "the files of weights must lie beside this one and end in "
                    f"`{_SHARD_ENDING}`. Received: {name!r}. Nothing was "
                    "loaded.",
                    path,
                    f"/weight_map/{place}",
                )
            shards.append(name)
    shards = list(dict.fromkeys(shards))
    if len(shards) > _MAX_SHARDS:
        raise errors.UnsafeFileError(
            f"it names more than {_MAX_SHARDS:,} files. Nothing was loaded.",
            path,
        )
    return weight_map, shards


def _existing(path, name):
    shard = os.path.join(os.path.dirname(path), name)
    if os.path.islink(shard) or not os.path.isfile(shard):
        raise errors.CorruptFileError(
            f"the file {name!r}, which holds a part of the weights, is not "
            "beside it. Copy all files of the save together.",
            path,
        )
    return shard
