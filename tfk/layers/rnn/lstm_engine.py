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
"""LSTM over whole sequences, fast on CPUs."""

import tensorflow as tf

from tfk.layers.rnn import chunked_scan
from tfk.layers.rnn import sequences


class _Formula(chunked_scan.Formula):
    """LSTM with the gates in the order input, forget, output, candidate."""

    num_kept = 2

    def step(self, projected, states, recurrent):
        hidden, cell = states
        units = hidden.shape[-1]
        gates = projected + recurrent.product(hidden)
        sigmoids, candidate = tf.split(gates, [3 * units, units], -1)
        sigmoids = tf.sigmoid(sigmoids)
        candidate = tf.tanh(candidate)
        take, keep, show = tf.split(sigmoids, 3, -1)
        cell = keep * cell + take * candidate
        return [show * tf.tanh(cell), cell], (sigmoids, candidate)

    def factors(self, kept, before):
        sigmoids, candidate = kept
        take, keep, show = tf.split(sigmoids, 3, -1)
        # Not the state after the step, which a mask may have kept as it was.
        shown = tf.tanh(keep * before[1] + take * candidate)
        of_gates = tf.concat(
            [
                candidate * take * (1 - take),
                before[1] * keep * (1 - keep),
                shown * show * (1 - show),
                take * (1 - candidate * candidate),
            ],
            -1,
        )
        return of_gates, show * (1 - shown * shown), keep

    def step_gradient(self, gradients, factors, recurrent):
        hidden, cell = gradients
        of_gates, of_cell, keep = factors
        cell += hidden * of_cell
        gates = tf.concat([cell, cell, hidden, cell], -1) * of_gates
        return [recurrent.product(gates), cell * keep], (gates,)

    def gate_gradients(self, collected, factors):
        (gates,) = collected
        return gates, gates


def lstm(
    inputs,
    kernel,
    recurrent_kernel,
    bias,
    hidden,
    cell,
    mask=None,
    go_backwards=False,
    time_major=False,
    return_sequences=True,
    zero_output_for_mask=False,
):
    """Runs an LSTM with tanh and sigmoid over sequences.

    See [Hochreiter and Schmidhuber,
    1997](https://doi.org/10.1162/neco.1997.9.8.1735).

    Arguments:
        inputs: Tensor `(batch, time, features)`.
        kernel: Tensor `(features, 4 * units)`: gates in the order input,
            forget, candidate, output.
        recurrent_kernel: Tensor `(units, 4 * units)`.
        bias: Tensor `(4 * units,)`, or None.
        hidden: Tensor `(batch, units)`: the hidden state to begin with.
        cell: Tensor `(batch, units)`: the cell state to begin with.
        mask: Boolean tensor `(batch, time)`, or None: steps to leave out.
        go_backwards: Boolean: whether to begin at the last step; outputs are
            then in that order.
        time_major: Boolean: whether time comes before the batch in `inputs`,
            `mask` and outputs.
        return_sequences: Boolean: whether the outputs of all steps are wanted.
        zero_output_for_mask: Boolean: whether a step that is left out gives
            zeros, instead of the output before.

    Returns:
        `(outputs, last_output, [hidden, cell])`; `outputs` is None without
        `return_sequences`.
    """

    def ordered(weight):
        if weight is None:
            return None
        take, keep, candidate, show = tf.split(weight, 4, -1)
        return tf.concat([take, keep, show, candidate], -1)

    return sequences.run(
        _Formula(),
        inputs,
        [hidden, cell],
        ordered(kernel),
        ordered(recurrent_kernel),
        ordered(bias),
        None,
        mask,
        go_backwards,
        time_major,
        return_sequences,
        zero_output_for_mask,
    )
