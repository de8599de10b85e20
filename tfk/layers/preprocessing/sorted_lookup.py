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
"""Lookups in sorted keys, for runtimes without tables of integers."""

import numpy as np
import tensorflow as tf


def look_up(values, keys, found, default):
    """Returns what belongs to values, by halving where each of them may be.

    Arguments:
        values: Tensor of integers.
        keys: Array of integers of the dtype of the values, all different.
        found: Array of integers: what belongs to the keys.
        default: Integer: what belongs to all others.

    Returns:
        A tensor of the shape of the values and the dtype of `found`.
    """
    if not len(keys):
        return tf.fill(tf.shape(values), found.dtype.type(default))
    order = np.argsort(keys)
    keys = tf.constant(keys[order])
    place = tf.zeros_like(values, tf.int32)
    step = 1 << (len(order) - 1).bit_length()
    while step := step // 2:
        further = tf.minimum(place + step, len(order) - 1)
        is_reached = tf.gather(keys, further) <= values
        place = tf.where(is_reached, further, place)
    # Values below all keys end at the first one.
    return tf.where(
        tf.equal(tf.gather(keys, place), values),
        tf.gather(tf.constant(found[order]), place),
        tf.constant(default, found.dtype),
    )
