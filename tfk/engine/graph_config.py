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
"""Graphs as plain data, in the format of Keras files."""

import collections
import heapq

import numpy as np
import tensorflow as tf

from tfk.engine import added_value
from tfk.engine import keras3_nodes
from tfk.engine import keras3_ops
from tfk.engine import node_layer  # noqa: F401  (for files)
from tfk.engine import symbolic
from tfk.engine.input_layer import InputLayer
from tfk.engine.layer import Layer
from tfk.engine.op_layer import OpLayer
from tfk.saving import serialization

_CONSTANT = "_CONSTANT_VALUE"
_EXTRAS = (added_value.AddLoss, added_value.AddMetric)
# The key of unnamed arguments after the first, as `tf.einsum` takes them.
_MORE_ARGUMENTS = "*args"


def get_config(graph):
    """Returns a graph as a dict of layers, their calls, inputs and outputs.

    Arguments:
        graph: `Graph`.
    """
    references = _references(graph)
    calls = collections.defaultdict(list)
    for node in graph.nodes:
        if not isinstance(node.layer, InputLayer):
            calls[id(node.layer)].append(node)
    layers = []
    for layer in graph.layers:
        entry = serialization.serialize_keras_object(layer)
        entry["name"] = layer.name
        entry["inbound_nodes"] = [
            _node_config(node, references) for node in calls[id(layer)]
        ]
        layers.append(entry)
    return {
        "layers": layers,
        "input_layers": _tensor_configs(graph.inputs, references),
        "output_layers": _tensor_configs(graph.outputs, references),
    }


def _references(graph):
    """Says for each tensor of which layer's which call it is an output."""
    references, counts = {}, {}
    for node in graph.nodes:
        index = counts.get(node.layer, _first_index(node.layer))
        counts[node.layer] = index + 1
        for i, x in enumerate(node.flat_outputs):
            references[id(x)] = [node.layer.name, index, i]
    return references


def _first_index(layer):
    """Returns the number that files give to the first call of a layer.

    To Keras, a model with a graph was called once when it was made, so that
    its first call in another model is number 1.
    """
    return 0 if getattr(layer, "_functional_graph", None) is None else 1


def _tensor_configs(tensors, references):
    if symbolic.is_symbolic(tensors):
        return [list(references[id(tensors)])]
    return _map(tensors, lambda x: list(references[id(x)]))


def _map(value, function):
    if serialization.is_serialized_object(value):
        return value
    if isinstance(value, dict):
        return {key: _map(item, function) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map(item, function) for item in value]
    return function(value)


def _node_config(node, references):
    args, kwargs = node.layer._call_arguments.by_name(node.args, node.kwargs)
    if isinstance(node.layer, OpLayer):
        args, kwargs = node.args, node.kwargs
    if len(args) > 1:
        more = [_described(x) for x in args[1:]]
        kwargs = {**kwargs, _MORE_ARGUMENTS: more}

    def plain(x):
        if symbolic.is_symbolic(x):
            return list(references[id(x)])
        return _plain_value(x, node.layer)

    kwargs = {name: _map(value, plain) for name, value in kwargs.items()}
    kwargs = {k: v for k, v in kwargs.items() if not _is_default_name(k, v)}

    def with_kwargs(x):
        if symbolic.is_symbolic(x):
            return [*references[id(x)], kwargs]
        return [_CONSTANT, -1, _plain_value(x, node.layer), kwargs]

    first = args[0]
    if isinstance(node.layer, OpLayer) or isinstance(first, dict):
        return _map(first, with_kwargs)
    if isinstance(first, (list, tuple)):
        return _map(first, with_kwargs)
    return [with_kwargs(first)]


def _described(value):
    """Keeps the dtype of a constant, which an unnamed argument may need."""
    if isinstance(value, (tf.Tensor, np.ndarray)):
        return serialization.serialize_keras_object(value)
    return value


def _is_default_name(key, value):
    """Whether an argument is just an op's `name=None`."""
    return key == "name" and value is None


def _plain_value(value, layer):
    if isinstance(value, (tf.Variable, tf.Tensor)) and hasattr(value, "numpy"):
        if isinstance(value, tf.Variable):
            raise ValueError(
                f"A call of layer '{layer.name}' takes the variable "
                f"'{value.name}', which no layer owns, so the model can't be "
                "saved. Keep the variable in a layer of your own."
            )
        return value.numpy().tolist()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return serialization.serialize_value(value)


def from_config(config):
    """Builds the layers of a graph and calls them again.

    Arguments:
        config: Dict as `get_config` returns it.

    Returns:
        The inputs and the outputs, structures of symbolic tensors, and the
        list of added losses and metrics.
    """
    layers, pending = {}, []
    is_of_keras_3 = keras3_nodes.are_in(config)
    for entry in config["layers"]:
        if is_of_keras_3 and keras3_ops.is_op(entry):
            entry = keras3_ops.to_tensorflow(entry)
        layer = serialization.deserialize_keras_object(
            entry, safe_mode=serialization.in_safe_mode()
        )
        name = entry.get("name") or entry["config"].get("name")
        if not isinstance(layer, Layer):
            raise ValueError(
                f"The entry {name!r} of a model's layers is a "
                f"{type(layer).__name__}. Only layers may be called."
            )
        first = 0 if is_of_keras_3 else _first_index(layer)
        layers[name] = _Called(layer, first)
        nodes = entry.get("inbound_nodes") or ()
        pending.append((name, collections.deque(nodes)))
    _call_layers(layers, pending)
    extras = [
        called.layer.output
        for called in layers.values()
        if isinstance(called.layer, _EXTRAS)
    ]
    return (
        _tensors(config["input_layers"], layers),
        _tensors(config["output_layers"], layers),
        extras,
    )


class _Called:
    """A layer of a graph, and its calls there.

    One that stands in other graphs too may have been called in those.

    Arguments:
        layer: A layer.
        first: Integer: the number of its first call.
    """

    def __init__(self, layer, first):
        self.layer = layer
        self.first = first
        is_input = isinstance(layer, InputLayer)
        self.nodes = list(layer.inbound_nodes) if is_input else []

    @property
    def next(self):
        """The number of the call that comes next."""
        return self.first + len(self.nodes)

    def call(self, args, kwargs):
        """Calls the layer on symbolic tensors."""
        before = len(self.layer.inbound_nodes)
        self.layer(*args, **kwargs)
        self.nodes += self.layer.inbound_nodes[before:]

    def outputs(self, number):
        """Returns the tensors that a call gave."""
        return self.nodes[number - self.first].flat_outputs


def _call_layers(layers, pending):
    """Calls layers, each as soon as the tensors it takes are there.

    The order is that of going through all layers again and again, but a layer
    is only looked at when what it waits for has been called.
    """
    turns = [(0, index) for index in range(len(pending))]
    waiting = {}
    while turns:
        turn, index = heapq.heappop(turns)
        name, nodes = pending[index]
        while nodes:
            call = _first_missing(nodes[0], layers)
            if call is not None:
                waiting.setdefault(call, []).append(index)
                break
            called = layers[name]
            _call(called, nodes.popleft(), layers)
            for other in waiting.pop((name, called.next), ()):
                heapq.heappush(turns, (turn + (other < index), other))
    left = [name for name, nodes in pending if nodes]
    if left:
        raise ValueError(
            "The config of a model is broken: these layers take tensors that "
            f"no layer gives: {left[:10]}."
        )


def _is_reference(value):
    return (
        isinstance(value, (list, tuple))
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and all(isinstance(i, int) for i in value[1:3])
    )


def _is_constant(value):
    return (
        isinstance(value, (list, tuple))
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and value[0] == _CONSTANT
    )


def _is_nested(value):
    """Whether a part of a call's arguments is a structure, not one tensor."""
    if isinstance(value, dict):
        return True
    return isinstance(value, (list, tuple)) and not (
        _is_reference(value) or _is_constant(value)
    )


def _find_references(value):
    if keras3_nodes.is_tensor(value):
        return [keras3_nodes.reference(value)]
    if _is_constant(value):
        return _find_references(value[3]) if len(value) == 4 else []
    if _is_reference(value):
        inner = _find_references(value[3]) if len(value) == 4 else []
        return [value, *inner]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [x for item in value for x in _find_references(item)]
    return []


def _first_missing(node, layers):
    """Returns what a call waits for: a layer's name, and a number of calls."""
    for reference in _find_references(node):
        name, number = reference[:2]
        if name not in layers:
            raise ValueError(
                "The config of a model is broken: a call takes an output of "
                f"layer {name!r}, which the config lacks."
            )
        if number < layers[name].first:
            raise ValueError(
                "The config of a model is broken: a call takes the output of "
                f"call {number} of layer {name!r}, which has none such."
            )
        if number >= layers[name].next:
            return name, number + 1
    return None


def _tensor(reference, layers):
    name, number, index = reference[:3]
    if name not in layers:
        raise ValueError(
            "The config of a model is broken: it takes an output of layer "
            f"{name!r}, which it lacks."
        )
    called = layers[name]
    if not called.first <= number < called.next:
        raise ValueError(
            f"The config of a model is broken: layer {name!r} has no call "
            f"{number}."
        )
    outputs = called.outputs(number)
    if not 0 <= index < len(outputs):
        raise ValueError(
            f"The config of a model is broken: layer {name!r} has no output "
            f"{index}."
        )
    return outputs[index]


def _tensors(value, layers):
    """Replaces the references in a value by symbolic tensors."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        if _is_reference(value[0]):
            return _tensor(value[0], layers)
    return _replace(value, layers)


def _replace(value, layers):
    if _is_constant(value):
        return value[2]
    if _is_reference(value):
        return _tensor(value, layers)
    if keras3_nodes.is_tensor(value):
        return _tensor(keras3_nodes.reference(value), layers)
    if isinstance(value, dict):
        if serialization.is_serialized_object(value):
            return serialization.deserialize_plain_value(value)
        return {key: _replace(item, layers) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replace(item, layers) for item in value]
    return value


def _call(called, node, layers):
    layer = called.layer
    args, kwargs = _arguments(layer, node, layers)
    if not symbolic.contains((args, kwargs)):
        # It would run, here and now, on what the config says.
        raise ValueError(
            "The config of a model is broken: a call of layer "
            f"'{layer.name}' takes no output of another layer."
        )
    called.call(args, kwargs)


def _arguments(layer, node, layers):
    """Returns the unnamed and the named arguments of a call."""
    if keras3_nodes.is_node(node):
        return (
            [_replace(item, layers) for item in node["args"]],
            {k: _replace(item, layers) for k, item in node["kwargs"].items()},
        )
    kwargs = dict(_first_kwargs(node) or {})
    more = kwargs.pop(_MORE_ARGUMENTS, ())
    if not isinstance(more, (list, tuple)) or _is_reference(more):
        raise ValueError(
            "The config of a model is broken: the unnamed arguments of a call "
            f"of layer '{layer.name}' are no list. Received: "
            f"'{_MORE_ARGUMENTS}'={more!r}. Write them as a list, as "
            "`model.get_config()` does."
        )
    more = [_replace(item, layers) for item in more]
    kwargs = {key: _replace(item, layers) for key, item in kwargs.items()}
    first = _replace(_without_kwargs(node), layers)
    if isinstance(node, (list, tuple)) and not _is_reference(node):
        is_leaf = len(node) == 1 and not _is_nested(node[0])
        if is_leaf and not isinstance(layer, OpLayer):
            first = first[0]
    return (first, *more), kwargs


def _first_kwargs(node):
    if _is_constant(node) or _is_reference(node):
        return node[3] if len(node) == 4 else None
    items = node.values() if isinstance(node, dict) else node
    if isinstance(items, (str, int, float)) or items is None:
        return None
    for item in items:
        found = _first_kwargs(item)
        if found is not None:
            return found
    return None


def _without_kwargs(node):
    if _is_constant(node) or _is_reference(node):
        return node[:3]
    if isinstance(node, dict):
        return {key: _without_kwargs(item) for key, item in node.items()}
    if isinstance(node, (list, tuple)):
        return [_without_kwargs(item) for item in node]
    return node
