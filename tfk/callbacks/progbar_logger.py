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
"""ProgbarLogger: shows the progress of `fit`, `evaluate` and `predict`."""

from tfk.callbacks.callback import Callback
from tfk.utils import interactive_logging
from tfk.utils import progress_bar


class ProgbarLogger(Callback):
    """Shows a progress bar with the running losses and metrics.

    `fit`, `evaluate` and `predict` add one unless `verbose=0`; there is no need
    to make one.

    Arguments:
        count_mode: "steps" to count batches, "samples" (the default) to count
            samples, in training loops that tell `params["samples"]` and the
            `size` of each batch in its logs.
        stateful_metrics: Accepted for older code. All logs are shown as they
            are, since `fit` logs running values.

    Raises:
        ValueError: If `count_mode` is neither "steps" nor "samples".

    Example:

    >>> callbacks = tfk.callbacks.CallbackList(
    ...     add_progbar=True, verbose=2, epochs=3, steps=10
    ... )
    >>> callbacks.on_train_begin()
    >>> callbacks.on_epoch_begin(0)
    >>> callbacks.on_train_batch_end(9, {"loss": 0.5})
    >>> callbacks.on_epoch_end(0, {"loss": 0.5})
    Epoch 1/3 - 10/10 - 0s ... - loss: 0.5000

    In a terminal or a notebook the bar moves in place; in a file, and with
    `verbose=2`, every epoch is one line.
    """

    def __init__(self, count_mode="samples", stateful_metrics=None):
        if count_mode not in ("samples", "steps"):
            raise ValueError(
                "`count_mode` must be 'samples' or 'steps'. "
                f"Received: count_mode={count_mode!r}."
            )
        self.count_mode = count_mode
        self.stateful_metrics = set(stateful_metrics or ())
        self.verbose = 1
        self.epochs = 1
        self.target = None
        self.seen = 0
        self.progbar = None
        self._in_fit = False

    def set_params(self, params):
        super().set_params(params)
        verbose = params.get("verbose", 1)
        self.verbose = interactive_logging.verbosity(verbose)
        self.epochs = params.get("epochs", 1)
        self.target = None

    def wants_every_batch(self, mode):
        return False

    @property
    def _counts_samples(self):
        return self.count_mode == "samples" and "samples" in (self.params or {})

    def _start(self, title=""):
        params = self.params or {}
        told = params.get("samples" if self._counts_samples else "steps")
        self.target = told or self.target
        self.seen = 0
        self.progbar = progress_bar.Progbar(
            self.target,
            verbose=self.verbose,
            unit_name="sample" if self._counts_samples else "step",
        )
        self.progbar.begin(title)

    def _advance(self, batch, logs):
        if self.progbar is None or self.verbose == 0:
            return
        if self._counts_samples:
            self.seen += (logs or {}).get("size", 1)
        else:
            self.seen = batch + 1
        # The logs are fetched only when they will be seen.
        if self.progbar.is_due(self.seen):
            self._update(logs, finalize=False)

    def _update(self, logs, finalize):
        names = [name for name in logs or () if name not in ("size", "batch")]
        self.progbar.stateful_metrics.update(names)
        values = [(name, logs[name]) for name in names]
        self.progbar.update(self.seen, values, finalize=finalize)

    def _finish(self, logs):
        if self.progbar is None or self.verbose == 0:
            return
        if self.target is None:
            self.target = self.progbar.target = self.seen or None
        self._update(logs, finalize=True)

    def on_train_begin(self, logs=None):
        self._in_fit = True

    def on_train_end(self, logs=None):
        self._in_fit = False

    def on_epoch_begin(self, epoch, logs=None):
        several = self.epochs is not None and self.epochs > 1
        title = f"Epoch {epoch + 1}/{self.epochs}" if several else ""
        self._start(title if self.verbose else "")

    def on_train_batch_end(self, batch, logs=None):
        self._advance(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._finish(logs)

    def on_test_begin(self, logs=None):
        if not self._in_fit:
            self._start()

    def on_test_batch_end(self, batch, logs=None):
        if not self._in_fit:
            self._advance(batch, logs)

    def on_test_end(self, logs=None):
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs=None):
        self._start()

    def on_predict_batch_end(self, batch, logs=None):
        self._advance(batch, None)

    def on_predict_end(self, logs=None):
        self._finish(None)
