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

import functools

import tensorflow as tf

from tfk.layers.rnn import chunked_scan
from tfk.layers.rnn import sequences
from tfk.utils import tf_internal


class _Formula(chunked_scan.Formula):
    """LSTM with the gates in the order input, candidate, forget, output.

    Arguments:
        recurrent_kernel: Tensor `(units, 4 * units)`.
    """

    num_kept = 5

    def __init__(self, recurrent_kernel):
        self._step_back = _plain_step_back
        # The types of TensorFlow's kernel, which XLA can't compile.
        has_kernel = recurrent_kernel.dtype in (tf.float16, tf.float32)
        if has_kernel and not tf_internal.is_in_xla():
            self._step_back = _fused_step_back(recurrent_kernel)

    def step(self, projected, states, recurrent):
        hidden, cell = states
        gates = projected + recurrent.of(hidden)
        take, candidate, keep, show = tf.split(gates, 4, -1)
        take, keep, show = tf.sigmoid(take), tf.sigmoid(keep), tf.sigmoid(show)
        candidate = tf.tanh(candidate)
        cell = keep * cell + take * candidate
        # Not of the state after the step, which a mask may keep as it was.
        shown = tf.tanh(cell)
        return [show * shown, cell], (take, candidate, keep, show, shown)

    def factors(self, kept, before):
        return (before[1], *kept)

    def step_gradient(self, gradients, factors, go_back):
        cell, gates = self._step_back(*gradients, *factors)
        return [go_back(gates), cell], (gates,)

    def gate_gradients(self, collected, factors):
        (gates,) = collected
        return gates, gates


def _plain_step_back(
    of_hidden, of_cell, before, take, candidate, keep, show, shown
):
    """Goes back one step.

    Arguments:
        of_hidden: Tensor `(batch, units)`: the gradient of the hidden state.
        of_cell: Tensor `(batch, units)`: the gradient of the cell state.
        before: Tensor `(batch, units)`: the cell state before the step.
        take, candidate, keep, show: Tensors `(batch, units)`: the gates.
        shown: Tensor `(batch, units)`: tanh of the cell state.

    Returns:
        The gradients of the cell state before the step and of the gates.
    """
    of_cell += of_hidden * show * (1 - shown * shown)
    gates = [
        of_cell * candidate * take * (1 - take),
        of_cell * take * (1 - candidate * candidate),
        of_cell * before * keep * (1 - keep),
        of_hidden * shown * show * (1 - show),
    ]
    return of_cell * keep, tf.concat(gates, -1)


def _fused_step_back(recurrent_kernel):
    """Returns `_plain_step_back` in one operation of TensorFlow.

    Arguments:
        recurrent_kernel: Tensor `(units, 4 * units)`. The operation looks at
            its shape alone.
    """
    units, dtype = recurrent_kernel.shape[0], recurrent_kernel.dtype

    @tf.custom_gradient
    def step_back(*tensors):
        of_hidden, of_cell, before, take, candidate, keep, show, shown = tensors
        no_peephole = tf.zeros((units,), dtype)
        before_step, gates, *_ = tf.raw_ops.LSTMBlockCellGrad(
            x=before[:, :0],
            cs_prev=before,
            h_prev=before,
            w=recurrent_kernel,
            wci=no_peephole,
            wcf=no_peephole,
            wco=no_peephole,
            b=tf.zeros((4 * units,), dtype),
            i=take,
            ci=candidate,
            f=keep,
            o=show,
            co=shown,
            # Looked at for peepholes alone.
            cs=shown,
            cs_grad=of_cell,
            h_grad=of_hidden,
            use_peephole=False,
        )

        def gradient(*upstream):
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                results = _plain_step_back(*tensors)
            return tape.gradient(results, tensors, upstream)

        return (before_step, gates), gradient

    return step_back


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
    input_masks=None,
    state_masks=None,
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
        input_masks: List of four tensors `(batch, features)` in the order of
            the gates, or None: what the inputs are multiplied with.
        state_masks: List of four tensors `(batch, units)`, or None: what the
            hidden state is multiplied with.

    Returns:
        `(outputs, last_output, [hidden, cell])`; `outputs` is None without
        `return_sequences`.
    """

    recurrent_kernel = _ordered(recurrent_kernel)
    scan = functools.partial(
        chunked_scan.scan,
        _Formula(recurrent_kernel),
        states=[hidden, cell],
        kernel=_ordered(kernel),
        recurrent_kernel=recurrent_kernel,
        bias=None if bias is None else _ordered(bias),
        input_masks=_ordered_masks(input_masks),
        state_masks=_ordered_masks(state_masks),
        with_outputs=return_sequences,
    )
    return sequences.run(
        scan, inputs, mask, go_backwards, time_major, zero_output_for_mask
    )


def _ordered(weight):
    take, keep, candidate, show = tf.split(weight, 4, -1)
    return tf.concat([take, candidate, keep, show], -1)


def _ordered_masks(masks):
    if masks is None:
        return None
    take, keep, candidate, show = masks
    return tf.stack([take, candidate, keep, show])
