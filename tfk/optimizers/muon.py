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
"""Muon: steps along orthogonalised momentum, for matrices."""

import re

import tensorflow as tf

from tfk.optimizers import adam
from tfk.optimizers import scalars
from tfk.optimizers import update_rule


class Muon(update_rule.UpdateRule):
    """Muon: momentum made orthogonal for matrices, Adam for all else.

    For the matrices of hidden layers, mostly of Transformers. Variables of two
    axes follow

    ```
    m = momentum * m + g
    d = g + momentum * m if nesterov else m
    w = w - learning_rate * rms_rate * sqrt(max(rows, columns)) * orthogonal(d)
    ```

    where `orthogonal` is close to the nearest matrix with orthonormal rows or
    columns, found by `ns_steps` rounds of a Newton-Schulz iteration on
    `x = d / norm(d)`:

    ```
    a = x @ transpose(x)
    x = muon_a * x + (muon_b * a + muon_c * a @ a) @ x
    ```

    Variables of fewer or more axes, embeddings and what
    `exclude_layers` names follow `Adam`, with the rate
    `learning_rate * adam_lr_ratio`. The last layer of a classifier or language
    model is best excluded as well. The method is young: compare it with
    `AdamW` on your task.

    References:

    - [Jordan et al., 2024](https://kellerjordan.github.io/posts/muon/)
    - [Liu et al., 2025](https://arxiv.org/abs/2502.16982) for `rms_rate`.

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        adam_beta_1: Float: Adam's `beta_1`.
        adam_beta_2: Float: Adam's `beta_2`.
        adam_weight_decay: Float: `weight_decay` of what follows Adam.
        epsilon: Float: Adam's `epsilon`.
        weight_decay: Float: the share of the matrices, times the learning
            rate, that is taken off in each step.
        name: String.
        exclude_layers: List of regular expressions: variables whose name
            contains a match follow Adam.
        exclude_embeddings: Boolean: whether variables with "embedding" in their
            name, in upper or lower case, follow Adam.
        muon_a: Float: see above.
        muon_b: Float: see above.
        muon_c: Float: see above.
        adam_lr_ratio: Float: Adam's learning rate as a share of this one.
        momentum: Float: how much of the old momentum is kept.
        ns_steps: Integer: rounds of the iteration.
        nesterov: Boolean: whether to look one step ahead.
        rms_rate: Float: the usual size of a weight's step, in learning rates;
            with 0.2 a learning rate for AdamW fits. None for orthonormal steps
            of the length that they have.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> matrix = tf.Variable(tf.zeros((2, 2)))
    >>> optimizer = tfk.optimizers.Muon(learning_rate=1.0, rms_rate=None)
    >>> gradient = tf.constant([[4.0, 0.0], [0.0, -3.0]])
    >>> _ = optimizer.apply_gradients([(gradient, matrix)])
    >>> print(np.sign(matrix))  # About minus the nearest orthogonal matrix.
    [[-1.  0.]
     [ 0.  1.]]
    """

    _is_in_tf_keras = False

    def __init__(
        self,
        learning_rate=0.001,
        adam_beta_1=0.9,
        adam_beta_2=0.999,
        adam_weight_decay=0.004,
        epsilon=1e-7,
        weight_decay=0.004,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        exclude_layers=None,
        exclude_embeddings=True,
        muon_a=3.4445,
        muon_b=-4.775,
        muon_c=2.0315,
        adam_lr_ratio=1,
        momentum=0.95,
        ns_steps=5,
        nesterov=True,
        rms_rate=0.2,
        **kwargs,
    ):
        super().__init__(
            name=name or "Muon",
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
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = self._no_dependency(exclude_layers)
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def _create_slots(self, variables):
        for variable in variables:
            names = ("m", "v") if self._is_for_adam(variable) else ("m",)
            self._add_slots([variable], *names)

    def _is_for_adam(self, variable):
        if variable.shape.rank != 2:
            return True
        patterns = list(self.exclude_layers or ())
        if self.exclude_embeddings:
            patterns.append("(?i)embedding")
        return any(re.search(p, variable.name) for p in patterns)

    def _weight_decay_of(self, variable):
        if _follows_adam(self._slots.of(variable)):
            return self.adam_weight_decay
        return self.weight_decay

    def _step_values(self, dtype):
        betas = (self.adam_beta_1, self.adam_beta_2)
        values = adam.moment_values(self, dtype, betas)
        values["momentum"] = scalars.scalar(self.momentum, dtype)
        return values

    def _rule(self, gradient, weight, kept, step):
        if _follows_adam(kept):
            return adam.moment_rule(gradient, kept, self._for_adam(step))
        m = step["momentum"] * kept["m"] + gradient
        ahead = gradient + step["momentum"] * m if self.nesterov else m
        direction = self.zeropower_via_newtonschulz5(ahead, self.ns_steps)
        return step["lr"], self.lr_adjust(direction), {"m": m}

    def _update_dense(self, gradient, variable, step):
        handles = self._handles(variable)
        if update_rule.is_half(variable.dtype) or not _follows_adam(handles):
            super()._update_dense(gradient, variable, step)
            return
        adam.apply_moments(variable, handles, gradient, self._for_adam(step))

    def _for_adam(self, step):
        return {**step, "lr": step["lr"] * self.adam_lr_ratio}

    def zeropower_via_newtonschulz5(self, x, steps):
        """Returns matrices close to the nearest orthogonal ones.

        Arguments:
            x: Tensor of shape `(..., rows, columns)`.
            steps: Integer: rounds of the iteration.
        """
        is_tall = x.shape[-2] > x.shape[-1]
        if is_tall:
            x = self.transpose_last_axis(x)
        norm = tf.norm(x, axis=(-2, -1), keepdims=True)
        x = tf.math.divide_no_nan(x, norm)
        for _ in range(steps):
            a = tf.matmul(x, x, transpose_b=True)
            b = self.muon_b * a + self.muon_c * tf.matmul(a, a)
            x = self.muon_a * x + tf.matmul(b, x)
        return self.transpose_last_axis(x) if is_tall else x

    def transpose_last_axis(self, X):
        """Returns matrices with rows and columns exchanged.

        Arguments:
            X: Tensor of shape `(..., rows, columns)`.
        """
        return tf.linalg.matrix_transpose(X)

    def lr_adjust(self, x):
        """Scales a direction so that its elements have the size `rms_rate`.

        Arguments:
            x: Tensor of shape `(..., rows, columns)`.
        """
        if self.rms_rate is None:
            return x
        return x * (self.rms_rate * max(x.shape[-2:]) ** 0.5)


def _follows_adam(slots):
    return "v" in slots
