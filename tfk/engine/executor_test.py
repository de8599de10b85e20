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
"""Tests of the compiled functions that run steps."""

import threading

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import autocast
from tfk.engine import call_context
from tfk.engine import executor
from tfk.testing import strategies

X = np.linspace(-1, 1, 40).reshape(20, 2).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def compiled(**arguments):
    model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
    model.compile("sgd", "mse", **arguments)
    return model


def batches(size=4):
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(size)


class GroupFunctionTest:
    def test_the_number_of_steps_traces_nothing_anew(self):
        model = compiled()
        model.fit(X[:4], Y[:4], verbose=0)
        model.optimizer.iterations.assign(0)
        function = executor.GroupFunction(model, model.train_step, True)
        iterator = iter(batches().repeat())
        for count in (1, 5, 3):
            function.run(iterator, count)
        assert function.trace_count == 1
        assert int(model.optimizer.iterations) == 9

    def test_the_end_of_the_data_is_no_step(self):
        model = compiled()
        model.fit(X[:4], Y[:4], verbose=0)
        model.optimizer.iterations.assign(0)
        function = executor.GroupFunction(
            model, model.train_step, True, may_end=True
        )
        with pytest.raises(tf.errors.OutOfRangeError):
            function.run(iter(batches()), 100)
        assert int(model.optimizer.iterations) == 5

    def test_steps_in_groups_are_the_same_steps(self):
        results = []
        for steps in (1, 3, "auto"):
            tfk.utils.set_random_seed(1)
            model = compiled(steps_per_execution=steps)
            history = model.fit(
                X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0
            )
            results.append(history.history["loss"])
        np.testing.assert_allclose(results[0], results[1], rtol=1e-6)
        np.testing.assert_allclose(results[0], results[2], rtol=1e-6)

    def test_a_step_must_return_a_dict(self):
        class Wrong(tfk.Model):
            def train_step(self, data):
                return data[0]

        model = Wrong()
        model.compile("sgd")
        with pytest.raises(ValueError, match="must return a dict"):
            model.fit(X, Y, verbose=0)

    @pytest.mark.parametrize("replicas", [1, 2])
    def test_several_optimizers_in_a_step_of_ones_own(self, replicas):
        class Pair(tfk.Model):
            def __init__(self):
                super().__init__()
                self.left = tfk.layers.Dense(1, kernel_initializer="ones")
                self.right = tfk.layers.Dense(1, kernel_initializer="ones")
                self.seen = tfk.metrics.Mean(name="seen")

            def compile(self, left, right, loss_fn):
                super().compile()
                self.optimizers = {"left": left, "right": right}
                self.loss_fn = loss_fn

            @property
            def metrics(self):
                return [self.seen]

            def train_step(self, data):
                x, y = data
                for name in ("left", "right"):
                    part = getattr(self, name)
                    with tf.GradientTape() as tape:
                        loss = self.loss_fn(y, part(x))
                    gradients = tape.gradient(loss, part.trainable_weights)
                    self.optimizers[name].apply_gradients(
                        zip(gradients, part.trainable_weights)
                    )
                self.seen.update_state(loss)
                return {"seen": self.seen.result(), "last": loss}

        strategy = (
            strategies.two_replicas()
            if replicas == 2
            else tf.distribute.get_strategy()
        )
        with strategy.scope():
            model = Pair()
            model.compile(
                left=tfk.optimizers.SGD(0.0),
                right=tfk.optimizers.Adam(0.1),
                loss_fn=lambda y, p: tf.reduce_mean((y - p) ** 2),
            )
        history = model.fit(
            X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0
        )
        # The model is right from the start, so nothing has to be learned.
        np.testing.assert_allclose(history.history["seen"], 0, atol=1e-10)
        assert sorted(history.history) == ["last", "seen"]
        np.testing.assert_array_equal(model.left.kernel, [[1.0], [1.0]])

    def test_results_that_are_dicts_come_from_all_replicas(self):
        class Extremes(tfk.metrics.Metric):
            def __init__(self, name="extremes"):
                super().__init__(name=name)
                self.sum_of_y = self.add_weight("sum_of_y")
                self.rows = self.add_weight("rows")

            def update_state(self, y_true, y_pred, sample_weight=None):
                self.sum_of_y.assign_add(tf.reduce_sum(y_true))
                self.rows.assign_add(tf.cast(tf.shape(y_true)[0], tf.float32))

            def result(self):
                return {
                    "mean_of_y": self.sum_of_y / self.rows,
                    "rows": tf.convert_to_tensor(self.rows),
                }

        class Own(tfk.Sequential):
            def train_step(self, data):
                x, y = data
                y_pred = self(x, training=True)
                return self.compute_metrics(x, y, y_pred, None)

        with strategies.two_replicas().scope():
            model = Own([tfk.Input((X.shape[1],)), tfk.layers.Dense(1)])
            model.compile("sgd", "mse", metrics=[Extremes()])
        y = np.arange(len(X), dtype="float32")[:, None]
        logs = model.fit(X, y, batch_size=4, verbose=0).history
        assert logs["rows"] == [len(X)]
        np.testing.assert_allclose(logs["mean_of_y"], [y.mean()], rtol=1e-5)

    def test_the_tf_keras_form_of_a_step(self):
        class Classic(tfk.Model):
            def __init__(self):
                super(Classic, self).__init__()
                self.dense = tfk.layers.Dense(1, kernel_initializer="ones")

            def call(self, inputs):
                return self.dense(inputs)

            def train_step(self, data):
                x, y = data
                with tf.GradientTape() as tape:
                    y_pred = self(x, training=True)
                    loss = self.compiled_loss(
                        y, y_pred, regularization_losses=self.losses
                    )
                variables = self.trainable_variables
                self.optimizer.apply_gradients(
                    zip(tape.gradient(loss, variables), variables)
                )
                self.compiled_metrics.update_state(y, y_pred)
                return {m.name: m.result() for m in self.metrics}

        arguments = {"batch_size": 4, "shuffle": False, "verbose": 0}
        model, plain = Classic(), compiled(metrics=["mae"])
        model.compile("sgd", "mse", metrics=["mae"])
        plain.set_weights([np.ones((2, 1)), np.zeros(1)])
        ours = model.fit(X, Y + 1, **arguments).history
        expected = plain.fit(X, Y + 1, **arguments).history
        assert list(ours) == list(expected)
        for key, values in expected.items():
            np.testing.assert_allclose(ours[key], values, rtol=1e-6)


class OnBatchTest:
    def test_metrics_are_of_this_batch_unless_asked(self):
        model = compiled()
        model.optimizer.learning_rate = 0.0
        alone = [model.test_on_batch(X[i : i + 4], Y[:4]) for i in (0, 4)]
        model.fit(X, Y, verbose=0)
        assert model.train_on_batch(X[:4], Y[:4]) == pytest.approx(alone[0])
        both = model.train_on_batch(X[4:8], Y[:4], reset_metrics=False)
        assert both == pytest.approx(np.mean(alone), rel=1e-5)
        assert model.test_on_batch(X[4:8], Y[:4]) == pytest.approx(alone[1])

    def test_parts_may_be_missing(self):
        x = tfk.Input((2,))
        model = tfk.Model(x, [tfk.layers.Dense(1)(x), tfk.layers.Dense(1)(x)])
        model.compile("sgd", ["mse", None])
        values = model.evaluate(X[:4], [Y[:4], None], verbose=0)
        assert values[0] == pytest.approx(values[1])


class FailureTest:
    def test_nothing_stays_behind_after_an_error(self):
        class Moody(tfk.layers.Layer):
            fails = True

            def call(self, inputs):
                if self.fails:
                    raise ValueError("not today")
                return inputs

        moody = Moody(dtype="mixed_bfloat16")
        model = tfk.Sequential([moody, tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
        for run in (
            lambda: model(X),
            lambda: model.fit(X, Y, verbose=0),
            lambda: model.predict(X, verbose=0),
        ):
            with pytest.raises(ValueError, match="not today"):
                run()
            assert call_context.current() is None
            assert autocast.swap_dtype(None) is None
        Moody.fails = False
        model.fit(X, Y, verbose=0)
        assert model.predict(X, verbose=0).shape == (20, 1)

    def test_errors_of_a_generator_are_its_own(self):
        def generator():
            yield X[:4], Y[:4]
            raise KeyError("lost row")

        with pytest.raises(KeyError, match="lost row"):
            compiled().fit(generator(), verbose=0)


class ThreadTest:
    def test_calls_in_threads_do_not_mix_their_modes(self):
        class Mode(tfk.layers.Layer):
            def call(self, inputs, training=None):
                return inputs + (1.0 if training else 0.0)

        inputs = tfk.Input((1,))
        model = tfk.Model(inputs, Mode()(Mode()(inputs)))
        wrong = []

        def work(training):
            for _ in range(50):
                y = model(tf.zeros((1, 1)), training=training)
                if y.numpy().item() != 2.0 * training:
                    wrong.append(training)

        threads = [
            threading.Thread(target=work, args=(i % 2 == 0,)) for i in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
