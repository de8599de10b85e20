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
"""Callback: the base of objects that act while a model runs."""

from typing import Any

# Hooks whose override means: this callback cares about single batches.
BATCH_HOOKS = {
    "train": (
        "on_train_batch_begin",
        "on_train_batch_end",
        "on_batch_begin",
        "on_batch_end",
    ),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Callback:
    """Base class for what should happen while a model trains or predicts.

    Subclass it and override the hooks you need, then pass an instance to
    `fit`, `evaluate` or `predict` as `callbacks=[...]`. Use callbacks to save,
    log, stop or change the training without writing a training loop.

    Hooks that take a position (`batch`, `epoch`) count from 0, batches anew in
    each epoch. `logs` maps the names of losses and metrics to their current
    values: the running values so far for batches, and in `on_epoch_end` the
    values of the epoch, those of the validation data with the prefix `val_`.
    What a callback writes into `logs` is seen by the callbacks after it; what
    it writes in `on_epoch_end` becomes part of the history.

    Attributes:
        model: The model that runs. `model.stop_training = True` ends `fit`
            after the current batch.
        params: A dict of what `fit`, `evaluate` or `predict` was asked to do:
            `verbose`, `epochs`, `steps`.

    Example:

    >>> class Printer(tfk.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(f"epoch {epoch}: loss {logs['loss']}")
    >>> callbacks = tfk.callbacks.CallbackList([Printer()])
    >>> callbacks.on_epoch_end(0, {"loss": 0.5})
    epoch 0: loss 0.5

    A callback that overrides a batch hook makes `fit` return to Python after
    each batch, which costs speed with small models. One that is content with
    being called once per group of batches overrides `wants_every_batch`.
    """

    model = None
    params = None
    validation_data = None

    def set_params(self, params: dict) -> None:
        self.params = params

    def set_model(self, model) -> None:
        self.model = model

    def wants_every_batch(self, mode: str) -> bool:
        """Whether the batch hooks must be called for every single batch.

        Arguments:
            mode: "train", "test" or "predict".

        Returns:
            By default, whether a batch hook of that mode is overridden. If no
            callback of a run wants every batch, several batches run inside one
            graph call; the batch hooks are then called once for each such
            group, with the position of its last batch.
        """
        return any(self._overrides(hook) for hook in BATCH_HOOKS[mode])

    def wants_times(self) -> bool:
        """Whether `fit` shall measure how long steps wait for input."""
        return False

    def is_writing(self) -> bool:
        """Whether a file that `get_state` relies on is still being written.

        `BackupAndRestore` then asks for the state somewhat later.
        """
        return False

    def _overrides(self, hook):
        # Functions set on an instance have no `__func__` of this class.
        function = getattr(getattr(self, hook), "__func__", None)
        return function is not getattr(Callback, hook)

    def get_state(self) -> dict[str, Any]:
        """What this callback remembers, for a training that is resumed.

        Returns:
            A dict of plain Python values (and NumPy arrays), empty for
            callbacks without memory. It must not change any more when the
            training goes on.
        """
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores what `get_state` gave; called after `on_train_begin`.

        In an epoch that is resumed in its midst it is called after
        `on_epoch_begin`.

        Arguments:
            state: A dict that `get_state` returned.
        """

    def on_batch_begin(self, batch: int, logs=None) -> None:
        """Another name for `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs=None) -> None:
        """Another name for `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        """Called at the start of an epoch of `fit`."""

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        """Called at the end of an epoch, after the validation."""

    def on_train_batch_begin(self, batch: int, logs=None) -> None:
        """Called before a training batch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs=None) -> None:
        """Called after a training batch, with the running values in `logs`."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs=None) -> None:
        """Called before a batch of `evaluate` or of the validation."""

    def on_test_batch_end(self, batch: int, logs=None) -> None:
        """Called after a batch of `evaluate` or of the validation."""

    def on_predict_batch_begin(self, batch: int, logs=None) -> None:
        """Called before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs=None) -> None:
        """Called after a batch of `predict`; `logs["outputs"]`: its result."""

    def on_train_begin(self, logs=None) -> None:
        """Called when `fit` starts."""

    def on_train_end(self, logs=None) -> None:
        """Called when `fit` ends, with the logs of the last epoch."""

    def on_test_begin(self, logs=None) -> None:
        """Called when `evaluate` or the validation starts."""

    def on_test_end(self, logs=None) -> None:
        """Called when `evaluate` or the validation ends, with its results."""

    def on_predict_begin(self, logs=None) -> None:
        """Called when `predict` starts."""

    def on_predict_end(self, logs=None) -> None:
        """Called when `predict` ends."""
