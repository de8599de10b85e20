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
"""Which of the files that a training has written to keep."""

import contextlib
import math
import os
import re
import string
import time

import tensorflow as tf

from tfk.saving import checkpoint_files
from tfk.saving import checkpoints
from tfk.saving import temporary_names

# No file takes as long to write.
_SECONDS_UNTIL_LEFT_OVER = 3600


class KeptFiles:
    """Deletes the oldest files, but never the best one.

    Arguments:
        max_to_keep: Integer: how many of the newest files to keep, None for
            all.
        is_better: Function of two values: whether the first is the better one.
        are_checkpoints: Boolean: whether a path without an ending is that of a
            checkpoint. Else it is that of a SavedModel, and a checkpoint of
            that name is none of these files.
    """

    def __init__(self, max_to_keep, is_better, are_checkpoints=False):
        self._max_to_keep = max_to_keep
        self._is_better = is_better
        self._are_checkpoints = are_checkpoints
        # Pairs of a path and the value of the model in it, the oldest first.
        self.entries = []

    def add(self, path, value=None):
        """Takes note of a complete file, and deletes those in excess.

        Arguments:
            path: String.
            value: Number: what tells which model is best, None if not known.
        """
        if self._max_to_keep is None:
            return
        entries = [entry for entry in self.entries if entry[0] != path]
        entries.append([path, value])
        best = self._best(entries)
        older = entries[: -self._max_to_keep]
        for entry in older:
            if entry is not best:
                _delete(entry[0], self._are_checkpoints)
                entries.remove(entry)
        self.entries = entries

    def _best(self, entries):
        best = None
        for entry in entries:
            if entry[1] is None or math.isnan(entry[1]):
                continue
            if best is None or self._is_better(entry[1], best[1]):
                best = entry
        return best


def _delete(path, is_checkpoint=False):
    """Deletes a file, a SavedModel or a checkpoint, if it is there still."""
    with contextlib.suppress(tf.errors.NotFoundError):
        if is_checkpoint and checkpoints.is_checkpoint(path):
            checkpoint_files.delete(path)
        elif not tf.io.gfile.isdir(path):
            tf.io.gfile.remove(path)
        elif not is_checkpoint:
            tf.io.gfile.rmtree(path)


def remove_left_over(template):
    """Deletes what processes left that were killed while they wrote.

    Arguments:
        template: String: the path of the files, with fields for
            `str.format` in its last part.
    """
    folder, name = os.path.split(template)
    if "{" in folder or not tf.io.gfile.isdir(folder or "."):
        return
    try:
        fields = list(string.Formatter().parse(name))
    except ValueError:
        return  # Saving will say so.
    parts = [
        re.escape(text) + ("" if field is None else ".+")
        for text, field, *_ in fields
    ]
    # As `saving.files.replacing` calls them.
    pattern = re.compile(rf"\.?{''.join(parts)}{temporary_names.ENDING}")
    latest = time.time() - _SECONDS_UNTIL_LEFT_OVER
    for other in filter(pattern.fullmatch, tf.io.gfile.listdir(folder or ".")):
        path = os.path.join(folder, other)
        with contextlib.suppress(tf.errors.NotFoundError):
            if tf.io.gfile.stat(path).mtime_nsec / 1e9 < latest:
                _delete(path)
