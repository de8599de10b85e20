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
"""Random numbers for the elements of batches, each by its number."""

import contextlib
import dataclasses
import threading
import zlib
from typing import Any

import numpy as np
import tensorflow as tf

from tfk.engine import random_stream
from tfk.utils import tf_internal

# What one step of `RngReadAndSkip` adds to the counter, as a power of 2.
_STEP_BITS = 8

# Numbers that the Philox generator gives for one value of its counter.
_BLOCK = 4

_PHILOX = 1

_given = threading.local()


class ElementStream(random_stream.RandomStream):
    """Gives each element that a layer meets random numbers of its own.

    The n-th element gets the same numbers however elements are dealt out to
    batches, since they follow from its number alone. So a pipeline that runs
    on many threads can be made to give what a plain loop gives: it reserves
    the numbers of a batch in order (`reserve`), and draws wherever it is
    convenient (`positions`).

    The position is a small variable, as that of `RandomStream`. In `fit` and
    its like, the replicas of a mirrored strategy number the elements of the
    whole batch (`Share`). In other steps each of them counts for itself and
    draws numbers of its own.

    Arguments:
        seed: Integer, with which the stream gives the same numbers in each
            run. Without one they follow `tf.random.set_seed`.
        kind: String: streams of one seed and different kinds give different
            numbers.

    Example:

    >>> stream = tfk.utils.ElementStream(seed=3)
    >>> whole = stream.draws(4).uniform(2)
    >>> again = tfk.utils.ElementStream(seed=3)
    >>> parts = [again.draws(count).uniform(2) for count in (1, 3)]
    >>> bool(tf.reduce_all(whole == tf.concat(parts, 0)))
    True

    In a layer, which `fit` then may run in the input pipeline:

    >>> class Noise(tfk.layers.PreprocessingLayer):
    ...     def __init__(self, seed=None, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.stream = tfk.utils.ElementStream(seed)
    ...
    ...     def call(self, inputs, training=False):
    ...         if not training:
    ...             return inputs
    ...         draws = self.stream.draws(tf.shape(inputs)[0])
    ...         return inputs + draws.normal(inputs.shape[1])
    >>> Noise(seed=1)(tf.zeros((2, 3)), training=True).shape
    TensorShape([2, 3])
    """

    def __init__(self, seed=None, kind=""):
        # Where input pipelines run: they take no variables from GPUs.
        with tf.device("CPU:0"):
            super().__init__(seed)
        self.kind = kind

    def draws(self, count, seed=None):
        """Returns the source of numbers for the next elements.

        Arguments:
            count: Integer or scalar tensor: how many elements there are.
            seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
                draw the numbers that follow from it, and leave the stream as
                it is.
        """
        if seed is None:
            position = self.reserve(count)
        else:
            position = position_of_seed(seed)
            share = getattr(_given, "share", None)
            if share is not None:
                position = moved_on(position, share.elements(count)[0])
        return ElementDraws(position, count, self.kind)

    def reserve(self, count):
        """Moves on by some elements.

        Arguments:
            count: Integer or scalar tensor.

        Returns:
            The position before: an integer tensor of shape `(3,)` that holds
            the number of the first element, and what is the same for all.
        """
        counts = getattr(_given, "counts", None)
        if counts is not None:
            counts.take(self, count)
            return tf.zeros((3,), tf.int64)
        positions = getattr(_given, "positions", {})
        if id(self) in positions:
            position = positions[id(self)]
            positions[id(self)] = moved_on(position, count)
            return position
        share = getattr(_given, "share", None)
        if share is not None and share.is_of(self.state):
            before, everywhere = share.elements(count)
            return moved_on(self._take(everywhere), before)
        position = self._take(tf.cast(count, tf.int64))
        replica = random_stream.replica_offset()
        if replica is not None:
            position += tf.concat([replica, [0]], 0)
        return position

    def follow_first_replica(self):
        """Brings all replicas to where the first one stands.

        One without any row of a batch can't know how many elements others met.
        """
        first = tf_internal.parts_of(self.state)[0].read_value()
        self.state.assign(first)

    def position(self):
        """Returns where the stream stands, as `reserve` does."""
        state = tf_internal.parts_of(self.state)[0].read_value()
        number = tf.bitwise.right_shift(state[:1], _STEP_BITS)
        return tf.concat([number, state[1:]], 0)

    def _take(self, count):
        """Returns the position, and moves on by some elements."""
        position = self._read_and_skip(count)
        return tf.stack(
            [tf.bitwise.right_shift(position[0], _STEP_BITS), *position[1:]]
        )

    def _read_and_skip(self, count):
        if tf.distribute.in_cross_replica_context():
            # No replica's copy can be named here; all are moved on at once.
            position = tf.convert_to_tensor(self.state)
            step = tf.bitwise.left_shift(count, _STEP_BITS)
            self.state.assign_add(tf.stack([step, 0, 0]))
            return tf.unstack(position)
        position = tf.raw_ops.RngReadAndSkip(
            resource=self.state.handle,
            alg=_PHILOX,
            delta=tf.cast(count, tf.uint64),
        )
        return tf.unstack(position)


@contextlib.contextmanager
def positions(reserved):
    """Within it, streams draw from positions that were reserved before.

    Arguments:
        reserved: Dict of `ElementStream` to positions. A stream that is asked
            several times goes on from there.
    """
    before = getattr(_given, "positions", {})
    _given.positions = {
        **before,
        **{id(stream): position for stream, position in reserved.items()},
    }
    try:
        yield
    finally:
        _given.positions = before


@dataclasses.dataclass(frozen=True)
class Share:
    """What part of the rows of a batch a replica has.

    While a step runs within it (`run`), streams number the elements of the
    whole batch, as one replica alone would, if each row has as many of them.

    Attributes:
        rows: List of integers or scalar tensors: how many rows each replica
            has, in their order.
    """

    rows: list

    def run(self, step):
        """Returns a function for `strategy.run` that runs a step within it."""

        def run_with_share(*args):
            # Each replica has a thread of its own.
            _given.share = self
            try:
                return step(*args)
            finally:
                _given.share = None

        return run_with_share

    def is_of(self, state):
        """Whether each replica has a copy of a variable."""
        return len(tf_internal.parts_of(state)) == len(self.rows)

    def elements(self, count):
        """Returns how many elements come before those of this replica.

        Arguments:
            count: Integer or scalar tensor: how many this replica has.

        Returns:
            That number, and the number of the elements of all replicas.
        """
        context = tf.distribute.get_replica_context()
        rows = tf.stack([tf.cast(count, tf.int64) for count in self.rows])
        index = context.replica_id_in_sync_group
        own = tf.maximum(rows[index], 1)
        before = tf.reduce_sum(rows[:index])
        count = tf.cast(count, tf.int64)
        return count * before // own, count * tf.reduce_sum(rows) // own


class _Counts(dict):
    """How many elements streams are asked for: lists, by stream."""

    def __init__(self):
        super().__init__()
        self._graph = tf.compat.v1.get_default_graph()

    def take(self, stream, count):
        """Notes a count, or None if it is asked for in a branch or loop."""
        is_certain = tf.compat.v1.get_default_graph() is self._graph
        self.setdefault(stream, []).append(count if is_certain else None)


@contextlib.contextmanager
def counted():
    """Within it, streams stay, and what they are asked for is noted.

    Yields:
        A dict of `ElementStream` to a list of the counts that were asked for:
        integers, tensors, or None where that happened in a branch or loop.
    """
    before = getattr(_given, "counts", None)
    _given.counts = _Counts()
    try:
        yield _given.counts
    finally:
        _given.counts = before


def streams_of(layer):
    """Returns the `ElementStream`s of a layer and those in it.

    Arguments:
        layer: `Layer`.
    """
    return [
        value
        for part in layer._flatten_layers()
        for value in vars(part).values()
        if isinstance(value, ElementStream)
    ]


@dataclasses.dataclass(frozen=True)
class ElementDraws:
    """The random numbers of some consecutive elements.

    Attributes:
        position: Integer tensor of shape `(3,)`: where they start.
        count: Integer or scalar tensor: how many elements there are.
        kind: String: draws of different kinds differ.
    """

    position: Any
    count: Any
    kind: str = ""

    def uniform(self, size, part=0):
        """Draws floats evenly from [0, 1).

        Arguments:
            size: Integer or scalar tensor: how many for each element.
            part: Integer from 0 to 255: a second draw for the same elements
                takes another one.

        Returns:
            A float32 tensor of shape `(count, size)`.
        """
        return self._draw(tf.raw_ops.StatelessRandomUniformV2, size, part)

    def normal(self, size, part=0):
        """Draws floats from the standard normal distribution.

        Arguments:
            size: Integer or scalar tensor: how many for each element.
            part: Integer from 0 to 255: a second draw for the same elements
                takes another one.

        Returns:
            A float32 tensor of shape `(count, size)`.
        """
        return self._draw(tf.raw_ops.StatelessRandomNormalV2, size, part)

    def _draw(self, op, size, part):
        blocks = (size + _BLOCK - 1) // _BLOCK
        number, high, key = tf.unstack(self.position)
        # The low half of the counter goes through the blocks of an element
        # and on to the next one; the high half keeps draws apart.
        low = number * tf.cast(blocks, tf.int64)
        high += (zlib.crc32(self.kind.encode()) % 2**24) * 256 + part
        values = op(
            shape=tf.stack([self.count, blocks * _BLOCK]),
            key=tf.bitcast(tf.reshape(key, (1,)), tf.uint64),
            counter=tf.bitcast(tf.stack([low, high]), tf.uint64),
            alg=_PHILOX,
            dtype=tf.float32,
        )
        return values[:, :size]

    def of_one(self, index):
        """Returns the source for one of the elements alone.

        Arguments:
            index: Integer or scalar tensor: which one, from 0.
        """
        return ElementDraws(moved_on(self.position, index), 1, self.kind)


def moved_on(position, count):
    """Returns the position that many elements later.

    Arguments:
        position: Integer tensor of shape `(3,)`.
        count: Integer or scalar tensor.
    """
    step = tf.cast(count, tf.int64)
    return position + tf.stack([step, 0, 0])


def position_of_seed(seed):
    """Returns where the numbers of a seed start.

    Arguments:
        seed: Integer, or integer tensor of shape `()` or `(2,)`.
    """
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        seed = tf.constant(int(seed) % 2**63, tf.int64)
    elif not tf.is_tensor(seed) and not isinstance(seed, tf.Variable):
        seed = np.asarray(seed)
    is_integer = tf.as_dtype(seed.dtype) in _INTEGERS
    if not is_integer or tuple(seed.shape) not in ((), (2,)):
        raise TypeError(
            "`seed` must be an integer, or an integer tensor of shape () or "
            f"(2,). Received: seed={seed!r}."
        )
    seed = tf.cast(seed, tf.int64)
    zero = tf.zeros((), tf.int64)
    if seed.shape.rank == 0:
        return tf.stack([zero, zero, seed])
    # The second half stands where replicas count, above kinds and parts.
    high = tf.bitwise.left_shift(seed[1], tf.constant(32, tf.int64))
    return tf.stack([zero, high, seed[0]])


_INTEGERS = (tf.int32, tf.int64, tf.uint32, tf.uint64)
