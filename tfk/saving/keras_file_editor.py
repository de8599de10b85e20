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
"""A look into files of weights, and changes to them, without any model."""

import collections
import contextlib
import os
import re

import numpy as np

from tfk.saving import errors
from tfk.saving import files
from tfk.saving import hdf5_weights
from tfk.saving import hdf5_writer
from tfk.saving import keras_archive
from tfk.saving import sharded_weights
from tfk.saving import weight_tree
from tfk.utils import progress_bar

_ENDING = ".weights.h5"
_VARS = "vars"
_NAME = re.compile(r"^[^/\x00]+$")


class KerasFileEditor:
    """Shows, compares and changes what a file of weights holds.

    Use it to see what is in a file that does not fit a model, or in a
    stranger's file: nothing in it is run, and no layer is built. An array is
    read when it is looked at.

    Objects are found by their path, such as `"layers/dense"`, or by its last
    name, if that is unique. Changes are made in memory; `save` writes them.
    Use the editor as a context manager, or call `close`, to let go of the file.

    Arguments:
        filepath: Path of a `.keras`, `.weights.h5` or `.weights.json` file.

    Attributes:
        config: The config of the model, of a `.keras` file; else None.
        metadata: Which version saved a `.keras` file and when; else None.

    Raises:
        UnsafeFileError: If the file holds what may do harm.
        CorruptFileError: If it is broken or of another kind.

    Example:

    >>> model = tfk.Sequential([tfk.Input(shape=(2,)), tfk.layers.Dense(1)])
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
    >>> model.save_weights(path)
    >>> with tfk.saving.KerasFileEditor(path) as editor:
    ...     editor.summary()
    Weights in '...model.weights.h5'
      layers/dense
        0: float32 (2, 1)
        1: float32 (1,)
    """

    def __init__(self, filepath):
        self.filepath = os.fspath(filepath)
        self.config = None
        self.metadata = None
        with contextlib.ExitStack() as stack:
            file = self._open(stack)
            self._arrays = {
                place: {key: _Stored(file, place, key) for key in sorted(group)}
                for place, group in sorted(file.arrays.items())
            }
            self._stack = stack.pop_all()

    def _open(self, stack):
        path = self.filepath
        if not os.path.exists(path):
            raise errors.CorruptFileError(
                "there is no such file. Check the path.", path
            )
        if path.endswith(".keras"):
            archive = stack.enter_context(keras_archive.Archive(path))
            self.config = archive.read_config()
            self.metadata = archive.read_metadata()
            return stack.enter_context(archive.weights())
        if path.endswith(sharded_weights.ENDING):
            return stack.enter_context(sharded_weights.ShardedWeightFile(path))
        if path.endswith(_ENDING):
            return stack.enter_context(hdf5_weights.WeightFile(path))
        raise ValueError(
            "The file must be one that ends in `.keras`, `.weights.h5` or "
            f"`.weights.json`. Received: filepath={path!r}."
        )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    @property
    def weights_dict(self):
        """The arrays, in nested dicts by the parts of their paths.

        An array has `shape` and `dtype`, and NumPy takes it.
        """
        nested = {}
        for place, group in self._arrays.items():
            inner = nested
            for part in place.split("/") if place else ():
                inner = inner.setdefault(part, {})
            inner.update(group)
        return nested

    def close(self):
        """Lets go of the file. Arrays that were not read are lost."""
        self._stack.close()

    def summary(self):
        """Prints all objects and the dtypes and shapes of their arrays."""
        lines = [f"Weights in '{self.filepath}'"]
        for place, group in self._arrays.items():
            if group:
                lines.append(f"  {place or '(the model itself)'}")
            for key, array in group.items():
                lines.append(f"    {key}: {array.dtype} {array.shape}")
        progress_bar.print_message("\n".join(lines))

    def compare(self, reference_model):
        """Prints where the shapes in the file and in a model differ.

        Arguments:
            reference_model: A model that is built.

        Returns:
            A dict: `"status"` is `"success"` or `"error"`; `"error_count"`
            and `"match_count"` count arrays.
        """
        lines, matches = [], 0
        places = dict(weight_tree.walk(reference_model))
        for place in sorted({*places, *self._arrays}):
            wanted = {}
            if place in places:
                wanted = hdf5_weights.own_shapes(places[place])
            found = self._arrays.get(place, {})
            for key in sorted({*wanted, *found}):
                one = wanted.get(key)
                two = found[key].shape if key in found else None
                if one == two:
                    matches += 1
                    continue
                lines.append(
                    f"  {place}/{key}: the model has {_text(one)}, the file "
                    f"{_text(two)}"
                )
        name = getattr(reference_model, "name", "model")
        start = f"'{self.filepath}' and the model '{name}'"
        head = f"{start} fit." if not lines else f"{start} do not fit:"
        progress_bar.print_message("\n".join([head, *lines]))
        return {
            "status": "error" if lines else "success",
            "error_count": len(lines),
            "match_count": matches,
        }

    def rename_object(self, object_name, new_name):
        """Gives an object, and all below it, another name or path.

        Arguments:
            object_name: String: its path, or the last name of it.
            new_name: String: the new path if it has a slash, else the new last
                name.
        """
        place = self._find(object_name)
        target = new_name.strip("/")
        if "/" not in new_name:
            target = "/".join([*place.split("/")[:-1], target])
        _check_path(target)
        if any(_is_below(other, target) for other in self._arrays):
            raise ValueError(
                "There is an object of this path already. Received: "
                f"new_name={new_name!r}."
            )
        self._arrays = {
            (
                target + other[len(place) :]
                if _is_below(other, place)
                else other
            ): group
            for other, group in self._arrays.items()
        }

    def delete_object(self, object_name):
        """Removes an object and all below it.

        Arguments:
            object_name: String: its path, or the last name of it.
        """
        place = self._find(object_name)
        self._arrays = {
            other: group
            for other, group in self._arrays.items()
            if not _is_below(other, place)
        }

    def add_object(self, object_path, weights):
        """Adds an object.

        Arguments:
            object_path: String: its path.
            weights: Dict of the names of its arrays to arrays.
        """
        place = object_path.strip("/")
        _check_path(place)
        if self._arrays.get(place):
            raise ValueError(
                "There is an object of this path already. Received: "
                f"object_path={object_path!r}. Use `add_weights`."
            )
        self._arrays[place] = {}
        self._add(place, weights)

    def add_weights(self, object_name, weights):
        """Adds arrays to an object, or replaces them.

        Arguments:
            object_name: String: its path, or the last name of it.
            weights: Dict of the names of arrays to arrays.
        """
        self._add(self._find(object_name), weights)

    def _add(self, place, weights):
        if not isinstance(weights, dict):
            raise ValueError(
                "`weights` must be a dict of names to arrays. Received: "
                f"weights={weights!r}."
            )
        for name in weights:
            if not _NAME.match(str(name)) or name in (".", ".."):
                raise ValueError(
                    "An array is named by a string without a slash. Received: "
                    f"{name!r}."
                )
        arrays = {str(k): np.asarray(v) for k, v in weights.items()}
        self._arrays[place].update(arrays)

    def delete_weight(self, object_name, weight_name):
        """Removes an array of an object.

        Arguments:
            object_name: String: its path, or the last name of it.
            weight_name: String: the array's name.
        """
        place = self._find(object_name)
        group = self._arrays.get(place, {})
        if str(weight_name) not in group:
            raise ValueError(
                f"'{place}' has no array of this name; it has {list(group)}. "
                f"Received: weight_name={weight_name!r}."
            )
        del group[str(weight_name)]

    def save(self, filepath):
        """Writes the arrays into a `.weights.h5` file.

        Arguments:
            filepath: Path that ends in `.weights.h5`.
        """
        path = os.fspath(filepath)
        if not path.endswith(_ENDING):
            raise ValueError(
                "The path must end in `.weights.h5`. Received: "
                f"filepath={path!r}."
            )
        with files.replacing(path) as temporary:
            with hdf5_writer.new_file(temporary) as file:
                for place, group in self._arrays.items():
                    target = file.group(_group_path(place))
                    for key, value in group.items():
                        hdf5_weights.write_array(target, key, value, self)

    def resave_weights(self, filepath):
        """Does what `save` does.

        Arguments:
            filepath: Path that ends in `.weights.h5`.
        """
        self.save(filepath)

    def _find(self, name):
        """Returns the path of the one object that a name stands for."""
        name = name.strip("/")
        places = collections.OrderedDict()
        for place in self._arrays:
            parts = place.split("/")
            for end in range(1, len(parts) + 1):
                places["/".join(parts[:end])] = None
        if name in places:
            return name
        found = [p for p in places if p.rsplit("/", 1)[-1] == name]
        if len(found) == 1:
            return found[0]
        raise ValueError(
            (
                f"Several objects have this name: {found}. Give the path. "
                if found
                else "There is no such object. `summary()` shows all. "
            )
            + f"Received: object_name={name!r}."
        )


class _Stored:
    """An array that is still in the file."""

    def __init__(self, file, place, key):
        self._file = file
        self._place = place
        self._key = key
        entry = file.arrays[place][key]
        self.shape = entry.shape
        self.dtype = entry.dtype

    def __array__(self, dtype=None, copy=None):
        array = self._file.read(self._place, self._key)
        return array if dtype is None else array.astype(dtype)

    def __repr__(self):
        return f"<array of shape {self.shape} and dtype {self.dtype}>"


def _group_path(place):
    # Of what is no state of an object, `WeightFile` marks the path.
    if place.startswith("?"):
        return place[1:] or "/"
    return f"{place}/{_VARS}".lstrip("/")


def _is_below(path, top):
    return path == top or path.startswith(f"{top}/")


def _check_path(path):
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\x00" in part for part in parts):
        raise ValueError(
            "A path is made of names with single slashes between them. "
            f"Received: {path!r}."
        )


def _text(shape):
    return "nothing" if shape is None else str(shape)
