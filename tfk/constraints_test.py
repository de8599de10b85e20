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
"""Tests of the constraints, against NumPy and tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import constraints

ALL = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": [0, 1, 2]}),
    ("MinMaxNorm", {}),
    (
        "MinMaxNorm",
        {"min_value": 1.5, "max_value": 2.5, "rate": 0.7, "axis": [0, 1]},
    ),
    ("NonNeg", {}),
    ("RadialConstraint", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": [0, 1, 2]}),
]
ALIASES = (
    "max_norm maxnorm MaxNorm min_max_norm MinMaxNorm non_neg nonneg NonNeg "
    "radial_constraint RadialConstraint unit_norm unitnorm UnitNorm"
).split()


def kernel(size):
    values = np.random.normal(size=(size, size, 2, 3)).astype("float32")
    values[:, :, 0, 0] = 0.0
    return values


class ConstraintsTest:
    @pytest.mark.parametrize("name, kwargs", ALL)
    def test_weights_equal_those_of_tf_keras(self, name, kwargs):
        w = tf.constant(kernel(4))
        constraint = getattr(constraints, name)(**kwargs)
        expected = getattr(tf_keras.constraints, name)(**kwargs)(w)
        np.testing.assert_allclose(
            constraint(w), expected, rtol=1e-5, atol=1e-7
        )
        for dtype in ("float64", "bfloat16"):
            assert constraint(tf.cast(w, dtype)).dtype == dtype

    @pytest.mark.parametrize("name, kwargs", ALL)
    def test_a_weight_that_meets_it_stays(self, name, kwargs):
        constraint = getattr(constraints, name)(**{**kwargs, **_at_once(name)})
        for size in (1, 2, 3, 4, 5, 6):
            w = constraint(tf.Variable(kernel(size)))
            np.testing.assert_allclose(constraint(w), w, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("name, kwargs", ALL)
    def test_variables_are_constrained_in_compiled_functions(
        self, name, kwargs
    ):
        w = tf.Variable(kernel(3))
        constraint = getattr(constraints, name)(**kwargs)
        compiled = tf.function(lambda: constraint(w), jit_compile=True)
        np.testing.assert_allclose(compiled(), constraint(w), rtol=1e-5)

    def test_norms_end_within_their_bounds(self):
        w = tf.random.normal((20, 50), stddev=2.0)
        norms = np.linalg.norm(constraints.MaxNorm(3.0)(w), axis=0)
        assert norms.max() <= 3.0 + 1e-5
        norms = np.linalg.norm(constraints.MinMaxNorm(4.0, 5.0)(w), axis=0)
        assert norms.min() >= 4.0 - 1e-5 and norms.max() <= 5.0 + 1e-5
        norms = np.linalg.norm(constraints.UnitNorm(axis=1)(w), axis=1)
        np.testing.assert_allclose(norms, 1.0, rtol=1e-5)

    def test_non_neg_takes_infinite_weights(self):
        w = constraints.NonNeg()(tf.constant([-np.inf, -1.0, np.inf]))
        np.testing.assert_array_equal(w, [0.0, 0.0, np.inf])

    @pytest.mark.parametrize("size", [2, 4, 6])
    def test_radial_kernels_of_even_size_equal_those_of_tf_keras(self, size):
        w = kernel(size)
        np.testing.assert_array_equal(
            constraints.RadialConstraint()(w),
            tf_keras.constraints.RadialConstraint()(tf.constant(w)),
        )

    def test_radial_kernels_of_odd_size_copy_the_diagonal_outwards(self):
        w = kernel(5)
        actual = constraints.RadialConstraint()(tf.constant(w)).numpy()
        np.testing.assert_array_equal(actual[2, 2], w[2, 2])
        for place in ((1, 1), (1, 2), (3, 2), (3, 3)):
            np.testing.assert_array_equal(actual[place], w[3, 3])
        for place in ((0, 0), (0, 2), (4, 1), (4, 4)):
            np.testing.assert_array_equal(actual[place], w[4, 4])

    @pytest.mark.parametrize("shape", [(3, 3, 1), (3, 5, 1, 1)])
    def test_radial_constraint_shows_a_shape_it_does_not_take(self, shape):
        with pytest.raises(ValueError, match="Received: w of shape"):
            constraints.RadialConstraint()(tf.ones(shape))

    def test_the_base_class_allows_all_weights(self):
        w = tf.constant([-1.0, 2.0])
        np.testing.assert_array_equal(constraints.Constraint()(w), w)
        assert constraints.Constraint().get_config() == {}


def _at_once(name):
    return {"rate": 1.0} if name == "MinMaxNorm" else {}


class ConstraintNamesTest:
    @pytest.mark.parametrize("name", ALIASES)
    def test_every_name_gives_the_class_that_tf_keras_gives(self, name):
        expected = tf_keras.constraints.get(name)
        actual = constraints.get(name)
        assert type(actual).__name__ == type(expected).__name__
        assert actual.get_config() == expected.get_config()

    @pytest.mark.parametrize("name, kwargs", ALL)
    @pytest.mark.parametrize("legacy", [False, True])
    def test_configs_are_those_of_tf_keras(self, name, kwargs, legacy):
        actual = constraints.serialize(
            getattr(constraints, name)(**kwargs), use_legacy_format=legacy
        )
        expected = tf_keras.constraints.serialize(
            getattr(tf_keras.constraints, name)(**kwargs),
            use_legacy_format=legacy,
        )
        assert actual == expected
        revived = constraints.deserialize(expected, use_legacy_format=legacy)
        assert type(revived) is getattr(constraints, name)
        assert revived.get_config() == expected["config"]

    def test_snake_case_names_are_the_classes(self):
        assert constraints.max_norm is constraints.MaxNorm
        assert constraints.min_max_norm is constraints.MinMaxNorm
        assert constraints.non_neg is constraints.NonNeg
        assert constraints.radial_constraint is constraints.RadialConstraint
        assert constraints.unit_norm is constraints.UnitNorm

    def test_none_classes_and_objects_are_taken(self):
        constraint = constraints.NonNeg()
        assert constraints.get(None) is None
        assert constraints.get(constraint) is constraint
        assert isinstance(
            constraints.get(constraints.UnitNorm), constraints.UnitNorm
        )
        assert constraints.get(tf.abs) is tf.abs

    def test_an_unknown_name_shows_close_ones(self):
        with pytest.raises(ValueError, match="'max_nrm'.*'max_norm'"):
            constraints.get("max_nrm")
