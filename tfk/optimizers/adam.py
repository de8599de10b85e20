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
            ema_momentum, ema_overwrite_frequency, jit_compile: see
            `tfk.optimizers.Optimizer`.

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
        self.adaptive_epsilon = adaptive_epsilon
        self.amsgrad = amsgrad

    def _create_slots(self, variables):
        self._add_slots(variables, "m", "v")
        if self.amsgrad:
            self._add_slots(variables, "vhat")

    def _step_values(self, dtype):
        return moment_values(self, dtype)

    def _update_dense(self, gradient, variable, step):
        if self.amsgrad or variable.dtype.size < 4:
            self._update_plain(gradient, variable, step)
            return
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._slot(variable, "m").handle,
            v=self._slot(variable, "v").handle,
            beta1_power=step["beta_1_power"],
            beta2_power=step["beta_2_power"],
            lr=step["lr"],
            beta1=step["beta_1"],
            beta2=step["beta_2"],
            epsilon=step["epsilon"],
            grad=gradient,
            use_locking=True,
        )

    def _update_plain(self, gradient, variable, step):
        # XLA does not know the kernel for amsgrad, and in half precision the
        # kernels do all arithmetic with three digits, where 0.999 is 1.
        wide = step["lr"].dtype
        gradient = tf.cast(gradient, wide)
        m = self._slot(variable, "m")
        v = self._slot(variable, "v")
        new_m = mix(tf.cast(m, wide), gradient, step["beta_1"])
        new_v = mix(tf.cast(v, wide), tf.square(gradient), step["beta_2"])
        m.assign(tf.cast(new_m, variable.dtype))
        v.assign(tf.cast(new_v, variable.dtype))
        if self.amsgrad:
            vhat = self._slot(variable, "vhat")
            new_v = tf.maximum(tf.cast(vhat, wide), new_v)
            vhat.assign(tf.cast(new_v, variable.dtype))
        rate = step["lr"] * tf.sqrt(1 - step["beta_2_power"])
        rate /= 1 - step["beta_1_power"]
        change = rate * new_m / (tf.sqrt(new_v) + step["epsilon"])
        variable.assign_sub(tf.cast(change, variable.dtype))


def mix(average, value, kept):
    """Returns a running average after one more value."""
    return average + (value - average) * (1 - kept)


def moment_values(optimizer, dtype):
    """Returns the scalars of a step of Adam and its relatives.

    Arguments:
        optimizer: An optimizer with `beta_1`, `beta_2` and `epsilon`.
        dtype: The type of the variables to update.
    """
    # Half precision knows no 0.999: its steps are computed in float32.
    if dtype.size < 4:
        dtype = tf.float32
    count = tf.cast(optimizer.iterations + 1, dtype)
    beta_1 = scalars.scalar(optimizer.beta_1, dtype)
    beta_2 = scalars.scalar(optimizer.beta_2, dtype)
    beta_2_power = tf.pow(beta_2, count)
    epsilon = scalars.scalar(optimizer.epsilon, dtype)
    if getattr(optimizer, "adaptive_epsilon", False):
        epsilon *= tf.sqrt(1 - beta_2_power)
    return {
        "lr": scalars.scalar(optimizer.learning_rate, dtype),
        "beta_1": beta_1,
        "beta_2": beta_2,
        "beta_1_power": tf.pow(beta_1, count),
        "beta_2_power": beta_2_power,
        "epsilon": epsilon,
    }
