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
"""Metrics against scikit-learn, on random data and on data at the edges."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics as peers

from tfk import metrics


def _data(seed, rows=40, columns=1):
    """Returns labels, scores (multiples of 1/20 above 0), and weights."""
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, 2, (rows, columns))
    y_pred = (rng.integers(1, 21, (rows, columns)) / 20).astype("float32")
    return y_true, y_pred, rng.uniform(0.1, 2, rows).astype("float32")


def _result(metric, y_true, y_pred, weight=None, batches=3):
    """Measures in batches of different sizes."""
    for part in np.array_split(np.arange(len(y_true)), batches):
        w = None if weight is None else weight[part]
        metric.update_state(y_true[part], y_pred[part], sample_weight=w)
    return metric.result().numpy()


def _classes(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 4, 30), rng.dirichlet(np.ones(4), 30), rng.random(30)


def _numbers(seed):
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.uniform(0.5, 3, (2, 25, 3))
    return y_true, y_pred, rng.uniform(0.1, 2, 25)


def _ovr(average, y_true, y_pred, weight):
    return peers.roc_auc_score(
        y_true, y_pred, average=average, sample_weight=weight
    )


# Metric, peer of (y_true, y_pred, weight).
BINARY = {
    "auc": (lambda: metrics.AUC(21), peers.roc_auc_score),
    "auc_thresholds": (
        lambda: metrics.AUC(thresholds=np.arange(1, 20) / 20),
        peers.roc_auc_score,
    ),
    "precision": (
        lambda: metrics.Precision(0.3),
        lambda y, p, w: peers.precision_score(y, p > 0.3, sample_weight=w),
    ),
    "recall": (
        lambda: metrics.Recall(0.3),
        lambda y, p, w: peers.recall_score(y, p > 0.3, sample_weight=w),
    ),
    "accuracy": (
        metrics.BinaryAccuracy,
        lambda y, p, w: peers.accuracy_score(y, p > 0.5, sample_weight=w),
    ),
    "iou": (
        lambda: metrics.BinaryIoU([1], 0.45),
        lambda y, p, w: peers.jaccard_score(y, p >= 0.45, sample_weight=w),
    ),
    "mean_iou": (
        lambda: metrics.BinaryIoU([0, 1], 0.45),
        lambda y, p, w: peers.jaccard_score(
            y, p >= 0.45, average="macro", sample_weight=w
        ),
    ),
    "sensitivity_at_specificity": (
        lambda: metrics.SensitivityAtSpecificity(0.6, num_thresholds=21),
        lambda y, p, w: max(
            tpr
            for fpr, tpr, _ in zip(
                *peers.roc_curve(y, p, sample_weight=w, drop_intermediate=False)
            )
            if 1 - fpr >= 0.6
        ),
    ),
    "recall_at_precision": (
        lambda: metrics.RecallAtPrecision(0.55, num_thresholds=21),
        lambda y, p, w: max(
            [0]
            + [
                recall
                for precision, recall in zip(
                    *peers.precision_recall_curve(y, p, sample_weight=w)[:2]
                )
                if precision >= 0.55 and recall > 0
            ]
        ),
    ),
}
CLASSES = {
    "accuracy": (
        metrics.SparseCategoricalAccuracy,
        lambda y, p, w: peers.accuracy_score(y, p.argmax(1), sample_weight=w),
    ),
    "top_k": (
        lambda: metrics.SparseTopKCategoricalAccuracy(2),
        lambda y, p, w: peers.top_k_accuracy_score(y, p, k=2, sample_weight=w),
    ),
    "crossentropy": (
        metrics.SparseCategoricalCrossentropy,
        lambda y, p, w: peers.log_loss(y, p, sample_weight=w),
    ),
    "iou": (
        lambda: metrics.MeanIoU(4, sparse_y_pred=False),
        lambda y, p, w: peers.jaccard_score(
            y, p.argmax(1), average="macro", sample_weight=w
        ),
    ),
}
NUMBERS = {
    "mse": (metrics.MeanSquaredError, peers.mean_squared_error),
    "mae": (metrics.MeanAbsoluteError, peers.mean_absolute_error),
    "msle": (metrics.MeanSquaredLogarithmicError, peers.mean_squared_log_error),
    "mape": (
        metrics.MeanAbsolutePercentageError,
        lambda y, p, w: 100
        * peers.mean_absolute_percentage_error(y, p, sample_weight=w),
    ),
    "r2": (metrics.R2Score, peers.r2_score),
    "r2_columns": (
        lambda: metrics.R2Score(class_aggregation=None),
        lambda y, p, w: peers.r2_score(
            y, p, sample_weight=w, multioutput="raw_values"
        ),
    ),
    "r2_variance": (
        lambda: metrics.R2Score("variance_weighted_average"),
        lambda y, p, w: peers.r2_score(
            y, p, sample_weight=w, multioutput="variance_weighted"
        ),
    ),
}


def _check(case, y_true, y_pred, weight, flat=False, rtol=2e-6):
    make, peer = case
    for w in (None, weight):
        got = _result(make(), y_true, y_pred, w)
        targets = y_true[:, 0] if flat else y_true
        scores = y_pred[:, 0] if flat else y_pred
        try:
            wanted = peer(targets, scores, w)
        except TypeError:
            wanted = peer(targets, scores, sample_weight=w)
        np.testing.assert_allclose(got, wanted, rtol, 1e-6)


class SklearnTest:
    @pytest.mark.parametrize("name", BINARY)
    def test_binary_metrics(self, name):
        for seed in range(4):
            y_true, y_pred, weight = _data(seed)
            _check(BINARY[name], y_true, y_pred, weight, flat=True)
        perfect = y_true.astype("float32")
        for scores in (perfect, 1 - perfect, np.full_like(y_pred, 0.5)):
            _check(BINARY[name], y_true, scores, weight, flat=True)

    @pytest.mark.parametrize("name", CLASSES)
    def test_metrics_of_classes(self, name):
        for seed in range(4):
            _check(CLASSES[name], *_classes(seed))

    @pytest.mark.parametrize("name", NUMBERS)
    def test_metrics_of_numbers(self, name):
        # The variance is a difference of sums, which costs a few digits.
        rtol = 1e-5 if name.startswith("r2") else 2e-6
        for seed in range(4):
            y_true, y_pred, weight = _numbers(seed)
            _check(NUMBERS[name], y_true, y_pred, weight, rtol=rtol)
        constant = np.full_like(y_true, 0.25)
        for pair in ((y_true, y_true), (constant, y_pred), (constant,) * 2):
            _check(NUMBERS[name], *pair, np.ones(25))

    def test_binary_crossentropy(self):
        y_true, y_pred, weight = _data(0)
        y_pred = np.clip(y_pred, 0.05, 0.95)
        case = (
            metrics.BinaryCrossentropy,
            lambda y, p, w: peers.log_loss(
                y, p.astype("float64"), sample_weight=w
            ),
        )
        _check(case, y_true, y_pred, weight, flat=True)

    @pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
    def test_f_scores(self, average):
        for seed in range(3):
            y_true, y_pred, weight = _data(seed, columns=4)
            y_true[:, 3] = 0 if seed == 1 else y_true[:, 3]
            for w in (None, weight):
                got = _result(
                    metrics.FBetaScore(average, 2.0, 0.5), y_true, y_pred, w
                )
                wanted = peers.fbeta_score(
                    y_true,
                    y_pred > 0.5,
                    beta=2.0,
                    average=average,
                    sample_weight=w,
                    zero_division=0,
                )
                np.testing.assert_allclose(got, wanted, 2e-6, 1e-6)

    def test_auc_of_several_labels(self):
        for seed in range(3):
            y_true, y_pred, weight = _data(seed, columns=3)
            for w in (None, weight):
                metric = metrics.AUC(21, multi_label=True)
                np.testing.assert_allclose(
                    _result(metric, y_true, y_pred, w),
                    _ovr("macro", y_true, y_pred, w),
                    2e-6,
                )
                together = _result(metrics.AUC(21), y_true, y_pred, w)
                repeated = None if w is None else np.repeat(w, 3)
                wanted = peers.roc_auc_score(
                    y_true.ravel(), y_pred.ravel(), sample_weight=repeated
                )
                np.testing.assert_allclose(together, wanted, 2e-6)

    def test_many_thresholds_come_close_for_any_scores(self):
        rng = np.random.default_rng(0)
        y_true = rng.integers(0, 2, 500)
        logits = rng.normal(y_true, 1.5).astype("float32")
        metric = metrics.AUC(10_000, from_logits=True)
        np.testing.assert_allclose(
            _result(metric, y_true, logits),
            peers.roc_auc_score(y_true, logits),
            1e-3,
        )

    def test_correlations(self):
        rng = np.random.default_rng(0)
        y_true = rng.normal(size=(6, 9))
        y_pred = 2 * y_true + rng.normal(size=(6, 9)) + 1
        weight = rng.random(6)
        pearson = [np.corrcoef(*pair)[0, 1] for pair in zip(y_true, y_pred)]
        concordance = [
            2
            * np.cov(t, p, bias=True)[0, 1]
            / (t.var() + p.var() + (t.mean() - p.mean()) ** 2)
            for t, p in zip(y_true, y_pred)
        ]
        for cls, function, values in (
            (metrics.PearsonCorrelation, "pearson_correlation", pearson),
            (
                metrics.ConcordanceCorrelation,
                "concordance_correlation",
                concordance,
            ),
        ):
            got = _result(cls(), y_true, y_pred, weight)
            wanted = np.average(values, weights=weight)
            np.testing.assert_allclose(got, wanted, 2e-6)
            function = metrics.get(function)
            np.testing.assert_allclose(
                function(y_true.T, y_pred.T, axis=0), values, 2e-6
            )
            constant = function(tf.ones([2, 3]), tf.ones([2, 3]))
            np.testing.assert_array_equal(constant, [0, 0])
