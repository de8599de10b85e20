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
"""Separable convolutions: first in space or time, then across channels."""

from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.adapters.adaptable import Adaptable
from tfk.layers import convolution
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class SeparableConv(convolution.Conv, Adaptable):
    """What separable convolutions of every rank share."""

    # The larger of the two.
    _adapted_weight = "pointwise_kernel"
    _takes_more_batch_axes = False

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
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
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        (self.depth_multiplier,) = conv_shapes.normalize_tuple(
            depth_multiplier, 1, "depth_multiplier", self.name
        )
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

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
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            shape=(1,) * self.rank
            + (channels * self.depth_multiplier, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )

    def _convolve(self, inputs):
        return window_ops.separable_convolve(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            self.strides,
            "valid" if self.padding == "causal" else self.padding,
            self.data_format,
            self.dilation_rate,
        )


class SeparableConv1D(SeparableConv):
    """Convolves each channel of sequences by itself, then mixes channels.

    A `Conv1D` in two factors: nearly as expressive, with far fewer weights and
    operations.

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer: the window's length.
        strides: Integer: the step of the window. Above 1 it can't be combined
            with a dilation above 1.
        padding: `"valid"` (none), `"same"` (zeros on both sides, so that
            stride 1 keeps the length), or `"causal"` (zeros before).
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer: the step between the elements of the window.
        depth_multiplier: Integer: how many outputs each channel has before
            channels are mixed.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add a vector to the outputs.
        depthwise_initializer: Initializer of the kernel over time.
        pointwise_initializer: Initializer of the kernel across channels.
        bias_initializer: Initializer of the bias.
        depthwise_regularizer: Regularizer of the kernel over time.
        pointwise_regularizer: Regularizer of the kernel across channels.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        depthwise_constraint: Constraint on the kernel over time.
        pointwise_constraint: Constraint on the kernel across channels.
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
            built, if the window is longer than the input, the channels are
            unknown or the rank is wrong.

    Example:

    >>> x = tf.ones((2, 10, 4))
    >>> tfk.layers.SeparableConv1D(8, 3, padding="causal")(x).shape
    TensorShape([2, 10, 8])
    """

    rank = 1
    _paddings = ("valid", "same", "causal")


class SeparableConv2D(SeparableConv):
    """Convolves each channel of images by itself, then mixes channels.

    A `Conv2D` in two factors: nearly as expressive, with far fewer weights and
    operations. The main block of Xception
    ([Chollet, 2017](https://arxiv.org/abs/1610.02357)).

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
        depth_multiplier: Integer: how many outputs each channel has before
            channels are mixed.
        activation: Function or its name, applied to the outputs.
        use_bias: Boolean: whether to add a vector to the outputs.
        depthwise_initializer: Initializer of the kernel over space.
        pointwise_initializer: Initializer of the kernel across channels.
        bias_initializer: Initializer of the bias.
        depthwise_regularizer: Regularizer of the kernel over space.
        pointwise_regularizer: Regularizer of the kernel across channels.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        depthwise_constraint: Constraint on the kernel over space.
        pointwise_constraint: Constraint on the kernel across channels.
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
            built, if the window is larger than the input, the channels are
            unknown or the rank is wrong.

    Example:

    >>> x = tf.ones((2, 8, 8, 3))
    >>> tfk.layers.SeparableConv2D(4, 3)(x).shape
    TensorShape([2, 6, 6, 4])
    """

    rank = 2


SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
