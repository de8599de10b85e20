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
"""Learning rates that follow the number of the step."""

import math

import tensorflow as tf

from tfk.saving import budget
from tfk.saving import configurable
from tfk.saving import object_family


class LearningRateSchedule(configurable.Configurable):
    """Base class of schedules: functions of the number of the step.

    Pass one to an optimizer as its `learning_rate`. A subclass implements
    `__call__` and keeps its constructor arguments under their names.

    Example:

    >>> class Warmup(tfk.optimizers.schedules.LearningRateSchedule):
    ...     def __init__(self, rate, steps):
    ...         self.rate = rate
    ...         self.steps = steps
    ...
    ...     def __call__(self, step):
    ...         done = tf.cast(step, tf.float32) / self.steps
    ...         return self.rate * tf.minimum(done, 1.0)
    >>> Warmup(0.1, steps=10)(5).numpy()
    np.float32(0.05)
    """

    def __call__(self, step):
        """Returns the learning rate of a step.

        Arguments:
            step: Integer, scalar tensor or variable: how many steps were made.
        """
        raise NotImplementedError(
            f"`{type(self).__name__}` needs a `__call__(self, step)` that "
            "returns the learning rate."
        )


class ExponentialDecay(LearningRateSchedule):
    """Multiplies the learning rate by a constant every so many steps.

    ```
    initial_learning_rate * decay_rate ** (step / decay_steps)
    ```

    Arguments:
        initial_learning_rate: Float.
        decay_steps: Integer: steps in which the rate falls by `decay_rate`.
        decay_rate: Float.
        staircase: Boolean: whether the rate changes only every `decay_steps`.
        name: String.

    Example:

    >>> schedule = tfk.optimizers.schedules.ExponentialDecay(1.0, 10, 0.25)
    >>> [float(schedule(step)) for step in (0, 5, 10)]
    [1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name=None,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        with tf.name_scope(self.name or "ExponentialDecay"):
            rate = tf.convert_to_tensor(self.initial_learning_rate)
            periods = _periods(step, self.decay_steps, rate, self.staircase)
            return rate * tf.pow(tf.cast(self.decay_rate, rate.dtype), periods)


class InverseTimeDecay(LearningRateSchedule):
    """Divides the learning rate by a number that grows with the steps.

    ```
    initial_learning_rate / (1 + decay_rate * step / decay_steps)
    ```

    Arguments:
        initial_learning_rate: Float.
        decay_steps: Integer: steps in which the divisor grows by `decay_rate`.
        decay_rate: Float.
        staircase: Boolean: whether the rate changes only every `decay_steps`.
        name: String.

    Example:

    >>> schedule = tfk.optimizers.schedules.InverseTimeDecay(1.0, 10, 1.0)
    >>> [float(schedule(step)) for step in (0, 10, 30)]
    [1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        decay_rate,
        staircase=False,
        name=None,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        with tf.name_scope(self.name or "InverseTimeDecay"):
            rate = tf.convert_to_tensor(self.initial_learning_rate)
            periods = _periods(step, self.decay_steps, rate, self.staircase)
            return rate / (1 + tf.cast(self.decay_rate, rate.dtype) * periods)


def _periods(step, decay_steps, rate, staircase):
    step = tf.cast(step, rate.dtype)
    decay_steps = tf.cast(decay_steps, rate.dtype)
    if staircase:
        # Graphs turn a division by a constant into a product, whose rounding
        # may miss the step at which a period ends; `floordiv` is exact.
        return tf.math.floordiv(step, decay_steps)
    return step / decay_steps


class PiecewiseConstantDecay(LearningRateSchedule):
    """A learning rate that changes at given steps.

    Arguments:
        boundaries: List of increasing numbers: the last step of each value but
            the last.
        values: List of floats, one more than `boundaries`.
        name: String.

    Example:

    >>> schedule = tfk.optimizers.schedules.PiecewiseConstantDecay(
    ...     boundaries=[10, 20], values=[1.0, 0.5, 0.25]
    ... )
    >>> [float(schedule(step)) for step in (0, 10, 11, 21)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(self, boundaries, values, name=None):
        budget.check_count(len(boundaries), "boundaries of a schedule")
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "`values` must hold one number more than `boundaries`. "
                f"Received: boundaries={boundaries} of length "
                f"{len(boundaries)} and values={values} of length "
                f"{len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step):
        with tf.name_scope(self.name or "PiecewiseConstant"):
            step = tf.convert_to_tensor(step)
            values = tf.stack([tf.convert_to_tensor(v) for v in self.values])
            if not self.boundaries:
                return values[0]
            boundaries = tf.stack(
                [tf.cast(b, step.dtype) for b in self.boundaries]
            )
            passed = tf.cast(step > boundaries, tf.int32)
            return tf.gather(values, tf.reduce_sum(passed))


class PolynomialDecay(LearningRateSchedule):
    """Lowers the learning rate to an end value along a power of the steps.

    With `power=1.0` the way is a straight line:

    ```
    share = 1 - min(step, decay_steps) / decay_steps
    (initial_learning_rate - end_learning_rate) * share ** power
        + end_learning_rate
    ```

    Arguments:
        initial_learning_rate: Float.
        decay_steps: Integer: steps until the end value.
        end_learning_rate: Float.
        power: Float.
        cycle: Boolean: whether, past `decay_steps`, the rate jumps up and
            falls again over twice, three times... as many steps.
        name: String.

    Example:

    >>> schedule = tfk.optimizers.schedules.PolynomialDecay(
    ...     1.0, decay_steps=10, end_learning_rate=0.5
    ... )
    >>> [float(schedule(step)) for step in (0, 5, 10, 20)]
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name=None,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step):
        with tf.name_scope(self.name or "PolynomialDecay"):
            rate = tf.convert_to_tensor(self.initial_learning_rate)
            end = tf.cast(self.end_learning_rate, rate.dtype)
            step = tf.cast(step, rate.dtype)
            total = tf.cast(self.decay_steps, rate.dtype)
            if self.cycle:
                # The number of periods, rounded up.
                total *= tf.maximum(-tf.math.floordiv(-step, total), 1)
            share = 1 - tf.minimum(step, total) / total
            power = tf.cast(self.power, rate.dtype)
            return (rate - end) * tf.pow(share, power) + end


class CosineDecay(LearningRateSchedule):
    """Lowers the learning rate along half a cosine, after a warmup if wanted.

    Without warmup, the rate falls in `decay_steps` steps from
    `initial_learning_rate` to `alpha` times that. With warmup, it first rises
    in a line from `initial_learning_rate` to `warmup_target` within
    `warmup_steps`, and then falls in `decay_steps` to `alpha` times the target.

    Reference:

    - [Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983)

    Arguments:
        initial_learning_rate: Float.
        decay_steps: Integer: steps of the fall.
        alpha: Float: the share of the rate that is left at the end.
        name: String.
        warmup_target: Float: the rate after the warmup. None for no warmup.
        warmup_steps: Integer: steps of the warmup.

    Example:

    >>> schedule = tfk.optimizers.schedules.CosineDecay(
    ...     0.0, decay_steps=10, warmup_target=1.0, warmup_steps=4
    ... )
    >>> [round(float(schedule(step)), 4) for step in (0, 2, 4, 9, 14)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name=None,
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        with tf.name_scope(self.name or "CosineDecay"):
            start = tf.convert_to_tensor(self.initial_learning_rate)
            step = tf.cast(step, start.dtype)
            total = tf.cast(self.decay_steps, start.dtype)
            if self.warmup_target is None:
                return self._fall(start, step / total)
            target = tf.cast(self.warmup_target, start.dtype)
            warmup = tf.cast(self.warmup_steps, start.dtype)
            rise = tf.math.divide_no_nan(step, warmup) * (target - start)
            fall = self._fall(target, (step - warmup) / total)
            return tf.where(step < warmup, start + rise, fall)

    def _fall(self, rate, done):
        share = _half_cosine(tf.clip_by_value(done, 0.0, 1.0))
        return rate * ((1 - self.alpha) * share + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decay that starts again and again ("warm restarts").

    Each period is `t_mul` times as long as the one before and starts at
    `m_mul` times its learning rate.

    Reference:

    - [Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983)

    Arguments:
        initial_learning_rate: Float.
        first_decay_steps: Integer: steps of the first period.
        t_mul: Float: how much longer each period is than the one before.
        m_mul: Float: the share of its height that each period has.
        alpha: Float: the share of `initial_learning_rate` that is left at the
            end of each period.
        name: String.

    Example:

    >>> schedule = tfk.optimizers.schedules.CosineDecayRestarts(1.0, 10)
    >>> [round(float(schedule(step)), 4) for step in (0, 5, 10, 20)]
    [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate,
        first_decay_steps,
        t_mul=2.0,
        m_mul=1.0,
        alpha=0.0,
        name=None,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step):
        with tf.name_scope(self.name or "SGDRDecay"):
            rate = tf.convert_to_tensor(self.initial_learning_rate)
            periods = _periods(step, self.first_decay_steps, rate, False)
            number, done = self._period(periods)
            height = tf.pow(tf.cast(self.m_mul, rate.dtype), number)
            share = height * _half_cosine(done)
            return rate * ((1 - self.alpha) * share + self.alpha)

    def _period(self, periods):
        """Returns the number of the running period, and its part done."""
        if self.t_mul == 1.0:
            number = tf.floor(periods)
            return number, periods - number
        growth = tf.cast(self.t_mul, periods.dtype)
        exact = tf.math.log(1 - periods * (1 - growth)) / tf.math.log(growth)
        # A period that has just begun must not be missed by rounding.
        number = tf.floor(exact + 1e-5)
        length = tf.pow(growth, number)
        before = (1 - length) / (1 - growth)
        return number, tf.maximum(periods - before, 0.0) / length


def _half_cosine(done):
    return 0.5 * (1 + tf.cos(tf.constant(math.pi, done.dtype) * done))


_FAMILY = object_family.ObjectFamily(
    "learning rate schedule",
    "keras.optimizers.schedules",
    {
        cls.__name__: cls
        for cls in (
            ExponentialDecay,
            InverseTimeDecay,
            PiecewiseConstantDecay,
            PolynomialDecay,
            CosineDecay,
            CosineDecayRestarts,
        )
    },
)


def serialize(learning_rate_schedule, use_legacy_format=False):
    """Returns the config of a schedule.

    Arguments:
        learning_rate_schedule: A `LearningRateSchedule`.
        use_legacy_format: Boolean: whether to write the short form of old
            Keras files.

    Returns:
        A dict that `deserialize` reads.
    """
    return _FAMILY.serialize(learning_rate_schedule, use_legacy_format)


def deserialize(config, custom_objects=None, use_legacy_format=False):
    """Returns the schedule that a config describes.

    Arguments:
        config: Dict made by `serialize`.
        custom_objects: Dict of names to classes.
        use_legacy_format: Accepted for Keras' sake; both forms are read.

    Example:

    >>> schedule = tfk.optimizers.schedules.ExponentialDecay(1.0, 10, 0.25)
    >>> config = tfk.optimizers.schedules.serialize(schedule)
    >>> tfk.optimizers.schedules.deserialize(config).decay_rate
    0.25
    """
    return _FAMILY.deserialize(config, custom_objects, use_legacy_format)
