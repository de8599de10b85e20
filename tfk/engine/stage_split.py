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
"""Finds the preprocessing part of a graph.

It starts at the inputs and holds only preprocessing layers and weightless ops
that feed them, and none that would give something else in the pipeline than
in the step. Everything after the cut is the main part.
"""

import dataclasses

from tfk.engine import side_effects
from tfk.engine import symbolic
from tfk.engine.graph import Graph
from tfk.engine.input_layer import InputLayer
from tfk.engine.op_layer import OpLayer
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.utils import naming


@dataclasses.dataclass(frozen=True)
class Split:
    """A graph cut in two.

    Attributes:
        stage: `Graph` from the inputs to the list of cut tensors.
        main: `Graph` from the list of cut tensors to the outputs.
        layers: The layers that lie before the cut only.
    """

    stage: Graph
    main: Graph
    layers: tuple


def split(graph):
    """Cuts the largest preprocessing part off a graph.

    Arguments:
        graph: `Graph`.

    Returns:
        A `Split`, or None if the graph has no such part.
    """
    lifted = _lifted_nodes(graph)
    if not lifted:
        return None
    cut = _cut_tensors(graph, lifted)
    remaining = {
        node.layer for node in graph.computing_nodes if node not in lifted
    }
    layers = [
        layer
        for layer in graph.layers
        if layer not in remaining and any(n.layer is layer for n in lifted)
    ]
    return Split(
        stage=Graph(graph.inputs, cut),
        main=Graph(cut, graph.outputs, graph.extras),
        layers=tuple(layers),
    )


def split_off(graph, can_take):
    """Cuts the part off a graph that some layers make up from its inputs.

    Arguments:
        graph: `Graph`.
        can_take: Function of a layer that says whether it may be in the part.

    Returns:
        The `Graph` of the part and that of the rest; either may be None.
    """
    candidates = _reached(graph, lambda node: can_take(node.layer))
    taken = _before_cut(graph, candidates, set)
    if not taken:
        return None, graph
    if len(taken) == len(graph.computing_nodes):
        return graph, None
    cut = _cut_tensors(graph, taken)
    return Graph(graph.inputs, cut), Graph(cut, graph.outputs)


def _lifted_nodes(graph):
    """Returns the nodes before the cut."""
    candidates = _reached(
        graph,
        lambda node: can_lift(node.layer) and not side_effects.has_any(node),
    )
    return _before_cut(graph, candidates, _feeding_preprocessing)


def _reached(graph, can_take):
    """Returns nodes between which and the inputs are only such nodes.

    Arguments:
        graph: `Graph`.
        can_take: Function of a node that says whether it may be among them.
    """
    reachable = {id(x) for x in graph.flat_inputs}
    found = []
    for node in graph.computing_nodes:
        is_reached = node.inputs and all(
            id(x) in reachable for x in node.inputs
        )
        if is_reached and can_take(node):
            found.append(node)
            reachable.update(id(x) for x in node.flat_outputs)
    return found


def _feeding_preprocessing(candidates):
    """Returns the nodes that are preprocessing layers or come before one."""
    lifted, wanted = set(), set()
    for node in reversed(candidates):
        feeds = any(id(x) in wanted for x in node.flat_outputs)
        if feeds or is_preprocessing(node.layer):
            lifted.add(node)
            wanted.update(id(x) for x in node.inputs)
    return lifted


def _before_cut(graph, candidates, choose):
    """Returns chosen nodes of which no output loses its mask at the cut.

    Arguments:
        graph: `Graph`.
        candidates: List of nodes, as `_reached` returns it.
        choose: Function of candidates that returns the set of those to take.
    """
    while True:
        taken = choose(candidates)
        masked = {
            x.node
            for x in _cut_tensors(graph, taken)
            if x.mask_spec is not None and x.node in taken
        }
        if not masked:
            return taken
        left = set(candidates) - masked
        candidates = _reached(graph, left.__contains__)


def _cut_tensors(graph, lifted):
    """Returns the tensors that the main part takes, each once, in order."""
    before = {id(x) for x in graph.flat_inputs}
    for node in lifted:
        before.update(id(x) for x in node.flat_outputs)
    cut, seen = [], set()

    def take(x):
        if id(x) in before and id(x) not in seen:
            seen.add(id(x))
            cut.append(x)

    for node in graph.computing_nodes:
        if node not in lifted:
            for x in node.inputs:
                take(x)
    for x in (*graph.flat_outputs, *graph.extras):
        if symbolic.is_symbolic(x):
            take(x)
    return cut


def is_preprocessing(layer):
    """Whether a layer is a preprocessing layer, or a model of such layers."""
    if isinstance(layer, PreprocessingLayer):
        return True
    graph = getattr(layer, "_functional_graph", None)
    if graph is None:
        return False
    layers = [node.layer for node in graph.computing_nodes]
    return all(can_lift(x) for x in layers) and any(
        is_preprocessing(x) for x in layers
    )


def can_lift(layer):
    """Whether a layer may run in the input pipeline."""
    if is_preprocessing(layer) or isinstance(layer, InputLayer):
        # No gradient reaches a weight there.
        return not layer.trainable_weights
    if layer.weights or layer.losses:
        return False
    if isinstance(layer, OpLayer):
        return True
    is_ours = naming.is_own_module(type(layer).__module__)
    return is_ours and not layer._call_arguments.takes_training
