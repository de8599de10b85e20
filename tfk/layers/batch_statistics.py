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
"""Mean and variance of a batch: plain, under a mask, over all replicas."""

import tensorflow as tf


def masked_moments(x, mask, axes, keepdims):
    """Returns mean and variance of the places that a mask keeps.

    Arguments:
        x: Tensor.
        mask: Boolean tensor with the first axes of `x`, or some of them.
        axes: List of integers: the axes that are summed up.
        keepdims: Boolean: whether they stay, with size 1.

    Returns:
        Mean, variance and count, of the same shape; mean and variance are 0
        where the count is.
    """
    missing = x.shape.rank - mask.shape.rank
    mask = tf.cast(mask, tf.bool)
    mask = tf.reshape(mask, tf.concat([tf.shape(mask), [1] * missing], 0))
    # Multiplying by 0 would let NaN through.
    mask = tf.broadcast_to(mask, tf.shape(x))
    zero = tf.zeros([], x.dtype)
    count = tf.reduce_sum(tf.cast(mask, x.dtype), axes, keepdims=True)
    mean = tf.math.divide_no_nan(
        tf.reduce_sum(tf.where(mask, x, zero), axes, keepdims=True), count
    )
    squares = tf.math.squared_difference(tf.where(mask, x, mean), mean)
    variance = tf.math.divide_no_nan(
        tf.reduce_sum(squares, axes, keepdims=True), count
    )
    if keepdims:
        return mean, variance, count
    return tuple(tf.squeeze(y, axes) for y in (mean, variance, count))


def moments_over_replicas(mean, variance, count):
    """Combines the moments of all replicas, in one collective operation.

    Each replica adds its own moments to a slot of its own, and then combines
    all of them. Sums of squares would need no slots but lose digits where the
    mean is large against the deviation.

    Arguments:
        mean: Tensor: the mean on this replica.
        variance: Tensor: the variance on this replica.
        count: Tensor that broadcasts with them: the number of values.

    Returns:
        Mean, variance and count over all replicas. They are 0 if no replica
        has any value.
    """
    count = tf.broadcast_to(tf.cast(count, mean.dtype), tf.shape(mean))
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return mean, variance, count
    is_known = count > 0
    zero = tf.zeros([], mean.dtype)
    own = tf.stack(
        [
            tf.where(is_known, mean, zero),
            tf.where(is_known, variance, zero),
            count,
        ]
    )
    slot = tf.one_hot(
        context.replica_id_in_sync_group,
        context.num_replicas_in_sync,
        dtype=own.dtype,
    )
    slot = tf.reshape(slot, [-1] + [1] * own.shape.rank)
    everyone = context.all_reduce(tf.distribute.ReduceOp.SUM, slot * own)
    means, variances, counts = tf.unstack(everyone, axis=1)
    total = tf.reduce_sum(counts, 0)
    shares = tf.math.divide_no_nan(counts, total)
    mean = tf.reduce_sum(shares * means, 0)
    spread = tf.math.squared_difference(means, mean)
    return mean, tf.reduce_sum(shares * (variances + spread), 0), total


def virtual_batches(x, mask, size):
    """Splits a batch into smaller ones along a new axis.

    Samples that are far apart come together, as in tf.keras.

    Arguments:
        x: Tensor of shape `(batch_size, ...)`.
        mask: Tensor with the first axes of `x`, or None.
        size: Integer: the size of the smaller batches.

    Returns:
        A tensor of shape `(size, batch_size / size, ...)`, and the mask in the
        same shape.

    Example:

    >>> from tfk.layers import batch_statistics
    >>> x, _ = batch_statistics.virtual_batches(tf.range(4), None, 2)
    >>> x.numpy()
    array([[0, 1],
           [2, 3]], dtype=int32)
    """

    def split(y):
        dynamic = tf.shape(y)
        inner = [
            dynamic[1 + i] if length is None else length
            for i, length in enumerate(y.shape[1:])
        ]
        return tf.reshape(y, [size, -1, *inner])

    return split(x), None if mask is None else split(mask)
