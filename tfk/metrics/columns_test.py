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
"""Tests of F-scores, R2 and IoU against scikit-learn, and of their limits."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from tfk import metrics


class FScoreTest:
    @pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
    def test_equals_sklearn(self, average):
        rng = np.random.default_rng(0)
        y_true = rng.integers(0, 2, (50, 3))
        y_pred = rng.uniform(size=(50, 3)).astype("float32")
        weight = rng.uniform(size=50)
        metric = metrics.FBetaScore(average=average, beta=0.5, threshold=0.4)
        metric.update_state(y_true, y_pred, sample_weight=weight)
        expected = sklearn_metrics.fbeta_score(
            y_true,
            y_pred > 0.4,
            beta=0.5,
            average=average,
            sample_weight=weight,
        )
        np.testing.assert_allclose(metric.result(), expected, 1e-5)

    def test_arguments_and_shapes_are_checked(self):
        for kwargs in ({"average": "mean"}, {"beta": 0}, {"threshold": 2}):
            with pytest.raises(ValueError, match="Received"):
                metrics.FBetaScore(**kwargs)
        with pytest.raises(ValueError, match="num_outputs"):
            metrics.F1Score().update_state([1, 0], [0.5, 0.5])
        with pytest.raises(ValueError, match="before its first"):
            metrics.F1Score().result()


class R2ScoreTest:
    def test_equals_sklearn_also_on_degenerate_data(self):
        rng = np.random.default_rng(0)
        for y_true, y_pred in (
            (rng.normal(size=(9, 2)), rng.normal(size=(9, 2))),
            (np.ones((3, 1)), np.ones((3, 1))),
            (np.ones((3, 1)), np.array([[1.0], [2.0], [1.0]])),
        ):
            got = metrics.R2Score()(y_true, y_pred)
            expected = sklearn_metrics.r2_score(y_true, y_pred)
            np.testing.assert_allclose(got, expected, 1e-5)

    def test_adjusted_score(self):
        rng = np.random.default_rng(0)
        y_true, y_pred = rng.normal(size=(2, 9, 1))
        plain = float(metrics.R2Score()(y_true, y_pred))
        got = metrics.R2Score(num_regressors=3)(y_true, y_pred)
        np.testing.assert_allclose(got, 1 - (1 - plain) * 8 / 5, 1e-5)
        with pytest.raises(ValueError, match="num_regressors=-1"):
            metrics.R2Score(num_regressors=-1)


class IoUTest:
    def test_equals_sklearn(self):
        rng = np.random.default_rng(0)
        y_true, y_pred = rng.integers(0, 3, (2, 4, 5, 5))
        weight = rng.uniform(size=4)
        metric = metrics.MeanIoU(3, ignore_class=255)
        labels = y_true.copy()
        labels[:, 0] = 255
        metric.update_state(labels, y_pred, sample_weight=weight)
        expected = sklearn_metrics.jaccard_score(
            y_true[:, 1:].ravel(),
            y_pred[:, 1:].ravel(),
            average="macro",
            sample_weight=np.repeat(weight, 20),
        )
        np.testing.assert_allclose(metric.result(), expected, 1e-5)

    def test_class_ids_are_checked(self):
        with pytest.raises(ValueError, match="from 0 to 1"):
            metrics.IoU(2, [2])
