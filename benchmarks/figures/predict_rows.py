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
"""Milliseconds of predicting all rows of an array."""

import importlib

import numpy as np

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import workload


def measure_package(name, sizes):
    """Calls `predict`."""
    model = workload.server(importlib.import_module(name))
    x = workload.features(sizes.rows)
    return 1e3 * timing.median_seconds(
        lambda: model.predict(x, batch_size=workload.BATCH_SIZE, verbose=0)
    )


def measure_by_hand(sizes):
    """Calls a compiled function on slices of the array."""
    predict = hand.predict_function()
    x = workload.features(sizes.rows)
    return 1e3 * timing.median_seconds(
        lambda: np.concatenate([predict(batch) for (batch,) in hand.slices(x)])
    )
