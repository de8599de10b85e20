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
"""The circle loss, which compares all pairs of embeddings in a batch."""

import tensorflow as tf

from tfk.losses import formula
from tfk.losses import masking
from tfk.losses import reduction as reductions
from tfk.losses import shapes
from tfk.losses.loss import LossFunctionWrapper

# Far below any logit, and exp of it is 0; minus infinity has NaN gradients.
_NO_PAIR = -1e9


@formula.public(class_labels=True, removes_masked=True)
@formula.in_full_precision
def circle(
    y_true,
    y_pred,
    ref_labels=None,
    ref_embeddings=None,
    remove_diagonal=True,
    gamma=80,
    margin=0.4,
):
    """How much nearer embeddings are to other classes than to their own.

    Reference: [Sun et al., 2020](https://arxiv.org/abs/2002.10857).

    Arguments:
        y_true: Class numbers, of shape `(batch,)` or `(batch, 1)`.
        y_pred: Embeddings of length 1, of shape `(batch, size)`.
        ref_labels: Optional class numbers of the references. Defaults to
            `y_true`.
        ref_embeddings: Optional embeddings to compare with. Defaults to
            `y_pred`: each sample with those of the batch, under a
            `tf.distribute` strategy with those of the global batch.
        remove_diagonal: Boolean: whether sample `i` and reference `i` are no
            pair.
        gamma: Float: the scale of the similarities.
        margin: Float: by how much pairs of the same class are to be nearer.

    Returns:
        One number for each sample. Samples without a pair of the same class,
        or of different classes, have the value 0 and are not counted.

    Example:

    >>> embeddings = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
    >>> tfk.losses.circle([0, 0, 1], embeddings).numpy().round(2)
    array([ 0. , 38.4,  0. ], dtype=float32)
    """
    shapes.check_rank(y_pred, 2, "circle", "(batch, size)")
    labels = shapes.align_labels(y_true, y_pred, "circle")
    kept = _sample_mask(masking.mask_of(y_pred))
    y_pred = masking.hide(y_pred, kept, 0)
    rows = reductions.row_numbers(y_pred)
    everywhere = reductions.global_rows
    if ref_embeddings is None:
        references, numbers = everywhere(y_pred), everywhere(rows)
        all_labels = everywhere(labels)
        all_kept = None if kept is None else everywhere(kept)
    else:
        references = tf.cast(ref_embeddings, y_pred.dtype)
        numbers = tf.range(tf.shape(references, tf.int64)[0])
        all_labels, all_kept = labels, None
    if ref_labels is not None:
        all_labels = tf.reshape(tf.cast(ref_labels, labels.dtype), [-1])
    same = tf.equal(labels[:, None], all_labels)
    other = tf.logical_not(same)
    if remove_diagonal:
        itself = tf.equal(rows[:, None], numbers)
        same = tf.logical_and(same, tf.logical_not(itself))
    if all_kept is not None:
        same = tf.logical_and(same, all_kept)
        other = tf.logical_and(other, all_kept)
    similarity = tf.minimum(tf.matmul(y_pred, references, transpose_b=True), 1)
    return _circle_values(similarity, same, other, kept, gamma, margin)


def _circle_values(similarity, same, other, kept, gamma, margin):
    weight = tf.maximum(1.0 + margin - similarity, 0.0)
    pull = -gamma * weight * (similarity - (1.0 - margin))
    weight = tf.maximum(similarity + margin, 0.0)
    push = gamma * weight * (similarity - margin)
    values = tf.math.softplus(
        tf.reduce_logsumexp(tf.where(same, pull, _NO_PAIR), axis=1)
        + tf.reduce_logsumexp(tf.where(other, push, _NO_PAIR), axis=1)
    )
    has_pairs = tf.logical_and(
        tf.reduce_any(same, axis=1), tf.reduce_any(other, axis=1)
    )
    counted = masking.combine(has_pairs, kept)
    values = masking.hide(values, counted, 0)
    values._keras_mask = counted
    return values


def _sample_mask(mask):
    return None if mask is None else tf.reshape(mask, [-1])


class Circle(LossFunctionWrapper):
    """Brings embeddings of a class together, and those of others apart.

    For embeddings by which things are found or told apart, such as faces. The
    model ends with a `UnitNormalization` layer, without an activation before
    it; a batch holds several samples of a class.

    Samples without a pair of the same class, or of different classes, are not
    counted.

    Reference: [Sun et al., 2020](https://arxiv.org/abs/2002.10857).

    Arguments:
        gamma: Float: the scale of the similarities.
        margin: Float: by how much pairs of the same class are to be nearer.
        remove_diagonal: Boolean: whether a sample and itself are no pair.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.Circle(gamma=10.0)
    >>> embeddings = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
    >>> round(float(loss([0, 0, 1], embeddings)), 2)
    2.5
    """

    _saves_function = False

    def __init__(
        self,
        gamma=80.0,
        margin=0.4,
        remove_diagonal=True,
        reduction="sum_over_batch_size",
        name="circle",
        dtype=None,
    ):
        super().__init__(
            circle,
            reduction,
            name,
            dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )
