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
"""Adafactor: Adam's second moment from row and column means."""

import tensorflow as tf

from tfk.optimizers import scalars
from tfk.optimizers import update_rule


class Adafactor(update_rule.UpdateRule):
    """Adafactor: scaled steps without momentum, from means of rows and columns.

    Made for large language models: of the squared gradients of a matrix it
    keeps the means of rows and columns. The learning rate is relative to the
    size of the weights.

    Reference:

    - [Shazeer and Stern, 2018](https://arxiv.org/abs/1804.04235)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        beta_2_decay: Float, below 0: the averages keep `1 - t**beta_2_decay` of
            their old value in step `t`.
        epsilon_1: Float: small number added to squared gradients.
        epsilon_2: Float: the smallest size that weights are taken to have.
        clip_threshold: Float: the root mean square that a step may have.
        relative_step: Boolean: whether the learning rate is at most
            `1 / sqrt(t)`.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(2.0)
    >>> optimizer = tfk.optimizers.Adafactor(learning_rate=0.1)
    >>> _ = optimizer.minimize(lambda: variable**2, [variable])
    >>> variable.numpy()
    np.float32(1.8)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=1e-3,
        clip_threshold=1.0,
        relative_step=True,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="Adafactor",
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def _create_slots(self, variables):
        for variable in variables:
            shape = variable.shape
            if shape.rank >= 2:
                self._add_slot(variable, "r", shape[:-1])
                self._add_slot(variable, "c", shape[:-2] + shape[-1:])
            # Unused beside r and c, but saved by Keras.
            self._add_slot(variable, "v", shape)

    def _step_values(self, dtype):
        count = tf.cast(self.iterations + 1, dtype)
        rate = self._rate(dtype)
        if self.relative_step:
            rate = tf.minimum(rate, tf.math.rsqrt(count))
        kept = 1 - tf.pow(count, scalars.scalar(self.beta_2_decay, dtype))
        return {
            "lr": rate,
            "kept": kept,
            "epsilon_1": scalars.scalar(self.epsilon_1, dtype),
        }

    def _rule(self, gradient, weight, kept, step):
        square = tf.square(gradient) + step["epsilon_1"]
        new = {}
        for name, axis in (("r", -1), ("c", -2)):
            if name in kept:
                mean = tf.reduce_mean(square, axis=axis)
                new[name] = update_rule.mix(kept[name], mean, step["kept"])
        if new:
            r = new["r"] / tf.reduce_mean(new["r"], axis=-1, keepdims=True)
            v = r[..., None] * new["c"][..., None, :]
        else:
            v = new["v"] = update_rule.mix(kept["v"], square, step["kept"])
        change = gradient * tf.math.rsqrt(v)
        change /= tf.maximum(_rms(change) / self.clip_threshold, 1)
        size = tf.maximum(_rms(weight), self.epsilon_2)
        return step["lr"] * size, change, new


def _rms(tensor):
    return tf.sqrt(tf.reduce_mean(tf.square(tensor)))
