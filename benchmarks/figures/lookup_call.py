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
"""Microseconds of a compiled call of a lookup layer."""

import importlib

import numpy as np
import tensorflow as tf

import tfk
from benchmarks import timing

_MANY = 10_000_000
_FEW = 100
_BATCH = 32


def measure_package(name, sizes, layer):
    """Looks up in a large vocabulary."""
    size = max(_FEW, _MANY * sizes.rows // 60_000)
    return _microseconds(importlib.import_module(name), sizes, layer, size)


def measure_without(sizes, layer):
    """Looks up in a small vocabulary."""
    return _microseconds(tfk, sizes, layer, _FEW)


def _microseconds(keras, sizes, layer, size):
    lookup = getattr(keras.layers, layer)()
    numbers = np.arange(size)
    # As often as words of a language are.
    places = np.random.default_rng(0).zipf(1.2, 100 * _BATCH) % size
    if layer == "StringLookup":
        lookup.set_vocabulary([b"word%08d" % i for i in numbers.tolist()])
        called = np.array([b"word%08d" % i for i in places.tolist()], object)
    else:
        lookup.set_vocabulary(numbers)
        called = numbers[places]
    batch = tf.constant(called[:_BATCH])
    call = tf.function(lookup)
    seconds = timing.seconds_per_call(lambda: call(batch), sizes.seconds)
    return seconds * 1e6
