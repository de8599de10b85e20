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
"""Tests of what `compile` takes: losses and metrics matched to outputs."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.engine import compile as compile_lib
from tfk.engine import outputs as outputs_lib

ROWS = 6
X = np.linspace(-1, 1, 2 * ROWS).reshape(ROWS, 2).astype("float32")
Y = np.linspace(0, 2, ROWS).reshape(ROWS, 1).astype("float32")
WEIGHTS = np.linspace(0.5, 3, ROWS).astype("float32")


def model_with(api, outputs):
    """Makes a model with named outputs in a list, or with dict outputs."""
    x = api.Input((2,), name="x")
    made = [
        api.layers.Dense(1, name=name, kernel_initializer="ones")(x)
        for name in outputs
    ]
    if isinstance(outputs, dict):
        made = dict(zip(outputs, made))
    return api.Model(x, made)


def history(api, outputs, y, compile_arguments, **fit_arguments):
    model = model_with(api, outputs)
    model.compile(api.optimizers.SGD(0.1), **compile_arguments)
    logs = model.fit(
        X, y, batch_size=4, shuffle=False, verbose=0, epochs=2, **fit_arguments
    ).history
    evaluated = model.evaluate(X, y, verbose=0)
    return logs, evaluated, model.metrics_names


class CompileAgainstTfKerasTest:
    @pytest.mark.parametrize(
        "compile_arguments,fit_arguments",
        [
            (
                {
                    "loss": {"p": "mse", "q": "mae"},
                    "metrics": {"p": ["mae", "mse"], "q": "mae"},
                    "loss_weights": {"p": 2.0, "q": 0.5},
                },
                {"sample_weight": {"p": WEIGHTS, "q": WEIGHTS[::-1]}},
            ),
            (
                {
                    "loss": "mse",
                    "metrics": ["mae"],
                    "weighted_metrics": ["mse"],
                    "loss_weights": [1.0, 3.0],
                },
                {
                    "sample_weight": [np.ones(ROWS), WEIGHTS],
                    "validation_data": (X, [Y, 2 * Y]),
                },
            ),
            ({"loss": ["mse", None], "metrics": [["mae"], []]}, {}),
        ],
        ids=["dicts", "lists", "none"],
    )
    def test_two_outputs(self, compile_arguments, fit_arguments):
        if compile_arguments["loss"] == ["mse", None]:
            # An output that is not trained is reported, as in tf_keras.
            with pytest.warns(UserWarning, match="Gradients do not exist"):
                ours = history(tfk, ["p", "q"], [Y, 2 * Y], compile_arguments)
        else:
            ours = history(
                tfk, ["p", "q"], [Y, 2 * Y], compile_arguments, **fit_arguments
            )
        theirs = history(
            tf_keras,
            ["p", "q"],
            [Y, 2 * Y],
            compile_arguments,
            **fit_arguments,
        )
        assert list(ours[0]) == list(theirs[0])
        for key, values in theirs[0].items():
            np.testing.assert_allclose(ours[0][key], values, rtol=1e-5)
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-5)
        assert ours[2] == theirs[2]

    @pytest.mark.parametrize(
        "loss,labels,width",
        [
            ("binary_crossentropy", Y > 1, 1),
            ("categorical_crossentropy", np.eye(3)[[0, 1, 2, 0, 1, 2]], 3),
            ("sparse_categorical_crossentropy", [0, 1, 2, 0, 1, 2], 3),
        ],
    )
    def test_accuracy_and_crossentropy_fit_the_shapes(
        self, loss, labels, width
    ):
        found = []
        for api in (tfk, tf_keras):
            x = api.Input((2,))
            dense = api.layers.Dense(
                width,
                activation="sigmoid" if width == 1 else "softmax",
                kernel_initializer=(
                    api.initializers.Constant([[1.0], [2.0]])
                    if width == 1
                    else api.initializers.Constant([[1.0, 2, 3], [3, 2, 1]])
                ),
            )
            model = api.Model(x, dense(x))
            model.compile("sgd", loss, metrics=["accuracy", "ce"])
            found.append(
                model.evaluate(
                    X,
                    np.asarray(labels, "float32"),
                    verbose=0,
                    return_dict=True,
                )
            )
        ours, theirs = found
        assert ours["accuracy"] == pytest.approx(theirs["accuracy"], abs=1e-6)
        crossentropy = [v for k, v in ours.items() if k not in ("accuracy",)]
        np.testing.assert_allclose(crossentropy, [ours["loss"]] * 2, rtol=1e-5)
        np.testing.assert_allclose(ours["loss"], theirs["loss"], rtol=1e-5)


class DictOutputsTest:
    def test_keys_are_the_only_names(self):
        outputs = {"q": None, "p": None}
        logs, evaluated, names = history(
            tfk,
            outputs,
            {"p": Y, "q": 2 * Y},
            {"loss": {"p": "mse", "q": "mae"}, "metrics": {"q": ["mse"]}},
            sample_weight={"p": WEIGHTS},
        )
        assert names == ["loss", "p_loss", "q_loss", "q_mse"]
        assert list(logs) == names and len(evaluated) == 4

    def test_class_weight_equals_sample_weights(self):
        labels = np.array([0, 1, 2, 0, 1, 2])
        class_weight = {0: 1.0, 1: 2.0, 2: 4.0}
        results = []
        for arguments in (
            {"class_weight": class_weight},
            {
                "sample_weight": {
                    "p": np.array([class_weight[i] for i in labels])
                }
            },
        ):
            x = tfk.Input((2,))
            dense = tfk.layers.Dense(
                3, activation="softmax", kernel_initializer="ones"
            )
            model = tfk.Model(x, {"p": dense(x)})
            model.compile("sgd", {"p": "sparse_categorical_crossentropy"})
            model.fit(X, {"p": labels}, shuffle=False, verbose=0, **arguments)
            results.append(model.history.history["loss"])
        np.testing.assert_allclose(*results, rtol=1e-6)

    def test_a_list_is_refused(self):
        model = model_with(tfk, {"p": None, "q": None})
        with pytest.raises(ValueError, match="must be a dict with the keys"):
            model.compile("sgd", ["mse", "mae"])


class BadCompileTest:
    @pytest.mark.parametrize(
        "arguments,words",
        [
            ({"loss": {"p": "mse", "r": "mse"}}, "keys of `loss`.*'r'"),
            ({"loss": {"p": "mse"}}, "takes no part the value None"),
            ({"loss": ["mse"]}, "2 outputs .* must have as many entries"),
            ({"loss": "mse", "metrics": {"pp": "mae"}}, "Did you mean 'p'"),
            ({"loss": "mse", "loss_weights": {"z": 1.0}}, "`loss_weights`"),
            ({"loss": tfk.metrics.MeanSquaredError()}, "can't serve as a loss"),
            (
                {"loss": "mse", "metrics": [tfk.losses.MeanSquaredError()]},
                "can't serve as a metric",
            ),
            ({"loss": "crossentropy"}, "Did you mean 'binary_crossentropy'"),
            ({"loss": "mse", "steps_per_execution": 0}, "positive integer"),
        ],
    )
    def test_mistakes_are_named(self, arguments, words):
        with pytest.raises(ValueError, match=words):
            model_with(tfk, ["p", "q"]).compile("sgd", **arguments)

    def test_unknown_argument(self):
        with pytest.raises(TypeError, match="'los'"):
            tfk.Sequential().compile(los="mse")

    def test_missing_targets_are_named(self):
        model = model_with(tfk, ["p", "q"])
        model.compile("sgd", "mse")
        for y, words in (
            (Y, "must be a dict or a list with one entry for each"),
            ([Y, Y, Y], "`y` has 3 parts"),
            ({"p": Y, "r": Y}, "keys of `y`"),
        ):
            with pytest.raises(ValueError, match=words):
                model.fit(X, y, verbose=0)


class OwnFunctionsTest:
    """Losses and metrics of users get what tf_keras gives them."""

    @pytest.mark.parametrize(
        "shape, units", [((8,), 0), ((8,), 1), ((8, 1), 1), ((8,), 3)]
    )
    def test_ranks_of_targets_and_weights(self, shape, units):
        seen = [self.ranks(keras, shape, units) for keras in (tf_keras, tfk)]
        assert seen[0] == seen[1]

    def ranks(self, keras, shape, units):
        seen = {}

        def error(y_true, y_pred):
            seen["function"] = y_true.shape.rank - y_pred.shape.rank
            return tf.reduce_sum(tf.cast(y_pred, "float32"))

        class Error(keras.losses.Loss):
            def call(self, y_true, y_pred):
                seen["loss"] = y_true.shape.rank, y_pred.shape.rank
                return tf.reduce_mean(y_pred, axis=-1)

        class Count(keras.metrics.Metric):
            def update_state(self, y_true, y_pred, sample_weight=None):
                given = [y_true, y_pred]
                if sample_weight is not None:
                    given.append(sample_weight)
                seen["metric"] = [x.shape.rank for x in given]

            def result(self):
                return tf.constant(0.0)

        inputs = keras.Input((4,))
        outputs = keras.layers.Dense(max(units, 1))(inputs)
        model = keras.Model(inputs, outputs if units else outputs[:, 0])
        model.compile(
            "sgd", Error(), metrics=[error], weighted_metrics=[Count()]
        )
        x, y = np.ones((8, 4), "float32"), np.ones(shape, "int32")
        weights = np.ones(8) if units else None
        model.fit(x, y, sample_weight=weights, verbose=0)
        return seen

    def test_metrics_of_one_name_are_told_apart_or_refused(self):
        model = tfk.Sequential([tfk.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"])
        model.evaluate(X, Y, verbose=0)
        assert model.metrics_names == ["loss", "mae", "weighted_mae"]
        model.compile("sgd", "mse", metrics=["mae", "mae"])
        with pytest.raises(ValueError, match="names that differ.*'mae'"):
            model.evaluate(X, Y, verbose=0)


class OutputsTest:
    def test_names_and_matching(self):
        outputs = outputs_lib.Outputs({"b": [0, 1], "a": 2})
        assert outputs.names == ["a", "b/0", "b/1"]
        matched = outputs.match(
            {"a": 1.0, "b/1": 3.0}, "w", lambda x: isinstance(x, float)
        )
        assert matched == [1.0, None, 3.0]
        assert outputs_lib.Outputs([1, 2]).names == ["output_1", "output_2"]

    def test_metric_objects_keep_their_state_in_the_model(self):
        metric = tfk.metrics.MeanAbsoluteError(name="error")
        model = tfk.Sequential([tfk.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=[metric])
        value = model.evaluate(X, Y, verbose=0)[1]
        assert float(metric.result()) == pytest.approx(value)
        assert model.metrics[-1] is metric
        model.compile("sgd", "mse", metrics=[metric])
        assert model.evaluate(X, Y, verbose=0)[1] == pytest.approx(value)


class LossTrackerTest:
    def test_empty_shares_count_for_nothing(self):
        tracker = compile_lib.LossTracker(name="loss")
        tracker.update(tf.constant(2.0), 4)
        tracker.update(tf.constant(np.nan), 0)
        tracker.update(tf.constant(8.0), 2)
        assert float(tracker.result()) == pytest.approx((2 * 4 + 8 * 2) / 6)
