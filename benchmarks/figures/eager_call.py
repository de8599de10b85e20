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
"""Microseconds of calling a model on a tensor of one row, without a graph."""

import importlib

import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import workload


def _microseconds_per_call(model, sizes):
    row = tf.constant(workload.features(1))
    return 1e6 * timing.seconds_per_call(lambda: model(row), sizes.seconds)


def measure_package(name, sizes):
    """Calls a model."""
    keras = importlib.import_module(name)
    return _microseconds_per_call(workload.server(keras), sizes)


def measure_by_hand(sizes):
    """Calls the ops that the model consists of."""
    return _microseconds_per_call(hand.MLP(workload.SERVED_WIDTHS), sizes)
