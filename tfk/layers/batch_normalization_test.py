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
"""Tests for batch normalization."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.layer import Layer
from tfk.layers import batch_normalization
from tfk.layers import batch_statistics
from tfk.testing import layer_oracle
from tfk.testing import strategies

_CASES = [
    ((4, 3, 3, 2), {}),
    ((4, 2, 3, 3), {"axis": 1, "momentum": 0.5}),
    ((4, 2, 3, 3, 2), {"momentum": 0.0}),
    ((4, 2, 3, 3, 2), {"axis": 1}),
    ((4, 3, 3, 2), {"axis": 2, "epsilon": 0.1}),
    ((4, 3, 3, 2), {"axis": [1, -1]}),
    ((4, 3, 3, 2), {"center": False, "scale": False}),
    ((6, 3), {"momentum": 0.5}),
    ((6, 3), {"scale": False}),
    ((6, 3, 2), {"axis": 1}),
]


def _layer(**arguments):
    return batch_normalization.BatchNormalization(**arguments)


class BatchNormalizationTest:
    @pytest.mark.parametrize("training", [True, False])
    @pytest.mark.parametrize("shape, settings", _CASES)
    def test_equals_tf_keras(self, shape, settings, training):
        layer_oracle.assert_same(
            _layer(**settings),
            tf_keras.layers.BatchNormalization(**settings),
            tf.random.normal(shape, mean=1.0, stddev=2.0),
            rtol=1e-4,
            atol=1e-4,
            training=training,
        )

    @pytest.mark.parametrize("fused", [None, True, False])
    def test_fused_means_what_it_does_in_tf_keras(self, fused):
        layer_oracle.assert_same(
            _layer(fused=fused),
            tf_keras.layers.BatchNormalization(fused=fused),
            tf.random.normal((4, 3, 3, 2)),
            rtol=1e-4,
            atol=1e-4,
            training=True,
        )

    def test_unknown_argument_is_told(self):
        with pytest.raises(TypeError, match="`fusion`"):
            _layer(fusion=True)

    @pytest.mark.parametrize("training", [True, False])
    @pytest.mark.parametrize("shape", [(64, 2), (16, 4, 4, 2)])
    def test_half_precision_stays_finite(self, shape, training):
        layer = _layer(dtype="mixed_float16")
        x = np.linspace(-60000, 60000, np.prod(shape)).reshape(shape)
        outputs, *gradients = layer_oracle._run(
            layer, tf.cast(x, tf.float16), {"training": training}
        )
        assert outputs.dtype == tf.float16
        for value in [outputs, *gradients, *layer.get_weights()]:
            assert np.all(np.isfinite(value))

    @pytest.mark.parametrize("shape", [(6, 2), (4, 3, 3, 2)])
    def test_compiles(self, shape):
        x = tf.random.normal(shape)
        eager, compiled = _layer(momentum=0.5), _layer(momentum=0.5)
        layer_oracle.assert_compiles(eager, x, training=True)
        eager(x), compiled(x)
        start = eager.get_weights()
        compiled.set_weights(start)
        eager(x, training=True)
        tf.function(compiled, jit_compile=True)(x, training=True)
        for one, other in zip(eager.get_weights(), compiled.get_weights()):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)

    def test_training_may_be_a_tensor(self):
        x = tf.random.normal((6, 3))
        layer = _layer()
        function = tf.function(lambda training: layer(x, training=training))
        still = function(tf.constant(False))
        assert not np.any(layer.moving_mean)
        np.testing.assert_allclose(still, layer(x), rtol=1e-5, atol=1e-6)
        moved = function(tf.constant(True))
        assert np.all(layer.moving_mean)
        np.testing.assert_allclose(np.mean(moved, 0), np.zeros(3), atol=1e-6)

    @pytest.mark.parametrize("shape", [(6, 2), (4, 3, 3, 2)])
    def test_frozen_layer_keeps_still(self, shape):
        class Block(Layer):
            def __init__(self):
                super().__init__()
                self.inner = _layer()

            def call(self, inputs):
                return self.inner(inputs)

        x = tf.random.normal(shape, mean=3.0)
        block = Block()
        expected = block(x)
        block.trainable = False
        before = block.get_weights()
        outputs = tf.function(block)(x, training=True)
        np.testing.assert_allclose(outputs, expected, rtol=1e-6)
        for old, new in zip(before, block.get_weights()):
            np.testing.assert_array_equal(old, new)
        block.trainable = True
        block(x, training=True)
        assert np.all(block.inner.moving_mean)

    @pytest.mark.parametrize("shape", [(0, 3), (0, 2, 2, 3)])
    @pytest.mark.parametrize("is_traced", [False, True])
    def test_empty_batch_leaves_averages(self, shape, is_traced):
        strategy = tf.distribute.MirroredStrategy(["CPU:0"])
        with strategy.scope():
            layer = _layer()
            layer.build(tf.TensorShape((None, *shape[1:])))

        def step(x):
            return layer(x, training=True)

        if is_traced:
            signature = [tf.TensorSpec((None, *shape[1:]))]
            step = tf.function(step, input_signature=signature)
        assert strategy.run(step, (tf.zeros(shape),)).shape == shape
        np.testing.assert_array_equal(layer.moving_mean.numpy(), np.zeros(3))
        np.testing.assert_array_equal(layer.moving_variance.numpy(), np.ones(3))

    @pytest.mark.parametrize(
        "policy, weights",
        [
            ("mixed_float16", tf.float32),
            ("bfloat16", tf.float32),
            ("float64", tf.float64),
        ],
    )
    @pytest.mark.parametrize("shape", [(6, 2), (4, 3, 3, 2)])
    def test_dtypes_equal_tf_keras(self, policy, weights, shape):
        x = tf.random.normal(shape)
        layer = _layer(dtype=policy)
        oracle = tf_keras.layers.BatchNormalization(dtype=policy)
        outputs = layer(x, training=True)
        expected = oracle(x, training=True)
        assert outputs.dtype == expected.dtype
        assert {w.dtype for w in layer.weights} == {weights}
        np.testing.assert_allclose(
            *(tf.cast(y, tf.float32) for y in (outputs, expected)), atol=0.03
        )
        for ours, theirs in zip(layer.get_weights(), oracle.get_weights()):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)

    def test_averages_are_means_over_replicas(self):
        layer = _layer()
        layer.build(tf.TensorShape((None, 2)))
        for weight in layer.non_trainable_weights:
            assert weight.synchronization == tf.VariableSynchronization.ON_READ
            assert weight.aggregation == tf.VariableAggregation.MEAN

    def test_ragged_steps_are_one_batch(self):
        x = tf.random.normal((5, 4), mean=1.0)
        ragged = tf.RaggedTensor.from_row_lengths(x, [2, 0, 3])
        layer, dense = _layer(), _layer()
        outputs = layer(ragged, training=True)
        np.testing.assert_allclose(
            outputs.flat_values, dense(x, training=True), rtol=1e-5
        )
        np.testing.assert_allclose(layer.moving_mean, dense.moving_mean)

    def test_integers_are_cast(self):
        assert _layer()(tf.ones((2, 3), tf.int32)).dtype == tf.float32

    def test_config_holds_synchronized_where_it_is_set(self):
        assert "synchronized" not in _layer().get_config()
        config = _layer(synchronized=True).get_config()
        again = batch_normalization.BatchNormalization.from_config(config)
        assert again.synchronized

    def test_unfit_axis_is_told(self):
        with pytest.raises(TypeError, match="`axis` of layer 'b'.*axis=0.5"):
            _layer(axis=0.5, name="b")
        with pytest.raises(ValueError, match="'b' must have a known size"):
            _layer(name="b").build(tf.TensorShape((3, None)))


_CLIPPING = {"rmin": 0.8, "rmax": 1.2, "dmax": 0.5}
_OTHER_STATISTICS = [
    ((4, 3, 3, 2), {"renorm": True}),
    ((6, 3), {"renorm": True, "renorm_clipping": _CLIPPING}),
    ((6, 3), {"renorm": True, "renorm_momentum": 0.5, "momentum": 0.8}),
    ((6, 3, 2), {"renorm": True, "axis": 1, "scale": False}),
    ((4, 3, 3, 2), {"renorm": True, "axis": [1, -1], "center": False}),
    ((6, 3, 2), {"virtual_batch_size": 2}),
    ((6, 3), {"virtual_batch_size": 3, "momentum": 0.5, "scale": False}),
    ((4, 3, 3, 2), {"virtual_batch_size": 2, "axis": [1, -1]}),
    ((6, 3, 2), {"virtual_batch_size": 2, "renorm": True, "axis": 1}),
]


def _as_in_keras(settings):
    """Returns the layers of both packages."""
    return _layer(**settings), tf_keras.layers.BatchNormalization(**settings)


class OtherStatisticsTest:
    @pytest.mark.parametrize("training", [True, False])
    @pytest.mark.parametrize("shape, settings", _OTHER_STATISTICS)
    def test_equals_tf_keras(self, shape, settings, training):
        layer_oracle.assert_same(
            *_as_in_keras(settings),
            tf.random.normal(shape, mean=1.0, stddev=2.0),
            rtol=1e-4,
            atol=1e-4,
            training=training,
        )

    @pytest.mark.parametrize("shape, settings", _OTHER_STATISTICS)
    def test_averages_of_twenty_steps_equal_tf_keras(self, shape, settings):
        layers = _as_in_keras(settings)
        random = np.random.RandomState(1)
        for step in range(20):
            x = random.normal(step / 10, 2.0, shape).astype("float32")
            outputs = [layer(tf.constant(x), training=True) for layer in layers]
            np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-4)
        for ours, theirs in zip(*(layer.get_weights() for layer in layers)):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("index", [0, 1, 6])
    def test_two_replicas_equal_tf_keras(self, index):
        shape, settings = _OTHER_STATISTICS[index]
        random = np.random.RandomState(1)
        x = random.normal(1.0, 2.0, (2 * shape[0], *shape[1:]))
        strategy = strategies.two_replicas()
        found = []
        for package in range(2):
            with strategy.scope():
                layer = _as_in_keras(settings)[package]
                layer.build(tf.TensorShape((None, *shape[1:])))

            @tf.function
            def step(inputs):
                return layer(inputs, training=True)

            for scale in (1.0, 3.0):
                parts = strategies.split(
                    strategy, (scale * x).astype("float32")
                )
                outputs = strategy.run(step, parts)
            found.append(
                [
                    np.concatenate(
                        strategy.experimental_local_results(outputs)
                    ),
                    *(w.numpy() for w in layer.weights),
                ]
            )
        for ours, theirs in zip(*found):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize("index", [0, 1, 5])
    @pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
    def test_16_bits_equal_tf_keras(self, dtype, index):
        shape, settings = _OTHER_STATISTICS[index]
        layers = _as_in_keras({**settings, "dtype": dtype})
        x = tf.random.normal(shape, mean=1.0, stddev=2.0)
        outputs = [layer(x, training=True) for layer in layers]
        assert outputs[0].dtype == outputs[1].dtype == dtype[6:]
        np.testing.assert_allclose(
            *(tf.cast(y, tf.float32) for y in outputs), atol=0.03
        )
        for ours, theirs in zip(*(layer.weights for layer in layers)):
            assert ours.dtype == theirs.dtype == tf.float32
            np.testing.assert_allclose(ours, theirs, rtol=0.01, atol=0.01)

    @pytest.mark.parametrize("training", [True, False])
    @pytest.mark.parametrize("more", [{}, {"renorm": True}])
    def test_adjustment_equals_tf_keras(self, more, training):
        def adjust(shape):
            ones = tf.ones([shape[0], 1, 1])
            return ones * 1.5, ones * [0.5, -0.5]

        x = tf.random.normal((6, 3, 2))
        layers = _as_in_keras({"adjustment": adjust, "momentum": 0.5, **more})
        outputs = [layer(x, training=training) for layer in layers]
        np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-4)
        for ours, theirs in zip(*(layer.weights for layer in layers)):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
        with pytest.warns(UserWarning, match="does not hold its `adjustment`"):
            assert "adjustment" not in layers[0].get_config()

    @pytest.mark.parametrize("index", [0, 5])
    def test_compiles(self, index):
        shape, settings = _OTHER_STATISTICS[index]
        # With averages that stand still, each call computes the same.
        layer = _layer(**settings, renorm_momentum=1.0)
        x = tf.random.normal(shape)
        layer(x)
        layer_oracle.assert_compiles(layer, x, training=True)

    def test_renorm_of_all_replicas_together_is_that_of_one(self):
        x = np.random.RandomState(1).normal(3.0, 2.0, (8, 3)).astype("float32")
        settings = {"renorm": True, "synchronized": True, "momentum": 0.5}
        alone = _layer(**settings)
        wanted = alone(tf.constant(x), training=True)
        strategy = strategies.two_replicas()
        with strategy.scope():
            layer = _layer(**settings)
            layer.build(x.shape)
        outputs = strategy.run(
            tf.function(lambda x: layer(x, training=True)),
            strategies.split(strategy, x),
        )
        parts = strategy.experimental_local_results(outputs)
        np.testing.assert_allclose(np.concatenate(parts), wanted, 1e-4, 1e-4)
        for one, other in zip(layer.weights, alone.weights):
            np.testing.assert_allclose(one.numpy(), other, 1e-4, 1e-5)

    def test_masked_places_of_virtual_batches_do_not_count(self):
        x = np.random.RandomState(1).normal(size=(4, 3, 2)).astype("float32")
        mask = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 0, 0]], bool)
        layer = _layer(virtual_batch_size=2, momentum=0.0)
        outputs = layer(tf.constant(x), training=True, mask=tf.constant(mask))
        means = []
        for first in range(2):
            part = slice(first, None, 2)
            alone = _layer(momentum=0.0)
            wanted = alone(
                tf.constant(x[part]),
                training=True,
                mask=tf.constant(mask[part]),
            )
            np.testing.assert_allclose(outputs[part], wanted, 1e-4, 1e-4)
            means.append(alone.moving_mean.numpy())
        np.testing.assert_allclose(
            np.ravel(layer.moving_mean), np.mean(means, 0), 1e-4, 1e-5
        )

    def test_config_makes_an_equal_layer(self):
        for _, settings in _OTHER_STATISTICS:
            config = _layer(**settings).get_config()
            again = batch_normalization.BatchNormalization.from_config(config)
            assert again.get_config() == config

    @pytest.mark.parametrize(
        "settings, message",
        [
            ({"virtual_batch_size": 0}, "`virtual_batch_size`.*positive"),
            (
                {"virtual_batch_size": 2, "synchronized": True},
                "`synchronized`, not both.*virtual_batch_size=2",
            ),
            (
                {"virtual_batch_size": 2, "adjustment": print},
                "`adjustment`, not both",
            ),
            (
                {"renorm": True, "renorm_clipping": {"max": 2}},
                "`renorm_clipping` of layer 'b'.*'max'",
            ),
        ],
    )
    def test_what_does_not_go_together_is_told(self, settings, message):
        with pytest.raises(ValueError, match=message):
            _layer(name="b", **settings)

    def test_samples_can_not_be_the_axis_that_is_split(self):
        layer = _layer(virtual_batch_size=2, axis=0, name="b")
        with pytest.raises(ValueError, match="`axis` of layer 'b'.*axis=0"):
            layer.build((4, 3))


class MaskedMomentsTest:
    @pytest.mark.parametrize(
        "shape, settings",
        [((4, 3, 2), {}), ((4, 3, 2), {"axis": 1})],
    )
    def test_equals_tf_keras(self, shape, settings):
        x = tf.random.normal(shape)
        mask = tf.constant(np.arange(12).reshape((4, 3)) % 5 > 1)
        layer = _layer(momentum=0.5, **settings)
        oracle = tf_keras.layers.BatchNormalization(momentum=0.5, **settings)
        outputs = layer(x, training=True, mask=mask)
        expected = oracle(x, training=True, mask=mask)
        np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)
        for ours, theirs in zip(layer.get_weights(), oracle.get_weights()):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("inner", [(2,), (3, 2)])
    def test_equals_the_kept_values_alone(self, inner):
        x = np.random.randn(4, 3, *inner).astype("float32")
        mask = np.arange(12).reshape((4, 3)) % 5 > 1
        kept = x[mask].reshape((-1, 2))
        x[~mask] = np.nan
        layer = _layer(momentum=0.0)
        layer(x, training=True, mask=tf.constant(mask))
        np.testing.assert_allclose(
            layer.moving_mean, kept.mean(0), rtol=1e-4, atol=1e-5
        )
        np.testing.assert_allclose(
            layer.moving_variance, kept.var(0), rtol=1e-4
        )

    def test_nothing_kept_leaves_averages(self):
        layer = _layer()
        mask = tf.zeros((4, 3), tf.bool)
        outputs = layer(tf.ones((4, 3, 2)), training=True, mask=mask)
        assert np.all(np.isfinite(outputs))
        np.testing.assert_array_equal(layer.moving_variance, np.ones(2))


class SyncBatchNormalizationTest:
    def _run_on_two_replicas(self, layer_of, parts):
        """Returns outputs, gradients and weights after one training step."""
        strategy = strategies.two_replicas()
        with strategy.scope():
            layer = layer_of()
            layer.build(tf.TensorShape((None, *parts[0].shape[1:])))
        inputs = strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(parts[context.replica_id_in_sync_group])
        )

        @tf.function
        def step(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = layer(x, training=True)
                loss = tf.reduce_sum(outputs * tf.sin(outputs))
            return outputs, *tape.gradient(loss, [x, layer.gamma])

        outputs, x_grad, gamma_grad = strategy.run(step, (inputs,))
        local = strategy.experimental_local_results
        return (
            np.concatenate(local(outputs)),
            np.concatenate(local(x_grad)),
            sum(local(gamma_grad)),
            [w.numpy() for w in layer.weights],
        )

    @pytest.mark.parametrize("sizes", [(3, 3), (4, 1), (5, 0)])
    @pytest.mark.parametrize("inner", [(2,), (3, 3, 2)])
    def test_two_replicas_equal_one(self, inner, sizes):
        x = 5 + np.random.randn(sum(sizes), *inner).astype("float32")
        parts = np.split(x, [sizes[0]])
        outputs, x_grad, gamma_grad, weights = self._run_on_two_replicas(
            lambda: _layer(momentum=0.5, synchronized=True), parts
        )
        alone = _layer(momentum=0.5, synchronized=True)
        inputs = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            expected = alone(inputs, training=True)
            loss = tf.reduce_sum(expected * tf.sin(expected))
        gradients = tape.gradient(loss, [inputs, alone.gamma])
        np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(x_grad, gradients[0], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(
            gamma_grad, gradients[1], rtol=1e-4, atol=1e-4
        )
        for ours, theirs in zip(weights, alone.get_weights()):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)

    def test_replicas_stay_apart_without_it(self):
        x = np.random.randn(6, 2).astype("float32")
        parts = np.split(x, 2)
        outputs, _, _, weights = self._run_on_two_replicas(
            lambda: _layer(momentum=0.0), parts
        )
        np.testing.assert_allclose(
            weights[2], np.mean([p.mean(0) for p in parts], 0), rtol=1e-5
        )
        np.testing.assert_allclose(outputs[:3].mean(0), np.zeros(2), atol=1e-6)

    def test_old_name_makes_the_same_layer(self):
        layer = batch_normalization.SyncBatchNormalization(-1, 0.9)
        assert layer.synchronized and layer.momentum == 0.9
        oracle = tf_keras.layers.experimental.SyncBatchNormalization(-1, 0.9)
        assert layer.get_config() == {
            **oracle.get_config(),
            "name": layer.name,
        }
        again = type(layer).from_config(layer.get_config())
        assert again.synchronized

    def test_large_mean_keeps_the_digits_of_the_variance(self):
        x = 1e4 + np.random.randn(1000, 1)
        mean, variance, count = batch_statistics.moments_over_replicas(
            *tf.nn.moments(tf.constant(x, tf.float32), [0]), 1000
        )
        np.testing.assert_allclose(mean, x.mean(0), rtol=1e-6)
        np.testing.assert_allclose(variance, x.var(0), rtol=1e-2)
        assert count.numpy().tolist() == [1000.0]
