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
"""The time that a preprocessing layer takes to adapt to an array."""

import importlib

import numpy as np

from benchmarks import timing

_NUM_WORDS = 20_000
_SENTENCE = 12
_SMALLEST = 100
# tf.keras takes minutes over batches of the size that it chooses.
_BATCH_SIZE = 1 << 15


def measure_package(name, sizes, layer):
    """Adapts a layer to arrays, after another one to a few rows.

    Arguments:
        name: String: the package.
        sizes: The `catalog.Sizes` of the run.
        layer: String: the name of the layer's class.
    """
    layers = importlib.import_module(name).layers
    make, make_data, rows = CASES[layer]
    data = make_data(max(_SMALLEST, rows * sizes.rows // 60_000))
    # TensorFlow starts with the first tensor, which is no part of adapting.
    make(layers).adapt(data[:_SMALLEST])
    measured = make(layers)
    return timing.seconds_of(
        lambda: measured.adapt(data, batch_size=_BATCH_SIZE)
    )


def _features(rows):
    return _random().standard_normal((rows, 32), dtype=np.float32)


def _numbers(rows):
    return _random().standard_normal(rows, dtype=np.float32)


def _words(rows):
    """Returns strings, as often as words of a language are."""
    # Zipf's law, cut off.
    chances = 1 / np.arange(1, _NUM_WORDS + 1)
    kinds = np.array([f"word{i}" for i in range(_NUM_WORDS)], object)
    return _random().choice(kinds, rows, p=chances / chances.sum())


def _sentences(rows):
    words = _words(rows * _SENTENCE).reshape(rows, _SENTENCE)
    found = [" ".join(row).capitalize() + "." for row in words.tolist()]
    return np.array(found, object)


def _random():
    return np.random.default_rng(0)


CASES = {
    "Normalization": (
        lambda layers: layers.Normalization(),
        _features,
        2_000_000,
    ),
    "StringLookup": (lambda layers: layers.StringLookup(), _words, 2_000_000),
    "TextVectorization": (
        lambda layers: layers.TextVectorization(),
        _sentences,
        100_000,
    ),
    "Discretization": (
        lambda layers: layers.Discretization(num_bins=64),
        _numbers,
        4_000_000,
    ),
}
