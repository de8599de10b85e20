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

import contextlib
import dataclasses
import inspect

import tensorflow as tf

from tfk.saving import folders
from tfk.saving import signature_names
from tfk.utils import collector
from tfk.utils import structure
from tfk.utils import tf_internal

PREDICT = "tensorflow/serving/predict"

# What is written only predicts. Gradients by hand, such as those of LSTM and
# GRU, would be written as functions that compute the way forward again.
_OPTIONS = tf.saved_model.SaveOptions(experimental_custom_gradients=False)


# What a SavedModel is made of. Other things in its folder, such as requests
# that a server warms up with, are the user's.
ARCHIVE = "assets.extra/model.keras"
_PARTS = (
    "saved_model.pb",
    "saved_model.pbtxt",
    "saved_model.cpb",
    "fingerprint.pb",
    "keras_metadata.pb",
    "variables",
    "assets",
    "debug",
    ARCHIVE,
)


@contextlib.contextmanager
def replacing(path):
    """Gives the name of a new SavedModel, which takes the place of `path`.

    Arguments:
        path: String: the folder to make or to replace.
    """
    with collector.paused(), folders.replacing(path, _PARTS) as temporary:
        yield temporary


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
    call = inference(model, specs)

    def run(inputs):
        outputs = call(inputs)
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

    They are those of the first argument of its `call`, or if it was called on
    more, a dict of all by their names.

    Raises:
        ValueError: If they are not known.
    """
    saved = model.save_spec()
    if saved is None:
        raise ValueError(
            f"Model '{model.name}' can't be exported: it is not known what "
            "inputs it takes. Call it on data, or `fit` it, first."
        )
    (specs,), others = saved
    if not others:
        return specs
    return {_first_argument(model): specs, **others}


def inference(model, specs):
    """Returns the function that runs a model on one structure of tensors.

    Arguments:
        model: A model.
        specs: Structure of the specs of its inputs.
    """
    saved = model.save_spec()
    others = saved[1] if saved else {}
    first = _first_argument(model) if others else None
    takes_one = not isinstance(specs, dict) or set(specs) != {first, *others}

    def run(inputs):
        if takes_one:
            return model(inputs, training=False)
        more = {name: inputs[name] for name in others}
        return model(inputs[first], training=False, **more)

    return run


def _first_argument(model):
    return next(iter(inspect.signature(model.call).parameters))


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
        _add_parts(parts, _parts_of(name, spec), "input")
    return parts


def _add_parts(parts, more, kind):
    """Adds parts of a tensor, whose names must be those of no other."""
    taken = sorted(set(parts) & set(more))
    if taken:
        raise ValueError(
            f"Two {kind}s of a signature would have one name. Received: the "
            f"name {taken[0]!r} twice, of which one may be that of a part of a "
            f"ragged or sparse {kind}. Give the {kind} another name."
        )
    parts.update(more)


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
        _add_parts(parts, _parts_of_value(name, value), "output")
    return parts


def _parts_of_value(name, value):
    if isinstance(value, tf.SparseTensor):
        return {
            f"{name}_indices": value.indices,
            f"{name}_values": value.values,
            f"{name}_dense_shape": value.dense_shape,
        }
    if isinstance(value, tf.RaggedTensor):
        keys = _split_names(name, value.ragged_rank)
        splits = dict(zip(keys, value.nested_row_splits))
        return {f"{name}_values": value.flat_values, **splits}
    # A signature must not give back the very tensor it was given.
    return {name: tf.identity(value)}
