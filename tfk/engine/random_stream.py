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
"""The random numbers of one layer, as state that is saved with the layer."""

import numpy as np
import tensorflow as tf

from tfk.utils import tf_internal

# The Philox generator counts blocks of random bits. Each draw starts a range
# of 2^40 blocks, far more than one draw takes (a step of the op is 2^8).
_STEPS_PER_DRAW = np.uint64(2**32)

# Each replica counts from its own multiple of this many times 2^64 blocks.
_REPLICA_STRIDE = 2**32

_PHILOX = 1
_BEST_FOR_DEVICE = 3

# Numbers of fewer bits are too coarse to compare with a rate such as 0.1.
_DRAWN_DTYPES = (tf.float32, tf.float64)


class RandomStream(tf_internal.AutoTrackable):
    """Draws random numbers for a layer, new ones with each call.

    The stream's position is a small variable. It advances in graphs, under
    XLA and in each replica of a strategy, where every replica draws different
    numbers, and it is checkpointed, so that a resumed training goes on where
    the interrupted one stood. It is none of the layer's weights.

    A seed gives the same numbers eagerly and in graphs, on CPUs and on GPUs;
    XLA makes other numbers of it, the same ones in each run.

    Arguments:
        seed: Integer, with which the stream gives the same numbers in each
            run. Without one they follow `tf.random.set_seed`.

    Example:

    >>> from tfk.engine import random_stream
    >>> stream = random_stream.RandomStream(seed=3)
    >>> again = random_stream.RandomStream(seed=3)
    >>> bool(tf.reduce_all(stream.uniform((2, 3)) == again.uniform((2, 3))))
    True
    """

    def __init__(self, seed=None):
        self.seed = _checked(seed)
        with tf.init_scope():
            self.state = tf.Variable(
                _first_state(self.seed), trainable=False, name="random_stream"
            )

    def uniform(self, shape, dtype=tf.float32):
        """Draws floats evenly from [0, 1).

        Arguments:
            shape: Shape of the result: a tuple or a tensor of integers.
            dtype: Floating dtype.
        """
        return self._draw(tf.raw_ops.StatelessRandomUniformV2, shape, dtype)

    def normal(self, shape, mean=0.0, stddev=1.0, dtype=tf.float32):
        """Draws floats from a normal distribution.

        Arguments:
            shape: Shape of the result: a tuple or a tensor of integers.
            mean: Float: the mean of the distribution.
            stddev: Float: its standard deviation.
            dtype: Floating dtype.
        """
        op = tf.raw_ops.StatelessRandomNormalV2
        return mean + stddev * self._draw(op, shape, dtype)

    def next_seed(self):
        """Draws a seed for the functions of TensorFlow that take one.

        Such are `tf.random.stateless_...` and `tf.image.stateless_...`. On a
        GPU, `uniform` and `normal` are faster: they don't wait for the seed
        to arrive on the host.

        Returns:
            An integer tensor of shape `(2,)`.
        """
        counter, key = self._advance()
        return tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[2], key=key, counter=counter, alg=_PHILOX, dtype=tf.int64
        )

    def _draw(self, op, shape, dtype):
        dtype = tf.as_dtype(dtype)
        drawn = dtype if dtype in _DRAWN_DTYPES else tf.float32
        counter, key = self._advance()
        values = op(
            shape=shape,
            key=key,
            counter=counter,
            alg=_BEST_FOR_DEVICE,
            dtype=drawn,
        )
        return values if drawn == dtype else tf.cast(values, dtype)

    def _advance(self):
        """Returns the position, as counter and key, and moves on."""
        counter, key = tf.split(self._next_position(), [2, 1])
        replica = replica_offset()
        if replica is not None:
            counter += replica
        return tf.bitcast(counter, tf.uint64), tf.bitcast(key, tf.uint64)

    def _next_position(self):
        if tf.distribute.in_cross_replica_context():
            # No replica's copy can be named here; all are moved on at once.
            position = tf.convert_to_tensor(self.state)
            self.state.assign_add([2**40, 0, 0])
            return position
        return tf.raw_ops.RngReadAndSkip(
            resource=self.state.handle, alg=_PHILOX, delta=_STEPS_PER_DRAW
        )


def _checked(seed):
    if seed is None or (hasattr(seed, "__index__") and not tf.is_tensor(seed)):
        return seed
    raise TypeError(
        f"`seed` must be an integer or None. Received: seed={seed!r}."
    )


def _first_state(seed):
    """Returns the counter (two words) and the key that a stream starts at."""
    if seed is None:
        key = tf.random.uniform(
            (), minval=0, maxval=tf.int64.max, dtype=tf.int64
        )
    else:
        key = tf.constant(int(seed) % 2**63, tf.int64)
    return tf.stack([tf.zeros_like(key), tf.zeros_like(key), key])


def replica_offset():
    """Returns what a replica adds to the counter, None for the only one."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return None
    replica = tf.cast(context.replica_id_in_sync_group, tf.int64)
    return tf.stack([tf.zeros_like(replica), replica * _REPLICA_STRIDE])
