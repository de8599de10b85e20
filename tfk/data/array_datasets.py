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
"""Datasets that gather whole batches of in-memory arrays by index."""

import numpy as np
import tensorflow as tf

from tfk.data import arrays

# Rows are gathered for this many batches at once, and cut into batches after:
# for 32 rows of 784 floats a batch costs 31 to 36 us so, and 54 us if gathered
# alone (27 us is the cost of an iterator over a constant).
_BATCHES_PER_CHUNK = 16
_BYTES_PER_CHUNK = 4 * 2**20
# Rows in their order are counted in pieces, of arrays larger than memory too.
_ROWS_PER_PIECE = 2**20


def array_dataset(data, num_rows, batch_size, shuffle=False, seed=None):
    """Returns a dataset that gathers whole batches of arrays by index.

    Each pass over the dataset draws a new order. With `tf.random.set_seed` (or
    `seed`) the orders are the same in each run.

    Arguments:
        data: Structure as `to_arrays` gives it.
        num_rows: Length of the first axis of all parts.
        batch_size: Rows in a batch; the last one may be smaller.
        shuffle: `True` mixes rows, `"batch"` mixes batches, and keeps the
            rows of each together, as arrays on disk like it.
        seed: Integer seed of the orders, or `None`.

    Returns:
        A `tf.data.Dataset`.
    """
    if not can_start_anywhere(data):
        dataset = _row_dataset(data, num_rows, batch_size, shuffle, seed)
        return _finished(dataset)
    cut = _cutter(data, num_rows, batch_size)
    if shuffle:
        dataset = cut(_orders(num_rows, batch_size, shuffle, seed))
    else:
        dataset = cut(_rows_in_order(num_rows))
    num_batches = -(-num_rows // batch_size)
    return _finished(
        dataset.apply(tf.data.experimental.assert_cardinality(num_batches))
    )


def can_start_anywhere(data):
    """Whether `array_dataset_from` serves these arrays.

    Arguments:
        data: Structure as `to_arrays` gives it.
    """
    return not any(_is_composite(leaf) for leaf in tf.nest.flatten(data))


def array_dataset_from(
    data, num_rows, batch_size, shuffle, seed, passes, batches
):
    """Returns a dataset of what comes after some passes and batches.

    It yields, without end, what `array_dataset(...).repeat()` of the same
    arguments yields from there on, and reads nothing of what came before.

    Arguments:
        data: As in `array_dataset`, with `can_start_anywhere`.
        num_rows: As there.
        batch_size: As there.
        shuffle: As there.
        seed: Integer seed of the orders, or `None` if there are none.
        passes: Integer: how many whole passes came before.
        batches: Integer: how many batches of the next pass came before.
    """
    cut = _cutter(data, num_rows, batch_size)
    if shuffle:
        orders = _orders(num_rows, batch_size, shuffle, seed, passes)
    else:
        orders = tf.data.Dataset.from_tensors(tf.range(num_rows)).repeat()

    @tf.autograph.experimental.do_not_convert
    def batches_of_pass(number, order):
        first_row = tf.where(number == 0, batches * batch_size, 0)
        return cut(tf.data.Dataset.from_tensors(order[first_row:]))

    return _finished(orders.enumerate().flat_map(batches_of_pass))


def _finished(dataset):
    # There are no files to deal out: each worker takes its share of batches.
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return dataset.with_options(options).prefetch(tf.data.AUTOTUNE)


def _cutter(data, num_rows, batch_size):
    """Returns a function that makes batches of a dataset of orders of rows."""
    # Without this the arrays would be captured in the memory of a GPU.
    with tf.device("CPU:0"):
        data = tf.nest.map_structure(
            lambda leaf: (
                leaf
                if isinstance(leaf, arrays.RowReader)
                else arrays.to_tensor(leaf)
            ),
            data,
        )
    chunk = batch_size * _batches_in_chunk(data, num_rows, batch_size)

    @tf.autograph.experimental.do_not_convert
    def rows(indices):
        return tf.nest.map_structure(lambda leaf: _gather(leaf, indices), data)

    # A vector of indices, one for each row, is cut into chunks: that starts
    # faster than a dataset of chunks for each order (`flat_map`).
    def cut(orders):
        dataset = orders.rebatch(chunk).map(rows)
        return dataset.rebatch(batch_size) if chunk > batch_size else dataset

    return cut


def _row_dataset(data, num_rows, batch_size, shuffle, seed):
    """Ragged and sparse tensors go row by row: not all ops can gather them."""
    with tf.device("CPU:0"):
        dataset = tf.data.Dataset.from_tensor_slices(
            tf.nest.map_structure(arrays.to_tensor, data)
        )
    if shuffle:
        dataset = dataset.shuffle(num_rows, seed=seed)
    return dataset.batch(batch_size)


def _batches_in_chunk(data, num_rows, batch_size):
    row_bytes = sum(
        int(np.prod(leaf.shape[1:])) * tf.as_dtype(leaf.dtype).size
        for leaf in tf.nest.flatten(data)
    )
    fitting = _BYTES_PER_CHUNK // max(1, row_bytes * batch_size)
    return max(1, min(_BATCHES_PER_CHUNK, fitting, -(-num_rows // batch_size)))


def _orders(num_rows, batch_size, shuffle, seed, passes=None):
    """A dataset of one order of rows, a new one in every pass.

    Or, with a number of passes, a dataset of all orders that come after them.
    """

    @tf.autograph.experimental.do_not_convert
    def order(seed_pair):
        return _new_order(num_rows, batch_size, shuffle, seed_pair)

    pairs = _seed_pairs(seed)
    if passes is not None:
        pairs = pairs.repeat().skip(passes)
    return pairs.map(order)


def _seed_pairs(seed):
    """A dataset of one seed for stateless ops, a new one in every pass.

    `tf.random.shuffle` in a dataset function is faster (0.7 against 4 ms for
    60,000 rows), but no checkpoint of the iterator holds its state.
    """
    numbers = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return numbers.batch(2, drop_remainder=True).take(1)


def _rows_in_order(num_rows):
    if num_rows <= _ROWS_PER_PIECE:
        return tf.data.Dataset.from_tensors(tf.range(num_rows))
    starts = tf.data.Dataset.range(0, num_rows, _ROWS_PER_PIECE)

    @tf.autograph.experimental.do_not_convert
    def piece(start):
        return tf.range(start, tf.minimum(start + _ROWS_PER_PIECE, num_rows))

    return starts.map(piece)


def _new_order(num_rows, batch_size, shuffle, seed_pair):
    if shuffle != "batch":
        return _permutation(num_rows, seed_pair)
    num_full = num_rows // batch_size
    starts = _permutation(num_full, seed_pair) * batch_size
    full = tf.reshape(starts[:, None] + tf.range(batch_size), [-1])
    return tf.concat([full, tf.range(num_full * batch_size, num_rows)], 0)


def _permutation(length, seed_pair):
    keys = tf.random.stateless_uniform(
        (length,), seed_pair, minval=None, maxval=None, dtype=tf.int32
    )
    return tf.argsort(keys)


def _gather(leaf, indices):
    if not isinstance(leaf, arrays.RowReader):
        return tf.gather(leaf, indices)
    dtype = tf.as_dtype(leaf.dtype)
    rows = tf.numpy_function(leaf.read, [indices], dtype, stateful=False)
    rows.set_shape((None,) + leaf.shape[1:])
    return rows


def _is_composite(leaf):
    return isinstance(leaf, (tf.RaggedTensor, tf.SparseTensor))
