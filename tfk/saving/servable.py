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
import functools
import inspect
import os
import warnings

import tensorflow as tf

from tfk.saving import folders
from tfk.saving import saver_nodes
from tfk.saving import signature_names
from tfk.utils import caller
from tfk.utils import collector
from tfk.utils import structure
from tfk.utils import tf_internal

PREDICT = "tensorflow/serving/predict"

# With gradients by hand, such as those of `swish` and LSTM: programs that load
# a model may train it further.
_OPTIONS = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
_WITHOUT_SAVER = tf.saved_model.SaveOptions(
    experimental_custom_gradients=True, experimental_skip_saver=True
)
# What such programs look for.
LISTS = ("variables", "trainable_variables", "non_trainable_variables")


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


def as_layer(model, specs=None):
    """Returns what programs look for that go on training what they load.

    It is what TensorFlow calls a reusable SavedModel: `loaded(x)` and
    `loaded(x, training=True)`, the variables, and losses of the weights.

    Arguments:
        model: A model that was built.
        specs: Structure of `tf.TypeSpec` of the inputs; by default what the
            model says.

    Returns:
        A dict of names to functions and lists.
    """
    specs = input_specs(model) if specs is None else specs
    run = inference(model, specs)

    @functools.partial(tf.function, autograph=False)
    def call(inputs, training=False):
        return run(inputs, training)

    with tf_internal.tracing_for_saved_model(_OPTIONS):
        call.get_concrete_function(specs, training=False)
        try:
            call.get_concrete_function(specs, training=True)
        except Exception as error:
            # Of what the user's code does in training, to predict is enough.
            warnings.warn(
                f"Model '{model.name}' is saved, but other programs that load "
                "it can't train it: it could not be called with training=True "
                f"({error!r}).",
                stacklevel=caller.stacklevel(),
            )
        losses = _traced_losses(model)
    lists = {name: list(getattr(model, name)) for name in LISTS}
    return {"__call__": call, "regularization_losses": losses, **lists}


def _traced_losses(model):
    """Returns functions of those losses of weights that a graph can hold."""
    traced = []
    for loss in model._weight_losses():
        function = tf.function(loss, autograph=False)
        try:
            outputs = function.get_concrete_function().structured_outputs
        except Exception as error:  # Of the user's code, as above.
            warnings.warn(
                f"Model '{model.name}' is saved, but not one of its losses of "
                f"weights, which can't be computed in a graph ({error!r}).",
                stacklevel=caller.stacklevel(),
            )
            continue
        if outputs is not None:
            traced.append(function)
    return traced


def of_function(function, specs, names, method=PREDICT):
    """Returns the endpoint that runs a function.

    Arguments:
        function: Function of tensors.
        specs: List of `tf.TypeSpec`, or of structures of them: its arguments.
        names: List of the names of the tensors, in the order of `tf.nest`.
        method: As in `Endpoint`.
    """

    serve = function
    if not hasattr(function, "get_concrete_function"):
        serve = tf.function(function, autograph=False)

    def run(inputs):
        return serve(*inputs)

    def flat(outputs):
        return _flat_outputs(outputs, [], first=0)

    by_name = dict(zip(names, tf.nest.flatten(specs)))
    with tf_internal.tracing_for_saved_model(_OPTIONS):
        serve.get_concrete_function(*specs)
        signature = _signature(run, tuple(specs), by_name, flat)
    return Endpoint(serve, *signature, method)


def _endpoint(run, specs, names, flat, method):
    """Makes an endpoint of a function of one structure of tensors."""
    by_name = dict(zip(names, tf.nest.flatten(specs)))

    def serve(inputs):
        if isinstance(inputs, dict) and set(inputs) == set(names):
            return body(
                tf.nest.pack_sequence_as(
                    specs, [inputs[name] for name in names]
                )
            )
        return run(inputs)

    # All that is written calls one graph of the function, that of `serve` for
    # the structure wherever it can't be mistaken for the inputs by name.
    kinds = [specs, by_name]
    if isinstance(specs, dict) and set(specs) == set(names):
        kinds = [by_name]
        is_by_name = names == sorted(specs) and specs == by_name
        body = tf.function(run, autograph=False)
        serve = body if is_by_name else tf.function(serve, autograph=False)
    else:
        serve = body = tf.function(serve, autograph=False)
    with tf_internal.tracing_for_saved_model(_OPTIONS):
        for kind in kinds:
            serve.get_concrete_function(kind)
        signature = _signature(body, specs, by_name, flat)
    return Endpoint(serve, *signature, method)


def _signature(body, specs, by_name, flat):
    """Traces a function for serving.

    Arguments:
        body: Function of one structure of tensors.
        specs: That structure, of specs.
        by_name: Dict of the names of the tensors to their specs.
        flat: Function of what `body` returns to a dict of dense tensors.

    Returns:
        Two attributes of an `Endpoint`: `signature` and `argument_names`.
    """
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
        return flat(body(tf.nest.pack_sequence_as(specs, inputs)))

    arguments = {
        argument: tf.TensorSpec(parts[name].shape, parts[name].dtype, argument)
        for name, argument in argument_names.items()
    }
    traced = tf.function(signature, autograph=False)
    return traced.get_concrete_function(**arguments), argument_names


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
    functions = {**signatures, **functions}
    if options is None and saver_nodes.are_enough(attributes):
        _save(root, path, functions, _WITHOUT_SAVER)
        with _graph_of(path) as graph:
            signature_names.revise(graph, endpoints)
            is_done = saver_nodes.add(graph, f"{path}/variables/variables")
        if is_done:
            return
    _save(root, path, functions, options or _OPTIONS)
    if signature_names.are_to_be_revised(endpoints):
        with _graph_of(path) as graph:
            signature_names.revise(graph, endpoints)


def _save(root, path, signatures, options):
    try:
        tf.saved_model.save(root, path, signatures, options)
    except AssertionError as error:
        # TensorFlow's own word for it, which names the resource.
        raise ValueError(
            "A function that is to be exported uses a variable or table that "
            f"is not tracked. Received: endpoints={sorted(signatures)}. Call "
            "`archive.track(...)` with the layer or object that it belongs "
            f"to. {error}"
        ) from error


@contextlib.contextmanager
def _graph_of(path):
    """Gives the graph of a SavedModel that was just written, to change it."""
    file = os.path.join(path, _PARTS[0])
    with tf.io.gfile.GFile(file, "rb") as stream:
        saved = tf_internal.SavedModelProto.FromString(stream.read())
    (graph,) = saved.meta_graphs
    yield graph
    tf.io.gfile.remove(file)  # To a file in `ram://` TensorFlow would append.
    with tf.io.gfile.GFile(file, "wb") as stream:
        stream.write(saved.SerializeToString(deterministic=True))
    tf_internal.write_fingerprint(path)


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
        specs: Structure of the specs of its inputs, or a dict of those of the
            arguments of its `call` by their names.
    """
    first = _first_argument(model)
    by_argument = _are_by_argument(model, specs)

    def run(inputs, training=False):
        if not by_argument:
            return model(inputs, training=training)
        more = {name: x for name, x in inputs.items() if name != first}
        return model(inputs[first], training=training, **more)

    return run


def _are_by_argument(model, specs):
    """Whether specs are a dict of a model's arguments, not of its first one."""
    if not isinstance(specs, dict):
        return False
    saved = model.save_spec()
    (seen,), others = saved if saved else ((None,), {})
    first, *rest = inspect.signature(model.call).parameters
    if isinstance(seen, dict) and set(seen) == set(specs):
        return False
    known = {first, *rest, *others} - {"training", "mask"}
    return first in specs and specs.keys() <= known


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
        value = tf.SparseTensor(
            parts[f"{name}_indices"],
            parts[f"{name}_values"],
            tf.ensure_shape(parts[f"{name}_dense_shape"], [spec.shape.rank]),
        )
        value.set_shape(spec.shape)
        return value
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
