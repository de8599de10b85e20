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
arrays of each object are. Keras does not look at their names there, but expects
`name_00000.weights.h5` and so on. Where there are such files already, the new
ones get other names first, so that the earlier ones stay whole until the JSON
file names the new ones; these get the expected names then.

Files of weights whose names no JSON file holds yet, or holds no longer, have a
second name meanwhile, a mark that tells which process is at work on them. If it
is killed, the next save finds by the mark which files to delete.
"""

import contextlib
import json
import os
import re
import uuid
from typing import NamedTuple

from tfk.saving import errors
from tfk.saving import files
from tfk.saving import hdf5_weights
from tfk.saving import hdf5_writer
from tfk.saving import plain_json
from tfk.saving import stores
from tfk.saving import temporary_names
from tfk.saving import weight_tree

ENDING = ".weights.json"
_SHARD_ENDING = ".weights.h5"
_SHARD_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_. -]{0,200}\.weights\.h5$")
_MAX_SHARDS = 10_000
_GIGABYTE = 2**30
_MARK = "mark"


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
    _remove_left_over(folder)
    stem = name.removesuffix(ENDING)
    # Marks, and names of files, which are deleted unless a list has them.
    pairs = []
    writer = _ShardWriter(folder, stem, max_shard_size * _GIGABYTE, pairs)
    try:
        with writer:
            for place, obj in weight_tree.walk(model):
                obj.save_own_variables(writer.store_of(place, obj))
        writer.publish()
        _write_list(path, writer.listing(), pairs)
        _remove_unnamed(folder, pairs)
        pairs.clear()
        if writer.rename(stem):
            _write_list(path, writer.listing(), pairs)
    finally:
        _remove_unnamed(folder, pairs)


def _write_list(path, listing, pairs):
    """Writes the JSON file, and marks the files that the earlier one names."""
    folder = os.path.dirname(os.path.abspath(path))
    files.flush_folder(folder)
    with files.replacing(path) as temporary:
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(listing, file, indent=2)
        for name in _shards_of(path):
            mark = temporary_names.beside(os.path.join(folder, name), _MARK)
            with contextlib.suppress(OSError):  # Not every disk can do it.
                os.link(os.path.join(folder, name), mark)
            pairs.append((mark, name))


def _shard_name(stem, index):
    return f"{stem}_{index:05}{_SHARD_ENDING}"


def _shards_of(path):
    """Returns the names of the files that an earlier save wrote, if any."""
    try:
        return _read_map(path)[1]
    except (FileNotFoundError, ValueError):
        return []


def _remove_left_over(folder):
    """Deletes what processes have left that were killed while they saved."""
    pairs = temporary_names.left_over(folder, _MARK)
    if pairs:
        _remove_unnamed(
            folder,
            [
                # Under its last name there may be a file of another process.
                (mark, name if _is_same(mark, folder, name) else None)
                for mark, name in pairs
            ],
        )


def _is_same(mark, folder, name):
    try:
        found = os.lstat(os.path.join(folder, name))
    except OSError:
        return False
    return os.path.samestat(found, os.lstat(mark))


def _remove_unnamed(folder, pairs):
    """Deletes marks, and those files that no list in a folder names.

    Arguments:
        folder: String.
        pairs: Pairs of the path of a mark and the name of a file, or None.
    """
    try:
        lists = [x for x in os.listdir(folder) if x.endswith(ENDING)]
        named = {y for x in lists for y in _shards_of(os.path.join(folder, x))}
    except OSError:
        return  # A list that can't be read now may name any of them.
    for mark, name in pairs:
        if name is not None and name not in named:
            _remove(os.path.join(folder, name))
        _remove(mark)


def _remove(path):
    with contextlib.suppress(OSError):
        os.remove(path)


class _ShardWriter:
    """Deals arrays out to files, which have marks for names until all are done.

    Arguments:
        folder: String.
        stem: String: what the names of the files begin with, if there are none
            of such names.
        max_bytes: Number: the most bytes of arrays in one file.
        pairs: List, to which pairs of marks and names are added.
    """

    def __init__(self, folder, stem, max_bytes, pairs):
        self._folder = folder
        self._stem = stem
        if os.path.lexists(os.path.join(folder, _shard_name(stem, 0))):
            self._stem = _other_stem(stem)
        self._max_bytes = max_bytes
        self._pairs = pairs
        self._indices = {}
        self._marks = []
        self._names = []
        self._total_size = 0
        self._size = 0
        self._file = None
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._close()

    def store_of(self, place, obj):
        """Returns the mapping to which an object writes its arrays."""
        return _ShardStore(self, place, obj)

    def write(self, place, key, value, owner):
        """Writes one array of an object."""
        value = stores.array_of(value)
        num_bytes = value.nbytes
        if self._file is None or (
            self._size and self._size + num_bytes > self._max_bytes
        ):
            self._open_next()
        self._size += num_bytes
        self._total_size += num_bytes
        group = hdf5_weights.group_of(self._file, place, owner)
        hdf5_weights.write_array(group, key, value, owner)
        path = f"/{place}/vars" if place else "/vars"
        indices = self._indices.setdefault(path, [])
        if len(self._marks) - 1 not in indices:
            indices.append(len(self._marks) - 1)

    def _open_next(self):
        self._close()
        self._marks.append(
            self._mark(_shard_name(self._stem, len(self._marks)))
        )
        self._pairs.append((self._marks[-1], None))
        self._file = self._stack.enter_context(
            hdf5_writer.new_file(self._marks[-1])
        )
        self._size = 0

    def _close(self):
        if self._file is None:
            return
        self._file = None
        self._stack.close()
        files.flush(self._marks[-1])

    def _mark(self, name):
        return temporary_names.beside(os.path.join(self._folder, name), _MARK)

    def publish(self):
        """Gives the files names that they can keep."""
        for index, mark in enumerate(self._marks):
            name = _shard_name(self._stem, index)
            if not self._give_name(mark, name):
                # Another process was faster.
                name = _shard_name(_other_stem(self._stem), index)
                other = self._mark(name)
                os.rename(mark, other)
                self._pairs[index] = (other, None)
                self._give_name(other, name)
            self._pairs[index] = (self._pairs[index][0], name)
            self._names.append(name)

    def _give_name(self, mark, name):
        """Lets a file have a name too; returns whether the name was free."""
        path = os.path.join(self._folder, name)
        try:
            os.link(mark, path)
        except FileExistsError:
            return False
        except OSError:  # Not every disk has files of two names.
            if os.path.lexists(path):
                return False
            os.rename(mark, path)
        return True

    def rename(self, stem):
        """Gives the files names that begin with a stem, if these are free.

        The names that they had so far stay, until no list has them.

        Returns:
            Whether they have new names.
        """
        names = [_shard_name(stem, i) for i in range(len(self._names))]
        paths = [os.path.join(self._folder, name) for name in names]
        if any(map(os.path.lexists, paths)):
            return False
        for old, name, path in zip(self._names, names, paths):
            mark = self._mark(name)
            try:
                os.link(os.path.join(self._folder, old), mark)
                self._pairs.append((mark, None))
                os.link(mark, path)
            except OSError:
                return False
            self._pairs[-1] = (mark, name)
        self._names = names
        return True

    def listing(self):
        """Returns what the JSON file says of the files."""
        return {
            "metadata": {"total_size": self._total_size},
            "weight_map": {
                path: [self._names[index] for index in indices]
                for path, indices in self._indices.items()
            },
        }


def _other_stem(stem):
    return f"{stem}_{uuid.uuid4().hex[:8]}"


class _ShardStore(stores.Store):
    """Takes the arrays of an object, and writes each as soon as it comes."""

    takes_variables = True

    def __init__(self, writer, place, owner):
        super().__init__()
        self._writer = writer
        self._place = place
        self._owner = owner

    def __setitem__(self, key, value):
        self._writer.write(self._place, str(key), value, self._owner)


# Reading


class _Entry(NamedTuple):
    """Where an array is.

    Attributes:
        shard: The name of the file.
        path: The array's path in it.
        shape: Tuple.
        dtype: String.
    """

    shard: str
    path: str
    shape: tuple
    dtype: str


class ShardedWeightFile:
    """The arrays of several files, as those of one `WeightFile`.

    Use it as a context manager. One file is open at a time: each takes memory,
    and there may be more than the system lets one open.

    Arguments:
        path: String: the JSON file.
    """

    def __init__(self, path):
        self.label = path
        self.arrays = {}
        self.num_bytes = 0
        self._shard = None
        self._file = None
        weight_map, self._shards = _read_map(path)
        try:
            for shard in self._shards:
                self._add(self._opened(shard), shard)
            self._check_complete(weight_map)
        except BaseException:
            self._close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._close()

    def _close(self):
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self, shard):
        """Returns the file of a name, after it was looked through."""
        if self._file is None or self._shard != shard:
            self._close()
            self._file = hdf5_weights.WeightFile(
                _existing(self.label, shard), self.label, shard
            )
            self._shard = shard
        return self._file

    def _add(self, file, shard):
        self.num_bytes += file.num_bytes
        for place, group in file.arrays.items():
            mine = self.arrays.setdefault(place, {})
            for key, entry in group.items():
                if key in mine:
                    raise errors.CorruptFileError(
                        "two files have the same array.",
                        self.label,
                        f"{place}/{key}",
                    )
                mine[key] = _Entry(shard, entry.path, entry.shape, entry.dtype)

    def _check_complete(self, weight_map):
        for place in weight_map:
            name = place.strip("/").removesuffix("vars").strip("/")
            if name not in self.arrays:
                raise errors.CorruptFileError(
                    "the files lack weights that they should have.",
                    self.label,
                    name,
                )

    def _file_of(self, entry):
        file = self._opened(entry.shard)
        found = file.entries.get(entry.path)
        if found is None or found.shape != entry.shape:
            raise errors.CorruptFileError(
                f"the file {entry.shard!r} was changed meanwhile. Load it "
                "again.",
                self.label,
                entry.path,
            )
        return file

    def read(self, place, key, as_tensor=False):
        """Returns one array."""
        entry = self.arrays[place][key]
        file = self._file_of(entry)
        if as_tensor:
            return file.read_tensor(entry.path)
        return file.read_array(entry.path)

    def check_readable(self, place):
        """Raises if an array of an object is damaged."""
        for entry in self.arrays.get(place, {}).values():
            self._file_of(entry).check_array(entry.path)

    def names(self):
        """Returns a dict of the names of objects to lists of their paths."""
        found = {}
        for shard in self._shards:
            for name, places in self._opened(shard).names().items():
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
