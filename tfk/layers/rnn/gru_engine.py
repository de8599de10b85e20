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
"""GRU over whole sequences, fast on CPUs."""

import functools

import tensorflow as tf

from tfk.layers.rnn import chunked_scan
from tfk.layers.rnn import sequences


class _Formula(chunked_scan.Formula):
    """GRU with the gates in the order update, reset, candidate."""

    num_kept = 3

    def step(self, projected, states, recurrent):
        (hidden,) = states
        units = hidden.shape[-1]
        product = recurrent.of(hidden)
        inner, own = tf.split(projected, [2 * units, units], -1)
        inner_product, own_product = tf.split(product, [2 * units, units], -1)
        sigmoids = tf.sigmoid(inner + inner_product)
        keep, reset = tf.split(sigmoids, 2, -1)
        candidate = tf.tanh(own + reset * own_product)
        hidden = candidate + keep * (hidden - candidate)
        return [hidden], (sigmoids, candidate, own_product)

    def factors(self, kept, before):
        sigmoids, candidate, own_product = kept
        keep, reset = tf.split(sigmoids, 2, -1)
        of_candidate = (1 - keep) * (1 - candidate * candidate)
        of_gates = tf.concat(
            [
                (before[0] - candidate) * keep * (1 - keep),
                of_candidate * own_product * reset * (1 - reset),
                of_candidate * reset,
            ],
            -1,
        )
        return of_gates, keep, of_candidate

    def step_gradient(self, gradients, factors, go_back):
        (hidden,) = gradients
        of_gates, keep, _ = factors
        product = tf.concat([hidden, hidden, hidden], -1) * of_gates
        back = hidden * keep + go_back(product)
        return [back], (product, hidden)

    def gate_gradients(self, collected, factors):
        product, hidden = collected
        units = hidden.shape[-1]
        gates = tf.concat([product[..., : 2 * units], hidden * factors[2]], -1)
        return gates, product


def gru(
    inputs,
    kernel,
    recurrent_kernel,
    bias,
    hidden,
    mask=None,
    go_backwards=False,
    time_major=False,
    return_sequences=True,
    zero_output_for_mask=False,
    input_masks=None,
    state_masks=None,
):
    """Runs a GRU with tanh and sigmoid that resets after the product.

    The variant of cuDNN of [Cho et al., 2014](https://arxiv.org/abs/1406.1078).

    Arguments:
        inputs: Tensor `(batch, time, features)`.
        kernel: Tensor `(features, 3 * units)`: gates in the order update,
            reset, candidate.
        recurrent_kernel: Tensor `(units, 3 * units)`.
        bias: Tensor `(2, 3 * units)`: that of the inputs and that of the
            recurrent product, or None.
        hidden: Tensor `(batch, units)`: the state to begin with.
        mask, go_backwards, time_major, return_sequences,
            zero_output_for_mask: see `lstm_engine.lstm`.
        input_masks: List of three tensors `(batch, features)` in the order of
            the gates, or None: what the inputs are multiplied with.
        state_masks: List of three tensors `(batch, units)`, or None: what the
            state is multiplied with before the product.

    Returns:
        `(outputs, last_output, [hidden])`; `outputs` is None without
        `return_sequences`.
    """
    biases = (None, None) if bias is None else tf.unstack(bias)
    scan = functools.partial(
        chunked_scan.scan,
        _Formula(),
        states=[hidden],
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=biases[0],
        recurrent_bias=biases[1],
        input_masks=None if input_masks is None else tf.stack(input_masks),
        state_masks=None if state_masks is None else tf.stack(state_masks),
        with_outputs=return_sequences,
    )
    return sequences.run(
        scan, inputs, mask, go_backwards, time_major, zero_output_for_mask
    )
