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
"""Ends iterators of datasets without waiting for what tunes them.

TensorFlow tunes a pipeline in a thread that looks at it after 10 ms, and then
after twice as long each time, up to a minute. An iterator that is deleted wakes
the thread before it tells it to end, so that the thread mostly sleeps on, and
the deletion waits for it: for as long as the iteration took, at worst.
"""

import threading
import weakref

import tensorflow as tf

from tfk.utils import tf_internal

# Whoever drops a handle last waits: the iterator, which is just being deleted,
# drops its own within this time.
_SECONDS = 0.02


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
