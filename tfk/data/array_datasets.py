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
    if any(_is_composite(leaf) for leaf in tf.nest.flatten(data)):
        dataset = _row_dataset(data, num_rows, batch_size, shuffle, seed)
    else:
        dataset = _gather_dataset(data, num_rows, batch_size, shuffle, seed)
    # There are no files to deal out: each worker takes its share of batches.
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return dataset.with_options(options).prefetch(tf.data.AUTOTUNE)


def _gather_dataset(data, num_rows, batch_size, shuffle, seed):
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
    def order(seed_pair):
        return _new_order(num_rows, batch_size, shuffle, seed_pair)

    @tf.autograph.experimental.do_not_convert
    def rows(indices):
        return tf.nest.map_structure(lambda leaf: _gather(leaf, indices), data)

    # A vector of indices, one for each row, is cut into chunks: that starts
    # faster than a dataset of chunks for each order (`flat_map`).
    if shuffle:
        indices = _seed_pairs(seed).map(order)
    else:
        indices = tf.data.Dataset.from_tensors(tf.range(num_rows))
    dataset = indices.rebatch(chunk).map(rows)
    if chunk > batch_size:
        dataset = dataset.rebatch(batch_size)
    num_batches = -(-num_rows // batch_size)
    return dataset.apply(tf.data.experimental.assert_cardinality(num_batches))


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


def _seed_pairs(seed):
    """A dataset of one seed for stateless ops, a new one in every pass.

    `tf.random.shuffle` in a dataset function is faster (0.7 against 4 ms for
    60,000 rows), but no checkpoint of the iterator holds its state.
    """
    numbers = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return numbers.batch(2, drop_remainder=True).take(1)


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
