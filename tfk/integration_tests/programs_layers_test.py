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
"""Programs of tf.keras users: own layers, losses and metrics."""

import numpy as np
import tensorflow as tf

from tfk.testing import programs
from tfk.testing.programs import same_in_both


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
            model = programs.mlp(keras, 4, 1)
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
        model = programs.mlp(keras, 4, 3, activation="softmax")
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
