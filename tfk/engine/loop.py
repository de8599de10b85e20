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
"""The one place that runs epochs and calls callbacks."""

import time
import warnings

import tensorflow as tf

from tfk.callbacks.logs import Logs
from tfk.engine import array_steps
from tfk.engine import predictions
from tfk.engine import trainability
from tfk.utils import caller

# How long one call of a compiled function should take: short enough for a
# progress bar that moves and for Ctrl-C, long enough that Python costs nothing.
_SECONDS_PER_CALL = 0.25
_MAX_GROUP = 1 << 14


class GroupSize:
    """How many steps run in one call.

    Arguments:
        steps_per_execution: Integer, or `"auto"` to adapt to the time that
            steps take.
        every_batch: Boolean: whether a callback wants to be called for every
            batch.
        start: Integer: what to begin with when adapting.
        limit: Integer: the most steps that may run in one call.
    """

    def __init__(self, steps_per_execution, every_batch, start=1, limit=None):
        self.limit = limit or _MAX_GROUP
        self._is_adaptive = steps_per_execution == "auto"
        self._size = start if self._is_adaptive else 1
        if self._is_adaptive and every_batch:
            self._is_adaptive = False
            self._size = 1
        elif not self._is_adaptive:
            self._size = int(steps_per_execution)
        self._calls = 0

    @property
    def learned(self):
        """The size found so far when adapting, or None."""
        return self._size if self._is_adaptive else None

    def next(self, remaining):
        """Returns the number of steps of the next call.

        Arguments:
            remaining: Steps that are left, or None if that is not certain.
        """
        if remaining is None:
            return 1
        return min(self._size, remaining, self.limit)

    def took(self, num_steps, seconds):
        """Learns how long a call took."""
        self._calls += 1
        # The first call traces and compiles.
        if not self._is_adaptive or self._calls == 1:
            return
        if num_steps < self._size:
            return
        if seconds < _SECONDS_PER_CALL / 2:
            factor = min(8.0, _SECONDS_PER_CALL / max(seconds, 1e-6))
            self._size = min(self.limit, max(2, int(self._size * factor)))
        elif seconds > 2 * _SECONDS_PER_CALL and self._size > 1:
            self._size = max(1, self._size // 2)


def run_steps(
    function,
    iterator,
    num_steps,
    group_size,
    on_begin,
    on_end,
    should_stop,
    can_group=True,
    first=0,
):
    """Runs the steps of one epoch.

    Arguments:
        function: `GroupFunction`.
        iterator: Iterator of a dataset.
        num_steps: Integer, or None to go on to the end of the data.
        group_size: `GroupSize`.
        on_begin: Function of the index of the first step of a group.
        on_end: Function of the index of its last step, and the logs.
        should_stop: Function that says whether to end early.
        can_group: Boolean: whether it is certain that the data lasts.
        first: Integer: the step to begin with, in an epoch that is resumed.

    Returns:
        The number of steps of the epoch, and the logs of the last one.
    """
    done, logs = first, None
    while num_steps is None or done < num_steps:
        is_certain = can_group and num_steps is not None
        remaining = num_steps - done if is_certain else None
        size = group_size.next(remaining)
        on_begin(done)
        start = time.perf_counter()
        try:
            logs = function.run(iterator, size)
        except (StopIteration, tf.errors.OutOfRangeError):
            break
        done += size
        on_end(done - 1, logs)
        group_size.took(size, time.perf_counter() - start)
        if should_stop():
            break
    function.group_size = group_size.learned or function.group_size
    return done, logs


def fit(model, state, callbacks, last, validation=None):
    """Runs the epochs of `fit`.

    Arguments:
        model: The model.
        state: `FitState` of this `fit`.
        callbacks: `CallbackList`.
        last: Integer: the epoch to stop before.
        validation: `Validation`, or None.
    """
    run, first = state.run, state.epoch
    model.stop_training = False
    is_timed = callbacks.wants_times()
    function = model._function_over("train", run, is_timed)
    group_size = GroupSize(
        model.steps_per_execution,
        callbacks.wants_every_batch("train"),
        function.group_size,
    )
    times = state.times

    def on_batch_begin(step):
        callbacks.on_train_batch_begin(step)
        times.switch("steps")

    def on_batch_end(step, logs):
        if is_timed:
            # A device may still be computing them.
            logs.values()
        times.switch("callbacks")
        callbacks.on_train_batch_end(step, logs)
        state.end_batch(step, logs)

    callbacks.on_train_begin()
    state.begin(function)
    run = state.run
    for epoch in state.epochs(last):
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        times.switch("input")
        iterator = run.iterator()
        times.switch("callbacks")
        done, logs = run_steps(
            function,
            iterator,
            run.num_steps,
            group_size,
            on_batch_begin,
            on_batch_end,
            lambda: model.stop_training,
            run.can_group(),
            state.begin_epoch(),
        )
        ended = run.ended(done, model.stop_training)
        ended = ended and not model.stop_training
        if logs is None and done > 0:
            # The epoch is resumed after its last step.
            logs = state.logs
        if logs is None and epoch > first:
            if not ended:
                _warn_of_used_up_data(epoch, last)
            break
        if logs is None:
            raise ValueError(
                "The data yielded no batch in an epoch of `fit`. A dataset "
                "must yield at least one; a generator is used up after "
                "one pass."
            )
        logs = Logs(logs)
        if validation is not None and validation.is_due(epoch):
            times.switch("validation")
            for name, value in validation.run().items():
                logs[f"val_{name}"] = value
            times.switch("callbacks")
        callbacks.on_epoch_end(epoch, logs)
        state.end_epoch(logs)
        if model.stop_training or ended:
            break
    if last > first:
        _finalize_averages(model)
    callbacks.on_train_end(state.logs)


def _finalize_averages(model):
    """Lets an optimizer that averages the weights put the averages in place."""
    optimizer = model.optimizer
    if hasattr(optimizer, "finalize_variable_values"):
        optimizer.finalize_variable_values(trainability.variables(model))


def _warn_of_used_up_data(epoch, last):
    warnings.warn(
        f"The data is used up after {epoch} of {last} epochs, and `fit` ends "
        "with it. A generator makes one pass: let it yield the batches of all "
        "epochs and pass `steps_per_epoch`, or give `fit` a dataset or a "
        "`keras.utils.Sequence`.",
        stacklevel=caller.stacklevel(),
    )


def evaluate(model, run, callbacks):
    """Runs the test steps over data once.

    Arguments:
        model: The model.
        run: `Epochs` or `ArrayRun`.
        callbacks: `CallbackList`.

    Returns:
        The logs.
    """
    function = model._function_over("test", run)
    group_size = GroupSize(
        model.steps_per_execution,
        callbacks.wants_every_batch("test"),
        function.group_size,
        run.max_group,
    )
    callbacks.on_test_begin()
    model.reset_metrics()
    done, logs = run_steps(
        function,
        run.iterator(),
        run.num_steps,
        group_size,
        callbacks.on_test_batch_begin,
        callbacks.on_test_batch_end,
        lambda: False,
        run.can_group(),
    )
    run.ended(done)
    if logs is None:
        raise ValueError("The data to evaluate yielded no batch.")
    callbacks.on_test_end(logs)
    return logs


def predict(model, run, callbacks):
    """Runs the steps of `predict` over data once.

    Arguments:
        model: The model.
        run: `Epochs` or `ArrayRun`.
        callbacks: `CallbackList`.

    Returns:
        The outputs for all rows, as NumPy arrays.
    """
    collected = []
    function = model._function_over("predict", run)
    joins_batches = isinstance(run, array_steps.ArrayRun)
    if joins_batches:
        # Outputs may be larger than inputs, so it begins with one batch.
        group_size = GroupSize(
            model.steps_per_execution,
            callbacks.wants_every_batch("predict"),
            limit=run.max_group,
        )
    else:
        group_size = GroupSize(1, every_batch=True)

    def on_end(step, outputs):
        if not collected and joins_batches:
            most = array_steps.max_group_of(outputs, step + 1)
            group_size.limit = min(group_size.limit, most)
        collected.append(outputs)
        callbacks.on_predict_batch_end(step, {"outputs": outputs})

    callbacks.on_predict_begin()
    done, _ = run_steps(
        function,
        run.iterator(),
        run.num_steps,
        group_size,
        callbacks.on_predict_batch_begin,
        on_end,
        lambda: False,
        run.can_group(),
    )
    run.ended(done)
    if not collected:
        raise ValueError("The data to predict yielded no batch.")
    callbacks.on_predict_end()
    return predictions.to_numpy(predictions.concatenated(collected))
