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
"""Tests for spectral normalization."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import layers
from tfk.layers import spectral_normalization
from tfk.testing import strategies


def _layer(*arguments, **settings):
    return spectral_normalization.SpectralNormalization(*arguments, **settings)


def _normalized(kernel, vector, iterations):
    """Power iteration in NumPy."""
    matrix = kernel.reshape(-1, kernel.shape[-1])
    for _ in range(iterations):
        other = vector @ matrix.T
        other /= np.linalg.norm(other)
        vector = other @ matrix
        vector /= np.linalg.norm(vector)
    return kernel / (other @ matrix @ vector.T), vector


_CASES = [
    (lambda: layers.Dense(4), (2, 5)),
    (lambda: layers.Conv2D(4, 3), (2, 5, 5, 3)),
    (lambda: layers.Conv1DTranspose(4, 3), (2, 5, 3)),
    (lambda: layers.EinsumDense("ab,bc->ac", 3), (2, 5)),
]


class SpectralNormalizationTest:
    """tf_keras can't build this layer without TF_USE_LEGACY_KERAS."""

    @pytest.mark.parametrize("is_traced", [False, True])
    @pytest.mark.parametrize("iterations", [1, 3])
    @pytest.mark.parametrize("make, shape", _CASES)
    def test_equals_numpy(self, make, shape, iterations, is_traced):
        layer = _layer(make(), iterations)
        x = tf.random.normal(shape)
        layer(x)
        kernel, vector = layer.kernel.numpy(), layer.vector_u.numpy()
        expected, new = _normalized(kernel, vector, iterations)
        function = tf.function(layer) if is_traced else layer
        before = function(x, training=False)
        np.testing.assert_array_equal(layer.kernel, kernel)
        outputs = function(x, training=True)
        np.testing.assert_allclose(layer.kernel, expected, 1e-4, 1e-5)
        np.testing.assert_allclose(layer.vector_u, new, 1e-4, 1e-5)
        assert layer.layer.kernel is layer.kernel
        np.testing.assert_allclose(outputs, layer.layer(x), 1e-5, 1e-5)
        assert np.max(np.abs(outputs - before)) > 1e-4
        assert layer.compute_output_shape(shape) == outputs.shape

    def test_weights_have_the_order_of_tf_keras(self):
        layer = _layer(layers.Dense(4))
        layer(tf.ones((1, 3)))
        names = [w.name.split("/")[-1] for w in layer.weights]
        assert names == ["kernel:0", "bias:0", "vector_u:0"]
        assert [w.trainable for w in layer.weights] == [True, True, False]
        store = {}
        layer.save_own_variables(store)
        assert [w.shape for w in store.values()] == [(3, 4), (1, 4)]

    def test_embeddings_are_normalized(self):
        layer = _layer(layers.Embedding(5, 3), 30)
        layer(tf.constant([[1, 2]]), training=True)
        values = tf.linalg.svd(layer.layer.embeddings, compute_uv=False)
        np.testing.assert_allclose(values[0], 1.0, 1e-3)

    def test_zeros_stay(self):
        layer = _layer(layers.Dense(2, kernel_initializer="zeros"))
        layer(tf.ones((1, 3)))
        vector = layer.vector_u.numpy()
        layer(tf.ones((1, 3)), training=True)
        np.testing.assert_array_equal(layer.kernel, np.zeros((3, 2)))
        np.testing.assert_array_equal(layer.vector_u, vector)

    def test_training_may_be_a_tensor(self):
        layer = _layer(layers.Dense(2))
        layer(tf.ones((1, 3)))
        kernel = layer.kernel.numpy()
        function = tf.function(lambda t: layer(tf.ones((1, 3)), training=t))
        function(tf.constant(False))
        np.testing.assert_array_equal(layer.kernel, kernel)
        function(tf.constant(True))
        assert np.max(np.abs(layer.kernel - kernel)) > 1e-3

    def test_gradients_and_mixed_precision(self):
        layer = _layer(layers.Dense(2, dtype="mixed_bfloat16"))
        with tf.GradientTape() as tape:
            outputs = layer(tf.ones((4, 3)), training=True)
        assert outputs.dtype == tf.bfloat16
        for gradient in tape.gradient(outputs, layer.trainable_weights):
            assert gradient.dtype == tf.float32

    def test_fit_on_two_replicas(self):
        x = np.random.normal(size=(16, 3)).astype("float32")
        kernels = []
        for strategy in (
            tf.distribute.get_strategy(),
            strategies.two_replicas(),
        ):
            tfk.utils.set_random_seed(1)
            with strategy.scope():
                model = tfk.Sequential(
                    [tfk.Input((3,)), _layer(layers.Dense(2))]
                )
                model.compile("sgd", "mse")
            model.layers[0].set_weights(
                [np.eye(3, 2), np.zeros(2), np.ones((1, 2))]
            )
            model.fit(x, x[:, :2], batch_size=8, shuffle=False, verbose=0)
            kernels.append(model.get_weights())
        for one, two in zip(*kernels):
            np.testing.assert_allclose(one, two, 1e-5, 1e-5)

    def test_config_survives(self):
        layer = _layer(layers.Conv2D(2, 3), power_iterations=2)
        config = layer.get_config()
        again = type(layer).from_config(config)
        assert again.get_config() == config
        assert again.layer.filters == 2

    def test_bad_input_is_told(self):
        with pytest.raises(TypeError, match="`layer`.*must be a layer"):
            _layer("dense")
        for count in (0, 1.5):
            with pytest.raises(ValueError, match=f"power_iterations={count}"):
                _layer(layers.Dense(1), power_iterations=count)
        with pytest.raises(AttributeError, match="neither.*'spectral'"):
            _layer(layers.ReLU(), name="spectral")(tf.ones((1, 2)))
