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
"""What a layer holds: variables, layers and metrics among its attributes."""

import numpy as np
import tensorflow as tf

from tfk.engine import weight_view
from tfk.engine import weights as weights_lib
from tfk.metrics import Metric
from tfk.saving import stores

# Attributes of the machinery that are no part of a layer's state.
_INTERNAL = frozenset(
    {
        "_inbound_nodes",
        "_outbound_nodes",
        "_added_weights",
        "_call_losses",
        "_compile_config",
        "_functions",
        "_stage_split",
        "_state_versions",
    }
)

# What a value is to the walk over attributes. It is the same for all values of
# a type, and found out once for each, since `isinstance` of a variable is slow.
_PLAIN, _STATE, _VIEW, _MAPPING, _SEQUENCE = range(5)
_categories = {}


def _find_category(value):
    if isinstance(value, (tf.Variable, tf.Module, Metric)):
        return _STATE
    if isinstance(value, weight_view.WeightView):
        return _VIEW
    if isinstance(value, dict):
        return _MAPPING
    return _SEQUENCE if isinstance(value, (list, tuple)) else _PLAIN


def _held_by(values):
    """Returns the variables, modules and metrics in values."""
    found = []
    for value in values:
        category = _categories.get(type(value))
        if category is None:
            category = _categories[type(value)] = _find_category(value)
        if category is _PLAIN:
            continue
        if category is _STATE:
            found.append(value)
        elif category is _VIEW:
            found += value.variables
        elif category is _MAPPING:
            # Sorted as in Keras files, where the keys can be.
            found += _held_by([value[key] for key in sorted(value, key=str)])
        else:
            found += _held_by(value)
    return found


def _variables_of_module(module, kind):
    if isinstance(module, LayerState) or kind != "non_trainable_variables":
        return list(getattr(module, kind))
    return [v for v in module.variables if not v.trainable]


def _weights_among(items):
    # What is neither is a variable, and asking that of it is slow.
    return [x for x in items if not isinstance(x, (tf.Module, Metric))]


def trainable_first(weights):
    """Returns the weights: those that can be trained, then the others."""
    return sorted(weights, key=lambda v: not v.trainable)


def unique(items):
    """Returns the items, each once, in order."""
    return list({id(item): item for item in items}.values())


def named_weights(layer, prefix=""):
    """Yields paths ("dense.kernel") and weights, of a layer and those below.

    Arguments:
        layer: A layer.
        prefix: String: what paths begin with.
    """
    own = set(map(id, layer._own_weights()))
    for name, value in vars(layer).items():
        for path, variable in weight_view.named_variables(name, value):
            if id(variable) in own:
                yield f"{prefix}{path}", variable
    for child in layer._children():
        if isinstance(child, LayerState):
            yield from named_weights(child, f"{prefix}{child.name}.")


class LayerState(tf.Module):
    """The side of a `Layer` that finds, lists and sets its state.

    State is found by walking the attributes in the order in which they were
    set; there is no second list of it, but for weights kept nowhere.
    """

    _trainable = True

    def _tracked_items(self):
        """Returns the variables, modules and metrics among the attributes.

        They come in the order in which the attributes were set.
        """
        return unique([*self._kept_items(), *self._added_weights])

    def _kept_items(self):
        # Most values are plain, so that is asked first.
        return _held_by(
            [
                value
                for name, value in vars(self).items()
                if _categories.get(type(value)) is not _PLAIN
                and name not in _INTERNAL
                and not name.startswith("_self_")
            ]
        )

    def _weights_kept_nowhere(self):
        """Returns the weights that were added and that no attribute holds."""
        kept = {id(item) for item in self._kept_items()}
        return [x for x in self._added_weights if id(x) not in kept]

    def _own_weights(self):
        return _weights_among(self._tracked_items())

    def _children(self):
        """Returns the modules directly below, in the order they were set."""
        return self._children_among(self._tracked_items())

    def _children_among(self, items):
        """Returns the modules directly below, of which these are attributes."""
        return [x for x in items if isinstance(x, tf.Module)]

    def _flatten_layers(self, include_self=True):
        """Yields this layer and all layers below it, each once."""
        seen = set()
        stack = [self]
        while stack:
            layer = stack.pop()
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            if isinstance(layer, LayerState) and (
                include_self or layer is not self
            ):
                yield layer
            if isinstance(layer, LayerState):
                stack.extend(reversed(layer._children()))
            else:
                stack.extend(
                    m for m in layer.submodules if isinstance(m, LayerState)
                )

    @property
    def trainable(self):
        """Whether training changes the weights of this layer."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        for layer in self._flatten_layers():
            vars(layer)["_trainable"] = bool(value)

    @property
    def trainable_weights(self):
        """The weights that training changes."""
        if not self._trainable:
            return []
        own, below = self._own_and_below("trainable_variables")
        return unique([v for v in own if v.trainable] + below)

    @property
    def non_trainable_weights(self):
        """The weights that training leaves alone."""
        if not self._trainable:
            own, below = self._own_and_below("variables")
            return unique(trainable_first(own) + below)
        own, below = self._own_and_below("non_trainable_variables")
        return unique([v for v in own if not v.trainable] + below)

    def _own_and_below(self, kind):
        """Returns its own weights, and the variables of what is below."""
        items = self._tracked_items()
        below = []
        for module in self._children_among(items):
            below += _variables_of_module(module, kind)
        return _weights_among(items), below

    @property
    def weights(self):
        """All weights: the trainable ones, then the others."""
        return unique(self.trainable_weights + self.non_trainable_weights)

    @property
    def trainable_variables(self):
        """The same as `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self):
        """The same as `non_trainable_weights`."""
        return self.non_trainable_weights

    @property
    def variables(self):
        """The same as `weights`."""
        return self.weights

    @property
    def submodules(self):
        """All modules below this layer."""
        return tuple(self._flatten_layers(include_self=False))

    def count_params(self):
        """Returns the number of scalars in all weights."""
        if not self.built:
            raise ValueError(
                f"Layer '{self.name}' has no weights yet, so they can't be "
                "counted. Call it on data or call `build` first."
            )
        return sum(int(np.prod(v.shape)) for v in self.weights)

    def get_weights(self):
        """Returns the weights as a list of NumPy arrays."""
        return [np.asarray(v.numpy()) for v in self.weights]

    def set_weights(self, weights):
        """Sets the weights from a list of arrays, as `get_weights` gives.

        Arguments:
            weights: List of arrays in the order of `self.weights`.

        Raises:
            ValueError: If number or shapes differ; nothing is changed then.
        """
        weights_lib.assign_all(self.weights, weights, f"Layer '{self.name}'")

    def save_own_variables(self, store):
        """Writes the weights made by this layer itself into a mapping.

        Arguments:
            store: Mutable mapping of names to arrays.
        """
        for index, variable in enumerate(self._ordered_own_weights()):
            stores.put(store, str(index), variable)

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote.

        Arguments:
            store: Mapping of names to arrays.
        """
        variables = self._ordered_own_weights()
        if len(store.keys()) != len(variables):
            hint = (
                " The layer is not built: call it or `build` it first."
                if not variables and not self.built
                else ""
            )
            raise ValueError(
                f"Layer '{self.name}' has {len(variables)} weights of its own "
                f"and the file holds {len(store.keys())}.{hint}"
            )
        weights_lib.assign_all_stored(
            variables,
            store,
            [str(index) for index in range(len(variables))],
            f"Layer '{self.name}'",
        )

    def _ordered_own_weights(self):
        return trainable_first(self._own_weights())

    @property
    def metrics(self):
        """The metrics of this layer and of all layers below it."""
        found = []
        for layer in self._flatten_layers():
            found += [
                x for x in layer._tracked_items() if isinstance(x, Metric)
            ]
        return unique(found)
