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
from tfk.optimizers import older_checkpoints
from tfk.optimizers import optimizer
from tfk.optimizers import scalars
from tfk.optimizers import slots


class UpdateRule(older_checkpoints.ReadsOlderCheckpoints, optimizer.Optimizer):
    """A rule made of `_create_slots`, `_step_values` and `_rule`.

    `_rule` is the formula, as a function of tensors. Rules for which
    TensorFlow has a kernel override `_update_dense`, too. The numbers that all
    variables of a step share (learning rate, powers of the betas) are computed
    once a step, not once a variable.
    """

    # The rate that `update_step` was given, while it runs.
    _given_rate = None

    def _rate(self, dtype):
        """Returns the learning rate of this step."""
        rate = self._given_rate
        return scalars.scalar(
            self.learning_rate if rate is None else rate, dtype
        )

    def _step_values(self, dtype):
        """Returns a dict of the scalars of this step."""
        return {"lr": self._rate(dtype)}

    def _rule(self, gradient, weight, kept, step):
        """The formula of the rule.

        Arguments:
            gradient: Tensor.
            weight: Tensor: the variable's value.
            kept: Dict of the slots' values, by name.
            step: Dict of the step's scalars.

        Returns:
            A tuple `(rate, direction, new)`: the weight moves by
            `-rate * direction`, the slots in the dict `new` get new values.
        """
        raise NotImplementedError

    def _update_dense(self, gradient, variable, step):
        """Changes a variable by a dense gradient."""
        # Weights in half precision: their arithmetic is that of float32.
        wide = step["lr"].dtype
        own = self._slots.of(variable)
        rate, direction, new = self._rule(
            tf.cast(gradient, wide),
            tf.cast(variable, wide),
            {name: tf.cast(slot, wide) for name, slot in own.items()},
            step,
        )
        for name, value in new.items():
            own[name].assign(tf.cast(value, variable.dtype))
        descend(variable, rate, direction)

    def _update_sparse(self, gradient, variable, step):
        """Changes a variable by `tf.IndexedSlices`; rows may repeat.

        All rows follow the documented rule, in which averages decay where the
        gradient is zero, too; rules that leave such rows alone override it.
        """
        dense = gradient_ops.to_dense(gradient, variable)
        self._update_dense(dense, variable, step)

    def _update_rows(self, gradient, variable, step):
        """Changes the rows of a sparse gradient, and no others, by the rule.

        For rules in which rows without a gradient stay as they are, and that
        do not look at the weights.
        """
        gradient = gradient_ops.sum_duplicates(gradient)
        rows = gradient.indices
        wide = step["lr"].dtype
        own = self._slots.of(variable)
        kept = {
            name: tf.cast(tf.gather(slot, rows), wide)
            for name, slot in own.items()
        }
        rate, direction, new = self._rule(
            tf.cast(gradient.values, wide), None, kept, step
        )
        for name, value in new.items():
            value = tf.cast(value, variable.dtype)
            own[name].scatter_update(tf.IndexedSlices(value, rows))
        change = tf.cast(rate * direction, variable.dtype)
        variable.scatter_sub(tf.IndexedSlices(change, rows))

    def update_step(self, gradient, variable, learning_rate=None):
        """Changes one variable by its gradient.

        Arguments:
            gradient: Tensor, or `tf.IndexedSlices`.
            variable: The variable, or its part on one replica.
            learning_rate: Number or scalar tensor, as Keras 3 passes it; the
                optimizer's own by default.
        """
        variable = slots.raw(variable)
        step = self._shared_values(variable.dtype, learning_rate)
        if isinstance(gradient, tf.IndexedSlices):
            self._update_sparse(gradient, variable, step)
        else:
            self._update_dense(gradient, variable, step)

    def _update_variable(self, variable, gradient):
        self._call_rule(gradient, variable)

    # Slots

    def build(self, var_list):
        super().build(var_list)
        for variable in var_list:
            self._restore_pending(variable)

    def _add_slots(self, variables, *names, initial_values=None):
        """Makes slots, in the order of saved files: variable by variable."""
        for variable in variables:
            for name in names:
                value = (initial_values or {}).get(name)
                self._add_slot(variable, name, variable.shape, value)

    def _add_slot(self, variable, name, shape, initial_value=None):
        slot = self.add_variable_from_reference(
            variable, name, shape=shape, initial_value=initial_value
        )
        self._slots.put(variable, name, slot)

    def _handles(self, variable):
        """Returns the resources of a variable's slots, for kernels."""
        own = self._slots.of(variable)
        return {name: slot.handle for name, slot in own.items()}

    # Scalars of a step

    def _begin_step(self):
        self._step_cache = _StepCache()

    def _end_step(self):
        self._step_cache = None

    def _shared_values(self, dtype, learning_rate=None):
        if is_half(dtype):
            dtype = tf.float32
        if learning_rate is not None:
            self._given_rate = learning_rate
            try:
                return self._step_values(dtype)
            finally:
                self._given_rate = None
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


def is_half(dtype):
    """Whether a type has 16 bits.

    TensorFlow's kernels do all arithmetic in the type of the variable, where
    0.999 may be 1, and some do not know bfloat16.
    """
    return dtype.size < 4


def descend(variable, rate, direction):
    """Takes `rate * direction` off a variable, in one pass over it."""
    if is_half(variable.dtype):
        variable.assign_sub(tf.cast(rate * direction, variable.dtype))
        return
    tf.raw_ops.ResourceApplyGradientDescent(
        var=variable.handle, alpha=rate, delta=direction, use_locking=True
    )


def mix(average, value, kept):
    """Returns a running average after one more value."""
    return average + (value - average) * (1 - kept)
