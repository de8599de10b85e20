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
"""The numbers that `fit` shows are those that `evaluate` gives."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import programs

ROWS, TIME = 20, 4
X, Y = programs.table(ROWS)
LABELS = np.arange(ROWS) % 3
WEIGHTS = programs.RANDOM(1).uniform(0.5, 2.0, ROWS).astype("float32")
TOKENS = programs.RANDOM(2).randint(0, 5, (ROWS, TIME))
TOKENS[:, 0] = 1 + np.arange(ROWS) % 4
TAGS = programs.RANDOM(3).randint(0, 3, (ROWS, TIME))
STEP_WEIGHTS = programs.RANDOM(4).uniform(0.5, 2.0, (ROWS, TIME))
# 20 rows: single rows, a small last batch, and all rows in one batch.
BATCH_SIZES = (1, 3, 7, 32)


class Added(tfk.layers.Layer):
    """Adds a mean over the batch to the losses, and to the metrics."""

    def call(self, inputs):
        self.add_loss(tf.reduce_mean(inputs**2))
        self.add_metric(tf.reduce_mean(inputs), name="size")
        return inputs


def dense(units=1, activation=None):
    """Makes a model with a regularised layer and one that adds losses."""
    return tfk.Sequential(
        [
            tfk.Input((4,)),
            tfk.layers.Dense(
                5,
                activation="tanh",
                kernel_regularizer="l2",
                activity_regularizer="l2",
            ),
            Added(),
            tfk.layers.Dense(units, activation=activation),
        ]
    )


def tagger():
    """Makes a model of sequences, whose padding is masked."""
    return tfk.Sequential(
        [
            tfk.layers.Embedding(5, 3, mask_zero=True, input_length=TIME),
            tfk.layers.Dense(3, activation="softmax"),
        ]
    )


def ragged():
    """Makes a model of ragged sequences."""
    inputs = tfk.Input((None,), ragged=True, dtype="int32")
    h = tfk.layers.Embedding(5, 3)(inputs)
    return tfk.Model(inputs, tfk.layers.Softmax()(h))


def rows_of(array):
    """Cuts rows to lengths from 1 to 4."""
    return tf.RaggedTensor.from_tensor(array, 1 + np.arange(ROWS) % TIME)


SPARSE = "sparse_categorical_crossentropy"
# Name: (model, loss, metrics, (x, y, sample_weight), class_weight).
CASES = {
    "plain": (
        lambda: dense(1, "sigmoid"),
        "mse",
        ["mae", "AUC"],
        (X, Y > 0),
        None,
    ),
    "weighted": (dense, "mse", ["mae"], (X, Y, WEIGHTS), None),
    "classes": (
        lambda: dense(3, "softmax"),
        SPARSE,
        ["accuracy"],
        (X, LABELS, WEIGHTS),
        {0: 2.0, 1: 0.5},
    ),
    "masked": (tagger, SPARSE, ["accuracy"], (TOKENS, TAGS), None),
    "masked_and_weighted": (
        tagger,
        SPARSE,
        ["accuracy"],
        (TOKENS, TAGS, STEP_WEIGHTS),
        None,
    ),
    "ragged": (
        ragged,
        SPARSE,
        ["sparse_categorical_crossentropy"],
        (rows_of(TOKENS), rows_of(TAGS), WEIGHTS),
        None,
    ),
}


def compiled(name, learning_rate=0.05, **arguments):
    build, loss, metrics, data, class_weight = CASES[name]
    model = programs.set_weights(build())
    model.compile(
        tfk.optimizers.SGD(learning_rate),
        loss,
        metrics=metrics,
        weighted_metrics=metrics,
        **arguments,
    )
    return model, data, class_weight


class ValidationTest:
    @pytest.mark.parametrize("name", CASES)
    def test_val_loss_is_what_evaluate_gives_to_the_bit(self, name):
        model, data, class_weight = compiled(name)
        for batch_size in BATCH_SIZES:
            arguments = {"batch_size": batch_size, "verbose": 0}
            logs = model.fit(
                *data[:2],
                class_weight=class_weight,
                validation_data=data,
                **arguments,
            ).history
            evaluated = model.evaluate(
                *data[:2],
                sample_weight=data[2] if len(data) > 2 else None,
                return_dict=True,
                **arguments,
            )
            assert {k: logs[f"val_{k}"][0] for k in evaluated} == evaluated

    @pytest.mark.parametrize("steps", [1, 3, "auto"])
    def test_in_groups_of_any_size(self, steps):
        model, data, _ = compiled("plain", steps_per_execution=steps)
        dataset = tf.data.Dataset.from_tensor_slices(data).batch(3)
        unknown = dataset.filter(lambda *_: True)
        for x in (dataset, unknown):
            logs = model.fit(x, validation_data=x, epochs=2, verbose=0).history
            evaluated = model.evaluate(x, verbose=0, return_dict=True)
            assert {k: logs[f"val_{k}"][1] for k in evaluated} == evaluated


class LearningRateZeroTest:
    @pytest.mark.parametrize("name", CASES)
    def test_the_epoch_loss_is_what_evaluate_gives(self, name):
        if name == "classes":
            return  # `evaluate` knows no weights of classes.
        model, data, _ = compiled(name, learning_rate=0.0)
        weight = data[2] if len(data) > 2 else None
        for batch_size in (3, 7):
            arguments = {
                "sample_weight": weight,
                "batch_size": batch_size,
                "verbose": 0,
            }
            logs = model.fit(*data[:2], shuffle=False, **arguments).history
            evaluated = model.evaluate(*data[:2], return_dict=True, **arguments)
            for key, value in evaluated.items():
                assert logs[key] == [pytest.approx(value, 1e-6, 1e-7)], key

    def test_whatever_the_batch_sizes_are(self):
        model, data, _ = compiled("plain", learning_rate=0.0)
        evaluated = model.evaluate(
            *data, batch_size=6, verbose=0, return_dict=True
        )
        for batch_size in BATCH_SIZES:
            logs = model.fit(*data, batch_size=batch_size, verbose=0).history
            for key, value in evaluated.items():
                assert logs[key] == [pytest.approx(value, 1e-6, 1e-7)], key
