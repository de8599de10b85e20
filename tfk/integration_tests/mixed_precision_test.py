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
"""Training in 16 bits: fit and own steps, overflows, files, a real task."""

import contextlib
import itertools

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from examples import titanic
from tfk.testing import conformance
from tfk.testing import small_models
from tfk.testing import strategies

X = conformance.floats(8, 3, seed=5)
Y = conformance.floats(8, 3, seed=6)


@contextlib.contextmanager
def policy(name, *packages):
    """Within it, a policy is in force in tfk, or in some packages."""
    for package in packages or (tfk,):
        package.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        for package in packages or (tfk,):
            package.mixed_precision.set_global_policy("float32")


class MinimizeStep(tfk.Model):
    """Leaves the scaling to `minimize`."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        return self.compute_metrics(x, y, y_pred, None)


class ByHandStep(tfk.Model):
    """Scales and unscales as one does with tf.keras."""

    def train_step(self, data):
        x, y = data
        variables = self.trainable_variables
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
            scaled_loss = self.optimizer.get_scaled_loss(loss)
        gradients = tape.gradient(scaled_loss, variables)
        gradients = self.optimizer.get_unscaled_gradients(gradients)
        self.optimizer.apply_gradients(zip(gradients, variables))
        return self.compute_metrics(x, y, y_pred, None)


def make_model(policy_name, jit_compile=None, replicas=1, cls=None):
    strategy = tf.distribute.get_strategy()
    expected = contextlib.nullcontext()
    if replicas == 2:
        strategy = strategies.two_replicas()
        if jit_compile:
            expected = pytest.warns(UserWarning, match="run without it")
    with policy(policy_name), strategy.scope():
        model = small_models.perceptron(tfk)
        if cls is not None:
            model = cls(model.inputs, model.outputs[0])
        optimizer = tfk.optimizers.Adam(0.01, use_ema=True, weight_decay=0.1)
        if policy_name != "float32":
            # With the default scale the first step would be skipped.
            optimizer = tfk.mixed_precision.LossScaleOptimizer(
                optimizer, initial_scale=2.0**10
            )
        with expected:
            model.compile(optimizer, "mse", jit_compile=jit_compile)
    return model


def fit(model, x=X, y=Y, epochs=3):
    history = model.fit(
        x, y, batch_size=4, epochs=epochs, shuffle=False, verbose=0
    )
    return history.history["loss"]


@pytest.fixture(scope="module")
def whole_losses():
    """The losses of the same training in float32."""
    return fit(make_model("float32"))


COMBINATIONS = list(
    itertools.product(
        ("mixed_float16", "mixed_bfloat16"),
        (False, True, "auto"),
        (1, 2),
        (None, MinimizeStep, ByHandStep),
    )
)


class TrainingIn16BitsTest:
    @pytest.mark.parametrize(
        "policy_name, jit_compile, replicas, cls",
        COMBINATIONS,
        ids=lambda x: getattr(x, "__name__", str(x)),
    )
    def test_losses_are_those_of_float32(
        self, whole_losses, policy_name, jit_compile, replicas, cls
    ):
        model = make_model(policy_name, jit_compile, replicas, cls)
        np.testing.assert_allclose(fit(model), whole_losses, rtol=0.02)
        assert model.jit_compile == (jit_compile if replicas == 1 else False)
        # What float16 can't hold, and what nothing can.
        factor = 1e6 if policy_name == "mixed_float16" else np.inf
        self.check_an_overflow_changes_nothing(model, factor)

    def check_an_overflow_changes_nothing(self, model, factor):
        optimizer = model.optimizer
        state = [*model.variables, *optimizer.variables]
        before = [variable.numpy() for variable in state]
        assert optimizer.skipped_steps.numpy() == 0
        assert optimizer.dynamic_counter.numpy() == 6
        fit(model, X[:4] * factor, Y[:4], epochs=2)
        for variable, value in zip(state, before):
            np.testing.assert_array_equal(variable, value)
        assert optimizer.skipped_steps.numpy() == 2
        assert optimizer.dynamic_counter.numpy() == 0
        assert optimizer.loss_scale.numpy() == 2.0**8
        fit(model, epochs=1)
        assert optimizer.iterations.numpy() == 8

    def test_a_scale_that_is_too_large_comes_down(self):
        with policy("mixed_float16"):
            model = small_models.perceptron(tfk)
            model.compile(
                tfk.optimizers.LossScaleOptimizer(
                    tfk.optimizers.Adam(0.05), initial_scale=2.0**24
                ),
                "mse",
            )
        losses = fit(model, epochs=20)
        assert np.isfinite(losses).all()
        assert losses[-1] < 0.6 * losses[0]
        skipped = int(model.optimizer.skipped_steps)
        assert 5 < skipped < 20
        assert int(model.optimizer.iterations) == 40 - skipped

    @pytest.mark.parametrize(
        "case",
        [
            case
            for case in conformance.OPTIMIZERS
            if case.name != "LossScaleOptimizer"
        ],
        ids=lambda case: case.name,
    )
    def test_every_optimizer_trains_alike_under_a_scale(self, case):
        losses = []
        for wrap in (lambda x: x, tfk.optimizers.LossScaleOptimizer):
            model = small_models.perceptron(tfk)
            model.compile(wrap(case.make(tfk.optimizers)), "mse")
            losses.append(fit(model))
        np.testing.assert_allclose(*losses, rtol=1e-6)

    @pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
    def test_a_real_task_ends_at_the_loss_of_float32(self, name):
        x, y = passengers()
        losses = []
        for policy_name in ("float32", name):
            tfk.utils.set_random_seed(1)
            with policy(policy_name):
                model = tfk.Sequential(
                    [
                        tfk.Input((x.shape[1],)),
                        tfk.layers.Dense(32, "relu"),
                        tfk.layers.Dense(16, "relu"),
                        tfk.layers.Dense(1, "sigmoid", dtype="float32"),
                    ]
                )
                model.compile(tfk.optimizers.Adam(0.003), "binary_crossentropy")
            model.fit(x, y, batch_size=64, epochs=20, shuffle=False, verbose=0)
            losses.append(model.evaluate(x, y, verbose=0))
        assert losses[0] < 0.4
        np.testing.assert_allclose(losses[1], losses[0], rtol=0.01)


def passengers():
    """Returns the passengers of the Titanic as numbers, and who survived."""
    columns, survived = titanic.read_passengers()
    parts = [
        columns[name] == np.unique(columns[name])
        for name in ("sex", "class", "embark_town", "alone")
    ]
    for name in ("sibsp", "parch", "age", "fare"):
        values = np.nan_to_num(columns[name], nan=np.nanmedian(columns[name]))
        parts.append((values - values.mean()) / values.std())
    return np.concatenate(parts, axis=1).astype("float32"), survived


def is_scaled(model):
    optimizer = model.optimizer
    if isinstance(optimizer, (list, tuple)):
        return [hasattr(item, "loss_scale") for item in optimizer]
    return hasattr(optimizer, "loss_scale")


class CompileTest:
    @pytest.mark.parametrize(
        "name, layer_policy, is_subclass, compiled_under, wanted",
        [
            ("mixed_float16", None, False, "mixed_float16", True),
            ("mixed_float16", "float32", False, "mixed_float16", True),
            ("mixed_float16", None, True, "float32", True),
            ("float32", None, True, "mixed_float16", False),
            ("float32", "mixed_float16", False, "float32", False),
            ("mixed_bfloat16", None, False, "mixed_bfloat16", False),
            ("float16", None, False, "float16", False),
        ],
    )
    def test_the_policy_of_the_model_decides_as_in_tf_keras(
        self, name, layer_policy, is_subclass, compiled_under, wanted
    ):
        for keras in (tfk, tf_keras):

            class Mine(keras.Model):
                def __init__(self):
                    super().__init__()
                    self.dense = keras.layers.Dense(1)

                def call(self, inputs):
                    return self.dense(inputs)

            with policy(name, keras):
                layer = keras.layers.Dense(1, dtype=layer_policy)
                model = Mine() if is_subclass else keras.Sequential([layer])
            with policy(compiled_under, keras):
                model.compile("adam", "mse")
            assert is_scaled(model) == wanted

    def test_optimizers_are_wrapped_once_and_each(self):
        with policy("mixed_float16"):
            model = small_models.perceptron(tfk)
            optimizer = tfk.mixed_precision.LossScaleOptimizer(
                tfk.optimizers.SGD()
            )
            model.compile(optimizer, "mse")
            assert model.optimizer is optimizer
            inner = optimizer.inner_optimizer
            model.compile(inner, "mse")
            assert model.optimizer.inner_optimizer is inner
            model.compile(["adam", optimizer], "mse")
            assert is_scaled(model) == [True, True]
            assert model.optimizer[1] is optimizer

    def test_callbacks_reach_the_learning_rate(self):
        with policy("mixed_float16"):
            model = small_models.perceptron(tfk)
            model.compile(tfk.optimizers.SGD(0.5), "mse")
        halves = tfk.callbacks.LearningRateScheduler(lambda _, rate: rate / 2)
        history = model.fit(X, Y, epochs=2, callbacks=[halves], verbose=0)
        assert float(model.optimizer.learning_rate) == 0.125
        assert "lr" in history.history or "learning_rate" in history.history
        plateau = tfk.callbacks.ReduceLROnPlateau(
            "loss", factor=0.5, patience=1, min_delta=1e6
        )
        model.fit(X, Y, epochs=2, callbacks=[plateau], verbose=0)
        assert float(model.optimizer.inner_optimizer.lr) == 0.0625
        model.optimizer.learning_rate = 0.25
        assert float(model.optimizer.inner_optimizer.lr) == 0.25


def trained(keras, optimizer):
    """Returns a model that has made some steps and skipped others."""
    with policy("mixed_float16", keras):
        model = small_models.perceptron(keras)
        model.compile(optimizer, "mse")
    fit(model, epochs=2)
    fit(model, X[:4] * 1e6, Y[:4], epochs=1)
    return model


def assert_same_state(model, other):
    for ours, wanted in zip(
        [*model.get_weights(), *model.optimizer.variables],
        [*other.get_weights(), *other.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(ours, wanted)


class FileTest:
    @pytest.mark.parametrize("kind", ["name", "object", "scaled"])
    def test_saving_and_loading_keeps_the_scale(self, kind, tmp_path):
        optimizer = {
            "name": "adam",
            "object": tfk.optimizers.Adam(0.01),
            "scaled": tfk.optimizers.LossScaleOptimizer(
                tfk.optimizers.Adam(0.01), initial_scale=2.0**15
            ),
        }[kind]
        model = trained(tfk, optimizer)
        path = str(tmp_path / "model.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        assert_same_state(again, model)
        for name in ("loss_scale", "dynamic_counter", "skipped_steps"):
            np.testing.assert_array_equal(
                getattr(again.optimizer, name), getattr(model.optimizer, name)
            )
        # The first step overflowed, too.
        assert int(again.optimizer.skipped_steps) == 2
        np.testing.assert_array_equal(fit(again), fit(model))
        model.save_weights(str(tmp_path / "m.weights.h5"))
        again.load_weights(str(tmp_path / "m.weights.h5"))
        assert_same_state(again, model)

    @pytest.mark.parametrize("kind", ["name", "object"])
    def test_files_open_in_tf_keras_and_back(self, kind, tmp_path):
        for keras, other in ((tfk, tf_keras), (tf_keras, tfk)):
            optimizer = "adam"
            if kind == "object":
                optimizer = keras.mixed_precision.LossScaleOptimizer(
                    keras.optimizers.Adam(0.01), initial_scale=16.0
                )
            model = trained(keras, optimizer)
            path = str(tmp_path / f"{keras.__name__}.keras")
            model.save(path)
            again = other.models.load_model(path)
            assert_same_state(again, model)
            # tf_keras writes "adam", and takes the policy of the reader.
            assert is_scaled(again) == (kind == "object" or keras is tfk)
            if kind == "object":
                assert again.optimizer.initial_scale == 16.0
            # The scale starts anew, and may be too large for a step.
            np.testing.assert_allclose(fit(again), fit(model), rtol=0.01)
