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
"""Tests of the loss of sequences that are not aligned."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import activations
from tfk import losses

CLASSES = 3


def by_paths(labels, logits):
    """Adds up the chances of all paths, one by one."""
    logits = logits.astype("float64")
    logits -= logits.max(-1, keepdims=True)
    log_chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    total = -np.inf
    for path in itertools.product(range(CLASSES), repeat=len(logits)):
        spelt = [k for k, _ in itertools.groupby(path) if k]
        if spelt == [k for k in labels if k]:
            chances = log_chances[np.arange(len(path)), path]
            total = np.logaddexp(total, chances.sum())
    return -total


def make_data(scale=1.0):
    rng = np.random.default_rng(1)
    labels = np.array([[1, 1, 0], [1, 2, 1], [2, 0, 0], [0, 0, 0]])
    logits = scale * rng.normal(size=(4, 6, CLASSES))
    return labels, logits.astype("float32")


def value_and_gradient(labels, logits):
    with tf.GradientTape() as tape:
        tape.watch(logits)
        values = losses.ctc(labels, logits)
    return values, tape.gradient(values, logits)


class CTCTest:
    @pytest.mark.parametrize("scale", [1.0, 300.0, 1e4])
    def test_values_are_sums_over_paths(self, scale):
        labels, logits = make_data(scale)
        expected = [by_paths(*row) for row in zip(labels, logits)]
        values, gradient = value_and_gradient(labels, tf.constant(logits))
        np.testing.assert_allclose(values, expected, 1e-5)
        # The derivative of each frame: a difference of two distributions.
        assert np.all(np.abs(gradient) <= 1)
        np.testing.assert_allclose(tf.reduce_sum(gradient, -1), 0, atol=1e-5)

    def test_gradient_is_that_of_tensorflow(self):
        labels, logits = make_data()
        logits = tf.constant(logits)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            expected = tf.nn.ctc_loss(
                labels,
                logits,
                tf.math.count_nonzero(labels, 1, dtype=tf.int32),
                tf.fill([4], 6),
                logits_time_major=False,
                blank_index=0,
            )
        values, gradient = value_and_gradient(labels, logits)
        np.testing.assert_allclose(values, expected, 1e-5)
        np.testing.assert_allclose(
            gradient, tape.gradient(expected, logits), 1e-4, 1e-5
        )

    def test_masked_frames_are_left_out(self):
        labels, logits = make_data()
        mask = np.array([[1, 1, 1, 1, 0, 0], [0, 1, 1, 0, 1, 1]] * 2, "bool")
        mask[3] = False
        expected = [
            by_paths(row[0], row[1][kept])
            for row, kept in zip(zip(labels, logits), mask)
        ]
        logits[~mask] = np.nan
        y_pred = tf.constant(logits)
        y_pred._keras_mask = tf.constant(mask)
        values, gradient = value_and_gradient(labels, y_pred)
        np.testing.assert_allclose(values[:3], expected[:3], 1e-5)
        assert float(values[3]) == 0 and not np.any(gradient[~mask])
        np.testing.assert_allclose(
            losses.CTC()(labels, y_pred), np.mean(expected[:3]), 1e-5
        )

    def test_blanks_and_fillings_may_be_anywhere(self):
        _, logits = make_data()
        expected = losses.ctc([[1, 2, 0, 0]] * 4, logits)
        for labels in ([0, 1, 0, 2], [1, -1, 2, -1]):
            got = losses.ctc([labels] * 4, logits)
            np.testing.assert_array_equal(got, expected)
        got = losses.ctc(tf.ragged.constant([[1, 2]] * 4), logits)
        np.testing.assert_array_equal(got, expected)

    def test_targets_that_can_not_be_spelt(self):
        logits = tf.zeros([2, 2, CLASSES])
        values, gradient = value_and_gradient([[1, 2, 1], [1, 1, 0]], logits)
        assert values.numpy().tolist() == [707, 707]
        assert not np.any(gradient)

    def test_logits_before_a_softmax_are_used(self):
        labels, logits = make_data()
        with pytest.warns(UserWarning, match="`ctc` takes logits"):
            got = losses.ctc(labels, activations.softmax(logits))
        np.testing.assert_allclose(got, losses.ctc(labels, logits), 1e-6)

    def test_learns_to_spell(self):
        labels, x = make_data()
        model = tfk.Sequential(
            [
                tfk.Input((6, CLASSES)),
                tfk.layers.Flatten(),
                tfk.layers.Dense(6 * CLASSES),
                tfk.layers.Reshape((6, CLASSES)),
            ]
        )
        model.compile(tfk.optimizers.Adam(0.1), "ctc")
        history = model.fit(x, labels, epochs=20, verbose=0).history
        assert history["loss"][-1] < 0.2 * history["loss"][0]
