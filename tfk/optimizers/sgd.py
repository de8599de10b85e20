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
"""Gradient descent, with and without momentum."""

import tensorflow as tf

from tfk.optimizers import scalars
from tfk.optimizers import update_rule


class SGD(update_rule.UpdateRule):
    """Gradient descent, with momentum if wanted.

    The rule to compare others with; with momentum and a schedule it is still
    the usual choice for convolutional networks. Without momentum:

    ```
    w = w - learning_rate * g
    ```

    With momentum:

    ```
    velocity = momentum * velocity - learning_rate * g
    w = w + velocity
    ```

    and with `nesterov=True` the last line is
    `w = w + momentum * velocity - learning_rate * g`.

    Reference:

    - [Sutskever et al., 2013](
        https://proceedings.mlr.press/v28/sutskever13.html)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        momentum: Float in [0, 1]: how much of the last step goes into this one.
        nesterov: Boolean: whether to use Nesterov's momentum.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(1.0)
    >>> optimizer = tfk.optimizers.SGD(learning_rate=0.5, momentum=0.5)
    >>> for _ in range(2):
    ...     _ = optimizer.minimize(lambda: variable**2 / 2, [variable])
    >>> variable.numpy()
    np.float32(0.0)
    """

    def __init__(
        self,
        learning_rate=0.01,
        momentum=0.0,
        nesterov=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="SGD",
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
        self.momentum = momentum
        self.nesterov = nesterov
        if not 0 <= momentum <= 1:
            raise ValueError(
                "`momentum` must be in the range [0, 1]. Received: "
                f"momentum={momentum}."
            )

    def _create_slots(self, variables):
        # Keras saves the slot without momentum, too.
        self._add_slots(variables, "m")

    def _step_values(self, dtype):
        return {
            "lr": self._rate(dtype),
            "momentum": scalars.scalar(self.momentum, dtype),
        }

    def _rule(self, gradient, weight, kept, step):
        if not self.momentum:
            return step["lr"], gradient, {}
        m = step["momentum"] * kept["m"] - step["lr"] * gradient
        ahead = step["momentum"] * m - step["lr"] * gradient
        return (
            -tf.ones_like(step["lr"]),
            ahead if self.nesterov else m,
            {"m": m},
        )

    def _update_dense(self, gradient, variable, step):
        if not self.momentum or update_rule.is_half(variable.dtype):
            super()._update_dense(gradient, variable, step)
            return
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=self._handles(variable)["m"],
            lr=step["lr"],
            grad=gradient,
            momentum=step["momentum"],
            use_locking=True,
            use_nesterov=self.nesterov,
        )

    def _update_sparse(self, gradient, variable, step):
        if self.momentum:
            super()._update_sparse(gradient, variable, step)
            return
        change = step["lr"] * tf.cast(gradient.values, step["lr"].dtype)
        change = tf.cast(change, variable.dtype)
        variable.scatter_sub(tf.IndexedSlices(change, gradient.indices))
