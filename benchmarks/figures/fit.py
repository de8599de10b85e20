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
"""Microseconds of one training step in an epoch over arrays."""

import importlib

import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import workload

# Who trains, trains for several epochs: what `fit` does once is shared by them.
_EPOCHS = 3


def _microseconds_per_step(run, sizes):
    steps = _EPOCHS * (sizes.rows // workload.BATCH_SIZE)
    return timing.median_seconds(run) / steps * 1e6


def measure_package(name, sizes):
    """Trains with `fit`."""
    model = workload.classifier(importlib.import_module(name))
    x = workload.features(sizes.rows)
    y = workload.labels(sizes.rows)
    return _microseconds_per_step(
        lambda: model.fit(
            x,
            y,
            batch_size=workload.BATCH_SIZE,
            epochs=_EPOCHS,
            verbose=0,
        ),
        sizes,
    )


def measure_by_hand(sizes):
    """Trains with a compiled step in a loop in Python."""
    batches = _batches(sizes)
    step = tf.function(hand.Training().step)

    def run():
        for _ in range(_EPOCHS):
            for x, y in batches:
                loss = step(x, y)
        return loss.numpy()

    return _microseconds_per_step(run, sizes)


def measure_by_hand_graph(sizes):
    """Trains with a compiled function that runs all steps of an epoch."""
    batches = _batches(sizes)
    num_steps = tf.constant(sizes.rows // workload.BATCH_SIZE)
    training = hand.Training()

    @tf.function
    def epoch(iterator, num_steps):
        loss = tf.zeros(())
        for _ in tf.range(num_steps):
            loss = training.step(*next(iterator))
        return loss

    def run():
        for _ in range(_EPOCHS):
            loss = epoch(iter(batches), num_steps)
        return loss.numpy()

    return _microseconds_per_step(run, sizes)


def _batches(sizes):
    return hand.shuffled_batches(
        workload.features(sizes.rows), workload.labels(sizes.rows)
    )
