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
"""Names for old code: sequences."""

import json

import numpy as np

from tfk.data import py_dataset
from tfk.data import timeseries
from tfk.data.sequences import pad_sequences
from tfk.data.timeseries import timeseries_dataset

__all__ = [
    "TimeseriesGenerator",
    "make_sampling_table",
    "pad_sequences",
    "skipgrams",
    "timeseries_dataset",
]


class TimeseriesGenerator(py_dataset.Sequence):
    """Gives batches of windows over a series, with the targets after them.

    `tfk.utils.timeseries_dataset` makes a faster dataset of the same windows.

    Arguments:
        data: Array or list: measurements at equal distances along axis 0.
        targets: Array or list: `targets[i]` belongs to the window of the rows
            from `i - length` to `i - 1`. As long as `data`.
        length: Integer: the rows that a window reaches over.
        sampling_rate: Integer: the rows from one measurement of a window to
            the next one.
        stride: Integer: the rows from one window to the next one.
        start_index: Integer: rows before it are left out.
        end_index: Integer: rows after it are left out.
        shuffle: Boolean: whether windows come in a new order in every epoch.
        reverse: Boolean: whether a window begins with its last measurement.
        batch_size: Integer.

    Example:

    >>> series = np.arange(6)
    >>> generator = tfk.preprocessing.sequence.TimeseriesGenerator(
    ...     series, series, length=3, batch_size=2
    ... )
    >>> len(generator)
    2
    >>> windows, targets = generator[0]
    >>> print(windows.tolist(), targets)
    [[0, 1, 2], [1, 2, 3]] [3 4]
    """

    def __init__(
        self,
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
    ):
        super().__init__()
        rows, offsets = timeseries.rows_with_windows(
            data,
            targets,
            length,
            sampling_rate,
            stride,
            start_index,
            end_index,
            reverse,
        )
        self.data = data
        self.targets = targets
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        self._rows, self._offsets = rows, offsets
        self.on_epoch_end()

    def on_epoch_end(self):
        """Draws a new order."""
        if self.shuffle:
            self._rows = np.random.permutation(self._rows)

    def __len__(self):
        """Returns the number of batches."""
        return -(-len(self._rows) // self.batch_size)

    def __getitem__(self, index):
        """Returns the windows and targets of a batch.

        Arguments:
            index: Integer.
        """
        start = index * self.batch_size
        rows = self._rows[start : start + self.batch_size]
        windows = np.asarray(self.data)[rows[:, np.newaxis] + self._offsets]
        return windows, np.asarray(self.targets)[rows]

    def get_config(self):
        """Returns the arguments as a dict, the data as JSON."""
        names = (
            "length",
            "sampling_rate",
            "stride",
            "start_index",
            "end_index",
            "shuffle",
            "reverse",
            "batch_size",
        )
        return {
            "data": _to_json(self.data, "data"),
            "targets": _to_json(self.targets, "targets"),
            **{name: getattr(self, name) for name in names},
        }

    def to_json(self, **kwargs):
        """Returns the class and the arguments as JSON.

        Arguments:
            **kwargs: Arguments of `json.dumps`.
        """
        config = {
            "class_name": type(self).__name__,
            "config": self.get_config(),
        }
        return json.dumps(config, **kwargs)


def _to_json(values, name):
    if hasattr(values, "tolist"):
        values = values.tolist()
    try:
        return json.dumps(values)
    except TypeError:
        raise TypeError(
            f"`{name}` can't be written as JSON. Received: a value of type "
            f"{type(values).__name__}. Pass an array or a list."
        ) from None


def make_sampling_table(size, sampling_factor=1e-5):
    """Returns how likely each word of a vocabulary is to be sampled.

    Words are numbered by their frequency, which is taken to follow Zipf's law.
    Frequent ones are sampled less often, as in word2vec (Mikolov et al. 2013).

    Arguments:
        size: Integer: the number of words.
        sampling_factor: Float: the smaller, the less are frequent words kept.

    Returns:
        An array of `size` probabilities.

    Example:

    >>> table = tfk.preprocessing.sequence.make_sampling_table(1000)
    >>> print(table[[1, 10, 999]].round(3))
    [0.003 0.017 0.273]
    """
    gamma = 0.577  # Euler's constant, as precise as in tf.keras.
    rank = np.arange(size)
    rank[:1] = 1
    inverse = rank * (np.log(rank) + gamma) + 0.5 - 1.0 / (12.0 * rank)
    share = sampling_factor * inverse
    return np.minimum(1.0, share / np.sqrt(share))


def skipgrams(
    sequence,
    vocabulary_size,
    window_size=4,
    negative_samples=1.0,
    shuffle=True,
    categorical=False,
    sampling_table=None,
    seed=None,
):
    """Makes pairs of words that stand close by, and pairs at random.

    Arguments:
        sequence: List of integers: the words of a text; 0 is no word.
        vocabulary_size: Integer: words are below it.
        window_size: Integer: how far apart the words of a pair may stand.
        negative_samples: Float: pairs at random for each other pair.
        shuffle: Boolean: whether to mix the pairs.
        categorical: Boolean: whether labels are `[0, 1]` and `[1, 0]` in place
            of 1 and 0.
        sampling_table: Array: the probability with which each word is kept.
        seed: Integer, which makes the draws repeatable.

    Returns:
        A list of pairs, and a list of labels: 1 for words that stand close by.

    Example:

    >>> pairs, labels = tfk.preprocessing.sequence.skipgrams(
    ...     [1, 2, 3], 4, window_size=1, negative_samples=0, shuffle=False
    ... )
    >>> pairs, labels
    ([[1, 2], [2, 1], [2, 3], [3, 2]], [1, 1, 1, 1])
    """
    draws = np.random.RandomState(seed)
    pairs = []
    for i, word in enumerate(sequence):
        if not word:
            continue
        if sampling_table is not None and sampling_table[word] < draws.rand():
            continue
        near = range(
            max(0, i - window_size), min(len(sequence), i + window_size + 1)
        )
        pairs += [[word, sequence[j]] for j in near if j != i and sequence[j]]
    labels = [[0, 1] if categorical else 1] * len(pairs)
    count = int(len(pairs) * negative_samples)
    if count:
        words = draws.permutation([word for word, _ in pairs]).tolist()
        others = draws.randint(1, vocabulary_size, count).tolist()
        pairs += [[words[i % len(words)], others[i]] for i in range(count)]
        labels += [[1, 0] if categorical else 0] * count
    if shuffle:
        order = draws.permutation(len(pairs))
        pairs = [pairs[i] for i in order]
        labels = [labels[i] for i in order]
    return pairs, labels
