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
"""Distribution strategies over the logical CPUs that `conftest.py` makes."""

import functools

import tensorflow as tf


@functools.cache
def two_replicas():
    """Returns the one mirrored strategy of the tests, of two replicas.

    It reduces on one device: collectives of a second strategy in one process
    would clash with those of the first.
    """
    return tf.distribute.MirroredStrategy(
        ["CPU:0", "CPU:1"],
        cross_device_ops=tf.distribute.ReductionToOneDevice(),
    )


def split(strategy, *arrays):
    """Gives each replica its share of the rows of some arrays.

    Arguments:
        strategy: A strategy of two replicas.
        *arrays: Arrays with an even number of rows.

    Returns:
        A tuple of distributed values, for `strategy.run`.
    """

    def share(array):
        halves = tf.split(tf.convert_to_tensor(array), 2)
        return strategy.experimental_distribute_values_from_function(
            lambda context: halves[context.replica_id_in_sync_group]
        )

    return tuple(map(share, arrays))
