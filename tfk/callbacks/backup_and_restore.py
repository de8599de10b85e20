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
"""BackupAndRestore: a training that goes on after it was killed."""

import os
import re
import signal
import threading
import warnings

import tensorflow as tf

from tfk.callbacks import background_writer
from tfk.callbacks.callback import Callback
from tfk.saving import errors
from tfk.saving import state_file
from tfk.utils import checks

_NAME = re.compile(r"backup-(\d{8})\.state$")
_LEFT_OVER = re.compile(r"\.?backup-.*\.tmp$")
_KEPT = 2


class BackupAndRestore(Callback):
    """Keeps the state of the training, and goes on from it in the next run.

    Use it for trainings that may be interrupted: by a machine that fails or is
    taken away, or by Ctrl-C. Run the same program again, and `fit` goes on
    where the last backup was made, as if nothing had happened.

    A backup holds the epoch and the step in it, the weights, everything that
    the optimizer keeps, the random streams of the layers, the metrics of the
    epoch so far, the position in the data, the state of each callback
    (`Callback.get_state`), and the states of Python's and NumPy's global
    random generators. On the same machine, and with
    `tf.config.experimental.enable_op_determinism()`, the resumed training ends
    with the weights of one that was not interrupted, bit for bit.

    Arguments:
        backup_dir: The folder for the backups. Each training needs one of its
            own, also each of several calls of `fit` in a program.
        save_freq: "epoch" (the default) to save after each epoch, the number of
            batches between two backups, or False for none but those before a
            preemption. With a number of batches backups are made when `fit` is
            back in Python, some four times a second with fast steps, which
            then still run in groups.
        delete_checkpoint: Whether to delete the backups when the training ends
            as it should. Defaults to True.
        save_before_preemption: Whether to save when the process is asked to
            end (SIGTERM, by which clusters announce a preemption), and then to
            end it. Defaults to False.
        double_checkpoint: Accepted, for programs for Keras 3. The last two
            backups are always kept, and if the newest is broken, the one
            before is used.

    Raises:
        ValueError: If an argument has no meaning; in `fit`, if the backup is
            of another model or of other data.

    Example:

    >>> import tempfile
    >>> def train():
    ...     tfk.utils.set_random_seed(1)
    ...     model = tfk.Sequential([tfk.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     history = model.fit(
    ...         np.ones((8, 2)), np.ones((8, 1)), epochs=4, verbose=0,
    ...         callbacks=[
    ...             tfk.callbacks.BackupAndRestore(folder),
    ...             tfk.callbacks.LambdaCallback(on_epoch_end=fail_once),
    ...         ],
    ...     )
    ...     return history.epoch
    >>> def fail_once(epoch, logs):
    ...     if epoch == 2 and not failures:
    ...         failures.append(epoch)
    ...         raise KeyboardInterrupt
    >>> folder, failures = tempfile.mkdtemp(), []
    >>> try:
    ...     train()
    ... except KeyboardInterrupt:
    ...     print("interrupted in epoch", failures)
    interrupted in epoch [2]
    >>> train()
    [0, 1, 2, 3]

    The state is copied between two steps; a thread writes it while training
    goes on. A file takes its place only when it is complete, so a training
    that is killed while it writes goes on from the backup before. If a write
    takes longer than the time to the next backup, that one waits.

    The position in the data: arrays go on at the very row, and a `Sequence` at
    the very batch, without reading what came before. A `tf.data.Dataset` is
    asked for the state of its iterator; if it can't tell (it calls Python, or
    ops with random state of their own), or if that is larger than 64 MB (large
    shuffle buffers), the batches of the epoch are read again and passed over,
    with a warning; so are those of a Python generator. Numbers that your own
    code draws with `tf.random.normal` and the like inside of a step start anew
    after an interruption; those of a `tf.random.Generator` in a layer do not.
    Random image layers go on exactly, also where `fit` moves them into the
    input pipeline; a preprocessing layer of your own that draws its numbers in
    another way does where `compile(lift_preprocessing=False)` leaves it in the
    step.
    """

    def __init__(
        self,
        backup_dir,
        save_freq="epoch",
        delete_checkpoint=True,
        save_before_preemption=False,
        double_checkpoint=False,
    ):
        _check_arguments(backup_dir, save_freq, save_before_preemption)
        self.backup_dir = checks.path("backup_dir", backup_dir)
        self.save_freq = save_freq
        self.delete_checkpoint = delete_checkpoint
        self.save_before_preemption = save_before_preemption
        self.double_checkpoint = double_checkpoint
        self._writer = background_writer.BackgroundWriter("tfk_backup")
        self._number = 0
        self._batches = 0
        self._last_batch = -1
        self._is_due = False
        self._is_ahead = False
        self._preemption = _Preemption()

    def wants_every_batch(self, mode):
        return False

    def on_train_begin(self, logs=None):
        fit = getattr(self.model, "fit_state", None)
        if fit is None:
            raise RuntimeError(
                "`BackupAndRestore` works in `Model.fit` only. Received: "
                f"model={self.model!r}, which is not in `fit`. In a training "
                "loop of your own, use `tf.train.CheckpointManager`."
            )
        fit.keep_position()
        fit.at_end(self._close)
        self._batches, self._last_batch = 0, -1
        self._is_due = self._is_ahead = False
        self._remove_left_over()
        self._resume(fit)
        if self.save_before_preemption:
            self._preemption.expect()

    def _resume(self, fit):
        saved = self._saved()
        self._number = max(saved, default=0)
        for number in sorted(saved, reverse=True):
            path = saved[number]
            try:
                state = state_file.read(path)
            except errors.CorruptFileError as error:
                warnings.warn(
                    f"A backup can't be read, and an earlier one is looked "
                    f"for. {error}",
                    stacklevel=2,
                )
                continue
            if state["epoch"] < fit.epoch:
                warnings.warn(
                    f"The backup is of epoch {state['epoch']}, and `fit` is to "
                    "begin later. It is not used. Received: initial_epoch="
                    f"{fit.epoch}, backup_dir={self.backup_dir!r}.",
                    stacklevel=2,
                )
                return
            self._check_epochs(state["epoch"], state["step"])
            fit.resume_from(state, f"backup_dir={self.backup_dir!r}")
            return

    def _check_epochs(self, epoch, step):
        epochs = (self.params or {}).get("epochs")
        self._is_ahead = epochs is not None and (epoch, step) > (epochs, 0)
        if self._is_ahead:
            warnings.warn(
                f"The backup is of epoch {epoch}, so there is nothing left to "
                f"train. Received: epochs={epochs}, backup_dir="
                f"{self.backup_dir!r}. Use one folder for each `fit`.",
                stacklevel=3,
            )

    # Saving

    def on_train_batch_end(self, batch, logs=None):
        if self._preemption.has_come():
            self.model.fit_state.when_settled(self._save_and_end)
            return
        if self.save_freq and self.save_freq != "epoch":
            # Batches count anew in each epoch.
            start = self._last_batch if batch > self._last_batch else -1
            self._batches += batch - start
            self._last_batch = batch
            if self._batches >= self.save_freq:
                self._is_due = True
        if self._is_due:
            self.model.fit_state.when_settled(self._save)

    def on_epoch_end(self, epoch, logs=None):
        if self._preemption.has_come():
            self.model.fit_state.when_settled(self._save_and_end)
            return
        # Other callbacks' files do not put a backup off for ever.
        save = self._save_now if self._is_due else self._save
        self._is_due = self._is_due or self.save_freq == "epoch"
        if self._is_due:
            self.model.fit_state.when_settled(save)

    def _save(self):
        """Copies the state and lets it be written, unless files still are."""
        if not self.model.fit_state.is_writing():
            self._save_now()

    def _save_now(self):
        if self._writer.is_busy():
            return
        self._finish_write()
        self._is_due, self._batches = False, 0
        strategy = self.model.distribute_strategy
        if not getattr(strategy.extended, "should_checkpoint", True):
            return
        packed = state_file.pack(self.model.fit_state.capture())
        self._number += 1
        self._writer.start(self._write_file, self._number, packed)

    def _write_file(self, number, packed):
        state_file.write(self._path(number), packed)
        for other, path in self._saved().items():
            if other <= number - _KEPT:
                tf.io.gfile.remove(path)

    def _finish_write(self):
        """Waits for the file that is being written."""
        _, error = self._writer.finish()
        if error is not None:
            warnings.warn(
                f"A backup could not be written: {error!r}. The training goes "
                f"on without. Received: backup_dir={self.backup_dir!r}.",
                stacklevel=2,
            )

    def _save_and_end(self):
        self._finish_write()
        self._save_now()
        self._finish_write()
        self._preemption.end()

    def _close(self):
        """Leaves nothing running; also called after an exception."""
        self._preemption.forget()
        self._finish_write()
        self._writer.close()

    def on_train_end(self, logs=None):
        self._close()
        if self.delete_checkpoint and not self._is_ahead:
            self._delete()

    # Files

    def _path(self, number):
        return os.path.join(self.backup_dir, f"backup-{number:08d}.state")

    def _saved(self):
        """Returns the paths of the backups by their numbers."""
        found = map(_NAME.match, _names_in(self.backup_dir))
        numbers = [int(match.group(1)) for match in found if match]
        return {number: self._path(number) for number in numbers}

    def _remove_left_over(self):
        """Removes what a process left that was killed while it wrote."""
        for name in _names_in(self.backup_dir):
            if _LEFT_OVER.match(name):
                tf.io.gfile.remove(os.path.join(self.backup_dir, name))

    def _delete(self):
        for path in self._saved().values():
            tf.io.gfile.remove(path)
        if tf.io.gfile.exists(self.backup_dir):
            if not _names_in(self.backup_dir):
                tf.io.gfile.rmtree(self.backup_dir)

    def get_state(self):
        return {"batches": self._batches, "last_batch": self._last_batch}

    def set_state(self, state):
        self._batches = state["batches"]
        self._last_batch = state["last_batch"]


def _check_arguments(backup_dir, save_freq, save_before_preemption):
    if not backup_dir:
        raise ValueError(
            "`backup_dir` of `BackupAndRestore` must be the path of a folder. "
            f"Received: backup_dir={backup_dir!r}."
        )
    is_count = isinstance(save_freq, int) and not isinstance(save_freq, bool)
    if not (
        save_freq == "epoch"
        or save_freq is False
        or (is_count and save_freq > 0)
    ):
        raise ValueError(
            "`save_freq` of `BackupAndRestore` must be 'epoch', a number of "
            f"batches, 1 or more, or False. Received: save_freq={save_freq!r}."
        )
    if save_freq is False and not save_before_preemption:
        raise ValueError(
            "`BackupAndRestore` would never save. Received: save_freq=False, "
            "save_before_preemption=False. Set one of them."
        )


def _names_in(folder):
    if not tf.io.gfile.isdir(folder):
        return []
    return [name.rstrip("/") for name in tf.io.gfile.listdir(folder)]


class _Preemption:
    """Takes note of the signal by which a process is asked to end."""

    def __init__(self):
        self._event = threading.Event()
        self._handler_before = None
        self._is_expected = False

    def expect(self):
        if threading.current_thread() is not threading.main_thread():
            warnings.warn(
                "`save_before_preemption` has no effect: only the main thread "
                "of a process receives signals, and `fit` runs in another.",
                stacklevel=3,
            )
            return
        self._event.clear()
        self._is_expected = True
        self._handler_before = signal.signal(
            signal.SIGTERM, lambda number, frame: self._event.set()
        )

    def has_come(self):
        return self._event.is_set()

    def forget(self):
        if self._is_expected:
            self._is_expected = False
            signal.signal(
                signal.SIGTERM, self._handler_before or signal.SIG_DFL
            )

    def end(self):
        """Lets the signal have the effect that it would have had."""
        self.forget()
        self._event.clear()
        os.kill(os.getpid(), signal.SIGTERM)
