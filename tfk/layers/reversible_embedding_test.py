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
"""Tests for the embedding that also gives scores."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk

ReversibleEmbedding = tfk.layers.ReversibleEmbedding
TOKENS = np.array([[5, 2, 0], [1, 0, 0]])


class ReversibleEmbeddingTest:
    def test_vectors_equal_those_of_tf_keras(self):
        layer = ReversibleEmbedding(6, 4, mask_zero=True)
        oracle = tf_keras.layers.Embedding(6, 4, mask_zero=True)
        oracle(TOKENS)
        layer(TOKENS)
        layer.set_weights(oracle.get_weights())
        ours = layer(TOKENS)
        np.testing.assert_array_equal(ours, oracle(TOKENS))
        np.testing.assert_array_equal(ours._keras_mask, TOKENS != 0)
        scores = layer(ours, reverse=True)
        np.testing.assert_array_equal(scores._keras_mask, TOKENS != 0)

    @pytest.mark.parametrize("tie_weights", [True, False])
    @pytest.mark.parametrize("cap", [None, 0.01])
    def test_scores_equal_numpy(self, tie_weights, cap):
        layer = ReversibleEmbedding(
            6, 4, tie_weights=tie_weights, logit_soft_cap=cap
        )
        vectors = layer(TOKENS)
        kernel = layer.get_weights()[-1]
        wanted = vectors @ (kernel.T if tie_weights else kernel)
        if cap is not None:
            wanted = np.tanh(wanted / cap) * cap
        scores = layer(vectors, reverse=True)
        np.testing.assert_allclose(scores, wanted, 1e-5, 1e-6)
        assert len(layer.weights) == 2 - tie_weights
        assert layer.compute_output_shape((2, 3)) == (2, 3, 4)
        assert layer.compute_output_shape((2, 3, 4), reverse=True) == (2, 3, 6)

    def test_a_language_model_trains_and_is_saved(self, tmp_path):
        layer = ReversibleEmbedding(6, 4)
        tokens = tfk.Input((None,), dtype="int32")
        hidden = tfk.layers.Dense(4, activation="tanh")(layer(tokens))
        model = tfk.Model(tokens, layer(hidden, reverse=True))
        model.compile(
            tfk.optimizers.Adam(0.1),
            tfk.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        history = model.fit(TOKENS, TOKENS, epochs=20, verbose=0).history
        assert history["loss"][-1] < 0.5 * history["loss"][0]
        model.save(tmp_path / "m.keras")
        again = tfk.models.load_model(tmp_path / "m.keras")
        np.testing.assert_allclose(again(TOKENS), model(TOKENS), 1e-6)

    def test_dtypes_and_ragged_tokens(self):
        layer = ReversibleEmbedding(
            6, 4, dtype="mixed_bfloat16", reverse_dtype="float32"
        )
        vectors = layer(TOKENS)
        assert vectors.dtype == tf.bfloat16
        assert layer(vectors, reverse=True).dtype == tf.float32
        ragged = tf.ragged.constant([[5, 2], [1]])
        scores = layer(layer(ragged), reverse=True)
        assert isinstance(scores, tf.RaggedTensor)
        assert scores.flat_values.shape == (3, 6)

    def test_config(self):
        layer = ReversibleEmbedding(6, 4, tie_weights=False, logit_soft_cap=2.0)
        config = layer.get_config()
        assert ReversibleEmbedding.from_config(config).get_config() == config
        assert config["tie_weights"] is False
        assert "input_length" not in config

    def test_bad_input_is_named(self):
        with pytest.raises(ValueError, match="`logit_soft_cap`.*'a'.*-1"):
            ReversibleEmbedding(6, 4, logit_soft_cap=-1, name="a")
        layer = ReversibleEmbedding(6, 4, name="a")
        message = r"'a'.*length 4.*\(2, 5\)"
        with pytest.raises(ValueError, match=message):
            layer(np.ones((2, 5), "float32"), reverse=True)
