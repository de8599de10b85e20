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
"""Tests of descriptions that describe nothing that could be built."""

import pytest
import tensorflow as tf

import tfk
from tfk.saving import serialization

_BAD = {
    "no layers": ("Sequential", {"1": 2}),
    "layers that are a number": ("Sequential", {"layers": 5}),
    "features without a class": ("FeatureSpace", {"features": {"a": {}}}),
    "crosses that are a number": (
        "FeatureSpace",
        {"features": {"a": "float"}, "crosses": 5},
    ),
    "an unknown argument": ("Dense", {"units": 1, "size": 2}),
    "a tuple of a number": ("__tuple__", {"value": 5}),
    "bytes of a number": ("__bytes__", {"value": 5}),
    "a tensor of resources": (
        "__tensor__",
        {"value": [1], "dtype": "resource"},
    ),
}


class Broken(tfk.layers.Layer):
    """A layer of a user's, with an error in it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        raise TypeError("the user's own error")


class DeserializeTest:
    @pytest.mark.parametrize("name", _BAD)
    def test_bad_configs_raise_value_errors(self, name):
        class_name, inner = _BAD[name]
        config = {"class_name": class_name, "config": inner}
        with pytest.raises(ValueError, match="Received: .*"):
            tfk.saving.deserialize_keras_object(config)

    def test_the_message_says_where_and_why(self):
        inner = {"class_name": "Sequential", "config": {"name": "inner"}}
        config = {
            "class_name": "Sequential",
            "config": {"name": "outer", "layers": [inner]},
        }
        with pytest.raises(ValueError, match="at 'outer/inner'.*layers") as e:
            tfk.saving.deserialize_keras_object(config)
        assert isinstance(e.value.__cause__, KeyError)

    @pytest.mark.parametrize("depth", [600, 100_000])
    def test_configs_that_are_too_deep_raise_value_errors(self, depth):
        config = []
        for _ in range(depth):
            config = [config]
        with pytest.raises(ValueError, match="RecursionError"):
            tfk.saving.deserialize_keras_object(config)

    def test_errors_of_users_pass(self):
        layer = {"class_name": "Broken", "config": {"name": "b"}}
        config = {"class_name": "Sequential", "config": {"layers": [layer]}}
        for value in (layer, config):
            with pytest.raises(TypeError, match="the user's own error"):
                tfk.saving.deserialize_keras_object(value, {"Broken": Broken})

    def test_errors_within_another_pass_to_the_outermost(self):
        class Outer(tfk.layers.Layer):
            @classmethod
            def from_config(cls, config):
                try:
                    return tfk.layers.deserialize(config["layer"])
                except KeyError:
                    return cls()

        inner = {"class_name": "Sequential", "config": {"a": 1}}
        config = {"class_name": "Outer", "config": {"layer": inner}}
        layer = tfk.layers.deserialize(config, {"Outer": Outer})
        assert isinstance(layer, Outer)

    def test_plain_values_come_back(self):
        value = {"a": (1, b"x"), "b": tf.constant([1.0])}
        config = serialization.serialize_keras_object(value)
        again = tfk.saving.deserialize_keras_object(config)
        assert again["a"] == value["a"]
        assert again["b"].numpy() == [1.0]
