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
"""TerminateOnNaN: stops a training whose loss is lost."""

import numpy as np

from tfk.callbacks.callback import Callback
from tfk.utils import progress_bar


class TerminateOnNaN(Callback):
    """Stops the training when the loss becomes NaN or infinite.

    Use it for long trainings: once the loss is NaN the weights are too, and no
    further batch mends them. The loss is looked at after every batch.

    Arguments:
        raise_error: Whether to raise a `RuntimeError`, so that the job fails,
            and not to end the training as if it were done. Defaults to False.

    Raises:
        RuntimeError: In `fit`, with `raise_error`, if the loss is NaN or
            infinite.

    Example:

    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((8, 2)), np.full((8, 1), np.nan)
    >>> history = model.fit(
    ...     x, y, epochs=5, verbose=0,
    ...     callbacks=[tfk.callbacks.TerminateOnNaN()],
    ... )
    Batch 0: the loss is nan, training stops.
    >>> history.epoch
    [0]
    """

    def __init__(self, raise_error=False):
        self.raise_error = raise_error

    def on_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not np.all(np.isfinite(loss)):
            if self.raise_error:
                raise RuntimeError(
                    f"The loss of batch {batch} is not finite. Received: "
                    f"loss={loss}. Look for bad values in the data, or try a "
                    "smaller learning rate."
                )
            progress_bar.print_message(
                f"Batch {batch}: the loss is {loss}, training stops."
            )
            self.model.stop_training = True
