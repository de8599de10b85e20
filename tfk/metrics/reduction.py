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
"""Sums and means over all batches, and means of a function's values."""

import tensorflow as tf

from tfk.data import batches
from tfk.losses import formula
from tfk.losses import loss
from tfk.losses import reduction
from tfk.losses import shapes
from tfk.metrics.metric import Metric
from tfk.saving import serialization


class Sum(Metric):
    """The weighted sum of all values.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.Sum()
    >>> metric.update_state([1.0, 2.0])
    >>> metric.update_state([3.0])
    >>> float(metric.result())
    6.0
    """

    reduction = "sum"

    def __init__(self, name="sum", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight("total")

    def update_state(self, values, sample_weight=None):
        """Adds the values of one batch.

        Arguments:
            values: Tensor or ragged tensor.
            sample_weight: Optional weights: a scalar, one for each row of
                `values`, or one for each value.
        """
        weighted, _, _ = reduction.weigh(
            _cast(values, self.dtype), sample_weight, None, self.name
        )
        self.total.assign_add(tf.reduce_sum(weighted))

    def result(self):
        return tf.identity(self.total)


class Mean(Metric):
    """The weighted mean of all values: each value counts once.

    The mean of a loss over an epoch, for example: batches of different sizes
    count as much as they have values.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.Mean()
    >>> metric.update_state([1.0, 3.0])
    >>> metric.update_state([5.0])
    >>> float(metric.result())
    3.0
    """

    reduction = "weighted_mean"

    def __init__(self, name="mean", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight("total")
        self.count = self.add_weight("count")

    def update_state(self, values, sample_weight=None):
        """Takes the values of one batch into account.

        Arguments:
            values: Tensor or ragged tensor.
            sample_weight: Optional weights: a scalar, one for each row of
                `values`, or one for each value.
        """
        self._accumulate(values, sample_weight, None)

    def result(self):
        return tf.math.divide_no_nan(self.total, self.count)

    def _accumulate(self, values, sample_weight, mask):
        weighted, weight, kept = reduction.weigh(
            _cast(values, self.dtype), sample_weight, mask, self.name
        )
        self.total.assign_add(tf.reduce_sum(weighted))
        self.count.assign_add(reduction.total_weight(weighted, weight, kept))


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and predictions.

    Most metrics are made in this way. Masks that the model's layers left on the
    predictions (`_keras_mask`) leave values out. The value of a function that
    returns one number for the whole batch counts for all rows of the batch.

    Arguments:
        fn: Function of `(y_true, y_pred, **kwargs)` that returns one value for
            each sample. A function of your own gets both in the metric's
            dtype.
        name: Optional string.
        dtype: Optional dtype of the result.
        **kwargs: Further arguments of the function.

    Example:

    >>> def largest_error(y_true, y_pred):
    ...     return tf.reduce_max(tf.abs(y_true - y_pred), axis=-1)
    >>> metric = tfk.metrics.MeanMetricWrapper(largest_error)
    >>> metric.update_state([[1, 2]], [[1.0, 4.0]])
    >>> float(metric.result())
    2.0
    """

    _unsaved_arguments = ("kwargs", "fn")

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        # Past the tracking of attributes, which would wrap the dict.
        vars(self)["_fn_kwargs"] = kwargs
        for key, value in kwargs.items():
            if not hasattr(type(self), key):
                setattr(self, key, value)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Targets.
            y_pred: Predictions.
            sample_weight: Optional weights: a scalar, one for each sample, or
                one for each value of the function.
        """
        y_true, y_pred = cast_pair(self._fn, y_true, y_pred, self.dtype)
        if not formula.is_public(self._fn):
            y_true, y_pred = loss.expand_missing_axis(y_true, y_pred)
        axis = self._fn_kwargs.get("axis", -1)
        values, mask = loss.evaluate(
            self._function(), y_true, y_pred, sample_weight, axis
        )
        if values.shape.rank == 0 and sample_weight is None:
            # A mean over the rows that the function took by itself.
            values, sample_weight = reduction.without_nan(
                _cast(values, self.dtype), batches.count_rows(y_pred)
            )
        self._accumulate(values, sample_weight, mask)

    def _function(self):
        def function(y_true, y_pred):
            return self._fn(y_true, y_pred, **self._fn_kwargs)

        # `evaluate` asks the function what it does with its arguments.
        vars(function).update(getattr(self._fn, "__dict__", {}))
        return function

    def get_config(self):
        own = serialization.serialize_value(dict(self._fn_kwargs))
        config = {**super().get_config(), **own}
        if type(self) is MeanMetricWrapper:
            config["fn"] = serialization.serialize_value(self._fn)
        return config

    @classmethod
    def from_config(cls, config):
        config = serialization.deserialize_arguments(config)
        fn = config.pop("fn", None)
        if cls is MeanMetricWrapper:
            return cls(loss.find_function(fn, "keras.metrics"), **config)
        return cls(**config)


class MeanTensor(Metric):
    """The mean of each element of a tensor over all batches.

    Arguments:
        name: String.
        dtype: Optional dtype of the result.
        shape: Optional shape of the tensor. Defaults to that of the first one.

    Example:

    >>> metric = tfk.metrics.MeanTensor()
    >>> metric.update_state([1.0, 2.0])
    >>> metric.update_state([3.0, 4.0])
    >>> metric.result().numpy()
    array([2., 3.], dtype=float32)
    """

    _unsaved_arguments = ("kwargs", "shape")

    def __init__(self, name="mean_tensor", dtype=None, shape=None):
        super().__init__(name=name, dtype=dtype)
        self._total = self._count = self._shape = None
        if shape is not None:
            self._build(shape)

    @property
    def total(self):
        """The sum of the tensors, or None before the first one."""
        return self._total

    @property
    def count(self):
        """The sum of the weights, or None before the first tensor."""
        return self._count

    def update_state(self, values, sample_weight=None):
        """Adds one tensor.

        Arguments:
            values: Tensor.
            sample_weight: Optional weights: a scalar, or what broadcasts to
                `values`.

        Raises:
            ValueError: If `values` has another shape than the tensors before.
        """
        values = _cast(values, self.dtype)
        if self._shape is None:
            self._build(values.shape)
        elif values.shape != self._shape:
            raise ValueError(
                f"The metric {self.name} averages tensors of one shape. "
                f"Received: values.shape={values.shape}, expected "
                f"{self._shape}."
            )
        weighted, weight, _ = reduction.weigh(
            values, sample_weight, None, self.name
        )
        weight = 1.0 if weight is None else weight
        self._total.assign_add(weighted)
        self._count.assign_add(tf.ones_like(values) * weight)

    def result(self):
        if self._total is None:
            raise ValueError(
                f"The metric {self.name} has no result before its first "
                "`update_state`. Or give its `shape` to the constructor."
            )
        return tf.math.divide_no_nan(self._total, self._count)

    def _awaits_first_batch(self):
        return self._shape is None

    def _build_for_state(self, shapes):
        self._build(shapes[0])

    def _build(self, shape):
        self._shape = tf.TensorShape(shape)
        self._total = self.add_weight("total", shape=self._shape)
        self._count = self.add_weight("count", shape=self._shape)


def cast_pair(function, y_true, y_pred, dtype):
    """Casts what a function compares; class numbers keep their type."""
    y_true, y_pred = shapes.to_tensor(y_true), shapes.to_tensor(y_pred)
    if not (y_pred.dtype.is_integer and formula.takes_integers(function)):
        y_pred = formula.cast_prediction(y_pred, dtype)
    if not formula.has_class_labels(function):
        y_true = shapes.cast(y_true, dtype)
    return y_true, y_pred


def _cast(values, dtype):
    return tf.cast(shapes.to_tensor(values), dtype)
