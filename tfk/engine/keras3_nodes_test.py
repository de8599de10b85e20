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

import keras
import numpy as np
import pytest

import tfk
from tfk.engine import keras3_nodes


def graph(package):
    """Operators, slices, a layer called twice, a nested model called twice."""
    x = package.Input((4,), name="x")
    y = package.Input((4,), name="y")
    shared = package.layers.Dense(4, name="shared")
    inner = package.Input((4,), name="inner")
    nested = package.Model(
        inner, package.layers.Dense(4, name="deep")(inner), name="nested"
    )
    a = nested(shared(x) * 2.0 + 1.0)
    b = nested(1.0 - shared(y))
    b = package.layers.Add(name="sum")([a, -b])[:, 1:]
    outputs = {
        "one": package.layers.Dense(1, name="o1")(a),
        "two": package.layers.Dense(2, name="o2")(b / 2.0),
    }
    return package.Model({"x": x, "y": y}, outputs, name="m")


def attention(package):
    """A call with several arguments, named and not."""
    x = package.Input((3, 4), name="x")
    y = package.Input((5, 4), name="y")
    layer = package.layers.MultiHeadAttention(2, 3, name="attend")
    z = layer(x, y, key=y, use_causal_mask=True)
    z = package.layers.LSTM(2, return_state=True, name="lstm")(z)
    return package.Model([x, y], z, name="attention")


class Keras3NodesTest:
    @pytest.mark.parametrize("make", [graph, attention])
    @pytest.mark.parametrize("ending", ["keras", "h5"])
    def test_models_of_keras_3_are_read(self, make, ending, tmp_path):
        model = make(keras)
        model.compile("adam", "mse")
        path = str(tmp_path / f"model.{ending}")
        model.save(path)
        again = tfk.models.load_model(path)
        for one, other in zip(
            again.get_weights(), model.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(one, other)
        inputs = [
            np.linspace(-1, 1, 2 * int(np.prod(x.shape[1:]))).reshape(
                2, *x.shape[1:]
            )
            for x in model.inputs
        ]
        if make is graph:
            inputs = dict(zip("xy", inputs))
        outputs, wanted = again(inputs), model(inputs)
        if isinstance(outputs, dict):
            assert outputs.keys() == wanted.keys()
            outputs, wanted = outputs.values(), wanted.values()
        for one, other in zip(outputs, wanted, strict=True):
            np.testing.assert_allclose(one, other, 1e-5, 1e-5)

    def test_broken_tensors_are_told(self):
        for config in (
            None,
            {"keras_history": "x"},
            {"keras_history": [1, 0, 0]},
            {"keras_history": ["x", "0", 0]},
        ):
            value = {"class_name": "__keras_tensor__", "config": config}
            assert keras3_nodes.is_tensor(value)
            with pytest.raises(ValueError, match="output of no layer"):
                keras3_nodes.reference(value)
