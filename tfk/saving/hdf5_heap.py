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
"""A check of the heaps in which HDF5 keeps texts of variable length.

The HDF5 library goes round for ever in a heap whose sizes are damaged, so they
are looked at before it reads one. The layout is that of section III.E of the
HDF5 file format specification, for sizes of 8 bytes.
"""

import mmap
import struct

# The last byte is the version. The library does not look at the three bytes
# behind it.
_SIGNATURE = b"GCOL\x01"
_HEADER = struct.Struct("<8sQ")
_OBJECT = struct.Struct("<HHIQ")
_FREE = 0
_PIECE = 2**22


def largest(path):
    """Returns the size in bytes of the largest heap; 0 if there is none.

    Arguments:
        path: String: the file.

    Raises:
        ValueError: If a heap is damaged.
    """
    found = 0
    with open(path, "rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for start in _starts(content):
                found = max(found, _checked_size(content, start))
    return found


def _starts(content):
    """Yields where the heaps begin."""
    for first in range(0, len(content), _PIECE):
        end = first + _PIECE + len(_SIGNATURE) - 1
        start = content.find(_SIGNATURE, first, end)
        while start >= 0:
            yield start
            start = content.find(_SIGNATURE, start + 1, end)
        if hasattr(content, "madvise"):
            # What was looked at need not stay in memory.
            size = min(_PIECE, len(content) - first)
            content.madvise(mmap.MADV_DONTNEED, first, size)


def _checked_size(content, start):
    """Returns the size of a heap, if its objects fill it without a rest."""
    if start + _HEADER.size > len(content):
        raise ValueError("a heap of texts is cut off")
    _, size = _HEADER.unpack_from(content, start)
    place, end = start + _HEADER.size, start + size
    if end > len(content) or place > end:
        raise ValueError("a heap of texts ends beyond the file")
    while end - place >= _OBJECT.size:
        index, _, _, length = _OBJECT.unpack_from(content, place)
        # The size of free space counts its own header.
        taken = length if index == _FREE else _OBJECT.size + _padded(length)
        if not _OBJECT.size <= taken <= end - place:
            raise ValueError("the sizes in a heap of texts are wrong")
        place += taken
    return size


def _padded(length):
    return (length + 7) // 8 * 8
