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
"""Losses for numbers: errors, their logarithms, and angles."""

import math

import tensorflow as tf

from tfk import config
from tfk.losses import formula
from tfk.losses.loss import LossFunctionWrapper


@formula.public(averages_last_axis=True)
def mean_squared_error(y_true, y_pred):
    """The mean of squared differences over the last axis.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.

    Returns:
        `mean(square(y_true - y_pred), axis=-1)`.

    Example:

    >>> tfk.losses.mean_squared_error([[0.0, 1.0]], [[2.0, 1.0]]).numpy()
    array([2.], dtype=float32)
    """
    return tf.reduce_mean(tf.math.squared_difference(y_pred, y_true), axis=-1)


@formula.public(averages_last_axis=True)
def mean_absolute_error(y_true, y_pred):
    """The mean of absolute differences over the last axis.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.

    Returns:
        `mean(abs(y_true - y_pred), axis=-1)`.

    Example:

    >>> tfk.losses.mean_absolute_error([[0.0, 1.0]], [[2.0, 1.0]]).numpy()
    array([1.], dtype=float32)
    """
    return tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)


@formula.public(averages_last_axis=True)
def mean_absolute_percentage_error(y_true, y_pred):
    """The mean of absolute differences in percent of the targets.

    Targets near 0 count as `epsilon()`.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.

    Returns:
        `100 * mean(abs((y_true - y_pred) / y_true), axis=-1)`.

    Example:

    >>> tfk.losses.mean_absolute_percentage_error([[2.0]], [[1.0]]).numpy()
    array([50.], dtype=float32)
    """
    scale = tf.maximum(tf.abs(y_true), config.epsilon())
    return 100.0 * tf.reduce_mean(tf.abs((y_true - y_pred) / scale), axis=-1)


@formula.public(averages_last_axis=True)
def mean_squared_logarithmic_error(y_true, y_pred):
    """The mean of squared differences of the logarithms `log(1 + y)`.

    Values below `epsilon()` count as `epsilon()`.

    Arguments:
        y_true: Targets, not negative.
        y_pred: Predictions of the same shape.

    Returns:
        `mean(square(log(1 + y_true) - log(1 + y_pred)), axis=-1)`.

    Example:

    >>> values = tfk.losses.mean_squared_logarithmic_error([[1.0]], [[1.0]])
    >>> values.numpy()
    array([0.], dtype=float32)
    """
    log_true, log_pred = (
        tf.math.log(tf.maximum(y, config.epsilon()) + 1.0)
        for y in (y_true, y_pred)
    )
    return tf.reduce_mean(
        tf.math.squared_difference(log_pred, log_true), axis=-1
    )


@formula.public(averages_last_axis=True)
def huber(y_true, y_pred, delta=1.0):
    """A squared error that grows only linearly where errors are large.

    Reference: Huber, "Robust estimation of a location parameter", 1964.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.
        delta: Float: the error at which the square ends.

    Returns:
        The mean over the last axis of `0.5 * e ** 2` for errors up to
        `delta`, and of `delta * (e - 0.5 * delta)` for larger ones.

    Example:

    >>> tfk.losses.huber([[0.0], [0.0]], [[1.0], [3.0]]).numpy()
    array([0.5, 2.5], dtype=float32)
    """
    delta = tf.cast(delta, y_pred.dtype)
    error = tf.abs(y_pred - y_true)
    # Bounded in the square, which would overflow in the branch not taken.
    near = tf.minimum(error, delta)
    return tf.reduce_mean(
        0.5 * tf.square(near) + delta * (error - near), axis=-1
    )


@formula.public(averages_last_axis=True)
def log_cosh(y_true, y_pred):
    """The mean logarithm of the hyperbolic cosine of the error.

    Nearly `error ** 2 / 2` for small errors and `abs(error) - log(2)` for
    large ones; it has all derivatives, unlike `huber`.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.

    Returns:
        `mean(log(cosh(y_pred - y_true)), axis=-1)`.

    Example:

    >>> tfk.losses.log_cosh([[1.0]], [[1.0]]).numpy()
    array([0.], dtype=float32)
    """
    error = y_pred - y_true
    log_two = tf.cast(math.log(2.0), error.dtype)
    return tf.reduce_mean(
        error + tf.math.softplus(-2.0 * error) - log_two, axis=-1
    )


@formula.public()
def cosine_similarity(y_true, y_pred, axis=-1):
    """The negative cosine of the angle between targets and predictions.

    -1 means the same direction, 0 a right angle, 1 the opposite direction. A
    vector of zeros has no direction and gives 0.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.
        axis: Integer: the axis of the vectors' components.

    Returns:
        `-sum(l2_normalize(y_true) * l2_normalize(y_pred), axis=axis)`.

    Example:

    >>> tfk.losses.cosine_similarity([[1.0, 0.0]], [[2.0, 0.0]]).numpy()
    array([-1.], dtype=float32)
    """
    y_true = tf.math.l2_normalize(y_true, axis=axis)
    y_pred = tf.math.l2_normalize(y_pred, axis=axis)
    return -tf.reduce_sum(y_true * y_pred, axis=axis)


class MeanSquaredError(LossFunctionWrapper):
    """The mean of squared differences; the usual loss for numbers.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.MeanSquaredError()([[0.0, 1.0]], [[2.0, 1.0]]))
    2.0
    """

    def __init__(self, reduction="auto", name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of absolute differences; outliers weigh less than squared.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]))
    1.0
    """

    def __init__(
        self, reduction="auto", name="mean_absolute_error", dtype=None
    ):
        super().__init__(mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean error in percent of the targets, which must not be near 0.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.MeanAbsolutePercentageError()([[2.0]], [[1.0]]))
    50.0
    """

    def __init__(
        self,
        reduction="auto",
        name="mean_absolute_percentage_error",
        dtype=None,
    ):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean squared error of `log(1 + y)`, for targets of many sizes.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.MeanSquaredLogarithmicError()([[1.0]], [[1.0]]))
    0.0
    """

    def __init__(
        self,
        reduction="auto",
        name="mean_squared_logarithmic_error",
        dtype=None,
    ):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class Huber(LossFunctionWrapper):
    """A squared error that grows only linearly where errors are large.

    For numbers with outliers in the targets.

    Reference: Huber, "Robust estimation of a location parameter", 1964.

    Arguments:
        delta: Float: the error at which the square ends.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.Huber(delta=1.0)([[0.0]], [[3.0]]))
    2.5
    """

    def __init__(
        self, delta=1.0, reduction="auto", name="huber_loss", dtype=None
    ):
        super().__init__(huber, reduction, name, dtype, delta=delta)


class LogCosh(LossFunctionWrapper):
    """The logarithm of the hyperbolic cosine of the error.

    A smooth relative of `Huber`, without an argument to choose.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.LogCosh()([[1.0]], [[1.0]]))
    0.0
    """

    def __init__(self, reduction="auto", name="log_cosh", dtype=None):
        super().__init__(log_cosh, reduction, name, dtype)


class CosineSimilarity(LossFunctionWrapper):
    """The negative cosine of the angle between targets and predictions.

    For embeddings, where the direction matters and the length does not.

    Arguments:
        axis: Integer: the axis of the vectors' components.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.CosineSimilarity()([[1.0, 0.0]], [[2.0, 0.0]]))
    -1.0
    """

    def __init__(
        self, axis=-1, reduction="auto", name="cosine_similarity", dtype=None
    ):
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)
