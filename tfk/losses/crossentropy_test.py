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


def binary(y_true, logits):
    """Values and gradients of logits in double precision."""
    z = np.asarray(logits, "float64")
    # log(1 + exp(z)) - y * z
    values = np.logaddexp(0, z) - y_true * z
    gradient = np.exp(-np.logaddexp(0, -z)) - y_true
    return values.mean(-1), gradient / z.shape[-1]


def categorical(y_true, logits):
    """Values and gradients of logits in double precision."""
    z = np.asarray(logits, "float64")
    log_chances = z - np.logaddexp.reduce(z, axis=-1, keepdims=True)
    return -(y_true * log_chances).sum(-1), np.exp(log_chances) - y_true


class CrossentropyTest:
    def test_extreme_logits_stay_exact(self):
        rng = np.random.default_rng(0)
        y_pred = rng.uniform(-1e4, 1e4, (6, 4)).astype("float16")
        y_pred[0], y_pred[1] = 0, [1e4, -1e4, -1e4, 1e4]
        labels = rng.integers(0, 4, 6)
        one_hot = np.eye(4)[labels]
        for function, y_true, (wanted_values, wanted_gradient) in (
            (losses.binary_crossentropy, one_hot, binary(one_hot, y_pred)),
            (
                losses.categorical_crossentropy,
                one_hot,
                categorical(one_hot, y_pred),
            ),
            (
                losses.sparse_categorical_crossentropy,
                labels,
                categorical(one_hot, y_pred),
            ),
        ):
            for dtype, rtol in (("float32", 1e-6), ("float16", 1e-3)):
                logits = tf.cast(y_pred, dtype)
                with tf.GradientTape() as tape:
                    tape.watch(logits)
                    values = function(y_true, logits, from_logits=True)
                gradient = tape.gradient(values, logits)
                assert values.dtype == gradient.dtype == dtype
                np.testing.assert_allclose(values, wanted_values, rtol)
                np.testing.assert_allclose(
                    gradient, wanted_gradient, rtol, 1e-6
                )

    def test_smoothed_labels_at_extreme_logits(self):
        logits = tf.constant([[1e4, -1e4], [-1e4, 1e4]])
        one_hot, smooth = np.eye(2)[[0, 0]], np.array([[0.9, 0.1]] * 2)
        for function, by_hand in (
            (losses.binary_crossentropy, binary),
            (losses.categorical_crossentropy, categorical),
        ):
            values = function(
                one_hot, logits, from_logits=True, label_smoothing=0.2
            )
            np.testing.assert_allclose(values, by_hand(smooth, logits)[0], 1e-6)

    def test_certain_probabilities_equal_tf_keras(self):
        y_pred = tf.constant([[1.0, 0.0], [0.0, 1.0]])
        for name, y_true in (
            ("binary_crossentropy", [[1.0, 0.0]] * 2),
            ("binary_focal_crossentropy", [[1.0, 0.0]] * 2),
            ("categorical_crossentropy", [[1.0, 0.0]] * 2),
            ("categorical_focal_crossentropy", [[1.0, 0.0]] * 2),
            ("kl_divergence", [[1.0, 0.0]] * 2),
            ("poisson", [[1.0, 0.0]] * 2),
            ("sparse_categorical_crossentropy", [0, 0]),
        ):
            results = []
            for module in (losses, tf_keras.losses):
                with tf.GradientTape() as tape:
                    tape.watch(y_pred)
                    values = getattr(module, name)(y_true, y_pred)
                results.append((values, tape.gradient(values, y_pred)))
            for own, peer in zip(*results):
                assert np.all(np.isfinite(own)), name
                np.testing.assert_allclose(own, peer, 1e-4, 1e-6, err_msg=name)

    @pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
    def test_focal_losses_have_finite_gradients(self, gamma):
        logits = tf.constant([[1e4, -1e4], [-1e4, 1e4]])
        for loss in (
            losses.binary_focal_crossentropy,
            losses.categorical_focal_crossentropy,
        ):
            with tf.GradientTape() as tape:
                tape.watch(logits)
                values = loss(
                    [[1.0, 0.0]] * 2, logits, gamma=gamma, from_logits=True
                )
            wrong = 5e3 if "categorical" in loss.__name__ else 1e4
            np.testing.assert_allclose(values, [0, wrong], atol=1e-3)
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
        loss = losses.SparseCategoricalCrossentropy(axis=1)
        assert loss.get_config()["axis"] == 1
        loss = losses.deserialize(losses.serialize(loss))
        np.testing.assert_allclose(
            loss(y_true, y_pred), tf.reduce_mean(expected), 1e-5
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
        ragged = tf.RaggedTensor.from_row_lengths(y_pred, [2, 1])
        labels = tf.ragged.constant([[0, -1], [1]])
        np.testing.assert_allclose(loss(labels, ragged), expected, 1e-6)
        by_hand = -(2 * np.log(0.5) + 5 * np.log(0.75))
        for reduction, divisor in (
            ("sum", 1),
            ("sum_over_batch_size", 2),
            ("mean_with_sample_weight", 7),
        ):
            loss = losses.SparseCategoricalCrossentropy(
                ignore_class=-1, reduction=reduction
            )
            value = loss([0, -1, 1], y_pred, [2.0, 9.0, 5.0])
            np.testing.assert_allclose(value, by_hand / divisor, 1e-6)
