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
"""Adadelta: steps in the unit of the weights."""

import tensorflow as tf

from tfk.optimizers import scalars
from tfk.optimizers import update_rule


class Adadelta(update_rule.UpdateRule):
    """Adadelta: steps scaled by the recent size of steps and gradients.

    Like Adagrad, with averages in place of sums, so that learning does not
    come to a halt. The paper's own learning rate is 1.0.

    ```
    accumulated_grad = rho * accumulated_grad + (1 - rho) * g**2
    step = g * sqrt(accumulated_delta_var + epsilon)
    step = step / sqrt(accumulated_grad + epsilon)
    accumulated_delta_var = rho * accumulated_delta_var + (1 - rho) * step**2
    w = w - learning_rate * step
    ```

    Reference:

    - [Zeiler, 2012](https://arxiv.org/abs/1212.5701)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        rho: Float: how much of the old averages is kept.
        epsilon: Float: small number that starts the steps.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(1.0)
    >>> optimizer = tfk.optimizers.Adadelta(learning_rate=1.0)
    >>> _ = optimizer.minimize(lambda: variable**2, [variable])
    >>> print(round(float(variable), 4))
    0.9986
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.95,
        epsilon=1e-7,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="Adadelta",
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
        self.epsilon = epsilon

    def _create_slots(self, variables):
        self._add_slots(variables, "accumulated_grad", "accumulated_delta_var")

    def _step_values(self, dtype):
        return {
            "lr": self._rate(dtype),
            "rho": scalars.scalar(self.rho, dtype),
            "epsilon": scalars.scalar(self.epsilon, dtype),
        }

    def update_step(self, grad, variable, learning_rate=None):
        """Changes one variable by its gradient.

        Arguments:
            grad: Tensor, or `tf.IndexedSlices`.
            variable: The variable, or its part on one replica.
            learning_rate: Number or scalar tensor; the optimizer's own by
                default.
        """
        # The argument has another name in Keras' class, too.
        super().update_step(grad, variable, learning_rate)

    def _rule(self, gradient, weight, kept, step):
        epsilon = step["epsilon"]
        seen = update_rule.mix(
            kept["accumulated_grad"], tf.square(gradient), step["rho"]
        )
        moved = kept["accumulated_delta_var"]
        change = gradient * tf.sqrt((moved + epsilon) / (seen + epsilon))
        moved = update_rule.mix(moved, tf.square(change), step["rho"])
        new = {"accumulated_grad": seen, "accumulated_delta_var": moved}
        return step["lr"], change, new

    def _update_dense(self, gradient, variable, step):
        if update_rule.is_half(variable.dtype):
            super()._update_dense(gradient, variable, step)
            return
        handles = self._handles(variable)
        tf.raw_ops.ResourceApplyAdadelta(
            var=variable.handle,
            accum=handles["accumulated_grad"],
            accum_update=handles["accumulated_delta_var"],
            grad=gradient,
            use_locking=True,
            **step,
        )
