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
"""How many times as long as its parts a `fit` with validation takes.

The parts are a `fit` without validation, and an `evaluate` for each epoch. They
take turns with the whole in one process, and the figure is one quotient: two
processes differ by more than what is looked for.
"""

import importlib
import statistics

from benchmarks import timing
from benchmarks import workload

_EPOCHS = 3
_REPEATS = 5


def measure_package(name, sizes):
    """Trains with `fit`, an equal number of rows aside for validation."""
    model = workload.classifier(importlib.import_module(name))
    rows = sizes.rows // 2
    x, y = workload.features(sizes.rows), workload.labels(sizes.rows)
    train, test = (x[:rows], y[:rows]), (x[rows:], y[rows:])
    options = {"batch_size": workload.BATCH_SIZE, "verbose": 0}

    def fit(**validation):
        model.fit(*train, epochs=_EPOCHS, **validation, **options)

    def whole():
        fit(validation_data=test)

    def parts():
        fit()
        for _ in range(_EPOCHS):
            model.evaluate(*test, **options)

    whole()
    parts()
    return statistics.median(
        timing.seconds_of(whole) / timing.seconds_of(parts)
        for _ in range(_REPEATS)
    )
