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
"""Whole models in HDF5 files, as tf.keras and Keras 3 write them.

A file holds the config of a model and of its training as JSON, the weights of
each layer, and the slots of the optimizer. What the format of Keras has no
place for (vocabularies, random streams, what layers keep by themselves) stands
in two more groups, which Keras leaves alone.
"""

import collections.abc
import os
import re
import tempfile
import warnings

import numpy as np

from tfk.saving import budget
from tfk.saving import files
from tfk.saving import hdf5_layers
from tfk.saving import hdf5_weights
from tfk.saving import hdf5_writer
from tfk.saving import keras_archive
from tfk.saving import late_values
from tfk.saving import model_builder
from tfk.saving import old_configs
from tfk.saving import plain_json
from tfk.saving import registry
from tfk.saving import safe_hdf5
from tfk.saving import saved_slots
from tfk.saving import serialization
from tfk.saving import stores
from tfk.saving import weight_tree
from tfk.utils import caller

_CONFIG = "model_config"
_TRAINING = "training_config"
_VERSION = "keras_version"
_WEIGHTS = "model_weights"
_SLOTS = "optimizer_weights"
_STATE = "tfk_state"
_ASSETS = "tfk_assets"
_TRAINING_KEYS = (
    "loss",
    "metrics",
    "weighted_metrics",
    "loss_weights",
    "run_eagerly",
    "steps_per_execution",
    "jit_compile",
)
_FILE_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$")


# Writing


def save(model, path, include_optimizer=True):
    """Writes a model; an interrupted save changes nothing.

    Arguments:
        model: A model that is built.
        path: String: the file.
        include_optimizer: Boolean: whether to write how the model was
            compiled, and the state of its optimizer.
    """
    config = serialization.serialize_whole(model)
    compiled = config.pop("compile_config", None)
    what = f"The config of '{model.name}'"
    with files.replacing(path) as temporary:
        with hdf5_writer.new_file(temporary) as file:
            _write_versions(file)
            _put_full_names(config)
            file.attrs[_CONFIG] = plain_json.dumps(config, what)
            if include_optimizer and compiled:
                training = _training_config(compiled, model)
                file.attrs[_TRAINING] = plain_json.dumps(training, what)
                _write_slots(file, model)
            group = file.group(_WEIGHTS)
            _write_versions(group)
            hdf5_layers.write(model, group)
            tree = weight_tree.frozen(model)
            known = None if _has_several(model) else "optimizer"
            _write_state(file, tree, include_optimizer, known)
            _write_assets(file, tree)


def save_weights(model, path):
    """Writes the weights of a model, without its config.

    Arguments:
        model: A model that is built.
        path: String: the file.
    """
    with files.replacing(path) as temporary:
        with hdf5_writer.new_file(temporary) as file:
            _write_versions(file)
            hdf5_layers.write(model, file)


def _write_versions(group):
    group.attrs[_VERSION] = keras_archive.FORMAT_VERSION
    group.attrs["backend"] = "tensorflow"


def _put_full_names(config):
    """Names users' classes as Keras looks them up in files of this kind.

    It goes by `class_name`, where it goes by `registered_name` elsewhere.

    Arguments:
        config: Nested plain data, which is changed.
    """
    for part in plain_json.dicts_of(config):
        name = part.get("registered_name")
        if (
            isinstance(name, str)
            and registry.is_qualified(name)
            and serialization.is_serialized_object(part)
        ):
            part["class_name"] = name


def _with_function_names(config):
    """Names registered functions as Keras does where files of this kind train.

    Arguments:
        config: Nested plain data.
    """
    if isinstance(config, list):
        return [_with_function_names(item) for item in config]
    if not isinstance(config, dict):
        return config
    if serialization.is_serialized_function(config):
        # Another one must not be taken for a built-in one.
        name = config["config"]
        return name if registry.is_qualified(name) else config
    return {key: _with_function_names(value) for key, value in config.items()}


def _training_config(compiled, model):
    if "loss" not in compiled or "optimizer" not in compiled:
        return {"compile_config": compiled}  # Of a `compile` of the user's.
    optimizer = getattr(model, "optimizer", None)
    config = {
        **{key: compiled[key] for key in _TRAINING_KEYS if key in compiled},
        "optimizer_config": serialization.serialize_keras_object(optimizer),
    }
    _put_full_names(config)
    for key in ("loss", "metrics", "weighted_metrics"):
        if key in config:
            config[key] = _with_function_names(config[key])
    if not compiled.keys() <= {*_TRAINING_KEYS, "optimizer"}:
        config["compile_config"] = compiled  # It takes more arguments.
    return config


def _write_slots(file, model):
    optimizer = getattr(model, "optimizer", None)
    if not hasattr(optimizer, "save_own_variables"):
        return
    keys = list(hdf5_weights.own_shapes(optimizer))
    if not keys:
        return
    names = _names_of(optimizer)
    if len(names) != len(keys):
        names = keys
    names = hdf5_layers.unique_names(names)
    group = file.group(_SLOTS)
    hdf5_layers.write_texts(group, hdf5_layers.WEIGHT_NAMES, names)
    optimizer.save_own_variables(_SlotWriter(group, dict(zip(keys, names))))


class _SlotWriter(stores.Store):
    """Takes the slots of an optimizer, and writes each as soon as it comes.

    Arguments:
        group: `hdf5_writer.Group`.
        names: Dict of the optimizer's names for them to those in the group.
    """

    takes_variables = True

    def __init__(self, group, names):
        super().__init__()
        self._group = group
        self._names = names

    def __setitem__(self, key, value):
        name = self._names[str(key)]
        self._group.write(name, stores.array_of(value))


def _names_of(optimizer):
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return [variable.name for variable in inner.variables]


def _has_several(model):
    """Whether a model has a list of optimizers, for which Keras has no place.

    A model of models may have one for each.
    """
    return isinstance(getattr(model, "optimizer", None), (list, tuple))


def _write_state(file, tree, with_optimizers, known):
    """Writes what Keras has no place for; a `known` optimizer has one."""
    for place, obj in weight_tree.walk(tree):
        if hdf5_weights.keeps_more_than_weights(obj) or (
            with_optimizers
            and hdf5_weights.is_optimizer(obj)
            and _top(place) != known
        ):
            group = file.group(_joined(_STATE, place))
            obj.save_own_variables(hdf5_weights.GroupWriter(group, obj))


def _write_assets(file, tree):
    for place, obj in weight_tree.walk(tree):
        if not hasattr(obj, "save_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            obj.save_assets(folder)
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if not _FILE_NAME.match(name) or not os.path.isfile(path):
                    raise ValueError(
                        "`save_assets` must write files, under plain names. "
                        f"Received: {name!r} from {type(obj).__name__}."
                    )
                group = file.group(_joined(_ASSETS, place))
                group.write(name, np.fromfile(path, np.uint8))


def _joined(*parts):
    return "/".join(part for part in parts if part)


# Reading


def load(path, custom_objects=None, compile=True, safe_mode=True, label=None):
    """Builds the model that a file holds.

    Arguments:
        path: String: the file.
        custom_objects: Dict of names to classes and functions.
        compile: Boolean: whether to compile the model as it was.
        safe_mode: Boolean: whether to refuse Python code in the config.
        label: String: what to call the file in messages.

    Returns:
        A model.

    Raises:
        UnsafeFileError: If the file holds what may do harm.
        CorruptFileError: If it is broken, or holds no model.
        ValueError: If it names classes that are not known.
    """
    with safe_hdf5.SafeFile(path, label) as file:
        version = _text(file, _VERSION)
        config = _json(file, _CONFIG)
        if config is None:
            raise file.corrupt(
                "this file holds no model. If it holds weights, build the "
                "model and call `model.load_weights(path)`.",
            )
        training = (_json(file, _TRAINING) or {}) if compile else {}
        with registry.preserved_scopes(custom_objects):
            config = old_configs.modernized(config, version)
        if training:
            config["compile_config"] = training.get(
                "compile_config"
            ) or old_configs.compile_config(training, config, version)
        with budget.limited_to(file.num_bytes):
            with late_values.deferred() as pending:
                model = model_builder.build(
                    config, custom_objects, safe_mode, file.label, _CONFIG
                )
        if not hasattr(model, "load_weights"):
            raise file.corrupt("the config is not that of a model.", _CONFIG)
        hdf5_layers.load(model, file, is_new=True)
        pending.draw_all_but(model)
        with model_builder.failures(file.label, _STATE):
            _load_state(model, file)
        with model_builder.failures(file.label, _ASSETS):
            _load_assets(model, file)
        if training:
            is_legacy = old_configs.is_of_legacy_optimizer(training, version)
            _load_slots(model, file, is_legacy)
    return model


def _text(file, name):
    value = file.text("", name)
    return value if isinstance(value, str) else None


def _json(file, name):
    text = _text(file, name)
    if text is None:
        return None
    found = plain_json.loads(text, file.label, name)
    if not isinstance(found, dict):
        raise file.corrupt("the config is not a dict.", name)
    return found


def _groups_below(file, root):
    """Yields each object's place with a dict of its names to paths."""
    found = {}
    for path in file.entries:
        parts = path.split("/")
        if parts[0] == root:
            place = "/".join(parts[1:-1])
            found.setdefault(place, {})[parts[-1]] = path
    return found


def _load_state(model, file):
    saved = _groups_below(file, _STATE)
    for place, obj in weight_tree.walk(model) if saved else ():
        if place in saved:
            arrays = _Unread(saved.pop(place), file.read_array)
            if hdf5_weights.is_optimizer(obj) and not obj.built:
                obj.load_when_built(arrays)
            else:
                obj.load_own_variables(arrays)
    # A model that is read without being compiled has no optimizers.
    left = {
        place: paths
        for place, paths in saved.items()
        if not hdf5_weights.is_of_optimizer(
            {name: file.entries[path] for name, path in paths.items()}
        )
    }
    _check_all_used(left, "state")


def _top(place):
    return place.split("/")[0]


def _load_assets(model, file):
    saved = _groups_below(file, _ASSETS)
    for place, obj in weight_tree.walk(model) if saved else ():
        if place not in saved or not hasattr(obj, "load_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name, path in saved.pop(place).items():
                if not _FILE_NAME.match(name):
                    raise file.unsafe("an asset has an unusable name.", path)
                content = file.read_array(path).astype(np.uint8)
                content.tofile(os.path.join(folder, name))
            obj.load_assets(folder)
    _check_all_used(saved, "assets")


def _check_all_used(saved, what):
    if saved:
        raise ValueError(
            f"the file holds {what} for {sorted(saved)[:5]}, and the model has "
            "nothing there. The file does not belong to this config."
        )


def _load_slots(model, file, is_legacy):
    optimizer = getattr(model, "optimizer", None)
    if _SLOTS not in file.groups or not hasattr(optimizer, "variables"):
        return
    saved = hdf5_layers.SavedWeights(file, _SLOTS, "optimizer")
    if not saved.names:
        return
    if len(saved.names) > 1 and not getattr(optimizer, "built", True):
        optimizer.build(model.trainable_variables)
    own = hdf5_weights.own_shapes(optimizer)
    names, shapes = _names_of(optimizer), list(own.values())
    order = None
    if len(names) == len(own):
        order = saved_slots.order(
            names,
            shapes,
            saved.names,
            saved.shapes,
            is_legacy,
            [v.name for v in model.trainable_variables],
        )
    if order is None:
        warnings.warn(
            f"{file.label}: the state of optimizer '{optimizer.name}' was not "
            f"loaded: it has {len(own)} variables, and the file holds "
            f"{len(saved.names)} or of other shapes. Training goes on with a "
            "fresh optimizer.",
            stacklevel=caller.stacklevel(),
        )
        return
    indices = dict(zip(own, order))
    kept = _SomeOf({key for key, index in indices.items() if index is None})
    optimizer.save_own_variables(kept)
    as_tensors = not hdf5_weights.reads_itself(optimizer)

    def read(index):
        return saved.read_one(index, as_tensors)

    with model_builder.failures(file.label, _SLOTS):
        optimizer.load_own_variables(_Unread(indices, read, kept))


class _SomeOf(stores.Store):
    """Keeps those arrays of an optimizer whose names are wanted."""

    def __init__(self, keys):
        super().__init__()
        self._keys = keys

    def __setitem__(self, key, value):
        if str(key) in self._keys:
            super().__setitem__(str(key), value)


class _Unread(collections.abc.Mapping):
    """Arrays of which each is read when it is asked for.

    Arguments:
        places: Dict of their names to what `read` takes.
        read: Function.
        known: Dict of those that need not be read.
    """

    def __init__(self, places, read, known=None):
        self._places = places
        self._read = read
        self._known = known or {}

    def __getitem__(self, key):
        if key in self._known:
            return self._known[key]
        return self._read(self._places[key])

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)
