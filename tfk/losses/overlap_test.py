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
"""Tests of the losses for the overlap of regions."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import losses


def make_images():
    rng = np.random.default_rng(5)
    y_true = rng.integers(0, 2, (3, 4, 5, 2)).astype("float32")
    return y_true, rng.uniform(0, 1, (3, 4, 5, 2)).astype("float32")


class OverlapTest:
    @pytest.mark.parametrize("axis", [None, -1, (1, 2), (1, 2, 3), (0, 1, 2)])
    def test_values_are_those_of_the_formula(self, axis):
        t, p = (y.astype("float64") for y in make_images())
        data = make_images()
        overlap = (t * p).sum(axis)
        sizes = t.sum(axis) + p.sum(axis)
        expected = 1 - 2 * overlap / (sizes + 1e-7)
        for got in (
            losses.dice(*data, axis=axis),
            losses.Dice(axis=axis, reduction="none")(*data),
            losses.tversky(*data, axis=axis),
        ):
            np.testing.assert_allclose(got, expected, 1e-4, 1e-6)
        false_positives = ((1 - t) * p).sum(axis)
        false_negatives = (t * (1 - p)).sum(axis)
        errors = 0.2 * false_positives + 0.9 * false_negatives
        expected = 1 - overlap / (overlap + errors + 1e-7)
        loss = losses.Tversky(0.2, 0.9, axis=axis)
        np.testing.assert_allclose(loss(*data), expected.mean(), 1e-5)

    def test_empty_regions_stay_finite(self):
        zeros = tf.zeros([2, 3])
        for loss in (losses.dice, losses.tversky):
            with tf.GradientTape() as tape:
                tape.watch(zeros)
                value = loss(tf.zeros([2, 3]), zeros)
            assert float(value) == 1
            assert np.all(np.isfinite(tape.gradient(value, zeros)))

    def test_weights_weigh_samples_that_have_values(self):
        data, weight = make_images(), np.array([2.0, 0.0, 1.0], "float32")
        values = losses.Dice("none", axis=(1, 2, 3))(*data).numpy()
        value = losses.Dice(axis=(1, 2, 3))(*data, weight)
        np.testing.assert_allclose(value, (values * weight).mean(), 1e-6)
        # One value for the batch: the weights can only multiply it.
        np.testing.assert_allclose(
            losses.Dice()(*data, weight), losses.dice(*data), 1e-6
        )
        with pytest.raises(ValueError, match=r"`dice` .*axis=\(0, 1, 2\)"):
            losses.Dice(axis=(0, 1, 2))(*data, weight)

    def test_trains_a_segmentation_model_by_name(self):
        y_true, _ = make_images()
        for loss in ("dice", "Tversky"):
            model = tfk.Sequential([tfk.layers.Dense(2, "sigmoid")])
            model.compile(tfk.optimizers.Adam(0.1), loss)
            history = model.fit(y_true, y_true, epochs=15, verbose=0).history
            assert history["loss"][-1] < 0.8 * history["loss"][0]
