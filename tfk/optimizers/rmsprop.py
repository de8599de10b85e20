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
"""RMSprop: steps divided by the gradients' recent size."""

import tensorflow as tf

from tfk.optimizers import gradients
from tfk.optimizers import lazy_decay
from tfk.optimizers import scalars
from tfk.optimizers import slots
from tfk.optimizers import update_rule


class RMSprop(update_rule.UpdateRule):
    """RMSprop: steps divided by the recent size of the gradients.

    The old choice for recurrent networks and reinforcement learning:

    ```
    velocity = rho * velocity + (1 - rho) * g**2
    step = learning_rate * g / sqrt(velocity + epsilon)
    w = w - step
    ```

    With momentum, `momentum * last_step` is added to the step; with
    `centered=True`, the square of the mean gradient is taken off `velocity`.

    Reference:

    - [Hinton, 2012](
        https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        rho: Float: how much of the old mean of squared gradients is kept.
        momentum: Float: how much of the last step goes into this one.
        epsilon: Float: small number that keeps the division finite.
        centered: Boolean: whether to divide by the deviation from the mean
            gradient; steadier sometimes, at the cost of one more slot.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(10.0)
    >>> optimizer = tfk.optimizers.RMSprop(learning_rate=0.1)
    >>> _ = optimizer.minimize(lambda: variable**2 / 2, [variable])
    >>> print(round(float(variable), 4))
    9.6838
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        momentum=0.0,
        epsilon=1e-7,
        centered=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=100,
        jit_compile=True,
        name="RMSprop",
        gradient_accumulation_steps=None,
        **kwargs,
    ):
        super().__init__(
            name=name,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            jit_compile=jit_compile,
            gradient_accumulation_steps=gradient_accumulation_steps,
            **kwargs,
        )
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
        # The kernels write the last step into a variable, which is no state
        # without momentum, and which files then do not hold.
        self._last_steps = slots.SlotTable()
        self._decay = lazy_decay.LazyDecay()

    def _create_slots(self, variables):
        self._add_slots(variables, "velocity")
        if self.momentum:
            self._add_slots(variables, "momentum")
        else:
            for variable in variables:
                last_step = self._make_beside(
                    variable, "last_step", variable.shape, None
                )
                self._last_steps.put(variable, "momentum", last_step)
                self._decay_lazily(variable)
        if self.centered:
            self._add_slots(variables, "average_gradient")

    def _decay_lazily(self, variable):
        is_table = variable.shape.rank == 2
        if (
            not is_table
            or self.rho < 0.5
            or update_rule.is_half(variable.dtype)
        ):
            return
        scale = self._make_beside(variable, "scale", (), 1.0)
        self._decay.add(variable, scale)

    def _settle(self):
        for variable in self._built_for:
            if self._decay.is_lazy(variable):
                slots.update_copies(variable, self._settle_copy)

    def _settle_copy(self, variable):
        self._decay.settle(variable, list(self._slots.of(variable).values()))

    def _step_values(self, dtype):
        return {
            "lr": self._rate(dtype),
            "rho": scalars.scalar(self.rho, dtype),
            "momentum": scalars.scalar(self.momentum, dtype),
            "epsilon": scalars.scalar(self.epsilon, dtype),
        }

    def _direction(self, gradient, velocity, step, average_gradient=None):
        variance = velocity + step["epsilon"]
        if average_gradient is not None:
            variance -= tf.square(average_gradient)
        return gradient * tf.math.rsqrt(variance)

    def _rule(self, gradient, weight, kept, step):
        square = tf.square(gradient)
        velocity = update_rule.mix(kept["velocity"], square, step["rho"])
        new = {"velocity": velocity}
        if self.centered:
            new["average_gradient"] = update_rule.mix(
                kept["average_gradient"], gradient, step["rho"]
            )
        direction = self._direction(gradient, step=step, **new)
        if not self.momentum:
            return step["lr"], direction, new
        change = step["momentum"] * kept["momentum"] + step["lr"] * direction
        new["momentum"] = change
        return tf.ones_like(step["lr"]), change, new

    def _update_dense(self, gradient, variable, step):
        if update_rule.is_half(variable.dtype):
            super()._update_dense(gradient, variable, step)
            return
        handles = self._handles(variable)
        if not self.momentum:
            self._settle_copy(variable)
            last_step = self._last_steps.of(variable)["momentum"]
            handles["momentum"] = last_step.handle
        arguments = dict(
            var=variable.handle,
            ms=handles["velocity"],
            mom=handles["momentum"],
            grad=gradient,
            use_locking=True,
            **step,
        )
        if self.centered:
            tf.raw_ops.ResourceApplyCenteredRMSProp(
                mg=handles["average_gradient"], **arguments
            )
        else:
            tf.raw_ops.ResourceApplyRMSProp(**arguments)

    def _update_sparse(self, gradient, variable, step):
        if self.momentum:
            super()._update_sparse(gradient, variable, step)
            return
        # Averages decay in all rows; weights move in those of the gradient.
        gradient = gradients.sum_duplicates(gradient)
        rows = gradient.indices
        values = tf.cast(gradient.values, step["lr"].dtype)
        added = {"velocity": tf.square(values), "average_gradient": values}
        own, now = self._slots.of(variable), {}
        scale = self._decay.shrink(variable, own.values(), step["rho"])
        for name, slot in own.items():
            new = tf.cast((1 - step["rho"]) / scale * added[name], slot.dtype)
            slot.scatter_add(tf.IndexedSlices(new, rows))
            now[name] = scale * tf.cast(tf.gather(slot, rows), values.dtype)
        direction = self._direction(values, step=step, **now)
        change = tf.cast(step["lr"] * direction, variable.dtype)
        variable.scatter_sub(tf.IndexedSlices(change, rows))
