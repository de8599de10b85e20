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
"""Models as SavedModels, for serving and for other runtimes.

What is written is a fresh module with nothing but functions and the variables
and tables that they use, so that nothing of tfk is needed to run it.
"""

import tensorflow as tf

from tfk.saving import files
from tfk.saving import signature_names
from tfk.saving import weight_tree
from tfk.utils import structure

_SIGNATURE = "serving_default"

# An exported model only predicts. Gradients by hand, such as those of LSTM and
# GRU, need values of the way forward, and can't be written into a file.
_OPTIONS = tf.saved_model.SaveOptions(experimental_custom_gradients=False)


def export(model, path):
    """Writes a model as a SavedModel.

    Its signature `serving_default` takes the inputs by their names and gives
    a dict of the outputs. A sparse input `x` is taken as `x_indices`,
    `x_values` and `x_dense_shape`, a ragged one as `x_values` and
    `x_row_splits`. The function `serve` takes the inputs as the model does,
    or as a dict by name.

    Arguments:
        model: A model that was built.
        path: String: the folder to make or to replace.

    Raises:
        ValueError: If it is not known what inputs the model takes.
    """
    specs = _specs(model)
    names = _input_names(model, specs)
    servable = _Servable(model, specs, names)
    with files.replacing_folder(str(path)) as temporary:
        tf.saved_model.save(
            servable,
            temporary,
            signatures={_SIGNATURE: servable.signature},
            options=_OPTIONS,
        )
        signature_names.rename_inputs(
            temporary, _SIGNATURE, servable.argument_names
        )


class _Servable(tf.Module):
    """The functions of a model and the resources that they need."""

    def __init__(self, model, specs, names):
        super().__init__()
        flat = tf.nest.flatten(specs)
        by_name = dict(zip(names, flat))
        self.resources = _resources(model)

        def call(inputs):
            return model(inputs, training=False)

        def serve(inputs):
            if isinstance(inputs, dict) and set(inputs) == set(names):
                inputs = tf.nest.pack_sequence_as(
                    specs, [inputs[name] for name in names]
                )
            return call(inputs)

        parts = _parts(by_name)
        self.argument_names = signature_names.to_identifiers(parts)

        def signature(**arguments):
            parts = {
                name: arguments[argument]
                for name, argument in self.argument_names.items()
            }
            inputs = [
                _assembled(name, spec, parts) for name, spec in by_name.items()
            ]
            outputs = call(tf.nest.pack_sequence_as(specs, inputs))
            return _flat_outputs(model, outputs)

        self.serve = tf.function(serve, autograph=False)
        self.serve.get_concrete_function(by_name)
        if set(by_name) != (set(specs) if isinstance(specs, dict) else None):
            self.serve.get_concrete_function(specs)
        self.signature = tf.function(
            signature, autograph=False
        ).get_concrete_function(
            **{
                argument: tf.TensorSpec(
                    parts[name].shape, parts[name].dtype, argument
                )
                for name, argument in self.argument_names.items()
            }
        )


def _specs(model):
    saved = model.save_spec()
    if saved is None:
        raise ValueError(
            f"Model '{model.name}' can't be exported: it is not known what "
            "inputs it takes. Call it on data, or `fit` it, first."
        )
    (specs, *rest), _ = saved
    if rest:
        raise ValueError(
            f"Model '{model.name}' can't be exported: its `call` takes more "
            "than one positional argument. Give it one list or dict of inputs."
        )
    return specs


def _input_names(model, specs):
    names = list(model.input_names)
    flat = tf.nest.flatten(specs)
    if len(names) == len(flat):
        return names
    if isinstance(specs, dict):
        return structure.paths(specs)
    if len(flat) == 1:
        return ["inputs"]
    return [f"inputs_{i + 1}" for i in range(len(flat))]


# Tensors of several parts: signatures know dense tensors only


def _parts(by_name):
    """Returns the dense specs of a signature's arguments."""
    parts = {}
    for name, spec in by_name.items():
        for part_name, part in _parts_of(name, spec).items():
            parts[part_name] = part
    return parts


def _parts_of(name, spec):
    if isinstance(spec, tf.SparseTensorSpec):
        rank = spec.shape.rank
        return {
            f"{name}_indices": tf.TensorSpec((None, rank), tf.int64),
            f"{name}_values": tf.TensorSpec((None,), spec.dtype),
            f"{name}_dense_shape": tf.TensorSpec((rank,), tf.int64),
        }
    if isinstance(spec, tf.RaggedTensorSpec):
        inner = spec.shape[spec.ragged_rank + 1 :]
        parts = {
            f"{name}_values": tf.TensorSpec((None, *inner), spec.dtype),
        }
        for key in _split_names(name, spec.ragged_rank):
            parts[key] = tf.TensorSpec((None,), spec.row_splits_dtype)
        return parts
    if not isinstance(spec, tf.TensorSpec):
        raise ValueError(
            f"Input '{name}' can't be served: signatures take dense, sparse "
            f"and ragged tensors. Received: {spec}."
        )
    return {name: spec}


def _split_names(name, ragged_rank):
    if ragged_rank == 1:
        return [f"{name}_row_splits"]
    return [f"{name}_row_splits_{axis + 1}" for axis in range(ragged_rank)]


def _assembled(name, spec, parts):
    """Puts an input together from the arguments of the signature."""
    if isinstance(spec, tf.SparseTensorSpec):
        return tf.SparseTensor(
            parts[f"{name}_indices"],
            parts[f"{name}_values"],
            tf.ensure_shape(parts[f"{name}_dense_shape"], [spec.shape.rank]),
        )
    if isinstance(spec, tf.RaggedTensorSpec):
        return tf.RaggedTensor.from_nested_row_splits(
            parts[f"{name}_values"],
            [parts[key] for key in _split_names(name, spec.ragged_rank)],
            validate=False,
        )
    return parts[name]


def _flat_outputs(model, outputs):
    flat = tf.nest.flatten(outputs)
    names = list(model.output_names)
    if len(names) != len(flat):
        if isinstance(outputs, dict):
            names = structure.paths(outputs)
        else:
            names = [f"output_{i + 1}" for i in range(len(flat))]
    parts = {}
    for name, value in zip(names, flat):
        if isinstance(value, tf.SparseTensor):
            parts[f"{name}_indices"] = value.indices
            parts[f"{name}_values"] = value.values
            parts[f"{name}_dense_shape"] = value.dense_shape
        elif isinstance(value, tf.RaggedTensor):
            parts[f"{name}_values"] = value.flat_values
            keys = _split_names(name, value.ragged_rank)
            parts.update(zip(keys, value.nested_row_splits))
        else:
            # A signature must not give back the very tensor it was given.
            parts[name] = tf.identity(value)
    return parts


# Resources


def _resources(model):
    """Returns the variables and the tables below a model."""
    found = {}
    roots = [obj for _, obj in weight_tree.walk(model)]
    for root in [model, *roots]:
        for item in _open(getattr(root, "source", root), 3):
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
    elif depth and type(value).__module__.split(".")[0] not in _FOREIGN:
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


def _is_table(value):
    return isinstance(
        value, tf.saved_model.experimental.TrackableResource
    ) or isinstance(value, tf.lookup.experimental.MutableHashTable)
