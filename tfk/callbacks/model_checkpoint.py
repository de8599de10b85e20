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

import tensorflow as tf

from tfk.callbacks import logs as logs_lib
from tfk.callbacks import monitor as monitor_lib
from tfk.callbacks.callback import Callback
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
            any, each file replaces the one before.
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
        **kwargs: `period`, the number of epochs between two files.

    Raises:
        ValueError: If `save_freq` is neither "epoch" nor a positive integer,
            or, when saving, if `filepath` names a value that is not logged.
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
        **kwargs,
    ):
        self.period = kwargs.pop("period", 1)
        if kwargs:
            raise TypeError(
                "`ModelCheckpoint` received unknown arguments: "
                f"{sorted(kwargs)}. (To go on from a file, call "
                "`model.load_weights` before `fit`.)"
            )
        is_count = isinstance(save_freq, int) and not isinstance(
            save_freq, bool
        )
        if save_freq != "epoch" and not (is_count and save_freq > 0):
            raise ValueError(
                "`save_freq` of `ModelCheckpoint` must be 'epoch' or a number "
                f"of batches, 1 or more. Received: save_freq={save_freq!r}."
            )
        self.filepath = os.fspath(filepath)
        self.monitor = monitor
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.mode = mode
        self.save_freq = save_freq
        self.options = self._checked_options(options)
        self.initial_value_threshold = initial_value_threshold
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
        self._check_ending()
        self._last_batch = -1

    def _check_ending(self):
        """Refuses before the training what could not be saved in it."""
        if not isinstance(self.model, tf.Module):
            return
        save, ending = self.model.save, ".keras"
        if self.save_weights_only:
            save, ending = self.model.save_weights, ".weights.h5"
        is_ours = naming.is_own_module(getattr(save, "__module__", None) or "")
        if is_ours and not self.filepath.endswith(ending):
            raise ValueError(
                f"`filepath` of `ModelCheckpoint` must end in `{ending}` for "
                f"save_weights_only={self.save_weights_only}. Received: "
                f"filepath={self.filepath!r}."
            )

    def on_epoch_begin(self, epoch, logs=None):
        self._current_epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
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
        self.epochs_since_last_save += 1
        if (
            self.save_freq == "epoch"
            and self.epochs_since_last_save >= self.period
        ):
            self.epochs_since_last_save = 0
            self._save_if_wanted(epoch, None, logs)

    def _save_if_wanted(self, epoch, batch, logs):
        logs = logs_lib.Logs.wrap(logs)
        if not self.save_best_only:
            path = self._save(epoch, batch, logs)
            self._report(epoch, f"saved the model to {path}.")
            return
        current = monitor_lib.value(
            self.monitor, logs, type(self).__name__, "nothing is saved"
        )
        if current is None:
            return
        if self.monitor_op(current, self.best):
            change = f"{self.monitor} improved from {self.best} to {current}"
            path = self._save(epoch, batch, logs)
            # Only what is safely on disk is the best.
            self.best = current
            self._report(epoch, f"{change}, saved the model to {path}.")
        else:
            self._report(
                epoch, f"{self.monitor} did not improve from {self.best}."
            )

    def _report(self, epoch, text):
        if self.verbose > 0:
            progress_bar.print_message(f"Epoch {epoch + 1}: {text}")

    def _save(self, epoch, batch, logs):
        path = self._format_path(epoch, batch, logs)
        folder = os.path.dirname(path)
        if folder:
            tf.io.gfile.makedirs(folder)
        extra = {} if self.options is None else {"options": self.options}
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True, **extra)
        else:
            self.model.save(path, overwrite=True, **extra)
        return path

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
        return {
            "best": float(self.best),
            "epochs_since_last_save": self.epochs_since_last_save,
            "batches_since_last_save": self._batches_since_last_save,
            "last_batch": self._last_batch,
        }

    def set_state(self, state):
        self.best = state["best"]
        self.epochs_since_last_save = state["epochs_since_last_save"]
        self._batches_since_last_save = state["batches_since_last_save"]
        self._last_batch = state["last_batch"]
