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
"""Errors of predicted numbers."""

import tensorflow as tf

from tfk.losses import formula
from tfk.losses import loss
from tfk.losses import regression as losses
from tfk.losses import shapes
from tfk.metrics.reduction import Mean
from tfk.metrics.reduction import MeanMetricWrapper
from tfk.metrics.reduction import cast_pair


@formula.public()
def cosine_similarity(y_true, y_pred, axis=-1):
    """The cosine of the angle between targets and predictions.

    1 means the same direction; the loss of this name has the other sign.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.
        axis: Integer: the axis of the vectors' components.

    Returns:
        One number for each vector.
    """
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


class MeanSquaredError(MeanMetricWrapper):
    """The mean of squared differences.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.MeanSquaredError()
    >>> metric.update_state([[0.0, 1.0]], [[2.0, 1.0]])
    >>> float(metric.result())
    2.0
    """

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(losses.mean_squared_error, name, dtype)


class RootMeanSquaredError(MeanMetricWrapper):
    """The square root of the mean of squared differences.

    In the unit of the targets, unlike `MeanSquaredError`.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.RootMeanSquaredError()
    >>> metric.update_state([[0.0], [0.0]], [[3.0], [3.0]])
    >>> float(metric.result())
    3.0
    """

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(losses.mean_squared_error, name, dtype)

    def result(self):
        return tf.sqrt(super().result())


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of absolute differences.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.MeanAbsoluteError()
    >>> metric.update_state([[0.0, 1.0]], [[2.0, 1.0]])
    >>> float(metric.result())
    1.0
    """

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean error in percent of the targets.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.MeanAbsolutePercentageError()
    >>> metric.update_state([[2.0]], [[1.0]])
    >>> float(metric.result())
    50.0
    """

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean squared error of `log(1 + y)`.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.MeanSquaredLogarithmicError()
    >>> metric.update_state([[1.0]], [[1.0]])
    >>> float(metric.result())
    0.0
    """

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """The logarithm of the hyperbolic cosine of the error.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.LogCoshError()
    >>> metric.update_state([[1.0]], [[1.0]])
    >>> float(metric.result())
    0.0
    """

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(losses.log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """The cosine of the angle between targets and predictions.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.
        axis: Integer: the axis of the vectors' components.

    Example:

    >>> metric = tfk.metrics.CosineSimilarity()
    >>> metric.update_state([[1.0, 0.0]], [[2.0, 0.0]])
    >>> float(metric.result())
    1.0
    """

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)


class MeanRelativeError(Mean):
    """The mean of absolute errors, each divided by a given number.

    Arguments:
        normalizer: Tensor or array that broadcasts to the targets: what errors
            are divided by. Division by 0 gives 0.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.MeanRelativeError(normalizer=[1.0, 2.0])
    >>> metric.update_state([1.0, 2.0], [2.0, 4.0])
    >>> float(metric.result())
    1.0
    """

    def __init__(self, normalizer, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.normalizer = normalizer

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Targets.
            y_pred: Predictions of the same shape.
            sample_weight: Optional weights: a scalar, one for each sample, or
                one for each element.
        """
        y_true, y_pred = cast_pair(None, y_true, y_pred, self.dtype)
        values, mask = loss.evaluate(
            self._relative_errors, y_true, y_pred, sample_weight
        )
        self._accumulate(values, sample_weight, mask)

    def _relative_errors(self, y_true, y_pred):
        y_true, y_pred = shapes.align(y_true, y_pred, self.name)
        normalizer = tf.cast(self.normalizer, y_pred.dtype)
        return tf.math.divide_no_nan(tf.abs(y_true - y_pred), normalizer)
