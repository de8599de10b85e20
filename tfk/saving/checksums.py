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
"""Checksums of parts of a file, put together to that of the whole.

A file that is written once would have to be read again for its CRC-32, were it
not for a rule of such sums: the sum of two parts follows from that of each, and
from the length of the second. To the sum, bytes are a polynomial over two
elements, less multiples of another one; more bytes behind them are a factor of
it, a power of x.
"""

import functools
import zlib

_PIECE = 2**20
# The highest power is in the lowest bit. The modulus lacks its own.
_MODULUS = 0xEDB88320
_ONE = 1 << 31
_X = 1 << 30


class Checksums:
    """The sums of those parts of a file that were told of."""

    def __init__(self):
        self._parts = {}  # From the start of each to its end and sum.
        self._last = None

    def add(self, start, data):
        """Takes up bytes; what follows the last ones is one part with them.

        Arguments:
            start: Integer: the place of the first byte in the file. The bytes
                must not be known yet.
            data: Bytes.
        """
        end, found = self._parts.get(self._last, (None, 0))
        if end != start:
            self._last, found = start, 0
        found = zlib.crc32(data, found)
        self._parts[self._last] = (start + len(data), found)

    def forget(self, start, end):
        """Leaves out the parts that share bytes with a place.

        Arguments:
            start: Integer: the first byte of the place.
            end: Integer: the byte behind its last one.
        """
        self._parts = {
            known: (its_end, found)
            for known, (its_end, found) in self._parts.items()
            if its_end <= start or end <= known
        }

    def whole(self, file, start, end):
        """Returns the CRC-32 of a part of the file, which holds all known ones.

        Arguments:
            file: File that is open for reading: what is not known is read.
            start: Integer: the first byte of the part.
            end: Integer: the byte behind its last one.
        """
        total, place = 0, start
        for known, (its_end, found) in sorted(self._parts.items()):
            total = _read(file, place, known, total)
            total = joined(total, found, its_end - known)
            place = its_end
        return _read(file, place, end, total)


def _read(file, start, end, total):
    """Goes on with a sum over bytes that are read from a file."""
    file.seek(start)
    while start < end:
        data = file.read(min(_PIECE, end - start))
        if not data:
            raise EOFError("A file ended while its checksum was computed.")
        total = zlib.crc32(data, total)
        start += len(data)
    return total


def joined(first, second, length):
    """Returns the CRC-32 of two pieces of data in a row.

    Arguments:
        first: Integer: the sum of the first piece.
        second: Integer: the sum of the second piece.
        length: Integer: the number of bytes of the second piece.
    """
    power = 3  # Of two: bytes are eight bits.
    while length:
        if length & 1:
            first = _product(_power(power), first)
        length >>= 1
        power += 1
    return first ^ second


@functools.cache
def _power(exponent):
    """Returns x to that power of two which has the exponent."""
    if exponent == 0:
        return _X
    root = _power(exponent - 1)
    return _product(root, root)


def _product(a, b):
    """Returns the product of two polynomials, less multiples of the modulus."""
    result, bit = 0, _ONE
    while a:
        if a & bit:
            result ^= b
            a ^= bit
        bit >>= 1
        b = (b >> 1) ^ _MODULUS if b & 1 else b >> 1
    return result
