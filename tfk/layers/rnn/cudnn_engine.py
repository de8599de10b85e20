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
"""LSTM and GRU over whole sequences by cuDNN, on NVIDIA's GPUs.

The op takes all weights as one vector: the kernel of the inputs gate by gate,
each with a row for each unit; the recurrent kernel likewise; the bias of the
inputs, and that of the recurrent product. NVIDIA's documentation of
[cudnnGetRNNWeightParams](
https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/cudnn-adv-library.html)
has the gates in the order input, forget, candidate, output for LSTM, as in
Keras, and reset, update, candidate for GRU.

The op takes lengths in the place of masks. Since a step that is left out
changes no state, the others are moved to the front of their rows, wherever the
mask has them; so all masks will do.

In graphs a CPU's engine stands beside the op, for a graph that was made where
there is a GPU may be run where there is none.
"""

import functools

import tensorflow as tf

from tfk.layers.rnn import gru_engine
from tfk.layers.rnn import lstm_engine
from tfk.layers.rnn import sequences
from tfk.utils import tf_internal

# Of the dtypes that the op takes, those that cuDNN computes on all GPUs.
DTYPES = (tf.float16, tf.float32, tf.float64)


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

    Arguments and results are those of `lstm_engine.lstm`.
    """
    biases = [tf.zeros_like(kernel[0]), tf.zeros_like(kernel[0])]
    if bias is not None:
        biases[0] = bias
    scan = functools.partial(
        _scan,
        "lstm",
        states=[hidden, cell],
        weights=_packed(kernel, recurrent_kernel, *biases),
        with_outputs=return_sequences,
    )
    return sequences.run(
        scan, inputs, mask, go_backwards, time_major, zero_output_for_mask
    )


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
):
    """Runs a GRU with tanh and sigmoid that resets after the product.

    Arguments and results are those of `gru_engine.gru`.
    """
    if bias is None:
        bias = tf.zeros([2, kernel.shape[-1]], kernel.dtype)
    scan = functools.partial(
        _scan,
        "gru",
        states=[hidden],
        weights=_packed(
            _update_second(kernel),
            _update_second(recurrent_kernel),
            *tf.unstack(_update_second(bias)),
        ),
        with_outputs=return_sequences,
    )
    return sequences.run(
        scan, inputs, mask, go_backwards, time_major, zero_output_for_mask
    )


def _packed(kernel, recurrent_kernel, bias, recurrent_bias):
    """Returns the vector of all weights: see the top of this file."""
    kernels = [
        tf.reshape(tf.transpose(k), [-1]) for k in (kernel, recurrent_kernel)
    ]
    return tf.concat([*kernels, bias, recurrent_bias], 0)


def _update_second(weight):
    """Swaps the first two gates of a GRU: from Keras's order, or back to it."""
    first, second, candidate = tf.split(weight, 3, -1)
    return tf.concat([second, first, candidate], -1)


def _scan(mode, states, weights, with_outputs, inputs, mask):
    """Runs the op over inputs `(time, batch, features)`.

    Arguments:
        mode: "lstm" or "gru".
        states: List of tensors `(batch, units)`.
        weights: The vector of all weights.
        with_outputs: Boolean: whether the outputs of all steps are wanted.
        inputs: Tensor `(time, batch, features)`.
        mask: Boolean tensor `(time, batch)`, or None.

    Returns:
        `(outputs, states)`, as `chunked_scan.scan` does.
    """
    static, dynamic = inputs.shape, tf.shape(inputs)
    steps, batch = dynamic[0], dynamic[1]
    if mask is None:
        lengths = tf.fill([batch], steps)
    else:
        packing = _Packing(mask)
        inputs, lengths = packing.to_front(inputs), packing.lengths
    before = states
    may_be_empty = not all(static[:2])
    if may_be_empty:
        inputs, states, lengths = _with_any(inputs, states, lengths)
    op = _Op(mode, tf.maximum(lengths, 1), is_padded=mask is not None)
    outputs, *states = op.run(inputs, weights, *states)
    if may_be_empty:
        outputs = outputs[:steps, :batch]
        states = [state[:batch] for state in states]
        lengths = lengths[:batch]
    if mask is not None or not static[0]:
        # A row without a step was run with one, as the op takes no other.
        ran = (lengths > 0)[:, tf.newaxis]
        states = [tf.where(ran, n, o) for n, o in zip(states, before)]
    if not with_outputs:
        return None, states
    if mask is not None:
        outputs = packing.to_steps(outputs)
    outputs = tf.ensure_shape(
        outputs, static[:2].concatenate(states[0].shape[-1:])
    )
    return outputs, states


def _with_any(inputs, states, lengths):
    """Adds a step where there is none, and a row where there is none.

    The op takes no empty tensors.
    """
    shape = tf.shape(inputs)
    steps, rows = tf.unstack(tf.cast(shape[:2] == 0, tf.int32))
    inputs = tf.pad(inputs, [[0, steps], [0, rows], [0, 0]])
    states = [tf.pad(state, [[0, rows], [0, 0]]) for state in states]
    return inputs, states, tf.pad(lengths, [[0, rows]])


class _Packing:
    """Moves the steps that count to the front of their rows, and back.

    Arguments:
        mask: Boolean tensor `(time, batch)`: which steps count.
    """

    def __init__(self, mask):
        self._mask = mask
        self._counts = tf.cumsum(tf.cast(mask, tf.int32))
        self.lengths = tf.reduce_sum(tf.cast(mask, tf.int32), 0)

    def to_front(self, values):
        """Returns values `(time, batch, size)` in the order of the op."""
        steps = tf.range(1, tf.shape(self._mask)[0] + 1)[:, tf.newaxis]
        places = tf.where(
            self._mask, self._counts, self.lengths + steps - self._counts
        )
        return tf.scatter_nd(self._at(places - 1), values, tf.shape(values))

    def to_steps(self, outputs):
        """Returns for each step the output of the last step that counted."""
        return tf.gather_nd(outputs, self._at(tf.maximum(self._counts - 1, 0)))

    def _at(self, steps):
        """Returns the places in a tensor of steps `(time, batch)`."""
        rows = tf.range(tf.shape(steps)[1])
        return tf.stack([steps, tf.broadcast_to(rows, tf.shape(steps))], -1)


class _Op:
    """The op and its gradient, with what computes the same on other devices.

    TensorFlow 2.21 would derive the gradient of a choice by device, and crash
    when it runs (segmentation fault in a graph of two lines); so the gradient
    is a second choice, made by hand.

    Arguments:
        mode: "lstm" or "gru".
        lengths: Integer tensor `(batch,)` of the numbers of steps, from 1.
        is_padded: Boolean: whether there are less steps than all.
    """

    def __init__(self, mode, lengths, is_padded):
        self._mode = mode
        self._lengths = lengths
        self._is_padded = is_padded

    def run(self, *arguments):
        """Runs it over inputs `(time, batch, features)`.

        Arguments:
            *arguments: The inputs, the vector of weights, and the states, all
                tensors.

        Returns:
            The outputs of all steps and the states: one flat list.
        """

        @tf.custom_gradient
        def run(*arguments):
            found = tf_internal.run_for_device(
                {"GPU": lambda: self._forwards(*arguments)},
                lambda: self._forwards_elsewhere(*arguments),
            )

            def gradient(*gradients):
                if tf_internal.is_being_saved():
                    # A SavedModel has no place for the choice's intermediate
                    # values.
                    back = self._back_elsewhere(arguments, gradients)
                    return [_once_only(x) for x in back]
                back = tf_internal.run_for_device(
                    {"GPU": lambda: self._back(arguments, found, gradients)},
                    lambda: self._back_elsewhere(arguments, gradients),
                )
                return [_once_only(x) for x in back]

            states = found[1 : len(arguments) - 1]
            return [found[0], *(state[0] for state in states)], gradient

        return run(*arguments)

    def _forwards(self, inputs, weights, hidden, cell=None):
        return list(
            tf.raw_ops.CudnnRNNV3(
                **self._inputs(inputs, weights, hidden, cell),
                # Or there would be no gradient, which may be asked for in
                # inference too.
                is_training=True,
            )
        )

    def _inputs(self, inputs, weights, hidden, cell):
        # For GRU, the op ignores the cell.
        return {
            "input": inputs,
            "input_h": hidden[tf.newaxis],
            "input_c": (
                tf.zeros([], inputs.dtype) if cell is None else cell[tf.newaxis]
            ),
            "params": weights,
            "sequence_lengths": self._lengths,
            "rnn_mode": self._mode,
            "time_major": True,
        }

    def _back(self, arguments, found, gradients):
        inputs, weights, *states = arguments
        output, output_h, output_c, reserve_space, host_reserved = found
        of_output, of_hidden, *of_cell = gradients
        back = tf.raw_ops.CudnnRNNBackpropV3(
            **self._inputs(inputs, weights, *(states + [None])[:2]),
            output=output,
            output_h=output_h,
            output_c=output_c,
            output_backprop=of_output,
            output_h_backprop=of_hidden[tf.newaxis],
            output_c_backprop=(
                of_cell[0][tf.newaxis] if of_cell else tf.zeros_like(output_c)
            ),
            reserve_space=reserve_space,
            host_reserved=host_reserved,
        )
        of_states = [back.input_h_backprop, back.input_c_backprop]
        return [
            back.input_backprop,
            back.params_backprop,
            *(state[0] for state in of_states[: len(states)]),
        ]

    def _forwards_elsewhere(self, inputs, weights, *states):
        outputs, states = self._elsewhere(inputs, weights, *states)
        nothing = tf.zeros([0], inputs.dtype)
        found = [outputs, *(state[tf.newaxis] for state in states)]
        found += [nothing] * (4 - len(found))
        return [*found, tf.zeros([0], tf.int8)]

    def _back_elsewhere(self, arguments, gradients):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            outputs, states = self._elsewhere(*arguments)
        return tape.gradient(
            [outputs, *states], list(arguments), list(gradients)
        )

    def _elsewhere(self, inputs, weights, *states):
        mask = None
        if self._is_padded:
            steps = tf.shape(inputs)[0]
            mask = tf.transpose(tf.sequence_mask(self._lengths, steps))
        units = states[0].shape[-1]
        kernel, recurrent_kernel, biases = self._unpacked(
            weights, inputs.shape[-1], units
        )
        engine, bias = gru_engine.gru, tf.stack(biases)
        if self._mode == "lstm":
            engine, bias = lstm_engine.lstm, biases[0] + biases[1]
        outputs, _, states = engine(
            inputs,
            kernel,
            recurrent_kernel,
            bias,
            *states,
            mask=mask,
            time_major=True,
            zero_output_for_mask=True,
        )
        return outputs, states

    def _unpacked(self, weights, features, units):
        """Returns the weights of a vector, with the gates in Keras's order."""
        width = (4 if self._mode == "lstm" else 3) * units
        sizes = [width * features, width * units, width, width]
        *kernels, bias, recurrent_bias = tf.split(weights, sizes)
        kernels = [tf.transpose(tf.reshape(k, [width, -1])) for k in kernels]
        found = [*kernels, bias, recurrent_bias]
        if self._mode == "gru":
            found = [_update_second(weight) for weight in found]
        return found[0], found[1], found[2:]


def _once_only(gradient):
    """Lets the gradient of a gradient raise, as cuDNN has none."""
    return tf.raw_ops.PreventGradient(
        input=gradient,
        message="Where there is a GPU, LSTM and GRU have no gradient of a "
        "gradient, since cuDNN has none. Make the layer with `unroll=True`.",
    )
