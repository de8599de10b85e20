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
"""Tests of layers that stand in several places of a model."""

import copy
import pickle

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.saving import shared_objects


def _nested(keras):
    """Two models inside a model that share a layer."""
    shared = keras.layers.Dense(4, name="shared")
    a, b, x = (keras.Input((4,)) for _ in range(3))
    first = keras.Model(a, shared(a))
    second = keras.Model(b, shared(keras.layers.ReLU()(b)))
    return keras.Model(x, first(x) + second(x))


def _overlapping(keras):
    """Two models inside a model of which one is the beginning of the other."""
    a, x = keras.Input((4,)), keras.Input((4,))
    features = keras.layers.Dense(3)(a)
    backbone = keras.Model(a, features)
    whole = keras.Model(a, keras.layers.Dense(2)(features))
    return keras.Model(x, [backbone(x), whole(x)])


def _wrapped(keras):
    """A layer in a wrapper, and in a chain."""
    shared = keras.layers.Dense(4)
    chain = keras.Sequential([keras.layers.ReLU(), shared])
    first = keras.layers.TimeDistributed(shared)
    return keras.Sequential([keras.Input((3, 4)), first, chain])


@tfk.saving.register_keras_serializable("shared_objects_test")
class Tied(tfk.layers.Layer):
    """Goes back through another layer."""

    def __init__(self, dense, **kwargs):
        super().__init__(**kwargs)
        self.dense = dense

    def call(self, inputs):
        return tf.matmul(inputs, self.dense.kernel, transpose_b=True)


def _tied(keras):
    dense = keras.layers.Dense(2)
    x = keras.Input((4,))
    return keras.Model(x, Tied(dense)(dense(x)))


def _inside_and_outside(keras):
    dense = keras.layers.Dense(4)
    inner = keras.Sequential([dense, keras.layers.Dense(3)])
    x = keras.Input((4,))
    both = [dense(x), inner(x), dense(dense(x))]
    return keras.Model(x, keras.layers.concatenate(both))


MODELS = {
    maker.__name__: maker
    for maker in (_nested, _overlapping, _wrapped, _tied, _inside_and_outside)
}


def _rows(model):
    shape = (2, *model.input_shape[1:])
    return np.linspace(-1.0, 1.0, np.prod(shape), dtype="float32").reshape(
        shape
    )


def _same(one, two, rows):
    assert len(one.weights) == len(two.weights)
    for first, second in zip(*map(_flat, (one(rows), two(rows)))):
        np.testing.assert_array_equal(first, second)


def _flat(outputs):
    return [np.asarray(x) for x in tf.nest.flatten(outputs)]


class SharedLayerTest:
    @pytest.mark.parametrize("ending", [".keras", ".h5", ""])
    @pytest.mark.parametrize("name", MODELS)
    def test_one_layer_comes_back_as_one(self, name, ending, tmp_path):
        model = MODELS[name](tfk)
        rows = _rows(model)
        model.compile("adam", "mse")
        model.fit(rows, _flat(model(rows)), verbose=0)
        path = str(tmp_path / "model") + ending
        for _ in range(2):
            model.save(path)
            loaded = tfk.models.load_model(path)
            _same(loaded, model, rows)
            assert int(loaded.optimizer.iterations) == 1
            assert len(loaded.optimizer.variables) == len(
                model.optimizer.variables
            )
            model = loaded

    @pytest.mark.parametrize("name", MODELS)
    def test_copies_share_as_well(self, name):
        model = MODELS[name](tfk)
        for again in (
            tfk.models.clone_model(model),
            tfk.models.model_from_json(model.to_json()),
        ):
            assert len(again.weights) == len(model.weights)
            again.set_weights(model.get_weights())
            _same(again, model, _rows(model))
            assert {id(v) for v in again.weights}.isdisjoint(
                id(v) for v in model.weights
            )
        for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            _same(again, model, _rows(model))

    @pytest.mark.filterwarnings("ignore::UserWarning")
    @pytest.mark.parametrize("ending", [".keras", ".h5", ""])
    @pytest.mark.parametrize("maker", [_nested, _inside_and_outside])
    def test_files_of_tf_keras(self, maker, ending, tmp_path):
        # Which does not load the first one itself.
        model = maker(tf_keras)
        path = str(tmp_path / "model") + ending
        model.save(path)
        _same(tfk.models.load_model(path), model, _rows(model))

    def test_layers_that_are_not_shared_stay_apart(self, tmp_path):
        def chain():
            layer = tfk.layers.Dense(4, name="same")
            return tfk.Sequential([tfk.Input((4,)), layer])

        model = tfk.Sequential([tfk.Input((4,)), chain(), chain()])
        model.save(tmp_path / "model.keras")
        loaded = tfk.models.load_model(tmp_path / "model.keras")
        assert len(loaded.weights) == 4
        _same(loaded, model, _rows(model))
        assert len(tfk.models.clone_model(model).weights) == 4


class NumbersTest:
    def test_only_what_is_shared_has_one(self):
        config = _nested(tfk).to_json()
        assert config.count(shared_objects.KEY) == 2
        plain = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        assert shared_objects.KEY not in plain.to_json()

    def test_a_number_of_another_class_means_nothing(self):
        layers = [
            {"class_name": "Dense", "config": {"units": 2}, "module": "keras"},
            {"class_name": "ReLU", "config": {}, "module": "keras.layers"},
        ]
        config = {
            "class_name": "Sequential",
            "module": "keras",
            "config": {
                "name": "m",
                "layers": [{**x, shared_objects.KEY: 1} for x in layers],
            },
        }
        model = tfk.models.model_from_config(config)
        kinds = [type(layer).__name__ for layer in model.layers]
        assert kinds == ["Dense", "ReLU"]

    def test_the_first_description_is_found_by_name(self):
        def entry(name, **more):
            return {"class_name": "A", "config": {"name": name}, **more}

        config = {"layers": [entry("x"), entry("y"), entry("x", **_number(7))]}
        shared_objects.completed(config)
        numbers = [x.get(shared_objects.KEY) for x in config["layers"]]
        assert numbers == [7, None, 7]
        # Either of two could be meant.
        config = {"layers": [entry("x"), entry("x"), entry("x", **_number(7))]}
        shared_objects.completed(config)
        numbers = [x.get(shared_objects.KEY) for x in config["layers"]]
        assert numbers == [None, None, 7]


def _number(value):
    return {shared_objects.KEY: value}
