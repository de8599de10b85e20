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
"""A recurrence over time, a chunk of steps at a time, with its own gradient.

TensorFlow's gradient of a loop keeps and adds up a gradient of the weights in
every step. Here a step does only what has to be done one after the other: the
product of a state with the recurrent weights, and its gradient. All else is
done for a chunk of steps at once: the products with the inputs, the gradients
of all weights, and the derivatives of the gates. A chunk's values fit into the
processor's cache, and the loop turns less often.

Measured on two CPU cores (LSTM of 128 units, 100 steps, batches of 32): 0.6x
to 0.8x of the time of a training step of the loop that TensorFlow derives; the
same hand-written gradient without chunks takes 1.1x.
"""

import tensorflow as tf

from tfk.layers.rnn import gate_products
from tfk.utils import tf_internal

_CHUNK = 10


class Formula:
    """One step of a recurrence, and its derivative, as functions of tensors.

    A step is made of `projected`, the inputs times their weights, of the states
    of the step before, the first of which is the output, and of the recurrent
    weights. `B` stands for the batch size, `k` for the steps of a chunk.
    """

    # How many tensors `step` keeps.
    num_kept = 0

    def step(self, projected, states, recurrent):
        """Makes one step.

        Arguments:
            projected: Tensor `(B, gates)`.
            states: List of tensors `(B, units)`.
            recurrent: `gate_products.Product`: the recurrent weights.

        Returns:
            `(states, kept)`: the new states, and a tuple of tensors that the
            gradient needs.
        """
        raise NotImplementedError

    def factors(self, kept, before):
        """Computes for all steps of a chunk what their gradients need.

        Arguments:
            kept: Tuple of tensors `(k, B, ...)`: what `step` kept.
            before: List of tensors `(k, B, units)`: the states before each
                step.

        Returns:
            A tuple of tensors `(k, B, ...)`.
        """
        raise NotImplementedError

    def step_gradient(self, gradients, factors, go_back):
        """Goes back one step.

        Arguments:
            gradients: List of the gradients of the states after the step.
            factors: Tuple of tensors `(B, ...)`: this step's `factors`.
            go_back: Function of the gradient of the recurrent product, which
                returns that of the state.

        Returns:
            `(gradients, collected)`: the gradients of the states before, and a
            tuple of tensors for `gate_gradients`.
        """
        raise NotImplementedError

    def gate_gradients(self, collected, factors):
        """Returns the gradients of `projected` and of the recurrent product.

        Arguments:
            collected: Tuple of tensors `(k, B, ...)`: what `step_gradient`
                collected.
            factors: Tuple of tensors: all that `factors` returned.

        Returns:
            A pair of tensors `(k, B, gates)`.
        """
        raise NotImplementedError


def scan(
    formula,
    inputs,
    states,
    kernel,
    recurrent_kernel,
    bias=None,
    recurrent_bias=None,
    mask=None,
    input_masks=None,
    state_masks=None,
    with_outputs=True,
):
    """Runs a recurrence over all steps.

    Arguments:
        formula: `Formula`.
        inputs: Tensor `(time, batch, features)`.
        states: List of tensors `(batch, units)`: the states to begin with.
        kernel: Tensor `(features, gates)`.
        recurrent_kernel: Tensor `(units, gates)`.
        bias: Tensor `(gates,)`, or None.
        recurrent_bias: Tensor `(gates,)`, or None.
        mask: Boolean tensor `(time, batch)`, or None: where it is False, the
            states stay as they are.
        input_masks: Tensor `(gates, batch, features)` that the inputs are
            multiplied with, for each gate another one, or None.
        state_masks: Tensor `(gates, batch, units)` that the output is
            multiplied with before it is fed back, or None.
        with_outputs: Boolean: whether the outputs of all steps are wanted.

    Returns:
        `(outputs, states)`: a tensor `(time, batch, units)`, or None, and the
        list of the last states.
    """
    weights = (kernel, recurrent_kernel, bias, recurrent_bias)
    dropped = (input_masks, state_masks)
    outputs = []
    for first, last, chunk in _segments(inputs):
        part = None if mask is None else mask[first:last]
        output, states = _scan_chunks(
            formula,
            chunk,
            inputs[first:last],
            part,
            states,
            weights,
            dropped,
            with_outputs,
        )
        outputs.append(output)
    if not with_outputs:
        return None, states
    return tf.concat(outputs, 0) if len(outputs) > 1 else outputs[0], states


def _segments(inputs):
    """Cuts time into whole chunks and a rest of smaller ones.

    Returns:
        A list of `(first, last, chunk)`: the steps from `first` to `last`, left
        out, are taken in chunks of `chunk` steps.
    """
    steps = inputs.shape[0]
    if steps is None:
        steps = tf.shape(inputs)[0]
        whole = steps // _CHUNK * _CHUNK
        return [(0, whole, _CHUNK), (whole, steps, 1)]
    chunk = _chunk_for(steps)
    whole = steps // chunk * chunk
    rest = [(whole, steps, steps - whole)] if whole < steps else []
    return [(0, whole, chunk), *rest]


def _chunk_for(steps):
    """Returns a number of steps that leaves no rest, if there is one."""
    if steps <= _CHUNK:
        return max(steps, 1)
    sizes = range(_CHUNK // 2, 2 * _CHUNK)
    whole = [size for size in sizes if steps % size == 0]
    return min(whole, key=lambda size: abs(size - _CHUNK), default=_CHUNK)


def _scan_chunks(
    formula, chunk, inputs, mask, states, weights, dropped, with_outputs
):
    num_states = len(states)
    given = [weight is not None for weight in weights]

    @tf.custom_gradient
    def run(inputs, *tensors):
        states = list(tensors[:num_states])
        rest = iter(tensors[num_states:])
        weights = [next(rest) if is_given else None for is_given in given]
        arguments = formula, chunk, inputs, mask, states, weights, dropped
        forward = _Forward(*arguments)
        results = forward.last_states
        if with_outputs:
            results = [forward.outputs(), *results]

        def gradient(*gradients):
            gradients = list(gradients)
            of_outputs = gradients.pop(0) if with_outputs else None
            way = forward
            if tf_internal.is_being_saved():
                # A SavedModel has no place for the arrays of the way forward,
                # so that its gradient goes that way again.
                way = _Forward(*arguments)
            return way.gradient(of_outputs, gradients)

        return results, gradient

    present = [weight for weight in weights if weight is not None]
    results = list(run(inputs, *states, *present))
    output = results.pop(0) if with_outputs else None
    return output, results


class _Forward:
    """All chunks of a scan, and what their gradients need of them.

    Arguments:
        formula, inputs, mask, states: As in `scan`.
        chunk: Integer: the steps of a chunk.
        weights: List of the weights, as in `scan`.
        dropped: Pair of `input_masks` and `state_masks`, as in `scan`.
    """

    def __init__(self, formula, chunk, inputs, mask, states, weights, dropped):
        self._formula = formula
        self._chunk = chunk
        self._weights = weights
        kernel, recurrent_kernel, bias, recurrent_bias = weights
        input_masks, state_masks = dropped
        self._projection = gate_products.product(kernel, bias, input_masks)
        self._recurrent = gate_products.product(
            recurrent_kernel, recurrent_bias, state_masks
        )
        self._dtype = kernel.dtype
        self._shape = tf.shape(inputs)
        self._features = inputs.shape[-1]
        self._static_shape = inputs.shape
        self._count = (
            self._shape[0] // chunk
            if inputs.shape[0] is None
            else inputs.shape[0] // chunk
        )
        self._inputs = self._in_chunks(inputs)
        self._mask = None
        if mask is not None:
            self._mask = self._in_chunks(mask[..., tf.newaxis])
        self._run(states)

    def _in_chunks(self, values):
        """Returns a `TensorArray` of the chunks of a tensor."""
        shape = tf.concat([[self._count, self._chunk], tf.shape(values)[1:]], 0)
        chunks = tf.reshape(values, shape)
        array = self._array(values.dtype, values.shape[1:])
        return array.unstack(chunks)

    def _array(self, dtype, shape=None):
        if shape is not None:
            shape = tf.TensorShape([self._chunk]).concatenate(shape)
        return tf.TensorArray(
            dtype, self._count, element_shape=shape, clear_after_read=False
        )

    def _joined(self, array):
        """Returns the chunks of an array as one tensor over all steps."""
        last = array.element_shape[-1]
        shape = tf.concat([self._shape[:2], [last]], 0)

        def join():
            return tf.reshape(array.stack(), shape)

        def nothing():
            return tf.zeros(shape, array.dtype)

        # An array without a chunk can't be stacked: it knows no shape.
        if isinstance(self._count, int):
            joined = join() if self._count else nothing()
        else:
            joined = tf.cond(self._count > 0, join, nothing)
        joined.set_shape(self._static_shape[:2].concatenate([last]))
        return joined

    def _run(self, states):
        dtype = self._dtype
        shapes = [state.shape for state in states]
        num_kept = self._formula.num_kept
        kept = [self._array(dtype) for _ in range(num_kept)]
        after = [self._array(dtype, shape) for shape in shapes]
        before = [
            tf.TensorArray(
                dtype, self._count, element_shape=shape, clear_after_read=False
            )
            for shape in shapes
        ]

        def body(i, states, before, after, kept):
            before = [b.write(i, state) for b, state in zip(before, states)]
            inputs = tf.reshape(self._inputs.read(i), [-1, self._features])
            projected = self._projection.of(inputs, self._chunk)
            masks = self._steps_of_mask(i)
            rows = []
            for part, mask in zip(tf.split(projected, self._chunk), masks):
                new, values = self._formula.step(part, states, self._recurrent)
                if mask is not None:
                    new = [tf.where(mask, n, s) for n, s in zip(new, states)]
                rows.append((*new, *values))
                states = [tf.ensure_shape(n, s) for n, s in zip(new, shapes)]
            columns = [tf.stack(column) for column in zip(*rows)]
            arrays = [
                array.write(i, column)
                for array, column in zip((*after, *kept), columns)
            ]
            return (
                i + 1,
                states,
                before,
                arrays[: len(states)],
                arrays[len(states) :],
            )

        _, states, self._before, self._after, self._kept = tf.while_loop(
            lambda i, *_: i < self._count,
            body,
            (0, states, before, after, kept),
            maximum_iterations=self._count,
        )
        self.last_states = states

    def _steps_of_mask(self, i):
        if self._mask is None:
            return [None] * self._chunk
        return tf.unstack(self._mask.read(i), self._chunk)

    def outputs(self):
        """Returns the first states of all steps."""
        return self._joined(self._after[0])

    def gradient(self, of_outputs, of_states):
        """Returns the gradients of inputs, first states and weights.

        Arguments:
            of_outputs: Gradient of `outputs()`, or None.
            of_states: List of the gradients of the last states.
        """
        state_back = self._recurrent.transpose()
        if of_outputs is not None:
            of_outputs = self._in_chunks(of_outputs)
        wide = tf.float32 if self._dtype.size < 4 else self._dtype
        sums = [tf.zeros(w.shape, wide) for w in self._weights if w is not None]
        of_gates = self._array(self._dtype)

        def body(i, gradients, of_gates, sums):
            after = [array.read(i) for array in self._after]
            before = [
                tf.concat([first.read(i)[tf.newaxis], later[:-1]], 0)
                for first, later in zip(self._before, after)
            ]
            kept = [array.read(i) for array in self._kept]
            factors = self._formula.factors(kept, before)
            gradients, collected = self._steps_back(
                i, gradients, factors, of_outputs, state_back
            )
            of_projected, of_product = (
                tf.reshape(x, [-1, x.shape[-1]])
                for x in self._formula.gate_gradients(collected, factors)
            )
            inputs = tf.reshape(self._inputs.read(i), [-1, self._features])
            states = tf.reshape(before[0], [-1, before[0].shape[-1]])
            # In the order of the weights: both kernels, then both biases.
            kernels, biases = zip(
                self._projection.weight_gradients(
                    inputs, of_projected, self._chunk
                ),
                self._recurrent.weight_gradients(
                    states, of_product, self._chunk
                ),
            )
            new = [x for x in (*kernels, *biases) if x is not None]
            sums = [s + tf.cast(n, wide) for s, n in zip(sums, new)]
            of_gates = of_gates.write(i, of_projected)
            return i - 1, gradients, of_gates, sums

        _, gradients, of_gates, sums = tf.while_loop(
            lambda i, *_: i >= 0,
            body,
            (self._count - 1, of_states, of_gates, sums),
            maximum_iterations=self._count,
        )
        sums = [tf.cast(s, self._dtype) for s in sums]
        return [self._inputs_gradient(of_gates), *gradients, *sums]

    def _inputs_gradient(self, of_gates):
        """Returns the gradient of the inputs.

        In a loop of its own, which a graph leaves out where nobody asks for it,
        as in the first layer of a model.

        Arguments:
            of_gates: `TensorArray` of the gradients of the projected inputs.
        """
        back = self._projection.transpose()
        shape = tf.concat([[self._chunk], self._shape[1:]], 0)
        width = self._weights[0].shape[-1]

        def body(i, of_inputs):
            gradient = tf.ensure_shape(of_gates.read(i), [None, width])
            chunk = tf.reshape(back(gradient, self._chunk), shape)
            return i + 1, of_inputs.write(i, chunk)

        of_inputs = self._array(self._dtype, self._static_shape[1:])
        _, of_inputs = tf.while_loop(
            lambda i, _: i < self._count,
            body,
            (0, of_inputs),
            maximum_iterations=self._count,
        )
        return self._joined(of_inputs)

    def _steps_back(self, i, gradients, factors, of_outputs, state_back):
        """Goes back through the steps of one chunk."""
        shapes = [gradient.shape for gradient in gradients]
        by_step = list(zip(*(tf.unstack(f, self._chunk) for f in factors)))
        outputs = None
        if of_outputs is not None:
            outputs = tf.unstack(of_outputs.read(i), self._chunk)
        masks = self._steps_of_mask(i)
        rows = []
        for j in reversed(range(self._chunk)):
            if outputs is not None:
                gradients = [gradients[0] + outputs[j], *gradients[1:]]
            active = gradients
            if masks[j] is not None:
                active = [
                    tf.where(masks[j], g, tf.zeros([], g.dtype))
                    for g in gradients
                ]
            back, collected = self._formula.step_gradient(
                active, by_step[j], state_back
            )
            if masks[j] is not None:
                # Where the states stay, so do their gradients.
                back = [b + g - a for b, g, a in zip(back, gradients, active)]
            gradients = [tf.ensure_shape(b, s) for b, s in zip(back, shapes)]
            rows.append(collected)
        collected = [tf.stack(column[::-1]) for column in zip(*rows)]
        return gradients, collected
