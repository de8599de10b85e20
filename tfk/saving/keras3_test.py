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
"""Tests of files that Keras 3 wrote of models of users' classes."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import pytest

import tfk


def of_a_user(cls):
    """Lets a class stand outside of tfk."""
    cls.__module__ = "program"
    return cls


def block_class(package):
    @of_a_user
    class Block(package.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.zoom = package.layers.Dense(4)
            self.blur = package.layers.Dense(4)

        def build(self, input_shape):
            self.zoom.build(input_shape)
            self.blur.build(input_shape)
            self.built = True

        def call(self, inputs):
            return self.zoom(self.blur(inputs))

    return Block


def subclassed(package):
    """Makes a model whose layers stand on both sides of `layers`."""
    layers = package.layers
    Block = block_class(package)

    @of_a_user
    class Subclassed(package.Model):
        def __init__(self):
            super().__init__()
            self.out = layers.Dense(2)
            self.above = layers.Dense(4)
            self.blocks = [Block(), Block()]
            self.table = {"key": layers.Dense(4)}
            self.inner = package.Sequential(
                [layers.Dense(4), layers.BatchNormalization()]
            )
            self._hidden = layers.Dense(4)
            self.same = self.above

        # Without the argument Keras 3 would not train the normalization.
        def call(self, inputs, training=None):
            outputs = self.table["key"](self.above(inputs))
            outputs = self._hidden(self.inner(outputs, training=training))
            for block in self.blocks:
                outputs = block(outputs)
            return self.out(outputs)

    return Subclassed()


def of_graph(package):
    """Makes a model of a user's class with a graph."""

    @of_a_user
    class OfGraph(package.Model):
        def __init__(self):
            inputs = package.Input((4,))
            first = package.layers.Dense(4)
            last = package.layers.Dense(2)
            super().__init__(inputs, last(first(inputs)))
            self.first = first

    return OfGraph()


class Keras3FilesTest:
    @pytest.mark.parametrize("make", [subclassed, of_graph])
    def test_weights_find_their_layers(self, make, tmp_path):
        path = str(tmp_path / "x.weights.h5")
        x = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
        y = np.ones((8, 2), "float32")
        theirs, ours = make(keras), make(tfk)
        for model in (theirs, ours):
            model(x)
            model.compile("adam", "mse")
        theirs.fit(x, y, verbose=0)
        theirs.save_weights(path)
        ours.load_weights(path)
        for _ in range(2):
            np.testing.assert_allclose(
                ours.predict(x, verbose=0),
                theirs.predict(x, verbose=0),
                rtol=1e-5,
                atol=1e-6,
            )
            for model in (theirs, ours):
                model.fit(x, y, shuffle=False, verbose=0)

    def test_what_does_not_fit_is_told_as_ever(self, tmp_path):
        path = str(tmp_path / "x.weights.h5")
        theirs, ours = subclassed(keras), subclassed(tfk)
        theirs(np.ones((1, 3)))
        ours(np.ones((1, 5)))
        theirs.save_weights(path)
        before = ours.get_weights()
        with pytest.raises(ValueError, match="do not match"):
            ours.load_weights(path)
        for was, now in zip(before, ours.get_weights()):
            np.testing.assert_array_equal(was, now)

    def test_registered_functions_are_written_alike(self):
        def double(inputs):
            return inputs * 2

        found = []
        for package in (tfk, keras):
            known = package.saving.register_keras_serializable("keras3_test")
            known(double)
            found.append(package.saving.serialize_keras_object(double))
        assert found[0] == found[1]
        for package in (tfk, keras):
            read = package.saving.deserialize_keras_object
            assert read(found[0]) is double

    def test_functions_are_read_as_they_were_written_before(self):
        @tfk.saving.register_keras_serializable("keras3_test")
        def treble(inputs):
            return inputs * 3

        config = {
            "module": "program",
            "class_name": "function",
            "config": "treble",
            "registered_name": "keras3_test>treble",
        }
        assert tfk.saving.deserialize_keras_object(config) is treble
