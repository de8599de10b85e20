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
"""Tests of models in pickles, and of copies."""

import copy
import io
import pickle

import numpy as np
import pytest

import tfk
from tfk import layers
from tfk.testing import strategies

_ROWS = np.arange(12, dtype="float32").reshape(4, 3)


class Plus(layers.Layer):
    """A layer that is registered nowhere."""

    def __init__(self, table, **kwargs):
        super().__init__(**kwargs)
        self.table = dict(table)

    def call(self, inputs):
        return inputs + self.table[1]


class Own(tfk.Model):
    """A model that is registered nowhere, with a `compile` of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, inputs):
        return self.dense(inputs)

    def compile(self, optimizer, scale):
        super().compile(optimizer, "mse")
        self.scale = scale


def _sequential():
    model = tfk.Sequential([tfk.Input((3,)), Plus({1: 2.0}), layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def _functional():
    x = tfk.Input((3,))
    y = layers.Dense(2)(layers.Lambda(lambda v: v * 2.0)(x))
    model = tfk.Model(x, layers.Dropout(0.5, seed=1)(y))
    model.compile(tfk.optimizers.SGD(0.01, momentum=0.9), "mse")
    return model


def _subclassed():
    model = Own(2)
    model.compile("adam", scale={0: 1.0})
    return model


def _through_pickle(model):
    return pickle.loads(pickle.dumps(model))


def _in_python_alone(model):
    """As tools do that send pickles of their own kind."""
    stream = io.BytesIO()
    pickle._Pickler(stream, protocol=5).dump({"models": [model]})
    return pickle.loads(stream.getvalue())["models"][0]


_WAYS = (_through_pickle, copy.deepcopy, _in_python_alone)


class PicklingTest:
    @pytest.mark.parametrize("way", _WAYS)
    @pytest.mark.parametrize("make", [_sequential, _functional, _subclassed])
    def test_training_goes_on_where_it_was(self, make, way):
        tfk.utils.set_random_seed(0)
        model = make()
        targets = np.ones((4, 2), "float32")
        model.fit(_ROWS, targets, verbose=0)
        again = way(model)
        assert type(again) is type(model)
        assert int(again.optimizer.iterations) == 1
        np.testing.assert_array_equal(
            again.predict(_ROWS, verbose=0), model.predict(_ROWS, verbose=0)
        )
        values = [x.train_on_batch(_ROWS, targets) for x in (model, again)]
        if make is not _functional:  # Dropout draws anew.
            np.testing.assert_allclose(values[0], values[1], rtol=1e-6)
        # Nothing is shared.
        before = again.get_weights()
        model.set_weights([0 * x for x in model.get_weights()])
        for old, new in zip(before, again.get_weights()):
            np.testing.assert_array_equal(old, new)
        if make is _subclassed:
            assert again.scale == {0: 1.0} and again.units == 2
        if make is _sequential:
            assert again.layers[0].table == {1: 2.0}

    @pytest.mark.parametrize("way", _WAYS)
    def test_vocabularies_come_along(self, way):
        lookup = layers.StringLookup()
        lookup.adapt(np.array(["b", "a", "b"]))
        model = tfk.Sequential([tfk.Input((1,), dtype="string"), lookup])
        again = way(model)
        words = np.array([["a"], ["b"], ["c"]])
        assert again.layers[0].get_vocabulary() == ["[UNK]", "b", "a"]
        np.testing.assert_array_equal(again(words), model(words))

    def test_a_model_without_weights_yet_can_be_copied(self):
        model = tfk.Sequential([layers.Dense(2)])
        assert not model.built
        again = copy.deepcopy(model)
        assert again(_ROWS).shape == (4, 2) and not model.built

    def test_a_model_of_two_replicas_comes_back_as_one_of_one(self):
        with strategies.two_replicas().scope():
            model = _sequential()
        model.fit(_ROWS, np.ones((4, 2)), verbose=0)
        again = _through_pickle(model)
        assert again.distribute_strategy.num_replicas_in_sync == 1
        np.testing.assert_allclose(again(_ROWS), model(_ROWS), rtol=1e-6)
