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
"""Programs of tf.keras users: own layers, losses, metrics, steps and loops."""

import numpy as np
import tensorflow as tf

from tfk.testing import programs
from tfk.testing.programs import same_in_both


def mlp(keras, features, units, name=None, activation=None):
    model = keras.Sequential(
        [
            keras.Input(shape=(features,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(units, activation=activation),
        ],
        name=name,
    )
    return programs.set_weights(model)


class LayersProgramsTest:
    @same_in_both
    def test_layer_that_makes_its_weights_in_build(self, keras, path):
        class Linear(keras.layers.Layer):
            def __init__(self, units=32, **kwargs):
                super().__init__(**kwargs)
                self.units = units

            def build(self, input_shape):
                self.w = self.add_weight(
                    shape=(input_shape[-1], self.units),
                    initializer="random_normal",
                    trainable=True,
                )
                self.b = self.add_weight(
                    shape=(self.units,),
                    initializer="zeros",
                    trainable=True,
                    name="bias",
                )

            def call(self, inputs):
                return tf.matmul(inputs, self.w) + self.b

            def get_config(self):
                config = super().get_config()
                config.update({"units": self.units})
                return config

        class ComputeSum(keras.layers.Layer):
            def __init__(self, input_dim):
                super().__init__()
                self.total = tf.Variable(
                    initial_value=tf.zeros((input_dim,)), trainable=False
                )

            def call(self, inputs):
                self.total.assign_add(tf.reduce_sum(inputs, axis=0))
                return self.total

        class MLPBlock(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                self.linear_1 = Linear(8)
                self.linear_2 = Linear(1)

            def call(self, inputs):
                x = tf.nn.relu(self.linear_1(inputs))
                return self.linear_2(x)

        layer = Linear(3)
        before = [layer.built, len(layer.weights)]
        config = layer.get_config()
        again = Linear.from_config(config)
        x, _ = programs.table(3)
        layer(x)
        programs.set_weights(layer)
        mlp = MLPBlock()
        mlp(x)
        programs.set_weights(mlp)
        sums = ComputeSum(2)
        sums(tf.ones((2, 2)))
        return {
            "before": before,
            "config": sorted(config),
            "units": again.units,
            "output": layer(x),
            "names": [w.name.split("/")[-1] for w in layer.weights],
            "mlp": mlp(x),
            "counts": [len(mlp.weights), len(mlp.trainable_weights)],
            "sums": sums(tf.ones((2, 2))),
            "state": [len(sums.weights), len(sums.trainable_weights)],
        }

    @same_in_both
    def test_losses_and_metrics_of_layers(self, keras, path):
        class ActivityRegularizer(keras.layers.Layer):
            def __init__(self, rate=1e-2):
                super().__init__()
                self.rate = rate

            def call(self, inputs):
                self.add_loss(self.rate * tf.reduce_sum(tf.square(inputs)))
                return inputs

        class LogisticEndpoint(keras.layers.Layer):
            def __init__(self, name=None):
                super().__init__(name=name)
                self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
                self.accuracy_fn = keras.metrics.BinaryAccuracy(name="acc")

            def call(self, targets, logits, sample_weights=None):
                loss = self.loss_fn(targets, logits, sample_weights)
                self.add_loss(loss)
                self.accuracy_fn.update_state(targets, logits)
                return tf.nn.sigmoid(logits)

        x, y = programs.table(16)
        labels = (y > 0).astype("float32")
        inputs = keras.Input((4,), name="inputs")
        targets = keras.Input((1,), name="targets")
        logits = keras.layers.Dense(1)(ActivityRegularizer()(inputs))
        outputs = LogisticEndpoint(name="predictions")(targets, logits)
        model = keras.Model(inputs=[inputs, targets], outputs=outputs)
        programs.set_weights(model)
        model.compile(optimizer="adam")
        data = {"inputs": x, "targets": labels}
        history = model.fit(
            data, epochs=2, batch_size=8, shuffle=False, verbose=0
        )
        model([x, labels])
        return {
            "history": history.history,
            "losses": sorted(float(value) for value in model.losses),
            "predicted": model.predict(data, verbose=0),
        }

    @same_in_both
    def test_losses_and_metrics_added_to_a_functional_model(self, keras, path):
        inputs = keras.Input((4,))
        z_mean = keras.layers.Dense(2)(inputs)
        z_log_var = keras.layers.Dense(2)(inputs)
        z = keras.layers.Multiply()([z_mean, z_log_var])
        model = keras.Model(inputs, keras.layers.Dense(4)(z))
        divergence = 1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var)
        divergence = -0.5 * tf.reduce_sum(divergence, axis=-1)
        model.add_loss(tf.reduce_mean(divergence) / 4.0)
        model.add_metric(divergence, name="kl", aggregation="mean")
        programs.set_weights(model)
        model.compile(optimizer="rmsprop", loss="mse")
        x, _ = programs.table(16)
        history = model.fit(x, x, epochs=2, shuffle=False, verbose=0)
        file = str(path / "vae.keras")
        model.save(file)
        restored = keras.models.load_model(file)
        clone = keras.models.clone_model(model)
        clone.set_weights(model.get_weights())
        clone.compile(optimizer="rmsprop", loss="mse")
        return {
            "history": history.history,
            "weights": [w.name for w in model.weights],
            "evaluated": [
                x_model.evaluate(x, x, verbose=0)
                for x_model in (model, restored, clone)
            ],
        }

    @same_in_both
    def test_masks_in_own_layers(self, keras, path):
        class TemporalSplit(keras.layers.Layer):
            def call(self, inputs):
                return tf.split(inputs, 2, axis=1)

            def compute_mask(self, inputs, mask=None):
                if mask is None:
                    return None
                return tf.split(mask, 2, axis=1)

        class Passing(keras.layers.Layer):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.supports_masking = True

            def call(self, inputs):
                return tf.nn.relu(inputs)

        class MaskedMean(keras.layers.Layer):
            def call(self, inputs, mask=None):
                weight = tf.cast(mask, "float32")[..., None]
                return tf.reduce_sum(inputs * weight, axis=1) / (
                    tf.reduce_sum(weight, axis=1) + 1e-3
                )

        inputs = keras.Input((None,), dtype="int32")
        x = keras.layers.Embedding(10, 3, mask_zero=True)(inputs)
        first, second = TemporalSplit()(Passing()(x))
        outputs = keras.layers.concatenate(
            [MaskedMean()(first), MaskedMean()(second)]
        )
        model = programs.set_weights(keras.Model(inputs, outputs))
        tokens = np.array([[1, 2, 3, 0], [4, 0, 0, 0]])
        embedded = model.layers[1](tokens)
        return model.predict(tokens, verbose=0), embedded._keras_mask

    @same_in_both
    def test_transformer_block_of_dense_layers(self, keras, path):
        layers = keras.layers

        class MultiHeadSelfAttention(layers.Layer):
            def __init__(self, embed_dim, num_heads=2):
                super(MultiHeadSelfAttention, self).__init__()
                self.embed_dim = embed_dim
                self.num_heads = num_heads
                self.projection_dim = embed_dim // num_heads
                self.query_dense = layers.Dense(embed_dim)
                self.key_dense = layers.Dense(embed_dim)
                self.value_dense = layers.Dense(embed_dim)
                self.combine_heads = layers.Dense(embed_dim)

            def attention(self, query, key, value):
                score = tf.matmul(query, key, transpose_b=True)
                dim_key = tf.cast(tf.shape(key)[-1], tf.float32)
                weights = tf.nn.softmax(score / tf.math.sqrt(dim_key), axis=-1)
                return tf.matmul(weights, value), weights

            def separate_heads(self, x, batch_size):
                x = tf.reshape(
                    x, (batch_size, -1, self.num_heads, self.projection_dim)
                )
                return tf.transpose(x, perm=[0, 2, 1, 3])

            def call(self, inputs):
                batch_size = tf.shape(inputs)[0]
                query, key, value = (
                    self.separate_heads(dense(inputs), batch_size)
                    for dense in (
                        self.query_dense,
                        self.key_dense,
                        self.value_dense,
                    )
                )
                attention, _ = self.attention(query, key, value)
                attention = tf.transpose(attention, perm=[0, 2, 1, 3])
                joined = tf.reshape(attention, (batch_size, -1, self.embed_dim))
                return self.combine_heads(joined)

        class TransformerBlock(layers.Layer):
            def __init__(self, embed_dim, num_heads, ff_dim, rate=0.0):
                super().__init__()
                self.att = MultiHeadSelfAttention(embed_dim, num_heads)
                self.ffn = keras.Sequential(
                    [
                        layers.Dense(ff_dim, activation="relu"),
                        layers.Dense(embed_dim),
                    ]
                )
                self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
                self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)
                self.dropout1 = layers.Dropout(rate)

            def call(self, inputs, training=None):
                attn_output = self.att(inputs)
                attn_output = self.dropout1(attn_output, training=training)
                out1 = self.layernorm1(inputs + attn_output)
                return self.layernorm2(out1 + self.ffn(out1))

        class TokenAndPositionEmbedding(layers.Layer):
            def __init__(self, maxlen, vocab_size, embed_dim):
                super().__init__()
                self.token_emb = layers.Embedding(
                    input_dim=vocab_size, output_dim=embed_dim
                )
                self.pos_emb = layers.Embedding(maxlen, embed_dim)

            def call(self, x):
                maxlen = tf.shape(x)[-1]
                positions = tf.range(start=0, limit=maxlen, delta=1)
                return self.token_emb(x) + self.pos_emb(positions)

        inputs = layers.Input(shape=(6,))
        x = TokenAndPositionEmbedding(6, 12, 4)(inputs)
        x = TransformerBlock(4, 2, 8)(x)
        x = layers.GlobalAveragePooling1D()(x)
        outputs = layers.Dense(2, activation="softmax")(x)
        model = programs.set_weights(keras.Model(inputs, outputs))
        model.compile(
            "adam", "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        tokens = programs.RANDOM(0).randint(0, 12, (16, 6))
        history = model.fit(
            tokens,
            tokens[:, 0] % 2,
            batch_size=8,
            epochs=2,
            validation_split=0.25,
            shuffle=False,
            verbose=0,
        )
        return {
            "history": history.history,
            "shapes": [w.shape for w in model.weights],
            "names": [layer.name for layer in model.layers],
        }


class LossesProgramsTest:
    @same_in_both
    def test_own_losses_and_metrics(self, keras, path):
        class HuberLoss(keras.losses.Loss):
            def __init__(self, threshold=1.0, **kwargs):
                self.threshold = threshold
                super().__init__(**kwargs)

            def call(self, y_true, y_pred):
                error = y_true - y_pred
                small = tf.abs(error) < self.threshold
                linear = self.threshold * tf.abs(error) - self.threshold**2 / 2
                return tf.where(small, tf.square(error) / 2, linear)

            def get_config(self):
                return {**super().get_config(), "threshold": self.threshold}

        class HuberMetric(keras.metrics.Metric):
            def __init__(self, threshold=1.0, **kwargs):
                super().__init__(**kwargs)
                self.threshold = threshold
                self.total = self.add_weight("total", initializer="zeros")
                self.count = self.add_weight("count", initializer="zeros")

            def update_state(self, y_true, y_pred, sample_weight=None):
                error = tf.abs(y_true - y_pred)
                values = tf.minimum(error, self.threshold)
                if sample_weight is not None:
                    values *= tf.cast(sample_weight, "float32")
                self.total.assign_add(tf.reduce_sum(values))
                self.count.assign_add(tf.cast(tf.size(y_true), tf.float32))

            def result(self):
                return self.total / self.count

            def reset_state(self):
                self.total.assign(0.0)
                self.count.assign(0.0)

        def r_squared(y_true, y_pred):
            residual = tf.reduce_sum(tf.square(y_true - y_pred))
            total = tf.reduce_sum(tf.square(y_true - tf.reduce_mean(y_true)))
            return 1 - residual / total

        def weighted_loss(factor):
            def loss(y_true, y_pred):
                return factor * tf.reduce_mean(
                    tf.square(y_true - y_pred), axis=-1
                )

            return loss

        x, y = programs.table(16)
        results = []
        for loss, targets in (
            (HuberLoss(0.5), y),
            (HuberLoss(name="huber", reduction="sum"), y[:, 0]),
            (weighted_loss(3.0), y[:, 0]),
            (lambda a, b: tf.reduce_mean(tf.abs(a - b), axis=1), y[:, 0]),
            (keras.losses.mean_squared_error, y),
        ):
            model = mlp(keras, 4, 1)
            model.compile(
                "sgd",
                loss=loss,
                metrics=[HuberMetric(0.7, name="h"), r_squared, "mae"],
                weighted_metrics=[HuberMetric(name="w")],
            )
            history = model.fit(
                x,
                targets,
                batch_size=8,
                epochs=2,
                sample_weight=np.linspace(0.5, 1.5, 16),
                shuffle=False,
                verbose=0,
            )
            results.append(history.history)
        return results

    @same_in_both
    def test_probabilities_of_tensorflow_functions(self, keras, path):
        # Far from 0: only with the logits is there a loss and a gradient.
        x = np.array([[90.0, 0.0, -90.0], [3.0, 2.0, 1.0]], "float32")
        labels, binary = np.array([2, 1]), np.array([[0.0], [1.0]])
        results = []
        for activation, loss, y in (
            (tf.nn.softmax, "sparse_categorical_crossentropy", labels),
            (tf.nn.softmax, "categorical_crossentropy", np.eye(3)[labels]),
            (tf.nn.sigmoid, "binary_crossentropy", binary),
        ):
            units = y.shape[-1] if loss.startswith("binary") else 3
            inputs = keras.Input((3,))
            dense = keras.layers.Dense(units, activation=activation)
            outputs = keras.layers.Dense(units)(inputs)
            for made in (dense(inputs), activation(outputs)):
                model = programs.set_weights(keras.Model(inputs, made))
                model.compile("sgd", loss)
                history = model.fit(x, y, epochs=2, verbose=0, shuffle=False)
                results.append([history.history, model.get_weights()])
        return results

    @same_in_both
    def test_metric_that_counts_true_positives(self, keras, path):
        class CategoricalTruePositives(keras.metrics.Metric):
            def __init__(self, name="categorical_true_positives", **kwargs):
                super().__init__(name=name, **kwargs)
                self.true_positives = self.add_weight(
                    name="ctp", initializer="zeros"
                )

            def update_state(self, y_true, y_pred, sample_weight=None):
                y_pred = tf.reshape(tf.argmax(y_pred, axis=1), shape=(-1, 1))
                values = tf.cast(y_true, "int32") == tf.cast(y_pred, "int32")
                values = tf.cast(values, "float32")
                if sample_weight is not None:
                    sample_weight = tf.cast(sample_weight, "float32")
                    values = tf.multiply(values, sample_weight)
                self.true_positives.assign_add(tf.reduce_sum(values))

            def result(self):
                return self.true_positives

            def reset_state(self):
                self.true_positives.assign(0.0)

        x, _ = programs.table(20)
        labels = np.arange(20) % 3
        model = mlp(keras, 4, 3, activation="softmax")
        model.compile(
            optimizer=keras.optimizers.RMSprop(learning_rate=1e-3),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[CategoricalTruePositives()],
        )
        history = model.fit(
            x, labels, batch_size=8, epochs=2, shuffle=False, verbose=0
        )
        metric = keras.metrics.SparseTopKCategoricalAccuracy(k=2)
        metric.update_state(labels, model.predict(x, verbose=0))
        return history.history, metric.result(), model.metrics_names

    @same_in_both
    def test_metrics_alone(self, keras, path):
        accuracy = keras.metrics.Accuracy()
        first = accuracy([0, 1, 1], [0, 1, 0])
        second = accuracy([1], [1])
        mean = keras.metrics.Mean(name="loss")
        for value in (1.0, 2.0, 6.0):
            mean(value)
        before = mean.result()
        mean.reset_states()
        iou = keras.metrics.MeanIoU(num_classes=2)
        iou.update_state([0, 0, 1, 1], [0, 1, 0, 1])
        return {
            "accuracy": [first, second, accuracy.result()],
            "mean": [before, mean.result()],
            "iou": iou.result(),
            "kl": keras.losses.KLDivergence()([[0.5, 0.5]], [[0.9, 0.1]]),
            "mae": keras.losses.mean_absolute_error([1.0, 2.0], [2.0, 4.0]),
            "none": keras.losses.MeanSquaredError(reduction="none")(
                [[1.0], [2.0]], [[0.0], [0.0]]
            ),
            "hinge": keras.metrics.hinge([1.0], [0.5]),
            "got": keras.losses.get("mse")([1.0], [3.0]),
        }


class StepsProgramsTest:
    @same_in_both
    def test_own_train_and_test_step(self, keras, path):
        loss_tracker = keras.metrics.Mean(name="loss")
        mae_metric = keras.metrics.MeanAbsoluteError(name="mae")

        class CustomModel(keras.Model):
            def train_step(self, data):
                if len(data) == 3:
                    x, y, sample_weight = data
                else:
                    (x, y), sample_weight = data, None
                with tf.GradientTape() as tape:
                    y_pred = self(x, training=True)
                    loss = keras.losses.mean_squared_error(y, y_pred)
                    if sample_weight is not None:
                        loss *= tf.cast(sample_weight, loss.dtype)
                trainable_vars = self.trainable_variables
                gradients = tape.gradient(loss, trainable_vars)
                self.optimizer.apply_gradients(zip(gradients, trainable_vars))
                loss_tracker.update_state(loss)
                mae_metric.update_state(y, y_pred)
                return {
                    "loss": loss_tracker.result(),
                    "mae": mae_metric.result(),
                }

            def test_step(self, data):
                x, y = data
                mae_metric.update_state(y, self(x, training=False))
                return {"mae": mae_metric.result()}

            @property
            def metrics(self):
                return [loss_tracker, mae_metric]

        inputs = keras.Input(shape=(4,))
        model = CustomModel(inputs, keras.layers.Dense(1)(inputs))
        programs.set_weights(model)
        model.compile(optimizer=keras.optimizers.SGD(0.01))
        x, y = programs.table(20)
        history = model.fit(
            x,
            y,
            batch_size=8,
            epochs=2,
            validation_data=(x[:6], y[:6]),
            shuffle=False,
            verbose=0,
        )
        weighted = model.fit(
            x,
            y,
            sample_weight=np.linspace(0, 1, 20),
            shuffle=False,
            verbose=0,
        )
        return {
            "history": [history.history, weighted.history],
            "evaluated": model.evaluate(x, y, verbose=0),
            "named": model.evaluate(x, y, verbose=0, return_dict=True),
        }

    @same_in_both
    def test_compiled_loss_and_metrics_in_own_step(self, keras, path):
        class CustomModel(keras.Model):
            def train_step(self, data):
                x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
                with tf.GradientTape() as tape:
                    y_pred = self(x, training=True)
                    loss = self.compiled_loss(
                        y,
                        y_pred,
                        sample_weight=sample_weight,
                        regularization_losses=self.losses,
                    )
                gradients = tape.gradient(loss, self.trainable_variables)
                self.optimizer.apply_gradients(
                    zip(gradients, self.trainable_variables)
                )
                self.compiled_metrics.update_state(
                    y, y_pred, sample_weight=sample_weight
                )
                return {m.name: m.result() for m in self.metrics}

        inputs = keras.Input(shape=(4,))
        hidden = keras.layers.Dense(5, kernel_regularizer="l2")(inputs)
        model = CustomModel(inputs, keras.layers.Dense(1)(hidden))
        programs.set_weights(model)
        model.compile(optimizer="adam", loss="mse", metrics=["mae"])
        x, y = programs.table(16)
        history = model.fit(
            x, y, epochs=2, validation_split=0.25, shuffle=False, verbose=0
        )
        return history.history, model.metrics_names

    @same_in_both
    def test_own_compute_loss_and_predict_step(self, keras, path):
        class CustomModel(keras.Model):
            def compute_loss(
                self, x=None, y=None, y_pred=None, sample_weight=None
            ):
                loss = tf.reduce_mean(tf.square(y - y_pred)) + tf.add_n(
                    self.losses
                )
                return loss * 2.0

            def predict_step(self, data):
                return super().predict_step(data) + 100.0

        inputs = keras.Input(shape=(4,))
        outputs = keras.layers.Dense(1, kernel_regularizer="l2")(inputs)
        model = CustomModel(inputs, outputs)
        programs.set_weights(model)
        model.compile("sgd", metrics=["mae"])
        x, y = programs.table(16)
        history = model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        return history.history["mae"], model.predict(x, verbose=0)

    @same_in_both
    def test_distiller(self, keras, path):
        class Distiller(keras.Model):
            def __init__(self, student, teacher):
                super().__init__()
                self.teacher = teacher
                self.student = student

            def compile(
                self,
                optimizer,
                metrics,
                student_loss_fn,
                distillation_loss_fn,
                alpha=0.1,
                temperature=3,
            ):
                super().compile(optimizer=optimizer, metrics=metrics)
                self.student_loss_fn = student_loss_fn
                self.distillation_loss_fn = distillation_loss_fn
                self.alpha = alpha
                self.temperature = temperature

            def train_step(self, data):
                x, y = data
                teacher_predictions = self.teacher(x, training=False)
                with tf.GradientTape() as tape:
                    student_predictions = self.student(x, training=True)
                    student_loss = self.student_loss_fn(y, student_predictions)
                    distillation_loss = self.distillation_loss_fn(
                        tf.nn.softmax(teacher_predictions / self.temperature),
                        tf.nn.softmax(student_predictions / self.temperature),
                    )
                    loss = (
                        self.alpha * student_loss
                        + (1 - self.alpha) * distillation_loss
                    )
                trainable_vars = self.student.trainable_variables
                gradients = tape.gradient(loss, trainable_vars)
                self.optimizer.apply_gradients(zip(gradients, trainable_vars))
                self.compiled_metrics.update_state(y, student_predictions)
                results = {m.name: m.result() for m in self.metrics}
                results.update(
                    {
                        "student_loss": student_loss,
                        "distillation_loss": distillation_loss,
                    }
                )
                return results

            def test_step(self, data):
                x, y = data
                y_prediction = self.student(x, training=False)
                student_loss = self.student_loss_fn(y, y_prediction)
                self.compiled_metrics.update_state(y, y_prediction)
                results = {m.name: m.result() for m in self.metrics}
                results.update({"student_loss": student_loss})
                return results

        x, _ = programs.table(16)
        labels = np.arange(16) % 3
        student = mlp(keras, 4, 3, name="student")
        teacher = mlp(keras, 4, 3, name="teacher")
        distiller = Distiller(student=student, teacher=teacher)
        distiller.compile(
            optimizer=keras.optimizers.Adam(),
            metrics=[keras.metrics.SparseCategoricalAccuracy()],
            student_loss_fn=keras.losses.SparseCategoricalCrossentropy(
                from_logits=True
            ),
            distillation_loss_fn=keras.losses.KLDivergence(),
            temperature=10,
        )
        history = distiller.fit(
            x, labels, batch_size=8, epochs=2, shuffle=False, verbose=0
        )
        evaluated = distiller.evaluate(x, labels, verbose=0)
        return history.history, evaluated, student.predict(x, verbose=0)


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
        generator = mlp(keras, 3, features, name="generator")
        discriminator = mlp(keras, features, 1, activation="sigmoid")
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


class LoopsProgramsTest:
    @same_in_both
    def test_training_loop_with_functions(self, keras, path):
        x, _ = programs.table(20)
        labels = np.arange(20) % 3
        model = mlp(keras, 4, 3)
        optimizer = keras.optimizers.SGD(learning_rate=1e-2, momentum=0.9)
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        train_acc = keras.metrics.SparseCategoricalAccuracy()
        val_acc = keras.metrics.SparseCategoricalAccuracy()

        @tf.function
        def train_step(x, y):
            with tf.GradientTape() as tape:
                logits = model(x, training=True)
                loss_value = loss_fn(y, logits)
                loss_value += sum(model.losses)
            grads = tape.gradient(loss_value, model.trainable_weights)
            optimizer.apply_gradients(zip(grads, model.trainable_weights))
            train_acc.update_state(y, logits)
            return loss_value

        @tf.function
        def test_step(x, y):
            val_acc.update_state(y, model(x, training=False))

        dataset = tf.data.Dataset.from_tensor_slices((x, labels)).batch(8)
        results = []
        for _ in range(2):
            for x_batch, y_batch in dataset:
                results.append(train_step(x_batch, y_batch))
            results.append(train_acc.result())
            train_acc.reset_states()
            for x_batch, y_batch in dataset:
                test_step(x_batch, y_batch)
            results.append(val_acc.result())
            val_acc.reset_state()
        return results, optimizer.iterations

    @same_in_both
    def test_eager_loop_with_checkpoints(self, keras, path):
        class MyModel(keras.Model):
            def __init__(self):
                super(MyModel, self).__init__()
                self.conv1 = keras.layers.Conv2D(4, 3, activation="relu")
                self.flatten = keras.layers.Flatten()
                self.d1 = keras.layers.Dense(3)

            def call(self, x):
                return self.d1(self.flatten(self.conv1(x)))

        images, labels = programs.images(8)
        model = MyModel()
        model(images)
        programs.set_weights(model)
        optimizer = keras.optimizers.Adam()
        loss_object = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        )
        train_loss = keras.metrics.Mean(name="train_loss")
        checkpoint = tf.train.Checkpoint(
            step=tf.Variable(0), optimizer=optimizer, net=model
        )
        manager = tf.train.CheckpointManager(
            checkpoint, str(path / "ckpts"), max_to_keep=2
        )
        for _ in range(2):
            with tf.GradientTape() as tape:
                loss = loss_object(labels, model(images, training=True))
            variables = model.trainable_variables
            optimizer.apply_gradients(
                zip(tape.gradient(loss, variables), variables)
            )
            train_loss(loss)
            checkpoint.step.assign_add(1)
        manager.save()
        fresh = MyModel()
        fresh(images)
        fresh_optimizer = keras.optimizers.Adam()
        fresh_optimizer.build(fresh.trainable_variables)
        restored = tf.train.Checkpoint(
            step=tf.Variable(0), optimizer=fresh_optimizer, net=fresh
        )
        restored.restore(manager.latest_checkpoint).assert_consumed()
        return {
            "loss": train_loss.result(),
            "outputs": [model(images), fresh(images)],
            "steps": [restored.step, fresh_optimizer.iterations],
            "slots": len(fresh_optimizer.variables),
        }

    @same_in_both
    def test_deep_q_learning(self, keras, path):
        random = programs.RANDOM(0)
        model = mlp(keras, 4, 2, name="q")
        target = keras.models.clone_model(model)
        target.set_weights(model.get_weights())
        optimizer = keras.optimizers.Adam(learning_rate=1e-2, clipnorm=1.0)
        loss_fn = keras.losses.Huber()
        losses = []
        for step in range(4):
            states = random.normal(size=(8, 4)).astype("float32")
            next_states = random.normal(size=(8, 4)).astype("float32")
            actions = random.randint(0, 2, 8)
            rewards = random.normal(size=8).astype("float32")
            future = target.predict(next_states, verbose=0)
            updated = rewards + 0.9 * tf.reduce_max(future, axis=1)
            masks = tf.one_hot(actions, 2)
            with tf.GradientTape() as tape:
                q_values = model(states)
                q_action = tf.reduce_sum(tf.multiply(q_values, masks), axis=1)
                loss = loss_fn(updated, q_action)
            grads = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(grads, model.trainable_variables))
            losses.append(loss)
            if step % 2:
                target.set_weights(model.get_weights())
        for a, b in zip(target.variables, model.variables):
            a.assign(b * 0.5 + a * 0.5)
        state = tf.expand_dims(tf.convert_to_tensor(states[0]), 0)
        action = tf.argmax(model(state, training=False)[0]).numpy()
        return losses, action, target.predict(states, verbose=0)

    def test_monte_carlo_dropout(self):
        # Random: the packages draw differently; what counts is that it varies.
        keras = programs.tfk
        model = keras.Sequential(
            [
                keras.layers.Dense(64, activation="relu", input_shape=(4,)),
                keras.layers.Dropout(rate=0.5),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )
        x, _ = programs.table(5)
        drawn = np.stack([model(x, training=True) for _ in range(4)])
        fixed = np.stack([model(x) for _ in range(2)])
        assert drawn.std(axis=0).max() > 1e-3
        assert (fixed[0] == fixed[1]).all()

        class MCDropout(keras.layers.Dropout):
            def call(self, inputs):
                return super().call(inputs, training=True)

        always = keras.Sequential(
            [
                (
                    MCDropout(layer.rate)
                    if isinstance(layer, keras.layers.Dropout)
                    else layer
                )
                for layer in model.layers
            ]
        )
        drawn = np.stack([always.predict(x, verbose=0) for _ in range(4)])
        assert drawn.std(axis=0).max() > 1e-3
