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
"""Tests for the dense layer."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.layers import dense
from tfk.testing import layer_oracle

Dense = dense.Dense


def pair(inputs, **arguments):
    """Returns a layer and the oracle's, built and with equal weights."""
    layers = Dense(3, **arguments), tf_keras.layers.Dense(3, **arguments)
    for layer in layers:
        layer.build(inputs.shape)
    layers[1].set_weights(layers[0].get_weights())
    return layers


class DenseTest:
    @pytest.mark.parametrize("shape", [(2, 4), (2, 5, 4), (2, 5, 1, 4)])
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"use_bias": False, "activation": "tanh"},
            {
                "activation": "softmax",
                "kernel_initializer": "ones",
                "bias_regularizer": tf_keras.regularizers.L2(0.25),
                "kernel_constraint": "non_neg",
            },
        ],
    )
    def test_equals_tf_keras(self, shape, arguments):
        ours = dict(arguments)
        if "bias_regularizer" in ours:
            ours["bias_regularizer"] = {
                "class_name": "L2",
                "config": {"l2": 0.25},
            }
        layer_oracle.assert_same(
            Dense(3, **ours),
            tf_keras.layers.Dense(3, **arguments),
            tf.random.normal(shape),
        )

    def test_compiles(self):
        layer = Dense(3, activation="relu")
        layer_oracle.assert_compiles(layer, tf.random.normal((2, 5, 4)))

    @pytest.mark.parametrize("shape", [(0, 4), (2, 0, 4), (0, 0, 4)])
    def test_takes_empty_batches(self, shape):
        layer = Dense(3)
        assert layer(tf.zeros(shape)).shape == (*shape[:-1], 3)
        spec = tf.TensorSpec([None] * (len(shape) - 1) + [4])
        traced = tf.function(layer, input_signature=[spec])
        assert traced(tf.zeros(shape)).shape == (*shape[:-1], 3)

    def test_takes_unknown_rank_once_built(self):
        layer = Dense(3)
        x = tf.random.normal((2, 5, 4))
        expected = layer(x)
        traced = tf.function(layer, input_signature=[tf.TensorSpec(None)])
        tf.debugging.assert_near(traced(x), expected)

    def test_integers_are_cast(self):
        x = tf.constant([[1, 2]])
        ours, theirs = pair(x)
        np.testing.assert_allclose(ours(x), theirs(x), 1e-6)

    def test_sparse_equals_tf_keras(self):
        x = tf.sparse.from_dense([[0.0, 1, 0, 2], [0, 0, 0, 0], [3, 0, 0, 4]])
        results = []
        for layer in pair(x, activation="tanh"):
            with tf.GradientTape() as tape:
                outputs = layer(x)
                loss = tf.reduce_sum(outputs**2)
            gradient = tape.gradient(loss, layer.kernel)
            assert isinstance(gradient, tf.IndexedSlices)
            results.append([outputs, tf.convert_to_tensor(gradient)])
        for ours, theirs in zip(*results):
            np.testing.assert_allclose(ours, theirs, 1e-5)
        deep = tf.random.normal((2, 3, 4))
        layer = Dense(3)
        tf.debugging.assert_near(layer(tf.sparse.from_dense(deep)), layer(deep))

    @pytest.mark.parametrize("ragged_rank", [1, 2])
    def test_ragged_equals_tf_keras(self, ragged_rank):
        x = tf.RaggedTensor.from_row_lengths(tf.random.normal((5, 4)), [2, 3])
        if ragged_rank == 2:
            inner = tf.RaggedTensor.from_tensor(x.flat_values)
            x = x.with_values(inner)
        layers = pair(x, activation="relu")
        ours, theirs = [layer(x) for layer in layers]
        assert ours.shape.as_list() == [2, None, 3]
        np.testing.assert_array_equal(ours.row_splits, theirs.row_splits)
        np.testing.assert_allclose(
            ours.values,
            theirs.to_tensor().numpy()[[0, 0, 1, 1, 1], [0, 1, 0, 1, 2]],
            1e-5,
        )

    def test_symbolic_ragged_and_sparse_inputs(self):
        ragged = Dense(3)(Input((None, 4), ragged=True))
        assert isinstance(ragged.type_spec, tf.RaggedTensorSpec)
        assert ragged.shape.as_list() == [None, None, 3]
        sparse = Dense(3)(Input((4,), sparse=True))
        assert sparse.shape.as_list() == [None, 3]

    def test_mixed_precision_computes_in_16_bits(self):
        layer = Dense(3, dtype="mixed_bfloat16")
        inputs = tf.random.normal((2, 4))
        assert layer(inputs).dtype == tf.bfloat16
        assert layer.weights[0].dtype == tf.float32
        assert layer(tf.sparse.from_dense(inputs)).dtype == tf.bfloat16

    def test_masks_pass_through(self):
        x = tf.ones((2, 3, 4))
        x._keras_mask = tf.ones((2, 3), tf.bool)
        assert Dense(2)(x)._keras_mask is x._keras_mask

    @pytest.mark.parametrize("units", [0, -1, 2.5, "a", None])
    def test_refuses_wrong_units(self, units):
        with pytest.raises(ValueError, match="`units` of layer .*positive"):
            Dense(units)

    def test_refuses_wrong_inputs(self):
        with pytest.raises(ValueError, match="'vector' .* rank of at least 2"):
            Dense(2, name="vector")(tf.ones((3,)))
        with pytest.raises(ValueError, match="'open' .* last axis has a known"):
            Dense(2, name="open")(Input((None,)))
        layer = Dense(2, name="built")
        layer(tf.ones((2, 3)))
        with pytest.raises(ValueError, match="'built' must have size 3"):
            layer(tf.ones((2, 4)))
