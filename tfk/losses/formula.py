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
"""What turns a formula on tensors into a public loss or metric function."""

import functools

import tensorflow as tf

from tfk.losses import logits
from tfk.losses import masking
from tfk.losses import ragged
from tfk.losses import shapes


def public(
    class_labels=False,
    averages_last_axis=False,
    removes_masked=False,
    takes_integers=False,
):
    """Gives a formula the shape rule, dtype conversion and ragged tensors.

    Arguments:
        class_labels: Boolean: `y_true` holds class numbers. They keep their
            type, and the formula aligns them itself, as it knows the axis.
        averages_last_axis: Boolean: the formula is the mean over the last
            axis of one number per element. Masks and weights for single
            elements, and rows of different lengths, are then possible.
        removes_masked: Boolean: the formula reads the mask of the predictions
            (`_keras_mask`) and leaves masked elements out itself, since it
            puts more than one of them into a value. A mask of its values, if
            there is one, is on them.
        takes_integers: Boolean: predictions that are integers stay so.

    Returns:
        A decorator for functions of `(y_true, y_pred, ...)`.
    """

    def decorate(formula):
        name = formula.__name__

        def on_dense(y_true, y_pred, *args, **kwargs):
            if not class_labels:
                y_true = shapes.cast(y_true, y_pred.dtype)
                y_true, aligned = shapes.align(y_true, y_pred, name)
                y_pred = _as_before(y_pred, aligned)
            return formula(y_true, y_pred, *args, **kwargs)

        @functools.wraps(formula)
        def function(y_true, y_pred, *args, **kwargs):
            convert = shapes.to_tensor if takes_integers else shapes.to_float
            y_pred = convert(y_pred)
            y_true = shapes.to_tensor(y_true)
            if not ragged.is_ragged(y_true, y_pred):
                return on_dense(y_true, y_pred, *args, **kwargs)
            if removes_masked:
                dense = ragged.to_dense(y_true, y_pred, class_labels, name)
                return on_dense(*dense, *args, **kwargs)
            compute = functools.partial(_call_with, on_dense, args, kwargs)
            return ragged.apply(
                compute, y_true, y_pred, averages_last_axis, name
            )

        function.has_class_labels = class_labels
        function.averages_last_axis = averages_last_axis
        function.removes_masked = removes_masked
        function.takes_integers = takes_integers
        return function

    return decorate


def is_public(function):
    """Whether a function follows the rules of this file."""
    return hasattr(function, "averages_last_axis")


def has_class_labels(function):
    """Whether the targets of a function are class numbers."""
    return getattr(function, "has_class_labels", False)


def averages_last_axis(function, axis=-1):
    """Whether a function is a mean of elements over the last axis."""
    return getattr(function, "averages_last_axis", False) and axis == -1


def removes_masked(function):
    """Whether a function leaves masked elements out itself."""
    return getattr(function, "removes_masked", False)


def takes_integers(function):
    """Whether a function wants predictions that are integers as they are."""
    return getattr(function, "takes_integers", False)


def in_full_precision(formula):
    """Lets a formula compute in float32 where the predictions are in half.

    The result has the type of the predictions again.
    """

    @functools.wraps(formula)
    def function(y_true, y_pred, *args, **kwargs):
        if y_pred.dtype not in (tf.float16, tf.bfloat16):
            return formula(y_true, y_pred, *args, **kwargs)
        if y_true.dtype == y_pred.dtype:
            y_true = tf.cast(y_true, tf.float32)
        values = formula(y_true, to_single(y_pred), *args, **kwargs)
        return cast_prediction(values, y_pred.dtype)

    return function


def to_single(y_pred):
    """Returns half-precision predictions in float32, others as they are.

    What activations and layers left on the tensor stays on it.
    """
    if y_pred.dtype not in (tf.float16, tf.bfloat16):
        return y_pred
    return cast_prediction(y_pred, tf.float32)


def cast_prediction(y_pred, dtype):
    """Casts predictions together with the mask and logits left on them."""
    dtype = tf.as_dtype(dtype)
    if y_pred.dtype == dtype:
        return y_pred
    result = tf.cast(y_pred, dtype)
    logits.carry_over(y_pred, result, lambda x: tf.cast(x, dtype))
    mask = getattr(y_pred, "_keras_mask", None)
    if mask is not None:
        result._keras_mask = mask
    return result


def _as_before(y_pred, aligned):
    """Gives predictions, if they got an axis, their mask and logits back."""
    if aligned is not y_pred:
        shape = tf.shape(aligned)
        logits.carry_over(y_pred, aligned, lambda x: tf.reshape(x, shape))
        mask = masking.mask_of(y_pred)
        if mask is not None:
            aligned._keras_mask = mask
    return aligned


def _call_with(function, args, kwargs, y_true, y_pred):
    return function(y_true, y_pred, *args, **kwargs)
