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
"""Losses and metrics of ragged targets and predictions.

The formula runs on the flat values, and its result gets the rows back. Where
the last axis itself is ragged, the mean over it is the mean of each row: a long
row counts as much as a short one.
"""

import tensorflow as tf


def is_ragged(y_true, y_pred):
    """Whether one of the two is a ragged tensor."""
    return isinstance(y_true, tf.RaggedTensor) or isinstance(
        y_pred, tf.RaggedTensor
    )


def flat_pair(y_true, y_pred, name):
    """Returns the flat values of two ragged tensors with the same rows.

    Arguments:
        y_true: Ragged tensor: targets.
        y_pred: Ragged tensor: predictions.
        name: String: the loss or metric, for messages.

    Raises:
        ValueError: If only one of them is ragged, or their ragged axes are
            not the same.
    """
    both = isinstance(y_true, tf.RaggedTensor) and isinstance(
        y_pred, tf.RaggedTensor
    )
    if not both or y_true.ragged_rank != y_pred.ragged_rank:
        raise ValueError(
            f"`{name}` needs targets and predictions that are ragged along "
            f"the same axes. Received: y_true={_describe(y_true)}, "
            f"y_pred={_describe(y_pred)}. Convert one with `to_tensor()` or "
            "`tf.RaggedTensor.from_tensor`."
        )
    checks = [
        _same_rows(first, second, name)
        for first, second in zip(
            y_true.nested_row_splits, y_pred.nested_row_splits
        )
        if first is not second
    ]
    with tf.control_dependencies([c for c in checks if c is not None]):
        return tf.identity(y_true.flat_values), y_pred.flat_values


def apply(compute, y_true, y_pred, averages_last_axis, name):
    """Runs a function of dense tensors on ragged ones.

    Arguments:
        compute: Function of `(y_true, y_pred)`.
        y_true: Ragged tensor: targets.
        y_pred: Ragged tensor: predictions.
        averages_last_axis: Boolean: whether `compute` is a mean of elements
            over the last axis.
        name: String: the loss or metric, for messages.

    Returns:
        A tensor, or a ragged tensor with the rows of `y_pred`.
    """
    flat_true, flat_pred = flat_pair(y_true, y_pred, name)
    if flat_pred.shape.rank > 1:
        return y_pred.with_flat_values(compute(flat_true, flat_pred))
    if not averages_last_axis:
        raise ValueError(
            f"`{name}` reduces the last axis, which can't be ragged. Received: "
            f"y_pred={_describe(y_pred)}."
        )
    if flat_true.shape.rank == 1:
        flat_true = tf.expand_dims(flat_true, -1)
    values = y_pred.with_flat_values(
        compute(flat_true, tf.expand_dims(flat_pred, -1))
    )
    sums = tf.reduce_sum(values, axis=-1)
    counts = tf.reduce_sum(tf.ones_like(values), axis=-1)
    return tf.ragged.map_flat_values(tf.math.divide_no_nan, sums, counts)


def to_dense(y_true, y_pred, class_labels, name):
    """Fills rows up, with a mask that tells what was there.

    Arguments:
        y_true: Tensor or ragged tensor: targets.
        y_pred: Tensor or ragged tensor: predictions.
        class_labels: Boolean: targets have lengths of their own, and 0 stands
            for no class.
        name: String: the loss or metric, for messages.

    Returns:
        `(y_true, y_pred)`; a mask is on the predictions if they were ragged.
    """
    if not class_labels:
        flat_pair(y_true, y_pred, name)
    if isinstance(y_true, tf.RaggedTensor):
        y_true = y_true.to_tensor()
    if isinstance(y_pred, tf.RaggedTensor):
        flat = tf.ones([tf.shape(y_pred.flat_values)[0]], tf.bool)
        mask = y_pred.with_flat_values(flat).to_tensor(False)
        y_pred = y_pred.to_tensor()
        y_pred._keras_mask = mask
    return y_true, y_pred


def _same_rows(first, second, name):
    message = (
        f"`{name}` received ragged targets and predictions whose rows differ "
        "in length. Row splits of y_true, then of y_pred:"
    )
    sizes_differ = tf.not_equal(tf.size(first), tf.size(second))
    # Comparing two vectors of different sizes would be an error of its own.
    count = tf.minimum(tf.size(first), tf.size(second))
    same = tf.reduce_all(tf.equal(first[:count], second[:count]))
    fits = tf.logical_and(same, tf.logical_not(sizes_differ))
    return tf.debugging.Assert(fits, [message, first, second])


def _describe(value):
    kind = "RaggedTensor" if isinstance(value, tf.RaggedTensor) else "Tensor"
    return f"{kind}(shape={value.shape})"
