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
"""The state of metrics: merged, saved and restored at any time."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import metrics
from tfk.metrics import metrics_test
from tfk.testing import small_models

# Those that make variables in their first update.
LAZY = {
    "AUC": {"multi_label": True},
    "F1Score": {},
    "FBetaScore": {"average": "macro"},
    "R2Score": {"class_aggregation": None},
    "MeanTensor": {},
}
lazy = pytest.mark.parametrize("name, kwargs", LAZY.items(), ids=list(LAZY))


def _updated(name, kwargs, seed=1):
    metric = getattr(metrics, name)(**kwargs)
    _update(metric, name, seed)
    return metric


def _update(metric, name, seed=1):
    if name == "MeanTensor":
        metric.update_state(np.random.default_rng(seed).random((2, 3)))
    else:
        metric.update_state(*metrics_test.make_data(name, seed=seed))


class LazyStateTest:
    @lazy
    def test_fresh_metric_takes_a_state_over(self, name, kwargs):
        metric, other = _updated(name, kwargs), _updated(name, kwargs, seed=2)
        merged, loaded, restored, fresh = (
            getattr(metrics, name)(**kwargs) for _ in range(4)
        )
        merged.merge_state([metric])
        store = {}
        metric.save_own_variables(store)
        loaded.load_own_variables(store)
        for copy in (merged, loaded):
            np.testing.assert_array_equal(copy.result(), metric.result())
        wanted = _updated(name, kwargs)
        _update(wanted, name, seed=2)
        merged.merge_state([fresh, other])
        np.testing.assert_allclose(merged.result(), wanted.result(), 1e-6)
        _update(loaded, name, seed=2)
        np.testing.assert_allclose(loaded.result(), wanted.result(), 1e-6)
        assert [v.shape for v in merged.variables] == [
            v.shape for v in metric.variables
        ]

    @lazy
    def test_checkpoint_waits_for_the_variables(self, name, kwargs, tmp_path):
        metric, restored = _updated(name, kwargs), getattr(metrics, name)(
            **kwargs
        )
        path = tf.train.Checkpoint(metric=metric).save(str(tmp_path / "c"))
        tf.train.Checkpoint(metric=restored).restore(path)
        _update(restored, name, seed=2)
        _update(metric, name, seed=2)
        np.testing.assert_allclose(restored.result(), metric.result(), 1e-6)

    @lazy
    def test_untouched_metric_says_what_is_missing(self, name, kwargs):
        metric = getattr(metrics, name)(**kwargs)
        metric.reset_state()
        with pytest.raises(ValueError, match="no result before its first"):
            metric.result()
        store = {}
        metric.save_own_variables(store)
        getattr(metrics, name)(**kwargs).load_own_variables(store)

    def test_other_states_are_refused_before_anything_changes(self):
        metric = _updated("F1Score", {})
        before = metric.result().numpy()
        store = {}
        metrics.AUC(3).save_own_variables(store)
        with pytest.raises(ValueError, match=r"4 variables of shapes.*\(3,\)"):
            metric.load_own_variables(store)
        with pytest.raises(ValueError, match="can't be merged"):
            metric.merge_state([metrics.AUC(3)])
        with pytest.raises(ValueError, match="can't be merged"):
            metrics.F1Score().merge_state([metrics.Mean()])
        np.testing.assert_array_equal(metric.result(), before)

    def test_model_file_restores_lazy_metrics(self, tmp_path):
        y_pred = np.eye(3, dtype="float32")[[0, 1, 2, 1]]
        model = small_models.around(tfk.layers.Identity(), y_pred)
        model.compile("sgd", "mse", metrics=[metrics.F1Score(name="f1")])
        y_true = np.eye(3, dtype="float32")[[0, 1, 1, 1]]
        model.evaluate(y_pred, y_true, verbose=0)
        path = str(tmp_path / "m.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        before, after = (
            m.evaluate(y_pred, y_true, verbose=0, return_dict=True)
            for m in (model, again)
        )
        np.testing.assert_allclose(after["f1"], before["f1"])


class CountTest:
    def test_float32_counts_grow_by_batches_far_beyond_their_digits(self):
        y = np.ones((32, 1), "float32")
        for metric in (metrics.BinaryAccuracy(), metrics.Mean()):
            for variable in metric.variables:
                variable.assign(2.0**28)
            args = (
                (y, y) if isinstance(metric, metrics.BinaryAccuracy) else (y,)
            )
            metric.update_state(*args)
            assert float(metric.count) == 2.0**28 + 32

    def test_float64_counts_every_sample(self):
        for metric in (
            metrics.TruePositives(dtype="float64"),
            metrics.AUC(3, dtype="float64"),
            metrics.MeanIoU(2, dtype="float64"),
            metrics.BinaryAccuracy(dtype="float64"),
        ):
            for variable in metric.variables:
                variable.assign(
                    tf.fill(variable.shape, tf.constant(2.0**30, tf.float64))
                )
            metric.update_state([[1]], [[1.0]])
            assert max(np.max(v) for v in metric.variables) == 2.0**30 + 1
