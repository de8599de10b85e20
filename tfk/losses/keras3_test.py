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
"""Losses against Keras 3: what it has beyond tf_keras, and its reductions.

What differs on purpose is written in the losses' docstrings, and tested last.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfk import losses

RANDOM = np.random.default_rng(0)
REDUCTIONS = (
    "sum_over_batch_size",
    "mean",
    "mean_with_sample_weight",
    "sum",
    "none",
    None,
)
# Batch, time steps, features.
LABELS = RANDOM.integers(0, 2, (4, 3, 2)).astype("float32")
PREDICTIONS = RANDOM.uniform(0.05, 0.95, (4, 3, 2)).astype("float32")
MASK = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], "bool")
STEP_WEIGHTS = RANDOM.uniform(size=(4, 3)).astype("float32")
SAMPLE_WEIGHTS = np.array([1.0, 0.5, 0.0, 2.0], "float32")

CLASSES = np.array([0, 1, 2, 0, 1, 2, 0, 9])
EMBEDDINGS = RANDOM.normal(size=(8, 3)).astype("float32")
EMBEDDINGS /= np.linalg.norm(EMBEDDINGS, axis=1, keepdims=True)
REFERENCES = -EMBEDDINGS[::-1][:6]
REFERENCE_CLASSES = np.array([0, 1, 2, 2, 1, 0])

FRAMES = RANDOM.normal(size=(4, 7, 5)).astype("float32")
SPELLED = np.array([[1, 2, 0], [3, 0, 0], [4, 4, 2], [0, 0, 0]])

CHANCES = RANDOM.dirichlet(np.ones(5), (4, 3)).astype("float32")
CLASS_NUMBERS = RANDOM.integers(0, 5, (4, 3))

# What the losses beyond tf_keras, and those with other arguments, are given.
NEW_LOSSES = {
    "dice": ("Dice", {}, (LABELS, PREDICTIONS)),
    "dice_rows": ("Dice", {"axis": (1, 2)}, (LABELS, PREDICTIONS)),
    "dice_last": ("Dice", {"axis": -1}, (LABELS[0], PREDICTIONS[0])),
    "tversky": ("Tversky", {}, (LABELS, PREDICTIONS)),
    "tversky_rows": (
        "Tversky",
        {"alpha": 0.9, "beta": 0.9, "axis": (1, 2)},
        (LABELS, PREDICTIONS),
    ),
    "circle": ("Circle", {}, (CLASSES, EMBEDDINGS)),
    "circle_soft": (
        "Circle",
        {"gamma": 2.0, "margin": 0.1, "remove_diagonal": False},
        (CLASSES[:, None], EMBEDDINGS),
    ),
    "circle_one_class": ("Circle", {}, (0 * CLASSES, EMBEDDINGS)),
    "ctc": ("CTC", {}, (SPELLED, FRAMES)),
    "ctc_certain": ("CTC", {}, (SPELLED.astype("float32"), 100 * FRAMES)),
    "generalized": (
        "CategoricalGeneralizedCrossEntropy",
        {},
        (CLASS_NUMBERS[:, 0], CHANCES[:, 0]),
    ),
    "generalized_robust": (
        "CategoricalGeneralizedCrossEntropy",
        {"q": 0.9},
        (CLASS_NUMBERS[:, 0].astype("float32"), CHANCES[:, 0]),
    ),
    "sparse": (
        "SparseCategoricalCrossentropy",
        {"axis": -1, "ignore_class": 2},
        (CLASS_NUMBERS[:, 0], CHANCES[:, 0]),
    ),
}
# Losses with one number for each time step.
OF_STEPS = {
    **{
        name: (LABELS, PREDICTIONS)
        for name in (
            "BinaryCrossentropy",
            "BinaryFocalCrossentropy",
            "CategoricalCrossentropy",
            "CategoricalFocalCrossentropy",
            "CategoricalHinge",
            "CosineSimilarity",
            "Hinge",
            "Huber",
            "KLDivergence",
            "LogCosh",
            "MeanAbsoluteError",
            "MeanAbsolutePercentageError",
            "MeanSquaredError",
            "MeanSquaredLogarithmicError",
            "Poisson",
            "SquaredHinge",
        )
    },
    "SparseCategoricalCrossentropy": (CLASS_NUMBERS, CHANCES),
}


def assert_same(compute, near=2e-5):
    """Compares what a function of one of the two modules returns."""
    found, wanted = compute(losses), compute(keras.losses)
    assert found.dtype == wanted.dtype
    found, wanted = (tf.cast(x, "float64") for x in (found, wanted))
    np.testing.assert_allclose(found, wanted, near, near)


def masked(y_pred, mask):
    y_pred = tf.constant(y_pred)
    if mask is not None:
        y_pred._keras_mask = tf.constant(mask)
    return y_pred


class NewLossesTest:
    @pytest.mark.parametrize("reduction", REDUCTIONS)
    @pytest.mark.parametrize("case", NEW_LOSSES)
    def test_values_and_their_reductions_are_those_of_keras_3(
        self, case, reduction
    ):
        name, options, (y_true, y_pred) = NEW_LOSSES[case]
        weights = np.linspace(0.0, 2.0, len(y_pred), dtype="float32")
        for weight in (None, weights):
            assert_same(
                lambda module: getattr(module, name)(
                    reduction=reduction, **options
                )(y_true, y_pred, weight)
            )

    def test_functions_are_those_of_keras_3(self):
        pair = (LABELS, PREDICTIONS)
        for axis in (None, 0, 1, -1, (0, 1), (1, 2)):
            assert_same(lambda module: module.dice(*pair, axis=axis))
            assert_same(lambda module: module.tversky(*pair, axis=axis))
        for options in (
            {},
            {"ref_labels": REFERENCE_CLASSES, "ref_embeddings": REFERENCES},
            {"remove_diagonal": False, "gamma": 3.0, "margin": 0.2},
        ):
            assert_same(
                lambda module: module.circle(CLASSES, EMBEDDINGS, **options)
            )
        assert_same(lambda module: module.ctc(SPELLED, FRAMES))
        labels, chances = CLASS_NUMBERS[:, 0], CHANCES[:, 0]
        for q in (0.1, 0.5, 1.0):
            assert_same(
                lambda module: module.categorical_generalized_cross_entropy(
                    labels, chances, q
                )
            )

    @pytest.mark.parametrize("case", NEW_LOSSES)
    def test_gradients_are_those_of_keras_3(self, case):
        name, options, (y_true, y_pred) = NEW_LOSSES[case]
        gradients = []
        for module in (losses, keras.losses):
            variable = tf.Variable(y_pred)
            with tf.GradientTape() as tape:
                value = getattr(module, name)(**options)(
                    y_true, tf.convert_to_tensor(variable)
                )
            gradients.append(tape.gradient(value, variable))
        scale = np.max(np.abs(gradients[1]))
        np.testing.assert_allclose(*gradients, 1e-4, 1e-5 * scale)

    @pytest.mark.parametrize(
        "name",
        sorted({name for name, _, _ in NEW_LOSSES.values()}),
    )
    def test_configs_can_be_read_by_each_other(self, name):
        theirs = getattr(keras.losses, name)()
        ours = losses.deserialize(keras.losses.serialize(theirs))
        assert type(ours) is getattr(losses, name)
        assert theirs.get_config().items() <= ours.get_config().items()
        if name.startswith("Sparse"):
            # tf_keras has it: its configs have keys that Keras 3 lacks.
            return
        assert theirs.get_config() == getattr(losses, name)().get_config()
        if name == "CategoricalGeneralizedCrossEntropy":
            # Keras 3 can't read its own config.
            return
        again = keras.losses.deserialize(losses.serialize(ours))
        assert again.get_config() == theirs.get_config()


class ReductionsTest:
    @pytest.mark.parametrize("reduction", REDUCTIONS)
    @pytest.mark.parametrize("name", OF_STEPS)
    def test_masks_and_weights_count_as_in_keras_3(self, name, reduction):
        y_true, y_pred = OF_STEPS[name]
        weights = [None, STEP_WEIGHTS, STEP_WEIGHTS[..., None]]
        for mask in (None, MASK):
            if mask is not None or reduction != "mean_with_sample_weight":
                weights.append(SAMPLE_WEIGHTS[:, None])
            for weight in weights:
                assert_same(
                    lambda module: getattr(module, name)(reduction=reduction)(
                        y_true, masked(y_pred, mask), weight
                    )
                )

    def test_ignored_class_and_weights_count_as_in_keras_3(self):
        for reduction in REDUCTIONS:
            for weight in (None, STEP_WEIGHTS):
                for from_logits in (False, True):
                    assert_same(
                        lambda module: module.SparseCategoricalCrossentropy(
                            ignore_class=3,
                            reduction=reduction,
                            from_logits=from_logits,
                        )(CLASS_NUMBERS, CHANCES, weight)
                    )

    def test_one_value_for_the_batch_counts_as_in_keras_3(self):
        def compute(module, weight, reduction):
            class Mean(module.Loss):
                def call(self, y_true, y_pred):
                    return tf.reduce_mean(tf.abs(y_true - y_pred))

            loss = Mean(reduction=reduction)
            return loss(LABELS, PREDICTIONS, sample_weight=weight)

        for reduction in REDUCTIONS:
            for weight in (None, SAMPLE_WEIGHTS):
                assert_same(lambda module: compute(module, weight, reduction))

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
    def test_dtype_is_that_of_keras_3(self, dtype):
        for name, (y_true, y_pred) in OF_STEPS.items():
            if (name, dtype) == ("CosineSimilarity", "float16"):
                # Keras 3 divides by zero.
                continue
            assert_same(
                lambda module: getattr(module, name)(dtype=dtype)(
                    y_true, y_pred
                ),
                near=1e-5 if dtype == "float64" else 2e-2,
            )


class DifferencesTest:
    def test_tversky_weighs_errors_as_in_the_paper(self):
        # One hit, two misses and one false alarm.
        y_true, y_pred = [[1.0, 1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0, 1.0]]
        value = losses.tversky(y_true, y_pred, alpha=1.0, beta=0.0)
        np.testing.assert_allclose(value, 1 - 1 / 2, rtol=1e-5)
        for axis in (None, (1, 2)):
            ours = losses.Tversky(alpha=0.3, beta=0.7, axis=axis)
            theirs = keras.losses.Tversky(alpha=0.7, beta=0.3, axis=axis)
            np.testing.assert_allclose(
                ours(LABELS, PREDICTIONS), theirs(LABELS, PREDICTIONS), 1e-5
            )

    def test_weights_of_samples_count_for_each_step(self):
        means = [
            module.MeanSquaredError(reduction="mean_with_sample_weight")(
                LABELS, PREDICTIONS, SAMPLE_WEIGHTS[:, None]
            )
            for module in (losses, keras.losses)
        ]
        steps = np.mean((LABELS - PREDICTIONS) ** 2, axis=-1)
        mean = np.average(steps.mean(axis=1), weights=SAMPLE_WEIGHTS)
        np.testing.assert_allclose(means[0], mean, rtol=1e-5)
        # Keras 3 divides by the sum of four weights, not of twelve.
        np.testing.assert_allclose(means[1], 3 * mean, rtol=1e-5)

    def test_column_of_class_numbers_is_no_matrix_of_pairs(self):
        labels, chances = CLASS_NUMBERS[:, 0], CHANCES[:, 0]
        formula = losses.categorical_generalized_cross_entropy
        np.testing.assert_array_equal(
            formula(labels[:, None], chances, 0.5),
            formula(labels, chances, 0.5),
        )

    def test_masked_elements_are_in_no_overlap(self):
        y_pred = masked(PREDICTIONS, MASK)
        rest = losses.dice(LABELS[MASK], PREDICTIONS[MASK])
        np.testing.assert_allclose(losses.Dice()(LABELS, y_pred), rest, 1e-5)

    def test_blanks_are_left_out_wherever_they_are(self):
        np.testing.assert_array_equal(
            losses.ctc([[1, 0, 2]] * 4, FRAMES),
            losses.ctc([[1, 2, 0]] * 4, FRAMES),
        )
