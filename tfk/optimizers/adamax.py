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
"""Adamax: Adam with the infinity norm."""

import tensorflow as tf

from tfk.optimizers import adam
from tfk.optimizers import update_rule


class Adamax(update_rule.UpdateRule):
    """Adamax: Adam with the largest recent gradient in place of the mean.

    Sometimes steadier than Adam, above all for embeddings. With `t` the number
    of the step:

    ```
    m = beta_1 * m + (1 - beta_1) * g
    u = max(beta_2 * u, abs(g))
    w = w - learning_rate / (1 - beta_1**t) * m / (u + epsilon)
    ```

    Reference:

    - [Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980), section 7.

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        beta_1: Float: how much of the old mean of gradients is kept.
        beta_2: Float: how much of the old largest gradient is kept.
        epsilon: Float: small number that keeps the division finite.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(10.0)
    >>> optimizer = tfk.optimizers.Adamax(learning_rate=0.1)
    >>> _ = optimizer.minimize(lambda: variable**2 / 2, [variable])
    >>> variable.numpy()
    np.float32(9.9)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="Adamax",
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _create_slots(self, variables):
        self._add_slots(variables, "m", "u")

    def _step_values(self, dtype):
        return adam.moment_values(self, dtype)

    def _rule(self, gradient, weight, kept, step):
        m = update_rule.mix(kept["m"], gradient, step["beta_1"])
        u = tf.maximum(step["beta_2"] * kept["u"], tf.abs(gradient))
        rate = step["lr"] / (1 - step["beta_1_power"])
        return rate, m / (u + step["epsilon"]), {"m": m, "u": u}

    def _update_dense(self, gradient, variable, step):
        if update_rule.is_half(variable.dtype):
            super()._update_dense(gradient, variable, step)
            return
        handles = self._handles(variable)
        tf.raw_ops.ResourceApplyAdaMax(
            var=variable.handle,
            m=handles["m"],
            v=handles["u"],
            beta1_power=step["beta_1_power"],
            lr=step["lr"],
            beta1=step["beta_1"],
            beta2=step["beta_2"],
            epsilon=step["epsilon"],
            grad=gradient,
            use_locking=True,
        )
