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
"""Tests of metrics that are written in Python."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics as peers

import tfk
from tfk.metrics import experimental
from tfk.testing import small_models
from tfk.testing import strategies


class Jaccard(experimental.PyMetric):
    """A mean over batches, of a function of another library."""

    def __init__(self, average="macro", name="jaccard", **kwargs):
        self.average = average
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        assert tf.executing_eagerly()
        self.sum += peers.jaccard_score(
            y_true.numpy(),
            np.asarray(y_pred) > 0.5,
            average=self.average,
            sample_weight=sample_weight,
        )
        self.count += 1

    def reset_state(self):
        self.sum, self.count = 0.0, 0

    def result(self):
        return self.sum / self.count if self.count else 0.0


class PyMetricTest:
    def test_runs_eager_and_in_graphs(self):
        y_true, y_pred = np.array([0, 1, 1]), np.array([0.3, 0.7, 0.2])
        wanted = peers.jaccard_score(y_true, y_pred > 0.5, average="macro")
        metric = Jaccard()
        metric.update_state(y_true, y_pred)
        np.testing.assert_allclose(metric.result(), wanted, 1e-6)
        assert metric.result().dtype == tf.float32

        @tf.function
        def step(y_true, y_pred, weight):
            metric.update_state(y_true, y_pred)
            first = metric.result()
            metric.reset_state()
            metric.update_state(y_true, y_pred, sample_weight=weight)
            return first, metric.result()

        weight = tf.constant([1.0, 2.0, 0.5])
        first, second = step(tf.constant(y_true), tf.constant(y_pred), weight)
        np.testing.assert_allclose(first, wanted, 1e-6)
        weighted = peers.jaccard_score(
            y_true, y_pred > 0.5, average="macro", sample_weight=weight
        )
        np.testing.assert_allclose(second, weighted, 1e-6)
        assert metric.count == 1

    def test_serves_in_fit_and_evaluate(self):
        x = np.linspace(0, 1, 12, dtype="float32")[:, None]
        y = (x > 0.3).astype("int32")
        model = small_models.around(tfk.layers.Identity(), x)
        model.compile("sgd", "mse", metrics=[Jaccard(), "mae"])
        logs = model.evaluate(x, y, batch_size=12, verbose=0, return_dict=True)
        wanted = peers.jaccard_score(y, x > 0.5, average="macro")
        np.testing.assert_allclose(logs["jaccard"], wanted, 1e-6)
        history = model.fit(
            x, y, batch_size=6, epochs=2, shuffle=False, verbose=0
        ).history
        assert len(set(history["jaccard"])) == 1
        assert model.metrics[1].count == 2

    def test_config_holds_the_arguments(self):
        metric = Jaccard(average="micro", dtype="float64")
        again = Jaccard.from_config(metric.get_config())
        assert again.get_config() == {
            "average": "micro",
            "name": "jaccard",
            "dtype": "float64",
        }

    def test_all_replicas_update_one_state(self):
        strategy = strategies.two_replicas()
        y = np.array([0, 1, 1, 0])
        with strategy.scope():
            metric = Jaccard()
        step = tf.function(lambda *x: strategy.run(metric.update_state, x))
        step(*strategies.split(strategy, y, y.astype("float32")))
        assert metric.count == 2 and float(metric.result()) == 1.0

    def test_what_it_cannot_do_is_said(self):
        metric = Jaccard()
        with pytest.raises(NotImplementedError, match="`merge_state`"):
            metric.merge_state([Jaccard()])
        with pytest.raises(NotImplementedError, match="`reset_state`"):
            experimental.PyMetric()
        compiled = tf.function(metric.update_state, jit_compile=True)
        with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
            compiled(tf.constant([1]), tf.constant([1.0]))
        model = tfk.Sequential([tfk.layers.Dense(1)])
        with pytest.raises(ValueError, match="XLA can't compile.*Jaccard"):
            model.compile("sgd", "mse", metrics=[metric], jit_compile=True)
