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
"""Tests for the number of steps that adapts to the speed."""

import time
import types

import pytest
import tensorflow as tf

from tfk.utils import steps_per_execution_tuner


def an_optimizer():
    return types.SimpleNamespace(iterations=tf.Variable(0, dtype=tf.int64))


def tuner_of_speeds(monkeypatch, speed_of, **kwargs):
    """Returns the values of a tuner while steps run at given speeds."""
    now = 0.0
    monkeypatch.setattr(
        steps_per_execution_tuner.time, "perf_counter", lambda: now
    )
    optimizer = an_optimizer()
    size = tf.Variable(1, dtype=tf.int64)
    tuner = steps_per_execution_tuner.StepsPerExecutionTuner(
        optimizer, size, change_spe_interval=2, **kwargs
    )
    sizes = []
    tuner.on_interval()
    for _ in range(24):
        now += 5.0
        optimizer.iterations.assign_add(5 * speed_of(int(size)))
        tuner.on_interval()
        sizes.append(tuner.steps_per_execution)
    return sizes


class StepsPerExecutionTunerTest:
    def test_grows_as_long_as_that_helps(self, monkeypatch):
        sizes = tuner_of_speeds(monkeypatch, lambda size: 100 * min(size, 8))
        assert sizes[:8] == [1, 2, 2, 4, 4, 8, 8, 16]
        assert sizes[-1] == 16

    def test_goes_back_where_it_got_slower(self, monkeypatch):
        def speed_of(size):
            return 100 * size if size <= 8 else 400

        sizes = tuner_of_speeds(monkeypatch, speed_of)
        assert sizes[7] == 16 and sizes[9] == 8

    def test_stays_where_nothing_changes_or_runs(self, monkeypatch):
        assert tuner_of_speeds(monkeypatch, lambda size: 0)[-1] == 1
        sizes = tuner_of_speeds(
            monkeypatch, lambda size: 100 + size, change_threshold=0.2
        )
        assert max(sizes) == 2

    def test_the_thread_watches(self):
        optimizer = an_optimizer()
        size = tf.Variable(1)
        tuner = steps_per_execution_tuner.StepsPerExecutionTuner(
            optimizer, size, interval=0.002, change_spe_interval=1
        )
        with tuner:
            end = time.monotonic() + 10
            while tuner.steps_per_execution == 1 and time.monotonic() < end:
                optimizer.iterations.assign_add(1)
        assert tuner.steps_per_execution > 1
        assert not tuner.is_alive()

    def test_a_wrong_number_is_refused(self):
        with pytest.raises(ValueError, match="positive integer. Received"):
            steps_per_execution_tuner.StepsPerExecutionTuner(
                an_optimizer(), tf.Variable(0)
            )
