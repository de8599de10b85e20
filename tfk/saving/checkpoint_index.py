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
"""A check of what a checkpoint declares, before TensorFlow reads it.

TensorFlow ends the process when the index of a checkpoint holds what it does
not expect, and makes room for whatever size stands there. The index is a table
of keys and values as LevelDB has it: blocks of entries, each of which shares
the start of its key with the one before. The values are messages that say where
in the files of data an array is.
"""

import math
import struct

import tensorflow as tf

from tfk.saving import errors
from tfk.utils import tf_internal

_MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
_FOOTER = 48
_NOT_PACKED = 0
_HEADER_KEY = b""
_MAX_BYTES = 2**30
# Keys are paths of attributes. One that shares its start with the key before
# takes a few bytes in the file.
_MAX_KEY = 2**16
_KEYS_FLOOR = 64 * 2**20
_KEYS_RATIO = 10
_MAX_SHARDS = 100_000
_MAX_DIMENSIONS = 254
_MAX_SIZE = 2**62
_MAX_VARINT = 10
_LITTLE = 0
_TYPES = frozenset(
    "bfloat16 bool complex64 complex128 float16 float32 float64 float8_e4m3fn "
    "float8_e5m2 int4 int8 int16 int32 int64 qint8 qint16 qint32 quint8 "
    "quint16 string uint4 uint8 uint16 uint32 uint64 variant".split()
)


def check(path):
    """Raises if TensorFlow should not read a checkpoint.

    Arguments:
        path: String: the path without an ending.

    Raises:
        UnsafeFileError: If it declares more than it holds.
        CorruptFileError: If it is damaged.
    """
    with errors.corrupt(path):
        header, entries = _read(path)
        files = _Files(path, header.num_shards)
        for key, value in entries.items():
            entry = tf_internal.BundleEntryProto.FromString(value)
            _check_entry(entry, files, key, path)


def num_shards(path):
    """Returns how many files of data a checkpoint has.

    Arguments:
        path: String: the path without an ending.

    Raises:
        UnsafeFileError: If its index is larger than can be meant.
        CorruptFileError: If its index is damaged.
    """
    with errors.corrupt(path):
        return _read(path)[0].num_shards


def _read(path):
    """Returns the header and a dict of the other entries of an index."""
    index = f"{path}.index"
    size = _size(index)
    if size > _MAX_BYTES:
        raise errors.UnsafeFileError(
            f"the index of a checkpoint has at most {_MAX_BYTES:,} bytes. "
            f"Received: {size:,}. Nothing was loaded.",
            path,
        )
    with tf.io.gfile.GFile(index, "rb") as file:
        entries = _entries(file.read())
    if next(iter(entries), None) != _HEADER_KEY:
        raise ValueError("its index has no header")
    header = tf_internal.BundleHeaderProto.FromString(entries.pop(_HEADER_KEY))
    if not 0 < header.num_shards <= _MAX_SHARDS or header.endianness != _LITTLE:
        raise ValueError("its header is not that of a checkpoint")
    return header, entries


class _Files:
    """The files with the data of a checkpoint."""

    def __init__(self, path, count):
        self._path = path
        self.count = count
        self._sizes = {}

    def _name(self, shard):
        return f"{self._path}.data-{shard:05}-of-{self.count:05}"

    def size(self, shard):
        """Returns the size of a file in bytes."""
        if not 0 <= shard < self.count:
            raise ValueError(f"it has no file of number {shard}")
        if shard not in self._sizes:
            self._sizes[shard] = _size(self._name(shard))
        return self._sizes[shard]

    def read(self, shard, start, count):
        """Returns some bytes of a file."""
        with tf.io.gfile.GFile(self._name(shard), "rb") as file:
            file.seek(start)
            return file.read(count)


def _size(name):
    if not tf.io.gfile.exists(name) or tf.io.gfile.isdir(name):
        raise errors.CorruptFileError(
            "this file of a checkpoint is missing. Copy all of its files "
            "together.",
            name,
        )
    return tf.io.gfile.stat(name).length


def _check_entry(entry, files, key, path):
    where = key.decode("utf-8", "replace")[:200]
    shape = [x.size for x in entry.shape.dim]
    count = math.prod(shape)
    if (
        entry.shape.unknown_rank
        or len(shape) > _MAX_DIMENSIONS
        or any(size < 0 for size in shape)
        # TensorFlow ends the process, even if a later size is 0.
        or math.prod(max(size, 1) for size in shape) > _MAX_SIZE
    ):
        raise ValueError(f"{where} has no shape")
    dtype = tf.as_dtype(entry.dtype)
    if dtype.name not in _TYPES:
        raise ValueError(f"{where} is of type {dtype.name}")
    if entry.slices:
        # The parts of the array are entries of their own.
        for part in entry.slices:
            _check_slice(part, shape, where)
        held = sum(map(files.size, range(files.count)))
    else:
        held = files.size(entry.shard_id) - entry.offset
        if entry.offset < 0 or not 0 <= entry.size <= held:
            raise ValueError(f"{where} ends beyond its file")
        held = entry.size
    # What stands for variants, such as iterators, is not read here.
    if count * max(dtype.size or 1, 1) > held:
        raise errors.UnsafeFileError(
            f"the checkpoint declares an array of shape {tuple(shape)} and "
            f"type {dtype.name} in {held:,} bytes. Nothing was loaded.",
            path,
            where,
        )
    if dtype == tf.string and not entry.slices:
        _check_texts(entry, count, files, where)


def _check_slice(part, shape, where):
    if len(part.extent) != len(shape):
        raise ValueError(f"a part of {where} has another number of dimensions")
    for extent, size in zip(part.extent, shape):
        length = size - extent.start
        if extent.HasField("length"):
            length = extent.length
        if extent.start < 0 or not 0 <= length <= size - extent.start:
            raise ValueError(f"a part of {where} lies outside of it")


def _check_texts(entry, count, files, where):
    """Raises if texts are not as long as what they take in the file."""
    limit = min(entry.size, count * _MAX_VARINT)
    lengths = files.read(entry.shard_id, entry.offset, limit)
    total, place = 0, 0
    for _ in range(count):
        length, place = _varint(lengths, place)
        total += length
    checksum = 4 if count else 0
    if place + checksum + total > entry.size:
        raise ValueError(f"the texts of {where} end beyond it")


# Tables


def _entries(content):
    """Returns a dict of the keys and values of a table."""
    if len(content) < _FOOTER or not content.endswith(_MAGIC):
        raise ValueError("its index is no table, or was cut off")
    footer = content[-_FOOTER:]
    _, place = _handle(footer, 0)
    handle, _ = _handle(footer, place)
    limits = _Limits(len(content))
    found, last = {}, None
    for _, value in _block(content, handle, limits):
        for key, entry in _block(content, _handle(value, 0)[0], limits):
            if last is not None and key <= last:
                raise ValueError("the keys of its index are not in order")
            found[key] = entry
            last = key
    return found


class _Limits:
    """What the blocks of an index may still take.

    Arguments:
        size: Integer: the size of the index in bytes.
    """

    def __init__(self, size):
        self._blocks = size
        self._keys = _KEYS_FLOOR + _KEYS_RATIO * size

    def take_block(self, size):
        """Raises if the blocks are larger than the index: some overlap."""
        self._blocks -= size
        if self._blocks < 0:
            raise ValueError("parts of its index overlap")

    def take_key(self, size):
        """Raises if a key, or all of them together, are too long."""
        self._keys -= size
        if size > _MAX_KEY:
            raise ValueError(
                f"a key of its index has {size:,} bytes; at most {_MAX_KEY:,} "
                "are read"
            )
        if self._keys < 0:
            raise ValueError("the keys of its index unpack to too much")


def _block(content, handle, limits):
    """Yields the keys and values of a block."""
    start, size = handle
    limits.take_block(size)
    # Behind it are how it is packed and a checksum.
    if start + size + 5 > len(content) - _FOOTER or size < 4:
        raise ValueError("a part of its index lies outside of it")
    if content[start + size] != _NOT_PACKED:
        raise ValueError("its index is packed")
    block = content[start : start + size]
    (count,) = struct.unpack_from("<I", block, size - 4)
    end = size - 4 * (count + 1)
    if not count or end < 0:
        raise ValueError("a part of its index has no entries")
    restarts = set(struct.unpack_from(f"<{count}I", block, end))
    place, key, whole = 0, b"", {0}
    while place < end:
        first = place
        shared, place = _varint(block, place)
        rest, place = _varint(block, place)
        length, place = _varint(block, place)
        if shared > len(key) or place + rest + length > end:
            raise ValueError("an entry of its index ends beyond it")
        limits.take_key(shared + rest)
        if not shared:
            whole.add(first)
        key = key[:shared] + block[place : place + rest]
        place += rest + length
        yield key, block[place - length : place]
    # From one of these places on, too, entries are read.
    if not restarts <= whole:
        raise ValueError("a part of its index is read from within an entry")


def _handle(content, place):
    start, place = _varint(content, place)
    size, place = _varint(content, place)
    return (start, size), place


def _varint(content, place):
    """Returns a number of variable length, and where the next one begins."""
    number = 0
    for index in range(_MAX_VARINT):
        byte = content[place + index]
        number |= (byte & 127) << 7 * index
        if byte < 128:
            return number, place + index + 1
    raise ValueError("a number in its index is too long")
