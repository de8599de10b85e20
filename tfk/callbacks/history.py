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
"""History: the record of losses and metrics that `fit` returns."""

from tfk.callbacks.callback import Callback


class History(Callback):
    """Records the logs of every epoch.

    `fit` adds one to its callbacks and returns it; there is no need to make
    one. Use its `history` to plot or compare trainings.

    Attributes:
        epoch: The list of the epochs of the last `fit`.
        history: A dict of names to lists with one value for each epoch.

    Example:

    >>> history = tfk.callbacks.History()
    >>> callbacks = tfk.callbacks.CallbackList([history])
    >>> callbacks.on_train_begin()
    >>> callbacks.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
    >>> history.history
    {'loss': [0.5], 'val_loss': [0.75]}
    """

    def __init__(self):
        self.epoch = []
        self.history = {}

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        if self.model is not None:
            self.model.history = self

    def get_state(self):
        history = {name: list(values) for name, values in self.history.items()}
        return {"epoch": list(self.epoch), "history": history}

    def set_state(self, state):
        self.epoch = list(state["epoch"])
        self.history = {k: list(v) for k, v in state["history"].items()}
