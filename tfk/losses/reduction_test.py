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
"""Tests of what losses are divided by, and of values of whole batches."""

import numpy as np
import tensorflow as tf
import tf_keras

import tfk
from tfk import losses

# Errors of (batch, steps), and the weights and mask that the table is about.
ERRORS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "float32")
SAMPLES = np.array([2.0, 0.5], "float32")
STEPS = np.array([[1, 0, 2], [0, 1, 0.5]], "float32")
MASK = np.array([[True, True, False], [True, False, False]])

# Reduction, weights, whether masked, sum of weighted values, divisor.
DENOMINATORS = [
    ("sum_over_batch_size", None, False, 21, 6),
    ("sum_over_batch_size", 2.0, False, 42, 6),
    ("sum_over_batch_size", SAMPLES, False, 12 + 7.5, 6),
    ("sum_over_batch_size", SAMPLES[:, None], False, 12 + 7.5, 6),
    ("sum_over_batch_size", STEPS, False, 7 + 8, 6),
    ("sum_over_batch_size", STEPS[..., None], False, 7 + 8, 6),
    ("sum_over_batch_size", None, True, 7, 3),
    ("sum_over_batch_size", SAMPLES, True, 6 + 2, 3),
    ("sum_over_batch_size", STEPS, True, 1, 3),
    ("mean_with_sample_weight", None, False, 21, 6),
    ("mean_with_sample_weight", 2.0, False, 42, 12),
    ("mean_with_sample_weight", SAMPLES, False, 12 + 7.5, 7.5),
    ("mean_with_sample_weight", STEPS, False, 7 + 8, 4.5),
    ("mean_with_sample_weight", None, True, 7, 3),
    ("mean_with_sample_weight", SAMPLES, True, 6 + 2, 4.5),
    ("mean_with_sample_weight", STEPS, True, 1, 1),
    ("sum", None, False, 21, 1),
    ("sum", SAMPLES, False, 12 + 7.5, 1),
    ("sum", STEPS, True, 1, 1),
]


def batch_error(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred))


class BatchError(losses.Loss):
    def call(self, y_true, y_pred):
        return batch_error(y_true, y_pred)


class TfKerasBatchError(tf_keras.losses.Loss):
    def call(self, y_true, y_pred):
        return batch_error(y_true, y_pred)


class ReductionTest:
    def test_divisors_are_those_of_the_table(self):
        y_true = np.zeros([2, 3, 1], "float32")
        for name, weight, masked, total, divisor in DENOMINATORS:
            names = {name}
            if name == "sum_over_batch_size":
                names |= {"auto", "mean"}
            for reduction in names:
                y_pred = tf.constant(ERRORS[..., None])
                if masked:
                    y_pred._keras_mask = tf.constant(MASK)
                value = losses.MeanAbsoluteError(reduction)(
                    y_true, y_pred, weight
                )
                np.testing.assert_allclose(
                    value, total / divisor, 1e-6, err_msg=f"{name} {weight}"
                )

    def test_weights_of_pixels_equal_tf_keras(self):
        rng = np.random.default_rng(0)
        y_true = rng.integers(0, 2, (2, 3, 4, 1)).astype("float32")
        y_pred = rng.uniform(0.1, 0.9, (2, 3, 4, 1)).astype("float32")
        pixels = rng.uniform(0, 2, (2, 3, 4)).astype("float32")
        for weight in (pixels, pixels[..., None], pixels[:, :1, :1]):
            for reduction in ("auto", "sum", "none"):
                np.testing.assert_allclose(
                    losses.BinaryCrossentropy(reduction=reduction)(
                        y_true, y_pred, weight
                    ),
                    tf_keras.losses.BinaryCrossentropy(reduction=reduction)(
                        y_true, y_pred, weight
                    ),
                    1e-5,
                )


class ValueOfWholeBatchTest:
    """Losses whose `call` returns a scalar."""

    def test_weights_multiply_it_by_their_mean_as_in_tf_keras(self):
        y_true, y_pred = np.zeros([2, 3], "float32"), ERRORS
        for weight in (None, 3.0, SAMPLES[:, None], STEPS):
            for reduction in ("auto", "sum", "none"):
                np.testing.assert_allclose(
                    BatchError(reduction)(y_true, y_pred, weight),
                    TfKerasBatchError(reduction)(y_true, y_pred, weight),
                    1e-6,
                )
        value = BatchError()(y_true, y_pred, SAMPLES)
        np.testing.assert_allclose(value, 3.5 * 1.25, 1e-6)
        by_weight = BatchError("mean_with_sample_weight")
        np.testing.assert_allclose(by_weight(y_true, y_pred, SAMPLES), 3.5)

    def test_masked_weights_are_not_counted(self):
        y_pred = tf.constant(ERRORS)
        y_pred._keras_mask = tf.constant([True, False])
        # The function sees the number 1 where predictions are masked.
        value = BatchError()(np.zeros([2, 3], "float32"), y_pred)
        np.testing.assert_allclose(value, 1.5)
        weight = np.array([3.0, np.nan], "float32")
        value = BatchError()(np.zeros([2, 3], "float32"), y_pred, weight)
        np.testing.assert_allclose(value, 4.5)

    def test_training_with_sample_weights_equals_tf_keras(self):
        x, y = np.arange(4.0)[:, None], np.ones([4, 1])
        weights, trained = np.arange(1.0, 5), []
        for keras in (tfk, tf_keras):
            model = keras.Sequential([keras.layers.InputLayer((1,))])
            model.add(keras.layers.Dense(1, kernel_initializer="ones"))
            model.compile("sgd", batch_error, weighted_metrics=[])
            history = model.fit(
                x, y, sample_weight=weights, epochs=3, shuffle=False, verbose=0
            )
            trained.append([*history.history["loss"], *model.get_weights()])
        for own, peer in zip(*trained):
            np.testing.assert_allclose(own, peer, 1e-5)
