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
"""The rules that every metric follows, from one table."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import metrics
from tfk.metrics import family
from tfk.testing import strategies

CLASSES = 4


def _labels(rng, batch):
    shape = (batch, CLASSES)
    return rng.integers(0, 2, shape), rng.uniform(0.02, 0.98, shape)


def _numbers(rng, batch):
    return tuple(rng.uniform(0.1, 2, (2, batch, CLASSES)))


def _one_hot(rng, batch):
    labels, chances = _classes(rng, batch)
    return np.eye(CLASSES)[labels], chances


def _classes(rng, batch):
    chances = rng.dirichlet(np.ones(CLASSES), batch)
    return rng.integers(0, CLASSES, batch), chances


def _equal_or_not(rng, batch):
    return tuple(rng.integers(0, 2, (2, batch, CLASSES)))


# A row for each metric of targets and predictions: a maker of data, and the
# arguments to try.
TABLE = {
    "AUC": (
        _labels,
        [
            {},
            {"num_thresholds": 7, "curve": "PR"},
            {"summation_method": "minoring"},
            {"summation_method": "majoring", "curve": "PR"},
            {"thresholds": [0.9, 0.2, 0.5]},
            {"multi_label": True},
            {"multi_label": True, "label_weights": [1.0, 2.0, 0.0, 1.0]},
            {"label_weights": [1.0, 2.0, 0.0, 1.0]},
            {"multi_label": True, "num_labels": 4, "curve": "PR"},
            {"from_logits": True},
            {"curve": "PRGAIN"},
            {"curve": "PR_GAIN", "multi_label": True},
        ],
    ),
    "Accuracy": (_equal_or_not, [{}]),
    "BinaryAccuracy": (_labels, [{}, {"threshold": 0.3}]),
    "BinaryCrossentropy": (_labels, [{}, {"from_logits": True}]),
    "CategoricalAccuracy": (_one_hot, [{}]),
    "CategoricalCrossentropy": (_one_hot, [{}, {"label_smoothing": 0.1}]),
    "CategoricalHinge": (_one_hot, [{}]),
    "ConcordanceCorrelation": (_numbers, [{}]),
    "CosineSimilarity": (_numbers, [{}]),
    "FalseNegatives": (_labels, [{}, {"thresholds": [0.7, 0.3]}]),
    "FalsePositives": (_labels, [{}, {"thresholds": [0.7, 0.3]}]),
    "Hinge": (_labels, [{}]),
    "KLDivergence": (_one_hot, [{}]),
    "LogCoshError": (_numbers, [{}]),
    "MeanAbsoluteError": (_numbers, [{}]),
    "MeanAbsolutePercentageError": (_numbers, [{}]),
    "MeanRelativeError": (_numbers, [{"normalizer": [1.0, 2.0, 0.0, 4.0]}]),
    "MeanSquaredError": (_numbers, [{}]),
    "MeanSquaredLogarithmicError": (_numbers, [{}]),
    "PearsonCorrelation": (_numbers, [{}]),
    "Poisson": (_numbers, [{}]),
    "Precision": (
        _labels,
        [
            {},
            {"thresholds": [0.7, 0.3]},
            {"top_k": 2},
            {"class_id": 1},
            {"top_k": 1, "class_id": 2},
            {"thresholds": 0.4, "top_k": 2},
        ],
    ),
    "PrecisionAtRecall": (_labels, [{"recall": 0.6}]),
    "Recall": (
        _labels,
        [{}, {"thresholds": [0.7, 0.3]}, {"top_k": 2}, {"class_id": 1}],
    ),
    "RecallAtPrecision": (
        _labels,
        [{"precision": 0.6}, {"precision": 0.6, "num_thresholds": 1}],
    ),
    "RootMeanSquaredError": (_numbers, [{}]),
    "SensitivityAtSpecificity": (
        _labels,
        [{"specificity": 0.6}, {"specificity": 0.5, "class_id": 2}],
    ),
    "SparseCategoricalAccuracy": (_classes, [{}]),
    "SparseCategoricalCrossentropy": (
        _classes,
        [{}, {"ignore_class": 1}, {"from_logits": True}],
    ),
    "SparseTopKCategoricalAccuracy": (_classes, [{"k": 2}]),
    "SpecificityAtSensitivity": (_labels, [{"sensitivity": 0.6}]),
    "SquaredHinge": (_labels, [{}]),
    "TopKCategoricalAccuracy": (_one_hot, [{"k": 2}]),
    "TrueNegatives": (_labels, [{}, {"thresholds": [0.7, 0.3]}]),
    "TruePositives": (_labels, [{}, {"thresholds": [0.7, 0.3]}]),
}
TABLE.update(
    {
        "BinaryIoU": (_labels, [{}, {"target_class_ids": [1]}]),
        "F1Score": (
            _labels,
            [
                {},
                {"average": "micro"},
                {"average": "macro", "threshold": 0.5},
                {"average": "weighted"},
            ],
        ),
        "FBetaScore": (_labels, [{"beta": 2.0, "threshold": 0.3}]),
        "IoU": (
            _equal_or_not,
            [
                {"num_classes": 2, "target_class_ids": [1]},
                {"num_classes": 2, "target_class_ids": [0], "ignore_class": 1},
            ],
        ),
        "MeanIoU": (_equal_or_not, [{"num_classes": 3}]),
        "OneHotIoU": (
            _one_hot,
            [{"num_classes": 4, "target_class_ids": [1, 3]}],
        ),
        "OneHotMeanIoU": (_one_hot, [{"num_classes": 4}]),
        "R2Score": (
            _numbers,
            [
                {},
                {"class_aggregation": "variance_weighted_average"},
                {"class_aggregation": None},
            ],
        ),
    }
)
# What tf_keras takes as weights in some metrics.
FULL_WEIGHTS = ("BinaryIoU", "IoU", "MeanIoU")
FLAT_WEIGHTS = ("MeanRelativeError", "F1Score", "FBetaScore", "R2Score")
FLAT_WEIGHTS += ("OneHotIoU", "OneHotMeanIoU")
# Those of which a value is one of a row, and those whose result is a weight.
OF_ROWS = (
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "KLDivergence",
    "PearsonCorrelation",
    "TopKCategoricalAccuracy",
)
COUNTS = ("FalseNegatives", "FalsePositives", "TrueNegatives", "TruePositives")
OF_VALUES = ["Mean", "MeanTensor", "Sum"]
CASES = [
    pytest.param(name, kwargs, id=f"{name}-{'-'.join(kwargs) or 'default'}")
    for name, (_, variants) in TABLE.items()
    for kwargs in variants
]
# Those that tf_keras knows, too.
PEER_CASES = [
    case for case in CASES if hasattr(tf_keras.metrics, case.values[0])
]
FIRST_CASES = [
    pytest.param(name, variants[0], id=name)
    for name, (_, variants) in TABLE.items()
]


def make_data(name, batch=12, seed=5):
    y_true, y_pred = TABLE[name][0](np.random.default_rng(seed), batch)
    if y_true.dtype.kind == "f":
        y_true = y_true.astype("float32")
    return y_true, y_pred.astype("float32")


class EveryMetricTest:
    def test_table_has_every_metric(self):
        listed = [*TABLE, *OF_VALUES, "MeanMetricWrapper"]
        assert sorted(listed) == sorted(family.CLASSES)

    @pytest.mark.parametrize("name, kwargs", PEER_CASES)
    def test_results_equal_tf_keras(self, name, kwargs):
        own = getattr(metrics, name)(**kwargs)
        peer = getattr(tf_keras.metrics, name)(**kwargs)
        weight = np.linspace(0, 2, 12).astype("float32")
        for seed, w in enumerate((None, weight, weight[:, None])):
            if w is not None and w.ndim == 2 and name in FLAT_WEIGHTS:
                continue
            data = make_data(name, seed=seed)
            own.update_state(*data, sample_weight=w)
            if w is not None and name in FULL_WEIGHTS:
                w = np.broadcast_to(weight[:, None], data[0].shape)
            peer.update_state(*data, sample_weight=w)
            np.testing.assert_allclose(own.result(), peer.result(), 2e-6, 1e-6)
        assert [(v.name, v.shape) for v in own.variables] == [
            (v.name, v.shape) for v in peer.variables
        ]

    @pytest.mark.parametrize("name, kwargs", PEER_CASES)
    def test_config_equals_tf_keras_and_round_trips(self, name, kwargs):
        own = getattr(metrics, name)(**kwargs, name="m")
        peer = getattr(tf_keras.metrics, name)(**kwargs, name="m")
        config = own.get_config()
        assert list(sorted(config)) == list(sorted(peer.get_config()))
        again = metrics.deserialize(metrics.serialize(own))
        assert type(again) is type(own) and again.get_config() == config
        if name != "MeanRelativeError":
            peers = tf_keras.metrics.serialize(peer)
            assert metrics.deserialize(peers).get_config() == config

    @pytest.mark.parametrize("name, kwargs", CASES)
    def test_masked_elements_count_for_nothing(self, name, kwargs):
        y_true, y_pred = make_data(name)
        expected = getattr(metrics, name)(**kwargs)
        expected.update_state(y_true[:8], y_pred[:8])
        y_pred[8:] = np.nan
        if y_true.dtype.kind == "f":
            y_true[8:] = np.nan
        masked = tf.constant(y_pred)
        masked._keras_mask = tf.range(12) < 8
        weight = np.where(np.arange(12) < 8, 1.0, np.nan)
        for w in (None, weight):
            metric = getattr(metrics, name)(**kwargs)
            metric.update_state(y_true, masked, sample_weight=w)
            np.testing.assert_allclose(metric.result(), expected.result(), 1e-6)

    @pytest.mark.parametrize("name, kwargs", FIRST_CASES)
    def test_shapes_are_not_broadcast(self, name, kwargs):
        metric = getattr(metrics, name)(**kwargs)
        y_pred = np.full((8, 4), 0.5, "float32")
        y_true = np.ones((8, 3 if "Sparse" in name else 1), "int32")
        with pytest.raises(ValueError, match=r"y_true.shape=\(8, .\).*\(8, 4"):
            metric.update_state(y_true, y_pred)
        with pytest.raises(ValueError, match=r"\(5,\)"):
            metric.update_state(*make_data(name), sample_weight=np.ones(5))

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, None), tf.int32),
                tf.TensorSpec((None, 4), tf.float32),
            ]
        )
        def compiled(y_true, y_pred):
            metric.update_state(y_true, y_pred)

        with pytest.raises(tf.errors.InvalidArgumentError):
            compiled(y_true, y_pred)

    @pytest.mark.parametrize("name, kwargs", FIRST_CASES)
    def test_missing_last_axis_is_added(self, name, kwargs):
        if name == "MeanRelativeError":
            kwargs = {"normalizer": 2.0}
        rng = np.random.default_rng(3)
        y_true = rng.integers(0, 1 if "Sparse" in name else 2, (8, 1))
        y_pred = rng.uniform(0.1, 0.9, (8, 1)).astype("float32")
        weight = rng.uniform(0, 1, 8).astype("float32")
        results = []
        for y in (y_true, y_true[:, 0]):
            for w in (weight, weight[:, None]):
                metric = getattr(metrics, name)(
                    **{**kwargs, **({"k": 1} if "k" in kwargs else {})}
                )
                metric.update_state(y, y_pred, sample_weight=w)
                results.append(metric.result().numpy())
        assert len(np.unique(results)) == 1

    @pytest.mark.parametrize("name, kwargs", FIRST_CASES)
    def test_merge_reset_and_own_variables(self, name, kwargs):
        first, second, both = (
            getattr(metrics, name)(**kwargs) for _ in range(3)
        )
        for metric, seed in ((first, 1), (second, 2)):
            metric.update_state(*make_data(name, seed=seed))
            both.update_state(*make_data(name, seed=seed))
        first.merge_state([second])
        np.testing.assert_allclose(first.result(), both.result(), 1e-6)
        store = {}
        both.save_own_variables(store)
        second.load_own_variables(store)
        np.testing.assert_array_equal(second.result(), both.result())
        first.reset_state()
        assert all(np.all(v.numpy() == 0) for v in first.variables)
        assert np.all(np.isfinite(first.result()))

    @pytest.mark.parametrize("name, kwargs", FIRST_CASES)
    def test_ragged_equals_masked(self, name, kwargs):
        if name in ("AUC", "MeanRelativeError"):
            kwargs = {**kwargs, **({"normalizer": 2.0} if kwargs else {})}
        lengths = [3, 0, 1]
        y_true, y_pred = (
            x[:9].reshape((3, 3) + x.shape[1:]) for x in make_data(name)
        )
        masked = tf.constant(y_pred)
        masked._keras_mask = tf.sequence_mask(lengths, 3)
        weight = np.array([0.5, 1, 2], "float32")
        expected, got = (getattr(metrics, name)(**kwargs) for _ in range(2))
        for w in (None, weight):
            if name == "MeanRelativeError":
                continue
            expected.update_state(y_true, masked, sample_weight=w)
            got.update_state(
                tf.RaggedTensor.from_tensor(y_true, lengths),
                tf.RaggedTensor.from_tensor(y_pred, lengths),
                sample_weight=w,
            )
            np.testing.assert_allclose(got.result(), expected.result(), 1e-6)

    @pytest.mark.parametrize("name", ["AUC", "IoU", "Precision", "R2Score"])
    def test_ragged_targets_of_dense_predictions_are_refused(self, name):
        known = {"IoU": {"num_classes": 2, "target_class_ids": [0]}}
        metric = getattr(metrics, name)(**known.get(name, {}))
        y_true = tf.ragged.constant([[1.0, 0.0], [1.0]])
        for weight in (None, tf.constant([1.0, 2.0])):
            with pytest.raises(ValueError, match="ragged along the same axes"):
                metric.update_state(y_true, tf.ones((2, 2)), weight)

    @pytest.mark.parametrize("name, kwargs", FIRST_CASES)
    def test_misfits_are_errors_of_the_trace(self, name, kwargs):
        metric = getattr(metrics, name)(**kwargs)
        function = getattr(metric, "_fn", None)
        names = {metric.name, getattr(function, "__name__", metric.name)}
        y_true = tf.TensorSpec((None, 3 if "Sparse" in name else 1), tf.int32)
        y_pred = tf.TensorSpec((None, 4), tf.float32)
        with pytest.raises(ValueError) as caught:
            tf.function(metric.update_state).get_concrete_function(
                y_true, y_pred
            )
        message = str(caught.value)
        assert any(f"`{n}`" in message for n in names), message
        assert f"y_true.shape={y_true.shape}" in message
        assert f"y_pred.shape={y_pred.shape}" in message

    @pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
    @pytest.mark.parametrize("name, kwargs", FIRST_CASES)
    def test_half_precision_is_summed_in_single(self, name, kwargs, dtype):
        y_true, y_pred = make_data(name)
        half = tf.cast(y_pred, dtype)
        got, wanted = (getattr(metrics, name)(**kwargs) for _ in range(2))
        for _ in range(3):
            got.update_state(y_true, half)
            wanted.update_state(y_true, tf.cast(half, tf.float32))
        np.testing.assert_allclose(got.result(), wanted.result(), 1e-6)
        assert all(v.dtype in (tf.float32, tf.int32) for v in got.variables)

    @pytest.mark.parametrize("name, kwargs", FIRST_CASES)
    def test_weights_of_all_shapes_are_the_same(self, name, kwargs):
        y_true, y_pred = make_data(name)
        weight = np.linspace(0, 2, 12).astype("float32")
        shapes_of_weights = [weight, weight[:, None]]
        if y_true.shape == y_pred.shape and name not in (
            *OF_ROWS,
            *FLAT_WEIGHTS,
        ):
            shapes_of_weights.append(np.repeat(weight[:, None], CLASSES, 1))
        results = []
        for w in shapes_of_weights:
            metric = getattr(metrics, name)(**kwargs)
            metric.update_state(y_true, y_pred, sample_weight=w)
            results.append(metric.result())
        for result in results:
            np.testing.assert_allclose(result, results[0], 1e-6)
        scalar, plain = (getattr(metrics, name)(**kwargs) for _ in range(2))
        scalar.update_state(y_true, y_pred, sample_weight=2.0)
        plain.update_state(y_true, y_pred)
        factor = 2.0 if name in COUNTS else 1.0
        np.testing.assert_allclose(
            scalar.result(), factor * plain.result().numpy(), 1e-6
        )

    @pytest.mark.parametrize("name, kwargs", FIRST_CASES)
    def test_replicas_give_the_result_of_one(self, name, kwargs):
        y_true, y_pred = make_data(name)
        strategy = strategies.two_replicas()
        with strategy.scope():
            metric = getattr(metrics, name)(**kwargs)

        @tf.function(reduce_retracing=True)
        def step(*parts):
            strategy.run(metric.update_state, parts)

        for rows in (9, 12):
            expected = getattr(metrics, name)(**kwargs)
            expected.update_state(y_true[:rows], y_pred[:rows])
            # Uneven parts, and then an empty one.
            for first in (6, rows):
                parts = [
                    strategy.experimental_distribute_values_from_function(
                        lambda c, x=x: tf.constant(
                            x[:first]
                            if c.replica_id_in_sync_group == 0
                            else x[first:rows]
                        )
                    )
                    for x in (y_true, y_pred)
                ]
                step(*parts)
                result = metric.result()
                np.testing.assert_allclose(result, expected.result(), 1e-6)
                metric.reset_state()

    @pytest.mark.parametrize("num_thresholds", [2, 200, 10_000])
    def test_graph_of_auc_does_not_grow_with_its_thresholds(
        self, num_thresholds
    ):
        metric = metrics.AUC(num_thresholds)
        graph = (
            tf.function(metric.update_state)
            .get_concrete_function(
                tf.TensorSpec((None, 4)), tf.TensorSpec((None, 4))
            )
            .graph
        )
        assert len(graph.get_operations()) < 100

    def test_labels_among_sorted_ids(self):
        big = 2**40
        ids = [[big + 3, big + 1, 7], [5, big + 1, 2], [1, 2, 3]]
        y_true = [[big + 1], [big], [3]]
        for k, wanted in ((1, 0), (2, 1 / 3), (3, 2 / 3), (5, 2 / 3)):
            metric = metrics.SparseTopKCategoricalAccuracy(
                k, from_sorted_ids=True
            )
            metric.update_state(np.array(y_true), np.array(ids))
            np.testing.assert_allclose(metric.result(), wanted, 1e-6)
        again = metrics.deserialize(metrics.serialize(metric))
        assert again.from_sorted_ids and again.get_config()["from_sorted_ids"]
        compiled = tf.function(metrics.sparse_top_k_categorical_accuracy)
        values = compiled(
            tf.constant([1, 2]),
            tf.constant([[2, 1], [0, 1]]),
            k=2,
            from_sorted_ids=True,
        )
        np.testing.assert_array_equal(values, [1, 0])
