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
"""The plainest recurrent layer."""

from tfk.layers.rnn import gated


class SimpleRNNCell(gated.GatedCell):
    """One time step of `SimpleRNN`.

    The new state, which is the output too, is `activation(x @ kernel +
    state @ recurrent_kernel + bias)`.

    Arguments:
        units: Integer: the size of output and state.
        activation: Function or its name, applied to the output.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of the weights of the inputs.
        recurrent_initializer: Initializer of the weights of the state.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the weights of the inputs.
        recurrent_regularizer: Regularizer of the weights of the state.
        bias_regularizer: Regularizer of the bias.
        kernel_constraint: Constraint on the weights of the inputs.
        recurrent_constraint: Constraint on the weights of the state.
        bias_constraint: Constraint on the bias.
        dropout: Float from 0 to 1: the share of inputs that training sets
            to 0, the same ones at each time step.
        recurrent_dropout: Float from 0 to 1: likewise for the state.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor of shape `(batch_size, features)`.
        states: List of one tensor of shape `(batch_size, units)`.
        training: Boolean: the mode.

    Example:

    >>> cell = tfk.layers.SimpleRNNCell(4)
    >>> output, states = cell(tf.ones((2, 3)), [tf.zeros((2, 4))])
    >>> output.shape, len(states)
    (TensorShape([2, 4]), 1)
    """

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
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

    def advance(self, projected, states, training):
        (state,) = states
        mask = self.get_recurrent_dropout_mask_for_cell(state, training)
        masks = None if mask is None else [mask]
        output = projected + self._products_by_gate(state, masks)
        output = self.activation(output)
        return output, [output]


@gated.with_arguments_of(SimpleRNNCell)
class SimpleRNN(gated.GatedRNN):
    """Feeds its output back to itself at each time step.

    For short sequences and for study: over many steps its gradients vanish or
    explode, which `LSTM` and `GRU` are made to avoid.

    Arguments:
        units: Integer: the size of output and state.
        activation: Function or its name, applied to the output.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of the weights of the inputs.
        recurrent_initializer: Initializer of the weights of the state.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the weights of the inputs.
        recurrent_regularizer: Regularizer of the weights of the state.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the weights of the inputs.
        recurrent_constraint: Constraint on the weights of the state.
        bias_constraint: Constraint on the bias.
        dropout: Float from 0 to 1: the share of inputs that training sets
            to 0, the same ones at each time step.
        recurrent_dropout: Float from 0 to 1: likewise for the state.
        return_sequences: Boolean: whether to return the outputs of all steps.
        return_state: Boolean: whether to return the last state as well.
        go_backwards: Boolean: whether to begin with the last step.
        stateful: Boolean: whether a batch begins with the states that the
            one before ended with.
        unroll: Boolean: whether to repeat the step in the graph.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `time_major`, `zero_output_for_mask`, `name`, `dtype`,
            `trainable`, `input_shape`; see `RNN`.

    Call arguments:
        inputs: Tensor, dense or ragged.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None.
        training: Boolean: the mode.
        initial_state: List of one tensor of shape `(batch_size, units)`.

    Input shape:
        `(batch_size, steps, features)`.

    Output shape:
        `(batch_size, units)`, or `(batch_size, steps, units)` with
        `return_sequences`; a list with the last state behind it with
        `return_state`.

    Raises:
        ValueError: If `units` is not a positive integer, or a rate is not
            from 0 to 1.

    Example:

    >>> layer = tfk.layers.SimpleRNN(4, return_sequences=True)
    >>> layer(tf.ones((2, 3, 5))).shape
    TensorShape([2, 3, 4])
    """

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
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
        unroll=False,
        seed=None,
        **kwargs,
    ):
        cell = SimpleRNNCell(
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
            dropout,
            recurrent_dropout,
            seed,
            **gated.cell_arguments("simple_rnn_cell", kwargs),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
