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
"""Tests of configs that ask for more than their file can mean."""

import json
import zipfile

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import budget

UNSAFE = tfk.errors.UnsafeFileError
_HUGE = 10**11


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The members of a good archive of a chain of one layer."""
    model = tfk.Sequential([tfk.Input((3,), name="x"), tfk.layers.Dense(1)])
    path = tmp_path_factory.mktemp("good") / "model.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path, good, config):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in good.items():
            if name == "config.json":
                content = json.dumps(config)
            archive.writestr(name, content)
    return str(path)


def _described(class_name, config, module="keras.layers"):
    return {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": None,
    }


# A layer and the shape of its inputs.
LAYERS = {
    "weight": (_described("Dense", {"units": _HUGE}), [None, 3]),
    "states": (
        _described("LSTM", {"units": 1, "stateful": True}),
        [_HUGE, 2, 1],
    ),
    "states of images": (
        _described(
            "ConvLSTM1D", {"filters": 1, "kernel_size": 1, "stateful": True}
        ),
        [1, 2, _HUGE, 1],
    ),
    "unrolled steps": (
        _described("GRU", {"units": 1, "unroll": True}),
        [None, 10**7, 1],
    ),
    "moments": (
        _described("Normalization", {"mean": 0.0, "variance": 1.0}),
        [None, _HUGE],
    ),
    "unknown tokens": (
        _described("IntegerLookup", {"num_oov_indices": _HUGE}),
        [None, 1],
    ),
    "weights of tokens": (
        _described(
            "StringLookup",
            {
                "vocabulary": ["a"],
                "idf_weights": [1.0],
                "output_mode": "tf_idf",
                "max_tokens": _HUGE,
                "pad_to_max_tokens": True,
            },
        ),
        [None, 1],
    ),
    "kernels of frequencies": (
        _described("STFTSpectrogram", {"frame_length": 10**6}),
        [None, 10**7, 1],
    ),
    "changes of images": (
        _described("RandAugment", {"num_ops": _HUGE}),
        [None, 6, 6, 3],
    ),
    "chains of changes": (
        _described("AugMix", {"num_chains": _HUGE}),
        [None, 6, 6, 3],
    ),
    "long chains of changes": (
        _described("AugMix", {"chain_depth": _HUGE}),
        [None, 6, 6, 3],
    ),
    "sizes of n-grams": (
        _described("TextVectorization", {"ngrams": _HUGE}),
        [None, 1],
    ),
    "windows": (
        _described("LocallyConnected1D", {"filters": 1, "kernel_size": 2}),
        [None, _HUGE, 1],
    ),
    "windows of a matrix": (
        _described(
            "LocallyConnected2D",
            {"filters": 1, "kernel_size": 2, "implementation": 2},
        ),
        [None, 10**6, 9, 1],
    ),
    "windows of a list": (
        _described(
            "LocallyConnected2D",
            {"filters": 1, "kernel_size": 2, "implementation": 3},
        ),
        [None, 10**6, 9, 1],
    ),
    "windows past the edge": (
        _described(
            "LocallyConnected1D",
            {
                "filters": 1000,
                "kernel_size": 10**6,
                "padding": "same",
                "implementation": 3,
            },
        ),
        [None, 1, 1],
    ),
}
METRICS = {
    "thresholds": _described("AUC", {"num_thresholds": _HUGE}, "keras.metrics"),
    "other thresholds": _described(
        "PrecisionAtRecall",
        {"recall": 0.5, "num_thresholds": _HUGE},
        "keras.metrics",
    ),
    "confusion": _described("MeanIoU", {"num_classes": 10**6}, "keras.metrics"),
    "classes": _described("MeanIoU", {"num_classes": _HUGE}, "keras.metrics"),
    "labels": _described(
        "AUC", {"multi_label": True, "num_labels": _HUGE}, "keras.metrics"
    ),
}


class HugeConfigTest:
    """A few kilobytes may not ask for gigabytes, nor for hours."""

    def _refuse(self, path):
        with pytest.raises(UNSAFE, match="Nothing was loaded") as e:
            tfk.models.load_model(path)
        assert str(e.value).startswith(path)

    @pytest.mark.parametrize("name", LAYERS)
    def test_layers_are_refused(self, name, good, tmp_path):
        layer, shape = LAYERS[name]
        config = json.loads(good["config.json"])
        config.pop("build_config", None)
        first = config["config"]["layers"][0]["config"]
        first["batch_input_shape"] = shape
        config["config"]["layers"][1:] = [layer]
        self._refuse(_write(tmp_path / "m.keras", good, config))

    @pytest.mark.parametrize("name", METRICS)
    def test_metrics_are_refused(self, name, good, tmp_path):
        config = json.loads(good["config.json"])
        config["compile_config"] = {
            "optimizer": "sgd",
            "loss": "mse",
            "metrics": [METRICS[name]],
        }
        self._refuse(_write(tmp_path / "m.keras", good, config))

    def test_schedules_are_refused(self, good, tmp_path):
        config = json.loads(good["config.json"])
        arguments = {"boundaries": [*range(20_000)], "values": [0.1] * 20_001}
        schedule = _described(
            "PiecewiseConstantDecay",
            arguments,
            "keras.optimizers.schedules",
        )
        config["compile_config"] = {
            "optimizer": _described(
                "SGD", {"learning_rate": schedule}, "keras.optimizers"
            ),
            "loss": "mse",
        }
        self._refuse(_write(tmp_path / "m.keras", good, config))

    @pytest.mark.parametrize(
        "function, arguments",
        [
            ("split", {"num_or_size_splits": 10**8, "axis": 1}),
            ("unstack", {"axis": 1}),
            ("dynamic_partition", {"partitions": 0, "num_partitions": 10**8}),
        ],
    )
    def test_ops_of_many_outputs_are_refused(
        self, function, arguments, good, tmp_path
    ):
        first = _described(
            "InputLayer",
            {
                "batch_input_shape": [None, 10**8],
                "dtype": "float32",
                "name": "x",
            },
        )
        op = _described("TFOpLambda", {"name": "y", "function": function})
        layers = [
            {**first, "name": "x", "inbound_nodes": []},
            {**op, "name": "y", "inbound_nodes": [["x", 0, 0, arguments]]},
        ]
        config = _described(
            "Functional",
            {
                "name": "m",
                "layers": layers,
                "input_layers": [["x", 0, 0]],
                "output_layers": [["y", 0, 0]],
            },
            "keras",
        )
        self._refuse(_write(tmp_path / "m.keras", good, config))


class BudgetTest:
    def test_what_is_no_file_may_be_large(self):
        budget.spend(2**60, "weight")
        budget.check_count(10**9, "steps")
        metric = tfk.metrics.AUC(num_thresholds=10**5)
        assert len(metric.thresholds) == 10**5

    def test_what_models_have_is_not_refused(self, tmp_path):
        x = tfk.Input(batch_shape=(2, 50, 4), name="x")
        y = tfk.layers.LSTM(3, stateful=True, unroll=True)(x)
        parts = tfk.layers.Dense(60)(y)
        model = tfk.Model(x, tf.split(parts, 3, axis=1))
        model.compile("sgd", "mse", metrics=[["mae"]] * 3)
        model.save(tmp_path / "m.keras")
        loaded = tfk.models.load_model(tmp_path / "m.keras")
        rows = np.ones((2, 50, 4), "float32")
        for one, two in zip(loaded(rows), model(rows)):
            np.testing.assert_array_equal(one, two)

    def test_what_augments_images_is_not_refused(self, tmp_path):
        layers = [
            tfk.Input((8, 8, 3)),
            tfk.layers.RandAugment(num_ops=8),
            tfk.layers.AugMix(num_chains=5, chain_depth=4),
        ]
        tfk.Sequential(layers).save(tmp_path / "m.keras")
        loaded = tfk.models.load_model(tmp_path / "m.keras")
        assert loaded.layers[0].num_ops == 8
