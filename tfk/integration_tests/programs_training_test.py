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
"""Programs of tf.keras users: `compile` and `fit`, data and callbacks."""

import math
import os

import numpy as np
import tensorflow as tf

import tfk
from tfk.testing import programs
from tfk.testing import strategies
from tfk.testing.programs import same_in_both


def classifier(keras, features=4, classes=3):
    model = keras.models.Sequential()
    model.add(keras.layers.Dense(8, activation="relu", input_shape=(features,)))
    model.add(keras.layers.Dense(classes, activation="softmax"))
    return programs.set_weights(model)


def regressor(keras, features=4):
    model = keras.Sequential(
        [
            keras.Input(shape=(features,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    return programs.set_weights(model)


class ImagesProgramsTest:
    @same_in_both
    def test_first_network_on_flat_digits(self, keras, path):
        digits, labels = programs.images(40, size=6)
        pixels = (digits * 255).astype("uint8")
        train = pixels.reshape((40, 36)).astype("float32") / 255
        model = keras.Sequential(
            [
                keras.layers.Dense(16, activation="relu"),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile(
            optimizer="rmsprop",
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        assert model.predict(train[:2], verbose=0).shape == (2, 3)
        programs.set_weights(model)
        history = model.fit(
            train, labels, epochs=3, batch_size=16, shuffle=False, verbose=0
        )
        test_loss, test_acc = model.evaluate(train[:10], labels[:10], verbose=0)
        predictions = model.predict(train[:10], verbose=0)
        return {
            "history": history.history,
            "epochs": history.epoch,
            "test": [test_loss, test_acc],
            "predictions": predictions,
            "digits": predictions.argmax(axis=1),
            "names": model.metrics_names,
        }

    @same_in_both
    def test_convnet_with_one_hot_labels(self, keras, path):
        x, labels = programs.images(32, size=10)
        y = keras.utils.to_categorical(labels, 3)
        layers = keras.layers
        model = keras.models.Sequential()
        model.add(
            layers.Conv2D(4, (3, 3), activation="relu", input_shape=(10, 10, 1))
        )
        model.add(layers.BatchNormalization())
        model.add(layers.MaxPooling2D((2, 2)))
        model.add(layers.Conv2D(6, kernel_size=3, padding="same", strides=2))
        model.add(layers.Activation("relu"))
        model.add(layers.Dropout(0.0))
        model.add(layers.Flatten())
        model.add(layers.Dense(8, activation=tf.nn.relu))
        model.add(layers.Dense(3))
        programs.set_weights(model)
        model.compile(
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            optimizer=keras.optimizers.Adam(learning_rate=0.01),
            metrics=["acc"],
        )
        history = model.fit(
            x[:24],
            y[:24],
            batch_size=8,
            epochs=2,
            validation_data=(x[24:], y[24:]),
            shuffle=False,
            verbose=0,
        )
        return {
            "history": history.history,
            "scores": model.evaluate(x, y, verbose=0),
            "shapes": [layer.output_shape for layer in model.layers],
            "params": [layer.count_params() for layer in model.layers],
            "moving": model.layers[1].get_weights()[2:],
        }

    @same_in_both
    def test_augmentation_in_the_pipeline_and_global_pooling(self, keras, path):
        x, labels = programs.images(24, size=8, channels=3)
        dataset = tf.data.Dataset.from_tensor_slices((x * 255, labels))
        dataset = dataset.map(
            lambda image, label: (tf.image.flip_left_right(image), label),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        train = dataset.cache().batch(8).prefetch(tf.data.AUTOTUNE)
        validation = dataset.take(7).batch(4)
        inputs = keras.Input(shape=(8, 8, 3))
        x = keras.layers.Rescaling(1.0 / 255)(inputs)
        for filters in (4, 8):
            x = keras.layers.Conv2D(filters, 3, activation="relu")(x)
        x = keras.layers.GlobalAveragePooling2D()(x)
        outputs = keras.layers.Dense(3, activation="softmax")(x)
        model = keras.Model(inputs=inputs, outputs=outputs)
        programs.set_weights(model)
        model.compile(
            optimizer=keras.optimizers.legacy.Adam(1e-2),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
        )
        history = model.fit(
            train, validation_data=validation, epochs=2, verbose=0
        )
        return {
            "history": history.history,
            "results": model.evaluate(train, verbose=0, return_dict=True),
            "predicted": model.predict(validation, verbose=0),
            "steps": model.predict(train, steps=2, verbose=0).shape,
        }


class CallbacksProgramsTest:
    @same_in_both
    def test_the_usual_list_of_callbacks(self, keras, path):
        x, y = programs.table(24)
        model = regressor(keras)
        model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
        ended = []
        best = str(path / "best.keras")
        weights = str(path / "weights-{epoch:02d}.weights.h5")
        callbacks = [
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=2, restore_best_weights=True
            ),
            keras.callbacks.ModelCheckpoint(
                best, monitor="val_loss", save_best_only=True
            ),
            keras.callbacks.ModelCheckpoint(weights, save_weights_only=True),
            keras.callbacks.ReduceLROnPlateau(
                monitor="val_loss", factor=0.5, patience=1, min_lr=1e-5
            ),
            keras.callbacks.CSVLogger(str(path / "log.csv")),
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: ended.append(logs["loss"])
            ),
            keras.callbacks.TerminateOnNaN(),
        ]
        history = model.fit(
            x,
            y,
            epochs=6,
            batch_size=8,
            validation_split=0.25,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )
        restored = keras.models.load_model(best)
        log = (path / "log.csv").read_text().splitlines()
        model.load_weights(weights.format(epoch=1))
        return {
            "history": history.history,
            "ended": ended,
            "best": restored.evaluate(x, y, verbose=0),
            "first": model.evaluate(x, y, verbose=0),
            "log": [log[0], len(log)],
            "files": sorted(file.name for file in path.glob("weights-*")),
        }

    def test_tensorboard(self, tmp_path):
        # tf_keras can't write without TensorBoard, which tests do not need.
        x, y = programs.table(8)
        model = regressor(tfk)
        model.compile("sgd", "mse")
        folder = str(tmp_path / "logs" / "fit")
        board = tfk.callbacks.TensorBoard(log_dir=folder, histogram_freq=1)
        model.fit(x, y, validation_split=0.5, callbacks=[board], verbose=0)
        assert sorted(os.listdir(folder)) == ["train", "validation"]

    @same_in_both
    def test_callback_that_changes_the_learning_rate_each_batch(
        self, keras, path
    ):
        backend = keras.backend

        class RateFinder(keras.callbacks.Callback):
            def __init__(self, factor):
                super().__init__()
                self.factor = factor
                self.rates, self.losses = [], []

            def on_train_begin(self, logs=None):
                self.seen = dict(self.params)

            def on_batch_end(self, batch, logs=None):
                rate = backend.get_value(self.model.optimizer.lr)
                self.rates.append(rate)
                self.losses.append(logs["loss"])
                backend.set_value(self.model.optimizer.lr, rate * self.factor)
                if batch == 4:
                    self.model.stop_training = True

        x, y = programs.table(32)
        model = regressor(keras)
        model.compile("sgd", "mse")
        finder = RateFinder(1.3)
        model.fit(
            x,
            y,
            epochs=3,
            batch_size=4,
            callbacks=[finder],
            shuffle=False,
            verbose=0,
        )
        return {
            "rates": finder.rates,
            "losses": finder.losses,
            "params": sorted(finder.seen.items()),
        }

    @same_in_both
    def test_hooks_are_called_in_order(self, keras, path):
        calls = []

        class Tracer(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                calls.append(["train begin", sorted(logs or {})])

            def on_train_end(self, logs=None):
                calls.append(["train end", sorted(logs)])

            def on_epoch_begin(self, epoch, logs=None):
                calls.append([f"epoch {epoch} begin", sorted(logs or {})])

            def on_epoch_end(self, epoch, logs=None):
                calls.append([f"epoch {epoch} end", sorted(logs)])

            def on_train_batch_begin(self, batch, logs=None):
                calls.append([f"batch {batch} begin", sorted(logs or {})])

            def on_train_batch_end(self, batch, logs=None):
                calls.append([f"batch {batch} end", sorted(logs)])

            def on_test_batch_end(self, batch, logs=None):
                calls.append([f"test batch {batch} end", sorted(logs)])

            def on_test_end(self, logs=None):
                calls.append(["test end", sorted(logs)])

            def on_predict_batch_end(self, batch, logs=None):
                calls.append([f"predict {batch} end", logs["outputs"].shape])

        x, y = programs.table(8)
        model = regressor(keras)
        model.compile("adam", "mse", metrics=["mae"])
        tracer = Tracer()
        model.fit(
            x,
            y,
            batch_size=4,
            epochs=2,
            validation_data=(x[:4], y[:4]),
            callbacks=[tracer],
            verbose=0,
        )
        model.evaluate(x, y, callbacks=[tracer], verbose=0)
        model.predict(x, batch_size=4, callbacks=[tracer], verbose=0)
        return calls

    @same_in_both
    def test_learning_rate_scheduler(self, keras, path):
        def schedule(epoch, lr):
            return lr if epoch < 1 else lr * math.exp(-0.5)

        x, y = programs.table(16)
        model = regressor(keras)
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mae")
        history = model.fit(
            x,
            y,
            epochs=3,
            initial_epoch=0,
            callbacks=[keras.callbacks.LearningRateScheduler(schedule)],
            shuffle=False,
            verbose=0,
        )
        more = model.fit(x, y, initial_epoch=3, epochs=4, verbose=0)
        return history.history, more.epoch


class DataProgramsTest:
    @same_in_both
    def test_imbalanced_classes(self, keras, path):
        x, y = programs.table(64)
        labels = (y[:, 0] > 1.5).astype("int64")
        negatives, positives = np.bincount(labels)
        weights = {
            0: 64 / (2.0 * negatives),
            1: 64 / (2.0 * positives),
        }
        bias = keras.initializers.Constant(np.log([positives / negatives]))
        model = keras.Sequential(
            [
                keras.layers.Dense(8, "relu", input_shape=(x.shape[-1],)),
                keras.layers.Dropout(0.0),
                keras.layers.Dense(1, "sigmoid", bias_initializer=bias),
            ]
        )
        programs.set_weights(model)
        metrics = [
            keras.metrics.TruePositives(name="tp"),
            keras.metrics.FalsePositives(name="fp"),
            keras.metrics.TrueNegatives(name="tn"),
            keras.metrics.FalseNegatives(name="fn"),
            keras.metrics.BinaryAccuracy(name="accuracy"),
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
            keras.metrics.AUC(name="auc"),
            keras.metrics.AUC(name="prc", curve="PR"),
        ]
        model.compile(
            optimizer=keras.optimizers.Adam(learning_rate=1e-2),
            loss=keras.losses.BinaryCrossentropy(),
            metrics=metrics,
        )
        initial = model.evaluate(x, labels, batch_size=16, verbose=0)
        history = model.fit(
            x,
            labels,
            batch_size=16,
            epochs=2,
            shuffle=False,
            validation_data=(x[:20], labels[:20]),
            class_weight=weights,
            verbose=0,
        )
        sample_weight = np.where(labels == 1, 3.0, 0.5)
        weighted = model.evaluate(
            x, labels, sample_weight=sample_weight, verbose=0, return_dict=True
        )
        return initial, history.history, weighted

    @same_in_both
    def test_class_weight_of_one_hot_labels(self, keras, path):
        x, _ = programs.table(16)
        model = classifier(keras)
        model.compile(
            "sgd",
            "categorical_crossentropy",
            metrics=["accuracy"],
            weighted_metrics=["accuracy"],
        )
        history = model.fit(
            x,
            keras.utils.to_categorical(np.arange(16) % 3),
            class_weight={0: 1.0, 1: 2.0, 2: 0.5},
            batch_size=8,
            shuffle=False,
            verbose=0,
        )
        return history.history, model.metrics_names

    @same_in_both
    def test_repeated_dataset_with_steps(self, keras, path):
        x, y = programs.table(24)
        dataset = tf.data.Dataset.from_tensor_slices((x, y))
        train = dataset.repeat().batch(5).prefetch(1)
        model = regressor(keras)
        model.compile("rmsprop", "mse", metrics=["mse", "mae"])
        history = model.fit(
            train,
            steps_per_epoch=3,
            epochs=2,
            validation_data=dataset.batch(6).repeat(),
            validation_steps=2,
            verbose=0,
        )
        loss = model.evaluate(train, steps=4, verbose=0)
        predicted = model.predict(train, steps=2, verbose=0)
        return history.history, loss, predicted

    @same_in_both
    def test_generators(self, keras, path):
        x, y = programs.table(20)

        def batches(batch_size=4):
            start = 0
            while True:
                yield x[start : start + batch_size], y[
                    start : start + batch_size
                ]
                start = (start + batch_size) % len(x)

        model = regressor(keras)
        model.compile(optimizer="adam", loss="mae")
        history = model.fit(
            batches(),
            steps_per_epoch=5,
            epochs=2,
            # tf_keras reads ahead: its second validation starts elsewhere.
            validation_data=batches(10),
            validation_steps=2,
            verbose=0,
        )
        loss = model.evaluate(batches(), steps=2, verbose=0)
        predicted = model.predict(batches(), steps=3, verbose=0)
        return history.history, loss, predicted

    @same_in_both
    def test_sequence_class(self, keras, path):
        x, y = programs.table(22)

        class Batches(keras.utils.Sequence):
            def __init__(self, x, y, batch_size):
                self.x, self.y = x, y
                self.batch_size = batch_size
                self.ended = 0

            def __len__(self):
                return math.ceil(len(self.x) / self.batch_size)

            def __getitem__(self, index):
                low = index * self.batch_size
                high = min(low + self.batch_size, len(self.x))
                return self.x[low:high], self.y[low:high]

            def on_epoch_end(self):
                self.ended += 1

        train = Batches(x, y, 8)
        model = regressor(keras)
        model.compile(optimizer="adam", loss="mae")
        history = model.fit(
            train,
            epochs=2,
            validation_data=Batches(x, y, 11),
            shuffle=False,
            verbose=0,
        )
        return history.history, model.predict(train, verbose=0), train.ended

    @same_in_both
    def test_k_fold_validation_of_a_regression(self, keras, path):
        x, y = programs.table(24)
        x = x * 3 + 7
        x -= x.mean(axis=0)
        x /= x.std(axis=0)

        def build_model():
            model = keras.Sequential(
                [
                    keras.layers.Dense(8, activation="relu"),
                    keras.layers.Dense(1),
                ]
            )
            model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
            return model

        scores = []
        for fold in range(2):
            held_out = slice(fold * 12, fold * 12 + 12)
            kept = slice(12, 24) if fold == 0 else slice(0, 12)
            model = build_model()
            model.build((None, 4))
            programs.set_weights(model, seed=fold)
            history = model.fit(
                x[kept],
                y[kept][:, 0],
                validation_data=(x[held_out], y[held_out][:, 0]),
                epochs=2,
                batch_size=1,
                shuffle=False,
                verbose=0,
            )
            val_mse, val_mae = model.evaluate(
                x[held_out], y[held_out][:, 0], verbose=0
            )
            scores.append([history.history["val_mae"], val_mse, val_mae])
        return scores

    @same_in_both
    def test_normalized_table_with_pandas_like_columns(self, keras, path):
        x, y = programs.table(30)
        features = {"age": x[:, 0] * 9 + 40, "height": x[:, 1] * 20 + 170}
        stacked = np.stack(list(features.values()), axis=1)
        normalizer = keras.layers.Normalization(axis=-1)
        normalizer.adapt(stacked)
        model = keras.Sequential(
            [
                normalizer,
                keras.layers.Dense(6, activation="relu"),
                keras.layers.Dense(1),
            ]
        )
        model.compile(
            loss="mean_absolute_error",
            optimizer=keras.optimizers.Adam(0.01),
            metrics=[keras.metrics.RootMeanSquaredError()],
        )
        model.predict(stacked[:1], verbose=0)
        for layer in model.layers[1:]:
            programs.set_weights(layer)
        history = model.fit(
            stacked,
            y,
            epochs=2,
            validation_split=0.2,
            shuffle=False,
            verbose=0,
        )
        return {
            "mean": normalizer.mean,
            "normalized": normalizer(stacked[:3]),
            "history": history.history,
            "predicted": model.predict(stacked[:5], verbose=0).flatten(),
        }

    @same_in_both
    def test_batch_by_batch(self, keras, path):
        x, y = programs.table(16)
        model = regressor(keras)
        model.compile("sgd", loss="mse", metrics=["mae"])
        results = [model.train_on_batch(x[:8], y[:8]) for _ in range(2)]
        results.append(model.train_on_batch(x, y, reset_metrics=True))
        named = model.test_on_batch(x, y, return_dict=True)
        return results, named, model.predict_on_batch(x[:3])


class OptimizationProgramsTest:
    @same_in_both
    def test_schedules(self, keras, path):
        schedules = keras.optimizers.schedules

        class WarmUp(schedules.LearningRateSchedule):
            def __init__(self, width, warmup_steps=4):
                super().__init__()
                self.width = tf.cast(width, tf.float32)
                self.warmup_steps = warmup_steps

            def __call__(self, step):
                step = tf.cast(step, tf.float32)
                rising = step * (self.warmup_steps**-1.5)
                return tf.math.rsqrt(self.width) * tf.math.minimum(
                    tf.math.rsqrt(step + 1), rising
                )

        made = [
            schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5),
            schedules.PiecewiseConstantDecay([2, 4], [0.1, 0.05, 0.01]),
            schedules.CosineDecay(0.1, decay_steps=6),
            schedules.PolynomialDecay(0.1, 5, 0.01, power=2.0),
            schedules.InverseTimeDecay(0.1, 1, 0.5, staircase=True),
            WarmUp(16),
        ]
        x, y = programs.table(16)
        results = []
        for schedule in made:
            model = regressor(keras)
            model.compile(keras.optimizers.SGD(schedule), "mse")
            history = model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
            results.append(
                [
                    history.history["loss"],
                    [schedule(step) for step in range(4)],
                    model.optimizer.iterations,
                    model.optimizer.learning_rate,
                ]
            )
        return results

    @same_in_both
    def test_regularizers_constraints_initializers(self, keras, path):
        layers = keras.layers
        model = keras.Sequential(
            [
                layers.Dense(
                    6,
                    activation="elu",
                    kernel_regularizer=keras.regularizers.l2(0.01),
                    bias_regularizer="l1",
                    activity_regularizer=keras.regularizers.L1(0.001),
                    kernel_initializer="he_normal",
                    input_dim=4,
                ),
                layers.LeakyReLU(alpha=0.2),
                layers.Dense(
                    3,
                    kernel_constraint=keras.constraints.max_norm(0.5),
                    kernel_regularizer=keras.regularizers.l1_l2(1e-3, 1e-2),
                    bias_initializer="ones",
                ),
                layers.Softmax(),
            ]
        )
        programs.set_weights(model)
        x, _ = programs.table(16)
        labels = np.arange(16) % 3
        model.compile(
            optimizer=keras.optimizers.SGD(
                learning_rate=0.1, momentum=0.9, nesterov=True, clipvalue=0.5
            ),
            loss="sparse_categorical_crossentropy",
        )
        history = model.fit(
            x, labels, batch_size=8, epochs=2, shuffle=False, verbose=0
        )
        return {
            "history": history.history,
            "weights": model.get_weights(),
            "evaluated": model.evaluate(x, labels, verbose=0),
        }

    @same_in_both
    def test_optimizers_by_name(self, keras, path):
        x, y = programs.table(16)
        results = {}
        for name in ("adam", "sgd", "rmsprop", "adagrad", "nadam", "adamax"):
            model = regressor(keras)
            model.compile(name, "mean_squared_error")
            history = model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
            config = model.optimizer.get_config()
            results[name] = [
                history.history["loss"],
                config["name"],
                config["learning_rate"],
            ]
        return results

    @same_in_both(rtol=0.05)
    def test_mixed_precision(self, keras, path):
        x, labels = programs.images(16, size=8)
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
        try:
            inputs = keras.Input((8, 8, 1))
            y = keras.layers.Conv2D(4, 3, activation="relu")(inputs)
            y = keras.layers.BatchNormalization()(y)
            y = keras.layers.Flatten()(y)
            y = keras.layers.Dense(3)(y)
            outputs = keras.layers.Activation(
                "softmax", dtype="float32", name="predictions"
            )(y)
            model = keras.Model(inputs, outputs)
        finally:
            keras.mixed_precision.set_global_policy("float32")
        programs.set_weights(model)
        model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
        history = model.fit(x, labels, epochs=2, shuffle=False, verbose=0)
        return {
            "loss": history.history["loss"],
            "dtypes": [layer.dtype for layer in model.layers],
            "computed": [layer.compute_dtype for layer in model.layers],
            "kernel": model.layers[1].kernel.dtype.name,
            "predicted": model.predict(x, verbose=0).dtype.name,
            "policy": model.layers[1].dtype_policy.name,
        }

    @same_in_both
    def test_float16(self, keras, path):
        x, y = programs.table(8)
        keras.mixed_precision.set_global_policy("mixed_float16")
        try:
            model = keras.Sequential(
                [
                    keras.layers.Dense(4, input_shape=(4,)),
                    keras.layers.Dense(1, dtype="float32"),
                ]
            )
            model.compile("adam", "mse")
            history = model.fit(x, y, epochs=2, verbose=0)
        finally:
            keras.mixed_precision.set_global_policy("float32")
        assert np.isfinite(history.history["loss"]).all()
        # tf_keras counts the steps that it skips, too.
        skipped = getattr(model.optimizer, "skipped_steps", 0)
        return model.optimizer.iterations + skipped, model.dtype

    @same_in_both
    def test_mirrored_strategy(self, keras, path):
        x, y = programs.table(16)
        strategy = strategies.two_replicas()
        batch_size = 4 * strategy.num_replicas_in_sync
        with strategy.scope():
            model = regressor(keras)
            model.compile(
                loss="mse",
                optimizer=keras.optimizers.Adam(0.01),
                metrics=["mae"],
            )
        dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)
        history = model.fit(dataset, epochs=2, verbose=0)
        return {
            "history": history.history,
            "loss": model.evaluate(dataset, verbose=0),
            "predicted": model.predict(x, verbose=0),
        }


class TextProgramsTest:
    def sentences(self):
        random = programs.RANDOM(3)
        words = [
            list(random.randint(1, 20, size=length))
            for length in random.randint(2, 9, size=24)
        ]
        labels = np.array([float(sentence[0] > 9) for sentence in words])
        return words, labels

    @same_in_both
    def test_masked_embedding_and_pooling(self, keras, path):
        words, labels = self.sentences()
        x = keras.utils.pad_sequences(words, maxlen=8, padding="post")
        model = keras.Sequential(
            [
                keras.layers.Embedding(20, 4, input_length=8, mask_zero=True),
                keras.layers.GlobalAveragePooling1D(),
                keras.layers.Dense(6, activation="relu"),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.summary(print_fn=lambda line: None)
        programs.set_weights(model)
        model.compile(
            optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"]
        )
        history = model.fit(
            x[:18],
            labels[:18],
            epochs=2,
            batch_size=6,
            validation_data=(x[18:], labels[18:]),
            shuffle=False,
            verbose=0,
        )
        mask = model.layers[0].compute_mask(x[:2])
        return x, history.history, model.predict(x[:3], verbose=0), mask

    @same_in_both
    def test_convolution_over_words(self, keras, path):
        words, labels = self.sentences()
        x = keras.preprocessing.sequence.pad_sequences(words, maxlen=10)
        model = keras.Sequential()
        model.add(keras.layers.Embedding(20, 5, input_length=10))
        model.add(keras.layers.Conv1D(6, 3, activation="relu"))
        model.add(keras.layers.MaxPooling1D(2))
        model.add(keras.layers.Conv1D(6, 2, padding="causal"))
        model.add(keras.layers.GlobalMaxPooling1D())
        model.add(keras.layers.Dense(1))
        programs.set_weights(model)
        model.compile(
            optimizer=keras.optimizers.RMSprop(1e-2),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=["acc"],
        )
        history = model.fit(
            x,
            labels,
            epochs=2,
            batch_size=8,
            validation_split=0.25,
            shuffle=False,
            verbose=0,
        )
        embeddings = model.layers[0].get_weights()[0]
        return history.history, embeddings.shape, embeddings
