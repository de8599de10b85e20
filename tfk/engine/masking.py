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
"""Masks travel with tensors, as the attribute `_keras_mask`."""

import tensorflow as tf


def get_mask(tensor):
    """Returns the mask that travels with a tensor, or None."""
    return getattr(tensor, "_keras_mask", None)


def set_mask(tensor, mask):
    """Lets a mask travel with a tensor, where tensors can carry one."""
    try:
        tensor._keras_mask = mask
    except AttributeError:
        pass  # A value without attributes, such as a NumPy array.


def with_mask(tensor, mask):
    """Returns a tensor with a mask, leaving the one that was given as it is."""
    if get_mask(tensor) is mask:
        return tensor
    tensor = tf.identity(tensor)
    set_mask(tensor, mask)
    return tensor


def collect_masks(inputs):
    """Returns the masks of a structure of tensors, or None if all are None."""
    if isinstance(inputs, (list, tuple, dict)):
        masks = [get_mask(x) for x in tf.nest.flatten(inputs)]
        if all(mask is None for mask in masks):
            return None
        return tf.nest.pack_sequence_as(inputs, masks)
    return getattr(inputs, "_keras_mask", None)


def attach_masks(inputs, outputs, masks):
    """Lets each mask of a structure travel with its output.

    An output that is one of the inputs is copied where its mask changes, so
    that the input keeps its own. A mask that is no structure is that of the
    first output, as in tf.keras; others are states or scores.

    Returns:
        The outputs.
    """
    if not isinstance(outputs, (list, tuple, dict)):
        if getattr(outputs, "_keras_mask", None) is masks:
            return outputs
        if any(outputs is x for x in tf.nest.flatten(inputs)):
            outputs = tf.identity(outputs)
        set_mask(outputs, masks)
        return outputs
    flat = tf.nest.flatten(outputs)
    if not isinstance(masks, (list, tuple, dict)):
        flat_masks = [masks] + [None] * (len(flat) - 1)
    else:
        flat_masks = tf.nest.flatten(masks)
    flat = [attach_masks(inputs, x, m) for x, m in zip(flat, flat_masks)]
    return tf.nest.pack_sequence_as(outputs, flat)
