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
"""Crosses of categorical features: all pairs, triples... of their values."""

import itertools
import math

import tensorflow as tf

from tfk.utils import structure


def checked_inputs(inputs, layer, least=1):
    """Returns inputs to cross as a list, or raises.

    Arguments:
        inputs: What a layer was called on.
        layer: The layer, for the message.
        least: Smallest number of inputs.

    Raises:
        ValueError: If they are no list, too few, of a wrong dtype, or of
            different ranks.
    """
    owner = f"Layer '{layer.name}' (of type {type(layer).__name__})"
    if not isinstance(inputs, (list, tuple)) or len(inputs) < least:
        raise ValueError(
            f"{owner} takes a list of at least {least} tensors to cross. "
            f"Received: inputs={structure.describe(inputs)}."
        )
    for x in inputs:
        if not (x.dtype.is_integer or x.dtype == tf.string):
            raise ValueError(
                f"{owner} crosses strings and integers. Received: "
                f"inputs={structure.describe(inputs)}. Make categories of "
                "other numbers first, by `Discretization` for instance."
            )
    if len({x.shape.rank for x in inputs}) > 1:
        raise ValueError(
            f"{owner} crosses tensors of equal rank. Received: "
            f"inputs={structure.describe(inputs)}."
        )
    return list(inputs)


def cross(inputs, sizes, separator, layer_name):
    """Crosses categorical features, sample by sample.

    Arguments:
        inputs: List of string or integer tensors of shape `(..., n)`, dense,
            ragged or sparse (rank 2).
        sizes: How many inputs go into one cross: each set of so many gives
            all combinations of its values.
        separator: String between the values.
        layer_name: String, for messages.

    Returns:
        String tensor of shape `(..., m)`: ragged if any input is ragged, else
        sparse if any is sparse, else dense.
    """
    is_ragged = any(isinstance(x, tf.RaggedTensor) for x in inputs)
    is_sparse = any(isinstance(x, tf.SparseTensor) for x in inputs)
    inputs = [_as_strings(x) for x in inputs]
    if not (is_ragged or is_sparse):
        return _cross_dense(inputs, sizes, separator)
    inputs = [_as_ragged(x, layer_name) for x in inputs]
    for x in inputs[1:]:
        tf.debugging.assert_equal(
            x.nrows(),
            inputs[0].nrows(),
            f"Layer '{layer_name}' crosses tensors with as many rows.",
        )
    crosses = []
    for chosen in _choices(inputs, sizes):
        crossed = chosen[0]
        for other in chosen[1:]:
            crossed = _cross_ragged(crossed, other, separator)
        crosses.append(crossed)
    output = crosses[0] if len(crosses) == 1 else tf.concat(crosses, axis=1)
    return output if is_ragged else output.to_sparse()


def crossed_shape(shapes, sizes):
    """Returns the static shape that `cross` gives for dense tensors.

    Arguments:
        shapes: List of shapes of the inputs.
        sizes: As for `cross`.
    """
    shapes = [tf.TensorShape(shape) for shape in shapes]
    rank = shapes[0].rank
    if rank is None:
        return shapes[0]
    choices = list(_choices(shapes, sizes))
    if rank < 2:
        several = [len(choices)] if len(choices) > 1 else []
        return shapes[0].concatenate(several)
    widths = [[shape[-1] for shape in chosen] for chosen in choices]
    is_known = all(None not in width for width in widths)
    total = sum(map(math.prod, widths)) if is_known else None
    return shapes[0][:-1].concatenate([total])


def _choices(inputs, sizes):
    for size in sizes:
        yield from itertools.combinations(inputs, size)


def _as_strings(x):
    if x.dtype == tf.string:
        return x
    if isinstance(x, tf.SparseTensor):
        return x.with_values(tf.strings.as_string(x.values))
    if isinstance(x, tf.RaggedTensor):
        return x.with_flat_values(tf.strings.as_string(x.flat_values))
    return tf.strings.as_string(x)


def _cross_dense(inputs, sizes, separator):
    rank = inputs[0].shape.rank
    if rank is not None and rank < 2:
        inputs = [tf.expand_dims(x, -1) for x in inputs]
    crosses = []
    for chosen in _choices(inputs, sizes):
        crossed = chosen[0]
        for other in chosen[1:]:
            crossed = _cross_pair(crossed, other, separator)
        crosses.append(crossed)
    output = crosses[0] if len(crosses) == 1 else tf.concat(crosses, axis=-1)
    if rank is not None and rank < 2 and len(crosses) == 1:
        output = tf.squeeze(output, -1)
    return output


def _cross_pair(a, b, separator):
    # Unlike `tf.strings.join`, adding strings broadcasts.
    pairs = tf.expand_dims(a + separator, -1) + tf.expand_dims(b, -2)
    shape = tf.concat([tf.shape(pairs)[:-2], [-1]], 0)
    crossed = tf.reshape(pairs, shape)
    if a.shape.rank is not None and a.shape[-1] and b.shape[-1]:
        leading = a.shape[:-1].merge_with(b.shape[:-1])
        crossed.set_shape(leading.concatenate([a.shape[-1] * b.shape[-1]]))
    return crossed


def _as_ragged(x, layer_name):
    if x.shape.rank != 2:
        raise ValueError(
            f"Layer '{layer_name}' crosses ragged and sparse tensors of rank "
            f"2. Received: {structure.describe(x)}."
        )
    if isinstance(x, tf.SparseTensor):
        return tf.RaggedTensor.from_value_rowids(
            x.values, x.indices[:, 0], x.dense_shape[0]
        )
    if isinstance(x, tf.RaggedTensor):
        return x.with_row_splits_dtype(tf.int64)
    return tf.RaggedTensor.from_tensor(x, row_splits_dtype=tf.int64)


def _cross_ragged(a, b, separator):
    rows = a.value_rowids()
    first = tf.repeat(a.values, tf.gather(b.row_lengths(), rows))
    second = tf.ragged.range(
        tf.gather(b.row_starts(), rows), tf.gather(b.row_limits(), rows)
    ).values
    return tf.RaggedTensor.from_row_lengths(
        tf.strings.join([first, tf.gather(b.values, second)], separator),
        a.row_lengths() * b.row_lengths(),
    )
