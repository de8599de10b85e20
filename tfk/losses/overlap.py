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
"""Losses for the overlap of two regions, as in segmentation.

They are ratios of sums over many elements: with `axis=None` over all of them,
so that the whole batch has one value. Under a `tf.distribute` strategy sums
over the batch go over the batches of all replicas.
"""

import tensorflow as tf

from tfk import config
from tfk.losses import formula
from tfk.losses import masking
from tfk.losses import reduction as reductions
from tfk.losses import shapes
from tfk.losses.loss import LossFunctionWrapper


@formula.public(removes_masked=True)
@formula.in_full_precision
def dice(y_true, y_pred, axis=None):
    """One minus twice the overlap of two regions, divided by their sizes.

    Reference: [Milletari et al., 2016](https://arxiv.org/abs/1606.04797).

    Arguments:
        y_true: Labels 0 and 1, or shares from 0 to 1.
        y_pred: Probabilities of the same shape.
        axis: Integer or tuple: the axes to sum over. Defaults to all.

    Returns:
        `1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred))`: a scalar,
        or one number for each element of the other axes. Two empty regions
        give 1.

    Example:

    >>> values = tfk.losses.dice([[0.0, 1.0], [1.0, 1.0]], [[0.5, 0.5]] * 2, 1)
    >>> values.numpy().round(4)
    array([0.5   , 0.3333], dtype=float32)
    """
    y_true, y_pred, kept = _without_masked(y_true, y_pred)
    overlap, sizes = _sums([y_true * y_pred, y_true + y_pred], axis)
    return _one_minus_ratio(2.0 * overlap, sizes, kept, axis)


@formula.public(removes_masked=True)
@formula.in_full_precision
def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """A `dice` that weighs the two kinds of errors.

    `alpha` and `beta` are those of the paper. Keras 3 says so, too, but up to
    its version 3.15 at least it exchanges the two.

    Reference: [Salehi et al., 2017](https://arxiv.org/abs/1706.05721).

    Arguments:
        y_true: Labels 0 and 1, or shares from 0 to 1.
        y_pred: Probabilities of the same shape.
        alpha: Float: the weight of false positives.
        beta: Float: the weight of false negatives.
        axis: Integer or tuple: the axes to sum over. Defaults to all.

    Returns:
        `1 - hits / (hits + alpha * false_positives + beta * false_negatives)`:
        a scalar, or one number for each element of the other axes. Two empty
        regions give 1.

    Example:

    >>> value = tfk.losses.tversky([[0.0, 1.0]], [[1.0, 1.0]], alpha=1.0)
    >>> round(float(value), 4)
    0.5
    """
    y_true, y_pred, kept = _without_masked(y_true, y_pred)
    hits, false_positives, false_negatives = _sums(
        [y_true * y_pred, (1.0 - y_true) * y_pred, y_true * (1.0 - y_pred)],
        axis,
    )
    errors = alpha * false_positives + beta * false_negatives
    return _one_minus_ratio(hits, hits + errors, kept, axis)


def _without_masked(y_true, y_pred):
    """Makes masked elements 0 in both: then they are in no sum."""
    mask = masking.mask_of(y_pred)
    if mask is None:
        return y_true, y_pred, None
    kept = masking.expand_to_rank(mask, y_pred.shape.rank)
    return masking.hide(y_true, kept, 0), masking.hide(y_pred, kept, 0), kept


def _sums(tensors, axis):
    sums = [tf.reduce_sum(tensor, axis) for tensor in tensors]
    if not spans_batch(axis, tensors[0].shape.rank):
        return sums
    return tf.unstack(reductions.global_sum(tf.stack(sums)), num=len(sums))


def _one_minus_ratio(part, whole, kept, axis):
    value = 1.0 - part / (whole + config.epsilon())
    if kept is None:
        return value
    (count,) = _sums([tf.cast(kept, value.dtype)], axis)
    value = masking.hide(value, count > 0, 0)
    if value.shape.rank:
        value._keras_mask = count > 0
    return value


def spans_batch(axis, rank):
    """Whether one of the axes is that of the batch."""
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    return any(a in (None, 0) or a == -(rank or 0) for a in axes)


class _OverlapLoss(LossFunctionWrapper):
    """A loss whose values may be those of a whole batch."""

    _saves_function = False

    def _values(self, y_true, y_pred, sample_weight):
        values, mask = super()._values(y_true, y_pred, sample_weight)
        rank = shapes.to_tensor(y_pred).shape.rank
        if (
            sample_weight is not None
            and shapes.to_tensor(sample_weight).shape.rank
            and values.shape.rank
            and spans_batch(self.axis, rank)
        ):
            raise ValueError(
                f"`{self.name}` can't weigh samples where it sums over them. "
                f"Received: axis={self.axis} and sample weights. Leave axis 0 "
                "out for one value for each sample."
            )
        return values, mask


class Dice(_OverlapLoss):
    """One minus the overlap of two regions: small objects count fully.

    For segmentation where most of the image is background: the loss depends on
    the share of the object that is found, not on the size of the image. It
    needs probabilities, such as those of a sigmoid.

    With the default `axis` there is one value for the batch, which sample
    weights multiply by their mean. For weights of single samples, and for
    batches of images with and without objects, sum over the axes of one image:
    `axis=(1, 2, 3)`. Masked elements are in no sum; in Keras 3 they are.

    Reference: [Milletari et al., 2016](https://arxiv.org/abs/1606.04797).

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        axis: Integer or tuple: the axes to sum over. Defaults to all.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.Dice(axis=1)
    >>> round(float(loss([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.5
    """

    def __init__(
        self,
        reduction="sum_over_batch_size",
        name="dice",
        axis=None,
        dtype=None,
    ):
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(_OverlapLoss):
    """A `Dice` that weighs false positives and false negatives.

    For segmentation where one of the two errors is worse: a large `beta` makes
    the model find more of the object. Equal weights of 0.5 give `Dice`. Sample
    weights and masks are treated as there.

    `alpha` and `beta` are those of the paper. Keras 3 says so, too, but up to
    its version 3.15 at least it exchanges the two.

    Reference: [Salehi et al., 2017](https://arxiv.org/abs/1706.05721).

    Arguments:
        alpha: Float: the weight of false positives.
        beta: Float: the weight of false negatives.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        axis: Integer or tuple: the axes to sum over. Defaults to all.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.Tversky(alpha=0.3, beta=0.7)
    >>> round(float(loss([[0.0, 1.0]], [[1.0, 1.0]])), 4)
    0.2308
    """

    def __init__(
        self,
        alpha=0.5,
        beta=0.5,
        reduction="sum_over_batch_size",
        name="tversky",
        axis=None,
        dtype=None,
    ):
        super().__init__(
            tversky,
            reduction,
            name,
            dtype,
            alpha=alpha,
            beta=beta,
            axis=axis,
        )
