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
"""Schedules against tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import optimizers
from tfk.optimizers import schedules

SCHEDULES = {
    "exponential": ("ExponentialDecay", (0.1, 10, 0.7), {}),
    "exponential_stairs": (
        "ExponentialDecay",
        (0.1, 10, 0.7),
        {"staircase": True},
    ),
    "inverse": ("InverseTimeDecay", (0.1, 10, 0.7), {}),
    "inverse_stairs": ("InverseTimeDecay", (0.1, 10, 0.7, True), {}),
    "piecewise": ("PiecewiseConstantDecay", ([5, 12], [0.3, 0.2, 0.1]), {}),
    "polynomial": ("PolynomialDecay", (0.1, 15, 0.01), {"power": 2.0}),
    "polynomial_cycle": ("PolynomialDecay", (0.1, 7), {"cycle": True}),
    "cosine": ("CosineDecay", (0.1, 15), {"alpha": 0.1}),
    "cosine_warmup": (
        "CosineDecay",
        (0.1, 15),
        {"warmup_target": 0.5, "warmup_steps": 6},
    ),
    "restarts": ("CosineDecayRestarts", (0.1, 6), {"alpha": 0.1}),
    "restarts_even": (
        "CosineDecayRestarts",
        (0.1, 6),
        {"t_mul": 1.0, "m_mul": 0.5},
    ),
}


def both(key):
    name, args, kwargs = SCHEDULES[key]
    return (
        getattr(schedules, name)(*args, **kwargs),
        getattr(tf_keras.optimizers.schedules, name)(*args, **kwargs),
    )


class SchedulesTest:
    @pytest.mark.parametrize("key", SCHEDULES)
    def test_rates_are_those_of_keras(self, key):
        ours, theirs = both(key)
        graph = tf.function(ours)
        for step in range(30):
            expected = theirs(tf.constant(step, tf.int64))
            np.testing.assert_allclose(ours(step), expected, rtol=1e-5)
            np.testing.assert_allclose(
                graph(tf.constant(step, tf.int64)), expected, rtol=1e-5
            )

    @pytest.mark.parametrize("key", SCHEDULES)
    def test_config_is_read_here_and_by_keras(self, key):
        ours, theirs = both(key)
        config = schedules.serialize(ours)
        assert config == tf_keras.optimizers.schedules.serialize(theirs)
        for package in (schedules, tf_keras.optimizers.schedules):
            revived = package.deserialize(config)
            assert revived.get_config() == ours.get_config()
        legacy = schedules.serialize(ours, use_legacy_format=True)
        assert schedules.deserialize(legacy).get_config() == ours.get_config()

    @pytest.mark.parametrize("key", SCHEDULES)
    def test_optimizers_follow_every_schedule_as_in_keras(self, key):
        ours, theirs = both(key)
        variables = [tf.Variable(0.0), tf.Variable(0.0)]
        optimizer = optimizers.SGD(ours)
        oracle = tf_keras.optimizers.SGD(theirs)

        @tf.function
        def step():
            optimizer.apply_gradients([(tf.constant(1.0), variables[0])])

        optimizer.build(variables[:1])
        for _ in range(16):
            step()
            oracle.apply_gradients([(tf.constant(1.0), variables[1])])
            np.testing.assert_allclose(
                optimizer.learning_rate, oracle.learning_rate, rtol=1e-5
            )
        np.testing.assert_allclose(*variables, rtol=1e-5)
        config = optimizers.serialize(optimizer)
        expected = tf_keras.optimizers.serialize(oracle)["config"]
        assert config["config"]["learning_rate"] == expected["learning_rate"]
        for package in (optimizers, tf_keras.optimizers):
            revived = package.deserialize(config)
            again = revived.get_config()["learning_rate"]
            assert again == expected["learning_rate"]

    def test_optimizer_follows_a_schedule(self):
        schedule = schedules.PiecewiseConstantDecay([0], [1.0, 0.25])
        optimizer = optimizers.SGD(schedule)
        assert float(optimizer.lr) == 1.0
        variable = tf.Variable(0.0)
        for expected in (-1.0, -1.25, -1.5):
            optimizer.apply_gradients([(tf.constant(1.0), variable)])
            assert float(variable) == expected
        assert float(optimizer.learning_rate) == 0.25
        config = optimizers.serialize(optimizer)
        revived = optimizers.deserialize(config)
        assert float(revived.learning_rate) == 1.0
        assert optimizers.serialize(revived) == config
        with pytest.raises(TypeError, match="another schedule"):
            optimizer.learning_rate = 0.1
        optimizer.learning_rate = schedules.PiecewiseConstantDecay([9], [2, 3])
        assert float(optimizer.learning_rate) == 2.0

    def test_optimizer_takes_a_function_as_learning_rate(self):
        rate = tf.Variable(1.0)
        optimizer = optimizers.SGD(lambda: rate / 2)
        variable = tf.Variable(0.0)
        optimizer.build([variable])

        @tf.function
        def step():
            optimizer.apply_gradients([(tf.constant(1.0), variable)])

        step()
        rate.assign(4.0)
        step()
        assert float(variable) == -2.5
        assert float(optimizer.learning_rate) == 2.0
        assert optimizer.get_config()["learning_rate"] == 2.0

    def test_own_schedule_is_configured_by_its_constructor(self):
        class Constant(schedules.LearningRateSchedule):
            def __init__(self, rate):
                self.rate = rate

            def __call__(self, step):
                return self.rate

        optimizer = optimizers.Adam(Constant(0.5))
        config = optimizers.serialize(optimizer)
        revived = optimizers.deserialize(
            config, custom_objects={"Constant": Constant}
        )
        assert float(revived.learning_rate) == 0.5

    def test_bad_schedules_are_named(self):
        with pytest.raises(ValueError, match="one number more"):
            schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2])
        with pytest.raises(NotImplementedError, match="__call__"):
            schedules.LearningRateSchedule()(1)
