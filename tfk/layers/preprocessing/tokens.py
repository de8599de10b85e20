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
"""Tokens: their counts in data, their order, their form in files."""

import base64
import codecs
import collections

import numpy as np
import tensorflow as tf

from tfk.utils import structure


def flat_tensor(tensor):
    """Returns the values of a dense, ragged or sparse tensor."""
    if isinstance(tensor, tf.RaggedTensor):
        return tensor.flat_values
    if isinstance(tensor, tf.SparseTensor):
        return tensor.values
    return tensor


def with_flat_tensor(tensor, values):
    """Puts other values into the places of a tensor."""
    if isinstance(tensor, tf.RaggedTensor):
        return tensor.with_flat_values(values)
    if isinstance(tensor, tf.SparseTensor):
        return tensor.with_values(values)
    return values


def flat_values(data, layer):
    """Returns the values of one batch as a flat NumPy array.

    Arguments:
        data: Array or tensor (dense, ragged or sparse) given to `adapt`.
        layer: The layer that adapts, for the message.

    Raises:
        ValueError: If the data is a structure of several tensors.
    """
    check_is_one_tensor(data, layer)
    if isinstance(data, np.ndarray):
        # TensorFlow turns fixed-width strings into objects faster than NumPy.
        values = tf.constant(data).numpy() if data.dtype.kind in "US" else data
        return np.ravel(values)
    return np.ravel(flat_tensor(data).numpy())


def check_is_one_tensor(data, layer):
    """Raises if a layer was given several tensors to adapt to.

    Arguments:
        data: What `update_state` was given.
        layer: The layer.
    """
    if not isinstance(data, np.ndarray) and not tf.is_tensor(data):
        raise ValueError(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) adapts to "
            f"one tensor. Received: data={structure.describe(data)}. Map a "
            "dataset of pairs to its inputs: `dataset.map(lambda x, y: x)`."
        )


def documents(data):
    """Returns the tokens of each row of a batch, as a list of lists."""
    if isinstance(data, tf.RaggedTensor):
        while data.ragged_rank > 1:
            data = data.merge_dims(1, 2)
        splits = data.row_splits.numpy()
        values = data.values.numpy()
        return [
            values[i:j].ravel().tolist() for i, j in zip(splits, splits[1:])
        ]
    if isinstance(data, tf.SparseTensor):
        rows = data.indices.numpy()[:, 0]
        number = int(data.dense_shape[0])
        splits = np.searchsorted(rows, np.arange(number + 1))
        values = data.values.numpy()
        return [values[i:j].tolist() for i, j in zip(splits, splits[1:])]
    if isinstance(data, np.ndarray) and data.dtype.kind in "US":
        data = tf.constant(data)
    values = data if isinstance(data, np.ndarray) else data.numpy()
    return values.reshape([len(values), -1]).tolist()


def idf(document_frequencies, num_documents):
    """Returns the inverse document frequencies `log(1 + n / (1 + df))`.

    Arguments:
        document_frequencies: Array: in how many documents each token is.
        num_documents: Number of all documents.
    """
    return np.log1p(num_documents / (1.0 + document_frequencies))


def all_bytes(tokens):
    """Whether there is nothing but bytes in a list of tokens."""
    return set(map(type, tokens)) <= {bytes}


class TokenCounts:
    """How often each token was seen, and in how many documents.

    Arguments:
        former: The `frozen()` form of counts to go on from, or None.
    """

    def __init__(self, former=None):
        self.counts = collections.Counter()
        self.document_counts = collections.Counter()
        self.num_documents = 0
        if former is not None:
            self.merge(*former)

    def copy(self):
        """Returns counts that are added to apart from these."""
        other = TokenCounts()
        other.counts = self.counts.copy()
        other.document_counts = self.document_counts.copy()
        other.num_documents = self.num_documents
        return other

    def merge(self, tokens, counts, document_counts, num_documents):
        """Adds the `frozen()` form of other counts."""
        keys = tokens.tolist()
        self.counts.update(dict(zip(keys, counts.tolist())))
        self.document_counts.update(dict(zip(keys, document_counts.tolist())))
        self.num_documents += num_documents

    def add(self, values):
        """Counts the tokens of a flat array."""
        if values.dtype.kind == "O":
            self.add_list(values.tolist())
            return
        unique, counts = np.unique(values, return_counts=True)
        for token, count in zip(unique.tolist(), counts.tolist()):
            self.counts[token] += count

    def add_list(self, tokens):
        """Counts the tokens of a list."""
        self.counts.update(tokens)

    def add_documents(self, rows):
        """Counts in how many of some lists each token is."""
        for row in rows:
            self.document_counts.update(set(row))
        self.num_documents += len(rows)

    def as_bytes(self, encode):
        """Brings strings and bytes together.

        Arguments:
            encode: Function from a string or bytes to bytes.
        """
        self.counts = _as_bytes(self.counts, encode)
        self.document_counts = _as_bytes(self.document_counts, encode)

    def most_common(self, left_out):
        """Returns the tokens by falling count, then falling token.

        Arguments:
            left_out: Set of tokens to leave out.
        """
        found = sorted(self.counts.keys() - left_out, reverse=True)
        found.sort(key=self.counts.__getitem__, reverse=True)
        return found

    def frozen(self, tokens):
        """Returns the counts of some tokens as arrays."""
        return (
            tokens,
            _values_of(self.counts, tokens),
            _values_of(self.document_counts, tokens),
            self.num_documents,
        )


def _values_of(counts, tokens):
    if not counts:
        return np.zeros([len(tokens)], np.int64)
    values = (counts[token] for token in tokens)
    return np.fromiter(values, np.int64, len(tokens))


def _as_bytes(counts, encode):
    if all_bytes(counts):
        return counts
    merged = collections.Counter()
    for token, count in counts.items():
        merged[encode(token)] += count
    return merged


# Files

_PLAIN = "vocabulary.txt"
_ESCAPED = "vocabulary_base64.txt"


def write_file(directory, tokens):
    """Writes tokens in the form of Keras files: one a line.

    That form can't hold line breaks in tokens, nor other encodings than UTF-8;
    such tokens are written in base64, to a file of another name.

    Arguments:
        directory: String.
        tokens: List of bytes.
    """
    name, text = _PLAIN, b"\n".join(tokens)
    if not _are_lines(text, len(tokens)):
        name, text = _ESCAPED, b"\n".join(map(base64.b64encode, tokens))
    with tf.io.gfile.GFile(tf.io.gfile.join(directory, name), "wb") as file:
        file.write(text)


def _are_lines(text, count):
    """Whether joined tokens can be told apart by other readers of the file."""
    if text.count(b"\n") >= max(count, 1) or b"\r" in text:
        return False
    try:
        # All are UTF-8 if the whole is: a line break is part of no character.
        return text.isascii() or bool(text.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def read_file(directory):
    """Reads what `write_file` or Keras wrote.

    Arguments:
        directory: String.

    Returns:
        List of bytes.
    """
    escaped = tf.io.gfile.join(directory, _ESCAPED)
    is_escaped = tf.io.gfile.exists(escaped)
    path = escaped if is_escaped else tf.io.gfile.join(directory, _PLAIN)
    with tf.io.gfile.GFile(path, "rb") as file:
        tokens = file.read().split(b"\n")
    if is_escaped:
        return [base64.b64decode(token, validate=True) for token in tokens]
    return tokens


def read_user_file(path):
    """Reads a vocabulary file of a user: one token a line.

    Lines may end as on Windows, and the file may begin with a mark of its byte
    order, as editors there write it: neither is part of a token.

    Arguments:
        path: String.

    Raises:
        ValueError: If there is no such file, or it is empty.
    """
    if not tf.io.gfile.exists(path) or tf.io.gfile.isdir(path):
        raise ValueError(
            f"There is no vocabulary file {path!r}. Received: "
            f"vocabulary={path!r}. Check the path, or pass a list of tokens."
        )
    with tf.io.gfile.GFile(path, "rb") as file:
        content = file.read().removeprefix(codecs.BOM_UTF8)
    if not content:
        raise ValueError(
            f"The vocabulary file is empty. Received: vocabulary={path!r}."
        )
    if content.endswith(b"\n"):
        content = content[:-1]
    return [line.removesuffix(b"\r") for line in content.split(b"\n")]
