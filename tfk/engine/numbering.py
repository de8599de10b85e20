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
"""Numbers elements, for layers that draw random numbers in the pipeline."""

import dataclasses
import itertools

import numpy as np
import tensorflow as tf

from tfk.data import batches
from tfk.engine import batch_specs
from tfk.engine import element_stream
from tfk.engine import symbolic
from tfk.utils import tf_internal

# A number of rows that no axis of real data is a multiple of.
_ROWS = 10_007


@dataclasses.dataclass
class Numbering:
    """Keeps the count of elements in a pipeline and in the steps after it.

    The pipeline runs ahead, so that it can't move the layers' streams on. It
    counts for itself, from where the streams stand when an iterator is made;
    the steps move the streams on, as they take batches.

    Attributes:
        function: `tf_internal.PipelineFunction` of positions and a batch, in
            which the layers run.
        streams: List of `ElementStream`.
        per_row: List of integers: how many elements each of them meets for a
            row of a batch.
        per_lifted_row: The same for a row of what comes out.
        dataset: The dataset of what the streams' layers have not seen yet, or
            None.
    """

    function: tf_internal.PipelineFunction
    streams: list
    per_row: list
    per_lifted_row: list
    dataset: tf.data.Dataset | None = None

    def over(self, dataset):
        """Returns the same for a dataset like the one that it was found for.

        Arguments:
            dataset: `tf.data.Dataset` of batches.
        """
        return dataclasses.replace(self, dataset=dataset)

    @property
    def key(self):
        """What steps that `advance` differ by."""
        return tuple(map(id, self.streams)), tuple(self.per_lifted_row)

    def positions(self):
        """Returns where the streams stand, as an array of a row for each."""
        return np.stack([stream.position().numpy() for stream in self.streams])

    def way_back(self):
        """Returns a function that moves the streams to where they are now."""
        parts = [p for s in self.streams for p in tf_internal.parts_of(s.state)]
        values = [part.numpy() for part in parts]

        def go_back():
            for part, value in zip(parts, values):
                part.assign(value)

        return go_back

    def open(self, positions):
        """Returns the dataset of preprocessed batches.

        Arguments:
            positions: Array: where the streams stand at the first one.
        """
        per_row = tf.constant(self.per_row, tf.int64)

        def number(positions, data):
            rows = tf.cast(batches.count_rows(data), tf.int64)
            return _moved_on(positions, rows * per_row), (positions, data)

        numbered = self.dataset.scan(tf.constant(positions, tf.int64), number)
        return self.function.map(numbered).prefetch(tf.data.AUTOTUNE)

    def advance(self, parts):
        """Moves the streams past a batch, which a step is about to take.

        Each replica's copy of a stream counts the rows of all replicas.

        Arguments:
            parts: List of what each replica takes of the batch.
        """
        flat = tf.nest.flatten(parts, expand_composites=True)
        # A read that fails at the end of the data must move nothing on.
        with tf.control_dependencies([x for x in flat if x is not None]):
            rows = sum(tf.cast(batches.count_rows(x), tf.int64) for x in parts)
            for stream, count in zip(self.streams, self.per_lifted_row):
                stream.reserve(rows * count)


def _moved_on(positions, counts):
    zeros = tf.zeros_like(counts)
    return positions + tf.stack([counts, zeros, zeros], 1)


def streams_of(graph):
    """Returns the `ElementStream`s of the layers of a graph, each once.

    Arguments:
        graph: `Graph`.
    """
    nodes = graph.computing_nodes
    found = (element_stream.streams_of(node.layer) for node in nodes)
    return list(dict.fromkeys(itertools.chain.from_iterable(found)))


def number(spec, preprocess):
    """Finds out how to number elements, if that can be told.

    It can where layers meet as many elements for each row. It can't where
    their number depends on the data, or on a condition.

    Arguments:
        spec: Structure of `tf.TypeSpec`: the batches.
        preprocess: Function of a batch, in which layers run.

    Returns:
        A `Numbering`, which has no streams if nothing is drawn from any, or
        None.
    """
    with tf_internal.scratch_graph("scratch").as_default():
        data, lifted, counts = _run_on_many_rows(spec, preprocess)
        rows = [_rows_of(x) for x in (data, lifted)]
        found = [
            [_ratio(sum(map(_static, counted)), all_rows) for all_rows in rows]
            for counted in counts.values()
        ]
    if any(ratio is None for ratios in found for ratio in ratios):
        return None
    per_row, per_lifted_row = zip(*found) if found else ((), ())
    streams = list(counts)
    function = tf_internal.PipelineFunction(_numbered(preprocess, streams))
    return Numbering(function, streams, list(per_row), list(per_lifted_row))


def _numbered(preprocess, streams):
    """Returns a function of where streams stand, and of a batch."""

    def preprocess_numbered(positions, data):
        reserved = dict(zip(streams, tf.unstack(positions)))
        with element_stream.positions(reserved):
            return preprocess(data)

    return preprocess_numbered


def keeps_rows(dataset, preprocess):
    """Whether preprocessed batches have their rows, as far as that is known.

    Replicas can share a batch only if all of its parts have as many.

    Arguments:
        dataset: `tf.data.Dataset` of batches.
        preprocess: Function of a batch, in which layers run.
    """
    with tf_internal.scratch_graph("scratch").as_default():
        data, lifted, _ = _run_on_many_rows(dataset.element_spec, preprocess)
        parts = tf.nest.flatten(batches.unpack_x_y_sample_weight(lifted)[0])
        found = {_rows_of(data), *map(_rows_of, parts)}
    return len([rows for rows in found if not np.isnan(rows)]) <= 1


def _run_on_many_rows(spec, preprocess):
    """Returns a placeholder for a batch, what comes of it, and the counts."""
    data = tf.nest.map_structure(_many_rows, spec)
    with element_stream.counted() as counts:
        return data, preprocess(data), counts


def _rows_of(data):
    return _static(batches.count_rows(data))


def _many_rows(spec):
    """Returns a placeholder for a batch of a known number of rows."""
    shape = getattr(spec, "shape", None)
    if shape is None or not shape.rank or shape[0] is not None:
        return symbolic.placeholder(symbolic.KerasTensor(spec))
    spec = batch_specs.with_rows(spec, _ROWS)
    return symbolic.placeholder(symbolic.KerasTensor(spec))


def _static(count):
    """Returns a count as a number: NaN if it is not known."""
    if count is None:
        return np.nan
    value = tf.get_static_value(count) if tf.is_tensor(count) else count
    return np.nan if value is None else int(value)


def _ratio(count, rows):
    is_known = not np.isnan(count) and not np.isnan(rows) and rows > 0
    return count // rows if is_known and count % rows == 0 else None
