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
"""`split_dataset`: two datasets of one."""

import numpy as np
import tensorflow as tf

from tfk.utils import structure
from tfk.utils import tf_internal


def split_dataset(
    dataset, left_size=None, right_size=None, shuffle=False, seed=None
):
    """Splits data in two, as for training and validation.

    Arguments:
        dataset: `tf.data.Dataset`, or an array or a nested structure of arrays.
            A dataset of batches is split by rows and gives batches. One that
            may have another order each time, as it is shuffled or made by a
            generator, is gone through once and held in memory: else the parts
            would share rows.
        left_size: Float from 0 to 1: the share of the rows for the first
            dataset; or integer: their number. Defaults to what `right_size`
            leaves.
        right_size: The same for the second dataset, which is taken from the
            end.
        shuffle: Boolean: whether rows are shuffled before. All rows of a
            `tf.data.Dataset` are then held in memory.
        seed: Integer: makes the order repeatable.

    Returns:
        A pair of `tf.data.Dataset`.

    Raises:
        TypeError: If the data is of another kind.
        ValueError: If sizes don't fit the data.

    Example:

    >>> left, right = tfk.utils.split_dataset(np.arange(10), left_size=0.8)
    >>> print([int(x) for x in right])
    [8, 9]
    """
    batch_size = None
    if isinstance(dataset, tf.data.Dataset):
        batch_size = getattr(dataset, "_batch_size", None)
        if batch_size is not None:
            dataset = dataset.unbatch()
        is_kept = not shuffle and not _has_one_order(dataset)
        if is_kept:
            dataset = dataset.cache()
        count = _count(dataset, is_kept)
    else:
        dataset = _to_arrays(dataset)
        count = len(tf.nest.flatten(dataset)[0])
    left, right = _sizes(count, left_size, right_size)
    if shuffle:
        order = np.random.RandomState(seed).permutation(count)
        if isinstance(dataset, tf.data.Dataset):
            dataset = _in_memory(dataset, count)
            dataset = tf.nest.map_structure(
                lambda x: tf.gather(x, order), dataset
            )
        else:
            dataset = tf.nest.map_structure(lambda x: x[order], dataset)
    if not isinstance(dataset, tf.data.Dataset):
        dataset = tf.data.Dataset.from_tensor_slices(dataset)
    parts = dataset.take(left), dataset.skip(count - right)
    cardinalities = left, right
    parts = tuple(
        part.apply(tf.data.experimental.assert_cardinality(size))
        for part, size in zip(parts, cardinalities)
    )
    if batch_size is not None:
        parts = tuple(part.batch(batch_size) for part in parts)
    return tuple(part.prefetch(tf.data.AUTOTUNE) for part in parts)


def _to_arrays(data):
    """Returns a structure of arrays, as `Dataset.from_tensor_slices` has it."""
    if isinstance(data, list) and data and np.isscalar(data[0]):
        data = np.asarray(data)
    if isinstance(data, list):
        data = tuple(data)
    arrays = tf.nest.flatten(data)
    if not arrays or not all(hasattr(array, "__len__") for array in arrays):
        raise TypeError(
            "`dataset` must be a tf.data.Dataset, or an array or a structure "
            f"of arrays. Received: {structure.describe(data)}."
        )
    counts = {len(array) for array in arrays}
    if len(counts) > 1:
        raise ValueError(
            "All arrays must have as many rows. Received: "
            f"{structure.describe(data)}."
        )
    return tf.nest.map_structure(np.asarray, data)


def _count(dataset, reads_all):
    count = int(dataset.cardinality())
    if count == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            "An infinite dataset has no parts. Received: a dataset that "
            "repeats for ever. Pass `dataset.take(n)`."
        )
    if reads_all or count == tf.data.UNKNOWN_CARDINALITY:
        count = int(dataset.reduce(np.int64(0), lambda n, *_: n + 1))
    return count


def _has_one_order(dataset):
    """Whether rows come in the same order each time, as far as can be told."""
    return not any(
        kind in name
        for name in tf_internal.dataset_parts(dataset)
        for kind in ("Shuffle", "RandomDataset", "GeneratorDataset")
    )


def _in_memory(dataset, count):
    return dataset.batch(max(count, 1)).get_single_element()


def _sizes(count, left, right):
    if left is None and right is None:
        raise ValueError(
            "At least one size is needed. Received: left_size=None, "
            "right_size=None."
        )
    left, right = (
        _size(name, value, count)
        for name, value in (("left_size", left), ("right_size", right))
    )
    if left is None:
        left = count - right
    if right is None:
        right = count - left
    if left + right > count:
        raise ValueError(
            "The parts must not have more rows than there are. Received: "
            f"{left} rows on the left and {right} on the right of {count}."
        )
    if not left or not right:
        raise ValueError(
            f"One of the parts would be empty. Received: {count} rows, of "
            f"which {left} on the left and {right} on the right."
        )
    return left, right


def _size(name, value, count):
    if value is None:
        return None
    is_share = isinstance(value, (float, np.floating))
    if is_share and 0 <= value <= 1:
        return round(value * count)
    is_number = isinstance(value, (int, np.integer)) and not isinstance(
        value, bool
    )
    if is_number and 0 <= value <= count:
        return int(value)
    raise ValueError(
        f"`{name}` must be a float from 0 to 1 or an integer from 0 to the "
        f"number of rows, {count}. Received: {name}={value!r}."
    )
