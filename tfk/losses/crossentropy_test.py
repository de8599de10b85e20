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
"""Tests of exactness, logits left by activations, and ignored classes."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import activations
from tfk import losses


class CrossentropyTest:
    def test_extreme_logits_stay_exact(self):
        logits = tf.constant([[1e4, -1e4], [-1e4, 1e4]])
        for loss, labels, expected in (
            (losses.binary_crossentropy, [[1, 1], [1, 1]], [5e3, 5e3]),
            (losses.categorical_crossentropy, [[1, 0], [1, 0]], [0, 2e4]),
            (losses.sparse_categorical_crossentropy, [0, 0], [0, 2e4]),
        ):
            with tf.GradientTape() as tape:
                tape.watch(logits)
                values = loss(labels, logits, from_logits=True)
            np.testing.assert_allclose(values, expected)
            assert np.all(np.isfinite(tape.gradient(values, logits)))

    def test_focal_losses_stay_finite(self):
        logits = tf.constant([[1e4, -1e4]])
        for loss in (
            losses.binary_focal_crossentropy,
            losses.categorical_focal_crossentropy,
        ):
            with tf.GradientTape() as tape:
                tape.watch(logits)
                values = loss([[0.0, 1.0]], logits, from_logits=True)
            assert np.all(np.isfinite(values))
            assert np.all(np.isfinite(tape.gradient(values, logits)))

    @pytest.mark.parametrize("in_graph", [False, True])
    def test_activations_pass_on_their_logits(self, in_graph):
        logits = tf.constant([[200.0, -200.0, 0.0]])

        def compute(logits):
            return (
                losses.binary_crossentropy(
                    [[0, 0, 0]], activations.sigmoid(logits)
                ),
                losses.categorical_crossentropy(
                    [[0, 1, 0]], activations.softmax(logits)
                ),
                losses.SparseCategoricalCrossentropy()(
                    [1], activations.softmax(logits)
                ),
            )

        run = tf.function(compute) if in_graph else compute
        binary, categorical, sparse = run(logits)
        np.testing.assert_allclose(binary, [(200 + np.log(2)) / 3], 1e-6)
        np.testing.assert_allclose(categorical, [400.0])
        np.testing.assert_allclose(sparse, 400.0)

    def test_logits_of_another_activation_are_not_used(self):
        logits = tf.constant([[2.0, -1.0, 0.5]])

        @tf.function
        def compute(logits):
            return losses.binary_crossentropy(
                [[1, 0, 0]], activations.softmax(logits)
            )

        plain = tf.nn.softmax(logits).numpy()
        expected = losses.binary_crossentropy([[1, 0, 0]], plain)
        np.testing.assert_allclose(compute(logits), expected, 1e-6)

    def test_from_logits_after_a_sigmoid_is_warned_about(self):
        y_pred = activations.sigmoid(tf.constant([[2.0]]))
        with pytest.warns(UserWarning, match="sigmoid"):
            values = losses.binary_crossentropy([[1]], y_pred, from_logits=True)
        np.testing.assert_allclose(values, [np.log1p(np.exp(-2))], 1e-6)

    def test_classes_may_be_on_any_axis(self):
        rng = np.random.default_rng(0)
        y_pred = rng.uniform(0.1, 1, (2, 3, 4, 4)).astype("float32")
        y_true = rng.integers(0, 3, (2, 4, 4))
        last = np.moveaxis(y_pred, 1, -1)
        expected = tf_keras.losses.sparse_categorical_crossentropy(y_true, last)
        for y in (y_true, y_true[:, None]):
            np.testing.assert_allclose(
                losses.sparse_categorical_crossentropy(y, y_pred, axis=1),
                expected,
                1e-5,
            )
        one_hot = np.moveaxis(np.eye(3)[y_true], -1, 1)
        np.testing.assert_allclose(
            losses.categorical_crossentropy(
                one_hot, y_pred / y_pred.sum(1, keepdims=True), axis=1
            ),
            expected,
            1e-5,
        )

    def test_label_smoothing_counts_the_classes_of_its_axis(self):
        y_true = np.eye(3)[[0, 1]].T[None]  # (1, 3, 2)
        y_pred = np.full((1, 3, 2), 1 / 3, "float32")
        y_pred[0, 0] = [0.5, 0.2]
        y_pred[0, 1] = [0.3, 0.3]
        y_pred[0, 2] = [0.2, 0.5]
        values = losses.categorical_crossentropy(
            y_true, y_pred, label_smoothing=0.3, axis=1
        )
        smooth = y_true * 0.7 + 0.1
        expected = -(smooth * np.log(y_pred)).sum(1)
        np.testing.assert_allclose(values, expected, 1e-5)

    def test_ignored_class_is_not_counted(self):
        y_pred = tf.constant([[0.5, 0.5], [np.nan, np.nan], [0.25, 0.75]])
        loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss([0, -1, 1], y_pred)
        expected = -(np.log(0.5) + np.log(0.75)) / 2
        np.testing.assert_allclose(value, expected, 1e-6)
        gradient = tape.gradient(value, y_pred).numpy()
        assert np.all(np.isfinite(gradient)) and np.all(gradient[1] == 0)
        assert float(loss([-1, -1], y_pred[:2])) == 0.0
