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
"""Runs a step function over the time steps of sequences.

The engine of every recurrent layer that has none of its own.
"""

import tensorflow as tf

from tfk.saving import budget
from tfk.utils import portable_graph
from tfk.utils import structure


def run(
    step_function,
    inputs,
    initial_states,
    go_backwards=False,
    mask=None,
    constants=None,
    unroll=False,
    input_length=None,
    time_major=False,
    zero_output_for_mask=False,
    return_all_outputs=True,
):
    """Runs a step function over time.

    Where the mask is False, the states stay as they are and the output is
    that of the step before (zeros, before the first).

    Arguments:
        step_function: Function `step(inputs, states) -> (outputs, new_states)`
            of one time step. `states` is a tuple of the states, with the
            constants behind them.
        inputs: Tensor of shape `(batch_size, steps, ...)`, or a structure of
            such tensors.
        initial_states: List of the states before the first step; they may be
            structures.
        go_backwards: Boolean: whether to begin with the last step. Outputs
            come in the order in which they are made.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None.
        constants: List of tensors that every step gets, or None.
        unroll: Boolean: whether to repeat the step in the graph, instead of
            looping over it. The number of steps must be known.
        input_length: Integer tensor with the length of each sequence, in
            place of a mask. A single number is ignored.
        time_major: Boolean: whether time is the first axis of inputs, outputs
            and mask.
        zero_output_for_mask: Boolean: whether the output is zero where the
            mask is False.
        return_all_outputs: Boolean: whether to return the outputs of all
            steps, or of the last one only.

    Returns:
        Tuple of the last output, the outputs of all steps (of the last one
        with `return_all_outputs=False`), and the list of the last states.

    Raises:
        ValueError: If `unroll` is set and the number of steps is unknown, or
            if the step returns other states than it takes.
    """
    inputs = tf.nest.map_structure(tf.convert_to_tensor, inputs)
    if mask is None and input_length is not None:
        mask = _mask_of_lengths(inputs, input_length, time_major)
    if mask is not None:
        mask = tf.cast(mask, tf.bool)
        if mask.shape.rank == 3:
            mask = tf.squeeze(mask, 2)
    if not time_major:
        inputs = tf.nest.map_structure(swap_batch_and_time, inputs)
        mask = None if mask is None else swap_batch_and_time(mask)
    job = _Job(
        step_function,
        inputs,
        mask,
        tuple(initial_states),
        tuple(constants or ()),
        go_backwards,
        zero_output_for_mask,
        return_all_outputs,
    )
    if unroll or tf.executing_eagerly():
        last_output, outputs, states = job.run_unrolled()
    else:
        last_output, outputs, states = job.run_loop()
    if not return_all_outputs:
        outputs = tf.nest.map_structure(lambda x: x[tf.newaxis], last_output)
    if not time_major:
        outputs = tf.nest.map_structure(swap_batch_and_time, outputs)
    return last_output, outputs, list(states)


def swap_batch_and_time(x):
    """Returns a tensor with its first two axes swapped."""
    return tf.transpose(x, [1, 0, *range(2, x.shape.rank)])


def _mask_of_lengths(inputs, input_length, time_major):
    """Returns the mask of sequences of some lengths, None for one number."""
    lengths = tf.convert_to_tensor(input_length)
    if lengths.shape.rank == 0:
        return None
    first = tf.nest.flatten(inputs)[0]
    mask = tf.sequence_mask(lengths, tf.shape(first)[0 if time_major else 1])
    return swap_batch_and_time(mask) if time_major else mask


class _Job:
    """What stays the same over the steps of one run; time comes first."""

    def __init__(
        self,
        step,
        inputs,
        mask,
        initial_states,
        constants,
        go_backwards,
        zero_output_for_mask,
        return_all_outputs,
    ):
        self._step = step
        self._inputs = inputs
        self._flat_inputs = tf.nest.flatten(inputs)
        self._mask = mask
        self._initial_states = tf.nest.map_structure(
            tf.convert_to_tensor, initial_states
        )
        self._constants = constants
        self._go_backwards = go_backwards
        self._repeats_output = mask is not None and not zero_output_for_mask
        self._return_all_outputs = return_all_outputs

    def run_unrolled(self):
        """Runs the steps one by one in Python."""
        length = self._flat_inputs[0].shape[0]
        if length is None:
            raise ValueError(
                "`unroll` needs a known number of time steps. Received: "
                f"inputs={structure.describe(self._inputs)} (time first). "
                "Give the input a defined length, or set `unroll=False`."
            )
        if not length:
            return self._without_steps()
        budget.check_count(length, "steps of an unrolled loop")
        steps = zip(*(tf.unstack(x) for x in self._flat_inputs))
        masks = [None] * length
        if self._mask is not None:
            masks = tf.unstack(self._mask, length)
        pairs = list(zip(steps, masks))
        states, output, outputs = self._initial_states, None, []
        for flat, mask in reversed(pairs) if self._go_backwards else pairs:
            output, states = self._masked_step(flat, states, output, mask)
            outputs.append(output)
        if self._return_all_outputs:
            outputs = tf.nest.map_structure(lambda *x: tf.stack(x), *outputs)
        return output, outputs, states

    def _without_steps(self):
        output = self._zero_output()
        outputs = tf.nest.map_structure(lambda x: x[tf.newaxis][:0], output)
        return output, outputs, self._initial_states

    def run_loop(self):
        """Runs the steps in a loop in the graph, of any number of them."""
        first = self._flat_inputs[0]
        length = first.shape[0]
        steps = tf.shape(first)[0] if length is None else length
        zero_output = self._zero_output()
        flat_zeros = tf.nest.flatten(zero_output)
        sources = [_array_of(x, steps) for x in self._flat_inputs]
        masks = None if self._mask is None else _array_of(self._mask, steps)
        arrays = [
            _empty_array(x, steps)
            for x in (flat_zeros if self._return_all_outputs else ())
        ]
        carries = self._repeats_output or not self._return_all_outputs

        def body(time, carried, states, arrays):
            position = steps - 1 - time if self._go_backwards else time
            previous = (
                tf.nest.pack_sequence_as(zero_output, carried)
                if self._repeats_output
                else None
            )
            output, states = self._masked_step(
                [source.read(position) for source in sources],
                tf.nest.pack_sequence_as(self._initial_states, states),
                previous,
                None if masks is None else masks.read(position),
            )
            flat = _like(tf.nest.flatten(output), flat_zeros)
            return (
                time + 1,
                flat if carries else carried,
                _like(tf.nest.flatten(states), flat_states),
                [_written(array, time, x) for array, x in zip(arrays, flat)],
            )

        flat_states = tf.nest.flatten(self._initial_states)
        _, carried, states, arrays = tf.while_loop(
            lambda time, *_: time < steps,
            body,
            (
                tf.constant(0),
                flat_zeros if carries else [],
                flat_states,
                arrays,
            ),
            parallel_iterations=32,
            swap_memory=True,
            maximum_iterations=steps,
        )
        states = tf.nest.pack_sequence_as(self._initial_states, states)
        outputs = [_stack(a, x, length) for a, x in zip(arrays, flat_zeros)]
        # A sum over the last step, as there may be none.
        last = (
            carried if carries else [tf.reduce_sum(x[-1:], 0) for x in outputs]
        )
        last = tf.nest.pack_sequence_as(zero_output, _like(last, flat_zeros))
        if self._return_all_outputs:
            outputs = tf.nest.pack_sequence_as(zero_output, outputs)
        return last, outputs, states

    def _zero_output(self):
        """Returns zeros like the output of a step, of which there may be none.

        Dropout masks that a cell keeps are made here, outside of the loop.
        """
        zeros = []
        for x in self._flat_inputs:
            known = x.shape[1:].is_fully_defined()
            shape = x.shape[1:] if known else tf.shape(x)[1:]
            zero = tf.zeros(shape, x.dtype)
            zero.set_shape(x.shape[1:])
            zeros.append(zero)
        output, _ = self._one_step(zeros, self._initial_states)
        batch_size = tf.shape(self._flat_inputs[0])[1]
        return tf.nest.map_structure(
            lambda x: _zeros_like(x, batch_size), output
        )

    def _one_step(self, flat_inputs, states):
        output, new_states = self._step(
            tf.nest.pack_sequence_as(self._inputs, flat_inputs),
            states + self._constants,
        )
        flat = tf.nest.flatten(new_states)
        if len(flat) != len(tf.nest.flatten(states)):
            raise ValueError(
                "The step of a recurrent layer must return as many states as "
                f"it takes. Received: states={structure.describe(states)}, "
                f"new states={structure.describe(new_states)}."
            )
        return output, tf.nest.pack_sequence_as(states, flat)

    def _masked_step(self, flat_inputs, states, previous, mask):
        output, new_states = self._one_step(flat_inputs, states)
        if mask is None:
            return output, new_states
        hidden = previous
        if hidden is None or not self._repeats_output:
            hidden = tf.nest.map_structure(tf.zeros_like, output)

        def select(new, old):
            rank = len(new.shape)
            shown = tf.reshape(mask, [-1] + [1] * (rank - 1)) if rank else mask
            return tf.where(shown, new, old)

        return (
            tf.nest.map_structure(select, output, hidden),
            tf.nest.map_structure(select, new_states, states),
        )


def _zeros_like(x, batch_size):
    """Returns zeros, without use of the values where the shape allows it."""
    if not x.shape.rank or not x.shape[1:].is_fully_defined():
        return tf.zeros_like(x)
    first = batch_size if x.shape[0] is None else x.shape[0]
    zeros = tf.zeros([first, *x.shape[1:]], x.dtype)
    zeros.set_shape(x.shape)
    return zeros


def _array_of(x, steps):
    """Returns a `TensorArray` of the time steps of a tensor."""
    array = tf.TensorArray(x.dtype, size=steps, element_shape=x.shape[1:])
    return array.unstack(x)


def _empty_array(element, steps):
    """Returns an array for outputs, one a step, or a tensor in its place.

    Arguments:
        element: Tensor like the output of a step.
        steps: The number of steps.
    """
    if portable_graph.has_arrays():
        return tf.TensorArray(
            element.dtype, size=steps, element_shape=element.shape
        )
    shape = tf.concat([[steps], tf.shape(element)], 0)
    array = tf.zeros(shape, element.dtype)
    length = tf.get_static_value(steps)
    array.set_shape(tf.TensorShape([length]).concatenate(element.shape))
    return array


def _written(array, time, value):
    """Returns an array with the output of a step in it."""
    if isinstance(array, tf.TensorArray):
        return array.write(time, value)
    if array.shape[0] == 0:
        return array  # The loop is traced all the same.
    written = tf.tensor_scatter_nd_update(array, [[time]], value[tf.newaxis])
    written.set_shape(array.shape)
    return written


def _like(tensors, references):
    """Gives tensors the static shapes that others have."""
    for tensor, reference in zip(tensors, references):
        tensor.set_shape(reference.shape)
    return tensors


def _stack(array, element, length):
    """Returns the tensor of an array's steps, of which there may be none.

    `TensorArray.stack` fails on no steps if a size of an element is unknown.
    """
    if isinstance(array, tf.Tensor):
        return array
    stacked = tf.raw_ops.TensorListStack(
        input_handle=array.flow,
        element_shape=tf.shape(element),
        element_dtype=element.dtype,
        num_elements=-1 if length is None else length,
    )
    stacked.set_shape(tf.TensorShape([length]).concatenate(element.shape))
    return stacked
