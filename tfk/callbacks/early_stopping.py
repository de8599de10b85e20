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
"""EarlyStopping: ends a training that no longer improves."""

import numpy as np

from tfk.callbacks import monitor as monitor_lib
from tfk.callbacks.callback import Callback
from tfk.utils import progress_bar


class EarlyStopping(Callback):
    """Stops the training when a value has stopped improving.

    Use it to let a training run for as long as it helps: set `epochs` to more
    than enough, and stop when the value on the validation data has not become
    better for `patience` epochs.

    Arguments:
        monitor: The name of the value in the logs. Defaults to "val_loss".
        min_delta: Changes of this size or less are no improvement. Defaults
            to 0.
        patience: The number of epochs without improvement after which to stop.
            Defaults to 0.
        verbose: 1 to print when it stops. Defaults to 0, silent.
        mode: "min" if a smaller value is better, "max" if a greater one is,
            "auto" (the default) to tell from the name: greater for accuracies,
            AUC, precision, recall, F-scores, IoU, smaller for all else.
        baseline: A value to reach: an improvement that is not better than it
            does not make the counting of `patience` start anew. Defaults to
            None.
        restore_best_weights: Whether to give the model the weights of its best
            epoch when the training ends, stopped early or not. Defaults to
            False.
        start_from_epoch: The number of epochs to wait before watching.
            Defaults to 0.

    Example:

    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> stopping = tfk.callbacks.EarlyStopping("loss", patience=2)
    >>> x, y = np.zeros((8, 2)), np.zeros((8, 1))
    >>> history = model.fit(x, y, epochs=50, verbose=0, callbacks=[stopping])
    >>> history.epoch
    [0, 1, 2]
    """

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0,
        patience=0,
        verbose=0,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.verbose = verbose
        self.mode = mode
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._direction = monitor_lib.direction(monitor, mode, "EarlyStopping")
        self.monitor_op = monitor_lib.comparison(self._direction)
        self._reset()

    def _reset(self):
        self.wait = 0
        self.stopped_epoch = 0
        self.best = monitor_lib.worst(self._direction)
        self.best_epoch = 0
        self.best_weights = None

    def on_train_begin(self, logs=None):
        # One object may serve several trainings.
        self._reset()

    def get_monitor_value(self, logs):
        """The monitored value, or None, with a warning, if it is missing.

        Arguments:
            logs: The logs of the epoch.
        """
        return monitor_lib.value(
            self.monitor, logs, type(self).__name__, "training is not stopped"
        )

    def _is_improvement(self, value, reference):
        sign = -1 if self._direction == "min" else 1
        return self.monitor_op(value - sign * self.min_delta, reference)

    def _keep(self, epoch):
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_epoch_end(self, epoch, logs=None):
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            # With nothing but NaN, the first epoch is the best there is.
            self._keep(epoch)
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self._keep(epoch)
            if self.baseline is None or self._is_improvement(
                current, self.baseline
            ):
                self.wait = 0
            return
        # The first epoch has nothing before it to be worse than.
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.stopped_epoch > 0:
            self._report(f"Epoch {self.stopped_epoch + 1}: early stopping.")
        if self.best_weights is not None:
            self._report(
                "Restoring the model weights of the best epoch: "
                f"{self.best_epoch + 1}."
            )
            self.model.set_weights(self.best_weights)

    def _report(self, text):
        if self.verbose > 0:
            progress_bar.print_message(text)

    def get_state(self):
        weights = self.best_weights
        return {
            "wait": self.wait,
            "stopped_epoch": self.stopped_epoch,
            "best": float(self.best),
            "best_epoch": self.best_epoch,
            "best_weights": weights and [np.asarray(w) for w in weights],
        }

    def set_state(self, state):
        for name in self.get_state():
            setattr(self, name, state[name])
