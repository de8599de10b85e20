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
"""What every optimizer can do, one test a row of the conformance table."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import conformance
from tfk.testing import small_models
from tfk.testing import strategies

X = conformance.floats(4, 3, seed=5)
Y = conformance.floats(4, 3, seed=6)


def optimizer_params(check):
    return pytest.mark.parametrize(
        "case", conformance.params(conformance.OPTIMIZERS, check)
    )


def oracle_params(check):
    """The rows of those optimizers that tf_keras has, too."""
    return pytest.mark.parametrize(
        "case",
        conformance.params(
            [
                case
                for case in conformance.OPTIMIZERS
                if hasattr(tf_keras.optimizers, case.name)
            ],
            check,
        ),
    )


def make_model(keras, optimizer, **options):
    model = small_models.perceptron(keras)
    model.compile(optimizer, "mse", **options)
    return model


def train(model, steps=5):
    history = model.fit(
        X, Y, epochs=steps, batch_size=4, shuffle=False, verbose=0
    )
    return history.history["loss"]


def assert_same_weights(model, other, rtol=1e-5):
    for ours, wanted in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_allclose(ours, wanted, rtol, 1e-6)


class OptimizerConformanceTest:
    @optimizer_params("config")
    def test_config_survives_json(self, case):
        optimizer = case.make(tfk.optimizers)
        config = json.loads(json.dumps(tfk.optimizers.serialize(optimizer)))
        for again in (
            tfk.optimizers.deserialize(config),
            type(optimizer).from_config(optimizer.get_config()),
        ):
            assert type(again) is type(optimizer)
            assert again.get_config() == optimizer.get_config()

    @oracle_params("config")
    def test_config_of_tf_keras_is_read(self, case):
        optimizer = case.make(tfk.optimizers)
        oracle = case.make(tf_keras.optimizers)
        again = tfk.optimizers.deserialize(
            tf_keras.optimizers.serialize(oracle)
        )
        config, wanted = again.get_config(), optimizer.get_config()
        # tf_keras sets it to what the machine can do.
        del config["jit_compile"], wanted["jit_compile"]
        assert config == wanted

    @oracle_params("five_steps")
    def test_five_training_steps_equal_those_of_tf_keras(self, case):
        model = make_model(tfk, case.make(tfk.optimizers))
        oracle = make_model(
            tf_keras, case.make(tf_keras.optimizers), run_eagerly=True
        )
        np.testing.assert_allclose(train(model), train(oracle), rtol=1e-5)
        assert_same_weights(model, oracle, rtol=1e-4)

    @pytest.mark.parametrize("jit_compile", [None, True], ids=["graph", "xla"])
    @optimizer_params("xla")
    def test_compiled_steps_equal_eager_ones(self, case, jit_compile):
        eager = make_model(tfk, case.make(tfk.optimizers), run_eagerly=True)
        compiled = make_model(
            tfk, case.make(tfk.optimizers), jit_compile=jit_compile
        )
        np.testing.assert_allclose(train(compiled), train(eager), rtol=1e-5)
        assert_same_weights(compiled, eager, rtol=1e-4)

    @optimizer_params("replicas")
    def test_two_replicas_train_as_one(self, case):
        one = make_model(tfk, case.make(tfk.optimizers))
        with strategies.two_replicas().scope():
            two = make_model(tfk, case.make(tfk.optimizers))
        np.testing.assert_allclose(train(two), train(one), rtol=1e-5)
        assert_same_weights(two, one, rtol=1e-4)

    @optimizer_params("model_files")
    def test_training_goes_on_after_saving_and_loading(self, case, tmp_path):
        model = make_model(tfk, case.make(tfk.optimizers))
        train(model, 2)
        path = str(tmp_path / "model.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        for ours, wanted in zip(
            again.optimizer.variables, model.optimizer.variables
        ):
            np.testing.assert_array_equal(ours, wanted)
        np.testing.assert_allclose(train(again, 2), train(model, 2), 1e-6)
        assert_same_weights(again, model)

    @optimizer_params("mixed_precision")
    def test_mixed_precision_keeps_weights_and_slots_whole(self, case):
        tfk.mixed_precision.set_global_policy("mixed_bfloat16")
        try:
            model = make_model(tfk, case.make(tfk.optimizers))
        finally:
            tfk.mixed_precision.set_global_policy(None)
        losses = train(model)
        variables = [*model.variables, *model.optimizer.variables]
        assert {v.dtype for v in variables} <= {tf.float32, tf.int64}
        whole = train(make_model(tfk, case.make(tfk.optimizers)))
        np.testing.assert_allclose(losses, whole, rtol=0.05)
