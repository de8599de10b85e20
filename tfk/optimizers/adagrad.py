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
"""Adagrad: steps that shrink with the gradients seen."""

import tensorflow as tf

from tfk.optimizers import scalars
from tfk.optimizers import update_rule


class Adagrad(update_rule.UpdateRule):
    """Adagrad: a learning rate for each weight that falls with use.

    For sparse features: rarely seen ones keep long steps.

    ```
    accumulator = accumulator + g**2
    w = w - learning_rate * g / sqrt(accumulator + epsilon)
    ```

    Reference:

    - [Duchi et al., 2011](
        https://www.jmlr.org/papers/volume12/duchi11a/duchi11a.pdf)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        initial_accumulator_value: Float: where the accumulators start.
        epsilon: Float: small number that keeps the division finite.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(1.0)
    >>> optimizer = tfk.optimizers.Adagrad(
    ...     learning_rate=0.5, initial_accumulator_value=3.0
    ... )
    >>> _ = optimizer.minimize(lambda: variable, [variable])
    >>> variable.numpy()
    np.float32(0.75)
    """

    def __init__(
        self,
        learning_rate=0.001,
        initial_accumulator_value=0.1,
        epsilon=1e-7,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="Adagrad",
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
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon
        if initial_accumulator_value < 0:
            raise ValueError(
                "`initial_accumulator_value` must not be negative. Received: "
                f"initial_accumulator_value={initial_accumulator_value}."
            )

    def _create_slots(self, variables):
        start = self.initial_accumulator_value
        self._add_slots(
            variables, "accumulator", initial_values={"accumulator": start}
        )

    def _step_values(self, dtype):
        return {
            "lr": self._rate(dtype),
            "epsilon": scalars.scalar(self.epsilon, dtype),
        }

    # TensorFlow's kernel adds `epsilon` outside of the root.

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
        accumulator = kept["accumulator"] + tf.square(gradient)
        root = tf.math.rsqrt(accumulator + step["epsilon"])
        return step["lr"], gradient * root, {"accumulator": accumulator}

    def _update_sparse(self, gradient, variable, step):
        # Rows without a gradient stay as they are, by the rule.
        self._update_rows(gradient, variable, step)
