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
"""Models that are one chain of layers."""

import tensorflow as tf

from tfk.engine import graph as graph_lib
from tfk.engine.input_layer import Input
from tfk.engine.input_layer import InputLayer
from tfk.engine.layer import Layer
from tfk.engine.model import Model
from tfk.saving import budget
from tfk.saving import registry
from tfk.saving import serialization


class Sequential(Model):
    """A chain of layers, each of which takes what the one before gives.

    With an `Input` (or an `input_shape` in the first layer) the model is
    built at once; without, when it first sees data.

    Arguments:
        layers: List of layers.
        name: String: the model's name.

    Example:

    >>> model = tfk.Sequential(
    ...     [
    ...         tfk.Input(shape=(4,)),
    ...         tfk.layers.Dense(8, activation="relu"),
    ...         tfk.layers.Dense(1),
    ...     ]
    ... )
    >>> model.output_shape
    (None, 1)
    """

    def __init__(self, layers=None, name=None):
        super().__init__(name=name)
        self._chain = []
        vars(self)["_is_inferred"] = False
        if layers is not None:
            if not isinstance(layers, (list, tuple)):
                layers = [layers]
            for layer in layers:
                self._append(layer)
            self._connect()

    @property
    def layers(self):
        """The layers of the chain."""
        return [x for x in self._chain if not isinstance(x, InputLayer)]

    def _children_among(self, items):
        children = super()._children_among(items)
        chain = list(self._chain)
        seen = {id(x) for x in chain}
        return [*chain, *(x for x in children if id(x) not in seen)]

    def add(self, layer):
        """Adds a layer at the end.

        Arguments:
            layer: A layer.
        """
        self._append(layer)
        self._connect()

    def _append(self, layer):
        origin = getattr(layer, "node", None)
        if origin is not None and isinstance(origin.layer, InputLayer):
            layer = origin.layer
        if isinstance(layer, tf.Module) and not isinstance(layer, Layer):
            layer = _ModuleLayer(layer)
        if not isinstance(layer, Layer):
            hint = (
                f"Make an object of the class: `{layer.__name__}(...)`."
                if isinstance(layer, type)
                else "Wrap a function in `tfk.layers.Lambda`."
            )
            raise TypeError(
                "A `Sequential` model is made of layers. Received: "
                f"{layer!r} (of type {type(layer).__name__}). {hint}"
            )
        if any(layer.name == other.name for other in self._chain):
            raise ValueError(
                "The layers of a model must have different names. Received: "
                f"two layers named '{layer.name}'. Pass another `name` to one "
                "of them."
            )
        if not self._chain and not isinstance(layer, InputLayer):
            first = _first_shape(layer)
            if first is not None:
                shape, dtype = first
                self._chain.append(
                    InputLayer(
                        batch_input_shape=shape,
                        dtype=dtype,
                        name=f"{layer.name}_input",
                    )
                )
        self._chain.append(layer)

    def pop(self):
        """Removes the last layer."""
        if not self.layers:
            raise TypeError("The model has no layers to remove.")
        self._chain.pop()
        self._disconnect()
        self._connect()

    def _disconnect(self):
        if self._functional_graph is not None:
            _forget(self._functional_graph.computing_nodes)
        vars(self).update(
            _functional_graph=None,
            _stage_split=None,
            built=False,
            _is_inferred=False,
        )
        self.reset_functions()

    def _connect(self):
        """Records the chain, if it begins with an input."""
        if not self._chain or not isinstance(self._chain[0], InputLayer):
            if vars(self).get("_is_inferred"):
                self._disconnect()
            return
        layers = self.layers
        tensor = self._chain[0].inbound_nodes[0].outputs
        previous = self._functional_graph
        if previous is not None and len(layers) > 1:
            # `add` goes on from the former end.
            tensor = layers[-1](previous.outputs)
            self._set_graph(graph_lib.Graph(previous.inputs, tensor))
            return
        if layers:
            self._record_chain(tensor)

    def _record_chain(self, inputs):
        """Calls the layers one after the other."""
        if self._functional_graph is not None:
            _forget(self._functional_graph.computing_nodes)
        tensor, nodes = inputs, []
        try:
            for layer in self.layers:
                tensor = layer(tensor)
                nodes.append(layer.inbound_nodes[-1])
        except Exception:
            _forget(nodes)
            raise
        self._set_graph(graph_lib.Graph(inputs, tensor))

    def build(self, input_shape=None):
        """Makes the weights for a shape of the inputs.

        Arguments:
            input_shape: Tuple with the batch axis.
        """
        if self._functional_graph is not None or not self._chain:
            self.built = True
            return
        if input_shape is None:
            raise ValueError(
                f"Model '{self.name}' needs an `input_shape` to be built, with "
                "the batch axis first, for instance `(None, 10)`."
            )
        self._infer(tf.TensorSpec(input_shape, self.compute_dtype))

    def _infer(self, spec):
        """Records the chain on an input like the one seen."""
        shape = spec.shape
        if type(spec) is tf.TensorSpec and shape.rank:
            shape = tf.TensorShape([None]).concatenate(shape[1:])
            spec = tf.TensorSpec(shape, spec.dtype)
        functions = self._functions
        self._record_chain(Input(type_spec=spec))
        vars(self).update(
            _is_inferred=True,
            _functions=functions,
            _build_input_shape=spec.shape,
        )
        self._set_dtype_policy(self._dtype_policy)

    def _build_once(self, inputs):
        self._record_specs(inputs)
        is_single = not isinstance(inputs, (list, tuple, dict))
        if is_single and not any(layer.dynamic for layer in self.layers):
            try:
                self._infer(tf.type_spec_from_value(inputs))
                return
            except NotImplementedError:
                pass  # A layer that runs on real tensors only.
        self.built = True

    def call(self, inputs, training=None, mask=None):
        """Computes the outputs.

        Arguments:
            inputs: Tensor.
            training: Boolean: whether layers run in training mode.
            mask: Mask of the inputs.
        """
        if self._is_inferred and self._main_graph is None:
            self._widen(inputs)
        if self._functional_graph is not None:
            return super().call(inputs, training=training, mask=mask)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def _widen(self, inputs):
        """Opens axes of an inferred input that turn out to vary."""
        known = self._functional_graph.flat_inputs[0].type_spec
        if type(known) is not tf.TensorSpec or not tf.is_tensor(inputs):
            return
        shape = inputs.shape
        if known.shape.rank is None or shape.rank != known.shape.rank:
            return
        if not known.shape.is_compatible_with(shape):
            wide = known.shape.most_specific_compatible_shape(shape)
            if wide[-1] == known.shape[-1] or known.shape.rank == 2:
                with tf.init_scope():
                    self._infer(tf.TensorSpec(wide, known.dtype))

    def compute_output_shape(self, input_shape):
        """Returns the shape of the outputs for a shape of the inputs."""
        shape = input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
        return shape

    def _is_plain_functional(self):
        return False

    def get_config(self):
        """Returns what `from_config` needs to make an equal model."""
        config = {
            "name": self.name,
            "layers": [
                serialization.serialize_keras_object(layer)
                for layer in self._chain
            ],
        }
        if self._is_inferred and self._build_input_shape is not None:
            config["build_input_shape"] = tuple(self._build_input_shape)
            dtype = self._functional_graph.flat_inputs[0].dtype
            if dtype != self.compute_dtype:
                config["build_input_dtype"] = dtype.name
        return config

    def get_build_config(self):
        if self._functional_graph is None:
            return None
        return {"input_shape": self.input_shape}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a model from the output of `get_config`.

        Arguments:
            config: Dict, or a list of layers' configs.
            custom_objects: Dict of names to classes and functions.
        """
        name, build_shape, build_dtype, layers = None, None, None, config
        if isinstance(config, dict):
            name, layers = config.get("name"), config["layers"]
            build_shape = config.get("build_input_shape")
            build_dtype = config.get("build_input_dtype")
        budget.check_count(len(layers), "layers")
        with registry.preserved_scopes(custom_objects):
            revived = [
                serialization.deserialize_keras_object(
                    entry, safe_mode=serialization.in_safe_mode()
                )
                for entry in layers
            ]
            model = cls(revived, name=name)
        if build_shape and model._functional_graph is None and revived:
            dtype = build_dtype or model.compute_dtype
            model._infer(tf.TensorSpec(build_shape, dtype))
        return model

    def build_from_config(self, config):
        shape = config.get("input_shape")
        if shape is not None and self._functional_graph is None and self.layers:
            self.build(tuple(shape))


class _ModuleLayer(Layer):
    """A `tf.Module` as a layer."""

    def __init__(self, module):
        super().__init__(name=None)
        self.module = module

    def call(self, inputs):
        return self.module(inputs)


def _forget(nodes):
    """Takes back recorded calls, so that their layers have one output."""
    for node in nodes:
        node.layer.inbound_nodes.remove(node)
        for x in node.inputs:
            x.node.layer.outbound_nodes.remove(node)


def _first_shape(layer):
    """Returns the input shape that a first layer says, and the dtype."""
    if layer._batch_input_shape is not None:
        return layer._batch_input_shape, layer.compute_dtype
    graph = getattr(layer, "_functional_graph", None)
    if graph is not None and len(graph.flat_inputs) == 1:
        spec = graph.flat_inputs[0].type_spec
        if type(spec) is tf.TensorSpec and spec.shape.rank is not None:
            return tuple(spec.shape), spec.dtype
    return None


registry.add_builtins("keras", {"Sequential": Sequential})
registry.add_builtins("keras.models", {"Sequential": Sequential})
