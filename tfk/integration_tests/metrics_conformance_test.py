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
"""What every metric can do, one test a row of the conformance table."""

import json

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import conformance
from tfk.testing import small_models
from tfk.testing import strategies


def metric_params(check):
    return pytest.mark.parametrize(
        "case", conformance.params(conformance.METRICS, check)
    )


def halves(case):
    return ([x[:2] for x in case.arguments], [x[2:] for x in case.arguments])


def result_of_halves(case, metric):
    for half in halves(case):
        metric.update_state(*half)
    return metric.result().numpy()


class MetricConformanceTest:
    @metric_params("config")
    def test_config_survives_json(self, case):
        metric = case.make()
        config = json.loads(json.dumps(tfk.metrics.serialize(metric)))
        for again in (
            tfk.metrics.deserialize(config),
            type(metric).from_config(metric.get_config()),
        ):
            assert type(again) is type(metric)
            assert again.get_config() == metric.get_config()
            np.testing.assert_array_equal(
                result_of_halves(case, again),
                result_of_halves(case, case.make()),
            )

    @pytest.mark.parametrize("jit_compile", [None, True], ids=["graph", "xla"])
    @metric_params("xla")
    def test_compiled_updates_equal_eager_ones(self, case, jit_compile):
        metric = case.make()
        wanted = result_of_halves(case, case.make())

        @tf.function(jit_compile=jit_compile)
        def update_and_read(*arguments):
            metric.update_state(*arguments)
            return metric.result()

        for _ in range(2):
            for half in halves(case):
                result = update_and_read(*map(tf.constant, half))
            np.testing.assert_allclose(result, wanted, 1e-5, 1e-6)
            np.testing.assert_allclose(metric.result(), wanted, 1e-5, 1e-6)
            metric.reset_state()

    @metric_params("function")
    def test_one_trace_serves_all_batch_sizes(self, case):
        metric, traces = case.make(), []
        # The variables of some are made by the first update.
        metric.update_state(*case.arguments)
        metric.reset_state()

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, *x.shape[1:]), x.dtype)
                for x in case.arguments
            ]
        )
        def update(*arguments):
            traces.append(arguments)
            metric.update_state(*arguments)

        for part in (slice(0, 3), slice(3, 4)):
            update(*[x[part] for x in case.arguments])
        whole = case.make()
        whole.update_state(*case.arguments)
        np.testing.assert_allclose(metric.result(), whole.result(), 1e-5, 1e-6)
        assert len(traces) == 1

    @metric_params("compile_by_name")
    def test_names_in_compile_stand_for_the_metric(self, case):
        y_true, y_pred = case.arguments
        metric = getattr(tfk.metrics, case.name)()
        metric.update_state(y_true, y_pred)
        model = small_models.around(tfk.layers.Identity(), y_pred)
        model.compile("sgd", metrics=[case.name])
        logs = model.evaluate(
            y_pred, y_true, batch_size=2, verbose=0, return_dict=True
        )
        (value,) = [logs[name] for name in logs if name != "loss"]
        np.testing.assert_allclose(value, metric.result(), 1e-5, 1e-6)

    @metric_params("replicas")
    def test_replicas_give_the_result_of_one(self, case):
        strategy = strategies.two_replicas()
        with strategy.scope():
            metric = case.make()
        update = tf.function(lambda *x: strategy.run(metric.update_state, x))
        update(*strategies.split(strategy, *case.arguments))
        wanted = result_of_halves(case, case.make())
        np.testing.assert_allclose(metric.result(), wanted, 1e-5, 1e-6)

    @metric_params("weights")
    def test_states_merge_and_restore(self, case):
        first, second, restored = case.make(), case.make(), case.make()
        wanted = result_of_halves(case, case.make())
        for metric, half in zip((first, second), halves(case)):
            metric.update_state(*half)
        restored.update_state(*halves(case)[0])
        first.merge_state([second])
        np.testing.assert_allclose(first.result(), wanted, 1e-5, 1e-6)
        store = {}
        first.save_own_variables(store)
        restored.load_own_variables(store)
        np.testing.assert_array_equal(restored.result(), first.result())
