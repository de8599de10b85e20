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
"""Transposed convolutions, which make sequences, images and volumes larger."""

import tensorflow as tf

from tfk.layers import convolution
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class _TransposedConv(convolution.Conv):
    """What transposed convolutions of every rank share."""

    # Other than `Conv1D`, it can't be causal.
    _paddings = ("valid", "same")
    _takes_more_batch_axes = False

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
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
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.output_padding = output_padding
        if output_padding is not None:
            self.output_padding = conv_shapes.normalize_tuple(
                output_padding,
                self.rank,
                "output_padding",
                self.name,
                allow_zero=True,
            )
            self._check_output_padding()

    def _check_arguments(self):
        convolution.require_one_group(self)
        super()._check_arguments()

    def _check_output_padding(self):
        received = (
            f"Received: output_padding={self.output_padding}, "
            f"strides={self.strides}, kernel_size={self.kernel_size}, "
            f"dilation_rate={self.dilation_rate}, padding='{self.padding}'."
        )
        for index, added in enumerate(self.output_padding):
            if added >= self.strides[index]:
                raise ValueError(
                    f"`output_padding` of layer '{self.name}' must be smaller "
                    f"than `strides` along each axis. {received}"
                )
            window = (self.kernel_size[index] - 1) * self.dilation_rate[index]
            if self.padding == "same" and window % 2 and not added:
                raise ValueError(
                    f"With padding='same' and a window of an even size, "
                    f"`output_padding` of layer '{self.name}' must be above 0 "
                    f"along that axis. {received} Leave `output_padding` out "
                    "to get outputs of `strides` times the input's size."
                )

    def _summed_axes(self, rank):
        return [axis for axis in range(rank) if axis != rank - 2]

    def _add_kernels(self, channels):
        self.kernel = self.add_weight(
            "kernel",
            shape=self.kernel_size + (self.filters, channels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )

    def convolution_op(self, inputs, kernel):
        """Runs the transposed convolution.

        Arguments:
            inputs: Tensor in the layer's data format.
            kernel: Tensor of the kernel's shape.

        Returns:
            The outputs before bias and activation.
        """
        axes = conv_shapes.spatial_axes(self.data_format, self.rank)
        sizes = tf.shape(inputs)
        lengths = [
            sizes[axis] if inputs.shape[axis] is None else inputs.shape[axis]
            for axis in axes
        ]
        return window_ops.convolve_transposed(
            inputs,
            kernel,
            self._output_lengths(lengths),
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )

    def _output_lengths(self, lengths):
        return [
            conv_shapes.transposed_output_length(
                length,
                self.kernel_size[index],
                self.padding,
                self.strides[index],
                self.dilation_rate[index],
                self.output_padding and self.output_padding[index],
            )
            for index, length in enumerate(lengths)
        ]


class Conv1DTranspose(_TransposedConv, convolution.Conv1D):
    """Makes sequences longer: a convolution run backwards.

    Use it where a decoder or generator has to undo the steps of a `Conv1D`:
    each input step spreads over a window of output steps, and where windows
    overlap they are added up.

    See [Zeiler et al., 2010](
    https://www.matthewzeiler.com/mattzeiler/deconvolutionalnetworks.pdf).

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer: the window's length.
        strides: Integer: how many output steps there are for an input step.
            Above 1 it can't be combined with a dilation above 1.
        padding: `"valid"` (the outputs hold every window whole) or `"same"`
            (they are `strides` times as long as the inputs).
        output_padding: Integer below `strides`: how many steps to add at the
            end, which sets the output's length to `(steps - 1) * strides +
            kernel_size + output_padding`, less twice half the window (rounded
            down) with `"same"`. By default the length follows from `padding`.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer: the step between the elements of the window.
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
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, new_steps, filters)` or `(batch, filters, new_steps)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the channels are unknown or the rank is wrong.

    Example:

    >>> x = tf.ones((2, 10, 4))
    >>> tfk.layers.Conv1DTranspose(8, 3, strides=2)(x).shape
    TensorShape([2, 21, 8])
    """


class Conv2DTranspose(_TransposedConv, convolution.Conv2D):
    """Makes images larger: a convolution run backwards.

    Use it where a decoder or generator has to undo the steps of a `Conv2D`:
    each input pixel spreads over a window of output pixels, and where windows
    overlap they are added up. A `kernel_size` that is a multiple of `strides`
    avoids a pattern of squares in the outputs.

    See [Zeiler et al., 2010](
    https://www.matthewzeiler.com/mattzeiler/deconvolutionalnetworks.pdf).

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer or pair of integers: height and width of the
            window.
        strides: Integer or pair: how many output pixels there are for an
            input pixel. Above 1 they can't be combined with a dilation above
            1.
        padding: `"valid"` (the outputs hold every window whole) or `"same"`
            (they are `strides` times as large as the inputs).
        output_padding: Integer or pair, below `strides`: how much to add at
            the end of each axis, which sets the output's size to `(size - 1) *
            strides + kernel_size + output_padding`, less twice half the window
            (rounded down) with `"same"`. By default the size follows from
            `padding`.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer or pair: the steps between the elements of the
            window.
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
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_rows, new_columns, filters)`, or `(batch, filters,
        new_rows, new_columns)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the channels are unknown or the rank is wrong.

    Example:

    >>> x = tf.ones((2, 7, 7, 4))
    >>> tfk.layers.Conv2DTranspose(8, 4, strides=2, padding="same")(x).shape
    TensorShape([2, 14, 14, 8])
    """


class Conv3DTranspose(_TransposedConv, convolution.Conv3D):
    """Makes volumes larger: a convolution run backwards.

    Use it where a decoder has to undo the steps of a `Conv3D`, as in the
    segmentation of scans.

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer or three integers: the size of the window.
        strides: Integer or three: how many output values there are for an
            input value. Above 1 they can't be combined with a dilation above
            1.
        padding: `"valid"` (the outputs hold every window whole) or `"same"`
            (they are `strides` times as large as the inputs).
        output_padding: Integer or three, below `strides`: how much to add at
            the end of each axis, which sets the output's size to `(size - 1) *
            strides + kernel_size + output_padding`, less twice half the window
            (rounded down) with `"same"`. By default the size follows from
            `padding`.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer or three: the steps between the elements of the
            window.
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
        `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth,
        rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_depth, new_rows, new_columns, filters)`, or with the
        filters before the spatial axes.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the channels are unknown or the rank is wrong.

    Example:

    >>> x = tf.ones((2, 3, 4, 4, 3))
    >>> tfk.layers.Conv3DTranspose(4, 2, strides=2)(x).shape
    TensorShape([2, 6, 8, 8, 4])

    tf.keras leaves `dilation_rate` out of the calculation; here it counts, and
    stands in the config where it is above 1.
    """

    def get_config(self):
        config = super().get_config()
        # As in the files of tf.keras.
        if max(self.dilation_rate) == 1:
            config.pop("dilation_rate")
        return config


Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
