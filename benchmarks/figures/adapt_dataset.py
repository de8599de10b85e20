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
"""The time that a preprocessing layer takes to adapt to a dataset."""

import importlib

import tensorflow as tf

from benchmarks import timing
from benchmarks.figures import adapt

_BATCH_SIZE = 256
_SMALLEST = 100
# One pass over batches takes so much of the rows that an array has.
_SHARES = {"TextVectorization": 2}
_SHARE = 10


def measure_package(name, sizes, layer):
    """Adapts a layer to batches, after another one to a few of them.

    Arguments:
        name: String: the package.
        sizes: The `catalog.Sizes` of the run.
        layer: String: the name of the layer's class.
    """
    layers = importlib.import_module(name).layers
    make, make_data, rows = adapt.CASES[layer]
    rows = rows // _SHARES.get(layer, _SHARE) * sizes.rows // 60_000
    data = make_data(max(_SMALLEST, rows))
    dataset = tf.data.Dataset.from_tensor_slices(data).batch(_BATCH_SIZE)
    make(layers).adapt(dataset.take(1))
    measured = make(layers)
    return timing.seconds_of(lambda: measured.adapt(dataset))
