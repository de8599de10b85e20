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
"""Metrics against Keras 3: what it has beyond tf_keras, and configs."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import pytest

from tfk import metrics

RANDOM = np.random.default_rng(0)
TARGETS = RANDOM.normal(size=(10, 4)).astype("float32")
SCORES = (TARGETS + RANDOM.normal(size=(10, 4))).astype("float32")
LABELS = RANDOM.integers(0, 2, (10, 4)).astype("float32")
CHANCES = RANDOM.uniform(size=(10, 4)).astype("float32")
CLASSES = RANDOM.integers(0, 4, 10)
SORTED_IDS = np.argsort(-CHANCES, axis=1)
WEIGHTS = RANDOM.uniform(size=10).astype("float32")

CASES = {
    **{
        f"{name}_{axis}": (name, {"axis": axis}, (TARGETS, SCORES))
        for name in ("PearsonCorrelation", "ConcordanceCorrelation")
        for axis in (1, -1)
    },
    **{
        f"top_{k}_{is_sorted}": (
            "SparseTopKCategoricalAccuracy",
            {"k": k, "from_sorted_ids": is_sorted},
            (CLASSES, SORTED_IDS if is_sorted else CHANCES),
        )
        for k in (1, 3, 5)
        for is_sorted in (False, True)
    },
    **{
        f"f_{beta}_{average}_{threshold}": (
            "FBetaScore",
            {"beta": beta, "average": average, "threshold": threshold},
            (LABELS, CHANCES),
        )
        for beta in (1.0, 2.0)
        for average in (None, "micro", "macro", "weighted")
        for threshold in (None, 0.4)
    },
    "f1": ("F1Score", {"average": "macro"}, (LABELS, CHANCES)),
    **{
        f"r2_{aggregation}": (
            "R2Score",
            {"class_aggregation": aggregation},
            (TARGETS, SCORES),
        )
        for aggregation in (
            "uniform_average",
            "variance_weighted_average",
            None,
        )
    },
    "r2_adjusted": (
        "R2Score",
        {"num_regressors": 3},
        (TARGETS[:, :1], SCORES[:, :1]),
    ),
}
NEEDED = {
    "IoU": {"num_classes": 3, "target_class_ids": [0, 1]},
    "MeanIoU": {"num_classes": 3},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}
CLASS_NAMES = [
    name
    for name in sorted(dir(keras.metrics))
    if isinstance(getattr(keras.metrics, name), type)
    and name not in ("Metric", "MeanMetricWrapper")
]


def assert_same(compute):
    """Compares what a function of one of the two modules returns."""
    np.testing.assert_allclose(
        compute(metrics), compute(keras.metrics), rtol=1e-4, atol=1e-6
    )


class ResultsTest:
    @pytest.mark.parametrize("case", CASES)
    def test_results_of_two_batches_are_those_of_keras_3(self, case):
        name, options, (y_true, y_pred) = CASES[case]

        def compute(module, weight):
            metric = getattr(module, name)(**options)
            for rows in (slice(0, 4), slice(4, None)):
                metric.update_state(
                    y_true[rows],
                    y_pred[rows],
                    sample_weight=None if weight is None else weight[rows],
                )
            return metric.result()

        for weight in (None, WEIGHTS):
            assert_same(lambda module: compute(module, weight))

    @pytest.mark.parametrize(
        "name", ["pearson_correlation", "concordance_correlation"]
    )
    def test_correlations_along_any_axis_are_those_of_keras_3(self, name):
        cubes = [
            np.reshape(x[:, :3], (5, 2, 3)) for x in (TARGETS, SCORES + 1.0)
        ]
        for axis in (0, 1, 2, -1, -2):
            assert_same(lambda module: getattr(module, name)(*cubes, axis=axis))

    @pytest.mark.parametrize("is_sorted", [False, True])
    def test_top_k_function_is_that_of_keras_3(self, is_sorted):
        y_pred = SORTED_IDS if is_sorted else CHANCES
        for shape in ((10,), (2, 5)):
            assert_same(
                lambda module: module.sparse_top_k_categorical_accuracy(
                    CLASSES.reshape(shape),
                    y_pred.reshape((*shape, 4)),
                    k=2,
                    from_sorted_ids=is_sorted,
                )
            )


class ConfigsTest:
    @pytest.mark.parametrize("name", CLASS_NAMES)
    def test_configs_can_be_read_by_each_other(self, name):
        options = NEEDED.get(name, {})
        theirs = getattr(keras.metrics, name)(**options)
        ours = metrics.deserialize(keras.metrics.serialize(theirs))
        assert type(ours) is getattr(metrics, name)
        keys = theirs.get_config()
        found = ours.get_config()
        assert keys == {key: found.get(key) for key in keys}
        again = keras.metrics.deserialize(metrics.serialize(ours))
        assert again.get_config() == keys


class DifferencesTest:
    def test_correlation_of_constants_is_zero(self):
        constant = np.ones((1, 3), "float32")
        for pair in ((constant, SCORES[:1, :3]), (constant, constant)):
            value = metrics.pearson_correlation(*pair)
            np.testing.assert_array_equal(value, [0.0])
            assert np.isnan(keras.metrics.pearson_correlation(*pair))

    def test_concordance_of_small_numbers_is_that_of_large_ones(self):
        pair = np.stack([TARGETS, SCORES])
        np.testing.assert_allclose(
            metrics.concordance_correlation(*(1e-4 * pair)),
            metrics.concordance_correlation(*pair),
            rtol=1e-3,
            atol=1e-6,
        )

    def test_adjusted_r2_counts_samples_and_not_numbers(self):
        ours = metrics.R2Score(num_regressors=3)
        ours.update_state(TARGETS, SCORES)
        columns = []
        for i in range(4):
            column = keras.metrics.R2Score(num_regressors=3)
            column.update_state(TARGETS[:, i : i + 1], SCORES[:, i : i + 1])
            columns.append(column.result())
        np.testing.assert_allclose(ours.result(), np.mean(columns), 1e-4)
