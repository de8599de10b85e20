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
"""What is special about Lamb; its formula is in `reference_test.py`."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import optimizers


class LambTest:
    def test_step_has_the_norm_of_the_weights_times_the_rate(self):
        variables = [tf.Variable([30.0, 40.0]), tf.Variable([[0.3], [0.4]])]
        optimizer = optimizers.Lamb(0.5)
        gradients = [tf.constant([1.0, 1e3]), tf.constant([[1e-3], [0.0]])]
        optimizer.apply_gradients(zip(gradients, variables))
        np.testing.assert_allclose(
            variables[0], [30 - 25 / 2**0.5, 40 - 25 / 2**0.5], rtol=1e-4
        )
        np.testing.assert_allclose(variables[1], [[0.05], [0.4]], rtol=1e-3)

    @pytest.mark.parametrize("start, gradient", [(0.0, 1.0), (1.0, 0.0)])
    def test_norm_of_zero_leaves_the_rate_as_it_is(self, start, gradient):
        variable = tf.Variable([start, start])
        optimizer = optimizers.Lamb(0.5)
        optimizer.apply_gradients([(tf.fill([2], gradient), variable)])
        np.testing.assert_allclose(variable, start - 0.5 * gradient, rtol=1e-5)

    def test_one_variable_does_not_change_the_step_of_another(self):
        alone, beside, large = (
            tf.Variable([value]) for value in (1.0, 1.0, 1e4)
        )
        one = tf.constant([1.0])
        optimizers.Lamb(0.1).apply_gradients([(one, alone)])
        optimizers.Lamb(0.1).apply_gradients([(one, beside), (one, large)])
        np.testing.assert_array_equal(alone, beside)
