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
"""What tar and zip files hold, read without trust in what they declare."""

import bz2
import contextlib
import gzip
import lzma
import os
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from typing import NamedTuple

from tfk.saving import errors

FILE, FOLDER, LINK, COPY = "file", "folder", "link", "copy"

# What an archive may unpack to: a floor, and a multiple of its own size.
_FLOOR = 256 * 2**20
_RATIO = 100
_MAX_DEPTH = 64
_MAX_NAME_BYTES = 255
_MAX_LINK_BYTES = 4096
# The most that `tarfile` asks for at once: the extended header of a member.
_MAX_HEADER = 2**20
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"^[A-Za-z]:")

_COMPRESSIONS = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)
_DAMAGE = (
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


class Member(NamedTuple):
    """A member of an archive.

    Attributes:
        parts: Its path, as a tuple of names.
        kind: `FILE`, `FOLDER`, `LINK` (a symbolic link) or `COPY` (a hard link:
            another name of an earlier member).
        size: The number of bytes that it declares.
        is_executable: Whether its owner may run it.
        target: Of a link, where it leads, as it is written.
        info: What the reader needs to find it again.
    """

    parts: tuple
    kind: str
    size: int
    is_executable: bool
    target: str | None
    info: object


@contextlib.contextmanager
def damage(path):
    """Turns what a broken archive raises into a `CorruptFileError`.

    Arguments:
        path: String: the archive.
    """
    try:
        yield
    except errors.FileError:
        raise
    except _DAMAGE as error:
        raise errors.CorruptFileError(
            f"the archive is damaged or was cut off ({error}). Get another "
            "copy of it.",
            path,
        ) from error


def unsafe(path, reason, name=None):
    """Returns the error of an archive that may do harm.

    Arguments:
        path: String: the archive.
        reason: String.
        name: String: the member.
    """
    return errors.UnsafeFileError(
        f"{reason}. Nothing was unpacked.", path, name and repr(name)
    )


def max_bytes(path):
    """Returns how many bytes an archive may unpack to."""
    return _FLOOR + _RATIO * os.path.getsize(path)


def parts_of(path, name):
    """Takes a member's name apart.

    Arguments:
        path: String: the archive.
        name: String.

    Raises:
        UnsafeFileError: If it leads anywhere but downwards.
    """
    if "\\" in name or "\x00" in name:
        raise unsafe(path, "a member's name is no plain path", name)
    if name.startswith("/") or _DRIVE.match(name):
        raise unsafe(path, "a member has an absolute path", name)
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise unsafe(path, "a member's path leads upwards", name)
    if len(parts) > _MAX_DEPTH:
        raise unsafe(path, "a member lies too deep", name)
    if any(
        len(part.encode("utf-8", "surrogateescape")) > _MAX_NAME_BYTES
        for part in parts
    ):
        raise unsafe(path, "a member's name is too long", name)
    return parts


class TarReader:
    """Reads a tar file, compressed or not.

    Arguments:
        path: String: the file.
    """

    def __init__(self, path):
        self._path = path

    def can_read(self):
        """Whether this is a tar file."""
        try:
            with self._opened():
                return True
        except (*_DAMAGE, errors.FileError):
            return False

    def members(self):
        """Yields the members."""
        with damage(self._path), self._opened() as archive:
            for info in self._infos(archive):
                yield Member(
                    parts_of(self._path, info.name),
                    self._kind(info),
                    info.size if info.isreg() else 0,
                    bool(info.mode & stat.S_IXUSR),
                    info.linkname or None,
                    None,
                )

    def contents(self, members):
        """Yields each member that is a file, with a stream of what it holds."""
        wanted = {m.parts: m for m in members if m.kind == FILE}
        with damage(self._path), self._opened() as archive:
            for info in self._infos(archive):
                member = wanted.get(parts_of(self._path, info.name))
                if member is not None:
                    yield member, archive.extractfile(info)

    def _infos(self, archive):
        while (info := archive.next()) is not None:
            archive.members = []  # It would keep those of millions of members.
            yield info

    def _kind(self, info):
        if info.size < 0:
            raise unsafe(self._path, "a member has a negative size", info.name)
        if info.isreg():
            return FILE
        if info.isdir():
            return FOLDER
        if info.issym():
            return LINK
        if info.islnk():
            return COPY
        raise unsafe(
            self._path, "a member is no file, folder or link", info.name
        )

    @contextlib.contextmanager
    def _opened(self):
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open(self._path, "rb"))
            start = file.read(6)
            file.seek(0)
            for magic, opener in _COMPRESSIONS:
                if start.startswith(magic):
                    file = stack.enter_context(opener(file))
            # Headers come on top of contents.
            stream = _Limited(self._path, file, 2 * max_bytes(self._path))
            yield stack.enter_context(
                tarfile.open(fileobj=stream, mode="r:", errorlevel=2)
            )


class _Limited:
    """Reads what a file unpacks to, but no more than is believable.

    `tarfile` reads a header whole, whatever size it declares.
    """

    def __init__(self, path, stream, limit):
        self._path = path
        self._stream = stream
        self._limit = limit

    def read(self, size=-1):
        if not 0 <= size <= _MAX_HEADER:
            raise unsafe(self._path, f"a header has {size:,} bytes")
        return self._stream.read(size)

    def seek(self, position):
        if position > self._limit:
            raise unsafe(
                self._path, f"it unpacks to more than {self._limit:,} bytes"
            )
        return self._stream.seek(position)

    def tell(self):
        position = self._stream.tell()
        if position > self._limit:
            self.seek(position)
        return position


class ZipReader:
    """Reads a zip file.

    Arguments:
        path: String: the file.
    """

    def __init__(self, path):
        self._path = path

    def can_read(self):
        """Whether this is a zip file."""
        return zipfile.is_zipfile(self._path)

    def members(self):
        """Yields the members."""
        with damage(self._path), zipfile.ZipFile(self._path) as archive:
            for info in archive.infolist():
                name = info.orig_filename
                if info.flag_bits & _ENCRYPTED:
                    raise unsafe(self._path, "a member is encrypted", name)
                kind = self._kind(info)
                yield Member(
                    parts_of(self._path, name),
                    kind,
                    info.file_size if kind == FILE else 0,
                    bool((info.external_attr >> 16) & stat.S_IXUSR),
                    self._target(archive, info) if kind == LINK else None,
                    info,
                )

    def contents(self, members):
        """Yields each member that is a file, with a stream of what it holds."""
        with damage(self._path), zipfile.ZipFile(self._path) as archive:
            for member in members:
                if member.kind == FILE:
                    with archive.open(member.info) as stream:
                        yield member, stream

    def _kind(self, info):
        mode = stat.S_IFMT(info.external_attr >> 16)
        if mode == stat.S_IFLNK:
            return LINK
        if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise unsafe(
                self._path, "a member is no file or folder", info.orig_filename
            )
        return FOLDER if info.orig_filename.endswith("/") else FILE

    def _target(self, archive, info):
        if info.file_size > _MAX_LINK_BYTES:
            raise unsafe(self._path, "a link is too long", info.orig_filename)
        return archive.read(info).decode("utf-8")
