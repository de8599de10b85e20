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
"""LearningRateScheduler: a learning rate for each epoch."""

import inspect
import numbers

import numpy as np
import tensorflow as tf

from tfk.callbacks import learning_rate
from tfk.callbacks.callback import Callback
from tfk.utils import progress_bar


def _takes_rate(schedule):
    """Whether `schedule` takes the current learning rate as second argument."""
    try:
        signature = inspect.signature(schedule)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(0, 0.0)
    except TypeError:
        return False
    return True


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of every epoch.

    Use it for rates that depend on the epoch; for one that changes with each
    step, pass a `tfk.optimizers.schedules.LearningRateSchedule` to the
    optimizer instead.

    Arguments:
        schedule: Function of `(epoch, learning_rate)`, or of `(epoch)`, that
            returns the new learning rate as a number. Epochs count from 0.
        verbose: 1 to print each new rate. Defaults to 0, silent.

    Raises:
        ValueError: At the start of an epoch, if the schedule returns anything
            but a number or if the optimizer follows a schedule of its own.

    Example:

    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> halving = tfk.callbacks.LearningRateScheduler(
    ...     lambda epoch, learning_rate: learning_rate / 2
    ... )
    >>> history = model.fit(
    ...     np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0,
    ...     callbacks=[halving],
    ... )
    >>> [round(float(rate), 6) for rate in history.history["lr"]]
    [0.005, 0.0025]
    """

    def __init__(self, schedule, verbose=0):
        if not callable(schedule):
            raise TypeError(
                "`schedule` must be a function of the epoch. "
                f"Received: schedule={schedule!r}."
            )
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch, logs=None):
        name = type(self).__name__
        current = learning_rate.read(self.model, name)
        rate = (
            self.schedule(epoch, current)
            if _takes_rate(self.schedule)
            else self.schedule(epoch)
        )
        rate = self._as_float(rate)
        learning_rate.assign(self.model, rate, name)
        if self.verbose > 0:
            progress_bar.print_message(
                f"Epoch {epoch + 1}: {name} sets the learning rate to {rate}."
            )

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["lr"] = learning_rate.read(self.model, type(self).__name__)

    @staticmethod
    def _as_float(rate):
        number = rate
        if isinstance(rate, (tf.Tensor, tf.Variable)):
            number = rate.numpy()
        if isinstance(number, np.ndarray) and number.ndim == 0:
            number = number.item()
        if isinstance(number, bool) or not isinstance(number, numbers.Real):
            raise ValueError(
                "The `schedule` of `LearningRateScheduler` must return a "
                f"number. Received: {rate!r} of type {type(rate).__name__}."
            )
        return float(number)
