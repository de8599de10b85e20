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
"""Writes and reads the golden files: layers and models of other packages.

`python -m tfk.testing.golden_files` writes them anew, with tf_keras and with
Keras 3 on TensorFlow, each in a process of its own. They hold no dates and no
paths: as long as settings and packages stay the same, so do the files.

`layers_<package>.h5` has for each setting the layer as the package saves it,
inputs, weights with their names, and outputs: of a plain call and, where they
differ, of a call in training, with the weights after it. All numbers stand in
one array, since HDF5 spends a kilobyte on each. `models_<package>.zip` has a
model of each family of layers, in the formats in which the package saves it.
"""

import argparse
import dataclasses
import importlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib

import h5py
import numpy as np
import tensorflow as tf

from tfk.testing.golden import settings

FOLDER = pathlib.Path(__file__).with_name("golden")

# The names under which they are imported. "keras" is Keras 3.
PACKAGES = ("tf_keras", "keras")

# The model that has an optimizer, beside those of the families.
TRAINED = "trained"

_ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # tf_keras uses `tf.keras` in places, which else is Keras 3.
    "TF_USE_LEGACY_KERAS": "1",
    # Without it, the order of sums does not depend on the processor.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclasses.dataclass(frozen=True)
class Entry:
    """A layer as a package made it.

    Arguments:
        config: Dict: the layer as the package writes it into files.
        names: List of strings: the names of the weights.
        inputs: Array or list of arrays.
        weights: List of arrays.
        outputs: List of arrays: the outputs, flat.
        training_outputs: List of arrays: those in training, if they are others.
        new_weights: List of arrays: the weights after the call in training.
    """

    config: dict
    names: list
    inputs: object
    weights: list
    outputs: list
    training_outputs: list | None = None
    new_weights: list | None = None


def read_layers(package_name):
    """Returns a dict of the names of settings to `Entry`s."""
    with h5py.File(_layers_path(package_name), "r") as file:
        index = json.loads(bytes(file["index"][()]))
        numbers = file["numbers"][()]

    def revive(value):
        if isinstance(value, list):
            return [revive(item) for item in value]
        if isinstance(value, dict) and "start" in value:
            stop = value["start"] + int(np.prod(value["shape"]))
            return numbers[value["start"] : stop].reshape(value["shape"])
        if isinstance(value, dict):
            return np.array(value["values"], value["dtype"])
        return value

    return {
        name: Entry(
            **{
                key: value if key == "config" else revive(value)
                for key, value in entry.items()
            }
        )
        for name, entry in index.items()
    }


def model_files(package_name):
    """Returns the names of the files that `unpack_model` can unpack."""
    with zipfile.ZipFile(_models_path(package_name)) as archive:
        return sorted(archive.namelist())


def unpack_model(package_name, name, folder):
    """Puts a file of a model into a folder, and returns its path."""
    with zipfile.ZipFile(_models_path(package_name)) as archive:
        return archive.extract(name, folder)


def _layers_path(package_name, folder=FOLDER):
    return folder / f"layers_{package_name}.h5"


def _models_path(package_name, folder=FOLDER):
    return folder / f"models_{package_name}.zip"


class _Numbers:
    """Keeps the numbers of all arrays in one."""

    def __init__(self):
        self._arrays = []
        self._size = 0

    def add(self, value):
        """Keeps what it can and returns the rest, ready for JSON."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (list, tuple)):
            return [self.add(item) for item in value]
        if value.dtype != np.float32:
            return {"values": value.tolist(), "dtype": value.dtype.str}
        start = self._size
        self._arrays.append(value.ravel())
        self._size += value.size
        return {"start": start, "shape": value.shape}

    def whole(self):
        return np.concatenate(self._arrays)


def _write_layers(package, folder):
    numbers, index = _Numbers(), {}
    for setting in settings.settings_of(package.__name__):
        package.backend.clear_session()
        entry = dataclasses.asdict(_entry(package, setting))
        index[setting.name] = {
            key: value if key == "config" else numbers.add(value)
            for key, value in entry.items()
            if value is not None
        }
    text = np.frombuffer(json.dumps(index).encode(), "uint8")
    with h5py.File(_layers_path(package.__name__, folder), "w") as file:
        for name, array in (("index", text), ("numbers", numbers.whole())):
            file.create_dataset(name, data=array, compression="gzip")


def _entry(package, setting):
    layer = _layer(package, setting)
    inputs = tf.nest.map_structure(tf.constant, setting.inputs)

    def call(**arguments):
        outputs = setting.call(layer, inputs, **arguments)
        return [np.asarray(x) for x in tf.nest.flatten(outputs)]

    outputs = call()
    _fill(layer, setting)
    weights = layer.get_weights()
    entry = Entry(
        config=package.saving.serialize_keras_object(layer),
        names=[getattr(w, "path", w.name) for w in layer.weights],
        inputs=setting.inputs,
        weights=weights,
        outputs=call(),
    )
    if setting.is_random:
        return entry
    outputs = call(training=True)
    if _are_equal([outputs, layer.get_weights()], [entry.outputs, weights]):
        return entry
    return dataclasses.replace(
        entry, training_outputs=outputs, new_weights=layer.get_weights()
    )


def _are_equal(some, others):
    pairs = zip(tf.nest.flatten(some), tf.nest.flatten(others))
    return all(np.array_equal(x, y) for x, y in pairs)


def _layer(package, setting):
    layer = setting.make(package)
    if setting.adapts:
        layer.adapt(setting.inputs)
    return layer


def _fill(layer, setting):
    """Gives each weight numbers that depend on its setting alone."""
    if setting.adapts or not layer.weights:
        return
    random = np.random.RandomState(zlib.crc32(setting.name.encode()))
    values = []
    for weight in layer.weights:
        value = random.uniform(0.3, 1.0, weight.shape)
        if weight.trainable:
            value *= random.choice([-1, 1], weight.shape)
        values.append(value.astype("float32"))
    layer.set_weights(values)


def _write_models(package, folder):
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        models = {
            family: (lambda family=family: _model(package, family))
            for family in settings.FAMILIES
        }
        models[TRAINED] = lambda: _trained_model(package)
        for name, make in models.items():
            package.backend.clear_session()
            model = make()
            model.save(temporary / f"{name}.keras")
            _make_repeatable(temporary / f"{name}.keras")
            model.save_weights(temporary / f"{name}.weights.h5")
            model.save(temporary / f"{name}.h5")
        _write_zip(
            _models_path(package.__name__, folder),
            {p.name: p.read_bytes() for p in sorted(temporary.iterdir())},
            zipfile.ZIP_DEFLATED,
        )


def _model(package, family):
    inputs, outputs, layers = [], [], []
    for setting in settings.settings_of(package.__name__, family):
        if not setting.in_models:
            continue
        symbols = [
            package.Input(
                x.shape[1:],
                dtype="string" if x.dtype.kind == "U" else x.dtype.name,
                name=f"{setting.name}_input_{i}",
            )
            for i, x in enumerate(tf.nest.flatten(setting.inputs))
        ]
        layer = _layer(package, setting)
        layers.append((layer, setting))
        inputs.extend(symbols)
        results = setting.call(
            layer, tf.nest.pack_sequence_as(setting.inputs, symbols)
        )
        outputs.extend(tf.nest.flatten(results))
    model = package.Model(inputs, outputs, name=family)
    for layer, setting in layers:
        _fill(layer, setting)
    return model


def _trained_model(package):
    """A model with an optimizer that has moments, all numbers known."""
    layers = package.layers
    model = package.Sequential(
        [
            package.Input((3,), name="x"),
            layers.Dense(4, activation="tanh", name="first"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(2, name="second"),
        ],
        name=TRAINED,
    )
    model.compile(package.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.optimizer.build(model.trainable_variables)
    for i, variable in enumerate([*model.weights, *moments(model.optimizer)]):
        variable.assign(known_numbers(i, variable.shape))
    return model


def known_numbers(index, shape):
    """Returns the values of a variable of the model that has an optimizer."""
    values = np.linspace(0.1, 0.5 + 0.1 * index, int(np.prod(shape)))
    return values.reshape(shape).astype("float32")


def moments(optimizer):
    """Returns the variables of an optimizer that have the shapes of weights."""
    return [v for v in optimizer.variables if len(v.shape) > 0]


def _make_repeatable(path):
    """Writes an archive anew, without times and addresses of objects."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(files["metadata.json"])
    metadata["date_saved"] = "1980-01-01@00:00:00"
    files["metadata.json"] = json.dumps(metadata).encode()
    files["config.json"] = _count_shared_objects(files["config.json"])
    # Not compressed, as the archive around it is.
    _write_zip(path, files, zipfile.ZIP_STORED)


def _count_shared_objects(config):
    """Puts 1, 2, 3... in the place of the addresses that tell them apart."""
    numbers = {}

    def count(match):
        number = numbers.setdefault(match[2], len(numbers) + 1)
        return match[1] + str(number).encode()

    return re.sub(rb'("shared_object_id": )(\d+)', count, config)


def _write_zip(path, files, compression):
    with zipfile.ZipFile(path, "w", compression, compresslevel=9) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = compression
            archive.writestr(info, content)


def write(folder=FOLDER):
    """Writes all files, each package in a process of its own."""
    for name in PACKAGES:
        subprocess.run(
            [sys.executable, "-m", "tfk.testing.golden_files"]
            + ["--package", name, "--folder", str(folder)],
            check=True,
            env={**os.environ, **_ENVIRONMENT},
        )


def _main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", default=FOLDER, type=pathlib.Path)
    parser.add_argument("--package", choices=PACKAGES, help="all, if left out")
    arguments = parser.parse_args()
    if arguments.package is None:
        write(arguments.folder)
        return
    package = importlib.import_module(arguments.package)
    _write_layers(package, arguments.folder)
    _write_models(package, arguments.folder)


if __name__ == "__main__":
    _main()
