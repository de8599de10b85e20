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
"""All variables that change while a model trains, each under its path.

`model.variables` lists the weights. A training changes more: the optimizers'
slots, counters that no file holds, metrics, random streams, the states of
stateful layers. They are found by walking attributes, without reading any
property, since optimizers bring slots in order when theirs are read.
"""

import numpy as np
import tensorflow as tf

from tfk.engine import layer_state
from tfk.engine import weight_view
from tfk.utils import tf_internal

# Most values of attributes are of these types, and are passed over quickly.
_PLAIN_TYPES = frozenset({bool, bytes, float, int, str, type(None)})

# Attributes that are machinery, or lead to objects that are found elsewhere.
_SKIPPED = frozenset(
    {
        "_call_losses",
        "_compile_config",
        "_functions",
        "_inbound_nodes",
        "_outbound_nodes",
        "_stage_split",
        "_state_versions",
        "history",
    }
)

# Lists of variables of which most are attributes.
_LISTS = frozenset({"_added_variables", "_added_weights"})

# Plain objects with variables are looked into where these are their modules.
_OPEN_MODULES = (
    "tfk.engine.compile.",
    "tfk.losses.",
    "tfk.metrics.",
    "tfk.optimizers.",
)


def walk(model):
    """Yields `(path, value)` for each variable, and each object around some.

    Arguments:
        model: A model, the variables of which are made.
    """
    seen = set()

    def visit(path, value):
        if type(value) in _PLAIN_TYPES:
            return
        if isinstance(value, weight_view.WeightView):
            for name, variable in weight_view.named_variables(path, value):
                yield from visit(name, variable)
            return
        items = _items(value)
        if items is None or id(value) in seen:
            return
        seen.add(id(value))
        if not isinstance(value, (dict, list, tuple)):
            yield path, value
        for name, item in items:
            yield from visit(f"{path}/{name}" if path else str(name), item)

    yield from visit("", model)


def _items(value):
    """Returns the named values in a value, None where there can't be state."""
    if isinstance(value, tf.Variable):
        return ()
    if isinstance(value, tf_internal.RunningState):
        return list(enumerate(value.values))
    # Keys may be names that differ from process to process.
    if isinstance(value, dict):
        return list(enumerate(value.values()))
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    if isinstance(value, type) or not _is_open(value):
        return None
    items = [
        (name, item)
        for name, item in vars(value).items()
        if name not in _SKIPPED and not name.startswith("_self_")
    ]
    # What is an attribute, too, goes under that name.
    items.sort(key=lambda pair: pair[0] in _LISTS)
    if isinstance(value, layer_state.LayerState):
        # Those of a graph are no attributes.
        children = enumerate(value._children())
        items[:0] = [(f"layers/{index}", child) for index, child in children]
    return items


def _is_open(value):
    if isinstance(value, (tf.Module, tf_internal.AutoTrackable)):
        return True
    is_ours = f"{type(value).__module__}.".startswith(_OPEN_MODULES)
    return is_ours and hasattr(value, "__dict__")


def _parts(variable):
    """Returns the variables to copy, one for each replica that differs."""
    parts = tf_internal.parts_of(variable)
    on_read = tf.VariableSynchronization.ON_READ
    return parts if variable.synchronization == on_read else parts[:1]


def _flags(value):
    """Returns plain attributes that are state, by their names."""
    names = getattr(value, "_flags_of_training", ())
    # An optimizer around another one shows the attributes of that.
    return {name: vars(value)[name] for name in names if name in vars(value)}


def capture(model):
    """Copies all values.

    Arguments:
        model: A model.

    Returns:
        A dict of paths to dicts: the `name` of a variable and the list of its
        `values`, one for each replica that has its own; or the `flags` of an
        object.
    """
    state = {}
    for path, value in walk(model):
        if isinstance(value, tf.Variable):
            # An array may share memory with the variable: it is copied.
            values = [np.array(part.numpy()) for part in _parts(value)]
            state[path] = {"name": value.name, "values": values}
        elif _flags(value):
            state[path] = {"flags": _flags(value)}
    return state


def missing(model, state):
    """Returns the paths in a state that the model has no variable for."""
    return sorted(state.keys() - {path for path, _ in walk(model)})


def differences(model, state):
    """Lists what keeps a state from being that of a model, as sentences.

    Arguments:
        model: A model.
        state: What `capture` returned.
    """
    found = []
    present = {
        path: value
        for path, value in walk(model)
        if isinstance(value, tf.Variable)
    }
    for path, variable in present.items():
        title = f"{variable.name!r} ({path})"
        saved = state.get(path, {}).get("values")
        if saved is None:
            found.append(f"{title} is not in the backup")
        elif not variable.shape.is_compatible_with(saved[0].shape):
            found.append(
                f"{title} has the shape {tuple(variable.shape)} here, and "
                f"{saved[0].shape} in the backup"
            )
        elif _kind(saved[0]) != variable.dtype.base_dtype:
            found.append(
                f"{title} is of {variable.dtype.name} here, and of "
                f"{_kind(saved[0]).name} in the backup"
            )
        elif len(saved) != len(_parts(variable)):
            found.append(
                f"{title} has {len(_parts(variable))} replicas here, and "
                f"{len(saved)} in the backup"
            )
    for path, entry in state.items():
        if "values" in entry and path not in present:
            found.append(f"{entry['name']!r} ({path}) is only in the backup")
    return found


def _kind(array):
    return tf.string if array.dtype.kind == "O" else tf.as_dtype(array.dtype)


def restore(model, state):
    """Sets all variables to the values of a state without `differences`.

    Arguments:
        model: A model.
        state: What `capture` returned.
    """
    for path, value in walk(model):
        entry = state.get(path, {})
        for name, flag in entry.get("flags", {}).items():
            vars(value)[name] = flag
        if "values" not in entry:
            continue
        parts = tf_internal.parts_of(value)
        values = entry["values"]
        if len(values) == 1:
            values = values * len(parts)
        for part, array in zip(parts, values, strict=True):
            part.assign(array)
