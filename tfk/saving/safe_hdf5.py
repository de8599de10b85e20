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
"""HDF5 files as data: the only way to what an HDF5 file holds.

An HDF5 file can lead to other files on the machine, declare sizes that it does
not hold, and unpack to a thousand times its size. `SafeFile` looks at the
whole file before anything is read from it.
"""

import contextlib
import ctypes
import math
import zlib

import h5py
import numpy as np
import tensorflow as tf

from tfk.saving import errors
from tfk.saving import hdf5_heap

NUMBERS = "fiubc"
_MAX_NUMBER = {"c": 16}
BFLOAT16 = "bfloat16"
MAX_DEPTH = 128

# An HDF5 file holds what its size says, up to what compression may gain.
_FLOOR = 64 * 2**20
_RATIO = 100
# Filters for which HDF5 loads no plugin, in the order in which they are applied
# when an array is written.
_SHUFFLE, _DEFLATE, _LZF, _CHECKSUM = 2, 1, 32000, 3
_FILTER_RANKS = {_SHUFFLE: 0, _DEFLATE: 1, _LZF: 1, _CHECKSUM: 2}
_LAYOUTS = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED)
_PIECE = 2**20
# Lists of texts may refer to the same long one many times: what one list could
# take at most, and what all that is read takes together.
_LIST_FLOOR = 256 * 2**20
_LIST_RATIO = 20
_TEXTS_FLOOR = 64 * 2**20
_TEXTS_RATIO = 2
_MAX_SHOWN = 200


class Entry:
    """What is known of an array before it is read.

    Arguments:
        path: String: where it stands.
        dataset: `h5py.Dataset`.
        is_marked: Boolean: whether it says that integers of 16 bits are
            bfloat16 numbers.
    """

    def __init__(self, path, dataset, is_marked=False):
        self.path = path
        self.dataset = dataset
        self.shape = tuple(dataset.shape)
        self.is_bfloat16 = dataset.dtype == np.uint16 and is_marked
        self.dtype = BFLOAT16 if self.is_bfloat16 else str(dataset.dtype)
        size = math.prod(self.shape)
        self.num_bytes = size * dataset.dtype.itemsize
        # Chunks are unpacked whole, and may be larger than what they are of.
        chunk = math.prod(dataset.chunks or ())
        self.cost = max(size, chunk) * dataset.dtype.itemsize


class SafeFile:
    """The arrays and texts of an HDF5 file that was found to be harmless.

    Use it as a context manager.

    Arguments:
        path: String: the file.
        label: String: what to call it in messages.
        where: String: the part of `label` that it is, if it is one.

    Raises:
        UnsafeFileError: If the file leads outside of itself or declares more
            than it holds.
        CorruptFileError: If it can't be read.
    """

    def __init__(self, path, label=None, where=None):
        self._label = label or path
        self._where = where
        self._heap_size = None
        with self._reading():
            if not h5py.is_hdf5(path):
                raise self.corrupt(
                    "this is not an HDF5 file, or it was cut off. It begins "
                    f"with {_first_bytes(path)!r}. Save the weights again with "
                    "`model.save_weights('name.weights.h5')`."
                )
            self._file = h5py.File(path, "r")
        try:
            with self._reading():
                sizes = self._file.id.get_create_plist().get_sizes()
                if sizes != (8, 8):
                    raise self.corrupt(f"its addresses have {sizes} bytes.")
                self.entries = {}
                self.groups = {}
                self._size = tf.io.gfile.stat(path).length
                self._texts_left = _TEXTS_FLOOR + _TEXTS_RATIO * self._size
                self._chunks_left = self._size
                self._scan()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Closes the file."""
        self._file.close()

    @property
    def label(self):
        """What to call the file in messages."""
        return self._label

    @property
    def num_bytes(self):
        """How much memory a model with these arrays may need.

        One whose weights have 8 bits may have to be made in 32 bits first.
        """
        return sum(
            entry.num_bytes * (5 if entry.dataset.dtype.itemsize == 1 else 1)
            for entry in self.entries.values()
        )

    def read_array(self, path):
        """Returns one array.

        Arguments:
            path: String: a key of `entries`.
        """
        entry = self.entries[path]
        with self._reading(path):
            array = np.asarray(entry.dataset[()])
        if entry.is_bfloat16:
            array = array.view(tf.bfloat16.as_numpy_dtype)
        return array

    def read_tensor(self, path):
        """Returns one array, as a tensor if it is large.

        A variable takes the tensor's memory over: there is no second copy. It
        is memory of TensorFlow, which uses that of earlier values again.

        Arguments:
            path: String: a key of `entries`.
        """
        entry = self.entries[path]
        dtype = entry.dataset.dtype
        if (
            entry.num_bytes < _PIECE
            or not dtype.isnative
            or dtype.kind not in "fiu"
        ):
            return self.read_array(path)
        tensor, array = _empty_tensor(entry.shape, dtype)
        with self._reading(path):
            entry.dataset.read_direct(array)
        return tf.bitcast(tensor, BFLOAT16) if entry.is_bfloat16 else tensor

    def check_array(self, path):
        """Raises if the data of an array is damaged or missing.

        Arguments:
            path: String: a key of `entries`.
        """
        entry = self.entries[path]
        # Data in one piece is there if the file is long enough.
        if entry.dataset.chunks is None:
            offset = entry.dataset.id.get_offset()
            if offset and offset + entry.num_bytes <= self._size:
                return
        self.read_array(path)

    def text(self, path, name):
        """Returns an attribute that is a string or a list of them, or None.

        Arguments:
            path: String: a key of `groups`.
            name: String: the attribute.
        """
        with self._reading(path):
            attributes = self.groups[path].attrs
            if name not in attributes:
                return None
            self._check_text(attributes.get_id(name), path, name)
            value = attributes[name]
            if not isinstance(value, np.ndarray):
                self._spend_texts(len(value), f"{path}@{name}")
                return _decoded(value)
            items = value.ravel().tolist()
            self._spend_texts(sum(map(len, items)), f"{path}@{name}")
            return [_decoded(item) for item in items]

    def _spend_texts(self, size, where):
        """Refuses to keep more names and texts than the file can mean."""
        self._texts_left -= size
        if self._texts_left < 0:
            limit = _TEXTS_FLOOR + _TEXTS_RATIO * self._size
            raise self.unsafe(
                f"the file has {self._size:,} bytes, and its names and texts "
                f"take more than {limit:,}.",
                where,
            )

    def texts(self, path, name):
        """Returns a list of strings that may be cut into several, or None.

        HDF5 limits the size of an attribute, so that Keras writes a long list
        as `name0`, `name1` and so on.
        """
        found = self.text(path, name)
        parts, count = [], 0
        while found is None:
            part = self.text(path, f"{name}{count}")
            if part is None:
                found = parts if count else None
                break
            parts += part if isinstance(part, list) else [part]
            count += 1
        return [found] if isinstance(found, str) else found

    def _check_text(self, attribute, path, name):
        where = f"{path}@{name}"
        shape = attribute.shape
        if shape is None:
            raise self.corrupt("an attribute is empty.", where)
        if math.prod(shape) == 0:
            return
        kind = attribute.get_type()
        if not isinstance(kind, h5py.h5t.TypeStringID):
            raise self.corrupt("an attribute is not a text.", where)
        cost = attribute.get_storage_size()
        if kind.is_variable_str():
            # All of them may be the same long one.
            cost = math.prod(shape) * self._largest_heap()
        if cost > max(_LIST_FLOOR, _LIST_RATIO * self._size):
            raise self.unsafe(
                f"the file has {self._size:,} bytes and declares a list of "
                f"texts of up to {cost:,}.",
                where,
            )

    def _largest_heap(self):
        """Returns how long a text of variable length may be at most."""
        if self._heap_size is None:
            self._heap_size = hdf5_heap.largest(self._file.filename)
        return self._heap_size

    def _scan(self):
        """Lists the arrays; refuses all that is not plain data in a tree."""
        seen, total = set(), 0
        stack = [(self._file["/"], "", 0)]
        while stack:
            group, path, depth = stack.pop()
            self._check_once(group, path, seen)
            if depth > MAX_DEPTH:
                raise self.unsafe(
                    f"groups are more than {MAX_DEPTH} levels deep.", path
                )
            self.groups[path] = group
            for name in list(group):
                here = f"{path}/{name}".lstrip("/")
                self._spend_texts(len(here), here)
                self._check_link(group, name, here)
                item = group[name]
                if isinstance(item, h5py.Group):
                    stack.append((item, here, depth + 1))
                    continue
                self._check_once(item, here, seen)
                entry = self._checked_entry(item, here)
                total += entry.cost
                if total > _FLOOR + _RATIO * self._size:
                    raise self.unsafe(
                        f"the file has {self._size:,} bytes and declares "
                        f"arrays of {total:,} bytes so far.",
                        here,
                    )
                self._check_chunks(item, here)
                self.entries[here] = entry

    def _check_once(self, item, path, seen):
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            raise self.unsafe("the same object stands in two places.", path)
        seen.add(address)

    def _check_link(self, group, name, path):
        if name in ("", ".", "..") or "\x00" in name or "/" in name:
            raise self.unsafe("an object has an unusable name.", path)
        link = group.get(name, getlink=True)
        if type(link) is not h5py.HardLink:
            raise self.unsafe(
                "the file holds a link, which could lead to other files.", path
            )

    def _checked_entry(self, item, path):
        if not isinstance(item, h5py.Dataset):
            raise self.unsafe(
                f"only groups and arrays may stand here, not {item!r}.", path
            )
        properties = item.id.get_create_plist()
        if properties.get_external_count():
            raise self.unsafe(
                "the data of an array is declared to be in another file.", path
            )
        if properties.get_layout() not in _LAYOUTS:
            raise self.unsafe("an array is made of other datasets.", path)
        ranks = [_FILTER_RANKS.get(f) for f in _filters(properties)]
        if None in ranks:
            raise self.unsafe("an array needs a plugin to be read.", path)
        if ranks != sorted(set(ranks)):
            raise self.unsafe("an array is packed more than once.", path)
        kind = item.dtype.kind
        is_number = kind in NUMBERS and item.dtype.itemsize <= _MAX_NUMBER.get(
            kind, 8
        )
        if item.shape is None or not is_number:
            raise self.unsafe(
                f"arrays hold numbers. Received: dtype {item.dtype}.", path
            )
        return Entry(path, item, self._is_marked(item))

    def _is_marked(self, dataset):
        if dataset.dtype != np.uint16 or "dtype" not in dataset.attrs:
            return False
        attribute = dataset.attrs.get_id("dtype")
        if attribute.shape != () or attribute.get_storage_size() > 64:
            return False
        self._largest_heap()
        return dataset.attrs["dtype"] == BFLOAT16

    def _check_chunks(self, item, path):
        """Refuses chunks that unpack to more than they are declared to be."""
        filters = _filters(item.id.get_create_plist())
        if not filters:
            return
        places = []

        def note(chunk):
            self._chunks_left -= chunk.size
            places.append(chunk.chunk_offset)

        if hasattr(item.id, "chunk_iter"):
            item.id.chunk_iter(note)
        else:
            # HDF5 before 1.10.10. It takes quadratic time.
            for index in range(item.id.get_num_chunks()):
                note(item.id.get_chunk_info(index))
        if self._chunks_left < 0:
            raise self.unsafe("parts of arrays overlap in the file.", path)
        if _DEFLATE not in filters:
            return
        limit = math.prod(item.chunks) * item.dtype.itemsize
        for place in places:
            _, packed = item.id.read_direct_chunk(place)
            if _unpacks_beyond(packed, limit):
                raise self.unsafe(
                    "a part of an array unpacks to more than it can be.", path
                )

    @contextlib.contextmanager
    def _reading(self, where=None):
        try:
            yield
        except (errors.UnsafeFileError, errors.CorruptFileError):
            raise
        except FileNotFoundError:
            raise
        except Exception as error:  # h5py raises errors of many classes.
            raise self.corrupt(
                f"the file is damaged ({error}). Take another copy of it.",
                where,
            ) from error

    def _at(self, where):
        where = where and shortened(where)
        return "/".join(part for part in (self._where, where) if part) or None

    def corrupt(self, reason, where=None):
        """Returns the error of a file that is broken."""
        return errors.CorruptFileError(reason, self._label, self._at(where))

    def unsafe(self, reason, where=None):
        """Returns the error of a file that may do harm."""
        reason = f"{reason} Nothing was loaded."
        return errors.UnsafeFileError(reason, self._label, self._at(where))


class _Lent:
    """The memory of a tensor, as `np.from_dlpack` takes it."""

    def __init__(self, tensor):
        self._capsule = tf.experimental.dlpack.to_dlpack(tensor)

    def __dlpack__(self, **kwargs):
        return self._capsule

    def __dlpack_device__(self):
        return (1, 0)  # The memory of the CPU.


def _empty_tensor(shape, dtype):
    """Returns a tensor of no values yet, and an array in the same memory."""
    with tf.device("CPU:0"):
        tensor = tf.raw_ops.Empty(shape=shape, dtype=tf.as_dtype(dtype))
    array = np.from_dlpack(_Lent(tensor))
    if not array.flags.writeable:
        # Nobody else has seen the tensor yet.
        memory = (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)
        array = np.frombuffer(memory, dtype).reshape(shape)
    return tensor, array


def _filters(properties):
    """Returns the numbers of the filters of a dataset, the first one first."""
    return [
        properties.get_filter(index)[0]
        for index in range(properties.get_nfilters())
    ]


def _unpacks_beyond(packed, limit):
    stream, total = zlib.decompressobj(), 0
    try:
        while packed and not stream.eof:
            total += len(stream.decompress(packed, _PIECE))
            if total > limit:
                return True
            packed = stream.unconsumed_tail
    except zlib.error:
        pass  # It was left as it is, or is damaged: reading will tell.
    return False


def shortened(name):
    """Returns a name from a file, for a message: its start, if it is long."""
    more = len(name) - _MAX_SHOWN
    return f"{name[:_MAX_SHOWN]}... ({more:,} more)" if more > 0 else name


def _decoded(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _first_bytes(path):
    with open(path, "rb") as file:
        return file.read(8)
