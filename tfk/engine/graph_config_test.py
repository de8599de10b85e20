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
"""Tests of graphs as plain data."""

import json

import numpy as np
import pytest

import tfk
from tfk.engine import graph_config
from tfk.saving import budget


def _diamond(depth):
    """Layers with two ways through each stage, and one that comes again."""
    again = tfk.layers.Dense(3, name="again")
    x = inputs = tfk.Input((3,))
    for _ in range(depth):
        y = tfk.layers.ReLU()(x)
        x = tfk.layers.Add()([again(y), tfk.layers.Dense(3)(y), x])
    return tfk.Model(inputs, x)


class OrderTest:
    @pytest.mark.parametrize("order", ["reversed", "shuffled"])
    def test_layers_may_stand_in_any_order(self, order):
        model = _diamond(4)
        config = json.loads(model.to_json())
        layers = config["config"]["layers"]
        if order == "reversed":
            layers.reverse()
        else:
            np.random.default_rng(0).shuffle(layers)
        again = tfk.models.model_from_json(json.dumps(config))
        for layer in model.layers:
            again.get_layer(layer.name).set_weights(layer.get_weights())
        x = np.linspace(-1.0, 1.0, 6, dtype="float32").reshape(2, 3)
        np.testing.assert_array_equal(again(x), model(x))

    def test_no_order_takes_more_looks(self, monkeypatch):
        config = json.loads(_diamond(40).to_json())
        looks = []
        look = graph_config._first_missing

        def counted(*args):
            looks.append(1)
            return look(*args)

        monkeypatch.setattr(graph_config, "_first_missing", counted)
        counts = []
        for _ in range(2):
            looks.clear()
            tfk.models.model_from_json(json.dumps(config))
            counts.append(len(looks))
            config["config"]["layers"].reverse()
        assert counts[1] < 3 * counts[0]

    @pytest.mark.parametrize("more", [["input", 0, 0], "ab", 3])
    def test_more_arguments_are_a_list(self, more):
        x = tfk.Input(batch_shape=(10**9, 3), name="input")
        config = json.loads(tfk.Model(x, tfk.layers.ReLU()(x)).to_json())
        config["config"]["layers"][1]["inbound_nodes"][0][0][3] = {
            "*args": more
        }
        with pytest.raises(ValueError, match="are no list.*as a list"):
            tfk.models.model_from_json(json.dumps(config))

    def test_arguments_as_in_keras_3_are_a_list(self):
        x = tfk.Input(batch_shape=(10**9, 3), name="input")
        config = json.loads(tfk.Model(x, tfk.layers.ReLU()(x)).to_json())
        node = {"args": ["input", 0, 0], "kwargs": {}}
        config["config"]["layers"][1]["inbound_nodes"] = [node]
        with pytest.raises(ValueError, match="no output of another layer"):
            tfk.models.model_from_json(json.dumps(config))

    def test_nested_models_may_not_multiply_without_end(self, monkeypatch):
        x = tfk.Input((3,))
        y = tfk.layers.ReLU()(x)
        for _ in range(6):
            model = tfk.Model(x, y)
            x = tfk.Input((3,))
            y = model(model(x))
        config = tfk.Model(x, y).to_json()
        with budget.limited_to(0):
            tfk.models.model_from_json(config)
        monkeypatch.setattr(budget, "MAX_CALLS", 100)
        with budget.limited_to(0):
            with pytest.raises(tfk.errors.UnsafeFileError, match="100 calls"):
                tfk.models.model_from_json(config)
        tfk.models.model_from_json(config)

    def test_layers_that_wait_for_ever_are_named(self):
        config = json.loads(_diamond(2).to_json())
        layers = {x["name"]: x for x in config["config"]["layers"]}
        first = next(x for n, x in layers.items() if n.startswith("re_lu"))
        first["inbound_nodes"][0][0][0] = first["name"]
        with pytest.raises(ValueError, match="no layer gives.*re_lu"):
            tfk.models.model_from_json(json.dumps(config))
