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
"""Weights in HDF5 files, in the layout of `.weights.h5`.

`WeightFile` is the only way to the data of an HDF5 file. It looks at the whole
file before anything is read from it: an HDF5 file can lead to other files on
the machine, and declare sizes that it does not hold.
"""

import contextlib
import warnings

import h5py
import numpy as np
import tensorflow as tf

from tfk.saving import errors
from tfk.saving import weight_tree
from tfk.utils import caller

_VARS = "vars"
# The name that a group carries for `by_name`; Keras does not look at it.
_NAME = "name"
_BFLOAT16 = "bfloat16"
# Deflate, shuffle, checksum, LZF: filters for which HDF5 loads no plugin.
_FILTERS = frozenset({1, 2, 3, 32000})
_NUMBERS = "fiub"
# An HDF5 file holds what its size says, up to what compression may gain.
_FLOOR = 64 * 2**20
_RATIO = 100
_MAX_LISTED = 10
_BASE_READERS = frozenset(
    f"{name}.load_own_variables"
    for name in (
        "Adaptable",
        "LayerState",
        "LossScaleOptimizer",
        "Metric",
        "Optimizer",
        "OptimizerState",
        "Tracked",
    )
)


# Writing


def write(model, path):
    """Writes the state of a model and of all that stands below it.

    Arguments:
        model: A model, or another root for `weight_tree.walk`.
        path: String: the file, which is made anew.
    """
    with h5py.File(path, "w") as file:
        for place, obj in weight_tree.walk(model):
            group = file.require_group(f"{place}/{_VARS}" if place else _VARS)
            name = getattr(obj, "name", None)
            if place and isinstance(name, str):
                group.parent.attrs[_NAME] = name
            store = {}
            obj.save_own_variables(store)
            for key, value in store.items():
                _write_array(group, str(key), value, obj)


def _write_array(group, key, value, owner):
    array = np.asarray(value)
    where = f"`{key}` of {_describe(owner)}"
    if "/" in key or key in ("", ".", ".."):
        raise ValueError(
            "`save_own_variables` must name its arrays by strings without a "
            f"slash. Received: {where}."
        )
    if array.dtype == tf.bfloat16.as_numpy_dtype:
        dataset = group.create_dataset(key, data=array.view(np.uint16))
        dataset.attrs["dtype"] = _BFLOAT16
        return
    if array.dtype.kind not in _NUMBERS:
        raise ValueError(
            "`save_own_variables` takes numbers; text belongs into "
            f"`save_assets`. Received: {where} of dtype {array.dtype}."
        )
    group.create_dataset(key, data=array)


def _describe(obj):
    source = obj.source if isinstance(obj, weight_tree.Tracked) else obj
    name = getattr(source, "name", None)
    kind = type(source).__name__
    return f"{kind} '{name}'" if isinstance(name, str) else kind


# Reading


class WeightFile:
    """The arrays of an HDF5 file, once the file was found to be harmless.

    Use it as a context manager.

    Arguments:
        path: String: the file.
        label: String: what to call it in messages.
        where: String: the part of `label` that it is, if it is one.

    Raises:
        UnsafeFileError: If the file leads outside of itself or declares more
            than it holds.
        CorruptFileError: If it can't be read.
    """

    def __init__(self, path, label=None, where=None):
        self._label = label or path
        self._where = where
        with self._reading():
            if not h5py.is_hdf5(path):
                raise self._corrupt(
                    "this is not an HDF5 file, or it was cut off. It begins "
                    f"with {_first_bytes(path)!r}. Save the weights again with "
                    "`model.save_weights('name.weights.h5')`."
                )
            self._file = h5py.File(path, "r")
        try:
            with self._reading():
                self.arrays = {}
                self._scan(tf.io.gfile.stat(path).length)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()

    @property
    def label(self):
        """What to call the file in messages."""
        return self._label

    @property
    def num_bytes(self):
        """How much memory a model with these arrays may need.

        One whose weights have 8 bits may have to be made in 32 bits first.
        """
        return sum(
            entry.num_bytes * (5 if entry.dataset.dtype.itemsize == 1 else 1)
            for group in self.arrays.values()
            for entry in group.values()
        )

    def read(self, place, key):
        """Returns one array.

        Arguments:
            place: String: the path of the object.
            key: String: the name of the array.
        """
        entry = self.arrays[place][key]
        where = f"{place}/{_VARS}/{key}".lstrip("/")
        with self._reading(where):
            array = entry.dataset[()]
        array = np.asarray(array)
        if entry.is_bfloat16:
            array = array.view(tf.bfloat16.as_numpy_dtype)
        return array

    def names(self):
        """Returns a dict of the names of objects to lists of their paths."""
        found = {}
        for place in self.arrays:
            with self._reading(place):
                name = self._file[place].attrs.get(_NAME) if place else None
            if isinstance(name, str):
                found.setdefault(name, []).append(place)
        return found

    def is_legacy(self):
        """Whether the file has the layout of Keras before `.weights.h5`."""
        with self._reading():
            names = set(self._file.attrs) & {"layer_names", "model_config"}
            return bool(names) or "model_weights" in self._file

    def _scan(self, file_size):
        """Lists the arrays; refuses all that is not plain data in a tree."""
        seen, total = set(), 0
        stack = [(self._file["/"], "")]
        while stack:
            group, path = stack.pop()
            self._check_once(group, path, seen)
            for name in list(group):
                here = f"{path}/{name}".lstrip("/")
                self._check_link(group, name, here)
                item = group[name]
                if isinstance(item, h5py.Group):
                    stack.append((item, here))
                    continue
                self._check_once(item, here, seen)
                entry = self._checked_entry(item, here)
                total += entry.num_bytes
                if total > _FLOOR + _RATIO * file_size:
                    raise self._unsafe(
                        f"the file has {file_size:,} bytes and declares arrays "
                        f"of {total:,} bytes so far.",
                        here,
                    )
                head, _, tail = path.rpartition("/")
                place = head if tail == _VARS else f"?{path}"
                self.arrays.setdefault(place, {})[name] = entry

    def _check_once(self, item, path, seen):
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            raise self._unsafe("the same object stands in two places.", path)
        seen.add(address)

    def _check_link(self, group, name, path):
        if name in (".", "..") or "\x00" in name:
            raise self._unsafe("an object has an unusable name.", path)
        link = group.get(name, getlink=True)
        if type(link) is not h5py.HardLink:
            raise self._unsafe(
                "the file holds a link, which could lead to other files.", path
            )

    def _checked_entry(self, item, path):
        if not isinstance(item, h5py.Dataset):
            raise self._unsafe(
                f"only groups and arrays may stand here, not {item!r}.", path
            )
        properties = item.id.get_create_plist()
        if properties.get_external_count():
            raise self._unsafe(
                "the data of an array is declared to be in another file.", path
            )
        if properties.get_layout() not in (
            h5py.h5d.COMPACT,
            h5py.h5d.CONTIGUOUS,
            h5py.h5d.CHUNKED,
        ):
            raise self._unsafe("an array is made of other datasets.", path)
        for index in range(properties.get_nfilters()):
            if properties.get_filter(index)[0] not in _FILTERS:
                raise self._unsafe("an array needs a plugin to be read.", path)
        if item.shape is None or item.dtype.kind not in _NUMBERS:
            raise self._unsafe(
                f"arrays hold numbers. Received: dtype {item.dtype}.", path
            )
        return _Entry(item)

    @contextlib.contextmanager
    def _reading(self, where=None):
        try:
            yield
        except (errors.UnsafeFileError, errors.CorruptFileError):
            raise
        except FileNotFoundError:
            raise
        except Exception as error:  # h5py raises errors of many classes.
            raise self._corrupt(
                f"the file is damaged ({error}). Take another copy of it.",
                where,
            ) from error

    def _at(self, where):
        return "/".join(part for part in (self._where, where) if part) or None

    def _corrupt(self, reason, where=None):
        return errors.CorruptFileError(reason, self._label, self._at(where))

    def _unsafe(self, reason, where=None):
        reason = f"{reason} Nothing was loaded."
        return errors.UnsafeFileError(reason, self._label, self._at(where))


class _Entry:
    """What is known of an array before it is read."""

    def __init__(self, dataset):
        self.dataset = dataset
        self.shape = tuple(dataset.shape)
        self.is_bfloat16 = (
            dataset.dtype == np.uint16
            and dataset.attrs.get("dtype") == _BFLOAT16
        )
        self.num_bytes = int(np.prod(self.shape, dtype=object)) * (
            dataset.dtype.itemsize
        )


def _first_bytes(path):
    with open(path, "rb") as file:
        return file.read(8)


class _Store:
    """The arrays of one object, as the mapping that it reads from."""

    def __init__(self, file, place):
        self._file = file
        self._place = place
        self._entries = file.arrays.get(place, {})

    def __getitem__(self, key):
        if key not in self._entries:
            raise KeyError(key)
        return self._file.read(self._place, key)

    def __contains__(self, key):
        return key in self._entries

    def __iter__(self):
        return iter(self._entries)

    def __len__(self):
        return len(self._entries)

    def keys(self):
        """The names of the arrays."""
        return self._entries.keys()

    def get(self, key, default=None):
        """Returns an array, or a default if there is none."""
        return self[key] if key in self else default

    def items(self):
        """The names and the arrays."""
        return ((key, self[key]) for key in self)

    def values(self):
        """The arrays."""
        return (self[key] for key in self)


# Loading


def load(model, file, skip_mismatch=False, by_name=False, is_new=False):
    """Sets the state of a model from a file: all of it, or nothing.

    Arguments:
        model: A model, or another root for `weight_tree.walk`.
        file: `WeightFile`.
        skip_mismatch: Boolean: whether to leave alone what does not fit, with
            a warning.
        by_name: Boolean: whether to load each object from the one of the same
            name, wherever that stands, and leave the others alone.
        is_new: Boolean: whether the model was just made from the same file:
            then nothing has to be kept for the case of an error.

    Raises:
        ValueError: If an array has no place, or a variable no array, or the
            shapes differ. Nothing was changed then.
    """
    _build_optimizer(model, file)
    plan = _Plan(model, file, _places_by_name(model, file) if by_name else None)
    if plan.problems and not skip_mismatch:
        raise ValueError(plan.message(model, file))
    if plan.problems:
        warnings.warn(plan.message(model, file), stacklevel=caller.stacklevel())
    for warning in plan.warnings:
        warnings.warn(warning, stacklevel=caller.stacklevel())
    plan.run(keep=not is_new, skip_mismatch=skip_mismatch)


def _build_optimizer(model, file):
    """Makes the slots for which the file holds values."""
    optimizer = getattr(model, "optimizer", None)
    is_saved = len(file.arrays.get("optimizer", ())) > 1
    if is_saved and _is_optimizer(optimizer) and not optimizer.built:
        if model.built:
            optimizer.build(model.trainable_variables)


class _Plan:
    """What of a file goes where, found out before anything is changed."""

    def __init__(self, model, file, places=None):
        self.problems = []
        self.warnings = []
        self._file = file
        self._fitting = []
        self._own_readers = []
        unused = {place for place, group in file.arrays.items() if group}
        objects = list(weight_tree.walk(model))
        for place, obj in objects:
            saved_at = place if places is None else places.get(id(obj))
            if saved_at is None:
                continue
            unused.discard(saved_at)
            self._match(saved_at, obj)
        if places is None:
            self._list_unused(unused, model)

    def _match(self, place, obj):
        saved = self._file.arrays.get(place, {})
        own = _own_arrays(obj)
        if _reads_itself(obj) and saved:
            self._own_readers.append((place, obj))
        elif _fits(obj, own, {key: e.shape for key, e in saved.items()}):
            if own:
                self._fitting.append((place, obj))
        elif _is_metric(obj) or (
            getattr(obj, "is_optional", False) and not saved
        ):
            pass  # Made anew at the start of each epoch, or unknown to Keras.
        elif _is_optimizer(obj):
            self._mismatched_optimizer(obj, own, saved)
        else:
            self.problems.append(
                f"{place or 'the model itself'} ({_describe(obj)}): the model "
                f"has {_shapes_text(own)}, the file "
                f"{_shapes_text({k: e.shape for k, e in saved.items()})}"
            )

    def _mismatched_optimizer(self, obj, own, saved):
        if len(saved) < 2:
            return  # It was saved before its first step.
        self.warnings.append(
            f"The state of optimizer '{getattr(obj, 'name', obj)}' was not "
            f"loaded: it has {len(own)} variables, and the file holds "
            f"{len(saved)} or of other shapes. Training goes on with a fresh "
            "optimizer."
        )

    def _list_unused(self, unused, model):
        for place in sorted(unused):
            parts = place.split("/")
            if "metrics" in parts or "seed_generator" in parts:
                continue
            if parts[0] == "optimizer":
                continue  # The model is not compiled: it has no optimizer.
            shapes = {k: e.shape for k, e in self._file.arrays[place].items()}
            self.problems.append(
                f"{place}: the model has nothing, the file "
                f"{_shapes_text(shapes)}"
            )

    def message(self, model, file):
        """Lists what does not fit, and says what to do."""
        listed = self.problems[:_MAX_LISTED]
        rest = len(self.problems) - len(listed)
        if rest:
            listed.append(f"and {rest} more")
        hint = "Build the same model, or pass `skip_mismatch=True`."
        if not getattr(model, "built", True):
            hint = (
                "The model has no weights yet: call it on data, or `build` "
                "it, before loading."
            )
        lines = "".join(f"\n  {line}" for line in listed)
        return (
            f"The weights in {file.label} do not fit the model "
            f"'{getattr(model, 'name', type(model).__name__)}'. {hint} These "
            f"do not match:{lines}"
        )

    def run(self, keep, skip_mismatch):
        """Changes the variables."""
        # Nothing is assigned before everything was read, if the model has
        # state to lose.
        stores = {
            place: self._store(place, in_memory=keep)
            for place, _ in self._own_readers + self._fitting
        }
        changed = []
        try:
            for place, obj in self._own_readers:
                changed.append((obj, _own_arrays(obj) if keep else {}))
                self._let_read(place, obj, stores[place], skip_mismatch)
        except Exception:
            for obj, before in changed:
                with contextlib.suppress(Exception):
                    obj.load_own_variables(before)
            raise
        for place, obj in self._fitting:
            obj.load_own_variables(stores[place])

    def _let_read(self, place, obj, store, skip_mismatch):
        try:
            obj.load_own_variables(store)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, errors.FileError):
                raise
            text = (
                f"{place} ({_describe(obj)}) can't be loaded from "
                f"{self._file.label}: {error}"
            )
            if not skip_mismatch:
                raise ValueError(text) from error
            warnings.warn(text, stacklevel=caller.stacklevel())

    def _store(self, place, in_memory):
        store = _Store(self._file, place)
        return dict(store.items()) if in_memory else store


def _own_arrays(obj):
    """Returns what an object would write, to compare it with a file."""
    store = {}
    obj.save_own_variables(store)
    return store


def _fits(obj, own, saved):
    """Whether an object can read arrays of these names and shapes."""
    if _shapes(own) == saved:
        return True
    reads = getattr(obj, "reads_arrays", None)
    return reads is not None and reads(saved)


def _shapes(arrays):
    return {key: tuple(np.shape(value)) for key, value in arrays.items()}


def _shapes_text(shapes):
    shapes = {
        key: tuple(value) if isinstance(value, tuple) else np.shape(value)
        for key, value in shapes.items()
    }
    if not shapes:
        return "nothing"
    text = ", ".join(f"{k}: {v}" for k, v in list(shapes.items())[:6])
    return text + (", ..." if len(shapes) > 6 else "")


def _reads_itself(obj):
    """Whether an object reads its variables in a way of its own.

    What the bases do is known: shapes that agree can't fail.
    """
    method = type(obj).load_own_variables
    return not (
        method.__module__.startswith("tfk.")
        and method.__qualname__ in _BASE_READERS
    )


def _is_metric(obj):
    return hasattr(obj, "update_state") and hasattr(obj, "reset_state")


def _is_optimizer(obj):
    return hasattr(obj, "apply_gradients") and hasattr(obj, "iterations")


def _places_by_name(model, file):
    """Returns where in the file the namesake of each object stands."""
    named = file.names()
    if not named:
        raise ValueError(
            f"The weights in {file.label} can't be loaded by name: the file "
            "holds no names, as Keras writes none. Received: by_name=True."
        )
    places = {}
    for _, obj in weight_tree.walk(model):
        found = named.get(getattr(obj, "name", None), ())
        if len(found) == 1:
            places[id(obj)] = found[0]
    return places
