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
"""Metrics: what training shows."""

from tfk.losses.crossentropy import binary_crossentropy
from tfk.losses.crossentropy import binary_focal_crossentropy
from tfk.losses.crossentropy import categorical_crossentropy
from tfk.losses.crossentropy import categorical_focal_crossentropy
from tfk.losses.crossentropy import kl_divergence
from tfk.losses.crossentropy import poisson
from tfk.losses.crossentropy import sparse_categorical_crossentropy
from tfk.losses.margin import categorical_hinge
from tfk.losses.margin import hinge
from tfk.losses.margin import squared_hinge
from tfk.losses.regression import huber
from tfk.losses.regression import log_cosh
from tfk.losses.regression import mean_absolute_error
from tfk.losses.regression import mean_absolute_percentage_error
from tfk.losses.regression import mean_squared_error
from tfk.losses.regression import mean_squared_logarithmic_error
from tfk.metrics import experimental
from tfk.metrics.accuracy import Accuracy
from tfk.metrics.accuracy import BinaryAccuracy
from tfk.metrics.accuracy import CategoricalAccuracy
from tfk.metrics.accuracy import SparseCategoricalAccuracy
from tfk.metrics.accuracy import SparseTopKCategoricalAccuracy
from tfk.metrics.accuracy import TopKCategoricalAccuracy
from tfk.metrics.accuracy import binary_accuracy
from tfk.metrics.accuracy import categorical_accuracy
from tfk.metrics.accuracy import sparse_categorical_accuracy
from tfk.metrics.accuracy import sparse_top_k_categorical_accuracy
from tfk.metrics.accuracy import top_k_categorical_accuracy
from tfk.metrics.auc import AUC
from tfk.metrics.by_shape import resolve_accuracy
from tfk.metrics.by_shape import resolve_crossentropy
from tfk.metrics.correlation import ConcordanceCorrelation
from tfk.metrics.correlation import PearsonCorrelation
from tfk.metrics.correlation import concordance_correlation
from tfk.metrics.correlation import pearson_correlation
from tfk.metrics.counts import FalseNegatives
from tfk.metrics.counts import FalsePositives
from tfk.metrics.counts import Precision
from tfk.metrics.counts import PrecisionAtRecall
from tfk.metrics.counts import Recall
from tfk.metrics.counts import RecallAtPrecision
from tfk.metrics.counts import SensitivityAtSpecificity
from tfk.metrics.counts import SpecificityAtSensitivity
from tfk.metrics.counts import TrueNegatives
from tfk.metrics.counts import TruePositives
from tfk.metrics.f_score import F1Score
from tfk.metrics.f_score import FBetaScore
from tfk.metrics.family import deserialize
from tfk.metrics.family import get
from tfk.metrics.family import serialize
from tfk.metrics.iou import BinaryIoU
from tfk.metrics.iou import IoU
from tfk.metrics.iou import MeanIoU
from tfk.metrics.iou import OneHotIoU
from tfk.metrics.iou import OneHotMeanIoU
from tfk.metrics.margin import CategoricalHinge
from tfk.metrics.margin import Hinge
from tfk.metrics.margin import SquaredHinge
from tfk.metrics.metric import Metric
from tfk.metrics.probabilistic import BinaryCrossentropy
from tfk.metrics.probabilistic import CategoricalCrossentropy
from tfk.metrics.probabilistic import KLDivergence
from tfk.metrics.probabilistic import Poisson
from tfk.metrics.probabilistic import SparseCategoricalCrossentropy
from tfk.metrics.r2 import R2Score
from tfk.metrics.reduction import Mean
from tfk.metrics.reduction import MeanMetricWrapper
from tfk.metrics.reduction import MeanTensor
from tfk.metrics.reduction import Sum
from tfk.metrics.regression import CosineSimilarity
from tfk.metrics.regression import LogCoshError
from tfk.metrics.regression import MeanAbsoluteError
from tfk.metrics.regression import MeanAbsolutePercentageError
from tfk.metrics.regression import MeanRelativeError
from tfk.metrics.regression import MeanSquaredError
from tfk.metrics.regression import MeanSquaredLogarithmicError
from tfk.metrics.regression import RootMeanSquaredError
from tfk.metrics.regression import cosine_similarity

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
