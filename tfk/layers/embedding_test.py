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
"""Tests for the embedding layer."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.engine.input_layer import Input
from tfk.layers import embedding

Embedding = embedding.Embedding

_DENSE = [[1, 0, 4], [2, 2, 0]]


def pair(**arguments):
    layers = Embedding(5, 2, **arguments), tf_keras.layers.Embedding(
        5, 2, **arguments
    )
    for layer in layers:
        layer.build((None, None))
        layer.set_weights([np.arange(10.0).reshape(5, 2)])
    return layers


def values(x):
    if isinstance(x, tf.SparseTensor):
        x = tf.sparse.to_dense(x)
    if isinstance(x, tf.RaggedTensor):
        return x.to_list()
    return x.numpy().tolist()


class EmbeddingTest:
    @pytest.mark.parametrize(
        "inputs",
        [
            tf.constant(_DENSE),
            tf.constant(_DENSE, tf.int64),
            tf.constant(_DENSE, tf.uint8),
            tf.constant(_DENSE, tf.float32),
            tf.constant([1, 2]),
            tf.constant(3),
            tf.ragged.constant([[1, 0], [3], []]),
            tf.ragged.constant([[[1, 0], [3]], [[]]]),
            tf.sparse.from_dense(_DENSE),
        ],
        ids=lambda x: f"{type(x).__name__}-{x.dtype.name}-{x.shape}",
    )
    def test_equals_tf_keras(self, inputs):
        ours, theirs = [layer(inputs) for layer in pair(mask_zero=False)]
        assert values(ours) == values(theirs)
        assert type(ours) is type(theirs)

    @pytest.mark.parametrize(
        "inputs", [tf.constant(_DENSE), tf.sparse.from_dense(_DENSE)]
    )
    def test_sparse_outputs_equal_tf_keras(self, inputs):
        ours, theirs = [layer(inputs) for layer in pair(sparse=True)]
        assert values(ours) == values(theirs)
        assert ours.shape == theirs.shape

    def test_sparse_outputs_of_ragged_inputs_are_refused(self):
        with pytest.raises(TypeError, match="sparse=True"):
            Embedding(5, 2, sparse=True)(tf.ragged.constant([[1], [2, 3]]))

    def test_gradients_are_those_of_the_rows_used(self):
        gradients = []
        for layer in pair():
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(tf.constant(_DENSE)) ** 2)
            gradients.append(tape.gradient(loss, layer.embeddings))
        assert all(isinstance(g, tf.IndexedSlices) for g in gradients)
        np.testing.assert_allclose(
            *[tf.convert_to_tensor(g).numpy() for g in gradients]
        )

    def test_masks(self):
        ours, theirs = pair(mask_zero=True)
        dense = tf.constant(_DENSE)
        assert values(ours(dense)._keras_mask) == values(
            theirs(dense)._keras_mask
        )
        ragged = tf.ragged.constant([[1, 0], [3]])
        assert values(ours(ragged)._keras_mask) == [[True, False], [True]]
        sparse = tf.sparse.from_dense(_DENSE)
        assert values(ours(sparse)._keras_mask) == values(
            ours(dense)._keras_mask
        )
        assert pair()[0].compute_mask(dense) is None

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"mask_zero": True, "input_length": 5},
            {"batch_input_shape": (3, 4), "embeddings_initializer": "ones"},
            {"embeddings_constraint": "non_neg", "input_shape": (3,)},
        ],
    )
    def test_config_equals_tf_keras(self, arguments):
        configs = [
            cls(7, 3, name="embedding", **arguments).get_config()
            for cls in (Embedding, tf_keras.layers.Embedding)
        ]
        assert configs[0] == configs[1]
        again = Embedding.from_config(json.loads(json.dumps(configs[1])))
        assert again.get_config() == configs[0]

    def test_weight_is_called_embeddings(self):
        layer = Embedding(4, 3)
        layer.build()
        assert [w.name for w in layer.weights] == ["embeddings:0"]
        assert layer.weights[0].shape == (4, 3)

    def test_output_shapes(self):
        shape = Embedding(5, 2, input_length=4).compute_output_shape
        assert shape((2, 4)).as_list() == [2, 4, 2]
        assert shape((None, None)).as_list() == [None, 4, 2]
        for wrong in [(2, 3), (2,), (2, 4, 4)]:
            with pytest.raises(ValueError, match="input_length=4"):
                shape(wrong)
        symbolic = Embedding(5, 2)(Input((None,), dtype="int32", ragged=True))
        assert symbolic.shape.as_list() == [None, None, 2]

    def test_mixed_precision_keeps_ids_exact(self):
        layer = Embedding(5000, 2, dtype="mixed_float16")
        rows = layer(tf.constant([[4097.0]]))
        assert rows.dtype == tf.float16
        expected = tf.cast(layer.embeddings[4097], tf.float16)
        assert values(rows[0, 0]) == values(expected)

    def test_compiles(self):
        layer = pair()[0]
        compiled = tf.function(layer, jit_compile=True)
        assert values(compiled(tf.constant(_DENSE))) == values(
            layer(tf.constant(_DENSE))
        )

    @pytest.mark.parametrize("sizes", [(0, 2), (2, 0), (0, None), ("a", 2)])
    def test_refuses_wrong_sizes(self, sizes):
        with pytest.raises(ValueError, match="put_dim` of layer .*positive"):
            Embedding(*sizes)

    def test_refuses_indices_out_of_range(self):
        with pytest.raises(tf.errors.InvalidArgumentError, match="not in"):
            Embedding(3, 2)(tf.constant([[3]]))


class InferredSizeTest:
    def make_words(self, **arguments):
        words = tfk.layers.TextVectorization(**arguments)
        words.adapt(["a b", "c a"])
        return words

    def test_size_is_taken_from_the_layer_before(self, tmp_path):
        text = tf.constant([["a c z"]])
        for first in ([Input((1,), dtype="string")], []):
            model = tfk.Sequential([*first, self.make_words(), Embedding(2)])
            assert model(text).shape == (1, 3, 2)
            assert model.layers[-1].input_dim == 5
        model.save(tmp_path / "model.keras")
        again = tfk.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(again(text), model(text))
        for layer, size in (
            (tfk.layers.IntegerLookup(vocabulary=[7, 8], mask_token=0), 4),
            (tfk.layers.IntegerLookup(max_tokens=9), 9),
            (tfk.layers.Hashing(6), 6),
            (tfk.layers.Discretization([0.0, 1.0]), 3),
            (tfk.layers.Discretization(num_bins=8), 8),
        ):
            vectors = Embedding(output_dim=2)
            vectors(layer(Input((3,), dtype="int64")))
            assert vectors.input_dim == size

    def test_size_is_taken_from_a_model_before(self):
        inputs = Input((1,), dtype="string")
        stage = tfk.Model(inputs, self.make_words()(inputs))
        vectors = Embedding(2)
        vectors(stage(Input((1,), dtype="string")))
        assert vectors.input_dim == 5

    def test_unknown_sizes_are_an_error_that_says_what_to_do(self):
        layer = Embedding(2, name="words")
        vectors = self.make_words(output_mode="count")
        for x in (
            Input((3,)),
            vectors(Input((1,), dtype="string")),
            tf.constant([[1]]),
        ):
            with pytest.raises(ValueError, match="'words'.*input_dim=None"):
                layer(x)
        assert Embedding.from_config(layer.get_config()).output_dim == 2
