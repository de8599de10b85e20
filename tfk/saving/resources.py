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
"""The variables and tables that the functions of a model use."""

import tensorflow as tf

from tfk.saving import weight_tree
from tfk.utils import tf_internal


def below(model, with_optimizers=False):
    """Returns the variables and the tables below a model or layer.

    Arguments:
        model: A model or layer.
        with_optimizers: Boolean: whether to return those of optimizers, too,
            which take more memory than the weights and predict nothing.
    """
    found = {}
    roots = [
        obj
        for _, obj in weight_tree.walk(model)
        if with_optimizers or not _is_optimizer(obj)
    ]
    for root in [model, *roots]:
        root = getattr(root, "source", root)
        items = _tracked(root) if _is_optimizer(root) else _open(root, 3)
        for item in items:
            found[id(item)] = item
    for variable in model.variables:
        found[id(variable)] = variable
    return list(found.values())


def _open(value, depth):
    """Yields variables and tables in an object and in what it holds."""
    if isinstance(value, tf.Variable) or _is_table(value):
        yield value
        return
    if isinstance(value, dict):
        items = list(value.values())
    elif isinstance(value, (list, tuple, set)):
        items = list(value)
    elif isinstance(value, tf_internal.Trackable) and _is_foreign(value):
        # Such as a generator of random numbers, or a loaded SavedModel.
        yield from _tracked(value)
        return
    elif depth and not (_is_foreign(value) or _is_optimizer(value)):
        depth -= 1
        items = [
            item
            for name, item in getattr(value, "__dict__", {}).items()
            if name not in _SKIPPED
        ]
    else:
        return
    for item in items:
        yield from _open(item, depth)


_SKIPPED = frozenset(
    {
        "_inbound_nodes",
        "_outbound_nodes",
        "_functional_graph",
        "_functions",
        "_stage_split",
        "optimizer",
    }
)
_FOREIGN = frozenset({"tensorflow", "numpy", "builtins", "h5py"})


def _is_optimizer(value):
    return hasattr(value, "apply_gradients")


def _is_foreign(value):
    return type(value).__module__.split(".")[0] in _FOREIGN


def _tracked(root):
    """Yields variables and tables in an object of TensorFlow's own."""
    stack, seen = [root], {id(root)}
    while stack:
        for child in tf_internal.children_in_checkpoints(stack.pop()).values():
            if id(child) in seen:
                continue
            seen.add(id(child))
            if isinstance(child, tf.Variable) or _is_table(child):
                yield child
            else:
                stack.append(child)


def _is_table(value):
    return isinstance(
        value, tf.saved_model.experimental.TrackableResource
    ) or isinstance(value, tf.lookup.experimental.MutableHashTable)
