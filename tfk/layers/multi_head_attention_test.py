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
"""Tests for multi-head attention, most of them against tf_keras."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

import tfk
from tfk.testing import strategies

MultiHeadAttention = tfk.layers.MultiHeadAttention


def floats(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype("float32")


def booleans(*shape, seed=0, share=0.6):
    return np.random.RandomState(seed).uniform(size=shape) < share


def masked(x, mask):
    x = tf.constant(x)
    if mask is not None:
        x._keras_mask = tf.constant(mask)
    return x


def run(layer, query, value, key, **arguments):
    """Returns outputs, scores and the gradients of inputs and weights."""
    inputs = [query, value] if key is None else [query, value, key]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs, scores = layer(
            query, value, key, return_attention_scores=True, **arguments
        )
        loss = tf.reduce_sum(outputs * tf.sin(outputs))
    sources = [*inputs, *layer.trainable_variables]
    return [outputs, scores, *tape.gradient(loss, sources)]


def assert_same(layer, oracle, query, value, key, **arguments):
    layer(query, value, key)
    oracle(query, value, key)
    random = np.random.RandomState(0)
    weights = [random.normal(size=w.shape) * 0.5 for w in oracle.weights]
    layer.set_weights(weights)
    oracle.set_weights(weights)
    ours, theirs = [
        run(one, query, value, key, **arguments) for one in (layer, oracle)
    ]
    for x, y in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x, y, 1e-4, 1e-4)


@st.composite
def calls(draw):
    """Draws constructor arguments, and seeds and switches of a call."""
    arguments = {
        "num_heads": draw(st.integers(1, 3)),
        "key_dim": draw(st.integers(1, 4)),
        "value_dim": draw(st.sampled_from([None, 1, 5])),
        "use_bias": draw(st.booleans()),
        "output_shape": draw(st.sampled_from([None, 3, (2, 3)])),
        "softmax_robust_masking": draw(st.booleans()),
    }
    names = ("key", "attention", "query_mask", "value_mask", "causal")
    switches = {name: draw(st.booleans()) for name in names}
    sizes = [draw(st.integers(1, 5)) for _ in range(5)]
    return arguments, switches, sizes, draw(st.integers(0, 99))


class MultiHeadAttentionTest:
    @hypothesis.given(calls())
    @hypothesis.settings(max_examples=50, derandomize=True, deadline=None)
    def test_equals_tf_keras(self, call):
        arguments, switches, sizes, seed = call
        t, s, *dims = sizes
        query = floats(2, t, dims[0], seed=seed)
        value = floats(2, s, dims[1], seed=seed + 1)
        key = None
        if switches["key"]:
            key = tf.constant(floats(2, s, dims[2], seed=seed + 2))
        masks = {}
        if switches["attention"]:
            masks["attention_mask"] = booleans(2, t, s, seed=seed)
        query_mask = (
            booleans(2, t, seed=seed) if switches["query_mask"] else None
        )
        value_mask = (
            booleans(2, s, seed=seed) if switches["value_mask"] else None
        )
        assert_same(
            MultiHeadAttention(**arguments),
            tf_keras.layers.MultiHeadAttention(**arguments),
            masked(query, query_mask),
            masked(value, value_mask),
            key,
            use_causal_mask=switches["causal"],
            **masks,
        )

    @pytest.mark.parametrize("axes", [None, 1, (2,), (-2,), (1, 2)])
    @pytest.mark.parametrize("has_mask", [False, True])
    def test_attention_axes_equal_tf_keras(self, axes, has_mask):
        query, value = floats(2, 4, 5, 3), floats(2, 4, 5, 2, seed=1)
        masks = {}
        if has_mask:
            shape = {1: (2, 1, 4, 4), (2,): (2, 5, 5), (-2,): (2, 1, 5, 5)}
            shape = shape.get(axes, (2, 4, 5, 4, 5))
            masks["attention_mask"] = booleans(*shape, share=0.8)
        theirs = (1,) if axes == 1 else (2,) if axes == (-2,) else axes
        assert_same(
            MultiHeadAttention(2, 3, attention_axes=axes),
            tf_keras.layers.MultiHeadAttention(2, 3, attention_axes=theirs),
            tf.constant(query),
            tf.constant(value),
            None,
            **masks,
        )

    def test_config_is_that_of_tf_keras(self):
        def make(keras):
            return keras.layers.MultiHeadAttention(
                2,
                3,
                dropout=0.1,
                name="attention",
                kernel_regularizer=keras.regularizers.L2(0.5),
                bias_constraint="max_norm",
                output_shape=7,
            )

        layer, oracle = make(tfk), make(tf_keras)
        for _ in range(2):
            ours, theirs = layer.get_config(), oracle.get_config()
            for name in ("query_shape", "value_shape", "key_shape"):
                theirs[name] = theirs[name] and tuple(theirs[name])
            assert ours == theirs
            layer(floats(2, 4, 5), floats(2, 6, 7))
            oracle(floats(2, 4, 5), floats(2, 6, 7))
        again = MultiHeadAttention.from_config(layer.get_config())
        assert [w.shape for w in again.weights] == [
            w.shape for w in layer.weights
        ]
        assert [w.name for w in layer.weights] == [
            w.name for w in oracle.weights
        ]
        assert "seed" in MultiHeadAttention(2, 3, seed=1).get_config()

    def test_regularizers_count_as_in_tf_keras(self):
        arguments = {
            "activity_regularizer": "l2",
            "kernel_regularizer": "l1",
            "bias_initializer": "ones",
            "bias_regularizer": "l2",
        }
        x = floats(2, 4, 5)
        layer = MultiHeadAttention(2, 3, **arguments)
        oracle = tf_keras.layers.MultiHeadAttention(2, 3, **arguments)
        layer(x, x), oracle(x, x)
        layer.set_weights(oracle.get_weights())
        layer(x, x)
        np.testing.assert_allclose(sum(layer.losses), sum(oracle.losses), 1e-5)

    @pytest.mark.parametrize("names_inputs", [False, True])
    def test_files_are_exchanged_with_tf_keras(self, tmp_path, names_inputs):
        def make(keras):
            x, y = keras.Input((None, 5)), keras.Input((6, 7))
            layer = keras.layers.MultiHeadAttention(2, 3, dropout=0.1)
            if names_inputs and keras is tfk:
                return keras.Model([x, y], layer(value=y, query=x))
            return keras.Model([x, y], layer(x, y, use_causal_mask=True))

        model = make(tfk)
        inputs = [floats(2, 4, 5), floats(2, 6, 7)]
        wanted = model(inputs)
        model.save(tmp_path / "ours.keras")
        theirs = tf_keras.models.load_model(tmp_path / "ours.keras")
        np.testing.assert_allclose(theirs(inputs), wanted, 1e-4, 1e-5)
        theirs.save(tmp_path / "theirs.keras")
        again = tfk.models.load_model(tmp_path / "theirs.keras")
        np.testing.assert_allclose(again(inputs), wanted, 1e-4, 1e-5)
        if names_inputs:
            return
        other = make(tf_keras)
        model.save_weights(tmp_path / "ours.weights.h5")
        other.load_weights(tmp_path / "ours.weights.h5")
        np.testing.assert_allclose(other(inputs), wanted, 1e-4, 1e-5)
        other.save_weights(tmp_path / "theirs.weights.h5")
        last = make(tfk)
        last.load_weights(tmp_path / "theirs.weights.h5")
        np.testing.assert_allclose(last(inputs), wanted, 1e-4, 1e-5)

    def test_opens_what_keras_3_says_of_the_shapes(self):
        layer = MultiHeadAttention(2, 3)
        shapes = {"query_shape": [None, 4, 5], "value_shape": [None, 6, 7]}
        layer.build_from_config({"shapes_dict": shapes})
        assert layer.weights[4].shape == [7, 2, 3]
        other = MultiHeadAttention(2, 3)
        other.build((None, 4, 5), (None, 6, 7), (None, 6, 8))
        assert [w.shape[0] for w in other.weights[:5:2]] == [5, 8, 7]

    def test_masks_are_taken_explicitly_and_implicitly(self):
        layer = MultiHeadAttention(2, 3)
        query, value = floats(2, 4, 5), floats(2, 6, 5)
        key = floats(2, 6, 7)
        masks = [booleans(2, n, seed=n + i) for i, n in enumerate((4, 6, 6))]
        explicit = layer(
            query,
            value,
            key,
            query_mask=masks[0],
            value_mask=masks[1],
            key_mask=masks[2],
        )
        implicit = layer(*map(masked, (query, value, key), masks))
        np.testing.assert_array_equal(explicit, implicit)
        both = masks[1] & masks[2]
        whole = masks[0][:, :, np.newaxis] & both[:, np.newaxis]
        given = layer(query, value, key, attention_mask=whole)
        np.testing.assert_array_equal(explicit, given)
        whole = np.stack([whole] * 2, axis=1).astype("int32")
        given = layer(query, value, key, attention_mask=whole)
        np.testing.assert_array_equal(explicit, given)

    def test_masked_positions_influence_nothing(self):
        layer = MultiHeadAttention(2, 3)
        query, value = floats(2, 4, 5), floats(2, 6, 5)
        mask = booleans(2, 6)
        mask[:, 0] = True
        wanted = layer(query, masked(value, mask))
        noise = 100 * floats(2, 6, 5, seed=1) * ~mask[..., np.newaxis]
        outputs = layer(query, masked(value + noise, mask))
        np.testing.assert_array_equal(outputs, wanted)
        changed = value + 10 * mask[..., np.newaxis].astype("float32")
        assert np.abs(layer(query, masked(changed, mask)) - wanted).max() > 0.1
        x = floats(2, 6, 5)
        later = x.copy()
        later[:, 3:] += 1
        pair = [layer(y, y, use_causal_mask=True)[:, :3] for y in (x, later)]
        np.testing.assert_array_equal(*pair)

    @pytest.mark.parametrize(
        "dtype", ["float32", "float64", "mixed_float16", "mixed_bfloat16"]
    )
    @pytest.mark.parametrize("robust", [False, True])
    def test_rows_without_keys_are_finite(self, dtype, robust):
        layer = MultiHeadAttention(
            2, 3, dtype=dtype, softmax_robust_masking=robust
        )
        x = 30 * floats(2, 4, 5)
        mask = booleans(2, 4, 4)
        mask[:, 1] = False
        with tf.GradientTape() as tape:
            outputs, scores = layer(
                x, x, attention_mask=mask, return_attention_scores=True
            )
            loss = tf.reduce_sum(tf.cast(outputs, "float32"))
        assert outputs.dtype == scores.dtype == layer.compute_dtype
        if robust:
            np.testing.assert_allclose(np.float32(scores)[:, :, 1], 0.25)
        for x in (outputs, *tape.gradient(loss, layer.trainable_variables)):
            assert np.isfinite(np.float32(x)).all()

    def test_query_mask_travels_on(self):
        layer = MultiHeadAttention(2, 3)
        mask = booleans(2, 4)
        x = masked(floats(2, 4, 5), mask)
        outputs, scores = layer(x, x, return_attention_scores=True)
        np.testing.assert_array_equal(outputs._keras_mask, mask)
        assert getattr(scores, "_keras_mask", None) is None
        tokens = tfk.Input((None,), dtype="int32")
        embedded = tfk.layers.Embedding(5, 4, mask_zero=True)(tokens)
        model = tfk.Model(tokens, layer_of(embedded, layer))
        ids = np.array([[1, 2, 0], [3, 0, 0]])
        vectors = model.layers[1](ids)
        wanted = model.layers[2](
            vectors, vectors, attention_mask=pairs(ids != 0)
        )
        np.testing.assert_allclose(model(ids), wanted, 1e-6)

    def test_ragged_inputs_equal_their_rows(self):
        layer = MultiHeadAttention(2, 3)
        rows = [floats(3, 5), floats(1, 5), floats(4, 5)]
        x = tf.RaggedTensor.from_row_lengths(np.concatenate(rows), [3, 1, 4])
        outputs = layer(x, x)
        assert isinstance(outputs, tf.RaggedTensor)
        for row, ours in zip(rows, outputs):
            wanted = layer(row[np.newaxis], row[np.newaxis])[0]
            np.testing.assert_allclose(ours, wanted, 1e-5, 1e-6)

    def test_dropout_has_a_seed_and_a_mode(self):
        x = floats(2, 8, 5)
        layers = [MultiHeadAttention(2, 3, dropout=0.5, seed=3) for _ in "ab"]
        for layer in layers:
            layer.build(x.shape)
            layer.set_weights(layers[0].get_weights())
        first, second = [layer(x, x, training=True) for layer in layers]
        np.testing.assert_array_equal(first, second)
        assert np.abs(layers[0](x, x, training=True) - first).max() > 1e-3
        idle = layers[0](x, x)
        np.testing.assert_array_equal(layers[0](x, x, training=False), idle)
        assert np.abs(first - idle).max() > 1e-3
        many = layers[0](*[np.repeat(x[:1], 500, axis=0)] * 2, training=True)
        np.testing.assert_allclose(np.mean(many, 0), idle[0], atol=0.15)

    def test_compiles_and_takes_any_length(self):
        layer = MultiHeadAttention(2, 3)
        layer(floats(1, 1, 5), floats(1, 1, 7))
        specs = [tf.TensorSpec([None, None, n]) for n in (5, 7)]

        def call(query, value):
            return layer(query, value, use_causal_mask=True)

        function = tf.function(call, input_signature=specs)
        compiled = tf.function(call, jit_compile=True)
        assert function.get_concrete_function().output_shapes[-1] == 5
        for t, s in ((2, 3), (4, 2)):
            inputs = tf.constant(floats(2, t, 5)), tf.constant(floats(2, s, 7))
            for one in (function, compiled):
                np.testing.assert_allclose(
                    one(*inputs), call(*inputs), 1e-4, 1e-5
                )

    @pytest.mark.parametrize("output_shape", [None, (2, 4)])
    def test_self_attention_is_drawn_as_a_trace_says(self, output_shape):
        layer = MultiHeadAttention(2, 3, output_shape=output_shape)
        x = tfk.Input((None, 6))
        drawn = layer(x, x, x)
        traced = layer._trace_outputs((x, x, x), {})
        assert drawn.type_spec == traced.type_spec
        names = [weight.name for weight in layer.weights]
        called = MultiHeadAttention(2, 3, output_shape=output_shape)
        called._name = layer.name
        called(floats(1, 5, 6), floats(1, 5, 6))
        assert [weight.name for weight in called.weights] == names

    def test_compute_output_shape(self):
        layer = MultiHeadAttention(2, 3)
        assert layer.compute_output_shape((None, 4, 5), (None, 6, 7)) == [
            None,
            4,
            5,
        ]
        layer = MultiHeadAttention(2, 3, output_shape=(3, 2))
        assert layer.compute_output_shape((2, 4, 5)) == (2, 4, 3, 2)

    @pytest.mark.parametrize(
        "arguments, call, message",
        [
            ({"num_heads": 0}, {}, "`num_heads`.*Received: num_heads=0"),
            ({"value_dim": -1}, {}, "`value_dim`.*value_dim=-1"),
            (
                {"attention_axes": 3},
                {},
                r"`attention_axes` of layer 'a'.*\(3,\), query of shape "
                r"\(2, 4, 5\)",
            ),
            (
                {},
                {"attention_mask": np.ones((2, 4, 5), bool)},
                r"`attention_mask` of layer 'a'.*\(2, 4, 6\).*mask of shape "
                r"\(2, 4, 5\)",
            ),
            (
                {},
                {"value_mask": np.ones((2, 4), bool)},
                r"`value_mask` of layer 'a'.*\(2, 6\).*\(2, 4\)",
            ),
            (
                {},
                {"key": floats(2, 6, 5, 1)},
                r"`key` of layer 'a'.*as many axes.*\(2, 6, 5, 1\)",
            ),
            ({}, {"value": None}, "'a'.*without its second argument, `value`"),
        ],
    )
    def test_bad_input_is_named(self, arguments, call, message):
        with pytest.raises(ValueError, match=message):
            layer = MultiHeadAttention(
                **{"num_heads": 2, "key_dim": 3, "name": "a", **arguments}
            )
            layer(floats(2, 4, 5), **{"value": floats(2, 6, 7), **call})

    def test_other_sizes_and_kinds_are_named(self):
        layer = MultiHeadAttention(2, 3, name="a")
        x = floats(2, 4, 5)
        layer(x, x)
        message = r"'a'.*built for a `value` of shape \(2, 4, 5\).*\(2, 4, 7\)"
        with pytest.raises(ValueError, match=message):
            layer(x, floats(2, 4, 7))
        sparse = tf.sparse.from_dense(x)
        with pytest.raises(TypeError, match="'a'.*SparseTensor.*to_dense"):
            layer(x, sparse)
        pictures = floats(2, 3, 3, 2)
        with pytest.raises(ValueError, match="attention_axes"):
            MultiHeadAttention(2, 3)(pictures, pictures, use_causal_mask=True)


def layer_of(x, layer):
    return type(layer).from_config({**layer.get_config(), "query_shape": None})(
        x, x
    )


def pairs(mask):
    return mask[:, :, np.newaxis] & mask[:, np.newaxis]


def encoder(num_layers=2):
    x = inputs = tfk.Input((6, 8))
    for _ in range(num_layers):
        attended = MultiHeadAttention(2, 4, dropout=0.1)(x, x)
        x = tfk.layers.LayerNormalization()(tfk.layers.add([x, attended]))
        hidden = tfk.layers.Dense(16, activation="relu")(x)
        hidden = tfk.layers.Dense(8)(hidden)
        x = tfk.layers.LayerNormalization()(tfk.layers.add([x, hidden]))
    x = tfk.layers.GlobalAveragePooling1D()(x)
    return tfk.Model(inputs, tfk.layers.Dense(2, dtype="float32")(x))


class EncoderTest:
    @pytest.mark.parametrize("setting", ["bfloat16", "replicas"])
    def test_trains(self, setting):
        tfk.utils.set_random_seed(1)
        x = floats(32, 6, 8)
        y = (x[:, :, 0].mean(axis=1) > 0).astype("int32")
        if setting == "replicas":
            with strategies.two_replicas().scope():
                model = encoder()
                model.compile(tfk.optimizers.Adam(0.01), loss())
        else:
            tfk.mixed_precision.set_global_policy("mixed_bfloat16")
            try:
                model = encoder()
            finally:
                tfk.mixed_precision.set_global_policy("float32")
            model.compile(tfk.optimizers.Adam(0.01), loss())
        history = model.fit(x, y, batch_size=16, epochs=12, verbose=0).history
        assert history["loss"][-1] < 0.5 * history["loss"][0]


def loss():
    return tfk.losses.SparseCategoricalCrossentropy(from_logits=True)
