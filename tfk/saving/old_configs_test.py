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

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import old_configs

ZEROS = {"class_name": "Zeros", "config": {}}
GLOROT = {
    "class_name": "VarianceScaling",
    "config": {
        "scale": 1.0,
        "mode": "fan_avg",
        "distribution": "uniform",
        "seed": None,
    },
}


def dense(name, units, **config):
    """A layer as Keras 2.2 wrote it."""
    return {
        "class_name": "Dense",
        "config": {
            "name": name,
            "trainable": True,
            "units": units,
            "activation": "relu",
            "use_bias": True,
            "kernel_initializer": GLOROT,
            "bias_initializer": ZEROS,
            "kernel_regularizer": {
                "class_name": "L1L2",
                "config": {"l1": 0.0, "l2": 0.5},
            },
            "bias_regularizer": None,
            "activity_regularizer": None,
            "kernel_constraint": {
                "class_name": "MaxNorm",
                "config": {"max_value": 2, "axis": 0},
            },
            "bias_constraint": None,
            **config,
        },
    }


FIRST = dense("first", 3, batch_input_shape=[None, 2], dtype="float32")
INPUT = {
    "class_name": "InputLayer",
    "name": "x",
    "config": {
        "batch_input_shape": [None, 2],
        "dtype": "float32",
        "sparse": False,
        "name": "x",
    },
    "inbound_nodes": [],
}


def functional(**more):
    """One layer is called twice."""
    calls = [[["x", 0, 0, {}]], [["shared", 0, 0, {}]]]
    return {
        "class_name": "Model",
        "config": {
            "name": "model_1",
            "layers": [
                INPUT,
                {
                    **dense("shared", 2),
                    "name": "shared",
                    "inbound_nodes": calls,
                },
            ],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["shared", 1, 0]],
        },
        **more,
    }


class OldConfigsTest:
    @pytest.mark.parametrize(
        "config",
        [
            [FIRST, dense("second", 1)],
            {"name": "sequential_1", "layers": [FIRST, dense("second", 1)]},
        ],
    )
    def test_chains_are_read(self, config):
        text = {"class_name": "Sequential", "config": config}
        model = tfk.models.model_from_config(
            {**text, "keras_version": "2.2.4", "backend": "tensorflow"}
        )
        assert [layer.name for layer in model.layers] == ["first", "second"]
        assert model.input_shape == (None, 2)
        assert float(model.layers[0].kernel_regularizer.l2) == 0.5

    def test_graphs_are_read(self):
        model = tfk.models.model_from_config(functional(keras_version="2.1.6"))
        kernel = model.layers[1].get_weights()[0]
        x = np.ones((1, 2), "float32")
        wanted = np.maximum(np.maximum(x @ kernel, 0) @ kernel, 0)
        np.testing.assert_allclose(model(x), wanted, 1e-6)

    def test_values_that_json_has_no_words_for_are_read(self):
        modernized = old_configs.modernized
        marked = {"class_name": "__tuple__", "items": [1, {"a": [2]}]}
        assert modernized({"x": marked}) == {"x": [1, {"a": [2]}]}
        shape = {"class_name": "TensorShape", "items": [None, 2]}
        assert modernized(shape) == [None, 2]
        assert modernized({"type": "ndarray", "value": [1.0]}) == [1.0]
        assert modernized({"class_name": "__ellipsis__"}) == {
            "class_name": "__ellipsis__",
            "config": {},
        }

    def test_gru_resets_before_in_the_first_versions(self):
        config = {"class_name": "GRU", "config": {"units": 2}}
        for version, wanted in (("2.2.4", False), ("2.3.0-tf", None)):
            found = old_configs.modernized(config, version)["config"]
            assert found.get("reset_after") is wanted

    def test_former_names_of_classes_are_read(self):
        policy = {
            "class_name": "PolicyV1",
            "config": {
                "name": "mixed_float16",
                "loss_scale": {
                    "class_name": "DynamicLossScale",
                    "config": {"increment_period": 2000, "multiplier": 2.0},
                },
            },
        }
        norm = {
            "class_name": "BatchNormalizationV1",
            "config": {"name": "norm", "axis": [1], "dtype": policy},
        }
        config = {"name": "old", "layers": [FIRST, norm]}
        text = {"class_name": "Sequential", "config": config}
        model = tfk.models.model_from_config(text)
        assert type(model.layers[1]) is tfk.layers.BatchNormalization
        assert model.layers[1].dtype_policy.name == "mixed_float16"

        class Own(tfk.layers.BatchNormalization):
            pass

        model = tfk.models.model_from_config(
            text, custom_objects={"BatchNormalizationV1": Own}
        )
        assert type(model.layers[1]) is Own

    def test_optimizers_of_tf_keras_are_no_custom_objects(self):
        config = {"class_name": "Custom>Adam", "config": {}}
        assert old_configs.modernized(config)["class_name"] == "Adam"

        @tfk.saving.register_keras_serializable()
        class OldConfigsOwn(tfk.layers.Layer):
            pass

        name = "Custom>OldConfigsOwn"
        config = {"class_name": name, "config": {}}
        assert old_configs.modernized(config)["class_name"] == name
        layer = tfk.saving.deserialize_keras_object(config)
        assert isinstance(layer, OldConfigsOwn)

    @pytest.mark.parametrize(
        "optimizer, version, is_legacy",
        [
            ({"class_name": "Adam", "config": {"lr": 0.1}}, "2.2.4", True),
            ({"class_name": "Adam", "config": {}}, None, True),
            (
                {"class_name": "A", "config": {"is_legacy_optimizer": True}},
                "2.15.0",
                True,
            ),
            ({"class_name": "Custom>Adam", "config": {}}, "2.15.0", False),
            ({"class_name": "Adam", "config": {}}, "3.1.0", False),
            (
                {"module": "keras.optimizers", "class_name": "A", "config": {}},
                "2.21.0",
                False,
            ),
            ("adam", "2.2.4", False),
        ],
    )
    def test_generations_of_optimizers(self, optimizer, version, is_legacy):
        config = {"optimizer_config": optimizer}
        found = old_configs.is_of_legacy_optimizer(config, version)
        assert found is is_legacy

    def test_old_arguments_of_optimizers_are_read(self):
        optimizer = tfk.optimizers.deserialize(
            {"class_name": "SGD", "config": {"lr": 0.5, "decay": 1.0}}
        )
        variable = tf.Variable(1.0)
        for _ in range(2):
            optimizer.apply_gradients([(tf.ones(()), variable)])
        # The rates of the two steps are 0.5 and 0.5 / (1 + 1).
        assert float(variable) == 0.25

    def test_decay_of_nadam_is_that_of_its_momentum(self):
        for name in ("decay", "schedule_decay"):
            optimizer = tfk.optimizers.deserialize(
                {"class_name": "Nadam", "config": {"lr": 0.5, name: 0.004}}
            )
            assert float(optimizer.learning_rate) == 0.5
            config = optimizer.get_config()
            again = type(optimizer).from_config(config)
            assert again.schedule_decay == 0.004


class YamlTest:
    def test_yaml_is_refused_and_names_json(self):
        model = tfk.Sequential([tfk.layers.Dense(1)])
        with pytest.raises(RuntimeError, match="to_json"):
            model.to_yaml()
        with pytest.raises(RuntimeError, match="model_from_json"):
            tfk.models.model_from_yaml("a: 1")
