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
"""Writing large arrays to the disk straight away.

A system keeps what is written in memory at first. That memory has to be found,
is filled, and is then brought to the disk. Whoever waits for the disk anyway,
as a save does, is faster without it, and leaves the memory to others.
"""

import concurrent.futures
import contextlib
import errno
import functools
import mmap
import os

# Systems ask for whole blocks of a disk, from memory that starts with a page.
_BLOCK = 4096
_BUFFER = 4 * 2**20
_REFUSALS = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
# Of fewer bytes, the system may as well take care.
_MIN_DIRECT = 2**20


class DiskWriter:
    """Writes bytes at any places of a file that others write, too.

    What follows each other goes through one buffer. Other writers must keep to
    other bytes, and see these after `flush`.

    Use it as a context manager. It is done without an error in the block only.

    Arguments:
        path: String: a file.
        start: Integer: the place in the file that is called 0.
        checksums: `Checksums` of what is written, or None.
    """

    def __init__(self, path, start=0, checksums=None):
        self._plain = os.open(path, os.O_WRONLY)
        self._direct = _open_direct(path)
        self._offset = start
        self._checksums = checksums
        self._summing = None  # A thread.
        self._buffer = None
        # The bytes of the file that are in the buffer, which itself begins
        # with a block.
        self._begin = self._end = 0

    @property
    def is_possible(self):
        """Whether the system can do it for this file."""
        return self._direct is not None

    def __enter__(self):
        return self

    def __exit__(self, kind, *exception):
        try:
            if kind is None:
                self.flush()
        finally:
            self.close()

    def close(self):
        """Lets the file go; what was not flushed is lost."""
        if self._summing is not None:
            self._summing.shutdown()
        for descriptor in (self._direct, self._plain):
            if descriptor is not None:
                os.close(descriptor)
        self._direct = self._plain = None

    def write(self, place, data):
        """Writes bytes.

        Arguments:
            place: Integer: where to write the first of them.
            data: Bytes, or an array in the order of C.
        """
        place += self._offset
        if self._buffer is None:
            self._buffer = memoryview(mmap.mmap(-1, _BUFFER))
        if place != self._end:
            self.flush()
            self._begin = self._end = place
        data = memoryview(data).cast("B")
        while len(data):
            filled = self._end - _start_of_block(self._begin)
            piece = data[: _BUFFER - filled]
            self._buffer[filled : filled + len(piece)] = piece
            self._end += len(piece)
            data = data[len(piece) :]
            if filled + len(piece) == _BUFFER:
                self.flush()

    def forget(self, place, num_bytes):
        """Lets others write where this has written.

        Arguments:
            place: Integer: the first of the bytes.
            num_bytes: Integer: how many.
        """
        self.flush()
        if self._checksums is not None:
            self._checksums.forget(
                self._offset + place, self._offset + place + num_bytes
            )

    def flush(self):
        """Gives what is in the buffer to the disk, or to the system."""
        begin, end = self._begin, self._end
        if begin == end:
            return
        with self._summed_meanwhile(begin, end):
            first, last = -_start_of_block(-begin), _start_of_block(end)
            if last - first >= _MIN_DIRECT:
                self._write_plainly(begin, first)
                done = self._write_blocks(first, last)
                self._write_plainly(first + done, end)
            else:
                self._write_plainly(begin, end)
        self._begin = end

    @contextlib.contextmanager
    def _summed_meanwhile(self, begin, end):
        """Tells the checksums while the block writes, which takes as long."""
        if self._checksums is None:
            yield
            return
        if self._summing is None:
            self._summing = concurrent.futures.ThreadPoolExecutor(1)
        task = (self._checksums.add, begin, self._part(begin, end))
        try:
            finish = self._summing.submit(*task).result
        except RuntimeError:  # The program ends, and starts no more threads.
            finish = functools.partial(*task)
        try:
            yield
        except BaseException:
            finish()
            self._checksums.forget(begin, end)
            raise
        finish()

    def _write_blocks(self, first, last):
        """Returns how many bytes were written."""
        try:
            return os.pwrite(self._direct, self._part(first, last), first)
        except OSError as error:
            # The disk has larger blocks, or the system can't do it here.
            if error.errno not in _REFUSALS:
                raise
        return 0

    def _write_plainly(self, first, last):
        while first < last:
            first += os.pwrite(self._plain, self._part(first, last), first)

    def _part(self, first, last):
        start = _start_of_block(self._begin)
        return self._buffer[first - start : last - start]


def _start_of_block(place):
    return place - place % _BLOCK


def _open_direct(path):
    """Returns a descriptor that writes whole blocks to the disk, or None."""
    if not hasattr(os, "O_DIRECT"):
        return None
    try:
        return os.open(path, os.O_WRONLY | os.O_DIRECT)
    except OSError:  # Of files in memory or across a network, on some systems.
        return None
