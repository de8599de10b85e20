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
"""Layers and models that tf_keras and Keras 3 wrote do the same in tfk."""

import dataclasses
import functools
import json
import pathlib
import zipfile

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import conformance
from tfk.testing import golden_files
from tfk.testing.golden import settings

SETTINGS = {setting.name: setting for setting in settings.settings_of(None)}

# What Keras 3 does in another way than tf_keras and tfk.
OTHER_IN_KERAS_3 = {
    "batch_normalization_images": "moving variances lack Bessel's correction",
    "time_distributed_norm": "each step is normalised by itself",
}
OTHER_ORDER_IN_KERAS_3 = {"SpectralNormalization": [0, 2, 1]}

read_layers = functools.cache(golden_files.read_layers)


def entries(package):
    return pytest.mark.parametrize(
        "name", [row.name for row in settings.settings_of(package)]
    )


def call(layer, name, entry, **arguments):
    inputs = tf.nest.map_structure(tf.constant, entry.inputs)
    return tf.nest.flatten(SETTINGS[name].call(layer, inputs, **arguments))


def assert_close(ours, theirs):
    for x, y in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x, y, 1e-5, 1e-5)


def without_build_config(config):
    """Leaves out what would build inner layers by themselves."""
    if isinstance(config, dict):
        return {
            key: without_build_config(value)
            for key, value in config.items()
            if key != "build_config"
        }
    if isinstance(config, list):
        return [without_build_config(item) for item in config]
    return config


def set_weights(layer, name, entry):
    """Builds a layer and gives it the weights of an entry."""
    if not layer.built:
        call(layer, name, entry)
    shapes = [tuple(weight.shape) for weight in layer.weights]
    assert shapes == [weight.shape for weight in entry.weights]
    layer.set_weights(entry.weights)


def reordered(entry, order):
    weights, new_weights = [
        values and [values[i] for i in order]
        for values in (entry.weights, entry.new_weights)
    ]
    return dataclasses.replace(entry, weights=weights, new_weights=new_weights)


def assert_trains_the_same(layer, name, entry):
    if entry.training_outputs is not None:
        outputs = call(layer, name, entry, training=True)
        assert_close(outputs, entry.training_outputs)
        assert_close(layer.get_weights(), entry.new_weights)


class GoldenLayersTest:
    @entries("tf_keras")
    def test_layers_of_tf_keras_keep_weights_and_outputs(self, name):
        entry = read_layers("tf_keras")[name]
        config = entry.config
        if not SETTINGS[name].adapts:
            config = without_build_config(config)
        layer = tfk.saving.deserialize_keras_object(config)
        set_weights(layer, name, entry)
        assert_close(call(layer, name, entry), entry.outputs)
        assert_trains_the_same(layer, name, entry)
        names = [weight.name for weight in layer.weights]
        if SETTINGS[name].adapts:
            # `adapt` makes them outside of any scope.
            names = [part.split("/")[-1] for part in names]
        assert names == entry.names

    @entries("keras")
    def test_layers_of_keras_3_keep_weights_and_outputs(self, name):
        entry, setting = read_layers("keras")[name], SETTINGS[name]
        if setting.class_name in OTHER_ORDER_IN_KERAS_3:
            entry = reordered(entry, OTHER_ORDER_IN_KERAS_3[setting.class_name])
        layer = setting.make(tfk)
        if setting.adapts:
            layer.adapt(entry.inputs)
        set_weights(layer, name, entry)
        assert_close(call(layer, name, entry), entry.outputs)
        if name not in OTHER_IN_KERAS_3:
            assert_trains_the_same(layer, name, entry)

    @entries("keras")
    def test_layers_of_keras_3_are_revived(self, name):
        entry = read_layers("keras")[name]
        class_name = SETTINGS[name].class_name
        if class_name in OTHER_ORDER_IN_KERAS_3:
            entry = reordered(entry, OTHER_ORDER_IN_KERAS_3[class_name])
        layer = tfk.saving.deserialize_keras_object(entry.config)
        if not layer.built:
            call(layer, name, entry)
        layer.set_weights(entry.weights)
        assert_close(call(layer, name, entry), entry.outputs)

    @pytest.mark.parametrize("package", golden_files.PACKAGES)
    def test_files_hold_the_settings(self, package):
        names = [row.name for row in settings.settings_of(package)]
        assert list(read_layers(package)) == names, (
            "Write the golden files anew: "
            "`python -m tfk.testing.golden_files`."
        )

    def test_every_layer_has_a_setting(self):
        names = {
            case.name
            for case in conformance.LAYERS
            if "preprocessing" not in getattr(tfk.layers, case.name).__module__
        }
        there = {row.class_name for row in SETTINGS.values()}
        missing = names - there - set(settings.WITHOUT_SETTING)
        assert not missing, f"Add them to {settings.__file__}: {missing}."


def wanted(package, family):
    """Returns inputs and outputs of all layers of a model."""
    inputs, outputs = [], []
    for row in settings.settings_of(package, family):
        if row.in_models:
            entry = read_layers(package)[row.name]
            inputs += tf.nest.flatten(entry.inputs)
            outputs += entry.outputs
    return list(map(tf.constant, inputs)), outputs


def files(package):
    return [
        pytest.param(package, *file.split(".", 1), id=f"{package}-{file}")
        for file in golden_files.model_files(package)
    ]


def open_model(package, name, suffix, folder):
    """Reads a model from a file, or its weights with the config of another."""
    path = golden_files.unpack_model(package, f"{name}.{suffix}", folder)
    if suffix != "weights.h5":
        return tfk.models.load_model(path)
    whole = golden_files.unpack_model(package, f"{name}.keras", folder)
    with zipfile.ZipFile(whole) as archive:
        config = json.loads(archive.read("config.json"))
    model = tfk.saving.deserialize_keras_object(config)
    model.load_weights(path)
    return model


class GoldenModelsTest:
    @pytest.mark.parametrize(
        "package, name, suffix", [*files("tf_keras"), *files("keras")]
    )
    def test_models_are_read(self, package, name, suffix, tmp_path):
        model = open_model(package, name, suffix, tmp_path)
        if name == golden_files.TRAINED:
            assert_is_trained(model, has_optimizer=suffix != "weights.h5")
            return
        inputs, outputs = wanted(package, name)
        assert_close(tf.nest.flatten(model(inputs)), outputs)

    @pytest.mark.parametrize("package", golden_files.PACKAGES)
    def test_files_hold_neither_dates_nor_paths(self, package, tmp_path):
        for name in golden_files.model_files(package):
            path = golden_files.unpack_model(package, name, tmp_path)
            content = pathlib.Path(path).read_bytes()
            for word in (b"/home", b"/tmp", b"/work", b"/usr"):
                assert word not in content
            if name.endswith(".keras"):
                with zipfile.ZipFile(path) as archive:
                    assert {i.date_time[0] for i in archive.infolist()} == {
                        1980
                    }
                    metadata = json.loads(archive.read("metadata.json"))
                assert metadata["date_saved"].startswith("1980-01-01")


def assert_is_trained(model, has_optimizer):
    """Compares a model with the formulas by which its numbers were made."""
    variables = [*model.weights]
    if has_optimizer:
        variables += golden_files.moments(model.optimizer)
        assert len(variables) > len(model.weights)
    for i, variable in enumerate(variables):
        values = golden_files.known_numbers(i, variable.shape)
        np.testing.assert_array_equal(variable, values)
    kernel, bias, gamma, beta, mean, variance, *last = model.get_weights()
    x = conformance.floats(2, 3)
    hidden = np.tanh(x @ kernel + bias)
    hidden = (hidden - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    np.testing.assert_allclose(model(x), hidden @ last[0] + last[1], 1e-5)
