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
"""Files of plain values and arrays, which appear whole or not at all.

A file is an uncompressed ZIP archive of a JSON text and the bytes of the
arrays, each with a checksum. Reading one runs nothing of what it holds.
"""

import dataclasses
import json
import math
import zipfile

import numpy as np
import tensorflow as tf

from tfk.saving import errors
from tfk.saving import files

_JSON = "state.json"
_FORMAT = 1
_SCALARS = (type(None), bool, int, float, str)


@dataclasses.dataclass(frozen=True)
class Packed:
    """A state that is ready to be written, by another thread too.

    Attributes:
        tree: The state as JSON can hold it.
        arrays: The arrays, to which it refers by number.
    """

    tree: object
    arrays: list


def pack(state):
    """Prepares a state for `write`. Arrays are not copied.

    Arguments:
        state: Nested dicts, lists and tuples of numbers, strings, bytes, None
            and arrays.

    Raises:
        TypeError: If a value is of another type; it says where that stands.
    """
    arrays = []
    return Packed(_pack(state, "", arrays), arrays)


def _pack(value, path, arrays):
    if type(value) in _SCALARS:
        return value
    if isinstance(value, list):
        return _pack_items(value, path, arrays)
    if isinstance(value, tuple):
        return {"tuple": _pack_items(value, path, arrays)}
    if isinstance(value, dict):
        pairs = [
            [_pack(key, path, arrays), _pack(item, f"{path}/{key}", arrays)]
            for key, item in value.items()
        ]
        return {"dict": pairs}
    kind = "array"
    if isinstance(value, bytes):
        kind, value = "bytes", np.frombuffer(value, np.uint8)
    elif isinstance(value, (tf.Tensor, tf.Variable)):
        value = value.numpy()
    if not isinstance(value, (np.ndarray, np.generic)):
        raise TypeError(
            "A state holds numbers, strings, lists, dicts and arrays only. "
            f"Received: {value!r} of type {type(value).__name__} at "
            f"{path or '/'}. Let `get_state` return plain values."
        )
    arrays.append(value)
    return {kind: len(arrays) - 1}


def _pack_items(items, path, arrays):
    return [
        _pack(item, f"{path}/{index}", arrays)
        for index, item in enumerate(items)
    ]


def _unpack(tree, arrays):
    if isinstance(tree, list):
        return [_unpack(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    ((kind, value),) = tree.items()
    if kind == "tuple":
        return tuple(_unpack(value, arrays))
    if kind == "dict":
        return {_unpack(k, arrays): _unpack(v, arrays) for k, v in value}
    return arrays[value].tobytes() if kind == "bytes" else arrays[value]


def write(path, packed):
    """Writes a file; an earlier one stays until the new one is complete.

    Arguments:
        path: String.
        packed: What `pack` returned.
    """
    arrays = [np.asarray(value) for value in packed.arrays]
    described = [
        [tf.as_dtype(array.dtype).name, list(array.shape)] for array in arrays
    ]
    text = {"format": _FORMAT, "tree": packed.tree, "arrays": described}
    with files.replacing(path) as temporary:
        with zipfile.ZipFile(temporary, "w") as archive:
            archive.writestr(_JSON, json.dumps(text))
            for index, array in enumerate(arrays):
                member = zipfile.ZipInfo(_member(index))
                with archive.open(member, "w", force_zip64=True) as file:
                    file.write(_to_bytes(array))


def _member(index):
    return f"array_{index}"


def _to_bytes(array):
    if array.dtype.kind in "OSU":
        return tf.io.serialize_tensor(tf.constant(array)).numpy()
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _to_array(content, dtype, shape):
    dtype = tf.as_dtype(dtype)
    if dtype == tf.string:
        array = tf.io.parse_tensor(content, tf.string).numpy()
        return np.reshape(array, shape)
    dtype = np.dtype(dtype.as_numpy_dtype)
    if len(content) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"an array of shape {shape} has {len(content)} bytes")
    # A copy, which may be written to.
    return np.frombuffer(content, dtype).reshape(shape).copy()


def read(path):
    """Reads the state that a file holds.

    Arguments:
        path: String.

    Raises:
        CorruptFileError: If the file is broken or cut off.
    """
    try:
        with files.local_copy(path) as local, zipfile.ZipFile(local) as archive:
            text = json.loads(archive.read(_JSON))
            if text["format"] != _FORMAT:
                raise errors.CorruptFileError(
                    f"this file is of format {text['format']}, and this "
                    f"version of tfk reads format {_FORMAT}.",
                    path,
                )
            arrays = [
                _to_array(archive.read(_member(index)), dtype, shape)
                for index, (dtype, shape) in enumerate(text["arrays"])
            ]
            return _unpack(text["tree"], arrays)
    except errors.CorruptFileError:
        raise
    except (
        zipfile.BadZipFile,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
        tf.errors.OpError,
    ) as error:
        raise errors.CorruptFileError(
            f"this file is broken or cut off ({error}).", path
        ) from error
