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
"""Layers for functions, masks and nothing at all."""

import inspect

import tensorflow as tf

from tfk.engine import op_layer
from tfk.engine.layer import Layer
from tfk.layers import elementwise
from tfk.saving import errors
from tfk.saving import registry
from tfk.saving import serialization
from tfk.utils import tf_internal


class Identity(Layer):
    """Gives its inputs back.

    A placeholder, where code expects a layer and nothing is to be done.

    Input shape:
        Any; structures of tensors too.

    Output shape:
        That of the input.

    Example:

    >>> tfk.layers.Identity()(tf.constant([1, 2])).numpy()
    array([1, 2], dtype=int32)
    """

    supports_masking = True

    def call(self, inputs):
        """Returns the inputs."""
        return tf.nest.map_structure(tf.identity, inputs)

    def compute_output_shape(self, input_shape):
        return input_shape


class Masking(Layer):
    """Marks time steps as padding, which later layers pass over.

    A step is padding if all of its features equal `mask_value`. For sequences
    of vectors that were padded to a common length; `Embedding(mask_zero=True)`
    does it for sequences of integers.

    Arguments:
        mask_value: Number: what padding was filled with.

    Input shape:
        `(batch_size, ..., features)`, dense or ragged.

    Output shape:
        That of the input; features of padding are 0.

    Example:

    >>> layer = tfk.layers.Masking(mask_value=-1.0)
    >>> x = tf.constant([[[3.0, -1.0], [-1.0, -1.0]]])
    >>> layer(x).numpy()
    array([[[ 3., -1.],
            [-0., -0.]]], dtype=float32)
    >>> layer.compute_mask(x).numpy()
    array([[ True, False]])
    """

    supports_masking = True

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def call(self, inputs):
        """Sets padding to 0."""
        if isinstance(inputs, tf.SparseTensor):
            elementwise.refuse(self, inputs, "dense and ragged")
        kept = self._kept(inputs, keepdims=True)
        return inputs * tf.cast(kept, inputs.dtype)

    def compute_mask(self, inputs, mask=None):
        return self._kept(inputs, keepdims=False)

    def _kept(self, inputs, keepdims):
        value = tf.cast(self.mask_value, inputs.dtype)
        return tf.reduce_any(
            tf.not_equal(inputs, value), axis=-1, keepdims=keepdims
        )

    def compute_output_shape(self, input_shape):
        return tf.TensorShape(input_shape)


class Lambda(Layer):
    """Makes a layer of a function.

    For short functions without weights. A subclass of `Layer` is as short,
    holds weights and is saved without the code of the function.

    Arguments:
        function: Function of the inputs. It may take `mask` and `training`.
        output_shape: Tuple: the shape of the outputs without the batch axis,
            or a function that gives it for the shape of the inputs. Found out
            by a trial call by default.
        mask: Mask of the outputs, or a function that gives it for inputs and
            mask. None for no mask.
        arguments: Dict of further arguments of the function.

    Call arguments:
        inputs: What the function takes.
        mask: Mask of the inputs, passed on if the function takes it.
        training: Boolean, passed on if the function takes it.

    Input shape:
        What the function takes.

    Output shape:
        What the function gives.

    Raises:
        TypeError: If `function` can't be called.
        ValueError: If the function makes variables, as these would be made
            anew with each call, and never trained.

    Example:

    >>> layer = tfk.layers.Lambda(lambda x: x**2)
    >>> layer(tf.constant([1.0, 3.0])).numpy()
    array([1., 9.], dtype=float32)

    Files hold the names of functions that are registered, or are TensorFlow's
    own, and the code of lambdas. Code can do anything on the machine that
    loads it, so that it is loaded only with `safe_mode=False`:

    >>> @tfk.saving.register_keras_serializable(package="my_package")
    ... def square(x):
    ...     return x**2
    >>> tfk.layers.Lambda(square).get_config()["function"]
    'my_package>square'
    """

    def __init__(
        self, function, output_shape=None, mask=None, arguments=None, **kwargs
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(
                "`function` must be a function. Received: "
                f"function={function!r}."
            )
        vars(self).update(
            function=function,
            mask=mask,
            _output_shape=output_shape,
            arguments=dict(arguments or {}),
            _takes=_parameters_of(function) & {"mask", "training"},
        )
        self.supports_masking = mask is not None

    def call(self, inputs, mask=None, training=None):
        """Calls the function."""
        given = {"mask": mask, "training": training}
        arguments = dict(self.arguments)
        arguments.update({name: given[name] for name in self._takes})
        function = self.function
        if not tf.executing_eagerly():
            function = tf_internal.convert_control_flow(function)
        made = []

        def note(next_creator, **kwargs):
            made.append(next_creator(**kwargs))
            return made[-1]

        with tf.variable_creator_scope(note):
            outputs = function(inputs, **arguments)
        made = [v.name for v in made if v.trainable]
        if made:
            raise ValueError(
                f"The function of layer '{self.name}' (of type Lambda) made "
                "variables, which would be made anew with each call and never "
                f"trained. Received: variables {made}. Make a subclass of "
                "`Layer` that holds them."
            )
        return outputs

    def compute_mask(self, inputs, mask=None):
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape):
        shape = self._output_shape
        if shape is None:
            return super().compute_output_shape(input_shape)
        if callable(shape):
            return tf.TensorShape(shape(input_shape))
        first = tf.nest.flatten(
            tf.nest.map_structure(tf.TensorShape, input_shape)
            if isinstance(input_shape, dict)
            else _first_shape(input_shape)
        )[0]
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        return tf.TensorShape([first[0], *shape])

    _unsaved_arguments = Layer._unsaved_arguments + (
        "function",
        "output_shape",
        "mask",
        "arguments",
    )

    def get_config(self):
        config = super().get_config()
        config.update(_saved("function", self.function))
        config["module"] = config.pop("function_module")
        config.update(_saved("output_shape", self._output_shape))
        if self.mask is not None:
            config.update(_saved("mask", self.mask))
        config["arguments"] = serialization.serialize_value(self.arguments)
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["function_module"] = config.pop("module", None)
        with registry.preserved_scopes(custom_objects):
            for argument in ("function", "output_shape", "mask"):
                kind = config.pop(f"{argument}_type", None)
                config.pop(f"{argument}_module", None)
                if argument in config:
                    config[argument] = _loaded(
                        config[argument], kind, argument, config.get("name")
                    )
            return super().from_config(config)


def _first_shape(shapes):
    """Returns the first of some shapes, or the only one."""
    if isinstance(shapes, (list, tuple)) and shapes:
        if not isinstance(shapes[0], (int, type(None))):
            return [_first_shape(shapes[0])]
    return [tf.TensorShape(shapes)]


def _parameters_of(function):
    """Returns the names of a function's parameters, as far as it shows them."""
    try:
        return frozenset(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return frozenset()


class _Code(list):
    """The code of a function, together with the function itself.

    A config that never left the program, as in cloning, is read back without
    running code from it: JSON can hold the list but not the function.
    """

    function = None


def _saved(argument, value):
    """Returns the entries of a config for one argument of `Lambda`."""
    module = getattr(value, "__module__", None)
    if not callable(value):
        value, kind, module = serialization.serialize_value(value), "raw", None
    elif getattr(value, "__name__", None) == "<lambda>":
        value, kind = _code_of(value), "lambda"
    else:
        value, kind = _name_of(value), "function"
    return {
        argument: value,
        f"{argument}_type": kind,
        f"{argument}_module": module,
    }


def _code_of(function):
    if serialization.is_checking():
        serialized = serialization.serialize_keras_object(function)["config"]
    else:
        serialized = serialization.lambda_code(function)
    code = _Code(serialized[key] for key in ("value", "defaults", "closure"))
    code.function = function
    return code


def _name_of(function):
    """Returns the name under which `_named` finds a function or object."""
    op = op_layer.op_name(function)
    if op is not None and registry.builtin_key(function) is None:
        return op
    serialized = serialization.serialize_keras_object(function)
    if serialized["class_name"] != "function":
        return serialized
    name = serialized["config"]
    if registry.is_qualified(name):
        return name
    return serialized["registered_name"] or name


def _loaded(value, kind, argument, layer_name):
    """Reads one argument of `Lambda` back."""
    if isinstance(value, _Code):
        return value.function
    if isinstance(value, dict) and value.get("class_name") == "__lambda__":
        code = value["config"]
        # In Keras 3, the first is called `code`.
        value = [code.get(key) for key in ("value", "defaults", "closure")]
        value[0] = code.get("code", value[0])
        kind = "lambda"
    if kind == "lambda" or (argument == "function" and _is_list(value)):
        return _run_code(value, argument, layer_name)
    if isinstance(value, dict):
        return serialization.deserialize_keras_object(
            value, safe_mode=serialization.in_safe_mode()
        )
    if kind == "function" or (argument == "function" and kind is None):
        if isinstance(value, str):
            return _named(value, argument, layer_name)
    return value


def _is_list(value):
    return isinstance(value, (list, tuple))


def _run_code(value, argument, layer_name):
    if serialization.in_safe_mode():
        raise errors.UnsafeFileError(
            f"The `{argument}` of layer '{layer_name}' (of type Lambda) is "
            "saved as Python code, which could do anything on this machine. "
            "If you trust its author as much as you would trust a program, "
            "load it with `safe_mode=False`."
        )
    value = [value] if isinstance(value, str) else value
    code, defaults, closure = [*value, None, None][:3]
    config = {"value": code, "defaults": defaults, "closure": closure}
    return serialization.deserialize_keras_object(
        {"class_name": "__lambda__", "config": config}, safe_mode=False
    )


def _named(name, argument, layer_name):
    found = registry.find(name)
    if found is None and "." in name:
        found = op_layer.resolve(name)
    if found is None or inspect.isclass(found):
        raise ValueError(
            f"The `{argument}` of layer '{layer_name}' (of type Lambda) is "
            f"saved by the name {name!r}, under which no function is known. "
            "Decorate it with `@tfk.saving.register_keras_serializable()` "
            f"before loading, or pass `custom_objects={{{name!r}: ...}}`."
        )
    return found


registry.add_builtins(
    "keras.layers",
    {"Identity": Identity, "Lambda": Lambda, "Masking": Masking},
)
