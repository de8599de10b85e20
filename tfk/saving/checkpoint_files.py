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
"""Files of TensorFlow's checkpoints, of which the last good ones always stay.

A checkpoint is an index and files of data, whose names tell how many they are,
as the index does. TensorFlow puts them in the place of earlier ones one by one,
so that between two of these steps there is no checkpoint. Here new data come in
another number of files than the present ones: both are there until the new
index takes the place of the other, in one step.
"""

import contextlib
import copy
import inspect
import os
import re
import shutil
import uuid

import tensorflow as tf

from tfk.saving import checkpoint_index
from tfk.saving import errors
from tfk.saving import files
from tfk.saving import temporary_names
from tfk.utils import tf_internal

# Patterns that don't match themselves.
_PATTERN = re.compile(r"\[[^/]*\]" + ("" if os.sep == "\\" else r"|\\"))
_DATA = re.compile(r"\.data-\d{5,}-of-\d{5,}")


def write(obj, path, options=None):
    """Writes a checkpoint, and notes it as the latest of its folder.

    Arguments:
        obj: Trackable object.
        path: String: the path without an ending.
        options: `tf.train.CheckpointOptions`. Even if they ask for a write that
            is not waited for, the files are complete on return.

    Raises:
        ValueError: If TensorFlow could not read what has such a path.
    """
    check_name(path)
    folder, name = _split(path)
    tf.io.gfile.makedirs(folder)
    callbacks = getattr(options, "experimental_write_callbacks", None) or ()
    with _scratch(folder, name) as scratch:
        new = _join(scratch, "new")
        tf.train.Checkpoint(obj).write(new, _own_options(options, path))
        _publish(new, path)
    # As tf.keras notes it, so that the folder can be moved.
    is_remote = files.is_remote(path)
    noted = path if is_remote else os.path.abspath(path)
    tf_internal.update_checkpoint_state(
        folder if is_remote else os.path.abspath(folder),
        noted,
        [noted],
        save_relative_paths=True,
    )
    for callback in callbacks:
        callback(*[path][: len(inspect.signature(callback).parameters)])


def check_name(path):
    """Raises if TensorFlow can't find checkpoints of such a name.

    Arguments:
        path: String: the path without an ending.
    """
    if _PATTERN.search(path):
        raise ValueError(
            "TensorFlow can't read checkpoints from paths with brackets or "
            "backslashes, which it takes for patterns. Received: "
            f"filepath={path!r}. Use another path, or for weights alone "
            "`name.weights.h5`."
        )


def data_files(path):
    """Returns the paths of the files of data of a checkpoint.

    Arguments:
        path: String: the path without an ending.
    """
    return [found for found, _ in _data_files(path)]


def delete(path):
    """Deletes the files of a checkpoint.

    Arguments:
        path: String: the path without an ending.
    """
    # Without its index, it is none.
    for file in (f"{path}.index", *data_files(path)):
        with contextlib.suppress(tf.errors.NotFoundError):
            tf.io.gfile.remove(file)


def _data_files(path):
    """Returns pairs of paths of files of data, and what follows the name."""
    folder, name = _split(path)
    try:
        others = tf.io.gfile.listdir(folder)
    except tf.errors.NotFoundError:
        return []
    endings = [x[len(name) :] for x in others if x.startswith(name)]
    return sorted((f"{path}{x}", x) for x in endings if _DATA.fullmatch(x))


def _split(path):
    """Returns the folder and the name, which may be empty, of a path."""
    if files.is_remote(path):
        folder, slash, name = path.rpartition("/")
        return (f"{folder}/" if folder.endswith("/") else folder), name
    return os.path.dirname(path) or ".", os.path.basename(path)


def _join(folder, name):
    return f"{folder.rstrip('/')}/{name}"


@contextlib.contextmanager
def _scratch(folder, name):
    """Gives a new folder beside the files, and deletes it at the end."""
    name = name or "checkpoint"
    if files.is_remote(folder):
        # A name that begins as that of the checkpoint could be taken for it.
        scratch = f"tmp-{uuid.uuid4().hex[:12]}"
        scratch = f"{folder}{'' if folder.endswith('/') else '/'}{scratch}"
        delete_tree = tf.io.gfile.rmtree
    else:
        temporary_names.remove_left_over(folder)
        scratch = temporary_names.beside(os.path.join(folder, name))
        delete_tree = shutil.rmtree
    tf.io.gfile.mkdir(scratch)
    try:
        yield scratch
    finally:
        # Stores of objects know no folders.
        with contextlib.suppress(tf.errors.NotFoundError):
            delete_tree(scratch)


def _own_options(options, path):
    options = copy.copy(options or tf.train.CheckpointOptions())
    options.experimental_write_callbacks = None
    options.experimental_enable_async_checkpoint = False
    options.experimental_sharding_callback = _OtherNumber(
        options.experimental_sharding_callback, _present_number(path)
    )
    return options


def _present_number(path):
    """Returns how many files of data a checkpoint has, or None."""
    if not tf.io.gfile.exists(f"{path}.index"):
        return None
    try:
        return checkpoint_index.num_shards(path)
    except (errors.FileError, tf.errors.OpError):
        return None  # There is nothing to be lost.


class _OtherNumber(tf.train.experimental.ShardingCallback):
    """Deals tensors out to another number of files than there are already.

    Tensors of several tasks are dealt out in several calls. Their number is not
    known, so that the files are replaced one by one if it is the same.

    Arguments:
        policy: `tf.train.experimental.ShardingCallback`, or None.
        number: Integer: the number to avoid, or None.
    """

    def __init__(self, policy, number):
        self._policy = policy or tf.train.experimental.ShardByTaskPolicy()
        self._number = number

    @property
    def description(self):
        """What it does, in words."""
        return self._policy.description

    def __call__(self, shardable_tensors):
        shards = list(self._policy(shardable_tensors))
        if len(shards) == self._number:
            for index, shard in enumerate(shards):
                if len(shard) > 1:
                    first, *rest = shard.items()
                    shards[index : index + 1] = [dict(rest), dict([first])]
                    break
        return shards


def _publish(new, path):
    """Gives the files of a checkpoint the names of another."""
    is_local = not files.is_remote(path)
    written = _data_files(new)
    if is_local:
        for file in (f"{new}.index", *(file for file, _ in written)):
            files.flush(file)
    kept = set()
    for file, ending in written:
        tf.io.gfile.rename(file, f"{path}{ending}", overwrite=True)
        kept.add(f"{path}{ending}")
    if is_local:
        files.flush_folder(_split(path)[0])
    tf.io.gfile.rename(f"{new}.index", f"{path}.index", overwrite=True)
    if is_local:
        files.flush_folder(_split(path)[0])
    for file in data_files(path):
        if file not in kept:
            tf.io.gfile.remove(file)
