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
"""Gradients of several calls that make one step."""

import tensorflow as tf

from tfk.optimizers import gradients as gradient_ops
from tfk.optimizers import slots


class Accumulator:
    """Keeps the sums of gradients until there are enough for a step.

    A plain object: its variables are the optimizer's.

    Arguments:
        steps: Integer, or None: how many calls make one step.
    """

    def __init__(self, steps):
        self._steps = steps or 1
        self._count = None
        self._sums = slots.SlotTable()

    @property
    def is_active(self):
        """Whether a step takes more than one call."""
        return self._steps > 1

    def build(self, optimizer, variables):
        """Makes the sums for some variables.

        Arguments:
            optimizer: The optimizer, which makes and keeps the variables.
            variables: List of the variables that it has not seen before.
        """
        if not self.is_active:
            return
        if self._count is None:
            self._count = optimizer.add_variable(
                (), tf.int64, name="gradient_accumulation_step"
            )
        for variable in variables:
            kept = optimizer.add_variable_from_reference(
                variable, "gradient_sum"
            )
            self._sums.put(variable, "sum", kept)

    def means(self, gradients, variables):
        """Returns the means of the kept gradients and these; keeps nothing."""
        if not self.is_active:
            return gradients
        means = []
        for gradient, variable in zip(gradients, variables):
            kept = self._sums.of(variable)["sum"]
            gradient = gradient_ops.to_dense(gradient, variable)
            total = kept + tf.cast(gradient, kept.dtype)
            means.append(total / self._steps)
        return means

    def commit(self, update, gradients, variables, make_step):
        """Makes a step if this call is the last one, or keeps the gradients.

        Arguments:
            update: Function of a variable, a function and its arguments, that
                calls the function for each copy of the variable.
            gradients: List of the gradients of this call.
            variables: Their variables.
            make_step: Function without arguments.
        """
        if not self.is_active:
            make_step()
            return

        def step_and_forget():
            make_step()
            for variable in variables:
                update(variable, self._forget)

        def keep():
            for gradient, variable in zip(gradients, variables):
                update(variable, self._keep, gradient)

        self._count.assign_add(1)
        is_last = self._count % self._steps == 0
        tf.cond(is_last, step_and_forget, keep)

    def _keep(self, variable, gradient):
        kept = self._sums.of(variable)["sum"]
        if isinstance(gradient, tf.IndexedSlices):
            kept.scatter_add(gradient)
        else:
            kept.assign_add(tf.cast(gradient, kept.dtype))

    def _forget(self, variable):
        kept = self._sums.of(variable)["sum"]
        kept.assign(tf.zeros_like(kept))
