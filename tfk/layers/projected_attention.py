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
"""What multi-head and grouped-query attention have in common."""

import tensorflow as tf

from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.engine import masking
from tfk.engine.layer import Layer
from tfk.layers import attention_ops
from tfk.layers import einsum_dense
from tfk.layers import regularization
from tfk.utils import checks
from tfk.utils import structure


class ProjectedAttention(Layer):
    """Attention between projections of its inputs, by several heads.

    Children make the projections (`_make_projections`) and say how heads of
    queries and keys meet (`_attend`).

    Arguments:
        dropout: Float: the share of probabilities that is dropped in training.
        use_bias: Boolean: whether the projections have biases.
        kernel_initializer: Initializer of the kernels.
        bias_initializer: Initializer of the biases.
        kernel_regularizer: Regularizer of the kernels.
        bias_regularizer: Regularizer of the biases.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernels.
        bias_constraint: Constraint on the biases.
        seed: Integer, which gives the same dropout in each run, or None.
    """

    supports_masking = True
    sliding_window = None
    _replaces_masked = False

    def __init__(
        self,
        dropout=0.0,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.dropout = checks.share("dropout", dropout, self.name)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.seed = seed
        self._shapes = None

    def _take_variant(self, sliding_window, flash_attention, use_gate):
        """Checks and keeps arguments that Keras 3 added."""
        if flash_attention:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) has no "
                "flash attention, as TensorFlow has no kernel for it. "
                f"Received: flash_attention={flash_attention}. Leave it out."
            )
        if sliding_window is not None:
            checks.positive_integer("sliding_window", sliding_window, self.name)
        self.sliding_window = sliding_window
        self.use_gate = use_gate

    # Weights

    def build(self, query_shape, value_shape=None, key_shape=None):
        """Makes the projections.

        Arguments:
            query_shape: Shape of the query, or the list of all shapes.
            value_shape: Shape of the value. By default that of the query, as
                in self-attention.
            key_shape: Shape of the key. By default that of the value.
        """
        if isinstance(query_shape, (list, tuple)) and not structure.is_shape(
            query_shape
        ):
            query_shape, value_shape, key_shape = query_shape
        if value_shape is None:
            value_shape = query_shape
        if key_shape is None:
            key_shape = value_shape
        shapes = {
            "query": tf.TensorShape(query_shape),
            "value": tf.TensorShape(value_shape),
            "key": tf.TensorShape(key_shape),
        }
        for name, shape in shapes.items():
            self._check_shape(name, shape, shapes["query"].rank)
        self._make_projections(**shapes)
        self._dropout_layer = regularization.Dropout(
            self.dropout, seed=self.seed, dtype=self._dtype_policy
        )
        self._shapes = shapes
        self.built = True

    def _check_shape(self, name, shape, rank):
        if shape.rank is None or shape.rank < 2 or shape[-1] is None:
            problem = "must have a known rank of at least 2, and a known size"
            problem += " of its last axis"
        elif shape.rank != rank:
            problem = f"must have as many axes as the `query`, which has {rank}"
        else:
            return
        raise ValueError(
            f"The `{name}` of layer '{self.name}' (of type "
            f"{type(self).__name__}) {problem}. Received: {name} of shape "
            f"{shape}."
        )

    def _make_projections(self, query, value, key):
        raise NotImplementedError

    def _projection(self, name, input_shape, axes, sizes, num_contracted=1):
        """Makes a layer that replaces the last axes of its inputs.

        Arguments:
            name: String.
            input_shape: `tf.TensorShape`.
            axes: String: a letter for each new axis, none of them x, y.
            sizes: Sizes of the new axes.
            num_contracted: Integer: how many axes are replaced.
        """
        contracted = "xy"[:num_contracted]
        projection = einsum_dense.EinsumDense(
            f"...{contracted},{contracted}{axes}->...{axes}",
            output_shape=list(sizes),
            bias_axes=axes if self.use_bias else None,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            dtype=self._dtype_policy,
            name=name,
        )
        projection._build_with(tf.TensorShape(input_shape))
        return projection

    def _built_from(self, inputs, rest, kwargs):
        named = dict(zip(("value", "key"), rest), **kwargs)
        if named.get("value") is None:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) was "
                "called without its second argument, `value`. For "
                "self-attention pass the query again."
            )
        key = named.get("key")
        value = named["value"]
        found = [inputs, value, value if key is None else key]
        return [x if hasattr(x, "shape") else tf.constant(x) for x in found]

    # Saving

    def get_build_config(self):
        if self._shapes is None:
            return None
        return {"input_shape": tuple(self._shapes["query"])}

    def build_from_config(self, config):
        shapes = config.get("shapes_dict")
        if shapes is None:
            super().build_from_config(config)
        elif not self.built:
            names = ("query_shape", "value_shape", "key_shape")
            self._build_with([shapes.get(name) for name in names])

    # Calling

    def _run(
        self,
        query,
        value,
        key,
        masks,
        attention_mask,
        return_attention_scores,
        training,
        use_causal_mask,
    ):
        """Computes what a child's `call` returns; `masks` are those given."""
        original = query
        query, value, key, masks = self._dense_inputs(query, value, key, masks)
        mask = self._mask(
            query, value, key, masks, attention_mask, use_causal_mask
        )

        def drop(chances):
            return self._dropout_layer(chances, training=training)

        outputs, scores = self._attend(
            query, value, key, mask, drop if self.dropout else None
        )
        outputs = attention_ops.like_query(outputs, original)
        return (outputs, scores) if return_attention_scores else outputs

    def _attend(self, query, value, key, mask, dropout):
        raise NotImplementedError

    def _dense_inputs(self, query, value, key, masks):
        """Returns dense inputs, and their masks; None for absent ones."""
        key_is_value = key is None or key is value
        inputs = {"query": query, "value": value, "key": key}
        if key_is_value:
            del inputs["key"]
        found = {}
        for name, x in inputs.items():
            mask = masks[name]
            if mask is None:
                mask = masking.get_mask(x)
            x, mask = attention_ops.to_dense(self, name, x, mask)
            self._check_size(name, x)
            found[name] = x, mask
        if key_is_value:
            mask = masks["key"]
            mask = mask if mask is None else tf.convert_to_tensor(mask)
            found["key"] = found["value"][0], mask
        dense = [found[name][0] for name in ("query", "value", "key")]
        return *dense, {name: mask for name, (_, mask) in found.items()}

    def _check_size(self, name, x):
        built = self._shapes[name]
        if x.shape.rank != built.rank or x.shape[-1] != built[-1]:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) was "
                f"built for a `{name}` of shape {built}. Received: {name} of "
                f"shape {x.shape}."
            )

    def _mask(self, query, value, key, masks, attention_mask, use_causal_mask):
        """Returns where a query may see a key, in the shape of the scores."""
        found = [
            self._mask_of(name, x, masks[name])
            for name, x in (("query", query), ("value", value), ("key", key))
            if masks[name] is not None
        ]
        if attention_mask is not None:
            found.append(self._expanded(attention_mask, query, key))
        if use_causal_mask or self.sliding_window:
            lengths = self._lengths(query, key)
            if use_causal_mask:
                found.append(attention_ops.causal_mask(*lengths))
            if self.sliding_window:
                found.append(
                    attention_ops.window_mask(*lengths, self.sliding_window)
                )
        return attention_ops.combine_masks(*found)

    def _mask_of(self, name, x, mask):
        """Gives the mask of an input the axes of the scores."""
        mask = tf.convert_to_tensor(mask)
        attention_ops.check_broadcasts(self, f"{name}_mask", mask, x.shape[:-1])
        batch, attended = self._batch_axes(x), self._attended_axes(x)
        mask = tf.transpose(mask, batch + attended)
        ones = (tf.newaxis,) * len(attended)
        parts = (slice(None),) * len(attended)
        parts = parts + ones if name == "query" else ones + parts
        return mask[(slice(None),) * len(batch) + (tf.newaxis,) + parts]

    def _expanded(self, mask, query, key):
        """Gives an attention mask the axes that it lacks, before the last."""
        mask = tf.convert_to_tensor(mask)
        batch, attended = self._batch_axes(query), self._attended_axes(query)
        shape = tf.TensorShape(
            [query.shape[axis] for axis in batch]
            + [self._num_heads]
            + [query.shape[axis] for axis in attended]
            + [key.shape[axis] for axis in attended]
        )
        expanded = mask
        if mask.shape.rank is not None:
            for _ in range(shape.rank - mask.shape.rank):
                expanded = tf.expand_dims(expanded, -2 * len(attended) - 1)
        try:
            attention_ops.check_broadcasts(
                self, "attention_mask", expanded, shape
            )
        except ValueError as error:
            expected = shape[: len(batch)] + shape[len(batch) + 1 :]
            raise ValueError(
                f"The `attention_mask` of layer '{self.name}' (of type "
                f"{type(self).__name__}) must have the shape {expected}, or "
                f"{shape} with an axis of heads, or one that broadcasts to "
                f"it. Received: attention_mask of shape {mask.shape}, query of "
                f"shape {query.shape}, key of shape {key.shape}."
            ) from error
        return expanded

    def _lengths(self, query, key):
        attended = self._attended_axes(query)
        if len(attended) != 1:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) attends "
                f"to the axes {tuple(attended)} together, which have no order. "
                "Received: use_causal_mask=True or a `sliding_window`. Set "
                "`attention_axes` to one axis, or pass an `attention_mask`."
            )
        return [attention_ops.size_of(x, attended[0]) for x in (query, key)]

    def _attended_axes(self, x):
        return [1]

    def _batch_axes(self, x):
        """Returns the axes along which nothing is attended to."""
        attended = self._attended_axes(x)
        return [i for i in range(x.shape.rank - 1) if i not in attended]


def split_heads(x, batch_axes, attended_axes):
    """Moves the axis of heads before those that are attended to.

    Arguments:
        x: Tensor of shape `(batch_size, ..., num_heads, size)`.
        batch_axes: List of integers.
        attended_axes: List of integers: together one axis of the result.

    Returns:
        Tensor of shape `(batch_size, ..., num_heads, length, size)`.
    """
    rank = x.shape.rank
    x = tf.transpose(x, [*batch_axes, rank - 2, *attended_axes, rank - 1])
    if len(attended_axes) == 1:
        return x
    end = len(batch_axes) + 1
    return tf.reshape(
        x,
        [
            *(attention_ops.size_of(x, axis) for axis in range(end)),
            -1,
            x.shape[-1],
        ],
    )


def merge_heads(x, like, batch_axes, attended_axes):
    """Undoes `split_heads`.

    Arguments:
        x: Tensor of shape `(batch_size, ..., num_heads, length, size)`.
        like: Tensor with the axes and sizes of the result, but for the last
            two.
        batch_axes: List of integers.
        attended_axes: List of integers.
    """
    if len(attended_axes) > 1:
        end = len(batch_axes) + 1
        x = tf.reshape(
            x,
            [
                *(attention_ops.size_of(x, axis) for axis in range(end)),
                *(attention_ops.size_of(like, axis) for axis in attended_axes),
                x.shape[-1],
            ],
        )
    rank = x.shape.rank
    order = [*batch_axes, rank - 2, *attended_axes, rank - 1]
    return tf.transpose(x, [order.index(axis) for axis in range(rank)])
