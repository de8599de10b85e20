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
            ema_momentum, ema_overwrite_frequency, jit_compile: see
            `tfk.optimizers.Optimizer`.

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

    def _update_dense(self, gradient, variable, step):
        if variable.dtype.size < 4:
            self._update_half(gradient, variable, step)
            return
        tf.raw_ops.ResourceApplyAdaMax(
            var=variable.handle,
            m=self._slot(variable, "m").handle,
            v=self._slot(variable, "u").handle,
            beta1_power=step["beta_1_power"],
            lr=step["lr"],
            beta1=step["beta_1"],
            beta2=step["beta_2"],
            epsilon=step["epsilon"],
            grad=gradient,
            use_locking=True,
        )

    def _update_half(self, gradient, variable, step):
        # The kernel does not know bfloat16; see `adam.moment_values`, too.
        gradient = tf.cast(gradient, tf.float32)
        m = self._slot(variable, "m")
        u = self._slot(variable, "u")
        new_m = adam.mix(tf.cast(m, tf.float32), gradient, step["beta_1"])
        new_u = tf.maximum(
            step["beta_2"] * tf.cast(u, tf.float32), tf.abs(gradient)
        )
        m.assign(tf.cast(new_m, variable.dtype))
        u.assign(tf.cast(new_u, variable.dtype))
        change = step["lr"] / (1 - step["beta_1_power"]) * new_m
        change /= new_u + step["epsilon"]
        variable.assign_sub(tf.cast(change, variable.dtype))
