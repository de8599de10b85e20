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
"""What happens to gradients between the tape and the update rule."""

import warnings

import tensorflow as tf


def without_empty(gradients_and_variables):
    """Leaves out the pairs that have no gradient.

    Arguments:
        gradients_and_variables: List of pairs; a gradient may be None.

    Returns:
        The list of pairs with a gradient.

    Raises:
        ValueError: If no variable has a gradient.
    """
    kept = [pair for pair in gradients_and_variables if pair[0] is not None]
    if len(kept) == len(gradients_and_variables):
        return kept
    missing = [v.name for g, v in gradients_and_variables if g is None]
    if not kept:
        raise ValueError(
            "No gradients provided for any variable: the loss does not depend "
            f"on them. Received: None for {_names(missing)}. Check that the "
            "loss is computed from these variables inside the tape, by "
            "differentiable operations."
        )
    # Python shows a warning of the same text once.
    warnings.warn(
        f"Gradients do not exist for {_names(missing)}; they keep their "
        "values. If that is meant, leave them out or set their layers' "
        "`trainable` to False.",
        stacklevel=4,
    )
    return kept


def _names(names):
    shown = ", ".join(names[:10])
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"variables {shown}{more}"


def sum_duplicates(gradient):
    """Returns a sparse gradient in which every row stands once.

    Arguments:
        gradient: A tensor, or `tf.IndexedSlices` whose indices may repeat.
    """
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows, positions = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(
        gradient.values, positions, tf.shape(rows)[0]
    )
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def to_dense(gradient, variable):
    """Returns a gradient as a tensor of the variable's shape."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    return tf.math.unsorted_segment_sum(
        gradient.values, gradient.indices, variable.shape[0]
    )


def divide(gradients, divisor):
    """Divides gradients by a number.

    Arguments:
        gradients: List of tensors, `tf.IndexedSlices` and None.
        divisor: Number, or scalar tensor.
    """
    return [_quotient(gradient, divisor) for gradient in gradients]


def _quotient(gradient, divisor):
    if gradient is None:
        return None
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(
            _quotient(gradient.values, divisor),
            gradient.indices,
            gradient.dense_shape,
        )
    # The divisor may be too large for float16.
    wide = tf.float32 if gradient.dtype.size < 4 else gradient.dtype
    quotient = tf.cast(gradient, wide) / tf.cast(divisor, wide)
    return tf.cast(quotient, gradient.dtype)


def clip(gradients, clipvalue=None, clipnorm=None, global_clipnorm=None):
    """Bounds gradients by norm, or else element by element.

    Where several bounds are given, the first of `clipnorm`, `global_clipnorm`
    and `clipvalue` counts, as in Keras.

    Arguments:
        gradients: List of tensors and `tf.IndexedSlices`.
        clipvalue: Float: bound of each element's absolute value.
        clipnorm: Float: bound of the norm of each gradient.
        global_clipnorm: Float: bound of the norm of all gradients together.
    """
    if not (clipvalue or clipnorm or global_clipnorm):
        return gradients
    # The norm of a row that stands twice is the norm of the sum.
    gradients = [sum_duplicates(gradient) for gradient in gradients]
    if clipnorm:
        return [tf.clip_by_norm(gradient, clipnorm) for gradient in gradients]
    if global_clipnorm:
        return tf.clip_by_global_norm(gradients, global_clipnorm)[0]
    return [
        tf.clip_by_value(gradient, -clipvalue, clipvalue)
        for gradient in gradients
    ]


def sum_over_replicas(gradients):
    """Adds up each gradient over the replicas of the current strategy.

    In a replica the result is the sum, on every replica. Outside of replicas,
    gradients that hold one value a replica are summed; others are taken to be
    sums already.

    Arguments:
        gradients: List of tensors and `tf.IndexedSlices`.
    """
    if not tf.distribute.has_strategy():
        return gradients
    strategy = tf.distribute.get_strategy()
    if tf.distribute.in_cross_replica_context():
        return [
            (
                strategy.reduce(tf.distribute.ReduceOp.SUM, gradient, axis=None)
                if isinstance(gradient, tf.distribute.DistributedValues)
                else gradient
            )
            for gradient in gradients
        ]
    if strategy.num_replicas_in_sync == 1:
        return gradients
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
