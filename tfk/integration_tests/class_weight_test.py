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
"""`fit(class_weight=...)` is `fit` with the weights of the samples' classes."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import programs

ROWS = 6
RANDOM = programs.RANDOM(0)
X = RANDOM.normal(size=(ROWS, 4)).astype("float32")
CLASS_WEIGHT = {0: 1.0, 1: 3.0}  # Class 2 weighs 1.
TABLE = np.array([1.0, 3.0, 1.0])
SPARSE = "sparse_categorical_crossentropy"
ONE_HOT = "categorical_crossentropy"


def classes(*inner, count=3):
    return programs.RANDOM(1).randint(0, count, (ROWS, *inner))


def network(shape, units=3, activation="softmax"):
    """Makes a model with a vector of predictions for each position."""
    size = int(np.prod(shape, initial=1))
    return tfk.Sequential(
        [
            tfk.Input((4,)),
            tfk.layers.Dense(size * units),
            tfk.layers.Reshape((*shape, units)),
            tfk.layers.Activation(activation),
        ]
    )


def restart(model):
    """Sets the weights to what they are at the start of each training."""
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    programs.set_weights(model)


def trained(model, compile_arguments, **fit_arguments):
    """Returns history and weights after training."""
    restart(model)
    model.compile(
        tfk.optimizers.SGD(0.1), run_eagerly=True, **compile_arguments
    )
    logs = model.fit(
        batch_size=4, epochs=2, shuffle=False, verbose=0, **fit_arguments
    ).history
    return logs, model.get_weights()


POSITIONS = {"image": (2, 3), "sequence": (3,), "sample": ()}
# Name: (shape of positions, loss, targets of class indices).
TARGETS = {
    "sparse": (SPARSE, lambda c: c),
    "sparse_column": (SPARSE, lambda c: c[..., None]),
    "sparse_floats": (SPARSE, lambda c: c.astype("float32")),
    "sparse_bytes": (SPARSE, lambda c: c.astype("uint8")),
    "one_hot": (ONE_HOT, lambda c: np.eye(3, dtype="float32")[c]),
    "one_hot_integers": (ONE_HOT, lambda c: np.eye(3, dtype="int32")[c]),
}


class TargetsTest:
    @pytest.mark.parametrize("kind", TARGETS)
    @pytest.mark.parametrize("positions", POSITIONS)
    def test_equals_explicit_sample_weights(self, positions, kind):
        shape = POSITIONS[positions]
        loss, targets = TARGETS[kind]
        labels = classes(*shape)
        own = programs.RANDOM(2).uniform(0.5, 2, ROWS).astype("float32")
        by_class = TABLE[labels]
        both = by_class * own.reshape([ROWS] + [1] * len(shape))
        model = network(shape)
        compile_arguments = {
            "loss": loss,
            "metrics": ["accuracy"],
            "weighted_metrics": ["ce"],
        }
        data = {"x": X, "y": targets(labels)}
        for given, equal in (
            ({}, by_class),
            ({"sample_weight": own}, both),
        ):
            found = trained(
                model,
                compile_arguments,
                class_weight=CLASS_WEIGHT,
                **data,
                **given,
            )
            expected = trained(
                model, compile_arguments, sample_weight=equal, **data
            )
            programs.assert_same(expected, found, rtol=1e-6, atol=1e-7)

    def test_binary_targets(self):
        labels = classes(count=2)
        model = network((), 1, "sigmoid")
        for y in (labels, labels[:, None], labels.astype("float32")):
            found = trained(
                model,
                {"loss": "binary_crossentropy", "metrics": ["accuracy"]},
                x=X,
                y=y,
                class_weight=CLASS_WEIGHT,
            )
            expected = trained(
                model,
                {"loss": "binary_crossentropy", "metrics": ["accuracy"]},
                x=X,
                y=y,
                sample_weight=TABLE[labels],
            )
            programs.assert_same(expected, found, rtol=1e-6, atol=1e-7)

    def test_ragged_targets(self):
        labels = tf.ragged.constant([[0, 1], [2], [1, 1, 0]])
        x = tf.ragged.constant([[1, 2], [3], [4, 5, 6]])
        inputs = tfk.Input((None,), ragged=True, dtype="int32")
        h = tfk.layers.Embedding(7, 3)(inputs)
        model = tfk.Model(inputs, tfk.layers.Softmax()(h))
        weights = tf.ragged.map_flat_values(
            lambda c: tf.gather(tf.constant(TABLE, tf.float32), c), labels
        )
        own = np.array([1.0, 2.0, 0.5], "float32")
        data = {"x": x, "y": labels}
        found = trained(
            model,
            {"loss": SPARSE},
            class_weight=CLASS_WEIGHT,
            sample_weight=own,
            **data,
        )
        expected = trained(
            model,
            {"loss": SPARSE},
            sample_weight=weights * own[:, None],
            **data,
        )
        programs.assert_same(expected, found, rtol=1e-6, atol=1e-7)

    def test_other_data_than_arrays(self):
        labels = classes()
        pairs = [(X[i : i + 4], labels[i : i + 4]) for i in (0, 4)]
        dataset = tf.data.Dataset.from_tensor_slices((X, labels)).batch(4)
        model = network(())
        expected = trained(
            model, {"loss": SPARSE}, x=X, y=labels, class_weight=CLASS_WEIGHT
        )
        for x, steps in ((dataset, None), (iter(pairs * 2), 2)):
            restart(model)
            model.compile(tfk.optimizers.SGD(0.1), SPARSE)
            logs = model.fit(
                x,
                steps_per_epoch=steps,
                epochs=2,
                class_weight=CLASS_WEIGHT,
                verbose=0,
            ).history
            programs.assert_same(expected[0], logs, rtol=1e-6)

    def test_single_batches(self):
        labels = classes()
        model = network(())
        model.compile(tfk.optimizers.SGD(0.0), SPARSE)
        found = model.train_on_batch(X, labels, class_weight=CLASS_WEIGHT)
        expected = model.test_on_batch(X, labels, TABLE[labels])
        assert found == pytest.approx(expected, rel=1e-6)

    def test_a_model_that_is_not_built_yet(self):
        class Tagger(tfk.Model):
            def __init__(self):
                super().__init__()
                self.dense = tfk.layers.Dense(3, activation="softmax")

            def call(self, inputs):
                return self.dense(tf.stack([inputs, -inputs, inputs], 1))

        # As many time steps as classes: the predictions tell them apart.
        labels = classes(3)
        losses = []
        for arguments in (
            {"class_weight": CLASS_WEIGHT},
            {"sample_weight": TABLE[labels]},
        ):
            tfk.utils.set_random_seed(1)
            model = Tagger()
            model.compile(tfk.optimizers.SGD(0.1), SPARSE)
            logs = model.fit(X, labels, shuffle=False, verbose=0, **arguments)
            losses += logs.history["loss"]
        assert losses[0] == pytest.approx(losses[1], rel=1e-6)


class MetricsTest:
    def test_weigh_the_loss_and_weighted_metrics_of_training_alone(self):
        model = network(())
        restart(model)
        labels = np.argmax(model.predict(X, verbose=0), axis=-1)
        labels[:2] = (labels[:2] + 1) % 3
        model.compile(
            tfk.optimizers.SGD(0.0),
            SPARSE,
            metrics=["accuracy"],
            weighted_metrics=["accuracy"],
        )
        logs = model.fit(
            X,
            labels,
            class_weight={labels[0]: 5.0},
            validation_data=(X, labels),
            verbose=0,
        ).history
        plain = model.evaluate(X, labels, verbose=0, return_dict=True)
        weighted = model.evaluate(
            X,
            labels,
            sample_weight=np.where(labels == labels[0], 5.0, 1.0),
            verbose=0,
            return_dict=True,
        )
        assert {k: logs[f"val_{k}"][0] for k in plain} == plain
        assert weighted["loss"] != plain["loss"]
        assert weighted["weighted_accuracy"] != plain["accuracy"]
        for key, value in weighted.items():
            assert logs[key][0] == pytest.approx(value, rel=1e-6)


def named(outputs):
    """Makes a model of two classifiers, in a list or dict."""
    x = tfk.Input((4,))
    made = {
        name: tfk.layers.Dense(3, activation="softmax", name=name)(x)
        for name in ("b", "a")
    }
    if outputs is dict:
        return tfk.Model(x, made)
    return tfk.Model(x, list(made.values()))


class OutputsTest:
    """The outputs are in the order b, a; their names sort the other way."""

    @pytest.mark.parametrize("outputs", [dict, list])
    def test_every_form_of_targets_and_weights(self, outputs):
        labels = {"b": classes(), "a": classes()[::-1]}
        own = {"b": np.ones(ROWS), "a": np.arange(1.0, ROWS + 1)}
        by_class = np.where(labels["a"] == 1, 3.0, 1.0)
        model = named(outputs)
        loss = {"b": SPARSE, "a": SPARSE}
        expected = trained(
            model,
            {"loss": loss},
            x=X,
            y=labels,
            sample_weight={"b": own["b"], "a": own["a"] * by_class},
        )
        forms = [lambda d: d, lambda d: dict(reversed(d.items()))]
        if outputs is list:
            forms.append(lambda d: list(d.values()))
        weights = {"b": None, "a": {1: 3.0}}
        for y in (form(labels) for form in forms):
            for class_weight in (form(weights) for form in forms):
                for sample_weight in (own, forms[-1](own)):
                    found = trained(
                        model,
                        {"loss": loss},
                        x=X,
                        y=y,
                        sample_weight=sample_weight,
                        class_weight=class_weight,
                    )
                    programs.assert_same(expected, found, rtol=1e-6, atol=1e-7)

    def test_one_output_of_several(self):
        labels = {"b": classes(), "a": classes()[::-1]}
        own = np.arange(1.0, ROWS + 1)
        model = named(dict)
        results = [
            trained(model, {"loss": SPARSE}, x=X, y=labels, **arguments)
            for arguments in (
                {"class_weight": {"a": {1: 3.0}}, "sample_weight": {"b": own}},
                {
                    "sample_weight": {
                        "b": own,
                        "a": np.where(labels["a"] == 1, 3.0, 1.0),
                    }
                },
            )
        ]
        programs.assert_same(*results, rtol=1e-6, atol=1e-7)


class MistakesTest:
    @pytest.mark.parametrize(
        "labels, class_weight, words",
        [
            (classes(), {3: 1.0}, r"outside of 0\.\.2.*\(None, 3\)"),
            (np.eye(3)[classes()], {0: 1.0, 3: 1.0}, r"outside of 0\.\.2"),
            (classes(), {-1: 1.0}, r"class indices \(0, 1, 2...\)"),
            (classes(), {0.5: 1.0}, "class indices"),
            (classes(), {"0": 1.0}, "class indices"),
            (classes(), {0: "heavy"}, "numbers"),
            (classes(), {}, "class indices"),
            (classes(), [{0: 1.0}, {1: 1.0}], "one target"),
            (classes(), {"b": {0: 1.0}}, r"\['b'\] fit no target"),
            (None, {0: 1.0}, "needs targets"),
        ],
    )
    def test_of_one_output(self, labels, class_weight, words):
        model = network(())
        model.compile("sgd", SPARSE)
        with pytest.raises(ValueError, match=words):
            model.fit(X, labels, class_weight=class_weight, verbose=0)

    @pytest.mark.parametrize(
        "class_weight, words",
        [
            ({0: 1.0}, r"several.*\['a', 'b'\]"),
            ({"b": {0: 1.0}, "c": {0: 1.0}}, r"\['a', 'b'\].*\['b', 'c'\]"),
            ({"b": {7: 1.0}}, "outside of 0..2 for 'b'"),
        ],
    )
    def test_of_several_outputs(self, class_weight, words):
        model = named(dict)
        model.compile("sgd", SPARSE)
        labels = {"b": classes(), "a": classes()}
        with pytest.raises(ValueError, match=words):
            model.fit(X, labels, class_weight=class_weight, verbose=0)
