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
"""Tests of slots that decay without a look at all rows."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies

ROWS, WIDTH, STEPS = 5, 2, 300
RATE, EPSILON = 0.01, 1e-7


def gradients(steps=STEPS):
    """Returns for each step the used rows, of which some repeat, and values."""
    random = np.random.RandomState(0)
    return [
        (random.randint(0, ROWS, 3), random.normal(size=(3, WIDTH)))
        for _ in range(steps)
    ]


def table():
    return tf.Variable(np.ones((ROWS, WIDTH)), dtype=tf.float64)


def apply(optimizer, variable, rows, values):
    gradient = tf.IndexedSlices(
        tf.cast(values, variable.dtype), rows, (ROWS, WIDTH)
    )
    optimizer.apply_gradients([(gradient, variable)])


def by_numpy(rho, centered, steps):
    weights = np.ones((ROWS, WIDTH))
    velocity, mean = np.zeros_like(weights), np.zeros_like(weights)
    for rows, values in steps:
        gradient = np.zeros_like(weights)
        np.add.at(gradient, rows, values)
        velocity = rho * velocity + (1 - rho) * gradient**2
        mean = rho * mean + (1 - rho) * gradient
        variance = velocity - mean**2 if centered else velocity
        weights -= RATE * gradient / np.sqrt(variance + EPSILON)
    return weights, velocity


class LazyDecayTest:
    @pytest.mark.parametrize("centered", [False, True])
    # Rows shrink at once, lazily in a few rounds, and lazily throughout.
    @pytest.mark.parametrize("rho", [0.3, 0.7, 0.99])
    def test_values_are_those_of_the_rule(self, rho, centered):
        optimizer = tfk.optimizers.RMSprop(RATE, rho, centered=centered)
        variable = table()
        optimizer.build([variable])
        step = tf.function(
            lambda rows, values: apply(optimizer, variable, rows, values)
        )
        for rows, values in gradients():
            step(tf.constant(rows), tf.constant(values))
        weights, velocity = by_numpy(rho, centered, gradients())
        np.testing.assert_allclose(variable, weights, 1e-6)
        np.testing.assert_allclose(optimizer.variables[1], velocity, 1e-6)

    @pytest.mark.parametrize("first", ["dense", "sparse"])
    def test_dense_and_sparse_gradients_may_alternate(self, first):
        optimizer, variable = tfk.optimizers.RMSprop(RATE), table()
        steps = gradients(20)
        for i, (rows, values) in enumerate(steps):
            if (i % 2 == 0) == (first == "sparse"):
                apply(optimizer, variable, rows, values)
                continue
            dense = np.zeros((ROWS, WIDTH))
            np.add.at(dense, rows, values)
            optimizer.apply_gradients([(tf.constant(dense), variable)])
        weights, velocity = by_numpy(0.9, False, steps)
        np.testing.assert_allclose(variable, weights, 1e-6)
        np.testing.assert_allclose(optimizer.variables[1], velocity, 1e-6)

    @pytest.mark.parametrize("way", ["checkpoint", "store", "weights"])
    def test_saved_state_is_that_of_the_rule(self, way, tmp_path):
        optimizer, variable = tfk.optimizers.RMSprop(RATE), table()
        again = tfk.optimizers.RMSprop(RATE)
        steps = gradients(10)
        apply(again, variable, *steps[0])
        variable.assign(tf.ones_like(variable))
        for rows, values in steps[:5]:
            apply(optimizer, variable, rows, values)
        # The slot itself, which nobody has asked for yet.
        slot = optimizer._slots.of(variable)["velocity"]
        _, velocity = by_numpy(0.9, False, steps[:5])
        assert not np.allclose(slot, velocity)
        if way == "checkpoint":
            path = tf.train.Checkpoint(o=optimizer).save(str(tmp_path / "c"))
            tf.train.Checkpoint(o=again).restore(path)
        elif way == "store":
            store = {}
            optimizer.save_own_variables(store)
            again.load_own_variables(store)
        else:
            again.set_weights(optimizer.get_weights())
        np.testing.assert_allclose(slot, velocity, 1e-6)
        for rows, values in steps[5:]:
            apply(again, variable, rows, values)
        weights, _ = by_numpy(0.9, False, steps)
        np.testing.assert_allclose(variable, weights, 1e-6)

    def test_replicas_agree_with_the_rule(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            optimizer, variable = tfk.optimizers.RMSprop(RATE), table()
            optimizer.build([variable])
        steps = gradients(5)

        @tf.function
        def step(rows, values):
            # Each replica has half of the gradient.
            strategy.run(apply, (optimizer, variable, rows, values / 2))

        for rows, values in steps:
            step(tf.constant(rows), tf.constant(values))
        weights, velocity = by_numpy(0.9, False, steps)
        np.testing.assert_allclose(variable.numpy(), weights, 1e-6)
        np.testing.assert_allclose(
            optimizer.variables[1].numpy(), velocity, 1e-6
        )
