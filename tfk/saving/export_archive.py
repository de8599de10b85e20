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
"""SavedModels with endpoints of the user's choice."""

import inspect
import os

import tensorflow as tf

from tfk.saving import classification
from tfk.saving import resources
from tfk.saving import servable
from tfk.utils import structure
from tfk.utils import tf_internal

_DEFAULT = "serving_default"
# What the loaded object has of its own.
_RESERVED = frozenset({*servable.LISTS, "signatures", "resources"})


class ExportArchive:
    """Writes SavedModels with several endpoints.

    Use it where `model.export(path)` does not do: for more than one function,
    for functions other than the model's call, or for labels beside numbers.
    What is written runs in TensorFlow Serving and in any program with
    TensorFlow, without tfk. Each endpoint is a function of the loaded object
    and a signature of the same name; the first is `serving_default`, too.

    Example:

    >>> import tempfile
    >>> path = tempfile.mkdtemp()
    >>> model = tfk.Sequential([tfk.Input((3,), name="x"), tfk.layers.ReLU()])
    >>> archive = tfk.export.ExportArchive()
    >>> archive.add_endpoint("serve", model)
    >>> archive.add_endpoint(
    ...     "total",
    ...     lambda x: tf.reduce_sum(model(x), axis=-1),
    ...     input_signature=[tf.TensorSpec((None, 3), tf.float32, name="x")],
    ... )
    >>> archive.write_out(path)
    >>> tf.saved_model.load(path).total(tf.constant([[-1.0, 2.0, 3.0]])).numpy()
    array([5.], dtype=float32)
    """

    def __init__(self):
        self._tracked = []
        self._endpoints = {}
        self._collections = {}

    def track(self, resource):
        """Takes up what endpoints need: a layer, model, variable or table.

        Models that are endpoints themselves are taken up by themselves.

        Arguments:
            resource: A layer or model that is built, or any other object that
                TensorFlow tracks.

        Raises:
            ValueError: If it is no such object, or has no weights yet.
        """
        if not _is_trackable(resource):
            raise ValueError(
                "`track` takes layers, models, variables, tables and other "
                "objects that TensorFlow tracks. Received: "
                f"resource={resource!r}."
            )
        if not getattr(resource, "built", True):
            raise ValueError(
                f"Layer '{resource.name}' has no weights yet, so it can't be "
                "exported. Call it on data, or `build` it, first."
            )
        if all(resource is not known for known in self._tracked):
            self._tracked.append(resource)

    def add_endpoint(self, name, fn, input_signature=None):
        """Adds a function of the user's, or a model.

        Arguments:
            name: String: the name of the function and of its signature.
            fn: Function of tensors, or a model, which then runs in inference
                mode and takes its inputs by name.
            input_signature: List of what the arguments of `fn` are, each a
                `tf.TypeSpec` or a structure of them. A tensor's name in the
                signature is its key in a dict, else that of its spec, else that
                of the argument. May be left out for models, and for a
                `tf.function` that has one or was called.

        Raises:
            ValueError: If the name is taken, or it is not known what the
                function takes.
        """
        self._check_name(name)
        if hasattr(fn, "save_spec"):
            self.track(fn)
            specs = None
            if input_signature is not None:
                specs = _as_specs(input_signature)
                specs = specs[0] if len(specs) == 1 else list(specs)
            self._endpoints[name] = servable.of_model(fn, specs)
            return
        if not callable(fn):
            raise ValueError(
                "An endpoint is a function or a model. Received: "
                f"name={name!r}, fn={fn!r}."
            )
        if input_signature is None:
            specs = _known_specs(fn, name)
        else:
            specs = _as_specs(input_signature)
        names = _names(fn, specs)
        self._endpoints[name] = servable.of_function(fn, specs, names)

    def track_and_add_endpoint(self, name, resource, input_signature, **kwargs):
        """Adds a layer or model as an endpoint, and takes up its weights.

        Arguments:
            name: String: the name of the function and of its signature.
            resource: A layer or model.
            input_signature: As in `add_endpoint`.
            **kwargs: Further arguments of the call, such as `training=False`.
        """
        self.track(resource)

        def call(*inputs):
            return resource(*inputs, **kwargs)

        self.add_endpoint(name, call, input_signature)

    def add_classify_endpoint(
        self, name, model, labels=None, top_k=None, from_examples=False
    ):
        """Adds a classifier that gives the best labels and their scores.

        Arguments:
            name: String: the name of the function and of its signature.
            model: A model with one output `(batch, classes)` of scores, such
                as the probabilities of a softmax; the order of the classes is
                that of the scores.
            labels: List of strings: the names of the classes. Their numbers by
                default.
            top_k: Integer: how many of them to give. All by default.
            from_examples: Boolean: whether it takes `inputs`, a batch of
                serialized `tf.train.Example`, with the model's inputs as
                features. It then answers TensorFlow Serving's requests to
                classify. If False, it takes the inputs of the model by name
                and answers requests to predict.

        Raises:
            ValueError: If the labels and the model's output don't go together.

        Example:

        >>> import tempfile
        >>> path = tempfile.mkdtemp()
        >>> model = tfk.Sequential([tfk.Input((3,)), tfk.layers.Softmax()])
        >>> archive = tfk.export.ExportArchive()
        >>> archive.add_classify_endpoint(
        ...     "classify", model, labels=["ant", "bee", "cat"], top_k=2
        ... )
        >>> archive.write_out(path)
        >>> served = tf.saved_model.load(path)
        >>> served.classify(tf.constant([[1.0, 2.0, 3.0]]))["classes"].numpy()
        array([[b'cat', b'bee']], dtype=object)
        """
        self._check_name(name)
        self.track(model)
        self._endpoints[name] = classification.endpoint(
            model, labels, top_k, from_examples
        )

    def add_variable_collection(self, name, variables):
        """Adds a list of variables as an attribute of the loaded object.

        Arguments:
            name: String: the attribute.
            variables: List of variables.
        """
        self._check_name(name)
        variables = list(variables)
        for variable in variables:
            if not isinstance(variable, tf.Variable):
                raise ValueError(
                    "A collection is a list of variables. Received: "
                    f"name={name!r}, with {variable!r} in it."
                )
        self._collections[name] = variables

    def write_out(self, filepath, options=None):
        """Writes the SavedModel.

        Arguments:
            filepath: Path of a folder, which is made or replaced.
            options: `tf.saved_model.SaveOptions`.

        Raises:
            ValueError: If there is no endpoint, or one uses a variable or
                table that was not tracked.
        """
        if not self._endpoints:
            raise ValueError(
                "There is nothing to export: call `add_endpoint` before "
                "`write_out`."
            )
        signatures = dict(self._endpoints)
        signatures.setdefault(_DEFAULT, next(iter(signatures.values())))
        attributes = {
            **{name: x.function for name, x in self._endpoints.items()},
            **self._collections,
            **{name: self._list(name) for name in servable.LISTS},
            "resources": self._resources(),
        }
        # That of TFSMLayer and `tf.saved_model.load`: `loaded.signatures`.
        attributes.pop(_DEFAULT, None)
        with servable.replacing(os.fspath(filepath)) as temporary:
            servable.write(temporary, attributes, signatures, options)

    def _check_name(self, name):
        taken = {*self._endpoints, *self._collections, *_RESERVED}
        if (
            not isinstance(name, str)
            or not name.isidentifier()
            or name.startswith("_")
            or name in taken
        ):
            raise ValueError(
                "The name of an endpoint or collection must be an identifier "
                f"that is not taken. Received: name={name!r}. Taken are "
                f"{sorted(taken)}."
            )

    def _list(self, kind):
        found = {}
        for resource in self._tracked:
            for variable in getattr(resource, kind, ()):
                found[id(variable)] = variable
        return list(found.values())

    def _resources(self):
        found = []
        for resource in self._tracked:
            if hasattr(resource, "save_own_variables"):
                found += resources.below(resource)
            else:
                found.append(resource)
        return found


def _is_trackable(resource):
    kinds = (tf.Module, tf.Variable, tf_internal.AutoTrackable)
    return isinstance(resource, kinds) or isinstance(
        resource, tf_internal.Trackable
    )


def _as_specs(input_signature):
    """Returns the specs of the arguments as a tuple."""
    if not isinstance(input_signature, (list, tuple)):
        input_signature = [input_signature]
    return tuple(
        tf.nest.map_structure(_as_spec, argument)
        for argument in input_signature
    )


def _as_spec(value):
    spec = getattr(value, "type_spec", value)
    if spec is not value and type(spec) is tf.TensorSpec:
        # A symbolic input, which a layer with a name has made.
        spec = tf.TensorSpec(spec.shape, spec.dtype, value.node.layer.name)
    if not isinstance(spec, tf.TypeSpec):
        raise ValueError(
            "`input_signature` is a list of `tf.TensorSpec`, or of structures "
            f"of them. Received: {value!r} in it."
        )
    return spec


def _known_specs(function, name):
    """Returns what a `tf.function` was made or called for."""
    known = getattr(function, "input_signature", None)
    if known is not None:
        return tuple(known)
    traces = tf_internal.traces_of(function)
    if len(traces) == 1:
        arguments, keywords = traces[0].structured_input_signature
        if not keywords:
            return tuple(arguments)
    raise ValueError(
        f"It is not known what endpoint {name!r} takes. Received: "
        f"fn={function!r}, which was traced {len(traces)} times. Pass "
        "`input_signature=[tf.TensorSpec(shape, dtype, name=...)]`."
    )


def _names(function, specs):
    """Returns names for the tensors of the arguments, in their order."""
    function = getattr(function, "python_function", function)
    parameters = list(inspect.signature(function).parameters.values())
    names = [x.name for x in parameters if x.kind is not x.VAR_POSITIONAL]
    names += [f"inputs_{i}" for i in range(len(names), len(specs))]
    found = []
    for name, argument in zip(names, specs):
        leaves = tf.nest.flatten(argument)
        if isinstance(argument, dict):
            found += structure.paths(argument)
            continue
        many = len(leaves) > 1
        for index, spec in enumerate(leaves):
            found.append(
                getattr(spec, "name", None)
                or (f"{name}_{index}" if many else name)
            )
    if len(set(found)) < len(found):
        raise ValueError(
            "The inputs of an endpoint must have names of their own. "
            f"Received: {found}. Name them: `tf.TensorSpec(..., name=...)`."
        )
    return found
