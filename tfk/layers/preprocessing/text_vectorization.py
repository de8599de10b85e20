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
"""TextVectorization: texts to the indices of their words, or to vectors."""

import numpy as np
import tensorflow as tf

from tfk import config
from tfk.layers.preprocessing import string_lookup
from tfk.layers.preprocessing import text
from tfk.layers.preprocessing import tokens as token_files
from tfk.saving import budget
from tfk.utils import structure

_ALIASES = {"mode": "output_mode", "max_length": "output_sequence_length"}
# Texts that are taken in at once: the memory for their words is bounded.
_PIECE = 1 << 12


class TextVectorization(string_lookup.StringLookup):
    """Turns texts into the indices of their words, or into vectors of them.

    The first layer of a model that takes raw text. Each text is standardized
    and split into words, those may be joined to n-grams, and each of them is
    looked up in a vocabulary, which is given, or learned by `adapt`: the most
    frequent tokens come first.

    Arguments:
        max_tokens: Largest size of the vocabulary, special tokens included.
            Defaults to None, for no limit.
        standardize: `"lower_and_strip_punctuation"` (default; letters and
            punctuation of ASCII), `"lower"`, `"strip_punctuation"`, None, or a
            function of a string tensor that returns another of its shape.
        split: `"whitespace"` (default), `"character"`, None to take each
            string as one token, or a function of a string tensor that returns
            a ragged one with one more axis.
        ngrams: Integer `n`, to make tokens of up to `n` successive words
            joined by spaces, or a tuple of the numbers of words. Defaults to
            None, for single words.
        output_mode: `"int"` (default) for indices, or `"multi_hot"`,
            `"count"` or `"tf_idf"` for a vector for each text.
        output_sequence_length: Integer: how many indices each text gets.
            Defaults to None, for as many as the longest text of the batch has.
        pad_to_max_tokens: Boolean: whether vectors have `max_tokens` entries
            even if the vocabulary is smaller.
        vocabulary: List, array or tensor of tokens, or the path of a text file
            with one token a line.
        idf_weights: List of inverse document frequencies, one a token, for
            `output_mode="tf_idf"` with a vocabulary.
        sparse: Boolean: whether vectors come as a `tf.SparseTensor`.
        ragged: Boolean: whether indices come as a `tf.RaggedTensor`, without
            padding.
        encoding: Encoding of the vocabulary. Defaults to `"utf-8"`.
        **kwargs: As for `Layer`. `tokens` (an integer or a list), `mode` and
            `max_length` are other names for `max_tokens` or `vocabulary`,
            `output_mode` and `output_sequence_length`.

    Input shape:
        Strings of shape `(batch_size,)` or `(batch_size, ..., 1)`, or ragged.

    Output shape:
        `(batch_size, ..., length)` for indices, with 0 for padding and 1 for
        tokens outside of the vocabulary; `(batch_size, ..., vocabulary_size)`
        for vectors.

    Raises:
        ValueError: If arguments don't go together.

    Example:

    >>> layer = tfk.layers.TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["The cat sat.", "The dog sat; the cat ran!"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'the', 'sat', 'cat', 'ran', 'dog']
    >>> layer(["A cat ran", "the the dog sat down"]).numpy()
    array([[1, 4, 5, 0],
           [2, 2, 6, 3]])

    >>> layer = tfk.layers.TextVectorization(
    ...     ngrams=2, output_mode="count", vocabulary=["sat", "the cat"]
    ... )
    >>> layer(["The cat sat."]).numpy()
    array([[3., 1., 1.]], dtype=float32)

    In `adapt` with `output_mode="tf_idf"` each text is one document.
    """

    _output_modes = ("int", "multi_hot", "count", "tf_idf")
    _unsaved_arguments = (
        *string_lookup.StringLookup._unsaved_arguments,
        *("num_oov_indices", "mask_token", "oov_token", "invert"),
    )

    def __init__(
        self,
        max_tokens=None,
        standardize="lower_and_strip_punctuation",
        split="whitespace",
        ngrams=None,
        output_mode="int",
        output_sequence_length=None,
        pad_to_max_tokens=False,
        vocabulary=None,
        idf_weights=None,
        sparse=False,
        ragged=False,
        encoding="utf-8",
        **kwargs,
    ):
        tokens = kwargs.pop("tokens", None)
        if isinstance(tokens, (int, np.integer)):
            max_tokens = int(tokens)
        elif tokens is not None:
            vocabulary = tokens
        output_mode = kwargs.pop("mode", output_mode)
        output_sequence_length = kwargs.pop(
            "max_length", output_sequence_length
        )
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "string"
        if isinstance(ngrams, np.integer):
            ngrams = int(ngrams)
        # Before the rest, which checks the vocabulary.
        vars(self).update(
            standardize=standardize,
            split=split,
            ngrams=ngrams,
            output_sequence_length=output_sequence_length,
            ragged=ragged,
        )
        super().__init__(
            max_tokens=max_tokens,
            mask_token="",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            encoding=encoding,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            **kwargs,
        )
        # Files of tf.keras hold the state a second time, under this name.
        self._lookup_layer = _SecondCopy(self)

    def _check_arguments(self, idf_weights):
        super()._check_arguments(idf_weights)
        for name, known in (
            ("standardize", text.STANDARDIZATIONS),
            ("split", text.SPLITS),
        ):
            value = getattr(self, name)
            self._check(
                value is None or callable(value) or value in known,
                name,
                f"None, a function, or one of {known}",
            )
        sizes = self.ngrams
        if isinstance(sizes, int):
            budget.check_count(sizes, "sizes of n-grams")
            sizes = [sizes]
        self._check(
            sizes is None or _are_sizes(list(sizes)),
            "ngrams",
            "None, a positive integer or a tuple of positive integers",
        )
        is_int = self.output_mode == "int"
        length = self.output_sequence_length
        self._check(
            length is None or is_int and _are_sizes([length]),
            "output_sequence_length",
            "None, or a positive integer where output_mode='int'",
        )
        self._check(is_int or not self.ragged, "ragged", "False for vectors")

    def _check(self, is_right, name, what):
        if not is_right:
            self._fail(
                f"`{name}` must be {what}. Received: "
                f"{name}={getattr(self, name)!r}, "
                f"output_mode={self.output_mode!r}."
            )

    def _ngram_sizes(self):
        if isinstance(self.ngrams, int):
            return list(range(1, self.ngrams + 1))
        return list(self.ngrams)

    @property
    def _output_dtype(self):
        if self.compute_dtype != "string":
            return self.compute_dtype
        return "int64" if self.output_mode == "int" else config.floatx()

    # Learning

    def update_state(self, data):
        """Counts the tokens of one batch of texts.

        Arguments:
            data: Array or tensor of strings.
        """
        counts = self._open_counts()
        if self._has_plain_words:
            texts = token_files.flat_values(data, self)
            self._check_texts(data, texts.dtype)
            for words in text.word_lists(texts, self.standardize):
                counts.add_list(words)
            return
        for texts in _pieces(data, self):
            words = self._to_words(texts)
            counts.add(token_files.flat_values(words, self))
            if self.output_mode == "tf_idf":
                counts.add_documents(token_files.documents(words))

    @property
    def _has_plain_words(self):
        return (
            self.split == "whitespace"
            and not callable(self.standardize)
            and self.ngrams is None
            and self.output_mode != "tf_idf"
        )

    # Applying

    def call(self, inputs):
        """Looks the words of the inputs up."""
        found = super().call(self._to_words(inputs))
        if self.output_mode == "int":
            return self._padded(found)
        was_ragged = isinstance(inputs, tf.RaggedTensor)
        if isinstance(found, tf.RaggedTensor) and not was_ragged:
            # Several texts a row, of which each gave as many vectors.
            return found.to_tensor(
                shape=self.compute_output_shape(inputs.shape)
            )
        return found

    def _to_words(self, texts):
        """Returns the tokens of texts; ragged, if they are split."""
        self._check_texts(texts, texts.dtype)
        if self.split is not None and _has_last_axis(texts):
            texts = tf.squeeze(texts, -1)
        texts = text.standardized(texts, self.standardize)
        texts = text.split(texts, self.split)
        if self.ngrams is not None:
            texts = tf.strings.ngrams(texts, self._ngram_sizes(), " ")
        return texts

    def _check_texts(self, texts, dtype):
        self._check_dtype(dtype, texts)
        if texts.shape is not None and getattr(texts.shape, "rank", 0) is None:
            self._fail(
                "takes texts of known rank. Received: "
                f"{structure.describe(texts)}. Tell it by `tf.ensure_shape`."
            )
        if isinstance(texts, tf.SparseTensor):
            self._fail(
                "takes dense or ragged strings. Received: "
                f"{structure.describe(texts)}. Use `tf.sparse.to_dense` first."
            )
        if (
            self.split is not None
            and _has_last_axis(texts)
            and texts.shape[-1] != 1
        ):
            self._fail(
                "takes one text a row, so that the last axis, if there is a "
                f"second one, must have size 1. Received: "
                f"{structure.describe(texts)}. Pass `split=None` for strings "
                "that are split already, or a ragged tensor."
            )

    def _padded(self, indices):
        length = self.output_sequence_length
        if isinstance(indices, tf.RaggedTensor):
            if self.ragged:
                return indices if length is None else indices[..., :length]
            shape = indices.shape.as_list()
            return indices.to_tensor(shape=[*shape[:-1], length])
        if length is None or not indices.shape.rank:
            return indices
        indices = indices[..., :length]
        missing = length - tf.shape(indices)[-1]
        padding = [[0, 0]] * (indices.shape.rank - 1) + [[0, missing]]
        padded = tf.pad(indices, padding)
        padded.set_shape([*indices.shape[:-1], length])
        return padded

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if shape.rank is None:
            return shape
        if self.split is not None:
            shape = shape[: max(1, shape.rank - 1)].concatenate([None])
        elif self.ngrams is not None:
            shape = shape[:-1].concatenate([None])
        if self.output_mode != "int":
            return super().compute_output_shape(shape)
        if self.output_sequence_length is not None and shape.rank:
            return shape[:-1].concatenate([self.output_sequence_length])
        return shape


class _SecondCopy:
    """Writes the state of a layer again, and does not read it again."""

    def __init__(self, layer):
        self._layer = layer

    def save_own_variables(self, store):
        self._layer.save_own_variables(store)

    def load_own_variables(self, store):
        pass

    def save_assets(self, dir_path):
        self._layer.save_assets(dir_path)

    def load_assets(self, dir_path):
        pass


def _are_sizes(values):
    return len(values) > 0 and all(
        isinstance(x, (int, np.integer)) and x > 0 for x in values
    )


def _has_last_axis(texts):
    """Whether texts are dense and have an axis more than their batch's."""
    if isinstance(texts, tf.RaggedTensor) or texts.shape is None:
        return False
    return len(texts.shape) > 1


def _pieces(data, layer):
    """Yields some texts at a time, to bound the memory for their words."""
    token_files.check_is_one_tensor(data, layer)
    if not isinstance(data, tf.RaggedTensor):
        data = tf.convert_to_tensor(data)
        data = data if data.shape.rank else data[tf.newaxis]
    for start in range(0, int(data.shape[0]), _PIECE):
        yield data[start : start + _PIECE]
