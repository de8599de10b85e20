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
"""What formats of other runtimes lack, told by the layers that need it."""

import re

from tfk.saving import weight_tree

# In one file of either format.
_MOST_BYTES = 2**31 - 1


def check_size(model, format):
    """Raises if the weights are more than a file of the format can hold.

    Arguments:
        model: A model.
        format: String.
    """
    count = sum(
        variable.dtype.size * variable.shape.num_elements()
        for variable in model.variables
    )
    if count > _MOST_BYTES:
        raise ValueError(
            f"Model '{model.name}' is too large for a file of the format "
            f"{format!r}, which holds 2 GB at most. Received: weights of "
            f"{count / 2**30:.1f} GB. Export a SavedModel, or parts of the "
            "model."
        )


def unsupported(model, format, operations, names, reason=""):
    """Returns an error that tells which layers a format can't express.

    Arguments:
        model: A model.
        format: String.
        operations: Iterable of strings: the operations that are missing.
        names: Iterable of strings: names of nodes of the model's graph that
            use them.
        reason: String: what the converter says.
    """
    layers = _layers_of(model, names)
    where = f"Model '{model.name}'"
    after = "the layer that needs them"
    if layers:
        shown = ", ".join(
            f"'{layer.name}' (of type {type(layer).__name__})"
            for layer in layers
        )
        where = f"Layer{'s' if len(layers) > 1 else ''} {shown}"
        after = f"'{layers[-1].name}'"
    listed = ", ".join(sorted(set(operations)))
    return ValueError(
        f"{where} can't be exported in the format {format!r}, which lacks the "
        f"operations {listed or 'that it needs'}. Received: model "
        f"'{model.name}'. Export the part of the model after {after}, "
        "`tfk.Model(layer.output, model.outputs)`, and run what comes before "
        f"it in front, or export a SavedModel.{reason and ' ' + reason}"
    )


def _layers_of(model, names):
    """Returns the innermost layers whose scopes the names of nodes hold."""
    layers = {}
    for _, layer in weight_tree.walk(model):
        name = getattr(layer, "name", None)
        if isinstance(name, str) and layer is not model:
            layers.setdefault(_in_scopes(name), layer)
    found = {}
    for name in names:
        for part in reversed(name.split("/")):
            if part in layers:
                found[part] = layers[part]
                break
    return list(found.values())


def _in_scopes(name):
    """Returns a layer's name as TensorFlow writes it in the names of nodes."""
    return re.sub(r"[^A-Za-z0-9_.\\-]", "_", name)
