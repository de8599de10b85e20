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
"""Names for old code: words of texts as numbers.

`tfk.layers.TextVectorization` does all of it inside of a model.
"""

import collections
import hashlib
import json
import math

import numpy as np

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")
_STATE = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


def text_to_word_sequence(input_text, filters=_FILTERS, lower=True, split=" "):
    """Returns the words of a text.

    Arguments:
        input_text: String.
        filters: String: characters that stand between words.
        lower: Boolean: whether to turn the text to lower case.
        split: String that stands between words.

    Example:

    >>> tfk.preprocessing.text.text_to_word_sequence("The cat, the dog.")
    ['the', 'cat', 'the', 'dog']
    """
    if lower:
        input_text = input_text.lower()
    text = input_text.translate(dict.fromkeys(map(ord, filters), split))
    return [word for word in text.split(split) if word]


def one_hot(
    input_text, n, filters=_FILTERS, lower=True, split=" ", analyzer=None
):
    """Returns the words of a text as hashes, which are not one-hot vectors.

    Python's `hash` is used: the numbers differ from one process to the next.

    Arguments:
        input_text: String.
        n: Integer: the hashes are from 1 to `n - 1`.
        filters: String: characters that stand between words.
        lower: Boolean: whether to turn the text to lower case.
        split: String that stands between words.
        analyzer: Function that returns the words of a text, in place of
            `filters`, `lower` and `split`.
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text,
    n,
    hash_function=None,
    filters=_FILTERS,
    lower=True,
    split=" ",
    analyzer=None,
):
    """Returns the words of a text as hashes.

    Arguments:
        text: String.
        n: Integer: the hashes are from 1 to `n - 1`.
        hash_function: Function of a string that returns an integer, or
            `"md5"`, which is the same in each process. Defaults to `hash`.
        filters: String: characters that stand between words.
        lower: Boolean: whether to turn the text to lower case.
        split: String that stands between words.
        analyzer: Function that returns the words of a text, in place of
            `filters`, `lower` and `split`.

    Example:

    >>> tfk.preprocessing.text.hashing_trick("a b a", 100, "md5")
    [92, 95, 92]
    """
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    if analyzer is None:
        words = text_to_word_sequence(text, filters, lower, split)
    else:
        words = analyzer(text)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word):
    return int(hashlib.md5(word.encode()).hexdigest(), 16)


class Tokenizer:
    """Gives each word of some texts a number, the most frequent word 1.

    For old code: `tfk.layers.TextVectorization` does it in the model.

    Arguments:
        num_words: Integer: words of this number or above are left out of what
            is returned. Defaults to None, for all words.
        filters: String: characters that stand between words.
        lower: Boolean: whether to turn texts to lower case.
        split: String that stands between words.
        char_level: Boolean: whether each character is a word.
        oov_token: String that stands for unknown words: it gets number 1.
            Defaults to None: unknown words are left out.
        analyzer: Function that returns the words of a text, in place of
            `filters`, `lower` and `split`.
        **kwargs: `document_count`: how many texts were seen before.

    Example:

    >>> tokenizer = tfk.preprocessing.text.Tokenizer()
    >>> tokenizer.fit_on_texts(["the cat", "the dog"])
    >>> tokenizer.texts_to_sequences(["dog the cat the"])
    [[3, 1, 2, 1]]
    """

    def __init__(
        self,
        num_words=None,
        filters=_FILTERS,
        lower=True,
        split=" ",
        char_level=False,
        oov_token=None,
        analyzer=None,
        **kwargs,
    ):
        num_words = kwargs.pop("nb_words", num_words)
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer got unknown arguments: {kwargs}.")
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.word_counts = collections.OrderedDict()
        self.word_docs = collections.defaultdict(int)
        self.index_docs = collections.defaultdict(int)
        self.word_index = {}
        self.index_word = {}

    def _words(self, text):
        if self.char_level or isinstance(text, list):
            if not self.lower:
                return text
            if isinstance(text, list):
                return [word.lower() for word in text]
            return text.lower()
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts):
        """Learns the words of texts, and goes on from those learned before.

        Arguments:
            texts: Iterable of strings, or of lists of words.
        """
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        words = sorted(
            self.word_counts, key=self.word_counts.__getitem__, reverse=True
        )
        if self.oov_token is not None:
            words.insert(0, self.oov_token)
        self.word_index = {word: i for i, word in enumerate(words, 1)}
        self.index_word = {i: word for word, i in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences):
        """Learns in how many sequences each number is.

        Arguments:
            sequences: List of lists of integers.
        """
        self.document_count += len(sequences)
        for sequence in sequences:
            for index in set(sequence):
                self.index_docs[index] += 1

    def _known(self, index):
        """Returns a number that may be returned, or None to leave it out."""
        too_large = self.num_words and index and index >= self.num_words
        if index is None or too_large:
            return self.word_index.get(self.oov_token)
        return index

    def texts_to_sequences(self, texts):
        """Returns the numbers of the words of texts.

        Arguments:
            texts: Iterable of strings, or of lists of words.
        """
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts):
        """Yields the numbers of the words of each text.

        Arguments:
            texts: Iterable of strings, or of lists of words.
        """
        for text in texts:
            found = [
                self._known(self.word_index.get(word))
                for word in self._words(text)
            ]
            yield [index for index in found if index is not None]

    def sequences_to_texts(self, sequences):
        """Returns the texts of sequences of numbers, words joined by spaces.

        Arguments:
            sequences: Iterable of lists of integers.
        """
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences):
        """Yields the text of each sequence of numbers.

        Arguments:
            sequences: Iterable of lists of integers.
        """
        for sequence in sequences:
            found = [
                self._known(index if index in self.index_word else None)
                for index in sequence
            ]
            yield " ".join(
                self.index_word[index] for index in found if index is not None
            )

    def texts_to_matrix(self, texts, mode="binary"):
        """Returns a vector for each text.

        Arguments:
            texts: Iterable of strings, or of lists of words.
            mode: As for `sequences_to_matrix`.
        """
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """Returns a vector for each sequence of numbers.

        Arguments:
            sequences: List of lists of integers.
            mode: `"binary"` (1 for each number that is there), `"count"`,
                `"freq"` (the share of the sequence) or `"tfidf"`.

        Returns:
            Array of shape `(len(sequences), num_words)`.

        Raises:
            ValueError: If the number of words, or for `"tfidf"` of texts, is
                not known.
        """
        if mode not in _MODES:
            raise ValueError(
                f"`mode` must be one of {_MODES}. Received: mode={mode!r}."
            )
        if not self.num_words and not self.word_index:
            raise ValueError(
                "The size of the vectors is not known. Received: "
                f"num_words={self.num_words}. Pass `num_words` to the "
                "constructor, or call `fit_on_texts` first."
            )
        if mode == "tfidf" and not self.document_count:
            raise ValueError(
                "The frequencies of words are not known. Received: "
                "mode='tfidf'. Call `fit_on_texts` or `fit_on_sequences` first."
            )
        width = self.num_words or len(self.word_index) + 1
        matrix = np.zeros([len(sequences), width])
        for row, sequence in zip(matrix, sequences):
            counts = collections.Counter(i for i in sequence if i < width)
            for index, count in counts.items():
                row[index] = self._value(index, count, len(sequence), mode)
        return matrix

    def _value(self, index, count, length, mode):
        if mode == "binary":
            return 1
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        frequency = self.index_docs.get(index, 0)
        rarity = math.log(1 + self.document_count / (1 + frequency))
        return (1 + math.log(count)) * rarity

    def get_config(self):
        """Returns the arguments and what was learned, as plain data."""
        config = {
            name: getattr(self, name)
            for name in (
                *("num_words", "filters", "lower", "split", "char_level"),
                *("oov_token", "document_count"),
            )
        }
        config.update({key: json.dumps(getattr(self, key)) for key in _STATE})
        return config

    def to_json(self, **kwargs):
        """Returns a string from which `tokenizer_from_json` makes it again.

        Arguments:
            **kwargs: As for `json.dumps`.
        """
        return json.dumps(
            {"class_name": type(self).__name__, "config": self.get_config()},
            **kwargs,
        )


def tokenizer_from_json(json_string):
    """Makes a `Tokenizer` of what its `to_json` returned.

    Arguments:
        json_string: String.
    """
    config = dict(json.loads(json_string)["config"])
    state = {key: json.loads(config.pop(key)) for key in _STATE}
    for key in ("index_docs", "index_word"):
        # Keys are strings in JSON.
        state[key] = {int(k): v for k, v in state[key].items()}
    tokenizer = Tokenizer(**config)
    for key, value in state.items():
        current = getattr(tokenizer, key)
        current.update(value)
    return tokenizer
