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
"""Tests of StringLookup, against tf_keras."""

import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.string_lookup import StringLookup

WORDS = np.array([["a", "zz", "b"], ["b", "", "b"], ["q", "c", "a"]])


def dense(x):
    return tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x


def plain(config):
    """A config without what only adapted tf_keras layers add."""
    config = json.loads(json.dumps(config, default=list))
    config.pop("batch_input_shape", None)
    return config


class StringLookupTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"mask_token": ""},
            {"num_oov_indices": 3},
            {"num_oov_indices": 2, "mask_token": "b"},
            {"mask_token": "b", "dtype": "int32"},
            {"max_tokens": 7, "oov_token": "?"},
            {"output_mode": "multi_hot"},
            {"output_mode": "count", "mask_token": ""},
            {"output_mode": "count", "max_tokens": 8, "num_oov_indices": 2},
            {
                "output_mode": "count",
                "max_tokens": 8,
                "pad_to_max_tokens": True,
            },
            {"output_mode": "multi_hot", "sparse": True},
            {"output_mode": "tf_idf", "idf_weights": [0.5, 1.0]},
            {
                "output_mode": "tf_idf",
                "idf_weights": [0.5, 1.0],
                "max_tokens": 6,
                "pad_to_max_tokens": True,
            },
        ],
    )
    def test_given_vocabularies_equal_tf_keras(self, arguments):
        arguments = dict(arguments, vocabulary=["a", "c"], name="x")
        layer = StringLookup(**arguments)
        oracle = tf_keras.layers.StringLookup(**arguments)
        assert plain(layer.get_config()) == plain(oracle.get_config())
        assert layer.get_vocabulary() == oracle.get_vocabulary()
        assert layer.vocabulary_size() == oracle.vocabulary_size()
        inputs = [
            WORDS,
            WORDS[:, :1],
            tf.ragged.constant([["a"], ["b", "zz"], []]),
            tf.sparse.from_dense(WORDS),
        ]
        for x in inputs:
            ours, theirs = layer(x), oracle(x)
            assert type(ours) is type(theirs) and ours.dtype == theirs.dtype
            if isinstance(ours, tf.RaggedTensor):
                assert ours.to_list() == theirs.to_list()
            else:
                np.testing.assert_allclose(dense(ours), dense(theirs), 1e-6)
            if not isinstance(x, (tf.SparseTensor, tf.RaggedTensor)):
                assert layer.compute_output_shape(x.shape) == ours.shape
        symbolic = layer(Input((3,), dtype="string"))
        wanted = layer.compute_output_shape((None, 3))
        assert symbolic.shape.as_list() == wanted.as_list()
        again = StringLookup.from_config(layer.get_config())
        np.testing.assert_array_equal(dense(again(WORDS)), dense(layer(WORDS)))
        assert again.get_config() == layer.get_config()

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"max_tokens": 4},
            {"mask_token": "", "max_tokens": 5},
            {"num_oov_indices": 2, "oov_token": "b"},
            {"output_mode": "count"},
            {"output_mode": "tf_idf"},
            {"output_mode": "tf_idf", "max_tokens": 4, "mask_token": ""},
        ],
    )
    def test_learned_vocabularies_equal_tf_keras(self, arguments):
        layer = StringLookup(**arguments, name="x")
        oracle = tf_keras.layers.StringLookup(**arguments, name="x")
        # The oracle fails on documents with different numbers of tokens.
        words = WORDS[[0, 2, 2]] if "idf" in str(arguments) else WORDS
        layer.adapt(words)
        oracle.adapt(words)
        assert layer.get_vocabulary() == oracle.get_vocabulary()
        np.testing.assert_allclose(layer(WORDS), oracle(WORDS), rtol=1e-6)
        assert plain(layer.get_config()) == plain(oracle.get_config())

    def test_every_kind_of_data_gives_one_vocabulary(self):
        nested = WORDS.tolist()
        kinds = [
            nested,
            WORDS.astype(object),
            WORDS.astype("S"),
            tf.constant(nested),
            tf.ragged.constant(nested),
            pd.DataFrame(WORDS),
            tf.data.Dataset.from_tensor_slices(nested).batch(2),
            tf.data.Dataset.from_tensor_slices(nested),
        ]
        for data in kinds:
            for mode in ("int", "tf_idf"):
                layer = StringLookup(output_mode=mode)
                layer.adapt(data)
                assert layer.get_vocabulary() == [
                    "[UNK]",
                    *("b", "a", "zz", "q", "c", ""),
                ]
        layer = StringLookup()
        layer.adapt(tf.sparse.from_dense(WORDS))
        assert "" not in layer.get_vocabulary()

    def test_learning_goes_on_without_reset(self):
        layer = StringLookup(max_tokens=3, output_mode="tf_idf")
        whole = StringLookup(max_tokens=3, output_mode="tf_idf")
        layer.adapt(WORDS)
        layer.adapt([["q", "q", "c"], ["q", "c", "x"]], reset_state=False)
        whole.adapt([*WORDS.tolist(), ["q", "q", "c"], ["q", "c", "x"]])
        assert layer.get_vocabulary() == whole.get_vocabulary()
        np.testing.assert_array_equal(layer(WORDS), whole(WORDS))
        layer.set_vocabulary(["a"], idf_weights=[1.0])
        with pytest.raises(ValueError, match="reset_state=True"):
            layer.adapt(WORDS, reset_state=False)
        layer.adapt(WORDS)

    def test_steps_are_a_positive_number(self):
        data = tf.data.Dataset.from_tensor_slices(WORDS)
        layer = StringLookup()
        layer.adapt(data, steps=1.0)
        assert len(layer.get_vocabulary()) < 5
        for stage in (layer, tfk.layers.PreprocessingStage([layer])):
            for steps in (0, -1, 1.5):
                with pytest.raises(ValueError, match=f"steps={steps}"):
                    stage.adapt(data, steps=steps)

    def test_invert_undoes_the_lookup(self):
        vocabulary = ["a", "c", "é"]
        for arguments in ({}, {"mask_token": ""}, {"num_oov_indices": 2}):
            layer = StringLookup(
                vocabulary=vocabulary, invert=True, **arguments
            )
            oracle = tf_keras.layers.StringLookup(
                vocabulary=vocabulary, invert=True, **arguments
            )
            x = np.array([[0, 1, 2], [3, 4, 99]])
            np.testing.assert_array_equal(layer(x), oracle(x))
            assert layer(x).dtype == tf.string
            symbolic = layer(Input((2,), dtype="int64"))
            assert symbolic.dtype == tf.string

    def test_special_tokens_may_begin_the_vocabulary(self):
        given = ["", "[UNK]", "[UNK]", "a"]
        layer = StringLookup(vocabulary=given, mask_token="", num_oov_indices=2)
        assert layer.get_vocabulary() == given
        assert layer.get_vocabulary(include_special_tokens=False) == ["a"]
        assert layer.get_config()["vocabulary"] == given
        idf = StringLookup(
            vocabulary=["[UNK]", "a"],
            idf_weights=[9.0, 2.0],
            output_mode="tf-idf",
        )
        np.testing.assert_array_equal(idf([["a", "z"]]), [[2.0, 2.0]])
        again = StringLookup.from_config(idf.get_config())
        np.testing.assert_array_equal(again([["a"]]), [[0.0, 2.0]])

    def test_vocabularies_of_every_kind_are_taken(self, tmp_path):
        path = tmp_path / "words.txt"
        path.write_text("a\nc\n")
        for vocabulary in (
            ("a", "c"),
            [b"a", b"c"],
            np.array(["a", "c"]),
            tf.constant(["a", "c"]),
            str(path),
            path,
            iter(["a", "c"]),
        ):
            layer = StringLookup(vocabulary=vocabulary)
            assert layer.get_vocabulary() == ["[UNK]", "a", "c"]
            assert layer.get_config()["vocabulary"] == ["a", "c"]

    def test_configs_open_no_files(self, tmp_path):
        path = tmp_path / "secret.txt"
        path.write_text("secret")
        config = StringLookup(vocabulary=["a"]).get_config()
        for key in ("vocabulary", "idf_weights"):
            with pytest.raises(ValueError, match="as a list, not as a path"):
                StringLookup.from_config({**config, key: str(path)})

    def test_text_of_other_encodings_is_kept(self):
        layer = StringLookup(vocabulary=["é"], encoding="latin-1")
        np.testing.assert_array_equal(layer([b"\xe9", "é".encode()]), [1, 0])
        assert layer.get_vocabulary() == ["[UNK]", "é"]
        binary = StringLookup(vocabulary=[b"\xff\xfe"])
        again = StringLookup(vocabulary=binary.get_vocabulary())
        np.testing.assert_array_equal(again([b"\xff\xfe"]), [1])

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"vocabulary": ["a", "a"]}, "repeated tokens.*'a'"),
            ({"vocabulary": ["a", "[UNK]"]}, r"\[UNK\]' in the wrong place"),
            (
                {"vocabulary": ["[UNK]", "", "a"], "mask_token": ""},
                "'' in the wrong place",
            ),
            ({"vocabulary": ["a", "b"], "max_tokens": 2}, "max_tokens=2"),
            ({"vocabulary": []}, "can't be empty"),
            ({"vocabulary": [1, 2]}, "must be strings.*IntegerLookup"),
            ({"vocabulary": "/no/such/file"}, "no vocabulary file"),
            ({"max_tokens": 1}, "max_tokens=1"),
            ({"max_tokens": 9.5}, "max_tokens=9.5"),
            ({"max_tokens": "9"}, "max_tokens='9'"),
            ({"num_oov_indices": -1}, "num_oov_indices=-1"),
            ({"num_oov_indices": 1.5}, "num_oov_indices=1.5"),
            (
                {
                    "output_mode": "tf_idf",
                    "vocabulary": ["a"],
                    "idf_weights": [np.nan],
                },
                "must be finite",
            ),
            ({"pad_to_max_tokens": True}, "max_tokens=None"),
            ({"invert": True, "output_mode": "count"}, "output_mode='count'"),
            ({"sparse": True}, "sparse=True"),
            ({"output_mode": "x"}, "output_mode='x'"),
            ({"idf_weights": [1.0]}, "output_mode='int'"),
            ({"dtype": "float32"}, "dtype=float32"),
            (
                {"output_mode": "tf_idf", "vocabulary": ["a"]},
                "idf_weights=None",
            ),
            (
                {
                    "output_mode": "tf_idf",
                    "vocabulary": ["a"],
                    "idf_weights": [1.0, 2.0],
                },
                "2 weights",
            ),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            StringLookup(**arguments, name="words")

    def test_wrong_use_is_named(self):
        layer = StringLookup(name="words")
        with pytest.raises(RuntimeError, match="'words'.*before `adapt`"):
            layer(WORDS)
        with pytest.raises(RuntimeError, match="before `adapt`"):
            StringLookup(output_mode="count")(Input((1,), dtype="string"))
        layer.adapt(WORDS)
        before = layer.get_vocabulary()
        for data, message in (
            ([], "empty data"),
            ([["[UNK]"]], "no tokens"),
            (np.array([1, 2]), "takes strings"),
            (np.array(["a", None], object), "must be strings"),
            ({"x": WORDS}, "adapts to one tensor"),
        ):
            with pytest.raises(ValueError, match=message):
                layer.adapt(data)
            assert layer.get_vocabulary() == before
            layer(WORDS)
        layer.adapt([["a"]], reset_state=False)
        assert layer.get_vocabulary()[:3] == ["[UNK]", "b", "a"]
        with pytest.raises(ValueError, match="'words'.*takes strings"):
            layer(np.array([1, 2]))
        with pytest.raises(ValueError, match="was given a vocabulary"):
            StringLookup(vocabulary=["a"]).adapt(WORDS)
        strict = StringLookup(vocabulary=["a"], num_oov_indices=0)
        np.testing.assert_array_equal(strict(["a"]), [0])
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="oov_indices=0"
        ):
            strict(["a", "zz"])
