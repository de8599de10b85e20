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
"""Validation between the epochs of `fit`."""

from tfk.data import adapters
from tfk.data import arrays
from tfk.data import batches
from tfk.engine import loop
from tfk.engine import opened_data


class Validation:
    """The validation of a `fit`: data and functions, kept between epochs."""

    def __init__(
        self,
        model,
        data,
        batch_size,
        steps,
        frequency,
        passes,
        callbacks,
        workers,
    ):
        self._model = model
        self._frequency = frequency
        self._passes = passes
        self._callbacks = callbacks
        x, y, sample_weight = data, None, None
        if isinstance(data, (tuple, list)):
            x, y, sample_weight = batches.unpack_x_y_sample_weight(data)
        self.sources, self._steps = (), None
        self._run = opened_data.array_run(
            model, "test", (x, y, sample_weight), batch_size, steps
        )
        if self._run is not None:
            return
        source = adapters.source(
            x,
            y,
            sample_weight,
            batch_size=batch_size if arrays.is_in_memory(x) else None,
            steps=steps,
            workers=workers[0],
            use_multiprocessing=workers[1],
            max_queue_size=workers[2],
        )
        if source.num_rows is not None:
            steps = steps and min(steps, source.num_batches)
        self.sources, self._steps = (source,), steps

    def is_due(self, epoch):
        """Whether to validate after an epoch, counted from 0."""
        if isinstance(self._frequency, int):
            return (epoch + 1) % self._frequency == 0
        return epoch + 1 in self._frequency

    def run(self):
        """Evaluates and returns the logs."""
        if self._run is None or self._steps is not None:
            # With a number of steps, each validation begins at the start.
            self._run = opened_data.open_source(
                self._model,
                self.sources[0],
                "test",
                self._steps,
                "validation",
                self._passes,
            )
        return loop.evaluate(self._model, self._run, self._callbacks)
