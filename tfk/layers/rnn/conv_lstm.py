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
"""LSTMs whose products are convolutions."""

import contextlib

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.layers.rnn import cells
from tfk.layers.rnn import gated
from tfk.layers.rnn import rnn
from tfk.layers.rnn import state_arguments
from tfk.layers.rnn.conv_lstm_cell import ConvLSTMCell


class ConvLSTM(rnn.RNN):
    """The base class of `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`."""

    rank = None

    # The cell is made of the layer's own arguments.
    _unsaved_arguments = rnn.RNN._unsaved_arguments + ("cell", "seed")

    def __init__(
        self,
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
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        self._input_ndim = self.rank + 3
        cell = ConvLSTMCell(
            self.rank,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            unit_forget_bias,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            **gated.cell_arguments("conv_lstm_cell", kwargs),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )

    def get_config(self):
        config = super().get_config()
        if self.cell.seed is not None:
            config["seed"] = self.cell.seed
        return config

    def compute_output_shape(self, input_shape):
        """Returns the shape of the outputs, or a list with those of states.

        Arguments:
            input_shape: Shape of the inputs, or a list of shapes.
        """
        input_shape = state_arguments.shape_of_inputs(input_shape)
        step = self._shape_of_step(input_shape)
        state = tf.TensorShape(self.cell.output_shape_of(step))
        shape = state
        if self.return_sequences:
            shape = input_shape[:2].concatenate(state[1:])
        return [shape, state, state] if self.return_state else shape

    def get_initial_state(self, inputs):
        """Returns the list of the states before the first step: zeros.

        Arguments:
            inputs: The inputs, of which the shape is taken.
        """
        shape = self.cell.state_shape(inputs, 1 - self._time_axis, 2)
        zeros = tf.zeros(shape, self._state_dtype)
        return [zeros, zeros]

    def _zero_states(self, batch_size):
        shape = self._shape_of_step(self._build_shape)
        shape = self.cell.output_shape_of(shape)
        if None in shape:
            raise ValueError(
                f"Layer '{self.name}' is stateful and must know the sizes of "
                f"its inputs. Received: inputs of shape {self._build_shape}. "
                "Give them as `tfk.Input(batch_shape=(...))`."
            )
        zeros = tf.zeros(shape, self._state_dtype)
        return [zeros, zeros]

    def _build_cell(self, step_shape):
        # As in tf.keras, the weights are named after the layer.
        cells.build_cell(self.cell, step_shape, contextlib.nullcontext())

    def build(self, input_shape):
        """Builds the cell, and the states that a stateful layer keeps."""
        self._build_shape = state_arguments.shape_of_inputs(input_shape)
        super().build(input_shape)

    def _spec_of(self, shape, batch_size):
        axes = {}
        axis = shape.rank + self.cell._channel_axis
        axes[axis - shape.rank] = shape[axis]
        if self.stateful:
            axes[1 - self._time_axis] = batch_size
        return InputSpec(ndim=shape.rank, axes=axes)


@gated.with_arguments_of(ConvLSTMCell)
class ConvLSTM1D(ConvLSTM):
    """An LSTM over sequences of series: its products are convolutions.

    For sensors that lie in a row, for instance. What is near in space and in
    time is seen together, and all places are treated alike.

    Reference: [Shi et al., 2015](https://arxiv.org/abs/1506.04214).

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer or a tuple of one: the size of the window.
        strides: Integer or a tuple of one: the steps of the window over the
            inputs. Above 1 they can't be combined with a dilation above 1.
        padding: `"valid"` (none) or `"same"` (zeros on all sides). The states
            are always padded.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer or a tuple of one: the steps between the elements
            of the window over the inputs.
        activation: Function or its name, applied to candidate and output.
        recurrent_activation: Function or its name, applied to the gates.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of the weights of the inputs.
        recurrent_initializer: Initializer of the weights of the states.
        bias_initializer: Initializer of the bias.
        unit_forget_bias: Boolean: whether the bias of the forget gate begins
            at 1, so that the layer remembers before it has learned to.
        kernel_regularizer: Regularizer of the weights of the inputs.
        recurrent_regularizer: Regularizer of the weights of the states.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the weights of the inputs.
        recurrent_constraint: Constraint on the weights of the states.
        bias_constraint: Constraint on the bias.
        return_sequences: Boolean: whether to return the outputs of all steps.
        return_state: Boolean: whether to return the last states as well.
        go_backwards: Boolean: whether to begin with the last step.
        stateful: Boolean: whether a batch begins with the states that the
            one before ended with.
        dropout: Float from 0 to 1: the share of inputs that training sets
            to 0, the same ones at each time step.
        recurrent_dropout: Float from 0 to 1: likewise for the output that is
            fed back.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `unroll`, `time_major`, `zero_output_for_mask`, `name`,
            `dtype`, `trainable`, `input_shape`; see `RNN`.

    Call arguments:
        inputs: Tensor of floats.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None.
        training: Boolean: the mode.
        initial_state: List of two tensors: output and cell.

    Input shape:
        `(batch_size, steps, length, channels)`,
        or `(batch_size, steps, channels, length)` with
        `"channels_first"`.

    Output shape:
        `(batch_size, new_length, filters)`.
        With `return_sequences`, the steps come behind the batch; with
        `return_state`, it is a list with the last states behind the outputs.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> layer = tfk.layers.ConvLSTM1D(8, 3)
    >>> layer(tf.ones((2, 4, 6, 3))).shape
    TensorShape([2, 4, 8])
    """

    rank = 1


@gated.with_arguments_of(ConvLSTMCell)
class ConvLSTM2D(ConvLSTM):
    """An LSTM over sequences of images: its products are convolutions.

    For frames of a video, or maps of rain. What is near in space and in time
    is seen together, and all places are treated alike.

    Reference: [Shi et al., 2015](https://arxiv.org/abs/1506.04214).

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer or a pair: the size of the window.
        strides: Integer or a pair: the steps of the window over the
            inputs. Above 1 they can't be combined with a dilation above 1.
        padding: `"valid"` (none) or `"same"` (zeros on all sides). The states
            are always padded.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer or a pair: the steps between the elements
            of the window over the inputs.
        activation: Function or its name, applied to candidate and output.
        recurrent_activation: Function or its name, applied to the gates.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of the weights of the inputs.
        recurrent_initializer: Initializer of the weights of the states.
        bias_initializer: Initializer of the bias.
        unit_forget_bias: Boolean: whether the bias of the forget gate begins
            at 1, so that the layer remembers before it has learned to.
        kernel_regularizer: Regularizer of the weights of the inputs.
        recurrent_regularizer: Regularizer of the weights of the states.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the weights of the inputs.
        recurrent_constraint: Constraint on the weights of the states.
        bias_constraint: Constraint on the bias.
        return_sequences: Boolean: whether to return the outputs of all steps.
        return_state: Boolean: whether to return the last states as well.
        go_backwards: Boolean: whether to begin with the last step.
        stateful: Boolean: whether a batch begins with the states that the
            one before ended with.
        dropout: Float from 0 to 1: the share of inputs that training sets
            to 0, the same ones at each time step.
        recurrent_dropout: Float from 0 to 1: likewise for the output that is
            fed back.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `unroll`, `time_major`, `zero_output_for_mask`, `name`,
            `dtype`, `trainable`, `input_shape`; see `RNN`.

    Call arguments:
        inputs: Tensor of floats.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None.
        training: Boolean: the mode.
        initial_state: List of two tensors: output and cell.

    Input shape:
        `(batch_size, steps, rows, columns, channels)`,
        or `(batch_size, steps, channels, rows, columns)` with
        `"channels_first"`.

    Output shape:
        `(batch_size, new_rows, new_columns, filters)`.
        With `return_sequences`, the steps come behind the batch; with
        `return_state`, it is a list with the last states behind the outputs.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> layer = tfk.layers.ConvLSTM2D(8, 3)
    >>> layer(tf.ones((2, 4, 6, 6, 3))).shape
    TensorShape([2, 4, 4, 8])
    """

    rank = 2

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        data_format=None,
        dilation_rate=(1, 1),
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
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            unit_forget_bias,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            return_sequences,
            return_state,
            go_backwards,
            stateful,
            dropout,
            recurrent_dropout,
            seed,
            **kwargs,
        )


@gated.with_arguments_of(ConvLSTMCell)
class ConvLSTM3D(ConvLSTM):
    """An LSTM over sequences of volumes: its products are convolutions.

    For scans that change over time. What is near in space and in time is seen
    together, and all places are treated alike.

    Reference: [Shi et al., 2015](https://arxiv.org/abs/1506.04214).

    Arguments:
        filters: Integer: the number of output channels.
        kernel_size: Integer or three: the size of the window.
        strides: Integer or three: the steps of the window over the
            inputs. Above 1 they can't be combined with a dilation above 1.
        padding: `"valid"` (none) or `"same"` (zeros on all sides). The states
            are always padded.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        dilation_rate: Integer or three: the steps between the elements
            of the window over the inputs.
        activation: Function or its name, applied to candidate and output.
        recurrent_activation: Function or its name, applied to the gates.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of the weights of the inputs.
        recurrent_initializer: Initializer of the weights of the states.
        bias_initializer: Initializer of the bias.
        unit_forget_bias: Boolean: whether the bias of the forget gate begins
            at 1, so that the layer remembers before it has learned to.
        kernel_regularizer: Regularizer of the weights of the inputs.
        recurrent_regularizer: Regularizer of the weights of the states.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the weights of the inputs.
        recurrent_constraint: Constraint on the weights of the states.
        bias_constraint: Constraint on the bias.
        return_sequences: Boolean: whether to return the outputs of all steps.
        return_state: Boolean: whether to return the last states as well.
        go_backwards: Boolean: whether to begin with the last step.
        stateful: Boolean: whether a batch begins with the states that the
            one before ended with.
        dropout: Float from 0 to 1: the share of inputs that training sets
            to 0, the same ones at each time step.
        recurrent_dropout: Float from 0 to 1: likewise for the output that is
            fed back.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `unroll`, `time_major`, `zero_output_for_mask`, `name`,
            `dtype`, `trainable`, `input_shape`; see `RNN`.

    Call arguments:
        inputs: Tensor of floats.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None.
        training: Boolean: the mode.
        initial_state: List of two tensors: output and cell.

    Input shape:
        `(batch_size, steps, depth, rows, columns, channels)`,
        or `(batch_size, steps, channels, depth, rows, columns)` with
        `"channels_first"`.

    Output shape:
        `(batch_size, new_depth, new_rows, new_columns, filters)`.
        With `return_sequences`, the steps come behind the batch; with
        `return_state`, it is a list with the last states behind the outputs.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> layer = tfk.layers.ConvLSTM3D(8, 3)
    >>> layer(tf.ones((2, 4, 5, 5, 5, 3))).shape
    TensorShape([2, 3, 3, 3, 8])
    """

    rank = 3

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1, 1),
        padding="valid",
        data_format=None,
        dilation_rate=(1, 1, 1),
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
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            unit_forget_bias,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            return_sequences,
            return_state,
            go_backwards,
            stateful,
            dropout,
            recurrent_dropout,
            seed,
            **kwargs,
        )
