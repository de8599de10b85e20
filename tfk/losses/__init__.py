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
"""Losses: what training makes small."""

from tfk.losses.circle_loss import Circle
from tfk.losses.circle_loss import circle
from tfk.losses.crossentropy import BinaryCrossentropy
from tfk.losses.crossentropy import BinaryFocalCrossentropy
from tfk.losses.crossentropy import CategoricalCrossentropy
from tfk.losses.crossentropy import CategoricalFocalCrossentropy
from tfk.losses.crossentropy import KLDivergence
from tfk.losses.crossentropy import Poisson
from tfk.losses.crossentropy import SparseCategoricalCrossentropy
from tfk.losses.crossentropy import binary_crossentropy
from tfk.losses.crossentropy import binary_focal_crossentropy
from tfk.losses.crossentropy import categorical_crossentropy
from tfk.losses.crossentropy import categorical_focal_crossentropy
from tfk.losses.crossentropy import kl_divergence
from tfk.losses.crossentropy import poisson
from tfk.losses.crossentropy import sparse_categorical_crossentropy
from tfk.losses.ctc_loss import CTC
from tfk.losses.ctc_loss import ctc
from tfk.losses.family import deserialize
from tfk.losses.family import get
from tfk.losses.family import serialize
from tfk.losses.generalized import CategoricalGeneralizedCrossEntropy
from tfk.losses.generalized import categorical_generalized_cross_entropy
from tfk.losses.loss import Loss
from tfk.losses.loss import LossFunctionWrapper
from tfk.losses.margin import CategoricalHinge
from tfk.losses.margin import Hinge
from tfk.losses.margin import SquaredHinge
from tfk.losses.margin import categorical_hinge
from tfk.losses.margin import hinge
from tfk.losses.margin import squared_hinge
from tfk.losses.overlap import Dice
from tfk.losses.overlap import Tversky
from tfk.losses.overlap import dice
from tfk.losses.overlap import tversky
from tfk.losses.reduction import Reduction
from tfk.losses.regression import CosineSimilarity
from tfk.losses.regression import Huber
from tfk.losses.regression import LogCosh
from tfk.losses.regression import MeanAbsoluteError
from tfk.losses.regression import MeanAbsolutePercentageError
from tfk.losses.regression import MeanSquaredError
from tfk.losses.regression import MeanSquaredLogarithmicError
from tfk.losses.regression import cosine_similarity
from tfk.losses.regression import huber
from tfk.losses.regression import log_cosh
from tfk.losses.regression import mean_absolute_error
from tfk.losses.regression import mean_absolute_percentage_error
from tfk.losses.regression import mean_squared_error
from tfk.losses.regression import mean_squared_logarithmic_error

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
