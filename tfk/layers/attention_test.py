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
"""Tests for attention without projections, most of them against tf_keras."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

import tfk
from tfk.layers import attention_ops


def floats(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype("float32")


def booleans(*shape, seed=0):
    return np.random.RandomState(seed).uniform(size=shape) < 0.6


SETTINGS = [
    ("Attention", {}),
    ("Attention", {"use_scale": True}),
    ("Attention", {"score_mode": "concat"}),
    ("Attention", {"score_mode": "concat", "use_scale": True}),
    ("Attention", {"causal": True}),
    ("AdditiveAttention", {}),
    ("AdditiveAttention", {"use_scale": False}),
]


def run(layer, inputs, **arguments):
    """Returns outputs, scores and the gradients of inputs and weights."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs, scores = layer(
            inputs, return_attention_scores=True, **arguments
        )
        loss = tf.reduce_sum(outputs * tf.sin(outputs))
    sources = [*inputs, *layer.trainable_variables]
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    return [outputs, scores, *gradients]


class AttentionTest:
    @hypothesis.given(
        st.sampled_from(SETTINGS),
        st.lists(st.integers(1, 5), min_size=4, max_size=4),
        st.sampled_from([(), (3,)]),
        st.tuples(*[st.booleans()] * 4),
    )
    @hypothesis.settings(max_examples=70, derandomize=True, deadline=None)
    def test_equals_tf_keras(self, setting, sizes, more_axes, switches):
        name, arguments = setting
        (t, s, size, value_size), batch = sizes, (2, *more_axes)
        if name == "AdditiveAttention":
            value_size = size  # tf_keras gives the scale the value's size.
        inputs = [floats(*batch, t, size), floats(*batch, s, size, seed=1)]
        has_key, has_query_mask, has_value_mask, is_causal = switches
        if has_key:
            inputs.insert(1, floats(*batch, s, value_size, seed=2))
        inputs = list(map(tf.constant, inputs))
        mask = [
            booleans(*batch, t) if has_query_mask else None,
            booleans(*batch, s, seed=1) if has_value_mask else None,
        ]
        layer = getattr(tfk.layers, name)(name="a", **arguments)
        oracle = getattr(tf_keras.layers, name)(name="a", **arguments)
        layer(inputs)
        oracle(inputs)
        assert [(w.name, w.shape) for w in layer.weights] == [
            (w.name, w.shape) for w in oracle.weights
        ]
        layer.set_weights([1.0 + 0.3 * floats(*w.shape) for w in layer.weights])
        oracle.set_weights(layer.get_weights())
        call = {"mask": mask, "use_causal_mask": is_causal}
        for ours, theirs in zip(
            run(layer, inputs, **call), run(oracle, inputs, **call), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, 1e-4, 1e-4)
        shapes = [x.shape for x in inputs]
        assert layer.compute_output_shape(shapes) == layer(inputs).shape

    @pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
    def test_config_is_that_of_tf_keras(self, name):
        layer = getattr(tfk.layers, name)(dropout=0.2, name="a")
        oracle = getattr(tf_keras.layers, name)(dropout=0.2, name="a")
        assert layer.get_config() == oracle.get_config()
        config = type(layer)(causal=True, seed=1).get_config()
        assert config["causal"] and config["seed"] == 1
        assert type(layer).from_config(config).causal

    @pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
    def test_masks_travel_and_masked_values_influence_nothing(self, name):
        layer = getattr(tfk.layers, name)()
        query, value = tf.constant(floats(2, 4, 5)), floats(2, 6, 5)
        query_mask, mask = booleans(2, 4), booleans(2, 6)
        mask[:, 0] = True
        noise = 100 * floats(2, 6, 5, seed=1) * ~mask[..., np.newaxis]
        results = []
        for x in (value, value + noise):
            x = tf.constant(x)
            query._keras_mask = tf.constant(query_mask)
            x._keras_mask = tf.constant(mask)
            outputs, scores = layer([query, x], return_attention_scores=True)
            results.append(outputs)
            np.testing.assert_array_equal(outputs._keras_mask, query_mask)
            assert getattr(scores, "_keras_mask", None) is None
        np.testing.assert_array_equal(*results)
        assert not np.any(results[0][~query_mask])

    @pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
    def test_ragged_inputs_equal_tf_keras(self, name):
        rows = np.concatenate([floats(3, 5), floats(1, 5)])
        x = tf.RaggedTensor.from_row_lengths(rows, [3, 1])
        layer = getattr(tfk.layers, name)(use_scale=False)
        oracle = getattr(tf_keras.layers, name)(use_scale=False)
        ours, theirs = layer([x, x]), oracle([x, x])
        assert isinstance(ours, tf.RaggedTensor)
        np.testing.assert_allclose(ours.flat_values, theirs.flat_values, 1e-5)

    @pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
    @pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
    def test_sixteen_bits_are_finite(self, name, dtype):
        layer = getattr(tfk.layers, name)(dtype=dtype)
        x = 20 * floats(2, 4, 5)
        mask = [None, np.array([[False] * 4, [True, False] * 2])]
        outputs, scores = layer([x, x], mask, return_attention_scores=True)
        assert outputs.dtype == scores.dtype == layer.compute_dtype
        assert np.isfinite(np.float32(outputs)).all()
        np.testing.assert_allclose(np.sum(np.float32(scores), -1), 1, 0.02)
        assert not np.any(np.float32(scores)[1, :, 1::2])

    def test_dropout_has_a_seed_and_a_mode(self):
        x = [floats(2, 8, 5)] * 2
        layers = [tfk.layers.Attention(dropout=0.5, seed=3) for _ in "ab"]
        first, second = [layer(x, training=True) for layer in layers]
        np.testing.assert_array_equal(first, second)
        idle = tfk.layers.Attention()(x)
        np.testing.assert_array_equal(layers[0](x, training=False), idle)
        assert np.abs(first - idle).max() > 1e-3

    def test_functional_models_and_files(self, tmp_path):
        x, y = tfk.Input((None,), dtype="int32"), tfk.Input((6, 4))
        embedded = tfk.layers.Embedding(5, 4, mask_zero=True)(x)
        outputs = tfk.layers.AdditiveAttention()([embedded, y])
        model = tfk.Model([x, y], outputs)
        inputs = [np.array([[1, 2, 0], [3, 0, 0]]), floats(2, 6, 4)]
        wanted = model(inputs)
        model.save(tmp_path / "m.keras")
        for keras in (tfk, tf_keras):
            again = keras.models.load_model(tmp_path / "m.keras")
            np.testing.assert_allclose(again(inputs), wanted, 1e-5)
        assert not np.any(wanted[0, 2])

    @pytest.mark.parametrize(
        "inputs, mask, message",
        [
            (floats(2, 4, 5), None, "'a'.*list of two or three tensors"),
            ([floats(2, 4, 5)], None, "'a'.*list of two or three tensors"),
            (
                [floats(2, 4, 5), floats(2, 6, 7)],
                None,
                r"'a'.*query of shape \(2, 4, 5\), value of shape \(2, 6, 7\)",
            ),
            (
                [floats(2, 4, 5), floats(2, 6, 5), floats(2, 5, 5)],
                None,
                r"'a'.*key of shape \(2, 5, 5\)",
            ),
            ([floats(2, 4, 5)] * 2, [None], "`mask` of layer 'a'.*list"),
            (
                [floats(2, 4, 5)] * 2,
                [None, booleans(2, 5)],
                r"`mask` of layer 'a'.*\(2, 4\).*\(2, 5\)",
            ),
        ],
    )
    @pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
    def test_bad_input_is_named(self, name, inputs, mask, message):
        layer = getattr(tfk.layers, name)(name="a")
        with pytest.raises(ValueError, match=message):
            layer(inputs, mask=mask)

    def test_other_errors_name_the_layer(self):
        with pytest.raises(ValueError, match="`score_mode`.*'a'.*'cos'"):
            tfk.layers.Attention(score_mode="cos", name="a")
        x = tf.constant(floats(2, 4, 5))
        with pytest.raises(TypeError, match="'a'.*SparseTensor"):
            tfk.layers.Attention(name="a")([x, tf.sparse.from_dense(x)])


class AttentionOpsTest:
    def test_probabilities_of_16_bits_are_computed_in_32(self):
        scores = tf.constant([[60000.0, 60000.0, -60000.0]], tf.float16)
        mask = tf.constant([[True, False, True]])
        chances = attention_ops.probabilities(scores, mask)
        np.testing.assert_array_equal(chances, [[1, 0, 0]])
        assert chances.dtype == tf.float16

    def test_masks_combine(self):
        assert attention_ops.combine_masks(None, None) is None
        mask = attention_ops.combine_masks(
            None, tf.constant([1, 0]), tf.constant([[True], [False]])
        )
        np.testing.assert_array_equal(mask, [[True, False], [False, False]])
