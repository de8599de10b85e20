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
"""The area under the curve of two rates over all thresholds."""

import tensorflow as tf

from tfk import config
from tfk.metrics import confusion
from tfk.metrics.metric import Metric

# As configs name them, and the names that stand for them.
_CURVES = {"ROC": "ROC", "PR": "PR", "PR_GAIN": "PR_GAIN", "PRGAIN": "PR_GAIN"}
_SUMMATION_METHODS = {
    name: name for name in ("interpolation", "minoring", "majoring")
}


class AUC(Metric):
    """The area under the ROC or the precision-recall curve.

    For yes-or-no labels: how well the predictions sort the samples, at no
    particular threshold. The area under the ROC curve is the chance that a
    sample of label 1 is ranked above one of label 0. The curve is known at
    `num_thresholds` points, which are exact; more points make the area more
    exact.

    Reference: Davis & Goadrich, "The relationship between precision-recall and
    ROC curves", 2006, for the interpolation of the PR curve; Flach & Kull,
    "Precision-Recall-Gain curves: PR analysis done right", 2015.

    Arguments:
        num_thresholds: Integer above 1: number of points of the curve.
        curve: `"ROC"` (recall over false positive rate), `"PR"` (precision
            over recall) or `"PR_GAIN"` (both as gains over what calling all
            samples positive would reach).
        summation_method: `"interpolation"` between the points, or the lower
            (`"minoring"`) or higher (`"majoring"`) value of each two.
        name: Optional string.
        dtype: Optional dtype of the result.
        thresholds: Optional list of floats from 0 to 1, instead of
            `num_thresholds` even ones. 0 and 1 are added.
        multi_label: Boolean: whether each column of the predictions has a curve
            of its own; the result is the mean of the areas.
        num_labels: Optional integer: number of columns for `multi_label`.
            Without it, variables are made in the first update.
        label_weights: Optional list: a weight for each column. With
            `multi_label` it weighs the areas, and otherwise the predictions.
        from_logits: Boolean: whether predictions are logits.

    Example:

    >>> metric = tfk.metrics.AUC(num_thresholds=3)
    >>> metric.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    >>> float(metric.result())
    0.75
    """

    def __init__(
        self,
        num_thresholds=200,
        curve="ROC",
        summation_method="interpolation",
        name=None,
        dtype=None,
        thresholds=None,
        multi_label=False,
        num_labels=None,
        label_weights=None,
        from_logits=False,
    ):
        super().__init__(name=name, dtype=dtype)
        self.curve = _checked("curve", curve, _CURVES)
        self.summation_method = _checked(
            "summation_method", summation_method, _SUMMATION_METHODS
        )
        if num_labels and not multi_label:
            raise ValueError(
                "`num_labels` is for `multi_label=True` only. Received: "
                f"num_labels={num_labels}, multi_label={multi_label}."
            )
        self._init_thresholds = _inner_thresholds(thresholds, num_thresholds)
        epsilon = config.epsilon()
        self._thresholds = [
            -epsilon,
            *self._init_thresholds,
            1.0 + epsilon,
        ]
        self._grid = confusion.Grid(self._thresholds, self.dtype)
        self._has_own_thresholds = thresholds is not None
        self.num_thresholds = len(self._thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = (
            None if label_weights is None else [float(w) for w in label_weights]
        )
        self.from_logits = from_logits
        self.true_positives = None
        if not multi_label or num_labels:
            self._build(num_labels)

    @property
    def thresholds(self):
        """The thresholds of the points, a little beyond 0 and 1 at the ends."""
        return list(self._thresholds)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Labels: 0 is no, anything else is yes.
            y_pred: Probabilities (or logits) of the same shape; for
                `multi_label` of shape `(batch, num_labels)`.
            sample_weight: Optional weights: a scalar, one for each sample, or
                one for each element.
        """
        given = y_pred
        labels, y_pred, weight = confusion.prepare(
            y_true, y_pred, sample_weight, self.name, self.dtype
        )
        if self.from_logits:
            y_pred = tf.math.sigmoid(y_pred)
        else:
            confusion.check_probabilities(
                y_pred, given, self.name, " or set `from_logits=True`"
            )
        if self.multi_label:
            self._check_columns(y_pred)
            if self.true_positives is None:
                self._build(y_pred.shape[-1])
        elif self.label_weights is not None:
            ones = tf.ones_like(y_pred) if weight is None else weight
            weight = ones * tf.constant(self.label_weights, y_pred.dtype)
        counts = confusion.count(
            labels, y_pred, weight, self._grid, by_label=self.multi_label
        )
        for field, value in counts._asdict().items():
            getattr(self, field).assign_add(value)

    def result(self):
        if self.true_positives is None:
            raise ValueError(
                f"The metric {self.name} has no result before its first "
                "`update_state`. Or give `num_labels` to the constructor."
            )
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        x, y = self._points()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        elif self.summation_method == "minoring":
            heights = tf.minimum(y[:-1], y[1:])
        else:
            heights = tf.maximum(y[:-1], y[1:])
        return self._mean_over_labels(
            tf.reduce_sum((x[:-1] - x[1:]) * heights, axis=0)
        )

    def interpolate_pr_auc(self):
        """Returns the area under the PR curve, interpolated between counts.

        Between two points the true and the false positives, not the precision,
        are taken to grow in proportion.
        """
        right, wrong, missed = (
            tf.convert_to_tensor(v)
            for v in (
                self.true_positives,
                self.false_positives,
                self.false_negatives,
            )
        )
        positives = right + wrong
        gained = right[:-1] - right[1:]
        slope = tf.math.divide_no_nan(
            gained, tf.maximum(positives[:-1] - positives[1:], 0)
        )
        intercept = right[1:] - slope * positives[1:]
        ratio = tf.where(
            tf.logical_and(positives[:-1] > 0, positives[1:] > 0),
            tf.math.divide_no_nan(positives[:-1], tf.maximum(positives[1:], 0)),
            tf.ones_like(positives[1:]),
        )
        areas = tf.math.divide_no_nan(
            slope * (gained + intercept * tf.math.log(ratio)),
            tf.maximum(right[1:] + missed[1:], 0),
        )
        return self._mean_over_labels(tf.reduce_sum(areas, axis=0))

    def get_config(self):
        config = super().get_config()
        config.pop("thresholds")
        if self._has_own_thresholds:
            config["thresholds"] = list(self._init_thresholds)
        return config

    def _points(self):
        recall = tf.math.divide_no_nan(
            self.true_positives, self.true_positives + self.false_negatives
        )
        if self.curve == "PR":
            positives = self.true_positives + self.false_positives
            precision = tf.math.divide_no_nan(
                tf.convert_to_tensor(self.true_positives), positives
            )
            return recall, precision
        if self.curve == "PR_GAIN":
            # As in tf.keras, recall has no negative gain, while precision has.
            recall = self._gain(self.false_negatives)
            missed = tf.equal(self.true_positives, 0.0)
            missed = tf.logical_and(missed, self.false_negatives > 0)
            recall = tf.where(missed, tf.zeros_like(recall), recall)
            return tf.nn.relu(recall), self._gain(self.false_positives)
        false_positive_rate = tf.math.divide_no_nan(
            self.false_positives, self.false_positives + self.true_negatives
        )
        return false_positive_rate, recall

    def _gain(self, errors):
        """Returns recall (by false negatives) or precision, as a gain.

        The gain is 1 without errors, and 0 where the rate is that of calling
        all samples positive.
        """
        right = tf.convert_to_tensor(self.true_positives)
        positives = right + self.false_negatives
        negatives = self.false_positives + self.true_negatives
        return 1.0 - tf.math.divide_no_nan(
            errors * positives, right * negatives
        )

    def _awaits_first_batch(self):
        return self.true_positives is None

    def _build_for_state(self, shapes):
        if len(shapes[0]) == 2:
            self._build(shapes[0][1])

    def _mean_over_labels(self, areas):
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return tf.reduce_mean(areas)
        weights = tf.constant(self.label_weights, areas.dtype)
        return tf.math.divide_no_nan(
            tf.reduce_sum(areas * weights), tf.reduce_sum(weights)
        )

    def _build(self, num_labels):
        shape = (self.num_thresholds,)
        if num_labels is not None:
            shape += (num_labels,)
        self.true_positives = self.add_weight("true_positives", shape=shape)
        self.true_negatives = self.add_weight("true_negatives", shape=shape)
        self.false_positives = self.add_weight("false_positives", shape=shape)
        self.false_negatives = self.add_weight("false_negatives", shape=shape)

    def _check_columns(self, y_pred):
        shape = y_pred.shape
        expected = self.num_labels
        if self.true_positives is not None:
            expected = self.true_positives.shape[-1]
        if shape.rank != 2 or (expected and shape[-1] != expected):
            raise ValueError(
                f"The metric {self.name} with `multi_label=True` needs "
                f"predictions of shape (batch, {expected or 'num_labels'}). "
                f"Received: y_pred.shape={shape}."
            )


def _checked(argument, value, allowed):
    if isinstance(value, str):
        for name, meaning in allowed.items():
            if value.lower() == name.lower():
                return meaning
    raise ValueError(
        f"`{argument}` must be one of {tuple(allowed)}. Received: "
        f"{argument}={value!r}."
    )


def _inner_thresholds(thresholds, num_thresholds):
    if thresholds is None:
        if num_thresholds <= 1:
            raise ValueError(
                "`num_thresholds` must be above 1. Received: "
                f"num_thresholds={num_thresholds}."
            )
        return confusion.even_thresholds(num_thresholds)
    return sorted(confusion.thresholds_from(list(thresholds), None))
