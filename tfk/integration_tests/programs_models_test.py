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
"""Programs of tf.keras users: functional models, transfer, saving, tables."""

import json
import warnings

import numpy as np
import pytest
import tensorflow as tf

from tfk.testing import programs
from tfk.testing.programs import same_in_both


def words(count, length, size, seed=0):
    return programs.RANDOM(seed).randint(1, size, size=(count, length))


def residual_network(keras, classes=3):
    layers = keras.layers
    inputs = keras.Input(shape=(8, 8, 3), name="img")
    x = layers.Conv2D(4, 3, activation="relu")(inputs)
    block_1_output = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(4, 3, activation="relu", padding="same")(block_1_output)
    x = layers.BatchNormalization()(x)
    block_2_output = layers.add([x, block_1_output])
    x = layers.Conv2D(6, 1, use_bias=False, name="last_conv")(block_2_output)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(classes, name="head")(x)
    return keras.Model(inputs, outputs, name="toy_resnet")


class FunctionalProgramsTest:
    @same_in_both
    def test_tickets_with_three_inputs_and_two_outputs(self, keras, path):
        layers = keras.layers
        title_input = keras.Input(shape=(None,), name="title")
        body_input = keras.Input(shape=(None,), name="body")
        tags_input = keras.Input(shape=(3,), name="tags")
        title = layers.Embedding(30, 4)(title_input)
        body = layers.Embedding(30, 4)(body_input)
        title = layers.GlobalAveragePooling1D()(title)
        body = layers.GlobalMaxPooling1D()(body)
        x = layers.concatenate([title, body, tags_input])
        priority_pred = layers.Dense(1, name="priority")(x)
        department_pred = layers.Dense(4, name="department")(x)
        model = keras.Model(
            inputs=[title_input, body_input, tags_input],
            outputs=[priority_pred, department_pred],
        )
        programs.set_weights(model)
        model.compile(
            optimizer=keras.optimizers.RMSprop(1e-3),
            loss={
                "priority": keras.losses.BinaryCrossentropy(from_logits=True),
                "department": keras.losses.CategoricalCrossentropy(
                    from_logits=True
                ),
            },
            loss_weights={"priority": 1.0, "department": 0.2},
            metrics={"department": ["accuracy"], "priority": "mae"},
        )
        data = {
            "title": words(16, 5, 30),
            "body": words(16, 9, 30, seed=1),
            "tags": words(16, 3, 2, seed=2).astype("float32"),
        }
        targets = {
            "priority": programs.RANDOM(3).uniform(size=(16, 1)),
            "department": np.eye(4)[np.arange(16) % 4],
        }
        history = model.fit(
            data,
            targets,
            epochs=2,
            batch_size=8,
            shuffle=False,
            verbose=0,
        )
        as_lists = model.evaluate(
            list(data.values()), list(targets.values()), verbose=0
        )
        dataset = tf.data.Dataset.from_tensor_slices((data, targets)).batch(5)
        history_2 = model.fit(
            dataset, validation_data=dataset, epochs=1, verbose=0
        )
        return {
            "history": [history.history, history_2.history],
            "evaluated": as_lists,
            "names": model.metrics_names,
            "inputs": model.input_names,
            "outputs": model.output_names,
            "predicted": model.predict(data, verbose=0),
            "weighted": model.evaluate(
                data,
                targets,
                sample_weight={"priority": np.arange(16) / 8.0},
                return_dict=True,
                verbose=0,
            ),
        }

    @same_in_both
    def test_wide_and_deep_with_an_auxiliary_output(self, keras, path):
        x, y = programs.table(20, features=5)
        wide, deep = x[:, :3], x[:, 2:]
        input_a = keras.layers.Input(shape=[3], name="wide_input")
        input_b = keras.layers.Input(shape=[3], name="deep_input")
        hidden1 = keras.layers.Dense(6, activation="relu")(input_b)
        hidden2 = keras.layers.Dense(6, activation="relu")(hidden1)
        concat = keras.layers.Concatenate()([input_a, hidden2])
        output = keras.layers.Dense(1, name="main_output")(concat)
        aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
        model = keras.models.Model(
            inputs=[input_a, input_b], outputs=[output, aux_output]
        )
        programs.set_weights(model)
        model.compile(
            loss=["mse", "mae"],
            loss_weights=[0.9, 0.1],
            optimizer=keras.optimizers.SGD(learning_rate=1e-2),
        )
        history = model.fit(
            (wide, deep),
            (y, y),
            epochs=2,
            validation_data=((wide[:4], deep[:4]), (y[:4], y[:4])),
            shuffle=False,
            verbose=0,
        )
        total, main, aux = model.evaluate([wide, deep], [y, y], verbose=0)
        main_pred, aux_pred = model.predict((wide[:3], deep[:3]), verbose=0)
        return history.history, [total, main, aux], main_pred, aux_pred

    @same_in_both
    def test_residual_network(self, keras, path):
        x, labels = programs.images(16, size=8, channels=3)
        model = programs.set_weights(residual_network(keras))
        model.compile(
            optimizer=keras.optimizers.RMSprop(1e-3),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["acc"],
        )
        history = model.fit(
            x,
            labels,
            batch_size=8,
            epochs=2,
            validation_split=0.25,
            shuffle=False,
            verbose=0,
        )
        return {
            "history": history.history,
            "layers": [layer.name for layer in model.layers],
            "shapes": [layer.output_shape for layer in model.layers],
            "weights": [weight.shape for weight in model.weights],
            "names": [weight.name for weight in model.weights],
        }

    @same_in_both
    def test_siamese_network_with_shared_weights(self, keras, path):
        backend = keras.backend

        def euclidean_distance(vectors):
            x, y = vectors
            total = backend.sum(backend.square(x - y), axis=1, keepdims=True)
            return backend.sqrt(backend.maximum(total, backend.epsilon()))

        def contrastive_loss(y_true, y_pred, margin=1.0):
            y_true = backend.cast(y_true, y_pred.dtype)
            near = backend.square(y_pred)
            far = backend.square(backend.maximum(margin - y_pred, 0))
            return backend.mean((1 - y_true) * near + y_true * far)

        def accuracy(y_true, y_pred):
            return backend.mean(
                backend.equal(y_true, backend.cast(y_pred > 0.5, y_true.dtype))
            )

        base = keras.Sequential(
            [
                keras.layers.Flatten(input_shape=(4, 4)),
                keras.layers.Dense(8, activation="relu"),
                keras.layers.Dense(5),
            ],
            name="embedding",
        )
        input_1 = keras.layers.Input((4, 4))
        input_2 = keras.layers.Input((4, 4))
        distance = keras.layers.Lambda(
            euclidean_distance,
            output_shape=lambda shapes: (shapes[0][0], 1),
        )([base(input_1), base(input_2)])
        normal = keras.layers.BatchNormalization()(distance)
        outputs = keras.layers.Dense(1, activation="sigmoid")(normal)
        siamese = keras.Model(inputs=[input_1, input_2], outputs=outputs)
        programs.set_weights(siamese)
        siamese.compile(
            loss=contrastive_loss, optimizer="rmsprop", metrics=[accuracy]
        )
        images, labels = programs.images(16, size=4)
        x_1, x_2 = images[:8, ..., 0], images[8:, ..., 0]
        y = (labels[:8] != labels[8:]).astype("float32")
        history = siamese.fit([x_1, x_2], y, epochs=3, shuffle=False, verbose=0)
        return {
            "history": history.history,
            "count": len(siamese.weights),
            "embeddings": base.predict(x_1, verbose=0),
            "inputs": siamese.input_shape,
        }

    @same_in_both
    def test_shared_embedding(self, keras, path):
        shared = keras.layers.Embedding(10, 4)
        text_a = keras.Input(shape=(None,), dtype="int32")
        text_b = keras.Input(shape=(None,), dtype="int32")
        encoded_a = shared(text_a)
        encoded_b = shared(text_b)
        similarity = keras.layers.Dot(axes=-1, normalize=True)(
            [
                keras.layers.GlobalAveragePooling1D()(encoded_a),
                keras.layers.GlobalAveragePooling1D()(encoded_b),
            ]
        )
        model = keras.Model([text_a, text_b], similarity)
        programs.set_weights(model)
        predicted = model.predict(
            [words(4, 3, 10), words(4, 6, 10, seed=1)], verbose=0
        )
        return predicted, len(model.trainable_weights), shared.input_dim

    @same_in_both
    def test_tensorflow_ops_on_symbolic_tensors(self, keras, path):
        inputs = keras.Input(shape=(6, 4), name="sequence")
        first, rest = inputs[:, 0, :], inputs[:, 1:]
        centred = inputs - tf.reduce_mean(inputs, axis=1, keepdims=True)
        scaled = centred / (tf.math.reduce_std(centred, axis=1)[:, None] + 1.0)
        flat = tf.reshape(scaled, (-1, 24))
        weights = tf.nn.softmax(tf.matmul(rest, first[..., tf.newaxis]), axis=1)
        context = tf.reduce_sum(weights * rest, axis=1)
        batch = tf.shape(inputs)[0]
        ones = tf.ones((batch, 1))
        joined = tf.concat([flat, context, tf.abs(-first) ** 2, ones], axis=-1)
        gated = tf.where(joined > 0, joined, 0.1 * joined)
        outputs = keras.layers.Dense(2)(tf.clip_by_value(gated, -2.0, 2.0))
        model = keras.Model(inputs, [outputs, tf.argmax(outputs, axis=-1)])
        programs.set_weights(model)
        x = programs.RANDOM(0).normal(size=(5, 6, 4)).astype("float32")
        again = keras.Model.from_config(model.get_config())
        again.set_weights(model.get_weights())
        return model.predict(x, verbose=0), model(x), again(x), outputs.shape

    @same_in_both
    def test_autoencoder_of_nested_models(self, keras, path):
        layers = keras.layers
        encoder_input = keras.Input(shape=(8, 8, 1), name="img")
        x = layers.Conv2D(4, 3, activation="relu", padding="same")(
            encoder_input
        )
        encoder_output = layers.MaxPooling2D(2, padding="same")(x)
        encoder = keras.Model(encoder_input, encoder_output, name="encoder")
        decoder = keras.Sequential(name="decoder")
        decoder.add(layers.Conv2D(4, 3, padding="same", input_shape=(4, 4, 4)))
        decoder.add(layers.UpSampling2D(2))
        decoder.add(layers.Conv2D(1, 3, padding="same", activation="sigmoid"))
        autoencoder_input = keras.Input(shape=(8, 8, 1), name="img")
        autoencoder = keras.Model(
            autoencoder_input,
            decoder(encoder(autoencoder_input)),
            name="autoencoder",
        )
        programs.set_weights(autoencoder)
        autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
        x, _ = programs.images(16)
        noisy = x + 0.1 * programs.RANDOM(1).normal(size=x.shape)
        history = autoencoder.fit(
            noisy.clip(0, 1),
            x,
            epochs=2,
            shuffle=False,
            validation_data=(x, x),
            verbose=0,
        )
        return {
            "history": history.history,
            "code": encoder.predict(x[:2], verbose=0),
            "decoded": decoder(encoder(x[:2])),
            "layers": [layer.name for layer in autoencoder.layers],
            "depth": autoencoder.get_layer("encoder").layers[1].filters,
        }

    @same_in_both
    def test_ensemble_of_models(self, keras, path):
        def get_model(seed):
            inputs = keras.Input(shape=(4,))
            model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
            return programs.set_weights(model, seed)

        models = [get_model(seed) for seed in range(3)]
        inputs = keras.Input(shape=(4,))
        outputs = keras.layers.average([model(inputs) for model in models])
        ensemble = keras.Model(inputs=inputs, outputs=outputs)
        x, _ = programs.table(5)
        return ensemble.predict(x, verbose=0), len(ensemble.layers)

    @same_in_both
    def test_summary_and_properties(self, keras, path):
        model = residual_network(keras)
        lines = []
        model.summary(print_fn=lambda line, *_: lines.append(line))
        text = "\n".join(lines)
        totals = [
            line.split("(")[0].strip()
            for line in text.splitlines()
            if "params:" in line
        ]
        for layer in model.layers:
            assert layer.name in text
        return {
            "totals": totals,
            "first": text.splitlines()[0],
            "count": model.count_params(),
            "input": [model.input_shape, model.inputs[0].name],
            "output": [model.output_shape, model.output.shape],
            "classes": [type(layer).__name__ for layer in model.layers],
            "trainable": [
                len(layer.trainable_weights) for layer in model.layers
            ],
            "types": [isinstance(model, keras.Model), model.built],
        }


class TransferProgramsTest:
    @same_in_both
    def test_freezing_and_fine_tuning(self, keras, path):
        x, labels = programs.images(16, size=8, channels=3)
        y = (labels > 0).astype("float32")
        whole = programs.set_weights(residual_network(keras))
        base = keras.Model(whole.input, whole.layers[-3].output, name="base")
        base.trainable = False
        inputs = keras.Input(shape=(8, 8, 3))
        features = base(inputs, training=False)
        features = keras.layers.GlobalAveragePooling2D()(features)
        features = keras.layers.Dropout(0.0)(features)
        outputs = keras.layers.Dense(1)(features)
        model = keras.Model(inputs, outputs)
        programs.set_weights(model.layers[-1], seed=5)
        counts = [len(model.trainable_weights), len(model.weights)]
        frozen = base.get_weights()
        model.compile(
            optimizer=keras.optimizers.Adam(),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=[keras.metrics.BinaryAccuracy()],
        )
        first = model.fit(x, y, epochs=2, shuffle=False, verbose=0).history
        unchanged = all(
            np.array_equal(a, b) for a, b in zip(frozen, base.get_weights())
        )
        base.trainable = True
        for layer in base.layers[:3]:
            layer.trainable = False
        model.compile(
            optimizer=keras.optimizers.Adam(1e-3),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=[keras.metrics.BinaryAccuracy()],
        )
        counts.append(len(model.trainable_weights))
        second = model.fit(x, y, epochs=2, shuffle=False, verbose=0).history
        assert unchanged
        return {
            "counts": counts,
            "first": first,
            "second": second,
            "weights": model.get_weights(),
            "names": [w.name for w in model.trainable_weights],
        }

    @same_in_both
    def test_frozen_batch_normalization_runs_in_inference_mode(
        self, keras, path
    ):
        model = keras.Sequential(
            [
                keras.layers.Dense(4, input_shape=(4,)),
                keras.layers.BatchNormalization(),
                keras.layers.Dense(1),
            ]
        )
        programs.set_weights(model)
        model.layers[1].trainable = False
        model.compile("sgd", "mse")
        x, y = programs.table(16)
        history = model.fit(x + 3, y, shuffle=False, verbose=0)
        return history.history, model.layers[1].get_weights()

    @pytest.mark.filterwarnings("ignore:.*takes effect at the next `compile`")
    @same_in_both
    def test_trainable_counts_as_it_was_at_compile(self, keras, path):
        x, y = programs.table(16)

        def changes(when_compiled, later, eager=False):
            model = keras.Sequential(
                [
                    keras.layers.Dense(3, input_shape=(4,)),
                    keras.layers.BatchNormalization(),
                    keras.layers.Dense(1),
                ]
            )
            programs.set_weights(model)
            model.layers[0].trainable = when_compiled
            model.layers[1].trainable = when_compiled
            model.compile("sgd", "mse", run_eagerly=eager)
            model.layers[0].trainable = later
            model.layers[1].trainable = later
            counts = [len(model.trainable_weights)]
            before = [w.numpy() for w in model.weights]
            model.fit(x, y, verbose=0)
            model.train_on_batch(x, y)
            counts.append(len(model.trainable_weights))
            pairs = zip(before, model.weights)
            return counts, [float((a != b.numpy()).any()) for a, b in pairs]

        return [
            changes(True, False),
            changes(False, True),
            changes(True, False, eager=True),
        ]

    @same_in_both
    def test_feature_extraction(self, keras, path):
        x, _ = programs.images(4, size=8, channels=3)
        model = programs.set_weights(residual_network(keras))
        outputs = [layer.output for layer in model.layers[1:4]]
        activation_model = keras.Model(inputs=model.input, outputs=outputs)
        named = keras.Model(
            inputs=model.inputs,
            outputs={
                name: model.get_layer(name).output
                for name in ("head", "last_conv")
            },
        )
        return {
            "list": activation_model.predict(x, verbose=0),
            "dict": named(x),
            "index": model.get_layer(index=2).name,
        }

    @same_in_both
    def test_gradient_class_activation_map(self, keras, path):
        x, _ = programs.images(2, size=8, channels=3)
        model = programs.set_weights(residual_network(keras))
        grad_model = keras.models.Model(
            [model.inputs], [model.get_layer("last_conv").output, model.output]
        )
        with tf.GradientTape() as tape:
            conv_output, predictions = grad_model(x)
            class_channel = predictions[:, tf.argmax(predictions[0])]
        gradients = tape.gradient(class_channel, conv_output)
        pooled = tf.reduce_mean(gradients, axis=(0, 1, 2))
        heatmap = tf.squeeze(conv_output[0] @ pooled[..., tf.newaxis])
        return tf.maximum(heatmap, 0) / tf.math.reduce_max(tf.abs(heatmap))

    @same_in_both
    def test_image_made_by_gradient_ascent(self, keras, path):
        whole = programs.set_weights(residual_network(keras))
        extractor = keras.Model(
            inputs=whole.inputs, outputs=whole.get_layer("last_conv").output
        )

        @tf.function
        def ascend(image, learning_rate):
            with tf.GradientTape() as tape:
                tape.watch(image)
                loss = tf.reduce_mean(extractor(image)[..., 1])
            gradient = tf.math.l2_normalize(tape.gradient(loss, image))
            return loss, image + learning_rate * gradient

        image = tf.fill((1, 8, 8, 3), 0.4)
        losses = []
        for _ in range(3):
            loss, image = ascend(image, 2.0)
            losses.append(loss)
        painting = tf.Variable(image)
        optimizer = keras.optimizers.Adam(learning_rate=0.02)
        for _ in range(2):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(extractor(painting) - 0.1))
            optimizer.apply_gradients(
                [(tape.gradient(loss, painting), painting)]
            )
            losses.append(loss)
        return losses, painting

    @same_in_both
    def test_weights_move_between_models(self, keras, path):
        def functional():
            inputs = keras.Input(shape=(4,), name="digits")
            x = keras.layers.Dense(5, activation="relu", name="dense_1")(inputs)
            outputs = keras.layers.Dense(2, name="predictions")(x)
            return keras.Model(inputs, outputs, name="3_layer_mlp")

        class Subclassed(keras.Model):
            def __init__(self, output_dim, name=None):
                super().__init__(name=name)
                self.dense_1 = keras.layers.Dense(5, activation="relu")
                self.dense_2 = keras.layers.Dense(output_dim)

            def call(self, inputs):
                return self.dense_2(self.dense_1(inputs))

        x, _ = programs.table(3)
        source = programs.set_weights(functional())
        target = Subclassed(2)
        target(tf.ones((1, 4)))
        target.set_weights(source.get_weights())
        clone = keras.models.clone_model(source)
        clone.set_weights(source.get_weights())
        extracted = keras.Sequential(source.layers[:-1])
        extracted.add(keras.layers.Dense(3, name="new"))
        programs.set_weights(extracted.layers[-1], seed=3)
        extracted.layers[0].trainable = False
        return {
            "outputs": [model(x) for model in (source, target, clone)],
            "transfer": extracted.predict(x, verbose=0),
            "trainable": len(extracted.trainable_weights),
            "names": [layer.name for layer in clone.layers],
        }


class SavingProgramsTest:
    @same_in_both
    def test_whole_model(self, keras, path):
        x, labels = programs.images(16, size=8, channels=3)
        model = programs.set_weights(residual_network(keras))
        model.compile(
            keras.optimizers.Adam(1e-2),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        model.fit(x, labels, shuffle=False, verbose=0)
        file = str(path / "my_model.keras")
        model.save(file)
        restored = keras.models.load_model(file)
        before = model.predict(x, verbose=0)
        np.testing.assert_allclose(
            before, restored.predict(x, verbose=0), atol=1e-5
        )
        history = restored.fit(x, labels, shuffle=False, verbose=0).history
        without = keras.models.load_model(file, compile=False)
        return {
            "continued": history,
            "steps": restored.optimizer.iterations,
            "evaluated": model.evaluate(x, labels, verbose=0),
            "compiled": without.optimizer is None,
            "output": without(x[:1]),
        }

    @same_in_both
    def test_weights_and_architecture_apart(self, keras, path):
        model = programs.set_weights(residual_network(keras))
        text = model.to_json()
        file = str(path / "checkpoint.weights.h5")
        model.save_weights(file)
        fresh = keras.models.model_from_json(text)
        fresh.load_weights(file)
        config = model.get_config()
        again = keras.Model.from_config(config)
        again.set_weights(fresh.get_weights())
        x, _ = programs.images(2, size=8, channels=3)
        return {
            "outputs": [model(x), fresh(x), again(x)],
            "class": json.loads(text)["class_name"],
            "layers": [layer["class_name"] for layer in config["layers"]],
            "config": sorted(config),
        }

    @pytest.mark.filterwarnings("ignore:`.*` is saved by name only")
    @same_in_both
    def test_custom_objects(self, keras, path):
        class Antirectifier(keras.layers.Layer):
            def __init__(self, units=3, **kwargs):
                super().__init__(**kwargs)
                self.units = units

            def build(self, input_shape):
                self.kernel = self.add_weight(
                    name="kernel",
                    shape=(input_shape[-1] * 2, self.units),
                    initializer="glorot_uniform",
                    trainable=True,
                )

            def call(self, inputs):
                inputs = inputs - tf.reduce_mean(inputs, -1, keepdims=True)
                both = tf.concat(
                    [tf.nn.relu(inputs), tf.nn.relu(-inputs)], axis=-1
                )
                return tf.matmul(both, self.kernel)

            def get_config(self):
                config = super().get_config()
                config.update({"units": self.units})
                return config

        def scaled_error(y_true, y_pred):
            return 0.5 * tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)

        def double_relu(x):
            return 2 * tf.nn.relu(x)

        inputs = keras.Input((4,))
        y = Antirectifier(5, name="anti")(inputs)
        outputs = keras.layers.Dense(1, activation=double_relu)(y)
        model = programs.set_weights(keras.Model(inputs, outputs))
        model.compile("adam", loss=scaled_error, metrics=[scaled_error, "mae"])
        x, y = programs.table(8)
        model.fit(x, y, shuffle=False, verbose=0)
        file = str(path / "custom.keras")
        custom = {
            "Antirectifier": Antirectifier,
            "scaled_error": scaled_error,
            "double_relu": double_relu,
        }
        with warnings.catch_warnings():
            # tfk says that a program has to know the classes.
            warnings.simplefilter("ignore")
            model.save(file)
        restored = keras.models.load_model(file, custom_objects=custom)
        with keras.utils.custom_object_scope(custom):
            scoped = keras.models.load_model(file)
            cloned = keras.models.clone_model(model)
        with pytest.raises((ValueError, TypeError)):
            keras.models.load_model(file)
        return {
            "evaluated": model.evaluate(x, y, verbose=0),
            "restored": restored.evaluate(x, y, verbose=0),
            "scoped": scoped.predict(x, verbose=0),
            "units": cloned.get_layer("anti").units,
        }

    @same_in_both
    def test_registered_subclassed_model(self, keras, path):
        register = keras.utils.register_keras_serializable

        @register(package=f"{keras.__name__}_programs")
        class Block(keras.layers.Layer):
            def __init__(self, units, rate=0.0, **kwargs):
                super(Block, self).__init__(**kwargs)
                self.units = units
                self.rate = rate
                self.dense = keras.layers.Dense(units, activation="relu")
                self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
                self.dropout = keras.layers.Dropout(rate)

            def call(self, x, training=False):
                return self.dropout(self.norm(self.dense(x)), training=training)

            def get_config(self):
                return {
                    **super().get_config(),
                    "units": self.units,
                    "rate": self.rate,
                }

        @register(package=f"{keras.__name__}_programs")
        class Classifier(keras.Model):
            def __init__(self, units, classes, **kwargs):
                super().__init__(**kwargs)
                self.units, self.classes = units, classes
                self.blocks = [Block(size) for size in units]
                self.head = keras.layers.Dense(classes)

            def call(self, inputs, training=None):
                x = inputs
                for block in self.blocks:
                    x = block(x, training=training)
                return self.head(x)

            def get_config(self):
                return {"units": self.units, "classes": self.classes}

            @classmethod
            def from_config(cls, config):
                return cls(**config)

        x, _ = programs.table(12)
        labels = np.arange(12) % 3
        model = Classifier([5, 6], 3)
        model(x)
        programs.set_weights(model)
        model.compile(
            "adam",
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        history = model.fit(x, labels, epochs=2, shuffle=False, verbose=0)
        file = str(path / "subclassed.keras")
        model.save(file)
        restored = keras.models.load_model(file)
        weights = str(path / "subclassed.weights.h5")
        model.save_weights(weights)
        fresh = Classifier([5, 6], 3)
        fresh.build((None, 4))
        fresh.load_weights(weights)
        return {
            "history": history.history,
            "outputs": [model(x), restored(x), fresh(x)],
            "name": keras.utils.get_registered_name(Block).split(">")[1],
            "restored": restored.evaluate(x, labels, verbose=0),
        }


class TablesProgramsTest:
    @same_in_both
    def test_structured_data_from_scratch(self, keras, path):
        random = programs.RANDOM(0)
        columns = {
            "age": random.randint(20, 80, 24).astype("float32"),
            "chol": random.normal(200, 30, 24).astype("float32"),
            "cp": random.randint(0, 4, 24),
            "thal": random.choice(["fixed", "normal", "reversible"], 24),
        }
        target = (columns["age"] > 50).astype("int64")

        def dataset():
            made = tf.data.Dataset.from_tensor_slices((columns, target))
            return made.batch(8).prefetch(8)

        def encode_numerical_feature(feature, name):
            normalizer = keras.layers.Normalization()
            feature_ds = dataset().map(lambda x, y: x[name])
            feature_ds = feature_ds.map(lambda x: tf.expand_dims(x, -1))
            normalizer.adapt(feature_ds)
            return normalizer(feature)

        def encode_categorical_feature(feature, name, is_string):
            lookup_class = (
                keras.layers.StringLookup
                if is_string
                else keras.layers.IntegerLookup
            )
            lookup = lookup_class(output_mode="binary")
            feature_ds = dataset().map(lambda x, y: x[name])
            feature_ds = feature_ds.map(lambda x: tf.expand_dims(x, -1))
            lookup.adapt(feature_ds)
            vocabularies.append([str(x) for x in lookup.get_vocabulary()])
            return lookup(feature)

        vocabularies = []
        age = keras.Input(shape=(1,), name="age")
        chol = keras.Input(shape=(1,), name="chol")
        cp = keras.Input(shape=(1,), name="cp", dtype="int64")
        thal = keras.Input(shape=(1,), name="thal", dtype="string")
        inputs = [age, chol, cp, thal]
        all_features = keras.layers.concatenate(
            [
                encode_categorical_feature(cp, "cp", False),
                encode_categorical_feature(thal, "thal", True),
                encode_numerical_feature(age, "age"),
                encode_numerical_feature(chol, "chol"),
            ]
        )
        x = keras.layers.Dense(8, activation="relu")(all_features)
        output = keras.layers.Dense(1, activation="sigmoid")(x)
        model = keras.Model(inputs, output)
        for layer in model.layers[-2:]:
            programs.set_weights(layer)
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        history = model.fit(
            dataset(), epochs=2, validation_data=dataset(), verbose=0
        )
        file = str(path / "table.keras")
        model.save(file)
        restored = keras.models.load_model(file)
        sample = {
            "age": 60,
            "chol": 233.0,
            "cp": 1,
            "thal": "fixed",
        }
        input_dict = {
            name: tf.convert_to_tensor([value])
            for name, value in sample.items()
        }
        return {
            "vocabularies": vocabularies,
            "history": history.history,
            "sample": model.predict(input_dict, verbose=0),
            "restored": restored.predict(input_dict, verbose=0),
        }

    @same_in_both
    def test_preprocessing_model_in_the_pipeline(self, keras, path):
        names = np.array(["a", "b", "c", "b", "z", "a"])
        lookup = keras.layers.StringLookup(vocabulary=["a", "b", "c"])
        encoder = keras.layers.CategoryEncoding(
            num_tokens=lookup.vocabulary_size(), output_mode="one_hot"
        )
        inputs = keras.Input(shape=(1,), dtype=tf.string)
        preprocessor = keras.Model(inputs, encoder(lookup(inputs)))
        dataset = tf.data.Dataset.from_tensor_slices(names[:, None]).batch(4)
        encoded = dataset.map(preprocessor, num_parallel_calls=2)
        model = keras.Sequential([keras.layers.Dense(1, input_shape=(4,))])
        programs.set_weights(model)
        whole = keras.Sequential([preprocessor, model])
        inverse = keras.layers.StringLookup(
            vocabulary=lookup.get_vocabulary(), invert=True
        )
        hashed = keras.layers.Hashing(num_bins=5)(names)
        ids = keras.layers.IntegerLookup(vocabulary=[10, 20], mask_token=None)
        return {
            "encoded": [batch for batch in encoded],
            "whole": whole.predict(dataset, verbose=0),
            "inverse": [bytes(x) for x in inverse(lookup(names)).numpy()],
            "hashed": hashed,
            "ids": ids([10, 20, 30]),
            "size": lookup.vocabulary_size(),
        }

    @same_in_both
    def test_collaborative_filtering(self, keras, path):
        embedding_size = 4

        class Recommender(keras.Model):
            def __init__(self, num_users, num_movies, **kwargs):
                super().__init__(**kwargs)
                self.user_embedding = keras.layers.Embedding(
                    num_users,
                    embedding_size,
                    embeddings_initializer="he_normal",
                    embeddings_regularizer=keras.regularizers.l2(1e-6),
                )
                self.user_bias = keras.layers.Embedding(num_users, 1)
                self.movie_embedding = keras.layers.Embedding(
                    num_movies, embedding_size
                )

            def call(self, inputs):
                user_vector = self.user_embedding(inputs[:, 0])
                user_bias = self.user_bias(inputs[:, 0])
                movie_vector = self.movie_embedding(inputs[:, 1])
                dot = tf.tensordot(user_vector, movie_vector, 2)
                return tf.nn.sigmoid(dot + user_bias)

        pairs = np.stack([words(16, 1, 6)[:, 0], words(16, 1, 9)[:, 0]], 1)
        ratings = programs.RANDOM(1).uniform(size=16)
        model = Recommender(6, 9)
        model(pairs)
        programs.set_weights(model)
        model.compile(
            loss=keras.losses.BinaryCrossentropy(),
            optimizer=keras.optimizers.Adam(learning_rate=0.001),
        )
        history = model.fit(
            x=pairs,
            y=ratings,
            batch_size=8,
            epochs=2,
            shuffle=False,
            validation_data=(pairs, ratings),
            verbose=0,
        )
        return history.history, model.predict(pairs, verbose=0).flatten()
