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
"""Metrics of data at the edges: results of tf_keras, or finite ones."""

import numpy as np
import pytest
import tf_keras

from tfk import metrics
from tfk.metrics import metrics_test

CLASSES = metrics_test.CLASSES


def _edges(name, rng):
    """Yields `(what, y_true, y_pred, weight)` of one kind of metric."""
    y_true, y_pred = metrics_test.make_data(name, batch=6)
    n = len(y_true)
    weight = np.linspace(0, 1, n).astype("float32")
    yield "one sample", y_true[:1], y_pred[:1], None
    yield "zero weights", y_true, y_pred, np.zeros(n, "float32")
    yield "small weights", y_true, y_pred, 1e-6 * weight
    yield "equal targets", np.repeat(y_true[:1], n, 0), y_pred, None
    yield "equal scores", y_true, np.repeat(y_pred[:1], n, 0), weight
    if "Sparse" in name:
        perfect = np.eye(CLASSES, dtype="float32")[y_true]
    else:
        perfect = y_true.astype("float32")
    yield "perfect", y_true, perfect, None
    if metrics_test.TABLE[name][0] is not metrics_test._numbers:
        yield "inverted", y_true, 1 - perfect, weight
        yield "same everywhere", y_true, np.full_like(y_pred, 0.5), None
        grid = rng.integers(0, 11, y_pred.shape).astype("float32")
        if metrics_test.TABLE[name][0] is not metrics_test._equal_or_not:
            yield "on thresholds", y_true, grid / np.float32(10), None
    if metrics_test.TABLE[name][0] in (
        metrics_test._labels,
        metrics_test._equal_or_not,
    ):
        yield "all negative", np.zeros_like(y_true), y_pred, None
        yield "all positive", np.ones_like(y_true), y_pred, weight
        column = np.array([1, 0, 0, 1])
        yield "empty column", y_true * column, y_pred, None


# Without variance, tf_keras divides by 0 or by what rounding left of it.
DIFFERENT = {"R2Score": ("one sample", "zero weights", "equal targets")}


class DegenerateDataTest:
    @pytest.mark.parametrize("name, kwargs", metrics_test.PEER_CASES)
    def test_results_equal_tf_keras(self, name, kwargs):
        wrong = []
        for what, y_true, y_pred, weight in _edges(
            name, np.random.default_rng(3)
        ):
            if weight is not None and name in metrics_test.FULL_WEIGHTS:
                peer_weight = np.broadcast_to(weight[:, None], y_true.shape)
            else:
                peer_weight = weight
            own = getattr(metrics, name)(**kwargs)
            peer = getattr(tf_keras.metrics, name)(**kwargs)
            own.update_state(y_true, y_pred, sample_weight=weight)
            peer.update_state(y_true, y_pred, sample_weight=peer_weight)
            result, wanted = own.result().numpy(), peer.result().numpy()
            assert np.all(np.isfinite(result)), what
            if what not in DIFFERENT.get(name, ()) and not np.allclose(
                result, wanted, 2e-6, 1e-6
            ):
                wrong.append((what, result, wanted))
        assert not wrong

    @pytest.mark.parametrize("name, kwargs", metrics_test.CASES)
    def test_empty_batches_change_nothing(self, name, kwargs):
        y_true, y_pred = metrics_test.make_data(name)
        metric, empty = (getattr(metrics, name)(**kwargs) for _ in range(2))
        metric.update_state(y_true, y_pred)
        before = [v.numpy() for v in metric.variables]
        for m in (metric, empty):
            m.update_state(y_true[:0], y_pred[:0])
            m.update_state(y_true[:0], y_pred[:0], sample_weight=np.ones(0))
        for variable, value in zip(metric.variables, before):
            np.testing.assert_array_equal(variable, value)
        assert np.all(np.isfinite(empty.result()))
