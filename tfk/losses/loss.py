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
"""What every loss does: masks, weights and reduction around a formula."""

import tensorflow as tf

from tfk import dtype_policies
from tfk.data import batches
from tfk.losses import formula
from tfk.losses import logits
from tfk.losses import masking
from tfk.losses import reduction as reductions
from tfk.losses import shapes
from tfk.saving import configurable
from tfk.saving import registry
from tfk.saving import serialization
from tfk.saving.configurable import Configurable


def evaluate(function, y_true, y_pred, sample_weight=None, axis=-1):
    """Computes values per sample, with masked elements kept out.

    Losses and metrics go through here, so that both treat a pair of targets
    and predictions in the same way.

    Arguments:
        function: Function of `(y_true, y_pred)`. One of tfk's own
            (`formula.public`) gets hidden targets as well; a user's function
            sees its targets as they are.
        y_true: Targets.
        y_pred: Predictions, with or without a `_keras_mask`.
        sample_weight: Optional weights, which are looked at, not applied.
        axis: Integer: the axis that the function reduces.

    Returns:
        `(values, mask)`; the mask is None if there is none.
    """
    if formula.removes_masked(function):
        values = function(y_true, y_pred)
        # One value for the batch leaves the weights to be masked.
        of_whole = values.shape.rank == 0
        return values, masking.mask_of(y_pred if of_whole else values)
    mask = masking.mask_of(y_pred)
    if formula.averages_last_axis(function, axis):
        y_true, y_pred = _one_row_per_element(
            y_true, y_pred, (sample_weight, mask)
        )
    if mask is not None:
        y_pred_hidden = masking.hide(y_pred, mask, 1)
        if formula.is_public(function):
            y_true = masking.hide(shapes.to_tensor(y_true), mask, 0)
        logits.carry_over(
            y_pred, y_pred_hidden, lambda x: masking.hide(x, mask, 1)
        )
        y_pred = y_pred_hidden
    values = function(y_true, y_pred)
    if not isinstance(values, tf.RaggedTensor):
        values_mask = masking.mask_of(values)
        values = shapes.to_tensor(values)
        mask = masking.combine(mask, values_mask)
    return values, mask


def _one_row_per_element(y_true, y_pred, per_element):
    """Adds an axis to both where weights or a mask are for single elements."""
    per_element = [
        shapes.to_tensor(part)
        for part in per_element
        if part is not None and not isinstance(part, tf.RaggedTensor)
    ]
    if not per_element or isinstance(y_pred, tf.RaggedTensor):
        return y_true, y_pred
    ranks = [shapes.to_tensor(y).shape.rank for y in (y_true, y_pred)]
    if None in ranks:
        return y_true, y_pred
    rank = max(ranks)
    if not any(
        p.shape.rank == rank and rank and p.shape[-1] != 1 for p in per_element
    ):
        return y_true, y_pred
    if ranks[0] == rank:
        y_true = tf.expand_dims(y_true, -1)
    if ranks[1] == rank:
        expanded = tf.expand_dims(y_pred, -1)
        logits.carry_over(y_pred, expanded, lambda x: tf.expand_dims(x, -1))
        y_pred = expanded
    return y_true, y_pred


def _cast_pair(y_true, y_pred, dtype):
    """Casts predictions, and targets that are not labels."""
    y_true, y_pred = shapes.to_tensor(y_true), shapes.to_tensor(y_pred)
    if y_true.dtype.is_floating:
        y_true = shapes.cast(y_true, dtype)
    return y_true, formula.cast_prediction(y_pred, dtype)


class Loss(Configurable):
    """The base class of losses: subclass it and write `call`.

    `call` returns one value for each sample; masks, sample weights and the
    reduction to one number are applied to what it returns. Write a subclass
    when a loss has arguments; a loss without them can be a plain function of
    `(y_true, y_pred)`.

    Arguments:
        reduction: String: `"sum_over_batch_size"` (the default, also called
            `"auto"` and `"mean"`) divides by the number of values,
            `"mean_with_sample_weight"` by the sum of their weights; `"sum"`
            and `"none"` do not divide. Masked values count for nothing in any
            of them. Under a `tf.distribute` strategy the results of the
            replicas add up to the loss of the global batch.
        name: Optional string.
        dtype: Optional dtype, or dtype policy, of predictions, of targets with
            a float type and of the result. Defaults to that of the
            predictions. Half precision is computed with in float32 in any
            case; without a `dtype` the result is then float32 as well.

    Call arguments:
        y_true: Targets.
        y_pred: Predictions. A mask that the model's layers left on them
            (`_keras_mask`) is respected.
        sample_weight: Optional weights: a scalar, one for each sample, or one
            for each value that `call` returns. Where `call` returns a scalar
            for the whole batch, weights multiply it by their mean.

    Returns:
        A scalar, or for `reduction="none"` the weighted values.

    Example:

    >>> class Pinball(tfk.losses.Loss):
    ...     def __init__(self, quantile=0.5, name="pinball", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.quantile = quantile
    ...
    ...     def call(self, y_true, y_pred):
    ...         error = y_true - y_pred
    ...         q = self.quantile
    ...         return tf.reduce_mean(
    ...             tf.maximum(q * error, (q - 1) * error), axis=-1
    ...         )
    >>> loss = Pinball(quantile=0.75)
    >>> float(loss(tf.constant([[2.0]]), tf.constant([[1.0]])))
    0.75
    >>> loss.get_config()["quantile"]
    0.75
    """

    # Arguments that tf.keras's losses lack: saved if they are set, so that it
    # can read all other configs.
    _saved_if_set = ("dtype",)

    def __init__(self, reduction="auto", name=None, dtype=None):
        reduction = "none" if reduction is None else reduction
        reductions.Reduction.validate(reduction)
        self.reduction = reduction
        self.name = name
        self.dtype = None
        if dtype is not None:
            self.dtype = dtype_policies.get_policy(dtype).compute_dtype

    def __call__(self, y_true, y_pred, sample_weight=None):
        if self.dtype is not None:
            y_true, y_pred = _cast_pair(y_true, y_pred, self.dtype)
        if tf.is_tensor(y_pred) and not isinstance(y_pred, tf.RaggedTensor):
            y_pred = formula.to_single(y_pred)
        values, mask = self._values(y_true, y_pred, sample_weight)
        if values.dtype in (tf.float16, tf.bfloat16):
            values = tf.cast(values, tf.float32)
        result = reductions.reduce_values(
            values,
            sample_weight,
            mask,
            self.reduction,
            self.name or type(self).__name__,
            rows=batches.count_rows(y_pred),
        )
        return result if self.dtype is None else tf.cast(result, self.dtype)

    def get_config(self):
        config = super().get_config()
        parameters = configurable.constructor_parameters(type(self))
        for name in self._saved_if_set:
            if name in config and config[name] == parameters[name].default:
                del config[name]
        return config

    def call(self, y_true, y_pred):
        """Returns one value for each sample.

        Arguments:
            y_true: Targets.
            y_pred: Predictions.
        """
        raise NotImplementedError(
            f"The loss {type(self).__name__} needs a method "
            "`call(self, y_true, y_pred)`."
        )

    def _values(self, y_true, y_pred, sample_weight):
        return evaluate(self.call, y_true, y_pred, sample_weight)


class LossFunctionWrapper(Loss):
    """Makes a loss of a function of `(y_true, y_pred)`.

    Arguments:
        fn: Function of `(y_true, y_pred, **kwargs)` that returns one value for
            each sample.
        reduction: String: see `Loss`.
        name: Optional string. Defaults to the function's name.
        dtype: Optional dtype: see `Loss`.
        **kwargs: Further arguments of the function. They are kept as
            attributes of the loss.
    """

    # Whether configs name the function, as those of tf.keras do. Keras 3 can't
    # read such ones.
    _saves_function = True

    def __init__(self, fn, reduction="auto", name=None, dtype=None, **kwargs):
        name = name or getattr(fn, "__name__", None)
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs
        for key, value in kwargs.items():
            if not hasattr(type(self), key):
                setattr(self, key, value)

    def call(self, y_true, y_pred):
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def _values(self, y_true, y_pred, sample_weight):
        if not formula.is_public(self.fn):
            y_true, y_pred = expand_missing_axis(y_true, y_pred)

        def function(y_true, y_pred):
            return self.call(y_true, y_pred)

        # `evaluate` asks the function what it does with its arguments.
        vars(function).update(getattr(self.fn, "__dict__", {}))
        axis = self._fn_kwargs.get("axis", -1)
        return evaluate(function, y_true, y_pred, sample_weight, axis)

    def get_config(self):
        config = super().get_config()
        for key, value in self._fn_kwargs.items():
            if key not in self._saved_if_set:
                config.setdefault(key, serialization.serialize_value(value))
        if self._saves_function:
            config["fn"] = serialization.serialize_value(self.fn)
        return config

    @classmethod
    def from_config(cls, config):
        config = serialization.deserialize_arguments(config)
        fn = config.pop("fn", None)
        if cls is LossFunctionWrapper:
            return cls(find_function(fn, "keras.losses"), **config)
        return cls(**config)


def find_function(fn, module):
    """Returns the function that a config names.

    Arguments:
        fn: A function, or the name of a built-in or registered one.
        module: String: the Keras module to look in.

    Raises:
        ValueError: If the name is not known.
    """
    if not isinstance(fn, str):
        return fn
    found = registry.find(fn, module)
    if found is None:
        raise ValueError(serialization.unknown_message(fn, module, {"fn": fn}))
    return found


def expand_missing_axis(y_true, y_pred):
    """Adds the trailing axis that one of the two lacks, for users' functions.

    Only if that makes the shapes equal: a function may want other shapes.

    Arguments:
        y_true: Targets.
        y_pred: Predictions.

    Returns:
        `(y_true, y_pred)`.
    """
    if not (tf.is_tensor(y_true) and tf.is_tensor(y_pred)):
        return y_true, y_pred
    if any(isinstance(y, tf.RaggedTensor) for y in (y_true, y_pred)):
        return y_true, y_pred
    shape_true, shape_pred = y_true.shape, y_pred.shape
    if None in (shape_true.rank, shape_pred.rank):
        return y_true, y_pred
    if shape_pred.rank == shape_true.rank + 1 and shape_pred[-1] == 1:
        return tf.expand_dims(y_true, -1), y_pred
    if shape_true.rank == shape_pred.rank + 1 and shape_true[-1] == 1:
        mask, y_pred = masking.mask_of(y_pred), tf.expand_dims(y_pred, -1)
        if mask is not None:
            y_pred._keras_mask = mask
    return y_true, y_pred
