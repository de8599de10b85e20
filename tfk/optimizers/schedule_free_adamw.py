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
"""ScheduleFreeAdamW: AdamW that averages its weights, without a schedule."""

import tensorflow as tf

from tfk.optimizers import scalars
from tfk.optimizers import slots
from tfk.optimizers import update_rule


class ScheduleFreeAdamW(update_rule.UpdateRule):
    """AdamW with an average of the weights in place of a schedule.

    For trainings whose length is not known in advance: no schedule has to end
    when they do. The learning rate stays constant after the warmup; the weights
    to use are the average `x` of the sequence `z` that AdamW walks along,
    while gradients are taken at `y` between the two. With `t` the number of the
    step:

    ```
    v = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * min(1, t / warmup_steps)
    step = g / (sqrt(v / (1 - beta_2**t)) + epsilon)
    z = z - rate * (step + weight_decay * y)
    c = rate**2 / (sum of rate**2 of all steps)
    x = (1 - c) * x + c * z
    y = (1 - beta_1) * z + beta_1 * x
    ```

    While it trains, the model's variables hold `y`. `fit` sets them to `x` at
    its end. For validation and checkpoints within `fit` to use `x`, add the
    callback `tfk.callbacks.SwapEMAWeights`. In a training loop of your own,
    call `swap_averages` before you evaluate or save, and again before you go
    on; a step after `finalize_variable_values` goes on from `y` by itself.

    As in the authors' code, `v` is corrected by `1 - beta_2**t`; in the paper
    the rate is, and with it the shares `c`. Keras 3 has the same `z`, and `x`
    without warmup and decay; but it leaves `beta_1` out and takes gradients at
    `x`, which is another method.

    Reference:

    - [Defazio et al., 2024](https://arxiv.org/abs/2405.15682)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step; up to ten
            times that of AdamW.
        beta_1: Float, above 0: how close to the average gradients are taken.
        beta_2: Float: how much of the old mean of squared gradients is kept.
        epsilon: Float: small number that keeps the division finite.
        warmup_steps: Integer: steps in which the rate grows to its full size.
        weight_decay: Float: the share of the weights, times the rate, that is
            taken off in each step.
        name: String.
        clipnorm, clipvalue, global_clipnorm, loss_scale_factor,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.
        use_ema, ema_momentum, ema_overwrite_frequency: see
            `tfk.optimizers.Optimizer`. The moving average of `y` then takes
            the place of `x` in `finalize_variable_values` and `swap_averages`.

    Example:

    >>> variable = tf.Variable(10.0)
    >>> optimizer = tfk.optimizers.ScheduleFreeAdamW(learning_rate=0.5)
    >>> for _ in range(100):
    ...     _ = optimizer.minimize(lambda: variable**2 / 2, [variable])
    >>> optimizer.finalize_variable_values([variable])
    >>> print(abs(float(variable)) < 1.0)
    True
    """

    _is_in_tf_keras = False

    def __init__(
        self,
        learning_rate=0.0025,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        warmup_steps=0,
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
            name=name or "ScheduleFreeAdamW",
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
        if not 0 < beta_1 <= 1:
            raise ValueError(
                "`beta_1` must be above 0 and not above 1. Received: "
                f"beta_1={beta_1}."
            )
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps
        self._decayed = slots.SlotTable()

    def _create_slots(self, variables):
        if not hasattr(self, "_weight_sum"):
            self._weight_sum = self.add_variable((), name="weight_sum")
            self._weights_are_averages = self.add_variable(
                (), tf.int64, name="weights_are_averages"
            )
        for variable in variables:
            self._add_slots([variable], "z", initial_values={"z": variable})
            self._add_slots([variable], "v")
            self._decayed.put(variable, "is", self._use_weight_decay(variable))

    def _decay_weights(self, variable):
        """Does nothing: the decay is a part of the rule."""

    # A step

    def _warm_rate(self, count, dtype):
        rate = self._rate(dtype)
        if self.warmup_steps:
            warmth = tf.cast(count, dtype) / self.warmup_steps
            rate = rate * tf.minimum(warmth, 1)
        return rate

    def _step_values(self, dtype):
        count = self.iterations + 1
        rate = self._warm_rate(count, dtype)
        weight = tf.square(rate)
        beta_2 = scalars.scalar(self.beta_2, dtype)
        total = tf.cast(self._weight_sum, dtype) + weight
        return {
            "lr": rate,
            "share": tf.math.divide_no_nan(weight, total),
            "beta_1": scalars.scalar(self.beta_1, dtype),
            "beta_2": beta_2,
            "beta_2_power": tf.pow(beta_2, tf.cast(count, dtype)),
            "epsilon": scalars.scalar(self.epsilon, dtype),
            "decay": scalars.scalar(self.weight_decay or 0.0, dtype),
            "is_first": tf.equal(self.iterations, 0),
            "is_at_average": tf.cast(self._weights_are_averages, tf.bool),
        }

    def _update_all(self, update, gradients, variables):
        super()._update_all(update, gradients, variables)
        rate = self._warm_rate(self.iterations, self._weight_sum.dtype)
        self._weight_sum.assign_add(tf.square(rate))
        if not self.use_ema:
            self._weights_are_averages.assign(0)

    def _update_dense(self, gradient, variable, step):
        if not self._decayed.of(variable)["is"]:
            step = {**step, "decay": tf.zeros_like(step["decay"])}
        super()._update_dense(gradient, variable, step)

    def _rule(self, gradient, weight, kept, step):
        # Weights that were loaded after `build` count in the first step.
        z = tf.where(step["is_first"], weight, kept["z"])
        y = tf.where(
            step["is_at_average"], _y_from_x(weight, z, step["beta_1"]), weight
        )
        v = update_rule.mix(kept["v"], tf.square(gradient), step["beta_2"])
        size = tf.sqrt(v / (1 - step["beta_2_power"])) + step["epsilon"]
        change = gradient / size + step["decay"] * y
        x = _x_from_y(y, z, step["beta_1"])
        z -= step["lr"] * change
        x += step["share"] * (z - x)
        y = _y_from_x(x, z, step["beta_1"])
        return tf.ones_like(step["lr"]), weight - y, {"z": z, "v": v}

    # Between training and use of the weights

    _keeps_averages = True

    @property
    def holds_averages(self) -> bool:
        """Whether the weights are averages: after `swap_averages`."""
        if self.use_ema:
            return super().holds_averages
        return self.built and bool(self._weights_are_averages.numpy())

    def swap_averages(self, var_list=None):
        """Turns variables from `y`, for training, into `x`, for use, or back.

        Arguments:
            var_list: The variables; by default all that the optimizer was built
                for.
        """
        if self.use_ema:
            super().swap_averages(var_list)
            return
        convert = _y_from_x if self.holds_averages else _x_from_y
        for variable in map(slots.raw, var_list or self._built_for):
            z = self._slots.of(variable)["z"]
            slots.update_copies(variable, self._convert, convert, z)
        self._weights_are_averages.assign(int(not self.holds_averages))

    def _convert(self, variable, convert, z):
        beta_1 = scalars.scalar(self.beta_1, variable.dtype)
        variable.assign(convert(variable, z, beta_1))

    def finalize_variable_values(self, var_list):
        """Sets variables to the averages `x`; for the end of training.

        Arguments:
            var_list: The variables to set.
        """
        if self.use_ema:
            super().finalize_variable_values(var_list)
        elif not self.holds_averages:
            self.swap_averages(var_list)


def _x_from_y(y, z, beta_1):
    return z + (y - z) / beta_1


def _y_from_x(x, z, beta_1):
    return z + (x - z) * beta_1
