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
"""A thread that does something again and again."""

import threading


class TimedThread:
    """Calls `on_interval` now and then, in a thread of its own.

    Use it to watch something while other code runs. Override `on_interval`.
    What it does must not change what another thread uses: to act on a model
    that is trained, write a `tfk.callbacks.Callback`.

    Arguments:
        interval: Seconds between two calls.
        **kwargs: Arguments of `threading.Thread`, such as `daemon=True`.

    Raises:
        ValueError: If `interval` is not positive.

    Example:

    >>> import time
    >>> class Counter(tfk.utils.TimedThread):
    ...     count = 0
    ...
    ...     def on_interval(self):
    ...         self.count += 1
    >>> with Counter(0.01) as counter:
    ...     while counter.count < 3:
    ...         time.sleep(0.01)
    >>> counter.is_alive()
    False
    """

    def __init__(self, interval, **kwargs):
        if not interval > 0:
            raise ValueError(
                "`interval` of `TimedThread` must be a positive number of "
                f"seconds. Received: interval={interval!r}."
            )
        self.interval = interval
        self.daemon = kwargs.pop("daemon", False)
        self.thread_kwargs = kwargs
        self.thread = None
        self.thread_stop_event = None

    def start(self):
        """Starts the thread, unless it runs."""
        if self.is_alive():
            return
        stop = self.thread_stop_event = threading.Event()
        self.thread = threading.Thread(
            target=self._call_in_turns,
            args=(stop,),
            daemon=self.daemon,
            **self.thread_kwargs,
        )
        self.thread.start()

    def stop(self):
        """Ends the thread, after the call that it is in."""
        if self.thread_stop_event is not None:
            self.thread_stop_event.set()

    def is_alive(self):
        """Returns whether the thread runs and is not told to end."""
        return (
            self.thread is not None
            and self.thread.is_alive()
            and not self.thread_stop_event.is_set()
        )

    def on_interval(self):
        """Called once an interval."""
        raise NotImplementedError(
            f"`{type(self).__name__}` must define `on_interval(self)`."
        )

    def _call_in_turns(self, stop):
        while not stop.is_set():
            self.on_interval()
            stop.wait(self.interval)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()
