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
"""Weights in HDF5 files by layers, in the layout of `.h5` files of tf.keras.

Each layer of a model has a group with a flat list of its weights, those of the
layers inside of it among them: first what training changes, then the rest. So
the order depends on what was frozen when the file was written. The names of
weights tell where that differs.
"""

import collections
import re
import warnings

import numpy as np
import tensorflow as tf

from tfk.saving import cudnn_weights
from tfk.saving import errors
from tfk.saving import safe_hdf5
from tfk.saving import stores
from tfk.utils import caller

LAYER_NAMES = "layer_names"
WEIGHT_NAMES = "weight_names"
# The weights that a model has by itself; Keras gives them a group beside those
# of the layers.
_OF_MODEL = "top_level_model_weights"

# HDF5 keeps attributes of up to 64 KiB.
_MAX_ATTRIBUTE = 64000
_MAX_LISTED = 10
_COUNTER = re.compile(r"(.*?)(?:_(\d+))?")


# Writing


def write(model, group):
    """Writes the weights of a model.

    Arguments:
        model: A model that is built.
        group: `hdf5_writer.Group`.

    Raises:
        ValueError: If the layout has no place for some of the weights.
    """
    owners = _owners(model)
    _check_all_have_a_place(model, owners)
    layers = [(name, weights) for name, weights in owners if name != _OF_MODEL]
    write_texts(group, LAYER_NAMES, [name for name, _ in layers])
    for name, weights in owners:
        names = unique_names([v.name for v in weights])
        write_arrays(group.group(name), names, weights)


def write_arrays(group, names, variables):
    """Writes arrays and, as an attribute, the list of their names.

    Arguments:
        group: `hdf5_writer.Group`.
        names: List of strings, each of which may hold slashes.
        variables: List of variables or arrays.
    """
    write_texts(group, WEIGHT_NAMES, names)
    for name, variable in zip(names, variables):
        group.write(name, stores.array_of(variable))


def write_texts(group, name, texts):
    """Writes a list of strings as an attribute, or as several."""
    texts = [text.encode("utf-8") for text in texts]
    width = max(map(len, texts), default=1)
    per_part = max(1, _MAX_ATTRIBUTE // max(width, 1))
    if len(texts) <= per_part:
        group.attrs[name] = np.asarray(texts)
        return
    for part, start in enumerate(range(0, len(texts), per_part)):
        group.attrs[f"{name}{part}"] = np.asarray(
            texts[start : start + per_part]
        )


def unique_names(names):
    """Makes names that can stand beside each other as paths in a file."""
    taken, groups, result = set(), set(), []
    for name in names:
        parts = [x for x in name.split("/") if x not in ("", ".", "..")]
        *above, last = parts or ["weight"]
        inside = ["/".join(above[:i]) for i in range(1, len(above) + 1)]
        if not taken.isdisjoint(inside):
            # An array of this name stands where a group would have to be.
            inside, last = [], "_".join(parts)
        start = f"{inside[-1]}/{last}" if inside else last
        path, count = start, 0
        while path in taken or path in groups:
            count += 1
            path = f"{start}_{count}"
        taken.add(path)
        groups.update(inside)
        result.append(path)
    return result


def _owners(model):
    """Returns pairs of group names and weights, the model's own last."""
    owners = [(layer.name, _in_order(layer)) for layer in model.layers]
    return [*owners, (_OF_MODEL, numeric(model._ordered_own_weights()))]


def _in_order(layer):
    """Returns the weights: those that are trained, then the others.

    The `weights` of a model are in the order of its layers instead.
    """
    weights = [*layer.trainable_weights, *layer.non_trainable_weights]
    return numeric({id(v): v for v in weights}.values())


def numeric(variables):
    """Leaves out the variables that hold texts, as arrays here can't."""
    return [v for v in variables if v.dtype != tf.string]


def _check_all_have_a_place(model, owners):
    counts = collections.Counter(name for name, _ in owners)
    doubles = sorted(name for name, count in counts.items() if count > 1)
    if doubles:
        raise ValueError(
            "The `.h5` format keeps weights by the names of layers, and "
            f"several layers of model '{model.name}' are called {doubles[:5]}."
            " Save it as `.keras`."
        )
    placed = {id(v) for _, weights in owners for v in weights}
    left = [v.name for v in numeric(model.weights) if id(v) not in placed]
    if left:
        raise ValueError(
            "The `.h5` format keeps the weights of `model.layers`, and these "
            f"weights of model '{model.name}' belong to none of them: "
            f"{left[:_MAX_LISTED]}. Save it as `.keras`."
        )


# Reading


class SavedWeights:
    """The arrays of one layer in a file.

    Arguments:
        file: `SafeFile`.
        place: String: the group.
        owner: String: the name of the layer.
    """

    def __init__(self, file, place, owner):
        self.owner = owner
        self._file = file
        if place not in file.groups:
            raise file.corrupt("a layer that is listed is not there.", place)
        self.names = file.texts(place, WEIGHT_NAMES) or []
        self._paths = []
        for name in self.names:
            parts = [part for part in f"{place}/{name}".split("/") if part]
            path = "/".join(parts)
            if path not in file.entries:
                raise file.corrupt("an array that is listed is missing.", path)
            self._paths.append(path)
        self.shapes = [file.entries[path].shape for path in self._paths]

    def check_readable(self):
        """Raises if an array is damaged."""
        for path in self._paths:
            self._file.check_array(path)

    def read_one(self, index, as_tensor=False):
        """Returns the array with a number, which may be a tensor."""
        if as_tensor:
            return self._file.read_tensor(self._paths[index])
        return self._file.read_array(self._paths[index])


def root_of(file):
    """Returns the group that lists the layers, or None."""
    for place in ("model_weights", ""):
        if place in file.groups and file.texts(place, LAYER_NAMES) is not None:
            return place
    return None


def load(model, file, skip_mismatch=False, by_name=False, is_new=False):
    """Sets the weights of a model from a file: all of them, or none.

    Arguments:
        model: A model that is built.
        file: `SafeFile`.
        skip_mismatch: Boolean: whether to leave alone what does not fit, with
            a warning.
        by_name: Boolean: whether to load each layer from the one of the same
            name, and leave the others alone; else the layers that have weights
            are taken in their order.
        is_new: Boolean: whether the model was just made from the same file:
            then nothing has to be kept for the case of an error.

    Raises:
        ValueError: If layers, numbers or shapes differ. Both sides are listed,
            and nothing was changed.
    """
    saved = _saved_layers(file)
    pairs = (_pairs_by_name if by_name else _pairs_in_order)(model, saved, file)
    problems, plan = [], []
    for weights, entry in pairs:
        entry, order = _matched_in_any_form(weights, entry)
        if order is None:
            problems.append(_difference(weights, entry))
        else:
            plan.append((weights, entry, order))
    if problems:
        text = _message(model, file, problems)
        if not skip_mismatch:
            raise ValueError(text)
        warnings.warn(text, stacklevel=caller.stacklevel())
    _assign(plan, keep=not is_new)


def _saved_layers(file):
    root = root_of(file)
    if root is None:
        raise errors.CorruptFileError(
            "the file does not list any layers with weights.", file.label
        )
    names = file.texts(root, LAYER_NAMES)
    if f"{root}/{_OF_MODEL}".lstrip("/") in file.groups:
        names = [*names, _OF_MODEL]
    found = [
        SavedWeights(file, f"{root}/{name}".strip("/"), name) for name in names
    ]
    return [entry for entry in found if entry.names]


def _pairs_in_order(model, saved, file):
    own = [(name, weights) for name, weights in _owners(model) if weights]
    _check_reaches_all(model, own, file)
    if len(own) != len(saved) or (
        [n for n, _ in own].count(_OF_MODEL)
        != [entry.owner for entry in saved].count(_OF_MODEL)
    ):
        raise ValueError(_different_layers(model, own, saved, file))
    return [(weights, entry) for (_, weights), entry in zip(own, saved)]


def _check_reaches_all(model, own, file):
    placed = {id(v) for _, weights in own for v in weights}
    left = [v.name for v in numeric(model.weights) if id(v) not in placed]
    if left:
        raise ValueError(
            f"The file {file.label} holds the weights of layers, and these "
            f"weights of model '{model.name}' belong to none of "
            f"`model.layers`: {left[:_MAX_LISTED]}. Save the weights as "
            "`name.weights.h5`."
        )


def _different_layers(model, own, saved, file):
    ours = [name for name, _ in own]
    theirs = [entry.owner for entry in saved]
    missing = [name for name in ours if name not in theirs]
    unexpected = [name for name in theirs if name not in ours]
    hint = "Build the same model, or pass `by_name=True`."
    if not model.built:
        hint = "Call the model on data, or `build` it, before loading."
    return (
        f"The weights in {file.label} do not fit the model '{model.name}': "
        f"the file holds {len(saved)} layers with weights, and the model has "
        f"{len(own)}. {hint}\n"
        f"  Only in the model: {_shortened(missing)}\n"
        f"  Only in the file: {_shortened(unexpected)}"
    )


def _shortened(names):
    more = len(names) - _MAX_LISTED
    listed = [repr(safe_hdf5.shortened(name)) for name in names[:_MAX_LISTED]]
    text = ", ".join(listed) or "nothing by name"
    return f"{text} and {more} more" if more > 0 else text


def _pairs_by_name(model, saved, file):
    by_name = {entry.owner: entry for entry in saved}
    own = [(name, weights) for name, weights in _owners(model) if weights]
    pairs = [(w, by_name[name]) for name, w in own if name in by_name]
    if own and saved and not pairs:
        raise ValueError(_different_layers(model, own, saved, file))
    return pairs


def _difference(weights, entry):
    ours = [tuple(v.shape) for v in weights]
    hint = ""
    if isinstance(entry, cudnn_weights.PortableWeights):
        hint = (
            "; what a layer of cuDNN saved fits `LSTM` and "
            "`GRU(reset_after=True)` with a bias"
        )
    return (
        f"layer '{safe_hdf5.shortened(entry.owner)}': the model has "
        f"{_listed([v.name for v in weights], ours)}, the file "
        f"{_listed(entry.names, entry.shapes)}{hint}"
    )


def _listed(names, shapes):
    pairs = list(zip(names, shapes))
    items = [f"{safe_hdf5.shortened(n)}: {tuple(s)}" for n, s in pairs[:6]]
    text = ", ".join(items) or "nothing"
    return text + (", ..." if len(pairs) > 6 else "")


def _message(model, file, problems):
    listed = problems[:_MAX_LISTED]
    if len(problems) > len(listed):
        listed.append(f"and {len(problems) - len(listed)} more")
    lines = "".join(f"\n  {line}" for line in listed)
    return (
        f"The weights in {file.label} do not fit the model '{model.name}'. "
        "Build the same model, or pass `skip_mismatch=True`. These do not "
        f"match:{lines}"
    )


def _matched_in_any_form(weights, entry):
    """Returns the arrays in a form that fits, and `_matched` of them."""
    order = _matched(weights, entry)
    portable = cudnn_weights.portable(entry) if order is None else None
    if portable is None:
        return entry, order
    return portable, _matched(weights, portable)


def _matched(weights, entry):
    """Returns for each weight the number of its array, or None."""
    if len(weights) != len(entry.names):
        return None
    names = [v.name for v in weights]
    shapes = [tuple(v.shape) for v in weights]
    by_position = list(range(len(names)))
    for keys_of in (_keys, _last_parts):
        ours, theirs = keys_of(names), keys_of(entry.names)
        if len(set(theirs)) == len(theirs) and set(ours) == set(theirs):
            places = {key: i for i, key in enumerate(theirs)}
            order = [places[key] for key in ours]
            if [entry.shapes[i] for i in order] == shapes:
                return order
    return by_position if entry.shapes == shapes else None


def _keys(names):
    """Returns the names of weights, free of the counters in names of layers.

    Of the layers that were named `dense_4` and `dense_7` by themselves, the
    first is called `("dense", 0)`, the second `("dense", 1)`.
    """
    split = [_layer_and_weight(name) for name in names]
    counters = {}
    for bases, numbers, _ in split:
        counters.setdefault(bases, set()).add(numbers)
    ranks = {bases: sorted(found) for bases, found in counters.items()}
    return [
        (bases, ranks[bases].index(numbers), last)
        for bases, numbers, last in split
    ]


def _last_parts(names):
    return [_layer_and_weight(name)[-1] for name in names]


def _layer_and_weight(name):
    """Splits `dense_4/kernel:0` into `(dense,)`, `(4,)` and `kernel`."""
    *layers, last = name.partition(":")[0].split("/")
    found = [_COUNTER.fullmatch(part).groups("0") for part in layers]
    bases = tuple(base for base, _ in found)
    return bases, tuple(int(number[:18]) for _, number in found), last


def _assign(plan, keep):
    # Nothing is assigned before all is known to be readable, if there is
    # something to lose. All of it in memory at once would be too much.
    if keep:
        for _, entry, _ in plan:
            entry.check_readable()
    for weights, entry, order in plan:
        for variable, index in zip(weights, order):
            array = entry.read_one(index, as_tensor=True)
            variable.assign(tf.cast(array, variable.dtype))
