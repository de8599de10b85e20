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
"""From values per sample to one number: what a loss is divided by.

- `"sum_over_batch_size"`, also called `"mean"` and `"auto"`: the sum of the
  weighted values, divided by the number of values that the mask keeps;
- `"mean_with_sample_weight"`: the same sum, divided by the sum of the weights
  of all values: a weight of a sample counts for each value of the sample. (In
  Keras 3 it counts once there, unless there is a mask: the loss of sequences is
  then too large by their length.)
- `"sum"`: the sum of the weighted values;
- `"none"`: the weighted values.

A function may return one number for the whole batch. It is the loss then, for
all reductions; weights of samples multiply it, so that with the usual
reduction it counts times their mean.

Under a `tf.distribute` strategy the divisors are those of the global batch:
the *sum* of the replicas' results is the loss of the whole batch, however
unevenly it was dealt out. A number for a whole batch counts for the rows of
its replica. With nothing to divide by, the result is 0.
"""

import tensorflow as tf

from tfk.losses import masking
from tfk.losses import shapes
from tfk.losses import weights as sample_weights


class Reduction:
    """Names of the ways in which losses are reduced to one number.

    Plain strings do as well: `reduction="sum"`.

    Example:

    >>> tfk.losses.Reduction.SUM
    'sum'
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"
    MEAN = "mean"
    MEAN_WITH_SAMPLE_WEIGHT = "mean_with_sample_weight"

    @classmethod
    def all(cls):
        """Returns all names."""
        return (
            cls.AUTO,
            cls.NONE,
            cls.SUM,
            cls.SUM_OVER_BATCH_SIZE,
            cls.MEAN,
            cls.MEAN_WITH_SAMPLE_WEIGHT,
        )

    @classmethod
    def validate(cls, key):
        """Raises a `ValueError` for anything but a name of a reduction."""
        if key not in cls.all():
            raise ValueError(
                f"`reduction` must be one of {cls.all()}. Received: "
                f"reduction={key!r}."
            )


def reduce_values(values, sample_weight, mask, reduction, name, rows=None):
    """Reduces the values of a loss to what the table above says.

    Arguments:
        values: Tensor or ragged tensor: one value for each sample, time step
            or pixel.
        sample_weight: Optional scalar, tensor or ragged tensor.
        mask: Optional boolean tensor: False leaves a value out.
        reduction: String: a name of `Reduction`.
        name: String: the loss, for messages.
        rows: The rows of this replica's batch, for values that are a single
            number: a mean over the rows that a user's function took.

    Returns:
        A scalar, or for `"none"` a tensor with the shape of `values`.
    """
    weighted, weight, kept = weigh(values, sample_weight, mask, name)
    if weighted.shape.rank == 0 and rows is not None:
        return _part_of_global_mean(weighted, weight, reduction, rows)
    if reduction == Reduction.NONE:
        if isinstance(values, tf.RaggedTensor):
            return values.with_flat_values(weighted)
        return weighted
    total = tf.reduce_sum(weighted)
    if reduction == Reduction.SUM:
        return total
    by_weight = reduction == Reduction.MEAN_WITH_SAMPLE_WEIGHT
    divisor = total_weight(weighted, weight if by_weight else None, kept)
    return tf.math.divide_no_nan(total, global_sum(divisor))


def _part_of_global_mean(value, weight, reduction, rows):
    if reduction == Reduction.MEAN_WITH_SAMPLE_WEIGHT and weight is not None:
        value = tf.math.divide_no_nan(value, weight)
    value, rows = without_nan(value, rows)
    all_rows = global_sum(rows)
    if all_rows is rows:
        return value
    return value * tf.math.divide_no_nan(rows, all_rows)


def without_nan(value, rows):
    """Returns the mean over some rows, 0 where there are none, and the rows.

    Arguments:
        value: Scalar.
        rows: Integer or scalar: the number of rows that it is a mean of.
    """
    rows = tf.cast(rows, value.dtype)
    return tf.where(rows > 0, value, tf.zeros_like(value)), rows


def weigh(values, sample_weight, mask, name):
    """Weighs values and hides those behind the mask.

    Returns:
        `(weighted, weight, kept)`: the weighted values (flat if they were
        ragged), their weights or None, and the mask or None; both of a shape
        that broadcasts to the values.
    """
    weight, kept = sample_weight, mask
    if isinstance(values, tf.RaggedTensor):
        if weight is not None:
            weight = sample_weights.fit_ragged(weight, values, name)
        # A mask of the flat values is that of classes to be ignored.
        values = values.flat_values
        kept = masking.mask_of(values)
    elif values.shape.rank == 0:
        values, kept = _spread(values, weight, kept)
    if kept is not None:
        kept = sample_weights.fit(kept, values, name, "mask")
    if weight is not None:
        weight = tf.cast(weight, values.dtype)
        weight = sample_weights.fit(weight, values, name)
    if kept is not None:
        values = masking.hide(values, kept, 0)
        if weight is not None:
            weight = tf.where(kept, weight, tf.zeros([], weight.dtype))
    weighted = values if weight is None else values * weight
    return weighted, weight, kept


def _spread(value, weight, mask):
    """Repeats the value of a whole batch for each of its weights.

    The mask then says which weights count; without weights it says nothing,
    since the value is what it is.

    Returns:
        `(values, mask)`.
    """
    if weight is None or shapes.to_tensor(weight).shape.rank == 0:
        return value, None
    pattern = tf.zeros_like(weight, value.dtype)
    if mask is not None:
        rank = max(mask.shape.rank, pattern.shape.rank)
        mask = masking.expand_to_rank(mask, rank)
        pattern = masking.expand_to_rank(pattern, rank)
        pattern += tf.zeros_like(mask, value.dtype)
    return value + pattern, mask


def total_weight(values, weight=None, kept=None):
    """Returns the sum of weights, or else the number of kept values."""
    part = weight if weight is not None else kept
    if part is None:
        return tf.cast(tf.size(values), values.dtype)
    part = tf.cast(part, values.dtype)
    if part.shape != values.shape or not part.shape.is_fully_defined():
        part = tf.broadcast_to(part, tf.shape(values))
    return tf.reduce_sum(part)


def global_sum(count):
    """Returns the sum of a count over all replicas of this step."""
    context = _replica_context()
    if context is None:
        return count
    return context.all_reduce(tf.distribute.ReduceOp.SUM, count)


def global_rows(rows):
    """Returns the rows of all replicas of this step, in their order."""
    context = _replica_context()
    return rows if context is None else context.all_gather(rows, axis=0)


def row_numbers(rows):
    """Returns a number for each row, different on all replicas."""
    numbers = tf.range(tf.shape(rows, tf.int64)[0])
    context = _replica_context()
    if context is None:
        return numbers
    replica = tf.cast(context.replica_id_in_sync_group, tf.int64)
    return numbers + replica * 2**40


def _replica_context():
    """Returns the context of one of several replicas, or None."""
    if tf.distribute.in_cross_replica_context():
        return None
    context = tf.distribute.get_replica_context()
    return context if context.num_replicas_in_sync > 1 else None
