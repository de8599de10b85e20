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
"""Counts of yes-or-no predictions, and the rates made of them."""

import tensorflow as tf

from tfk.metrics import confusion
from tfk.metrics.metric import Metric
from tfk.saving import serialization


class _ConfusionCount(Metric):
    """One of the four counts."""

    _field = None

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = confusion.thresholds_from(thresholds, default=0.5)
        self._grid = confusion.Grid(self.thresholds, self.dtype)
        self.accumulator = self.add_weight(
            "accumulator", shape=(len(self.thresholds),)
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Labels: 0 is no, anything else is yes.
            y_pred: Probabilities of the same shape.
            sample_weight: Optional weights: a scalar, one for each sample, or
                one for each element.
        """
        given = y_pred
        labels, y_pred, weight = confusion.prepare(
            y_true, y_pred, sample_weight, self.name, self.dtype
        )
        confusion.check_probabilities(y_pred, given, self.name)
        counts = confusion.count(labels, y_pred, weight, self._grid)
        self.accumulator.assign_add(getattr(counts, self._field))

    def result(self):
        return _scalar_of_one(tf.convert_to_tensor(self.accumulator))

    def get_config(self):
        config = super().get_config()
        config["thresholds"] = serialization.serialize_value(
            self.init_thresholds
        )
        return config


class TruePositives(_ConfusionCount):
    """The number (or weight) of labels 1 that are predicted as 1.

    Arguments:
        thresholds: Optional float, or a list of them: a probability above it
            means 1. Defaults to 0.5. With a list, the result has an element
            for each.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.TruePositives()
    >>> metric.update_state([0, 1, 1, 1], [0.9, 0.9, 0.8, 0.1])
    >>> float(metric.result())
    2.0
    """

    _field = "true_positives"


class TrueNegatives(_ConfusionCount):
    """The number (or weight) of labels 0 that are predicted as 0.

    Arguments:
        thresholds: Optional float, or a list of them: a probability above it
            means 1. Defaults to 0.5. With a list, the result has an element
            for each.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.TrueNegatives()
    >>> metric.update_state([0, 0, 0, 1], [0.9, 0.2, 0.1, 0.1])
    >>> float(metric.result())
    2.0
    """

    _field = "true_negatives"


class FalsePositives(_ConfusionCount):
    """The number (or weight) of labels 0 that are predicted as 1.

    Arguments:
        thresholds: Optional float, or a list of them: a probability above it
            means 1. Defaults to 0.5. With a list, the result has an element
            for each.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.FalsePositives()
    >>> metric.update_state([0, 0, 0, 1], [0.9, 0.8, 0.1, 0.1])
    >>> float(metric.result())
    2.0
    """

    _field = "false_positives"


class FalseNegatives(_ConfusionCount):
    """The number (or weight) of labels 1 that are predicted as 0.

    Arguments:
        thresholds: Optional float, or a list of them: a probability above it
            means 1. Defaults to 0.5. With a list, the result has an element
            for each.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.FalseNegatives()
    >>> metric.update_state([0, 1, 1, 1], [0.9, 0.9, 0.2, 0.1])
    >>> float(metric.result())
    2.0
    """

    _field = "false_negatives"


class _Rate(Metric):
    """Right positives as a part of something."""

    _wrong = None

    def __init__(
        self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        default = 0.5 if top_k is None else confusion.LOWEST
        self.thresholds = confusion.thresholds_from(thresholds, default)
        self._grid = confusion.Grid(self.thresholds, self.dtype)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_weight("true_positives", shape=shape)
        setattr(self, self._wrong, self.add_weight(self._wrong, shape=shape))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Labels: 0 is no, anything else is yes.
            y_pred: Probabilities of the same shape.
            sample_weight: Optional weights: a scalar, one for each sample, or
                one for each element.
        """
        given = y_pred
        labels, y_pred, weight = confusion.prepare(
            y_true, y_pred, sample_weight, self.name, self.dtype
        )
        confusion.check_probabilities(y_pred, given, self.name)
        if self.top_k is not None:
            y_pred = confusion.keep_top_k(y_pred, self.top_k)
        labels, y_pred, weight = _one_class(
            labels, y_pred, weight, self.class_id
        )
        counts = confusion.count(labels, y_pred, weight, self._grid)
        self.true_positives.assign_add(counts.true_positives)
        getattr(self, self._wrong).assign_add(getattr(counts, self._wrong))

    def result(self):
        right = tf.convert_to_tensor(self.true_positives)
        return _scalar_of_one(
            tf.math.divide_no_nan(right, right + getattr(self, self._wrong))
        )

    def get_config(self):
        config = super().get_config()
        config["thresholds"] = serialization.serialize_value(
            self.init_thresholds
        )
        return config


class Precision(_Rate):
    """Which part of the positive predictions is right.

    Arguments:
        thresholds: Optional float, or a list of them: a probability above it
            is a positive prediction. Defaults to 0.5, or with `top_k` to all
            of the best `k`. With a list, the result has an element for each.
        top_k: Optional integer: only the best `k` classes of a sample can be
            positive.
        class_id: Optional integer: the only class to look at.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.Precision()
    >>> metric.update_state([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.1])
    >>> float(metric.result())
    0.5
    """

    _wrong = "false_positives"


class Recall(_Rate):
    """Which part of the positive labels is found.

    Arguments:
        thresholds: Optional float, or a list of them: a probability above it
            is a positive prediction. Defaults to 0.5, or with `top_k` to all
            of the best `k`. With a list, the result has an element for each.
        top_k: Optional integer: only the best `k` classes of a sample can be
            positive.
        class_id: Optional integer: the only class to look at.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.Recall()
    >>> metric.update_state([0, 1, 1], [0.9, 0.2, 0.8])
    >>> float(metric.result())
    0.5
    """

    _wrong = "false_negatives"


class _BestAtConstraint(Metric):
    """The best of one rate over the thresholds where another is good enough."""

    _constraint = None

    def __init__(self, value, num_thresholds, class_id, name, dtype):
        super().__init__(name=name, dtype=dtype)
        if not 0 <= value <= 1:
            raise ValueError(
                f"`{self._constraint}` must be between 0 and 1. Received: "
                f"{self._constraint}={value}."
            )
        if num_thresholds <= 0:
            raise ValueError(
                "`num_thresholds` must be positive. Received: "
                f"num_thresholds={num_thresholds}."
            )
        self.value = value
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.thresholds = [0.5]
        if num_thresholds > 1:
            inner = confusion.even_thresholds(num_thresholds)
            self.thresholds = [0.0, *inner, 1.0]
        self._grid = confusion.Grid(self.thresholds, self.dtype)
        shape = (num_thresholds,)
        self.true_positives = self.add_weight("true_positives", shape=shape)
        self.true_negatives = self.add_weight("true_negatives", shape=shape)
        self.false_positives = self.add_weight("false_positives", shape=shape)
        self.false_negatives = self.add_weight("false_negatives", shape=shape)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Labels: 0 is no, anything else is yes.
            y_pred: Probabilities of the same shape.
            sample_weight: Optional weights: a scalar, one for each sample, or
                one for each element.
        """
        given = y_pred
        labels, y_pred, weight = confusion.prepare(
            y_true, y_pred, sample_weight, self.name, self.dtype
        )
        confusion.check_probabilities(y_pred, given, self.name)
        labels, y_pred, weight = _one_class(
            labels, y_pred, weight, self.class_id
        )
        counts = confusion.count(labels, y_pred, weight, self._grid)
        for field, value in counts._asdict().items():
            getattr(self, field).assign_add(value)

    def result(self):
        fits = self._rate(self._constraint) >= self.value
        rates = self._rate(self._wanted)
        return tf.reduce_max(tf.where(fits, rates, tf.zeros_like(rates)))

    def _rate(self, name):
        right, wrong = {
            "precision": (self.true_positives, self.false_positives),
            "recall": (self.true_positives, self.false_negatives),
            "sensitivity": (self.true_positives, self.false_negatives),
            "specificity": (self.true_negatives, self.false_positives),
        }[name]
        return tf.math.divide_no_nan(right, right + wrong)


class SensitivityAtSpecificity(_BestAtConstraint):
    """The best sensitivity at which the specificity is still high enough.

    Sensitivity is the part of labels 1 that is found, specificity the part of
    labels 0 that is left alone.

    Arguments:
        specificity: Float from 0 to 1: the least specificity.
        num_thresholds: Integer: how many thresholds are tried.
        class_id: Optional integer: the only class to look at.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.SensitivityAtSpecificity(0.5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> float(metric.result())
    0.5
    """

    _constraint, _wanted = "specificity", "sensitivity"

    def __init__(
        self,
        specificity,
        num_thresholds=200,
        class_id=None,
        name=None,
        dtype=None,
    ):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


class SpecificityAtSensitivity(_BestAtConstraint):
    """The best specificity at which the sensitivity is still high enough.

    Sensitivity is the part of labels 1 that is found, specificity the part of
    labels 0 that is left alone.

    Arguments:
        sensitivity: Float from 0 to 1: the least sensitivity.
        num_thresholds: Integer: how many thresholds are tried.
        class_id: Optional integer: the only class to look at.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.SpecificityAtSensitivity(0.5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> round(float(metric.result()), 4)
    0.6667
    """

    _constraint, _wanted = "sensitivity", "specificity"

    def __init__(
        self,
        sensitivity,
        num_thresholds=200,
        class_id=None,
        name=None,
        dtype=None,
    ):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity


class PrecisionAtRecall(_BestAtConstraint):
    """The best precision at which the recall is still high enough.

    Arguments:
        recall: Float from 0 to 1: the least recall.
        num_thresholds: Integer: how many thresholds are tried.
        class_id: Optional integer: the only class to look at.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.PrecisionAtRecall(0.5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> float(metric.result())
    0.5
    """

    _constraint, _wanted = "recall", "precision"

    def __init__(
        self, recall, num_thresholds=200, class_id=None, name=None, dtype=None
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


class RecallAtPrecision(_BestAtConstraint):
    """The best recall at which the precision is still high enough.

    Arguments:
        precision: Float from 0 to 1: the least precision.
        num_thresholds: Integer: how many thresholds are tried.
        class_id: Optional integer: the only class to look at.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.RecallAtPrecision(0.8)
    >>> metric.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    >>> float(metric.result())
    0.5
    """

    _constraint, _wanted = "precision", "recall"

    def __init__(
        self,
        precision,
        num_thresholds=200,
        class_id=None,
        name=None,
        dtype=None,
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision


def _one_class(labels, y_pred, weight, class_id):
    if class_id is None:
        return labels, y_pred, weight
    return tuple(
        None if part is None else part[..., class_id]
        for part in (labels, y_pred, weight)
    )


def _scalar_of_one(values):
    return values[0] if values.shape == (1,) else values
