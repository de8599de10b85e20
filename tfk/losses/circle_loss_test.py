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
"""Tests of the circle loss."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import losses


def by_hand(labels, others, same_rows, gamma, margin):
    """The formula of the paper, pair by pair."""
    (y, x), (ref_y, ref_x) = labels, others
    values = []
    for i in range(len(y)):
        pull, push = [], []
        for j in range(len(ref_y)):
            s = x[i] @ ref_x[j]
            if y[i] != ref_y[j]:
                push.append(gamma * max(s + margin, 0) * (s - margin))
            elif not (same_rows and i == j):
                wanted = s - (1 - margin)
                pull.append(-gamma * max(1 + margin - s, 0) * wanted)
        total = np.logaddexp.reduce(pull) + np.logaddexp.reduce(push)
        values.append(np.logaddexp(0, total))
    return values


def make_embeddings(count, seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return rng.integers(0, 3, count), vectors.astype("float32")


class CircleTest:
    def test_values_are_those_of_the_paper(self):
        data = make_embeddings(7)
        for gamma, margin in ((80, 0.4), (8, 0.1)):
            np.testing.assert_allclose(
                losses.circle(*data, gamma=gamma, margin=margin),
                by_hand(data, data, True, gamma, margin),
                1e-4,
                1e-6,
            )
        others = make_embeddings(5, seed=1)
        got = losses.circle(*data, *others, remove_diagonal=False, gamma=8)
        expected = by_hand(data, others, False, 8, 0.4)
        np.testing.assert_allclose(got, expected, 1e-4, 1e-6)

    def test_samples_without_a_pair_are_not_counted(self):
        labels, embeddings = make_embeddings(5)
        labels = np.array([0, 0, 1, 1, 2])
        values = losses.circle(labels, embeddings, gamma=8).numpy()
        assert values[4] == 0
        loss = losses.Circle(gamma=8)
        got = loss(labels, embeddings)
        np.testing.assert_allclose(got, values[:4].mean(), 1e-5)
        alone = tf.constant(embeddings)
        with tf.GradientTape() as tape:
            tape.watch(alone)
            value = loss(np.arange(5), alone)
        assert float(value) == 0
        assert not np.any(tape.gradient(value, alone))

    def test_predictions_are_vectors(self):
        with pytest.raises(ValueError, match=r"`circle` .*\(2, 3, 4\)"):
            losses.circle([0, 1], np.ones([2, 3, 4], "float32"))
