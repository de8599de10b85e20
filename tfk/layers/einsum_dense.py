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
"""The densely connected layer for products along any axes."""

import math
import re

import tensorflow as tf

from tfk import activations
from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.adapters.adaptable import Adaptable
from tfk.engine import weight_view
from tfk.layers import elementwise
from tfk.saving import registry
from tfk.utils import checks

_EQUATION = re.compile(
    r"^(?P<left>\.\.\.)?(?P<inputs>[a-zA-Z]+)(?P<right>\.\.\.)?,"
    r"(?P<kernel>[a-zA-Z]+)->"
    r"(?P<left_out>\.\.\.)?(?P<outputs>[a-zA-Z]*)(?P<right_out>\.\.\.)?$"
)


class EinsumDense(Adaptable):
    """Multiplies inputs and a kernel as an einsum equation says.

    It is `Dense` for kernels of more than two axes, as the projections to the
    heads of attention need.

    Arguments:
        equation: String: `"inputs,kernel->outputs"` as for `tf.einsum`, where
            an ellipsis may stand at the start or the end of inputs and
            outputs, such as `"ab,bc->ac"`, `"...x,xy->...y"`.
        output_shape: Integer or tuple: sizes of the axes of the outputs,
            without the batch axis and those of an ellipsis. None stands for
            an axis whose size the inputs say.
        activation: Activation function or its name. None for a linear layer.
        bias_axes: String: the axes of the outputs that the bias has, such as
            `"c"`. None for no bias.
        kernel_initializer: Initializer of the weight `kernel`.
        bias_initializer: Initializer of the weight `bias`.
        kernel_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        lora_rank: Integer: to adapt the kernel by LoRA of this rank; see
            `enable_lora`.
        lora_alpha: Number: what LoRA adds is multiplied by
            `lora_alpha / lora_rank`. Defaults to `lora_rank`.

    Input shape:
        What the equation says.

    Output shape:
        What the equation says.

    Raises:
        ValueError: If the equation is not of one of the forms above, or does
            not go with the shapes.

    Example:

    >>> layer = tfk.layers.EinsumDense(
    ...     "abc,cde->abde", output_shape=(None, 4, 8), bias_axes="de"
    ... )
    >>> layer(tf.ones((2, 5, 32))).shape
    TensorShape([2, 5, 4, 8])
    >>> [w.shape for w in layer.weights]
    [TensorShape([32, 4, 8]), TensorShape([4, 8])]
    """

    def __init__(
        self,
        equation,
        output_shape,
        activation=None,
        bias_axes=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        **kwargs,
    ):
        super().__init__(
            activity_regularizer=activity_regularizer,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            **kwargs,
        )
        self.equation = equation
        if isinstance(output_shape, int):
            output_shape = [output_shape]
        for size in output_shape:
            if size is not None:
                checks.positive_integer("output_shape", size, self.name)
        self.partial_output_shape = list(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    # `output_shape` is the shape of a recorded call in all layers.
    _unsaved_arguments = Adaptable._unsaved_arguments + ("output_shape",)

    def get_config(self):
        config = super().get_config()
        config["output_shape"] = list(self.partial_output_shape)
        return config

    def build(self, input_shape):
        """Makes the kernel and the bias."""
        kernel_shape, bias_shape, _ = self._shapes(input_shape)
        self._num_contracted = _num_contracted(self.equation)
        self.kernel = self.add_weight(
            "kernel",
            shape=kernel_shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if bias_shape is not None:
            self.bias = self.add_weight(
                "bias",
                shape=bias_shape,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    def _summed_axes(self, rank):
        parts = _parse(self.equation, self.name)
        kernel, outputs = parts["kernel"], parts["outputs"]
        return [i for i in range(rank) if kernel[i] not in outputs]

    def call(self, inputs):
        """Computes the outputs."""
        if isinstance(inputs, (tf.RaggedTensor, tf.SparseTensor)):
            elementwise.refuse(self, inputs, "dense")
        if self._num_contracted:
            outputs = affine_along(
                inputs, self.kernel, self.bias, self._num_contracted
            )
        else:
            outputs = tf.einsum(self.equation, inputs, self.kernel)
            if self.bias is not None:
                outputs += self.bias
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        return tf.TensorShape(self._shapes(input_shape)[2])

    def _shapes(self, input_shape):
        return weight_shapes(
            self.equation,
            self.bias_axes,
            tf.TensorShape(input_shape),
            self.partial_output_shape,
            self.name,
        )


def affine_along(x, kernel, bias, num_axes):
    """Returns the product of the last axes of `x` with a kernel's first ones.

    It is one product of two matrices, which is faster than an einsum and has
    the faster gradient.

    Arguments:
        x: Tensor of shape `(..., *contracted)`.
        kernel: Tensor of shape `(*contracted, *new)`.
        bias: Tensor that broadcasts to the outputs, or None.
        num_axes: Integer: the number of axes that are contracted.

    Returns:
        Tensor of shape `(..., *new)`.
    """
    new = kernel.shape[num_axes:].as_list()
    rows = tf.reshape(x, [-1, math.prod(kernel.shape[:num_axes])])
    rows = weight_view.matmul(rows, kernel, num_axes)
    covers_rows = bias is not None and bias.shape == new
    if covers_rows:
        rows = tf.nn.bias_add(rows, tf.reshape(bias, [-1]))
    outputs = tf.reshape(rows, leading_sizes(x, -num_axes) + new)
    return outputs if bias is None or covers_rows else outputs + bias


def leading_sizes(x, end):
    """Returns the sizes of the axes before one, to be passed to `tf.reshape`.

    Arguments:
        x: Tensor.
        end: Integer: the first axis that is left out.

    Returns:
        List of integers, and of scalar tensors where sizes are unknown; one
        unknown size alone is -1.
    """
    sizes = x.shape[:end].as_list()
    if None not in sizes:
        return sizes
    if sizes.count(None) == 1 and 0 not in x.shape:
        return [-1 if size is None else size for size in sizes]
    dynamic = tf.unstack(tf.shape(x))
    return [
        dynamic[i] if size is None else size for i, size in enumerate(sizes)
    ]


def _num_contracted(equation):
    """Returns how many last axes of the inputs meet the kernel's first ones.

    Returns:
        Integer; 0 where the equation is not of the form
        `"{rows}{contracted},{contracted}{new}->{rows}{new}"`.
    """
    inputs, rest = equation.replace(" ", "").split(",")
    kernel, outputs = rest.split("->")
    for count in range(1, len(kernel) + 1):
        contracted, new = kernel[:count], kernel[count:]
        rows = inputs[: -len(contracted)]
        if inputs == rows + contracted and outputs == rows + new:
            return 0 if set(rows) & set(new) else count
    return 0


def weight_shapes(equation, bias_axes, input_shape, output_sizes, layer_name):
    """Finds the shapes of kernel, bias and outputs of an einsum equation.

    Arguments:
        equation: String: `"inputs,kernel->outputs"`.
        bias_axes: String of axes of the outputs, or None.
        input_shape: `tf.TensorShape`.
        output_sizes: Sizes of the axes of the outputs, without the batch axis
            and those of an ellipsis.
        layer_name: String, for messages.

    Returns:
        Three lists; the second is None where there is no bias.
    """
    parts = _parse(equation, layer_name)
    if input_shape.rank is None:
        raise ValueError(
            f"Layer '{layer_name}' (of type EinsumDense) needs inputs of a "
            "known rank. Received: inputs of an unknown shape."
        )
    elided = input_shape.rank - len(parts["inputs"])
    has_ellipsis = bool(parts["left"] or parts["right"])
    if elided < 0 or (elided and not has_ellipsis):
        raise ValueError(
            f"Layer '{layer_name}' (of type EinsumDense) can't match its "
            f"equation with the inputs. Received: equation={equation!r}, "
            f"input_shape={input_shape}."
        )
    on_left = bool(parts["left"])
    dims = list(input_shape)
    named = dims[elided:] if on_left else dims[: len(parts["inputs"])]
    sizes = dict(zip(parts["inputs"], named))
    named_outputs = _output_sizes(
        parts, sizes, output_sizes, on_left and elided, equation, layer_name
    )
    kernel = [
        _kernel_size(axis, sizes, named_outputs, parts, equation, layer_name)
        for axis in parts["kernel"]
    ]
    outputs = list(named_outputs.values())
    if on_left:
        outputs = dims[:elided] + outputs
    else:
        outputs = outputs + dims[len(parts["inputs"]) :]
    bias = _bias_shape(
        bias_axes, named_outputs, 0 if on_left else elided, layer_name
    )
    return kernel, bias, outputs


def _parse(equation, layer_name):
    found = _EQUATION.match(equation.replace(" ", ""))
    parts = found.groupdict() if found else {}
    is_wrong = (
        not found
        or (parts["left"] and parts["right"])
        or parts["left"] != parts["left_out"]
        or parts["right"] != parts["right_out"]
    )
    if is_wrong:
        raise ValueError(
            f"The `equation` of layer '{layer_name}' (of type EinsumDense) "
            "must have the form 'ab,bc->ac', '...ab,bc->...ac' or "
            f"'ab...,bc->ac...'. Received: equation={equation!r}."
        )
    return parts


def _output_sizes(parts, sizes, given, batch_elided, equation, layer_name):
    """Returns the sizes of the named output axes, as given or as inferred."""
    axes = parts["outputs"]
    if not batch_elided:
        given = [sizes.get(axes[0]) if axes else None, *given]
    if len(given) != len(axes):
        raise ValueError(
            f"The `output_shape` of layer '{layer_name}' (of type EinsumDense) "
            f"must give {len(axes) - (not batch_elided)} sizes for the "
            f"equation {equation!r}. Received: output_shape="
            f"{tuple(given if batch_elided else given[1:])}."
        )
    merged = {}
    for axis, size in zip(axes, given):
        known = sizes.get(axis)
        if None not in (size, known) and size != known:
            raise ValueError(
                f"Axis '{axis}' of the equation {equation!r} of layer "
                f"'{layer_name}' (of type EinsumDense) must have one size. "
                f"Received: {known} in the inputs and {size} in "
                "`output_shape`. Give the size of the inputs, or None."
            )
        if axis not in parts["inputs"] and axis not in parts["kernel"]:
            raise ValueError(
                f"Axis '{axis}' of the outputs is in neither the inputs nor "
                f"the kernel of the equation of layer '{layer_name}' (of type "
                f"EinsumDense). Received: equation={equation!r}."
            )
        merged[axis] = known if size is None else size
    return merged


def _kernel_size(axis, sizes, output_sizes, parts, equation, layer_name):
    if axis in sizes:
        return sizes[axis]
    if axis in output_sizes:
        return output_sizes[axis]
    raise ValueError(
        f"Axis '{axis}' of the kernel is in neither the inputs nor the outputs "
        f"of the equation of layer '{layer_name}' (of type EinsumDense). "
        f"Received: equation={equation!r}."
    )


def _bias_shape(bias_axes, output_sizes, axes_after, layer_name):
    if not bias_axes:
        return None
    unknown = [axis for axis in bias_axes if axis not in output_sizes]
    if unknown:
        raise ValueError(
            f"The `bias_axes` of layer '{layer_name}' (of type EinsumDense) "
            f"must be axes of the outputs, which are "
            f"'{''.join(output_sizes)}'. Received: bias_axes={bias_axes!r}."
        )
    axes = "".join(output_sizes)
    first = min(axes.index(axis) for axis in bias_axes)
    shape = [
        output_sizes[axis] if axis in bias_axes else 1 for axis in axes[first:]
    ]
    return shape + [1] * axes_after


registry.add_builtins("keras.layers", {"EinsumDense": EinsumDense})
