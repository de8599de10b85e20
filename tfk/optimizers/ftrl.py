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
"""FTRL: online learning of sparse linear models."""

import tensorflow as tf

from tfk.optimizers import scalars
from tfk.optimizers import update_rule


class Ftrl(update_rule.UpdateRule):
    """FTRL ("follow the regularized leader"), for sparse linear models.

    For click-through models and others that are shallow and have very many
    features: `l1_regularization_strength` sets most weights to exactly zero.

    ```
    g = g + 2 * l2_shrinkage_regularization_strength * w
    new_n = n + g_without_shrinkage**2
    sigma = (new_n**-learning_rate_power - n**-learning_rate_power)
    linear = linear + g - sigma / learning_rate * w
    quadratic = new_n**-learning_rate_power / learning_rate + 2 * l2
    w = (clip(linear, -l1, l1) - linear) / quadratic
    n = new_n
    ```

    with `l2 = l2_regularization_strength + beta / (2 * learning_rate)`. Since
    `w` follows from `linear`, which starts at zero, the first step sets weights
    without a gradient to zero: sparse gradients do so for rows that they leave
    out.

    Reference:

    - [McMahan et al., 2013](
        https://research.google.com/pubs/archive/41159.pdf)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        learning_rate_power: Float, not above 0: how fast the learning rate
            falls with the gradients seen; 0 for not at all.
        initial_accumulator_value: Float: where the sums `n` of squared
            gradients start.
        l1_regularization_strength: Float, not below 0.
        l2_regularization_strength: Float, not below 0: the penalty inside the
            rule.
        l2_shrinkage_regularization_strength: Float, not below 0: a penalty on
            the size of the weights alone.
        beta: Float: the paper's beta.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable([1.0, 1.0])
    >>> optimizer = tfk.optimizers.Ftrl(
    ...     learning_rate=1.0, l1_regularization_strength=0.5
    ... )
    >>> _ = optimizer.apply_gradients([(tf.constant([2.0, 0.1]), variable)])
    >>> variable.numpy()[1]
    np.float32(0.0)
    """

    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="Ftrl",
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
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = (
            l2_shrinkage_regularization_strength
        )
        self.beta = beta
        self._check_signs()

    def _check_signs(self):
        for name in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            value = getattr(self, name)
            if value < 0:
                raise ValueError(
                    f"`{name}` must not be negative. Received: {name}={value}."
                )
        if self.learning_rate_power > 0:
            raise ValueError(
                "`learning_rate_power` must not be positive. Received: "
                f"learning_rate_power={self.learning_rate_power}."
            )

    def _create_slots(self, variables):
        start = self.initial_accumulator_value
        self._add_slots(
            variables,
            "accumulator",
            "linear",
            initial_values={"accumulator": start},
        )

    def _step_values(self, dtype):
        lr = self._rate(dtype)
        l2 = scalars.scalar(self.l2_regularization_strength, dtype)
        return {
            "lr": lr,
            "l1": scalars.scalar(self.l1_regularization_strength, dtype),
            "l2": l2 + scalars.scalar(self.beta, dtype) / (2 * lr),
            "l2_shrinkage": scalars.scalar(
                self.l2_shrinkage_regularization_strength, dtype
            ),
            "lr_power": scalars.scalar(self.learning_rate_power, dtype),
        }

    def _rule(self, gradient, weight, kept, step):
        old = kept["accumulator"]
        accumulator = old + tf.square(gradient)
        power = -step["lr_power"]
        root = tf.pow(accumulator, power)
        sigma = (root - tf.pow(old, power)) / step["lr"]
        gradient += 2 * step["l2_shrinkage"] * weight
        linear = kept["linear"] + gradient - sigma * weight
        bounded = tf.clip_by_value(linear, -step["l1"], step["l1"])
        new_weight = (bounded - linear) / (root / step["lr"] + 2 * step["l2"])
        new = {"accumulator": accumulator, "linear": linear}
        return tf.ones_like(step["lr"]), weight - new_weight, new

    def _update_dense(self, gradient, variable, step):
        if update_rule.is_half(variable.dtype):
            super()._update_dense(gradient, variable, step)
            return
        handles = self._handles(variable)
        tf.raw_ops.ResourceApplyFtrlV2(
            var=variable.handle,
            accum=handles["accumulator"],
            linear=handles["linear"],
            grad=gradient,
            use_locking=True,
            **step,
        )
