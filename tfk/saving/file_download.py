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
"""Files from the network, kept in a folder for the next time."""

import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence

from tfk.saving import archives
from tfk.saving import errors
from tfk.saving import files
from tfk.utils import progress_bar

_CHUNK = 2**18
_TIMEOUT = 60.0
_TRIES = 4
_PAUSE = 0.5  # Seconds, times the number of the try.
_TAR_ENDINGS = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")
_ALGORITHMS = {"md5": hashlib.md5, "sha256": hashlib.sha256}
_SHA256_DIGITS = 64
# Of these, another try may end otherwise: too slow, a range that is no longer
# there, too many requests.
_PASSING_CODES = (408, 416, 429)
_RANGE = re.compile(r"^bytes (\d+)-\d+/(\d+|\*)$")


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | None = None,
    force_download: bool = False,
) -> str:
    """Returns the path of a file, which is downloaded if it is not there.

    The file is kept in `~/.keras/datasets`, or the folder in the environment
    variable `KERAS_HOME`. It appears when it is complete: a download that
    breaks off goes on where it stopped, a few times, and leaves nothing behind
    if it fails.

    Give a hash: it is what tells the file that you looked at from another one.
    An archive is unpacked all or not at all, after the hash was compared; one
    with a member that would be written elsewhere is refused.

    Arguments:
        fname: The name of the file in the cache, without folders. Defaults to
            the last part of `origin`.
        origin: The URL.
        untar: Whether the file is a tar archive, `fname + ".tar.gz"`, that
            holds a folder `fname`. Use `extract` in new code.
        md5_hash: Same as `file_hash`, for MD5.
        file_hash: What the hash of the file must be, in hexadecimal digits.
        cache_subdir: The folder in `cache_dir`. An absolute path takes the
            place of both.
        hash_algorithm: `"md5"`, `"sha256"`, or `"auto"` to go by the number of
            digits.
        extract: Whether to unpack the file, next to itself.
        archive_format: `"tar"`, `"zip"`, a list of such names to try, `"auto"`
            for all of them, or None for none.
        cache_dir: The folder that takes the place of `~/.keras`.
        force_download: Whether to download the file even if it is there.

    Returns:
        The path of the file; with `untar`, that of the folder.

    Raises:
        OSError: If the file can't be downloaded.
        ValueError: If its hash is another one, or an argument is unusable.
        UnsafeFileError: If the archive may do harm. Nothing was unpacked.
        CorruptFileError: If it is no archive, or a broken one.

    Example:

    >>> import os, pathlib, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> source = pathlib.Path(folder, "words.txt")
    >>> _ = source.write_text("one two")
    >>> path = tfk.utils.get_file(origin=source.as_uri(), cache_dir=folder)
    ... # doctest: +ELLIPSIS
    Downloading data from file://...
    >>> os.path.relpath(path, folder)
    'datasets/words.txt'
    """
    if not isinstance(origin, str) or not origin:
        raise ValueError(
            f"`origin` must be the URL of a file. Received: origin={origin!r}."
        )
    name = _file_name(fname, origin)
    expected, algorithm = _expected_hash(file_hash, md5_hash, hash_algorithm)
    folder = _cache_folder(cache_dir, cache_subdir)
    unpacked = None
    if untar:
        archive_format, extract = "tar", True
        base = name
        for ending in _TAR_ENDINGS:
            base = base.removesuffix(ending)
        unpacked = os.path.join(folder, base)
        name = f"{base}.tar.gz" if base == name else name
    path = os.path.join(folder, name)
    is_fresh = _ensure(path, origin, expected, algorithm, force_download)
    if extract and archive_format is not None:
        _unpack(path, folder, archive_format, is_fresh)
    return unpacked or path


def _file_name(fname, origin):
    """Returns the file's name, which leads to no other folder."""
    if fname is not None and not isinstance(fname, (str, os.PathLike)):
        raise ValueError(
            f"`fname` must be a string. Received: fname={fname!r}."
        )
    if fname:
        name, received = os.fspath(fname), f"fname={fname!r}"
    else:
        last = urllib.parse.urlsplit(origin).path.rsplit("/", 1)[-1]
        name, received = urllib.parse.unquote(last), f"origin={origin!r}"
    if (
        name in ("", ".", "..")
        or any(mark in name for mark in "/\\\x00")
        or re.match("^[A-Za-z]:", name)
    ):
        raise ValueError(
            "The name of the downloaded file must be a plain one, without "
            f"folders. Received: {received}. Pass `fname='name'`; for the "
            "folder there are `cache_dir` and `cache_subdir`."
        )
    return name


def _expected_hash(file_hash, md5_hash, algorithm):
    if md5_hash is not None and file_hash is None:
        file_hash, algorithm = md5_hash, "md5"
    if algorithm not in ("auto", *_ALGORITHMS):
        raise ValueError(
            "`hash_algorithm` must be 'auto', 'md5' or 'sha256'. Received: "
            f"hash_algorithm={algorithm!r}."
        )
    if file_hash is None:
        return None, None
    if not isinstance(file_hash, str) or not file_hash.strip():
        raise ValueError(
            "`file_hash` must be a string of hexadecimal digits. Received: "
            f"file_hash={file_hash!r}."
        )
    file_hash = file_hash.strip().lower()
    if algorithm == "auto":
        is_long = len(file_hash) == _SHA256_DIGITS
        algorithm = "sha256" if is_long else "md5"
    return file_hash, algorithm


def _cache_folder(cache_dir, cache_subdir):
    if cache_dir is None:
        cache_dir = os.environ.get("KERAS_HOME") or os.path.join(
            os.path.expanduser("~"), ".keras"
        )
    folder = os.path.join(
        os.path.expanduser(os.fspath(cache_dir)), os.fspath(cache_subdir)
    )
    os.makedirs(folder, exist_ok=True)
    return folder


def _ensure(path, origin, expected, algorithm, force_download):
    """Downloads a file unless it is there; returns whether it did."""
    if os.path.exists(path) and not force_download:
        if expected is None or _hash(path, algorithm) == expected:
            return False
        progress_bar.print_message(
            f"{path} has another {algorithm} hash than it should have, so it "
            "is downloaded again."
        )
    with files.replacing(path) as temporary:
        progress_bar.print_message(f"Downloading data from {origin}")
        _Download(origin, temporary).run()
        found = expected and _hash(temporary, algorithm)
        if found != expected:
            raise ValueError(
                f"The file from {origin} is not the one that was meant: its "
                f"{algorithm} hash differs. Received: {found!r}, and "
                f"file_hash={expected!r}. It was not kept."
            )
    return True


def _hash(path, algorithm):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, _ALGORITHMS[algorithm]).hexdigest()


def _unpack(path, folder, archive_format, is_fresh):
    if not is_fresh and archives.is_extracted(path, folder, archive_format):
        return
    if not archives.extract(path, folder, archive_format):
        raise errors.CorruptFileError(
            "this is no archive that can be unpacked. Received: "
            f"archive_format={archive_format!r}. Look at what the server sent, "
            "and pass `force_download=True` to get it again.",
            path,
        )


class _Download:
    """A download that goes on where it broke off.

    Arguments:
        origin: String: the URL.
        path: String: the file to write.
    """

    def __init__(self, origin, path):
        self._origin = origin
        self._path = path
        self._received = 0
        # What the server calls this state of the file.
        self._validator = None

    def run(self):
        """Writes the whole file, in a few tries if need be."""
        for attempt in range(1, _TRIES + 1):
            try:
                self._request()
                return
            except (OSError, ValueError, http.client.HTTPException) as error:
                if attempt == _TRIES or _is_final(error):
                    raise OSError(
                        f"{self._origin} can't be downloaded: {error}. Nothing "
                        "was kept of it. Check the URL and the connection."
                    ) from error
            time.sleep(_PAUSE * attempt)

    def _request(self):
        request = urllib.request.Request(self._origin)
        if self._received and self._validator:
            request.add_header("Range", f"bytes={self._received}-")
            request.add_header("If-Range", self._validator)
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            total = self._total(response)
            with open(self._path, "ab") as file:
                file.truncate(self._received)
                self._copy(response, file, total)
        if total is not None and self._received != total:
            raise OSError(
                f"it broke off after {self._received:,} of {total:,} bytes"
            )

    def _total(self, response):
        """Returns the file's size, if known, and finds where to go on."""
        headers = response.headers
        self._validator = headers.get("ETag") or headers.get("Last-Modified")
        if (self._validator or "").startswith("W/"):
            self._validator = None
        part = _RANGE.match(headers.get("Content-Range", ""))
        if response.status == 206 and part:
            if int(part[1]) != self._received:
                self._received = 0
                raise OSError("the server sent another part than asked for")
            return None if part[2] == "*" else int(part[2])
        self._received = 0
        length = headers.get("Content-Length", "")
        return int(length) if length.isdigit() else None

    def _copy(self, response, file, total):
        bar = progress_bar.Progbar(total)
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            self._received += len(chunk)
            bar.update(self._received, finalize=False)
        file.flush()
        bar.update(self._received, finalize=True)


def _is_final(error):
    """Whether another try would end in the same way."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500 and error.code not in _PASSING_CODES
    reason = getattr(error, "reason", None)
    return isinstance(error, ValueError) or isinstance(
        reason, (str, FileNotFoundError, IsADirectoryError)
    )
