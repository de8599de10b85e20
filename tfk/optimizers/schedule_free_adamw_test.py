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
"""ScheduleFreeAdamW between training and use of the weights."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import optimizers
from tfk.testing import strategies


def gradients(seed):
    return tf.random.stateless_normal((3,), seed=(0, seed))


def train(optimizer, variable, first, last):
    for seed in range(first, last):
        optimizer.apply_gradients([(gradients(seed), variable)])


class ScheduleFreeAdamWTest:
    def test_training_goes_on_from_averages_as_if_uninterrupted(self):
        values = []
        for interrupted in (False, True):
            variable = tf.Variable([1.0, 2.0, 3.0])
            optimizer = optimizers.ScheduleFreeAdamW(0.1, weight_decay=0.1)
            train(optimizer, variable, 0, 5)
            if interrupted:
                between = variable.numpy()
                optimizer.finalize_variable_values([variable])
                assert optimizer.holds_averages
                assert not np.allclose(variable, between, rtol=1e-4)
                average = variable.numpy()
                optimizer.finalize_variable_values([variable])
                np.testing.assert_array_equal(variable, average)
            train(optimizer, variable, 5, 9)
            assert not optimizer.holds_averages
            values.append(variable.numpy())
        np.testing.assert_allclose(values[1], values[0], rtol=1e-5)

    def test_average_of_a_constant_rate_is_the_mean_of_the_sequence(self):
        variable = tf.Variable([1.0, 2.0, 3.0])
        optimizer = optimizers.ScheduleFreeAdamW(0.1)
        sequence = []
        for seed in range(6):
            train(optimizer, variable, seed, seed + 1)
            sequence.append(optimizer.variables[-2].numpy())
        optimizer.finalize_variable_values([variable])
        np.testing.assert_allclose(variable, np.mean(sequence, 0), rtol=1e-5)

    def test_weights_that_are_loaded_after_build_count(self):
        loaded, made = tf.Variable([0.0] * 3), tf.Variable([5.0] * 3)
        late = optimizers.ScheduleFreeAdamW(0.1)
        late.build([loaded])
        loaded.assign([5.0] * 3)
        train(late, loaded, 0, 3)
        train(optimizers.ScheduleFreeAdamW(0.1), made, 0, 3)
        np.testing.assert_array_equal(loaded, made)

    def test_warmup_shortens_the_first_steps(self):
        lengths = []
        for warmup_steps in (0, 4):
            variable = tf.Variable([0.0] * 3)
            train(
                optimizers.ScheduleFreeAdamW(0.1, warmup_steps=warmup_steps),
                variable,
                0,
                1,
            )
            lengths.append(np.abs(variable.numpy()))
        np.testing.assert_allclose(lengths[0], 4 * lengths[1], rtol=1e-5)

    def test_fit_ends_with_the_averages(self):
        model = tfk.Sequential([tfk.layers.Dense(1, use_bias=False)])
        optimizer = optimizers.ScheduleFreeAdamW(0.1)
        model.compile(optimizer, "mse")
        model.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=3, verbose=0)
        average = model.get_weights()[0]
        assert optimizer.holds_averages
        optimizer.swap_averages()
        assert not np.allclose(model.get_weights()[0], average, rtol=1e-5)
        optimizer.swap_averages()
        np.testing.assert_allclose(model.get_weights()[0], average, rtol=1e-5)

    def test_all_copies_of_a_variable_take_the_averages(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            variable = tf.Variable([1.0, 2.0, 3.0])
            optimizer = optimizers.ScheduleFreeAdamW(0.1)
            train(optimizer, variable, 0, 3)
        optimizer.finalize_variable_values([variable])
        single = tf.Variable([1.0, 2.0, 3.0])
        other = optimizers.ScheduleFreeAdamW(0.1)
        train(other, single, 0, 3)
        other.finalize_variable_values([single])
        for copy in strategy.experimental_local_results(variable):
            np.testing.assert_allclose(copy, single, rtol=1e-5)

    def test_bad_beta_is_named(self):
        with pytest.raises(ValueError, match="beta_1=0.0"):
            optimizers.ScheduleFreeAdamW(beta_1=0.0)
