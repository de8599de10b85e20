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
"""In-memory data: array-likes of every kind become arrays and tensors."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfk import config
from tfk.data import batches
from tfk.utils import structure


@dataclasses.dataclass
class RowReader:
    """Rows of an array that may be larger than memory, read when needed.

    Datasets of HDF5, memory maps, and whatever gives rows for a slice.

    Arguments:
        array: Object with `shape`, `dtype` and slicing along the first axis.
        start: First row that belongs to the view.
        stop: Row after the last one, or `None` for the end of the array.
    """

    array: Any
    start: int = 0
    stop: int | None = None

    def __post_init__(self):
        if self.stop is None:
            self.stop = int(self.array.shape[0])

    @property
    def shape(self):
        return (self.stop - self.start,) + tuple(self.array.shape[1:])

    @property
    def dtype(self):
        """The NumPy dtype after conversion (`floatx` for floats)."""
        return _standard_dtype(np.dtype(self.array.dtype))

    def __len__(self):
        return self.stop - self.start

    def __getitem__(self, rows):
        """Returns a view for a slice, and the rows for an index array."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            return RowReader(self.array, self.start + start, self.start + stop)
        return self.read(np.asarray(rows))

    def read(self, indices):
        """Reads the given rows, each once and in ascending order."""
        ascending, back = np.unique(indices, return_inverse=True)
        ascending += self.start
        if isinstance(self.array, np.memmap):
            return np.asarray(self.array[ascending], self.dtype)[back]
        # Slices are what all arrays know, and HDF5 reads them faster than a
        # list of rows (512 of 60,000 rows in 14 to 30 ms, against 19 to 54).
        last_of_runs = np.flatnonzero(np.diff(ascending) > 1) + 1
        runs = [
            np.asarray(self.array[int(run[0]) : int(run[-1]) + 1], self.dtype)
            for run in np.split(ascending, last_of_runs)
            if len(run)
        ]
        if not runs:
            return np.empty((0, *self.shape[1:]), self.dtype)
        return np.concatenate(runs)[back]


def to_arrays(data, name="x", scalars=False):
    """Turns array-likes of every kind into arrays and tensors with rows.

    Floating-point NumPy arrays, tables and lists become `floatx`; tensors keep
    their dtype. A list of numbers (or of lists of numbers) is one array, a list
    of arrays is several inputs. Lists become tuples, since `tf.data` takes a
    list for a tensor.

    Arguments:
        data: Nested structure of NumPy arrays, tensors (ragged and sparse ones
            too), pandas frames and columns, SciPy sparse matrices, PyTorch
            tensors, lists of numbers or strings. HDF5 datasets, memory maps
            and other objects with `shape`, `dtype` and slices are read in
            slices.
        name: What the data is, for error messages.
        scalars: Whether a number without rows is right.

    Returns:
        The structure with NumPy arrays, `tf.Tensor`s, `tf.RaggedTensor`s,
        `tf.SparseTensor`s or `RowReader`s as leaves.

    Raises:
        ValueError: For something that no tensor can hold.
    """
    if type(data) is np.ndarray:
        return _from_numpy(data, name)
    if data is None or tf.is_tensor(data) or isinstance(data, RowReader):
        return _from_tensor(data)
    if isinstance(data, Mapping):
        return {
            k: to_arrays(v, f"{name}/{k}", scalars) for k, v in data.items()
        }
    if isinstance(data, (list, tuple)) and not _is_plain_list(data):
        parts = [
            to_arrays(value, f"{name}/{index}", scalars)
            for index, value in enumerate(data)
        ]
        return type(data)(*parts) if hasattr(data, "_fields") else tuple(parts)
    return _leaf(data, name, scalars)


def is_in_memory(x):
    """Whether `to_arrays` takes this: no dataset, generator or sequence.

    Cheap: looks at one leaf of a structure and converts nothing.
    """
    while isinstance(x, (list, tuple, Mapping)) and len(x):
        x = next(iter(x.values() if isinstance(x, Mapping) else x))
    if isinstance(x, (np.ndarray, tf.Tensor, RowReader, np.generic)):
        return True
    return (
        isinstance(x, (tf.Variable, int, float, str, bytes))
        or tf.is_tensor(x)
        or _package(type(x)) in ("pandas", "scipy", "torch")
        or _is_array_like(x)
    )


def as_single_batch(x, y=None, sample_weight=None):
    """Turns small arrays into one batch of tensors, without a dataset.

    Dtypes are converted as a dataset of the same arrays converts them. The
    tensors go to the default device.

    Arguments:
        x: Array-likes as for `to_arrays`.
        y: Targets, or `None`.
        sample_weight: Weights, or `None`.

    Returns:
        `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` of tensors.

    Raises:
        ValueError: If the numbers of rows differ.

    Example:

    >>> from tfk.data import arrays
    >>> arrays.as_single_batch(np.ones((1, 2))).dtype
    tf.float32
    """
    data = to_named_arrays(x, y, sample_weight)
    shapes = {
        part.shape[:1] if type(part) is np.ndarray else None
        for part in data.values()
    }
    # Comparing shapes is all that a few plain arrays need.
    if len(shapes) > 1 or shapes <= {None, (), (0,)}:
        batches.number_of_rows(data)
    tensors = {
        name: (
            tf.constant(part)
            if type(part) is np.ndarray
            else tf.nest.map_structure(to_tensor, part)
        )
        for name, part in data.items()
    }
    return batches.pack_x_y_sample_weight(**tensors)


def to_named_arrays(x, y=None, sample_weight=None):
    """Converts the three parts; returns a dict with those that are given."""
    given = {"x": x, "y": y, "sample_weight": sample_weight}
    return {
        name: _list_to_tuple(to_arrays(part, name))
        for name, part in given.items()
        if part is not None
    }


def _list_to_tuple(part):
    """Makes several inputs a tuple, as a dataset does with a list of them."""
    return tuple(part) if type(part) is list else part


def to_tensor(array):
    """Turns what `to_arrays` gives into a tensor."""
    if isinstance(array, RowReader):
        array = array.read(np.arange(len(array)))
    return tf.constant(array) if isinstance(array, np.ndarray) else array


def _standard_dtype(dtype):
    if dtype.kind == "f":
        return np.dtype(tf.as_dtype(config.floatx()).as_numpy_dtype)
    return dtype


def _from_numpy(array, name):
    kind = array.dtype.kind
    if kind == "f":
        return array.astype(_standard_dtype(array.dtype), copy=False)
    if kind == "O":
        return _from_objects(array, name)
    if kind in "MmV":
        raise ValueError(_no_tensor(name, array))
    return array


def _from_objects(array, name):
    """Arrays of Python objects are right if all are strings or all numbers."""
    values = array.ravel().tolist()
    if all(isinstance(value, (str, bytes)) for value in values):
        return array
    if any(isinstance(value, (str, bytes)) for value in values):
        raise ValueError(_no_tensor(name, array))
    try:
        numbers = np.array(array.tolist())
    except ValueError as error:
        raise ValueError(_no_tensor(name, array)) from error
    if numbers.dtype.kind not in "fiubc":
        raise ValueError(_no_tensor(name, array))
    return _from_numpy(numbers, name)


def _from_tensor(tensor):
    if isinstance(tensor, tf.Variable):
        return tf.convert_to_tensor(tensor)
    return tensor


def _leaf(value, name, scalars):
    package = _package(type(value))
    if isinstance(value, tf.Variable):
        return tf.convert_to_tensor(value)
    if isinstance(value, np.memmap) or package in ("h5py", "zarr"):
        return RowReader(value)
    if package == "pandas":
        return _from_pandas(value, name)
    if package == "scipy":
        return _from_scipy(value)
    if package == "torch":
        return _from_numpy(value.detach().cpu().numpy(), name)
    if isinstance(value, (list, tuple)):
        return _from_list(value, name)
    if callable(getattr(value, "numpy", None)):
        return _from_numpy(np.asarray(value.numpy()), name)
    if _is_array_like(value) and not _lies_in_memory(value):
        return RowReader(value)
    if hasattr(value, "__array__") and not isinstance(value, np.generic):
        return _from_numpy(np.asarray(value), name)
    if scalars and isinstance(value, (np.generic, int, float, str, bytes)):
        return _from_numpy(np.asarray(value), name)
    raise ValueError(
        f"`{name}` must be an array, tensor, table or list of numbers, or a "
        f"nested structure of them. Received: {structure.describe(value)} of "
        f"type {type(value).__name__}. Read files first, and turn other "
        "values into numbers."
    )


def _from_list(values, name):
    try:
        array = np.array(values)
    except ValueError as error:
        raise ValueError(
            f"`{name}` is a list whose rows have different lengths. Pad them "
            "(`keras.utils.pad_sequences`) or pass `tf.ragged.constant(...)`. "
            f"Received: {structure.describe(values)}."
        ) from error
    return _from_numpy(array, name)


def _from_pandas(value, name):
    array = _from_numpy(np.asarray(value.to_numpy()), name)
    # One column is a matrix of one column, as in tf.keras.
    return array[:, np.newaxis] if array.ndim == 1 else array


def _from_scipy(matrix):
    matrix = matrix.tocsr().copy()
    matrix.sum_duplicates()
    matrix = matrix.tocoo()
    indices = np.stack([matrix.row, matrix.col], axis=1).astype(np.int64)
    values = matrix.data.astype(_standard_dtype(matrix.data.dtype))
    return tf.SparseTensor(indices, values, matrix.shape)


def _is_plain_list(values):
    """Whether a list holds numbers or strings, at whatever depth."""
    if not len(values):
        return True
    return all(_is_scalar_or_plain(value) for value in values)


def _is_scalar_or_plain(value):
    while isinstance(value, (list, tuple)):
        if not value:
            return True
        value = value[0]
    return isinstance(value, (int, float, complex, str, bytes, np.generic))


def _is_array_like(value):
    return all(
        hasattr(value, name) for name in ("shape", "dtype", "__getitem__")
    ) and not isinstance(value, np.generic)


def _lies_in_memory(array):
    """Whether an array-like can give its memory: then it is no larger."""
    return hasattr(array, "__array_interface__") or hasattr(array, "__dlpack__")


@functools.lru_cache(maxsize=256)
def _package(kind):
    """Returns which package of array-likes a class (or a base) comes from."""
    packages = ("pandas", "scipy", "torch", "h5py", "zarr")
    for base in kind.__mro__:
        package = base.__module__.partition(".")[0]
        if package in packages and hasattr(kind, "shape"):
            return package
    return None


def _no_tensor(name, array):
    return (
        f"`{name}` cannot become a tensor: an array must hold only numbers or "
        "only strings, and missing values are neither. Received: "
        f"{structure.describe(array)}. Encode other values as numbers; pass "
        "the columns of a mixed table as a dict, `dict(frame)`."
    )
