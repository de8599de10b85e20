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
"""The layer that runs a recurrent cell over sequences."""

import numpy as np
import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers.rnn import cells
from tfk.layers.rnn import dropout
from tfk.layers.rnn import loop
from tfk.layers.rnn import state_arguments
from tfk.saving import budget
from tfk.utils import structure
from tfk.utils import tf_internal


class RNN(state_arguments.TakesStates):
    """Runs a recurrent cell over the time steps of sequences.

    For cells of your own, and for several cells on top of each other. For the
    usual cells, `LSTM`, `GRU` and `SimpleRNN` are several times faster.

    A cell has `call(inputs, states)`, which returns the output and the list
    of new states, and `state_size`, an integer, a `tf.TensorShape` or a
    structure of them. It may have `output_size`, `get_initial_state`, and take
    `training` and `constants`.

    Where a mask is False, the states stay as they are, and the output is that
    of the step before.

    Arguments:
        cell: A cell, or a list of cells to stack.
        return_sequences: Boolean: whether to return the outputs of all steps,
            not only that of the last one.
        return_state: Boolean: whether to return the last states as well.
        go_backwards: Boolean: whether to begin with the last step. The
            outputs of all steps are then in that order too.
        stateful: Boolean: whether the states at the end of a batch are those
            that the next batch begins with, row by row. The batch size must
            be known.
        unroll: Boolean: whether to repeat the cell in the graph, instead of
            looping: faster for few steps, whose number must be known.
        time_major: Boolean: whether time is the first axis of inputs and
            outputs, and the batch the second.
        zero_output_for_mask: Boolean: whether outputs are zero where the mask
            is False.
        **kwargs: `name`, `dtype`, `trainable`, `activity_regularizer`,
            `input_shape`.

    Call arguments:
        inputs: Tensor, dense or ragged, or a structure of tensors. A list
            holds the inputs, the initial states and the constants.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None.
        training: Boolean: the mode.
        initial_state: List of tensors: the states before the first step.
        constants: List of tensors that the cell gets at each step.

    Input shape:
        `(batch_size, steps, ...)`, or `(steps, batch_size, ...)` with
        `time_major`.

    Output shape:
        `(batch_size, ...)`, or `(batch_size, steps, ...)` with
        `return_sequences`; a list with the last states behind it with
        `return_state`.

    Raises:
        ValueError: If `cell` is no cell, or, when called, if the states have
            the wrong number or shapes, or if the layer is stateful and the
            batch size unknown.

    Example:

    >>> cell = tfk.layers.GRUCell(4)
    >>> layer = tfk.layers.RNN(cell, return_sequences=True, return_state=True)
    >>> outputs, state = layer(tf.ones((2, 3, 5)))
    >>> outputs.shape, state.shape
    (TensorShape([2, 3, 4]), TensorShape([2, 4]))
    """

    supports_masking = True
    _input_ndim = None

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        time_major=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        super().__init__(**_with_input_shape(kwargs))
        self.cell = cells.checked(cell)
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.time_major = time_major
        self.zero_output_for_mask = zero_output_for_mask
        self._running_state = None
        if self._input_ndim is not None:
            self.input_spec = InputSpec(ndim=self._input_ndim)

    # tf.keras's files hold it only where it is set.
    _unsaved_arguments = Layer._unsaved_arguments + ("zero_output_for_mask",)

    def get_config(self):
        config = super().get_config()
        if self.zero_output_for_mask:
            config["zero_output_for_mask"] = True
        return config

    @property
    def _time_axis(self):
        return 0 if self.time_major else 1

    # Weights and shapes

    def _build_cell(self, step_shape):
        cells.build_cell(self.cell, step_shape)

    def build(self, input_shape):
        """Builds the cell, and the states that a stateful layer keeps."""
        input_shape = state_arguments.shape_of_inputs(input_shape)
        step_shape = structure.map_shapes(self._shape_of_step, input_shape)
        self._build_cell(step_shape)
        batch_size = structure.first_shape(step_shape)[0]
        if self.stateful:
            self._make_running_state(batch_size)
        self.input_spec = structure.map_shapes(
            lambda shape: self._spec_of(shape, batch_size), input_shape
        )
        self.built = True

    def _shape_of_step(self, shape):
        shape = tf.TensorShape(shape)
        if shape.rank is None or shape.rank < 2:
            axes = "(steps, batch" if self.time_major else "(batch_size, steps"
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes "
                f"inputs of shape {axes}, ...). Received: inputs of shape "
                f"{shape}."
            )
        batch = shape[1 - self._time_axis]
        return tf.TensorShape([batch]).concatenate(shape[2:])

    def _spec_of(self, shape, batch_size):
        axes = {i - shape.rank: n for i, n in enumerate(shape) if i > 1 and n}
        if self.stateful:
            axes[1 - self._time_axis] = batch_size
        return InputSpec(ndim=shape.rank, axes=axes)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the outputs, or a list with those of states.

        Arguments:
            input_shape: Shape of the inputs, or a list of shapes.
        """
        input_shape = state_arguments.shape_of_inputs(input_shape)
        first = structure.first_shape(input_shape)
        batch = first[1 - self._time_axis]
        leading = [batch]
        if self.return_sequences:
            leading = [first[0], first[1]]

        def shape_of(leading):
            return lambda size: tf.TensorShape(
                [*leading, *cells.shape_of_size(size)]
            )

        shape = tf.nest.map_structure(
            shape_of(leading), cells.output_size(self.cell)
        )
        if not self.return_state:
            return shape
        sizes = cells.state_sizes(self.cell)
        return [shape, *tf.nest.map_structure(shape_of([batch]), sizes)]

    def compute_mask(self, inputs, mask=None):
        """Returns the mask of the inputs for the outputs of all steps.

        Arguments:
            inputs: The inputs of the call.
            mask: The mask of the inputs.
        """
        mask = tf.nest.flatten(mask)[0] if self.return_sequences else None
        outputs = cells.output_size(self.cell)
        masks = tf.nest.map_structure(lambda _: mask, outputs)
        if not self.return_state:
            return masks
        sizes = cells.state_sizes(self.cell)
        return [masks, *tf.nest.map_structure(lambda _: None, sizes)]

    # Running

    def call(
        self,
        inputs,
        mask=None,
        training=None,
        initial_state=None,
        constants=None,
    ):
        """Runs the cell over all steps."""
        inputs, row_lengths = self._dense(inputs, mask)
        if row_lengths is not None:
            mask = self._mask_of_rows(row_lengths, inputs)
        elif mask is not None:
            mask = tf.nest.flatten(mask)[0]
            self._check_mask(mask, inputs)
        states = self._first_states(inputs, initial_state)
        dropout.reset_masks(self.cell)
        last_output, outputs, states = self._scan(
            inputs, states, self._checked_constants(constants), mask, training
        )
        dropout.reset_masks(self.cell)
        if self.stateful:
            self._keep(states)
        result = last_output
        if self.return_sequences:
            result = self._ragged(outputs, row_lengths)
        return [result, *states] if self.return_state else result

    def _scan(self, inputs, states, constants, mask, training):
        """Goes over the steps. Layers with an engine of their own override it.

        Arguments:
            inputs: Dense tensor, or a structure of them.
            states: List of states before the first step.
            constants: List of tensors.
            mask: Boolean tensor over batch and steps (in the order of the
                inputs), or None.
            training: The mode.

        Returns:
            Tuple of the last output, the outputs of all steps (or anything
            without `return_sequences`), and the list of the last states.
        """

        def step(inputs, states):
            return cells.run_cell(
                self.cell, inputs, list(states), constants, training
            )

        return self._run_loop(step, inputs, states, mask)

    def _run_loop(self, step, inputs, states, mask):
        return loop.run(
            step,
            inputs,
            states,
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll,
            time_major=self.time_major,
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )

    def _checked_constants(self, constants):
        if not constants:
            return []
        if not cells.takes_constants(self.cell):
            raise ValueError(
                f"The cell of layer '{self.name}' takes no `constants`. "
                f"Received: constants={structure.describe(constants)}. Let its "
                "`call` have an argument of this name."
            )
        return [self._tensor(constant) for constant in constants]

    # Ragged inputs

    def _dense(self, inputs, mask):
        """Returns dense inputs, and the lengths of the rows of ragged ones."""
        flat = tf.nest.flatten(inputs)
        if any(isinstance(x, tf.SparseTensor) for x in flat):
            raise TypeError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes "
                "dense and ragged tensors. Received: inputs="
                f"{structure.describe(inputs)}. Convert them with "
                "`tf.sparse.to_dense`."
            )
        if not any(isinstance(x, tf.RaggedTensor) for x in flat):
            return inputs, None
        if any(m is not None for m in tf.nest.flatten(mask)) or self.unroll:
            reason = "`unroll`" if self.unroll else "a mask"
            raise ValueError(
                f"Layer '{self.name}' can't take ragged inputs with {reason}: "
                "ragged rows have lengths of their own. Received: inputs="
                f"{structure.describe(inputs)}."
            )
        lengths = flat[0].row_lengths()
        dense = [
            x.to_tensor() if isinstance(x, tf.RaggedTensor) else x for x in flat
        ]
        return tf.nest.pack_sequence_as(inputs, dense), lengths

    def _check_mask(self, mask, inputs):
        shape = tf.TensorShape(getattr(mask, "shape", None))
        steps = tf.nest.flatten(inputs)[0].shape[:2]
        if shape.rank is not None and not (
            shape.rank >= 2 and shape[:2].is_compatible_with(steps)
        ):
            raise ValueError(
                f"`mask` of layer '{self.name}' must have the shape of the "
                f"inputs' first two axes, {steps}. Received: mask.shape="
                f"{shape}. Give one boolean for each step of each row."
            )

    def _mask_of_rows(self, row_lengths, inputs):
        first = tf.nest.flatten(inputs)[0]
        if self.time_major:
            raise ValueError(
                f"Layer '{self.name}' can't take ragged inputs with "
                "`time_major`: their first axis is the batch. Received: a "
                f"ragged tensor of shape {first.shape}."
            )
        return tf.sequence_mask(row_lengths, tf.shape(first)[1])

    def _ragged(self, outputs, row_lengths):
        """Returns outputs as ragged as the inputs were."""
        if row_lengths is None:
            return outputs

        def convert(x):
            if not self.go_backwards:
                return tf.RaggedTensor.from_tensor(x, row_lengths)
            # What was padded comes first, before the end of each row.
            rows = tf.RaggedTensor.from_tensor(tf.reverse(x, [1]), row_lengths)
            return tf.reverse(rows, [1])

        return tf.nest.map_structure(convert, outputs)

    # States

    @property
    def states(self):
        """The states that a stateful layer keeps, or None for each."""
        sizes = cells.state_sizes(self.cell)
        if self._running_state is None:
            return tf.nest.map_structure(lambda _: None, sizes)
        return tf.nest.pack_sequence_as(sizes, self._running_state.values)

    @property
    def state_spec(self):
        """List of an `InputSpec` for each state."""
        return tf.nest.map_structure(
            lambda size: InputSpec(shape=(None, *cells.shape_of_size(size))),
            cells.state_sizes(self.cell),
        )

    def get_initial_state(self, inputs):
        """Returns the list of the states before the first step.

        Arguments:
            inputs: The inputs, of which batch size and dtype are taken.
        """
        first = tf.nest.flatten(inputs)[0]
        axis = 1 - self._time_axis
        batch_size = first.shape[axis]
        if batch_size is None:
            batch_size = tf.shape(first)[axis]
        return self._zero_states(batch_size)

    def _zero_states(self, batch_size):
        return cells.initial_states(self.cell, batch_size, self._state_dtype)

    @property
    def _state_dtype(self):
        """The dtype in which the cell computes."""
        return getattr(self.cell, "compute_dtype", self.compute_dtype)

    def _first_states(self, inputs, given):
        if given is not None:
            given = self._checked_states(given)
        if self.stateful:
            kept = [tf.convert_to_tensor(v) for v in self._running_state.values]
            kept = tf.nest.pack_sequence_as(cells.state_sizes(self.cell), kept)
            return kept if given is None else _unless_fresh(kept, given)
        return self.get_initial_state(inputs) if given is None else given

    def _checked_states(self, given):
        """Returns initial states as tensors in the structure of the cell's."""
        sizes = cells.state_sizes(self.cell)
        flat_sizes, flat = tf.nest.flatten(sizes), tf.nest.flatten(given)
        if len(flat_sizes) != len(flat):
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) has "
                f"{len(flat_sizes)} states. Received: {len(flat)} in "
                f"initial_state={structure.describe(given)}."
            )
        flat = [self._tensor(state) for state in flat]
        for size, state in zip(flat_sizes, flat):
            shape = self._state_shape(size)
            if not state.shape.is_compatible_with(shape):
                raise ValueError(
                    f"A state of layer '{self.name}' (of type "
                    f"{type(self).__name__}) must have shape {shape}. "
                    "Received: a state of shape "
                    f"{state.shape} in initial_state="
                    f"{structure.describe(given)}."
                )
        return tf.nest.pack_sequence_as(sizes, flat)

    def _state_shape(self, size):
        return tf.TensorShape([None, *cells.shape_of_size(size)])

    def _tensor(self, value):
        value = tf.convert_to_tensor(value)
        if value.dtype.is_floating:
            value = tf.cast(value, self._state_dtype)
        return value

    # Stateful layers

    def _make_running_state(self, batch_size):
        if batch_size is None:
            raise ValueError(
                f"Layer '{self.name}' is stateful and must know the batch "
                "size, which its inputs leave open. Received: batch_size=None. "
                "Give it as `tfk.Input(batch_shape=(...))`, or as "
                "`batch_input_shape` of the first layer."
            )
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            raise ValueError(
                f"Layer '{self.name}' is stateful, and can't be used with "
                "several replicas, which would each see other rows. Set "
                "`stateful=False`, or build the model outside of the "
                "strategy's scope."
            )
        with tf_internal.scratch_graph(self.name).as_default():
            for state in tf.nest.flatten(self._zero_states(batch_size)):
                size = state.shape.num_elements() or 0
                num_bytes = size * state.dtype.size
                budget.spend(num_bytes, f"{self.name}/state", "a state")
        variables = [
            tf.Variable(state, trainable=False, name="state")
            for state in tf.nest.flatten(self._zero_states(batch_size))
        ]
        self._running_state = tf_internal.RunningState(variables)

    def _keep(self, states):
        for variable, state in zip(
            self._running_state.values, tf.nest.flatten(states)
        ):
            variable.assign(tf.cast(state, variable.dtype))

    def reset_states(self, states=None):
        """Sets the states of a stateful layer, to what it began with or others.

        Arguments:
            states: List of arrays, one for each state, or None.

        Raises:
            AttributeError: If the layer is not stateful.
            ValueError: If the states have the wrong number or shapes, or if
                the batch size is not known yet.
        """
        if not self.stateful:
            raise AttributeError(
                f"Layer '{self.name}' has no states to reset: it was made with "
                "`stateful=False`."
            )
        if self._running_state is None:
            self._make_running_state(self._known_batch_size())
        variables = self._running_state.values
        if states is None:
            states = self._zero_states(variables[0].shape[0])
        flat = [np.asarray(state) for state in tf.nest.flatten(states)]
        shapes = [tuple(variable.shape) for variable in variables]
        if [state.shape for state in flat] != shapes:
            raise ValueError(
                f"The states of layer '{self.name}' have shapes {shapes}. "
                f"Received: states={structure.describe(states)}. No state was "
                "changed."
            )
        for variable, state in zip(variables, flat):
            variable.assign(tf.cast(state, variable.dtype))

    def _known_batch_size(self):
        shape = self._batch_input_shape
        return None if shape is None else shape[1 - self._time_axis]

    def reset_state(self):
        """Sets the states to what they began with: `reset_states()`."""
        self.reset_states()


def _unless_fresh(kept, given):
    """Returns the states that were kept, or those given if they are all zero.

    So the states that a model is built with count for the first batch only.
    """
    flat = tf.nest.flatten(kept)
    used = tf.reduce_any([tf.reduce_any(state != 0) for state in flat])
    return tf.nest.map_structure(
        lambda old, new: tf.where(used, old, new), kept, given
    )


def _with_input_shape(kwargs):
    """Understands `input_length`, which older code gives with `input_dim`."""
    kwargs = dict(kwargs)
    length = kwargs.pop("input_length", None)
    if "input_dim" in kwargs and "input_shape" not in kwargs:
        kwargs["input_shape"] = (length, kwargs.pop("input_dim"))
    return kwargs
