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
"""Finds preprocessing layers that keep trainable weights from learning."""

import tensorflow as tf

from tfk.engine import call_context
from tfk.engine import symbolic
from tfk.engine.op_layer import OpLayer
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.utils import tf_internal


def check(model):
    """Checks that gradients reach the trainable weights of a model.

    Arguments:
        model: A model that is to be trained.

    Raises:
        ValueError: If a preprocessing layer is in the way, from a loss to
            weights before it.
    """
    graph = model._functional_graph
    if graph is None:
        return
    split = model.stage_split
    main = graph if split is None else split.main
    if any(_holds_preprocessing(node.layer) for node in main.computing_nodes):
        wanted = zip(graph.flat_outputs, _have_losses(model))
        wanted = [x for x, has_loss in wanted if has_loss]
        _check_graph(graph, {}, [*wanted, *graph.extras])


def _holds_preprocessing(layer):
    return any(
        isinstance(x, PreprocessingLayer) for x in layer._flatten_layers()
    )


def _have_losses(model):
    """Says for each output whether a loss may depend on it."""
    count = len(model._functional_graph.flat_outputs)
    loss, names = model.loss, model.output_names
    if isinstance(loss, dict) and len(names) == count:
        return [loss.get(name) is not None for name in names]
    if isinstance(loss, (list, tuple)) and len(loss) == count:
        return [x is not None for x in loss]
    return [True] * count


def _check_graph(graph, before, wanted):
    """Checks a graph.

    Arguments:
        graph: `Graph`.
        before: Dict of the ids of inputs that come from trainable weights, to
            the layer that holds these.
        wanted: List of the tensors that a loss depends on.
    """
    before = dict(before)
    blocks = {
        node: _is_tested(node.layer) and not _lets_gradients_through(node)
        for node in graph.computing_nodes
    }
    needed = _needed(graph, blocks, wanted)
    for node in graph.computing_nodes:
        sources = [before[id(x)] for x in node.inputs if id(x) in before]
        is_needed = any(id(x) in needed for x in node.flat_outputs)
        inner = getattr(node.layer, "_functional_graph", None)
        if inner is not None and is_needed:
            _check_inner(node, inner, before, needed)
        if sources and is_needed and blocks[node]:
            if isinstance(node.layer, PreprocessingLayer):
                raise _error(node.layer, sources[0])
        if node.layer.trainable_weights:
            sources = [node.layer]
        if sources and not blocks[node]:
            before.update(
                (id(x), sources[0]) for x in node.flat_outputs if _is_float(x)
            )


def _check_inner(node, inner, before, needed):
    pairs = zip(inner.flat_inputs, node.inputs)
    inputs = {id(x): before[id(y)] for x, y in pairs if id(y) in before}
    pairs = zip(inner.flat_outputs, node.flat_outputs)
    _check_graph(inner, inputs, [x for x, y in pairs if id(y) in needed])


def _needed(graph, blocks, wanted):
    """Returns the ids of the tensors that a loss depends on.

    It does not where something like `tf.stop_gradient` comes in between: that
    is the user's will.
    """
    needed = {id(x) for x in wanted}
    for node in reversed(graph.computing_nodes):
        is_needed = any(id(x) in needed for x in node.flat_outputs)
        is_cut = (
            blocks[node]
            and not isinstance(node.layer, PreprocessingLayer)
            and all(map(_is_float, (*node.inputs, *node.flat_outputs)))
        )
        if is_needed and not is_cut:
            needed.update(id(x) for x in node.inputs)
    return needed


def _is_float(x):
    return x.dtype.is_floating


def _is_tested(layer):
    """Whether a layer may let no gradients through."""
    return isinstance(layer, (OpLayer, PreprocessingLayer))


def _lets_gradients_through(node):
    with call_context.recording(training=True):
        with tf_internal.scratch_graph("scratch").as_default():
            made = {id(x): symbolic.placeholder(x) for x in node.inputs}
            args, kwargs = symbolic.replace(
                (node.args, node.kwargs), lambda x: made[id(x)]
            )
            outputs = node.layer(*args, **kwargs)
            inputs = _float_parts(list(made.values()))
            outputs = _float_parts(outputs)
            if not inputs or not outputs:
                return False
            try:
                found = tf.gradients(outputs, inputs)
            except LookupError:
                # An operation without a gradient.
                return False
    return any(gradient is not None for gradient in found)


def _float_parts(values):
    parts = tf.nest.flatten(values, expand_composites=True)
    return [x for x in parts if tf.is_tensor(x) and x.dtype.is_floating]


def _error(layer, source):
    return ValueError(
        f"Layer '{layer.name}' (of type {type(layer).__name__}) lets no "
        "gradient through, so that the trainable weights before it could not "
        f"learn. Received: layer '{layer.name}' after layer "
        f"'{source.name}' (of type {type(source).__name__}). Put it "
        "before all layers with trainable weights, or freeze those before it "
        "(`trainable = False`, before `compile`)."
    )
