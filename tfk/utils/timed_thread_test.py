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
"""Tests for the thread that acts now and then."""

import threading

import pytest

from tfk.utils import timed_thread


class TimedThreadTest:
    def test_acts_until_it_is_stopped(self):
        class Counter(timed_thread.TimedThread):
            count = 0
            done = threading.Event()

            def on_interval(self):
                self.count += 1
                if self.count == 3:
                    self.done.set()

        counter = Counter(0.001, daemon=True, name="mine")
        assert not counter.is_alive()
        with counter:
            assert counter.thread.daemon and counter.thread.name == "mine"
            thread = counter.thread
            counter.start()
            assert counter.thread is thread
            assert counter.done.wait(10)
        thread.join(10)
        assert not thread.is_alive() and not counter.is_alive()
        with pytest.raises(ValueError, match="Received: interval=0"):
            Counter(0)
        with pytest.raises(NotImplementedError, match="on_interval"):
            timed_thread.TimedThread(1).on_interval()
