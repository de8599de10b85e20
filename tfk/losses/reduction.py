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
- `"mean_with_sample_weight"`: the same sum, divided by the sum of the weights;
- `"sum"`: the sum of the weighted values;
- `"none"`: the weighted values.

Under a `tf.distribute` strategy the divisors are those of the global batch:
the *sum* of the replicas' results is the loss of the whole batch, however
unevenly it was dealt out. With nothing to divide by, the result is 0.
"""

import tensorflow as tf

from tfk.losses import masking
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


def reduce_values(values, sample_weight, mask, reduction, name):
    """Reduces the values of a loss to what the table above says.

    Arguments:
        values: Tensor or ragged tensor: one value for each sample, time step
            or pixel.
        sample_weight: Optional scalar, tensor or ragged tensor.
        mask: Optional boolean tensor: False leaves a value out.
        reduction: String: a name of `Reduction`.
        name: String: the loss, for messages.

    Returns:
        A scalar, or for `"none"` a tensor with the shape of `values`.
    """
    weighted, weight, kept = weigh(values, sample_weight, mask, name)
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
        values, kept = values.flat_values, None
    if kept is not None:
        # A user's function may have reduced the values already.
        kept = (
            None
            if values.shape.rank == 0
            else sample_weights.fit(kept, values, name, "mask")
        )
    if weight is not None:
        weight = tf.cast(weight, values.dtype)
        weight = sample_weights.fit(weight, values, name)
    if kept is not None:
        values = masking.hide(values, kept, 0)
        if weight is not None:
            weight = tf.where(kept, weight, tf.zeros([], weight.dtype))
    weighted = values if weight is None else values * weight
    return weighted, weight, kept


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
    if tf.distribute.in_cross_replica_context():
        return count
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return count
    return context.all_reduce(tf.distribute.ReduceOp.SUM, count)
