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
"""Tests of `WideDeepModel` against tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.experimental.linear_model import LinearModel
from tfk.experimental.wide_deep_model import WideDeepModel
from tfk.saving import api

_RNG = np.random.RandomState(0)
_WIDE = _RNG.binomial(1, 0.3, size=(8, 5)).astype("float32")
_DEEP = _RNG.normal(size=(8, 3)).astype("float32")
_Y = _RNG.binomial(1, 0.5, size=(8, 1)).astype("float32")


def _pair(x, **kwargs):
    """Returns a model and its oracle, built, with equal weights."""
    models = []
    for keras, cls in (
        (tfk, WideDeepModel),
        (tf_keras, tf_keras.experimental.WideDeepModel),
    ):
        wide = keras.experimental.LinearModel(
            kernel_regularizer=keras.regularizers.L2(0.5), name="wide"
        )
        deep = keras.Sequential(
            [
                keras.layers.Dense(4, activation="tanh", name="hidden"),
                keras.layers.Dense(1, name="logits"),
            ],
            name="deep",
        )
        models.append(cls(wide, deep, name="wide_deep", **kwargs))
        models[-1](x)
    model, oracle = models
    assert [v.shape for v in model.weights] == [v.shape for v in oracle.weights]
    weights = [_RNG.normal(size=v.shape) for v in oracle.weights]
    for each in models:
        each.set_weights(weights)
    return model, oracle


class WideDeepModelTest:
    @pytest.mark.parametrize(
        "x",
        [[_WIDE, _DEEP], (_WIDE, _DEEP), _DEEP],
        ids=["list", "pair", "one"],
    )
    def test_outputs_are_those_of_tf_keras(self, x):
        model, oracle = _pair(x, activation="sigmoid")
        np.testing.assert_allclose(model(x), oracle(x), rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize(
        "optimizer",
        ["adam", ["sgd", "adam"], ["ftrl", "adagrad"]],
        ids=["one", "two", "ftrl_and_adagrad"],
    )
    def test_five_steps_of_training_are_those_of_tf_keras(self, optimizer):
        x = [_WIDE, _DEEP]
        logs = []
        pair = _pair(x, activation="sigmoid")
        for model in pair:
            model.compile(optimizer, "binary_crossentropy", metrics=["mae"])
            history = model.fit(
                x, _Y, batch_size=8, epochs=5, shuffle=False, verbose=0
            )
            logs.append(history.history)
        for name, values in logs[1].items():
            np.testing.assert_allclose(logs[0][name], values, rtol=1e-5)
        for own, expected in zip(*(model.get_weights() for model in pair)):
            np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-6)
        for own, expected in zip(*(_iterations(model) for model in pair)):
            assert own == expected == 5

    def test_each_optimizer_changes_its_part_alone(self):
        x = [_WIDE, _DEEP]
        model, _ = _pair(x)
        before = model.get_weights()
        model.compile([tfk.optimizers.SGD(0.0), tfk.optimizers.SGD(0.1)], "mse")
        model.fit(x, _Y, verbose=0)
        changed = [np.any(a != b) for a, b in zip(before, model.get_weights())]
        assert changed == [False] * 2 + [True] * 4

    def test_sparse_wide_inputs_are_trained(self):
        model = WideDeepModel(
            LinearModel(), tfk.Sequential([tfk.layers.Dense(1)])
        )
        model.compile(["ftrl", "adam"], "mse", metrics=["mae"])
        wide = tf.data.Dataset.from_tensor_slices(tf.sparse.from_dense(_WIDE))
        deep, y = map(tf.data.Dataset.from_tensor_slices, (_DEEP, _Y))
        dataset = tf.data.Dataset.zip(((wide, deep), y)).batch(4)
        history = model.fit(dataset, epochs=3, verbose=0).history
        assert history["loss"][-1] < history["loss"][0]
        assert model.linear_model.weights[0].shape == (5, 1)

    def test_the_mode_reaches_both_parts(self):
        deep = tfk.Sequential([tfk.layers.Dropout(0.9), tfk.layers.Dense(1)])
        model = WideDeepModel(LinearModel(), deep)
        x = np.ones((8, 100), "float32")
        np.testing.assert_array_equal(model(x), model(x, training=False))
        assert np.any(model(x, training=True) != model(x))

    def test_config_is_that_of_tf_keras_and_makes_an_equal_model(self):
        x = [_WIDE, _DEEP]
        model, oracle = _pair(x, activation="relu")
        config, expected = model.get_config(), oracle.get_config()
        assert config.keys() == expected.keys()
        assert config["activation"] == expected["activation"]
        assert config["linear_model"]["config"] == (
            expected["linear_model"]["config"]
        )
        assert config["dnn_model"]["class_name"] == "Sequential"
        again = WideDeepModel.from_config(config)
        again(x)
        again.set_weights(model.get_weights())
        np.testing.assert_array_equal(again(x), model(x))

    @pytest.mark.parametrize("optimizer", ["adam", ["sgd", "adam"]])
    def test_a_trained_model_is_saved_with_its_optimizers(
        self, optimizer, tmp_path
    ):
        x = [_WIDE, _DEEP]
        model, _ = _pair(x, activation="sigmoid")
        model.compile(optimizer, "mse")
        model.fit(x, _Y, verbose=0)
        path = tmp_path / "model.keras"
        model.save(path)
        loaded = api.load_model(path)
        np.testing.assert_array_equal(loaded(x), model(x))
        assert _iterations(loaded) == _iterations(model)
        for each in (loaded, model):
            each.fit(x, _Y, verbose=0, shuffle=False)
        for own, expected in zip(loaded.get_weights(), model.get_weights()):
            np.testing.assert_allclose(own, expected, rtol=1e-6)

    def test_files_are_exchanged_with_tf_keras(self, tmp_path):
        x = [_WIDE, _DEEP]
        model, oracle = _pair(x, activation="sigmoid")
        model.save(tmp_path / "own.keras")
        oracle.save(tmp_path / "oracle.keras")
        expected = oracle(x).numpy()
        np.testing.assert_allclose(
            api.load_model(tmp_path / "oracle.keras")(x), expected, rtol=1e-5
        )
        np.testing.assert_allclose(
            tf_keras.models.load_model(tmp_path / "own.keras")(x),
            expected,
            rtol=1e-5,
        )

    def test_three_optimizers_are_refused(self):
        model, _ = _pair([_WIDE, _DEEP])
        model.compile(["sgd", "adam", "ftrl"], "mse")
        with pytest.raises(ValueError, match="one optimizer, or two"):
            model.fit([_WIDE, _DEEP], _Y, verbose=0)


def _iterations(model):
    optimizers = model.optimizer
    if not isinstance(optimizers, (list, tuple)):
        optimizers = [optimizers]
    return [int(optimizer.iterations.numpy()) for optimizer in optimizers]
