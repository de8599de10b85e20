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
"""What checkpoints hold of optimizers before TensorFlow 2.11.

These keep slots beside the graph of objects, each with the variable that it
belongs to, under names of their own.
"""

import tensorflow as tf

from tfk.optimizers import slots
from tfk.utils import tf_internal

# The names of slots and of other variables, and what they are called here.
_SLOTS = {
    "accum_grad": "accumulated_grad",
    "accum_var": "accumulated_delta_var",
    "mg": "average_gradient",
    "momentum": "m",
    "rms": "velocity",
    "v": "u",
}
_VARIABLES = {
    "iter": "_iterations",
    "learning_rate": "_learning_rate",
    "momentum_cache": "_u_product",
}


class ReadsOlderCheckpoints(tf_internal.SlotOwner):
    """An optimizer that takes over the state of its predecessor."""

    def slot_of_older(self, variable, name):
        """Returns the slot that holds what an older optimizer kept, or None.

        Arguments:
            variable: A variable of the model.
            name: String: the slot's name in the older optimizer.
        """
        own = self._slots.of(variable)
        return own.get(name, own.get(_SLOTS.get(name)))

    def _lookup_older(self, name):
        found = getattr(self, _VARIABLES.get(name, ""), None)
        return found if isinstance(found, tf.Variable) else None

    def _take_slot(self, variable, name, restore):
        slot = self.slot_of_older(variable, name)
        if slot is None:
            # It is made in the first step.
            pending = vars(self).setdefault("_pending", _Pending())
            pending.restores[slots.variable_key(variable), name] = restore
            return None
        return slot

    def _restore_pending(self, variable):
        """Gives the new slots of a variable what was read before."""
        pending = vars(self).get("_pending")
        if pending is None:
            return
        key = slots.variable_key(variable)
        for place in [x for x in pending.restores if x[0] == key]:
            slot = self.slot_of_older(variable, place[1])
            if slot is not None:
                pending.restores.pop(place)(slot)


class _Pending:
    """A plain object, which checkpoints do not look into."""

    def __init__(self):
        self.restores = {}
