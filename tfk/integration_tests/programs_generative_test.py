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
"""Programs of tf.keras users: generative models."""

import numpy as np
import tensorflow as tf

from tfk.testing import programs
from tfk.testing.programs import same_in_both


class GenerativeProgramsTest:
    @same_in_both
    def test_gan(self, keras, path):
        # The noise is a fixed sequence, so that both packages draw the same.
        noise = tf.constant(
            programs.RANDOM(0).normal(size=(64, 3)).astype("float32")
        )

        class GAN(keras.Model):
            def __init__(self, discriminator, generator, latent_dim):
                super(GAN, self).__init__()
                self.discriminator = discriminator
                self.generator = generator
                self.latent_dim = latent_dim

            def compile(self, d_optimizer, g_optimizer, loss_fn):
                super(GAN, self).compile()
                self.d_optimizer = d_optimizer
                self.g_optimizer = g_optimizer
                self.loss_fn = loss_fn
                self.d_loss_metric = keras.metrics.Mean(name="d_loss")
                self.g_loss_metric = keras.metrics.Mean(name="g_loss")

            @property
            def metrics(self):
                return [self.d_loss_metric, self.g_loss_metric]

            def train_step(self, real_images):
                batch_size = tf.shape(real_images)[0]
                latent = noise[:batch_size]
                generated = self.generator(latent)
                combined = tf.concat([generated, real_images], axis=0)
                labels = tf.concat(
                    [tf.ones((batch_size, 1)), tf.zeros((batch_size, 1))],
                    axis=0,
                )
                with tf.GradientTape() as tape:
                    predictions = self.discriminator(combined)
                    d_loss = self.loss_fn(labels, predictions)
                grads = tape.gradient(
                    d_loss, self.discriminator.trainable_weights
                )
                self.d_optimizer.apply_gradients(
                    zip(grads, self.discriminator.trainable_weights)
                )
                misleading_labels = tf.zeros((batch_size, 1))
                with tf.GradientTape() as tape:
                    predictions = self.discriminator(self.generator(latent))
                    g_loss = self.loss_fn(misleading_labels, predictions)
                grads = tape.gradient(g_loss, self.generator.trainable_weights)
                self.g_optimizer.apply_gradients(
                    zip(grads, self.generator.trainable_weights)
                )
                self.d_loss_metric.update_state(d_loss)
                self.g_loss_metric.update_state(g_loss)
                return {
                    "d_loss": self.d_loss_metric.result(),
                    "g_loss": self.g_loss_metric.result(),
                }

        shown = []

        class GANMonitor(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                images = self.model.generator(noise[:2])
                shown.append(images.numpy())

        layers = keras.layers
        discriminator = keras.Sequential(
            [
                keras.Input(shape=(8, 8, 1)),
                layers.Conv2D(4, (3, 3), strides=(2, 2), padding="same"),
                layers.LeakyReLU(alpha=0.2),
                layers.GlobalMaxPooling2D(),
                layers.Dense(1),
            ],
            name="discriminator",
        )
        generator = keras.Sequential(
            [
                keras.Input(shape=(3,)),
                layers.Dense(4 * 4 * 2),
                layers.LeakyReLU(alpha=0.2),
                layers.Reshape((4, 4, 2)),
                layers.UpSampling2D(),
                layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
            ],
            name="generator",
        )
        programs.set_weights(discriminator)
        programs.set_weights(generator)
        gan = GAN(discriminator, generator, latent_dim=3)
        gan.compile(
            d_optimizer=keras.optimizers.Adam(learning_rate=0.0003),
            g_optimizer=keras.optimizers.Adam(learning_rate=0.0003),
            loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        x, _ = programs.images(20)
        dataset = tf.data.Dataset.from_tensor_slices(x).batch(8)
        history = gan.fit(
            dataset, epochs=2, callbacks=[GANMonitor()], verbose=0
        )
        return {
            "history": history.history,
            "shown": shown,
            "steps": [gan.d_optimizer.iterations, gan.g_optimizer.iterations],
        }

    @same_in_both
    def test_gan_of_two_compiled_models(self, keras, path):
        # The discriminator is compiled before it is frozen: it still learns,
        # while the second model, compiled after, leaves it alone.
        features = 4
        generator = programs.mlp(keras, 3, features, name="generator")
        discriminator = programs.mlp(keras, features, 1, activation="sigmoid")
        discriminator.compile(
            "rmsprop", "binary_crossentropy", metrics=["accuracy"]
        )
        discriminator.trainable = False
        noise_input = keras.Input((3,))
        gan = keras.Model(noise_input, discriminator(generator(noise_input)))
        gan.compile("rmsprop", "binary_crossentropy")
        real, _ = programs.table(8)
        noise = programs.RANDOM(1).normal(size=(8, 3)).astype("float32")
        results = []
        for _ in range(3):
            fake = generator.predict(noise, verbose=0)
            both = np.concatenate([fake, real])
            labels = np.concatenate([np.ones((8, 1)), np.zeros((8, 1))])
            results.append(discriminator.train_on_batch(both, labels))
            before = discriminator.get_weights()
            results.append(gan.train_on_batch(noise, np.zeros((8, 1))))
            for old, new in zip(before, discriminator.get_weights()):
                np.testing.assert_array_equal(old, new)
        counts = [len(x.trainable_weights) for x in (discriminator, gan)]
        return results, counts, generator.get_weights()

    @same_in_both
    def test_vae_with_an_own_step(self, keras, path):
        layers = keras.layers

        class Sampling(layers.Layer):
            def call(self, inputs):
                z_mean, z_log_var = inputs
                epsilon = tf.ones(tf.shape(z_mean)) * 0.1
                return z_mean + tf.exp(0.5 * z_log_var) * epsilon

        class VAE(keras.Model):
            def __init__(self, encoder, decoder, **kwargs):
                super().__init__(**kwargs)
                self.encoder = encoder
                self.decoder = decoder
                self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
                self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

            @property
            def metrics(self):
                return [self.total_loss_tracker, self.kl_loss_tracker]

            def train_step(self, data):
                with tf.GradientTape() as tape:
                    z_mean, z_log_var, z = self.encoder(data)
                    reconstruction = self.decoder(z)
                    reconstruction_loss = tf.reduce_mean(
                        tf.reduce_sum(
                            keras.losses.binary_crossentropy(
                                data, reconstruction
                            ),
                            axis=(1, 2),
                        )
                    )
                    kl_loss = -0.5 * (
                        1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var)
                    )
                    kl_loss = tf.reduce_mean(tf.reduce_sum(kl_loss, axis=1))
                    total_loss = reconstruction_loss + kl_loss
                grads = tape.gradient(total_loss, self.trainable_weights)
                self.optimizer.apply_gradients(
                    zip(grads, self.trainable_weights)
                )
                self.total_loss_tracker.update_state(total_loss)
                self.kl_loss_tracker.update_state(kl_loss)
                return {
                    "loss": self.total_loss_tracker.result(),
                    "kl_loss": self.kl_loss_tracker.result(),
                }

        encoder_inputs = keras.Input(shape=(8, 8, 1))
        x = layers.Conv2D(4, 3, activation="relu", strides=2, padding="same")(
            encoder_inputs
        )
        x = layers.Flatten()(x)
        x = layers.Dense(6, activation="relu")(x)
        z_mean = layers.Dense(2, name="z_mean")(x)
        z_log_var = layers.Dense(2, name="z_log_var")(x)
        z = Sampling()([z_mean, z_log_var])
        encoder = keras.Model(
            encoder_inputs, [z_mean, z_log_var, z], name="encoder"
        )
        latent_inputs = keras.Input(shape=(2,))
        x = layers.Dense(4 * 4 * 2, activation="relu")(latent_inputs)
        x = layers.Reshape((4, 4, 2))(x)
        x = layers.UpSampling2D(2)(x)
        decoder_outputs = layers.Conv2D(
            1, 3, activation="sigmoid", padding="same"
        )(x)
        decoder = keras.Model(latent_inputs, decoder_outputs, name="decoder")
        programs.set_weights(encoder)
        programs.set_weights(decoder)
        vae = VAE(encoder, decoder)
        vae.compile(optimizer=keras.optimizers.Adam())
        images, _ = programs.images(16)
        history = vae.fit(
            images, epochs=2, batch_size=8, shuffle=False, verbose=0
        )
        return history.history, vae.encoder.predict(images[:3], verbose=0)

    @same_in_both
    def test_vae_with_add_loss(self, keras, path):
        layers = keras.layers

        class Encoder(layers.Layer):
            def __init__(self, latent_dim=2, **kwargs):
                super().__init__(**kwargs)
                self.dense_proj = layers.Dense(5, activation="relu")
                self.dense_mean = layers.Dense(latent_dim)
                self.dense_log_var = layers.Dense(latent_dim)

            def call(self, inputs):
                x = self.dense_proj(inputs)
                z_mean = self.dense_mean(x)
                z_log_var = self.dense_log_var(x)
                return z_mean, z_log_var, z_mean + tf.exp(0.5 * z_log_var)

        class VariationalAutoEncoder(keras.Model):
            def __init__(self, original_dim, name="autoencoder", **kwargs):
                super().__init__(name=name, **kwargs)
                self.encoder = Encoder()
                self.decoder = layers.Dense(original_dim)

            def call(self, inputs):
                z_mean, z_log_var, z = self.encoder(inputs)
                kl_loss = -0.5 * tf.reduce_mean(
                    z_log_var - tf.square(z_mean) - tf.exp(z_log_var) + 1
                )
                self.add_loss(kl_loss)
                return self.decoder(z)

        x, _ = programs.table(16)
        vae = VariationalAutoEncoder(4)
        vae(x)
        programs.set_weights(vae)
        optimizer = keras.optimizers.Adam(learning_rate=1e-3)
        vae.compile(optimizer, loss=keras.losses.MeanSquaredError())
        history = vae.fit(
            x, x, epochs=2, batch_size=8, shuffle=False, verbose=0
        )
        # And the same in a loop of one's own.
        mse = keras.losses.MeanSquaredError()
        steps = []
        for _ in range(2):
            with tf.GradientTape() as tape:
                loss = mse(x, vae(x)) + sum(vae.losses)
            grads = tape.gradient(loss, vae.trainable_weights)
            optimizer.apply_gradients(zip(grads, vae.trainable_weights))
            steps.append(loss)
        return history.history, steps, vae.evaluate(x, x, verbose=0)
