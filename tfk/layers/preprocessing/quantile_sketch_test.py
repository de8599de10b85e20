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
"""Tests of quantiles in little memory, on orders that are hard for them."""

import math

import numpy as np
import pytest

from tfk.layers.preprocessing import quantile_sketch
from tfk.layers.preprocessing.quantile_sketch import QuantileSketch

N = 50_000
RNG = np.random.default_rng(0)


def outside_in(n):
    x = np.arange(n)
    return np.where(x % 2, x, -x)


DATA = {
    "ascending": np.arange(N),
    "descending": -np.arange(N),
    "outside in": outside_in(N)[::-1],
    "inside out": outside_in(N),
    "random": RNG.normal(size=N),
    "heavy tail": np.exp(10 * RNG.normal(size=N)),
    "one value": np.ones(N),
    "few values": RNG.integers(0, 3, N),
    "mostly one value": np.where(RNG.random(N) < 0.97, 5, RNG.random(N)),
    "blocks": np.repeat(RNG.permutation(50), N // 50),
    "saw": np.arange(N) % 997,
}


def sketched(data, batch, size=32):
    sketch = QuantileSketch(size)
    for start in range(0, len(data), batch):
        sketch = sketch.with_values(data[start : start + batch])
    return sketch


def rank_errors(sketch, data):
    """How far counts of values up to `x` are off, for each `x` in the data."""
    values, weights = sketch.summary()
    points = np.unique(data)
    true = np.searchsorted(np.sort(data), points, side="right")
    totals = np.concatenate([[0], np.cumsum(weights)])
    told = totals[np.searchsorted(values, points, side="right")]
    return np.abs(told - true)


def bound(size, n):
    return n * math.log2(n / size) / (2 * size)


def share_errors(found, shares, data):
    """How far boundaries are from where a share of the data lies below."""
    data = np.sort(data)
    low = np.searchsorted(data, found, side="left") / len(data)
    high = np.searchsorted(data, found, side="right") / len(data)
    return np.maximum(0, np.maximum(low - shares, shares - high))


class QuantileSketchTest:
    @pytest.mark.parametrize("order", DATA)
    @pytest.mark.parametrize("batch", [37, 1_000, N])
    def test_ranks_are_within_the_stated_bound(self, order, batch):
        data = DATA[order].astype("float64")
        sketch = sketched(data, batch)
        assert sketch.count == N
        assert rank_errors(sketch, data).max() <= bound(32, N)
        stored = sum(map(len, sketch.levels))
        assert stored <= 2 * 32 * (1 + math.log2(N / 32))

    def test_ranks_of_merged_sketches_are_too(self):
        parts = [data.astype("float64") for data in DATA.values()]
        merged = QuantileSketch(32)
        for i, part in enumerate(parts):
            merged = merged.merged(sketched(part, 100 * (i + 1)))
        data = np.concatenate(parts)
        assert merged.count == len(data)
        assert rank_errors(merged, data).max() <= bound(32, len(data))

    @pytest.mark.parametrize("epsilon", [0.2, 0.01])
    def test_quantiles_are_as_good_as_asked_for(self, epsilon):
        shares = np.arange(1, 16) / 16
        for data in DATA.values():
            data = data.astype("float64")
            sketch = QuantileSketch.within(epsilon, 15)
            for part in np.array_split(data, 7):
                sketch = sketch.with_values(part)
            found = sketch.quantiles(shares)
            assert (np.diff(found) >= 0).all()
            assert share_errors(found, shares, data).max() <= epsilon

    def test_few_values_are_kept_as_they_are(self):
        sketch = sketched(np.array([5.0, 1.0, 3.0]), 2)
        values, weights = sketch.summary()
        np.testing.assert_array_equal(values, [1, 3, 5])
        np.testing.assert_array_equal(weights, [1, 1, 1])
        np.testing.assert_array_equal(sketch.quantiles([1 / 3, 1]), [1, 5])

    def test_a_summary_makes_the_same_sketch(self):
        sketch = sketched(DATA["random"].astype("float32"), 777)
        again = QuantileSketch(32).merged(
            quantile_sketch.of_summary(*sketch.summary())
        )
        for ours, theirs in zip(sketch.summary(), again.summary()):
            np.testing.assert_array_equal(ours, theirs)
        odd = quantile_sketch.of_summary(np.arange(3.0), [1.0, 2.6, 0.2])
        assert odd.count == 1 + 3 + 1
