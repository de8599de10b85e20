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
"""The nodes of a SavedModel's graph that read and write its variables.

Serving and other programs in C++ run them to load the variables. TensorFlow
would trace two functions for them, of several operations for each variable,
which takes a third of the time of an export. Here they are written down as they
are, in the layout of `tf.compat.v1.train.Saver`, which every loader knows.
"""

import re

import tensorflow as tf

from tfk.utils import tf_internal

_VALUE = "VARIABLE_VALUE"
# There are no kernels for it elsewhere.
_DEVICE = "/device:CPU:0"
_STRINGS = tf.string.as_datatype_enum


def are_enough(attributes):
    """Whether there is a chance that `add` does for a SavedModel.

    Arguments:
        attributes: Structure of what the SavedModel is to have.
    """
    # These say by themselves how they are written.
    others = (
        tf.distribute.DistributedValues,
        tf.lookup.experimental.DenseHashTable,
        tf.lookup.experimental.MutableHashTable,
    )
    return not any(isinstance(x, others) for x in tf.nest.flatten(attributes))


def add(graph, checkpoint):
    """Adds the nodes to the graph of a SavedModel that has none yet.

    Arguments:
        graph: `MetaGraphDef`, which is changed.
        checkpoint: String: the path of its variables, without an ending.

    Returns:
        Whether it was done. If not, nothing was: there are other values in the
        checkpoint than those of variables, or it is not clear whose they are.
    """
    handles = {
        node.name: node
        for node in graph.graph_def.node
        if node.op == "VarHandleOp"
    }
    keys = _keys(graph, checkpoint, handles)
    # Nodes of no variables are not valid.
    if not keys:
        return False
    nodes = _Nodes(graph.graph_def)
    if nodes.are_taken():
        return False
    file = nodes.add("Placeholder", "filename", dtype=_STRINGS)
    dtypes = {name: node.attr["dtype"].type for name, node in handles.items()}
    _fill_saver(graph.saver_def, nodes, file, dtypes, keys)
    _complete_operations(graph)
    return True


def _keys(graph, checkpoint, handles):
    """Returns the keys in a checkpoint of the variables with these handles.

    It is None if some have none, or others are there.
    """
    objects = graph.object_graph_def
    stored = _stored_variables(objects, checkpoint)
    if stored is None or len(stored) != len(handles):
        return None
    numbers = _called_with(graph, handles)
    # No signature needs the others, such as the states of random numbers. The
    # graph has them in the reverse order, and numbers those of one name.
    unused = sorted(set(stored) - set(numbers.values()), reverse=True)
    numbers |= zip([x for x in handles if x not in numbers], unused)
    is_right = set(numbers.values()) == set(stored) and all(
        _is_handle_of(node, objects.nodes[numbers[name]].variable)
        for name, node in handles.items()
    )
    return {x: stored[numbers[x]] for x in handles} if is_right else None


def _is_handle_of(node, variable):
    name = re.escape(variable.name)
    return (
        re.fullmatch(rf"{name}(_\d+)?", node.name) is not None
        and node.attr["dtype"].type == variable.dtype
        and node.attr["shape"].shape == variable.shape
    )


def _stored_variables(objects, checkpoint):
    """Returns the keys of variables in a checkpoint, if it has nothing else.

    Arguments:
        objects: `SavedObjectGraph` of the SavedModel.
        checkpoint: String: its path.

    Returns:
        A dict of the numbers of variables among the objects to keys, or None.
    """
    # `tf.train.load_checkpoint` would look into a folder of this name.
    reader = tf.compat.v1.train.NewCheckpointReader(checkpoint)
    stored = tf_internal.ObjectGraphProto.FromString(
        reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH")
    ).nodes
    keys, pending, seen = {}, [(0, 0)], {0}
    # Each has numbers of its own; the names of parts are the same.
    while pending:
        number, node = pending.pop()
        for value in stored[node].attributes:
            if value.name != _VALUE or not objects.nodes[number].HasField(
                "variable"
            ):
                return None
            keys[number] = value.checkpoint_key
        parts = {
            x.local_name: x.node_id for x in objects.nodes[number].children
        }
        for part in stored[node].children:
            if part.local_name in parts and part.node_id not in seen:
                seen.add(part.node_id)
                pending.append((parts[part.local_name], part.node_id))
    # A key may be that of several parts of one variable.
    is_all = len(set(keys.values())) == sum(len(x.attributes) for x in stored)
    has_savers = any(node.HasField("registered_saver") for node in stored)
    return keys if is_all and not has_savers else None


def _called_with(graph, handles):
    """Returns which variables the handles are that signatures are called with.

    Returns:
        A dict of the names of handles to numbers of objects.
    """
    functions = graph.object_graph_def.concrete_functions
    found = {}
    for node in graph.graph_def.node:
        function = node.attr["f"].func.name if "f" in node.attr else ""
        if function not in functions:
            continue
        inputs = [x for x in node.input if not x.startswith("^")]
        # What a function takes from outside comes after its arguments.
        bound = functions[function].bound_inputs
        for name, number in zip(reversed(inputs), reversed(bound)):
            if name in handles:
                found[name] = number
    return found


def _fill_saver(saver, nodes, file, types, keys):
    dtypes = list(types.values())
    tensor_names = nodes.constant("tensor_names", [keys[x] for x in types])
    slices = nodes.constant("shape_and_slices", [""] * len(types))

    restored = nodes.add(
        "RestoreV2", "restore", [file, tensor_names, slices], dtypes=dtypes
    )
    assigned = [
        nodes.add(
            "AssignVariableOp",
            f"assign_{i}",
            [name, f"{restored}:{i}" if i else restored],
            device="",
            dtype=dtype,
        )
        for i, (name, dtype) in enumerate(types.items())
    ]
    done = nodes.add("NoOp", "restore_all", [f"^{x}" for x in assigned])

    values = [
        nodes.add("ReadVariableOp", f"read_{i}", [name], device="", dtype=dtype)
        for i, (name, dtype) in enumerate(types.items())
    ]
    saved = nodes.add(
        "SaveV2", "save", [file, tensor_names, slices, *values], dtypes=dtypes
    )
    written = nodes.add("Identity", "saved", [file, f"^{saved}"], T=_STRINGS)

    saver.filename_tensor_name = f"{file}:0"
    saver.save_tensor_name = f"{written}:0"
    saver.restore_op_name = done
    saver.version = saver.V2


def _complete_operations(graph):
    """Names all operations among those that the graph is made of."""
    listed = graph.meta_info_def.stripped_op_list
    operations = {x.name: x for x in listed.op}
    for node in graph.graph_def.node:
        if node.op not in operations:
            operations[node.op] = tf_internal.op_definition(node.op)
    del listed.op[:]
    listed.op.extend(operations[name] for name in sorted(operations))


class _Nodes:
    """Adds nodes of one scope to a graph."""

    def __init__(self, graph):
        self._graph = graph

    def are_taken(self):
        """Whether nodes of the graph have such names, in any letters."""
        scope = self._SCOPE.lower()
        return any(
            node.name.lower().startswith(scope) for node in self._graph.node
        )

    _SCOPE = "saver_"

    def add(self, kind, name, inputs=(), device=_DEVICE, **attributes):
        """Adds a node.

        Arguments:
            kind: String: the name of the operation.
            name: String: that of the node within the scope.
            inputs: Iterable of the names of nodes.
            device: String.
            **attributes: Enumerators of types, or lists of them.

        Returns:
            The whole name of the node.
        """
        node = self._graph.node.add()
        node.op = kind
        node.name = f"{self._SCOPE}{name}"
        node.input.extend(inputs)
        node.device = device
        for key, value in attributes.items():
            if isinstance(value, list):
                node.attr[key].list.type.extend(value)
            else:
                node.attr[key].type = value
        return node.name

    def constant(self, name, strings):
        """Adds a vector of strings, and returns the name of its node."""
        whole = self.add("Const", name, dtype=_STRINGS)
        value = tf.make_tensor_proto(strings, tf.string, [len(strings)])
        self._graph.node[-1].attr["value"].tensor.CopyFrom(value)
        return whole
