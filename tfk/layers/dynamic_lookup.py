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
"""A vocabulary that follows what comes in."""

import os
import string

import numpy as np
import tensorflow as tf

from tfk.engine.layer import Layer
from tfk.layers import elementwise
from tfk.utils import checks

_FREE = -1
_EVICTION_POLICIES = ("LFU",)


class DynamicLookup(Layer):
    """Turns terms into their places in a vocabulary, and counts new terms.

    Use it where terms come and go while a model is trained, as in
    recommendations; `DynamicEmbedding` has an embedding beside it. The layer
    counts in how many batches a term came, in a table with room for a fifth
    more terms than the vocabulary. New terms take the places of those that came
    least often. What it returns follows from the vocabulary alone, which stays
    as it is until `DynamicEmbedding.update_embeddings` renews it.

    Arguments:
        vocabulary_size: Integer: the number of terms.
        initial_vocabulary: The terms to begin with: a list, 1D array or tensor
            of strings or integers, none of them twice; or `tf.string`,
            `tf.int32` or `tf.int64`, for terms made up at random.
        eviction_policy: String: which terms give way to new ones: `"LFU"`,
            those least frequently used.
        **kwargs: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor of terms, dense or ragged.
        learn_vocab: Boolean: whether to count them.

    Output shape:
        That of the inputs. The outputs are integers; terms that are not in the
        vocabulary give `vocabulary_size`.

    Raises:
        ValueError: If the vocabulary is not as said, or the policy unknown.
        TypeError: If the inputs are text where the vocabulary holds numbers,
            or the other way round.

    Example:

    >>> layer = tfk.layers.experimental.DynamicLookup(3, ["ant", "bee", "cow"])
    >>> layer(tf.constant(["bee", "dog"])).numpy()
    array([1, 3])
    >>> layer.get_top_vocabulary(2).numpy().tolist()
    [b'bee', b'dog']

    tf.keras may drop a term in the batch in which it comes, and fails where a
    batch has more new terms than the table has room for; here as many as fit
    are taken. On several replicas each has a table of its own.
    """

    def __init__(
        self,
        vocabulary_size,
        initial_vocabulary,
        eviction_policy="LFU",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = checks.positive_integer(
            "vocabulary_size", vocabulary_size, self.name
        )
        if eviction_policy not in _EVICTION_POLICIES:
            raise ValueError(
                f"The `eviction_policy` of layer '{self.name}' (of type "
                f"DynamicLookup) must be one of {_EVICTION_POLICIES}. "
                f"Received: eviction_policy={eviction_policy!r}."
            )
        self.eviction_policy = eviction_policy
        if isinstance(initial_vocabulary, tf.DType):
            initial_vocabulary = _random_terms(
                self.vocabulary_size, initial_vocabulary
            )
        terms = self._checked_terms(initial_vocabulary)
        self.initial_vocabulary = [
            tf.compat.as_str_any(t) if terms.dtype == object else int(t)
            for t in terms
        ]
        self._make_variables(terms)

    def _checked_terms(self, vocabulary):
        terms = np.asarray(
            vocabulary.numpy() if tf.is_tensor(vocabulary) else vocabulary
        )
        if terms.dtype.kind in "USO":
            encoded = [tf.compat.as_bytes(term) for term in terms.flat]
            terms = np.reshape(np.array(encoded, object), terms.shape)
        elif terms.dtype.kind in "iu":
            terms = terms.astype(np.int64)
        is_fit = terms.dtype.kind in "Oi" and terms.ndim == 1
        if is_fit and 0 < len(terms) <= self.vocabulary_size:
            if len(set(terms.tolist())) == len(terms):
                return terms
        raise ValueError(
            f"The `initial_vocabulary` of layer '{self.name}' (of type "
            f"{type(self).__name__}) must be a list of at most "
            f"{self.vocabulary_size} strings or integers, none of them twice. "
            f"Received: initial_vocabulary={vocabulary!r}."
        )

    def _make_variables(self, terms):
        room = max(int(1.2 * self.vocabulary_size), len(terms)) - len(terms)
        self._free_key = "unk" if terms.dtype == object else -1
        common = {
            "trainable": False,
            # Text can't be reduced over replicas.
            "synchronization": tf.VariableSynchronization.ON_READ,
            "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA,
        }
        dtype = tf.string if terms.dtype == object else tf.int64
        self.vocabulary_table_keys = tf.Variable(
            tf.constant([*terms, *[self._free_key] * room], dtype),
            name="vocabulary_table_keys",
            **common,
        )
        self.vocabulary_table_values = tf.Variable(
            tf.constant([0] * len(terms) + [_FREE] * room, tf.int32),
            name="vocabulary_table_values",
            **common,
        )
        self.vocabulary = tf.Variable(
            tf.constant(terms, dtype), name="vocabulary", **common
        )

    def build(self, input_shape=None):
        """Does nothing: the variables are there."""
        self.built = True

    def call(self, inputs, learn_vocab=True):
        """Looks terms up, and counts them."""
        if isinstance(inputs, tf.SparseTensor):
            elementwise.refuse(self, inputs, "dense and ragged")
        if isinstance(inputs, tf.RaggedTensor):
            return inputs.with_flat_values(
                self.call(inputs.flat_values, learn_vocab)
            )
        inputs = tf.convert_to_tensor(inputs)
        if (inputs.dtype == tf.string) != (self.vocabulary.dtype == tf.string):
            raise TypeError(
                f"Layer '{self.name}' (of type {type(self).__name__}) has a "
                f"vocabulary of dtype {self.vocabulary.dtype.name}. Received: "
                f"inputs of dtype {inputs.dtype.name}."
            )
        terms = tf.reshape(inputs, [-1])
        if terms.dtype != tf.string:
            terms = tf.cast(terms, tf.int64)
        if learn_vocab:
            self.update_internal_vocabulary(tf.unique(terms)[0])
        places = positions(self.vocabulary, terms)
        places = tf.where(places < 0, self.vocabulary_size, places)
        outputs = tf.reshape(tf.cast(places, tf.int64), tf.shape(inputs))
        outputs.set_shape(inputs.shape)
        return outputs

    def update_internal_vocabulary(self, unique):
        """Counts the terms of a batch.

        Arguments:
            unique: 1D tensor of terms, none of them twice.

        Returns:
            The same tensor.
        """
        keys, counts = used_part(
            self.vocabulary_table_keys, self.vocabulary_table_values
        )
        places = positions(keys, unique)
        is_new = places < 0
        seen = tf.boolean_mask(places, ~is_new)
        counts = tf.tensor_scatter_nd_add(
            counts, seen[:, tf.newaxis], tf.ones_like(seen)
        )
        size = self.vocabulary_table_keys.shape[0]
        new = tf.boolean_mask(unique, is_new)[:size]
        kept = _most_frequent(counts, size - tf.size(new))
        keys = tf.concat([tf.gather(keys, kept), new], 0)
        counts = tf.concat(
            [tf.gather(counts, kept), tf.ones_like(new, tf.int32)], 0
        )
        self._set_table(keys, counts)
        return unique

    def _set_table(self, keys, counts):
        shape = self.vocabulary_table_keys.shape
        free = shape[0] - tf.size(keys)
        rest = tf.fill([free], tf.constant(self._free_key, keys.dtype))
        keys = tf.concat([keys, rest], 0)
        counts = tf.concat([counts, tf.repeat(_FREE, free)], 0)
        self.vocabulary_table_keys.assign(tf.ensure_shape(keys, shape))
        self.vocabulary_table_values.assign(tf.ensure_shape(counts, shape))

    def get_top_vocabulary(self, k):
        """Returns the terms that came most often.

        Arguments:
            k: Integer: how many.

        Returns:
            1D tensor of terms.
        """
        _, places = tf.math.top_k(self.vocabulary_table_values, k)
        return tf.gather(self.vocabulary_table_keys, places)

    def get_vocabulary(self):
        """Returns the variable with the terms that have places."""
        return self.vocabulary

    def compute_output_shape(self, input_shape):
        return tf.TensorShape(input_shape)

    # Saving: HDF5 files hold numbers only

    def save_own_variables(self, store):
        for name, variable in self._named_variables():
            value = variable.numpy()
            if value.dtype != object:
                store[name] = value
                continue
            store[f"{name}_lengths"] = np.array([len(t) for t in value])
            store[f"{name}_bytes"] = np.frombuffer(b"".join(value), np.uint8)

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote.

        Arguments:
            store: Mapping of names to arrays.
        """
        found = []
        for name, variable in self._named_variables():
            if variable.dtype == tf.string:
                value = _texts(
                    np.asarray(store[f"{name}_lengths"]),
                    np.asarray(store[f"{name}_bytes"]).tobytes(),
                )
            else:
                value = np.asarray(store[name])
            if value.shape != tuple(variable.shape):
                raise ValueError(
                    f"Layer '{self.name}' (of type {type(self).__name__}) has "
                    f"a `{name}` of shape {variable.shape}. Received: one of "
                    f"shape {value.shape}."
                )
            found.append((variable, value))
        for variable, value in found:
            variable.assign(value)

    def _named_variables(self):
        names = ("vocabulary_table_keys", "vocabulary_table_values")
        return [(n, getattr(self, n)) for n in (*names, "vocabulary")]

    def save_assets(self, dir_path):
        """Writes the vocabulary as text, to be read by other programs.

        Arguments:
            dir_path: String: an existing folder.
        """
        path = os.path.join(dir_path, "vocabulary.txt")
        terms = self.vocabulary.numpy().tolist()
        with tf.io.gfile.GFile(path, "w") as file:
            file.write("\n".join(map(tf.compat.as_str_any, terms)))

    def load_assets(self, dir_path):
        """Does nothing: the vocabulary is among the weights.

        Arguments:
            dir_path: String.
        """


def used_part(keys, counts):
    """Returns a table without its free places.

    Arguments:
        keys: 1D tensor or variable of terms.
        counts: Likewise, of integers.

    Returns:
        Both as tensors.
    """
    is_used = tf.not_equal(counts, _FREE)
    return tf.boolean_mask(keys, is_used), tf.boolean_mask(counts, is_used)


def positions(vocabulary, terms):
    """Returns where terms stand in a vocabulary.

    Arguments:
        vocabulary: 1D tensor or variable of terms, none of them twice.
        terms: 1D tensor of the same dtype.

    Returns:
        int32 tensor of the shape of `terms`: their places, and -1 where there
        is none.

    Example:

    >>> from tfk.layers import dynamic_lookup
    >>> dynamic_lookup.positions(["a", "b"], ["b", "c", "a"]).numpy()
    array([ 1, -1,  0], dtype=int32)
    """
    size = tf.size(vocabulary)
    # The first places are those of the vocabulary itself.
    _, places = tf.unique(tf.concat([vocabulary, terms], 0))
    places = places[size:]
    return tf.where(places < size, places, -1)


def _most_frequent(counts, room):
    """Returns the places of the largest counts, in order of place.

    Of equal counts the last ones are taken, which came in last.
    """
    order = tf.argsort(counts[::-1], direction="DESCENDING", stable=True)
    return tf.sort(tf.size(counts) - 1 - order[:room])


def _random_terms(size, dtype):
    if dtype == tf.string:
        letters = np.array(list(string.ascii_letters))
        chosen = tf.random.uniform((size, 10), 0, len(letters), tf.int32)
        return ["".join(row) for row in letters[chosen.numpy()]]
    return tf.random.shuffle(tf.range(size, dtype=tf.int64))


def _texts(lengths, text):
    ends = np.cumsum(lengths)
    texts = np.empty(len(lengths), object)
    texts[:] = [text[end - n : end] for n, end in zip(lengths, ends)]
    return texts
