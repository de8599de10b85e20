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
"""Tests of the crossentropy for labels with errors."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import activations
from tfk import losses


class CategoricalGeneralizedCrossEntropyTest:
    def test_values_are_those_of_the_formula(self):
        rng = np.random.default_rng(0)
        y_pred = rng.dirichlet(np.ones(4), (5, 3)).astype("float32")
        y_true = rng.integers(0, 4, (5, 3))
        chance = np.take_along_axis(y_pred, y_true[..., None], -1)[..., 0]
        for q in (0.1, 0.5, 1):
            function = losses.categorical_generalized_cross_entropy
            for labels in (y_true, y_true[..., None].astype("float32")):
                np.testing.assert_allclose(
                    function(labels, y_pred, q), (1 - chance**q) / q, 1e-5
                )

    def test_lies_between_crossentropy_and_absolute_error(self):
        data = [1], [[0.6, 0.4]]
        make = losses.CategoricalGeneralizedCrossEntropy
        near_zero = make(q=1e-3)(*data)
        np.testing.assert_allclose(near_zero, -np.log(0.4), 1e-3)
        np.testing.assert_allclose(make(q=1)(*data), 0.6, 1e-6)

    def test_certain_predictions_have_finite_gradients(self):
        loss = losses.CategoricalGeneralizedCrossEntropy()
        y_pred = tf.constant([[1.0, 0.0], [0.0, 1.0]])
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            values = loss.call([0, 0], y_pred)
        np.testing.assert_allclose(values, [0, 2])
        assert np.all(np.isfinite(tape.gradient(values, y_pred)))
        logits = tf.constant([[1e4, -1e4], [-1e4, 1e4]])
        with tf.GradientTape() as tape:
            tape.watch(logits)
            values = loss.call([0, 0], activations.softmax(logits))
        np.testing.assert_allclose(values, [0, 2])
        assert np.all(np.isfinite(tape.gradient(values, logits)))

    @pytest.mark.parametrize("q", [0, -0.5, 1.5])
    def test_other_exponents_are_refused(self, q):
        with pytest.raises(ValueError, match=f"`q` .* Received: q={q}"):
            losses.CategoricalGeneralizedCrossEntropy(q)
