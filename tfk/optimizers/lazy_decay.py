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
"""Slots of which all rows shrink in every step, but few are used."""

import tensorflow as tf

from tfk.optimizers import slots

# A slot holds its value divided by a scale that is never smaller than this.
_SMALLEST_SCALE = 1e-9


class LazyDecay:
    """Shrinks slots by multiplying up the factors, not the rows.

    The value of a slot is what it holds times its `scale`, which takes a step
    of a sparse gradient from the time of all rows to that of the used ones.
    Now and then, and before anybody else reads the slot, `settle` multiplies
    the scale into the rows.

    A plain object: checkpoints, for which all is settled, do not see it.
    """

    def __init__(self):
        self._scales = slots.SlotTable()
        # Whether the first gradient of a variable was sparse, by its key.
        self._is_lazy = {}

    def add(self, variable, scale):
        """Gives the slots of a variable a scale: a scalar variable of 1."""
        self._scales.put(variable, "scale", scale)

    def shrink(self, variable, own, factor):
        """Multiplies all rows of some slots by a factor.

        Arguments:
            variable: The variable that the slots belong to.
            own: List of the slots.
            factor: Scalar tensor between 0 and 1.

        Returns:
            A scalar tensor: what the slots hold has to be multiplied by it.
        """
        if not self._begins_lazily(variable, True):
            for slot in own:
                wide = factor * tf.cast(slot, factor.dtype)
                slot.assign(tf.cast(wide, slot.dtype))
            return tf.ones_like(factor)
        kept = self._scales.of(variable)["scale"]
        scale = kept * factor

        def settle():
            for slot in own:
                slot.assign(slot * scale)
            return tf.ones_like(scale)

        scale = tf.cond(scale < _SMALLEST_SCALE, settle, lambda: scale)
        kept.assign(scale)
        return scale

    def settle(self, variable, own):
        """Lets slots hold their values; to be called before others read them.

        Arguments:
            variable: The variable that the slots belong to.
            own: List of the slots.
        """
        if not self._begins_lazily(variable, False):
            return
        scale = self._scales.of(variable)["scale"]

        def multiply():
            for slot in own:
                slot.assign(slot * scale)
            scale.assign(tf.ones_like(scale))

        tf.cond(scale < 1, multiply, lambda: None)

    def is_lazy(self, variable):
        """Whether the slots of a variable may hold other than their values."""
        return self._is_lazy.get(slots.variable_key(variable), False)

    def _begins_lazily(self, variable, is_sparse):
        # A step that is traced for dense gradients has no look at the scale,
        # which costs time: it stays 1 then, whatever is traced later.
        key = slots.variable_key(variable)
        has_scale = bool(self._scales.of(variable))
        return self._is_lazy.setdefault(key, is_sparse and has_scale)
