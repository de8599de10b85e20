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
"""StringLookup: strings to indices, and back."""

import numpy as np
import tensorflow as tf

from tfk.layers.preprocessing import index_lookup
from tfk.layers.preprocessing import tokens as token_files
from tfk.utils import structure


class StringLookup(index_lookup.IndexLookup):
    """Maps strings to indices of a vocabulary, or to vectors of them.

    The vocabulary is given, or learned by `adapt`: the strings that occur most
    often come first. Strings outside of it get an index of their own.

    Arguments:
        max_tokens: Largest size of the vocabulary, special tokens included.
            Defaults to None, for no limit.
        num_oov_indices: Number of indices for strings outside of the
            vocabulary. With more than 1 they are spread by a hash, with 0 they
            are an error. Defaults to 1.
        mask_token: String that stands for nothing: it gets index 0, and counts
            for nothing in vectors. Defaults to None, for no mask. (The RFC's
            default is `""`.)
        oov_token: String that unknown indices become with `invert=True`.
            Defaults to `"[UNK]"`.
        vocabulary: List, array or tensor of strings, or the path of a text
            file with one token a line.
        idf_weights: List of inverse document frequencies, one a token, for
            `output_mode="tf_idf"` with a vocabulary.
        encoding: Encoding of the strings. Defaults to `"utf-8"`.
        invert: Boolean: whether to map indices to strings. Defaults to False.
        output_mode: `"int"` (default) for indices, or `"one_hot"`,
            `"multi_hot"`, `"count"` or `"tf_idf"` for vectors, as in
            `CategoryEncoding`.
        sparse: Boolean: whether vectors come as a `tf.SparseTensor`.
        pad_to_max_tokens: Boolean: whether vectors have `max_tokens` entries
            even if the vocabulary is smaller.
        **kwargs: As for `Layer`.

    Input shape:
        Strings of any shape, dense, ragged or sparse.

    Output shape:
        The same for indices; `(..., vocabulary_size)` for vectors.

    Example:

    >>> layer = tfk.layers.StringLookup(vocabulary=["a", "b", "c"])
    >>> layer([["a", "c"], ["z", "b"]]).numpy()
    array([[1, 3],
           [0, 2]])

    >>> layer = tfk.layers.StringLookup(output_mode="count")
    >>> layer.adapt([["b", "a", "b"]])
    >>> layer.get_vocabulary()
    ['[UNK]', 'b', 'a']
    >>> layer([["a", "a", "z"]]).numpy()
    array([[1., 0., 2.]], dtype=float32)

    In `adapt` with `output_mode="tf_idf"` each row is one document. A new
    vocabulary makes a new table: models that were compiled before have to be
    compiled again.
    """

    _key_dtype = tf.string

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token="[UNK]",
        vocabulary=None,
        idf_weights=None,
        encoding="utf-8",
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        **kwargs,
    ):
        kwargs.pop("vocabulary_dtype", None)
        # Before the rest, which needs it to read the vocabulary.
        vars(self)["encoding"] = "utf-8" if encoding is None else encoding
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary_dtype="string",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            **kwargs,
        )

    _unsaved_arguments = (
        *index_lookup.IndexLookup._unsaved_arguments,
        "vocabulary_dtype",
    )

    def _to_token(self, value):
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            # Bytes that are no text come from `get_vocabulary` as surrogates.
            return value.encode(self.encoding, "surrogateescape")
        raise ValueError(
            f"Tokens of layer '{self.name}' (of type {type(self).__name__}) "
            f"must be strings. Received: {value!r}. Use `IntegerLookup` for "
            "integers."
        )

    def _to_tokens(self, values):
        if isinstance(values, np.ndarray):
            values = values.ravel().tolist()
        if not token_files.all_bytes(values):
            values = [self._to_token(value) for value in values]
        tokens = np.empty([len(values)], object)
        tokens[:] = values
        return tokens

    def _from_tokens(self, tokens):
        return [
            token.decode(self.encoding, "surrogateescape")
            for token in tokens.tolist()
        ]

    def _ordered_counts(self):
        self._counts.as_bytes(self._to_token)
        return super()._ordered_counts()

    def _check_dtype(self, dtype, data):
        if tf.as_dtype(dtype) != tf.string:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes "
                f"strings. Received: {structure.describe(data)}. Use "
                "`IntegerLookup` for integers, or `tf.strings.as_string`."
            )
