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
"""Files and folders that appear whole or not at all."""

import contextlib
import ctypes
import os
import sys
import tempfile
import uuid

import tensorflow as tf

# From <fcntl.h> and <linux/fs.h>: paths from the present folder on, and the
# exchange of two names.
_HERE, _EXCHANGE = -100, 2


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

    Arguments:
        path: String: the file to make or to replace.
    """
    if is_remote(path):
        with _replacing_remote(path) as temporary:
            yield temporary
        return
    folder, name = os.path.split(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".{name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        yield temporary
        flush(temporary)
        os.replace(temporary, path)
        _flush_folder(folder)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)


@contextlib.contextmanager
def _replacing_remote(path):
    with tempfile.TemporaryDirectory() as scratch:
        local = os.path.join(scratch, "file")
        yield local
        beside = f"{path}.{uuid.uuid4().hex[:12]}.tmp"
        tf.io.gfile.copy(local, beside)
        tf.io.gfile.rename(beside, path, overwrite=True)


@contextlib.contextmanager
def replacing_folder(path):
    """Gives the name of a new folder, which takes the place of `path`.

    On Linux that is one step, at any moment of which one of them is complete.

    Arguments:
        path: String: the folder to make or to replace.
    """
    path = path.rstrip("/")
    temporary = f"{path}.{uuid.uuid4().hex[:12]}.tmp"
    if not is_remote(path):
        # What a link leads to is replaced, not the link.
        path = os.path.realpath(path)
        folder, name = os.path.split(path)
        os.makedirs(folder, exist_ok=True)
        temporary = os.path.join(folder, f".{name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        yield temporary
        if not is_remote(path):
            _flush_tree(temporary)
        if tf.io.gfile.exists(path):
            _take_place(temporary, path)
        else:
            tf.io.gfile.rename(temporary, path)
        if not is_remote(path):
            _flush_folder(folder)
    finally:
        _delete(temporary)


def _take_place(temporary, path):
    """Puts a folder in the place of another, which then has its name."""
    if not is_remote(path) and _exchange(temporary, path):
        return
    earlier = f"{temporary}.old"
    tf.io.gfile.rename(path, earlier)
    try:
        tf.io.gfile.rename(temporary, path)
    except BaseException:
        tf.io.gfile.rename(earlier, path)
        raise
    _delete(earlier)


def _exchange(first, second):
    """Lets two paths change places in one step, if the system can do it."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is None:
        return False
    first, second = os.fsencode(first), os.fsencode(second)
    return not renameat2(_HERE, first, _HERE, second, _EXCHANGE)


def _delete(path):
    if tf.io.gfile.isdir(path):
        tf.io.gfile.rmtree(path)
    elif tf.io.gfile.exists(path):
        tf.io.gfile.remove(path)


def _flush_tree(folder):
    for place, _, names in os.walk(folder):
        for name in names:
            flush(os.path.join(place, name))
        _flush_folder(place)


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


def _flush_folder(folder):
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
