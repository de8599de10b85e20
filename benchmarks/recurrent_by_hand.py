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
"""Recurrent networks in plain TensorFlow: loops with gradients by hand.

The inputs are projected before the loop. After it, the derivatives of all gates
and the gradients of the weights are computed for all steps at once.
"""

import tensorflow as tf

from benchmarks import by_hand


class LSTM:
    """A layer that returns its last output.

    Arguments:
        features: Integer: the number of features of the inputs.
        units: Integer: the number of features of the output.
    """

    _GATES = 4

    def __init__(self, features, units):
        gates = self._GATES * units
        self.kernel = tf.Variable(by_hand.glorot_uniform(features, gates))
        recurrent = tf.linalg.qr(tf.random.normal((gates, units))).q
        self.recurrent_kernel = tf.Variable(tf.transpose(recurrent))
        self.bias = tf.Variable(self._first_bias(units))
        self.variables = [self.kernel, self.recurrent_kernel, self.bias]

    def _first_bias(self, units):
        is_forget_gate = tf.constant([0.0, 1.0, 0.0, 0.0])
        return tf.repeat(is_forget_gate, units)

    def __call__(self, x, counts=None):
        """Returns the output after the last step.

        Arguments:
            x: Tensor `(steps, batch, features)`.
            counts: Tensor `(steps, batch, 1)`: 0 where a step leaves all as it
                is, and 1 elsewhere. None stands for ones.
        """
        projected = self._project(x, self.bias)
        return _last_of_lstm(projected, self.recurrent_kernel, counts)

    def _project(self, x, bias):
        steps, _, features = x.shape
        rows = tf.matmul(tf.reshape(x, [-1, features]), self.kernel)
        gates = self.kernel.shape[1]
        return tf.reshape(tf.nn.bias_add(rows, bias), [steps, -1, gates])


class GRU(LSTM):
    """A layer that returns its last output, with Keras's `reset_after`.

    Arguments:
        features: Integer: the number of features of the inputs.
        units: Integer: the number of features of the output.
    """

    _GATES = 3

    def _first_bias(self, units):
        return tf.zeros((2, self._GATES * units))

    def __call__(self, x, counts=None):
        projected = self._project(x, self.bias[0])
        return _last_of_gru(
            projected, self.recurrent_kernel, self.bias[1], counts
        )


def _last_of_lstm(projected, recurrent_kernel, counts):
    """Returns the last output of an LSTM.

    Arguments:
        projected: Tensor `(steps, batch, 4 * units)`.
        recurrent_kernel: Tensor `(units, 4 * units)`.
        counts: Tensor `(steps, batch, 1)`, or None.
    """
    steps = projected.shape[0]
    units = recurrent_kernel.shape[0]
    zeros = tf.zeros([tf.shape(projected)[1], units])

    @tf.custom_gradient
    def last_output(projected, recurrent_kernel):
        def forward(i, hidden, cell, hiddens, cells, gates):
            gate = projected[i] + tf.matmul(hidden, recurrent_kernel)
            hiddens = hiddens.write(i, hidden)
            cells = cells.write(i, cell)
            gates = gates.write(i, gate)
            take, keep, candidate, show = _lstm_gates(gate)
            new_cell = keep * cell + take * candidate
            new_hidden = show * tf.tanh(new_cell)
            if counts is not None:
                new_hidden = hidden + counts[i] * (new_hidden - hidden)
                new_cell = cell + counts[i] * (new_cell - cell)
            return i + 1, new_hidden, new_cell, hiddens, cells, gates

        _, last, _, hiddens, cells, gates = tf.while_loop(
            lambda i, *_: i < steps,
            forward,
            (
                0,
                zeros,
                zeros,
                _array(steps, units),
                _array(steps, units),
                _array(steps, 4 * units),
            ),
        )

        def gradient(of_last):
            hidden_states = tf.reshape(hiddens.stack(), [-1, units])
            cell_states = cells.stack()
            take, keep, candidate, show = _lstm_gates(gates.stack())
            shown = tf.tanh(keep * cell_states + take * candidate)
            of_gates = tf.concat(
                [
                    candidate * take * (1 - take),
                    cell_states * keep * (1 - keep),
                    take * (1 - candidate * candidate),
                    shown * show * (1 - show),
                ],
                -1,
            )
            of_cell = show * (1 - shown * shown)

            def backward(i, hidden, cell, collected):
                passed_hidden = passed_cell = 0.0
                if counts is not None:
                    hidden, passed_hidden = _share(hidden, counts[i])
                    cell, passed_cell = _share(cell, counts[i])
                cell += hidden * of_cell[i]
                gate = tf.concat([cell, cell, cell, hidden], -1) * of_gates[i]
                hidden = passed_hidden + tf.matmul(
                    gate, recurrent_kernel, transpose_b=True
                )
                cell = passed_cell + cell * keep[i]
                return i - 1, hidden, cell, collected.write(i, gate)

            *_, collected = tf.while_loop(
                lambda i, *_: i >= 0,
                backward,
                (steps - 1, of_last, zeros, _array(steps, 4 * units)),
            )
            of_projected = collected.stack()
            flat = tf.reshape(of_projected, [-1, 4 * units])
            return of_projected, tf.matmul(
                hidden_states, flat, transpose_a=True
            )

        return last, gradient

    return last_output(projected, recurrent_kernel)


def _last_of_gru(projected, recurrent_kernel, recurrent_bias, counts):
    """Returns the last output of a GRU.

    Arguments:
        projected: Tensor `(steps, batch, 3 * units)`.
        recurrent_kernel: Tensor `(units, 3 * units)`.
        recurrent_bias: Tensor `(3 * units,)`.
        counts: Tensor `(steps, batch, 1)`, or None.
    """
    steps = projected.shape[0]
    units = recurrent_kernel.shape[0]
    zeros = tf.zeros([tf.shape(projected)[1], units])

    @tf.custom_gradient
    def last_output(projected, recurrent_kernel, recurrent_bias):
        def forward(i, hidden, hiddens, gates):
            inner = tf.nn.bias_add(
                tf.matmul(hidden, recurrent_kernel), recurrent_bias
            )
            inner_keep, inner_reset, inner_candidate = tf.split(inner, 3, -1)
            keep, reset, candidate = tf.split(projected[i], 3, -1)
            keep = tf.sigmoid(keep + inner_keep)
            reset = tf.sigmoid(reset + inner_reset)
            candidate = tf.tanh(candidate + reset * inner_candidate)
            hiddens = hiddens.write(i, hidden)
            gates = gates.write(
                i, tf.concat([keep, reset, candidate, inner_candidate], -1)
            )
            new_hidden = candidate + keep * (hidden - candidate)
            if counts is not None:
                new_hidden = hidden + counts[i] * (new_hidden - hidden)
            return i + 1, new_hidden, hiddens, gates

        _, last, hiddens, gates = tf.while_loop(
            lambda i, *_: i < steps,
            forward,
            (0, zeros, _array(steps, units), _array(steps, 4 * units)),
        )

        def gradient(of_last):
            hidden_states = hiddens.stack()
            keep, reset, candidate, inner = tf.split(gates.stack(), 4, -1)
            of_keep = (hidden_states - candidate) * keep * (1 - keep)
            of_candidate = (1 - keep) * (1 - candidate * candidate)
            of_reset = inner * reset * (1 - reset)

            def backward(i, hidden, collected, candidates):
                passed = 0.0
                if counts is not None:
                    hidden, passed = _share(hidden, counts[i])
                candidate = hidden * of_candidate[i]
                gate = tf.concat(
                    [
                        hidden * of_keep[i],
                        candidate * of_reset[i],
                        candidate * reset[i],
                    ],
                    -1,
                )
                before = hidden * keep[i] + tf.matmul(
                    gate, recurrent_kernel, transpose_b=True
                )
                return (
                    i - 1,
                    passed + before,
                    collected.write(i, gate),
                    candidates.write(i, candidate),
                )

            *_, collected, candidates = tf.while_loop(
                lambda i, *_: i >= 0,
                backward,
                (
                    steps - 1,
                    of_last,
                    _array(steps, 3 * units),
                    _array(steps, units),
                ),
            )
            of_inner = collected.stack()
            of_projected = tf.concat(
                [of_inner[..., : 2 * units], candidates.stack()], -1
            )
            flat = tf.reshape(of_inner, [-1, 3 * units])
            of_kernel = tf.matmul(
                tf.reshape(hidden_states, [-1, units]), flat, transpose_a=True
            )
            return of_projected, of_kernel, tf.reduce_sum(flat, 0)

        return last, gradient

    return last_output(projected, recurrent_kernel, recurrent_bias)


def _lstm_gates(gates):
    take, keep, candidate, show = tf.split(gates, 4, -1)
    return (
        tf.sigmoid(take),
        tf.sigmoid(keep),
        tf.tanh(candidate),
        tf.sigmoid(show),
    )


def _share(gradient, count):
    """Returns a gradient's parts for the step and for the state before it."""
    of_step = gradient * count
    return of_step, gradient - of_step


def _array(steps, width):
    return tf.TensorArray(tf.float32, steps, element_shape=[None, width])
