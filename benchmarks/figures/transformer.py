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
"""Milliseconds of a training step of a Transformer encoder."""

import importlib

import tensorflow as tf

from benchmarks import timing
from benchmarks import transformer_by_hand
from benchmarks import workload

_BATCH_SIZE = 16


def _milliseconds_per_step(train, sizes):
    x = tf.constant(workload.sequences(_BATCH_SIZE))
    y = tf.constant(workload.labels(_BATCH_SIZE))
    return 1e3 * timing.seconds_per_call(
        lambda: float(train(x, y)), sizes.seconds
    )


def measure_package(name, sizes):
    """Calls `train_on_batch`."""
    model = workload.encoder(importlib.import_module(name))
    return _milliseconds_per_step(model.train_on_batch, sizes)


def measure_by_hand(sizes):
    """Calls a compiled step."""
    step = tf.function(transformer_by_hand.Training().step)
    return _milliseconds_per_step(step, sizes)
