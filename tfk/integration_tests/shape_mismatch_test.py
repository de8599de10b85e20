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
"""Targets that do not fit are refused by every loss and metric, by name."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.losses import family as losses_family
from tfk.metrics import family as metrics_family

LOSSES = {
    **losses_family.FUNCTIONS,
    **losses_family.ALIASES,
    **losses_family.CLASSES,
}
METRICS = {
    **metrics_family.FUNCTIONS,
    **metrics_family.ALIASES,
    **metrics_family.CLASSES,
}
# Their predictions have an axis of time besides; a test of their own.
OF_SEQUENCES = {"ctc", "CTC"}
# Not of targets and predictions, or in need of further arguments.
OTHERS = {
    "Mean",
    "MeanMetricWrapper",
    "MeanTensor",
    "Sum",
    "categorical_generalized_cross_entropy",
}


def model_of(units=4):
    """Makes a model with one named output."""
    return tfk.Sequential(
        [tfk.Input((2,)), tfk.layers.Dense(units, "sigmoid", name="guess")]
    )


def first_line(shape, units=4, **compile_arguments):
    """Returns the first line of the error that a test step's trace raises."""
    model = model_of(units)
    model.compile("sgd", **compile_arguments)
    data = tf.TensorSpec((None, 2)), tf.TensorSpec(shape)
    step = tf.function(model.test_step, autograph=False)
    with pytest.raises(ValueError) as error:
        step.get_concrete_function(data)
    return str(error.value).splitlines()[0]


def is_made_by_name(name):
    """Whether a metric needs no arguments."""
    try:
        tfk.metrics.get(name)
    except TypeError:
        return False
    return True


class ShapeMismatchTest:
    def test_losses(self):
        for name in sorted(LOSSES.keys() - OF_SEQUENCES - OTHERS):
            line = first_line((None, 3), loss=name)
            made = tfk.losses.get(name)
            full_name = getattr(made, "__name__", None) or made.name
            for words in (full_name, "'guess'", "(None, 3)", "(None, 4)"):
                assert words in line, (name, line)

    def test_metrics(self):
        names = METRICS.keys() - OF_SEQUENCES - OTHERS
        for name in sorted(filter(is_made_by_name, names)):
            line = first_line((None, 3), metrics=[name])
            for words in ("'guess'", "(None, 3)", "(None, 4)"):
                assert words in line, (name, line)

    @pytest.mark.parametrize("name", ["mse", "bce", "huber", "kld", "hinge"])
    def test_a_column_is_not_spread_over_columns(self, name):
        line = first_line((None, 1), loss=name)
        assert "(None, 1)" in line and "(None, 4)" in line

    def test_fit_raises_before_the_first_step(self):
        model = model_of()
        model.compile("sgd", "mse", metrics=["mae"])
        before = model.get_weights()
        with pytest.raises(ValueError) as error:
            model.fit(np.ones((8, 2)), np.ones((8, 3)), verbose=0)
        line = str(error.value).splitlines()[0]
        assert line.startswith(
            "In the loss 'mean_squared_error' of output 'guess': "
        )
        assert int(model.optimizer.iterations) == 0
        for a, b in zip(before, model.get_weights()):
            np.testing.assert_array_equal(a, b)

    def test_a_column_may_lack_its_axis(self):
        results = []
        for shape in ((8,), (8, 1)):
            tfk.utils.set_random_seed(1)
            model = model_of(1)
            auc = tfk.metrics.AUC(name="auc")
            model.compile("sgd", "mse", metrics=["mae", auc, "accuracy"])
            y = (np.arange(8) % 2).reshape(shape)
            logs = model.fit(
                np.arange(16.0).reshape(8, 2), y, shuffle=False, verbose=0
            )
            results.append((logs.history, model.get_weights()))
        assert results[0][0] == results[1][0]
        for a, b in zip(results[0][1], results[1][1]):
            np.testing.assert_array_equal(a, b)
