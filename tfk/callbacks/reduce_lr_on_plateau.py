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
"""ReduceLROnPlateau: a smaller learning rate when progress ends."""

import warnings

import numpy as np

from tfk.callbacks import learning_rate
from tfk.callbacks import monitor as monitor_lib
from tfk.callbacks.callback import Callback
from tfk.utils import progress_bar


class ReduceLROnPlateau(Callback):
    """Reduces the learning rate when a value stops improving.

    Models often gain once more from a learning rate that is 2 to 10 times
    smaller when they no longer learn at the present one. This callback watches
    a value and multiplies the learning rate by `factor` when there was no
    progress for `patience` epochs. The rate of each epoch is in the history
    as `lr`.

    Arguments:
        monitor: The name of the value in the logs. Defaults to "val_loss".
        factor: What the learning rate is multiplied by, below 1. Defaults to
            0.1.
        patience: The number of epochs without progress after which the rate is
            reduced. Defaults to 10.
        verbose: 1 to print each reduction. Defaults to 0, silent.
        mode: "min" if a smaller value is progress, "max" if a greater one is,
            "auto" (the default) to tell from the name: greater for accuracies,
            AUC, precision, recall, F-scores, IoU, smaller for all else.
        min_delta: Changes below this size are no progress. Defaults to 1e-4.
        cooldown: The number of epochs to wait after a reduction before counting
            anew. Defaults to 0.
        min_lr: The learning rate below which it is not reduced. Defaults to 0.
        **kwargs: `epsilon`, the older name of `min_delta`.

    Raises:
        ValueError: If `factor` is 1 or greater.

    Example:

    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile(tfk.optimizers.SGD(1.0), "mse")
    >>> plateau = tfk.callbacks.ReduceLROnPlateau("loss", 0.5, patience=1)
    >>> x, y = np.zeros((8, 2)), np.zeros((8, 1))
    >>> history = model.fit(x, y, epochs=3, verbose=0, callbacks=[plateau])
    >>> [float(rate) for rate in history.history["lr"]]
    [1.0, 1.0, 0.5]
    """

    def __init__(
        self,
        monitor="val_loss",
        factor=0.1,
        patience=10,
        verbose=0,
        mode="auto",
        min_delta=1e-4,
        cooldown=0,
        min_lr=0,
        **kwargs,
    ):
        if factor >= 1.0:
            raise ValueError(
                "`factor` of `ReduceLROnPlateau` must be below 1. "
                f"Received: factor={factor}."
            )
        if "epsilon" in kwargs:
            warnings.warn(
                "`epsilon` of `ReduceLROnPlateau` is now called `min_delta`.",
                stacklevel=2,
            )
            min_delta = kwargs.pop("epsilon")
        if kwargs:
            raise TypeError(
                "`ReduceLROnPlateau` received unknown arguments: "
                f"{sorted(kwargs)}."
            )
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.mode = mode
        self.min_delta = min_delta
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._direction = monitor_lib.direction(
            monitor, mode, "ReduceLROnPlateau"
        )
        self.monitor_op = monitor_lib.comparison(self._direction)
        self._reset()

    def _reset(self):
        self.best = monitor_lib.worst(self._direction)
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs=None):
        self._reset()

    def in_cooldown(self) -> bool:
        """Whether the last reduction is too recent to count epochs."""
        return self.cooldown_counter > 0

    def _is_improvement(self, current):
        sign = -1 if self._direction == "min" else 1
        return self.monitor_op(current, self.best + sign * self.min_delta)

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        name = type(self).__name__
        logs["lr"] = learning_rate.read(self.model, name)
        current = monitor_lib.value(
            self.monitor, logs, name, "the learning rate is not reduced"
        )
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch):
        name = type(self).__name__
        old = learning_rate.read(self.model, name)
        # The optimizer keeps the rate in single precision.
        if old <= np.float32(self.min_lr):
            return
        new = max(old * self.factor, self.min_lr)
        learning_rate.assign(self.model, new, name)
        if self.verbose > 0:
            progress_bar.print_message(
                f"Epoch {epoch + 1}: {name} reduces the learning rate to {new}."
            )
        self.cooldown_counter = self.cooldown
        self.wait = 0

    def get_state(self):
        return {
            "best": float(self.best),
            "wait": self.wait,
            "cooldown_counter": self.cooldown_counter,
        }

    def set_state(self, state):
        self.best = state["best"]
        self.wait = state["wait"]
        self.cooldown_counter = state["cooldown_counter"]
