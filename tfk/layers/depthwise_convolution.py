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
"""Depthwise convolutions: each channel is convolved by itself."""

from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.layers import convolution
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class DepthwiseConv(convolution.Conv):
    """What depthwise convolutions of every rank share."""

    _takes_more_batch_axes = False
    _unsaved_arguments = convolution.Conv._unsaved_arguments + (
        "filters",
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
    )

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            filters=1,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.filters = None  # The inputs decide.
        (self.depth_multiplier,) = conv_shapes.normalize_tuple(
            depth_multiplier, 1, "depth_multiplier", self.name
        )
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def _check_arguments(self):
        convolution.require_one_group(self)
        super()._check_arguments()

    def _add_kernels(self, channels):
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            shape=self.kernel_size + (channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )

    def _convolve(self, inputs):
        return self.convolution_op(inputs, self.depthwise_kernel)

    def convolution_op(self, inputs, kernel):
        """Runs the depthwise convolution.

        Arguments:
            inputs: Tensor in the layer's data format.
            kernel: Tensor of the shape of `depthwise_kernel`.

        Returns:
            The outputs before bias and activation.
        """
        return window_ops.depthwise_convolve(
            inputs,
            kernel,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )

    def _output_channels(self, channels):
        return None if channels is None else channels * self.depth_multiplier


class DepthwiseConv1D(DepthwiseConv):
    """Convolves each channel of sequences by itself.

    It looks for patterns in time without mixing channels, with far fewer
    weights than `Conv1D`.

    Arguments:
        kernel_size: Integer: the window's length.
        strides: Integer: the step of the window. Above 1 it can't be combined
            with a dilation above 1.
        padding: `"valid"` (none) or `"same"` (zeros on both sides, so that
            stride 1 keeps the length).
        depth_multiplier: Integer: how many outputs each channel has.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer: the step between the elements of the window.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add a vector to the outputs.
        depthwise_initializer: Initializer of the kernel.
        bias_initializer: Initializer of the bias.
        depthwise_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        depthwise_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor of floats.

    Input shape:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, new_steps, channels * depth_multiplier)`, or with the channels
        before the steps.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is longer than the input, the channels are
            unknown or the rank is wrong.

    Example:

    >>> x = tf.ones((2, 10, 4))
    >>> tfk.layers.DepthwiseConv1D(3, depth_multiplier=2)(x).shape
    TensorShape([2, 8, 8])
    """

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """Convolves each channel of images by itself.

    It looks for patterns in space without mixing channels, with far fewer
    weights than `Conv2D`. With a convolution of size 1 after it, it is the
    main block of MobileNet
    ([Howard et al., 2017](https://arxiv.org/abs/1704.04861)).

    Arguments:
        kernel_size: Integer or pair of integers: height and width of the
            window.
        strides: Integer or pair: the steps of the window. Above 1 they can't
            be combined with a dilation above 1.
        padding: `"valid"` (none) or `"same"` (zeros on all sides, so that
            stride 1 keeps the size).
        depth_multiplier: Integer: how many outputs each channel has.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer or pair: the steps between the elements of the
            window.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add a vector to the outputs.
        depthwise_initializer: Initializer of the kernel.
        bias_initializer: Initializer of the bias.
        depthwise_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        depthwise_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor of floats.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_rows, new_columns, channels * depth_multiplier)`, or with
        the channels before the rows.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input, the channels are
            unknown or the rank is wrong.

    Example:

    >>> x = tf.ones((2, 8, 8, 3))
    >>> tfk.layers.DepthwiseConv2D(3, padding="same")(x).shape
    TensorShape([2, 8, 8, 3])
    """

    rank = 2
