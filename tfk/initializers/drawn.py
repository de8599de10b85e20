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
"""Initializers that draw from a distribution."""

import functools
import random

import tensorflow as tf

from tfk.initializers import initializer as initializer_lib
from tfk.initializers.initializer import BuiltInInitializer

# By default TensorFlow picks an algorithm by device, and XLA another one. With
# this one named, a seed gives the same values with XLA and without.
_ALGORITHM = "philox"


class RandomInitializer(BuiltInInitializer):
    """Draws values. Children keep the constructor argument `seed`."""

    # Whether it does nothing but to draw.
    is_random = True

    def _draw(self, sampler, block, dtype, **parameters):
        sampled, seed = initializer_lib.sampled_dtype(dtype), self._seed_pair(
            block.offset
        )
        if tf.executing_eagerly() and sampled.is_floating:
            compiled = _compiled(sampler, sampled, tuple(parameters))
            values = compiled(
                tf.constant(block.shape, tf.int32),
                tf.cast(seed, tf.int64),
                *(tf.cast(value, sampled) for value in parameters.values()),
            )
        else:
            values = sampler(
                block.shape,
                seed=seed,
                dtype=sampled,
                alg=_ALGORITHM,
                **parameters,
            )
        return tf.cast(values, dtype)

    def _seed_pair(self, offset):
        """Returns the seed of one draw; the parts of a weight get their own."""
        pair = [self.seed, 0] if self.seed is not None else _fresh_seed_pair()
        for start in () if offset is None else offset:
            pair = tf.random.experimental.stateless_fold_in(
                tf.convert_to_tensor(pair), start, alg=_ALGORITHM
            )
        return pair


@functools.cache
def _compiled(sampler, dtype, names):
    """Returns a sampler as one function for all shapes, of the same values.

    It scales the random numbers where they lie: large weights take 0.8x of the
    time of the single ops, small ones 0.35x.
    """

    def sample(shape, seed, *parameters):
        return sampler(
            shape,
            seed=seed,
            dtype=dtype,
            alg=_ALGORITHM,
            **dict(zip(names, parameters)),
        )

    return tf.function(
        sample,
        input_signature=[
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([2], tf.int64),
            *(tf.TensorSpec([], dtype) for _ in names),
        ],
        autograph=False,
    )


def checked_seed(seed):
    """Returns a seed, if it is one.

    Arguments:
        seed: Integer or None.

    Raises:
        TypeError: If it is something else.
    """
    if seed is None or (hasattr(seed, "__index__") and not tf.is_tensor(seed)):
        return seed
    raise TypeError(f"`seed` must be an integer or None. Received: {seed!r}.")


def _fresh_seed_pair():
    """Returns the next seed of the process.

    It follows `tf.random.set_seed`, which no public function but this old one
    can read, and Python's generator where that was not called.
    """
    global_seed, op_seed = tf.compat.v1.get_seed(None)
    if op_seed is None:
        return [random.randrange(2**31), 0]
    return [global_seed, op_seed]


class RandomNormal(RandomInitializer):
    """Draws from a normal distribution.

    Arguments:
        mean: Float: the mean of the values.
        stddev: Float: their standard deviation.
        seed: Integer, which makes every call return the same values for the
            same shape. Without one, each call draws anew, reproducibly after
            `utils.set_random_seed`.

    Example:

    >>> initializer = tfk.initializers.RandomNormal(stddev=0.1, seed=3)
    >>> initializer((2, 3)).shape
    TensorShape([2, 3])
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean = mean
        self.stddev = stddev
        self.seed = checked_seed(seed)

    def _values(self, block, dtype):
        sampler = tf.random.stateless_normal
        return self._draw(
            sampler, block, dtype, mean=self.mean, stddev=self.stddev
        )


class RandomUniform(RandomInitializer):
    """Draws from a uniform distribution.

    Arguments:
        minval: Float or integer: the lower bound of the values.
        maxval: Float or integer: their upper bound, which is not drawn.
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> initializer = tfk.initializers.RandomUniform(0, 10, seed=3)
    >>> values = initializer((100,), dtype="int32")
    >>> bool(tf.reduce_all((values >= 0) & (values < 10)))
    True
    """

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        self.minval = minval
        self.maxval = maxval
        self.seed = checked_seed(seed)

    def _check_dtype(self, dtype):
        bounds = (self.minval, self.maxval)
        if dtype.is_integer and not any(isinstance(b, float) for b in bounds):
            return
        if dtype.is_integer:
            raise ValueError(
                "`RandomUniform` needs integer bounds to draw integers. "
                f"Received: dtype={dtype.name!r}, minval={self.minval}, "
                f"maxval={self.maxval}."
            )
        super()._check_dtype(dtype)

    def _values(self, block, dtype):
        sampler = tf.random.stateless_uniform
        return self._draw(
            sampler, block, dtype, minval=self.minval, maxval=self.maxval
        )


class TruncatedNormal(RandomInitializer):
    """Draws from a normal distribution cut two deviations from its mean.

    Values further away are drawn again, so that no unit starts with an
    outlier.

    Arguments:
        mean: Float: the mean of the values.
        stddev: Float: their standard deviation before the cut.
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> initializer = tfk.initializers.TruncatedNormal(stddev=0.1, seed=3)
    >>> bool(tf.reduce_all(tf.abs(initializer((100,))) <= 0.2))
    True
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean = mean
        self.stddev = stddev
        self.seed = checked_seed(seed)

    def _values(self, block, dtype):
        sampler = tf.random.stateless_truncated_normal
        return self._draw(
            sampler, block, dtype, mean=self.mean, stddev=self.stddev
        )
