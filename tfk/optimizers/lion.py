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
"""Lion: steps of one length along the sign of the momentum."""

import tensorflow as tf

from tfk.optimizers import scalars
from tfk.optimizers import update_rule


class Lion(update_rule.UpdateRule):
    """Lion: each weight moves by the learning rate, up or down.

    Needs one slot, half of Adam's memory, a learning rate three to ten times
    smaller than AdamW's and a weight decay as many times larger.

    ```
    w = w - learning_rate * sign(beta_1 * m + (1 - beta_1) * g)
    m = beta_2 * m + (1 - beta_2) * g
    ```

    Reference:

    - [Chen et al., 2023](https://arxiv.org/abs/2302.06675)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        beta_1: Float: how much of the momentum goes into a step.
        beta_2: Float: how much of the old momentum is kept.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(10.0)
    >>> optimizer = tfk.optimizers.Lion(learning_rate=0.5)
    >>> _ = optimizer.minimize(lambda: variable**2, [variable])
    >>> variable.numpy()
    np.float32(9.5)
    """

    def __init__(
        self,
        learning_rate=0.0001,
        beta_1=0.9,
        beta_2=0.99,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="Lion",
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
        for beta in (beta_1, beta_2):
            if not 0 < beta <= 1:
                raise ValueError(
                    "`beta_1` and `beta_2` must be above 0 and not above 1. "
                    f"Received: beta_1={beta_1}, beta_2={beta_2}."
                )

    def _create_slots(self, variables):
        self._add_slots(variables, "m")

    def _step_values(self, dtype):
        return {
            "lr": self._rate(dtype),
            "beta_1": scalars.scalar(self.beta_1, dtype),
            "beta_2": scalars.scalar(self.beta_2, dtype),
        }

    def _rule(self, gradient, weight, kept, step):
        direction = update_rule.mix(kept["m"], gradient, step["beta_1"])
        m = update_rule.mix(kept["m"], gradient, step["beta_2"])
        return step["lr"], tf.sign(direction), {"m": m}
