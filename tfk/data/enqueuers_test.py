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
"""Tests for the queues of batches."""

import itertools
import random
import threading
import time

import pytest
import tf_keras

import tfk
from tfk.data import enqueuers
from tfk.testing import slow_sequences


class Squares:
    """A sequence of any package's."""

    def __init__(self, length=4):
        self.length = length
        self.num_passes = 0
        self.asked = []

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        self.asked.append(index)
        return index, index**2

    def on_epoch_end(self):
        self.num_passes += 1


def read(enqueuer, count, **arguments):
    enqueuer.start(**arguments)
    try:
        return list(itertools.islice(enqueuer.get(), count))
    finally:
        enqueuer.stop()
        assert not enqueuer.is_running()


class OrderedEnqueuerTest:
    @pytest.mark.parametrize("workers", [1, 3])
    def test_yields_what_tf_keras_yields(self, workers):
        results = []
        for package in (tf_keras, tfk):
            sequence = Squares()
            enqueuer = package.utils.OrderedEnqueuer(sequence)
            results.append(read(enqueuer, 10, workers=workers))
            assert sequence.num_passes >= 2
        assert results[0] == results[1]
        assert results[1][4:6] == [(0, 0), (1, 1)]

    def test_each_pass_has_an_order_of_its_own(self):
        random.seed(3)
        batches = read(tfk.utils.OrderedEnqueuer(Squares(8), shuffle=True), 16)
        first, second = batches[:8], batches[8:]
        assert sorted(first) == sorted(second) == [(i, i**2) for i in range(8)]
        assert first != second != sorted(second)
        random.seed(3)
        again = read(tfk.utils.OrderedEnqueuer(Squares(8), shuffle=True), 16)
        assert again == batches

    def test_computes_ahead_but_not_far(self):
        sequence = Squares(100)
        enqueuer = tfk.utils.OrderedEnqueuer(sequence)
        enqueuer.start(max_queue_size=3)
        deadline = time.monotonic() + 10
        while len(sequence.asked) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        assert sequence.asked == [0, 1, 2, 3]
        enqueuer.stop()

    def test_errors_of_threads_are_raised(self):
        sequence = slow_sequences.Numbers(failure="error")
        for workers in (1, 2):
            enqueuer = tfk.utils.OrderedEnqueuer(sequence)
            enqueuer.start(workers)
            batches = enqueuer.get()
            for _ in range(3):
                next(batches)
            with pytest.raises(FileNotFoundError, match="image-3"):
                next(batches)
            assert not enqueuer.is_running()
            assert list(enqueuer.get()) == []

    def test_processes_compute_too(self):
        enqueuer = tfk.utils.OrderedEnqueuer(
            slow_sequences.Report(), use_multiprocessing=True
        )
        batches = read(enqueuer, 8, workers=2)
        assert [batch["index"] for batch in batches] == [*range(6), 0, 1]
        assert len({batch["process"] for batch in batches}) == 2
        assert not any(batch["has_tensorflow"] for batch in batches)
        failing = tfk.utils.OrderedEnqueuer(
            slow_sequences.Numbers(failure="kill"), use_multiprocessing=True
        )
        begin = time.monotonic()
        with pytest.raises(RuntimeError, match="SIGKILL"):
            read(failing, 6, workers=1)
        assert time.monotonic() - begin < 5

    def test_wrong_use_is_refused(self):
        enqueuer = tfk.utils.OrderedEnqueuer(Squares())
        enqueuer.start()
        with pytest.raises(RuntimeError, match="called twice"):
            enqueuer.start()
        enqueuer.stop()
        with pytest.raises(ValueError, match="Received: max_queue_size=0"):
            enqueuer.start(max_queue_size=0)
        with pytest.raises(ValueError, match="has no batches"):
            tfk.utils.OrderedEnqueuer(Squares(0)).start()

        class Endless(tfk.utils.Sequence):
            def __getitem__(self, index):
                return index

        assert read(enqueuers.OrderedEnqueuer(Endless()), 3) == [0, 1, 2]
        with pytest.raises(ValueError, match="no end.*shuffle=True"):
            enqueuers.OrderedEnqueuer(Endless(), shuffle=True).start()
        with pytest.raises(NotImplementedError, match="`OrderedEnqueuer` or"):
            tfk.utils.SequenceEnqueuer(Squares()).start()


class GeneratorEnqueuerTest:
    def test_yields_all_and_ends(self):
        for package in (tf_keras, tfk):
            enqueuer = package.utils.GeneratorEnqueuer(iter(range(20)))
            enqueuer.start(max_queue_size=3)
            assert list(enqueuer.get()) == list(range(20))
            enqueuer.stop()

    def test_errors_are_raised_in_their_turn(self):
        def batches():
            yield 1
            raise OSError("no such file")

        enqueuer = tfk.utils.GeneratorEnqueuer(batches())
        enqueuer.start()
        results = enqueuer.get()
        assert next(results) == 1
        with pytest.raises(OSError, match="no such file"):
            next(results)
        assert not enqueuer.is_running()

    def test_no_thread_is_left(self):
        before = threading.active_count()
        assert read(tfk.utils.GeneratorEnqueuer(itertools.count()), 3) == [
            *range(3)
        ]
        assert threading.active_count() == before
        with pytest.warns(UserWarning, match="reads its generator in a thread"):
            enqueuer = tfk.utils.GeneratorEnqueuer(
                iter("ab"), use_multiprocessing=True
            )
            assert read(enqueuer, 9) == ["a", "b"]
