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
"""The step of an LSTM whose products are convolutions."""

import tensorflow as tf

from tfk import activations
from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.layers import window_ops
from tfk.layers.rnn import dropout as dropout_lib
from tfk.layers.rnn import gated
from tfk.layers.rnn import lstm
from tfk.utils import conv_shapes


class ConvLSTMCell(dropout_lib.DropoutCell):
    """One time step of `ConvLSTM1D`, `ConvLSTM2D` or `ConvLSTM3D`.

    Arguments:
        rank: Integer: the number of spatial axes.
        filters, kernel_size, strides, padding, data_format, dilation_rate,
            activation, recurrent_activation, use_bias, kernel_initializer,
            recurrent_initializer, bias_initializer, unit_forget_bias,
            kernel_regularizer, recurrent_regularizer, bias_regularizer,
            kernel_constraint, recurrent_constraint, bias_constraint, dropout,
            recurrent_dropout, seed: see `ConvLSTM2D`.
        **kwargs: `name`, `dtype`, `trainable`.
    """

    def __init__(
        self,
        rank,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation="tanh",
        recurrent_activation="hard_sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(dropout, recurrent_dropout, seed, **kwargs)
        name = self.name
        self.rank = rank
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
        self.dilation_rate = conv_shapes.normalize_tuple(
            dilation_rate, rank, "dilation_rate", name
        )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"Layer '{name}' can have strides or a dilation above 1, not "
                f"both. Received: strides={self.strides}, "
                f"dilation_rate={self.dilation_rate}."
            )
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.unit_forget_bias = unit_forget_bias
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    @property
    def _channel_axis(self):
        return -1 if self.data_format == "channels_last" else -1 - self.rank

    def build(self, input_shape):
        """Makes the kernels and the bias."""
        shape = tf.TensorShape(input_shape)
        channels = shape[self._channel_axis]
        if channels is None:
            raise ValueError(
                f"Layer '{self.name}' needs to know the number of input "
                f"channels, which is the size of axis {self._channel_axis}. "
                f"Received: input_shape={shape} for one time step, "
                f"data_format='{self.data_format}'."
            )
        self.output_shape_of(shape)
        self.kernel = self.add_weight(
            "kernel",
            shape=(*self.kernel_size, channels, 4 * self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            "recurrent_kernel",
            shape=(*self.kernel_size, self.filters, 4 * self.filters),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            initializer = self.bias_initializer
            if self.unit_forget_bias:
                initializer = gated.forget_bias(initializer)
            self.bias = self.add_weight(
                "bias",
                shape=(4 * self.filters,),
                initializer=initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    def output_shape_of(self, input_shape):
        """Returns the shape of the output for that of one time step.

        Arguments:
            input_shape: `tf.TensorShape` of one time step.
        """
        axes = conv_shapes.spatial_axes(self.data_format, self.rank)
        lengths = conv_shapes.window_output_lengths(
            [input_shape[axis] for axis in axes],
            self.kernel_size,
            self.padding,
            self.strides,
            self.name,
            "kernel_size",
            self.dilation_rate,
        )
        return self._shape(input_shape[0], lengths)

    def _shape(self, batch_size, lengths):
        if self.data_format == "channels_last":
            return [batch_size, *lengths, self.filters]
        return [batch_size, self.filters, *lengths]

    def state_shape(self, inputs, batch_axis, first_axis):
        """Returns the shape of a state, with tensors where it is unknown.

        Arguments:
            inputs: Tensor of many time steps.
            batch_axis: Integer: the axis of the batch.
            first_axis: Integer: the first axis of what one time step holds.
        """
        static, dynamic = inputs.shape, tf.shape(inputs)
        sizes = [
            dynamic[axis] if static[axis] is None else static[axis]
            for axis in range(inputs.shape.rank)
        ]
        axes = conv_shapes.spatial_axes(self.data_format, self.rank)
        lengths = [
            conv_shapes.window_output_length(
                sizes[first_axis - 1 + axis], window, self.padding, *steps
            )
            for axis, window, *steps in zip(
                axes, self.kernel_size, self.strides, self.dilation_rate
            )
        ]
        return self._shape(sizes[batch_axis], lengths)

    def call(self, inputs, states, training=None):
        """Makes one time step."""
        hidden, cell = states
        gates = self._from_inputs(inputs, training)
        gates += self._from_state(hidden, training)
        hidden, cell = lstm.lstm_step(
            gates,
            cell,
            self.activation,
            self.recurrent_activation,
            self._channel_axis,
        )
        return hidden, [hidden, cell]

    def _from_inputs(self, inputs, training):
        """Returns what the inputs and the bias add to the gates."""
        masks = self.get_dropout_mask_for_cell(inputs, training, count=4)
        gates = self._by_gate(self._convolve_inputs, inputs, self.kernel, masks)
        if self.bias is None:
            return gates
        axes = [1] * self.rank if self.data_format != "channels_last" else []
        return gates + tf.reshape(self.bias, [-1, *axes])

    def _from_state(self, state, training):
        """Returns what the last output adds to the gates."""
        masks = self.get_recurrent_dropout_mask_for_cell(
            state, training, count=4
        )
        return self._by_gate(
            self._convolve_state, state, self.recurrent_kernel, masks
        )

    def _by_gate(self, convolve, x, kernel, masks):
        """Convolves a tensor, with a dropout mask for each gate if any."""
        kernel = tf.convert_to_tensor(kernel)
        if masks is None:
            return convolve(x, kernel)
        parts = [
            convolve(x * mask, part)
            for mask, part in zip(masks, tf.split(kernel, 4, -1))
        ]
        return tf.concat(parts, self._channel_axis)

    def _convolve_inputs(self, inputs, kernel):
        return window_ops.convolve(
            inputs,
            kernel,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )

    def _convolve_state(self, state, kernel):
        ones = (1,) * self.rank
        return window_ops.convolve(
            state, kernel, ones, "same", self.data_format, ones
        )

    @property
    def state_size(self):
        """The shapes of output and cell, as far as they are known."""
        shape = tf.TensorShape(self._shape(None, [None] * self.rank)[1:])
        return [shape, shape]

    @property
    def output_size(self):
        """The shape of the output, as far as it is known."""
        return self.state_size[0]
