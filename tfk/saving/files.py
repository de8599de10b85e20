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
"""Files that appear whole or not at all."""

import contextlib
import os
import re
import tempfile
import threading
import uuid

import tensorflow as tf

from tfk.saving import temporary_names

_SYSTEM_ERROR = re.compile(r"errno = (\d{1,4})\b")


def check_may_write(path, overwrite):
    """Raises if something is there that must not be replaced.

    Arguments:
        path: String.
        overwrite: Boolean.
    """
    if not overwrite and tf.io.gfile.exists(path):
        raise ValueError(
            f"There is a file already, and it must not be replaced. Received: "
            f"filepath={path!r}, overwrite=False. Pass another path, or "
            "`overwrite=True`."
        )


def is_remote(path):
    """Whether a path is one of a storage service, such as `gs://...`."""
    return "://" in path


@contextlib.contextmanager
def replacing(path):
    """Gives the name of a new file, which takes the place of `path` at the end.

    If the block fails, or the machine does, an earlier file stays as it is.
    What a process that was killed has left in the folder is deleted.

    Arguments:
        path: String: the file to make or to replace.
    """
    if is_remote(path):
        with _replacing_remote(path) as temporary:
            yield temporary
        return
    # What a link leads to is replaced, not the link.
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    _make_folder(folder)
    if os.path.isdir(path):
        raise IsADirectoryError(
            "A file is to be written, and there is a folder of that name. "
            f"Received: filepath={path!r}. Pass another path."
        )
    temporary_names.remove_left_over(folder)
    temporary = temporary_names.beside(path)
    try:
        yield temporary
        flush(temporary)
        with _space_freed_later(path):
            os.replace(temporary, path)
        flush_folder(folder)
    except RuntimeError as error:
        # The words of HDF5 for a full disk, among others.
        found = _SYSTEM_ERROR.search(str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), path) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)


@contextlib.contextmanager
def _space_freed_later(path):
    """Lets the block delete a file without waiting for what that takes.

    A system takes long to free the blocks of a large file, and does so when
    the last who has it open lets it go.
    """
    descriptor = None
    # Others, as pipes and devices, may take note of being opened.
    if os.name == "posix" and os.path.isfile(path):
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield
    finally:
        if descriptor is not None:
            _close_later(descriptor)


def _close_later(descriptor):
    try:
        threading.Thread(target=os.close, args=(descriptor,)).start()
    except RuntimeError:  # The program ends.
        os.close(descriptor)


def _make_folder(folder):
    try:
        os.makedirs(folder, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            f"A file can't be written into {folder!r}: that, or a part of it, "
            "is a file and no folder. Pass another path."
        ) from error


@contextlib.contextmanager
def _replacing_remote(path):
    with tempfile.TemporaryDirectory() as scratch:
        local = os.path.join(scratch, "file")
        yield local
        # Not every store of files lists what lies in folders that nobody made.
        scheme, _, place = path.partition("://")
        folder = place.rpartition("/")[0]
        tf.io.gfile.makedirs(f"{scheme}://{folder}")
        beside = f"{path}.{uuid.uuid4().hex[:12]}.tmp"
        tf.io.gfile.copy(local, beside)
        tf.io.gfile.rename(beside, path, overwrite=True)


@contextlib.contextmanager
def local_copy(path):
    """Gives a local file with the contents of `path`, for reading."""
    if not is_remote(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as scratch:
        local = os.path.join(scratch, "file")
        tf.io.gfile.copy(path, local)
        yield local


def flush(path):
    """Waits until a file is on the disk.

    Arguments:
        path: String.
    """
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder):
    """Waits until the names in a folder are on the disk.

    Arguments:
        folder: String.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # Not every system lets one open a folder.
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
