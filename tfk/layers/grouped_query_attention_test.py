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
"""Tests for attention whose heads share keys and values."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

import tfk

GroupQueryAttention = tfk.layers.GroupQueryAttention


def floats(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype("float32")


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def by_numpy(layer, query, value, mask):
    """Computes outputs and probabilities, one head of the query at a time."""
    weights = {w.name.split("m/")[-1][:-2]: w.numpy() for w in layer.weights}

    def project(name, x):
        return np.einsum("btx,xhd->bthd", x, weights[f"{name}/kernel"])

    q, k, v = [
        project(name, x) + weights[f"{name}/bias"]
        for name, x in (("query", query), ("key", value), ("value", value))
    ]
    group = layer.num_query_heads // layer.num_key_value_heads
    outputs, chances = np.zeros_like(q), []
    for head in range(layer.num_query_heads):
        shared = head // group
        scores = np.einsum("btd,bsd->bts", q[:, :, head], k[:, :, shared])
        scores = scores / np.sqrt(layer.head_dim)
        chances.append(softmax(np.where(mask, scores, -1e9)))
        outputs[:, :, head] = chances[-1] @ v[:, :, shared]
    if layer.use_gate:
        gate = project("gate", query) + weights["gate/bias"]
        outputs = outputs / (1 + np.exp(-gate))
    outputs = np.einsum(
        "bthd,hdx->btx", outputs, weights["attention_output/kernel"]
    )
    outputs = outputs + weights["attention_output/bias"]
    return outputs, np.stack(chances, axis=1)


class GroupQueryAttentionTest:
    @hypothesis.given(
        st.integers(1, 3),
        st.integers(1, 3),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, 1, 2, 9]),
        st.lists(st.integers(1, 5), min_size=4, max_size=4),
    )
    @hypothesis.settings(max_examples=50, derandomize=True, deadline=None)
    def test_equals_numpy(self, shared, group, gate, causal, window, sizes):
        t, s, *dims = sizes
        query, value = floats(2, t, dims[0]), floats(2, s, dims[1], seed=1)
        layer = GroupQueryAttention(
            3,
            shared * group,
            shared,
            use_gate=gate,
            sliding_window=window,
            bias_initializer="random_normal",
            name="m",
        )
        mask = np.random.RandomState(t).uniform(size=(2, t, s)) < 0.7
        ours = layer(
            query,
            value,
            attention_mask=mask,
            use_causal_mask=causal,
            return_attention_scores=True,
        )
        distance = np.arange(t)[:, np.newaxis] - np.arange(s)
        if causal:
            mask = mask & (distance >= 0)
        if window:
            mask = mask & (np.abs(distance) < window)
        seen = mask.any(axis=-1)[:, np.newaxis, :]
        for x, y in zip(ours, by_numpy(layer, query, value, mask)):
            if x.shape.rank == 4:
                x, y = (z * seen[..., np.newaxis] for z in (x, y))
            else:
                x, y = (z * seen[:, 0, :, np.newaxis] for z in (x, y))
            np.testing.assert_allclose(x, y, 1e-4, 1e-5)

    @pytest.mark.parametrize("gate", [False, True])
    @pytest.mark.parametrize("window", [None, 2])
    def test_equals_multi_head_attention_of_as_many_heads(self, gate, window):
        variant = {"use_gate": gate, "sliding_window": window}
        layer = GroupQueryAttention(3, 2, 2, **variant)
        other = tfk.layers.MultiHeadAttention(2, 3, **variant)
        x, y = floats(2, 5, 4), floats(2, 6, 4, seed=1)
        for one in (layer, other):
            one(x, y)
        values = [floats(*w.shape, seed=i) for i, w in enumerate(layer.weights)]
        layer.set_weights(values)
        other.set_weights(values)
        for one, two in zip(
            layer(x, y, return_attention_scores=True),
            other(x, y, return_attention_scores=True),
        ):
            np.testing.assert_allclose(one, two, 1e-4, 1e-5)
        config = other.get_config()
        set_here = {k: v for k, v in variant.items() if v}
        assert {k: config[k] for k in variant if k in config} == set_here
        again = type(other).from_config({**variant, **config})
        again.set_weights(values)
        np.testing.assert_allclose(again(x, y), other(x, y), 1e-6)

    def test_equals_multi_head_attention_of_tf_keras(self):
        x = floats(2, 4, 5)
        layer = GroupQueryAttention(3, 2, 2)
        oracle = tf_keras.layers.MultiHeadAttention(2, 3)
        layer(x, x), oracle(x, x)
        layer.set_weights(oracle.get_weights())
        mask = np.random.RandomState(0).uniform(size=(2, 4, 4)) < 0.6
        mask[0, 1] = False
        results = []
        for one in (layer, oracle):
            with tf.GradientTape() as tape:
                outputs = one(x, x, attention_mask=mask, use_causal_mask=True)
                loss = tf.reduce_sum(tf.sin(outputs))
            gradients = tape.gradient(loss, one.trainable_variables)
            results.append([outputs, *gradients])
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, theirs, 1e-4, 1e-5)

    def test_config_and_weights(self):
        layer = GroupQueryAttention(3, 4, 2, use_gate=True, seed=2, name="m")
        layer(floats(2, 4, 5), floats(2, 6, 7))
        assert [(w.name, tuple(w.shape)) for w in layer.weights[:-2]] == [
            ("m/query/kernel:0", (5, 4, 3)),
            ("m/query/bias:0", (4, 3)),
            ("m/key/kernel:0", (7, 2, 3)),
            ("m/key/bias:0", (2, 3)),
            ("m/gate/kernel:0", (5, 4, 3)),
            ("m/gate/bias:0", (4, 3)),
            ("m/value/kernel:0", (7, 2, 3)),
            ("m/value/bias:0", (2, 3)),
        ]
        config = layer.get_config()
        assert config["num_key_value_heads"] == 2 and config["seed"] == 2
        assert "flash_attention" not in config
        again = GroupQueryAttention.from_config(config)
        assert again.get_config() == config
        assert layer.compute_output_shape((2, 4, 5), (2, 6, 7)) == (2, 4, 5)

    def test_masks_dropout_and_ragged_inputs(self):
        layer = GroupQueryAttention(3, 4, 2, dropout=0.5, seed=1)
        rows = [floats(3, 5), floats(1, 5)]
        x = tf.RaggedTensor.from_row_lengths(np.concatenate(rows), [3, 1])
        outputs = layer(x, x)
        for row, ours in zip(rows, outputs):
            wanted = layer(row[np.newaxis], row[np.newaxis])[0]
            np.testing.assert_allclose(ours, wanted, 1e-5, 1e-6)
        dense = x.to_tensor()
        mask = tf.sequence_mask([3, 1])
        ours = layer(dense, dense, value_mask=mask)
        np.testing.assert_allclose(ours[1, :1], outputs[1], 1e-5, 1e-6)
        dropped = layer(dense, dense, value_mask=mask, training=True)
        assert np.abs(dropped - ours).max() > 1e-3

    def test_compiles_and_takes_any_length(self):
        layer = GroupQueryAttention(3, 4, 2)
        layer(floats(1, 1, 5), floats(1, 1, 7))

        def call(query, value):
            return layer(query, value, use_causal_mask=True)

        specs = [tf.TensorSpec([None, None, n]) for n in (5, 7)]
        function = tf.function(call, input_signature=specs)
        compiled = tf.function(call, jit_compile=True)
        assert function.get_concrete_function().output_shapes[-1] == 5
        inputs = tf.constant(floats(2, 4, 5)), tf.constant(floats(2, 3, 7))
        for one in (function, compiled):
            np.testing.assert_allclose(one(*inputs), call(*inputs), 1e-4, 1e-5)

    @pytest.mark.parametrize(
        "arguments, message",
        [
            (
                {"num_query_heads": 5},
                "`num_query_heads` of layer 'a'.*multiple.*num_query_heads=5, "
                "num_key_value_heads=2",
            ),
            ({"head_dim": 0}, "`head_dim`.*head_dim=0"),
            ({"sliding_window": 0}, "`sliding_window`.*sliding_window=0"),
            ({"flash_attention": True}, "'a'.*flash_attention=True"),
        ],
    )
    def test_bad_arguments_are_named(self, arguments, message):
        given = {"head_dim": 3, "num_query_heads": 4, **arguments}
        with pytest.raises(ValueError, match=message):
            GroupQueryAttention(num_key_value_heads=2, name="a", **given)

    def test_bad_inputs_are_named(self):
        layer = GroupQueryAttention(3, 4, 2, name="a")
        pictures = floats(2, 3, 3, 5)
        message = r"`query` of layer 'a'.*3 axes.*\(2, 3, 3, 5\)"
        with pytest.raises(ValueError, match=message):
            layer(pictures, pictures)
        x = floats(2, 4, 5)
        with pytest.raises(ValueError, match="`query_mask` of layer 'a'"):
            layer(x, x, query_mask=np.ones((2, 5), bool))
        with pytest.raises(TypeError, match="layer 'a'|Layer 'a'"):
            layer(x, tf.sparse.from_dense(x))
