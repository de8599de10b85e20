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
"""Tests of finding, copying and setting all variables of a training."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import training_variables

X, Y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")


class Nested(tfk.Model):
    """Keeps state in all the places that a user may keep it in."""

    def __init__(self):
        super().__init__()
        self.towers = {"b": [tfk.layers.Dense(2)], "a": (tfk.layers.Dense(1),)}
        self.count = tf.Variable(0, trainable=False)
        self.module = tf.Module()
        self.module.inner = tf.Variable([1.0, 2.0], trainable=False)
        self.generator = tf.random.Generator.from_seed(1)
        self.vocabulary = ["word"] * 10
        self.tracker = tfk.metrics.Mean()

    def call(self, x):
        for (layer,) in self.towers.values():
            x = layer(x)
        return x


def functional():
    inputs = tfk.Input((3,))
    block = tfk.Sequential(
        [tfk.layers.BatchNormalization(), tfk.layers.Dropout(0.5)]
    )
    outputs = tfk.layers.Dense(1)(block(inputs))
    return tfk.Model(inputs, outputs)


def fitted(model, optimizer="adam"):
    model.compile(
        optimizer, "mse", metrics=["mae", tfk.metrics.RootMeanSquaredError()]
    )
    model.fit(X, Y, verbose=0)
    return model


def found(model):
    return {
        id(value): path
        for path, value in training_variables.walk(model)
        if isinstance(value, tf.Variable)
    }


def optimizers():
    for name, cls in sorted(vars(tfk.optimizers).items()):
        if not inspect.isclass(cls) or name in ("Optimizer", "MultiOptimizer"):
            continue
        if issubclass(cls, tfk.optimizers.Optimizer):
            parameters = inspect.signature(cls).parameters.values()
            required = [
                p
                for p in parameters
                if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
            ]
            yield cls(*[tfk.optimizers.SGD()] * len(required))


class TrainingVariablesTest:
    @pytest.mark.parametrize("make", [Nested, functional])
    def test_everything_is_found_once(self, make):
        model = fitted(make())
        paths = found(model)
        expected = [*model.variables, *model.optimizer.variables]
        expected += [v for m in model.metrics for v in m.variables]
        missing = [v.name for v in expected if id(v) not in paths]
        assert not missing
        streams = [p for p in paths.values() if "stream" in p]
        assert len(streams) == (make is functional)
        if make is Nested:
            assert id(model.generator.state) in paths
        walked = [path for path, _ in training_variables.walk(model)]
        assert len(set(walked)) == len(walked)
        # The next process finds the same, whatever its names count up to.
        again = training_variables.walk(fitted(make()))
        assert walked == [path for path, _ in again]

    def test_optimizers_are_found_whole(self):
        model = functional()
        for optimizer in optimizers():
            optimizer.build(model.trainable_variables)
            model.compile(optimizer)
            paths = found(model)
            for variable in optimizer._variables:
                assert id(variable) in paths, type(optimizer).__name__

    def test_values_are_copied_and_set(self):
        model = fitted(functional())
        state = training_variables.capture(model)
        before = model.predict(X, verbose=0)
        model.fit(X, Y, verbose=0)
        model.optimizer._holds_averages = True
        assert not np.array_equal(model.predict(X, verbose=0), before)
        training_variables.restore(model, state)
        np.testing.assert_array_equal(model.predict(X, verbose=0), before)
        assert int(model.optimizer.iterations) == 1
        assert model.optimizer.holds_averages is False
        assert training_variables.differences(model, state) == []

    def test_differences_are_named(self):
        def model(units, dtype=None):
            layers = [tfk.Input((3,)), tfk.layers.Dense(units, dtype=dtype)]
            return tfk.Sequential(layers)

        one = training_variables.capture(model(1))
        (path, entry), (other, _) = one.items()
        assert path == "layers/1/kernel" and other == "layers/1/bias"
        for another, message in (
            (model(2), "has the shape (3, 2) here, and (3, 1) in the backup"),
            (model(1, "float64"), "is of float64 here, and of float32 in"),
        ):
            first, second = training_variables.differences(another, one)
            assert f"kernel:0' ({path}) {message}" in first
            assert f"({other})" in second
        (missing,) = training_variables.differences(model(1), {path: entry})
        assert missing.endswith("(layers/1/bias) is not in the backup")
        empty = tfk.Sequential()
        first, _ = training_variables.differences(empty, one)
        assert first == f"{entry['name']!r} ({path}) is only in the backup"
