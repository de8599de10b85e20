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
"""Every name of a loss, metric, optimizer or activation survives a file."""

import pytest

import tfk
from tfk import activations
from tfk.losses import family as losses
from tfk.metrics import family as metrics
from tfk.optimizers import family as optimizers

FORMATS = pytest.mark.parametrize("ending", ["keras", "h5"])
WORDS = ("accuracy", "acc", "crossentropy", "ce")


def names_of(family):
    """Names of functions, and of classes that need no arguments."""
    names = [
        name
        for name, found in family._FAMILY.objects.items()
        if name not in getattr(family, "CLASSES", ()) or can_be_made(found)
    ]
    assert len(names) > 10
    return names


def can_be_made(cls):
    try:
        cls()
    except (TypeError, ValueError):
        return False
    return True


def outputs(count):
    x = tfk.Input((3,))
    make = tfk.layers.Dense
    return tfk.Model(x, [make(3, name=f"d{i}")(x) for i in range(count)])


def reloaded(model, folder, ending):
    path = str(folder / f"model.{ending}")
    model.save(path)
    return tfk.models.load_model(path)


@FORMATS
class NamesInFilesTest:
    def test_losses(self, ending, tmp_path):
        names = names_of(losses)
        model = outputs(len(names))
        model.compile("sgd", loss=names)
        again = reloaded(model, tmp_path, ending)
        assert again.loss == names

    def test_metrics(self, ending, tmp_path):
        names = [*names_of(metrics), *WORDS]
        model = outputs(len(names))
        model.compile("sgd", "mse", metrics=names, weighted_metrics=names[::-1])
        again = reloaded(model, tmp_path, ending)
        config = again.get_compile_config()
        assert config["metrics"] == names
        assert config["weighted_metrics"] == names[::-1]

    def test_functions_and_objects(self, ending, tmp_path):
        model = outputs(2)
        model.compile(
            tfk.optimizers.SGD(0.5),
            [tfk.losses.mean_squared_error, tfk.losses.Huber(2.0)],
            metrics=[["mae", tfk.metrics.AUC(num_thresholds=3)], ["mse"]],
            loss_weights=[0.5, 2.0],
        )
        again = reloaded(model, tmp_path, ending)
        found = tfk.losses.get(again.loss[0])
        assert found is tfk.losses.mean_squared_error
        assert again.loss[1].get_config() == model.loss[1].get_config()
        config = again.get_compile_config()
        assert config["loss_weights"] == [0.5, 2.0]
        assert config["metrics"][0][0] == "mae"
        assert float(again.optimizer.learning_rate) == 0.5

    def test_optimizers(self, ending, tmp_path):
        for name in optimizers._FAMILY.objects:
            model = outputs(1)
            model.compile(name, "mse")
            again = reloaded(model, tmp_path, ending)
            assert type(again.optimizer) is type(model.optimizer)
            assert again.optimizer.get_config() == model.optimizer.get_config()

    def test_activations(self, ending, tmp_path):
        names = sorted(
            name
            for name, found in activations._FAMILY.objects.items()
            if not isinstance(found, type)
        )
        assert len(names) > 10
        x = tfk.Input((3,))
        y = [tfk.layers.Activation(name)(x) for name in names]
        again = reloaded(tfk.Model(x, y), tmp_path, ending)
        for layer, name in zip(again.layers[1:], names, strict=True):
            assert layer.activation is activations.get(name)
