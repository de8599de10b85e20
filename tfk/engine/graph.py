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
"""Graphs: recorded calls between symbolic tensors."""

import tensorflow as tf

from tfk.engine import symbolic
from tfk.engine.input_layer import InputLayer
from tfk.saving import budget


class Graph:
    """An immutable value: the calls that lead from inputs to outputs.

    Arguments:
        inputs: A symbolic tensor or a nested structure of them.
        outputs: A symbolic tensor or a nested structure of them.
        extras: Further symbolic tensors whose calls belong to the graph,
            such as added losses.

    Raises:
        ValueError: If an output depends on an input that is not given, or
            if two layers have the same name.
    """

    def __init__(self, inputs, outputs, extras=()):
        self.inputs = inputs
        self.outputs = outputs
        self.extras = tuple(extras)
        self.flat_inputs = tf.nest.flatten(inputs)
        self.flat_outputs = tf.nest.flatten(outputs)
        for label, tensors in (
            ("inputs", self.flat_inputs),
            ("outputs", self.flat_outputs),
        ):
            for x in tensors:
                if not symbolic.is_symbolic(x):
                    raise TypeError(
                        f"The {label} of a functional model must be symbolic "
                        "tensors: those that `tfk.Input` makes and those that "
                        f"are computed from them. Received: {x!r}."
                    )
        self.nodes, self.layers = self._sorted(self.flat_outputs)
        if extras:
            # They come last: the order of the other layers is part of files.
            first = self.layers
            self.nodes, layers = self._sorted(self.flat_outputs + [*extras])
            self.layers = first + [x for x in layers if x not in first]
        _check_names(self.layers)
        self._plan = None

    def _sorted(self, tensors):
        nodes, met = _sorted_nodes(self.flat_inputs, tensors)
        return nodes, _sorted_layers(nodes, met, self.flat_inputs)

    @property
    def input_names(self):
        """The names of the inputs, in the order of `self.flat_inputs`."""
        return [x.node.layer.name for x in self.flat_inputs]

    @property
    def computing_nodes(self):
        """The nodes that run, in an order in which they can."""
        return [n for n in self.nodes if not isinstance(n.layer, InputLayer)]

    def run(self, flat_inputs):
        """Runs the calls on values of the inputs.

        Arguments:
            flat_inputs: List of tensors, in the order of `self.flat_inputs`;
                symbolic tensors record the calls anew.

        Returns:
            The outputs, in the structure of `self.outputs`.
        """
        if self._plan is None:
            self._plan = _Plan(self)
        return self._plan.run(flat_inputs)


class _Plan:
    """The calls of a graph, prepared so that running costs little."""

    def __init__(self, graph, replacements=None):
        slots = {}
        replacements = replacements or {}

        def slot(x):
            return slots.setdefault(id(x), len(slots))

        self.input_slots = [slot(x) for x in graph.flat_inputs]
        self.steps = [
            _Step(node, slot, replacements.get(node.layer, node.layer))
            for node in graph.computing_nodes
        ]
        self.output_slots = [slot(x) for x in graph.flat_outputs]
        self.outputs = graph.outputs
        self.is_single = symbolic.is_symbolic(graph.outputs)
        self.size = len(slots)

    def run(self, flat_inputs):
        budget.count_calls(len(self.steps))
        values = [None] * self.size
        for index, value in zip(self.input_slots, flat_inputs):
            values[index] = value
        for step in self.steps:
            step.run(values)
        if self.is_single:
            return values[self.output_slots[0]]
        return tf.nest.pack_sequence_as(
            self.outputs, [values[index] for index in self.output_slots]
        )


class _Step:
    """One call: which values go in, and where those that come out go."""

    def __init__(self, node, slot, layer):
        self.layer = layer
        self.args = symbolic.replace(node.args, lambda x: _Slot(slot(x)))
        self.kwargs = symbolic.replace(node.kwargs, lambda x: _Slot(slot(x)))
        self.outputs = [slot(x) for x in node.flat_outputs]
        self.output_structure = node.outputs
        self.is_single_output = symbolic.is_symbolic(node.outputs)
        is_simple = len(self.args) == 1 and not self.kwargs
        self.only = (
            self.args[0].index
            if is_simple and isinstance(self.args[0], _Slot)
            else None
        )

    def run(self, values):
        if self.only is not None:
            outputs = self.layer(values[self.only])
        else:
            args, kwargs = tf.nest.map_structure(
                lambda x: values[x.index] if isinstance(x, _Slot) else x,
                (self.args, self.kwargs),
            )
            outputs = self.layer(*args, **kwargs)
        if self.is_single_output:
            values[self.outputs[0]] = outputs
            return
        wanted = tf.nest.flatten(self.output_structure)
        flat = tf.nest.flatten(outputs)
        flat = [v for v, x in zip(flat, wanted) if symbolic.is_symbolic(x)]
        for index, value in zip(self.outputs, flat):
            values[index] = value


class _Slot:
    """The place of a value in a run."""

    __slots__ = ("index",)

    def __init__(self, index):
        self.index = index


def _sorted_nodes(inputs, outputs):
    """Returns the nodes from inputs to outputs, each after what it needs.

    Also returns the layers in the order in which a walk back from the outputs
    first meets them, which decides the order among layers of equal depth.
    """
    input_ids = {id(x) for x in inputs}
    finished, in_progress = set(), set()
    order, met = [], {}
    for output in outputs:
        _visit(output, input_ids, finished, in_progress, order, met)
    for x in inputs:
        node = x.node
        if node not in finished and isinstance(node.layer, InputLayer):
            finished.add(node)
            order.append(node)
    return order, met


def _visit(output, input_ids, finished, in_progress, order, met):
    """Walks back from a tensor, without recursion: graphs can be deep."""
    stack = [(output, None)]
    while stack:
        tensor, pending = stack.pop()
        node = tensor.node
        if pending is None:
            is_input = id(tensor) in input_ids
            if is_input and not isinstance(node.layer, InputLayer):
                continue  # Its value is given: the call before it does not run.
            if node in finished:
                continue
            met.setdefault(node.layer, len(met))
            if isinstance(node.layer, InputLayer) and not is_input:
                raise ValueError(
                    "The graph is disconnected: an output depends on the "
                    f"input '{node.layer.name}' ({tensor!r}), which is not "
                    "among the inputs of the model. Add it to `inputs`."
                )
            pending = [] if is_input else list(node.inputs)
            in_progress.add(node)
            pending.reverse()
        if pending:
            following = pending.pop()
            stack.append((tensor, pending))
            if following.node not in finished:
                if following.node in in_progress and id(following) not in (
                    input_ids
                ):
                    raise ValueError(
                        "The graph has a cycle through layer "
                        f"'{following.node.layer.name}'."
                    )
                stack.append((following, None))
            continue
        in_progress.discard(node)
        if node not in finished:
            finished.add(node)
            order.append(node)


def _sorted_layers(nodes, met, inputs):
    """Sorts layers by their distance to the outputs, as Keras does.

    The order is part of the file format: weights are listed in it.
    """
    input_ids = {id(x) for x in inputs}
    node_depths, layer_depths = {}, {}
    for node in reversed(nodes):
        depth = max(node_depths.get(node, 0), layer_depths.get(node.layer, 0))
        node_depths[node] = layer_depths[node.layer] = depth
        for x in node.inputs:
            if any(id(output) in input_ids for output in node.flat_outputs):
                continue
            parent = node_depths.get(x.node, 0)
            node_depths[x.node] = max(depth + 1, parent)
    for x in inputs:
        layer_depths.setdefault(x.node.layer, 0)
    return sorted(
        layer_depths,
        key=lambda layer: (-layer_depths[layer], met.get(layer, -1)),
    )


def _check_names(layers):
    seen = {}
    for layer in layers:
        other = seen.setdefault(layer.name, layer)
        if other is not layer:
            raise ValueError(
                "The names of the layers in a model must differ. Received: "
                f"two layers named '{layer.name}': {other} and {layer}. Pass "
                "another `name` to one of them."
            )


def replay(graph, flat_inputs, replacements):
    """Runs a graph with other layers in the place of its own.

    Arguments:
        graph: `Graph`.
        flat_inputs: List of tensors.
        replacements: Dict of layers to the layers that take their places.

    Returns:
        The outputs.
    """
    return _Plan(graph, replacements).run(flat_inputs)


def from_inputs(inputs, outputs):
    """Makes a graph that begins with `InputLayer`s.

    Where an input is the output of another layer, the calls are recorded
    again from a new input of the same kind. A list of one tensor stands for
    the tensor, as in tf.keras.
    """
    inputs, outputs = _only(inputs), _only(outputs)
    flat = tf.nest.flatten(inputs)
    for x in flat:
        if not symbolic.is_symbolic(x):
            raise TypeError(
                "The inputs of a functional model must be symbolic tensors, "
                f"as `tfk.Input` makes them. Received: {x!r}."
            )
    if all(isinstance(x.node.layer, InputLayer) for x in flat):
        return Graph(inputs, outputs)
    fresh = [
        (
            x
            if isinstance(x.node.layer, InputLayer)
            else InputLayer(type_spec=x.type_spec).inbound_nodes[0].outputs
        )
        for x in flat
    ]
    replayed = Graph(inputs, outputs).run(fresh)
    return Graph(tf.nest.pack_sequence_as(inputs, fresh), replayed)


def _only(tensors):
    if isinstance(tensors, list) and len(tf.nest.flatten(tensors)) == 1:
        return tensors[0]
    return tensors
