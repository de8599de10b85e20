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
"""The gated recurrent unit: cell and layer."""

import tensorflow as tf

from tfk import activations
from tfk.layers.rnn import cudnn_engine
from tfk.layers.rnn import gated
from tfk.layers.rnn import gru_engine


class GRUCell(gated.GatedCell):
    """One time step of `GRU`.

    The gates are in the order update, reset, candidate:

        new_state = update * state + (1 - update) * candidate

    Reference: [Cho et al., 2014](https://arxiv.org/abs/1406.1078).

    Arguments:
        units: Integer: the size of output and state.
        activation: Function or its name, applied to the candidate.
        recurrent_activation: Function or its name, applied to the gates.
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
        reset_after: Boolean: whether the reset gate acts on the state after
            it was multiplied with its weights, as on GPUs, or before, as in
            the paper. With it, the bias has two rows.
        implementation: 1 or 2: whether each gate drops inputs of its own (1),
            or all gates the same (2). Always 1 with `recurrent_dropout`.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor of shape `(batch_size, features)`.
        states: List of one tensor of shape `(batch_size, units)`.
        training: Boolean: the mode.

    Example:

    >>> cell = tfk.layers.GRUCell(4)
    >>> output, states = cell(tf.ones((2, 3)), [tf.zeros((2, 4))])
    >>> output.shape, len(states)
    (TensorShape([2, 4]), 1)
    """

    _num_gates = 3

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        reset_after=True,
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
        self.reset_after = reset_after
        self.implementation = gated.checked_implementation(
            implementation, recurrent_dropout
        )

    @property
    def _bias_shape(self):
        width = 3 * self.units
        return (2, width) if self.reset_after else (width,)

    @property
    def _input_bias(self):
        if self.bias is None or not self.reset_after:
            return self.bias
        return self.bias[0]

    @property
    def _has_input_mask_per_gate(self):
        return self.implementation == 1

    def advance(self, projected, states, training):
        (state,) = states
        masks = self.get_recurrent_dropout_mask_for_cell(
            state, training, count=3
        )
        advance = self._reset_after if self.reset_after else self._reset_before
        update, candidate = advance(projected, state, masks)
        # The same as a weighted mean, with one product less.
        output = candidate + update * (state - candidate)
        return output, [output]

    def _reset_after(self, projected, state, masks):
        """Returns update gate and candidate, as on GPUs."""
        product = self._products_by_gate(state, masks)
        if self.bias is not None:
            product += self.bias[1]
        inner, own = tf.split(projected, [2 * self.units, self.units], -1)
        inner_product, own_product = tf.split(
            product, [2 * self.units, self.units], -1
        )
        update, reset = self._gates(inner + inner_product)
        return update, self.activation(own + reset * own_product)

    def _reset_before(self, projected, state, masks):
        """Returns update gate and candidate, as in the paper."""
        kernels = tf.split(tf.convert_to_tensor(self.recurrent_kernel), 3, 1)
        of_update = of_reset = of_candidate = state
        if masks is not None:
            of_update, of_reset, of_candidate = [state * m for m in masks]
        product = tf.concat(
            [
                tf.matmul(of_update, kernels[0]),
                tf.matmul(of_reset, kernels[1]),
            ],
            -1,
        )
        inner, own = tf.split(projected, [2 * self.units, self.units], -1)
        update, reset = self._gates(inner + product)
        own += tf.matmul(reset * of_candidate, kernels[2])
        return update, self.activation(own)

    def _gates(self, x):
        return tf.split(self.recurrent_activation(x), 2, -1)


@gated.with_arguments_of(GRUCell)
class GRU(gated.GatedRNN):
    """Remembers over many time steps, with fewer weights than `LSTM`.

    Gates decide how much of the state is kept and how much of it goes into
    what takes its place.

    With `tanh`, `sigmoid`, `reset_after` and no `unroll`, it runs on fast
    engines, with any masks: on cuDNN where there is a GPU, and else on one of
    its own, which takes dropout of each gate as well. With other settings it
    runs on a loop over the same formula, and logs so.

    Reference: [Cho et al., 2014](https://arxiv.org/abs/1406.1078).

    Arguments:
        units: Integer: the size of output and state.
        activation: Function or its name, applied to the candidate.
        recurrent_activation: Function or its name, applied to the gates.
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
        time_major: Boolean: whether time is the first axis.
        reset_after: Boolean: whether the reset gate acts on the state after
            it was multiplied with its weights, as on GPUs, or before, as in
            the paper. With it, the bias has two rows.
        implementation: 1 or 2: whether each gate drops inputs of its own (1),
            or all gates the same (2). Always 1 with `recurrent_dropout`.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `zero_output_for_mask`, `name`, `dtype`, `trainable`,
            `input_shape`; see `RNN`.

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

    >>> layer = tfk.layers.GRU(4, return_sequences=True)
    >>> layer(tf.ones((2, 3, 5))).shape
    TensorShape([2, 3, 4])
    """

    _chunked_engine = staticmethod(gru_engine.gru)
    _cudnn_engine = staticmethod(cudnn_engine.gru)

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        time_major=False,
        reset_after=True,
        implementation=2,
        seed=None,
        **kwargs,
    ):
        cell = GRUCell(
            units,
            activation,
            recurrent_activation,
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
            reset_after,
            implementation,
            seed,
            **gated.cell_arguments("gru_cell", kwargs),
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

    def _obstacles(self):
        found = super()._obstacles()
        if not self.reset_after:
            found["reset_after=False"] = "reset_after=True"
        return found
