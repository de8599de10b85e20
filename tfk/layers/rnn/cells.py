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
"""What recurrent cells are, and several of them on top of each other."""

import inspect
import weakref

import tensorflow as tf

from tfk.engine.layer import Layer
from tfk.saving import registry
from tfk.utils import structure


class AbstractRNNCell(Layer):
    """The base class of your own recurrent cells, for `RNN`.

    A cell makes one time step. Any object with `call` and `state_size` will
    do; this class says what `RNN` asks of it.

    Arguments:
        **kwargs: `name`, `dtype`, `trainable`.

    Example:

    >>> class Average(tfk.layers.AbstractRNNCell):
    ...     state_size = 1
    ...     output_size = 1
    ...
    ...     def call(self, inputs, states):
    ...         average = 0.5 * (states[0] + inputs)
    ...         return average, [average]
    >>> tfk.layers.RNN(Average())(tf.ones((1, 2, 1))).numpy()
    array([[0.75]], dtype=float32)
    """

    def call(self, inputs, states):
        """Makes one time step. Subclasses write it.

        Arguments:
            inputs: Tensor of shape `(batch_size, features)`.
            states: List of tensors of the sizes in `state_size`.

        Returns:
            Tuple of the output and the list of the new states.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no `call`: write a method "
            "`call(self, inputs, states)` that returns the output and the "
            "list of the new states."
        )

    @property
    def state_size(self):
        """Integer or `tf.TensorShape`, or a structure of them."""
        raise NotImplementedError(
            f"{type(self).__name__} has no `state_size`: write a property "
            "that returns the size of the state, or a list of sizes."
        )

    @property
    def output_size(self):
        """Integer or `tf.TensorShape`: the size of the output."""
        raise NotImplementedError(
            f"{type(self).__name__} has no `output_size`: write a property "
            "that returns the size of the output."
        )

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """Returns the states before the first step: zeros.

        Arguments:
            inputs: Tensor of which batch size and dtype are taken, or None.
            batch_size: Integer or scalar tensor, without `inputs`.
            dtype: Dtype, without `inputs`.
        """
        return zero_states(self, inputs, batch_size, dtype)


def zero_states(cell, inputs=None, batch_size=None, dtype=None):
    """Returns zeros for the states of a cell, in the structure of its sizes.

    Arguments:
        cell: A cell.
        inputs: Tensor of which batch size and dtype are taken, or None.
        batch_size: Integer or scalar tensor, without `inputs`.
        dtype: Dtype, without `inputs`.

    Raises:
        ValueError: If neither inputs nor batch size and dtype are given.
    """
    if inputs is not None:
        batch_size, dtype = tf.shape(inputs)[0], inputs.dtype
    if batch_size is None or dtype is None:
        raise ValueError(
            "`get_initial_state` needs `inputs`, or `batch_size` and `dtype`. "
            f"Received: batch_size={batch_size}, dtype={dtype}."
        )
    return tf.nest.map_structure(
        lambda size: tf.zeros([batch_size, *shape_of_size(size)], dtype),
        _plain(cell.state_size),
    )


def initial_states(cell, batch_size, dtype):
    """Returns the list of the states that a cell begins with.

    Arguments:
        cell: A cell, or any object with `state_size`.
        batch_size: Integer or scalar tensor.
        dtype: Dtype.
    """
    make = getattr(cell, "get_initial_state", None)
    if make is None:
        states = zero_states(cell, None, batch_size, dtype)
    else:
        given = {"inputs": None, "batch_size": batch_size, "dtype": dtype}
        taken = inspect.signature(make).parameters
        if not any(p.kind is p.VAR_KEYWORD for p in taken.values()):
            # Cells that were written for Keras 3 take the batch size alone.
            given = {k: v for k, v in given.items() if k in taken}
        states = make(**given)
    return as_list(states)


def shape_of_size(size):
    """Returns the shape, without batch axis, of what has a size."""
    shape = size if isinstance(size, tf.TensorShape) else [size]
    return tf.TensorShape(shape).as_list()


def state_sizes(cell):
    """Returns the list of the sizes of a cell's states."""
    return as_list(_plain(cell.state_size))


def output_size(cell):
    """Returns the size of a cell's output; by default that of its first state.

    Arguments:
        cell: A cell, or any object with `state_size`.
    """
    size = getattr(cell, "output_size", None)
    if size is not None:
        return _plain(size)
    return tf.nest.flatten(state_sizes(cell))[0]


def _plain(sizes):
    """Returns sizes in plain tuples and lists, not in tracked ones."""
    if isinstance(sizes, dict):
        return {key: _plain(size) for key, size in sizes.items()}
    if isinstance(sizes, list):
        return [_plain(size) for size in sizes]
    if isinstance(sizes, tuple):
        return tuple(_plain(size) for size in sizes)
    return sizes


def as_list(value):
    """Returns a list of the items of a sequence, or of the value alone."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return list(value)
    return [value]


def checked(cell):
    """Returns a cell, or several of them stacked.

    Arguments:
        cell: A cell, or a list of cells.

    Raises:
        TypeError: If it is no cell.
    """
    if isinstance(cell, (list, tuple)):
        return StackedRNNCells(cell)
    for name in ("call", "state_size"):
        # Asked of the class: a property may need the cell to be built.
        if not (hasattr(type(cell), name) or hasattr(cell, name)):
            raise ValueError(
                "A cell must be an object with `call(inputs, states)` and "
                f"`state_size`. Received: cell={cell!r}, without `{name}`."
            )
    return cell


class StackedRNNCells(Layer):
    """Recurrent cells on top of each other, which run as one.

    The outputs of one cell are the inputs of the next, at the same time step.
    `RNN` makes one of it if it is given a list of cells.

    Arguments:
        cells: List of cells.
        **kwargs: `reverse_state_order`: boolean: whether the states of the
            last cell come first, as in models of Keras 2.1 and older; and
            `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor of shape `(batch_size, features)`.
        states: List with the states of each cell.
        constants: List of tensors for the cells that take them, or None.
        training: Boolean: the mode.

    Input shape:
        `(batch_size, features)`.

    Output shape:
        That of the last cell.

    Example:

    >>> cells = [tfk.layers.LSTMCell(3), tfk.layers.GRUCell(2)]
    >>> layer = tfk.layers.RNN(tfk.layers.StackedRNNCells(cells))
    >>> layer(tf.ones((4, 5, 6))).shape
    TensorShape([4, 2])
    """

    def __init__(self, cells, reverse_state_order=False, **kwargs):
        super().__init__(**kwargs)
        self.cells = [checked(cell) for cell in cells]
        if not self.cells:
            raise ValueError(
                "`cells` of StackedRNNCells must be a list of cells. "
                f"Received: cells={cells!r}."
            )
        self.reverse_state_order = reverse_state_order

    # tf.keras's files don't hold it.
    _unsaved_arguments = Layer._unsaved_arguments + ("reverse_state_order",)

    def get_config(self):
        config = super().get_config()
        if self.reverse_state_order:
            config["reverse_state_order"] = True
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes the cells from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments.
            custom_objects: Optional dict of names to classes of your own.
        """
        with registry.custom_object_scope(custom_objects or {}):
            return super().from_config(config)

    def _ordered(self, items):
        items = list(items)
        return items[::-1] if self.reverse_state_order else items

    @property
    def state_size(self):
        """Tuple of the state sizes of the cells."""
        return tuple(
            self._ordered(_plain(cell.state_size) for cell in self.cells)
        )

    @property
    def output_size(self):
        """The size of the last cell's output."""
        return output_size(self.cells[-1])

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """Returns the states of all cells before the first step.

        Arguments:
            inputs: Tensor of which batch size and dtype are taken, or None.
            batch_size: Integer or scalar tensor, without `inputs`.
            dtype: Dtype, without `inputs`.
        """
        if inputs is not None:
            batch_size, dtype = tf.shape(inputs)[0], inputs.dtype
        return tuple(
            self._ordered(
                tf.nest.pack_sequence_as(
                    _plain(cell.state_size),
                    tf.nest.flatten(initial_states(cell, batch_size, dtype)),
                )
                for cell in self.cells
            )
        )

    def build(self, input_shape):
        """Builds the cells, each for the outputs of the one below."""
        for cell in self.cells:
            build_cell(cell, input_shape)
            batch = tf.TensorShape(structure.first_shape(input_shape))[:1]
            input_shape = tf.nest.map_structure(
                lambda size: batch.concatenate(shape_of_size(size)),
                output_size(cell),
            )
        self.built = True

    def call(self, inputs, states, constants=None, training=None):
        """Makes one time step of all cells."""
        states = self._ordered(
            tf.nest.pack_sequence_as(self.state_size, tf.nest.flatten(states))
        )
        new_states = []
        for cell, own in zip(self.cells, states):
            inputs, new = run_cell(
                cell, inputs, as_list(own), constants, training
            )
            new_states.append(tf.nest.pack_sequence_as(own, new))
        return inputs, tuple(self._ordered(new_states))


def build_cell(cell, input_shape, scope=None):
    """Builds a cell that can be built, unless it is.

    Arguments:
        cell: A cell.
        input_shape: Shape of the inputs at one step, or a structure.
        scope: Context manager for the names of the weights; by default they
            are named after the cell.
    """
    if isinstance(cell, Layer) and not cell.built:
        cell._build_with(input_shape, scope)


def run_cell(cell, inputs, states, constants=None, training=None):
    """Makes one step of a cell.

    Arguments:
        cell: A cell, or any object with `call`.
        inputs: Inputs of one time step.
        states: List of states.
        constants: List of tensors, for a cell that takes them, or None.
        training: Boolean: the mode, for a cell that takes it.

    Returns:
        The output, and the flat list of the new states.
    """
    is_layer = isinstance(cell, Layer)
    taken = _argument_names(type(cell), cell.call)
    kwargs = {}
    if "training" in taken and training is not None:
        kwargs["training"] = training
    if constants and "constants" in taken:
        kwargs["constants"] = list(constants)
    call = cell if is_layer else cell.call
    output, new_states = call(inputs, states, **kwargs)
    return output, tf.nest.flatten(new_states)


_names_of_classes = weakref.WeakKeyDictionary()


def _argument_names(cls, call):
    """Returns the names of the arguments that a cell's `call` takes."""
    names = _names_of_classes.get(cls)
    if names is None:
        parameters = inspect.signature(call).parameters.values()
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        names = {p.name for p in parameters}
        names |= {"training", "constants"} if takes_any else set()
        _names_of_classes[cls] = names
    return names


def takes_constants(cell):
    """Whether the `call` of a cell has an argument `constants`."""
    return "constants" in _argument_names(type(cell), cell.call)
