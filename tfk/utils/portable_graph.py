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
"""Graphs of plain operations, which runtimes other than TensorFlow can run."""

import contextlib
import contextvars

_IS_WANTED = contextvars.ContextVar("portable_graph", default=False)


@contextlib.contextmanager
def scope():
    """Makes layers keep to plain operations in the graphs traced inside.

    What converters to other formats understand of a loop, for example, is
    less than TensorFlow's kernels do. Layers give the same results, if slower.
    """
    token = _IS_WANTED.set(True)
    try:
        yield
    finally:
        _IS_WANTED.reset(token)


def is_wanted():
    """Whether a graph is being traced that another runtime shall run."""
    return _IS_WANTED.get()
