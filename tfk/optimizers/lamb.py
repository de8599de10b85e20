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
"""Lamb: Adam whose steps are as long as the weights they change."""

import tensorflow as tf

from tfk.optimizers import adam
from tfk.optimizers import update_rule


class Lamb(update_rule.UpdateRule):
    """Lamb: Adam with a step for each variable that fits its size.

    For very large batches, with which Adam's steps would be too long for some
    layers and too short for others. With `t` the number of the step and norms
    over a whole variable:

    ```
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    step = m / (1 - beta_1**t) / (sqrt(v / (1 - beta_2**t)) + epsilon)
    w = w - learning_rate * norm(w) / norm(step) * step
    ```

    Where a norm is 0 their quotient counts as 1. `weight_decay` is taken off
    the weights before, as with other optimizers; in the paper it is a part of
    the step. A sparse gradient counts as zero where it has no rows.

    Reference:

    - [You et al., 2019](https://arxiv.org/abs/1904.00962)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step, as a share of
            the norm of the weights.
        beta_1: Float: how much of the old mean of gradients is kept.
        beta_2: Float: how much of the old mean of squared gradients is kept.
        epsilon: Float: small number that keeps the division finite.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable([3.0, -4.0])
    >>> optimizer = tfk.optimizers.Lamb(learning_rate=0.1)
    >>> _ = optimizer.apply_gradients([(tf.constant([7.0, 0.0]), variable)])
    >>> variable.numpy()  # The step is a tenth of the norm, which was 5.
    array([ 2.5, -4. ], dtype=float32)
    """

    _is_in_tf_keras = False

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
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            name=name or "Lamb",
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            **kwargs,
        )
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _create_slots(self, variables):
        self._add_slots(variables, "m", "v")

    def _step_values(self, dtype):
        return adam.moment_values(self, dtype)

    def _rule(self, gradient, weight, kept, step):
        m = update_rule.mix(kept["m"], gradient, step["beta_1"])
        v = update_rule.mix(kept["v"], tf.square(gradient), step["beta_2"])
        size = tf.sqrt(v / (1 - step["beta_2_power"])) + step["epsilon"]
        direction = m / (1 - step["beta_1_power"]) / size
        trust = _quotient_or_one(tf.norm(weight), tf.norm(direction))
        return step["lr"] * trust, direction, {"m": m, "v": v}


def _quotient_or_one(numerator, denominator):
    quotient = tf.math.divide_no_nan(numerator, denominator)
    return tf.where(quotient > 0, quotient, tf.ones_like(quotient))
