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
"""ModelCheckpoint: saves the model while it trains."""

import os
import warnings

import tensorflow as tf

from tfk.callbacks import background_writer
from tfk.callbacks import kept_files
from tfk.callbacks import logs as logs_lib
from tfk.callbacks import monitor as monitor_lib
from tfk.callbacks.callback import Callback
from tfk.saving import api as saving_api
from tfk.saving import checkpoint_files
from tfk.saving import file_endings
from tfk.saving import snapshot
from tfk.utils import checks
from tfk.utils import naming
from tfk.utils import progress_bar


class ModelCheckpoint(Callback):
    """Saves the model, or its weights, at the end of epochs or every n batches.

    Use it to keep the best model of a training, and to lose little when the
    machine stops. `tfk.models.load_model` (or `load_weights`) reads the files.

    Arguments:
        filepath: Where to save to. May hold `{epoch}` (counting from 1),
            `{batch}` (if `save_freq` is a number) and the names in the logs,
            with formats: "model-{epoch:02d}-{val_loss:.2f}.keras". Without
            any, each file replaces the one before. The ending tells the
            format, as for `model.save` and `model.save_weights`.
        monitor: The name of the value in the logs that tells which model is
            best. Defaults to "val_loss".
        verbose: 1 to print when a file is written. Defaults to 0, silent.
        save_best_only: Whether to save only when the monitored value has become
            better. Defaults to False.
        save_weights_only: Whether to save the weights (`model.save_weights`)
            and not the whole model (`model.save`). Defaults to False.
        mode: "min" if a smaller value is better, "max" if a greater one is,
            "auto" (the default) to tell from the name: greater for accuracies,
            AUC, precision, recall, F-scores, IoU, smaller for all else.
        save_freq: "epoch" (the default), or the number of batches between two
            files. Values monitored between epochs are those of the training.
        options: A `tf.train.CheckpointOptions` if `save_weights_only`, else a
            `tf.saved_model.SaveOptions`. Defaults to None.
        initial_value_threshold: The value that the first model must be better
            than, such as the best one of an earlier training. Defaults to None.
        background: Whether a thread writes the files while the training goes
            on, for paths that end in `.keras` or `.weights.h5`. Defaults to
            False: a file is complete when the callback's hook returns, and the
            callbacks after it can read it.
        max_to_keep: How many of the files to keep: the newest ones, and the
            best one by `monitor`, should it be older. An older file is deleted
            when the newer one is complete. Only files that this callback has
            written count. Defaults to None, all.
        **kwargs: `period`, the number of epochs between two files.

    Raises:
        ValueError: If `save_freq` is neither "epoch" nor a positive integer,
            or `max_to_keep` is no positive integer; in `fit`, if the files
            can't be written in the background; or, when saving, if `filepath`
            names a value that is not logged.
        RuntimeError: At the next event, if a file could not be written in the
            background.
        TypeError: If `options` is of the wrong type.

    Example:

    >>> import os
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "{epoch:02d}.weights.h5")
    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> checkpoint = tfk.callbacks.ModelCheckpoint(path, save_weights_only=True)
    >>> history = model.fit(
    ...     np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0,
    ...     callbacks=[checkpoint],
    ... )
    >>> sorted(os.listdir(os.path.dirname(path)))
    ['01.weights.h5', '02.weights.h5']

    A file takes its place, or that of an earlier one, only when it is
    complete, so a process that is killed while it writes costs neither.

    With `background=True` the training waits only for a copy of the weights
    and of the optimizer's state in memory; what a disk or a network takes
    longer for happens beside the steps. If a file is not complete when the
    next one is due, the training waits for it, so that there are never more
    than one copy. `fit` returns when all files are complete, and `wait()`
    returns as soon as the present one is. A backup that `BackupAndRestore`
    makes waits until then, since a training that is resumed relies on the
    file.
    """

    def __init__(
        self,
        filepath,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        save_weights_only=False,
        mode="auto",
        save_freq="epoch",
        options=None,
        initial_value_threshold=None,
        *,
        background=False,
        max_to_keep=None,
        **kwargs,
    ):
        self.period = kwargs.pop("period", 1)
        if kwargs:
            raise TypeError(
                "`ModelCheckpoint` received unknown arguments: "
                f"{sorted(kwargs)}. (To go on from a file, call "
                "`model.load_weights` before `fit`.)"
            )
        if save_freq != "epoch" and not _is_count(save_freq):
            raise ValueError(
                "`save_freq` of `ModelCheckpoint` must be 'epoch' or a number "
                f"of batches, 1 or more. Received: save_freq={save_freq!r}."
            )
        if max_to_keep is not None and not _is_count(max_to_keep):
            raise ValueError(
                "`max_to_keep` of `ModelCheckpoint` must be a number of files, "
                "1 or more, or None for all. Received: "
                f"max_to_keep={max_to_keep!r}."
            )
        self.filepath = checks.path("filepath", filepath)
        self.monitor = monitor
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.mode = mode
        self.save_freq = save_freq
        self.options = self._checked_options(options)
        self.initial_value_threshold = initial_value_threshold
        self.background = background
        self.max_to_keep = max_to_keep
        self._direction = monitor_lib.direction(
            monitor, mode, "ModelCheckpoint"
        )
        self.monitor_op = monitor_lib.comparison(self._direction)
        self.best = (
            monitor_lib.worst(self._direction)
            if initial_value_threshold is None
            else initial_value_threshold
        )
        self.epochs_since_last_save = 0
        self._current_epoch = 0
        self._batches_since_last_save = 0
        self._last_batch = -1
        self._kept = kept_files.KeptFiles(
            max_to_keep, self.monitor_op, are_checkpoints=save_weights_only
        )
        self._writer = background_writer.BackgroundWriter("tfk_checkpoint")

    def _checked_options(self, options):
        expected = (
            tf.train.CheckpointOptions
            if self.save_weights_only
            else tf.saved_model.SaveOptions
        )
        if options is not None and not isinstance(options, expected):
            raise TypeError(
                f"`options` of `ModelCheckpoint` must be a {expected.__name__} "
                f"when save_weights_only={self.save_weights_only}. "
                f"Received: options={options!r}."
            )
        return options

    def wants_every_batch(self, mode):
        return mode == "train" and self.save_freq != "epoch"

    def on_train_begin(self, logs=None):
        self._check_format()
        self._last_batch = -1
        if self._is_chief():
            kept_files.remove_left_over(self.filepath)
        fit = getattr(self.model, "fit_state", None)
        if self.background and fit is not None:
            fit.at_end(self._close)

    def _check_format(self):
        """Refuses before the training what could not be saved in it."""
        save = self._save_method()
        is_ours = isinstance(self.model, tf.Module) and naming.is_own_module(
            getattr(save, "__module__", None) or ""
        )
        endings = (".keras", ".weights.h5")
        ending, other = endings[:: -1 if self.save_weights_only else 1]
        if is_ours and (
            self.filepath.endswith(other)
            or file_endings.is_mistaken(self.filepath)
        ):
            raise ValueError(
                "`filepath` of `ModelCheckpoint` has the ending of another "
                f"kind of file. Received: filepath={self.filepath!r}, "
                f"save_weights_only={self.save_weights_only}. It must end in "
                f"`{ending}`, or as another format that `{save.__name__}` "
                "writes."
            )
        is_file = self.filepath.endswith((".h5", ".hdf5", ".json"))
        if is_ours and self.save_weights_only and not is_file:
            checkpoint_files.check_name(self.filepath)
        if self.background and (
            not is_ours
            or self.options is not None
            or not self.filepath.endswith(ending)
        ):
            raise ValueError(
                f"`ModelCheckpoint` writes files that end in `{ending}`, by "
                "tfk's own methods and without options, in the background. "
                f"Received: background=True, filepath={self.filepath!r}, "
                f"options={self.options!r}, and a model with "
                f"`{save.__qualname__}`. Use background=False."
            )

    def _save_method(self):
        model = self.model
        return model.save_weights if self.save_weights_only else model.save

    def on_epoch_begin(self, epoch, logs=None):
        self._current_epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self._look_after_writer()
        if self.save_freq == "epoch":
            return
        # Batches count anew in each epoch.
        start = self._last_batch if batch > self._last_batch else -1
        self._batches_since_last_save += batch - start
        self._last_batch = batch
        if self._batches_since_last_save >= self.save_freq:
            self._batches_since_last_save = 0
            self._save_if_wanted(self._current_epoch, batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._look_after_writer()
        self.epochs_since_last_save += 1
        if (
            self.save_freq == "epoch"
            and self.epochs_since_last_save >= self.period
        ):
            self.epochs_since_last_save = 0
            self._save_if_wanted(epoch, None, logs)

    def on_train_end(self, logs=None):
        self.wait()
        self._writer.close()

    def _save_if_wanted(self, epoch, batch, logs):
        logs = logs_lib.Logs.wrap(logs)
        if not self.save_best_only:
            # Nobody waits for a value that nobody looks at.
            value = logs.get(self.monitor) if self.max_to_keep else None
            self._save(epoch, batch, logs, value)
            return
        current = monitor_lib.value(
            self.monitor, logs, type(self).__name__, "nothing is saved"
        )
        if current is None:
            return
        if self.monitor_op(current, self.best):
            change = f"{self.monitor} improved from {self.best} to {current}, "
            self._save(epoch, batch, logs, current, change)
            # Only what was saved is the best.
            self.best = current
        else:
            self._report(
                epoch, f"{self.monitor} did not improve from {self.best}."
            )

    def _report(self, epoch, text):
        if self.verbose > 0:
            progress_bar.print_message(f"Epoch {epoch + 1}: {text}")

    def _save(self, epoch, batch, logs, value, change=""):
        path = self._format_path(epoch, batch, logs)
        folder = os.path.dirname(path)
        if folder:
            tf.io.gfile.makedirs(folder)
        if not self._is_chief():
            # To read sums over replicas, all workers must take part.
            snapshot.Snapshot(self.model, self.save_weights_only).close()
            return
        value = None if value is None else float(value)
        message = epoch, f"{change}saved the model to {path}."
        if self.background:
            self.wait()
            copy = snapshot.Snapshot(self.model, self.save_weights_only)
            self._writer.start(
                self._write, copy, path, value, label=(path, message)
            )
            return
        extra = {} if self.options is None else {"options": self.options}
        self._save_method()(path, overwrite=True, **extra)
        self._kept.add(path, value)
        self._report(*message)

    def _is_chief(self):
        strategy = getattr(self.model, "distribute_strategy", None)
        extended = getattr(strategy, "extended", None)
        return getattr(extended, "should_checkpoint", True)

    # In the background

    def _write(self, copy, path, value):
        try:
            if self.save_weights_only:
                saving_api.save_weights(copy, path)
            else:
                saving_api.save_model(copy, path)
        finally:
            copy.close()
        self._kept.add(path, value)

    def is_writing(self):
        return self._writer.is_busy()

    def _look_after_writer(self):
        if not self._writer.is_busy():
            self.wait()

    def wait(self):
        """Waits until the file that is being written is complete.

        Raises:
            RuntimeError: If it could not be written.
        """
        label, error = self._writer.finish()
        if error is not None:
            raise RuntimeError(
                "`ModelCheckpoint` could not write a file in the background: "
                f"{type(error).__name__}: {error}. Received: path="
                f"{label[0]!r}. An earlier file of that name is as it was."
            ) from error
        if label is not None:
            self._report(*label[1])

    def _close(self):
        """Leaves nothing running after `fit` has ended by an exception."""
        try:
            self.wait()
        except RuntimeError as error:
            warnings.warn(str(error), stacklevel=2)
        self._writer.close()

    def _format_path(self, epoch, batch, logs):
        fields = logs.copy()
        fields["epoch"] = epoch + 1
        if batch is not None:
            fields["batch"] = batch + 1
        try:
            return self.filepath.format_map(fields)
        except KeyError as error:
            name = str(error.args[0])
            raise ValueError(
                "`filepath` of `ModelCheckpoint` names a value that is not in "
                f"the logs: {name!r}. Received: filepath={self.filepath!r}. "
                + monitor_lib.similar_names(name, fields)
            ) from error
        except (IndexError, TypeError, ValueError) as error:
            raise ValueError(
                "`filepath` of `ModelCheckpoint` cannot be formatted: "
                f"{error}. Received: filepath={self.filepath!r}. Write fields "
                "as in 'model-{epoch:02d}-{val_loss:.2f}.keras'."
            ) from error

    def get_state(self):
        # What it tells of is there for one who resumes.
        self.wait()
        return {
            "best": float(self.best),
            "epochs_since_last_save": self.epochs_since_last_save,
            "batches_since_last_save": self._batches_since_last_save,
            "last_batch": self._last_batch,
            "kept": [list(entry) for entry in self._kept.entries],
        }

    def set_state(self, state):
        self.best = state["best"]
        self.epochs_since_last_save = state["epochs_since_last_save"]
        self._batches_since_last_save = state["batches_since_last_save"]
        self._last_batch = state["last_batch"]
        self._kept.entries = [list(entry) for entry in state.get("kept", ())]


def _is_count(value):
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return is_integer and value > 0
