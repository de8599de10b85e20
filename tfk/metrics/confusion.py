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
sorted thresholds, and the sums over the intervals, added up from below, are
the counts. This is exact for any thresholds.
"""

import collections

import numpy as np
import tensorflow as tf

from tfk.losses import logits
from tfk.losses import masking
from tfk.losses import shapes
from tfk.losses import weights as sample_weights
from tfk.saving import budget

# Below every prediction: the threshold at which everything is positive.
LOWEST = -1e10

_TO_PROBABILITIES = ("sigmoid", "softmax")
# What Python takes for a number in a list.
_FLOAT_BYTES = 32

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
    y_true, y_pred, sample_weight = sample_weights.flatten_ragged(
        y_true, y_pred, sample_weight, name
    )
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


def check_probabilities(y_pred, given, name, advice=""):
    """Asserts that all predictions are between 0 and 1.

    What a sigmoid or a softmax returned needs no check.

    Arguments:
        y_pred: Tensor.
        given: The predictions as the metric received them.
        name: String: the metric, for messages.
        advice: String: what else to do, at the end of the message.
    """
    if any(logits.behind(given, a) is not None for a in _TO_PROBABILITIES):
        return
    within = tf.reduce_all(tf.abs(y_pred - 0.5) <= 0.5)
    message = (
        f"`{name}` needs predictions between 0 and 1. Received others (or "
        f"NaN). Give the model's last layer a sigmoid{advice}."
    )
    # Nothing waits for it: the function that is traced fails where it fails.
    tf.debugging.Assert(within, [message])


class Grid:
    """Thresholds, and how to find predictions among them.

    Arguments:
        thresholds: List of floats, in any order.
        dtype: Dtype of the predictions, as a string.
    """

    def __init__(self, thresholds, dtype):
        values = np.asarray(thresholds, tf.as_dtype(dtype).as_numpy_dtype)
        order = np.argsort(values, kind="stable")
        self.size = len(values)
        self.sorted = values[order]
        # The place of each threshold among the sorted ones, if it is another.
        self.ranks = None
        if np.any(np.diff(order) < 0):
            self.ranks = np.argsort(order)
        self.is_even = (
            dtype in ("float32", "float64")
            and self.size > 2
            and self.sorted[0] <= 0.0
            and self.sorted[-1] >= 1.0
            and np.array_equal(
                self.sorted[1:-1],
                np.asarray(even_thresholds(self.size), values.dtype),
            )
        )

    def intervals(self, y_pred):
        """Returns how many thresholds each prediction is above."""
        if not self.is_even:
            return self._search(y_pred)
        # A prediction is above all thresholds before this place, and above
        # none behind it: the product is rounded, but never across an integer.
        # For 200 thresholds this takes half the time of the binary search.
        steps = self.size - 1
        place = tf.raw_ops.ClipByValue(
            t=tf.cast(y_pred * steps, tf.int32),
            clip_value_min=0,
            clip_value_max=steps,
        )
        return place + tf.cast(y_pred > tf.gather(self.sorted, place), tf.int32)

    def _search(self, y_pred):
        if self.sorted.dtype != np.float32:
            found = tf.searchsorted(self.sorted, tf.reshape(y_pred, [-1]))
            return tf.reshape(found, tf.shape(y_pred))
        # One kernel, which counts boundaries that are reached: the numbers
        # that follow the thresholds. What follows 0 must not be taken for 0.
        following = np.where(
            self.sorted == 0,
            np.finfo(np.float32).tiny,
            np.nextafter(self.sorted, np.float32(np.inf)),
        )
        return tf.raw_ops.Bucketize(input=y_pred, boundaries=following.tolist())


def count(labels, y_pred, weight, grid, by_label=False):
    """Counts right and wrong predictions at each threshold.

    Arguments:
        labels: Boolean tensor.
        y_pred: Tensor of the same shape.
        weight: Tensor of the same shape, or None for weights of 1.
        grid: `Grid` of thresholds.
        by_label: Boolean: whether to count each column of tensors of shape
            `(batch, num_labels)` on its own.

    Returns:
        `Counts` of tensors of shape `(num_thresholds,)`, or
        `(num_thresholds, num_labels)`.
    """
    num_labels = y_pred.shape[-1] if by_label else 1
    bins = (grid.size + 1) * num_labels
    bin_numbers = grid.intervals(y_pred)
    if by_label:
        bin_numbers = bin_numbers * num_labels + tf.range(num_labels)
    # One histogram for label 0, and one behind it for label 1.
    bin_numbers += tf.cast(labels, tf.int32) * bins
    sums = tf.raw_ops.Bincount(
        # XLA counts each row on its own where there are rows.
        arr=tf.reshape(bin_numbers, [-1]),
        size=2 * bins,
        weights=_countable(weight),
    )
    shape = [2, grid.size + 1] + [num_labels] * by_label
    from_below = tf.cumsum(
        tf.reshape(tf.cast(sums, y_pred.dtype), shape), axis=1
    )
    below = from_below[:, :-1]
    above = from_below[:, -1:] - below
    if grid.ranks is not None:
        above, below = (
            tf.gather(part, grid.ranks, axis=1) for part in (above, below)
        )
    false_positives, true_positives = tf.unstack(above)
    true_negatives, false_negatives = tf.unstack(below)
    return Counts(
        true_positives=true_positives,
        false_positives=false_positives,
        true_negatives=true_negatives,
        false_negatives=false_negatives,
    )


def _countable(weight):
    """Returns weights in a type that `Bincount` takes; no weights mean 1."""
    if weight is None:
        return tf.zeros([0])
    weight = tf.reshape(weight, [-1])
    if weight.dtype in (tf.float32, tf.float64):
        return weight
    return tf.cast(weight, tf.float32)


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
    budget.spend(num_thresholds * _FLOAT_BYTES, "thresholds", "a list")
    steps = num_thresholds - 1
    return [(i + 1) / steps for i in range(num_thresholds - 2)]
