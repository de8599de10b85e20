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
"""BaseLogger: means of batch values over an epoch."""

from tfk.callbacks.callback import Callback


class BaseLogger(Callback):
    """Averages the values of batches over each epoch.

    `fit` logs running means already and has no need of it: use it in a
    training loop of your own that logs the plain values of each batch, and
    place it before the callbacks that read the logs of the epoch.

    Arguments:
        stateful_metrics: Names of values that are running values already: the
            last one is logged as it is. Defaults to none.

    Example:

    >>> callbacks = tfk.callbacks.CallbackList(
    ...     [tfk.callbacks.BaseLogger()], add_history=True
    ... )
    >>> callbacks.on_epoch_begin(0)
    >>> callbacks.on_train_batch_end(0, {"loss": 1.0, "size": 30})
    >>> callbacks.on_train_batch_end(1, {"loss": 2.0, "size": 10})
    >>> callbacks.on_epoch_end(0, {})
    >>> callbacks.history.history
    {'loss': [1.25]}

    Batches weigh as many samples as their `logs["size"]` tells, equally where
    it is missing.
    """

    def __init__(self, stateful_metrics=None):
        self.stateful_metrics = set(stateful_metrics or ())
        self.seen = 0
        self.totals = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.seen = 0
        self.totals = {}

    def on_batch_end(self, batch, logs=None):
        logs = dict(logs or {})
        weight = logs.pop("size", 1) * logs.pop("num_steps", 1)
        logs.pop("batch", None)
        self.seen += weight
        for name, value in logs.items():
            if name in self.stateful_metrics:
                self.totals[name] = value
            else:
                self.totals[name] = self.totals.get(name, 0.0) + value * weight

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        for name, total in self.totals.items():
            stateful = name in self.stateful_metrics
            logs[name] = total if stateful else total / self.seen

    def get_state(self):
        return {"seen": self.seen, "totals": dict(self.totals)}

    def set_state(self, state):
        self.seen = state["seen"]
        self.totals = dict(state["totals"])
