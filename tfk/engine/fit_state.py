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
"""Where a running `fit` is, and everything that it needs to go on there."""

import contextlib
import random
import time

import numpy as np

from tfk.engine import training_variables
from tfk.utils import tf_internal

_FORMAT = 1


class FitState:
    """The state of a running `fit`, which callbacks keep and bring back.

    A model has it as `fit_state` while it is in `fit`. `BackupAndRestore` is
    made of it; a callback of your own can send the state elsewhere.

    Arguments:
        model: The model.
        run: `tfk.engine.epochs.Epochs`: the training data.
        callbacks: The `CallbackList`.
        epoch: Integer: the epoch to begin with.
        open_data: Function of a position of the data, that returns a `run`
            that goes on there.
    """

    def __init__(self, model, run, callbacks, epoch, open_data):
        self.run = run
        self.times = Times()
        self.epoch = epoch
        self.step = 0
        self.logs = None
        self._model = model
        self._callbacks = callbacks
        self._open_data = open_data
        self._waiting = []
        self._resumed, self._origin = None, None
        self._is_over = False
        self._function = None
        self._fit_state_before = None
        self._at_end = contextlib.ExitStack()

    # What callbacks call

    def when_settled(self, function):
        """Calls a function as soon as all callbacks are done with an event.

        In between, some callbacks have seen the end of a batch or an epoch and
        some have not.

        Arguments:
            function: Function without arguments.
        """
        self._waiting.append(function)

    def at_end(self, function):
        """Calls a function when `fit` ends, be it by an exception.

        Arguments:
            function: Function without arguments.
        """
        self._at_end.callback(function)

    def take_times(self):
        """Returns what the time since the last call was used for.

        Returns:
            A dict of seconds: `"input"`, `"steps"`, `"callbacks"`,
            `"validation"`. Waiting for input counts as steps, unless a
            callback `wants_times`.
        """
        seconds = self.times.take()
        clock = getattr(self._function, "input_clock", None)
        if clock is not None:
            waited = min(clock.take(), seconds["steps"])
            seconds["steps"] -= waited
            seconds["input"] += waited
        return seconds

    @property
    def graph(self):
        """The graph of the training steps that was traced last, or None."""
        return getattr(self._function, "graph", None)

    def keep_position(self):
        """Lets the data take note of what `capture` asks it for."""
        self.run.keeps_position = True

    def is_writing(self):
        """Whether a callback is still writing a file that its state tells of.

        `capture` would wait for it.
        """
        return any(
            callback.is_writing()
            for _, callback in self._named_callbacks()
            if hasattr(callback, "is_writing")
        )

    def capture(self):
        """Copies the state, for use after `when_settled`.

        Returns:
            Nested dicts, lists and tuples of plain values, bytes and arrays.
            What it holds does not change any more.
        """
        return {
            "format": _FORMAT,
            "epoch": self.epoch,
            "step": self.step,
            "logs": None if self.logs is None else dict(self.logs),
            "stop_training": bool(self._model.stop_training),
            "callbacks": {
                name: callback.get_state()
                for name, callback in self._named_callbacks()
            },
            "data": self.run.position(self.step),
            "random": _random_states(),
            "optimizer": self._optimizer_name(),
            "variables": training_variables.capture(self._model),
        }

    def resume_from(self, state, origin):
        """Lets `fit` go on from a state; to be called in `on_train_begin`.

        Arguments:
            state: What `capture` returned.
            origin: String: where it is from, for messages.
        """
        self._resumed, self._origin = state, origin

    # What `fit` calls

    def __enter__(self):
        self._fit_state_before = self._model.fit_state
        vars(self._model)["fit_state"] = self
        return self

    def __exit__(self, *error):
        vars(self._model)["fit_state"] = self._fit_state_before
        self._at_end.close()

    def begin(self, function):
        """Takes over the state that a callback brought, if one did.

        Arguments:
            function: `GroupFunction` of the training steps.
        """
        self._function = function
        state = self._resumed
        if state is None:
            return
        self._check(function, state)
        self.epoch, self.step = state["epoch"], state["step"]
        self.logs = state["logs"]
        self._model.stop_training = self._is_over = state["stop_training"]
        keeps_position = self.run.keeps_position
        self.run = self._open_data(state["data"])
        self.run.keeps_position = keeps_position
        if self.step == 0:
            self._restore()

    def epochs(self, last):
        """Yields the epochs to train, each as the present one.

        Arguments:
            last: Integer: the epoch to stop before.
        """
        if not self._is_over:
            for self.epoch in range(self.epoch, last):
                yield self.epoch
        if self._resumed is not None:
            self._restore()

    def begin_epoch(self):
        """Returns the step to begin the epoch with.

        What callbacks did at the beginning of an epoch that is resumed in its
        midst is undone: it happened before the state was kept.
        """
        if self.step > 0:
            self._restore()
        return self.step

    def end_batch(self, step, logs):
        """Called when all callbacks have seen the end of a step."""
        self.step, self.logs = step + 1, logs
        if self._waiting:
            self._settle()

    def end_epoch(self, logs):
        """Called when all callbacks have seen the end of the epoch."""
        self.epoch, self.step, self.logs = self.epoch + 1, 0, logs
        self._settle()

    def _settle(self):
        waiting, self._waiting = self._waiting, []
        for function in waiting:
            function()

    def _named_callbacks(self):
        """Yields callbacks that have a state, under names of their own."""
        counts = {}
        for callback in self._callbacks:
            if not hasattr(callback, "get_state"):
                continue
            name = type(callback).__name__
            counts[name] = number = counts.get(name, 0) + 1
            yield f"{name} {number}", callback

    def _optimizer_name(self):
        optimizer = self._model.optimizer
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        return type(inner).__name__

    def _check(self, function, state):
        """Makes all variables, and raises if the state is of another model."""
        if training_variables.missing(self._model, state["variables"]):
            # A step of the user's own may make some when it is traced.
            function.make_variables(self.run.iterator())
        found = training_variables.differences(self._model, state["variables"])
        if state["optimizer"] != self._optimizer_name():
            found.insert(
                0,
                f"the optimizer is {self._optimizer_name()} here, and "
                f"{state['optimizer']} in the backup",
            )
        before = state["data"]
        found += [
            f"`{name}` of the data is {now} here, and {before[name]} there"
            for name, now in self.run.position(0).items()
            if name in ("batch_size", "num_rows")
            and before[name] not in (now, None)
        ]
        if found:
            more = len(found) - 5
            listed = "; ".join(found[:5]) + (f"; and {more} more" * (more > 0))
            raise ValueError(
                f"The backup is of another training than this one: {listed}. "
                f"Received: {self._origin}. Give each training a folder of its "
                "own, or delete the folder to begin anew."
            )

    def _restore(self):
        state, self._resumed = self._resumed, None
        training_variables.restore(self._model, state["variables"])
        for name, callback in self._named_callbacks():
            if name in state["callbacks"]:
                callback.set_state(state["callbacks"][name])
        _set_random_states(state["random"])


class Times:
    """A stopwatch that knows what the time is used for."""

    _KINDS = ("input", "steps", "callbacks", "validation")

    def __init__(self):
        self._kind = "callbacks"
        self._seconds = dict.fromkeys(self._KINDS, 0.0)
        self._since = time.perf_counter()

    def switch(self, kind):
        """From now on, the time is used for something else.

        Arguments:
            kind: String: "input", "steps", "callbacks" or "validation".
        """
        now = time.perf_counter()
        self._seconds[self._kind] += now - self._since
        self._kind, self._since = kind, now

    def take(self):
        """Returns a dict of the seconds of each kind, and starts anew."""
        self.switch(self._kind)
        seconds = self._seconds
        self._seconds = dict.fromkeys(self._KINDS, 0.0)
        return seconds


def _random_states():
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "tensorflow": tf_internal.eager_random_state(),
    }


def _set_random_states(states):
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    tf_internal.set_eager_random_state(states["tensorflow"])
