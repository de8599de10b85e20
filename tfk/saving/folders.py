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
"""Folders of several parts that appear whole, among what others put there."""

import contextlib
import ctypes
import os
import shutil
import sys
import uuid

import tensorflow as tf

from tfk.saving import files
from tfk.saving import temporary_names

# From <fcntl.h> and <linux/fs.h>: paths from the present folder on, and the
# exchange of two names.
_HERE, _EXCHANGE = -100, 2


@contextlib.contextmanager
def replacing(path, parts):
    """Gives the name of a new folder, which takes the place of `path`.

    What else lies in an earlier folder stays. Where that has all the parts, on
    Linux, the new ones take their place in one step, at any moment of which one
    of the two is complete. Otherwise, and where a folder can't be replaced (as
    the one that the process works in, or the root of a disk), its parts are,
    one by one, and the first of `parts` last. On a storage service, files are.

    Arguments:
        path: String: the folder to make or to replace.
        parts: List of paths within the folder: what is written anew, or
            deleted. The first is the one that makes the folder complete.

    Raises:
        ValueError: If there is a file of that name.
    """
    is_remote = files.is_remote(path)
    # What a link leads to is replaced, not the link.
    path = path.rstrip("/") if is_remote else os.path.realpath(path)
    if tf.io.gfile.exists(path) and not tf.io.gfile.isdir(path):
        raise ValueError(
            "What is to be written is a folder, and there is a file of that "
            f"name. Received: filepath={path!r}. Pass another path, or delete "
            "the file."
        )
    if not is_remote and os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(
            f"The folder may not be written to. Received: filepath={path!r}."
        )
    temporary = _temporary_name(path, is_remote)
    try:
        yield temporary
        if is_remote:
            _replace_remote_files(path, temporary, parts)
        else:
            _replace_local(path, temporary, parts)
    finally:
        _delete(temporary)


def _temporary_name(path, is_remote):
    if is_remote:
        name = f"{uuid.uuid4().hex[:12]}.tmp"
        # Beside a bucket there is nothing.
        return f"{path}.{name}" if path.count("/") > 2 else f"{path}/{name}"
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    if _is_another_disk(path, folder) or not os.access(folder, os.W_OK):
        folder = path
    temporary_names.remove_left_over(folder)
    return temporary_names.beside(os.path.join(folder, os.path.basename(path)))


def _is_another_disk(path, folder):
    return (
        os.path.isdir(path) and os.stat(path).st_dev != os.stat(folder).st_dev
    )


def _replace_local(path, temporary, parts):
    _flush_tree(temporary)
    if not os.path.exists(path):
        os.rename(temporary, path)
    elif not _replaces_whole(path, temporary, parts):
        _replace_parts(path, temporary, parts)
    files.flush_folder(os.path.dirname(path))


# As a whole


def _replaces_whole(path, temporary, parts):
    """Lets a folder change places with a new one, if that can be done."""
    is_complete = os.path.exists(os.path.join(path, parts[0]))
    if os.listdir(path) and not is_complete:
        return False
    if os.path.dirname(temporary) == path or _is_in_use(path):
        return False
    _link_others(path, temporary, parts, "")
    shutil.copymode(path, temporary)
    return _exchange(temporary, path) or _take_place(temporary, path)


def _is_in_use(path):
    try:
        current = os.path.realpath(os.getcwd())
    except FileNotFoundError:
        return False
    return os.path.commonpath([current, path]) == path


def _link_others(source, target, parts, within):
    """Gives the files that are no parts names in another folder, too."""
    for entry in os.scandir(source):
        place = f"{within}{entry.name}"
        new = os.path.join(target, entry.name)
        if place in parts:
            continue
        if entry.is_dir(follow_symlinks=False):
            os.makedirs(new, exist_ok=True)
            _link_others(entry.path, new, parts, f"{place}/")
            shutil.copymode(entry.path, new)
        elif not os.path.lexists(new):
            _link(entry.path, new)


def _link(source, target):
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # Not every disk knows more than one name for a file.
        shutil.copy2(source, target, follow_symlinks=False)


def _exchange(first, second):
    """Lets two paths change places in one step, if the system can do it."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is None:
        return False
    first, second = os.fsencode(first), os.fsencode(second)
    return not renameat2(_HERE, first, _HERE, second, _EXCHANGE)


def _take_place(temporary, path):
    """Renames two folders, if they may be renamed."""
    earlier = f"{temporary}.old"
    try:
        os.rename(path, earlier)
    except OSError:
        return False
    try:
        os.rename(temporary, path)
    except BaseException:
        os.rename(earlier, path)
        raise
    _delete(earlier)
    return True


# Part by part


def _replace_parts(path, temporary, parts):
    stale = [x for x in parts if not os.path.exists(_join(temporary, x))]
    with contextlib.ExitStack() as undo:
        _put_all(temporary, path, parts, "", undo)
        for part in stale:
            if os.path.exists(_join(path, part)):
                away = _join(temporary, f"{part.replace('/', '_')}.old")
                shutil.move(_join(path, part), away)
                undo.callback(shutil.move, away, _join(path, part))
        undo.pop_all()


def _put_all(source, target, parts, within, undo):
    """Moves what is in one folder into another."""
    names = os.listdir(source)
    for name in sorted(names, key=lambda x: (f"{within}{x}" == parts[0], x)):
        place = f"{within}{name}"
        old, new = _join(source, name), _join(target, name)
        if place in parts or not os.path.exists(new):
            _put(old, new, undo)
        elif os.path.isdir(old):
            _put_all(old, new, parts, f"{place}/", undo)


def _put(source, target, undo):
    """Moves a file or folder, maybe to another disk, in the place of one."""
    if os.path.exists(target):
        earlier = f"{source}.old"
        shutil.move(target, earlier)
        undo.callback(shutil.move, earlier, target)
    shutil.move(source, target)
    undo.callback(shutil.move, target, source)


# File by file


def _replace_remote_files(path, temporary, parts):
    """Moves files alone: stores of objects have no folders to rename."""
    new = _files_below(temporary)
    earlier = _files_below(path)
    with contextlib.ExitStack() as undo:
        for name in sorted(new, key=lambda x: (x == parts[0], x)):
            if name not in earlier or _is_part(name, parts):
                if name in earlier:
                    _take_away(path, temporary, name, undo)
                _rename(_join(temporary, name), _join(path, name), undo)
        for name in sorted(earlier - new):
            if _is_part(name, parts):
                _take_away(path, temporary, name, undo)
        undo.pop_all()


def _files_below(folder):
    """Returns the paths of all files within a folder."""
    found = [
        f"{place.rstrip('/')}/{name}"
        for place, _, names in tf.io.gfile.walk(folder)
        for name in names
    ]
    # In `ram://`, a folder lists others that begin with its name, too.
    found = filter(tf.io.gfile.exists, found)
    return {path[len(folder) :].lstrip("/") for path in found}


def _is_part(name, parts):
    return any(f"{name}/".startswith(f"{part}/") for part in parts)


def _take_away(path, temporary, name, undo):
    away = _join(temporary, f"{name.replace('/', '_')}.old")
    _rename(_join(path, name), away, undo)


def _rename(source, target, undo):
    tf.io.gfile.makedirs(target.rpartition("/")[0])
    tf.io.gfile.rename(source, target, overwrite=True)
    undo.callback(tf.io.gfile.rename, target, source, overwrite=True)


def _join(folder, part):
    return f"{folder}/{part}"


def _delete(path):
    if not files.is_remote(path):
        # That of TensorFlow would empty folders that links lead to.
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.remove(path)
    elif tf.io.gfile.isdir(path):
        # Stores of objects know no folders, but names that begin alike.
        with contextlib.suppress(tf.errors.NotFoundError):
            tf.io.gfile.rmtree(path)
    elif tf.io.gfile.exists(path):
        tf.io.gfile.remove(path)


def _flush_tree(folder):
    for place, _, names in os.walk(folder):
        for name in names:
            files.flush(os.path.join(place, name))
        files.flush_folder(place)
