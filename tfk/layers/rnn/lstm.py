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
"""The long short-term memory: cell and layer."""

import tensorflow as tf

from tfk import activations
from tfk.layers.rnn import cudnn_engine
from tfk.layers.rnn import gated
from tfk.layers.rnn import lstm_engine


class LSTMCell(gated.GatedCell):
    """One time step of `LSTM`.

    The gates are in the order input, forget, candidate, output:

        new_cell = forget * cell + input * candidate
        output = output_gate * activation(new_cell)

    Reference: [Hochreiter and Schmidhuber, 1997](
    https://doi.org/10.1162/neco.1997.9.8.1735).

    Arguments:
        units: Integer: the size of output and states.
        activation: Function or its name, applied to candidate and output.
        recurrent_activation: Function or its name, applied to the gates.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of the weights of the inputs.
        recurrent_initializer: Initializer of the weights of the states.
        bias_initializer: Initializer of the bias.
        unit_forget_bias: Boolean: whether the bias of the forget gate begins
            at 1, so that the cell remembers before it has learned to.
            See [Jozefowicz et al., 2015](
            https://proceedings.mlr.press/v37/jozefowicz15.html).
        kernel_regularizer: Regularizer of the weights of the inputs.
        recurrent_regularizer: Regularizer of the weights of the states.
        bias_regularizer: Regularizer of the bias.
        kernel_constraint: Constraint on the weights of the inputs.
        recurrent_constraint: Constraint on the weights of the states.
        bias_constraint: Constraint on the bias.
        dropout: Float from 0 to 1: the share of inputs that training sets
            to 0, the same ones at each time step.
        recurrent_dropout: Float from 0 to 1: likewise for the output that is
            fed back.
        implementation: 1 or 2: whether each gate drops inputs of its own (1),
            or all gates the same (2). Always 1 with `recurrent_dropout`.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor of shape `(batch_size, features)`.
        states: List of output and cell of the step before, both of shape
            `(batch_size, units)`.
        training: Boolean: the mode.

    Example:

    >>> cell = tfk.layers.LSTMCell(4)
    >>> states = cell.get_initial_state(batch_size=2, dtype="float32")
    >>> output, states = cell(tf.ones((2, 3)), states)
    >>> output.shape, len(states)
    (TensorShape([2, 4]), 2)
    """

    _num_gates = 4

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        implementation=2,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.implementation = gated.checked_implementation(
            implementation, recurrent_dropout
        )

    @property
    def state_size(self):
        """The sizes of output and cell."""
        return [self.units, self.units]

    @property
    def _initializer_of_bias(self):
        if not self.unit_forget_bias:
            return self.bias_initializer
        return gated.forget_bias(self.bias_initializer)

    @property
    def _has_input_mask_per_gate(self):
        return self.implementation == 1

    def advance(self, projected, states, training):
        hidden, cell = states
        masks = self.get_recurrent_dropout_mask_for_cell(
            hidden, training, count=4
        )
        gates = projected + self._products_by_gate(hidden, masks)
        hidden, cell = lstm_step(
            gates, cell, self.activation, self.recurrent_activation
        )
        return hidden, [hidden, cell]


def lstm_step(gates, cell, activation, recurrent_activation, axis=-1):
    """Returns the next output and the next cell of an LSTM.

    Arguments:
        gates: Tensor with the gates input, forget, candidate and output side
            by side, before their activations.
        cell: Tensor: the cell.
        activation: Function for candidate and output.
        recurrent_activation: Function for the gates.
        axis: Integer: the axis on which the gates are side by side.
    """
    take, keep, candidate, show = tf.split(gates, 4, axis)
    cell = recurrent_activation(keep) * cell + recurrent_activation(
        take
    ) * activation(candidate)
    return recurrent_activation(show) * activation(cell), cell


@gated.with_arguments_of(LSTMCell)
class LSTM(gated.GatedRNN):
    """Remembers over many time steps: the long short-term memory.

    The first choice for sequences, beside `GRU`, which has fewer weights. A
    memory cell goes through all steps, and gates decide what is taken in,
    kept and shown.

    With `tanh`, `sigmoid` and no `unroll`, it runs on fast engines, with any
    masks: on cuDNN where there is a GPU, and else on one of its own, which
    takes dropout of each gate as well. With other settings it runs on a loop
    over the same formula, and logs so.

    Reference: [Hochreiter and Schmidhuber, 1997](
    https://doi.org/10.1162/neco.1997.9.8.1735).

    Arguments:
        units: Integer: the size of output and states.
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
        dropout: Float from 0 to 1: the share of inputs that training sets
            to 0, the same ones at each time step.
        recurrent_dropout: Float from 0 to 1: likewise for the output that is
            fed back.
        return_sequences: Boolean: whether to return the outputs of all steps.
        return_state: Boolean: whether to return the last states as well.
        go_backwards: Boolean: whether to begin with the last step.
        stateful: Boolean: whether a batch begins with the states that the
            one before ended with.
        time_major: Boolean: whether time is the first axis.
        unroll: Boolean: whether to repeat the step in the graph.
        implementation: 1 or 2: whether each gate drops inputs of its own (1),
            or all gates the same (2). Always 1 with `recurrent_dropout`.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `zero_output_for_mask`, `name`, `dtype`, `trainable`,
            `input_shape`; see `RNN`.

    Call arguments:
        inputs: Tensor, dense or ragged.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None.
        training: Boolean: the mode.
        initial_state: List of two tensors of shape `(batch_size, units)`:
            output and cell.

    Input shape:
        `(batch_size, steps, features)`.

    Output shape:
        `(batch_size, units)`, or `(batch_size, steps, units)` with
        `return_sequences`; a list with the last states behind it with
        `return_state`.

    Raises:
        ValueError: If `units` is not a positive integer, or a rate is not
            from 0 to 1.

    Example:

    >>> layer = tfk.layers.LSTM(4, return_sequences=True, return_state=True)
    >>> outputs, hidden, cell = layer(tf.ones((2, 3, 5)))
    >>> outputs.shape, cell.shape
    (TensorShape([2, 3, 4]), TensorShape([2, 4]))
    """

    _chunked_engine = staticmethod(lstm_engine.lstm)
    _cudnn_engine = staticmethod(cudnn_engine.lstm)

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        time_major=False,
        unroll=False,
        implementation=2,
        seed=None,
        **kwargs,
    ):
        cell = LSTMCell(
            units,
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
            implementation,
            seed,
            **gated.cell_arguments("lstm_cell", kwargs),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            time_major=time_major,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
