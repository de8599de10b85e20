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
"""Microseconds of a step of a `train_step` of one's own, in an epoch."""

import importlib

import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import vae
from benchmarks import vae_by_hand
from benchmarks import workload

_EPOCHS = 2


def measure_package(name, sizes):
    """Trains a subclass of `Model` with `fit`."""
    keras = importlib.import_module(name)
    model = vae.autoencoder(keras)
    model.compile(optimizer=keras.optimizers.Adam())
    x = workload.features(sizes.rows)
    return _microseconds_per_step(
        lambda: model.fit(
            x, batch_size=workload.BATCH_SIZE, epochs=_EPOCHS, verbose=0
        ),
        sizes,
    )


def measure_by_hand(sizes):
    """Trains with a compiled step in a loop in Python."""
    batches = hand.shuffled_batches(workload.features(sizes.rows))
    step = tf.function(vae_by_hand.Training().step)

    def run():
        for _ in range(_EPOCHS):
            for (x,) in batches:
                losses = step(x)
        return [loss.numpy() for loss in losses]

    return _microseconds_per_step(run, sizes)


def _microseconds_per_step(run, sizes):
    steps = _EPOCHS * (sizes.rows // workload.BATCH_SIZE)
    return timing.median_seconds(run) / steps * 1e6
