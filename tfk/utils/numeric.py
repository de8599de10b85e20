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
"""Small NumPy functions: encodings of classes, vectors of length 1."""

import numpy as np


def to_categorical(y, num_classes=None, dtype="float32"):
    """Turns class indices into one-hot vectors.

    For use with losses such as `categorical_crossentropy`; the losses whose
    names start with `sparse_` take the indices as they are.

    Arguments:
        y: Array-like of integers from 0 to `num_classes - 1`. A last axis of
            length 1 is dropped.
        num_classes: Number of classes, `max(y) + 1` by default.
        dtype: Type of the result.

    Returns:
        NumPy array with one more axis, of length `num_classes`.

    Raises:
        ValueError: If an index is outside of the classes.

    Example:

    >>> from tfk.utils import numeric
    >>> numeric.to_categorical([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    indices, num_classes = _class_indices(y, num_classes)
    result = np.zeros((indices.size, num_classes), dtype)
    result[np.arange(indices.size), indices.ravel()] = 1
    return result.reshape(indices.shape + (num_classes,))


def to_ordinal(y, num_classes=None, dtype="float32"):
    """Turns ranks into vectors that hold 1 for each rank below.

    For ordinal regression: entry `k` says whether the class is above `k`.

    Arguments:
        y: Array-like of integers from 0 to `num_classes - 1`. A last axis of
            length 1 is dropped.
        num_classes: Number of classes, `max(y) + 1` by default.
        dtype: Type of the result.

    Returns:
        NumPy array with one more axis, of length `num_classes - 1`.

    Raises:
        ValueError: If a rank is outside of the classes.

    Example:

    >>> from tfk.utils import numeric
    >>> numeric.to_ordinal([0, 1, 2])
    array([[0., 0.],
           [1., 0.],
           [1., 1.]], dtype=float32)
    """
    ranks, num_classes = _class_indices(y, num_classes)
    return (ranks[..., np.newaxis] > np.arange(num_classes - 1)).astype(dtype)


def normalize(x, axis=-1, order=2):
    """Divides vectors of an array by their length; zeros stay zeros.

    Arguments:
        x: Array-like. A single vector is returned as one row.
        axis: The axis along which vectors lie.
        order: Order of the norm: 2 for the Euclidean length, 1 for the sum of
            absolute values, `np.inf` for the largest.

    Returns:
        NumPy array of rank 2 or more.

    Example:

    >>> from tfk.utils import numeric
    >>> numeric.normalize([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)


def _class_indices(y, num_classes):
    indices = np.asarray(y).astype("int64")
    if indices.ndim > 1 and indices.shape[-1] == 1:
        indices = indices[..., 0]
    if num_classes is None:
        if not indices.size:
            raise ValueError(
                "`num_classes` must be given for an empty `y`. Received: "
                f"y={y!r}."
            )
        num_classes = int(indices.max()) + 1
    if indices.size and (indices.min() < 0 or indices.max() >= num_classes):
        raise ValueError(
            f"`y` must hold classes from 0 to {num_classes - 1}. Received: "
            f"values from {indices.min()} to {indices.max()} with "
            f"num_classes={num_classes}."
        )
    return indices, num_classes
