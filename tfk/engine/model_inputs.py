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
"""Inputs as the graph of a functional model takes them."""

import tensorflow as tf

from tfk.engine import batch_specs
from tfk.engine import masking
from tfk.engine import symbolic
from tfk.utils import structure


def specs(graph, dynamic_batch=True):
    """Returns the specs of a graph's inputs, with their names.

    Arguments:
        graph: `Graph`.
        dynamic_batch: Boolean: whether they are for any number of rows.
    """

    def spec_of(x):
        spec = x.type_spec
        if dynamic_batch:
            spec = batch_specs.open_spec(spec)
        if type(spec) is not tf.TensorSpec:
            return spec
        return tf.TensorSpec(spec.shape, spec.dtype, name=x.node.layer.name)

    return tf.nest.map_structure(spec_of, graph.inputs)


def of_shapes(shapes, graph, model_name):
    """Returns symbolic tensors like a graph's inputs, of other shapes.

    Arguments:
        shapes: Structure of shapes.
        graph: `Graph`.
        model_name: String, for messages.
    """
    given = structure.map_shapes(tf.TensorSpec, shapes)
    flat = [
        symbolic.KerasTensor(_with_shape(x.type_spec, spec.shape))
        for x, spec in zip(
            graph.flat_inputs, _flattened(given, graph, model_name)
        )
    ]
    return tf.nest.pack_sequence_as(graph.inputs, flat)


def _with_shape(spec, shape):
    """Returns the spec of a dense input with another shape."""
    if type(spec) is tf.TensorSpec:
        return tf.TensorSpec(shape, spec.dtype)
    return spec


def conform(inputs, graph, model_name):
    """Returns inputs as the flat list that a graph takes.

    Arguments:
        inputs: Tensor, or structure of tensors.
        graph: `Graph`.
        model_name: String, for messages.
    """
    return [
        _conform_one(x, reference, model_name)
        for x, reference in zip(
            _flattened(inputs, graph, model_name), graph.flat_inputs
        )
    ]


def _flattened(inputs, graph, model_name):
    """Flattens inputs in the order of a graph's, dicts by name."""
    if symbolic.is_symbolic(graph.inputs) and not isinstance(
        inputs, (list, tuple, dict)
    ):
        return [inputs]
    if isinstance(inputs, dict):
        keys = graph.input_names
        if isinstance(graph.inputs, dict):
            keys = sorted(graph.inputs)
            if any(isinstance(v, dict) for v in inputs.values()):
                return tf.nest.flatten(inputs)
        missing = [key for key in keys if key not in inputs]
        if missing:
            raise ValueError(
                f"Model '{model_name}' misses the inputs {missing}. Received: "
                f"a dict with the keys {sorted(inputs)}; the inputs are "
                f"{sorted(keys)}. Name the data as the inputs."
            )
        flat = []
        for key in keys:
            flat += tf.nest.flatten(inputs[key])
        return flat
    flat = tf.nest.flatten(inputs)
    if len(flat) != len(graph.flat_inputs):
        raise ValueError(
            f"Model '{model_name}' takes {len(graph.flat_inputs)} inputs "
            f"({graph.input_names}). Received: {len(flat)} "
            f"({structure.describe(inputs)}). Pass one tensor for each, in a "
            "list or a dict; a list of rows is joined by `np.stack`."
        )
    return flat


def _conform_one(x, reference, model_name):
    """Makes one input fit the symbolic input that stands for it."""
    if x is None or symbolic.is_symbolic(x):
        return x
    spec = reference.type_spec
    if type(spec) is tf.TensorSpec:
        if not isinstance(x, (tf.Tensor, tf.Variable)):
            if isinstance(x, (tf.RaggedTensor, tf.SparseTensor)):
                return x
            x = tf.convert_to_tensor(x)
        x = _fit_rank(x, spec, reference, model_name)
    dtype = spec.dtype
    if tf.string in (dtype, x.dtype) and x.dtype != dtype:
        raise ValueError(
            f"Input '{reference.node.layer.name}' of model '{model_name}' "
            f"must have the dtype {dtype.name}. Received: a tensor of dtype "
            f"{x.dtype.name}. Look the strings up first, for instance with "
            "`tfk.layers.StringLookup`, or give the input the dtype of the "
            "data."
        )
    if x.dtype != dtype:
        mask = masking.get_mask(x)
        x = tf.cast(x, dtype)
        if mask is not None:
            masking.set_mask(x, mask)
    return x


def _fit_rank(x, spec, reference, model_name):
    shape, wanted = x.shape, spec.shape
    if wanted.rank is None:
        return x
    if shape.rank is None:
        return _with_rank(x, wanted)
    if shape.rank == wanted.rank - 1 and wanted[-1] == 1:
        x = tf.expand_dims(x, -1)
    elif shape.rank == wanted.rank + 1 and shape[-1] == 1:
        x = tf.squeeze(x, -1)
    if not wanted[1:].is_compatible_with(x.shape[1:]) or (
        x.shape.rank != wanted.rank
    ):
        raise ValueError(
            f"Input '{reference.node.layer.name}' of model '{model_name}' "
            f"must have the shape {tuple(wanted)}. Received: a tensor of "
            f"shape {tuple(shape)}. {_remedy(shape, wanted)}"
        )
    return _with_known_axes(x, wanted)


def _with_rank(x, wanted):
    """Brings a tensor of unknown rank, of a generator, to that of an input."""
    rank = tf.rank(x)
    fitting = tf.cond(
        rank == wanted.rank - 1,
        lambda: tf.expand_dims(x, -1),
        lambda: tf.cond(
            rank == wanted.rank + 1, lambda: tf.squeeze(x, -1), lambda: x
        ),
    )
    rows = tf.TensorShape([None])
    fitting = tf.ensure_shape(fitting, rows.concatenate(wanted[1:]))
    masking.set_mask(fitting, masking.get_mask(x))
    return fitting


def _remedy(shape, wanted):
    if shape.rank == wanted.rank - 1:
        return (
            "The first axis is the batch: put a single example into one of "
            "size 1 (`x[np.newaxis]`), and a dataset of examples into batches "
            "(`dataset.batch(32)`)."
        )
    return "Reshape the data, or build the model for its shape."


def _with_known_axes(x, wanted):
    """Tells a tensor, of a generator for instance, the sizes that it has."""
    axes = zip(x.shape[1:], wanted[1:])
    if all(size is not None or known is None for size, known in axes):
        return x
    rows = tf.TensorShape([None])
    sized = tf.ensure_shape(x, rows.concatenate(wanted[1:]))
    masking.set_mask(sized, masking.get_mask(x))
    return sized
