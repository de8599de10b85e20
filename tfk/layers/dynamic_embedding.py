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
"""An embedding whose vocabulary follows what comes in."""

import tensorflow as tf

from tfk import initializers
from tfk.engine.layer import Layer
from tfk.layers import dynamic_lookup
from tfk.layers import embedding


class DynamicEmbedding(Layer):
    """Turns terms into vectors, for a vocabulary that may change in training.

    Use it for words, items or people that come and go while a model is
    trained. The layer counts the terms that come in; `update_embeddings`, to
    be called now and then, gives a vector to those that came most often: those
    that had one keep it. Until then the layer computes what an `Embedding`
    after a lookup does.

    Arguments:
        input_dim: Integer: the number of terms.
        output_dim: Integer: the length of the vectors.
        initial_vocabulary: The terms to begin with: a list, 1D array or tensor
            of strings or integers, none of them twice; or `tf.string`,
            `tf.int32` or `tf.int64`, for terms made up at random.
        eviction_policy: String: which terms give way to new ones: `"LFU"`,
            those least frequently used.
        input_length: Integer: the number of terms in an example, if `Flatten`
            and `Dense` follow and the inputs leave it open.
        embedding_initializer: Initializer of the vectors, those of new terms
            too.
        num_oov_indices: 1: all terms without a place share one vector.
        **kwargs: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor of terms, dense or ragged.
        learn_vocab: Boolean: whether to count them.

    Output shape:
        That of the inputs, with `output_dim` behind it.

    Raises:
        ValueError: If an argument is out of range, or the vocabulary has a
            term twice.

    Example:

    >>> layer = tfk.layers.experimental.DynamicEmbedding(2, 8, ["ant", "bee"])
    >>> layer(tf.constant([["ant", "cow"]])).shape
    TensorShape([1, 2, 8])
    >>> layer.update_embeddings()
    >>> layer.get_vocabulary().numpy().tolist()
    [b'ant', b'cow']

    Other than in tf.keras, the shared vector of unknown terms stays as it is
    when the vocabulary changes. An optimizer's slots stay with their rows.
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        initial_vocabulary,
        eviction_policy="LFU",
        input_length=None,
        embedding_initializer="uniform",
        num_oov_indices=1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_oov_indices != 1:
            raise ValueError(
                f"The `num_oov_indices` of layer '{self.name}' (of type "
                "DynamicEmbedding) must be 1. Received: num_oov_indices="
                f"{num_oov_indices}."
            )
        lookup = dynamic_lookup.DynamicLookup(
            input_dim, initial_vocabulary, eviction_policy, name=self.name
        )
        self.embedding_initializer = initializers.get(embedding_initializer)
        self.embedding_layer = embedding.Embedding(
            lookup.vocabulary_size + num_oov_indices,
            output_dim,
            embeddings_initializer=self.embedding_initializer,
            input_length=input_length,
            dtype=self._dtype_policy,
        )
        self.dynamic_lookup_layer = lookup
        self.num_oov_indices = num_oov_indices

    @property
    def input_dim(self):
        """The number of terms."""
        return self.dynamic_lookup_layer.vocabulary_size

    @property
    def output_dim(self):
        """The length of the vectors."""
        return self.embedding_layer.output_dim

    @property
    def initial_vocabulary(self):
        """The terms at first, as a list."""
        return self.dynamic_lookup_layer.initial_vocabulary

    @property
    def eviction_policy(self):
        """Which terms give way to new ones."""
        return self.dynamic_lookup_layer.eviction_policy

    @property
    def input_length(self):
        """The number of terms in an example, if it was given."""
        return self.embedding_layer.input_length

    def build(self, input_shape=None):
        """Makes the vectors."""
        self.embedding_layer._build_with(tf.TensorShape(input_shape))
        self.built = True

    def call(self, inputs, learn_vocab=True):
        """Looks the vectors up, and counts the terms."""
        places = self.dynamic_lookup_layer(inputs, learn_vocab=learn_vocab)
        return self.embedding_layer(places)

    def compute_output_shape(self, input_shape):
        return self.embedding_layer.compute_output_shape(input_shape)

    def get_vocabulary(self):
        """Returns the variable with the terms that have vectors."""
        return self.dynamic_lookup_layer.get_vocabulary()

    def update_embeddings(self, strategy=None):
        """Gives vectors to the terms that came most often.

        Arguments:
            strategy: `tf.distribute.Strategy` in which the layer was made, to
                add up what its replicas counted. By default the one in force.
        """
        lookup = self.dynamic_lookup_layer
        strategy = strategy or tf.distribute.get_strategy()
        tables = zip(
            *(
                strategy.experimental_local_results(variable)
                for variable in (
                    lookup.vocabulary_table_keys,
                    lookup.vocabulary_table_values,
                )
            )
        )
        keys, counts = self.aggregate_lookup_table(
            *zip(*(dynamic_lookup.used_part(*table) for table in tables))
        )
        terms = self.get_top_vocabulary(
            keys, counts, lookup.vocabulary.shape[0]
        )
        rows = dynamic_lookup.positions(lookup.vocabulary, terms)
        old = tf.convert_to_tensor(self.embedding_layer.embeddings)
        fresh = tf.cast(
            self.embedding_initializer(old.shape, dtype=old.dtype), old.dtype
        )
        size = tf.size(terms)
        moved = tf.where(
            (rows < 0)[:, tf.newaxis],
            fresh[:size],
            tf.gather(old, tf.maximum(rows, 0)),
        )
        self.embedding_layer.embeddings.assign(
            tf.concat([moved, old[size:]], 0)
        )
        lookup.vocabulary.assign(terms)

    def get_top_vocabulary(self, keys, values, k):
        """Returns the terms with the largest counts.

        Arguments:
            keys: 1D tensor of terms.
            values: 1D tensor of their counts.
            k: Integer: how many.

        Returns:
            1D tensor of terms.
        """
        return tf.gather(keys, tf.math.top_k(values, k).indices)

    def aggregate_lookup_table(self, keys_list, values_list):
        """Adds up the counts of several tables.

        Arguments:
            keys_list: List of 1D tensors of terms.
            values_list: List of 1D tensors of their counts.

        Returns:
            The terms, each once, and their counts.
        """
        keys, places = tf.unique(tf.concat(list(keys_list), 0))
        counts = tf.math.unsorted_segment_sum(
            tf.concat(list(values_list), 0), places, tf.size(keys)
        )
        return keys, counts

    def save_assets(self, dir_path):
        """Writes the vocabulary as text, to be read by other programs.

        Arguments:
            dir_path: String: an existing folder.
        """
        self.dynamic_lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path):
        """Does nothing: the vocabulary is among the weights.

        Arguments:
            dir_path: String.
        """
