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
"""Tests of steps that XLA can and can't compile."""

import re
import warnings

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import conformance
from tfk.testing import strategies

X = conformance.floats(10, 3, seed=1)
Y = conformance.floats(10, 2, seed=2)


def through_text(x):
    return tf.strings.to_number(tf.strings.as_string(x))


def through_python(x):
    return tf.ensure_shape(tf.numpy_function(np.abs, [x], tf.float32), x.shape)


def printing(x):
    tf.print("seen", output_stream="file:///dev/null")
    return x


def of_random_length(x):
    length = tf.random.uniform((), 3, 4, tf.int32)
    return x + 0 * tf.cast(tf.shape(tf.range(length))[0], x.dtype)


def in_a_loop(x):
    return tf.while_loop(
        lambda i, x: i < 2, lambda i, x: (i + 1, through_text(x)), (0, x)
    )[1]


class Odd(tfk.layers.Layer):
    """Does something before a product with its weights."""

    def __init__(self, function=tf.identity, **kwargs):
        super().__init__(**kwargs)
        self.function = function
        self.dense = tfk.layers.Dense(2, kernel_initializer="ones")

    def call(self, inputs):
        x = tf.stop_gradient(self.function(inputs))
        return self.dense(x)


def make_model(function=tf.identity, cls=tfk.Sequential, **arguments):
    model = cls([tfk.Input((3,)), Odd(function, name="odd")])
    arguments = {"metrics": ["mae"], "jit_compile": "auto", **arguments}
    model.compile("adam", "mse", **arguments)
    return model


class OwnStep(tfk.Sequential):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        logs = self.compute_metrics(x, y, y_pred, None)
        return {**logs, "own": tf.reduce_sum(y_pred)}


def run_all(model):
    """Returns the numbers of everything that a model does with data."""
    arguments = {"batch_size": 4, "verbose": 0}
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    numbers = [
        model.fit(X, Y, epochs=2, shuffle=False, **arguments).history,
        model.fit(data.filter(lambda *_: True), epochs=2, verbose=0).history,
        model.evaluate(X, Y, return_dict=True, **arguments),
        model.predict(X, **arguments),
        model.train_on_batch(X[:5], Y[:5]),
        model.predict_on_batch(X[:5]),
        model.get_weights(),
        model.optimizer.iterations.numpy(),
    ]
    return tf.nest.flatten(numbers)


def assert_same(numbers, wanted):
    for value, expected in zip(numbers, wanted, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6)


def is_compiled(model):
    """Whether XLA compiles the steps that a model made; all or none."""
    functions = model._functions.values()
    (found,) = {f._jit_compile for f in functions if hasattr(f, "_jit_compile")}
    return found


def caught(function):
    """Returns the texts of the warnings that a function gives."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function()
    return [str(x.message) for x in found if "XLA" in str(x.message)]


class AutoTest:
    @pytest.mark.parametrize(
        "cls, steps", [(tfk.Sequential, "auto"), (OwnStep, 3)]
    )
    def test_what_xla_can_compile_it_compiles(self, cls, steps):
        wanted = run_all(make_model(cls=cls, jit_compile=False))
        model = make_model(cls=cls, steps_per_execution=steps)
        assert not caught(lambda: assert_same(run_all(model), wanted))
        assert is_compiled(model) is True

    def test_what_it_can_not_runs_without_and_it_is_said_once(self):
        wanted = run_all(make_model(through_text, jit_compile=False))
        model = make_model(through_text)
        texts = caught(lambda: assert_same(run_all(model), wanted))
        assert is_compiled(model) is False
        assert len(texts) == 1
        assert "jit_compile='auto'" in texts[0]
        model.compile("adam", "mse", jit_compile="auto")
        assert len(caught(lambda: model.fit(X, Y, verbose=0))) == 1

    @pytest.mark.parametrize(
        "function, op",
        [
            (through_text, "AsString"),
            (through_python, "PyFunc"),
            (printing, "PrintV2"),
            (of_random_length, "Range"),
            (in_a_loop, "AsString"),
        ],
        ids=lambda x: getattr(x, "__name__", ""),
    )
    def test_the_operation_and_its_layer_are_named(self, function, op):
        model = make_model(function)
        (text,) = caught(lambda: model.predict_on_batch(X))
        assert f"operation {op} in layer 'odd' (node '" in text

    def test_under_a_strategy_of_one_device(self):
        history = []
        for choice in (False, "auto"):
            with tf.distribute.OneDeviceStrategy("CPU:0").scope():
                model = make_model(cls=OwnStep, jit_compile=choice)
            fitted = model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
            history.append(tf.nest.flatten(fitted.history))
            assert is_compiled(model) is bool(choice)
        assert_same(*history)

    def test_under_mirrored_cpus_a_warning_says_that_it_can_not(self):
        with strategies.two_replicas().scope():
            with pytest.warns(UserWarning, match="jit_compile='auto' under"):
                model = make_model()
        assert model.jit_compile is False

    def test_data_of_any_structure(self):
        inputs = {
            "ragged": tfk.Input((None,), ragged=True, name="ragged"),
            "dense": tfk.Input((3,), name="dense"),
        }
        sums = tfk.layers.Lambda(lambda x: tf.reduce_sum(x, 1, keepdims=True))
        outputs = tfk.layers.Dense(2)(inputs["dense"]) + sums(inputs["ragged"])
        model = tfk.Model(inputs, outputs)
        model.compile("sgd", "mse", jit_compile="auto")
        ragged = tf.ragged.range(tf.range(1.0, 11.0))
        x = {"ragged": ragged, "dense": X}
        model.fit(x, Y, sample_weight=None, batch_size=4, verbose=0)
        found = model.predict(x, batch_size=4, verbose=0)
        assert is_compiled(model) is True
        np.testing.assert_allclose(found, model(x), rtol=1e-5)

    def test_data_of_strings_are_named(self):
        model = tfk.Sequential([tfk.layers.Lambda(tf.strings.length)])
        model.compile(jit_compile="auto")
        (text,) = caught(lambda: model.predict(tf.constant([["a"]]), verbose=0))
        assert re.search("input '.*' has no kernel .*T=DT_STRING", text)

    def test_preprocessing_that_moves_to_the_data_is_no_part_of_a_step(self):
        inputs = tfk.Input((1,), dtype="string")
        x = tfk.layers.StringLookup(vocabulary=["a", "b"])(inputs)
        x = tfk.layers.Embedding(3, 2)(x)
        model = tfk.Model(inputs, tfk.layers.Dense(1)(x))
        model.compile("sgd", "mse", jit_compile="auto")
        x, y = np.array([["a"], ["b"], ["c"], ["a"]]), np.ones((4, 1, 1))
        assert not caught(lambda: model.fit(x, y, verbose=0))
        assert is_compiled(model) is True

    def test_errors_of_the_data_stay_what_they_are(self):
        def generator():
            yield X[:4], Y[:4]
            raise KeyError("lost row")

        with pytest.raises(KeyError, match="lost row"):
            make_model().fit(generator(), verbose=0)

    def test_the_choice_is_saved(self, tmp_path):
        path = str(tmp_path / "model.keras")
        model = tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(2)])
        for choice in ("auto", True, None):
            model.compile("sgd", "mse", jit_compile=choice)
            model.save(path)
            again = tfk.models.load_model(path)
            assert again.jit_compile == model.jit_compile == (choice or False)
            assert again.get_compile_config()["jit_compile"] == choice

    def test_python_runs_as_python(self):
        model = make_model(through_text, run_eagerly=True)
        assert not caught(lambda: model.fit(X, Y, verbose=0))


class AlwaysTest:
    def test_the_error_says_what_to_do(self):
        model = make_model(through_text, jit_compile=True)
        for run in (
            lambda: model.fit(X, Y, verbose=0),
            lambda: model.train_on_batch(X, Y),
            lambda: model.predict(X, batch_size=4, verbose=0),
        ):
            with pytest.raises(tf.errors.InvalidArgumentError) as caught:
                run()
            (note,) = caught.value.__notes__
            assert re.search("operation AsString in layer 'odd'", note)
            assert "jit_compile='auto'" in note

    @pytest.mark.parametrize("value", ["yes", 2, [True]])
    def test_other_values_are_errors(self, value):
        model = tfk.Sequential([tfk.layers.Dense(1)])
        with pytest.raises(ValueError, match="True, False, None or 'auto'"):
            model.compile("sgd", "mse", jit_compile=value)
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match="True, False, None or 'auto'"):
            model.jit_compile = value
