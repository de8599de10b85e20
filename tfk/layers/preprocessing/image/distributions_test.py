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
"""Tests of distributions, against SciPy."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfk.layers.preprocessing.image import distributions


class DistributionsTest:
    @pytest.mark.parametrize("first, second", [(0.2, 0.2), (1, 2), (4, 0.5)])
    def test_beta_is_the_inverse_of_its_distribution(self, first, second):
        uniform = np.linspace(0.01, 0.99, 50).astype("float32")
        np.testing.assert_allclose(
            distributions.beta(tf.constant(uniform), first, second),
            scipy.stats.beta.ppf(uniform, first, second),
            atol=1e-4,
        )

    @pytest.mark.parametrize("alpha", [0.5, 2.0])
    def test_dirichlet_has_its_moments(self, alpha):
        uniform = np.random.RandomState(0).uniform(size=(4000, 2))
        shares = distributions.dirichlet(
            tf.constant(uniform, tf.float32), alpha
        ).numpy()
        np.testing.assert_allclose(shares.sum(axis=1), 1, 1e-5)
        np.testing.assert_allclose(shares.mean(axis=0), 1 / 3, atol=0.02)
        wanted = scipy.stats.dirichlet.var([alpha] * 3)
        np.testing.assert_allclose(shares.var(axis=0), wanted, 0.1)
