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
"""CallbackList: the callbacks of one run, called as one."""

import inspect
from typing import Iterator

import tensorflow as tf

from tfk.callbacks import callback as callback_lib
from tfk.callbacks import history as history_lib
from tfk.callbacks import logs as logs_lib
from tfk.callbacks import progbar_logger

# The older names of two training hooks, which they call by default.
_OLDER_NAMES = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
}


def _check_is_instance(callback):
    if inspect.isclass(callback):
        raise TypeError(
            "`callbacks` must hold instances, not classes. "
            f"Received: callbacks=[{callback.__name__}]. "
            f"Write `{callback.__name__}(...)`."
        )
    if not hasattr(callback, "set_model"):
        raise TypeError(
            "`callbacks` must hold instances of `Callback`. "
            f"Received: {callback!r} of type {type(callback).__name__}. "
            "Derive its class from `tfk.callbacks.Callback`, or wrap a "
            "function in `tfk.callbacks.LambdaCallback`."
        )


def _overrides(callback, hook):
    if isinstance(callback, callback_lib.Callback):
        older = _OLDER_NAMES.get(hook)
        return callback._overrides(hook) or (
            older is not None and callback._overrides(older)
        )
    return hasattr(callback, hook)


def _wants_every_batch(callback, mode):
    if hasattr(callback, "wants_every_batch"):
        return callback.wants_every_batch(mode)
    return any(
        hasattr(callback, hook) for hook in callback_lib.BATCH_HOOKS[mode]
    )


class CallbackList:
    """Holds several callbacks and calls each of their hooks in turn.

    `fit`, `evaluate` and `predict` make one of their `callbacks` argument. Make
    one yourself to use callbacks in your own training loop.

    Arguments:
        callbacks: A callback, or a (nested) list of callbacks. Defaults to
            none.
        add_history: Whether to add a `History` if there is none.
        add_progbar: Whether to add a `ProgbarLogger` if there is none.
        model: The model that the callbacks act on.
        **params: What is run, for the `params` of every callback: `verbose`,
            `epochs`, `steps`.

    Example:

    >>> callbacks = tfk.callbacks.CallbackList(add_history=True, epochs=2)
    >>> callbacks.on_train_begin()
    >>> for epoch in range(2):
    ...     callbacks.on_epoch_begin(epoch)
    ...     callbacks.on_epoch_end(epoch, {"loss": 1.0 - epoch / 2})
    >>> callbacks.on_train_end()
    >>> callbacks.history.history
    {'loss': [1.0, 0.5]}
    """

    def __init__(
        self,
        callbacks=None,
        add_history=False,
        add_progbar=False,
        model=None,
        **params,
    ):
        self.callbacks = [] if callbacks is None else tf.nest.flatten(callbacks)
        for callback in self.callbacks:
            _check_is_instance(callback)
        self.params = {}
        self.model = None
        if add_history and self.history is None:
            self.callbacks.append(history_lib.History())
        if add_progbar and not self._of_type(progbar_logger.ProgbarLogger):
            self.callbacks.append(progbar_logger.ProgbarLogger("steps"))
        self._batch_hooks = {}
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def _of_type(self, cls):
        return next((c for c in self.callbacks if isinstance(c, cls)), None)

    @property
    def history(self) -> history_lib.History | None:
        """The `History` among the callbacks, or None."""
        return self._of_type(history_lib.History)

    def append(self, callback) -> None:
        """Adds a callback at the end.

        Arguments:
            callback: The callback.
        """
        _check_is_instance(callback)
        self.callbacks.append(callback)
        self._batch_hooks = {}

    def __iter__(self) -> Iterator:
        return iter(self.callbacks)

    def __len__(self) -> int:
        return len(self.callbacks)

    def set_params(self, params: dict) -> None:
        """Tells every callback what is run.

        Arguments:
            params: A dict with `verbose`, `epochs`, `steps`.
        """
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model) -> None:
        """Tells every callback its model, and the model its history.

        Arguments:
            model: The model that runs.
        """
        self.model = model
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def wants_every_batch(self, mode: str) -> bool:
        """Whether any callback must be called for every single batch.

        Arguments:
            mode: "train", "test" or "predict".
        """
        return any(_wants_every_batch(c, mode) for c in self.callbacks)

    def wants_times(self) -> bool:
        """Whether any callback wants `fit` to measure waiting for input."""
        return any(
            callback.wants_times()
            for callback in self.callbacks
            if hasattr(callback, "wants_times")
        )

    def make_logs(self, model, logs, outputs, mode, prefix=""):
        """Adds a step's outputs to `logs`, under the names of the metrics.

        Arguments:
            model: The model, whose `metrics_names` name the outputs.
            logs: The dict to add to.
            outputs: A list of results, or the predictions.
            mode: "train", "test" or "predict".
            prefix: Put before each name.

        Returns:
            `logs`.
        """
        names = getattr(model, "metrics_names", None)
        if mode == "predict" or not names:
            logs[prefix + "outputs"] = outputs
        else:
            outputs = tf.nest.flatten(outputs)
            logs.update({prefix + n: v for n, v in zip(names, outputs)})
        return logs

    def _call(self, hook, *position, logs):
        logs = logs_lib.Logs.wrap(logs)
        for callback in self.callbacks:
            getattr(callback, hook)(*position, logs)

    def _call_batch_hook(self, hook, batch, logs):
        methods = self._batch_hooks.get(hook)
        if methods is None:
            methods = [
                getattr(callback, hook)
                for callback in self.callbacks
                if _overrides(callback, hook)
            ]
            self._batch_hooks[hook] = methods
        if not methods:
            return
        logs = logs_lib.Logs.wrap(logs)
        for method in methods:
            method(batch, logs)

    def _call_begin(self, hook, logs):
        # Hooks may have been set on the instances since the last run.
        self._batch_hooks = {}
        self._call(hook, logs=logs)

    def on_batch_begin(self, batch: int, logs=None) -> None:
        self.on_train_batch_begin(batch, logs)

    def on_batch_end(self, batch: int, logs=None) -> None:
        self.on_train_batch_end(batch, logs)

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        self._call("on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        self._call("on_epoch_end", epoch, logs=logs)

    def on_train_batch_begin(self, batch: int, logs=None) -> None:
        self._call_batch_hook("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs=None) -> None:
        self._call_batch_hook("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs=None) -> None:
        self._call_batch_hook("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs=None) -> None:
        self._call_batch_hook("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs=None) -> None:
        self._call_batch_hook("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs=None) -> None:
        self._call_batch_hook("on_predict_batch_end", batch, logs)

    def on_train_begin(self, logs=None) -> None:
        self._call_begin("on_train_begin", logs)

    def on_train_end(self, logs=None) -> None:
        self._call("on_train_end", logs=logs)

    def on_test_begin(self, logs=None) -> None:
        self._call_begin("on_test_begin", logs)

    def on_test_end(self, logs=None) -> None:
        self._call("on_test_end", logs=logs)

    def on_predict_begin(self, logs=None) -> None:
        self._call_begin("on_predict_begin", logs)

    def on_predict_end(self, logs=None) -> None:
        self._call("on_predict_end", logs=logs)
