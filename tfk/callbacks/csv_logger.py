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
"""CSVLogger: the logs of every epoch as rows of a CSV file."""

import csv
import os

import numpy as np
import tensorflow as tf

from tfk.callbacks.callback import Callback
from tfk.utils import checks

_MISSING = "NA"


def _cell(value):
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) > 0:
        return f"\"[{', '.join(map(str, np.asarray(value).tolist()))}]\""
    return value


class CSVLogger(Callback):
    """Writes the logs of every epoch as a row of a CSV file.

    Use it to keep the numbers of long trainings: each row is on disk as soon
    as its epoch ends. The first column is the epoch, the others are the names
    in the logs in alphabetical order.

    Arguments:
        filename: The file to write. Missing folders are made.
        separator: The string between two columns. Defaults to ",".
        append: Whether to keep the rows of an existing file and to go on after
            them. Defaults to False, which starts a new file.

    Example:

    >>> import os
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "training.csv")
    >>> callbacks = tfk.callbacks.CallbackList([tfk.callbacks.CSVLogger(path)])
    >>> callbacks.on_train_begin()
    >>> callbacks.on_epoch_end(0, {"loss": 0.5})
    >>> callbacks.on_epoch_end(1, {"loss": 0.25, "val_loss": 0.5})
    >>> callbacks.on_train_end()
    >>> with open(path) as file:
    ...     print(file.read())
    epoch,loss,val_loss
    0,0.5,NA
    1,0.25,0.5

    A name that appears in a later epoch becomes a new column, and earlier rows
    hold "NA" in it.
    """

    def __init__(self, filename, separator=",", append=False):
        self.filename = checks.path("filename", filename)
        self.sep = separator
        self.append = append
        self.keys = None
        self.csv_file = None
        # Of the file that is there when the training begins.
        self._num_rows_to_keep = 0
        self._num_rows = 0

    def on_train_begin(self, logs=None):
        self.keys = None
        self._num_rows_to_keep = 0
        if self.append and tf.io.gfile.exists(self.filename):
            self._num_rows_to_keep = max(0, len(self._read_rows()) - 1)

    def _open(self):
        # Not before the first row: a training that is resumed keeps the rows.
        folder = os.path.dirname(self.filename)
        if folder:
            tf.io.gfile.makedirs(folder)
        header, rows, kept = None, [], self._num_rows_to_keep
        if kept and tf.io.gfile.exists(self.filename):
            header, *rows = self._read_rows() or [None]
        self.keys = header[1:] if header else None
        self._num_rows = len(rows)
        if kept < len(rows):
            self._rewrite(header, rows[:kept])
        else:
            mode = "a" if header else "w"
            self.csv_file = tf.io.gfile.GFile(self.filename, mode)

    def _read_rows(self):
        with tf.io.gfile.GFile(self.filename, "r") as file:
            return list(csv.reader(file, delimiter=self.sep))

    def _write_row(self, row):
        csv.writer(self.csv_file, delimiter=self.sep).writerow(row)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.csv_file is None:
            self._open()
        if self.keys is None:
            self.keys = sorted(logs)
            self._write_row(["epoch", *self.keys])
        new_keys = sorted(set(logs).difference(self.keys))
        if new_keys:
            self._add_columns(new_keys)
        cells = [_cell(logs.get(key, _MISSING)) for key in self.keys]
        self._write_row([epoch, *cells])
        self._num_rows += 1
        self.csv_file.flush()

    def _add_columns(self, new_keys):
        """Writes the file again, with columns for `new_keys`."""
        self.csv_file.close()
        header, *rows = self._read_rows()
        self.keys = self.keys + new_keys
        missing = [_MISSING] * len(new_keys)
        self._rewrite(header + new_keys, [row + missing for row in rows])

    def _rewrite(self, header, rows):
        """Puts a file with these rows in the place of the present one."""
        rewritten = self.filename + ".rewritten"
        self.csv_file = tf.io.gfile.GFile(rewritten, "w")
        for row in [header, *rows]:
            self._write_row(row)
        self.csv_file.close()
        self._num_rows = len(rows)
        tf.io.gfile.rename(rewritten, self.filename, overwrite=True)
        self.csv_file = tf.io.gfile.GFile(self.filename, "a")

    def on_train_end(self, logs=None):
        if self.csv_file is None and self.keys is None:
            # A training without epochs leaves an empty file.
            self._open()
        if self.csv_file is not None:
            self.csv_file.close()
            self.csv_file = None
            self._num_rows_to_keep = self._num_rows

    def get_state(self):
        if self.csv_file is None:
            return {"num_rows": self._num_rows_to_keep}
        return {"num_rows": self._num_rows}

    def set_state(self, state):
        self._num_rows_to_keep = state["num_rows"]
