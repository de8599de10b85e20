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
"""Quantiles of any number of values, in little memory."""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class QuantileSketch:
    """A sample of numbers from which their quantiles can be told.

    The sample is kept in levels: a value of level `h` stands for `2**h` values.
    A level that holds `2 * size` values or more is sorted, and every other one
    of them goes to the next level, the rest goes. Seen from any number `x`, the
    count of values up to `x` changes by `2**h` at most when that happens. It
    happens at most once for each `2 * size` values of level `h`, which stand
    for `2 * size * 2**h` of all `n`, so that one level adds an error of
    `n / (2 * size)` at most. There are at most `log2(n / size)` levels that
    were sorted. So ranks are exact up to

        n * log2(n / size) / (2 * size)

    whatever the values and their order, and however many sketches were merged
    (Manku, Rajagopalan and Lindsay 1998, "Approximate medians and other
    quantiles in one pass and with limited memory"). A quantile falls between
    two values of the sample, which adds one value of the highest level, or
    `n / size`.

    A sketch is a value: methods return other sketches.

    Arguments:
        size: Power of two: half the number of values in a level. A sketch holds
            `2 * size * (1 + log2(n / size))` values at most.
        levels: Tuple of arrays, one for each level.

    Example:

    >>> sketch = QuantileSketch(size=64).with_values(np.arange(1000.0))
    >>> sketch.quantiles([0.25, 0.5]).round(-1)
    array([250., 500.])
    """

    size: int
    levels: tuple = ()

    @classmethod
    def within(cls, epsilon, num_quantiles=1):
        """Returns an empty sketch whose quantiles are good enough.

        Arguments:
            epsilon: Float: how far the share of values below a quantile may be
                from the share that it stands for, for up to `2**62` values.
            num_quantiles: Integer: how many quantiles are to be told apart.
        """
        size = max(32 / epsilon, 4 * num_quantiles)
        return cls(size=1 << math.ceil(math.log2(size)))

    @property
    def count(self):
        """How many values the sample stands for."""
        return sum(len(x) << level for level, x in enumerate(self.levels))

    def with_values(self, values):
        """Returns the sketch of these values and more.

        Arguments:
            values: Flat array of finite floats.
        """
        # Of many values, sorted, one of a group can stand for the group.
        level = max(0, (len(values) // self.size).bit_length() - 1)
        group = 1 << level
        end = len(values) // group * group
        if level == 0:
            return self._with_levels([values])
        medians = np.sort(values[:end])[group // 2 :: group]
        empty = [values[:0]] * (level - 1)
        return self._with_levels([values[end:], *empty, medians])

    def merged(self, other):
        """Returns the sketch of the values of both.

        Arguments:
            other: `QuantileSketch` of any size.
        """
        return self._with_levels(other.levels)

    def _with_levels(self, more):
        levels = _joined(self.levels, more)
        count = QuantileSketch(self.size, tuple(levels)).count
        level = 0
        while level < len(levels):
            values = levels[level]
            if len(values) >= 2 * self.size:
                values = np.sort(values)
                end = len(values) // 2 * 2
                # The lower and the upper ones of the pairs, about in turns.
                start = count // (2 * self.size << level) & 1
                halved = [values[:0]] * level + [
                    values[:0],
                    values[start:end:2],
                ]
                levels[level] = values[end:]
                levels = _joined(levels, halved)
            level += 1
        return QuantileSketch(self.size, tuple(levels))

    def summary(self):
        """Returns the sample, in ascending order.

        Returns:
            Two arrays: the values, and how many values each stands for.
        """
        if not self.levels:
            return np.zeros([0]), np.zeros([0], np.int64)
        values = np.concatenate(self.levels)
        weights = np.repeat(
            1 << np.arange(len(self.levels)), [len(x) for x in self.levels]
        )
        order = np.argsort(values, kind="stable")
        return values[order], weights[order]

    def quantiles(self, shares):
        """Returns the numbers below which certain shares of the values lie.

        Arguments:
            shares: List of floats between 0 and 1.
        """
        return quantiles_of(*self.summary(), shares)


def of_summary(values, weights):
    """Returns the sketch of values that stand for several each.

    Arguments:
        values: Array.
        weights: Array: how many values each stands for, rounded to whole
            numbers.
    """
    weights = np.maximum(np.round(weights), 1).astype(np.int64)
    num_levels = int(weights.max(initial=1)).bit_length()
    levels = [values[weights >> h & 1 == 1] for h in range(num_levels)]
    return QuantileSketch(size=1, levels=tuple(levels))


def quantiles_of(values, weights, shares):
    """Returns quantiles of values that stand for several each.

    Arguments:
        values: Array of ascending numbers.
        weights: Array: how many each stands for.
        shares: List of floats between 0 and 1.
    """
    ranks = np.cumsum(np.asarray(weights, np.float64))
    return np.interp(shares, ranks / ranks[-1], values)


def _joined(levels, more):
    """Returns the levels of two sketches together, as a list."""
    found = []
    for level in range(max(len(levels), len(more))):
        parts = [x[level] for x in (levels, more) if level < len(x)]
        parts = [x for x in parts if len(x)] or parts[:1]
        found.append(parts[0] if len(parts) == 1 else np.concatenate(parts))
    return found
