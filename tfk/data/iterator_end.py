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
"""Ends iterators of datasets so that no program waits for them.

**Waiting for what tunes them.** TensorFlow tunes a pipeline in a thread that
looks at it after 10 ms, and then after twice as long each time, up to a minute.
An iterator that is deleted wakes the thread before it tells it to end, so that
the thread mostly sleeps on, and the deletion waits for it: for as long as the
iteration took, at worst.

**Waiting for Python, which waits for them.** An error that ends a program keeps
all frames alive, and so the iterator that was read. Python deletes it once it
has stopped all other threads, and the deletion waits for the thread that reads
ahead: for ever, if that one stopped within a user's generator.
"""

import atexit
import contextlib
import os
import sys
import threading
import traceback
import weakref

import tensorflow as tf

from tfk.utils import tf_internal

# Whoever drops a handle last waits: the iterator, which is just being deleted,
# drops its own within this time.
_SECONDS = 0.02
# How long the end of a program waits for generators that compute a batch.
_SECONDS_AT_EXIT = 5
_read_last = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    # The threads that read ahead stay with the parent.
    os.register_at_fork(after_in_child=_read_last.clear)


def end_in_background(iterator):
    """Lets a thread wait, once nobody refers to an iterator any more.

    For iterators that have come to their end: others may hold files open that
    the next one wants.

    Arguments:
        iterator: Any iterator; all but those of a `tf.data.Dataset` on one
            device are left alone.
    """
    if not isinstance(iterator, tf.data.Iterator):
        return
    handles = [tf_internal.iterator_handle(iterator)]
    weakref.finalize(iterator, _clear_in_thread, handles).atexit = False


def _clear_in_thread(handles):
    # Not a daemon: TensorFlow must not be torn down around it.
    thread = threading.Timer(_SECONDS, handles.clear)
    thread.name = "tfk_iterator_end"
    try:
        thread.start()
    except RuntimeError:  # Python is ending and starts no threads.
        handles.clear()


def end_at_exit(iterator):
    """Ends an iterator at the end of the program, if it is still there then.

    Arguments:
        iterator: Iterator of a dataset, or of a distributed one.
    """
    _read_last.add(iterator)


@atexit.register
def _end_all():
    def end():
        for iterator in iterators:
            tf_internal.empty(iterator)
        # What was reading from them holds on to the same, too.
        _clear_frames(getattr(sys, "last_value", None), [])

    iterators = list(_read_last)
    if not iterators:
        return
    try:
        # Python does not wait for a daemon: a generator may never yield.
        thread = threading.Thread(target=end, daemon=True)
        thread.start()
        thread.join(_SECONDS_AT_EXIT)
    except RuntimeError:  # Python is ending and starts no threads.
        end()


def _clear_frames(error, done):
    """Forgets the variables of all functions that an error went through.

    Arguments:
        error: Exception, or None.
        done: List of exceptions that were seen to, which grows.
    """
    if error is None or any(error is other for other in done):
        return
    done.append(error)
    for frame, _ in traceback.walk_tb(error.__traceback__):
        # TensorFlow leaves functions out of tracebacks, not out of memory.
        while frame is not None:
            with contextlib.suppress(RuntimeError):  # It still runs.
                frame.clear()
            frame = frame.f_back
    _clear_frames(error.__cause__, done)
    _clear_frames(error.__context__, done)
