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
"""The tree of objects whose state a file holds, under the names of Keras.

A path is made of attribute names, and of class names in snake case with a
counter for members of lists, so attribute names are part of the file format.
The order decides where an object stands that can be reached in two ways: under
the first. Keras takes attributes in the reverse of their alphabetical order,
each down to its leaves before the next, and so does this.
"""

import tensorflow as tf

from tfk.saving import keras_names
from tfk.saving import stores
from tfk.utils import naming
from tfk.utils import tf_internal

# Attributes whose objects all stand elsewhere in the tree.
_SKIPPED = frozenset({"_chain", "_inbound_nodes", "_outbound_nodes"})
# What Keras reaches through a property of every layer or model.
_PROPERTIES = ("layers", "metrics")
_CONTAINERS = (list, tuple, dict, set, frozenset)
# What most attributes are; nothing stands below it.
_PLAIN = frozenset({type(None), bool, int, float, str, tf.TensorShape})


def walk(root, as_in_keras_3=False):
    """Yields `(path, object)` for each object with state, each once.

    An object has state if it has `save_own_variables` and
    `load_own_variables`, as layers, metrics and optimizers do. Others that
    TensorFlow tracks, such as a `tf.Module` inside a layer, come wrapped in
    a `Tracked`.

    Arguments:
        root: A model, layer, metric or optimizer. Its own path is `""`.
        as_in_keras_3: Boolean: whether to go in the order of Keras 3. It
            differs for objects of users' classes that can be reached in two
            ways, such as layers in attributes of a subclassed model.
    """
    if hasattr(root, "frozen_tree"):
        # Something that stands in the place of a model, such as a `Snapshot`.
        yield from root.frozen_tree()
        return
    order = _keras_3_attributes if as_in_keras_3 else _attributes
    yield from _walk("", root, {id(root)}, order)


class _Frozen:
    """A walk that was taken."""

    def __init__(self, pairs):
        self._pairs = pairs

    def frozen_tree(self):
        """Returns what `walk` yielded."""
        return self._pairs


def frozen(root):
    """Returns what to `walk` in the place of a root, at no cost.

    Arguments:
        root: As for `walk`. It must not change meanwhile.
    """
    return _Frozen(list(walk(root)))


def _walk(path, obj, seen, order):
    yield path, obj
    for name, value in order(obj):
        if type(value) in _PLAIN:
            continue
        if isinstance(value, _CONTAINERS):
            yield from _walk_container(_join(path, name), value, seen, order)
        else:
            yield from _walk_one(_join(path, name), value, seen, order)


def _walk_one(path, value, seen, order):
    found = _with_state(value)
    if found is not None and id(value) not in seen:
        seen.add(id(value))
        yield from _walk(path, found, seen, order)


def _walk_container(path, container, seen, order):
    values = container.values() if isinstance(container, dict) else container
    counts = {}
    for index, value in enumerate(list(values)):
        if isinstance(value, _CONTAINERS):
            # Keras loses what stands in a list inside a list.
            path_of_it = _join(path, str(index))
            yield from _walk_container(path_of_it, value, seen, order)
        elif _with_state(value) is not None and (
            # Keras 3 counts those, too, that stand elsewhere.
            id(value) not in seen
            or order is _keras_3_attributes
        ):
            name = file_name(value)
            count = counts.get(name, 0)
            counts[name] = count + 1
            name = f"{name}_{count}" if count else name
            yield from _walk_one(_join(path, name), value, seen, order)


def _join(path, name):
    return f"{path}/{name}" if path else name


def _attributes(obj):
    """Returns the named values to go down into, in the order of the file."""
    source = obj.source if isinstance(obj, Tracked) else obj
    names = {
        name
        for name in vars(source)
        if name not in _SKIPPED and not name.startswith("_self_")
    }
    names.update(_user_properties(type(source)))
    names.update(name for name in _PROPERTIES if _is_property(source, name))
    for name in sorted(names, reverse=True):
        try:
            value = getattr(source, name)
        except Exception:  # A property of the user's may raise anything.
            continue
        yield name, value


def _keras_3_attributes(obj):
    """Returns the named values to go down into, in the order of Keras 3.

    Of users' objects it takes them in alphabetical order, and passes over
    private ones; the layers of a model with a graph come first.
    """
    source = obj.source if isinstance(obj, Tracked) else obj
    found = list(_attributes(obj))
    if type(source).__module__.split(".")[0] == "tfk":
        return found
    has_graph = getattr(source, "graph", None) is not None
    public = [pair for pair in found if not pair[0].startswith("_")]
    return sorted(
        public,
        key=lambda pair: (not (has_graph and pair[0] == "layers"), pair[0]),
    )


def _is_property(obj, name):
    return isinstance(getattr(type(obj), name, None), property)


def _user_properties(cls):
    """Returns the names of the properties in classes outside of tfk."""
    for base in cls.__mro__:
        module = getattr(base, "__module__", "")
        if module.split(".")[0] in ("tfk", "tensorflow", "builtins"):
            continue
        for name, value in vars(base).items():
            if isinstance(value, property) and not name.startswith("__"):
                yield name


def _with_state(value):
    """Returns the object, or a stand-in with its state, or None."""
    if isinstance(value, (type, tf.Variable)):
        return None
    if hasattr(value, "save_own_variables") and hasattr(
        value, "load_own_variables"
    ):
        return value
    if isinstance(value, tf.Module):
        return Tracked(value)
    if isinstance(value, tf_internal.AutoTrackable) and _variables_of(value):
        return Tracked(value)
    return None


class Tracked:
    """The variables of an object that TensorFlow tracks and Keras does not.

    Arguments:
        source: A `tf.Module`, or another object with variables as attributes.
    """

    def __init__(self, source):
        self.source = source
        # Files of Keras hold no such state, but weights must not be missing.
        self.is_optional = not isinstance(source, tf.Module)

    def save_own_variables(self, store):
        """Writes the variables into a mapping."""
        for index, variable in enumerate(_variables_of(self.source)):
            stores.put(store, str(index), variable)

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote."""
        for index, variable in enumerate(_variables_of(self.source)):
            variable.assign(store[str(index)])


def _variables_of(value):
    """Returns the variables right in an object or a container."""
    found = []
    if not isinstance(value, _CONTAINERS):
        value = {
            name: item
            for name, item in vars(value).items()
            if not name.startswith("_self_")
        }
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, tf.Variable):
            found.append(item)
        elif isinstance(item, _CONTAINERS):
            found += _variables_of(item)
    return found


def file_name(obj):
    """Returns the name of an object's class in files, in snake case."""
    cls = type(obj.source if isinstance(obj, Tracked) else obj)
    name = keras_names.CLASS_NAMES.get(f"{cls.__module__}.{cls.__name__}")
    return naming.to_snake_case(name or cls.__name__)
