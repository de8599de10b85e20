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
"""Models: layers that are trained, saved and served."""

import tensorflow as tf

from tfk import optimizers
from tfk.engine import added_value
from tfk.engine import call_specs
from tfk.engine import graph as graph_lib
from tfk.engine import graph_config
from tfk.engine import layer_state
from tfk.engine import masking
from tfk.engine import model_files
from tfk.engine import model_graph
from tfk.engine import model_inputs
from tfk.engine import model_stages
from tfk.engine import seen_calls
from tfk.engine import summary as summary_lib
from tfk.engine import symbolic
from tfk.engine import tracing
from tfk.engine import training
from tfk.engine.layer import Layer
from tfk.engine.layer import shapes_of
from tfk.saving import api as saving_api
from tfk.saving import registry
from tfk.utils import naming
from tfk.utils import structure

_NO_STRATEGY = tf.distribute.get_strategy()


class Model(
    training.Trainer,
    model_graph.ModelGraph,
    model_stages.ModelStages,
    model_files.ModelFiles,
    Layer,
):
    """A layer that can be trained, evaluated, saved and served.

    Make one of symbolic inputs and outputs, or subclass it, keep layers as
    attributes and write `call`.

    Arguments:
        inputs: Symbolic tensor, or a nested structure of them.
        outputs: Symbolic tensor, or a nested structure of them.
        name: String: the model's name.
        trainable: Boolean: whether the weights are changed by training.
        **kwargs: Further arguments of `tfk.layers.Layer`.

    Example:

    >>> inputs = tfk.Input(shape=(4,))
    >>> outputs = tfk.layers.Dense(2, activation="softmax")(inputs)
    >>> model = tfk.Model(inputs, outputs)
    >>> model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    >>> history = model.fit(np.ones((8, 4)), np.ones(8), verbose=0)
    >>> model.predict(np.ones((3, 4)), verbose=0).shape
    (3, 2)

    With a subclass:

    >>> class Classifier(tfk.Model):
    ...     def __init__(self, num_classes, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.num_classes = num_classes
    ...         self.dense = tfk.layers.Dense(num_classes)
    ...
    ...     def call(self, inputs):
    ...         return self.dense(inputs)
    >>> Classifier(3)(tf.ones((1, 4))).shape
    TensorShape([1, 3])
    """

    _seen_calls = None
    _distribute_strategy = None

    def __init__(self, *args, **kwargs):
        inputs, outputs, args, kwargs = _split_arguments(args, kwargs)
        if args:
            if not isinstance(args[0], (str, type(None))):
                raise TypeError(
                    "A functional model is made of symbolic tensors, as "
                    "`tfk.Input` makes them. Received: "
                    f"inputs={structure.describe(args[0])}."
                )
            names = ("name", "trainable", "dtype", "dynamic")
            kwargs.update(zip(names, args))
        super().__init__(**kwargs)
        if type(self).compute_mask is Model.compute_mask:
            # The masks of the outputs are those that the layers inside set.
            vars(self).pop("supports_masking", None)
        vars(self).update(
            _distribute_strategy=(
                tf.distribute.get_strategy()
                if tf.distribute.has_strategy()
                else None
            ),
            _functions={},
        )
        if outputs is not None:
            self._set_graph(graph_lib.from_inputs(inputs, outputs))

    @property
    def layers(self):
        """The layers directly below, in order."""
        return [x for x in self._children() if isinstance(x, Layer)]

    def _children_among(self, items):
        children = super()._children_among(items)
        if self._functional_graph is None:
            return children
        seen = {id(layer) for layer in self._functional_graph.layers}
        return [
            *self._functional_graph.layers,
            *(x for x in children if id(x) not in seen),
        ]

    def get_layer(self, name=None, index=None):
        """Returns a layer by its name or its index.

        Arguments:
            name: String.
            index: Integer: the place in `layers`.
        """
        if (name is None) == (index is None):
            raise ValueError(
                "`get_layer` takes either a `name` or an `index`. Received: "
                f"name={name!r}, index={index!r}."
            )
        layers = self.layers
        if index is not None:
            if index >= len(layers):
                raise ValueError(
                    f"The model has {len(layers)} layers. Received: "
                    f"index={index}. Indices go from 0 to {len(layers) - 1}."
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in layers]
        raise ValueError(
            f"The model has no layer named {name!r}."
            f"{naming.did_you_mean(name, names)} The layers are {names}."
        )

    # Calling

    def build(self, input_shape):
        """Makes the weights of a subclassed model for a shape of inputs.

        Arguments:
            input_shape: Tuple with the batch axis, or a structure of tuples.
        """
        if self._functional_graph is not None or self.built:
            self.built = True
            return
        own_call = type(self).call is not Model.call
        if own_call and input_shape is not None:
            dtype = self.compute_dtype
            spec = structure.map_shapes(
                lambda shape: tf.TensorSpec(shape, dtype), input_shape
            )
            self.built = True
            try:
                tracing.trace_outputs(self, spec)
                self._known_calls().first = spec
            except Exception as error:
                self.built = False
                error.add_note(
                    f"Model '{self.name}' can't be built from the shape "
                    f"{input_shape} alone. Call it on data instead."
                )
                raise
        super().build(input_shape)

    def _known_calls(self):
        """Returns the `SeenCalls` of a model without a graph."""
        if self._seen_calls is None:
            vars(self)["_seen_calls"] = seen_calls.SeenCalls()
        return self._seen_calls

    def _record_specs(self, inputs):
        """Keeps what a model without a graph was first called on."""
        self._known_calls().begin(inputs)

    def save_spec(self, dynamic_batch=True):
        """Returns the specs of the inputs as `(args, kwargs)`, or None.

        A model without a graph takes what it was called on; sizes that differed
        between calls are open.
        """
        if self._functional_graph is None:
            return self._known_calls().common_specs(
                self._casts_to, dynamic_batch
            )
        return (model_inputs.specs(self._functional_graph, dynamic_batch),), {}

    def _built_from(self, inputs, rest, kwargs):
        if self._functional_graph is None and self._is_built_by_call():
            arguments = self._call_arguments
            self._known_calls().building = call_specs.of_call(
                *arguments.by_name((inputs, *rest), kwargs)
            )
        return super()._built_from(inputs, rest, kwargs)

    def _call_in_scope(self, inputs, rest, kwargs):
        outputs = super()._call_in_scope(inputs, rest, kwargs)
        if self._functional_graph is None:
            self._known_calls().note(self, inputs, rest, kwargs)
        return outputs

    def get_build_config(self):
        """Returns what `build_from_config` needs to make the weights again."""
        config = super().get_build_config()
        if config is not None and self._known_calls().building is not None:
            config["call"] = call_specs.serialize(self._known_calls().building)
        return config

    def build_from_config(self, config):
        """Makes the weights again, from what `get_build_config` returned."""
        call = config.get("call")
        if self.built or not self._is_built_by_call():
            super().build_from_config(config)
        elif call is not None:
            specs = call_specs.deserialize(call)
            tracing.trace_outputs(
                lambda tensors: call_specs.run(self, specs, tensors),
                call_specs.of_tensors(specs),
            )
            shapes = structure.map_shapes(
                tf.TensorShape, config.get("input_shape")
            )
            self._known_calls().building = specs
            vars(self)["_build_input_shape"] = shapes
        elif not call_specs.needs_more(self._call_arguments):
            super().build_from_config(config)

    def _build_on(self, specs):
        """Makes the weights by a call that takes no memory.

        Arguments:
            specs: Structure of `tf.TypeSpec`: the inputs.
        """
        tracing.trace_outputs(self, specs)

    def _is_built_by_call(self):
        return type(self).build is Model.build

    def _build_once(self, inputs):
        self._record_specs(inputs)
        if not self._is_built_by_call():
            super()._build_once(inputs)
            return
        # The layers of a subclassed model are built as `call` reaches them.
        if "_dtype_policy" not in vars(self):
            super()._build_once(inputs)
        vars(self)["_build_input_shape"] = shapes_of(inputs)
        self.built = True

    def call(self, inputs, training=None, mask=None):
        """Computes the outputs: runs the graph of a functional model.

        Subclasses write their own.

        Arguments:
            inputs: Tensor or structure of tensors.
            training: Boolean: whether layers run in training mode.
            mask: Mask or structure of masks of the inputs.
        """
        del training
        if self._functional_graph is None:
            raise NotImplementedError(
                f"{type(self).__name__} has no `call`: write a method "
                "`call(self, inputs)`, or pass `inputs` and `outputs` to "
                "`super().__init__`."
            )
        main = self._main_graph
        if main is not None:
            return main.run(tf.nest.flatten(inputs))
        flat = self.conform_inputs(inputs)
        if mask is not None:
            flat = [
                masking.with_mask(x, m)
                for x, m in zip(flat, tf.nest.flatten(mask))
            ]
        return self._functional_graph.run(flat)

    def compute_output_shape(self, input_shape):
        """Returns the shapes of the outputs for shapes of the inputs.

        Arguments:
            input_shape: Tuple, `tf.TensorShape`, or a structure of them.
        """
        if self._functional_graph is None:
            return super().compute_output_shape(input_shape)
        inputs = model_inputs.of_shapes(
            input_shape, self._functional_graph, self.name
        )
        outputs = self._trace_outputs((inputs,), {})
        return tf.nest.map_structure(lambda x: x.shape, outputs)

    def compute_mask(self, inputs, mask=None):
        """Returns the masks of the outputs."""
        if self._functional_graph is None:
            return super().compute_mask(inputs, mask)
        outputs = self(inputs, mask=mask)
        return masking.collect_masks(outputs)

    def _with_masks(self, inputs, outputs, mask):
        # The layers of a graph have set the masks of the outputs already.
        if self._functional_graph is not None:
            return outputs
        return super()._with_masks(inputs, outputs, mask)

    def add_loss(self, losses, **kwargs):
        """Adds values to what training makes small; see `Layer.add_loss`."""
        for loss in tf.nest.flatten(losses):
            if symbolic.is_symbolic(loss):
                loss = added_value.AddLoss()(loss)
                self._add_extras([loss])
            else:
                super().add_loss(loss, **kwargs)

    def add_metric(self, value, name=None, **kwargs):
        """Reports a value with the metrics; see `Layer.add_metric`."""
        if symbolic.is_symbolic(value):
            layer = added_value.AddMetric(metric_name=name, **kwargs)
            self._add_extras([layer(value)])
        else:
            super().add_metric(value, name, **kwargs)

    # Weights

    @property
    def trainable_weights(self):
        """The weights that training changes."""
        if not self._trainable:
            return []
        own, below = self._own_and_below("trainable_variables")
        return layer_state.unique(below + [v for v in own if v.trainable])

    @property
    def weights(self):
        """All weights, layer by layer."""
        own, below = self._own_and_below("variables")
        return layer_state.unique(below + layer_state.trainable_first(own))

    def get_weight_paths(self):
        """Returns a dict of paths ("dense.kernel") to weights."""
        return dict(layer_state.named_weights(self))

    def quantize(self, mode="int8", only=None):
        super().quantize(mode, only)
        if isinstance(self.optimizer, optimizers.Optimizer):
            # What it knows of the weights in floats takes twice their memory.
            with self.distribute_strategy.scope():
                self.optimizer = type(self.optimizer).from_config(
                    self.optimizer.get_config()
                )

    def _named_children(self):
        # The names that tf.keras gives the layers of a graph in checkpoints, in
        # its order: TensorFlow goes by the first name under which it finds one.
        children = super()._named_children()
        if self._functional_graph is None:
            return children
        num_with_weights = 0
        for index, layer in enumerate(self.layers):
            if _has_weights_in_tf_keras(layer):
                children[f"layer_with_weights-{num_with_weights}"] = layer
                num_with_weights += 1
            children[f"layer-{index}"] = layer
        return children

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        children = super()._trackable_children(save_type, **kwargs)
        if save_type == "savedmodel" and not self._inbound_nodes:
            # Of models that are no layers of others: `tf.saved_model.save`.
            children.update(saving_api.functions_for_saving(self))
        return children

    def reset_states(self):
        """Resets the states of stateful layers."""
        for layer in self.layers:
            if hasattr(layer, "reset_states") and layer.stateful:
                layer.reset_states()

    @property
    def distribute_strategy(self):
        """The `tf.distribute` strategy the model was made under."""
        strategy = self._distribute_strategy
        return _NO_STRATEGY if strategy is None else strategy

    # Showing

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
    ):
        """Prints a table of the layers, their shapes and their weights.

        Preprocessing layers that `fit` runs in the input pipeline are marked.

        Arguments:
            line_length: Integer: characters in a line.
            positions: List of the ends of the columns: parts of the line, or
                characters.
            print_fn: Function that takes each line. Defaults to `print`.
            expand_nested: Boolean: whether to show the layers of models
                inside the model.
            show_trainable: Boolean: whether to show which layers are trained.
            layer_range: List of the names of the first and last layer to show.
        """
        summary_lib.summary(
            self,
            line_length,
            positions,
            print_fn,
            expand_nested,
            show_trainable,
            layer_range,
        )

    # Configs

    def get_config(self):
        """Returns what `from_config` needs to make an equal model."""
        if self._functional_graph is not None and self._is_plain_functional():
            return {
                "name": self.name,
                "trainable": self.trainable,
                **graph_config.get_config(self._functional_graph),
            }
        return super().get_config()

    _unsaved_arguments = Layer._unsaved_arguments + ("inputs", "outputs")

    def _is_plain_functional(self):
        """Whether the graph is all that there is to the model."""
        init = type(self).__init__
        return init is Model.__init__

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a model from the output of `get_config`.

        Arguments:
            config: Dict.
            custom_objects: Dict of names to classes and functions.
        """
        with registry.preserved_scopes(custom_objects):
            if "layers" in config and "output_layers" in config:
                inputs, outputs, extras = graph_config.from_config(config)
                model = cls(
                    inputs=inputs, outputs=outputs, name=config.get("name")
                )
                if extras:
                    model._add_extras(extras)
                if not config.get("trainable", True):
                    vars(model)["_trainable"] = False
                return model
            return super().from_config(config)


def _split_arguments(args, kwargs):
    """Takes `inputs` and `outputs` out of a constructor's arguments."""
    kwargs = dict(kwargs)
    inputs, outputs = kwargs.pop("inputs", None), kwargs.pop("outputs", None)
    if args and symbolic.contains(args[0]) or (args and outputs is not None):
        inputs, args = args[0], args[1:]
        if args and outputs is None:
            outputs, args = args[0], args[1:]
    if (inputs is None) != (outputs is None):
        raise ValueError(
            "A functional model needs both `inputs` and `outputs`. Received: "
            f"inputs={inputs!r}, outputs={outputs!r}."
        )
    return inputs, outputs, args, kwargs


def _has_weights_in_tf_keras(layer):
    return bool(layer.weights) or any(
        getattr(one, "has_weights_in_tf_keras", False)
        for one in layer._flatten_layers()
    )


registry.add_builtins("keras", {"Model": Model, "Functional": Model})
registry.add_builtins("keras.models", {"Model": Model})
