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
"""Tests for layers that add noise or penalties."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.engine.layer import Layer
from tfk.layers import regularization
from tfk.testing import strategies

_SETTINGS = [
    ("Dropout", {"rate": 0.25}),
    ("Dropout", {"rate": 0.5, "noise_shape": (None, 1, 4), "seed": 3}),
    ("SpatialDropout1D", {"rate": 0.5, "seed": 3}),
    ("SpatialDropout2D", {"rate": 0.5, "seed": 3}),
    ("SpatialDropout3D", {"rate": 0.5}),
    ("GaussianNoise", {"stddev": 0.5}),
    ("GaussianDropout", {"rate": 0.25, "seed": 3}),
    ("AlphaDropout", {"rate": 0.25}),
]

_SHAPES = {
    "SpatialDropout1D": (2, 3, 4),
    "SpatialDropout2D": (2, 3, 3, 4),
    "SpatialDropout3D": (2, 3, 3, 3, 4),
}


def make(name, arguments):
    return getattr(regularization, name)(**arguments)


def ones(name):
    return tf.ones(_SHAPES.get(name, (2, 3, 4)))


@pytest.mark.parametrize("name, arguments", _SETTINGS)
class NoiseLayersTest:
    def test_config_equals_tf_keras(self, name, arguments):
        layer = getattr(regularization, name)(name="layer", **arguments)
        oracle = getattr(tf_keras.layers, name)(name="layer", **arguments)
        assert layer.get_config() == oracle.get_config()
        config = json.loads(json.dumps(oracle.get_config()))
        again = type(layer).from_config(config)
        assert again.get_config() == layer.get_config()
        assert layer.supports_masking

    def test_is_active_in_training_only(self, name, arguments):
        layer, x = make(name, arguments), ones(name)
        for training in (None, False, 0, tf.constant(False)):
            np.testing.assert_array_equal(layer(x, training=training), x)
        for training in (True, 1, tf.constant(True)):
            noisy = layer(x, training=training)
            assert noisy.shape == x.shape
            assert not np.array_equal(noisy, x)
        assert layer.weights == []
        assert layer.compute_output_shape((None, 3)).as_list() == [None, 3]
        symbolic = layer(Input(x.shape[1:]), training=True)
        assert symbolic.shape.as_list() == [None, *x.shape[1:]]

    def test_mode_can_be_a_tensor(self, name, arguments):
        layer, x = make(name, arguments), ones(name)
        unknown = tf.TensorSpec([None] * x.shape.rank)
        traced = tf.function(
            lambda x, training: layer(x, training=training),
            input_signature=[unknown, tf.TensorSpec((), tf.bool)],
        )
        np.testing.assert_array_equal(traced(x, tf.constant(False)), x)
        first, second = [traced(x, tf.constant(True)) for _ in range(2)]
        assert not np.array_equal(first, second)

    def test_seeds_fix_the_noise(self, name, arguments):
        x = ones(name)
        results = []
        for _ in range(2):
            layer = make(name, {**arguments, "seed": 11})
            results.append(
                np.stack([layer(x, training=True).numpy() for _ in range(3)])
            )
        np.testing.assert_array_equal(*results)
        assert not np.array_equal(results[0][0], results[0][1])

    def test_compiles(self, name, arguments):
        layer, x = make(name, arguments), ones(name)
        compiled = tf.function(
            lambda x: layer(x, training=True), jit_compile=True
        )
        assert not np.array_equal(compiled(x), compiled(x))

    @pytest.mark.parametrize("dtype", ["mixed_float16", "float64"])
    def test_keeps_the_dtype(self, name, arguments, dtype):
        layer = make(name, {**arguments, "dtype": dtype})
        outputs = layer(ones(name), training=True)
        assert outputs.dtype == layer.compute_dtype


class NoiseTest:
    @pytest.mark.parametrize("name", ["Dropout", "GaussianDropout"])
    @pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
    def test_mean_and_variance_are_those_of_tf_keras(self, name, rate):
        x = tf.ones((300, 300))
        moments = []
        for module in (regularization, tf_keras.layers):
            noisy = getattr(module, name)(rate)(x, training=True)
            moments.append([np.mean(noisy), np.std(noisy)])
        np.testing.assert_allclose(*moments, rtol=0.05)

    def test_alpha_dropout_keeps_mean_and_variance(self):
        x = tf.random.normal((400, 400))
        noisy = regularization.AlphaDropout(0.3)(x, training=True)
        np.testing.assert_allclose(np.mean(noisy), 0, atol=0.02)
        np.testing.assert_allclose(np.std(noisy), 1, atol=0.02)
        theirs = tf_keras.layers.AlphaDropout(0.3)(x, training=True)
        # The value that is put in place of dropped ones.
        assert abs(np.min(noisy) - np.min(theirs)) < 1e-5

    def test_dropped_values_are_zeros_and_others_scaled(self):
        x = tf.random.normal((50, 60)) + 5
        with tf.GradientTape() as tape:
            tape.watch(x)
            noisy = regularization.Dropout(0.2)(x, training=True)
        kept = noisy.numpy() != 0
        np.testing.assert_allclose(noisy, x * kept / 0.8, rtol=1e-5)
        gradient = tape.gradient(noisy, x)
        np.testing.assert_allclose(gradient, kept / 0.8, rtol=1e-5)

    def test_rate_is_exact_in_16_bits(self):
        x = tf.ones((1000, 1000), tf.float16)
        layer = regularization.Dropout(0.0004, dtype="float16", seed=1)
        share = np.mean(layer(x, training=True).numpy() == 0)
        np.testing.assert_allclose(share, 0.0004, rtol=0.2)

    def test_infinite_values_can_be_dropped(self):
        x = tf.fill((1, 100), np.inf)
        noisy = regularization.Dropout(0.5)(x, training=True).numpy()
        assert set(noisy.ravel().tolist()) == {0.0, np.inf}

    @pytest.mark.parametrize("rate", [0, 0.0, 1, 1.0])
    def test_rates_at_the_ends(self, rate):
        x = tf.ones((2, 3))
        noisy = regularization.Dropout(rate)(x, training=True)
        np.testing.assert_array_equal(noisy, x * (1 - rate))
        for layer in (
            regularization.GaussianDropout(rate),
            regularization.AlphaDropout(rate),
        ):
            np.testing.assert_array_equal(layer(x, training=True), x)

    @pytest.mark.parametrize(
        "noise_shape", [(None, 1, 4), (2, 1, 4), (None, 3, 1), (1, None, None)]
    )
    def test_noise_shape_makes_one_choice_for_an_axis(self, noise_shape):
        layer = regularization.Dropout(0.5, noise_shape=noise_shape)
        x = tf.ones((2, 3, 4))
        spec = [tf.TensorSpec([None] * 3)]
        traced = tf.function(
            lambda x: layer(x, training=True), input_signature=spec
        )
        for noisy in (layer(x, training=True), traced(x)):
            for axis, size in enumerate(noise_shape):
                if size == 1:
                    assert np.all(np.ptp(noisy, axis=axis) == 0)

    @pytest.mark.parametrize(
        "data_format, axes",
        [("channels_last", (1, 2)), ("channels_first", (2, 3))],
    )
    def test_spatial_dropout_drops_whole_channels(self, data_format, axes):
        layer = regularization.SpatialDropout2D(0.5, data_format)
        noisy = layer(tf.ones((8, 6, 6, 6)), training=True).numpy()
        assert np.all(np.ptp(noisy, axis=axes) == 0)
        assert set(noisy.ravel().tolist()) == {0.0, 2.0}
        again = type(layer).from_config(layer.get_config())
        assert again.data_format == data_format

    def test_takes_ragged_tensors(self):
        x = tf.ragged.constant([[1.0] * 30, [1.0] * 40])
        noisy = regularization.Dropout(0.5)(x, training=True)
        np.testing.assert_array_equal(noisy.row_splits, x.row_splits)
        assert set(noisy.flat_values.numpy().tolist()) == {0.0, 2.0}

    def test_mode_reaches_inner_layers(self):
        class Outer(Layer):
            def __init__(self):
                super().__init__()
                self.inner = regularization.Dropout(0.5)

            def call(self, inputs, training=None):
                return self.inner(inputs)

        layer, x = Outer(), tf.ones((10, 10))
        assert not np.array_equal(layer(x, training=True), x)
        np.testing.assert_array_equal(layer(x), x)
        assert layer.weights == []

    def test_checkpoints_hold_the_stream(self, tmp_path):
        x = tf.ones((4, 5))
        layer = regularization.Dropout(0.5)
        layer(x, training=True)
        path = tf.train.Checkpoint(layer=layer).save(tmp_path / "checkpoint")
        expected = layer(x, training=True)
        other = regularization.Dropout(0.5)
        tf.train.Checkpoint(layer=other).restore(path).assert_consumed()
        np.testing.assert_array_equal(other(x, training=True), expected)

    def test_replicas_drop_other_values(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            layer = regularization.Dropout(0.5, seed=1)
        step = tf.function(
            lambda: strategy.run(
                lambda: layer(tf.ones((10, 10)), training=True)
            )
        )
        replicas = strategy.experimental_local_results(step())
        assert not np.array_equal(*replicas)

    @pytest.mark.parametrize("rate", [-0.1, 1.5, "a", None, float("nan")])
    @pytest.mark.parametrize(
        "name", ["Dropout", "SpatialDropout1D", "GaussianDropout"]
    )
    def test_refuses_wrong_rates(self, name, rate):
        with pytest.raises(ValueError, match="`rate` of layer .* rate="):
            make(name, {"rate": rate})

    def test_refuses_other_wrong_arguments(self):
        with pytest.raises(ValueError, match="stddev=-1"):
            regularization.GaussianNoise(-1)
        with pytest.raises(ValueError, match="data_format='last'"):
            regularization.SpatialDropout2D(0.5, data_format="last")
        layer = regularization.Dropout(0.5, noise_shape=(2, 1), name="drop")
        with pytest.raises(ValueError, match="'drop'.*noise_shape="):
            layer(tf.ones((2, 3, 4)), training=True)

    def test_refuses_wrong_inputs(self):
        layer = regularization.Dropout(0.5, name="drop")
        with pytest.raises(ValueError, match="'drop'.*int32"):
            layer(tf.ones((2, 3), tf.int32), training=True)
        with pytest.raises(TypeError, match="'drop'.*SparseTensor"):
            layer(tf.sparse.from_dense([[1.0]]), training=True)
        with pytest.raises(ValueError, match="ndim=3"):
            regularization.SpatialDropout1D(0.5)(tf.ones((2, 3)))


class ActivityRegularizationTest:
    @pytest.mark.parametrize("arguments", [{}, {"l1": 0.5}, {"l1": 1, "l2": 2}])
    def test_equals_tf_keras(self, arguments):
        x = tf.random.normal((2, 3))
        layer = regularization.ActivityRegularization(name="a", **arguments)
        oracle = tf_keras.layers.ActivityRegularization(name="a", **arguments)
        np.testing.assert_array_equal(layer(x), x)
        oracle(x)
        np.testing.assert_allclose(layer.losses, oracle.losses, 1e-6)
        assert layer.get_config() == oracle.get_config()
        assert layer.compute_output_shape((2, 3)).as_list() == [2, 3]
