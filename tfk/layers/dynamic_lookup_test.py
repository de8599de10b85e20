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
"""Tests of a vocabulary that follows what comes in."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.layers import dynamic_lookup
from tfk.testing import strategies

experimental = tfk.layers.experimental
LETTERS = list("abcdef")


def table_of(layer):
    """Returns the counts of the terms, without free places."""
    keys = layer.vocabulary_table_keys.numpy().tolist()
    counts = layer.vocabulary_table_values.numpy().tolist()
    return {k: n for k, n in zip(keys, counts) if n >= 0}


def after(counts, batch, size):
    """Counts a batch in plain Python."""
    kept = [(n + (k in batch), k) for k, n in counts.items()]
    new = [k for k in dict.fromkeys(batch) if k not in counts][:size]
    # Of equal counts the last ones stay.
    order = sorted(range(len(kept)), key=lambda i: (kept[i][0], i))
    staying = sorted(order[max(0, len(kept) + len(new) - size) :])
    return {kept[i][1]: kept[i][0] for i in staying} | dict.fromkeys(new, 1)


class DynamicLookupTest:
    @pytest.mark.parametrize("kind", [tf.string, tf.int64])
    def test_equals_tf_keras(self, kind):
        def terms(values):
            if kind == tf.string:
                values = [chr(ord("a") + value) for value in values]
            return tf.constant(values, kind)

        layers = [
            package.DynamicLookup(5, terms(range(5)))
            for package in (experimental, tf_keras.layers.experimental)
        ]
        # Batches on which tf_keras drops no term that they hold.
        for batch in ([0, 3, 3], [9, 8], [8, 9, 3], [7], [20, 21], [3, 20]):
            for learn in (True, False):
                outputs = [
                    layer(terms(batch), learn_vocab=learn) for layer in layers
                ]
                assert outputs[0].dtype == outputs[1].dtype
                np.testing.assert_array_equal(*outputs)
            assert table_of(layers[0]) == table_of(layers[1])
        assert layers[0].get_top_vocabulary(1) == terms([3])[0]
        np.testing.assert_array_equal(
            *(layer.get_vocabulary() for layer in layers)
        )

    @pytest.mark.parametrize("traced", [False, True])
    def test_the_table_is_what_counting_gives(self, traced):
        layer = experimental.DynamicLookup(10, np.arange(10))
        call = layer
        if traced:
            call = tf.function(
                layer, input_signature=[tf.TensorSpec([None], tf.int64)]
            )
        random = np.random.RandomState(0)
        wanted = table_of(layer)
        for size in (1, 5, 3, 0, 40, 2, 6, 6):
            batch = random.randint(0, 60, size)
            outputs = call(tf.constant(batch, tf.int64))
            np.testing.assert_array_equal(outputs, np.minimum(batch, 10))
            wanted = after(wanted, batch.tolist(), 12)
            assert table_of(layer) == wanted

    def test_ragged_terms_and_other_integers(self):
        layer = experimental.DynamicLookup(3, ["a", "b", "c"])
        outputs = layer(tf.ragged.constant([["b"], [], ["z", "a"]]))
        assert outputs.to_list() == [[1], [], [3, 0]]
        layer = experimental.DynamicLookup(3, tf.constant([4, 5], tf.int32))
        outputs = layer(tf.constant([[5], [6]], tf.int32))
        np.testing.assert_array_equal(outputs, [[1], [3]])

    @pytest.mark.parametrize("dtype", [tf.string, tf.int32, tf.int64])
    def test_terms_at_random(self, dtype):
        layer = experimental.DynamicLookup(20, dtype)
        terms = layer.initial_vocabulary
        assert len(set(terms)) == 20
        assert layer(tf.constant(terms[7:8]))[0] == 7

    def test_config_and_weights_make_an_equal_layer(self):
        layer = experimental.DynamicLookup(6, LETTERS)
        layer(tf.constant(["a", "ü", "z", "z"]))
        again = experimental.DynamicLookup.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
        store = {}
        layer.save_own_variables(store)
        again.load_own_variables(store)
        assert table_of(again) == table_of(layer)
        other = experimental.DynamicLookup(3, list("abc"))
        with pytest.raises(ValueError, match="of shape .3,.*of shape .7,"):
            other.load_own_variables(store)

    def test_the_vocabulary_is_written_as_text(self, tmp_path):
        experimental.DynamicLookup(2, ["a", "b"]).save_assets(str(tmp_path))
        assert (tmp_path / "vocabulary.txt").read_text() == "a\nb"

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ((0, ["a"]), "`vocabulary_size` of layer 'd'"),
            ((1, ["a", "b"]), "at most 1 strings or integers"),
            ((2, ["a", "a"]), "`initial_vocabulary` of layer 'd'.*'a', 'a'"),
            ((2, [[1, 2]]), "`initial_vocabulary` of layer 'd'"),
            ((2, [0.5]), "`initial_vocabulary` of layer 'd'"),
            ((2, ["a"], "LRU"), "`eviction_policy` of layer 'd'.*'LRU'"),
        ],
    )
    def test_wrong_argument_is_told(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            experimental.DynamicLookup(*arguments, name="d")

    def test_terms_of_another_kind_are_told(self):
        layer = experimental.DynamicLookup(2, ["a"], name="d")
        with pytest.raises(TypeError, match="'d'.*dtype string.*int32"):
            layer(tf.constant([1]))


class DynamicEmbeddingTest:
    def _model(self, kind=experimental):
        terms = tf.constant(list("abcde"))
        return tfk.Sequential(
            [
                tfk.Input((2,), dtype="string"),
                kind.DynamicEmbedding(5, 2, terms, input_length=2),
                tfk.layers.Flatten(),
                tfk.layers.Dense(1),
            ]
        )

    def test_is_an_embedding_of_what_is_looked_up(self):
        layer = experimental.DynamicEmbedding(3, 2, list("abc"))
        outputs = layer(tf.constant([["b", "z"]]))
        np.testing.assert_array_equal(
            outputs[0], layer.embedding_layer.embeddings.numpy()[[1, 3]]
        )
        oracle = tf_keras.layers.experimental.DynamicEmbedding(
            3, 2, tf.constant(list("abc"))
        )
        oracle(tf.constant([["b", "z"]]))
        assert [(w.shape, w.trainable) for w in layer.weights] == [
            (w.shape, w.trainable) for w in oracle.weights
        ]
        assert layer.get_config().keys() == oracle.get_config().keys()

    def test_an_update_equals_tf_keras_but_for_unknown_terms(self):
        layers = [
            package.DynamicEmbedding(
                5, 2, tf.constant(list("abcde")), embedding_initializer="zeros"
            )
            for package in (experimental, tf_keras.layers.experimental)
        ]
        values = np.random.RandomState(0).normal(size=(6, 2))
        for layer in layers:
            layer.build((None, 5))
            layer(tf.constant([list("ajcde")]))
            layer.embedding_layer.set_weights([values.astype("float32")])
            for _ in range(3):
                layer(tf.constant([list("jjkde")]))
            layer.update_embeddings(tf.distribute.get_strategy())
        rows = []
        for layer in layers:
            terms = layer.get_vocabulary().numpy().tolist()
            table = layer.embedding_layer.get_weights()[0]
            rows.append(dict(zip(terms, table[:-1].tolist())))
        common = rows[0].keys() & rows[1].keys()
        assert common >= {b"d", b"e", b"j", b"k"}
        assert all(rows[0][term] == rows[1][term] for term in common)
        assert rows[0][b"k"] == [0.0, 0.0]
        np.testing.assert_allclose(
            layers[0].embedding_layer.get_weights()[0][-1], values[-1]
        )

    def test_tables_are_added_up_as_in_tf_keras(self):
        ours, theirs = [
            package.DynamicEmbedding(2, 2, tf.constant(["a", "b"]))
            for package in (experimental, tf_keras.layers.experimental)
        ]
        keys = [tf.constant(["a", "b"]), tf.constant(["b", "c"])]
        counts = [tf.constant([1, 2]), tf.constant([3, 4])]
        for one, other in zip(
            ours.aggregate_lookup_table(keys, counts),
            theirs.aggregate_lookup_table(keys, counts),
        ):
            np.testing.assert_array_equal(one, other)
        keys, counts = tf.constant(["a", "b", "c"]), tf.constant([1, 5, 3])
        np.testing.assert_array_equal(
            ours.get_top_vocabulary(keys, counts, 2),
            theirs.get_top_vocabulary(keys, counts, 2),
        )

    def test_is_trained_and_saved(self, tmp_path):
        model = self._model()
        x = tf.constant([["a", "b"], ["q", "c"]])
        model.compile("sgd", "mse")
        model.fit(x, np.ones((2, 1)), verbose=0)
        model.layers[0].update_embeddings()
        assert b"q" in model.layers[0].get_vocabulary().numpy()
        wanted = model.predict(x, verbose=0)
        path = str(tmp_path / "m.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_allclose(again.predict(x, verbose=0), wanted)
        other = self._model()
        model.save_weights(str(tmp_path / "m.weights.h5"))
        other.load_weights(str(tmp_path / "m.weights.h5"))
        np.testing.assert_allclose(other.predict(x, verbose=0), wanted)
        other.set_weights(self._model().get_weights())
        model.export(str(tmp_path / "exported"))
        served = tf.saved_model.load(str(tmp_path / "exported"))
        np.testing.assert_allclose(served.serve(x), wanted)

    def test_replicas_have_tables_that_are_added_up(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            model = self._model()
            model.compile("sgd", "mse")
        x = tf.constant([["a", "b"], ["q", "c"], ["q", "d"], ["q", "a"]])
        model.fit(x, np.ones((4, 1)), verbose=0, shuffle=False)
        layer = model.layers[0]
        lookup = layer.dynamic_lookup_layer
        local = strategy.experimental_local_results
        counts = sum(local(lookup.vocabulary_table_values))
        before = dict(
            zip(LETTERS, layer.embedding_layer.embeddings.numpy().tolist())
        )
        layer.update_embeddings(strategy)
        terms = layer.get_vocabulary().numpy().tolist()
        assert terms[:2] == [b"a", b"q"] and max(counts.numpy()) == 2
        rows = layer.embedding_layer.embeddings.numpy().tolist()
        assert rows[0] == before["a"]

    def test_wrong_argument_is_told(self):
        with pytest.raises(ValueError, match="`num_oov_indices` of layer 'd'"):
            experimental.DynamicEmbedding(
                2, 2, ["a"], num_oov_indices=2, name="d"
            )
        with pytest.raises(ValueError, match="`vocabulary_size` of layer 'd'"):
            experimental.DynamicEmbedding(0, 2, ["a"], name="d")


class PositionsTest:
    def test_empty_inputs(self):
        found = dynamic_lookup.positions(["a"], tf.zeros([0], tf.string))
        assert found.shape == (0,)
