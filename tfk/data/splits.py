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
"""`validation_split`: the last part of the arrays is kept for validation."""

import math
import warnings

import numpy as np
import tensorflow as tf

from tfk.data import arrays as arrays_lib
from tfk.data import batches
from tfk.utils import caller
from tfk.utils import structure

# Integers are taken for classes, not for numbers to predict, up to this many.
_MAX_CLASSES = 1000


def train_validation_split(arrays, validation_split):
    """Cuts arrays in two at the same row: training rows, validation rows.

    The validation part is the last part of the arrays in the order given;
    nothing is shuffled.

    Arguments:
        arrays: Tuple `(x, y, sample_weight)` (or a shorter one) of array-likes
            or nested structures of them; parts may be `None`.
        validation_split: Fraction of the rows for validation, between 0 and 1.

    Returns:
        Two structures like `arrays`.

    Raises:
        ValueError: If the fraction leaves a part empty, or if the data is a
            dataset or generator, which cannot be cut.

    Example:

    >>> from tfk.data import splits
    >>> (x, _), (x_val, _) = splits.train_validation_split(
    ...     (np.arange(10), np.arange(10)), 0.2
    ... )
    >>> print(x, x_val)
    [0 1 2 3 4 5 6 7] [8 9]
    """
    if not isinstance(validation_split, (int, float)) or not (
        0 < validation_split < 1
    ):
        raise ValueError(
            "`validation_split` must be a fraction between 0 and 1. Received: "
            f"validation_split={validation_split!r}."
        )
    names = ("x", "y", "sample_weight")[: len(arrays)]
    for name, part in zip(names, arrays):
        _check_can_be_cut(name, part)
    converted = {
        name: arrays_lib.to_arrays(part, name)
        for name, part in zip(names, arrays)
    }
    num_rows = batches.number_of_rows(converted)
    cut = math.floor(num_rows * (1.0 - validation_split))
    if cut in (0, num_rows):
        raise ValueError(
            "`validation_split` leaves no rows for "
            f"{'validation' if cut else 'training'}. Received: "
            f"validation_split={validation_split} for {num_rows} rows. Choose "
            "another fraction, or pass `validation_data`."
        )
    train = _rows(converted, 0, cut)
    validation = _rows(converted, cut, num_rows)
    _warn_of_missing_classes(train.get("y"), validation.get("y"))
    return tuple(train.values()), tuple(validation.values())


def _check_can_be_cut(name, part):
    if part is not None and not arrays_lib.is_in_memory(part):
        raise ValueError(
            "`validation_split` needs arrays or tensors, which can be cut. "
            f"Received: {name} of type {type(part).__name__}. Pass "
            "`validation_data` instead; a dataset is split by `take` and "
            "`skip`, or by `keras.utils.split_dataset`."
        )


def _rows(arrays, start, stop):
    def cut(leaf):
        if isinstance(leaf, tf.SparseTensor):
            rest = leaf.shape[1:].as_list()
            return tf.sparse.slice(
                leaf, [start] + [0] * len(rest), [stop - start] + rest
            )
        return None if leaf is None else leaf[start:stop]

    return tf.nest.map_structure(cut, arrays)


def _warn_of_missing_classes(train, validation):
    for path, seen, kept in zip(
        structure.paths(train),
        tf.nest.flatten(train),
        tf.nest.flatten(validation),
    ):
        missing = _missing_classes(seen, kept)
        if missing:
            output = f" of `y/{path}`" if path else ""
            warnings.warn(
                f"`validation_split` takes the last rows, and these hold "
                f"classes{output} that no training row has: {missing}. The "
                "data seems to be sorted by class: shuffle the arrays before "
                "`fit`, or pass `validation_data`.",
                stacklevel=caller.stacklevel(),
            )


def _missing_classes(train, validation):
    """Returns up to ten classes that stand in the validation part only."""
    num_rows = len(train) + len(validation) if _is_dense(train) else 0
    train, validation = _classes(train), _classes(validation)
    if train is None or validation is None:
        return []
    # Integers that hardly repeat are numbers to predict, or names of rows.
    if 2 * len(np.union1d(train, validation)) > num_rows:
        return []
    return np.setdiff1d(validation, train)[:10].tolist()


def _classes(labels):
    """Returns the distinct classes of labels, None if they are not classes."""
    if not _is_dense(labels):
        return None
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        if not _is_one_hot(labels):
            return None
        return np.flatnonzero(labels.any(axis=0))
    if labels.ndim != 1 and labels.shape[1:] != (1,):
        return None
    if labels.dtype.kind == "f":
        is_binary = np.all((labels == 0) | (labels == 1))
        return np.unique(labels).astype(int) if is_binary else None
    if labels.dtype.kind not in "iub":
        return None
    if labels.min() < 0 or labels.max() >= _MAX_CLASSES:
        return None
    return np.flatnonzero(np.bincount(labels.astype(np.int64).ravel()))


def _is_dense(labels):
    return isinstance(labels, (np.ndarray, tf.Tensor))


def _is_one_hot(labels):
    if labels.dtype.kind not in "fiub":
        return False
    return bool(
        np.all((labels == 0) | (labels == 1))
        and np.all(labels.sum(axis=1) == 1)
    )
