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
"""Tests of `iterator_end`."""

import threading
import time

import pytest
import tensorflow as tf

from tfk.data import iterator_end


def _read_slowly(seconds):
    """Returns an iterator that has come to its end after some time."""
    dataset = tf.data.Dataset.range(int(seconds * 100))
    dataset = dataset.map(lambda x: x + 1, num_parallel_calls=tf.data.AUTOTUNE)
    iterator = iter(dataset)
    for _ in iterator:
        time.sleep(0.01)
    return iterator


def _threads():
    return [
        thread
        for thread in threading.enumerate()
        if thread.name == "tfk_iterator_end"
    ]


def _join():
    for thread in _threads():
        thread.join(10)
        assert not thread.is_alive()


class EndInBackgroundTest:

    def test_nobody_waits_for_the_thread_that_tunes(self):
        waits = []
        for _ in range(3):
            iterator = _read_slowly(0.75)
            iterator_end.end_in_background(iterator)
            start = time.perf_counter()
            del iterator
            waits.append(time.perf_counter() - start)
        # TensorFlow's thread looks again 1.27 s after the start.
        assert min(waits) < 0.1
        _join()

    def test_iterator_is_usable_until_it_is_dropped(self):
        iterator = iter(tf.data.Dataset.range(2))
        iterator_end.end_in_background(iterator)
        assert [int(value) for value in iterator] == [0, 1]
        del iterator
        _join()

    @pytest.mark.parametrize("iterator", [iter([1]), (i for i in range(1))])
    def test_other_iterators_are_left_alone(self, iterator):
        iterator_end.end_in_background(iterator)
        assert len(list(iterator)) == 1
        assert not _threads()
