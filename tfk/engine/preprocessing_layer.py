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
"""The base class of preprocessing layers, which learn from data by `adapt`."""

import contextlib
import itertools

import numpy as np
import tensorflow as tf

from tfk.data import arrays
from tfk.data import batches
from tfk.data import iterator_end
from tfk.engine.layer import Layer
from tfk.saving import registry
from tfk.utils import checks
from tfk.utils import structure

# Arrays in memory are gone through in pieces of about so many values: large
# enough to forget the cost of a Python call, small enough for the cache.
_PIECE = 1 << 17
_LARGE_BATCH = 1 << 14


class PreprocessingLayer(Layer):
    """A layer whose state is learned from data by `adapt`, not by training.

    Put such layers at the start of a model. `fit` runs them in the input
    pipeline, and the saved model holds them with their state.

    To write one, write `call` and, if it learns, `update_state(data)`, which
    takes in one batch, `finalize_state()`, which turns what was collected into
    the state that `call` uses, and `reset_state()`, which forgets what was
    collected. Weights are made in `build`, with `trainable=False`.

    A layer that changes rows at random should draw from a
    `tfk.utils.ElementStream`: then it runs in the pipeline, and draws there
    what it would in the step. One that draws otherwise, or in `call` changes
    variables or adds losses, stays in the step, with all that comes after it;
    so does one with trainable weights, or with a mask that later layers need.

    Arguments:
        **kwargs: As for `Layer`.

    Example:

    >>> class Centering(tfk.layers.PreprocessingLayer):
    ...     def build(self, input_shape):
    ...         made = {"initializer": "zeros", "trainable": False}
    ...         self.sum = self.add_weight("sum", (), **made)
    ...         self.count = self.add_weight("count", (), **made)
    ...         super().build(input_shape)
    ...
    ...     def reset_state(self):
    ...         self.sum.assign(0.0)
    ...         self.count.assign(0.0)
    ...
    ...     def update_state(self, data):
    ...         self.sum.assign_add(tf.reduce_sum(data))
    ...         self.count.assign_add(tf.cast(tf.size(data), tf.float32))
    ...
    ...     def call(self, inputs):
    ...         return inputs - self.sum / self.count
    >>> layer = Centering()
    >>> layer.adapt(np.array([[1.0], [3.0]], "float32"))
    >>> layer(tf.constant([[5.0]])).numpy()
    array([[3.]], dtype=float32)
    """

    # Whether `update_state` takes NumPy arrays as they are.
    _takes_arrays = False

    # Whether it is all the same how the elements of data are batched.
    _is_elementwise = False

    _is_adapted = False

    # Counts changes of state that compiled functions hold as constants: a
    # function that was compiled under another number has to be compiled again.
    _state_version = 0

    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def _state_changed(self):
        """Lets models know that functions with the former state are stale."""
        vars(self)["_state_version"] = self._state_version + 1

    @property
    def is_adapted(self):
        """Whether `adapt` has set the state of this layer."""
        return self._is_adapted

    @property
    def _learns(self):
        """Whether there is anything to adapt."""
        cls = type(self)
        return (
            cls.update_state is not PreprocessingLayer.update_state
            or cls.adapt is not PreprocessingLayer.adapt
        )

    @property
    def _has_given_state(self):
        """Whether the state was an argument, so that it is not learned."""
        return False

    def compile(self, run_eagerly=None, steps_per_execution=None):
        """Accepted for old code: `adapt` needs no configuration.

        Arguments:
            run_eagerly: Ignored.
            steps_per_execution: Ignored.
        """
        del run_eagerly, steps_per_execution

    def adapt(self, data, batch_size=None, steps=None, reset_state=True):
        """Learns the state of the layer from data.

        Adapt a layer before it is used. Functions that were compiled with the
        former state (a model's too) have to be compiled again.

        Arguments:
            data: Array, tensor (dense, ragged or sparse), list, pandas frame
                or column, a structure of them, a `tf.data.Dataset` of batches
                of inputs, or another iterable of batches.
            batch_size: Rows in a batch, for arrays. Chosen by size if None.
            steps: Number of batches to look at. Defaults to all.
            reset_state: Boolean: whether to forget what was learned before.
                With False, learning goes on from there.

        Raises:
            ValueError: If there is no data, or none that the layer takes. The
                layer keeps the state it had.
        """
        if not self._learns:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) has "
                "nothing to learn from data. Use it without `adapt`."
            )
        batch_size, steps = checked_amounts(batch_size, steps)
        with self._kept_on_failure():
            if reset_state and (self.built or self._takes_arrays):
                self.reset_state()
            found = self._adapt_to(data, batch_size, steps)
            if not found:
                raise ValueError(
                    f"Layer '{self.name}' can't adapt to empty data. Received: "
                    f"data={structure.describe(data)}."
                )
            self.finalize_state()
        self._is_adapted = True
        self._state_changed()

    @contextlib.contextmanager
    def _kept_on_failure(self):
        """Restores the state that the layer had if it can't learn."""
        was_built, was_adapted = self.built, self._is_adapted
        before = self.get_weights() if was_built else None
        collected = self._collected_state()
        try:
            yield
        except BaseException:
            self._is_adapted = was_adapted
            if was_built:
                self.set_weights(before)
            elif self.built:
                self.reset_state()
            self._restore_collected_state(collected)
            raise

    def get_adapted_state(self):
        """Returns all that the layer has learned, for `merge_state`.

        Returns:
            A dict of NumPy arrays, which can be sent to another process.

        Raises:
            NotImplementedError: If the class has no such state.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no state that could be merged. Write "
            "`get_adapted_state` and `_merge_adapted_state` to let several "
            "workers adapt it."
        )

    def merge_state(self, others):
        """Takes in what other layers have learned from other data.

        The layer is then as if it had adapted to the data of all: several
        workers can learn from a part of the data each.

        Arguments:
            others: List of layers that were made like this one, or of what
                their `get_adapted_state` returned.

        Example:

        >>> layers = [tfk.layers.StringLookup() for _ in range(2)]
        >>> layers[0].adapt(["a", "b", "b"])
        >>> layers[1].adapt(["c", "c", "c"])
        >>> layers[0].merge_state(layers[1:])
        >>> layers[0].get_vocabulary()
        ['[UNK]', 'c', 'b', 'a']
        """
        states = [
            x.get_adapted_state() if isinstance(x, PreprocessingLayer) else x
            for x in others
        ]
        with self._kept_on_failure():
            for state in states:
                self._merge_adapted_state(state)
            self.finalize_state()
        self._is_adapted = True
        self._state_changed()

    def _merge_adapted_state(self, state):
        """Takes in what `get_adapted_state` of another layer returned."""
        self.get_adapted_state()  # Says what is missing.

    def _adapt_to(self, data, batch_size, steps):
        found = False
        if self._is_elementwise and isinstance(data, tf.data.Dataset):
            data, steps = in_large_batches(data, steps), None
        for batch in adapt_batches(data, batch_size, steps, self.name):
            if not self._takes_arrays:
                batch = arrays.to_arrays(batch, "data", scalars=True)
                batch = tf.nest.map_structure(arrays.to_tensor, batch)
            self._build_for(batch)
            self.update_state(batch)
            found = True
        return found

    def _build_for(self, batch):
        if not self.built:
            self._build_with(tf.nest.map_structure(_shape_of_batches, batch))

    def _collected_state(self):
        """Returns what `update_state` changes besides weights."""
        return None

    def _restore_collected_state(self, state):
        """Takes back what `_collected_state` returned."""

    def update_state(self, data):
        """Takes in one batch of data.

        Arguments:
            data: Tensor or structure of tensors.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no `update_state`. Write it to let "
            "the layer learn from data."
        )

    def reset_state(self):
        """Forgets what `update_state` has collected."""

    def finalize_state(self):
        """Turns what was collected into the state that `call` uses."""

    def compute_output_signature(self, input_spec):
        """Returns the `tf.TypeSpec` of the outputs for that of the inputs.

        Arguments:
            input_spec: `tf.TensorSpec`, or a structure of them.
        """
        return super().compute_output_signature(input_spec)

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        # Learned state that is no variable goes to checkpoints; a SavedModel
        # has it in its constants and tables, and would warn about it.
        children = super()._trackable_children(save_type, **kwargs)
        if save_type != "checkpoint":
            children.pop("_checkpoint", None)
        return children

    def _num_categories(self):
        """Returns `n` if the outputs are integers from 0 to `n - 1`, or None.

        An `Embedding` after the layer takes its size from it.
        """
        return None

    def _use_before_adapt(self, what):
        """Returns the error for a layer that lacks its state."""
        return RuntimeError(
            f"Layer '{self.name}' (of type {type(self).__name__}) was used "
            f"before `adapt`: it has no {what} yet. Call "
            f"`layer.adapt(data)` first, or give the {what} directly."
        )


def adapt_batches(data, batch_size, steps, owner):
    """Yields the batches that a layer is to adapt to.

    Arguments:
        data: What `adapt` takes.
        batch_size: Rows in a batch of arrays, or None.
        steps: Most batches to yield, or None.
        owner: String: the layer's name, for messages.
    """
    if isinstance(data, tf.data.Dataset):
        if batch_size is not None:
            raise ValueError(
                f"`batch_size` of `adapt` (layer '{owner}') must be None for a "
                f"dataset. Received: batch_size={batch_size}. Batch the "
                "dataset itself, as in `dataset.batch(32)`."
            )
        if steps is None and int(data.cardinality()) < 0:
            if int(data.cardinality()) == tf.data.INFINITE_CARDINALITY:
                raise ValueError(
                    f"`adapt` of layer '{owner}' was given a dataset without "
                    "an end. Received: steps=None. Pass `steps`, or use "
                    "`dataset.take(count)`."
                )
        if steps is not None:
            data = data.take(steps)
        # The next batch is made while the layer learns from one.
        found = iter(_untuned(data.prefetch(1)))
        iterator_end.end_at_exit(found)
    elif _is_table(data):
        data = _to_arrays(data)
        if any(x is None for x in tf.nest.flatten(data)):
            raise ValueError(
                f"`adapt` of layer '{owner}' was given missing values. "
                f"Received: None in data={structure.describe(data)}. Leave "
                "them out, or put others in their place."
            )
        found = _pieces(data, batch_size)
    elif hasattr(data, "__iter__"):
        found = (_to_arrays(batch) for batch in data)
    else:
        raise ValueError(
            f"`adapt` of layer '{owner}' takes arrays, tensors, lists, pandas "
            "frames or a `tf.data.Dataset`. Received: "
            f"data={structure.describe(data)}."
        )
    return itertools.islice(found, steps)


def checked_amounts(batch_size, steps):
    """Returns arguments of `adapt` as positive integers or None."""
    return tuple(
        None if value is None else checks.positive_integer(name, value)
        for name, value in (("batch_size", batch_size), ("steps", steps))
    )


def _untuned(dataset):
    """Leaves out what tunes a pipeline: to end it often takes 0.1 s.

    Parallel parts run on all cores then.
    """
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def in_large_batches(dataset, steps):
    """Returns a dataset of larger batches, which cost less to go through.

    Arguments:
        dataset: `tf.data.Dataset` of batches of values, or of single values,
            or of tuples of them with as many rows.
        steps: How many of its elements to take, or None.
    """
    spec = dataset.element_spec
    is_endless = int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY
    if steps is not None:
        dataset = dataset.take(steps)
    elif is_endless:
        return dataset
    specs = tf.nest.flatten(spec)
    if any(type(x) is not tf.TensorSpec or x.shape.rank is None for x in specs):
        return dataset
    if all(x.shape.rank == 0 for x in specs):
        return dataset.batch(_LARGE_BATCH)
    rows = [x.shape[1:] for x in specs if x.shape.rank]
    if len(rows) < len(specs) or not all(x.is_fully_defined() for x in rows):
        return dataset
    size = max(1, *(x.num_elements() for x in rows))
    return dataset.rebatch(max(1, _LARGE_BATCH // size))


def _is_table(data):
    """Whether data is in memory as a whole: arrays, or a structure of them."""
    return isinstance(data, (list, tuple, dict)) or arrays.is_in_memory(data)


def _to_arrays(data):
    if type(data) is np.ndarray or tf.is_tensor(data):
        return data
    if isinstance(data, (list, tuple)) and set(map(type, data)) == {str}:
        # In arrays of fixed width each string is as long as the longest.
        return np.array(data, object)
    if isinstance(data, (list, tuple)) and _is_ragged_list(data):
        return tf.ragged.constant(data)
    return arrays.to_arrays(data, "data", scalars=True)


def _is_ragged_list(values):
    """Whether a nested list of numbers or strings has rows of many lengths."""
    flat = tf.nest.flatten(values)
    plain = (str, bytes, int, float, np.generic)
    if not flat or not all(isinstance(x, plain) for x in flat):
        return False
    try:
        np.array(values)
    except ValueError:
        return True
    return False


def _pieces(data, batch_size):
    leaves = tf.nest.flatten(data)
    if not leaves or any(_is_scalar(x) for x in leaves):
        yield tf.nest.map_structure(
            lambda x: np.reshape(x, (1,)) if _is_scalar(x) else x, data
        )
        return
    if any(x.shape[0] == 0 for x in leaves):
        return
    rows = batches.number_of_rows(data)
    size = batch_size or max(1, _PIECE * rows // max(map(_size_of, leaves)))
    for start in range(0, rows, size):
        stop = min(start + size, rows)
        yield tf.nest.map_structure(lambda x: _rows(x, start, stop, rows), data)


def _is_scalar(x):
    return len(x.shape) == 0


def _size_of(x):
    if isinstance(x, tf.RaggedTensor):
        return max(1, int(tf.size(x.flat_values)))
    if isinstance(x, tf.SparseTensor):
        return max(1, int(tf.size(x.values)))
    return max(1, int(np.prod(x.shape)))


def _rows(x, start, stop, count):
    if start == 0 and stop == count:
        part = x
    elif isinstance(x, tf.SparseTensor):
        shape = x.dense_shape
        begin = tf.one_hot(0, tf.size(shape), tf.cast(start, tf.int64))
        size = tf.concat([[tf.cast(stop - start, tf.int64)], shape[1:]], 0)
        part = tf.sparse.slice(x, begin, size)
    else:
        part = x[start:stop]
    if isinstance(part, arrays.RowReader):
        return part.read(np.arange(len(part)))
    return part


def _shape_of_batches(x):
    """The shape of a batch, with any number of rows."""
    shape = tf.TensorShape(x.shape)
    return (
        tf.TensorShape([None]).concatenate(shape[1:]) if shape.rank else shape
    )


registry.add_builtins(
    "keras.layers", {"PreprocessingLayer": PreprocessingLayer}
)
