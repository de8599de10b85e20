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
"""Tests that the encoder by hand is that of the packages."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from benchmarks import transformer_by_hand
from benchmarks import workload


class TrainingTest:
    @pytest.mark.parametrize("keras", [tfk, tf_keras])
    def test_steps_give_the_losses_of_the_packages(self, keras):
        x, y = workload.sequences(2), workload.labels(2)
        model = workload.encoder(keras)
        training = transformer_by_hand.Training()
        for variable, value in zip(
            training.model.variables, model.get_weights(), strict=True
        ):
            variable.assign(np.reshape(value, variable.shape))
        step = tf.function(training.step)
        x, y = tf.constant(x), tf.constant(y)
        np.testing.assert_allclose(
            [step(x, y).numpy() for _ in range(3)],
            [model.train_on_batch(x, y) for _ in range(3)],
            rtol=1e-3,
        )
