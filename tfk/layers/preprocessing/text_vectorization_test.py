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
"""Tests of text vectorization against tf_keras, and of what goes beyond it."""

import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.text_vectorization import TextVectorization

PIECES = [
    *("the", "The", "CAT", "cat,", "sat.", "on", "mat!", "it's", "Ünïcode"),
    *("naïve", "日本", "\u00a0", "\t", "\n", "#1", "a-b", "🙂", "x"),
]
RNG = np.random.default_rng(0)
TEXTS = np.array(
    ["", " ", *(" ".join(RNG.choice(PIECES, n)) for n in range(12))]
)
WORDS = ["the", "cat", "sat", "日本", "its", "naïve", "the cat", "a", ""]


@tfk.saving.register_keras_serializable(package="test")
def without_vowels(texts):
    return tf.strings.regex_replace(texts, "[aeiou]", "")


@tfk.saving.register_keras_serializable(package="test")
def at_dashes(texts):
    return tf.strings.split(texts, "-")


def dense(x):
    return tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x


def plain(config):
    config = json.loads(json.dumps(config, default=lambda x: x.__name__))
    for key in ("standardize", "split"):
        if isinstance(config[key], dict):
            # Here it is registered, there it isn't.
            config[key] = config[key]["config"].removeprefix("test>")
    return config


def assert_same(ours, theirs):
    assert type(ours) is type(theirs) and ours.dtype == theirs.dtype
    if isinstance(ours, tf.RaggedTensor):
        assert ours.to_list() == theirs.to_list()
    else:
        np.testing.assert_allclose(dense(ours), dense(theirs), 1e-6)


ARGUMENTS = [
    {},
    {"max_tokens": 6},
    {"standardize": None},
    {"standardize": "lower", "split": "character"},
    {"standardize": "strip_punctuation", "ngrams": 2},
    {"ngrams": (1, 3), "output_mode": "count"},
    {"standardize": without_vowels, "split": at_dashes},
    {"output_sequence_length": 3},
    {"output_sequence_length": 30, "max_tokens": 8},
    {"ragged": True},
    {"output_mode": "multi_hot"},
    {"output_mode": "count", "max_tokens": 50, "pad_to_max_tokens": True},
    {"output_mode": "tf_idf"},
    {"output_mode": "tf_idf", "ngrams": 2, "max_tokens": 7},
    {"output_mode": "count", "sparse": True},
]


class TextVectorizationTest:
    @pytest.mark.parametrize("arguments", ARGUMENTS)
    def test_learned_layers_equal_tf_keras(self, arguments):
        layer = TextVectorization(**arguments, name="x")
        oracle = tf_keras.layers.TextVectorization(**arguments, name="x")
        layer.adapt(TEXTS)
        oracle.adapt(tf.constant(TEXTS))
        assert layer.get_vocabulary() == oracle.get_vocabulary()
        assert layer.vocabulary_size() == oracle.vocabulary_size()
        theirs = plain(oracle.get_config())
        theirs.pop("batch_input_shape", None)
        assert plain(layer.get_config()) == theirs
        texts = np.array([*TEXTS[::-1], "unknown words"])
        for x in (texts, texts[:, np.newaxis], texts[-1:]):
            ours = layer(x)
            assert_same(ours, oracle(x))
            computed = layer.compute_output_shape(x.shape)
            assert computed.is_compatible_with(ours.shape)
        symbolic = layer(Input((1,), dtype="string"))
        wanted = layer.compute_output_shape((None, 1))
        assert symbolic.shape.as_list() == wanted.as_list()

    @pytest.mark.parametrize(
        "arguments",
        [
            {"vocabulary": WORDS[:-1]},
            {"vocabulary": ["", "[UNK]", *WORDS[:-1]]},
            {"vocabulary": np.array(WORDS[:-1]), "output_mode": "multi_hot"},
            {
                "vocabulary": WORDS[:3],
                "output_mode": "tf_idf",
                "idf_weights": [0.5, 1.0, 2.0],
                "max_tokens": 5,
                "pad_to_max_tokens": True,
            },
        ],
    )
    def test_given_vocabularies_equal_tf_keras(self, arguments):
        layer = TextVectorization(**arguments, name="x")
        oracle = tf_keras.layers.TextVectorization(**arguments, name="x")
        assert layer.get_vocabulary() == oracle.get_vocabulary()
        assert plain(layer.get_config()) == plain(oracle.get_config())
        assert_same(layer(TEXTS), oracle(TEXTS))
        again = TextVectorization.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
        assert_same(again(TEXTS), layer(TEXTS))

    def test_whole_strings_are_tokens_without_split(self):
        x = np.array([["red", "Blue!"], ["red", "green"]])
        for arguments in (
            {},
            {"output_sequence_length": 1},
            {"output_sequence_length": 3},
            {"output_mode": "count"},
            {"ngrams": 2},
        ):
            arguments = {"split": None, **arguments}
            layer = TextVectorization(**arguments)
            oracle = tf_keras.layers.TextVectorization(**arguments)
            layer.adapt(x)
            oracle.adapt(x)
            assert layer.get_vocabulary() == oracle.get_vocabulary()
            assert_same(layer(x), oracle(x))
            computed = layer.compute_output_shape(x.shape)
            assert computed.is_compatible_with(layer(x).shape)

    def test_ragged_texts_are_split_along_a_new_axis(self):
        texts = tf.ragged.constant([["a b", "b"], [], ["b c b"]])
        layer = TextVectorization(ragged=True)
        layer.adapt(texts)
        assert layer.get_vocabulary() == ["", "[UNK]", "b", "c", "a"]
        assert layer(texts).to_list() == [[[4, 2], [2]], [], [[2, 3, 2]]]
        padded = TextVectorization(vocabulary=["b", "c", "a"])
        np.testing.assert_array_equal(
            padded(texts),
            [
                [[4, 2, 0], [2, 0, 0]],
                [[0, 0, 0], [0, 0, 0]],
                [[2, 3, 2], [0, 0, 0]],
            ],
        )
        counts = TextVectorization(vocabulary=["b"], output_mode="count")
        assert counts(texts).to_list() == [[[1, 1], [0, 1]], [], [[1, 2]]]
        cut = TextVectorization(
            vocabulary=["b"], ragged=True, output_sequence_length=1
        )
        assert cut(["a b", "b"]).to_list() == [[1], [2]]

    def test_functions_may_have_conditions_on_tensors(self):
        def lower_many(texts):
            if tf.size(texts) > 2:
                texts = tf.strings.lower(texts)
            return texts

        def split_commas(texts):
            words = tf.strings.split(texts, ",")
            if tf.size(texts) > 2:
                words = words[:, :1]
            return words

        layer = TextVectorization(
            standardize=lower_many, split=split_commas, vocabulary=["a", "b"]
        )
        for call in (layer, tf.function(lambda x: layer(x))):
            np.testing.assert_array_equal(
                call(tf.constant(["A,b", "b", "z"])), [[2], [3], [1]]
            )
            np.testing.assert_array_equal(call(tf.constant(["A,b"])), [[1, 3]])
        x = Input((), dtype="string")
        model = tfk.Model(x, layer(x))
        np.testing.assert_array_equal(
            model.predict(np.array(["A,b", "b", "z"]), verbose=0),
            [[2], [3], [1]],
        )

    @pytest.mark.parametrize("sparse", [False, True])
    def test_several_texts_a_row_give_as_many_vectors(self, sparse):
        layer = TextVectorization(
            vocabulary=["b"], output_mode="count", sparse=sparse
        )
        texts = np.array([[["a b"], ["b"]], [[""], ["b b"]], [["c"], ["a"]]])
        expected = [[[1, 1], [0, 1]], [[0, 0], [0, 2]], [[1, 0], [1, 0]]]
        for call in (layer, tf.function(layer)):
            vectors = call(texts)
            assert isinstance(vectors, tf.SparseTensor) == sparse
            if sparse:
                vectors = tf.sparse.to_dense(vectors)
            np.testing.assert_array_equal(vectors, expected)
        assert layer(Input((2, 1), dtype="string")).shape[1:] == (2, 2)

    def test_every_kind_of_data_gives_one_vocabulary(self):
        texts = TEXTS.tolist()
        wanted = None
        for mode in ("int", "tf_idf"):
            for data in (
                texts,
                TEXTS,
                TEXTS.astype(object),
                np.array([x.encode() for x in texts], object),
                TEXTS[:, np.newaxis],
                tf.constant(TEXTS),
                pd.Series(TEXTS),
                tf.ragged.constant([texts[:3], texts[3:]]),
                tf.data.Dataset.from_tensor_slices(TEXTS).batch(3),
                tf.data.Dataset.from_tensor_slices(TEXTS),
                (part for part in np.array_split(TEXTS, 3)),
            ):
                layer = TextVectorization(output_mode=mode)
                layer.adapt(data)
                words = layer.get_vocabulary(include_special_tokens=False)
                wanted = wanted or words
                assert words == wanted

    def test_steps_and_batch_sizes_are_kept_to(self):
        dataset = tf.data.Dataset.from_tensor_slices(["a", "b", "c", "d"])
        for data, options in (
            (dataset.batch(2), {"steps": 1}),
            (dataset, {"steps": 2}),
            (dataset.repeat(), {"steps": 2}),
            (["a", "b", "c"], {"steps": 1, "batch_size": 2}),
        ):
            layer = TextVectorization()
            layer.adapt(data, **options)
            assert layer.get_vocabulary() == ["", "[UNK]", "b", "a"]

    def test_learning_goes_on_and_states_merge(self):
        parts = [TEXTS[:5], TEXTS[5:9], TEXTS[9:]]
        for mode in ("int", "tf_idf"):
            arguments = {"output_mode": mode, "max_tokens": 9}
            whole = TextVectorization(**arguments)
            whole.adapt(TEXTS)
            steps = TextVectorization(**arguments)
            workers = [TextVectorization(**arguments) for _ in parts]
            for worker, part in zip(workers, parts):
                steps.adapt(part, reset_state=False)
                worker.adapt(part)
            merged = workers[0]
            merged.merge_state([workers[1], workers[2].get_adapted_state()])
            for layer in (steps, merged):
                assert layer.get_vocabulary() == whole.get_vocabulary()
                np.testing.assert_array_equal(layer(TEXTS), whole(TEXTS))

    def test_vocabularies_can_be_set_and_read_from_files(self, tmp_path):
        path = tmp_path / "words.txt"
        path.write_text("cat\n日本\n", encoding="utf-8")
        layer = TextVectorization(vocabulary=str(path))
        assert layer.get_vocabulary() == ["", "[UNK]", "cat", "日本"]
        layer = TextVectorization()
        layer.set_vocabulary(["b", "c"])
        np.testing.assert_array_equal(layer(["c b a"]), [[3, 2, 1]])
        layer.adapt(["a"])
        assert layer.get_vocabulary() == ["", "[UNK]", "a"]

    @pytest.mark.parametrize(
        "arguments, names",
        [
            ({"mode": "int"}, {"output_mode": "int"}),
            ({"mode": "tfidf"}, {"output_mode": "tf_idf"}),
            ({"output_mode": "tf-idf"}, {"output_mode": "tf_idf"}),
            ({"output_mode": "binary"}, {"output_mode": "multi_hot"}),
            (
                {"tokens": 100, "max_length": 4},
                {"max_tokens": 100, "output_sequence_length": 4},
            ),
            ({"tokens": ["a", "b"]}, {"vocabulary": ["a", "b"]}),
        ],
    )
    def test_other_names_of_arguments_are_taken(self, arguments, names):
        config = TextVectorization(**arguments).get_config()
        assert {key: config[key] for key in names} == names

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"output_mode": "tf_idf"},
            {"standardize": without_vowels, "split": at_dashes},
            {"standardize": None, "split": None},
        ],
    )
    def test_saved_models_hold_all(self, arguments, tmp_path):
        layer = TextVectorization(**arguments)
        layer.adapt([*TEXTS, "line\nbreak"])
        inputs = tfk.Input((1,), dtype="string")
        model = tfk.Model(inputs, layer(inputs))
        x = tf.constant(TEXTS[:, np.newaxis])
        wanted = model(x)
        path = str(tmp_path / "model.keras")
        for _ in range(2):
            model.save(path)
            model = tfk.models.load_model(path)
            again = model.layers[-1]
            assert again.get_vocabulary() == layer.get_vocabulary()
            np.testing.assert_array_equal(model(x), wanted)
        model.export(str(tmp_path / "exported"))
        exported = tf.saved_model.load(str(tmp_path / "exported"))
        np.testing.assert_array_equal(exported.serve(x), wanted)

    def test_files_of_tf_keras_are_read_and_written(self, tmp_path):
        path = str(tmp_path / "model.keras")
        for arguments in (
            {},
            {"output_mode": "tf_idf"},
            {"vocabulary": ["cat", "the"]},
        ):

            def made(keras):
                layer = keras.layers.TextVectorization(**arguments)
                if "vocabulary" not in arguments:
                    layer.adapt(tf.constant(TEXTS))
                inputs = keras.Input((1,), dtype="string")
                return keras.Model(inputs, layer(inputs))

            x = tf.constant(TEXTS[:, np.newaxis])
            theirs, ours = made(tf_keras), made(tfk)
            theirs.save(path)
            np.testing.assert_array_equal(
                tfk.models.load_model(path)(x), theirs(x)
            )
            ours.save(path)
            np.testing.assert_array_equal(
                tf_keras.models.load_model(path)(x), ours(x)
            )

    def test_training_on_raw_text_lifts_the_layer(self):
        texts = np.array([["good film"], ["bad film"]] * 8)
        labels = np.array([[1.0], [0.0]] * 8)
        layer = TextVectorization(output_mode="multi_hot")
        layer.adapt(texts)
        inputs = tfk.Input((1,), dtype="string")
        model = tfk.Model(inputs, tfk.layers.Dense(1)(layer(inputs)))
        model.compile("sgd", "mse")
        history = model.fit(texts, labels, epochs=3, verbose=0)
        losses = history.history["loss"]
        assert losses[-1] < losses[0]
        assert model.predict(texts, verbose=0).shape == (16, 1)

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"standardize": "upper"}, "standardize='upper'"),
            ({"split": "tab"}, "split='tab'"),
            ({"ngrams": 0}, "ngrams=0"),
            ({"ngrams": (1, -2)}, r"ngrams=\(1, -2\)"),
            ({"output_mode": "one_hot"}, "output_mode='one_hot'"),
            ({"output_sequence_length": 0}, "output_sequence_length=0"),
            (
                {"output_sequence_length": 3, "output_mode": "count"},
                "output_mode='count'",
            ),
            ({"ragged": True, "output_mode": "count"}, "ragged=True"),
            ({"pad_to_max_tokens": True}, "max_tokens=None"),
            ({"max_tokens": 1}, "max_tokens=1"),
            ({"vocabulary": ["a", "a"]}, "repeated tokens"),
            ({"vocabulary": ["a", "[UNK]"]}, "wrong place"),
            ({"vocabulary": ["a", "b"], "max_tokens": 3}, "max_tokens=3"),
            ({"vocabulary": "/no/such/file"}, "no vocabulary file"),
            ({"sparse": True}, "sparse=True"),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            TextVectorization(**arguments)

    def test_wrong_use_is_named_and_keeps_the_state(self):
        layer = TextVectorization(name="texts")
        with pytest.raises(RuntimeError, match="'texts'.*before `adapt`"):
            layer(TEXTS)
        layer.adapt(TEXTS)
        before = layer.get_vocabulary()
        pairs = np.array([["a b", "c"]])
        for data, message in (
            ([], "empty data"),
            (["", " "], "no tokens"),
            (np.array([1, 2]), "takes strings"),
            (pairs, "must have size 1"),
            (tf.sparse.from_dense(pairs), "dense or ragged"),
            ({"x": TEXTS}, "adapts to one tensor"),
            (iter([TEXTS, np.array([3])]), "takes strings"),
        ):
            with pytest.raises(ValueError, match=message):
                layer.adapt(data)
            assert layer.get_vocabulary() == before
            layer(TEXTS)
        for inputs, message in (
            (np.array([1]), "'texts'.*takes strings"),
            (pairs, "'texts'.*must have size 1"),
        ):
            with pytest.raises(ValueError, match=message):
                layer(inputs)
        with pytest.raises(ValueError, match="was given a vocabulary"):
            TextVectorization(vocabulary=["a"]).adapt(TEXTS)
