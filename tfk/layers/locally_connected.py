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
"""Locally connected layers: convolutions with weights for each position.

Three layouts of the weights, which tf.keras knows as implementations, give the
same outputs. Two are brought into one form, a kernel for each position.
"""

import math

import numpy as np
import tensorflow as tf

from tfk import activations
from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import window_ops
from tfk.saving import budget
from tfk.utils import conv_shapes

# An index of eight bytes, and for a place whether it is inside.
_INDEX_BYTES = 8
_PLACE_BYTES = _INDEX_BYTES + 1


class _LocallyConnected(Layer):
    """What locally connected layers of every rank share."""

    rank = None
    _shape_says_all = True

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        implementation=1,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        rank, name = self.rank, self.name
        (self.filters,) = conv_shapes.normalize_tuple(
            filters, 1, "filters", name
        )
        self.kernel_size = conv_shapes.normalize_tuple(
            kernel_size, rank, "kernel_size", name
        )
        self.strides = conv_shapes.normalize_tuple(
            strides, rank, "strides", name
        )
        self.padding = conv_shapes.normalize_padding(padding, name)
        self.data_format = conv_shapes.normalize_data_format(data_format, name)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.implementation = implementation
        self.input_spec = InputSpec(ndim=rank + 2)
        self._check_arguments()

    def _check_arguments(self):
        if self.implementation not in (1, 2, 3):
            raise ValueError(
                f"`implementation` of layer '{self.name}' must be 1, 2 or 3. "
                f"Received: implementation={self.implementation!r}."
            )
        if self.implementation == 1 and self.padding != "valid":
            raise ValueError(
                f"Layer '{self.name}' takes padding='same' with implementation "
                f"2 or 3 only. Received: padding='{self.padding}', "
                "implementation=1."
            )

    @property
    def _is_channels_last(self):
        return self.data_format == "channels_last"

    def build(self, input_shape):
        sizes, channels = self._checked_sizes(input_shape)
        lengths = self._output_lengths(sizes)
        size = math.prod(lengths) * math.prod(self.kernel_size) * _PLACE_BYTES
        budget.spend(size, self.name, "the windows of")
        steps, is_inside = window_positions(
            sizes, lengths, self.kernel_size, self.strides, self.padding
        )
        vars(self).update(
            _steps=steps,
            _is_inside=is_inside,
            _lengths=lengths,
            _channels=channels,
        )
        self.kernel = self.add_weight(
            "kernel",
            shape=self._kernel_shape(sizes),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.implementation == 3:
            # What `_kernel_from_list` has beyond the weights.
            size = int(np.sum(~is_inside)) * channels * self.filters
            budget.spend(size * _INDEX_BYTES, self.name, "the kernels of")
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=(*lengths, self.filters),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        axes = dict(enumerate(self._joined(sizes, channels), start=1))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes=axes)
        self.built = True

    def _checked_sizes(self, input_shape):
        """Returns spatial sizes and channels, or says what is wrong."""
        shape = tf.TensorShape(input_shape)
        if shape.rank != self.rank + 2:
            raise ValueError(
                f"Layer '{self.name}' takes inputs of a rank of "
                f"{self.rank + 2}. Received: input_shape={shape}."
            )
        if not shape[1:].is_fully_defined():
            raise ValueError(
                f"Layer '{self.name}' has weights for each position, so that "
                "it needs to know all sizes of its input but that of the "
                f"batch. Received: input_shape={tuple(shape)}."
            )
        sizes = shape.as_list()[1:]
        if self._is_channels_last:
            return sizes[:-1], sizes[-1]
        return sizes[1:], sizes[0]

    def _joined(self, sizes, channels):
        if self._is_channels_last:
            return [*sizes, channels]
        return [channels, *sizes]

    def _output_lengths(self, sizes):
        return conv_shapes.window_output_lengths(
            sizes,
            self.kernel_size,
            self.padding,
            self.strides,
            self.name,
            "kernel_size",
        )

    def _kernel_shape(self, sizes):
        positions, window = self._steps.shape
        if self.implementation == 1:
            return (positions, window * self._channels, self.filters)
        if self.implementation == 2:
            return (
                *self._joined(sizes, self._channels),
                *self._joined(self._lengths, self.filters),
            )
        return (int(np.sum(self._is_inside)) * self._channels * self.filters,)

    def call(self, inputs):
        window_ops.require_dense(
            inputs, self.name, "`Dense`, which takes ragged tensors"
        )
        if self.implementation == 2:
            outputs = self._multiply_by_whole(inputs)
        else:
            outputs = self._multiply_windows(inputs)
        if self.use_bias:
            # A reshape for channels first too, as in the files of tf.keras.
            outputs += tf.reshape(
                self.bias, self._joined(self._lengths, self.filters)
            )
        return self.activation(outputs)

    def _multiply_by_whole(self, inputs):
        """One product with a matrix that is 0 outside of the windows."""
        mask = np.zeros(
            (self._size_of_inputs // self._channels, len(self._steps)), bool
        )
        positions = np.broadcast_to(
            np.arange(len(self._steps))[:, None], self._steps.shape
        )
        mask[self._steps[self._is_inside], positions[self._is_inside]] = True
        # Adds the axes of channels and filters.
        is_last = self._is_channels_last
        mask = mask[:, None, :, None] if is_last else mask[None, :, None, :]
        sizes = (
            *self._joined([mask.shape[0 if is_last else 1]], self._channels),
            *self._joined([len(self._steps)], self.filters),
        )
        kernel = tf.where(
            np.broadcast_to(mask, sizes),
            tf.reshape(self.kernel, sizes),
            tf.zeros([], inputs.dtype),
        )
        outputs = tf.matmul(
            tf.reshape(inputs, [-1, self._size_of_inputs]),
            tf.reshape(kernel, [self._size_of_inputs, -1]),
        )
        return self._with_axes(outputs)

    @property
    def _size_of_inputs(self):
        return int(np.prod(list(self.input_spec.axes.values())))

    def _multiply_windows(self, inputs):
        """A product with a matrix of its own for each position."""
        positions, window = self._steps.shape
        if not self._is_channels_last:
            axes = [0, *range(2, self.rank + 2), 1]
            inputs = tf.transpose(inputs, axes)
        rows = tf.reshape(
            inputs, [-1, self._size_of_inputs // self._channels, self._channels]
        )
        windows = tf.gather(rows, self._steps, axis=1)
        windows = tf.reshape(windows, [-1, positions, window * self._channels])
        if self.implementation == 1:
            kernel = self.kernel
        else:
            kernel = self._kernel_from_list()
        if not self._is_channels_last:
            kernel = tf.reshape(
                kernel, [positions, self._channels, window, self.filters]
            )
            kernel = tf.reshape(
                tf.transpose(kernel, [0, 2, 1, 3]),
                [positions, window * self._channels, self.filters],
            )
        outputs = tf.einsum("bpw,pwf->bpf", windows, kernel)
        if not self._is_channels_last:
            outputs = tf.transpose(outputs, [0, 2, 1])
        return self._with_axes(outputs)

    def _kernel_from_list(self):
        """Returns the kernel of each position from the list of all weights."""
        positions, window = self._steps.shape
        channels, is_last = self._channels, self._is_channels_last
        inside = self._is_inside
        if is_last:
            inside = np.repeat(inside, channels, axis=1)[:, None, :]
            shape = (positions, self.filters, window * channels)
        else:
            inside = np.tile(inside, [1, channels])[None, :, :]
            shape = (self.filters, positions, window * channels)
        inside = np.broadcast_to(inside, shape)
        if inside.all():
            kernel = tf.reshape(self.kernel, shape)
        else:
            # Windows that overlap the edge read zeros there.
            index = np.where(inside, np.cumsum(inside).reshape(shape), 0)
            kernel = tf.gather(tf.pad(self.kernel, [[1, 0]]), index)
        return tf.transpose(kernel, [0, 2, 1] if is_last else [1, 2, 0])

    def _with_axes(self, outputs):
        shape = [-1, *self._joined(self._lengths, self.filters)]
        return tf.reshape(outputs, shape)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        sizes = shape.as_list()[1:]
        sizes = sizes[:-1] if self._is_channels_last else sizes[1:]
        lengths = self._output_lengths(sizes)
        return tf.TensorShape([shape[0], *self._joined(lengths, self.filters)])


def window_positions(sizes, lengths, window, strides, padding):
    """Finds the places of an input that each window covers.

    Arguments:
        sizes: List of the input's spatial sizes.
        lengths: List of the output's spatial sizes.
        window: Tuple of the window's sizes.
        strides: Tuple of integers.
        padding: `"valid"` or `"same"`: half a window, rounded down, before.

    Returns:
        An array of one row for each output position, with the number of each
        place in the flat input (0 for those outside), and a Boolean array of
        the same shape: which places are inside.
    """
    places, inside = np.zeros((1, 1), int), np.ones((1, 1), bool)
    for axis, size in enumerate(sizes):
        first = np.arange(lengths[axis]) * strides[axis]
        if padding == "same":
            first -= window[axis] // 2
        # Axes of positions and windows so far, and of this one's.
        own = (first[:, None] + np.arange(window[axis]))[None, :, None, :]
        places = places[:, None, :, None] * size + own
        inside = inside[:, None, :, None] & (0 <= own) & (own < size)
        shape = (-1, places.shape[2] * window[axis])
        places, inside = places.reshape(shape), inside.reshape(shape)
    return np.where(inside, places, 0), inside


class LocallyConnected1D(_LocallyConnected):
    """A `Conv1D` with a kernel of its own for each position.

    Kept for models of the past. Use it where a pattern means different things
    at different places and sequences are short: it has as many kernels as
    positions, and all sequences must have the same length.

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer: the window's length.
        strides: Integer: the step of the window.
        padding: `"valid"` (none) or, with implementation 2 or 3, `"same"`.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add weights to the outputs.
        kernel_initializer: Initializer of the kernel.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        implementation: 1, 2 or 3: how the weights are kept: as a kernel for
            each position; as one dense matrix from all inputs to all outputs,
            which is fast for small inputs; as a list of the weights in use.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor of floats.

    Input shape:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, new_steps, filters)` or `(batch, filters, new_steps)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is longer than the input or the length or
            number of channels is unknown.

    Example:

    >>> x = tf.ones((2, 10, 4))
    >>> layer = tfk.layers.LocallyConnected1D(8, 3)
    >>> layer(x).shape
    TensorShape([2, 8, 8])
    >>> layer.kernel.shape
    TensorShape([8, 12, 8])
    """

    rank = 1


class LocallyConnected2D(_LocallyConnected):
    """A `Conv2D` with a kernel of its own for each position.

    Kept for models of the past. Use it where a pattern means different things
    at different places, as in aligned images of faces: it has as many kernels
    as positions, and all images must have the same size.

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer or pair of integers: height and width of the
            window.
        strides: Integer or pair: the steps of the window.
        padding: `"valid"` (none) or, with implementation 2 or 3, `"same"`.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add weights to the outputs.
        kernel_initializer: Initializer of the kernel.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        implementation: 1, 2 or 3: how the weights are kept: as a kernel for
            each position; as one dense matrix from all inputs to all outputs,
            which is fast for small inputs; as a list of the weights in use.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor of floats.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_rows, new_columns, filters)`, or `(batch, filters,
        new_rows, new_columns)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input or a size is unknown.

    Example:

    >>> x = tf.ones((2, 6, 6, 3))
    >>> tfk.layers.LocallyConnected2D(4, 3)(x).shape
    TensorShape([2, 4, 4, 4])
    """

    rank = 2
