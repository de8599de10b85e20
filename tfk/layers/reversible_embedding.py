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
"""An embedding that also turns vectors into scores of the categories."""

import tensorflow as tf

from tfk.engine import masking
from tfk.layers import dense
from tfk.layers.embedding import Embedding


class ReversibleEmbedding(Embedding):
    """An embedding whose vectors also give the scores of the last layer.

    Language models read tokens and predict tokens. With one table for both
    they have fewer weights, and often predict better.

    Reference: [Press and Wolf, 2016](https://arxiv.org/abs/1608.05859).

    Arguments:
        input_dim: Integer: the number of categories.
        output_dim: Integer: the length of the vectors.
        tie_weights: Boolean: whether the scores come from the vectors; if
            False, from a table of their own.
        embeddings_initializer: Initializer of the tables.
        embeddings_regularizer: Regularizer of the tables.
        embeddings_constraint: Constraint on the tables.
        mask_zero: Boolean: whether 0 is padding, which later layers pass over.
        reverse_dtype: Dtype in which scores are computed, such as
            `"float32"` under a mixed policy. By default the compute dtype.
        logit_soft_cap: Float: scores are smoothly kept below it in size.

    Call arguments:
        inputs: Integers of shape `(batch_size, ...)`; or vectors of shape
            `(batch_size, ..., output_dim)` if `reverse` is set.
        reverse: Boolean: whether to turn vectors into scores.

    Output shape:
        `(batch_size, ..., output_dim)`; `(batch_size, ..., input_dim)` if
        `reverse` is set.

    Raises:
        ValueError: If a size or `logit_soft_cap` is not positive.

    Example:

    >>> layer = tfk.layers.ReversibleEmbedding(1000, 64)
    >>> vectors = layer(tf.constant([[5, 2, 0]]))
    >>> layer(vectors, reverse=True).shape
    TensorShape([1, 3, 1000])
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        tie_weights=True,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        reverse_dtype=None,
        logit_soft_cap=None,
        **kwargs,
    ):
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        if logit_soft_cap is not None and not logit_soft_cap > 0:
            raise ValueError(
                f"The `logit_soft_cap` of layer '{self.name}' (of type "
                "ReversibleEmbedding) must be a positive number. Received: "
                f"logit_soft_cap={logit_soft_cap}."
            )
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap

    # Keras's files don't hold it.
    _unsaved_arguments = Embedding._unsaved_arguments + ("input_length",)

    def get_config(self):
        config = super().get_config()
        if self.input_length is not None:
            config["input_length"] = self.input_length
        return config

    def build(self, input_shape=None):
        """Makes the tables."""
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                "reverse_embeddings",
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
                regularizer=self.embeddings_regularizer,
                constraint=self.embeddings_constraint,
            )
        self.built = True

    def call(self, inputs, reverse=False):
        """Looks vectors up, or computes the scores of vectors."""
        if not reverse:
            return super().call(inputs)
        if isinstance(inputs, tf.RaggedTensor):
            return inputs.with_flat_values(self._scores(inputs.flat_values))
        return self._scores(inputs)

    def _scores(self, vectors):
        if vectors.shape.rank is None or not vectors.shape[
            -1:
        ].is_compatible_with([self.output_dim]):
            raise ValueError(
                f"Layer '{self.name}' (of type ReversibleEmbedding) turns "
                f"vectors of length {self.output_dim} into scores. Received: "
                f"inputs of shape {vectors.shape}, reverse=True."
            )
        dtype = tf.as_dtype(self.reverse_dtype or self.compute_dtype)
        vectors = tf.cast(vectors, dtype)
        if self.tie_weights:
            kernel = tf.transpose(tf.cast(self.embeddings, dtype))
        else:
            kernel = tf.cast(self.reverse_embeddings, dtype)
        scores = dense.affine(vectors, kernel)
        if self.logit_soft_cap is None:
            return scores
        cap = self.logit_soft_cap
        return tf.tanh(scores / cap) * cap

    def _with_masks(self, inputs, outputs, mask):
        if outputs.shape.rank == inputs.shape.rank:
            # Scores of vectors, which have the mask of the vectors.
            return masking.attach_masks(inputs, outputs, mask)
        return super()._with_masks(inputs, outputs, mask)

    def compute_output_shape(self, input_shape, reverse=False):
        if not reverse:
            return super().compute_output_shape(input_shape)
        return tf.TensorShape(input_shape)[:-1].concatenate(self.input_dim)
