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
"""The base class of all layers."""

import re

import numpy as np
import tensorflow as tf

from tfk import activations  # noqa: F401  (registers functions for configs)
from tfk import constraints
from tfk import mixed_precision
from tfk import regularizers
from tfk.engine import autocast
from tfk.engine import call_arguments
from tfk.engine import call_context
from tfk.engine import input_spec as input_specs
from tfk.engine import masking
from tfk.engine import symbolic
from tfk.engine import weights
from tfk.metrics import Mean
from tfk.metrics import Metric
from tfk.saving import configurable
from tfk.utils import naming
from tfk.utils import structure
from tfk.utils import tf_internal

_EagerTensor = tf_internal.EagerTensor

# Attributes of the machinery that are no part of a layer's state.
_INTERNAL = frozenset(
    {
        "_inbound_nodes",
        "_outbound_nodes",
        "_added_weights",
        "_call_losses",
        "_compile_config",
        "_functions",
        "_stage_split",
        "_state_versions",
    }
)

_LEGACY_ARGUMENTS = (
    "input_shape",
    "batch_input_shape",
    "batch_size",
    "input_dim",
    "weights",
    "autocast",
    "activity_regularizer",
    "implementation",
)


class Layer(tf.Module, configurable.Configurable):
    """The building block of models: a computation with its weights.

    Subclass it and write `call`, which computes the outputs, and `build`,
    which makes the weights once the shape of the inputs is known. Weights and
    layers that are kept as attributes (in lists and dicts too) become part of
    the layer. Constructor arguments that are kept under their own names make
    the layer savable without more.

    Arguments:
        trainable: Boolean: whether the weights are changed by training.
        name: String: the layer's name. Derived from the class by default.
        dtype: A dtype, or a `tfk.mixed_precision.Policy` or its name.
        dynamic: Boolean: whether the layer is Python code that can't be
            compiled; a model with such a layer runs eagerly.
        **kwargs: `input_shape`, `batch_input_shape`, `batch_size`,
            `input_dim`, `weights`, `activity_regularizer` and `autocast`, as
            in tf.keras.

    Example:

    >>> class Linear(tfk.layers.Layer):
    ...     def __init__(self, units, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.units = units
    ...
    ...     def build(self, input_shape):
    ...         self.kernel = self.add_weight(
    ...             "kernel", shape=(input_shape[-1], self.units)
    ...         )
    ...
    ...     def call(self, inputs):
    ...         return tf.matmul(inputs, self.kernel)
    >>> layer = Linear(2, name="linear")
    >>> layer(tf.ones((1, 3))).shape
    TensorShape([1, 2])
    >>> layer.get_config()
    {'name': 'linear', 'trainable': True, 'dtype': 'float32', 'units': 2}
    """

    built = False
    dynamic = False
    stateful = False
    supports_masking = False
    _trainable = True
    _activity_regularizer = None
    _batch_input_shape = None
    _initial_weights = None
    _input_spec = None
    _call_losses = None
    _call_id = 0
    _build_input_shape = None
    _autocast = True

    def __init__(
        self, trainable=True, name=None, dtype=None, dynamic=False, **kwargs
    ):
        unknown = sorted(set(kwargs) - set(_LEGACY_ARGUMENTS))
        if unknown:
            raise TypeError(
                f"{type(self).__name__} does not take the argument "
                f"`{unknown[0]}`. Received: {kwargs}."
            )
        vars(self).update(
            _inbound_nodes=[],
            _outbound_nodes=[],
            _added_weights=[],
            _trainable=bool(trainable),
            _name=_checked_name(name)
            or naming.unique_name(naming.to_snake_case(type(self).__name__)),
            _initial_weights=kwargs.get("weights"),
            _batch_input_shape=_batch_input_shape(kwargs),
            _autocast=kwargs.get("autocast", True),
            dynamic=bool(dynamic),
        )
        self._set_dtype_policy(dtype)
        if type(self).compute_mask is not Layer.compute_mask:
            self.supports_masking = True
        regularizer = kwargs.get("activity_regularizer")
        if regularizer is not None:
            self._activity_regularizer = regularizers.get(regularizer)

    # Identity

    @property
    def name(self):
        """The layer's name."""
        return self._name

    @property
    def name_scope(self):
        """A `tf.name_scope` with the layer's name."""
        return tf.name_scope(_scope_name(self._name))

    def _set_dtype_policy(self, dtype):
        policy = mixed_precision.get_policy(dtype)
        compute_dtype = tf.as_dtype(policy.compute_dtype)
        casts = self._autocast and compute_dtype.is_floating
        vars(self).update(
            _dtype_policy=policy,
            _casts_to=compute_dtype if casts else None,
            _reads_as=(
                compute_dtype
                if policy.compute_dtype != policy.variable_dtype
                else None
            ),
        )

    @property
    def dtype_policy(self):
        """The `Policy` of the layer."""
        return self._dtype_policy

    @property
    def dtype(self):
        """The dtype of the weights, as a string."""
        return self._dtype_policy.variable_dtype

    @property
    def variable_dtype(self):
        """The dtype of the weights, as a string."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self):
        """The dtype of the computation, as a string."""
        return self._dtype_policy.compute_dtype

    @property
    def activity_regularizer(self):
        """The regularizer of the layer's outputs, or None."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, value):
        self._activity_regularizer = value

    @property
    def input_spec(self):
        """`InputSpec` of the inputs, or a structure of them, or None."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value):
        for spec in tf.nest.flatten(value):
            if spec is not None and not isinstance(spec, input_specs.InputSpec):
                raise TypeError(
                    f"`input_spec` of layer '{self.name}' must be an "
                    f"`InputSpec` or a structure of them. Received: {value!r}."
                )
        vars(self)["_input_spec"] = value

    # To be written by subclasses

    def build(self, input_shape):
        """Makes the weights. Subclasses write it, and need not call this.

        Arguments:
            input_shape: `tf.TensorShape` of the inputs, or a structure.
        """
        self._build_input_shape = input_shape
        self.built = True

    def call(self, inputs, *args, **kwargs):
        """Computes the outputs. Subclasses write it.

        Arguments:
            inputs: A tensor or a structure of tensors.
            *args: Further positional arguments.
            **kwargs: Further arguments. `training` (boolean) and `mask` are
                filled in where the signature has them.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no `call`: write a method "
            "`call(self, inputs)` that computes its outputs."
        )

    def compute_mask(self, inputs, mask=None):
        """Returns the mask of the outputs.

        Arguments:
            inputs: The inputs of the call.
            mask: The mask of the inputs, or a structure of masks.
        """
        if not self.supports_masking:
            if any(m is not None for m in tf.nest.flatten(mask)):
                raise TypeError(
                    f"Layer '{self.name}' does not support masking, but was "
                    f"given a mask. Received: mask={mask}. Set "
                    "`self.supports_masking = True` in its constructor if the "
                    "mask of its outputs is that of its inputs."
                )
            return None
        return mask

    def compute_output_shape(self, input_shape):
        """Returns the shape of the outputs for a shape of the inputs.

        Arguments:
            input_shape: Tuple, `tf.TensorShape`, or a structure of them.

        Returns:
            A `tf.TensorShape`, or a structure of them.
        """
        dtype = self._dtype_policy.compute_dtype
        specs = structure.map_shapes(
            lambda shape: tf.TensorSpec(shape, dtype), input_shape
        )
        outputs = self.compute_output_signature(specs)
        return tf.nest.map_structure(lambda spec: spec.shape, outputs)

    def compute_output_signature(self, input_signature):
        """Returns the `tf.TypeSpec` of the outputs for that of the inputs.

        Arguments:
            input_signature: `tf.TensorSpec`, or a structure of them.
        """
        inputs = tf.nest.map_structure(symbolic.KerasTensor, input_signature)
        outputs = self._trace_outputs((inputs,), {})
        return tf.nest.map_structure(lambda x: x.type_spec, outputs)

    # Calling

    def __call__(self, *args, **kwargs):
        """Runs the layer, building it first where needed.

        On symbolic tensors the call is recorded and gives symbolic tensors.
        """
        arguments = self._call_arguments
        if not args:
            args, kwargs = self._positional(arguments, kwargs)
        inputs = args[0]
        if type(inputs) is not _EagerTensor or len(args) > 1 or kwargs:
            if symbolic.contains(args) or (
                kwargs and symbolic.contains(kwargs)
            ):
                return self._record(args, kwargs)
            if type(inputs) is not _EagerTensor:
                inputs = _to_tensors(inputs)
        casts_to = self._casts_to
        if casts_to is not None:
            inputs = _cast_floating(inputs, casts_to)
        context = outer = call_context.current()
        if outer is None:
            context = call_context.CallContext()
        outer_training = context.training
        mask = masking.collect_masks(inputs)
        if arguments.takes_training or "training" in kwargs:
            args, kwargs = self._resolve_training(
                arguments, args, kwargs, context
            )
        if mask is not None and arguments.takes_mask:
            if not arguments.is_passed(
                arguments.mask_index, "mask", args, kwargs
            ):
                kwargs = {**kwargs, "mask": mask}
            else:
                mask = arguments.get(arguments.mask_index, "mask", args, kwargs)
        if outer is None:
            call_context.swap(context)
        outer_dtype = autocast.swap_dtype(self._reads_as)
        try:
            if self._input_spec is not None:
                input_specs.check(self._input_spec, inputs, self._name)
            if not self.built:
                self._build_once(inputs)
            rest = args[1:]
            if outer is not None and tf.executing_eagerly():
                outputs = self.call(inputs, *rest, **kwargs)
            else:
                outputs = self._call_in_scope(inputs, rest, kwargs)
            if self._activity_regularizer is not None:
                self._add_activity_loss(outputs)
            if self.supports_masking:
                outputs = self._with_masks(inputs, outputs, mask)
        except Exception as error:
            self._explain(error, inputs)
            raise
        finally:
            autocast.swap_dtype(outer_dtype)
            context.training = outer_training
            if outer is None:
                call_context.swap(None)
                vars(self)["_call_id"] = context.id
        return outputs

    @property
    def _call_arguments(self):
        return call_arguments.of_layer(self)

    def _positional(self, arguments, kwargs):
        """Takes the first argument out of the keywords."""
        name = arguments.names[0] if arguments.names else None
        if name not in kwargs:
            if name is None or name in ("training", "mask"):
                return (None,), kwargs
            first = arguments.parameters[0]
            if first.default is not first.empty:
                return (first.default,), kwargs
            raise ValueError(
                f"Layer '{self.name}' was called without its first argument, "
                f"`{name}`."
            )
        kwargs = dict(kwargs)
        return (kwargs.pop(name),), kwargs

    def _resolve_training(self, arguments, args, kwargs, context):
        """Finds out the mode: as passed, inherited, or by default."""
        index = arguments.training_index
        training = arguments.get(index, "training", args, kwargs)
        if training is None:
            training = context.training
        if training is None:
            training = arguments.training_default
        context.training = training
        if index < len(args):
            return args[:index] + (training,) + args[index + 1 :], kwargs
        kwargs = {k: v for k, v in kwargs.items() if k != "training"}
        if arguments.names_training or arguments.takes_training:
            kwargs["training"] = training
        return args, kwargs

    def _call_in_scope(self, inputs, rest, kwargs):
        """Runs `call` in a graph: under a name scope, `if` and `for` mended."""
        call = self.call
        if tf.executing_eagerly():
            return call(inputs, *rest, **kwargs)
        if not naming.is_own_module(type(self).call.__module__):
            call = tf_internal.convert_control_flow(call)
        with tf.name_scope(_scope_name(self._name)):
            return call(inputs, *rest, **kwargs)

    def _build_once(self, inputs):
        if "_dtype_policy" not in vars(self):
            raise RuntimeError(
                f"`{type(self).__name__}.__init__` has to call "
                "`super().__init__()` first."
            )
        shapes = shapes_of(inputs)
        self._build_with(shapes)

    def _build_with(self, shapes):
        """Builds the layer outside of any graph that is being traced."""
        with tf.init_scope():
            with tf.name_scope(_scope_name(self._name)):
                before = call_context.swap(None)
                try:
                    self.build(shapes)
                finally:
                    call_context.swap(before)
        vars(self)["_build_input_shape"] = shapes
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    def _with_masks(self, inputs, outputs, mask):
        if type(self).compute_mask is Layer.compute_mask and all(
            masking.get_mask(x) is not None for x in tf.nest.flatten(outputs)
        ):
            return outputs  # The layers inside have set the masks.
        masks = self.compute_mask(inputs, mask)
        return masking.attach_masks(inputs, outputs, masks)

    def _explain(self, error, inputs):
        """Adds to an error in which layer it happened, and on what."""
        if getattr(error, "_tfk_layer", None) is not None:
            return
        try:
            error._tfk_layer = self._name
            error.add_note(
                f"In layer '{self._name}' (of type {type(self).__name__}), "
                f"called on {structure.describe(inputs)}."
            )
        except AttributeError:
            pass  # An exception that takes no attributes.

    # Recording

    def _record(self, args, kwargs):
        """Records a call on symbolic tensors."""
        outputs = self._trace_outputs(args, kwargs)
        node = symbolic.Node(self, args, kwargs)
        node.set_outputs(outputs)
        return outputs

    def _trace_outputs(self, args, kwargs):
        """Finds the outputs' specs by tracing the call in a scratch graph."""
        training = call_context.current()
        training = None if training is None else training.training
        with call_context.recording(training):
            with tf_internal.scratch_graph(self._name).as_default():
                args, kwargs = symbolic.replace(
                    (args, kwargs), symbolic.placeholder
                )
                outputs = self(*args, **kwargs)
        return tf.nest.map_structure(symbolic.from_output, outputs)

    @property
    def inbound_nodes(self):
        """The recorded calls of this layer."""
        return self._inbound_nodes

    @property
    def outbound_nodes(self):
        """The recorded calls that take an output of this layer."""
        return self._outbound_nodes

    @property
    def input(self):
        """The symbolic input, of a layer that was called once on one."""
        return _single(self._only_node("input").inputs)

    @property
    def output(self):
        """The symbolic output, of a layer that was called once on one."""
        return self._only_node("output").outputs

    @property
    def input_shape(self):
        """The shape of the symbolic input, as a tuple."""
        if self._inbound_nodes:
            return _tuples(tf.nest.map_structure(lambda x: x.shape, self.input))
        if self._build_input_shape is not None:
            return _tuples(self._build_input_shape)
        raise AttributeError(
            f"Layer '{self.name}' has no input shape: it was never called."
        )

    @property
    def output_shape(self):
        """The shape of the symbolic output, as a tuple."""
        if self._inbound_nodes:
            return _tuples(
                tf.nest.map_structure(
                    lambda x: x.shape, self._inbound_nodes[0].outputs
                )
            )
        raise AttributeError(
            f"Layer '{self.name}' has no output shape: it was never called on "
            "symbolic tensors."
        )

    def _only_node(self, what):
        if not self._inbound_nodes:
            raise AttributeError(
                f"Layer '{self.name}' has no `{what}`: it was never called on "
                "symbolic tensors such as `tfk.Input(...)`."
            )
        if len(self._inbound_nodes) > 1:
            raise AttributeError(
                f"Layer '{self.name}' was called "
                f"{len(self._inbound_nodes)} times and has no single "
                f"`{what}`. Use `get_{what}_at(node_index)`."
            )
        return self._inbound_nodes[0]

    def get_input_at(self, node_index):
        """Returns the symbolic input of one recorded call."""
        return _single(self._node_at(node_index).inputs)

    def get_output_at(self, node_index):
        """Returns the symbolic output of one recorded call."""
        return self._node_at(node_index).outputs

    def get_input_shape_at(self, node_index):
        """Returns the input shape of one recorded call."""
        return _tuples(
            tf.nest.map_structure(
                lambda x: x.shape, self.get_input_at(node_index)
            )
        )

    def get_output_shape_at(self, node_index):
        """Returns the output shape of one recorded call."""
        return _tuples(
            tf.nest.map_structure(
                lambda x: x.shape, self.get_output_at(node_index)
            )
        )

    def _node_at(self, node_index):
        if node_index >= len(self._inbound_nodes):
            raise ValueError(
                f"Layer '{self.name}' has {len(self._inbound_nodes)} recorded "
                f"calls. Received: node_index={node_index}."
            )
        return self._inbound_nodes[node_index]

    # Weights

    def add_weight(
        self,
        name=None,
        shape=None,
        dtype=None,
        initializer=None,
        regularizer=None,
        trainable=None,
        constraint=None,
        use_resource=None,
        synchronization=tf.VariableSynchronization.AUTO,
        aggregation=tf.VariableAggregation.NONE,
        **kwargs,
    ):
        """Makes a weight of the layer. Keep it as an attribute.

        Arguments:
            name: String: the weight's name.
            shape: Tuple of integers. Defaults to a scalar.
            dtype: Defaults to the layer's dtype.
            initializer: An initializer or its name. Defaults to Glorot
                uniform for floats, zeros for integers and booleans.
            regularizer: A regularizer or its name.
            trainable: Boolean: whether training changes it.
            constraint: A constraint or its name.
            use_resource: Ignored: variables are always resources.
            synchronization: `tf.VariableSynchronization`.
            aggregation: `tf.VariableAggregation`.
            **kwargs: `autocast`: whether a mixed policy reads it in the
                compute dtype (the default); other keys are ignored.

        Returns:
            The variable.
        """
        del use_resource
        if name is not None and not isinstance(name, str):
            # The order of Keras 3: shape, initializer, dtype, trainable.
            if shape is not None:
                initializer, trainable = shape, initializer
            name, shape = kwargs.get("name"), name
        variable = weights.create(
            layer_name=self._name,
            policy=self._dtype_policy,
            name=name or "Variable",
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=trainable,
            constraint=constraints.get(constraint),
            synchronization=synchronization,
            aggregation=aggregation,
            is_autocast=self._autocast and kwargs.get("autocast", True),
        )
        if regularizer is not None:
            vars(self).setdefault("_regularized", []).append(
                (autocast.unwrap(variable), regularizers.get(regularizer))
            )
        self._added_weights.append(autocast.unwrap(variable))
        return variable

    def _tracked_items(self):
        """Yields variables, modules and metrics among the attributes.

        They come in the order in which the attributes were set.
        """
        seen = set()
        for name, value in vars(self).items():
            if _category_of(value) is _PLAIN or name in _INTERNAL:
                continue
            if name.startswith("_self_"):
                continue
            for item in _open(value):
                if id(item) not in seen:
                    seen.add(id(item))
                    yield item
        for item in self._added_weights:
            if id(item) not in seen:
                yield item

    def _own_weights(self):
        # What is neither is a variable, and asking that of it is slow.
        others = (tf.Module, Metric)
        return [x for x in self._tracked_items() if not isinstance(x, others)]

    def _children(self):
        """Returns the modules directly below, in the order they were set."""
        return [x for x in self._tracked_items() if isinstance(x, tf.Module)]

    def _flatten_layers(self, include_self=True):
        """Yields this layer and all layers below it, each once."""
        seen = set()
        stack = [self]
        while stack:
            layer = stack.pop()
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            if isinstance(layer, Layer) and (include_self or layer is not self):
                yield layer
            if isinstance(layer, Layer):
                stack.extend(reversed(layer._children()))
            else:
                stack.extend(
                    m for m in layer.submodules if isinstance(m, Layer)
                )

    @property
    def trainable(self):
        """Whether training changes the weights of this layer."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        for layer in self._flatten_layers():
            vars(layer)["_trainable"] = bool(value)

    @property
    def trainable_weights(self):
        """The weights that training changes."""
        if not self._trainable:
            return []
        own = [v for v in self._own_weights() if v.trainable]
        return _unique(own + self._gather("trainable_variables"))

    @property
    def non_trainable_weights(self):
        """The weights that training leaves alone."""
        own = self._own_weights()
        if not self._trainable:
            ordered = [v for v in own if v.trainable]
            ordered += [v for v in own if not v.trainable]
            return _unique(ordered + self._gather("variables"))
        own = [v for v in own if not v.trainable]
        return _unique(own + self._gather("non_trainable_variables"))

    def _gather(self, kind):
        """Collects the variables of the modules directly below."""
        found = []
        for module in self._children():
            found += _variables_of_module(module, kind)
        return found

    @property
    def weights(self):
        """All weights: the trainable ones, then the others."""
        return _unique(self.trainable_weights + self.non_trainable_weights)

    @property
    def trainable_variables(self):
        """The same as `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self):
        """The same as `non_trainable_weights`."""
        return self.non_trainable_weights

    @property
    def variables(self):
        """The same as `weights`."""
        return self.weights

    @property
    def submodules(self):
        """All modules below this layer."""
        return tuple(self._flatten_layers(include_self=False))

    def count_params(self):
        """Returns the number of scalars in all weights."""
        if not self.built:
            raise ValueError(
                f"Layer '{self.name}' has no weights yet, so they can't be "
                "counted. Call it on data or call `build` first."
            )
        return sum(int(np.prod(v.shape)) for v in self.weights)

    def get_weights(self):
        """Returns the weights as a list of NumPy arrays."""
        return [np.asarray(v.numpy()) for v in self.weights]

    def set_weights(self, weights):
        """Sets the weights from a list of arrays, as `get_weights` gives.

        Arguments:
            weights: List of arrays in the order of `self.weights`.

        Raises:
            ValueError: If number or shapes differ; nothing is changed then.
        """
        _assign_all(self.weights, weights, f"Layer '{self.name}'")

    def save_own_variables(self, store):
        """Writes the weights made by this layer itself into a mapping.

        Arguments:
            store: Mutable mapping of names to arrays.
        """
        for index, variable in enumerate(self._ordered_own_weights()):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote.

        Arguments:
            store: Mapping of names to arrays.
        """
        variables = self._ordered_own_weights()
        if len(store.keys()) != len(variables):
            hint = (
                " The layer is not built: call it or `build` it first."
                if not variables and not self.built
                else ""
            )
            raise ValueError(
                f"Layer '{self.name}' has {len(variables)} weights of its own "
                f"and the file holds {len(store.keys())}.{hint}"
            )
        values = [store[str(index)] for index in range(len(variables))]
        _assign_all(variables, values, f"Layer '{self.name}'")

    def _ordered_own_weights(self):
        own = self._own_weights()
        return [v for v in own if v.trainable] + [
            v for v in own if not v.trainable
        ]

    # Losses and metrics

    def add_loss(self, losses, **kwargs):
        """Adds values to what training makes small.

        Call it in `call` with tensors, or on a functional model with symbolic
        tensors, or anywhere with functions of no arguments.

        Arguments:
            losses: A scalar tensor, a function without arguments that returns
                one, or a list of them.
            **kwargs: `inputs`, ignored, as old code passes it.
        """
        kwargs.pop("inputs", None)
        if kwargs:
            raise TypeError(
                f"`add_loss` does not take {sorted(kwargs)}. Received: "
                f"{kwargs}."
            )
        context = call_context.current()
        for loss in tf.nest.flatten(losses):
            if callable(loss) and not tf.is_tensor(loss):
                vars(self).setdefault("_loss_functions", []).append(loss)
            elif context is None:
                raise ValueError(
                    f"`add_loss` of layer '{self.name}' was given a value "
                    "outside of `call`. Pass a function without arguments "
                    "that computes it from the weights."
                )
            elif not context.is_recording:
                self._keep_loss(context, loss)

    def _keep_loss(self, context, loss):
        kept = self._call_losses
        if kept is None or kept[0] != context.id:
            kept = (context.id, [])
            vars(self)["_call_losses"] = kept
        kept[1].append(loss)

    def _add_activity_loss(self, outputs):
        context = call_context.current()
        if context.is_recording:
            return
        with tf.name_scope("ActivityRegularizer"):
            for output in tf.nest.flatten(outputs):
                batch_size = tf.cast(tf.shape(output)[0], output.dtype)
                loss = self._activity_regularizer(output)
                self._keep_loss(
                    context, tf.math.divide_no_nan(loss, batch_size)
                )

    @property
    def losses(self):
        """Regularisation losses, and what the latest call added."""
        layers = list(self._flatten_layers())
        collected = [
            loss
            for loss_id, losses in self._latest_call_losses(layers)
            for loss in losses
        ]
        for layer in layers:
            for variable, regularizer in vars(layer).get("_regularized", ()):
                collected.append(regularizer(variable))
            for function in vars(layer).get("_loss_functions", ()):
                loss = function()
                if loss is not None:
                    collected.append(loss)
        return collected

    def _latest_call_losses(self, layers):
        kept = [x._call_losses for x in layers if x._call_losses is not None]
        context = call_context.current()
        latest = self._call_id if context is None else context.id
        latest = max([latest, *(call_id for call_id, _ in kept)])
        kept = [pair for pair in kept if pair[0] == latest]
        return [
            (call_id, [x for x in values if _is_in_reach(x)])
            for call_id, values in kept
        ]

    def add_metric(self, value, name=None, **kwargs):
        """Reports a value with the metrics of the model.

        Arguments:
            value: A tensor; its running mean is reported.
            name: String.
            **kwargs: `aggregation`, ignored: the mean is the only one.
        """
        kwargs.pop("aggregation", None)
        if kwargs:
            raise TypeError(
                f"`add_metric` does not take {sorted(kwargs)}. Received: "
                f"{kwargs}."
            )
        if name is None:
            raise ValueError(
                f"`add_metric` of layer '{self.name}' needs a `name`."
            )
        context = call_context.current()
        if context is not None and context.is_recording:
            return
        metrics = vars(self).setdefault("_added_metrics", {})
        if name not in metrics:
            with tf.init_scope():
                metrics[name] = Mean(name=name)
        metrics[name].update_state(value)

    @property
    def metrics(self):
        """The metrics of this layer and of all layers below it."""
        found = []
        for layer in self._flatten_layers():
            found += [
                x for x in layer._tracked_items() if isinstance(x, Metric)
            ]
        return _unique(found)

    def add_update(self, updates):
        """Accepted for old code: assignments in `call` run by themselves."""
        for update in tf.nest.flatten(updates):
            if callable(update):
                update()

    @property
    def updates(self):
        """Always empty: assignments in `call` run by themselves."""
        return []

    # Saving

    def get_config(self):
        """Returns the constructor arguments that make an equal layer."""
        config = {
            "name": self._name,
            "trainable": self._trainable,
            "dtype": mixed_precision.serialize(self._dtype_policy),
        }
        if self._batch_input_shape is not None:
            config["batch_input_shape"] = self._batch_input_shape
        if self.dynamic:
            config["dynamic"] = True
        derived = super().get_config()
        for key, value in derived.items():
            config.setdefault(key, value)
        return config

    _unsaved_arguments = ("trainable", "name", "dtype", "dynamic")

    @classmethod
    def from_config(cls, config):
        """Makes a layer from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments. A name, dtype or `trainable`
                that the constructor does not take is set afterwards.
        """
        taken = configurable.constructor_parameters(cls)
        untaken = {
            key: config[key]
            for key in ("name", "trainable", "dtype")
            if key in config and key not in taken
        }
        layer = super().from_config(
            {k: v for k, v in config.items() if k not in untaken}
        )
        if "name" in untaken:
            vars(layer)["_name"] = untaken["name"]
        if not untaken.get("trainable", True):
            vars(layer)["_trainable"] = False
        if "dtype" in untaken:
            layer._set_dtype_policy(untaken["dtype"])
        return layer

    def get_build_config(self):
        """Returns what `build_from_config` needs to make the weights again."""
        if self._build_input_shape is None:
            return None
        return {"input_shape": _tuples(self._build_input_shape)}

    def build_from_config(self, config):
        """Makes the weights again, from what `get_build_config` returned."""
        shape = config.get("input_shape")
        if shape is not None and not self.built:
            self._build_with(structure.map_shapes(tf.TensorShape, shape))

    def finalize_state(self):
        """Called when the state of the layer is complete. Does nothing."""

    def __repr__(self):
        return f"<{type(self).__name__} '{self.__dict__.get('_name')}'>"


# What a value is to the walk over attributes. It is the same for all values of
# a type, and found out once for each, since `isinstance` of a variable is slow.
_PLAIN, _STATE, _AUTOCAST, _MAPPING, _SEQUENCE = range(5)
_categories = {}


def _category_of(value):
    kind = type(value)
    category = _categories.get(kind)
    if category is None:
        category = _categories[kind] = _find_category(value)
    return category


def _find_category(value):
    if isinstance(value, (tf.Variable, tf.Module, Metric)):
        return _STATE
    if isinstance(value, autocast.AutoCastVariable):
        return _AUTOCAST
    if isinstance(value, dict):
        return _MAPPING
    return _SEQUENCE if isinstance(value, (list, tuple)) else _PLAIN


def _open(value):
    """Yields variables, modules and metrics in a value."""
    category = _category_of(value)
    if category is _STATE:
        yield value
    elif category is _AUTOCAST:
        yield value.variable
    elif category is _MAPPING:
        # Sorted as in Keras files, where the keys can be.
        for key in sorted(value, key=str):
            yield from _open(value[key])
    elif category is _SEQUENCE:
        for item in value:
            yield from _open(item)


def _variables_of_module(module, kind):
    if isinstance(module, Layer) or kind != "non_trainable_variables":
        return list(getattr(module, kind))
    return [v for v in module.variables if not v.trainable]


def _unique(items):
    seen = set()
    unique = []
    for item in items:
        if id(item) not in seen:
            seen.add(id(item))
            unique.append(item)
    return unique


def _single(items):
    return items[0] if len(items) == 1 else items


def _tuples(shapes):
    return structure.map_shapes(
        lambda shape: (
            None
            if shape is None or tf.TensorShape(shape).rank is None
            else tuple(tf.TensorShape(shape).as_list())
        ),
        shapes,
    )


def shapes_of(inputs):
    """Returns the static shapes of a structure of tensors."""
    if isinstance(inputs, (list, tuple, dict)):
        return tf.nest.map_structure(_shape_of, inputs)
    return _shape_of(inputs)


def _shape_of(x):
    return getattr(x, "shape", None) if x is not None else None


def _is_in_reach(value):
    """Whether a value may be used here: eager, or of the graph in force."""
    if isinstance(value, _EagerTensor) or not tf.is_tensor(value):
        return True
    return (
        not tf.executing_eagerly()
        and value.graph is tf.compat.v1.get_default_graph()
    )


def _to_tensors(inputs):
    """Turns arrays, numbers and lists of numbers into tensors."""
    if isinstance(inputs, (np.ndarray, np.generic, float, int, str, bytes)):
        return tf.convert_to_tensor(inputs)
    if isinstance(inputs, (list, tuple, dict)):
        flat = tf.nest.flatten(inputs)
        plain = (float, int, str, bytes, np.generic)
        if flat and type(inputs) is not dict:
            if all(isinstance(x, plain) for x in flat):
                return tf.convert_to_tensor(inputs)
        if any(isinstance(x, (np.ndarray, *plain)) for x in flat):
            return tf.nest.map_structure(
                lambda x: (
                    tf.convert_to_tensor(x)
                    if isinstance(x, (np.ndarray, *plain))
                    else x
                ),
                inputs,
            )
    return inputs


def _cast_floating(inputs, dtype):
    """Casts floating tensors of a structure to the compute dtype."""
    if type(inputs) is _EagerTensor:
        own = inputs.dtype
        if own is dtype or not own.is_floating:
            return inputs
        return _cast_one(inputs, dtype)
    if isinstance(inputs, (list, tuple, dict)):
        return tf.nest.map_structure(lambda x: _cast_one(x, dtype), inputs)
    return _cast_one(inputs, dtype)


def _cast_one(x, dtype):
    own = getattr(x, "dtype", None)
    if not isinstance(own, tf.DType) or own == dtype or not own.is_floating:
        return x
    cast = tf.cast(x, dtype)
    mask = getattr(x, "_keras_mask", None)
    if mask is not None:
        cast._keras_mask = mask
    return cast


def _batch_input_shape(kwargs):
    if "batch_input_shape" in kwargs:
        return tuple(kwargs["batch_input_shape"])
    shape = kwargs.get("input_shape")
    if shape is None and "input_dim" in kwargs:
        shape = (kwargs["input_dim"],)
    if shape is None:
        return None
    if isinstance(shape, int):
        shape = (shape,)
    return (kwargs.get("batch_size"), *shape)


def _checked_name(name):
    if name is not None and not isinstance(name, str):
        raise TypeError(
            f"The `name` of a layer must be a string. Received: name={name!r}."
        )
    return name


def _scope_name(name):
    """Returns a layer's name in the letters that name scopes may hold."""
    if _VALID_SCOPE.match(name):
        return name
    name = re.sub(r"[^A-Za-z0-9_.\\/>-]", "_", name)
    return name if name[:1].isalnum() or name[:1] == "." else f"layer_{name}"


_VALID_SCOPE = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_assign_all = weights.assign_all
