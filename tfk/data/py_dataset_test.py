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
"""Tests of `Sequence`."""

import threading
import time

import pytest

from tfk.data import py_dataset


class Numbers(py_dataset.Sequence):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return index


class SequenceTest:
    def test_iterates_in_order(self):
        assert list(Numbers()) == [0, 1, 2, 3]
        assert Numbers().num_batches == 4

    def test_keeps_the_settings_of_keras_3(self):
        sequence = Numbers(workers=3, max_queue_size=5)
        assert (sequence.workers, sequence.max_queue_size) == (3, 5)
        assert py_dataset.PyDataset is py_dataset.Sequence

    def test_has_no_end_without_a_length(self):
        class Endless(py_dataset.Sequence):
            def __getitem__(self, index):
                return index

        assert Endless().num_batches is None
        iterator = iter(Endless())
        assert [next(iterator) for _ in range(5)] == [0, 1, 2, 3, 4]

    def test_says_what_to_define(self):
        with pytest.raises(
            NotImplementedError, match="must define `__getitem__"
        ):
            py_dataset.Sequence()[0]


class ComputeTest:
    @pytest.mark.parametrize("workers", [0, 1, 4])
    def test_keeps_the_order(self, workers):
        def slow_first(number):
            time.sleep(0.01 * (number == 0))
            return number

        result = py_dataset.compute(slow_first, range(20), workers, 3)
        assert list(result) == list(range(20))

    def test_bounds_the_queue(self):
        started = []
        result = py_dataset.compute(started.append, range(100), 2, 5)
        next(result)
        time.sleep(0.05)
        assert len(started) <= 7
        result.close()

    def test_surfaces_exceptions_and_ends_threads(self):
        def fail(number):
            if number == 2:
                raise KeyError("row 2")
            return number

        result = py_dataset.compute(fail, range(100), 3, 4)
        with pytest.raises(KeyError, match="row 2"):
            list(result)
        for _ in range(100):
            names = [thread.name for thread in threading.enumerate()]
            if not any("tfk_sequence" in name for name in names):
                return
            time.sleep(0.02)
        raise AssertionError(f"Threads are left: {names}")
