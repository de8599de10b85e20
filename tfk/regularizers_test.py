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
"""Tests of the regularizers, against NumPy and tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import regularizers

ALL = [
    ("L1", {"l1": 0.25}),
    ("L2", {"l2": 0.25}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.25, "l2": 0.5}),
    ("L1L2", {"l2": 0.5}),
    ("OrthogonalRegularizer", {"factor": 0.25}),
    ("OrthogonalRegularizer", {"factor": 0.25, "mode": "columns"}),
]
ALIASES = "l1 L1 l2 L2 l1_l2 L1L2 orthogonal_regularizer OrthogonalRegularizer"


class RegularizersTest:
    @pytest.mark.parametrize("name, kwargs", ALL)
    def test_penalties_and_gradients_equal_those_of_tf_keras(
        self, name, kwargs
    ):
        x = tf.random.normal((4, 3))

        def penalty_and_gradient(module):
            with tf.GradientTape() as tape:
                tape.watch(x)
                penalty = getattr(module, name)(**kwargs)(x)
            return penalty, tape.gradient(penalty, x)

        actual, gradient = penalty_and_gradient(regularizers)
        expected, expected_gradient = penalty_and_gradient(
            tf_keras.regularizers
        )
        np.testing.assert_allclose(actual, expected, rtol=1e-5)
        if expected_gradient is not None:
            np.testing.assert_allclose(
                gradient, expected_gradient, rtol=1e-4, atol=1e-6
            )

    @pytest.mark.parametrize("name, kwargs", ALL)
    @pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
    def test_the_penalty_has_the_dtype_of_the_values(self, name, kwargs, dtype):
        regularizer = tf.function(getattr(regularizers, name)(**kwargs))
        penalty = regularizer(tf.ones((2, 3), dtype))
        assert penalty.dtype == dtype and penalty.shape == ()

    def test_penalties_follow_their_formulas(self):
        x = np.random.normal(size=(3, 4)).astype("float32")
        np.testing.assert_allclose(
            regularizers.l1_l2(0.1, 0.2)(x),
            0.1 * np.abs(x).sum() + 0.2 * np.square(x).sum(),
            rtol=1e-5,
        )
        rows = x / np.linalg.norm(x, axis=1, keepdims=True)
        pairs = [abs(rows[i] @ rows[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
        np.testing.assert_allclose(
            regularizers.OrthogonalRegularizer(0.5)(tf.constant(x)),
            0.5 * np.mean(pairs),
            rtol=1e-5,
        )

    def test_a_single_row_is_orthogonal(self):
        assert regularizers.OrthogonalRegularizer()(tf.ones((1, 3))) == 0.0

    def test_the_number_of_rows_may_be_unknown(self):
        regularizer = regularizers.OrthogonalRegularizer(0.5)
        traced = tf.function(
            regularizer, input_signature=[tf.TensorSpec((None, 2))]
        )
        x = tf.constant([[1.0, 0.0], [1.0, 1.0]])
        np.testing.assert_allclose(traced(x), 0.5 * 0.5**0.5, rtol=1e-5)

    def test_the_old_argument_name_is_taken(self):
        assert regularizers.L1(l=0.5).l1 == 0.5
        assert regularizers.L2(l=0.5).get_config() == {"l2": 0.5}
        with pytest.raises(TypeError, match="Received: rate"):
            regularizers.L2(rate=0.5)

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.1", [1]])
    def test_a_factor_that_is_no_finite_number_is_shown(self, value):
        with pytest.raises(ValueError, match="`l1` must be .* Received: l1="):
            regularizers.L1(value)
        with pytest.raises(ValueError, match="`l2` must be"):
            regularizers.L1L2(l2=value)

    def test_none_stands_for_the_default_factor(self):
        assert regularizers.L1(None).l1 == 0.01
        assert regularizers.L1L2(l1=None).l1 == 0.0

    def test_orthogonal_regularizer_shows_what_it_does_not_take(self):
        with pytest.raises(ValueError, match="Received: mode='diagonals'"):
            regularizers.OrthogonalRegularizer(mode="diagonals")
        with pytest.raises(ValueError, match=r"shape \(2, 3, 4\)"):
            regularizers.OrthogonalRegularizer()(tf.ones((2, 3, 4)))

    def test_the_base_class_has_no_penalty(self):
        assert regularizers.Regularizer()(tf.ones(2)) == 0.0


class RegularizerNamesTest:
    @pytest.mark.parametrize("name", ALIASES.split())
    def test_every_name_gives_what_tf_keras_gives(self, name):
        expected = tf_keras.regularizers.get(name)
        for actual in (regularizers.get(name), regularizers.deserialize(name)):
            assert type(actual).__name__ == type(expected).__name__
            assert actual.get_config() == pytest.approx(expected.get_config())

    @pytest.mark.parametrize("name, kwargs", ALL)
    @pytest.mark.parametrize("legacy", [False, True])
    def test_configs_are_those_of_tf_keras(self, name, kwargs, legacy):
        regularizer = getattr(regularizers, name)(**kwargs)
        expected = tf_keras.regularizers.serialize(
            getattr(tf_keras.regularizers, name)(**kwargs),
            use_legacy_format=legacy,
        )
        assert expected == regularizers.serialize(regularizer, legacy)
        revived = regularizers.deserialize(expected)
        assert type(revived) is type(regularizer)
        assert revived.get_config() == regularizer.get_config()

    def test_lower_case_names_are_the_classes(self):
        assert regularizers.l1 is regularizers.L1
        assert regularizers.l2 is regularizers.L2
        assert (
            regularizers.orthogonal_regularizer
            is regularizers.OrthogonalRegularizer
        )

    def test_custom_objects_come_before_built_in_names(self):
        class Mine(regularizers.Regularizer):
            pass

        found = regularizers.deserialize("l1_l2", custom_objects={"mine": Mine})
        assert type(found) is regularizers.L1L2
        found = regularizers.deserialize("mine", custom_objects={"mine": Mine})
        assert type(found) is Mine

    def test_none_and_functions_are_taken_and_unknown_names_are_not(self):
        assert regularizers.get(None) is None
        assert regularizers.get(tf.nn.l2_loss) is tf.nn.l2_loss
        with pytest.raises(ValueError, match="Unknown regularizer: 'l3'"):
            regularizers.get("l3")
