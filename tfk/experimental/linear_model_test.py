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
"""Tests of `LinearModel` against tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import regularizers
from tfk.engine.input_layer import Input
from tfk.engine.model import Model
from tfk.experimental.linear_model import LinearModel
from tfk.saving import api
from tfk.saving import serialization

_RNG = np.random.RandomState(0)
_A = _RNG.normal(size=(8, 3)).astype("float32")
_B = _RNG.binomial(1, 0.3, size=(8, 5)).astype("float32")
_Y = _RNG.binomial(1, 0.5, size=(8, 2)).astype("float32")
_SPARSE_B = tf.sparse.from_dense(_B)

_INPUTS = {
    "tensor": _A,
    "list": [_A, _B],
    "tuple": (_A, _B),
    "dict": {"b": _B, "a": _A},
    "dense_and_sparse": [_A, _SPARSE_B],
    "dict_of_sparse": {"b": _SPARSE_B, "a": _A},
    "integers": [_A, _B.astype("int64")],
}


def _pair(x, **kwargs):
    """Returns a model and its oracle, built, with equal weights."""
    kwargs = {"units": 2, "kernel_initializer": "glorot_uniform", **kwargs}
    oracle = tf_keras.experimental.LinearModel(**kwargs)
    model = LinearModel(**kwargs)
    oracle(x)
    model(x)
    assert [v.shape for v in model.weights] == [v.shape for v in oracle.weights]
    weights = [_RNG.normal(size=v.shape) for v in oracle.weights]
    oracle.set_weights(weights)
    model.set_weights(weights)
    return model, oracle


class LinearModelTest:
    @pytest.mark.parametrize("kind", _INPUTS)
    def test_outputs_are_those_of_tf_keras(self, kind):
        x = _INPUTS[kind]
        model, oracle = _pair(x, activation="sigmoid")
        np.testing.assert_allclose(model(x), oracle(x), rtol=1e-5, atol=1e-6)

    def test_the_outputs_are_the_sum_of_the_products(self):
        model, _ = _pair([_A, _SPARSE_B])
        first, second, bias = model.get_weights()
        np.testing.assert_allclose(
            model([_A, _SPARSE_B]), _A @ first + _B @ second + bias, atol=1e-5
        )

    def test_without_a_bias_there_are_only_kernels(self):
        model, oracle = _pair([_A, _B], use_bias=False)
        assert len(model.weights) == 2
        np.testing.assert_allclose(
            model([_A, _B]), oracle([_A, _B]), rtol=1e-5, atol=1e-6
        )

    def test_leading_axes_are_kept(self):
        x = np.ones((2, 5, 3), "float32")
        model, oracle = _pair(x)
        np.testing.assert_allclose(model(x), oracle(x), rtol=1e-5)
        assert model.compute_output_shape((None, 5, 3)) == (None, 5, 2)

    def test_layers_of_a_dict_are_named_by_its_keys(self):
        model, oracle = _pair(_INPUTS["dict"])
        names = [layer.name for layer in model.layers]
        assert names == [layer.name for layer in oracle.layers] == ["a", "b"]

    @pytest.mark.parametrize("optimizer", ["ftrl", "adam"])
    def test_five_steps_of_training_are_those_of_tf_keras(self, optimizer):
        x = {"a": _A, "b": _B}
        logs = []
        pair = _pair(
            x,
            activation="sigmoid",
            kernel_regularizer="l2",
            bias_regularizer="l1",
        )
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

    def test_gradients_of_sparse_inputs_touch_only_the_rows_in_use(self):
        model, _ = _pair(_SPARSE_B, use_bias=False)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(_SPARSE_B))
        gradient = tape.gradient(loss, model.trainable_variables)[0]
        assert isinstance(gradient, tf.IndexedSlices)
        np.testing.assert_allclose(
            tf.convert_to_tensor(gradient), _B.T @ np.ones((8, 2))
        )

    def test_config_is_that_of_tf_keras_and_makes_an_equal_model(self):
        arguments = dict(units=3, activation="relu", name="linear")
        config = LinearModel(
            **arguments, kernel_regularizer=regularizers.L2(0.5)
        ).get_config()
        oracle = tf_keras.experimental.LinearModel(
            **arguments, kernel_regularizer=tf_keras.regularizers.L2(0.5)
        )
        assert config == oracle.get_config()
        assert LinearModel.from_config(config).get_config() == config

    def test_serialized_form_is_built_again(self):
        model, _ = _pair({"a": _A, "b": _B})
        serialized = serialization.serialize_keras_object(model)
        assert serialized["module"] == "keras.experimental"
        again = serialization.deserialize_keras_object(serialized)
        assert [v.shape for v in again.weights] == [
            v.shape for v in model.weights
        ]

    @pytest.mark.parametrize("structure", [list, dict])
    def test_a_functional_model_of_mixed_inputs_is_saved(
        self, structure, tmp_path
    ):
        a = Input((3,), name="a")
        b = Input((5,), name="b", sparse=True)
        symbolic = [a, b] if structure is list else {"a": a, "b": b}
        outputs = LinearModel(2, kernel_initializer="ones")(symbolic)
        assert outputs.shape == (None, 2)
        model = Model(symbolic, outputs)
        x = [_A, _SPARSE_B] if structure is list else {"a": _A, "b": _SPARSE_B}
        expected = np.tile(_A.sum(1, keepdims=True), 2) + _B.sum(
            1, keepdims=True
        )
        np.testing.assert_allclose(model(x), expected, rtol=1e-5, atol=1e-6)
        path = tmp_path / "model.keras"
        model.save(path)
        loaded = api.load_model(path)
        np.testing.assert_array_equal(loaded(x), model(x))
        oracle = tf_keras.models.load_model(path)
        np.testing.assert_allclose(oracle(x), model(x), rtol=1e-5, atol=1e-6)

    def test_files_of_tf_keras_are_read(self, tmp_path):
        x = {"a": _A, "b": _B}
        _, oracle = _pair(x, activation="tanh")
        path = tmp_path / "model.keras"
        oracle.save(path)
        loaded = api.load_model(path)
        np.testing.assert_allclose(loaded(x), oracle(x), rtol=1e-5, atol=1e-6)

    def test_unknown_keys_of_a_dict_are_passed_over(self):
        model, _ = _pair({"a": _A})
        np.testing.assert_array_equal(
            model({"a": _A, "name": tf.constant(["x"] * 8)}), model({"a": _A})
        )

    @pytest.mark.parametrize(
        "built_for, x, message",
        [
            ([_A, _B], [_A], "built for 2 inputs"),
            ([_A, _B], _A, "built for 2 inputs"),
            (_A, {"a": _A}, "not in a dict"),
            ({"a": _A, "b": _B}, {"a": _A}, r"misses \['b'\]"),
            ({"a": _A}, [_A], r"keys \['a'\]"),
            ([_A, _B], [_B, _A], "axis -1"),
        ],
    )
    def test_inputs_that_do_not_fit_are_refused(self, built_for, x, message):
        model, _ = _pair(built_for)
        with pytest.raises(ValueError, match=message):
            model(x)

    def test_bad_arguments_are_refused(self):
        with pytest.raises(ValueError, match="`units` must be a positive"):
            LinearModel(units=0)
        with pytest.raises(ValueError, match="not nested"):
            LinearModel()({"a": {"b": _A}})
