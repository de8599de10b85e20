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
"""Losses for labels: crossentropies of probabilities and of logits.

From logits the formulas are exact however large the logits are; from
probabilities they are bounded by `epsilon()`, unless the activation that made
the probabilities left its logits on them.
"""

import tensorflow as tf

from tfk import config
from tfk.losses import formula
from tfk.losses import logits as activation_logits
from tfk.losses import masking
from tfk.losses import shapes
from tfk.losses.loss import LossFunctionWrapper


@formula.public(averages_last_axis=True)
@formula.in_full_precision
def binary_crossentropy(
    y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1
):
    """The crossentropy of yes-or-no labels, each on its own.

    Arguments:
        y_true: Labels 0 and 1, or probabilities.
        y_pred: Probabilities, or logits, of the same shape.
        from_logits: Boolean: whether `y_pred` holds logits.
        label_smoothing: Float from 0 to 1: how far labels are moved towards
            0.5.
        axis: Integer: the axis over which the mean is taken.

    Returns:
        One number for each sample.

    Example:

    >>> tfk.losses.binary_crossentropy([[1.0]], [[0.5]]).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    y_true = _smooth(y_true, label_smoothing, 2)
    values = _binary_values(y_true, y_pred, from_logits, "binary_crossentropy")
    return tf.reduce_mean(values, axis=axis)


@formula.public(averages_last_axis=True)
@formula.in_full_precision
def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """A binary crossentropy that counts easy samples for less.

    Reference: [Lin et al., 2018](https://arxiv.org/abs/1708.02002).

    Arguments:
        y_true: Labels 0 and 1.
        y_pred: Probabilities, or logits, of the same shape.
        apply_class_balancing: Boolean: whether to weigh label 1 with `alpha`
            and label 0 with `1 - alpha`.
        alpha: Float from 0 to 1.
        gamma: Float: 0 gives the crossentropy, larger numbers look away from
            samples that are predicted well.
        from_logits: Boolean: whether `y_pred` holds logits.
        label_smoothing: Float from 0 to 1.
        axis: Integer: the axis over which the mean is taken.

    Returns:
        One number for each sample.

    Example:

    >>> y_true, y_pred = [[1.0]], [[0.5]]
    >>> tfk.losses.binary_focal_crossentropy(y_true, y_pred).numpy().round(4)
    array([0.1733], dtype=float32)
    """
    name = "binary_focal_crossentropy"
    y_true = _smooth(y_true, label_smoothing, 2)
    values = _binary_values(y_true, y_pred, from_logits, name)
    chance = tf.math.sigmoid(y_pred) if from_logits else y_pred
    chance_of_label = y_true * chance + (1.0 - y_true) * (1.0 - chance)
    values *= _focus(chance_of_label, gamma)
    if apply_class_balancing:
        values *= y_true * alpha + (1.0 - y_true) * (1.0 - alpha)
    return tf.reduce_mean(values, axis=axis)


@formula.public()
@formula.in_full_precision
def categorical_crossentropy(
    y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1
):
    """The crossentropy of one-hot labels.

    Arguments:
        y_true: One-hot labels, or probabilities of the classes.
        y_pred: Probabilities (scaled to a sum of 1), or logits, of the same
            shape.
        from_logits: Boolean: whether `y_pred` holds logits.
        label_smoothing: Float from 0 to 1: how far labels are moved towards
            `1 / num_classes`.
        axis: Integer: the axis of the classes.

    Returns:
        One number for each sample.

    Example:

    >>> values = tfk.losses.categorical_crossentropy([[0, 1]], [[0.5, 0.5]])
    >>> values.numpy().round(4)
    array([0.6931], dtype=float32)
    """
    name = "categorical_crossentropy"
    y_true = _smooth(y_true, label_smoothing, _num_classes(y_true, axis))
    logits = activation_logits.find(y_pred, from_logits, "softmax", axis, name)
    if logits is not None:
        return _softmax_crossentropy(y_true, logits, axis)
    chances = _bounded(_sum_to_one(y_pred, axis))
    return -tf.reduce_sum(y_true * tf.math.log(chances), axis=axis)


@formula.public()
@formula.in_full_precision
def categorical_focal_crossentropy(
    y_true,
    y_pred,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """A crossentropy of one-hot labels that counts easy samples for less.

    Reference: [Lin et al., 2018](https://arxiv.org/abs/1708.02002).

    Arguments:
        y_true: One-hot labels.
        y_pred: Probabilities, or logits, of the same shape.
        alpha: Float, or a list of one for each class: weights.
        gamma: Float: 0 gives the crossentropy, larger numbers look away from
            samples that are predicted well.
        from_logits: Boolean: whether `y_pred` holds logits.
        label_smoothing: Float from 0 to 1.
        axis: Integer: the axis of the classes.

    Returns:
        One number for each sample.

    Example:

    >>> values = tfk.losses.categorical_focal_crossentropy(
    ...     [[0, 1]], [[0.5, 0.5]]
    ... )
    >>> values.numpy().round(4)
    array([0.0433], dtype=float32)
    """
    y_true = _smooth(y_true, label_smoothing, _num_classes(y_true, axis))
    if from_logits:
        log_chances = tf.nn.log_softmax(y_pred, axis=axis)
        chances = tf.math.exp(log_chances)
    else:
        chances = _bounded(_sum_to_one(y_pred, axis))
        log_chances = tf.math.log(chances)
    focus = tf.cast(alpha, chances.dtype) * _focus(chances, gamma)
    return -tf.reduce_sum(focus * y_true * log_chances, axis=axis)


@formula.public(class_labels=True)
@formula.in_full_precision
def sparse_categorical_crossentropy(
    y_true, y_pred, from_logits=False, axis=-1, ignore_class=None
):
    """The crossentropy of class numbers.

    Arguments:
        y_true: Class numbers from 0 on: the shape of `y_pred` without `axis`,
            or with size 1 there.
        y_pred: Probabilities, or logits, of the classes.
        from_logits: Boolean: whether `y_pred` holds logits.
        axis: Integer: the axis of the classes.
        ignore_class: Optional integer: a label that stands for no class, such
            as -1 or 255. Its positions get the value 0 and are not counted.

    Returns:
        One number for each sample, time step or pixel.

    Example:

    >>> values = tfk.losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    >>> values.numpy().round(4)
    array([0.6931], dtype=float32)
    """
    name = "sparse_categorical_crossentropy"
    labels = shapes.align_labels(y_true, y_pred, name, axis)
    labels = tf.cast(labels, tf.int64)
    logits = activation_logits.find(y_pred, from_logits, "softmax", axis, name)
    if logits is None:
        logits = tf.math.log(_bounded(y_pred))
    if logits.shape.rank is not None and axis not in (
        -1,
        logits.shape.rank - 1,
    ):
        logits = _classes_last(logits, axis)
    if ignore_class is None:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return _with_ignored(labels, logits, ignore_class)


@formula.public()
@formula.in_full_precision
def kl_divergence(y_true, y_pred):
    """The Kullback-Leibler divergence of predictions from targets.

    Arguments:
        y_true: Probabilities whose sum over the last axis is 1.
        y_pred: Probabilities of the same shape.

    Returns:
        `sum(y_true * log(y_true / y_pred), axis=-1)`; probabilities are
        bounded by `epsilon()` from below.

    Example:

    >>> tfk.losses.kl_divergence([[0.5, 0.5]], [[0.5, 0.5]]).numpy()
    array([0.], dtype=float32)
    """
    y_true = tf.clip_by_value(y_true, config.epsilon(), 1.0)
    y_pred = tf.clip_by_value(y_pred, config.epsilon(), 1.0)
    return tf.reduce_sum(y_true * tf.math.log(y_true / y_pred), axis=-1)


@formula.public(averages_last_axis=True)
@formula.in_full_precision
def poisson(y_true, y_pred):
    """The negative log-likelihood of counts, without its constant term.

    Arguments:
        y_true: Counts.
        y_pred: Expected counts, of the same shape.

    Returns:
        `mean(y_pred - y_true * log(y_pred), axis=-1)`.

    Example:

    >>> tfk.losses.poisson([[2.0]], [[1.0]]).numpy().round(4)
    array([1.], dtype=float32)
    """
    log_pred = tf.math.log(y_pred + config.epsilon())
    return tf.reduce_mean(y_pred - y_true * log_pred, axis=-1)


def _binary_values(y_true, y_pred, from_logits, name):
    logits = activation_logits.find(y_pred, from_logits, "sigmoid", -1, name)
    if logits is not None:
        return tf.nn.sigmoid_cross_entropy_with_logits(
            labels=y_true, logits=logits
        )
    chance, tiny = _bounded(y_pred), config.epsilon()
    return -(
        y_true * tf.math.log(chance + tiny)
        + (1.0 - y_true) * tf.math.log(1.0 - chance + tiny)
    )


def _focus(chance, gamma):
    """Returns `(1 - chance) ** gamma`, with a gradient for every gamma."""
    return tf.pow(tf.maximum(1.0 - chance, config.epsilon()), gamma)


def _smooth(y_true, label_smoothing, num_classes):
    if isinstance(label_smoothing, (int, float)) and not label_smoothing:
        return y_true
    amount = tf.cast(label_smoothing, y_true.dtype)
    return y_true * (1.0 - amount) + amount / tf.cast(num_classes, amount.dtype)


def _num_classes(y_true, axis):
    size = y_true.shape[axis]
    return tf.shape(y_true)[axis] if size is None else size


def _sum_to_one(y_pred, axis):
    total = tf.reduce_sum(y_pred, axis=axis, keepdims=True)
    return tf.math.divide_no_nan(y_pred, total)


def _bounded(y_pred):
    return tf.clip_by_value(y_pred, config.epsilon(), 1.0 - config.epsilon())


def _classes_last(logits, axis):
    rank = logits.shape.rank
    axis = axis % rank
    order = [i for i in range(rank) if i != axis] + [axis]
    return tf.transpose(logits, order)


def _softmax_crossentropy(labels, logits, axis):
    if labels.shape.rank == 2 and axis in (-1, 1):
        # The kernel itself; the function reshapes with a dozen ops around it.
        return tf.raw_ops.SoftmaxCrossEntropyWithLogits(
            features=logits, labels=labels
        ).loss
    return tf.nn.softmax_cross_entropy_with_logits(labels, logits, axis)


def _with_ignored(labels, logits, ignore_class):
    kept = tf.not_equal(labels, tf.cast(ignore_class, labels.dtype))
    labels = masking.hide(labels, kept, 0)
    logits = masking.hide(logits, kept, 1)
    values = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    values = masking.hide(values, kept, 0)
    values._keras_mask = kept
    return values


class BinaryCrossentropy(LossFunctionWrapper):
    """The crossentropy of yes-or-no labels.

    For one output with labels 0 and 1, and for several labels that may hold at
    the same time.

    Arguments:
        from_logits: Boolean: whether predictions are logits (of a last layer
            without activation), which is the more exact way.
        label_smoothing: Float from 0 to 1: how far labels are moved towards
            0.5.
        axis: Integer: the axis over which the mean is taken.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.BinaryCrossentropy(from_logits=True)
    >>> round(float(loss([[1.0], [0.0]], [[0.0], [0.0]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="auto",
        name="binary_crossentropy",
        dtype=None,
    ):
        super().__init__(
            binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """A binary crossentropy that counts easy samples for less.

    For labels of which one is much rarer than the other, as in detection.

    Reference: [Lin et al., 2018](https://arxiv.org/abs/1708.02002).

    Arguments:
        apply_class_balancing: Boolean: whether to weigh label 1 with `alpha`
            and label 0 with `1 - alpha`.
        alpha: Float from 0 to 1.
        gamma: Float: 0 gives the crossentropy, larger numbers look away from
            samples that are predicted well.
        from_logits: Boolean: whether predictions are logits.
        label_smoothing: Float from 0 to 1.
        axis: Integer: the axis over which the mean is taken.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.BinaryFocalCrossentropy(gamma=2.0)
    >>> round(float(loss([[1.0]], [[0.5]])), 4)
    0.1733
    """

    def __init__(
        self,
        apply_class_balancing=False,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="auto",
        name="binary_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(
            binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(LossFunctionWrapper):
    """The crossentropy of one-hot labels.

    For classes that exclude each other; with class numbers as labels, use
    `SparseCategoricalCrossentropy`.

    Arguments:
        from_logits: Boolean: whether predictions are logits.
        label_smoothing: Float from 0 to 1: how far labels are moved towards
            `1 / num_classes`.
        axis: Integer: the axis of the classes.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.CategoricalCrossentropy()
    >>> round(float(loss([[0, 1]], [[0.5, 0.5]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="auto",
        name="categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(
            categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """A crossentropy of one-hot labels that counts easy samples for less.

    Reference: [Lin et al., 2018](https://arxiv.org/abs/1708.02002).

    Arguments:
        alpha: Float, or a list of one for each class: weights.
        gamma: Float: 0 gives the crossentropy, larger numbers look away from
            samples that are predicted well.
        from_logits: Boolean: whether predictions are logits.
        label_smoothing: Float from 0 to 1.
        axis: Integer: the axis of the classes.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.CategoricalFocalCrossentropy()
    >>> round(float(loss([[0, 1]], [[0.5, 0.5]])), 4)
    0.0433
    """

    def __init__(
        self,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="auto",
        name="categorical_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(
            categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The crossentropy of class numbers.

    For classes that exclude each other; the labels take less room than one-hot
    vectors.

    Arguments:
        from_logits: Boolean: whether predictions are logits.
        ignore_class: Optional integer: a label that stands for no class. Its
            positions add nothing and are not counted in the mean.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        axis: Integer: the axis of the classes.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.SparseCategoricalCrossentropy()
    >>> round(float(loss([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    _saved_if_set = ("axis", "dtype")

    def __init__(
        self,
        from_logits=False,
        ignore_class=None,
        reduction="auto",
        name="sparse_categorical_crossentropy",
        axis=-1,
        dtype=None,
    ):
        super().__init__(
            sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            axis=axis,
            ignore_class=ignore_class,
        )


class KLDivergence(LossFunctionWrapper):
    """The Kullback-Leibler divergence of predictions from targets.

    For targets that are distributions themselves, as in distillation.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> float(tfk.losses.KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
    0.0
    """

    def __init__(self, reduction="auto", name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, reduction, name, dtype)


class Poisson(LossFunctionWrapper):
    """The negative log-likelihood of counts, without its constant term.

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> round(float(tfk.losses.Poisson()([[2.0]], [[1.0]])), 4)
    1.0
    """

    def __init__(self, reduction="auto", name="poisson", dtype=None):
        super().__init__(poisson, reduction, name, dtype)
