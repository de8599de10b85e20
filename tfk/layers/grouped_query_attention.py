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
"""Attention whose heads share keys and values."""

import math

import tensorflow as tf

from tfk.layers import attention_ops
from tfk.layers import projected_attention
from tfk.layers.projected_attention import ProjectedAttention
from tfk.utils import checks


class GroupQueryAttention(ProjectedAttention):
    """Attention in which groups of query heads share a head of keys and values.

    It is nearly as good as `MultiHeadAttention`, and there are fewer keys and
    values to compute and to keep, which language models need for long texts.
    With one head of keys and values it is multi-query attention.

    Reference: [Ainslie et al., 2023](https://arxiv.org/abs/2305.13245).

    Arguments:
        head_dim: Integer: size of query, key and value in each head.
        num_query_heads: Integer: the number of heads of the query.
        num_key_value_heads: Integer: the number of heads of key and value,
            which divides that of the query.
        dropout: Float from 0 to 1: the share of probabilities that is set to
            0 in training.
        use_bias: Boolean: whether the projections have biases.
        sliding_window: Integer: a query sees only keys at a distance of less
            than that. By default all.
        flash_attention: None or False: TensorFlow has no kernel for it.
        kernel_initializer: Initializer of the kernels of the projections.
        bias_initializer: Initializer of their biases.
        kernel_regularizer: Regularizer of the kernels.
        bias_regularizer: Regularizer of the biases.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernels.
        bias_constraint: Constraint on the biases.
        use_gate: Boolean: whether what the heads give is multiplied by the
            sigmoid of one more projection of the query.
        seed: Integer, which gives the same dropout in each run, or None.

    Call arguments:
        query: Tensor of shape `(batch_size, query_length, query_dim)`, dense
            or ragged.
        value: Tensor of shape `(batch_size, value_length, value_dim)`.
        key: Tensor of shape `(batch_size, value_length, key_dim)`. By default
            `value`.
        query_mask: Boolean tensor of shape `(batch_size, query_length)`. By
            default the mask that travels with the query.
        value_mask: Likewise for the value.
        key_mask: Likewise for the key.
        attention_mask: Boolean tensor of shape `(batch_size, query_length,
            value_length)`, or one that broadcasts to it: whether a query may
            see a key. An axis of heads may stand after the first one.
        return_attention_scores: Boolean: whether to return the probabilities
            too.
        training: Boolean: whether to drop some.
        use_causal_mask: Boolean: whether a query sees no later keys.

    Output shape:
        `(batch_size, query_length, query_dim)`; and `(batch_size,
        num_query_heads, query_length, value_length)` for the probabilities.

    Raises:
        ValueError: If a size is not a positive integer, the heads of the
            query can't be split into equal groups, or the shapes of inputs or
            masks don't go together.
        TypeError: If an input is sparse.

    Example:

    >>> layer = tfk.layers.GroupQueryAttention(
    ...     head_dim=8, num_query_heads=4, num_key_value_heads=2
    ... )
    >>> x = tf.random.normal((2, 5, 16))
    >>> layer(x, x, use_causal_mask=True).shape
    TensorShape([2, 5, 16])
    """

    def __init__(
        self,
        head_dim,
        num_query_heads,
        num_key_value_heads,
        dropout=0.0,
        use_bias=True,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            dropout=dropout,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            seed=seed,
            **kwargs,
        )
        self.head_dim = checks.positive_integer("head_dim", head_dim, self.name)
        self.num_query_heads = checks.positive_integer(
            "num_query_heads", num_query_heads, self.name
        )
        self.num_key_value_heads = checks.positive_integer(
            "num_key_value_heads", num_key_value_heads, self.name
        )
        if num_query_heads % num_key_value_heads:
            raise ValueError(
                f"The `num_query_heads` of layer '{self.name}' (of type "
                "GroupQueryAttention) must be a multiple of "
                "`num_key_value_heads`, so that each head of keys and values "
                "serves as many of queries. Received: num_query_heads="
                f"{num_query_heads}, num_key_value_heads="
                f"{num_key_value_heads}."
            )
        self._take_variant(sliding_window, flash_attention, use_gate)

    _unsaved_arguments = ProjectedAttention._unsaved_arguments + (
        "flash_attention",
    )

    def _make_projections(self, query, value, key):
        for name, shape in (("query", query), ("value", value), ("key", key)):
            if shape.rank != 3:
                raise ValueError(
                    f"The `{name}` of layer '{self.name}' (of type "
                    "GroupQueryAttention) must have 3 axes: batch, time and "
                    f"features. Received: {name} of shape {shape}."
                )
        heads = (self.num_query_heads, self.head_dim)
        shared = (self.num_key_value_heads, self.head_dim)
        self._query_dense = self._projection("query", query, "hd", heads)
        self._key_dense = self._projection("key", key, "hd", shared)
        if self.use_gate:
            self._gate_dense = self._projection("gate", query, "hd", heads)
        self._value_dense = self._projection("value", value, "hd", shared)
        self._output_dense = self._projection(
            "attention_output",
            (*query[:-1], *heads),
            "a",
            query[-1:],
            num_contracted=2,
        )

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        """Computes the outputs, and the probabilities if they are asked for."""
        return self._run(
            query,
            value,
            key,
            {"query": query_mask, "value": value_mask, "key": key_mask},
            attention_mask,
            return_attention_scores,
            training,
            use_causal_mask,
        )

    @property
    def _num_heads(self):
        return self.num_query_heads

    def _attend(self, query, value, key, mask, dropout):
        projected = self._query_dense(query)
        q, k, v = [
            projected_attention.split_heads(x, [0], [1])
            for x in (
                projected * (1 / math.sqrt(self.head_dim)),
                self._key_dense(key),
                self._value_dense(value),
            )
        ]
        outputs, chances = self._attend_in_groups(q, k, v, mask, dropout)
        outputs = projected_attention.merge_heads(outputs, projected, [0], [1])
        if self.use_gate:
            outputs *= tf.sigmoid(self._gate_dense(query))
        return self._output_dense(outputs), chances

    def _attend_in_groups(self, query, key, value, mask, dropout):
        """Puts the queries of a group one behind the other, to share a key."""
        batch, heads, length = [
            attention_ops.size_of(query, axis) for axis in range(3)
        ]
        shared, size = self.num_key_value_heads, self.head_dim
        grouped = tf.reshape(query, [batch, shared, -1, size])
        scores = tf.matmul(grouped, key, transpose_b=True)
        keys = attention_ops.size_of(key, 2)
        chances = attention_ops.probabilities(
            tf.reshape(scores, [batch, heads, length, keys]), mask
        )
        dropped = chances if dropout is None else dropout(chances)
        grouped = tf.reshape(dropped, tf.shape(scores))
        outputs = tf.matmul(grouped, value)
        return tf.reshape(outputs, [batch, heads, length, size]), chances

    def compute_output_shape(
        self, query_shape, value_shape=None, key_shape=None
    ):
        return tf.TensorShape(query_shape)
