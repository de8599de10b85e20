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
"""Other distributions, made of numbers that are even over [0, 1).

One number of each element goes in, so that what comes out does not depend on
which elements are drawn together.
"""

import tensorflow as tf

# Halvings of the interval, after which float32 tells no more apart.
_STEPS = 24


def beta(uniform, first, second):
    """Returns beta-distributed numbers, by inverting their distribution.

    Arguments:
        uniform: Float tensor of numbers from [0, 1).
        first: Float: the first parameter of the distribution.
        second: Float: the second one.
    """
    first = tf.fill(tf.shape(uniform), tf.cast(first, uniform.dtype))
    second = tf.fill(tf.shape(uniform), tf.cast(second, uniform.dtype))
    low = tf.zeros_like(uniform)
    width = 1.0
    for _ in range(_STEPS):
        width /= 2
        is_above = tf.math.betainc(first, second, low + width) < uniform
        low = tf.where(is_above, low + width, low)
    return low + width / 2


def dirichlet(uniform, alpha):
    """Returns shares that add up to 1, by breaking a stick again and again.

    Arguments:
        uniform: Float tensor of shape `(count, shares - 1)`, from [0, 1).
        alpha: Float: the parameter of all shares.

    Returns:
        Float tensor of shape `(count, shares)`.
    """
    count = uniform.shape[1]
    rest = tf.ones_like(uniform[:, 0])
    shares = []
    for index in range(count):
        broken = beta(uniform[:, index], alpha, alpha * (count - index))
        shares.append(rest * broken)
        rest *= 1 - broken
    return tf.stack([*shares, rest], 1)


def permutation(uniform):
    """Returns indices in a random order.

    Arguments:
        uniform: Float tensor of shape `(count,)`, from [0, 1).
    """
    return tf.argsort(uniform, stable=True)
