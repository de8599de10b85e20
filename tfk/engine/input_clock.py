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
"""How long steps wait for their batches, measured where they ask for them."""

import tensorflow as tf


class InputClock:
    """Adds up the seconds for which the steps of an iterator wait.

    Several steps run in one call of a compiled function, so the time is taken
    in the graph. It costs some microseconds a step.
    """

    def __init__(self):
        with tf.init_scope(), tf.device("CPU:0"):
            self._seconds = tf.Variable(
                0.0,
                trainable=False,
                dtype=tf.float64,
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )

    def watch(self, iterator):
        """Returns an iterator over the same data that is timed.

        Arguments:
            iterator: Iterator of a dataset.
        """
        return _WatchedIterator(iterator, self._seconds)

    def take(self):
        """Returns the seconds so far, and starts anew."""
        seconds = float(self._seconds.numpy())
        self._seconds.assign(0.0)
        return seconds


class _WatchedIterator:
    """An iterator that adds to a variable how long each batch takes."""

    def __init__(self, iterator, seconds):
        self._iterator = iterator
        self._seconds = seconds

    def __next__(self):
        start = tf.timestamp()
        with tf.control_dependencies([start]):
            data = next(self._iterator)
        leaves = tf.nest.flatten(data, expand_composites=True)
        with tf.control_dependencies(leaves):
            self._seconds.assign_add(tf.timestamp() - start)
        return data
