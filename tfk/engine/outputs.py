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
"""The outputs of a model: their structure, and a name for each."""

import collections

import tensorflow as tf

from tfk.utils import naming
from tfk.utils import structure


class Outputs:
    """The outputs of a model: their structure, and a name for each.

    Arguments:
        outputs: The (symbolic) outputs, or their structure.
        names: List of names of the flat outputs. Derived by default.
    """

    def __init__(self, outputs, names=None):
        self.structure = _template(outputs)
        self.names = list(names or default_names(outputs))

    @property
    def is_single(self):
        """Whether there is one output, not in a structure."""
        return len(self.names) == 1

    def match(self, value, what, is_leaf, must_have_all=False):
        """Gives each output its part of a value.

        Arguments:
            value: None; one value for all outputs; a list in the order of
                the outputs; or a dict keyed by the outputs' names.
            what: String: the argument's name, for messages.
            is_leaf: Function that says whether a value is for one output.
            must_have_all: Boolean: whether a dict must have every name.

        Returns:
            A list with a value, or None, for each output.
        """
        if value is None:
            return [None] * len(self.names)
        if isinstance(value, dict):
            needed = self.names if must_have_all else ()
            return self.match_dict(value, what, needed)
        if is_leaf(value):
            return [value] * len(self.names)
        if isinstance(self.structure, dict) and isinstance(
            value, (list, tuple)
        ):
            if len(self.names) > 1:
                raise ValueError(
                    f"The outputs of the model are a dict, so `{what}` must be "
                    f"a dict with the keys {self.names}. Received: "
                    f"{what}={structure.describe(value)}."
                )
        flat = list(value)
        if len(flat) != len(self.names):
            raise ValueError(
                f"The model has {len(self.names)} outputs ({self.names}), so "
                f"`{what}` must have as many entries. Received: "
                f"{len(flat)} entries: {structure.describe(value)}."
            )
        return flat

    def match_dict(self, value, what, needed=()):
        """Gives each output the value of its name, or None.

        Arguments:
            value: Dict keyed by the outputs' names.
            what: String: the argument's name, for messages.
            needed: Names that must be there.
        """
        flat = _flatten_keys(value, self.names)
        unknown = [key for key in flat if key not in self.names]
        missing = [name for name in needed if name not in flat]
        if unknown or missing:
            hint = ""
            if missing and not unknown:
                hint = (
                    f" {missing} must be there too. Give an output that takes "
                    "no part the value None as its loss, and no metrics."
                )
            for key in unknown[:1]:
                hint = naming.did_you_mean(key, self.names) or hint
            raise ValueError(
                f"The keys of `{what}` must be the names of the model's "
                f"outputs. Received: {what} with the keys "
                f"{sorted(map(str, flat))}; the outputs are "
                f"{sorted(self.names)}.{hint}"
            )
        return [flat.get(name) for name in self.names]

    def flatten(self, value, what, needed=()):
        """Gives each output its target or sample weight.

        Arguments:
            value: Structure of tensors.
            what: String, for messages.
            needed: Names of outputs that a dict must have.
        """
        if value is None:
            return [None] * len(self.names)
        if isinstance(value, dict):
            return self.match_dict(value, what, needed)
        if isinstance(value, (list, tuple)):
            flat = tf.nest.flatten(value)
            if len(flat) == len(self.names):
                return flat
            raise ValueError(
                f"The model has {len(self.names)} outputs ({self.names}), "
                f"and `{what}` has {len(flat)} parts. Received: {what}="
                f"{structure.describe(value)}."
            )
        if len(self.names) > 1:
            if what == "sample_weight":
                return [value] * len(self.names)
            raise ValueError(
                f"The model has {len(self.names)} outputs ({self.names}), so "
                f"`{what}` must be a dict or a list with one entry for each. "
                f"Received: {what}={structure.describe(value)}."
            )
        return [value]

    def flatten_predictions(self, y_pred):
        """Returns the outputs of one call in the order of their names."""
        flat = tf.nest.flatten(y_pred)
        if len(flat) != len(self.names):
            raise ValueError(
                f"The model gave {len(flat)} outputs, where {len(self.names)} "
                f"({self.names}) were expected."
            )
        return flat


def _template(outputs):
    if isinstance(outputs, dict):
        return {key: _template(value) for key, value in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        return [_template(value) for value in outputs]
    return None


def _flatten_keys(value, names, prefix=""):
    """Opens nested dicts, so that `{"a": {"b": 1}}` is `{"a/b": 1}`."""
    flat = {}
    for key, item in value.items():
        path = f"{prefix}{key}"
        opens = isinstance(item, dict) and path not in names
        if opens and any(name.startswith(path + "/") for name in names):
            flat.update(_flatten_keys(item, names, path + "/"))
        else:
            flat[path] = item
    return flat


def default_names(outputs):
    """Names outputs after their keys, or "output_1", "output_2"..."""
    if isinstance(outputs, dict):
        return structure.paths(outputs)
    count = len(tf.nest.flatten(outputs))
    if any(isinstance(x, dict) for x in tf.nest.flatten([outputs])):
        return structure.paths(outputs)
    return [f"output_{i + 1}" for i in range(count)]


def names_of(graph):
    """Names the outputs of a graph after their keys, or their layers.

    Arguments:
        graph: `Graph`.
    """
    if isinstance(graph.outputs, dict):
        return default_names(graph.outputs)
    names, counts = {}, collections.Counter()
    for x in graph.flat_outputs:
        name = layer_name = x.node.layer.name
        # Another layer may have the name that would come next.
        while name in names:
            counts[layer_name] += 1
            name = f"{layer_name}_{counts[layer_name]}"
        names[name] = x
    return list(names)
