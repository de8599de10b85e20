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
"""Milliseconds of a training step in mixed precision, and in float32."""

import importlib

from benchmarks import timing
from benchmarks import workload

_WIDTH = 1_024
_ROWS = 1_024


def measure_package(name, sizes):
    """Trains under the policy `mixed_bfloat16`."""
    keras = importlib.import_module(name)
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    return _measure(keras, sizes)


def measure_without(sizes):
    """Trains in float32."""
    return _measure(importlib.import_module("tfk"), sizes)


def _measure(keras, sizes):
    model = keras.Sequential(
        [
            keras.Input(shape=(workload.NUM_FEATURES,)),
            *(keras.layers.Dense(_WIDTH, activation="relu") for _ in range(4)),
            keras.layers.Dense(workload.NUM_CLASSES, dtype="float32"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    x, y = workload.features(_ROWS), workload.labels(_ROWS)
    return 1e3 * timing.seconds_per_call(
        lambda: model.train_on_batch(x, y), sizes.seconds
    )
