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
"""Megabytes that a process gains by making, training and dropping models."""

import importlib

import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import workload

_ROWS = 4 * workload.BATCH_SIZE


def measure_package(name, sizes):
    """Builds, fits and deletes, with `clear_session` as its users do."""
    keras = importlib.import_module(name)
    x, y = workload.features(_ROWS), workload.labels(_ROWS)

    def build_and_fit():
        model = workload.classifier(keras)
        model.fit(x, y, batch_size=workload.BATCH_SIZE, verbose=0)
        del model
        keras.backend.clear_session()

    return _megabytes_gained(build_and_fit, sizes)


def measure_by_hand(sizes):
    """Makes the variables and compiles the step again and again."""
    x, y = workload.features(_ROWS), workload.labels(_ROWS)

    def build_and_fit():
        step = tf.function(hand.Training().step)
        for x_batch, y_batch in hand.shuffled_batches(x, y):
            step(x_batch, y_batch)

    return _megabytes_gained(build_and_fit, sizes)


def _megabytes_gained(function, sizes):
    return timing.megabytes_gained(
        function, sizes.memory_builds, sizes.memory_builds // 10
    )
