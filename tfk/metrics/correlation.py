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
"""How closely predictions follow their targets, whatever their scale."""

import tensorflow as tf

from tfk.losses import formula
from tfk.metrics.reduction import MeanMetricWrapper


@formula.public()
@formula.in_full_precision
def pearson_correlation(y_true, y_pred, axis=-1):
    """The covariance of targets and predictions over their deviations.

    1 if predictions are a rising straight line of the targets, -1 if a falling
    one. 0 where either is constant, since nothing is known then; Keras 3
    has NaN there, and for ever after in the mean of an epoch.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.
        axis: Integer: the axis of the numbers that are compared.

    Returns:
        A tensor without this axis.

    Example:

    >>> y_true, y_pred = [[0.0, 1.0, 2.0]], [[5.0, 7.0, 9.0]]
    >>> tfk.metrics.pearson_correlation(y_true, y_pred).numpy().round(4)
    array([1.], dtype=float32)
    """
    error_true, error_pred, _ = _deviations(y_true, y_pred, axis)
    covariance = tf.reduce_mean(error_true * error_pred, axis=axis)
    deviation_true = tf.sqrt(tf.reduce_mean(tf.square(error_true), axis=axis))
    deviation_pred = tf.sqrt(tf.reduce_mean(tf.square(error_pred), axis=axis))
    return tf.math.divide_no_nan(covariance, deviation_true * deviation_pred)


@formula.public()
@formula.in_full_precision
def concordance_correlation(y_true, y_pred, axis=-1):
    """The correlation of targets and predictions, less where they differ.

    1 for perfect predictions only: a correlation of 1 with another mean or
    another spread is below it. 0 where both are constant and equal.

    Reference: Lin, "A concordance correlation coefficient to evaluate
    reproducibility", 1989.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.
        axis: Integer: the axis of the numbers that are compared.

    Returns:
        A tensor without this axis.

    Example:

    >>> y_true, y_pred = [[0.0, 1.0, 2.0]], [[1.0, 2.0, 3.0]]
    >>> tfk.metrics.concordance_correlation(y_true, y_pred).numpy().round(4)
    array([0.5714], dtype=float32)
    """
    error_true, error_pred, distance = _deviations(y_true, y_pred, axis)
    covariance = tf.reduce_mean(error_true * error_pred, axis=axis)
    spread = tf.square(error_true) + tf.square(error_pred)
    return tf.math.divide_no_nan(
        2.0 * covariance,
        tf.reduce_mean(spread, axis=axis) + tf.square(distance),
    )


def _deviations(y_true, y_pred, axis):
    """Returns both without their means, and the difference of the means."""
    mean_true = tf.reduce_mean(y_true, axis=axis, keepdims=True)
    mean_pred = tf.reduce_mean(y_pred, axis=axis, keepdims=True)
    distance = tf.squeeze(mean_true - mean_pred, axis=axis)
    return y_true - mean_true, y_pred - mean_pred, distance


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of the Pearson correlations of targets and predictions.

    For numbers whose order and distances matter, and not their scale, such as
    scores. There is one correlation for each vector along `axis`; the result is
    the mean of all of them. With `axis=0` the samples of a batch are compared,
    so the result depends on how the data is cut into batches.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.
        axis: Integer: the axis of the numbers that are compared.

    Example:

    >>> metric = tfk.metrics.PearsonCorrelation()
    >>> metric.update_state([[0.0, 1.0, 2.0]], [[9.0, 7.0, 5.0]])
    >>> round(float(metric.result()), 4)
    -1.0
    """

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of the concordance correlations of targets and predictions.

    For predictions that shall agree with the targets, and not only rise and
    fall with them. There is one correlation for each vector along `axis`; the
    result is the mean of all of them. With `axis=0` the samples of a batch are
    compared, so the result depends on how the data is cut into batches.

    Reference: Lin, "A concordance correlation coefficient to evaluate
    reproducibility", 1989.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.
        axis: Integer: the axis of the numbers that are compared.

    Example:

    >>> metric = tfk.metrics.ConcordanceCorrelation()
    >>> metric.update_state([[0.0, 1.0, 2.0]], [[1.0, 2.0, 3.0]])
    >>> round(float(metric.result()), 4)
    0.5714
    """

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
