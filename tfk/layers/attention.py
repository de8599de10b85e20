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
"""Attention without projections: dot products, or an additive score."""

import tensorflow as tf

from tfk.engine.layer import Layer
from tfk.layers import attention_ops
from tfk.layers import einsum_dense
from tfk.layers import regularization
from tfk.utils import structure


class _SequenceAttention(Layer):
    """A layer that takes a list of query, value and, optionally, key.

    Children compute scores (`_scores`).

    Arguments:
        dropout: Float: the share of probabilities that is dropped in training.
        seed: Integer, which gives the same dropout in each run, or None.
        causal: Boolean: whether all calls use a causal mask.
    """

    supports_masking = True

    def __init__(self, dropout=0.0, seed=None, causal=False, **kwargs):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.seed = seed
        self.causal = causal
        self._dropout_layer = regularization.Dropout(
            dropout, seed=seed, dtype=self._dtype_policy
        )

    # tf.keras's files don't hold them.
    _unsaved_arguments = Layer._unsaved_arguments + ("seed", "causal")

    def get_config(self):
        config = super().get_config()
        if self.seed is not None:
            config["seed"] = self.seed
        if self.causal:
            config["causal"] = True
        return config

    def call(
        self,
        inputs,
        mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        """Computes the outputs, and the probabilities if they are asked for."""
        (query, query_mask), (value, value_mask), (key, _) = [
            attention_ops.to_dense(self, name, x, mask)
            for name, x, mask in zip(
                ("query", "value", "key"),
                self._three(inputs),
                self._checked_masks(inputs, mask),
            )
        ]
        scores = self._scores(query, key)
        scores_mask = self._scores_mask(scores, value, value_mask)
        if self.causal or use_causal_mask:
            causal = attention_ops.causal_mask(
                *(attention_ops.size_of(x, -2) for x in (query, key))
            )
            scores_mask = attention_ops.combine_masks(scores_mask, causal)
        chances = attention_ops.probabilities(scores, scores_mask)
        if self.dropout:
            chances = self._dropout_layer(chances, training=training)
        outputs = tf.matmul(chances, value)
        if query_mask is not None:
            attention_ops.check_broadcasts(
                self, "mask", query_mask, query.shape[:-1]
            )
            outputs *= tf.cast(query_mask, outputs.dtype)[..., tf.newaxis]
        outputs = attention_ops.like_query(outputs, inputs[0])
        return (outputs, chances) if return_attention_scores else outputs

    def _scores(self, query, key):
        raise NotImplementedError

    def _scores_mask(self, scores, value, value_mask):
        if value_mask is None:
            return None
        attention_ops.check_broadcasts(
            self, "mask", value_mask, value.shape[:-1]
        )
        return value_mask[..., tf.newaxis, :]

    def _three(self, inputs):
        """Returns query, value and key, of tensors or of shapes."""
        query, value, *key = inputs
        return query, value, key[0] if key else value

    def _checked_masks(self, inputs, mask):
        if mask is None:
            return None, None, None
        is_list = isinstance(mask, (list, tuple))
        if not is_list or not 2 <= len(mask) <= len(inputs):
            raise ValueError(
                f"The `mask` of layer '{self.name}' (of type "
                f"{type(self).__name__}) must be a list of the masks of query "
                f"and value, each of them may be None. Received: mask={mask}."
            )
        return mask[0], mask[1], None

    def _checked_shapes(self, input_shape):
        """Returns the shapes of query, value and key, if they go together."""
        is_list = isinstance(input_shape, (list, tuple))
        if (
            not is_list
            or structure.is_shape(input_shape)
            or len(input_shape) not in (2, 3)
        ):
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes a "
                "list of two or three tensors: query, value and, optionally, "
                f"key. Received: inputs of shape {input_shape}."
            )
        shapes = [tf.TensorShape(s) for s in self._three(input_shape)]
        query, value, key = shapes
        ranks = {shape.rank for shape in shapes}
        fit = (
            None in ranks
            or len(ranks) == 1
            and query.rank > 1
            and query[-1:].is_compatible_with(key[-1:])
            and value[:-1].is_compatible_with(key[:-1])
            and query[:-2].is_compatible_with(key[:-2])
        )
        if not fit:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes a "
                "query of shape (batch_size, query_length, size), a value of "
                "shape (batch_size, key_length, value_size) and a key of shape "
                "(batch_size, key_length, size). Received: query of shape "
                f"{query}, value of shape {value}, key of shape {key}."
            )
        return shapes

    def compute_mask(self, inputs, mask=None):
        return self._checked_masks(inputs, mask)[0]

    def compute_output_shape(self, input_shape):
        query, value, _ = self._checked_shapes(input_shape)
        return query[:-1].concatenate(value[-1:])


class Attention(_SequenceAttention):
    """Lets each element of a sequence average another one, by dot products.

    Also known as Luong attention: what a query gets is the average of the
    values, each with a weight that grows with the dot product of its key and
    the query. For attention with weights of its own see `MultiHeadAttention`.

    Reference: [Luong et al., 2015](https://arxiv.org/abs/1508.04025).

    Arguments:
        use_scale: Boolean: whether a learned scalar multiplies the scores.
        score_mode: `"dot"`: dot products; or `"concat"`: the sum over the
            hyperbolic tangents of query plus key, times a learned scalar.
        dropout: Float from 0 to 1: the share of probabilities that is set to
            0 in training.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `name`, `dtype`, and `causal`: whether all calls use a causal
            mask.

    Call arguments:
        inputs: List of query, of shape `(batch_size, query_length, size)`,
            value, of shape `(batch_size, key_length, value_size)`, and
            optionally key, of shape `(batch_size, key_length, size)`, which
            is the value by default. Dense or ragged.
        mask: List of the masks of query and value, of shapes `(batch_size,
            query_length)` and `(batch_size, key_length)`, or None for either.
            Masked queries get zeros, and masked values are left out.
        training: Boolean: whether to drop some probabilities.
        return_attention_scores: Boolean: whether to return them too.
        use_causal_mask: Boolean: whether a query sees no later keys.

    Output shape:
        `(batch_size, query_length, value_size)`; and `(batch_size,
        query_length, key_length)` for the probabilities.

    Raises:
        ValueError: If `score_mode` is unknown or shapes don't go together.
        TypeError: If an input is sparse.

    Example:

    >>> query = tf.constant([[[0.0, 0.0]]])
    >>> value = tf.constant([[[1.0, 2.0], [3.0, 4.0]]])
    >>> tfk.layers.Attention()([query, value]).numpy()
    array([[[2., 3.]]], dtype=float32)
    """

    def __init__(
        self,
        use_scale=False,
        score_mode="dot",
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(dropout=dropout, seed=seed, **kwargs)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                f"The `score_mode` of layer '{self.name}' (of type Attention) "
                "must be 'dot' or 'concat'. Received: score_mode="
                f"{score_mode!r}."
            )
        self.use_scale = use_scale
        self.score_mode = score_mode

    def build(self, input_shape):
        """Makes the scalars."""
        self._checked_shapes(input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight("scale", (), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                "concat_score_weight", (), initializer="ones"
            )
        self.built = True

    def _scores(self, query, key):
        # There are fewer numbers to scale here than in the scores.
        if self.scale is not None:
            query *= self.scale
        if self.score_mode == "dot":
            return tf.matmul(query, key, transpose_b=True)
        if self.scale is not None:
            key *= self.scale
        sums = _sums_of_all_pairs(query, key)
        return self.concat_score_weight * tf.reduce_sum(tf.tanh(sums), axis=-1)


class AdditiveAttention(_SequenceAttention):
    """Lets each element of a sequence average another one, by a learned score.

    Also known as Bahdanau attention: the score of a query and a key is the
    sum over the hyperbolic tangents of their sum, each times a learned weight.

    Reference: [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473).

    Arguments:
        use_scale: Boolean: whether there are weights.
        dropout: Float from 0 to 1: the share of probabilities that is set to
            0 in training.
        seed: Integer, which gives the same dropout in each run, or None.
        **kwargs: `name`, `dtype`, and `causal`: whether all calls use a causal
            mask.

    Call arguments:
        inputs: List of query, of shape `(batch_size, query_length, size)`,
            value, of shape `(batch_size, key_length, value_size)`, and
            optionally key, of shape `(batch_size, key_length, size)`, which
            is the value by default. Dense or ragged.
        mask: List of the masks of query and value, of shapes `(batch_size,
            query_length)` and `(batch_size, key_length)`, or None for either.
            Masked queries get zeros, and masked values are left out.
        training: Boolean: whether to drop some probabilities.
        return_attention_scores: Boolean: whether to return them too.
        use_causal_mask: Boolean: whether a query sees no later keys.

    Output shape:
        `(batch_size, query_length, value_size)`; and `(batch_size,
        query_length, key_length)` for the probabilities.

    Raises:
        ValueError: If shapes don't go together.
        TypeError: If an input is sparse.

    Example:

    >>> query = tf.constant([[[0.0, 0.0]]])
    >>> value = tf.constant([[[1.0, 2.0], [1.0, 2.0]]])
    >>> tfk.layers.AdditiveAttention()([query, value]).numpy()
    array([[[1., 2.]]], dtype=float32)
    """

    def __init__(self, use_scale=True, dropout=0.0, seed=None, **kwargs):
        super().__init__(dropout=dropout, seed=seed, **kwargs)
        self.use_scale = use_scale

    def build(self, input_shape):
        """Makes the weights."""
        query, _, key = self._checked_shapes(input_shape)
        self.scale = None
        if self.use_scale:
            size = query[-1:].merge_with(key[-1:])
            self.scale = self.add_weight(
                "scale", size, initializer="glorot_uniform"
            )
        self.built = True

    def _scores(self, query, key):
        tangents = tf.tanh(_sums_of_all_pairs(query, key))
        if self.scale is None:
            return tf.reduce_sum(tangents, axis=-1)
        column = tf.expand_dims(self.scale, -1)
        scores = einsum_dense.affine_along(tangents, column, None, num_axes=1)
        return tf.squeeze(scores, -1)


def _sums_of_all_pairs(query, key):
    """Returns the sum of each query with each key."""
    return query[..., tf.newaxis, :] + key[..., tf.newaxis, :, :]
