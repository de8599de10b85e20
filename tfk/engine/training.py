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
"""Training, evaluation and prediction: what a model does with data."""

import numbers
import warnings

from tfk import callbacks as callbacks_lib
from tfk.data import adapters
from tfk.data import splits
from tfk.engine import compiled
from tfk.engine import fit_state
from tfk.engine import loop
from tfk.engine import on_batch
from tfk.engine import opened_data
from tfk.engine import step_functions
from tfk.engine import trainability
from tfk.engine import validation as validation_lib
from tfk.utils import caller
from tfk.utils import interactive_logging
from tfk.utils import progress_bar


class _Unasked(int):
    """A default that differs from the same value of the caller's."""

    def __repr__(self):
        return repr(bool(self))


_SHUFFLE = _Unasked(True)


class Trainer(
    on_batch.OnBatch, step_functions.StepFunctions, compiled.Compiled
):
    """The training side of `tfk.Model`."""

    # The `FitState` while `fit` runs.
    fit_state = None

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=_SHUFFLE,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
    ):
        """Trains the model.

        The loss and metrics shown are means over the samples of an epoch, each
        taken with the weights of its step, in training mode: with dropout, and
        with the statistics of the batch. `evaluate` on the same data differs,
        since it takes the final weights, in test mode; `val_loss` is exactly
        what `evaluate` gives on the validation data.

        Arguments:
            x: Arrays, tensors, a nested structure of them, a data frame, a
                `tf.data.Dataset` of `(x, y)` or `(x, y, sample_weight)`, a
                generator, or a `tfk.utils.Sequence`.
            y: Targets, where `x` does not yield them.
            batch_size: Integer: rows in a batch of arrays. Defaults to 32.
            epochs: Integer: the epoch to train up to.
            verbose: 0 is silent, 1 a progress bar, 2 a line for each epoch.
            callbacks: List of `tfk.callbacks.Callback`.
            validation_split: Float: the fraction of the arrays' last rows to
                validate on. They are cut off before any shuffling.
            validation_data: `(x, y)`, `(x, y, sample_weight)` or a dataset to
                validate on after each epoch.
            shuffle: Boolean: whether to draw a new order of the arrays' rows
                in each epoch. A dataset's order is its own; to ask for another
                one is a warning.
            class_weight: Dict of class indices to weights, which multiply
                the sample weights; classes that are not named weigh 1. For
                several outputs a dict by the outputs' names, or a list, of
                such dicts or None. Validation data is not weighed by it.
            sample_weight: Array of weights of the rows, or of each time step
                or pixel; for several outputs a dict or list of arrays.
            initial_epoch: Integer: the epoch to start at.
            steps_per_epoch: Integer: steps in an epoch.
            validation_steps: Integer: validation steps in an epoch.
            validation_batch_size: Integer. Defaults to `batch_size`.
            validation_freq: Integer, or a list of epochs (from 1) to validate
                after.
            max_queue_size: Integer: how many batches of a `Sequence` or
                generator are made ahead.
            workers: Integer: threads or processes for a `Sequence`.
            use_multiprocessing: Boolean: whether they are processes. See
                `tfk.utils.Sequence`.

        Returns:
            A `History`; its `history` holds the logs of each epoch.

        Raises:
            RuntimeError: If the model was not compiled.
            ValueError: If the data does not fit.

        Example:

        >>> model = tfk.Sequential([tfk.layers.Dense(1)])
        >>> model.compile(optimizer="sgd", loss="mse")
        >>> x = np.ones((8, 2))
        >>> history = model.fit(x, np.ones((8, 1)), epochs=2, verbose=0)
        >>> len(history.history["loss"])
        2
        """
        self._check_compiled("fit")
        _check_counts(epochs=epochs, initial_epoch=initial_epoch)
        trainability.warn_if_changed(self)
        if validation_split:
            (x, y, sample_weight), validation_data = (
                splits.train_validation_split(
                    (x, y, sample_weight), validation_split
                )
            )
        with self.distribute_strategy.scope():
            source = adapters.source(
                x,
                y,
                sample_weight,
                batch_size=batch_size,
                shuffle=shuffle,
                steps=steps_per_epoch,
                workers=workers,
                use_multiprocessing=use_multiprocessing,
                max_queue_size=max_queue_size,
            )
            _check_shuffle(shuffle, source)
            opened_data.weigh_classes(self, source, class_weight)
            passes = max(1, epochs - initial_epoch)
            run = opened_data.open_source(
                self, source, "train", steps_per_epoch, "fit", passes
            )
            callbacks = _callback_list(
                self, callbacks, verbose, run, epochs, add_history=True
            )
            validation = None
            if validation_data is not None:
                validation = validation_lib.Validation(
                    self,
                    validation_data,
                    validation_batch_size or batch_size,
                    validation_steps,
                    validation_freq,
                    passes,
                    callbacks,
                    (workers, use_multiprocessing, max_queue_size),
                )

            def open_at(position):
                return opened_data.resumed(
                    self, run, steps_per_epoch, passes, position
                )

            state = fit_state.FitState(
                self, run, callbacks, initial_epoch, open_at
            )
            others = () if validation is None else validation.sources
            with state, source.running(*others):
                loop.fit(self, state, callbacks, epochs, validation)
        return self.history

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
        return_dict=False,
        **kwargs,
    ):
        """Computes loss and metrics in test mode.

        Arguments:
            x: Data, as for `fit`.
            y: Targets, where `x` does not yield them.
            batch_size: Integer: rows in a batch of arrays. Defaults to 32.
            verbose: 0 is silent, 1 a progress bar, 2 a line.
            sample_weight: Array of weights of the rows.
            steps: Integer: how many batches to evaluate.
            callbacks: List of callbacks.
            max_queue_size: As for `fit`.
            workers: As for `fit`.
            use_multiprocessing: As for `fit`.
            return_dict: Boolean: whether to return a dict.
            **kwargs: None are known.

        Returns:
            The loss, a list of the loss and the metrics in the order of
            `metrics_names`, or a dict.
        """
        if kwargs:
            raise TypeError(f"`evaluate` does not take {sorted(kwargs)}.")
        self._check_compiled("evaluate")
        data = self._direct_batch(
            x, y, sample_weight, batch_size, steps, callbacks
        )
        if data is not None:
            bar = _bar_of_one_step(verbose)
            logs = self._run_batch("test", data, reset_metrics=True)
            if bar is not None:
                bar.stateful_metrics.update(logs)
                bar.update(1, list(logs.items()))
            return self._in_order(logs, return_dict)
        with self.distribute_strategy.scope():
            run = opened_data.open_once(
                self,
                "test",
                (x, y, sample_weight),
                batch_size,
                steps,
                workers=workers,
                use_multiprocessing=use_multiprocessing,
                max_queue_size=max_queue_size,
            )
            with run.running():
                callbacks = _callback_list(self, callbacks, verbose, run)
                logs = loop.evaluate(self, run, callbacks)
        return self._in_order(logs, return_dict)

    def predict(
        self,
        x,
        batch_size=None,
        verbose="auto",
        steps=None,
        callbacks=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
    ):
        """Computes the outputs for all rows of the data.

        Arguments:
            x: Data, as for `fit`.
            batch_size: Integer: rows in a batch of arrays. Defaults to 32.
            verbose: 0 is silent, 1 a progress bar, 2 a line.
            steps: Integer: how many batches to predict.
            callbacks: List of callbacks.
            max_queue_size: As for `fit`.
            workers: As for `fit`.
            use_multiprocessing: As for `fit`.

        Returns:
            NumPy arrays in the structure of the outputs; ragged and sparse
            outputs stay tensors.
        """
        data = self._direct_batch(x, None, None, batch_size, steps, callbacks)
        if data is not None:
            bar = _bar_of_one_step(verbose)
            outputs = self._predict_batch(data)
            if bar is not None:
                bar.update(1)
            return outputs
        with self.distribute_strategy.scope():
            run = opened_data.open_once(
                self,
                "predict",
                (x, None, None),
                batch_size,
                steps,
                workers=workers,
                use_multiprocessing=use_multiprocessing,
                max_queue_size=max_queue_size,
            )
            with run.running():
                callbacks = _callback_list(self, callbacks, verbose, run)
                return loop.predict(self, run, callbacks)


def _callback_list(model, callbacks, verbose, run, epochs=1, add_history=False):
    """Returns the `CallbackList` of a run, a progress bar in it if wanted."""
    if isinstance(callbacks, callbacks_lib.CallbackList):
        return callbacks
    return callbacks_lib.CallbackList(
        callbacks,
        add_history=add_history,
        add_progbar=verbose != 0,
        model=model,
        verbose=interactive_logging.verbosity(verbose),
        epochs=epochs,
        steps=run.num_steps,
    )


def _bar_of_one_step(verbose):
    if verbose == 0:
        return None
    return progress_bar.Progbar(
        1, verbose=interactive_logging.verbosity(verbose)
    )


def _check_counts(**counts):
    """Refuses what is no number, before any work is done."""
    for name, value in counts.items():
        if not isinstance(value, numbers.Real):
            raise TypeError(
                f"`{name}` of `fit` must be an integer. Received: "
                f"{name}={value!r}."
            )


def _check_shuffle(shuffle, source):
    """Warns of an order that was asked for and that the data can't have."""
    if shuffle is _SHUFFLE or not shuffle:
        return
    if source.kind in ("dataset", "iterable"):
        warnings.warn(
            "`shuffle` has no effect on a dataset or generator, whose order is "
            f"its own. Received: shuffle={shuffle!r}. Shuffle rows before they "
            "become batches, as in `dataset.shuffle(1000).batch(32)`.",
            stacklevel=caller.stacklevel(),
        )
