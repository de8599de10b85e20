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
"""Which slot belongs to which variable."""

import contextlib

import tensorflow as tf

from tfk.utils import tf_internal


def raw(variable):
    """Returns the `tf.Variable` inside a wrapper that casts on reading."""
    return getattr(variable, "_variable", variable)


def variable_key(variable):
    """Returns a string that stands for a variable on all its replicas."""
    variable = raw(variable)
    if not isinstance(variable, tf.distribute.DistributedValues):
        variable = tf_internal.whole_variable(variable)
    return variable._unique_id


def update_copies(variable, function, *args):
    """Calls a function for each copy of a variable, outside of a step.

    Arguments:
        variable: The variable.
        function: Function of the copy and of `args`.
        *args: Values, or variables, of which it gets the copies beside.
    """
    current = tf.distribute.get_strategy()
    strategy = getattr(variable, "distribute_strategy", None) or current
    with contextlib.ExitStack() as stack:
        if strategy is not current:
            stack.enter_context(strategy.scope())
        strategy.extended.update(variable, function, args, group=False)


class SlotTable:
    """The variables that an optimizer keeps beside the model's variables.

    A plain object: checkpoints find slots in the optimizer's list alone.
    """

    def __init__(self):
        self._slots = {}

    def put(self, variable, name, slot):
        """Keeps the slot `name` of a variable."""
        self._slots.setdefault(variable_key(variable), {})[name] = slot

    def of(self, variable):
        """Returns the dict of a variable's slots."""
        return self._slots.get(variable_key(variable), {})


class VariableIndex(dict):
    """The number of each variable, by its key, in the order of building."""

    def add(self, variables):
        """Numbers variables that have no number yet."""
        for variable in variables:
            self.setdefault(variable_key(variable), len(self))

    def unknown(self, variables):
        """Returns the variables that have no number yet."""
        return [v for v in variables if variable_key(v) not in self]
