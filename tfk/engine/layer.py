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
from tfk import dtype_policies
from tfk import regularizers
from tfk.engine import adaptation
from tfk.engine import added_losses
from tfk.engine import autocast
from tfk.engine import call_arguments
from tfk.engine import call_context
from tfk.engine import input_spec as input_specs
from tfk.engine import layer_state
from tfk.engine import masking
from tfk.engine import op_errors
from tfk.engine import recorded_calls
from tfk.engine import symbolic
from tfk.engine import weights
from tfk.saving import configurable
from tfk.saving import hdf5_weights
from tfk.utils import naming
from tfk.utils import structure
from tfk.utils import tf_internal

_EagerTensor = tf_internal.EagerTensor

_LEGACY_ARGUMENTS = (
    "input_shape",
    "batch_input_shape",
    "batch_size",
    "input_dim",
    "weights",
    "implementation",
)


class Layer(
    recorded_calls.RecordedCalls,
    added_losses.AddedLosses,
    adaptation.Adaptation,
    layer_state.LayerState,
    configurable.Configurable,
):
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
        activity_regularizer: Regularizer of the outputs.
        autocast: Boolean: whether floating inputs are cast to the layer's
            compute dtype, and weights read in it.
        **kwargs: `input_shape`, `batch_input_shape`, `batch_size`,
            `input_dim` and `weights`, as in tf.keras.

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
    _activity_regularizer = None
    _batch_input_shape = None
    _initial_weights = None
    _input_spec = None
    _path = None
    _autocast = True
    # Whether floats give one dense tensor, of the dtype the layer computes in
    # and of the shape that `compute_output_shape` says.
    _shape_says_all = False

    def __init__(
        self,
        trainable=True,
        name=None,
        dtype=None,
        dynamic=False,
        activity_regularizer=None,
        autocast=True,
        **kwargs,
    ):
        unknown = sorted(set(kwargs) - set(_LEGACY_ARGUMENTS))
        if unknown:
            known = configurable.constructor_parameters(type(self))
            raise TypeError(
                f"{type(self).__name__} does not take the argument "
                f"`{unknown[0]}`.{naming.did_you_mean(unknown[0], known)} "
                f"Received: {kwargs}."
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
            _autocast=autocast,
            dynamic=bool(dynamic),
        )
        self._set_dtype_policy(dtype)
        if type(self).compute_mask is not Layer.compute_mask:
            self.supports_masking = True
        if activity_regularizer is not None:
            self._activity_regularizer = regularizers.get(activity_regularizer)

    # Identity

    @property
    def name(self):
        """The layer's name."""
        return self._name

    @property
    def path(self):
        """The names of the layers around this one and its own, with slashes.

        Known once the layer is built: `"encoder/attention/query"`.
        """
        return self._path or self._name

    @path.setter
    def path(self, value):
        vars(self)["_path"] = value  # A user's own attribute of this name.

    @property
    def name_scope(self):
        """A `tf.name_scope` with the layer's name."""
        return tf.name_scope(_scope_name(self._name))

    def _set_dtype_policy(self, dtype):
        policy = dtype_policies.get_policy(dtype)
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
        if "_name" not in self.__dict__:
            raise _not_initialized(self)
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
            context = call_context.CallContext(inputs=inputs)
        outer_training, outer_layer = context.training, context.layer
        mask = masking.collect_masks(inputs)
        if arguments.takes_training or "training" in kwargs:
            args, kwargs = self._resolve_training(
                arguments, args, kwargs, context
            )
        if arguments.takes_mask:
            if arguments.is_passed(arguments.mask_index, "mask", args, kwargs):
                mask = arguments.get(arguments.mask_index, "mask", args, kwargs)
            elif mask is not None:
                kwargs = {**kwargs, "mask": mask}
        if outer is None:
            call_context.swap(context)
        outer_dtype = autocast.swap_dtype(self._reads_as)
        try:
            if self._input_spec is not None:
                input_specs.check(self._input_spec, inputs, self._name)
            if not self.built:
                self._build_once(self._built_from(inputs, args[1:], kwargs))
            rest = args[1:]
            context.layer = self
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
            context.training, context.layer = outer_training, outer_layer
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

    def _built_from(self, inputs, rest, kwargs):
        """Returns the tensors whose shapes `build` is given.

        They are the first argument of the call; layers whose weights depend
        on further ones return a list.
        """
        return inputs

    def _build_once(self, inputs):
        if "_name" not in vars(self):
            raise _not_initialized(self)
        shapes = shapes_of(inputs)
        self._build_with(shapes)

    def _build_with(self, shapes, scope=None):
        """Builds the layer outside of any graph that is being traced.

        The weights are named after the layer, unless another scope is given.
        """
        parent = call_context.innermost_layer()
        if parent is not None and self._path is None:
            vars(self)["_path"] = f"{parent.path}/{self._name}"
        with tf.init_scope():
            with scope or tf.name_scope(_scope_name(self._name)):
                before = call_context.swap(None)
                outer_layer = call_context.swap_built_layer(self)
                try:
                    self.build(shapes)
                finally:
                    call_context.swap_built_layer(outer_layer)
                    call_context.swap(before)
        vars(self)["_build_input_shape"] = shapes
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None
        self._adapt_pending()

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
            op_errors.explain_call(error, self._name)
            error.add_note(
                f"In layer '{self._name}' (of type {type(self).__name__}), "
                f"called on {structure.describe(inputs)}."
            )
        except AttributeError:
            pass  # An exception that takes no attributes.

    # Recording

    def _record(self, args, kwargs):
        """Records a call on symbolic tensors."""
        outputs = self._infer_outputs(args, kwargs)
        if outputs is None:
            outputs = self._trace_outputs(args, kwargs)
        if outputs is None:
            raise ValueError(
                f"Layer '{self._name}' (of type {type(self).__name__}) gave "
                "None, and a model needs its outputs. End its `call` with "
                "`return outputs`."
            )
        node = symbolic.Node(self, args, kwargs)
        node.set_outputs(outputs)
        return outputs

    def _has_options(self, args, kwargs):
        """Whether a call has arguments of which the outputs may depend."""
        return len(args) != 1 or bool(kwargs)

    def _infer_outputs(self, args, kwargs):
        """Returns the outputs' spec where the inputs' shapes say it, or None.

        To trace a call takes most of the time that it takes to draw a model.
        """
        if not self._shape_says_all or self._has_options(args, kwargs):
            return None
        inputs, dtype = args[0], self._casts_to
        tensors = inputs if isinstance(inputs, list) else args
        if dtype is None or not all(
            symbolic.is_plain(x) and x.dtype.is_floating for x in tensors
        ):
            return None
        activation = getattr(self, "activation", None)
        for code in (type(self), activation):
            module = getattr(code, "__module__", None)
            if code is not None and not naming.is_own_module(module or ""):
                return None  # A user's code may do anything.
        try:
            if self._input_spec is not None:
                input_specs.check(self._input_spec, inputs, self._name)
            if not self.built:
                self._build_once(self._built_from(inputs, args[1:], kwargs))
            shape = self.compute_output_shape(shapes_of(inputs))
        except Exception as error:
            self._explain(error, inputs)
            raise
        return symbolic.KerasTensor(tf.TensorSpec(shape, dtype))

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
            is_read_plainly=not hdf5_weights.reads_itself(self),
        )
        if regularizer is not None:
            vars(self).setdefault("_regularized", []).append(
                (autocast.unwrap(variable), regularizers.get(regularizer))
            )
        self._added_weights.append(autocast.unwrap(variable))
        return variable

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        # What no attribute holds has its own name in checkpoints of tf.keras.
        # `_named_children` must not know it: it may get an attribute yet.
        children = super()._trackable_children(save_type, **kwargs)
        for variable in self._weights_kept_nowhere():
            name = variable.name.split("/")[-1].split(":")[0]
            others = sum(x.partition("~")[0] == name for x in children)
            children[f"{name}~{others}" if others else name] = variable
        return children

    # Saving

    def get_config(self):
        """Returns the constructor arguments that make an equal layer."""
        config = {
            "name": self._name,
            "trainable": self._trainable,
            "dtype": dtype_policies.serialize(self._dtype_policy),
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
    # As in tf.keras: layers with a use for them declare them themselves.
    _own_unsaved_arguments = ("activity_regularizer", "autocast")

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
        return {
            "input_shape": recorded_calls.as_tuples(self._build_input_shape)
        }

    def build_from_config(self, config):
        """Makes the weights again, from what `get_build_config` returned."""
        shape = config.get("input_shape")
        if shape is not None and not self.built:
            self._build_with(structure.map_shapes(tf.TensorShape, shape))

    def finalize_state(self):
        """Called when the state of the layer is complete. Does nothing."""

    def __repr__(self):
        return f"<{type(self).__name__} '{self.__dict__.get('_name')}'>"


def shapes_of(inputs):
    """Returns the static shapes of a structure of tensors."""
    if isinstance(inputs, (list, tuple, dict)):
        return tf.nest.map_structure(_shape_of, inputs)
    return _shape_of(inputs)


def _not_initialized(layer):
    name = type(layer).__name__
    return RuntimeError(
        f"`{name}.__init__` did not call `super().__init__()`, so the layer "
        f"lacks its name and dtype. Received: a call of {name}. Write "
        "`super().__init__()` (or `super().__init__(**kwargs)`) as the first "
        "line of `__init__`."
    )


def _shape_of(x):
    return getattr(x, "shape", None) if x is not None else None


def _to_tensors(inputs):
    """Turns arrays, columns, numbers and lists of numbers into tensors."""
    if hasattr(type(inputs), "to_numpy"):
        # A frame or column of pandas.
        return tf.convert_to_tensor(inputs.to_numpy())
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
    name = naming.in_scope_letters(name)
    return name if name[:1].isalnum() or name[:1] == "." else f"layer_{name}"


_VALID_SCOPE = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
