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
"""Initializers whose variance suits the size of the weight."""

import math

import tensorflow as tf

from tfk.initializers import drawn
from tfk.initializers import initializer as initializer_lib

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")

# The standard deviation of a standard normal cut at -2 and 2.
_TRUNCATED_STDDEV = 0.87962566103423978


class VarianceScaling(drawn.RandomInitializer):
    """Draws values whose variance suits the size of the weight.

    The variance is `scale / n`, where `n` counts a unit's inputs
    (`mode="fan_in"`), the uses of an input (`"fan_out"`), or is the mean of
    both (`"fan_avg"`); so signals keep their size through deep networks. The
    Glorot, He and Lecun initializers are special cases of it.

    Arguments:
        scale: Positive float.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`.
        distribution: `"truncated_normal"` (or `"normal"`, the same),
            `"untruncated_normal"` or `"uniform"`.
        seed: Integer, which fixes the values, or None to draw anew each time.

    Raises:
        ValueError: If an argument has another value.

    Example:

    >>> initializer = tfk.initializers.VarianceScaling(
    ...     scale=3.0, mode="fan_in", distribution="uniform", seed=3)
    >>> bool(tf.reduce_all(tf.abs(initializer((9, 50))) <= 1.0))
    True
    """

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
    ):
        if scale <= 0.0:
            raise ValueError(
                f"`scale` must be positive. Received: scale={scale}."
            )
        if mode not in _MODES:
            raise ValueError(
                f"`mode` must be one of {_MODES}. Received: mode={mode!r}."
            )
        self.scale = scale
        self.mode = mode
        self.distribution = _checked_distribution(distribution)
        self.seed = drawn.checked_seed(seed)

    def _values(self, block, dtype):
        shape = initializer_lib.static_shape(self, block.whole_shape)
        variance = self.scale / max(1.0, _fan(shape, self.mode))
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            sampler = tf.random.stateless_uniform
            return self._draw(
                sampler, block, dtype, minval=-limit, maxval=limit
            )
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            sampler = tf.random.stateless_normal
            return self._draw(sampler, block, dtype, stddev=stddev)
        sampler = tf.random.stateless_truncated_normal
        return self._draw(
            sampler, block, dtype, stddev=stddev / _TRUNCATED_STDDEV
        )


class GlorotUniform(VarianceScaling):
    """Draws uniformly for `tanh`-like and linear layers, by Glorot's rule.

    The default of most layers. The values lie within
    `sqrt(6 / (fan_in + fan_out))` of zero.

    Reference: [Glorot & Bengio,
    2010](https://proceedings.mlr.press/v9/glorot10a.html).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.GlorotUniform(seed=3)((12, 12))
    >>> bool(tf.reduce_all(tf.abs(w) <= 0.5))
    True
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=1.0, mode="fan_avg", distribution="uniform", seed=seed
        )


class GlorotNormal(VarianceScaling):
    """Draws normally for `tanh`-like and linear layers, by Glorot's rule.

    The values have the standard deviation `sqrt(2 / (fan_in + fan_out))`.

    Reference: [Glorot & Bengio,
    2010](https://proceedings.mlr.press/v9/glorot10a.html).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.GlorotNormal(seed=3)((200, 200))
    >>> print(tf.math.reduce_std(w).numpy().round(2))
    0.07
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=1.0,
            mode="fan_avg",
            distribution="truncated_normal",
            seed=seed,
        )


class HeUniform(VarianceScaling):
    """Draws uniformly for `relu` layers, by He's rule.

    The values lie within `sqrt(6 / fan_in)` of zero.

    Reference: [He et al., 2015](https://arxiv.org/abs/1502.01852).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.HeUniform(seed=3)((12, 12))
    >>> bool(tf.reduce_all(tf.abs(w) <= 0.71))
    True
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=2.0, mode="fan_in", distribution="uniform", seed=seed
        )


class HeNormal(VarianceScaling):
    """Draws normally for `relu` layers, by He's rule.

    The values have the standard deviation `sqrt(2 / fan_in)`.

    Reference: [He et al., 2015](https://arxiv.org/abs/1502.01852).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.HeNormal(seed=3)((200, 200))
    >>> print(tf.math.reduce_std(w).numpy().round(2))
    0.1
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=2.0, mode="fan_in", distribution="truncated_normal", seed=seed
        )


class LecunUniform(VarianceScaling):
    """Draws uniformly with the variance `1 / fan_in`.

    The values lie within `sqrt(3 / fan_in)` of zero.

    Reference: [LeCun et al.,
    1998](http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.LecunUniform(seed=3)((12, 12))
    >>> bool(tf.reduce_all(tf.abs(w) <= 0.5))
    True
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=1.0, mode="fan_in", distribution="uniform", seed=seed
        )


class LecunNormal(VarianceScaling):
    """Draws normally with the variance `1 / fan_in`.

    For layers with the `selu` activation.

    Reference: [LeCun et al.,
    1998](http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.LecunNormal(seed=3)((200, 200))
    >>> print(tf.math.reduce_std(w).numpy().round(2))
    0.07
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=1.0, mode="fan_in", distribution="truncated_normal", seed=seed
        )


def _fan(shape, mode):
    """Counts what meets in a unit, and where an input goes.

    The last two axes of a convolution kernel are its inputs and outputs; all
    others are places of the kernel.
    """
    if len(shape) < 2:
        fan_in = fan_out = math.prod(shape)
    else:
        places = math.prod(shape[:-2])
        fan_in, fan_out = shape[-2] * places, shape[-1] * places
    fans = {
        "fan_in": fan_in,
        "fan_out": fan_out,
        "fan_avg": (fan_in + fan_out) / 2.0,
    }
    return fans[mode]


def _checked_distribution(distribution):
    name = str(distribution).lower()
    name = "truncated_normal" if name == "normal" else name
    if name not in _DISTRIBUTIONS:
        raise ValueError(
            f"`distribution` must be one of {_DISTRIBUTIONS}. Received: "
            f"distribution={distribution!r}."
        )
    return name
