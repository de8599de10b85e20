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
"""How much of the variance of the targets the predictions explain."""

import numpy as np
import tensorflow as tf

from tfk.metrics import columns
from tfk.metrics.metric import Metric

# How many times the rounding error of a sum of squares passes for a variance
# of 0.
_ROUNDINGS = 4
_AGGREGATIONS = ("uniform_average", "variance_weighted_average", None)


class R2Score(Metric):
    """The coefficient of determination: 1 for perfect predictions.

    0 is what always predicting the mean of the targets would give; worse
    predictions are below. If all targets of a column are equal, its score is 1
    for perfect predictions, else 0; as equal count targets whose variance is
    lost in the rounding of their squares. Give targets far from 0 a `dtype` of
    `"float64"`, or move them to 0.

    Arguments:
        class_aggregation: How the scores of the columns become one:
            `"uniform_average"`, `"variance_weighted_average"`, or None for a
            vector.
        num_regressors: Integer: with the number of inputs of the model, the
            result is the adjusted score; 0 adjusts nothing. The number of
            samples in its formula counts rows.
        name: String.
        dtype: Optional dtype of the result.

    Input shape:
        `y_true` and `y_pred` of shape `(batch, num_outputs)`.

    Example:

    >>> metric = tfk.metrics.R2Score()
    >>> metric.update_state([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])
    >>> round(float(metric.result()), 4)
    0.5714
    """

    def __init__(
        self,
        class_aggregation="uniform_average",
        num_regressors=0,
        name="r2_score",
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"`class_aggregation` must be one of {_AGGREGATIONS}. "
                f"Received: class_aggregation={class_aggregation!r}."
            )
        if num_regressors < 0:
            raise ValueError(
                "`num_regressors` can't be negative. Received: "
                f"num_regressors={num_regressors}."
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_weight("num_samples", dtype="int32")
        self.count = None

    def build(self, y_true_shape, y_pred_shape):
        """Makes the variables; the first update does so if need be.

        Arguments:
            y_true_shape: Shape of the targets.
            y_pred_shape: Shape of the predictions.
        """
        columns.check_shapes(y_true_shape, y_pred_shape, self.name)
        self._build((y_pred_shape[-1],))

    def _build(self, shape):
        self.squared_sum = self.add_weight("squared_sum", shape)
        self.sum = self.add_weight("sum", shape)
        self.total_mse = self.add_weight("residual", shape)
        self.count = self.add_weight("count", shape)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Targets of shape `(batch, num_outputs)`.
            y_pred: Predictions of the same shape.
            sample_weight: Optional weights: a scalar, or one for each sample.
        """
        y_true, y_pred, weight = columns.prepare(
            y_true, y_pred, sample_weight, self.name, self.dtype
        )
        if self.count is None:
            self.build(y_true.shape, y_pred.shape)
        for variable, values in (
            (self.squared_sum, tf.square(y_true)),
            (self.sum, y_true),
            (self.total_mse, tf.math.squared_difference(y_true, y_pred)),
            (self.count, tf.ones_like(y_true)),
        ):
            variable.assign_add(tf.reduce_sum(values * weight, axis=0))
        self.num_samples.assign_add(
            tf.math.count_nonzero(weight, dtype=tf.int32)
            if sample_weight is None
            else tf.shape(y_true)[0]
        )

    def result(self):
        columns.check_built(self.count, self.name)
        mean = tf.math.divide_no_nan(tf.convert_to_tensor(self.sum), self.count)
        total = self.squared_sum - self.sum * mean
        noise = _ROUNDINGS * total.dtype.as_numpy_dtype(
            np.finfo(total.dtype.as_numpy_dtype).eps
        )
        total = tf.where(
            total > noise * self.squared_sum, total, tf.zeros_like(total)
        )
        residual = tf.convert_to_tensor(self.total_mse)
        constant = tf.cast(tf.equal(residual, 0.0), total.dtype)
        known = tf.where(total > 0, total, tf.ones_like(total))
        scores = tf.where(total > 0, 1.0 - residual / known, constant)
        scores = tf.where(self.count > 0, scores, tf.zeros_like(scores))
        if self.class_aggregation == "uniform_average":
            scores = tf.reduce_mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            # Without any variance, all columns weigh the same.
            constant = tf.cast(tf.reduce_all(total <= 0), total.dtype)
            weights = total + constant
            scores = tf.reduce_sum(scores * weights) / tf.reduce_sum(weights)
        return self._adjusted(scores) if self.num_regressors else scores

    def _awaits_first_batch(self):
        return self.count is None

    def _build_for_state(self, shapes):
        if len(shapes[-1]) == 1:
            self._build(shapes[-1])

    def _adjusted(self, scores):
        """Corrects for what as many inputs of noise would explain."""
        samples = tf.cast(self.num_samples, scores.dtype)
        free = samples - self.num_regressors - 1.0
        adjusted = 1.0 - tf.math.divide_no_nan(
            (1.0 - scores) * (samples - 1.0), free
        )
        # With too few samples there is nothing to adjust with.
        return tf.where(free > 0, adjusted, scores)
