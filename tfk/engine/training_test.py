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
"""Tests of compile, fit, evaluate and predict, against tf_keras."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import strategies

ROWS = 37


@pytest.fixture(scope="module")
def data():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(ROWS, 4)).astype("float32")
    y = (x.sum(axis=1, keepdims=True) > 0).astype("float32")
    weights = generator.uniform(size=ROWS).astype("float32")
    return x, y, weights


def classifier(api):
    return api.Sequential(
        [
            api.Input((4,)),
            api.layers.Dense(5, activation="relu", kernel_regularizer="l2"),
            api.layers.Dense(1, activation="sigmoid"),
        ]
    )


def branches(api):
    a, b = api.Input((4,), name="a"), api.Input((4,), name="b")
    h = api.layers.Concatenate()([api.layers.Dense(3)(a), b])
    first = api.layers.Dense(1, name="first")(h)
    second = api.layers.Dense(2, name="second")(h)
    return api.Model({"a": a, "b": b}, {"first": first, "second": second})


def twins(build, **compile_arguments):
    """Makes the same model with tfk and tf_keras, with equal weights."""
    ours, theirs = build(tfk), build(tf_keras)
    theirs.set_weights(ours.get_weights())
    ours.compile(**compile_arguments)
    theirs.compile(**compile_arguments)
    return ours, theirs


def assert_same_histories(ours, theirs, rtol=2e-5):
    assert list(ours.history) == list(theirs.history)
    for key, values in theirs.history.items():
        np.testing.assert_allclose(
            ours.history[key], values, rtol=rtol, atol=1e-6, err_msg=key
        )


class FitAgainstTfKerasTest:
    def test_everything_at_once(self, data):
        x, y, weights = data
        ours, theirs = twins(
            lambda api: classifier(api),
            optimizer="adam",
            loss="binary_crossentropy",
            metrics=["accuracy", "mae"],
            weighted_metrics=["mse"],
        )
        arguments = {
            "x": x,
            "y": y,
            "sample_weight": weights,
            "epochs": 4,
            "initial_epoch": 1,
            "batch_size": 8,
            "shuffle": False,
            "validation_split": 0.3,
            "verbose": 0,
        }
        assert_same_histories(ours.fit(**arguments), theirs.fit(**arguments))
        for a, b in zip(ours.get_weights(), theirs.get_weights()):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
        for arguments in ({}, {"batch_size": 50}, {"sample_weight": weights}):
            np.testing.assert_allclose(
                ours.evaluate(x, y, verbose=0, **arguments),
                theirs.evaluate(x, y, verbose=0, **arguments),
                rtol=1e-4,
            )
        np.testing.assert_allclose(
            ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-4
        )

    @pytest.mark.parametrize("workers", [1, 2])
    def test_sequences_begin_each_epoch_anew(self, data, workers):
        x, y, _ = data

        def batches(api):
            class Batches(api.utils.Sequence):
                def __len__(self):
                    return 3

                def __getitem__(self, index):
                    rows = slice(10 * index, 10 * index + 10)
                    return x[rows], y[rows]

            return Batches()

        ours, theirs = twins(classifier, optimizer="sgd", loss="mse")
        arguments = {"steps_per_epoch": 2, "epochs": 3, "shuffle": False}
        arguments.update(workers=workers, verbose=0)
        assert_same_histories(
            ours.fit(batches(tfk), **arguments),
            theirs.fit(batches(tf_keras), **arguments),
        )

    def test_dict_inputs_and_outputs(self, data):
        x, y, weights = data
        ours, theirs = twins(
            lambda api: branches(api),
            optimizer="sgd",
            loss={"first": "mse", "second": "mae"},
            loss_weights={"first": 0.5, "second": 2.0},
            metrics={"second": ["mse"]},
        )
        arguments = {
            "x": {"b": x, "a": x[:, ::-1]},
            "y": {"second": np.hstack([y, y]), "first": y},
            "epochs": 2,
            "shuffle": False,
            "verbose": 0,
        }
        assert_same_histories(ours.fit(**arguments), theirs.fit(**arguments))

    def test_insertion_order_changes_nothing(self, data):
        x, y, _ = data
        results = []
        for order in (1, -1):
            tfk.utils.set_random_seed(3)
            model = branches(tfk)
            pairs = [("first", "mse"), ("second", "mae")][::order]
            model.compile("sgd", loss=dict(pairs), metrics=dict(pairs))
            targets = [("first", y), ("second", np.hstack([y, y]))][::order]
            inputs = [("a", x), ("b", x[::-1])][::order]
            history = model.fit(
                dict(inputs), dict(targets), shuffle=False, verbose=0
            )
            results.append(history.history)
        assert results[0] == results[1]

    def test_on_batch_methods(self, data):
        x, y, _ = data
        ours, theirs = twins(
            lambda api: classifier(api),
            optimizer="sgd",
            loss="mse",
            metrics=["mae"],
        )
        for rows in (8, 5, 11):
            np.testing.assert_allclose(
                ours.train_on_batch(x[:rows], y[:rows]),
                theirs.train_on_batch(x[:rows], y[:rows]),
                rtol=1e-5,
            )
        np.testing.assert_allclose(
            ours.test_on_batch(x, y), theirs.test_on_batch(x, y), rtol=1e-5
        )
        np.testing.assert_allclose(
            ours.predict_on_batch(x), theirs.predict_on_batch(x), rtol=1e-5
        )

    def test_class_weight_is_a_sample_weight(self, data):
        x, y, _ = data
        a, b = classifier(tfk), classifier(tfk)
        b.set_weights(a.get_weights())
        for model in (a, b):
            model.compile("sgd", "binary_crossentropy")
        first = a.fit(
            x, y, class_weight={0: 1.0, 1: 3.0}, shuffle=False, verbose=0
        )
        weights = np.where(y[:, 0] > 0, 3.0, 1.0)
        second = b.fit(x, y, sample_weight=weights, shuffle=False, verbose=0)
        np.testing.assert_allclose(
            first.history["loss"], second.history["loss"], rtol=1e-6
        )


class WaysToTrainTest:
    """The same model and data, trained in every way, ends the same."""

    def train(self, data, fit=None, compile=None):
        x, y, _ = data
        tfk.utils.set_random_seed(5)
        model = classifier(tfk)
        model.compile("adam", "mse", metrics=["mae"], **(compile or {}))
        arguments = {"shuffle": False, "epochs": 2, "verbose": 0}
        arguments.update(fit or {"x": x, "y": y, "batch_size": 8})
        return model.fit(**arguments).history, model.get_weights()

    def assert_same(self, first, second, rtol=1e-5):
        for key in first[0]:
            np.testing.assert_allclose(first[0][key], second[0][key], rtol=rtol)
        for a, b in zip(first[1], second[1]):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-6)

    @pytest.mark.parametrize(
        "options",
        [
            {"run_eagerly": True},
            {"jit_compile": True},
            {"steps_per_execution": 3},
            {"steps_per_execution": 1},
        ],
        ids=str,
    )
    def test_compile_options(self, data, options):
        self.assert_same(
            self.train(data), self.train(data, compile=options), rtol=1e-4
        )

    def test_kinds_of_data(self, data):
        x, y, _ = data
        batches = [(x[i : i + 8], y[i : i + 8]) for i in range(0, ROWS, 8)]
        dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)

        def generator():
            while True:
                yield from batches

        class Pairs(tfk.utils.Sequence):
            def __len__(self):
                return len(batches)

            def __getitem__(self, index):
                return batches[index]

        expected = self.train(data)
        for kind in (
            {"x": tf.constant(x), "y": tf.constant(y), "batch_size": 8},
            {"x": pd.DataFrame(x), "y": pd.Series(y[:, 0]), "batch_size": 8},
            {"x": dataset},
            {"x": dataset.repeat(), "steps_per_epoch": len(batches)},
            {"x": dataset.filter(lambda *_: True)},
            {"x": generator(), "steps_per_epoch": len(batches)},
            {"x": Pairs()},
        ):
            self.assert_same(expected, self.train(data, fit=kind))

    def test_custom_train_step(self, data):
        class Custom(tfk.Sequential):
            def train_step(self, batch):
                x, y = batch
                with tf.GradientTape() as tape:
                    y_pred = self(x, training=True)
                    loss = self.compiled_loss(
                        y, y_pred, regularization_losses=self.losses
                    )
                variables = self.trainable_variables
                gradients = tape.gradient(loss, variables)
                self.optimizer.apply_gradients(zip(gradients, variables))
                self.compiled_metrics.update_state(y, y_pred)
                return {m.name: m.result() for m in self.metrics}

        x, y, _ = data
        tfk.utils.set_random_seed(5)
        model = Custom(classifier(tfk)._chain)
        model.compile("adam", "mse", metrics=["mae"])
        history = model.fit(
            x, y, batch_size=8, epochs=2, shuffle=False, verbose=0
        )
        self.assert_same(
            self.train(data), (history.history, model.get_weights())
        )

    def test_two_replicas(self, data):
        x, y, weights = data
        results = []
        strategy = strategies.two_replicas()
        for scope in (strategy.scope(), tf.distribute.get_strategy().scope()):
            with scope:
                tfk.utils.set_random_seed(5)
                model = classifier(tfk)
                if results:
                    model.set_weights(results[0][2])
                start = model.get_weights()
                model.compile("adam", "mse", metrics=["mae", "AUC"])
            history = model.fit(
                x,
                y,
                sample_weight=weights,
                batch_size=8,
                epochs=2,
                shuffle=False,
                validation_data=(x, y),
                verbose=0,
            )
            values = list(history.history.values())
            predictions = model.predict(x, batch_size=8, verbose=0)
            results.append((values, predictions, start, model.get_weights()))
        np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-5)
        np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-5)
        for a, b in zip(results[0][3], results[1][3]):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


class FitTest:
    def test_validation_loss_is_that_of_evaluate(self, data):
        x, y, _ = data
        model = classifier(tfk)
        model.compile("sgd", "mse")
        history = model.fit(x, y, validation_data=(x, y), verbose=0)
        assert history.history["val_loss"][0] == model.evaluate(x, y, verbose=0)

    def test_epoch_loss_is_that_of_evaluate_with_learning_rate_0(self, data):
        x, y, _ = data
        model = classifier(tfk)
        model.compile(tfk.optimizers.SGD(0.0), "mse")
        history = model.fit(x, y, batch_size=8, verbose=0)
        np.testing.assert_allclose(
            history.history["loss"][0],
            model.evaluate(x, y, batch_size=5, verbose=0),
            rtol=1e-6,
        )

    def test_batch_hooks_are_called_for_every_batch(self, data):
        x, y, _ = data
        seen = []

        class Watch(tfk.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                seen.append((batch, logs["loss"]))

        model = classifier(tfk)
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=8, callbacks=[Watch()], verbose=0)
        assert [batch for batch, _ in seen] == [0, 1, 2, 3, 4]

    def test_stop_training(self, data):
        x, y, _ = data
        stop = tfk.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: setattr(
                model, "stop_training", epoch == 1
            )
        )
        model = classifier(tfk)
        model.compile("sgd", "mse")
        history = model.fit(x, y, epochs=9, callbacks=[stop], verbose=0)
        assert len(history.history["loss"]) == 2

    def test_data_that_ends_early_is_reported(self, data):
        x, y, _ = data
        dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
        model = classifier(tfk)
        model.compile("sgd", "mse")
        with pytest.warns(UserWarning, match="ended after 1 of 4"):
            history = model.fit(dataset, epochs=5, steps_per_epoch=4, verbose=0)
        assert len(history.history["loss"]) == 2

    def test_add_loss_and_add_metric_on_symbolic_tensors(self, data):
        x, _, _ = data
        inputs = tfk.Input((4,))
        outputs = tfk.layers.Dense(2)(inputs)
        model = tfk.Model(inputs, outputs)
        model.add_loss(tf.reduce_mean(outputs**2))
        model.add_metric(tf.reduce_max(outputs), name="largest")
        model.compile(tfk.optimizers.SGD(0.0))
        logs = model.fit(x, batch_size=ROWS, verbose=0).history
        y = model.predict(x, verbose=0)
        np.testing.assert_allclose(logs["loss"][0], (y**2).mean(), rtol=1e-5)
        np.testing.assert_allclose(logs["largest"][0], y.max(), rtol=1e-5)

    def test_change_of_trainable_after_compile_is_reported(self, data):
        x, y, _ = data
        model = classifier(tfk)
        model.compile("sgd", "mse")
        model.fit(x, y, verbose=0)
        model.layers[0].trainable = False
        with pytest.warns(UserWarning, match="next `compile`"):
            model.fit(x, y, verbose=0)

    def test_ragged_batches_of_any_size_share_traces(self, data):
        x, y, _ = data
        model = classifier(tfk)
        model.compile("sgd", "mse")
        for rows in range(1, 30):
            model.predict(x[:rows], verbose=0)
            model.train_on_batch(x[:rows], y[:rows])
        assert model.trace_counts == {"train": 1, "test": 0, "predict": 1}

    def test_composite_outputs_are_joined(self):
        ids = tf.ragged.constant([[1, 2], [3], [4, 5, 6]] * 20)
        inputs = tfk.Input((None,), ragged=True, dtype="int32")
        model = tfk.Model(inputs, inputs * 2)
        outputs = model.predict(ids, verbose=0)
        assert isinstance(outputs, tf.RaggedTensor)
        assert outputs.to_list() == (ids * 2).to_list()


class BadInputTest:
    @pytest.fixture
    def model(self):
        model = classifier(tfk)
        model.compile("sgd", "mse", metrics=["mae"])
        return model

    @pytest.mark.parametrize(
        "compile, words",
        [
            ({"optimizer": "adamm"}, ["optimizer", "adamm", "'adam'"]),
            ({"loss": "msee"}, ["loss", "msee", "'mse'"]),
            ({"loss": "mse", "metrics": ["acuracy"]}, ["metric", "accuracy"]),
            ({"loss": tfk.metrics.Mean()}, ["metric", "loss"]),
            ({"metrics": [tfk.losses.Huber()]}, ["loss", "metric"]),
        ],
    )
    def test_names_in_compile(self, model, compile, words):
        with pytest.raises(ValueError) as error:
            model.compile(**compile)
        for word in words:
            assert word in str(error.value)

    def test_keys_in_compile(self):
        model = branches(tfk)
        with pytest.raises(ValueError, match="'frist'.*'first', 'second'"):
            model.compile("sgd", {"frist": "mse", "second": "mse"})
        with pytest.raises(ValueError, match="the value None"):
            model.compile("sgd", {"first": "mse"})
        with pytest.raises(ValueError, match="`metrics`"):
            model.compile("sgd", "mse", metrics={"third": "mse"})
        model.compile("sgd", {"first": "mse", "second": None})

    @pytest.mark.parametrize(
        "x, y, words",
        [
            ((8, 4), (8, 3), ["mean_squared_error", "(None, 3)", "(None, 1)"]),
            ((8, 4), (7, 1), ["x: 8", "y: 7"]),
            ((0, 4), (0, 1), ["empty"]),
            ((8, 5), (8, 1), ["(None, 4)", "(None, 5)"]),
            ((8, 2, 4), (8, 1), ["(None, 4)", "(None, 2, 4)"]),
            ((8, 4), None, ["targets"]),
        ],
    )
    def test_shapes_of_data(self, model, x, y, words):
        before = model.get_weights()
        with pytest.raises(ValueError) as error:
            model.fit(np.ones(x), None if y is None else np.ones(y), verbose=0)
        for word in words:
            assert word in str(error.value)
        for a, b in zip(before, model.get_weights()):
            np.testing.assert_array_equal(a, b)

    def test_strings_into_numbers(self, model):
        with pytest.raises(ValueError, match="dtype float32.*string"):
            model.predict(np.array([["a", "b", "c", "d"]]), verbose=0)

    def test_fit_before_compile(self):
        with pytest.raises(RuntimeError, match="compile"):
            classifier(tfk).fit(np.ones((1, 4)), np.ones((1, 1)))

    def test_no_loss(self):
        model = classifier(tfk)
        model.layers[0].kernel_regularizer = None
        model = tfk.Sequential([tfk.Input((4,)), tfk.layers.Dense(1)])
        model.compile("sgd")
        with pytest.raises(ValueError, match="no loss"):
            model.fit(np.ones((2, 4)), np.ones((2, 1)), verbose=0)

    def test_endless_data_without_steps(self, model, data):
        x, y, _ = data
        dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8).repeat()
        with pytest.raises(ValueError, match="steps_per_epoch"):
            model.fit(dataset, verbose=0)

    def test_wrong_input_names(self):
        model = branches(tfk)
        with pytest.raises(ValueError, match=r"misses the inputs \['b'\]"):
            model({"a": tf.ones((1, 4))})
