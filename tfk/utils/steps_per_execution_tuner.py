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
"""Finds out how many steps should run in one call."""

import time

from tfk.utils import timed_thread

_MAX_STEPS = 1 << 14


class StepsPerExecutionTuner(timed_thread.TimedThread):
    """Adapts a number of steps to how fast a training runs.

    For a training loop of your own that runs as many steps in one call of a
    `tf.function` as a variable says. `fit` needs none: it adapts by itself
    unless `compile` got `steps_per_execution`.

    A thread watches the optimizer's number of steps. It doubles the variable
    as long as the training gets faster, and halves it where it got slower.

    Arguments:
        optimizer: The optimizer, whose `iterations` are watched.
        spe_variable: Integer `tf.Variable` of the steps in one call.
        interval: Seconds between two looks at the optimizer. Defaults to 5.
        change_spe_interval: Integer: looks between two changes of the
            variable. Defaults to 10.
        change_threshold: Float: the fraction by which the speed must differ to
            count as another. Defaults to 0.1.

    Example:

    >>> optimizer = tfk.optimizers.SGD()
    >>> steps = tf.Variable(1, dtype=tf.int64)
    >>> tuner = tfk.utils.StepsPerExecutionTuner(optimizer, steps)
    >>> with tuner:
    ...     print(tuner.steps_per_execution)
    1
    """

    def __init__(
        self,
        optimizer,
        spe_variable,
        interval=5,
        change_spe_interval=10,
        change_threshold=0.1,
    ):
        super().__init__(interval, daemon=True)
        if int(spe_variable) < 1:
            raise ValueError(
                "`spe_variable` of `StepsPerExecutionTuner` must hold a "
                f"positive integer. Received: spe_variable={spe_variable!r}."
            )
        self.optimizer = optimizer
        self.spe_variable = spe_variable
        self.change_spe_interval = change_spe_interval
        self.change_threshold = change_threshold
        self._looks = 0
        self._since = None
        self._speed = None
        self._factor = 2.0

    @property
    def steps_per_execution(self):
        """The number of steps in one call, as an integer."""
        return int(self.spe_variable)

    def start(self):
        """Starts to watch."""
        self._looks, self._since, self._speed = 0, None, None
        super().start()

    def on_interval(self):
        """Looks at the optimizer, and changes the variable if it is time."""
        now = time.perf_counter(), int(self.optimizer.iterations)
        if self._since is None:
            self._since = now
            return
        self._looks += 1
        if self._looks < self.change_spe_interval:
            return
        seconds, steps = (x - y for x, y in zip(now, self._since))
        self._looks, self._since = 0, now
        if steps > 0:
            self._adapt(steps / seconds)

    def _adapt(self, speed):
        before, self._speed = self._speed, speed
        if before is not None:
            change = speed / before - 1
            if abs(change) <= self.change_threshold:
                return
            if change < 0:
                self._factor = 1 / self._factor
        size = int(self.steps_per_execution * self._factor)
        self.spe_variable.assign(min(_MAX_STEPS, max(1, size)))
