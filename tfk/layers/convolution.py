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

"""Convolution layers over sequences, images and volumes."""

import tensorflow as tf

from tfk import activations
from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.adapters.adaptable import Adaptable
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class Conv(Layer):
    """What convolution layers of every rank share.

    A subclass sets `rank`, the number of spatial axes. Override
    `convolution_op` to change how the kernel is used, for instance to
    standardise it first.
    """

    _shape_says_all = True

    rank = None
    _paddings = ("valid", "same")
    _takes_more_batch_axes = True

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        rank, name = self.rank, self.name
        (self.filters,) = conv_shapes.normalize_tuple(
            filters, 1, "filters", name
        )
        (self.groups,) = conv_shapes.normalize_tuple(groups, 1, "groups", name)
        self.kernel_size = conv_shapes.normalize_tuple(
            kernel_size, rank, "kernel_size", name
        )
        self.strides = conv_shapes.normalize_tuple(
            strides, rank, "strides", name
        )
        self.dilation_rate = conv_shapes.normalize_tuple(
            dilation_rate, rank, "dilation_rate", name
        )
        self.padding = conv_shapes.normalize_padding(
            padding, name, self._paddings
        )
        self.data_format = conv_shapes.normalize_data_format(data_format, name)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = self._make_spec()
        self._check_arguments()

    def _check_arguments(self):
        if self.filters % self.groups:
            raise ValueError(
                f"`filters` of layer '{self.name}' must be a multiple of "
                f"`groups`. Received: filters={self.filters}, "
                f"groups={self.groups}."
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"Layer '{self.name}' can have strides or a dilation above 1, "
                f"not both. Received: strides={self.strides}, "
                f"dilation_rate={self.dilation_rate}."
            )

    @property
    def _channel_axis(self):
        return -1 if self.data_format == "channels_last" else -1 - self.rank

    def build(self, input_shape):
        channels = self._checked_channels(input_shape)
        output_shape = self.compute_output_shape(input_shape)
        self._add_kernels(channels)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=(output_shape[self._channel_axis],),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = self._make_spec(axes={self._channel_axis: channels})
        self.built = True

    def _add_kernels(self, channels):
        """Makes the weights that come before the bias."""
        self.kernel = self.add_weight(
            "kernel",
            shape=self.kernel_size + (channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )

    def _make_spec(self, axes=None):
        ndim = self.rank + 2
        if self._takes_more_batch_axes:
            return InputSpec(min_ndim=ndim, axes=axes)
        return InputSpec(ndim=ndim, axes=axes)

    def _checked_channels(self, input_shape):
        """Returns the number of input channels, or says what is wrong."""
        shape = tf.TensorShape(input_shape)
        rank, least = shape.rank or 0, self.rank + 2
        if rank < least or (rank > least and not self._takes_more_batch_axes):
            at_least = "at least " if self._takes_more_batch_axes else ""
            raise ValueError(
                f"Layer '{self.name}' takes inputs of a rank of {at_least}"
                f"{least}. Received: input_shape={input_shape}."
            )
        channels = shape[self._channel_axis]
        if channels is None:
            raise ValueError(
                f"Layer '{self.name}' needs to know the number of input "
                f"channels, which is the size of axis {self._channel_axis}. "
                f"Received: input_shape={tuple(shape)}, data_format="
                f"'{self.data_format}'. Give the input a defined size there."
            )
        if channels % self.groups:
            raise ValueError(
                f"The number of input channels of layer '{self.name}' must be "
                f"a multiple of `groups`. Received: groups={self.groups}, and "
                f"{channels} channels in input_shape={tuple(shape)}."
            )
        return channels

    def convolution_op(self, inputs, kernel):
        """Convolves inputs, to which causal padding was added already.

        Arguments:
            inputs: Tensor in the layer's data format.
            kernel: Tensor of the kernel's shape.

        Returns:
            The outputs before bias and activation.
        """
        padding = "valid" if self.padding == "causal" else self.padding
        return window_ops.convolve(
            inputs,
            kernel,
            self.strides,
            padding,
            self.data_format,
            self.dilation_rate,
        )

    def call(self, inputs):
        window_ops.require_dense(
            inputs,
            self.name,
            "a recurrent layer, `Dense` or `GlobalAveragePooling1D`, which "
            "take ragged tensors",
        )
        if self.padding == "causal":
            inputs = self._pad_before(inputs)
        outputs = self._convolve(inputs)
        if self.use_bias:
            outputs = self._add_bias(outputs)
        return self.activation(outputs)

    def _convolve(self, inputs):
        """Applies the kernels to inputs with causal padding added."""
        return self.convolution_op(inputs, self.kernel)

    def _pad_before(self, inputs):
        """Adds zeros before the first step, so that no output sees ahead."""
        added = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        pads = [[0, 0]] * inputs.shape.rank
        pads[-2 if self.data_format == "channels_last" else -1] = [added, 0]
        return tf.pad(inputs, pads)

    def _add_bias(self, outputs):
        if self.data_format == "channels_last":
            return tf.nn.bias_add(outputs, self.bias)
        return outputs + tf.reshape(self.bias, (-1,) + (1,) * self.rank)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape).as_list()
        batch = shape[: -1 - self.rank]
        is_last = self.data_format == "channels_last"
        spatial = shape[-1 - self.rank : -1] if is_last else shape[-self.rank :]
        lengths = self._output_lengths(spatial)
        filters = self._output_channels(shape[self._channel_axis])
        if is_last:
            return tf.TensorShape([*batch, *lengths, filters])
        return tf.TensorShape([*batch, filters, *lengths])

    def _output_lengths(self, lengths):
        """Returns the sizes of the outputs for those of the inputs."""
        return conv_shapes.window_output_lengths(
            lengths,
            self.kernel_size,
            self.padding,
            self.strides,
            self.name,
            "kernel_size",
            self.dilation_rate,
        )

    def _output_channels(self, channels):
        """Returns the number of output channels for that of the inputs."""
        del channels
        return self.filters


def require_one_group(layer):
    """Raises if a layer whose channels can't be grouped has groups.

    tf.keras takes the argument here as well, and leaves it without effect.

    Arguments:
        layer: A `Conv`.

    Raises:
        ValueError: Naming the layer.
    """
    if layer.groups != 1:
        raise ValueError(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) has no "
            f"groups. Received: groups={layer.groups}."
        )


class Conv1D(Conv, Adaptable):
    """Convolves a kernel with a sequence, over one axis (such as time).

    Use it to find local patterns in sequences: of samples, words, events. With
    `padding="causal"` output `t` depends on no input after `t`, as in WaveNet
    ([van den Oord et al., 2016](https://arxiv.org/abs/1609.03499)).

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer: the window's length.
        strides: Integer: the step of the window. Above 1 it can't be combined
            with a dilation above 1.
        padding: `"valid"` (none), `"same"` (zeros on both sides, so that
            stride 1 keeps the length), or `"causal"` (zeros before).
        data_format: `"channels_last"` or `"channels_first"`.
        dilation_rate: Integer: the step between the elements of the window.
        groups: Integer: into how many groups the channels are split; each is
            convolved with its own share of the filters.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add a vector to the outputs.
        kernel_initializer: Initializer of the kernel.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor of floats.

    Input shape:
        `(batch..., steps, channels)`, or `(batch..., channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch..., new_steps, filters)` or `(batch..., filters, new_steps)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is longer than the input or the channels are
            unknown or no multiple of `groups`.

    Example:

    >>> x = tf.ones((2, 10, 4))
    >>> tfk.layers.Conv1D(8, 3, activation="relu")(x).shape
    TensorShape([2, 8, 8])
    >>> tfk.layers.Conv1D(8, 3, padding="causal", dilation_rate=2)(x).shape
    TensorShape([2, 10, 8])
    """

    rank = 1
    _paddings = ("valid", "same", "causal")

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            groups,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )


class Conv2D(Conv, Adaptable):
    """Convolves a kernel with images, over height and width.

    The workhorse of image models: each output channel is one learned
    pattern, looked for at every place.

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer or pair of integers: height and width of the
            window.
        strides: Integer or pair: the steps of the window. Above 1 they can't
            be combined with a dilation above 1.
        padding: `"valid"` (none) or `"same"` (zeros on all sides, so that
            stride 1 keeps the size).
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer or pair: the steps between the elements of the
            window.
        groups: Integer: into how many groups the channels are split; each is
            convolved with its own share of the filters.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add a vector to the outputs.
        kernel_initializer: Initializer of the kernel.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor of floats.

    Input shape:
        `(batch..., rows, columns, channels)`, or `(batch..., channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch..., new_rows, new_columns, filters)`, or `(batch..., filters,
        new_rows, new_columns)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input or the channels are
            unknown or no multiple of `groups`.

    Example:

    >>> x = tf.ones((2, 28, 28, 3))
    >>> tfk.layers.Conv2D(8, 3, activation="relu")(x).shape
    TensorShape([2, 26, 26, 8])
    >>> tfk.layers.Conv2D(8, (3, 5), strides=2, padding="same")(x).shape
    TensorShape([2, 14, 14, 8])
    """

    rank = 2


class Conv3D(Conv, Adaptable):
    """Convolves a kernel with volumes: scans, or frames of a video.

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer or three integers: the size of the window.
        strides: Integer or three: the steps of the window. Above 1 they can't
            be combined with a dilation above 1.
        padding: `"valid"` (none) or `"same"` (zeros on all sides, so that
            stride 1 keeps the size).
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer or three: the steps between the elements of the
            window.
        groups: Integer: into how many groups the channels are split; each is
            convolved with its own share of the filters.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add a vector to the outputs.
        kernel_initializer: Initializer of the kernel.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor of floats.

    Input shape:
        `(batch..., depth, rows, columns, channels)`, or `(batch..., channels,
        depth, rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch..., new_depth, new_rows, new_columns, filters)`, or with the
        filters before the spatial axes.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input or the channels are
            unknown or no multiple of `groups`.

    Example:

    >>> x = tf.ones((2, 6, 8, 8, 3))
    >>> tfk.layers.Conv3D(4, 3)(x).shape
    TensorShape([2, 4, 6, 6, 4])
    """

    rank = 3


Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
