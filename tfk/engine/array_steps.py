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
"""Steps over arrays in their order: many batches a call, without a dataset.

A pipeline of `tf.data` costs threads, an iterator, and for each batch more than
the slice of an array that it is. So `evaluate` and `predict` cut arrays
themselves: rows of many batches become one tensor, and a loop in the graph
takes the batches of it.
"""

import contextlib

import numpy as np
import tensorflow as tf

from tfk.callbacks.logs import Logs
from tfk.data import arrays
from tfk.data import batches
from tfk.engine import batch_function
from tfk.engine import batch_specs
from tfk.engine import executor
from tfk.engine import tracing
from tfk.utils import structure
from tfk.utils import tf_internal

# What goes into a call, or comes out of one, at most.
_BYTES_PER_CALL = 4 * 2**20


class ArrayRun:
    """One pass over arrays, in their order: what `Epochs` is to a dataset.

    Arguments:
        data: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` of arrays and
            tensors, as `arrays.to_named_arrays` gives them. Missing parts are
            None.
        num_rows: Integer: how many rows they have.
        batch_size: Integer: rows in a batch; the last one may be smaller.
    """

    may_end = False
    lifted = None

    def __init__(self, data, num_rows, batch_size):
        self._data = data
        self._num_rows = num_rows
        self._batch_size = min(batch_size, self._num_rows)
        self._next_row = 0
        self.num_steps = -(-self._num_rows // batch_size)
        bytes_per_row = sum(map(_bytes_per_row, _leaves(data)))
        self.max_group = _steps_within_limit(bytes_per_row * batch_size)

    @property
    def element_spec(self):
        """The structure of `tf.TypeSpec` of a batch of any size."""
        return tf.nest.map_structure(
            lambda x: None if x is None else _open_spec(x), self._rows(0, 1)
        )

    def iterator(self):
        """Returns what `take` is called on, at the start of the arrays."""
        self._next_row = 0
        return self

    def take(self, num_steps):
        """Returns the next batches in one.

        Arguments:
            num_steps: Integer: how many batches there are to be.

        Returns:
            Their number and size, as tensors, and the structure of their rows.
        """
        start = self._next_row
        self._next_row = start + num_steps * self._batch_size
        return (
            tf.constant(num_steps, tf.int64),
            tf.constant(self._batch_size, tf.int64),
            self._rows(start, self._next_row),
        )

    def _rows(self, start, stop):
        return tf.nest.map_structure(
            lambda x: None if x is None else _to_tensor(x[start:stop]),
            self._data,
        )

    def running(self):
        """Does nothing: arrays are there."""
        return contextlib.nullcontext()

    def can_group(self):
        """Whether it is certain that the batches are there."""
        return True

    def ended(self, done, was_stopped=False):
        """Says that there was enough data for all `done` steps."""
        del done, was_stopped
        return False


def array_run(x, y, sample_weight, batch_size):
    """Returns an `ArrayRun`, or None where a dataset has to read the data.

    Arguments:
        x: Data as for `evaluate`.
        y: Targets, or None.
        sample_weight: Weights, or None.
        batch_size: Integer.

    Raises:
        ValueError: If the numbers of rows differ.
    """
    is_count = isinstance(batch_size, (int, np.integer)) and batch_size > 0
    if not is_count or not arrays.is_in_memory(x):
        return None
    data = arrays.to_named_arrays(x, y, sample_weight)
    if not all(map(_can_cut, _leaves(data))):
        return None
    num_rows = batches.number_of_rows(data)
    packed = batches.pack_x_y_sample_weight(**data)
    return ArrayRun(packed, num_rows, batch_size)


def max_group_of(outputs, num_steps):
    """Returns how many steps may run in one call, to give so much each.

    Arguments:
        outputs: Structure of tensors: the joined outputs of some steps.
        num_steps: Integer: how many.
    """
    num_bytes = sum(
        x.dtype.size * int(tf.size(x)) for x in tf.nest.flatten(outputs)
    )
    return _steps_within_limit(num_bytes // num_steps)


def _steps_within_limit(bytes_per_step):
    return max(1, _BYTES_PER_CALL // max(1, bytes_per_step))


def _leaves(data):
    return [leaf for leaf in tf.nest.flatten(data) if leaf is not None]


def _can_cut(leaf):
    if type(leaf) is np.ndarray:
        return leaf.dtype.kind in "fiubc" and leaf.ndim > 0
    return type(leaf) is tf_internal.EagerTensor and leaf.shape.rank > 0


def _open_spec(tensor):
    return batch_specs.open_spec(structure.spec_of(tensor))


def _to_tensor(rows):
    return tf.constant(rows) if type(rows) is np.ndarray else rows


def _bytes_per_row(leaf):
    size = tf.as_dtype(leaf.dtype).size
    return size * int(np.prod(leaf.shape[1:], dtype=np.int64))


class _Rows:
    """Stands for an iterator in a graph: batches that lie in one tensor.

    Arguments:
        size: Integer tensor: rows in a batch.
        rows: Structure of tensors, in which None stands for nothing.
    """

    def __init__(self, size, rows):
        self._size = size
        self._rows = rows

    def batch(self, step):
        """Returns the batch of a step."""
        start = step * self._size
        return tf.nest.map_structure(
            lambda x: None if x is None else x[start : start + self._size],
            self._rows,
        )


class _RowsFunction(batch_function.BatchFunction):
    """A `BatchFunction` of what `ArrayRun.take` returns."""

    def _batch_of(self, data):
        _, _, rows = data
        return rows


class TestFunction(executor.GroupFunction):
    """Runs any number of test steps over an `ArrayRun`.

    Arguments:
        model: The model.
        step: Function of one batch.
        reports_metrics: As for `GroupFunction`.
    """

    __test__ = False

    def __init__(self, model, step, reports_metrics):
        super().__init__(model, step, reports_metrics, mode="test")
        self._on_rows = _RowsFunction(model, self._run_all, "test")

    def run(self, iterator, num_steps):
        """Runs some steps and returns the logs after the last one.

        Arguments:
            iterator: An `ArrayRun`.
            num_steps: Integer, at least 1.
        """
        return Logs(self._on_rows(iterator.take(num_steps)))

    def _run_all(self, taken):
        num_steps, size, rows = taken
        return self._trace_steps(_Rows(size, rows), num_steps)

    def _next(self, iterator, step):
        return iterator.batch(step)


class PredictFunction:
    """Predicts any number of batches of an `ArrayRun`.

    Arguments:
        model: The model.
        step: Function of one batch.
    """

    def __init__(self, model, step):
        self._step = step
        self._on_rows = _RowsFunction(model, self._predict_all, "predict")
        self.group_size = 1

    def can_join(self, run):
        """Whether the outputs of batches can be joined in the graph.

        They can't if they are ragged or sparse, or have no rows.

        Arguments:
            run: An `ArrayRun`.
        """
        try:
            self._on_rows.prepare(run.iterator().take(1))
        except _NotJoinable:
            return False
        return True

    def run(self, iterator, num_steps):
        """Returns the outputs of some batches, joined.

        Arguments:
            iterator: An `ArrayRun`.
            num_steps: Integer, at least 1.
        """
        return self._on_rows(iterator.take(num_steps))

    def _predict_all(self, taken):
        num_steps, size, rows = taken
        batches_in_one = _Rows(size, rows)
        predict = tracing.trace_flat(
            self._step, rows, [_open_spec(leaf) for leaf in _leaves(rows)]
        )
        outputs = predict.structured_outputs

        def body(step, joined):
            result = predict(*_leaves(batches_in_one.batch(step)))
            joined = [
                part.write(_index(step), x)
                for part, x in zip(joined, tf.nest.flatten(result))
            ]
            return step + 1, joined

        _, joined = tf.while_loop(
            lambda step, joined: step < num_steps,
            body,
            (
                tf.zeros((), tf.int64),
                [_parts(x, num_steps) for x in tf.nest.flatten(outputs)],
            ),
            parallel_iterations=1,
        )
        return tf.nest.pack_sequence_as(outputs, [x.concat() for x in joined])


class _NotJoinable(Exception):
    """Tells of outputs that no `tf.TensorArray` can join."""


def _parts(output, num_steps):
    """Returns the `tf.TensorArray` for an output of each batch."""
    is_dense = isinstance(output, (tf.Tensor, tf.TensorSpec))
    if not is_dense or not output.shape.rank:
        raise _NotJoinable
    return tf.TensorArray(
        output.dtype,
        _index(num_steps),
        infer_shape=False,
        element_shape=[None, *output.shape[1:]],
    )


def _index(step):
    return tf.cast(step, tf.int32)
