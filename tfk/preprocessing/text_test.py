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
"""Tests of the old names for words as numbers, against tf_keras."""

import numpy as np
import pytest
import tf_keras

from tfk.preprocessing import text

THEIRS = tf_keras.preprocessing.text
TEXTS = [
    "The cat, the DOG; a cat!",
    "",
    "the bird\tsings\nand sings",
    ["The", "listed", "Dog"],
]
LATER = ["the unknown dog sings", "a A the cat"]
ARGUMENTS = [
    {},
    {"num_words": 4},
    {"oov_token": "?"},
    {"num_words": 3, "oov_token": "?"},
    {"lower": False, "filters": "!"},
    {"analyzer": lambda x: x.split("t")},
    {"char_level": True},
]


class TokenizerTest:
    @pytest.mark.parametrize("arguments", ARGUMENTS)
    def test_all_equals_tf_keras(self, arguments):
        ours, theirs = text.Tokenizer(**arguments), THEIRS.Tokenizer(
            **arguments
        )
        for tokenizer in (ours, theirs):
            tokenizer.fit_on_texts(TEXTS)
            tokenizer.fit_on_texts(LATER)
            tokenizer.fit_on_sequences([[1, 1, 2], [3]])
        assert dict(ours.word_counts) == dict(theirs.word_counts)
        assert ours.word_index == theirs.word_index
        assert ours.index_docs == theirs.index_docs
        for method in ("texts_to_sequences", "texts_to_matrix"):
            found = getattr(ours, method)(LATER)
            np.testing.assert_equal(found, getattr(theirs, method)(LATER))
        sequences = ours.texts_to_sequences([*LATER, "", "z"])
        for mode in ("binary", "count", "freq", "tfidf"):
            np.testing.assert_allclose(
                ours.sequences_to_matrix(sequences, mode),
                theirs.sequences_to_matrix(sequences, mode),
            )
        sequences = [[1, 2, 3, 99], [], [5]]
        assert ours.sequences_to_texts(sequences) == theirs.sequences_to_texts(
            sequences
        )

    def test_json_is_that_of_tf_keras(self):
        ours, theirs = text.Tokenizer(5), THEIRS.Tokenizer(5)
        ours.fit_on_texts(TEXTS[:3])
        theirs.fit_on_texts(TEXTS[:3])
        written = THEIRS.tokenizer_from_json(ours.to_json())
        read = text.tokenizer_from_json(theirs.to_json(indent=2))
        for tokenizer in (written, read):
            assert tokenizer.word_index == ours.word_index
            assert tokenizer.index_docs == ours.index_docs
            assert tokenizer.texts_to_sequences(
                LATER
            ) == ours.texts_to_sequences(LATER)
        assert sorted(ours.get_config()) == sorted(theirs.get_config())

    def test_wrong_use_is_named(self):
        with pytest.raises(ValueError, match="num_words=None"):
            text.Tokenizer().sequences_to_matrix([[1]])
        with pytest.raises(ValueError, match="mode='x'"):
            text.Tokenizer(3).sequences_to_matrix([[1]], "x")
        with pytest.raises(ValueError, match="mode='tfidf'"):
            text.Tokenizer(3).sequences_to_matrix([[1]], "tfidf")
        with pytest.raises(TypeError, match="unknown arguments.*nope"):
            text.Tokenizer(nope=1)


class FunctionsTest:
    @pytest.mark.parametrize(
        "arguments",
        [{}, {"lower": False}, {"filters": "e", "split": "a"}],
    )
    def test_words_and_hashes_equal_tf_keras(self, arguments):
        for x in TEXTS[:3]:
            assert text.text_to_word_sequence(
                x, **arguments
            ) == THEIRS.text_to_word_sequence(x, **arguments)
            assert text.one_hot(x, 9, **arguments) == THEIRS.one_hot(
                x, 9, **arguments
            )
            assert text.hashing_trick(
                x, 9, "md5", **arguments
            ) == THEIRS.hashing_trick(x, 9, "md5", **arguments)
        assert text.hashing_trick("a b", 9, len, analyzer=list) == [2, 2, 2]
