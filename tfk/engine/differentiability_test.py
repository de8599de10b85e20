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
"""Tests of the search for layers that keep weights from learning."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import differentiability

MESSAGE = "Layer 'bins' .*lets no gradient.*'first' .*before"


def bins():
    return tfk.layers.Discretization(
        [0.0, 1.0], output_mode="one_hot", name="bins"
    )


def first(x):
    return tfk.layers.Dense(1, name="first")(x)


def last(x):
    return tfk.layers.Dense(1)(x)


def check(outputs, loss="mse", freeze=False):
    model = tfk.Model(X, outputs)
    model.get_layer("first").trainable = not freeze
    model.compile("sgd", loss)
    differentiability.check(model)
    return model


X = tfk.Input((1,))


class CheckTest:
    def test_fit_names_the_layer(self):
        model = tfk.Sequential(
            [
                tfk.Input((2,)),
                tfk.layers.Dense(1, name="first"),
                bins(),
                tfk.layers.Dense(1),
            ]
        )
        data = np.ones((4, 2)), np.ones((4, 1))
        model.compile("sgd", "mse")
        for train in (model.fit, model.train_on_batch):
            with pytest.raises(ValueError, match=MESSAGE):
                train(*data)
        model.evaluate(*data, verbose=0)
        model.get_layer("first").trainable = False
        model.compile("sgd", "mse")
        model.fit(*data, verbose=0)

    def test_where_it_is_an_error(self):
        inner = tfk.Input((1,))
        nested = tfk.Model(inner, last(bins()(inner)))
        block = tfk.Sequential([tfk.layers.Dense(1)], name="first")
        plain = tfk.layers.Discretization([0.0, 1.0], name="bins")
        for outputs in (
            last(bins()(tf.abs(first(X)))),
            last(tf.cast(plain(first(X)), tf.float32)),
            nested(first(X)),
            last(bins()(block(X))),
        ):
            with pytest.raises(ValueError, match="bins"):
                check(outputs)
            check(outputs, freeze=True)

    def test_where_it_is_none(self):
        hidden = first(X)
        straight = bins()(hidden)
        check(last(tfk.layers.Rescaling(0.5)(hidden)))
        check(last(bins()(tf.stop_gradient(hidden))))
        check(last(hidden + tf.stop_gradient(straight - hidden)))
        check([hidden, straight], ["mse", None])
        check([last(hidden), last(bins()(X))])
        with pytest.raises(ValueError, match="bins"):
            check([hidden, straight], ["mse", "mse"])
