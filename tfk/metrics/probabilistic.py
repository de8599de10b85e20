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
"""Crossentropies and divergences as metrics."""

from tfk.losses import crossentropy as losses
from tfk.metrics.reduction import MeanMetricWrapper


class BinaryCrossentropy(MeanMetricWrapper):
    """The crossentropy of yes-or-no labels.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.
        from_logits: Boolean: whether predictions are logits.
        label_smoothing: Float from 0 to 1.

    Example:

    >>> metric = tfk.metrics.BinaryCrossentropy()
    >>> metric.update_state([[1.0]], [[0.5]])
    >>> round(float(metric.result()), 4)
    0.6931
    """

    def __init__(
        self,
        name="binary_crossentropy",
        dtype=None,
        from_logits=False,
        label_smoothing=0,
    ):
        super().__init__(
            losses.binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """The crossentropy of one-hot labels.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.
        from_logits: Boolean: whether predictions are logits.
        label_smoothing: Float from 0 to 1.
        axis: Integer: the axis of the classes.

    Example:

    >>> metric = tfk.metrics.CategoricalCrossentropy()
    >>> metric.update_state([[0, 1]], [[0.5, 0.5]])
    >>> round(float(metric.result()), 4)
    0.6931
    """

    def __init__(
        self,
        name="categorical_crossentropy",
        dtype=None,
        from_logits=False,
        label_smoothing=0,
        axis=-1,
    ):
        super().__init__(
            losses.categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The crossentropy of class numbers.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.
        from_logits: Boolean: whether predictions are logits.
        ignore_class: Optional integer: a label that stands for no class; its
            positions are not counted.
        axis: Integer: the axis of the classes.

    Example:

    >>> metric = tfk.metrics.SparseCategoricalCrossentropy()
    >>> metric.update_state([1], [[0.5, 0.5]])
    >>> round(float(metric.result()), 4)
    0.6931
    """

    def __init__(
        self,
        name="sparse_categorical_crossentropy",
        dtype=None,
        from_logits=False,
        ignore_class=None,
        axis=-1,
    ):
        super().__init__(
            losses.sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )


class KLDivergence(MeanMetricWrapper):
    """The Kullback-Leibler divergence of predictions from targets.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.KLDivergence()
    >>> metric.update_state([[0.5, 0.5]], [[0.5, 0.5]])
    >>> round(float(metric.result()), 4)
    0.0
    """

    def __init__(self, name="kullback_leibler_divergence", dtype=None):
        super().__init__(losses.kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """The negative log-likelihood of counts, without its constant term.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.Poisson()
    >>> metric.update_state([[2.0]], [[1.0]])
    >>> round(float(metric.result()), 4)
    1.0
    """

    def __init__(self, name="poisson", dtype=None):
        super().__init__(losses.poisson, name, dtype)
