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
"""StepTimer: where the time of a training goes."""

from tfk.callbacks.callback import Callback
from tfk.utils import progress_bar

_NAMES = {
    "input": "waiting for input",
    "steps": "steps",
    "callbacks": "callbacks",
    "validation": "validation",
}

# From this share of the time of an epoch on, it is worth a change.
_BOTTLENECK = 0.2

_CURES = {
    "arrays": (
        "Raise `batch_size`, and load arrays into memory that are on disk."
    ),
    "dataset": (
        "Give `num_parallel_calls=tf.data.AUTOTUNE` to each `map` of the "
        "dataset, end it with `.prefetch(tf.data.AUTOTUNE)`, and `.cache()` "
        "what fits into memory."
    ),
    "sequence": (
        "Pass a larger `workers` to the `Sequence`, or make it a "
        "`tf.data.Dataset`."
    ),
    "iterable": (
        "Make the generator a `tfk.utils.Sequence` with several `workers`, or "
        "a `tf.data.Dataset`."
    ),
}


class StepTimer(Callback):
    """Tells where the time of each epoch went, and what to do about input.

    Use it when a training is slower than it should be. It tells how long an
    epoch waited for its input, how long the steps took, the callbacks (all of
    them, and the rest of what Python does), and the validation. Where input
    takes a fifth of the time or more, a sentence says what to change.

    Arguments:
        verbose: 1 (the default) to print a line for each epoch, 0 to keep the
            numbers only.

    Attributes:
        history: A list with a dict for each epoch: the seconds of `"input"`,
            `"steps"`, `"callbacks"` and `"validation"`.

    Example:

    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> timer = tfk.callbacks.StepTimer(verbose=0)
    >>> history = model.fit(
    ...     np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0,
    ...     callbacks=[timer],
    ... )
    >>> [sorted(times) for times in timer.history]
    [['callbacks', 'input', 'steps', 'validation'],
     ['callbacks', 'input', 'steps', 'validation']]

    The first epoch holds the time in which the steps are compiled. Waiting for
    input is measured within the compiled steps, which costs some microseconds
    for each; without a `StepTimer` nothing is measured there. The validation's
    own waiting counts as validation.
    """

    def __init__(self, verbose=1):
        self.verbose = verbose
        self.history = []

    def wants_times(self):
        return True

    def on_train_begin(self, logs=None):
        self.history = []
        self._fit_state().take_times()

    def on_epoch_end(self, epoch, logs=None):
        # The callbacks after this one take their time as well.
        self._fit_state().when_settled(lambda: self._report(epoch))

    def _fit_state(self):
        fit = getattr(self.model, "fit_state", None)
        if fit is None:
            raise RuntimeError(
                "`StepTimer` works in `Model.fit` only. Received: "
                f"model={self.model!r}, which is not in `fit`."
            )
        return fit

    def _report(self, epoch):
        fit = self._fit_state()
        times = fit.take_times()
        self.history.append(times)
        if self.verbose > 0:
            progress_bar.print_message(
                describe(epoch, times, fit.run.source.kind)
            )

    def get_state(self):
        return {"history": list(self.history)}

    def set_state(self, state):
        self.history = list(state["history"])


def describe(epoch: int, times: dict, kind: str) -> str:
    """Returns what `StepTimer` prints for an epoch.

    Arguments:
        epoch: The epoch, counted from 0.
        times: The seconds of `"input"`, `"steps"`, `"callbacks"` and
            `"validation"`.
        kind: What the data is: "arrays", "dataset", "sequence", "iterable".

    Example:

    >>> from tfk.callbacks import step_timer
    >>> times = {"input": 3.0, "steps": 6.0, "callbacks": 1.0, "validation": 0}
    >>> print(step_timer.describe(0, times, "sequence"))
    Epoch 1: 10.0s: waiting for input 30%, steps 60%, callbacks 10%,
    validation 0%. The input is the bottleneck: Pass a larger `workers` to the
    `Sequence`, or make it a `tf.data.Dataset`.
    """
    total = sum(times.values())
    shares = {name: times[name] / (total or 1.0) for name in _NAMES}
    listed = ", ".join(
        f"{_NAMES[name]} {share:.0%}" for name, share in shares.items()
    )
    text = f"Epoch {epoch + 1}: {total:.1f}s: {listed}."
    if shares["input"] >= _BOTTLENECK:
        text += f" The input is the bottleneck: {_CURES[kind]}"
    return text
