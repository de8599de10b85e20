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
"""Zip files in which one large member is written without a copy."""

import contextlib
import os
import time
import zipfile

from tfk.saving import checksums
from tfk.saving import disk_writer


class Part:
    """The rest of a file, from some byte on, as a file of its own.

    Arguments:
        file: File that is open for reading and writing.
        start: Integer: the byte that is the part's first.
    """

    def __init__(self, file, start):
        self._file = file
        self._start = start
        # HDF5 says only that a write failed, not why.
        self.error = None

    def seek(self, offset, whence=os.SEEK_SET):
        """Goes to a place; returns where that is."""
        if whence == os.SEEK_SET:
            offset += self._start
        return self._file.seek(offset, whence) - self._start

    def tell(self):
        """Returns where the next byte is read or written."""
        return self._file.tell() - self._start

    def write(self, data):
        """Writes bytes, all of them."""
        data = memoryview(data).cast("B")
        count = len(data)
        try:
            while len(data):
                data = data[self._file.write(data) :]
        except OSError as error:
            self.error = error
            raise
        return count

    def readinto(self, data):
        """Reads as many bytes as there is room for; systems may give fewer."""
        data = memoryview(data).cast("B")
        filled = 0
        while count := self._file.readinto(data[filled:]):
            filled += count
        return filled

    def truncate(self, size):
        """Gives the part another size."""
        return self._file.truncate(self._start + size)

    def __getattr__(self, name):
        return getattr(self._file, name)


@contextlib.contextmanager
def written_around(path, name, write):
    """Gives a `zipfile.ZipFile` whose first member is written in place.

    Arguments:
        path: String: the zip file, which is made anew.
        name: String: the name of the member.
        write: Function that writes the member. It gets a file, in which it
            may move, and a `DiskWriter` for the same bytes, which it closes.
    """
    info = zipfile.ZipInfo(name, time.localtime()[:6])
    info.external_attr = 0o600 << 16
    info.header_offset = 0
    info.CRC = 0  # Until it is known.
    sums = checksums.Checksums()
    # What others write to the file must not be hidden by a buffer.
    with open(path, "w+b", buffering=0) as file:
        # How long the member is must have its place in front of it.
        start = file.write(info.FileHeader(zip64=True))
        part = Part(file, start)
        with disk_writer.DiskWriter(path, start, sums) as disk:
            try:
                write(part, disk)
            except Exception as error:
                if part.error in (None, error):
                    raise
                raise part.error from error
        end = file.seek(0, os.SEEK_END)
        info.file_size = info.compress_size = end - start
        info.CRC = sums.whole(file, start, end)
        file.seek(0)
        file.write(info.FileHeader(zip64=True))
        file.seek(end)
        with zipfile.ZipFile(file, "w") as archive:
            archive.filelist.append(info)
            yield archive
