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
"""Metrics by name: strings, configs and back."""

from tfk.losses import family as losses
from tfk.metrics import accuracy
from tfk.metrics import auc
from tfk.metrics import correlation
from tfk.metrics import counts
from tfk.metrics import f_score
from tfk.metrics import iou
from tfk.metrics import margin
from tfk.metrics import probabilistic
from tfk.metrics import r2
from tfk.metrics import reduction
from tfk.metrics import regression
from tfk.saving import object_family

FUNCTIONS = {
    **losses.FUNCTIONS,
    **{
        function.__name__: function
        for function in (
            accuracy.accuracy,
            accuracy.binary_accuracy,
            accuracy.categorical_accuracy,
            accuracy.sparse_categorical_accuracy,
            accuracy.sparse_top_k_categorical_accuracy,
            accuracy.top_k_categorical_accuracy,
            correlation.concordance_correlation,
            correlation.pearson_correlation,
            regression.cosine_similarity,
        )
    },
}

# A string stands for the function; `compile` makes a metric of it. "accuracy"
# there depends on the shapes of targets and predictions: see `by_shape`.
ALIASES = {
    **losses.ALIASES,
    "acc": accuracy.accuracy,
    "cosine_proximity": regression.cosine_similarity,
}

CLASSES = {
    cls.__name__: cls
    for cls in (
        accuracy.Accuracy,
        accuracy.BinaryAccuracy,
        accuracy.CategoricalAccuracy,
        accuracy.SparseCategoricalAccuracy,
        accuracy.SparseTopKCategoricalAccuracy,
        accuracy.TopKCategoricalAccuracy,
        auc.AUC,
        correlation.ConcordanceCorrelation,
        correlation.PearsonCorrelation,
        f_score.F1Score,
        f_score.FBetaScore,
        iou.BinaryIoU,
        iou.IoU,
        iou.MeanIoU,
        iou.OneHotIoU,
        iou.OneHotMeanIoU,
        r2.R2Score,
        counts.FalseNegatives,
        counts.FalsePositives,
        counts.Precision,
        counts.PrecisionAtRecall,
        counts.Recall,
        counts.RecallAtPrecision,
        counts.SensitivityAtSpecificity,
        counts.SpecificityAtSensitivity,
        counts.TrueNegatives,
        counts.TruePositives,
        margin.CategoricalHinge,
        margin.Hinge,
        margin.SquaredHinge,
        probabilistic.BinaryCrossentropy,
        probabilistic.CategoricalCrossentropy,
        probabilistic.KLDivergence,
        probabilistic.Poisson,
        probabilistic.SparseCategoricalCrossentropy,
        reduction.Mean,
        reduction.MeanMetricWrapper,
        reduction.MeanTensor,
        reduction.Sum,
        regression.CosineSimilarity,
        regression.LogCoshError,
        regression.MeanAbsoluteError,
        regression.MeanAbsolutePercentageError,
        regression.MeanRelativeError,
        regression.MeanSquaredError,
        regression.MeanSquaredLogarithmicError,
        regression.RootMeanSquaredError,
    )
}

_FAMILY = object_family.ObjectFamily(
    "metric", "keras.metrics", {**FUNCTIONS, **ALIASES, **CLASSES}
)


def get(identifier):
    """Returns the metric that an argument such as `compile(metrics=...)` means.

    Arguments:
        identifier: None, a name (`"mse"` for the function,
            `"MeanSquaredError"` for the class), a config, a class, or a
            metric, which is returned as it is.

    Returns:
        A function, a `Metric`, or None.

    Raises:
        ValueError: If the name is unknown.
        TypeError: If the identifier is none of these.

    Example:

    >>> tfk.metrics.get("binary_accuracy").__name__
    'binary_accuracy'
    """
    return _FAMILY.get(identifier)


def serialize(metric, use_legacy_format=False):
    """Returns the name or config from which `deserialize` makes the metric.

    Arguments:
        metric: A `Metric` or a function.
        use_legacy_format: Boolean: whether to write the config as TensorFlow
            2.12 and older did.

    Example:

    >>> tfk.metrics.serialize(tfk.metrics.binary_accuracy)
    'binary_accuracy'
    """
    return _FAMILY.serialize(metric, use_legacy_format)


def deserialize(config, custom_objects=None, use_legacy_format=False):
    """Makes a metric of what `serialize` returned.

    Arguments:
        config: A name or config.
        custom_objects: Optional dict of names to metrics of your own.
        use_legacy_format: Boolean: both formats are read in any case.

    Returns:
        A function or a `Metric`.

    Raises:
        ValueError: If the config names an unknown metric.

    Example:

    >>> config = tfk.metrics.serialize(tfk.metrics.Precision(thresholds=0.7))
    >>> list(tfk.metrics.deserialize(config).thresholds)
    [0.7]
    """
    return _FAMILY.deserialize(config, custom_objects, use_legacy_format)
