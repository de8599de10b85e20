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
"""How often predictions are right."""

import tensorflow as tf

from tfk import config
from tfk.losses import formula
from tfk.losses import shapes
from tfk.metrics.reduction import MeanMetricWrapper


@formula.public()
def accuracy(y_true, y_pred):
    """1 where predictions equal their targets, 0 elsewhere.

    Arguments:
        y_true: Targets.
        y_pred: Predictions of the same shape.

    Returns:
        A tensor of their shape.
    """
    return tf.cast(tf.equal(y_true, y_pred), config.floatx())


@formula.public(averages_last_axis=True)
def binary_accuracy(y_true, y_pred, threshold=0.5):
    """The part of yes-or-no predictions that is right.

    Arguments:
        y_true: Labels 0 and 1.
        y_pred: Probabilities of the same shape.
        threshold: Float: probabilities above it mean 1.

    Returns:
        The mean over the last axis.

    Example:

    >>> tfk.metrics.binary_accuracy([[1, 0]], [[0.9, 0.6]]).numpy()
    array([0.5], dtype=float32)
    """
    decided = tf.cast(y_pred > tf.cast(threshold, y_pred.dtype), y_pred.dtype)
    right = tf.cast(tf.equal(y_true, decided), config.floatx())
    return tf.reduce_mean(right, axis=-1)


@formula.public()
def categorical_accuracy(y_true, y_pred):
    """1 where the most probable class is that of the one-hot label.

    Arguments:
        y_true: One-hot labels.
        y_pred: Probabilities or logits of the same shape.

    Returns:
        One number for each sample.

    Example:

    >>> tfk.metrics.categorical_accuracy([[0, 1]], [[0.2, 0.8]]).numpy()
    array([1.], dtype=float32)
    """
    return _is_best(tf.argmax(y_true, axis=-1), y_pred)


@formula.public(class_labels=True)
def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the most probable class is the labelled one.

    Arguments:
        y_true: Class numbers: the shape of `y_pred` without its last axis, or
            with size 1 there.
        y_pred: Probabilities or logits of the classes.

    Returns:
        One number for each sample.

    Example:

    >>> tfk.metrics.sparse_categorical_accuracy([1], [[0.2, 0.8]]).numpy()
    array([1.], dtype=float32)
    """
    name = "sparse_categorical_accuracy"
    labels = shapes.align_labels(y_true, y_pred, name)
    return _is_best(_to_integer(labels), y_pred)


@formula.public()
def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the class of the one-hot label is among the best `k`.

    Arguments:
        y_true: One-hot labels.
        y_pred: Probabilities or logits of the same shape.
        k: Integer.

    Returns:
        One number for each sample.

    Example:

    >>> y_true, y_pred = [[0, 1, 0]], [[0.5, 0.3, 0.2]]
    >>> tfk.metrics.top_k_categorical_accuracy(y_true, y_pred, k=2).numpy()
    array([1.], dtype=float32)
    """
    return _is_among_best(tf.argmax(y_true, axis=-1), y_pred, k)


@formula.public(class_labels=True, takes_integers=True)
def sparse_top_k_categorical_accuracy(
    y_true, y_pred, k=5, from_sorted_ids=False
):
    """1 where the labelled class is among the best `k`.

    Arguments:
        y_true: Class numbers: the shape of `y_pred` without its last axis, or
            with size 1 there.
        y_pred: Probabilities or logits of the classes.
        k: Integer.
        from_sorted_ids: Boolean: whether `y_pred` holds class numbers instead,
            the best one first.

    Returns:
        One number for each sample.

    Example:

    >>> y_pred = [[0.5, 0.3, 0.2]]
    >>> tfk.metrics.sparse_top_k_categorical_accuracy([1], y_pred, k=2).numpy()
    array([1.], dtype=float32)
    """
    name = "sparse_top_k_categorical_accuracy"
    labels = shapes.align_labels(y_true, y_pred, name)
    if from_sorted_ids:
        best = tf.cast(y_pred[..., :k], tf.int64)
        labels = tf.expand_dims(tf.cast(labels, tf.int64), -1)
        found = tf.reduce_any(tf.equal(best, labels), axis=-1)
        return tf.cast(found, config.floatx())
    return _is_among_best(_to_integer(labels), shapes.to_float(y_pred), k)


def _to_integer(labels):
    if labels.dtype in (tf.int32, tf.int64):
        return labels
    return tf.cast(labels, tf.int64)


def _is_best(labels, y_pred):
    best = tf.argmax(y_pred, axis=-1, output_type=labels.dtype)
    return tf.cast(tf.equal(labels, best), config.floatx())


def _is_among_best(labels, y_pred, k):
    y_pred = tf.cast(y_pred, tf.float32)
    if y_pred.shape.rank == 2 and labels.shape.rank == 1:
        return tf.cast(tf.math.in_top_k(labels, y_pred, k), config.floatx())
    classes = y_pred.shape[-1] or tf.shape(y_pred)[-1]
    found = tf.math.in_top_k(
        tf.reshape(labels, [-1]), tf.reshape(y_pred, [-1, classes]), k
    )
    values = tf.reshape(tf.cast(found, config.floatx()), tf.shape(labels))
    values.set_shape(labels.shape)
    return values


class Accuracy(MeanMetricWrapper):
    """How often predictions equal their targets.

    For predicted class numbers or labels; see the other accuracies for
    probabilities.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.Accuracy()
    >>> metric.update_state([1, 2, 3, 4], [0, 2, 3, 4])
    >>> float(metric.result())
    0.75
    """

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often yes-or-no predictions are right.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.
        threshold: Float: probabilities above it mean 1.

    Example:

    >>> metric = tfk.metrics.BinaryAccuracy()
    >>> metric.update_state([[1], [0]], [[0.9], [0.6]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the most probable class is that of the one-hot label.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.CategoricalAccuracy()
    >>> metric.update_state([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the most probable class is the labelled one.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.SparseCategoricalAccuracy()
    >>> metric.update_state([1, 0], [[0.2, 0.8], [0.4, 0.6]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class of the one-hot label is among the best `k`.

    Arguments:
        k: Integer.
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.TopKCategoricalAccuracy(k=2)
    >>> metric.update_state([[0, 1, 0]], [[0.5, 0.3, 0.2]])
    >>> float(metric.result())
    1.0
    """

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the labelled class is among the best `k`.

    Arguments:
        k: Integer.
        name: String.
        dtype: Optional dtype of the result.
        from_sorted_ids: Boolean: whether predictions are class numbers, the
            best one first, as retrieval gives them, instead of a number for
            each class.

    Example:

    >>> metric = tfk.metrics.SparseTopKCategoricalAccuracy(k=2)
    >>> metric.update_state([1], [[0.5, 0.3, 0.2]])
    >>> float(metric.result())
    1.0
    """

    def __init__(
        self,
        k=5,
        name="sparse_top_k_categorical_accuracy",
        dtype=None,
        from_sorted_ids=False,
    ):
        super().__init__(
            sparse_top_k_categorical_accuracy,
            name,
            dtype,
            k=k,
            from_sorted_ids=from_sorted_ids,
        )

    def get_config(self):
        config = super().get_config()
        if not self.from_sorted_ids:
            # tf.keras does not know the argument.
            del config["from_sorted_ids"]
        return config
