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
"""Nadam: Adam with Nesterov's momentum."""

import numpy as np
import tensorflow as tf

from tfk.optimizers import adam
from tfk.optimizers import update_rule
from tfk.utils import tf_internal


class Nadam(update_rule.UpdateRule):
    """Nadam: Adam with Nesterov's momentum.

    It looks one step ahead along the mean gradient. With `t` the number of the
    step and `u[t] = beta_1 * (1 - 0.5 * 0.96**t)`:

    ```
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = u[t + 1] * m / (1 - u[1] * ... * u[t + 1])
    m_hat = m_hat + (1 - u[t]) * g / (1 - u[1] * ... * u[t])
    v_hat = v / (1 - beta_2**t)
    w = w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)
    ```

    Reference:

    - [Dozat, 2015](http://cs229.stanford.edu/proj2015/054_report.pdf)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        beta_1: Float: how much of the old mean of gradients is kept.
        beta_2: Float: how much of the old mean of squared gradients is kept.
        epsilon: Float: small number that keeps the division finite.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(10.0)
    >>> optimizer = tfk.optimizers.Nadam(learning_rate=0.1)
    >>> _ = optimizer.minimize(lambda: variable**2 / 2, [variable])
    >>> print(round(float(variable), 4))
    9.8937
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
        name="Nadam",
        gradient_accumulation_steps=None,
        **kwargs,
    ):
        # Before tf.keras 2.11, `decay` was this, and not of the learning rate.
        old_decay = kwargs.pop("decay", None)
        self.schedule_decay = kwargs.pop("schedule_decay", old_decay)
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
        with tf.init_scope():
            # The product of all u so far. Keras keeps it out of `variables`.
            self._u_product = tf.Variable(
                1.0,
                name="u_product",
                trainable=False,
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )

    def _create_slots(self, variables):
        self._add_slots(variables, "m", "v")

    @property
    def _decay_of_momentum(self):
        if self.schedule_decay is None:
            return 0.96
        return 0.96**self.schedule_decay

    def _momentum_at(self, count):
        return self.beta_1 * (1 - 0.5 * tf.pow(self._decay_of_momentum, count))

    def _derive_state(self):
        counts = np.arange(1, self.iterations.numpy() + 1)
        momenta = self.beta_1 * (1 - 0.5 * self._decay_of_momentum**counts)
        for part in tf_internal.parts_of(self._u_product):
            part.assign(np.prod(momenta))

    def get_config(self):
        config = super().get_config()
        if self.schedule_decay is not None:
            config["schedule_decay"] = self.schedule_decay
        return config

    def _update_all(self, update, gradients, variables):
        u = self._momentum_at(tf.cast(self.iterations + 1, tf.float32))
        super()._update_all(update, gradients, variables)
        self._u_product.assign(self._u_product * u)

    def _step_values(self, dtype):
        count = tf.cast(self.iterations + 1, tf.float32)
        u, next_u = self._momentum_at(count), self._momentum_at(count + 1)
        product = self._u_product * u
        values = adam.moment_values(self, dtype)
        of_m = next_u / (1 - product * next_u)
        of_gradient = (1 - u) / (1 - product)
        values["of_m"] = tf.cast(of_m, values["lr"].dtype)
        values["of_gradient"] = tf.cast(of_gradient, values["lr"].dtype)
        return values

    def _rule(self, gradient, weight, kept, step):
        m = update_rule.mix(kept["m"], gradient, step["beta_1"])
        v = update_rule.mix(kept["v"], tf.square(gradient), step["beta_2"])
        ahead = step["of_m"] * m + step["of_gradient"] * gradient
        size = tf.sqrt(v / (1 - step["beta_2_power"])) + step["epsilon"]
        return step["lr"], ahead / size, {"m": m, "v": v}
