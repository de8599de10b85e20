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
"""Precision, XLA, replicas and own steps work in all combinations."""

import contextlib
import itertools

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import conformance
from tfk.testing import small_models
from tfk.testing import strategies

X = conformance.floats(8, 3, seed=5)
Y = conformance.floats(8, 3, seed=6)


class OwnStep(tfk.Model):
    """Trains as `Model` does, in a step that a user wrote."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return self.compute_metrics(x, y, y_pred, None)


def expected_warnings(has_some):
    if has_some:
        return pytest.warns(UserWarning, match="run without it")
    return contextlib.nullcontext()


def train(policy, jit_compile, replicas, has_own_step):
    """Returns the history of a model, its dtypes and its weights."""
    strategy = (
        strategies.two_replicas()
        if replicas == 2
        else tf.distribute.get_strategy()
    )
    tfk.mixed_precision.set_global_policy(policy)
    try:
        with strategy.scope():
            model = small_models.perceptron(tfk)
            if has_own_step:
                model = OwnStep(model.inputs, model.outputs[0])
            with expected_warnings(jit_compile and replicas == 2):
                model.compile(
                    "adam", "mse", metrics=["mae"], jit_compile=jit_compile
                )
    finally:
        tfk.mixed_precision.set_global_policy(None)
    history = model.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    return history.history, model


COMBINATIONS = list(
    itertools.product(
        ("float32", "mixed_bfloat16"), (False, True), (1, 2), (False, True)
    )
)


@pytest.fixture(scope="module")
def plain():
    return train("float32", False, 1, False)


class TrainingMatrixTest:
    @pytest.mark.parametrize(
        "policy, jit_compile, replicas, has_own_step",
        COMBINATIONS[1:],
        ids=lambda x: str(x),
    )
    def test_training_gives_the_same_numbers(
        self, plain, policy, jit_compile, replicas, has_own_step
    ):
        history, model = train(policy, jit_compile, replicas, has_own_step)
        tolerance = 1e-5 if policy == "float32" else 0.02
        assert list(history) == ["loss", "mae"]
        for name, values in plain[0].items():
            np.testing.assert_allclose(history[name], values, tolerance)
        assert {v.dtype for v in model.variables} == {tf.float32}
        assert model.outputs[0].dtype == (
            tf.float32 if policy == "float32" else tf.bfloat16
        )
        for ours, wanted in zip(model.get_weights(), plain[1].get_weights()):
            np.testing.assert_allclose(ours, wanted, tolerance, tolerance)
