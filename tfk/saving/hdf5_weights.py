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
"""Weights in HDF5 files, in the layout of `.weights.h5`."""

import contextlib
import re
import warnings

import tensorflow as tf

from tfk.saving import errors
from tfk.saving import hdf5_writer
from tfk.saving import keras3_optimizers
from tfk.saving import safe_hdf5
from tfk.saving import stores
from tfk.saving import weight_tree
from tfk.utils import caller

_VARS = "vars"
# What stands right below it is a layer.
_LAYERS = "layers"
# The name that a group carries for `by_name`; Keras does not look at it.
_NAME = "name"
_MAX_LISTED = 10
_PRIVATE = re.compile(r"(?<=/)_|^_")
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


def write(model, target, disk=None):
    """Writes the state of a model and of all that stands below it.

    Arguments:
        model: A model, or another root for `weight_tree.walk`.
        target: String: the file, which is made anew; or a file that is open.
        disk: `DiskWriter` for the same file; needed for one that is open.
    """
    with hdf5_writer.new_file(target, disk) as file:
        for place, obj in weight_tree.walk(model):
            group = group_of(file, place, obj)
            obj.save_own_variables(GroupWriter(group, obj))


def group_of(file, place, obj):
    """Returns the group for the arrays of an object, made if need be.

    Arguments:
        file: `hdf5_writer.Group`: the whole file.
        place: String: the path of the object.
        obj: The object.
    """
    if place:
        file = file.group(place)
        name = getattr(obj, "name", None)
        if isinstance(name, str):
            file.attrs[_NAME] = name
    return file.group(_VARS)


class GroupWriter(stores.Store):
    """Takes the arrays of an object, and writes each as soon as it comes.

    As a dict it is empty: the arrays of a large object, as an optimizer is,
    need not be in memory together.

    Arguments:
        group: `hdf5_writer.Group`.
        owner: The object.
    """

    takes_variables = True

    def __init__(self, group, owner):
        super().__init__()
        self._group = group
        self._owner = owner
        self._keys = set()

    def __setitem__(self, key, value):
        key = str(key)
        if key in self._keys:
            self._group.delete(key)
        write_array(self._group, key, value, self._owner)
        self._keys.add(key)

    def __getitem__(self, key):
        return self._group.read(str(key))

    def __contains__(self, key):
        return str(key) in self._keys


def write_array(group, key, value, owner):
    """Writes one array that an object names.

    Arguments:
        group: `hdf5_writer.Group`.
        key: String: the object's name for it.
        value: Array of numbers.
        owner: The object, for messages.
    """
    array = stores.array_of(value)
    where = f"`{key}` of {_describe(owner)}"
    if "/" in key or key in ("", ".", ".."):
        raise ValueError(
            "`save_own_variables` must name its arrays by strings without a "
            f"slash. Received: {where}."
        )
    is_bfloat16 = array.dtype == tf.bfloat16.as_numpy_dtype
    if not is_bfloat16 and array.dtype.kind not in safe_hdf5.NUMBERS:
        raise ValueError(
            "`save_own_variables` takes numbers; text belongs into "
            f"`save_assets`. Received: {where} of dtype {array.dtype}."
        )
    group.write(key, array)


def _describe(obj):
    source = obj.source if isinstance(obj, weight_tree.Tracked) else obj
    name = getattr(source, "name", None)
    kind = type(source).__name__
    return f"{kind} '{name}'" if isinstance(name, str) else kind


# Reading


class WeightFile(safe_hdf5.SafeFile):
    """The arrays of a `.weights.h5` file, by the objects that own them.

    Use it as a context manager. `arrays` maps the path of an object to a dict
    of the names of its arrays to what is known of them.

    Arguments:
        path: String: the file.
        label: String: what to call it in messages.
        where: String: the part of `label` that it is, if it is one.
    """

    def __init__(self, path, label=None, where=None):
        super().__init__(path, label, where)
        self.arrays = {}
        for path, entry in self.entries.items():
            group, _, name = path.rpartition("/")
            head, _, tail = group.rpartition("/")
            place = head if tail == _VARS else f"?{group}"
            self.arrays.setdefault(place, {})[name] = entry

    def read(self, place, key, as_tensor=False):
        """Returns one array.

        Arguments:
            place: String: the path of the object.
            key: String: the name of the array.
            as_tensor: Boolean: whether it may be a tensor.
        """
        path = self._path(place, key)
        return self.read_tensor(path) if as_tensor else self.read_array(path)

    def check_readable(self, place):
        """Raises if an array of an object is damaged.

        Arguments:
            place: String: the path of the object.
        """
        for key in self.arrays.get(place, ()):
            self.check_array(self._path(place, key))

    def _path(self, place, key):
        return self.arrays[place][key].path

    def names(self):
        """Returns a dict of the names of objects to lists of their paths."""
        found = {}
        for place in self.groups:
            name = self.text(place, _NAME)
            if place and isinstance(name, str):
                found.setdefault(name, []).append(place)
        return found


class _Store:
    """The arrays of one object, as the mapping that it reads from."""

    def __init__(self, file, place, as_tensors=False):
        self._file = file
        self._place = place
        self._as_tensors = as_tensors
        self._entries = file.arrays.get(place, {})

    def __getitem__(self, key):
        if key not in self._entries:
            raise KeyError(key)
        return self._file.read(self._place, key, self._as_tensors)

    def __contains__(self, key):
        return key in self._entries

    def __iter__(self):
        return iter(self._entries)

    def __len__(self):
        return len(self._entries)

    def keys(self):
        """The names of the arrays."""
        return self._entries.keys()

    @property
    def shapes(self):
        """A dict of the names of the arrays to their shapes."""
        return {key: entry.shape for key, entry in self._entries.items()}

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
    if by_name:
        plan = _Plan(model, file, _places_by_name(model, file))
    else:
        plan = _plan_in_either_order(model, file)
    if plan.problems and not skip_mismatch:
        raise ValueError(plan.message(model, file))
    if plan.problems:
        warnings.warn(plan.message(model, file), stacklevel=caller.stacklevel())
    if plan.ownerless and not is_new:
        plan.warnings.append(
            f"The state of optimizers was not loaded from {file.label}: the "
            f"model has none in {plan.ownerless}. To go on with its training, "
            "compile it before."
        )
    for warning in plan.warnings:
        warnings.warn(warning, stacklevel=caller.stacklevel())
    plan.run(keep=not is_new, skip_mismatch=skip_mismatch)


def _plan_in_either_order(model, file):
    """Returns a plan for a file of ours or tf.keras, or one of Keras 3."""
    plan = _Plan(model, file)
    if plan.problems:
        other = _Plan(model, file, as_in_keras_3=True)
        if not other.problems:
            return other
    return plan


def _build_optimizer(model, file):
    """Makes the slots for which the file holds values."""
    optimizer = getattr(model, "optimizer", None)
    is_saved = len(file.arrays.get("optimizer", ())) > 1
    if is_saved and is_optimizer(optimizer) and not optimizer.built:
        if model.built:
            optimizer.build(model.trainable_variables)


class _Plan:
    """What of a file goes where, found out before anything is changed."""

    def __init__(self, model, file, places=None, as_in_keras_3=False):
        self.problems = []
        self.warnings = []
        # Where the file has optimizers, and the model has none.
        self.ownerless = []
        self._file = file
        self._fitting = []
        self._own_readers = []
        self._awaited = []
        unused = {place for place, group in file.arrays.items() if group}
        for place, obj in list(weight_tree.walk(model, as_in_keras_3)):
            saved_at = _place_in(file, place)
            if places is not None:
                saved_at = places.get(id(obj))
            if saved_at is None:
                continue
            unused.discard(saved_at)
            self._match(saved_at, obj)
        if places is None:
            self._list_unused(unused, model)

    def _match(self, place, obj):
        own = own_shapes(obj)
        if is_optimizer(obj):
            keras3_optimizers.rearrange(self._file.arrays, place, own)
        saved = self._file.arrays.get(place, {})
        if reads_itself(obj) and saved:
            self._own_readers.append((place, obj))
        elif _fits(obj, own, {key: e.shape for key, e in saved.items()}):
            if own:
                self._fitting.append((place, obj))
        elif _is_metric(obj) or (
            getattr(obj, "is_optional", False) and not saved
        ):
            pass  # Made anew at the start of each epoch, or unknown to Keras.
        elif is_optimizer(obj):
            self._mismatched_optimizer(place, obj, own, saved)
        else:
            self.problems.append(
                f"{place or 'the model itself'} ({_describe(obj)}): the model "
                f"has {_shapes_text(own)}, the file "
                f"{_shapes_text({k: e.shape for k, e in saved.items()})}"
            )

    def _mismatched_optimizer(self, place, obj, own, saved):
        if all(entry.shape == () for entry in saved.values()):
            return  # It was saved before its first step.
        if not obj.built and getattr(obj, "load_when_built", None) is not None:
            self._awaited.append((place, obj))
            return
        self.warnings.append(
            f"The state of optimizer '{getattr(obj, 'name', obj)}' was not "
            f"loaded: it has {len(own)} variables, and the file holds "
            f"{len(saved)} or of other shapes. Training goes on with a fresh "
            "optimizer."
        )

    def _list_unused(self, unused, model):
        used = self._file.arrays.keys() - unused
        shapes = {
            entry.shape
            for place in used
            for entry in self._file.arrays[place].values()
        }
        for place in sorted(unused):
            parts = place.split("/")
            if "metrics" in parts or "seed_generator" in parts:
                continue
            if parts[0] == "optimizer":
                continue  # The model is not compiled: it has no optimizer.
            is_layer = parts[-2:-1] == [_LAYERS]
            if not is_layer and is_of_optimizer(
                self._file.arrays[place], shapes
            ):
                self.ownerless.append(place)
                continue
            own = {k: e.shape for k, e in self._file.arrays[place].items()}
            self.problems.append(
                f"{place}: the model has nothing, the file {_shapes_text(own)}"
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
        # Nothing is assigned before all is known to be readable, if the model
        # has state to lose. All of it in memory at once would be too much.
        if keep:
            places = self._own_readers + self._fitting + self._awaited
            for place, _ in places:
                self._file.check_readable(place)
        changed = []
        try:
            for place, obj in self._own_readers:
                changed.append((obj, _own_arrays(obj) if keep else {}))
                self._let_read(place, obj, skip_mismatch)
        except Exception:
            for obj, before in changed:
                with contextlib.suppress(Exception):
                    obj.load_own_variables(before)
            raise
        for place, obj in self._fitting:
            obj.load_own_variables(_Store(self._file, place, as_tensors=True))
        for place, obj in self._awaited:
            obj.load_when_built(dict(_Store(self._file, place).items()))

    def _let_read(self, place, obj, skip_mismatch):
        try:
            obj.load_own_variables(_Store(self._file, place))
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


def _own_arrays(obj):
    """Returns what an object would write, to put it back."""
    store = {}
    obj.save_own_variables(store)
    return store


class _ShapeStore(stores.Store):
    """Keeps the shapes of the arrays that an object would write."""

    takes_variables = True

    def __setitem__(self, key, value):
        super().__setitem__(str(key), stores.shape_of(value))


def own_shapes(obj):
    """Returns the shapes of what an object would write."""
    store = _ShapeStore()
    obj.save_own_variables(store)
    return dict(store)


def _place_in(file, place):
    """Returns where an object stands in a file.

    Keras 3 has properties for what tf.keras keeps in attributes of its own.
    """
    public = _PRIVATE.sub("", place)
    is_public = place not in file.arrays and public in file.arrays
    return public if is_public else place


def is_of_optimizer(saved, shapes=None):
    """Whether arrays are the iterations of an optimizer, and its slots.

    Models with a training step of their own may have several.

    Arguments:
        saved: Dict of the names of arrays to what is known of them.
        shapes: Set of the shapes of weights, if they are known.
    """
    first = saved.get("0")
    return (
        first is not None
        and (first.shape, first.dtype) == ((), "int64")
        and all(key.isdecimal() for key in saved)
        and (
            shapes is None
            or all(entry.shape in {(), *shapes} for entry in saved.values())
        )
    )


def _fits(obj, own, saved):
    """Whether an object can read arrays of these names and shapes."""
    if own == saved:
        return True
    reads = getattr(obj, "reads_arrays", None)
    return reads is not None and reads(saved)


def _shapes_text(shapes):
    if not shapes:
        return "nothing"
    text = ", ".join(f"{k}: {v}" for k, v in list(shapes.items())[:6])
    return text + (", ..." if len(shapes) > 6 else "")


def reads_itself(obj):
    """Whether an object reads its variables in a way of its own.

    What the bases do is known: shapes that agree can't fail.

    Arguments:
        obj: A layer, metric or optimizer.
    """
    method = type(obj).load_own_variables
    return not (
        method.__module__.startswith("tfk.")
        and method.__qualname__ in _BASE_READERS
    )


def keeps_more_than_weights(obj):
    """Whether an object has state beside the weights of its layer."""
    if isinstance(obj, weight_tree.Tracked):
        return True
    return reads_itself(obj) and not is_optimizer(obj)


def _is_metric(obj):
    return hasattr(obj, "update_state") and hasattr(obj, "reset_state")


def is_optimizer(obj):
    """Whether an object is an optimizer.

    Arguments:
        obj: A layer, metric or optimizer.
    """
    return hasattr(obj, "apply_gradients") and hasattr(obj, "iterations")


def _places_by_name(model, file):
    """Returns where in the file the namesake of each object stands."""
    named = file.names()
    if not named:
        raise ValueError(
            f"The weights in {file.label} can't be loaded by name: the file "
            "holds no names, as Keras writes none. Received: by_name=True."
        )
    places, namesakes, own, is_any_found = {}, {}, [], False
    for place, obj in weight_tree.walk(model):
        has_arrays = bool(own_shapes(obj))
        name = getattr(obj, "name", None)
        found = named.get(name, ()) if isinstance(name, str) else ()
        if has_arrays:
            found = [path for path in found if path in file.arrays]
        saved_at = _namesake(file, place, obj, found, namesakes)
        if saved_at is not None:
            places[id(obj)] = namesakes[place] = saved_at
        if has_arrays and not (is_optimizer(obj) or _is_metric(obj)):
            own.append(name)
            is_any_found = is_any_found or saved_at is not None
    if own and not is_any_found:
        raise ValueError(
            f"The weights in {file.label} have other names than those of the "
            f"model '{model.name}', so that nothing can be loaded by name. "
            f"Received: by_name=True. In the model: {own[:_MAX_LISTED]}. In "
            f"the file: {sorted(named)[:_MAX_LISTED]}."
        )
    return places


def _namesake(file, place, obj, found, namesakes):
    """Returns where in the file an object is meant to stand, or None.

    Names are unique among the layers of a model, and need not be below a
    layer: two LSTMs have an `lstm_cell` each. What stands below a namesake is
    looked for below it only, and by its place if no user named it.

    Arguments:
        file: `WeightFile`.
        place: String: where the object stands in the model.
        obj: The object.
        found: List of the places in the file that bear its name.
        namesakes: Dict of the places of the objects above it to theirs.
    """
    above = next((a for a in _places_above(place) if a in namesakes), None)
    if above is not None:
        start = _join(namesakes[above], "")
        below = [path for path in found if path.startswith(start)]
        relative = start + place.removeprefix(_join(above, ""))
        is_layer = place.split("/")[-2:-1] == [_LAYERS]
        if relative in file.arrays and not is_layer:
            if relative in below or not _is_named(obj):
                return relative
        found = below or found
    return found[0] if len(found) == 1 else None


def _places_above(place):
    """Yields the places above one, from the nearest to the root."""
    while place:
        place = place.rpartition("/")[0]
        yield place


def _join(place, rest):
    return f"{place}/{rest}" if place else rest


def _is_named(obj):
    """Whether an object has a name that its class does not give it."""
    name = getattr(obj, "name", None)
    kind = weight_tree.file_name(obj)
    return isinstance(name, str) and not re.fullmatch(
        rf"{re.escape(kind)}(_\d+)?", name
    )
