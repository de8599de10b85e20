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
"""Tests of the areas and rates against scikit-learn."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics as sklearn_metrics

from tfk import metrics


def _sample(count=500):
    rng = np.random.default_rng(1)
    y_true = rng.integers(0, 2, count)
    # Scores between the thresholds, so that the curve is known exactly.
    y_pred = (rng.integers(0, 100, count) + 0.5) / 100
    y_pred = np.clip(0.7 * y_pred + 0.2 * y_true, 0, 1)
    return y_true, np.round(y_pred, 2) + 0.005


THRESHOLDS = [i / 100 for i in range(1, 100)]


class AUCTest:
    @pytest.mark.parametrize("weighted", [False, True])
    def test_roc_equals_sklearn(self, weighted):
        y_true, y_pred = _sample()
        weight = np.linspace(0.1, 2, 500) if weighted else None
        metric = metrics.AUC(thresholds=THRESHOLDS)
        for part in np.array_split(np.arange(500), 3):
            metric.update_state(
                y_true[part],
                y_pred[part],
                sample_weight=None if weight is None else weight[part],
            )
        expected = sklearn_metrics.roc_auc_score(
            y_true, y_pred, sample_weight=weight
        )
        np.testing.assert_allclose(metric.result(), expected, 1e-6)

    def test_minoring_and_majoring_enclose_average_precision(self):
        y_true, y_pred = _sample()
        results = []
        for method in ("minoring", "interpolation", "majoring"):
            metric = metrics.AUC(
                curve="PR", summation_method=method, thresholds=THRESHOLDS
            )
            metric.update_state(y_true, y_pred)
            results.append(float(metric.result()))
        assert results == sorted(results)
        expected = sklearn_metrics.average_precision_score(y_true, y_pred)
        assert results[0] < expected < results[2]

    def test_many_labels_equal_sklearn(self):
        rng = np.random.default_rng(2)
        y_true = rng.integers(0, 2, (200, 3))
        y_pred = (rng.integers(0, 100, (200, 3)) + 0.5) / 100
        metric = metrics.AUC(thresholds=THRESHOLDS, multi_label=True)
        metric.update_state(y_true, y_pred)
        expected = sklearn_metrics.roc_auc_score(y_true, y_pred, average=None)
        np.testing.assert_allclose(metric.result(), expected.mean(), 1e-6)
        with pytest.raises(ValueError, match=r"\(batch, 3\)"):
            metric.update_state(y_true[:, :2], y_pred[:, :2])

    @pytest.mark.parametrize("curve", ["ROC", "PR"])
    def test_degenerate_data_give_finite_areas(self, curve):
        for y_true, y_pred in (
            ([0, 0], [0.1, 0.9]),
            ([1, 1], [0.1, 0.9]),
            ([0, 1, 0, 1], [0.5] * 4),
            ([1], [1.0]),
            ([0], [0.0]),
        ):
            metric = metrics.AUC(curve=curve)
            assert 0 <= float(metric.result()) <= 1
            metric.update_state(y_true, y_pred)
            assert 0 <= float(metric.result()) <= 1
        metric = metrics.AUC()
        metric.update_state([0, 1, 0, 1], [0.5] * 4)
        assert float(metric.result()) == 0.5

    def test_probabilities_are_checked(self):
        for y_pred in ([2.0, 0.5], [-0.1, 0.5], [np.nan, 0.5]):
            with pytest.raises(
                tf.errors.InvalidArgumentError, match="from_logits=True"
            ):
                metrics.AUC().update_state([0, 1], y_pred)

    def test_arguments_are_checked(self):
        for kwargs, message in (
            ({"curve": "DET"}, "curve='DET'"),
            ({"summation_method": "mean"}, "'mean'"),
            ({"num_thresholds": 1}, "num_thresholds=1"),
            ({"thresholds": [0.5, 1.5]}, "1.5"),
            ({"num_labels": 3}, "multi_label"),
        ):
            with pytest.raises(ValueError, match=message):
                metrics.AUC(**kwargs)

    def test_runs_in_a_graph_and_under_xla(self):
        y_true, y_pred = _sample()
        expected = metrics.AUC()(y_true, y_pred)
        metric = metrics.AUC()
        tf.function(metric.update_state)(y_true, y_pred)
        np.testing.assert_allclose(metric.result(), expected)
        metric.reset_state()
        tf.function(metric.update_state, jit_compile=True)(
            tf.constant(y_true), tf.constant(y_pred)
        )
        np.testing.assert_allclose(metric.result(), expected)


class RatesTest:
    @pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
    def test_precision_and_recall_equal_sklearn(self, threshold):
        y_true, y_pred = _sample()
        weight = np.linspace(0.1, 2, 500)
        for metric, function in (
            (metrics.Precision, sklearn_metrics.precision_score),
            (metrics.Recall, sklearn_metrics.recall_score),
        ):
            for w in (None, weight):
                got = metric(thresholds=threshold)(
                    y_true, y_pred, sample_weight=w
                )
                expected = function(y_true, y_pred > threshold, sample_weight=w)
                np.testing.assert_allclose(got, expected, 1e-6)

    def test_counts_equal_the_confusion_matrix(self):
        y_true, y_pred = _sample()
        expected = sklearn_metrics.confusion_matrix(y_true, y_pred > 0.5)
        got = [
            float(metric()(y_true, y_pred))
            for metric in (
                metrics.TrueNegatives,
                metrics.FalsePositives,
                metrics.FalseNegatives,
                metrics.TruePositives,
            )
        ]
        assert got == expected.ravel().tolist()

    def test_a_prediction_at_the_threshold_is_negative(self):
        metric = metrics.TruePositives(thresholds=[0.5, 0.25, 0.0])
        metric.update_state([1, 1, 1, 1], [0.5, 0.25, 0.0, 1.0])
        assert metric.result().numpy().tolist() == [1, 2, 3]

    def test_nothing_predicted_or_labelled_gives_zero(self):
        assert float(metrics.Precision()([1, 0], [0.1, 0.1])) == 0.0
        assert float(metrics.Recall()([0, 0], [0.9, 0.1])) == 0.0

    def test_arguments_are_checked(self):
        with pytest.raises(ValueError, match=r"thresholds=\[1.5\]"):
            metrics.Precision(thresholds=1.5)
        with pytest.raises(ValueError, match="specificity=2"):
            metrics.SensitivityAtSpecificity(2)
        with pytest.raises(ValueError, match="num_thresholds=0"):
            metrics.RecallAtPrecision(0.5, num_thresholds=0)
