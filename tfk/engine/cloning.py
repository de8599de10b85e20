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
"""Copies of models with new weights."""

import tensorflow as tf

from tfk.engine import graph as graph_lib
from tfk.engine.input_layer import InputLayer
from tfk.engine.model import Model
from tfk.engine.sequential import Sequential
from tfk.saving import serialization
from tfk.saving import shared_objects


def clone_model(model, input_tensors=None, clone_function=None):
    """Makes a model of the same architecture with newly made weights.

    Arguments:
        model: A functional or `Sequential` model, or a subclassed one whose
            constructor arguments can be read back.
        input_tensors: Symbolic tensor or list of them to begin with.
        clone_function: Function that makes a layer from a layer. Defaults to
            `layer.__class__.from_config(layer.get_config())`.

    Returns:
        A model.

    Example:

    >>> model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
    >>> clone = tfk.models.clone_model(model)
    >>> clone.get_weights()[0].shape
    (2, 1)
    """
    if not isinstance(model, Model):
        raise ValueError(
            f"`clone_model` takes a model. Received: {model!r} (of type "
            f"{type(model).__name__})."
        )
    with shared_objects.copying():
        return _clone(model, input_tensors, clone_function)


def _clone(model, input_tensors, clone_function):
    make = clone_function or serialization.clone_of
    if isinstance(model, Sequential):
        return _clone_sequential(model, input_tensors, make)
    if model._functional_graph is None or not model._is_plain_functional():
        if clone_function is not None or input_tensors is not None:
            raise ValueError(
                "`clone_function` and `input_tensors` are for functional and "
                f"`Sequential` models. Received: model={model!r}."
            )
        return serialization.clone_of(model)
    return _clone_functional(model, input_tensors, make)


def _clone_sequential(model, input_tensors, make):
    layers = []
    for layer in model._chain:
        if isinstance(layer, InputLayer):
            if input_tensors is None:
                layers.append(serialization.clone_of(layer))
            continue
        layers.append(make(layer))
    if input_tensors is not None:
        layers.insert(0, tf.nest.flatten(input_tensors)[0])
    clone = type(model)(layers, name=model.name)
    if clone._functional_graph is None and model._functional_graph is not None:
        clone.build(model.input_shape)
    return clone


def _clone_functional(model, input_tensors, make):
    graph = model._functional_graph
    copies = {}
    if input_tensors is None:
        inputs = [
            serialization.clone_of(x.node.layer).inbound_nodes[0].outputs
            for x in graph.flat_inputs
        ]
    else:
        inputs = tf.nest.flatten(input_tensors)
    for layer in graph.layers:
        if not isinstance(layer, InputLayer):
            copies[layer] = make(layer)
    outputs = graph_lib.replay(graph, inputs, copies)
    clone = type(model)(
        tf.nest.pack_sequence_as(graph.inputs, inputs),
        outputs,
        name=model.name,
    )
    if graph.extras:
        layers = [copies[x.node.layer] for x in graph.extras]
        clone._add_extras([layer.output for layer in layers])
    return clone
