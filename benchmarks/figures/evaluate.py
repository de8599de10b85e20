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
"""Milliseconds of computing the loss over all rows of two arrays."""

import importlib

import numpy as np
import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import workload


def measure_package(name, sizes):
    """Calls `evaluate`."""
    model = workload.classifier(importlib.import_module(name))
    x = workload.features(sizes.rows)
    y = workload.labels(sizes.rows)
    return 1e3 * timing.median_seconds(
        lambda: model.evaluate(x, y, batch_size=workload.BATCH_SIZE, verbose=0)
    )


def measure_by_hand(sizes):
    """Averages losses in a loop in Python."""
    x = workload.features(sizes.rows)
    y = workload.labels(sizes.rows)
    loss = tf.function(hand.Training().loss)

    # Slices of arrays are cheaper than slices of tensors or a dataset.
    def evaluate():
        losses = [
            loss(tf.convert_to_tensor(x_batch), tf.convert_to_tensor(y_batch))
            for x_batch, y_batch in hand.slices(x, y)
        ]
        return np.mean([value.numpy() for value in losses])

    return 1e3 * timing.median_seconds(evaluate)


def measure_by_hand_graph(sizes):
    """Averages losses in a loop in a compiled function."""
    x = tf.constant(workload.features(sizes.rows))
    y = tf.constant(workload.labels(sizes.rows))
    training = hand.Training()

    @tf.function
    def evaluate(x, y):
        total = 0.0
        size = workload.BATCH_SIZE
        for start in tf.range(0, tf.shape(x)[0], size):
            rows = slice(start, start + size)
            total += training.loss(x[rows], y[rows])
        return total / tf.cast(tf.shape(x)[0] // size, total.dtype)

    return 1e3 * timing.median_seconds(lambda: evaluate(x, y).numpy())
