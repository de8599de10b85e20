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
"""A thread that writes one file at a time while the training goes on."""

from concurrent import futures


class BackgroundWriter:
    """Calls functions in a thread, one after another, and keeps their errors.

    Arguments:
        name: String: what the thread is called.
    """

    def __init__(self, name):
        self._name = name
        self._executor = None
        self._task = None
        self._label = None

    def start(self, function, *arguments, label=None):
        """Calls a function in the thread; none must be running.

        Arguments:
            function: Function to call.
            *arguments: Its arguments.
            label: What `finish` returns with the error, for messages.
        """
        if self._executor is None:
            self._executor = futures.ThreadPoolExecutor(1, self._name)
        self._task = self._executor.submit(function, *arguments)
        self._label = label

    def is_busy(self):
        """Whether the function is still running."""
        return self._task is not None and not self._task.done()

    def finish(self):
        """Waits for the function.

        Returns:
            Its label and its error, None for what there is not. They are
            returned once.
        """
        task, self._task = self._task, None
        if task is None:
            return None, None
        return self._label, task.exception()

    def close(self):
        """Waits for the thread, which ends."""
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None
