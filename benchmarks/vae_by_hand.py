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
"""The variational autoencoder of `benchmarks/vae.py` in plain TensorFlow."""

import tensorflow as tf

from benchmarks import by_hand
from benchmarks import vae
from benchmarks import workload


class Training:
    """The autoencoder and how it learns from one batch.

    Arguments:
        noise: Function of a shape that draws the noise of a batch.
    """

    def __init__(self, noise=tf.random.normal):
        self.encoder = by_hand.MLP((vae.WIDTH, 2 * vae.LATENT_SIZE))
        self.decoder = by_hand.MLP(
            (vae.WIDTH, workload.NUM_FEATURES), vae.LATENT_SIZE
        )
        self.variables = self.encoder.variables + self.decoder.variables
        self.optimizer = by_hand.Adam(self.variables)
        self._noise = noise

    def step(self, x):
        """Returns the loss and its two parts, of this batch alone."""
        with tf.GradientTape() as tape:
            mean, log_variance = tf.split(self.encoder(x), 2, axis=-1)
            noise = self._noise(tf.shape(mean))
            code = mean + tf.exp(log_variance / 2) * noise
            parts = vae.losses(x, mean, log_variance, self.decoder(code))
            loss = tf.add_n(parts)
        self.optimizer.apply(tape.gradient(loss, self.variables))
        return loss, *parts
