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
"""Tests of steps over arrays: the numbers are those of a dataset."""

import sys

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import array_steps
from tfk.testing import strategies

ROWS, SIZE = 53, 4
X = np.linspace(-1, 1, ROWS * 3).reshape(ROWS, 3).astype("float32")
Y = X.sum(axis=1, keepdims=True)
WEIGHT = np.linspace(0, 2, ROWS).astype("float32")


def compiled(**arguments):
    inputs = tfk.Input((3,))
    hidden = tfk.layers.Dense(4, activation="relu")(inputs)
    model = tfk.Model(inputs, tfk.layers.Dense(1)(hidden))
    model.compile(
        "sgd", "mse", metrics=["mae"], weighted_metrics=["mse"], **arguments
    )
    return model


def dataset(*arrays, size=SIZE):
    return tf.data.Dataset.from_tensor_slices(arrays).batch(size)


@pytest.fixture(autouse=True)
def many_calls(monkeypatch):
    """Small arrays take several calls, too."""
    monkeypatch.setattr(array_steps, "_BYTES_PER_CALL", 5 * SIZE * 3 * 4)


@pytest.fixture
def only_arrays(monkeypatch):
    """Within it no data becomes a dataset."""

    def refuse(*args, **kwargs):
        raise AssertionError("A dataset is made.")

    monkeypatch.setattr("tfk.data.adapters.source", refuse)


class Recorder(tfk.callbacks.Callback):
    """Keeps what the hooks of batches are given."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_test_batch_end(self, batch, logs=None):
        self.seen.append((batch, dict(logs)))

    def on_predict_batch_end(self, batch, logs=None):
        self.seen.append((batch, logs["outputs"]))


class EvaluateTest:
    @pytest.mark.parametrize("steps", [None, 3])
    def test_logs_are_those_of_a_dataset(self, steps):
        model = compiled(steps_per_execution=steps)
        options = {"verbose": 0, "return_dict": True}
        expected = model.evaluate(dataset(X, Y, WEIGHT), **options)
        for x, y in ((X, Y), (tf.constant(X), tf.constant(Y))):
            found = model.evaluate(
                x, y, batch_size=SIZE, sample_weight=WEIGHT, **options
            )
            assert found == expected

    def test_no_dataset_is_made_and_no_size_traces_anew(self, only_arrays):
        model = compiled()
        for rows in (ROWS, 30, 17):
            model.evaluate(X[:rows], Y[:rows], batch_size=SIZE, verbose=0)
            model.predict(X[:rows], batch_size=SIZE, verbose=0)
        assert model.trace_counts == {"train": 0, "test": 1, "predict": 1}

    def test_a_hook_sees_every_batch(self, only_arrays):
        model, recorder = compiled(), Recorder()
        options = {"batch_size": SIZE, "verbose": 0, "return_dict": True}
        total = model.evaluate(X, Y, callbacks=[recorder], **options)
        batches, logs = zip(*recorder.seen)
        assert list(batches) == list(range(14))
        assert logs[-1] == total
        first = model.evaluate(X[: 2 * SIZE], Y[: 2 * SIZE], **options)
        assert logs[1] == first

    def test_a_step_of_ones_own_gives_the_logs_of_the_last_batch(self):
        class Own(tfk.Model):
            def call(self, x):
                return x

            def test_step(self, data):
                x, y = data
                return {"rows": tf.shape(x)[0], "least": tf.reduce_min(y)}

        model = Own()
        model.compile()
        found = model.evaluate(
            X, Y, batch_size=SIZE, verbose=0, return_dict=True
        )
        assert found == {"rows": ROWS % SIZE, "least": Y[-1, 0]}

    def test_structures_of_arrays(self, only_arrays):
        inputs = {"a": tfk.Input((3,), name="a"), "b": tfk.Input((), name="b")}
        total = tfk.layers.Dense(1)(inputs["a"]) + inputs["b"][:, None]
        model = tfk.Model(inputs, {"sum": total, "twice": 2 * total})
        model.compile(loss={"sum": "mse", "twice": "mae"})
        x = {"a": X, "b": WEIGHT.astype(int)}
        y = {"sum": Y, "twice": Y}
        options = {"batch_size": SIZE, "verbose": 0}
        outputs = model.predict(x, **options)
        np.testing.assert_array_equal(2 * outputs["sum"], outputs["twice"])
        first, *_ = model.evaluate(x, y, **options)
        expected = np.mean((outputs["sum"] - Y) ** 2) + np.mean(
            np.abs(outputs["twice"] - Y)
        )
        np.testing.assert_allclose(first, expected, rtol=1e-5)

    def test_two_replicas_and_eager_steps(self):
        expected = compiled()
        with strategies.two_replicas().scope():
            mirrored = compiled()
        for model in (mirrored, compiled(run_eagerly=True)):
            model.set_weights(expected.get_weights())
            for call in (
                lambda m: m.evaluate(X, Y, batch_size=SIZE, verbose=0),
                lambda m: m.predict(X, batch_size=SIZE, verbose=0),
            ):
                np.testing.assert_allclose(
                    call(model), call(expected), rtol=1e-5
                )

    def test_preprocessing_gives_the_same(self):
        model = tfk.Sequential(
            [
                tfk.Input((3,)),
                tfk.layers.Rescaling(3.0),
                tfk.layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        np.testing.assert_array_equal(
            model.evaluate(X, Y, batch_size=SIZE, verbose=0),
            model.evaluate(dataset(X, Y), verbose=0),
        )

    def test_arrays_of_different_lengths_are_refused(self):
        with pytest.raises(ValueError, match="same number of rows"):
            compiled().evaluate(X, Y[1:], batch_size=SIZE, verbose=0)
        with pytest.raises(ValueError, match="`batch_size` must be"):
            compiled().evaluate(X, Y, batch_size=-1, verbose=0)


class PredictTest:
    @pytest.mark.parametrize("steps", [None, 3])
    def test_outputs_are_those_of_a_dataset(self, steps):
        model = compiled(steps_per_execution=steps)
        expected = model.predict(dataset(X), verbose=0)
        for size in (SIZE, 7, ROWS - 1):
            found = model.predict(X, batch_size=size, verbose=0)
            np.testing.assert_allclose(found, expected, rtol=1e-6)
        assert model.predict(X, batch_size=SIZE, verbose=0).flags.writeable

    def test_a_hook_sees_every_batch(self, only_arrays):
        model, recorder = compiled(), Recorder()
        outputs = model.predict(
            X, batch_size=SIZE, callbacks=[recorder], verbose=0
        )
        batches, parts = zip(*recorder.seen)
        assert list(batches) == list(range(14))
        np.testing.assert_array_equal(np.concatenate(parts), outputs)

    def test_large_outputs_come_in_more_calls(self, only_arrays):
        class Calls(tfk.callbacks.Callback):
            count = 0

            def wants_every_batch(self, mode):
                return False

            def on_predict_batch_end(self, batch, logs=None):
                self.count += 1

        inputs = tfk.Input((3,))
        model = tfk.Model(inputs, tfk.layers.RepeatVector(50)(inputs))
        calls = Calls()
        found = model.predict(X, batch_size=SIZE, callbacks=[calls], verbose=0)
        np.testing.assert_array_equal(found, np.repeat(X[:, None], 50, axis=1))
        assert calls.count == 14

    @pytest.mark.parametrize(
        "step",
        [
            lambda x: tf.reduce_sum(x),
            lambda x: {"a": tf.sparse.from_dense(x), "b": x},
            lambda x: tf.RaggedTensor.from_tensor(x),
            lambda x: tf.concat([x, x], axis=0),
            lambda x: tf.as_string(x),
            lambda x: tf.cast(x, tf.bfloat16),
        ],
    )
    def test_outputs_of_any_kind(self, step):
        class Own(tfk.Model):
            def predict_step(self, data):
                return step(data[0] if isinstance(data, tuple) else data)

        model = Own()
        found = model.predict(X, batch_size=SIZE, verbose=0)
        expected = model.predict(dataset(X), verbose=0)
        tf.nest.assert_same_structure(found, expected)
        for x, y in zip(
            tf.nest.flatten(found, expand_composites=True),
            tf.nest.flatten(expected, expand_composites=True),
        ):
            np.testing.assert_array_equal(x, y)


class CostTest:
    def test_epochs_and_runs_share_what_validation_compiled(self):
        model = compiled()
        options = {"batch_size": SIZE, "verbose": 0}
        for _ in range(2):
            model.fit(X, Y, epochs=3, validation_data=(X, Y), **options)
            model.evaluate(X, Y, **options)
        assert model.trace_counts == {"train": 1, "test": 1, "predict": 0}

    def test_steps_cost_no_python(self):
        model = compiled()
        x, y = np.tile(X, (100, 1)), np.tile(Y, (100, 1))
        options = {"batch_size": 1, "verbose": 0}

        def calls_per_step(run):
            run()
            count = 0

            def profile(frame, event, argument):
                nonlocal count
                count += event == "call"

            sys.setprofile(profile)
            try:
                run()
            finally:
                sys.setprofile(None)
            return count / len(x)

        # A call of a Python function takes about 0.1 us.
        assert calls_per_step(lambda: model.fit(x, y, **options)) < 30
