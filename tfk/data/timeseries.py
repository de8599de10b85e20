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
"""Windows over a series of measurements, as a dataset."""

import numpy as np
import tensorflow as tf

# Batches that are shuffled hold this many batches' worth of windows at a time.
_SHUFFLE_BUFFER = 1_000_000


def timeseries_dataset_from_array(
    data,
    targets,
    sequence_length,
    sequence_stride=1,
    sampling_rate=1,
    batch_size=128,
    shuffle=False,
    seed=None,
    start_index=None,
    end_index=None,
):
    """Makes a dataset of windows that begin at the rows of an array.

    Arguments:
        data: Array or tensor: measurements at equal distances along axis 0.
        targets: Array or tensor: `targets[i]` belongs to the window that begins
            at row `i`; or None for a dataset of windows alone.
        sequence_length: Integer: the measurements of a window.
        sequence_stride: Integer: the rows from one window to the next one.
        sampling_rate: Integer: the rows from one measurement of a window to
            the next one.
        batch_size: Integer; None gives single windows.
        shuffle: Boolean: whether windows come in a new order in every epoch.
        seed: Integer: makes the order repeatable.
        start_index: Integer: rows before it are left out.
        end_index: Integer: this row and those after it are left out.

    Returns:
        A `tf.data.Dataset` of windows of shape `(batch_size, sequence_length,
        ...)`, or of pairs of windows and targets.

    Raises:
        ValueError: If lengths or indices don't fit the data.

    Example:

    >>> series = np.arange(6)
    >>> dataset = tfk.utils.timeseries_dataset_from_array(
    ...     series, series[3:], sequence_length=3
    ... )
    >>> for windows, targets in dataset:
    ...     print(windows.numpy().tolist(), targets.numpy())
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]] [3 4 5]
    """
    first, last = _range(data, start_index, end_index)
    _check_within("sequence_length", sequence_length, last - first)
    for name, value in (
        ("sequence_stride", sequence_stride),
        ("sampling_rate", sampling_rate),
    ):
        _check_within(name, value, len(data))
    reach = (sequence_length - 1) * sampling_rate
    count = last - first - reach
    if targets is not None:
        count = min(count, len(targets) - first)
    if count <= 0:
        raise ValueError(
            f"No window fits: it reaches over {reach + 1} rows. Received: "
            f"{last - first} rows, sequence_length={sequence_length}, "
            f"sampling_rate={sampling_rate}"
            + ("." if targets is None else f", {len(targets)} targets.")
        )
    begins = np.arange(0, count, sequence_stride)
    offsets = np.arange(sequence_length) * sampling_rate
    data = tf.convert_to_tensor(data)[first:last]
    if targets is not None:
        targets = tf.convert_to_tensor(targets)[first:last]
    return _windows(
        data, targets, begins, begins, offsets, batch_size, shuffle, seed
    )


def timeseries_dataset(
    data,
    targets,
    length,
    sampling_rate=1,
    stride=1,
    start_index=0,
    end_index=None,
    shuffle=False,
    reverse=False,
    batch_size=128,
    seed=None,
):
    """Makes a dataset of windows that end before the rows of an array.

    The target of a window is that of the row that follows it.

    Arguments:
        data: Array or tensor: measurements at equal distances along axis 0.
        targets: Array or tensor: `targets[i]` belongs to the window of the rows
            from `i - length` to `i - 1`. As long as `data`.
        length: Integer: the rows that a window reaches over.
        sampling_rate: Integer: the rows from one measurement of a window to
            the next one.
        stride: Integer: the rows from one window to the next one.
        start_index: Integer: rows before it are left out.
        end_index: Integer: rows after it are left out.
        shuffle: Boolean: whether windows come in a new order in every epoch.
        reverse: Boolean: whether a window begins with its last measurement.
        batch_size: Integer; None gives single windows.
        seed: Integer: makes the order repeatable.

    Returns:
        A `tf.data.Dataset` of pairs of windows and targets.

    Raises:
        ValueError: If lengths or indices don't fit the data.

    Example:

    >>> series = np.arange(6)
    >>> dataset = tfk.utils.timeseries_dataset(series, series, length=3)
    >>> for windows, targets in dataset:
    ...     print(windows.numpy().tolist(), targets.numpy())
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]] [3 4 5]
    """
    rows, offsets = rows_with_windows(
        data,
        targets,
        length,
        sampling_rate,
        stride,
        start_index,
        end_index,
        reverse,
    )
    return _windows(
        tf.convert_to_tensor(data),
        tf.convert_to_tensor(targets),
        rows,
        rows,
        offsets,
        batch_size,
        shuffle,
        seed,
    )


def rows_with_windows(
    data,
    targets,
    length,
    sampling_rate,
    stride,
    start_index,
    end_index,
    reverse,
):
    """Returns the rows that a window ends before, and what windows hold.

    Arguments:
        data, targets, length, sampling_rate, stride, start_index, end_index,
            reverse: see `timeseries_dataset`.

    Returns:
        An array of rows, and one of the offsets of a window's measurements
        from its row.
    """
    if len(data) != len(targets):
        raise ValueError(
            "`data` and `targets` must have as many rows. Received: "
            f"{len(data)} and {len(targets)} rows."
        )
    end_index = len(data) - 1 if end_index is None else end_index
    first, last = _range(data, start_index, end_index + 1)
    for name, value in (
        ("length", length),
        ("sampling_rate", sampling_rate),
        ("stride", stride),
    ):
        _check_within(name, value, last - first)
    rows = np.arange(first + length, last, stride)
    if not len(rows):
        raise ValueError(
            "No row has enough rows before it. Received: length="
            f"{length}, start_index={first}, end_index={last - 1}."
        )
    offsets = np.arange(-length, 0, sampling_rate)
    return rows, offsets[::-1].copy() if reverse else offsets


def _windows(data, targets, begins, ends, offsets, batch_size, shuffle, seed):
    rows = tf.data.Dataset.from_tensor_slices((begins, ends))
    if shuffle:
        size = min(len(begins), _SHUFFLE_BUFFER)
        rows = rows.shuffle(size, seed=seed)
    if batch_size is not None:
        rows = rows.batch(batch_size)

    def gather(begin, end):
        windows = tf.gather(data, begin[..., tf.newaxis] + offsets)
        return (
            windows if targets is None else (windows, tf.gather(targets, end))
        )

    return rows.map(gather, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def _range(data, start_index, end_index):
    count = len(data)
    first = 0 if start_index is None else start_index
    last = count if end_index is None else end_index
    if not 0 <= first < last <= count:
        raise ValueError(
            "`start_index` and `end_index` must be rows of the data, the first "
            f"before the other. Received: start_index={start_index}, "
            f"end_index={end_index}, {count} rows."
        )
    return first, last


def _check_within(name, value, count):
    if not 0 < value <= count:
        raise ValueError(
            f"`{name}` must be at least 1 and at most the number of rows, "
            f"{count}. Received: {name}={value}."
        )
