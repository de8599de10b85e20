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
"""The base class of the optimizers of this package."""

import tensorflow as tf

from tfk.optimizers import gradients as gradient_ops
from tfk.optimizers import optimizer
from tfk.optimizers import scalars
from tfk.optimizers import slots


class UpdateRule(optimizer.Optimizer):
    """A rule made of `_create_slots`, `_step_values` and `_update_dense`.

    The numbers that all variables of a step share (learning rate, powers of
    the betas) are computed once a step and type, not once a variable.
    """

    # The methods below take the place of `update_step`.

    def _step_values(self, dtype):
        """Returns a dict of the scalars of this step."""
        return {"lr": scalars.scalar(self.learning_rate, dtype)}

    def _update_dense(self, gradient, variable, step):
        """Changes a variable by a dense gradient and the step's scalars."""
        raise NotImplementedError

    def _update_sparse(self, gradient, variable, step):
        """Changes a variable by `tf.IndexedSlices`; rows may repeat.

        All rows follow the documented rule, in which averages decay where the
        gradient is zero, too; rules that leave such rows alone override it.
        """
        dense = gradient_ops.to_dense(gradient, variable)
        self._update_dense(dense, variable, step)

    def update_step(self, gradient, variable):
        """Changes one variable by its gradient.

        Arguments:
            gradient: Tensor, or `tf.IndexedSlices`.
            variable: The variable, or its part on one replica.
        """
        variable = slots.raw(variable)
        step = self._shared_values(variable.dtype)
        if isinstance(gradient, tf.IndexedSlices):
            self._update_sparse(gradient, variable, step)
        else:
            self._update_dense(gradient, variable, step)

    def _update_variable(self, variable, gradient):
        self.update_step(gradient, variable)

    def _add_slots(self, variables, *names, initial_values=None):
        """Makes slots, in the order of saved files: variable by variable."""
        for variable in variables:
            for name in names:
                value = (initial_values or {}).get(name)
                slot = self.add_variable_from_reference(
                    variable,
                    name,
                    shape=variable.shape,
                    initial_value=value,
                )
                self._slots.put(variable, name, slot)

    def _slot(self, variable, name):
        return self._slots.get(variable, name)

    # Scalars of a step

    def _begin_step(self):
        self._step_cache = _StepCache()

    def _end_step(self):
        self._step_cache = None

    def _shared_values(self, dtype):
        cache = getattr(self, "_step_cache", None)
        if cache is None:
            return self._step_values(dtype)
        # A function within the step has its own graph and its own tensors.
        graph = None
        if not tf.executing_eagerly():
            graph = id(tf.compat.v1.get_default_graph())
        key = (graph, dtype)
        if key not in cache.values:
            cache.values[key] = self._step_values(dtype)
        return cache.values[key]


class _StepCache:
    """A plain object, which checkpoints do not look into."""

    def __init__(self):
        self.values = {}
