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
"""Tests of the activations, against tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import activations

VALUES = [[-30.0, -3.0, -2.5, -1.0, -0.1], [0.0, 0.1, 1.0, 2.5, 30.0]]

# name, keyword arguments
CASES = [
    ("elu", {}),
    ("elu", {"alpha": 0.3}),
    ("exponential", {}),
    ("gelu", {}),
    ("gelu", {"approximate": True}),
    ("hard_sigmoid", {}),
    ("linear", {}),
    ("mish", {}),
    ("relu", {}),
    ("relu", {"alpha": 0.1}),
    ("relu", {"max_value": 6.0}),
    ("relu", {"threshold": 0.5}),
    ("relu", {"alpha": 0.1, "max_value": 2.0}),
    ("relu", {"alpha": 0.1, "max_value": 2.0, "threshold": 0.5}),
    ("relu", {"alpha": 0.1, "threshold": -2.6}),
    ("selu", {}),
    ("sigmoid", {}),
    ("softmax", {}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}),
    ("softplus", {}),
    ("softsign", {}),
    ("swish", {}),
    ("tanh", {}),
]
NAMES = sorted({name for name, _ in CASES})


def value_and_gradient(function, values, **kwargs):
    x = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x, **kwargs)
        total = tf.reduce_sum(y * tf.cos(x))
    return y, tape.gradient(total, x)


class ActivationsTest:
    @pytest.mark.parametrize("name, kwargs", CASES)
    def test_values_and_gradients_equal_those_of_tf_keras(self, name, kwargs):
        actual = value_and_gradient(
            getattr(activations, name), VALUES, **kwargs
        )
        expected = value_and_gradient(
            getattr(tf_keras.activations, name), VALUES, **kwargs
        )
        for a, e in zip(actual, expected):
            np.testing.assert_allclose(a, e, rtol=1e-5, atol=1e-6)

    def test_activations_of_keras_3_follow_their_formulas(self):
        x = np.array(VALUES, "float32")
        np.testing.assert_allclose(
            activations.leaky_relu(x, 0.3), np.where(x > 0, x, 0.3 * x)
        )
        np.testing.assert_allclose(activations.relu6(x), np.clip(x, 0, 6))
        np.testing.assert_allclose(
            activations.log_softmax(x),
            x - np.log(np.exp(x).sum(-1, keepdims=True)),
            rtol=1e-5,
            atol=1e-6,
        )
        assert activations.silu is activations.swish

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
    def test_the_dtype_is_kept(self, dtype):
        x = tf.constant(VALUES, dtype)
        for name, kwargs in CASES:
            assert getattr(activations, name)(x, **kwargs).dtype == dtype, name

    def test_lists_arrays_and_ragged_tensors_are_taken(self):
        ragged = tf.ragged.constant([[1.0, -2.0, 0.5], [4.0]])
        for name, kwargs in CASES:
            if "axis" in kwargs:
                continue
            function = getattr(activations, name)
            expected = function(tf.constant([[1.0, -2.0, 0.5]]), **kwargs)
            for x in ([[1.0, -2.0, 0.5]], np.array([[1.0, -2.0, 0.5]], "f")):
                np.testing.assert_allclose(
                    function(x, **kwargs), expected, rtol=1e-6
                )
            actual = function(ragged, **kwargs)
            assert isinstance(actual, tf.RaggedTensor), name
            np.testing.assert_allclose(actual[0], expected[0], rtol=1e-6)

    def test_all_compile(self):
        @tf.function(jit_compile=True)
        def compiled(x):
            return [getattr(activations, n)(x, **kwargs) for n, kwargs in CASES]

        x = tf.constant(VALUES)
        for (name, kwargs), actual in zip(CASES, compiled(x)):
            np.testing.assert_allclose(
                actual,
                getattr(activations, name)(x, **kwargs),
                rtol=1e-5,
                atol=1e-6,
                err_msg=name,
            )

    def test_large_values_stay_finite(self):
        x = tf.constant([[-1e4, 0.0, 1e4]])
        for name in set(NAMES) - {"exponential"}:
            value, gradient = value_and_gradient(getattr(activations, name), x)
            assert np.isfinite(value).all(), name
            assert np.isfinite(gradient).all(), name

    def test_softmax_of_higher_rank_sums_to_one(self):
        x = np.random.normal(size=(2, 3, 4, 5)).astype("float32")
        for axis in (1, -1, (1, 3), [2, 3]):
            actual = activations.softmax(x, axis=axis)
            axes = tuple(axis) if isinstance(axis, list) else axis
            e = np.exp(x)
            np.testing.assert_allclose(
                actual, e / e.sum(axes, keepdims=True), rtol=1e-5
            )

    def test_probabilities_carry_their_logits(self):
        @tf.function
        def traced(x):
            return activations.softmax(x)._keras_logits

        x = tf.constant(VALUES)
        assert activations.sigmoid(x)._keras_logits is x
        assert activations.softmax(x)._keras_logits is x
        over_all = activations.softmax(x, axis=[0, 1])
        assert getattr(over_all, "_keras_logits", None) is None
        np.testing.assert_array_equal(traced(x), x)

    @pytest.mark.parametrize("name", ["softmax", "log_softmax"])
    def test_softmax_of_a_vector_names_the_missing_batch_axis(self, name):
        with pytest.raises(ValueError, match=r"rank 2 or more.*shape \(3,\)"):
            getattr(activations, name)(tf.ones(3))


class ActivationNamesTest:
    def test_every_name_gives_what_tf_keras_gives(self):
        x = tf.constant(VALUES)
        for name in [*NAMES, "silu", "leaky_relu", "relu6", "log_softmax"]:
            np.testing.assert_allclose(
                activations.get(name)(x),
                tf_keras.activations.get(name)(x),
                rtol=1e-5,
                atol=1e-6,
            )

    def test_names_survive_a_round_trip(self):
        for name in NAMES:
            function = getattr(activations, name)
            assert activations.serialize(function) == name
            assert activations.deserialize(name) is function
            config = tf_keras.activations.serialize(
                getattr(tf_keras.activations, name)
            )
            assert activations.deserialize(config) is function
        assert activations.serialize(activations.silu) == "swish"

    def test_none_is_linear_and_callables_stay(self):
        assert activations.get(None) is activations.linear
        assert activations.get(tf.nn.relu) is tf.nn.relu
        assert activations.get(activations.tanh) is activations.tanh

    @pytest.mark.parametrize(
        "function, name",
        [
            (tf.nn.relu, "relu"),
            (tf.tanh, "tanh"),
            (tf.sigmoid, "sigmoid"),
            (tf.nn.softmax, "softmax"),
            (tf.nn.log_softmax, "log_softmax"),
            (tf.nn.silu, "swish"),
            (tf.nn.gelu, "gelu"),
        ],
    )
    def test_functions_of_tensorflow_are_saved_by_name(self, function, name):
        assert activations.serialize(function) == name
        assert activations.serialize(function, use_legacy_format=True) == name
        assert activations.deserialize(name) is getattr(activations, name)

    def test_functions_in_configs_of_tf_keras_are_found(self):
        config = {
            "module": "builtins",
            "class_name": "function",
            "config": "relu",
            "registered_name": "function",
        }
        assert activations.get(config) is activations.relu

    def test_custom_functions_are_found_by_name(self):
        def cube(x):
            return x**3

        found = activations.deserialize("cube", custom_objects={"cube": cube})
        assert found is cube

    def test_an_unknown_name_shows_close_ones(self):
        with pytest.raises(ValueError, match="'rellu'.*'relu'"):
            activations.get("rellu")
        with pytest.raises(TypeError, match="activation.*Received: 3"):
            activations.get(3)
