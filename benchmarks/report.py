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
"""Tables of what was measured."""

import statistics

from benchmarks import catalog

_PACKAGES = {"tfk": "tfk", "tf_keras": "tf_keras", catalog.KERAS3: "Keras 3"}
_VALUED = {
    "by_hand": "by hand",
    "by_hand_graph": "by hand, in one graph",
    "without": "tfk without",
}
_NAMES = {**_PACKAGES, **_VALUED, catalog.FASTER_PEER: "the faster peer"}
_NOTHING = "-"


class Result:
    """The values of one figure, round by round.

    Arguments:
        figure: A `catalog.Figure`.
        values: Dict of variants to lists of numbers, one a round. None stands
            for a measurement that failed.

    Example:

    >>> (fit,) = catalog.select(["fit"])
    >>> values = {"tfk": [10.0, 11.0, 20.0], "by_hand": [10.0, 10.0, 10.0]}
    >>> Result(fit, values).ratios("tfk", "by_hand")
    [1.0, 1.1, 2.0]
    >>> Result(fit, values).is_reached(fit.goals[0])
    True
    """

    def __init__(self, figure, values):
        self.figure = figure
        self._values = values

    def values(self, variant):
        """Returns the numbers of the rounds that did not fail."""
        return [x for x in self._values.get(variant, ()) if x is not None]

    def ratios(self, variant, baseline):
        """Returns the quotients of two variants, each within one round.

        Two neighbours in time share the load of the machine.
        """
        if baseline == catalog.FASTER_PEER:
            baseline = self.faster_peer()
        pairs = zip(
            self._values.get(variant, ()), self._values.get(baseline, ())
        )
        return [x / y for x, y in pairs if x is not None and y]

    def faster_peer(self):
        """Returns the peer with the least median; None if none has values.

        The same one in all rounds: the lesser of two values that vary alike
        would be less than either.
        """
        peers = [peer for peer in catalog.PEERS if self.values(peer)]
        return min(
            peers,
            key=lambda peer: statistics.median(self.values(peer)),
            default=None,
        )

    def spread(self, variant):
        """Returns how far apart the numbers of processes are, of their median.

        None without two numbers.
        """
        values = self.values(variant)
        if len(values) < 2:
            return None
        return (max(values) - min(values)) / statistics.median(values)

    def has_failures(self):
        """Returns whether any measurement failed."""
        return any(None in values for values in self._values.values())

    def is_reached(self, goal):
        """Returns whether the median is good enough; None if unknown.

        Arguments:
            goal: One of the figure's `catalog.Goal`.
        """
        if goal.against is None:
            numbers = self.values("tfk")
        else:
            numbers = self.ratios("tfk", goal.against)
        return statistics.median(numbers) <= goal.limit if numbers else None

    def as_json(self):
        """Returns everything as a dict of plain values."""
        return {
            "title": self.figure.title,
            "unit": self.figure.unit,
            "values": self._values,
            "ratios": {
                f"{variant}/{baseline}": self.ratios(variant, baseline)
                for baseline in self.figure.baselines
                for variant in self.figure.variants
                if variant in _PACKAGES and variant != baseline
            },
            "spreads": {
                variant: self.spread(variant) for variant in self._values
            },
            "goals": [
                {
                    "limit": goal.limit,
                    "against": goal.against,
                    "is_reached": self.is_reached(goal),
                }
                for goal in self.figure.goals
            ],
        }


def to_markdown(results):
    """Returns tables of ratios, of values, and of how steady these are.

    Arguments:
        results: List of `Result`.
    """
    return "\n\n".join(
        [
            "Cells: median over rounds (least to greatest). Less is better.",
            _table(_RATIO_HEADER, _ratio_rows(results)),
            _table(_VALUE_HEADER, _value_rows(results)),
            "From process to process: greatest less least, of the median.",
            _table(_SPREAD_HEADER, _spread_rows(results)),
        ]
    )


_RATIO_HEADER = ("figure", "baseline", *_PACKAGES.values(), "goal", "reached")
_VALUE_HEADER = ("figure", "unit", *_PACKAGES.values(), *_VALUED.values())
_SPREAD_HEADER = ("figure", *_PACKAGES.values(), *_VALUED.values())


def _ratio_rows(results):
    for result in results:
        figure = result.figure
        goals = {goal.against: goal for goal in figure.goals}
        if None in goals:
            title = f"{figure.title}, {figure.unit}"
            values = [_cell(result.values(package)) for package in _PACKAGES]
            yield title, _NOTHING, *values, *_goal_cells(result, goals[None])
        for baseline in figure.baselines:
            ratios = [
                (
                    _NOTHING
                    if package == baseline
                    else _cell(result.ratios(package, baseline), "x")
                )
                for package in _PACKAGES
            ]
            goal_cells = _goal_cells(result, goals.get(baseline))
            yield figure.title, _NAMES[baseline], *ratios, *goal_cells


def _value_rows(results):
    for result in results:
        variants = (*_PACKAGES, *_VALUED)
        values = (_cell(result.values(variant)) for variant in variants)
        yield result.figure.title, result.figure.unit, *values


def _spread_rows(results):
    for result in results:
        spreads = (result.spread(v) for v in (*_PACKAGES, *_VALUED))
        cells = (_NOTHING if s is None else f"{s:.0%}" for s in spreads)
        yield result.figure.title, *cells


def _goal_cells(result, goal):
    if goal is None:
        return _NOTHING, _NOTHING
    suffix = "" if goal.against is None else "x"
    verdict = {True: "yes", False: "NO", None: "unknown"}
    return f"{goal.limit:g}{suffix}", verdict[result.is_reached(goal)]


def _cell(numbers, suffix=""):
    if not numbers:
        return _NOTHING
    median = f"{_shown(statistics.median(numbers))}{suffix}"
    if len(numbers) == 1:
        return median
    return f"{median} ({_shown(min(numbers))} to {_shown(max(numbers))})"


def _shown(number):
    """Three digits, but never fewer than stand before the point."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _table(header, rows):
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
