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
"""Batches: (x, y, sample_weight), and how many rows a structure holds."""

import tensorflow as tf

from tfk.utils import structure


def unpack_x_y_sample_weight(data):
    """Splits a batch into inputs, targets and sample weights.

    For use in a `train_step` or `test_step` of your own, which gets what the
    dataset yields: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

    Arguments:
        data: One batch. A list is read like a tuple; anything else is `x`.

    Returns:
        The tuple `(x, y, sample_weight)`, with `None` for what is missing.

    Raises:
        ValueError: If a tuple or list has no or more than three entries.

    Example:

    >>> from tfk.data import batches
    >>> batches.unpack_x_y_sample_weight(("inputs", "targets"))
    ('inputs', 'targets', None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "A batch must be `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`. "
            f"Received: data={structure.describe(data)} with {len(data)} "
            "entries. Put several inputs or targets in a tuple or dict of "
            "their own, as in `((x1, x2), y)`."
        )
    return tuple(data) + (None,) * (3 - len(data))


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """Joins inputs, targets and sample weights to one batch.

    The opposite of `unpack_x_y_sample_weight`. Inputs alone are not wrapped,
    except for a tuple, which would be taken for `(x, y)`.

    Arguments:
        x: The inputs.
        y: The targets, or `None`.
        sample_weight: The weights, or `None`.

    Returns:
        `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`. Weights without
        targets give `(x, None, sample_weight)`.

    Example:

    >>> from tfk.data import batches
    >>> batches.pack_x_y_sample_weight("inputs", "targets")
    ('inputs', 'targets')
    >>> batches.pack_x_y_sample_weight("inputs")
    'inputs'
    """
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, tuple) else x


def number_of_rows(x):
    """Returns the length of the first axis that all parts have in common.

    Arguments:
        x: Nested structure of arrays, tensors, ragged or sparse tensors.

    Returns:
        Integer.

    Raises:
        ValueError: If the lengths differ, a part is a scalar, or there are
            no rows at all.

    Example:

    >>> from tfk.data import batches
    >>> batches.number_of_rows({"a": np.zeros((4, 2)), "b": np.zeros(4)})
    4
    """
    leaves = [leaf for leaf in tf.nest.flatten(x) if leaf is not None]
    lengths = {_length(leaf) for leaf in leaves}
    if len(lengths) == 1 and None not in lengths and 0 not in lengths:
        return lengths.pop()
    raise ValueError(_wrong_lengths(x, lengths))


def count_rows(x):
    """Returns the number of rows of a batch, in a graph too.

    Arguments:
        x: Nested structure of tensors, ragged or sparse tensors. The first
            one is counted; what has no first axis is one row.

    Returns:
        An integer, or a scalar tensor where only that is known.
    """
    leaves = [leaf for leaf in tf.nest.flatten(x) if leaf is not None]
    first = leaves[0] if leaves else None
    if isinstance(first, tf.RaggedTensor):
        return first.nrows()
    if isinstance(first, tf.SparseTensor):
        return first.dense_shape[0]
    if not tf.is_tensor(first) or first.shape.rank == 0:
        return 1
    if first.shape.rank is None or first.shape[0] is None:
        return tf.shape(first)[0]
    return first.shape[0]


def _length(leaf):
    """Returns the length of the first axis, or None for a scalar."""
    shape = getattr(leaf, "shape", None)
    if shape is None:
        return len(leaf)
    if not len(shape):
        return None
    if shape[0] is not None:
        return int(shape[0])
    if isinstance(leaf, tf.RaggedTensor):
        return int(leaf.nrows())
    if isinstance(leaf, tf.SparseTensor):
        return int(leaf.dense_shape[0])
    return int(tf.shape(leaf)[0])


def _wrong_lengths(x, lengths):
    pairs = zip(structure.paths(x), tf.nest.flatten(x))
    found = ", ".join(
        f"{path or 'data'}: {_length(leaf)}"
        for path, leaf in pairs
        if leaf is not None
    )
    if not lengths:
        return f"The data holds no arrays. Received: {x!r}."
    if None in lengths:
        return (
            "Every array must have a first axis, of rows; a scalar (shown as "
            f"None) has none. Received lengths: {found}."
        )
    if lengths == {0}:
        return (
            f"The data is empty. Received lengths: {found}. Check how it was "
            "read and filtered."
        )
    return (
        "All arrays must have the same number of rows (the length of their "
        f"first axis). Received lengths: {found}. Note that a list of arrays "
        "stands for several inputs; join rows with `np.stack` or `np.array`."
    )
