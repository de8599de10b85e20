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
"""The ops of cuDNN's recurrent layers in plain TensorFlow, for tests.

Formulas, order of the gates and layout of the weights are those of NVIDIA's
documentation: https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/
cudnn-adv-library.html, `cudnnRNNMode_t` and `cudnnGetRNNWeightParams`. What
cuDNN refuses raises here too.
"""

import collections

import tensorflow as tf

Results = collections.namedtuple(
    "Results", "output output_h output_c reserve_space host_reserved"
)
Gradients = collections.namedtuple(
    "Gradients",
    "input_backprop input_h_backprop input_c_backprop params_backprop",
)


def cudnn_rnn_v3(
    input,
    input_h,
    input_c,
    params,
    sequence_lengths,
    rnn_mode,
    is_training,
    time_major,
):
    """Runs one layer in one direction. Arguments are those of `CudnnRNNV3`."""
    if not (is_training and time_major):
        raise ValueError("The emulator knows training and time first only.")
    units = input_h.shape[-1]
    weights = _Weights(params, 4 if rnn_mode == "lstm" else 3, units, input)
    step = {"lstm": _lstm_step, "gru": _gru_step}[rnn_mode]
    states = (input_h[0],)
    if rnn_mode == "lstm":
        states += (input_c[0],)
    checks = [
        tf.debugging.assert_positive(tf.size(input)),
        tf.debugging.assert_positive(sequence_lengths),
        tf.debugging.assert_less_equal(sequence_lengths, tf.shape(input)[0]),
        tf.debugging.assert_equal(
            tf.shape(sequence_lengths), tf.shape(input)[1:2]
        ),
    ]
    # Eager assertions return None.
    with tf.control_dependencies([c for c in checks if c is not None]):
        input = tf.identity(input)

    def advance(states, time_and_input):
        time, x = time_and_input
        active = (time < sequence_lengths)[:, tf.newaxis]
        new = step(weights, x, states)
        return tuple(tf.where(active, n, s) for n, s in zip(new, states))

    times = tf.range(tf.shape(input)[0])
    found = tf.scan(advance, (times, input), states)
    active = tf.expand_dims(times[:, tf.newaxis] < sequence_lengths, -1)
    # What comes after the end of a row is filled with zeros.
    output = tf.where(active, found[0], tf.zeros([], input.dtype))
    last = [state[-1][tf.newaxis] for state in found]
    if rnn_mode == "gru":
        last.append(tf.zeros([0], input.dtype))
    return Results(output, *last, _reserved(output), tf.ones([1], tf.int8))


def _reserved(output):
    return tf.ones([2], output.dtype) * tf.reduce_sum(output)


def cudnn_rnn_backprop_v3(
    input,
    input_h,
    input_c,
    params,
    sequence_lengths,
    output,
    output_h,
    output_c,
    output_backprop,
    output_h_backprop,
    output_c_backprop,
    reserve_space,
    host_reserved,
    rnn_mode,
    time_major,
):
    """Returns the gradients. Arguments are those of `CudnnRNNBackpropV3`."""
    sources = [input, input_h, input_c, params]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        again = cudnn_rnn_v3(
            *sources, sequence_lengths, rnn_mode, True, time_major
        )
    kept = (output, output_h, output_c, reserve_space, host_reserved)
    checks = [
        tf.debugging.assert_near(tf.cast(x, tf.float64), tf.cast(y, tf.float64))
        for x, y in zip(kept, again)
    ]
    gradients = (output_backprop, output_h_backprop, output_c_backprop)
    with tf.control_dependencies([c for c in checks if c is not None]):
        gradients = [tf.identity(x) for x in gradients]
    back = tape.gradient(
        list(again[:3]), sources, gradients, unconnected_gradients="zero"
    )
    return Gradients(*back)


class _Weights:
    """The weights of the linear layers, by their numbers in cuDNN.

    Those of the inputs come first, then those of the states; then the biases.
    """

    def __init__(self, params, num_gates, units, inputs):
        sizes = [inputs.shape[-1]] * num_gates + [units] * num_gates
        self._matrices, self._biases, start = [], [], 0
        for size in sizes:
            end = start + size * units
            matrix = tf.reshape(params[start:end], [units, size])
            self._matrices.append(matrix)
            start = end
        for _ in sizes:
            self._biases.append(params[start : start + units])
            start += units
        if params.shape != [start]:
            raise ValueError(f"There must be {start} weights: {params.shape}.")

    def linear(self, number, values):
        product = tf.matmul(values, self._matrices[number], transpose_b=True)
        return product + self._biases[number]


def _lstm_step(weights, x, states):
    hidden, cell = states
    take, forget, new, show = (
        weights.linear(i, x) + weights.linear(i + 4, hidden) for i in range(4)
    )
    cell = tf.sigmoid(forget) * cell + tf.sigmoid(take) * tf.tanh(new)
    return tf.sigmoid(show) * tf.tanh(cell), cell


def _gru_step(weights, x, states):
    (hidden,) = states
    reset, update = (
        tf.sigmoid(weights.linear(i, x) + weights.linear(i + 3, hidden))
        for i in range(2)
    )
    new = tf.tanh(weights.linear(2, x) + reset * weights.linear(5, hidden))
    return ((1 - update) * new + update * hidden,)
