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
"""Adam: steps scaled by running moments of the gradients."""

import tensorflow as tf

from tfk.optimizers import scalars
from tfk.optimizers import update_rule


class Adam(update_rule.UpdateRule):
    """Adam: momentum, with steps scaled by the gradients' usual size.

    A good first choice nearly everywhere. With `t` the number of the step:

    ```
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)
    w = w - rate * m / (sqrt(v) + epsilon)
    ```

    `epsilon` is the "epsilon hat" of the paper's section 2.1. A sparse
    gradient counts as zero where it has no rows: all rows of `m`, `v` and `w`
    follow the rule.

    References:

    - [Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980)
    - [Reddi et al., 2018](https://openreview.net/pdf?id=ryQu7f-RZ) for
        `amsgrad`.

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        beta_1: Float: how much of the old mean of gradients is kept.
        beta_2: Float: how much of the old mean of squared gradients is kept.
        epsilon: Float: small number that keeps the division finite.
        adaptive_epsilon: Boolean: whether `epsilon` is the one of the paper's
            algorithm 1: it is then multiplied by `sqrt(1 - beta_2**t)`.
        amsgrad: Boolean: whether to divide by the largest `v` so far.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(10.0)
    >>> optimizer = tfk.optimizers.Adam(learning_rate=0.1)
    >>> _ = optimizer.minimize(lambda: variable**2 / 2, [variable])
    >>> variable.numpy()  # The first step has the length of the learning rate.
    np.float32(9.9)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        adaptive_epsilon=False,
        amsgrad=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="Adam",
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
        self.adaptive_epsilon = adaptive_epsilon
        self.amsgrad = amsgrad

    def _create_slots(self, variables):
        self._add_slots(variables, "m", "v")
        if self.amsgrad:
            self._add_slots(variables, "vhat")

    def _step_values(self, dtype):
        return moment_values(self, dtype)

    def _rule(self, gradient, weight, kept, step):
        return moment_rule(gradient, kept, step)

    def _update_dense(self, gradient, variable, step):
        # There is a kernel for amsgrad, but XLA does not know that one.
        if self.amsgrad or update_rule.is_half(variable.dtype):
            super()._update_dense(gradient, variable, step)
            return
        apply_moments(variable, self._handles(variable), gradient, step)


def moment_rule(gradient, kept, step):
    """The formula of Adam: `UpdateRule._rule`, for the rules that share it."""
    m = update_rule.mix(kept["m"], gradient, step["beta_1"])
    v = update_rule.mix(kept["v"], tf.square(gradient), step["beta_2"])
    new = {"m": m, "v": v}
    if "vhat" in kept:
        v = new["vhat"] = tf.maximum(kept["vhat"], v)
    rate = step["lr"] * tf.sqrt(1 - step["beta_2_power"])
    rate /= 1 - step["beta_1_power"]
    return rate, m / (tf.sqrt(v) + step["epsilon"]), new


def apply_moments(variable, handles, gradient, step):
    """Makes a step of Adam by TensorFlow's kernel.

    Arguments:
        variable: The variable.
        handles: Dict of the resources of `m` and `v`.
        gradient: Tensor.
        step: What `moment_values` returned.
    """
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        **handles,
        beta1_power=step["beta_1_power"],
        beta2_power=step["beta_2_power"],
        lr=step["lr"],
        beta1=step["beta_1"],
        beta2=step["beta_2"],
        epsilon=step["epsilon"],
        grad=gradient,
        use_locking=True,
    )


def moment_values(optimizer, dtype, betas=None):
    """Returns the scalars of a step of Adam and its relatives.

    Arguments:
        optimizer: An optimizer with `epsilon`.
        dtype: The type of the variables to update.
        betas: Pair of floats; the optimizer's `beta_1` and `beta_2` by default.
    """
    beta_1, beta_2 = betas or (optimizer.beta_1, optimizer.beta_2)
    count = tf.cast(optimizer.iterations + 1, dtype)
    beta_1 = scalars.scalar(beta_1, dtype)
    beta_2 = scalars.scalar(beta_2, dtype)
    beta_2_power = tf.pow(beta_2, count)
    epsilon = scalars.scalar(optimizer.epsilon, dtype)
    if getattr(optimizer, "adaptive_epsilon", False):
        epsilon *= tf.sqrt(1 - beta_2_power)
    return {
        "lr": optimizer._rate(dtype),
        "beta_1": beta_1,
        "beta_2": beta_2,
        "beta_1_power": tf.pow(beta_1, count),
        "beta_2_power": beta_2_power,
        "epsilon": epsilon,
    }
