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
"""Tests of copies of models, and of the names of users' classes in them."""

import copy
import pickle

import numpy as np
import pytest
import tensorflow as tf

import tfk


def _layer_class(factor):
    """Makes a class; all of them have one name."""

    class Times(tfk.layers.Layer):
        def __init__(self, offset=1.0, **kwargs):
            super().__init__(**kwargs)
            self.offset = offset

        def call(self, inputs):
            return inputs * factor + self.offset

    return Times


Two, Three = _layer_class(2.0), _layer_class(3.0)


def _nested(*classes):
    inner = tfk.Sequential([tfk.Input((2,)), *(cls() for cls in classes)])
    return tfk.Sequential([tfk.Input((2,)), inner])


class ClassesOfOneNameTest:
    def test_copies_are_of_the_same_classes(self):
        model = _nested(Two, Three)
        rows = np.ones((1, 2), "float32")
        for again in (tfk.models.clone_model(model), copy.deepcopy(model)):
            np.testing.assert_array_equal(again(rows), model(rows))
            inner = again.layers[0].layers
            assert [type(layer) for layer in inner] == [Two, Three]

    def test_a_file_can_not_tell_them_apart_and_saving_says_so(self, tmp_path):
        with pytest.warns(UserWarning, match="Two different .* `Times`"):
            with pytest.warns(UserWarning, match="saved by name only"):
                _nested(Two, Three).save(tmp_path / "model.keras")

    @pytest.mark.filterwarnings("error:Two different")
    @pytest.mark.filterwarnings("ignore:`Times`")
    def test_one_class_in_many_places_is_one(self, tmp_path):
        _nested(Two, Two).save(tmp_path / "model.keras")


def swish_like(x):
    """An activation that is not registered."""
    return x * tf.sigmoid(2.0 * x)


class Halves(tfk.initializers.Initializer):
    """An initializer that is not registered."""

    def __call__(self, shape, dtype=None, **kwargs):
        return tf.fill(shape, tf.cast(0.5, dtype or "float32"))


def distance(y_true, y_pred):
    """A loss that is not registered."""
    return tf.reduce_mean(tf.abs(y_true - y_pred), -1)


class RegisteredInsideTest:
    def test_what_no_module_holds_is_found_by_its_registration(self):
        @tfk.saving.register_keras_serializable("cloning_test")
        def twice(x):
            return 2.0 * x

        dense = tfk.layers.Dense(2, activation=twice)
        model = tfk.Sequential([tfk.Input((3,)), dense])
        again = pickle.loads(pickle.dumps(model))
        assert again.layers[0].activation is twice


class UnregisteredPartsTest:
    def test_models_of_them_are_copied_and_pickled(self):
        dense = tfk.layers.Dense(
            2, activation=swish_like, kernel_initializer=Halves()
        )
        model = tfk.Sequential([tfk.Input((3,)), dense])
        model.compile("sgd", distance)
        rows = np.ones((2, 3), "float32")
        model.fit(rows, np.ones((2, 2)), verbose=0)
        for again in (
            copy.deepcopy(model),
            pickle.loads(pickle.dumps(model)),
        ):
            np.testing.assert_array_equal(again(rows), model(rows))
            assert again.loss is distance
            assert isinstance(again.layers[0].kernel_initializer, Halves)
            again.fit(rows, np.ones((2, 2)), verbose=0)
