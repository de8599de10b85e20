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
"""Losses for margins: predictions are scores, labels are -1 or 1."""

import tensorflow as tf

from tfk.losses import formula
from tfk.losses.loss import LossFunctionWrapper


@formula.public(averages_last_axis=True)
def hinge(y_true, y_pred):
    """The mean of `max(1 - y_true * y_pred, 0)` over the last axis.

    Arguments:
        y_true: Labels -1 and 1. Labels of only 0 and 1 are taken for -1 and 1.
        y_pred: Scores of the same shape.

    Returns:
        One number for each sample.

    Example:

    >>> tfk.losses.hinge([[-1.0, 1.0]], [[0.5, 0.5]]).numpy()
    array([1.], dtype=float32)
    """
    y_true = _with_signs(y_true)
    return tf.reduce_mean(tf.maximum(1.0 - y_true * y_pred, 0.0), axis=-1)


@formula.public(averages_last_axis=True)
def squared_hinge(y_true, y_pred):
    """The mean of `max(1 - y_true * y_pred, 0) ** 2` over the last axis.

    Arguments:
        y_true: Labels -1 and 1. Labels of only 0 and 1 are taken for -1 and 1.
        y_pred: Scores of the same shape.

    Returns:
        One number for each sample.

    Example:

    >>> tfk.losses.squared_hinge([[-1.0, 1.0]], [[0.5, 0.5]]).numpy()
    array([1.25], dtype=float32)
    """
    y_true = _with_signs(y_true)
    margin = tf.maximum(1.0 - y_true * y_pred, 0.0)
    return tf.reduce_mean(tf.square(margin), axis=-1)


@formula.public()
def categorical_hinge(y_true, y_pred):
    """By how much the best wrong class comes within 1 of the right one.

    Arguments:
        y_true: One-hot labels.
        y_pred: Scores of the same shape.

    Returns:
        `max(best_wrong - right + 1, 0)`, where `right` is the score of the
        labelled class and `best_wrong` the highest of the others.

    Example:

    >>> tfk.losses.categorical_hinge([[0, 1]], [[0.5, 0.75]]).numpy()
    array([0.75], dtype=float32)
    """
    right = tf.reduce_sum(y_true * y_pred, axis=-1)
    best_wrong = tf.reduce_max((1.0 - y_true) * y_pred, axis=-1)
    return tf.maximum(best_wrong - right + 1.0, 0.0)


def _with_signs(y_true):
    """Turns labels into -1 and 1 if all of them are 0 or 1."""
    is_zero_or_one = tf.logical_or(tf.equal(y_true, 0), tf.equal(y_true, 1))
    all_are = tf.reduce_all(is_zero_or_one)
    return tf.where(all_are, 2.0 * y_true - 1.0, y_true)


class Hinge(LossFunctionWrapper):
    """The loss of linear support vector machines: `max(1 - y * score, 0)`.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.Hinge()([[-1.0, 1.0]], [[0.5, 0.5]]))
    1.0
    """

    def __init__(self, reduction="auto", name="hinge", dtype=None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(LossFunctionWrapper):
    """The square of `Hinge`, which punishes large violations more.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.SquaredHinge()([[-1.0, 1.0]], [[0.5, 0.5]]))
    1.25
    """

    def __init__(self, reduction="auto", name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """A margin between the right class and the best of the others.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.CategoricalHinge()([[0, 1]], [[0.5, 0.75]]))
    0.75
    """

    def __init__(self, reduction="auto", name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, reduction, name, dtype)
