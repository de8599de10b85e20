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
"""What every loss can do, one test a row of the conformance table."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import conformance
from tfk.testing import small_models


def loss_params(check):
    return pytest.mark.parametrize(
        "case", conformance.params(conformance.LOSSES, check)
    )


def oracle_params(check):
    """The rows of those losses that tf_keras has, too."""
    return pytest.mark.parametrize(
        "case",
        conformance.params(
            [
                case
                for case in conformance.LOSSES
                if case.name == "LossFunctionWrapper"
                or hasattr(tf_keras.losses, case.name)
            ],
            check,
        ),
    )


def value_and_gradient(loss, y_true, y_pred):
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = loss(y_true, y_pred)
    return value, tape.gradient(value, y_pred)


def five_losses(keras, case, loss, optimizer="sgd"):
    """Trains a model on one batch five times."""
    model = small_models.perceptron(keras, activation=case.activation)
    model.compile(optimizer, loss, run_eagerly=keras is tf_keras)
    x = conformance.floats(4, 3, seed=5)
    history = model.fit(
        x, case.y_true, epochs=5, batch_size=4, shuffle=False, verbose=0
    )
    return history.history["loss"]


class LossConformanceTest:
    @loss_params("config")
    def test_config_survives_json(self, case):
        loss = case.make()
        config = json.loads(json.dumps(tfk.losses.serialize(loss)))
        again = tfk.losses.deserialize(config)
        assert type(again) is type(loss)
        assert again.get_config() == loss.get_config()
        again = type(loss).from_config(loss.get_config())
        assert again.get_config() == loss.get_config()
        value = loss(case.y_true, case.y_pred)
        np.testing.assert_array_equal(again(case.y_true, case.y_pred), value)

    @loss_params("xla")
    def test_compiled_values_and_gradients_equal_eager_ones(self, case):
        data = tf.constant(case.y_true), tf.constant(case.y_pred)
        eager = value_and_gradient(case.make(), *data)
        for jit_compile in (None, True):
            compiled = tf.function(value_and_gradient, jit_compile=jit_compile)
            for ours, wanted in zip(compiled(case.make(), *data), eager):
                np.testing.assert_allclose(ours, wanted, 1e-5, 1e-6)

    @loss_params("function")
    def test_one_trace_serves_all_batch_sizes(self, case):
        loss, traces = case.make(), []

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, *y.shape[1:]), y.dtype)
                for y in (case.y_true, case.y_pred)
            ]
        )
        def compiled(y_true, y_pred):
            traces.append(y_true)
            return loss(y_true, y_pred)

        for size in (4, 3):
            data = case.y_true[:size], case.y_pred[:size]
            np.testing.assert_allclose(compiled(*data), loss(*data), 1e-5)
        assert len(traces) == 1

    @loss_params("compile_by_name")
    def test_names_in_compile_stand_for_the_loss(self, case):
        loss = getattr(tfk.losses, case.name)()
        wanted = float(loss(case.y_true, case.y_pred))
        model = small_models.around(tfk.layers.Identity(), case.y_pred)
        for name in (case.name, loss.fn.__name__):
            model.compile("sgd", name)
            value = model.evaluate(case.y_pred, case.y_true, verbose=0)
            np.testing.assert_allclose(value, wanted, 1e-6)

    @oracle_params("five_steps")
    def test_five_training_steps_equal_those_of_tf_keras(self, case):
        if case.name == "LossFunctionWrapper":
            oracle = tf_keras.losses.mean_squared_error
        else:
            oracle = getattr(tf_keras.losses, case.name).from_config(
                case.make().get_config()
            )
        np.testing.assert_allclose(
            five_losses(tfk, case, case.make()),
            five_losses(tf_keras, case, oracle),
            rtol=1e-5,
        )
