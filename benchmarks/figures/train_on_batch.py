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
"""Microseconds of training on one batch of arrays and reading the loss."""

import importlib

import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import workload


def _microseconds_per_call(train, sizes):
    x = workload.features(workload.BATCH_SIZE)
    y = workload.labels(workload.BATCH_SIZE)
    return 1e6 * timing.seconds_per_call(
        lambda: float(train(x, y)), sizes.seconds
    )


def measure_package(name, sizes):
    """Calls `train_on_batch`."""
    model = workload.classifier(importlib.import_module(name))
    return _microseconds_per_call(model.train_on_batch, sizes)


def measure_by_hand(sizes):
    """Calls a compiled step."""
    step = tf.function(hand.Training().step)

    # Arrays given as they are would be converted more slowly.
    def train(x, y):
        return step(tf.convert_to_tensor(x), tf.convert_to_tensor(y))

    return _microseconds_per_call(train, sizes)
