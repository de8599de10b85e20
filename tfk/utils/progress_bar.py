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
"""Progbar: a progress bar for terminals, notebooks and log files."""

import shutil
import sys
import time

import numpy as np

from tfk.utils import interactive_logging

# Whether the cursor stands behind an unfinished bar.
_line_is_open = False


def print_message(message: str) -> None:
    """Prints a line, below a bar that is still moving.

    Arguments:
        message: The text of the line.
    """
    _write(("\n" if _line_is_open else "") + message + "\n", is_open=False)


def _write(text, is_open):
    global _line_is_open
    if not interactive_logging.is_interactive_logging_enabled():
        interactive_logging.log(text)
        return
    if sys.stdout is None:
        return
    sys.stdout.write(text)
    sys.stdout.flush()
    _line_is_open = is_open


def _is_terminal():
    return bool(getattr(sys.stdout, "isatty", lambda: False)())


def _notebook_display():
    """Returns the module that shows things in a notebook, None elsewhere."""
    if type(sys.stdout).__module__.split(".")[0] != "ipykernel":
        return None
    return sys.modules.get("IPython.display")


def format_duration(seconds: float) -> str:
    """Writes a time span as 5s, 1:05 or 1:01:05.

    Arguments:
        seconds: The length in seconds.
    """
    seconds = int(seconds)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _format_unit_time(seconds, unit_name):
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/{unit_name}"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/{unit_name}"
    return f"{seconds * 1e6:.0f}us/{unit_name}"


def _format_rate(seconds, unit_name):
    rate = 1 / max(seconds, 1e-9)
    digits = 0 if rate >= 100 else 1 if rate >= 10 else 2
    return f"{rate:.{digits}f} {unit_name}s/s"


def _format_value(value):
    try:
        number = float(np.mean(value))
    except (TypeError, ValueError):
        return str(value)
    if number == 0 or abs(number) > 1e-3:
        return f"{number:.4f}"
    return f"{number:.4e}"


class Progbar:
    """Shows how far a loop has come, with running values.

    Use it in loops of your own; `fit`, `evaluate` and `predict` show one unless
    `verbose=0`. In a terminal or a notebook the bar moves in place. Where the
    output goes to a file there is one line at the end. Only terminals get
    control characters.

    Arguments:
        target: The number of steps to come, None if unknown.
        width: The width of the bar in characters. Defaults to 30.
        verbose: 0 for silence, 1 (the default) for a moving bar, 2 for one line
            at the end.
        interval: The least number of seconds between two drawings. Defaults to
            0.05.
        stateful_metrics: The names of values to show as they are. All others
            are averaged over the steps. Defaults to none.
        unit_name: What a step is called. Defaults to "step".

    Example:

    >>> bar = tfk.utils.Progbar(target=2, verbose=2)
    >>> bar.update(1, [("loss", 1.0)])
    >>> bar.update(2, [("loss", 0.5)])
    2/2 - 0s ... - loss: 0.7500
    """

    def __init__(
        self,
        target,
        width=30,
        verbose=1,
        interval=0.05,
        stateful_metrics=None,
        unit_name="step",
    ):
        self.target = target
        self.width = width
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.interval = interval
        self.stateful_metrics = set(stateful_metrics or ())
        self.unit_name = unit_name
        # Stands before the line of a bar that has only one.
        self.title = ""
        self._sums = {}
        self._seen = 0
        self._start = time.perf_counter()
        self._first = None
        self._last_draw = -float("inf")
        self._last_length = 0
        # What a notebook shows, once it does.
        self._output = None

    def begin(self, title: str) -> None:
        """Shows what the bar is of: above it in a terminal, else before it.

        Arguments:
            title: A line of text, "" for none.
        """
        if title and self.verbose == 1 and _is_terminal():
            print_message(title)
        else:
            self.title = title

    @property
    def moves(self) -> bool:
        """Whether the bar is drawn again and again in place."""
        return self.verbose == 1 and (
            _is_terminal() or _notebook_display() is not None
        )

    def is_due(self, current: int) -> bool:
        """Whether `update(current, finalize=False)` would draw now.

        Ask before fetching values that are expensive and not averaged.

        Arguments:
            current: The number of steps done.
        """
        now = time.perf_counter()
        self._note_first(current, now)
        if not self.moves:
            return False
        if self.target is not None and current >= self.target:
            return True
        return now - self._last_draw >= self.interval

    def update(self, current: int, values=None, finalize=None) -> None:
        """Moves the bar to `current`.

        Arguments:
            current: The number of steps done.
            values: List of pairs (name, value of the last step). Values that
                are not in `stateful_metrics` are averaged.
            finalize: Whether this is the last update. Defaults to None: it is
                when `current` reaches `target`.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._record(current, values)
        due = self.is_due(current)
        if self.verbose and (finalize or due):
            self._draw(current, finalize)

    def add(self, n: int, values=None) -> None:
        """Moves the bar on by `n` steps.

        Arguments:
            n: The number of steps done since the last update.
            values: As for `update`.
        """
        self.update(self._seen + n, values)

    def _record(self, current, values):
        weight = max(current - self._seen, 1)
        for name, value in values or ():
            if name in self.stateful_metrics or isinstance(value, str):
                self._sums[name] = (value, 1)
            else:
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = (total + value * weight, count + weight)
        self._seen = current

    def _note_first(self, current, now):
        if self._first is None and current > 0:
            self._first = (current, now)

    def _unit_time(self, current, now):
        """Seconds for a step; the first, which compiles, is left out."""
        first, first_time = self._first or (0, self._start)
        if current > first:
            return (now - first_time) / (current - first)
        return (now - self._start) / max(current, 1)

    def _draw(self, current, finalize):
        now = time.perf_counter()
        self._last_draw = now
        line = self._progress(current, self.width if self.moves else 0)
        tail = self._tail(current, now, finalize)
        title = f"{self.title} - " if self.title else ""
        if not self.moves:
            _write(f"{title}{line}{tail}\n", is_open=False)
            return
        if not _is_terminal():
            self._show_in_notebook(f"{title}{line}{tail}")
            return
        line = self._fit(current, line, tail, finalize)
        padding = " " * max(self._last_length - len(line), 0)
        self._last_length = len(line)
        end = "\n" if finalize else ""
        _write(f"\r{line}{padding}{end}", is_open=not finalize)

    def _show_in_notebook(self, line):
        if not interactive_logging.is_interactive_logging_enabled():
            interactive_logging.log(line)
            return
        shown = {"text/plain": line}
        if self._output is None:
            display = _notebook_display().display
            self._output = display(shown, raw=True, display_id=True)
        else:
            self._output.update(shown, raw=True)

    def _progress(self, current, width):
        if self.target is None:
            return f"{current}/Unknown"
        counter = f"{current:>{len(str(self.target))}}/{self.target}"
        if not width:
            return counter
        done = min(int(width * current / max(self.target, 1)), width)
        bar = "=" * done
        if done < width:
            bar = bar[:-1] + ">" * min(done, 1) + "." * (width - done)
        return f"{counter} [{bar}]"

    def _tail(self, current, now, finalize):
        unit_time = self._unit_time(current, now)
        if self.target is None or finalize:
            duration = format_duration(now - self._start)
            parts = [
                f"{duration} {_format_unit_time(unit_time, self.unit_name)}"
            ]
        else:
            rest = unit_time * max(self.target - current, 0)
            parts = [
                f"ETA: {format_duration(rest)}",
                _format_rate(unit_time, self.unit_name),
            ]
        for name, (total, count) in self._sums.items():
            value = total if isinstance(total, str) else total / count
            parts.append(f"{name}: {_format_value(value)}")
        return "".join(f" - {part}" for part in parts)

    def _fit(self, current, line, tail, finalize):
        """Keeps a moving line within one row of the terminal."""
        columns = shutil.get_terminal_size().columns - 1
        excess = len(line) + len(tail) - columns
        if excess > 0 and self.target is not None:
            line = self._progress(current, max(self.width - excess, 5))
        return line + tail if finalize else (line + tail)[:columns]
