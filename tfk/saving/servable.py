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
"""The functions of a model for other runtimes, with names for what they take.

A signature of TensorFlow takes and gives dense tensors by name. A model may
take sparse and ragged ones, in any structure, and its inputs may have names
that are no identifiers.
"""

import dataclasses

import tensorflow as tf

from tfk.saving import signature_names
from tfk.saving import weight_tree
from tfk.utils import structure
from tfk.utils import tf_internal

PREDICT = "tensorflow/serving/predict"

# What is written only predicts. Gradients by hand, such as those of LSTM and
# GRU, would be written as functions that compute the way forward again.
_OPTIONS = tf.saved_model.SaveOptions(experimental_custom_gradients=False)


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A function that a SavedModel offers.

    Attributes:
        function: `tf.function` with traces: what Python programs call.
        signature: Concrete function with tensors as keyword arguments: what
            serving calls.
        argument_names: Dict of the names of inputs to those that they have in
            `signature`.
        method: String: the kind of request that the signature answers.
    """

    function: object
    signature: object
    argument_names: dict
    method: str = PREDICT


def of_model(model, specs=None, transform=None, method=PREDICT):
    """Returns the endpoint that runs a model in inference mode.

    Arguments:
        model: A model that was built.
        specs: Structure of `tf.TypeSpec` of the inputs; by default what the
            model says.
        transform: Function of the model's outputs, which returns a dict of
            tensors.
        method: As in `Endpoint`.

    Raises:
        ValueError: If it is not known what inputs the model takes.
    """
    specs = input_specs(model) if specs is None else specs
    names = input_names(model, specs)

    def run(inputs):
        outputs = model(inputs, training=False)
        return outputs if transform is None else transform(outputs)

    def flat(outputs):
        known = model.output_names if transform is None else []
        return _flat_outputs(outputs, list(known), first=1)

    return _endpoint(run, specs, names, flat, method)


def of_function(function, specs, names, method=PREDICT):
    """Returns the endpoint that runs a function.

    Arguments:
        function: Function of tensors.
        specs: List of `tf.TypeSpec`, or of structures of them: its arguments.
        names: List of the names of the tensors, in the order of `tf.nest`.
        method: As in `Endpoint`.
    """

    def run(inputs):
        return function(*inputs)

    def flat(outputs):
        return _flat_outputs(outputs, [], first=0)

    endpoint = _endpoint(run, tuple(specs), names, flat, method)
    serve = function
    if not hasattr(function, "get_concrete_function"):
        serve = tf.function(function, autograph=False)
    with tf_internal.tracing_for_saved_model(_OPTIONS):
        serve.get_concrete_function(*specs)
    return dataclasses.replace(endpoint, function=serve)


def _endpoint(run, specs, names, flat, method):
    """Makes an endpoint of a function of one structure of tensors."""
    by_name = dict(zip(names, tf.nest.flatten(specs)))
    # All that is written calls the one graph of it.
    run = tf.function(run, autograph=False)

    def serve(inputs):
        if isinstance(inputs, dict) and set(inputs) == set(names):
            inputs = tf.nest.pack_sequence_as(
                specs, [inputs[name] for name in names]
            )
        return run(inputs)

    parts = _parts(by_name)
    argument_names = signature_names.to_identifiers(parts)

    def signature(**arguments):
        parts = {
            name: arguments[argument]
            for name, argument in argument_names.items()
        }
        inputs = [
            _assembled(name, spec, parts) for name, spec in by_name.items()
        ]
        return flat(run(tf.nest.pack_sequence_as(specs, inputs)))

    serve = tf.function(serve, autograph=False)
    signature = tf.function(signature, autograph=False)
    arguments = {
        argument: tf.TensorSpec(parts[name].shape, parts[name].dtype, argument)
        for name, argument in argument_names.items()
    }
    with tf_internal.tracing_for_saved_model(_OPTIONS):
        serve.get_concrete_function(by_name)
        if set(by_name) != (set(specs) if isinstance(specs, dict) else None):
            serve.get_concrete_function(specs)
        signature = signature.get_concrete_function(**arguments)
    return Endpoint(serve, signature, argument_names, method)


def write(path, attributes, signatures, options=None):
    """Writes a SavedModel.

    Arguments:
        path: String: the folder, which is made.
        attributes: Dict of names to functions, and to structures of variables,
            tables and other resources: what the loaded object has.
        signatures: Dict of names to `Endpoint`, or to functions as
            `tf.saved_model.save` takes them.
        options: `tf.saved_model.SaveOptions`.

    Raises:
        ValueError: If a function needs a variable or table that is not among
            the attributes.
    """
    root = tf_internal.AutoTrackable()
    for name, value in attributes.items():
        setattr(root, name, value)
    endpoints = {
        name: endpoint
        for name, endpoint in signatures.items()
        if isinstance(endpoint, Endpoint)
    }
    functions = {name: x.signature for name, x in endpoints.items()}
    try:
        tf.saved_model.save(
            root,
            path,
            signatures={**signatures, **functions},
            options=options or _OPTIONS,
        )
    except AssertionError as error:
        # TensorFlow's own word for it, which names the resource.
        raise ValueError(
            "A function that is to be exported uses a variable or table that "
            f"is not tracked. Received: endpoints={sorted(signatures)}. Call "
            "`archive.track(...)` with the layer or object that it belongs "
            f"to. {error}"
        ) from error
    signature_names.revise(path, endpoints)


def input_specs(model):
    """Returns the specs of a model's inputs, in their structure.

    Raises:
        ValueError: If they are not known.
    """
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


def input_names(model, specs):
    """Returns names for a model's inputs, in the order of `tf.nest`.

    Arguments:
        model: A model.
        specs: Structure of the specs of its inputs.
    """
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


def _flat_outputs(outputs, names, first):
    """Returns a dict of dense tensors.

    Arguments:
        outputs: Structure of tensors.
        names: List of names for them; any other number of names is passed over.
        first: Integer: the number of the first output that has no name.
    """
    flat = tf.nest.flatten(outputs)
    if len(names) != len(flat):
        if isinstance(outputs, dict):
            names = structure.paths(outputs)
        else:
            names = [f"output_{i + first}" for i in range(len(flat))]
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


def resources(model):
    """Returns the variables and the tables below a model or layer.

    Arguments:
        model: A model or layer.
    """
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
