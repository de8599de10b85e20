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
"""Microseconds of a training step that hands its loss to a callback."""

import importlib

import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import workload

_EPOCHS = 2


def measure_package(name, sizes):
    """Trains with `fit` and a callback that keeps the loss of each batch."""
    keras = importlib.import_module(name)
    losses = []

    class KeepLosses(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            losses.append(logs["loss"])

    model = workload.classifier(keras)
    x = workload.features(sizes.rows)
    y = workload.labels(sizes.rows)

    def run():
        losses.clear()
        model.fit(
            x,
            y,
            batch_size=workload.BATCH_SIZE,
            epochs=_EPOCHS,
            callbacks=[KeepLosses()],
            verbose=0,
        )
        assert len(losses) == _num_steps(sizes)

    return _microseconds_per_step(run, sizes)


def measure_by_hand(sizes):
    """Trains in a loop in Python that reads the loss of each step."""
    batches = hand.shuffled_batches(
        workload.features(sizes.rows), workload.labels(sizes.rows)
    )
    step = tf.function(hand.Training().step)

    def run():
        losses = []
        for _ in range(_EPOCHS):
            for x, y in batches:
                losses.append(float(step(x, y)))

    return _microseconds_per_step(run, sizes)


def _num_steps(sizes):
    return _EPOCHS * (sizes.rows // workload.BATCH_SIZE)


def _microseconds_per_step(run, sizes):
    return timing.median_seconds(run) / _num_steps(sizes) * 1e6
