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
"""Tests for the progress bar."""

import io
import re
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfk.utils import progress_bar


def without_times(text):
    text = re.sub(r" +\n", "\n", text)
    return re.sub(r"\d+s \d+[mu]?s/", "0s 0s/", text)


@pytest.fixture
def terminal(monkeypatch):
    """Makes standard output a terminal; call it to set its width."""
    monkeypatch.setattr(progress_bar, "_is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    return lambda columns: monkeypatch.setenv("COLUMNS", str(columns))


class FakeNotebook:
    """Makes this process one with a notebook; holds what that shows."""

    def __init__(self, monkeypatch):
        self.outputs = []
        # The class of standard output in a notebook tells.
        stream = type("OutStream", (io.StringIO,), {})
        stream.__module__ = "ipykernel.iostream"
        self.stream = stream()
        monkeypatch.setattr(sys, "stdout", self.stream)
        monkeypatch.setitem(sys.modules, "IPython.display", self)

    # What `IPython.display` has, and the handle that it returns.

    def display(self, data, raw, display_id):
        assert raw and display_id is True
        self.outputs.append([data["text/plain"]])
        return self

    def update(self, data, raw):
        assert raw
        self.outputs[-1].append(data["text/plain"])


class ProgbarTest:
    def test_draws_in_place_in_a_terminal(self, terminal, capsys):
        bar = progress_bar.Progbar(10, width=10, interval=0)
        bar.update(1, [("loss", 123456.0)])
        bar.update(5, [("loss", 0.0)], finalize=False)
        bar.add(5, [("loss", 0.0)])
        text = without_times(capsys.readouterr().out)
        text = re.sub(r"ETA: \d+s - [\d.]+ ", "ETA: 0s - 0 ", text)
        assert [part.rstrip(" ") for part in text.split("\r")] == [
            "",
            " 1/10 [>.........] - ETA: 0s - 0 steps/s - loss: 123456.0000",
            " 5/10 [====>.....] - ETA: 0s - 0 steps/s - loss: 24691.2000",
            "10/10 [==========] - 0s 0s/step - loss: 12345.6000\n",
        ]

    def test_writes_one_plain_line_to_a_file(self, capsys):
        for verbose in (1, 2):
            bar = progress_bar.Progbar(3, verbose=verbose, interval=0)
            for step in range(3):
                bar.update(step + 1, [("loss", step)])
            text = without_times(capsys.readouterr().out)
            assert text == "3/3 - 0s 0s/step - loss: 1.0000\n"

    def test_time_left_and_speed_follow_from_the_steps(
        self, terminal, capsys, monkeypatch
    ):
        now = [100.0]
        monkeypatch.setattr(progress_bar.time, "perf_counter", lambda: now[0])
        for seconds, eta, rate in (
            (0.52, "ETA: 4s", "1.92 steps/s"),
            (0.05, "ETA: 0s", "20.0 steps/s"),
            (64.1, "ETA: 8:32", "0.02 steps/s"),
            (0.001, "ETA: 0s", "1000 steps/s"),
        ):
            bar = progress_bar.Progbar(10, interval=0)
            now[0] += 3.0
            # The first step, which compiles, does not count.
            bar.update(1)
            now[0] += seconds
            bar.update(2)
            assert f" - {eta} - {rate}" in capsys.readouterr().out
            now[0] += 8 * seconds
            bar.update(10)

    def test_a_notebook_shows_one_line_without_control_characters(
        self, monkeypatch
    ):
        notebook = FakeNotebook(monkeypatch)
        bar = progress_bar.Progbar(3, width=3, interval=0)
        bar.begin("Epoch 1/2")
        for step in range(3):
            bar.update(step + 1, [("loss", 0.5)])
        progress_bar.Progbar(1, width=1, interval=0).update(1)
        monkeypatch.undo()
        assert notebook.stream.getvalue() == ""
        (first, *others), (second,) = notebook.outputs
        assert first.startswith("Epoch 1/2 - 1/3 [>..] - ETA: ")
        assert len(others) == 2 and "\r" not in "".join(others)
        assert without_times(others[-1]) == (
            "Epoch 1/2 - 3/3 [===] - 0s 0s/step - loss: 0.5000"
        )
        assert without_times(second) == "1/1 [=] - 0s 0s/step"

    def test_unknown_targets_are_finalized_on_demand(self, terminal, capsys):
        bar = progress_bar.Progbar(None, interval=0, unit_name="sample")
        bar.update(1)
        bar.update(2, finalize=True)
        assert without_times(capsys.readouterr().out) == (
            "\r1/Unknown - 0s 0s/sample\r2/Unknown - 0s 0s/sample\n"
        )

    def test_draws_no_more_often_than_the_interval(self, terminal, capsys):
        bar = progress_bar.Progbar(1000, interval=60)
        assert bar.is_due(1)
        for step in range(1, 1000):
            bar.update(step)
        assert not bar.is_due(999) and bar.is_due(1000)
        assert capsys.readouterr().out.count("\r") == 1

    def test_means_weigh_steps_and_stateful_values_are_kept(self, capsys):
        bar = progress_bar.Progbar(4, verbose=2, stateful_metrics=["acc"])
        bar.update(1, [("loss", tf.constant(1.0)), ("acc", 0.5)])
        bar.update(4, [("loss", np.float32(5.0)), ("acc", 0.75)])
        text = without_times(capsys.readouterr().out)
        assert text == "4/4 - 0s 0s/step - loss: 4.0000 - acc: 0.7500\n"

    def test_values_are_readable(self, capsys):
        bar = progress_bar.Progbar(1, verbose=2)
        bar.update(
            1,
            [
                ("zero", 0.0),
                ("small", 1.5e-5),
                ("mean", np.array([1.0, 2.0])),
                ("text", "abc"),
                ("nan", float("nan")),
            ],
        )
        assert capsys.readouterr().out.endswith(
            "zero: 0.0000 - small: 1.5000e-05 - mean: 1.5000 - text: abc"
            " - nan: nan\n"
        )

    def test_moving_lines_fit_in_narrow_terminals(self, terminal, capsys):
        terminal(40)
        bar = progress_bar.Progbar(10, interval=0)
        for step in range(1, 11):
            bar.update(step, [("loss", 1.0), ("accuracy", 0.5)])
        *moving, last = capsys.readouterr().out.split("\r")
        assert max(map(len, moving)) <= 39
        assert "accuracy: 0.5000" in last

    def test_messages_start_on_their_own_line(self, terminal, capsys):
        bar = progress_bar.Progbar(2, width=2, interval=0)
        bar.update(1)
        progress_bar.print_message("hello")
        bar.update(2)
        progress_bar.print_message("again")
        text = without_times(capsys.readouterr().out)
        assert "\nhello\n\r2/2 [==]" in text
        assert text.endswith("step\nagain\n")

    def test_verbose_0_is_silent(self, terminal, capsys):
        bar = progress_bar.Progbar(2, verbose=0, interval=0)
        bar.update(1, [("loss", 1.0)])
        bar.update(2, [("loss", 1.0)])
        assert capsys.readouterr().out == ""

    def test_durations_are_readable(self):
        spans = {5: "5s", 65: "1:05", 3665: "1:01:05", 0.2: "0s"}
        for seconds, text in spans.items():
            assert progress_bar.format_duration(seconds) == text
