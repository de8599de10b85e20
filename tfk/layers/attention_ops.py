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
"""The formula of attention, its masks and its shapes."""

import tensorflow as tf

from tfk.layers import activation
from tfk.layers import elementwise
from tfk.utils import structure


def attend(query, key, value, mask=None, replace=False, dropout=None):
    """Averages values, each with the weight that its key has for a query.

    The queries are scaled before, which is less work than to scale scores.

    Arguments:
        query: Tensor of shape `(..., query_length, size)`.
        key: Tensor of shape `(..., key_length, size)`.
        value: Tensor of shape `(..., key_length, value_size)`.
        mask: Boolean tensor that broadcasts to the scores, or None.
        replace: Boolean: whether masked scores are replaced, not lowered.
        dropout: Function of the probabilities, or None.

    Returns:
        The averages, of shape `(..., query_length, value_size)`, and the
        probabilities before dropout, of shape `(..., query_length,
        key_length)`.
    """
    scores = tf.matmul(query, key, transpose_b=True)
    chances = probabilities(scores, mask, replace)
    dropped = chances if dropout is None else dropout(chances)
    return tf.matmul(dropped, value), chances


def probabilities(scores, mask=None, replace=False):
    """Turns scores into weights that add up to 1 along the last axis.

    Where a mask leaves no key at all, each gets the same weight. Scores of 16
    bits are treated in float32, since a sum of many small weights would lose
    digits and a lowered score overflow.

    Arguments:
        scores: Floating tensor.
        mask: Boolean tensor that broadcasts to the scores, or None.
        replace: Boolean: whether masked scores are replaced, not lowered.

    Returns:
        Tensor of the shape and dtype of the scores.
    """
    dtype = scores.dtype
    if dtype.size < 4:
        scores = tf.cast(scores, tf.float32)
    if mask is not None:
        scores = activation.masked_scores(scores, mask, replace)
    chances = tf.nn.softmax(scores)
    return chances if chances.dtype == dtype else tf.cast(chances, dtype)


def causal_mask(query_length, key_length):
    """Returns which keys are not later than a query.

    Arguments:
        query_length: Integer, or scalar tensor.
        key_length: Integer, or scalar tensor.

    Returns:
        Boolean tensor of shape `(query_length, key_length)`.

    Example:

    >>> from tfk.layers import attention_ops
    >>> attention_ops.causal_mask(2, 3).numpy()
    array([[ True, False, False],
           [ True,  True, False]])
    """
    queries = tf.range(query_length)[:, tf.newaxis]
    return queries >= tf.range(key_length)


def window_mask(query_length, key_length, size):
    """Returns which keys are nearer to a query than a size.

    Arguments:
        query_length: Integer, or scalar tensor.
        key_length: Integer, or scalar tensor.
        size: Integer.

    Returns:
        Boolean tensor of shape `(query_length, key_length)`.

    Example:

    >>> from tfk.layers import attention_ops
    >>> attention_ops.window_mask(2, 3, size=2).numpy()
    array([[ True,  True, False],
           [ True,  True,  True]])
    """
    queries = tf.range(query_length)[:, tf.newaxis]
    return tf.abs(queries - tf.range(key_length)) < size


def combine_masks(*masks):
    """Returns where all masks are True; None, if all of them are None."""
    combined = None
    for mask in masks:
        if mask is not None:
            mask = tf.cast(mask, tf.bool)
            combined = mask if combined is None else combined & mask
    return combined


def size_of(x, axis):
    """Returns the size of an axis: an integer if it is known, else a tensor."""
    size = x.shape[axis]
    return tf.shape(x)[axis] if size is None else size


def check_broadcasts(layer, name, mask, shape):
    """Raises unless a mask broadcasts to a shape.

    Arguments:
        layer: The layer, for the message.
        name: String: the argument, for the message.
        mask: Tensor.
        shape: `tf.TensorShape` of the scores, or of what the mask masks.

    Raises:
        ValueError: Naming the layer, the argument and the shapes.
    """
    try:
        common = tf.broadcast_static_shape(mask.shape, shape)
        fits = common.is_compatible_with(shape)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"The `{name}` of layer '{layer.name}' (of type "
            f"{type(layer).__name__}) must have the shape {shape}, or one that "
            f"broadcasts to it. Received: {name} of shape {mask.shape}."
        )


def to_dense(layer, name, x, mask):
    """Returns a tensor as a dense one, with its mask.

    The padding of a ragged tensor is masked.

    Arguments:
        layer: The layer, for messages.
        name: String: the argument, for messages.
        x: Tensor, array, or ragged tensor with one ragged axis.
        mask: Boolean tensor, or None.

    Returns:
        A tensor and a mask, or None.

    Raises:
        TypeError: If the tensor is sparse, or ragged along other axes.
    """
    if isinstance(x, tf.SparseTensor):
        elementwise.refuse(layer, x, "dense and ragged")
    if mask is not None:
        mask = tf.convert_to_tensor(mask)
    if not isinstance(x, tf.RaggedTensor):
        return tf.convert_to_tensor(x), mask
    if x.ragged_rank != 1:
        raise TypeError(
            f"The `{name}` of layer '{layer.name}' (of type "
            f"{type(layer).__name__}) may be ragged along its axis 1 only. "
            f"Received: {structure.describe(x)} with ragged_rank="
            f"{x.ragged_rank}. Convert it with `{name}.to_tensor()`."
        )
    dense = x.to_tensor()
    lengths = tf.sequence_mask(x.row_lengths(), tf.shape(dense)[1])
    return dense, combine_masks(lengths, mask)


def like_query(outputs, query):
    """Makes outputs ragged where the query is."""
    if not isinstance(query, tf.RaggedTensor):
        return outputs
    return tf.RaggedTensor.from_tensor(outputs, query.row_lengths())
