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
"""A variational autoencoder with a `train_step` of its own.

It is written as the guides of Keras write it: an encoder and a decoder, three
metrics that the step updates, and gradients taken by hand.
"""

import tensorflow as tf

from benchmarks import workload

WIDTH = 256
LATENT_SIZE = 16


def autoencoder(keras, noise=tf.random.normal):
    """Returns the model, not compiled.

    Arguments:
        keras: The package that makes it.
        noise: Function of a shape that draws the noise of a batch.
    """
    layers = keras.layers

    class Autoencoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder = keras.Sequential(
                [
                    keras.Input(shape=(workload.NUM_FEATURES,)),
                    layers.Dense(WIDTH, activation="relu"),
                    layers.Dense(2 * LATENT_SIZE),
                ]
            )
            self.decoder = keras.Sequential(
                [
                    keras.Input(shape=(LATENT_SIZE,)),
                    layers.Dense(WIDTH, activation="relu"),
                    layers.Dense(workload.NUM_FEATURES),
                ]
            )
            self.total = keras.metrics.Mean(name="loss")
            self.reconstruction = keras.metrics.Mean(name="reconstruction")
            self.divergence = keras.metrics.Mean(name="divergence")

        @property
        def metrics(self):
            return [self.total, self.reconstruction, self.divergence]

        def train_step(self, data):
            x = data[0] if isinstance(data, tuple) else data
            with tf.GradientTape() as tape:
                mean, log_variance = tf.split(
                    self.encoder(x, training=True), 2, axis=-1
                )
                code = mean + tf.exp(log_variance / 2) * noise(tf.shape(mean))
                logits = self.decoder(code, training=True)
                reconstruction, divergence = losses(
                    x, mean, log_variance, logits
                )
                loss = reconstruction + divergence
            gradients = tape.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(
                zip(gradients, self.trainable_weights)
            )
            self.total.update_state(loss)
            self.reconstruction.update_state(reconstruction)
            self.divergence.update_state(divergence)
            return {metric.name: metric.result() for metric in self.metrics}

    return Autoencoder()


def losses(x, mean, log_variance, logits):
    """Returns how far the decoded values, and the codes, are from theirs."""
    cross_entropies = tf.nn.sigmoid_cross_entropy_with_logits(x, logits)
    reconstruction = tf.reduce_mean(tf.reduce_sum(cross_entropies, axis=-1))
    divergences = 1 + log_variance - tf.square(mean) - tf.exp(log_variance)
    return reconstruction, -0.5 * tf.reduce_mean(
        tf.reduce_sum(divergences, axis=-1)
    )
