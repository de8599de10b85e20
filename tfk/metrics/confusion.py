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
"""Counts of right and wrong yes-or-no predictions at many thresholds.

A prediction is positive at a threshold if it is above it. All thresholds are
counted in one pass: each prediction falls between two neighbours among the
sorted thresholds, and the sums over the intervals, added up from above, are
the counts. This is exact for any thresholds.
"""

import collections

import numpy as np
import tensorflow as tf

from tfk.losses import masking
from tfk.losses import ragged
from tfk.losses import shapes
from tfk.losses import weights as sample_weights

# Below every prediction: the threshold at which everything is positive.
LOWEST = -1e10

Counts = collections.namedtuple(
    "Counts",
    [
        "true_positives",
        "false_positives",
        "true_negatives",
        "false_negatives",
    ],
)


def prepare(y_true, y_pred, sample_weight, name, dtype):
    """Brings one batch to aligned tensors and to weights that hold the mask.

    Arguments:
        y_true: Labels: 0 is no, anything else is yes.
        y_pred: Predictions, with or without a `_keras_mask`.
        sample_weight: Optional weights.
        name: String: the metric, for messages.
        dtype: Dtype to count in.

    Returns:
        `(labels, y_pred, weight)`: booleans, predictions, and weights of the
        same shape, or None for weights of 1.
    """
    mask = masking.mask_of(y_pred)
    y_true, y_pred = shapes.to_tensor(y_true), shapes.to_float(y_pred)
    if ragged.is_ragged(y_true, y_pred):
        if sample_weight is not None:
            sample_weight = sample_weights.fit_ragged(
                sample_weight, y_pred, name
            )
        y_true, y_pred = ragged.flat_pair(y_true, y_pred, name)
    y_pred = tf.cast(y_pred, dtype)
    y_true, y_pred = shapes.align(y_true, y_pred, name)
    # 0 is a label and a probability, whatever stood behind the mask.
    y_true, y_pred = (masking.hide(y, mask, 0) for y in (y_true, y_pred))
    weight = None
    if sample_weight is not None:
        weight = sample_weights.per_value(sample_weight, y_pred, name)
    if mask is not None:
        weight = tf.ones_like(y_pred) if weight is None else weight
        weight = masking.hide(weight, mask, 0)
    return tf.cast(y_true, tf.bool), y_pred, weight


def check_probabilities(y_pred, name, advice=""):
    """Asserts that all predictions are between 0 and 1.

    Arguments:
        y_pred: Tensor.
        name: String: the metric, for messages.
        advice: String: what else to do, at the end of the message.

    Returns:
        `y_pred`.
    """
    within = tf.logical_and(y_pred >= 0.0, y_pred <= 1.0)
    message = (
        f"`{name}` needs predictions between 0 and 1. Received others (or "
        f"NaN). Give the model's last layer a sigmoid{advice}."
    )
    check = tf.debugging.Assert(tf.reduce_all(within), [message])
    with tf.control_dependencies([] if check is None else [check]):
        return tf.identity(y_pred)


def count(labels, y_pred, weight, thresholds, by_label=False):
    """Counts right and wrong predictions at each threshold.

    Arguments:
        labels: Boolean tensor.
        y_pred: Tensor of the same shape.
        weight: Tensor of the same shape, or None for weights of 1.
        thresholds: List of floats.
        by_label: Boolean: whether to count each column of tensors of shape
            `(batch, num_labels)` on its own.

    Returns:
        `Counts` of tensors of shape `(num_thresholds,)`, or
        `(num_thresholds, num_labels)`.
    """
    thresholds = np.asarray(thresholds, y_pred.dtype.as_numpy_dtype)
    order = np.argsort(thresholds, kind="stable")
    intervals = len(thresholds) + 1
    # How many thresholds a prediction is above.
    interval = tf.searchsorted(
        tf.constant(thresholds[order]), tf.reshape(y_pred, [-1]), side="left"
    )
    # Histograms over the intervals: those of label 1, then those of label 0.
    histogram = tf.cast(tf.logical_not(labels), tf.int32)
    num_labels = 1
    if by_label:
        num_labels = y_pred.shape[-1] or tf.shape(y_pred)[-1]
        histogram = histogram * num_labels + tf.range(num_labels)
    if weight is None:
        weight = tf.ones_like(y_pred)
    sums = tf.raw_ops.Bincount(
        arr=interval + intervals * tf.reshape(histogram, [-1]),
        size=2 * intervals * num_labels,
        weights=tf.reshape(_countable(weight), [-1]),
    )
    shape = [2, num_labels, intervals] if by_label else [2, intervals]
    sums = tf.reshape(tf.cast(sums, y_pred.dtype), shape)
    ranks = np.argsort(order) if np.any(np.diff(order) < 0) else None
    positive, negative = (
        _above_and_below(part, by_label, ranks) for part in tf.unstack(sums)
    )
    return Counts(
        true_positives=positive[0],
        false_positives=negative[0],
        true_negatives=negative[1],
        false_negatives=positive[1],
    )


def _countable(weight):
    """Returns weights in a type that `Bincount` takes."""
    if weight.dtype in (tf.float32, tf.float64):
        return weight
    return tf.cast(weight, tf.float32)


def _above_and_below(sums, by_label, ranks):
    """Adds up a histogram on both sides of each threshold."""
    from_above = tf.cumsum(sums, axis=-1, reverse=True)
    above = from_above[..., 1:]
    below = from_above[..., :1] - above
    if ranks is not None:
        above, below = (tf.gather(x, ranks, axis=-1) for x in (above, below))
    if by_label:
        above, below = tf.transpose(above), tf.transpose(below)
    return above, below


def keep_top_k(y_pred, k):
    """Sets all but the `k` best predictions of each sample to `LOWEST`."""
    _, best = tf.math.top_k(y_pred, k, sorted=False)
    classes = y_pred.shape[-1] or tf.shape(y_pred)[-1]
    kept = tf.reduce_any(
        tf.one_hot(best, classes, on_value=True, off_value=False), -2
    )
    return tf.where(kept, y_pred, tf.cast(LOWEST, y_pred.dtype))


def thresholds_from(thresholds, default):
    """Returns a list of thresholds of what a constructor was given.

    Arguments:
        thresholds: None, a float, or a list of floats.
        default: Float: what None stands for.

    Raises:
        ValueError: If a threshold is not between 0 and 1.
    """
    if thresholds is None:
        return [default]
    if np.ndim(thresholds) == 0:
        thresholds = [thresholds]
    wrong = [t for t in thresholds if t is None or not 0 <= t <= 1]
    if wrong or not len(thresholds):
        raise ValueError(
            "`thresholds` must be one or more numbers between 0 and 1. "
            f"Received: thresholds={list(thresholds)}."
        )
    return [float(t) for t in thresholds]


def even_thresholds(num_thresholds):
    """Returns numbers that divide the range from 0 to 1, without its ends."""
    steps = num_thresholds - 1
    return [(i + 1) / steps for i in range(num_thresholds - 2)]
