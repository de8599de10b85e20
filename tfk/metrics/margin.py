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
"""Margins as metrics."""

from tfk.losses import margin as losses
from tfk.metrics.reduction import MeanMetricWrapper


class Hinge(MeanMetricWrapper):
    """The mean of `max(1 - y_true * y_pred, 0)`, for labels -1 and 1.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.Hinge()
    >>> metric.update_state([[-1.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(metric.result()), 4)
    1.0
    """

    def __init__(self, name="hinge", dtype=None):
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """The mean of `max(1 - y_true * y_pred, 0) ** 2`, for labels -1 and 1.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.SquaredHinge()
    >>> metric.update_state([[-1.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(metric.result()), 4)
    1.25
    """

    def __init__(self, name="squared_hinge", dtype=None):
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """A margin between the right class and the best of the others.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.CategoricalHinge()
    >>> metric.update_state([[0, 1]], [[0.5, 0.75]])
    >>> round(float(metric.result()), 4)
    0.75
    """

    def __init__(self, name="categorical_hinge", dtype=None):
        super().__init__(losses.categorical_hinge, name, dtype)
