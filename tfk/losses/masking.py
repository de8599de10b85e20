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
"""Masked elements: found on predictions, kept out of values and gradients.

Multiplying by zero does not hide a NaN. Masked elements are therefore replaced
before a formula sees them, so that no gradient flows through them, and once
more in its result.
"""

import tensorflow as tf


def mask_of(value):
    """Returns the boolean mask that a layer left on a tensor, or None."""
    mask = getattr(value, "_keras_mask", None)
    return None if mask is None else tf.cast(mask, tf.bool)


def combine(first, second):
    """Returns the mask of what both masks keep; None keeps everything."""
    if first is None or second is None:
        return second if first is None else first
    rank = max(first.shape.rank, second.shape.rank)
    return tf.logical_and(
        expand_to_rank(first, rank), expand_to_rank(second, rank)
    )


def hide(value, mask, replacement):
    """Returns a tensor with a harmless number where the mask is False.

    Arguments:
        value: Tensor.
        mask: Boolean tensor whose shape begins the shape of `value`, or None.
        replacement: Number: what stands in for masked elements.
    """
    if mask is None or isinstance(value, tf.RaggedTensor):
        return value
    if value.shape.rank is not None:
        if mask.shape.rank is not None and mask.shape.rank > value.shape.rank:
            return value
        mask = expand_to_rank(mask, value.shape.rank)
    return tf.where(mask, value, tf.cast(replacement, value.dtype))


def hide_pair(y_true, y_pred, mask):
    """Hides masked elements of targets and predictions.

    The stand-ins, target 0 and prediction 1, are in the domain of every
    formula: 0 is a class number, and 1 a probability and a logit.
    """
    return hide(y_true, mask, 0), hide(y_pred, mask, 1)


def expand_to_rank(mask, rank):
    """Adds axes of size 1 at the end until the mask has the rank."""
    for _ in range(rank - mask.shape.rank):
        mask = tf.expand_dims(mask, -1)
    return mask
