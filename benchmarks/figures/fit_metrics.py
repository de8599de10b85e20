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
"""Microseconds of a training step that keeps four metrics."""

import importlib

import numpy as np

from benchmarks import timing
from benchmarks import workload

_EPOCHS = 3


def measure_package(name, sizes):
    """Trains with metrics."""
    keras = importlib.import_module(name)
    return _measure(
        keras,
        sizes,
        [
            "accuracy",
            keras.metrics.TopKCategoricalAccuracy(5),
            keras.metrics.AUC(),
            keras.metrics.CategoricalCrossentropy(),
        ],
    )


def measure_without(sizes):
    """Trains with the loss alone."""
    return _measure(importlib.import_module("tfk"), sizes, None)


def _measure(keras, sizes, metrics):
    model = workload.classifier(keras)
    model.compile("adam", "categorical_crossentropy", metrics=metrics)
    x = workload.features(sizes.rows)
    y = np.eye(workload.NUM_CLASSES, dtype=np.float32)[
        workload.labels(sizes.rows)
    ]

    def train():
        model.fit(
            x, y, batch_size=workload.BATCH_SIZE, epochs=_EPOCHS, verbose=0
        )

    steps = _EPOCHS * (sizes.rows // workload.BATCH_SIZE)
    return timing.median_seconds(train) / steps * 1e6
