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
"""Tests of what is said of layers that a model does not find."""

import collections
import warnings

import numpy as np
import pytest

import tfk

X = np.ones((4, 3), "float32")
Y = np.ones((4, 2), "float32")


class Held(tfk.Model):
    def __init__(self, hold, **kwargs):
        super().__init__(**kwargs)
        self.first = tfk.layers.Dense(3)
        self.held = hold(tfk.layers.Dense(2, name="held"))

    def call(self, inputs):
        held = self.held
        (layer,) = [held.layer] if hasattr(held, "layer") else held
        return layer(self.first(inputs))


class Holder:
    def __init__(self, layer):
        self.layer = layer


def trained(hold, trainable=True):
    model = Held(hold, name="model")
    model.first.trainable = trainable
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    return model


class UnknownWeightsTest:
    @pytest.mark.parametrize(
        "hold", [lambda x: {x}, lambda x: collections.deque([x]), Holder]
    )
    def test_layers_that_are_not_found_are_told(self, hold):
        with pytest.warns(UserWarning, match="neither trained nor saved.*held"):
            trained(hold)

    def test_frozen_layers_are_no_such(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = trained(lambda x: [x], trainable=False)
        assert len(model.trainable_weights) == 2

    def test_losses_may_use_other_models(self):
        other = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        model = tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(2)])
        model.compile("sgd", lambda y, y_pred: (other(y) - other(y_pred)) ** 2)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.fit(X, Y, verbose=0)
