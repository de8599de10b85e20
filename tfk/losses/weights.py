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
"""How sample weights fit the values that they weigh."""

import tensorflow as tf

from tfk.losses import ragged
from tfk.losses import shapes


def fit(weights, values, name, argument="sample_weight"):
    """Brings weights to the rank of the values, each size equal or 1.

    Weights are a scalar, one number for each sample (`(batch,)` or
    `(batch, 1)`), or one for each value; whatever axes they lack at the end are
    added with size 1.

    Arguments:
        weights: Tensor or array.
        values: Tensor: what they weigh.
        name: String: the loss or metric, for messages.
        argument: String: what the weights are called there.

    Returns:
        A tensor that broadcasts to the shape of `values`, and not further.

    Raises:
        ValueError: If the weights do not fit.
    """
    weights = shapes.to_tensor(weights)
    given, rank = weights.shape, values.shape.rank
    if given.rank is None or rank is None:
        return _pad_unknown_rank(weights, values)
    if given.rank == rank + 1 and given[-1] in (1, None):
        weights = tf.squeeze(weights, -1)
    if weights.shape.rank > rank:
        raise ValueError(_mismatch(name, argument, given, values.shape))
    for _ in range(rank - weights.shape.rank):
        weights = tf.expand_dims(weights, -1)
    pairs = list(zip(weights.shape, values.shape))
    if any(None not in (w, v) and w not in (1, v) for w, v in pairs):
        raise ValueError(_mismatch(name, argument, given, values.shape))
    if all(w == 1 or (w is not None and w == v) for w, v in pairs):
        return weights
    return _checked_when_run(weights, values, name, argument)


def per_value(weights, values, name):
    """Returns weights of exactly the shape of the values.

    Arguments:
        weights: Tensor or array.
        values: Tensor: what they weigh.
        name: String: the loss or metric, for messages.
    """
    weights = fit(weights, values, name)
    return tf.cast(weights, values.dtype) * tf.ones_like(values)


def fit_ragged(weights, values, name):
    """Brings weights of samples to the flat values of a ragged tensor.

    Arguments:
        weights: Scalar, one number for each row (`(batch,)` or `(batch, 1)`),
            or a ragged tensor with the rows of `values`.
        values: Ragged tensor.
        name: String: the loss or metric, for messages.

    Returns:
        A tensor that broadcasts to `values.flat_values`.
    """
    if isinstance(weights, tf.RaggedTensor):
        return fit(weights.flat_values, values.flat_values, name)
    weights = shapes.to_tensor(weights)
    if weights.shape.rank == 0:
        return weights
    if weights.shape.rank == 2 and weights.shape[-1] == 1:
        weights = tf.squeeze(weights, -1)
    if weights.shape.rank != 1:
        raise ValueError(
            _mismatch(name, "sample_weight", weights.shape, values.shape)
        )
    rows = None
    for inner in values.nested_value_rowids():
        rows = inner if rows is None else tf.gather(rows, inner)
    return fit(tf.gather(weights, rows), values.flat_values, name)


def flatten_ragged(y_true, y_pred, weights, name):
    """Returns the flat values of a ragged batch, and the weights of these.

    Arguments:
        y_true: Tensor or ragged tensor: targets.
        y_pred: Tensor or ragged tensor: predictions.
        weights: As for `fit_ragged`, or None.
        name: String: the loss or metric, for messages.

    Returns:
        `(y_true, y_pred, weights)`, those of a dense batch as they are.

    Raises:
        ValueError: If only one of the two is ragged, or their ragged axes are
            not the same.
    """
    if not ragged.is_ragged(y_true, y_pred):
        return y_true, y_pred, weights
    flat_true, flat_pred = ragged.flat_pair(y_true, y_pred, name)
    if weights is not None:
        weights = fit_ragged(weights, y_pred, name)
    return flat_true, flat_pred, weights


def _pad_unknown_rank(weights, values):
    missing = tf.maximum(tf.rank(values) - tf.rank(weights), 0)
    shape = tf.concat([tf.shape(weights), tf.ones([missing], tf.int32)], 0)
    padded = tf.reshape(weights, shape)
    return tf.reshape(padded, shape[: tf.rank(values)])


def _checked_when_run(weights, values, name, argument):
    sizes, wanted = tf.shape(weights), tf.shape(values)
    fits = tf.logical_or(tf.equal(sizes, wanted), tf.equal(sizes, 1))
    message = (
        f"`{argument}` of `{name}` does not fit the values that it weighs. "
        "Shape of the weights, then of the values:"
    )
    check = tf.debugging.Assert(tf.reduce_all(fits), [message, sizes, wanted])
    with tf.control_dependencies([] if check is None else [check]):
        return tf.identity(weights)


def _mismatch(name, argument, shape, values_shape):
    return (
        f"`{argument}` of `{name}` must be a scalar, one number for each "
        "sample, or have the shape of the values that it weighs. Received: "
        f"{argument}.shape={shape}, with values of shape {values_shape}."
    )
