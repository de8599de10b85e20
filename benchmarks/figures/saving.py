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
"""The time that it takes to save a large network, and to load it.

By hand, the same bytes are written to a file and waited for, or read into
variables: what of the time is the disk, and not the format.
"""

import importlib
import os
import tempfile

import numpy as np
import tensorflow as tf

from benchmarks import networks
from benchmarks import timing

_ENDINGS = {"keras": "model.keras", "h5": "model.h5"}


def measure_package(name, sizes, what, network):
    """Saves or loads a network, again and again.

    Arguments:
        name: String: the package.
        sizes: The `catalog.Sizes` of the run, which do not matter here.
        what: String: `"save_keras"`, `"load_keras"`, `"save_h5"` or
            `"load_h5"`.
        network: String: the key of `networks.BUILT`.
    """
    del sizes
    keras = importlib.import_module(name)
    model = networks.BUILT[network](keras)
    action, ending = what.split("_")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, _ENDINGS[ending])
        if action == "save":
            return timing.median_seconds(lambda: model.save(path))
        model.save(path)
        return timing.median_seconds(lambda: keras.models.load_model(path))


def measure_by_hand(sizes, what, network):
    """Writes the arrays of a network into a file, or reads them."""
    del sizes
    keras = importlib.import_module("tfk")
    weights = networks.BUILT[network](keras).weights
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weights")
        if what.startswith("save"):
            return timing.median_seconds(lambda: _write(weights, path))
        _write(weights, path)
        return timing.median_seconds(lambda: _read(weights, path))


def _write(weights, path):
    with open(path, "wb") as file:
        for weight in weights:
            file.write(weight.numpy().data)
        file.flush()
        os.fsync(file.fileno())


def _read(weights, path):
    with open(path, "rb") as file:
        return [
            tf.Variable(
                np.fromfile(
                    file,
                    weight.dtype.as_numpy_dtype,
                    weight.shape.num_elements(),
                ).reshape(weight.shape)
            )
            for weight in weights
        ]
