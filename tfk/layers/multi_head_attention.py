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
"""Attention by several heads."""

import math

import tensorflow as tf

from tfk.engine import recorded_calls
from tfk.layers import attention_ops
from tfk.layers import projected_attention
from tfk.layers.projected_attention import ProjectedAttention
from tfk.utils import checks


class MultiHeadAttention(ProjectedAttention):
    """Lets each element of a sequence gather what it needs from another one.

    It is what Transformers are made of. Each head projects query, key and
    value, compares each query with all keys, and averages the values with the
    probabilities that result. With the query as the value too it is
    self-attention.

    Reference: [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762).

    Arguments:
        num_heads: Integer: the number of heads.
        key_dim: Integer: size of query and key in each head.
        value_dim: Integer: size of the value in each head. By default
            `key_dim`.
        dropout: Float from 0 to 1: the share of probabilities that is set to
            0 in training.
        use_bias: Boolean: whether the projections have biases.
        output_shape: Integer or tuple: sizes of the last axes of the outputs.
            By default the last size of the query.
        attention_axes: Integer or tuple: the axes of the query along which it
            is compared with the key. By default all but the first and the
            last.
        kernel_initializer: Initializer of the kernels of the projections.
        bias_initializer: Initializer of their biases.
        kernel_regularizer: Regularizer of the kernels.
        bias_regularizer: Regularizer of the biases.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernels.
        bias_constraint: Constraint on the biases.
        softmax_robust_masking: Boolean: whether the scores of masked keys are
            replaced rather than lowered, so that none is so large that it
            counts.
        seed: Integer, which gives the same dropout in each run, or None.
        sliding_window: Integer: a query sees only keys at a distance of less
            than that. By default all.
        flash_attention: None or False: TensorFlow has no kernel for it.
        use_gate: Boolean: whether what the heads give is multiplied by the
            sigmoid of one more projection of the query.

    Call arguments:
        query: Tensor of shape `(batch_size, query_length, query_dim)`, dense
            or ragged, or with more axes before the last one.
        value: Tensor of shape `(batch_size, value_length, value_dim)`.
        key: Tensor of shape `(batch_size, value_length, key_dim)`. By default
            `value`.
        attention_mask: Boolean tensor of shape `(batch_size, query_length,
            value_length)`, or one that broadcasts to it: whether a query may
            see a key. An axis of heads may stand after the first one.
        return_attention_scores: Boolean: whether to return the probabilities
            too.
        training: Boolean: whether to drop some.
        use_causal_mask: Boolean: whether a query sees no later keys.
        query_mask: Boolean tensor of shape `(batch_size, query_length)`. By
            default the mask that travels with the query.
        value_mask: Likewise for the value.
        key_mask: Likewise for the key.

    Output shape:
        `(batch_size, query_length, query_dim)`, or that with `output_shape`
        in the place of the last size; and `(batch_size, num_heads,
        query_length, value_length)` for the probabilities.

    Raises:
        ValueError: If a size is not a positive integer, or the shapes of
            inputs or masks don't go together.
        TypeError: If an input is sparse.

    Example:

    >>> layer = tfk.layers.MultiHeadAttention(num_heads=2, key_dim=8)
    >>> x = tf.random.normal((2, 5, 16))
    >>> outputs, chances = layer(x, x, return_attention_scores=True)
    >>> outputs.shape, chances.shape
    (TensorShape([2, 5, 16]), TensorShape([2, 2, 5, 5]))
    >>> [w.shape.as_list() for w in layer.weights[:2]]
    [[16, 2, 8], [2, 8]]
    """

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        softmax_robust_masking=False,
        seed=None,
        sliding_window=None,
        flash_attention=None,
        use_gate=False,
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
        self.num_heads = checks.positive_integer(
            "num_heads", num_heads, self.name
        )
        self.key_dim = checks.positive_integer("key_dim", key_dim, self.name)
        self.value_dim = checks.positive_integer(
            "value_dim", key_dim if value_dim is None else value_dim, self.name
        )
        self._output_shape_argument = output_shape
        if output_shape is not None:
            sizes = tf.nest.flatten(output_shape)
            for size in sizes:
                checks.positive_integer("output_shape", size, self.name)
        if isinstance(attention_axes, int):
            attention_axes = (attention_axes,)
        self.attention_axes = attention_axes and tuple(attention_axes)
        self.softmax_robust_masking = softmax_robust_masking
        self._take_variant(sliding_window, flash_attention, use_gate)

    _shape_says_all = True
    # tf.keras's files don't hold these, or only where they are set.
    # `output_shape` is the shape of a recorded call in all layers.
    _unsaved_arguments = ProjectedAttention._unsaved_arguments + (
        "output_shape",
        "seed",
        "sliding_window",
        "flash_attention",
        "use_gate",
    )

    def get_config(self):
        config = super().get_config()
        config["output_shape"] = self._output_shape_argument
        if self.seed is not None:
            config["seed"] = self.seed
        if self.sliding_window is not None:
            config["sliding_window"] = self.sliding_window
        if self.use_gate:
            config["use_gate"] = True
        for name in ("query", "key", "value"):
            shape = self._shapes and self._shapes[name]
            config[f"{name}_shape"] = recorded_calls.as_tuples(shape)
        return config

    @classmethod
    def from_config(cls, config):
        """Makes a layer, with its weights if the shapes of inputs are known.

        Arguments:
            config: Dict of constructor arguments and `query_shape`,
                `value_shape`, `key_shape`.
        """
        config = dict(config)
        shapes = [
            config.pop(f"{name}_shape", None)
            for name in ("query", "value", "key")
        ]
        layer = super().from_config(config)
        if None not in shapes:
            layer._build_with(shapes)
        return layer

    def _has_options(self, args, kwargs):
        is_self_attention = all(x is args[0] for x in args)
        return bool(kwargs) or len(args) not in (2, 3) or not is_self_attention

    def _make_projections(self, query, value, key):
        self.attention_axes = tuple(self._checked_axes(query))
        keys = (self.num_heads, self.key_dim)
        values = (self.num_heads, self.value_dim)
        self._query_dense = self._projection("query", query, "hd", keys)
        self._key_dense = self._projection("key", key, "hd", keys)
        if self.use_gate:
            self._gate_dense = self._projection("gate", query, "hd", values)
        self._value_dense = self._projection("value", value, "hd", values)
        sizes = self._output_sizes(query)
        self._output_dense = self._projection(
            "attention_output",
            (*query[:-1], *values),
            "abcdefghij"[: len(sizes)],
            sizes,
            num_contracted=2,
        )

    def _checked_axes(self, shape):
        """Returns the attended axes, counted from the start."""
        last = shape.rank - 1
        if self.attention_axes is None:
            return range(1, last)
        axes = [a + shape.rank if a < 0 else a for a in self.attention_axes]
        if not all(0 < axis < last for axis in axes):
            raise ValueError(
                f"The `attention_axes` of layer '{self.name}' (of type "
                "MultiHeadAttention) must lie between the first and the last "
                f"axis of the query. Received: attention_axes="
                f"{self.attention_axes}, query of shape {shape}."
            )
        return axes

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
        *,
        query_mask=None,
        value_mask=None,
        key_mask=None,
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
        return self.num_heads

    @property
    def _replaces_masked(self):
        return self.softmax_robust_masking

    def _attended_axes(self, x):
        return list(self.attention_axes)

    def _attend(self, query, value, key, mask, dropout):
        axes = self._batch_axes(query), self._attended_axes(query)
        projected = self._query_dense(query)
        outputs, scores = self._attend_to_heads(
            projected * (1 / math.sqrt(self.key_dim)),
            self._key_dense(key),
            self._value_dense(value),
            axes,
            mask,
            dropout,
        )
        outputs = projected_attention.merge_heads(outputs, projected, *axes)
        if self.use_gate:
            outputs *= tf.sigmoid(self._gate_dense(query))
        return self._output_dense(outputs), scores

    def _attend_to_heads(self, query, key, value, axes, mask, dropout):
        attended = axes[1]
        q, k, v = [
            projected_attention.split_heads(x, *axes)
            for x in (query, key, value)
        ]
        if len(attended) == 1:
            return attention_ops.attend(
                q, k, v, mask, self._replaces_masked, dropout
            )
        # The masks of several axes have one axis for each of them.
        shape = [
            *(attention_ops.size_of(q, i) for i in range(q.shape.rank - 2)),
            *(attention_ops.size_of(query, axis) for axis in attended),
            *(attention_ops.size_of(key, axis) for axis in attended),
        ]
        if mask is not None:
            lengths = [attention_ops.size_of(x, -2) for x in (q, k)]
            mask = tf.broadcast_to(mask, shape)
            mask = tf.reshape(mask, [*shape[: q.shape.rank - 2], *lengths])
        outputs, chances = attention_ops.attend(
            q, k, v, mask, self._replaces_masked, dropout
        )
        return outputs, tf.reshape(chances, shape)

    def compute_output_shape(
        self, query_shape, value_shape=None, key_shape=None
    ):
        shape = tf.TensorShape(query_shape)
        return shape[:-1].concatenate(self._output_sizes(shape))

    def _output_sizes(self, query_shape):
        """Returns the sizes of the last axes of the outputs, as a list."""
        sizes = self._output_shape_argument
        if sizes is None:
            return [query_shape[-1]]
        return [sizes] if isinstance(sizes, int) else list(sizes)
