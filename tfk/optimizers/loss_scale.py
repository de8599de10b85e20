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
"""The number that losses are multiplied by, and when it changes."""

import tensorflow as tf

from tfk.utils import tf_internal


class FixedLossScale:
    """A loss scale that stays what it is.

    Arguments:
        value: Float.
    """

    good_steps = None
    skipped_steps = None
    growth_steps = None

    def __init__(self, value):
        self.initial_value = value

    @property
    def value(self):
        """The scale: a float32 tensor."""
        return tf.constant(self.initial_value, tf.float32)


class DynamicLossScale(tf_internal.AutoTrackable):
    """A loss scale that is as large as the gradients allow.

    Each step with a gradient that is not finite halves it, down to 1; after so
    many steps in a row with finite gradients it is doubled, as long as float32
    can hold it.

    Arguments:
        initial_value: Float: the scale to begin with.
        growth_steps: Integer: how many finite steps in a row double it.
    """

    def __init__(self, initial_value, growth_steps):
        self.initial_value = initial_value
        self.growth_steps = growth_steps
        # Files and checkpoints hold them by these names, in this order.
        self.current_loss_scale = _variable(initial_value, tf.float32)
        self.good_steps = _variable(0, tf.int64)
        self.skipped_steps = self._no_dependency(_variable(0, tf.int64))

    @property
    def value(self):
        """The scale: a float32 tensor."""
        return tf.convert_to_tensor(self.current_loss_scale)

    # A tracked variable would miss its value in a checkpoint of tf.keras, which
    # does not count these steps. What an object saves itself may be missing.

    def _serialize_to_tensors(self):
        return {"skipped_steps": tf.convert_to_tensor(self.skipped_steps)}

    def _restore_from_tensors(self, restored_tensors):
        self.skipped_steps.assign(restored_tensors["skipped_steps"])

    def update(self, is_finite):
        """Takes note of a step.

        Arguments:
            is_finite: Boolean tensor: whether all gradients were finite.
        """
        scale, good_steps = self.value, self.good_steps + 1
        grows = good_steps >= self.growth_steps
        larger = tf.where(tf.math.is_finite(scale * 2), scale * 2, scale)
        larger = tf.where(grows, larger, scale)
        smaller = tf.maximum(scale / 2, 1)
        self.current_loss_scale.assign(tf.where(is_finite, larger, smaller))
        goes_on = tf.logical_and(is_finite, tf.logical_not(grows))
        self.good_steps.assign(tf.where(goes_on, good_steps, 0))
        is_skipped = tf.logical_not(is_finite)
        self.skipped_steps.assign_add(tf.cast(is_skipped, tf.int64))


def _variable(value, dtype):
    with tf.init_scope():
        return tf.Variable(
            value,
            dtype=dtype,
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )


def all_finite(gradients):
    """Returns whether no gradient holds an infinity or a NaN.

    Arguments:
        gradients: List of tensors and `tf.IndexedSlices`.
    """
    checks = [
        tf.reduce_all(tf.math.is_finite(part))
        for part in tf.nest.flatten(gradients, expand_composites=True)
        if part.dtype.is_floating
    ]
    return tf.reduce_all(tf.stack(checks)) if checks else tf.constant(True)
