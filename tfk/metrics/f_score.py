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
"""Means of precision and recall, one for each class."""

import tensorflow as tf

from tfk.metrics import columns
from tfk.metrics.metric import Metric

_AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """A mean of precision and recall that weighs recall `beta` times as much.

    Arguments:
        average: How the scores of the classes become one: `"micro"` counts all
            labels together, `"macro"` takes the mean, `"weighted"` the mean
            weighted with the number of labels; None gives a vector.
        beta: Positive float: 1 makes it the F1 score.
        threshold: Optional float: predictions above it are positive. Without
            it, the highest prediction of a sample is.
        name: String.
        dtype: Optional dtype of the result.

    Input shape:
        `y_true` and `y_pred` of shape `(batch, num_classes)`: labels of 0 and
        1, and probabilities or logits.

    Example:

    >>> metric = tfk.metrics.FBetaScore(beta=2.0, threshold=0.5)
    >>> metric.update_state([[1, 0], [1, 1]], [[0.9, 0.1], [0.8, 0.7]])
    >>> metric.result().numpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(
        self,
        average=None,
        beta=1.0,
        threshold=None,
        name="fbeta_score",
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        if average not in _AVERAGES:
            raise ValueError(
                f"`average` must be one of {_AVERAGES}. Received: "
                f"average={average!r}."
            )
        if not isinstance(beta, (int, float)) or beta <= 0:
            raise ValueError(
                f"`beta` must be a positive number. Received: beta={beta!r}."
            )
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(
                "`threshold` must be above 0 and at most 1. Received: "
                f"threshold={threshold!r}."
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.axis = None if average == "micro" else 0
        self.true_positives = None

    def build(self, y_true_shape, y_pred_shape):
        """Makes the variables; the first update does so if need be.

        Arguments:
            y_true_shape: Shape of the labels.
            y_pred_shape: Shape of the predictions.
        """
        columns.check_shapes(y_true_shape, y_pred_shape, self.name)
        micro = self.average == "micro"
        self._build(() if micro else (y_pred_shape[-1],))

    def _build(self, shape):
        self.true_positives = self.add_weight("true_positives", shape)
        self.false_positives = self.add_weight("false_positives", shape)
        self.false_negatives = self.add_weight("false_negatives", shape)
        self.intermediate_weights = self.add_weight(
            "intermediate_weights", shape
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Labels of 0 and 1, of shape `(batch, num_classes)`.
            y_pred: Predictions of the same shape.
            sample_weight: Optional weights: a scalar, or one for each sample.
        """
        y_true, y_pred, weight = columns.prepare(
            y_true, y_pred, sample_weight, self.name, self.dtype
        )
        if self.true_positives is None:
            self.build(y_true.shape, y_pred.shape)
        if self.threshold is None:
            best = tf.reduce_max(y_pred, axis=-1, keepdims=True)
            # A row of zeros predicts nothing.
            y_pred = tf.logical_and(y_pred >= best, tf.abs(y_pred) > 1e-9)
        else:
            y_pred = y_pred > self.threshold
        y_pred = tf.cast(y_pred, y_true.dtype)
        for variable, values in (
            (self.true_positives, y_pred * y_true),
            (self.false_positives, y_pred * (1.0 - y_true)),
            (self.false_negatives, (1.0 - y_pred) * y_true),
            (self.intermediate_weights, y_true),
        ):
            variable.assign_add(tf.reduce_sum(values * weight, self.axis))

    def result(self):
        columns.check_built(self.true_positives, self.name)
        right = tf.convert_to_tensor(self.true_positives)
        precision = tf.math.divide_no_nan(right, right + self.false_positives)
        recall = tf.math.divide_no_nan(right, right + self.false_negatives)
        square = self.beta**2
        scores = (1.0 + square) * tf.math.divide_no_nan(
            precision * recall, square * precision + recall
        )
        if self.average == "weighted":
            weights = tf.convert_to_tensor(self.intermediate_weights)
            return tf.math.divide_no_nan(
                tf.reduce_sum(scores * weights), tf.reduce_sum(weights)
            )
        return scores if self.average is None else tf.reduce_mean(scores)

    def _awaits_first_batch(self):
        return self.true_positives is None

    def _build_for_state(self, shapes):
        if len(shapes[0]) == int(self.average != "micro"):
            self._build(shapes[0])


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall.

    Arguments:
        average: How the scores of the classes become one: `"micro"`,
            `"macro"`, `"weighted"` or None; see `FBetaScore`.
        threshold: Optional float: predictions above it are positive. Without
            it, the highest prediction of a sample is.
        name: String.
        dtype: Optional dtype of the result.

    Input shape:
        `y_true` and `y_pred` of shape `(batch, num_classes)`: labels of 0 and
        1, and probabilities or logits.

    Example:

    >>> metric = tfk.metrics.F1Score(average="macro", threshold=0.5)
    >>> metric.update_state([[1, 0], [1, 1]], [[0.9, 0.1], [0.8, 0.7]])
    >>> float(metric.result())
    1.0
    """

    def __init__(
        self, average=None, threshold=None, name="f1_score", dtype=None
    ):
        super().__init__(average, 1.0, threshold, name, dtype)
