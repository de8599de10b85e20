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
"""Programs of tf.keras users: own steps and training loops."""

import numpy as np
import tensorflow as tf

from tfk.testing import programs
from tfk.testing.programs import same_in_both


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
        student = programs.mlp(keras, 4, 3, name="student")
        teacher = programs.mlp(keras, 4, 3, name="teacher")
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


class LoopsProgramsTest:
    @same_in_both
    def test_training_loop_with_functions(self, keras, path):
        x, _ = programs.table(20)
        labels = np.arange(20) % 3
        model = programs.mlp(keras, 4, 3)
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
        model = programs.mlp(keras, 4, 2, name="q")
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
