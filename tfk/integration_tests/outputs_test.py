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
"""Models of several outputs: names, what goes to which, and what is shown."""

import csv
import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import programs

ROWS = 7
X = programs.table(ROWS)[0]
TARGETS = {
    "c": programs.RANDOM(1).normal(size=(ROWS, 1)).astype("float32"),
    "a": programs.RANDOM(2).normal(size=(ROWS, 2)).astype("float32"),
    "b": np.arange(ROWS) % 3,
}
WEIGHTS = {
    name: programs.RANDOM(i).uniform(0.5, 2, ROWS).astype("float32")
    for i, name in enumerate(TARGETS)
}
LOSSES = {"c": "mse", "a": "mae", "b": "sparse_categorical_crossentropy"}
METRICS = {"c": ["mae", "mse"], "b": "accuracy"}


def named_outputs(order=tuple(TARGETS)):
    """Makes a model whose outputs are a dict with keys in some order."""
    x = tfk.Input((4,))
    outputs = {
        "c": tfk.layers.Dense(1)(x),
        "a": tfk.layers.Dense(2)(x),
        "b": tfk.layers.Dense(3, activation="softmax")(x),
    }
    return tfk.Model(x, {name: outputs[name] for name in order})


def nested_outputs():
    """Makes a model whose outputs are a dict in a dict."""
    x = tfk.Input((4,))
    heads = {
        "left": tfk.layers.Dense(1)(x),
        "right": tfk.layers.Dense(2)(x),
    }
    return tfk.Model(x, {"heads": heads, "b": tfk.layers.Dense(1)(x)})


def numbers(model, y, sample_weight, **compile_arguments):
    """Trains; returns the history, `evaluate`'s figures and the weights."""
    programs.set_weights(model)
    model.compile(tfk.optimizers.SGD(0.05), **compile_arguments)
    arguments = {"batch_size": 4, "verbose": 0}
    logs = model.fit(
        X,
        y,
        sample_weight=sample_weight,
        validation_data=(X, y),
        shuffle=False,
        epochs=2,
        **arguments,
    ).history
    return logs, model.evaluate(X, y, **arguments), model.get_weights()


def in_order(entries, keys):
    """Returns a dict with its entries in the order of some keys."""
    return {key: entries[key] for key in keys if key in entries}


class OrderTest:
    def test_no_order_of_keys_changes_a_number(self):
        results = []
        for order in itertools.permutations(TARGETS):
            there = functools.partial(in_order, keys=order)
            back = functools.partial(in_order, keys=order[::-1])
            history, evaluated, weights = numbers(
                named_outputs(order),
                there(TARGETS),
                back(WEIGHTS),
                loss=back(LOSSES),
                metrics=there(METRICS),
                weighted_metrics=back(METRICS),
                loss_weights=there({"a": 0.5, "b": 2.0}),
                run_eagerly=True,
            )
            # Layers are made in one order, so the weights are in one too.
            results.append((history, evaluated, sorted(map(str, weights))))
        for result in results[1:]:
            assert list(result[0]) == list(results[0][0])
            assert result == results[0]

    def test_inputs(self):
        results = []
        for order in itertools.permutations("uvw"):
            inputs = {name: tfk.Input((4,), name=name) for name in order}
            y = sum(i * inputs[n] for i, n in enumerate("uvw", start=1))
            model = tfk.Model(inputs, y)
            data = {name: X + ord(name) for name in reversed(order)}
            results.append(model.predict(data, verbose=0).tolist())
        assert all(result == results[0] for result in results)


class NamesTest:
    def test_of_everything_in_the_history(self, tmp_path):
        model = named_outputs()
        logs = tmp_path / "logs.csv"
        model.compile(
            "sgd", LOSSES, metrics=METRICS, weighted_metrics={"a": ["mae"]}
        )
        history = model.fit(
            X,
            TARGETS,
            validation_data=(X, TARGETS),
            callbacks=[tfk.callbacks.CSVLogger(str(logs))],
            verbose=0,
        ).history
        names = [
            "loss",
            "a_loss",
            "b_loss",
            "c_loss",
            "a_mae",
            "b_accuracy",
            "c_mae",
            "c_mse",
        ]
        assert list(history) == names + [f"val_{name}" for name in names]
        assert model.metrics_names == names
        with logs.open() as file:
            (row,) = csv.DictReader(file)
        del row["epoch"]
        assert {k: [float(v)] for k, v in row.items()} == pytest.approx(
            {k: pytest.approx(v) for k, v in history.items()}
        )
        total = sum(history[f"{name}_loss"][0] for name in "abc")
        assert history["loss"][0] == pytest.approx(total, rel=1e-6)

    def test_of_nested_outputs(self):
        y = {
            "heads": {"right": TARGETS["a"], "left": TARGETS["c"]},
            "b": TARGETS["c"],
        }
        nested = {
            "loss": {"b": "mse", "heads": {"left": "mae", "right": "mse"}},
            "metrics": {"heads": {"left": ["mse"]}},
            "loss_weights": {"heads": {"right": 0.5}},
        }
        flat = {
            "loss": {"heads/right": "mse", "b": "mse", "heads/left": "mae"},
            "metrics": {"heads/left": ["mse"]},
            "loss_weights": {"heads/right": 0.5},
        }
        weights = {"heads": {"left": WEIGHTS["c"]}, "b": WEIGHTS["b"]}
        results = [
            numbers(nested_outputs(), y, weights, run_eagerly=True, **arguments)
            for arguments in (nested, flat)
        ]
        programs.assert_same(*results, rtol=0, atol=0)
        names = ["b_loss", "heads/left_loss", "heads/right_loss"]
        assert list(results[0][0])[:5] == ["loss", *names, "heads/left_mse"]

    def test_of_two_outputs_of_one_layer(self):
        x = tfk.Input((4,))
        layer = tfk.layers.Dense(1, name="shared")
        model = tfk.Model(x, [layer(x), layer(-x)])
        model.compile("sgd", "mse", metrics=["mae"])
        names = model.output_names
        assert len(set(names)) == 2
        y = [TARGETS["c"], 2 * TARGETS["c"]]
        model.compile("sgd", dict.fromkeys(names, "mse"), metrics=["mae"])
        logs = model.fit(X, y, verbose=0).history
        assert list(logs) == [
            "loss",
            *(f"{name}_loss" for name in names),
            *(f"{name}_mae" for name in names),
        ]

    def test_of_the_outputs_of_a_subclass(self):
        class Pair(tfk.Model):
            def __init__(self):
                super().__init__()
                self.dense = tfk.layers.Dense(1)

            def call(self, inputs):
                return self.dense(inputs), -self.dense(inputs)

        model = Pair()
        model.compile(
            "sgd", ["mse", "mae"], metrics=[["mae"], []], run_eagerly=True
        )
        logs = model.fit(X, (TARGETS["c"],) * 2, verbose=0).history
        assert list(logs) == [
            "loss",
            "output_1_loss",
            "output_2_loss",
            "output_1_mae",
        ]


ARGUMENTS = ("loss", "metrics", "weighted_metrics", "loss_weights")


class KeysTest:
    @pytest.mark.parametrize("argument", ARGUMENTS)
    def test_unknown_keys_in_compile(self, argument):
        values = {
            "loss": {**LOSSES, "d": "mse"},
            "loss_weights": {"a": 1.0, "d": 1.0},
        }
        value = values.get(argument, {"a": ["mae"], "d": ["mae"]})
        with pytest.raises(ValueError) as error:
            named_outputs().compile("sgd", **{"loss": LOSSES, argument: value})
        words = str(sorted(value)), "['a', 'b', 'c']", f"`{argument}`"
        for word in words:
            assert word in str(error.value)

    @pytest.mark.parametrize("kind", ["y", "sample_weight", "class_weight"])
    def test_unknown_keys_in_fit(self, kind):
        values = {
            "y": {**TARGETS, "d": TARGETS["c"]},
            "sample_weight": {"a": WEIGHTS["a"], "d": WEIGHTS["a"]},
            "class_weight": {"a": {0: 1.0}, "d": {0: 1.0}},
        }
        model = named_outputs()
        model.compile("sgd", LOSSES)
        with pytest.raises(ValueError) as error:
            model.fit(X, **{"y": TARGETS, kind: values[kind]}, verbose=0)
        words = str(sorted(values[kind])), "['a', 'b', 'c']", f"`{kind}`"
        for word in words:
            assert word in str(error.value)

    @pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch"])
    def test_missing_targets(self, method):
        model = named_outputs()
        model.compile("sgd", LOSSES)
        y = {key: TARGETS[key] for key in "ab"}
        with pytest.raises(
            ValueError, match=r"\['a', 'b'\].*\['a', 'b', 'c'\]"
        ):
            getattr(model, method)(X, y)
        with pytest.raises(ValueError, match="needs targets"):
            getattr(model, method)(X)

    def test_an_output_without_a_loss_is_marked(self):
        model = named_outputs()
        without = {key: LOSSES[key] for key in "ab"}
        with pytest.raises(ValueError, match=r"\['c'\].*the value None"):
            model.compile("sgd", without)
        model.compile("sgd", {**without, "c": None}, run_eagerly=True)
        y = {key: TARGETS[key] for key in "ab"}
        assert list(model.evaluate(X, y, verbose=0, return_dict=True)) == [
            "loss",
            "a_loss",
            "b_loss",
        ]

    def test_a_metric_without_targets(self):
        model = named_outputs()
        model.compile(
            "sgd", {**LOSSES, "c": None}, metrics={"c": "mae"}, run_eagerly=True
        )
        y = {key: TARGETS[key] for key in "ab"}
        with pytest.raises(ValueError, match=r"\['a', 'b'\].*\['c'\] must be"):
            model.evaluate(X, y, verbose=0)


class SharedObjectsTest:
    def build(self):
        x = tfk.Input((4,))
        return tfk.Model(
            x, [tfk.layers.Dense(1, name=name)(x) for name in ("p", "q")]
        )

    y = [TARGETS["c"], TARGETS["c"] + 1]

    def test_a_loss_object_for_all_outputs(self):
        weights = [WEIGHTS["a"], WEIGHTS["b"]]
        results = [
            numbers(self.build(), self.y, weights, loss=loss, run_eagerly=True)
            for loss in (
                tfk.losses.Huber(),
                [tfk.losses.Huber(), tfk.losses.Huber()],
                [tfk.losses.Huber()] * 2,
            )
        ]
        programs.assert_same(results[0], results[1], rtol=0, atol=0)
        programs.assert_same(results[0], results[2], rtol=0, atol=0)

    def test_a_metric_object_for_all_outputs_is_copied(self):
        results = []
        metric = tfk.metrics.MeanAbsoluteError(name="mae")
        for metrics in ([metric], [metric], "mae", ["mae"]):
            results.append(
                numbers(
                    self.build(),
                    self.y,
                    None,
                    loss="mse",
                    metrics=metrics,
                    run_eagerly=True,
                )
            )
        for result in results[1:]:
            programs.assert_same(results[0], result, rtol=1e-6, atol=1e-7)
        assert list(results[0][0])[3:5] == ["p_mae", "q_mae"]

    @pytest.mark.parametrize("form", [list, dict])
    def test_a_metric_object_in_two_places_is_refused(self, form):
        metric = tfk.metrics.MeanAbsoluteError()
        metrics = [[metric], [metric]]
        if form is dict:
            metrics = dict(zip("pq", metrics))
        model = self.build()
        model.compile("sgd", "mse", metrics=metrics)
        with pytest.raises(ValueError, match="MeanAbs.*more than once"):
            model.evaluate(X, self.y, verbose=0)


class SameAsTfKerasTest:
    """Programs for which tf_keras has the right numbers."""

    @programs.same_in_both
    def test_two_heads_by_name(self, keras, path):
        x = keras.Input((4,))
        h = keras.layers.Dense(5, activation="tanh")(x)
        number = keras.layers.Dense(1, name="number")(h)
        label = keras.layers.Dense(3, activation="softmax", name="label")(h)
        model = programs.set_weights(keras.Model(x, [number, label]))
        model.compile(
            keras.optimizers.Adam(0.01),
            loss={
                "number": keras.losses.Huber(0.5),
                "label": "sparse_categorical_crossentropy",
            },
            loss_weights={"number": 0.3, "label": 1.7},
            metrics={"label": ["accuracy"], "number": ["mae"]},
            weighted_metrics={"label": ["accuracy"]},
        )
        y = {"number": TARGETS["c"], "label": TARGETS["b"]}
        history = model.fit(
            X,
            y,
            sample_weight={"number": WEIGHTS["a"], "label": WEIGHTS["b"]},
            batch_size=3,
            epochs=3,
            shuffle=False,
            validation_data=(X, y, {"number": WEIGHTS["b"]}),
            verbose=0,
        ).history
        return sorted(history), [history[key] for key in sorted(history)]

    @programs.same_in_both
    def test_lists_of_everything(self, keras, path):
        x = keras.Input((4,))
        model = programs.set_weights(
            keras.Model(
                x,
                [
                    keras.layers.Dense(1, name="p")(x),
                    keras.layers.Dense(2, name="q")(x),
                ],
            )
        )
        model.compile(
            "sgd",
            ["mse", "mae"],
            loss_weights=[0.5, 2.0],
            metrics=[["mae"], ["mse", "mae"]],
        )
        data = X, [TARGETS["c"], TARGETS["a"]], [WEIGHTS["a"], WEIGHTS["b"]]
        history = model.fit(
            *data[:2],
            sample_weight=data[2],
            batch_size=4,
            epochs=2,
            shuffle=False,
            verbose=0,
        ).history
        return history, model.evaluate(*data[:2], verbose=0)

    @programs.same_in_both
    def test_classes_of_an_output_in_a_dict(self, keras, path):
        x = keras.Input((4,))
        y = keras.layers.Dense(3, activation="softmax")(x)
        model = programs.set_weights(keras.Model(x, y))
        model.compile(
            keras.optimizers.RMSprop(0.01),
            "categorical_crossentropy",
            metrics=["accuracy"],
            weighted_metrics=["categorical_accuracy"],
        )
        history = model.fit(
            X,
            np.eye(3)[TARGETS["b"]],
            class_weight={0: 0.5, 1: 2.0, 2: 4.0},
            sample_weight=WEIGHTS["a"],
            batch_size=4,
            epochs=3,
            shuffle=False,
            validation_split=0.3,
            verbose=0,
        ).history
        return history, model.get_weights()

    @programs.same_in_both
    def test_weights_of_time_steps(self, keras, path):
        tokens = programs.RANDOM(5).randint(1, 6, (ROWS, 4))
        x = keras.Input((4,), dtype="int32")
        h = keras.layers.Embedding(6, 3)(x)
        model = programs.set_weights(
            keras.Model(x, keras.layers.Dense(2, activation="softmax")(h))
        )
        model.compile(
            "sgd",
            "sparse_categorical_crossentropy",
            weighted_metrics=["accuracy"],
        )
        history = model.fit(
            tokens,
            tokens % 2,
            sample_weight=programs.RANDOM(6).uniform(0.5, 2, (ROWS, 4)),
            batch_size=4,
            epochs=2,
            shuffle=False,
            verbose=0,
        ).history
        return history, model.get_weights()


class NumbersOfOneTest:
    def test_outputs_add_up_as_if_computed_by_hand(self):
        model = named_outputs()
        history, evaluated, _ = numbers(
            model, TARGETS, None, loss=LOSSES, loss_weights={"a": 0.5}
        )
        y = model.predict(X, verbose=0)
        losses = {
            "a": np.abs(y["a"] - TARGETS["a"]).mean(),
            "b": -np.log(y["b"][np.arange(ROWS), TARGETS["b"]]).mean(),
            "c": ((y["c"] - TARGETS["c"]) ** 2).mean(),
        }
        total = 0.5 * losses["a"] + losses["b"] + losses["c"]
        expected = [total, *(losses[name] for name in "abc")]
        np.testing.assert_allclose(evaluated, expected, rtol=1e-5)
        assert history["val_loss"][-1] == evaluated[0]
        tf.debugging.assert_all_finite(history["loss"], "history")
