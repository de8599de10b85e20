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
"""Runs users' programs in tfk and in tf_keras and compares what they return."""

import functools

import numpy as np
import tensorflow as tf
import tf_keras

import tfk

RANDOM = np.random.RandomState


def same_in_both(program=None, *, rtol=2e-4, atol=2e-5):
    """Makes a test of a program, which is run in both packages.

    Arguments:
        program: Function of `(self, keras, path)`: a program of a user, with
            the package that it imports as `keras` and an empty folder. It
            returns a structure of what must be equal: numbers, arrays, names.
        rtol: Float: the relative difference of numbers that is allowed.
        atol: Float: the absolute difference of numbers that is allowed.
    """
    if program is None:
        return functools.partial(same_in_both, rtol=rtol, atol=atol)

    def test(self, tmp_path):
        results = [
            _run(program, self, keras, tmp_path) for keras in (tf_keras, tfk)
        ]
        assert_same(*results, rtol=rtol, atol=atol)

    test.__name__ = program.__name__
    test.__doc__ = program.__doc__
    return test


def _run(program, test, keras, tmp_path):
    path = tmp_path / keras.__name__
    path.mkdir()
    keras.backend.clear_session()
    tf.random.set_seed(7)
    np.random.seed(7)
    return program(test, keras, path)


def assert_same(expected, actual, rtol=2e-4, atol=2e-5, place="result"):
    """Checks that two structures are equal, numbers up to rounding.

    Arguments:
        expected: Structure of dicts, lists, arrays, numbers and names.
        actual: The structure to compare.
        rtol: Float: the relative difference of numbers that is allowed.
        atol: Float: the absolute difference of numbers that is allowed.
        place: String: where the structures are, for the message.
    """
    if isinstance(expected, dict):
        assert list(expected) == list(actual), place
        for key, value in expected.items():
            inner = f"{place}[{key!r}]"
            assert_same(value, actual[key], rtol, atol, inner)
    elif isinstance(expected, (list, tuple)):
        assert len(expected) == len(actual), (place, expected, actual)
        for i, value in enumerate(expected):
            assert_same(value, actual[i], rtol, atol, f"{place}[{i}]")
    elif expected is None or isinstance(expected, (str, bytes, tf.TensorShape)):
        assert expected == actual, place
    else:
        np.testing.assert_allclose(
            np.asarray(actual),
            np.asarray(expected),
            rtol=rtol,
            atol=atol,
            err_msg=place,
        )


def set_weights(model, seed=0):
    """Fills the weights of a model, alike in both packages.

    Kernels are drawn as He and Glorot would; other weights stay as they are.

    Arguments:
        model: A layer or model that is built.
        seed: Integer: models of equal seeds have equal weights.

    Returns:
        The model.
    """
    random = RANDOM(seed)
    values = []
    for value in model.get_weights():
        if value.ndim > 1:
            fan_in = np.prod(value.shape[:-1])
            value = random.normal(size=value.shape) * fan_in**-0.5
        values.append(value)
    model.set_weights(values)
    return model


def mlp(keras, features, units, name=None, activation=None):
    """Makes a network of two layers, with weights alike in both packages.

    Arguments:
        keras: The package.
        features: Integer: the number of inputs.
        units: Integer: the number of outputs.
        name: String: the name of the model, or None.
        activation: String: the activation of the outputs, or None.
    """
    model = keras.Sequential(
        [
            keras.Input(shape=(features,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(units, activation=activation),
        ],
        name=name,
    )
    return set_weights(model)


def images(count=32, size=8, channels=1, classes=3, seed=0):
    """Makes images whose brightest band tells their class.

    Arguments:
        count: Integer: the number of images.
        size: Integer: their height and width.
        channels: Integer.
        classes: Integer.
        seed: Integer.

    Returns:
        A tuple of the images, as float32 in [0, 1], and the integer labels.
    """
    random = RANDOM(seed)
    labels = random.randint(0, classes, count)
    x = random.uniform(0, 0.5, (count, size, size, channels))
    for i, label in enumerate(labels):
        x[i, label::classes] += 0.5
    return x.astype("float32"), labels


def table(count=32, features=4, seed=0):
    """Makes a table of numbers and a target that is linear in them.

    Arguments:
        count: Integer: the number of rows.
        features: Integer: the number of columns.
        seed: Integer.

    Returns:
        A tuple of a float32 array (count, features), and one (count, 1).
    """
    random = RANDOM(seed)
    x = random.normal(size=(count, features)).astype("float32")
    y = x @ np.linspace(-1, 1, features)[:, None] + 0.5
    return x, y.astype("float32")
