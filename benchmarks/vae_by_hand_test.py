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
"""Tests that the autoencoder by hand is the same training."""

import numpy as np
import tensorflow as tf
import tf_keras

from benchmarks import vae
from benchmarks import vae_by_hand
from benchmarks import workload


class TrainingTest:
    def test_steps_give_the_losses_of_tf_keras(self):
        x = workload.features(workload.BATCH_SIZE)
        model = vae.autoencoder(tf_keras, noise=tf.ones)
        model.compile(optimizer=tf_keras.optimizers.Adam())
        training = vae_by_hand.Training(noise=tf.ones)
        for variable, weight in zip(
            training.variables, model.trainable_weights, strict=True
        ):
            variable.assign(weight)
        step = tf.function(training.step)
        np.testing.assert_allclose(
            [[part.numpy() for part in step(x)] for _ in range(5)],
            [model.train_on_batch(x) for _ in range(5)],
            rtol=1e-4,
        )
