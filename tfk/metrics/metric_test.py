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
"""Tests of the base class, as users' metrics meet it."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import metrics
from tfk.testing import strategies


class Share(metrics.Metric):
    """A metric with variables made in three ways."""

    def __init__(self, label=1, name="share", **kwargs):
        super().__init__(name=name, **kwargs)
        self.label = label
        self.hits = self.add_weight("hits", initializer="zeros")
        self.seen = tf.Variable(0.0, trainable=False)
        self.lazy = None

    def update_state(self, y_true, y_pred, sample_weight=None, scale=1.0):
        if self.lazy is None:
            self.lazy = self.add_weight("lazy", shape=(2,), dtype="int32")
        hits = tf.equal(tf.cast(y_true, tf.int32), self.label)
        self.hits.assign_add(scale * tf.reduce_sum(tf.cast(hits, self.dtype)))
        self.seen.assign_add(tf.cast(tf.size(y_true), tf.float32))
        self.lazy.assign_add([1, 2])

    def result(self):
        return tf.math.divide_no_nan(self.hits, self.seen)


class MetricTest:
    def test_subclass_works_eager_and_compiled(self):
        metric = Share(label=2)
        update = tf.function(metric.update_state)
        update(tf.constant([2, 2, 3, 4]), tf.zeros([4]))
        update(tf.constant([2, 2, 3, 4]), tf.zeros([4]))
        assert float(metric.result()) == 0.5
        np.testing.assert_allclose(metric([2.0], [0.0], scale=2.0), 6 / 9)
        assert metric.lazy.numpy().tolist() == [3, 6]
        assert len(metric.variables) == 3
        metric.reset_states()
        assert float(metric.result()) == 0.0
        assert metric.get_config() == {
            "label": 2,
            "name": "share",
            "dtype": "float32",
        }
        assert Share.from_config(metric.get_config()).label == 2

    def test_call_updates_and_reads_in_one_trace(self):
        metric = metrics.Mean()
        compiled = tf.function(lambda x: metric(x))
        assert float(compiled(tf.constant([1.0, 3.0]))) == 2.0
        assert float(compiled(tf.constant([5.0, 7.0]))) == 4.0

    def test_is_no_module_and_has_nothing_to_train(self):
        metric = metrics.Mean()
        assert not isinstance(metric, tf.Module)
        assert metric.trainable_variables == metric.trainable_weights == []
        assert metric.variables == metric.weights
        assert metric.variables == metric.non_trainable_variables
        assert metric.variables == metric.non_trainable_weights
        assert metric.stateful

    def test_nested_metrics_are_part_of_it(self):
        class Both(metrics.Metric):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.parts = [metrics.Mean(), metrics.Sum()]
                self.more = {"a": metrics.Mean()}

            def update_state(self, values):
                for part in [*self.parts, self.more["a"]]:
                    part.update_state(values)

            def result(self):
                return {"mean": self.parts[0].result()}

        both = Both(name="both")
        both.update_state([1.0, 2.0])
        assert len(both.variables) == 5
        both.reset_state()
        assert float(both.parts[1].result()) == 0.0

    def test_names_are_unique_and_dtype_is_kept(self):
        first, second = metrics.AUC(), metrics.AUC()
        assert first.name != second.name and first.name.startswith("auc")
        metric = metrics.Mean(name="m", dtype=tf.float64)
        assert metric.dtype == "float64"
        assert metric([1.0]).dtype == tf.float64
        with pytest.raises(TypeError, match="inital"):
            metrics.Metric(inital=1)

    def test_metrics_that_do_not_match_are_not_merged(self):
        with pytest.raises(ValueError, match="can't be merged"):
            metrics.Mean().merge_state([metrics.Sum()])
        with pytest.raises(ValueError, match="2 variables"):
            metrics.Mean().load_own_variables({"0": 1.0})

    def test_old_name_of_reset_is_honoured(self):
        class Old(metrics.Sum):
            def reset_states(self):
                self.total.assign(-1.0)

        old = Old()
        old.reset_state()
        assert float(old.result()) == -1.0

    def test_checkpoint_restores_the_state(self, tmp_path):
        metric, other = metrics.Mean(), metrics.Mean()
        metric.update_state([1.0, 5.0])
        path = tf.train.Checkpoint(metric=metric).save(str(tmp_path / "c"))
        status = tf.train.Checkpoint(metric=other).restore(path)
        status.assert_existing_objects_matched()
        assert float(other.result()) == 3.0

    def test_weights_made_in_replicas_are_lifted(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            metric = metrics.AUC(multi_label=True)

            @tf.function
            def step():
                strategy.run(
                    metric.update_state,
                    args=([[0, 1], [1, 0]], [[0.1, 0.8], [0.7, 0.2]]),
                )

            step()
        assert metric.variables[0].shape == (200, 2)
        np.testing.assert_allclose(metric.result(), 1.0)


class MeanTest:
    def test_weighted_mean_of_all_batches(self):
        rng = np.random.default_rng(0)
        metric, values, weights = metrics.Mean(), [], []
        for size in (3, 5, 1):
            batch = rng.normal(size=(size, 2))
            weight = rng.uniform(size=size)
            metric.update_state(batch, weight)
            values.append(batch.ravel())
            weights.append(np.repeat(weight, 2))
        expected = np.average(np.hstack(values), weights=np.hstack(weights))
        np.testing.assert_allclose(metric.result(), expected, 1e-5)

    def test_sum_and_ragged_values(self):
        total, mean = metrics.Sum(), metrics.Mean()
        values = tf.ragged.constant([[1.0, 2.0], [5.0]])
        for metric in (total, mean):
            metric.update_state(values, sample_weight=[1.0, 3.0])
        assert float(total.result()) == 18.0
        np.testing.assert_allclose(mean.result(), 18 / 5)

    def test_mean_tensor(self):
        metric = metrics.MeanTensor()
        with pytest.raises(ValueError, match="before its first"):
            metric.result()
        metric.update_state([[1.0, 2.0]], sample_weight=0.5)
        metric.update_state([[4.0, 8.0]], sample_weight=[[0.5, 0.0]])
        assert metric.result().numpy().tolist() == [[2.5, 2.0]]
        with pytest.raises(ValueError, match="one shape"):
            metric.update_state([1.0])
        assert metrics.MeanTensor(shape=(3,)).total.shape == (3,)
        metric.reset_state()
        assert metric.result().numpy().tolist() == [[0.0, 0.0]]


def largest_error(y_true, y_pred, scale=1.0):
    return scale * tf.reduce_max(tf.abs(y_true - y_pred), axis=-1)


class MeanMetricWrapperTest:
    def test_users_function_and_its_config(self):
        metric = metrics.MeanMetricWrapper(largest_error, "worst", scale=2.0)
        metric.update_state(np.array([[1, 2]]), np.array([[1.0, 4.0]]))
        assert float(metric.result()) == 4.0
        config = metrics.serialize(metric)
        again = metrics.deserialize(config, {"largest_error": largest_error})
        assert again.get_config() == metric.get_config()
        builtin = metrics.MeanMetricWrapper(metrics.binary_accuracy, "b")
        assert builtin.get_config()["fn"] == "binary_accuracy"
        assert metrics.deserialize(metrics.serialize(builtin)).name == "b"

    def test_arguments_may_be_called_like_properties(self):
        def weighted(y_true, y_pred, weights):
            return tf.reduce_sum(weights * tf.abs(y_true - y_pred), -1)

        metric = metrics.MeanMetricWrapper(weighted, weights=[1.0, 0.0])
        metric.update_state([[0.0, 0.0]], [[3.0, 4.0]])
        assert float(metric.result()) == 3.0
        assert metric.get_config()["weights"] == [1.0, 0.0]

    def test_large_class_numbers_are_not_rounded(self):
        metric = metrics.SparseCategoricalAccuracy()
        metric.update_state([2**24 + 1], [[0.0, 1.0]])
        assert float(metric.result()) == 0.0
