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
"""SwapEMAWeights: evaluates with the averages of the weights."""

from tfk.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Evaluates, predicts and saves with the averages of the weights.

    An optimizer with `use_ema=True` keeps moving averages of the weights, which
    often generalise better, and sets the weights to them when `fit` ends. This
    callback puts them in the place of the weights for each validation, and for
    `evaluate` and `predict` that are called with it, and puts the weights back
    afterwards. It does the same with the averages of `ScheduleFreeAdamW`.

    Arguments:
        swap_on_epoch: Whether the averages also take the place of the weights
            from the end of each epoch to the start of the next, for callbacks
            that act then: put it before `ModelCheckpoint` in the list. Defaults
            to False.

    Raises:
        ValueError: In `fit`, if the optimizer keeps no averages.

    Example:

    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile(tfk.optimizers.SGD(0.1, use_ema=True), "mse")
    >>> history = model.fit(
    ...     np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0,
    ...     validation_data=(np.ones((8, 2)), np.ones((8, 1))),
    ...     callbacks=[tfk.callbacks.SwapEMAWeights()],
    ... )
    """

    def __init__(self, swap_on_epoch=False):
        self.swap_on_epoch = swap_on_epoch
        # Runs may be nested: a callback may evaluate at the end of an epoch.
        self._swapped = []

    @property
    def _optimizer(self):
        optimizer = getattr(self.model, "optimizer", None)
        while hasattr(optimizer, "inner_optimizer"):
            optimizer = optimizer.inner_optimizer
        if not getattr(optimizer, "_keeps_averages", False):
            raise ValueError(
                "`SwapEMAWeights` needs an optimizer that keeps averages of "
                f"the weights. Received: optimizer={optimizer!r}. Construct it "
                "with `use_ema=True`."
            )
        return optimizer

    def _hold_averages(self, wanted):
        """Swaps where it must be; returns whether it did."""
        optimizer = self._optimizer
        if not optimizer.built or optimizer.holds_averages == wanted:
            return False
        optimizer.swap_averages()
        return True

    def on_train_begin(self, logs=None):
        self._swapped = []
        self._hold_averages(False)

    def on_epoch_begin(self, epoch, logs=None):
        self._hold_averages(False)

    def on_epoch_end(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._hold_averages(True)

    def _begin(self):
        self._swapped.append(self._hold_averages(True))

    def _end(self):
        if self._swapped and self._swapped.pop():
            self._hold_averages(False)

    def on_test_begin(self, logs=None):
        self._begin()

    def on_test_end(self, logs=None):
        self._end()

    def on_predict_begin(self, logs=None):
        self._begin()

    def on_predict_end(self, logs=None):
        self._end()
