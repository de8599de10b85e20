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
"""Two replicas give the numbers of one, however unevenly rows are dealt out."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import programs
from tfk.testing import strategies

# Batches of 8, 8 and 1 rows: the last one leaves a replica without any.
ROWS, BATCH_SIZE, STEPS = 17, 8, 3
TIME = 4
X, Y = programs.table(ROWS)
TOKENS = programs.RANDOM(1).randint(0, 5, (ROWS, TIME))
TOKENS[:, 0] = 1 + np.arange(ROWS) % 4  # No row is behind the mask as a whole.
TAGS = programs.RANDOM(2).randint(0, 3, (ROWS, TIME))
LABELS = np.arange(ROWS) % 3
WEIGHTS = programs.RANDOM(3).uniform(0.5, 2.0, ROWS).astype("float32")
STEP_WEIGHTS = programs.RANDOM(4).uniform(0.5, 2.0, (ROWS, TIME))


def dense(units=1, activation=None, **kwargs):
    """Makes a model of two dense layers."""
    return tfk.Sequential(
        [
            tfk.Input((4,)),
            tfk.layers.Dense(5, activation="tanh", **kwargs),
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


class Scaled(tfk.layers.Layer):
    """Adds losses and metrics in each of the ways that there are."""

    def build(self, input_shape):
        self.scale = self.add_weight("scale", (), initializer="ones")
        self.add_loss(lambda: 0.1 * self.scale**2)

    def call(self, inputs):
        self.add_loss(tf.reduce_mean(inputs**2) * self.scale)
        self.add_metric(tf.reduce_mean(inputs), name="batch_mean")
        self.add_metric(tf.reduce_sum(inputs, -1), name="row_sums")
        return inputs * self.scale


def two_outputs():
    """Makes a model with outputs of different losses."""
    x = tfk.Input((4,))
    h = tfk.layers.Dense(3, activation="tanh")(x)
    return tfk.Model(
        x,
        {
            "number": tfk.layers.Dense(1)(h),
            "label": tfk.layers.Dense(3, activation="softmax")(h),
        },
    )


def with_symbolic_values():
    """Makes a functional model with a loss and a metric of its own."""
    x = tfk.Input((4,))
    y = tfk.layers.Dense(1)(x)
    model = tfk.Model(x, y)
    model.add_loss(tf.reduce_mean(y**2))
    model.add_metric(tf.reduce_mean(tf.abs(y)), name="size")
    return model


def mean_error(y_true, y_pred):
    """A user's loss that is one number for the whole batch."""
    return tf.reduce_mean((y_true - y_pred) ** 2)


def row_error(y_true, y_pred):
    """A user's loss that is one number for each row."""
    return tf.reduce_max(tf.abs(y_true - y_pred), axis=-1)


def batch_normalization(**kwargs):
    return tfk.Sequential(
        [
            tfk.Input((4,)),
            tfk.layers.Dense(3),
            tfk.layers.BatchNormalization(**kwargs),
            tfk.layers.Dense(1),
        ]
    )


SPARSE = "sparse_categorical_crossentropy"
BY_WEIGHT = {"reduction": "mean_with_sample_weight"}
# Name: (model, arguments of `compile`, of `fit`).
CASES = {
    "plain": (
        dense,
        {"loss": "mse", "metrics": ["mae", tfk.metrics.RootMeanSquaredError]},
        {"x": X, "y": Y},
    ),
    "regularized": (
        lambda: dense(
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l2",
        ),
        {"loss": "mse"},
        {"x": X, "y": Y},
    ),
    "sample_weight": (
        dense,
        {"loss": "mae", "metrics": ["mse"], "weighted_metrics": ["mse"]},
        {"x": X, "y": Y, "sample_weight": WEIGHTS},
    ),
    "by_weight": (
        dense,
        {"loss": lambda: tfk.losses.MeanSquaredError(**BY_WEIGHT)},
        {"x": X, "y": Y, "sample_weight": WEIGHTS},
    ),
    "sum": (
        dense,
        {"loss": lambda: tfk.losses.MeanSquaredError(reduction="sum")},
        {"x": 0.1 * X, "y": Y},
    ),
    "none": (
        dense,
        {"loss": lambda: tfk.losses.MeanSquaredError(reduction="none")},
        {"x": X, "y": Y, "sample_weight": WEIGHTS},
    ),
    "one_number_for_the_batch": (
        dense,
        {"loss": mean_error, "metrics": [row_error]},
        {"x": X, "y": Y},
    ),
    "one_number_for_each_row": (
        dense,
        {"loss": row_error, "weighted_metrics": [row_error]},
        {"x": X, "y": Y, "sample_weight": WEIGHTS},
    ),
    "class_weight": (
        lambda: dense(3, "softmax"),
        {"loss": SPARSE, "metrics": ["acc"], "weighted_metrics": ["acc"]},
        {"x": X, "y": LABELS, "class_weight": {0: 2.0, 2: 0.5}},
    ),
    "masked": (
        tagger,
        {"loss": SPARSE, "metrics": ["accuracy"]},
        {"x": TOKENS, "y": TAGS},
    ),
    "masked_and_weighted": (
        tagger,
        {"loss": SPARSE, "weighted_metrics": ["accuracy"]},
        {"x": TOKENS, "y": TAGS, "sample_weight": STEP_WEIGHTS},
    ),
    "masked_by_weight": (
        tagger,
        {
            "loss": lambda: tfk.losses.SparseCategoricalCrossentropy(
                **BY_WEIGHT
            ),
            "weighted_metrics": ["accuracy"],
        },
        {"x": TOKENS, "y": TAGS, "sample_weight": STEP_WEIGHTS},
    ),
    "added": (
        lambda: tfk.Sequential([tfk.Input((4,)), Scaled()]),
        {"loss": "mse"},
        {"x": X, "y": X[:, ::-1]},
    ),
    "added_symbolic": (with_symbolic_values, {"loss": "mse"}, {"x": X, "y": Y}),
    "synchronized": (
        lambda: batch_normalization(synchronized=True),
        {"loss": "mse"},
        {"x": X, "y": Y},
    ),
    "two_outputs": (
        two_outputs,
        {
            "loss": {"number": "mse", "label": SPARSE},
            "loss_weights": {"number": 0.5},
            "metrics": {"label": ["accuracy"]},
            "weighted_metrics": {"number": ["mae"]},
        },
        {
            "x": X,
            "y": {"number": Y, "label": LABELS},
            "sample_weight": {"number": WEIGHTS},
            "class_weight": {"label": {1: 3.0}},
        },
    ),
}


def made(arguments):
    """Makes the losses and metrics that functions and classes stand for."""
    return {
        key: (
            value()
            if getattr(value, "__name__", "") == "<lambda>"
            else (
                [x() if isinstance(x, type) else x for x in value]
                if isinstance(value, list)
                else value
            )
        )
        for key, value in arguments.items()
    }


def numbers(case, strategy):
    """Trains; returns the history, `evaluate`'s figures and the weights."""
    build, compile_arguments, data = case
    with strategy.scope():
        model = build()
        programs.set_weights(model)
        model.compile(
            tfk.optimizers.SGD(0.05, momentum=0.9), **made(compile_arguments)
        )
    arguments = {"batch_size": BATCH_SIZE, "verbose": 0}
    test_data = {k: v for k, v in data.items() if k != "class_weight"}
    history = model.fit(
        **data,
        **arguments,
        epochs=2,
        shuffle=False,
        validation_data=tuple(test_data.values()),
    )
    evaluated = model.evaluate(**test_data, **arguments, return_dict=True)
    return history.history, evaluated, model.get_weights()


class ReplicasTest:
    @pytest.mark.parametrize("name", CASES)
    def test_two_replicas_are_as_good_as_one(self, name):
        one = numbers(CASES[name], tf.distribute.get_strategy())
        two = numbers(CASES[name], strategies.two_replicas())
        programs.assert_same(one, two, rtol=1e-5, atol=1e-6)
        # `val_loss` of the last epoch is what `evaluate` gives, to the bit.
        for history, evaluated, _ in (one, two):
            for key, value in evaluated.items():
                assert history[f"val_{key}"][-1] == value, key

    @pytest.mark.parametrize("rows", [4, 5, 1])
    def test_scalars_of_a_step_are_means_weighed_by_rows(self, rows):
        class Own(tfk.Sequential):
            def train_step(self, data):
                x, _ = data
                self(x, training=True)
                first = tf.reduce_mean(x[:, 0])
                self.seen.update_state(x[:, 0])
                return {
                    "seen": self.seen.result(),
                    "loss": first,
                    "half": tf.cast(first, tf.float16),
                    "vector": tf.reduce_mean(x, axis=0),
                    "whole": tf.constant(7),
                    "text": tf.constant("same"),
                }

        with strategies.two_replicas().scope():
            model = Own([tfk.Input((4,)), tfk.layers.Dense(1)])
            model.seen = tfk.metrics.Sum(name="seen")
            model.compile("sgd", "mse")
        logs = model.fit(X[:rows], Y[:rows], verbose=0).history
        mean = X[:rows].mean(axis=0)
        # What metrics give comes from all replicas together.
        assert logs["seen"] == [pytest.approx(rows * mean[0], rel=1e-6)]
        assert logs["loss"] == [pytest.approx(mean[0], rel=1e-6)]
        assert logs["half"] == [pytest.approx(mean[0], rel=1e-2)]
        np.testing.assert_allclose(logs["vector"], [mean], rtol=1e-6)
        assert logs["whole"] == [7] and logs["text"] == [b"same"]

    def test_moving_statistics_outlive_a_replica_without_rows(self):
        with strategies.two_replicas().scope():
            model = batch_normalization()
            model.compile("sgd", "mse")
        model.fit(X, Y, batch_size=BATCH_SIZE, verbose=0)
        for weight in model.get_weights():
            assert np.isfinite(weight).all()
