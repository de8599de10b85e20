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
"""Initializers that give the same values each time."""

import tensorflow as tf

from tfk.initializers import initializer as initializer_lib
from tfk.initializers.initializer import BuiltInInitializer


class Zeros(BuiltInInitializer):
    """Makes zeros, as for biases.

    Example:

    >>> tfk.initializers.Zeros()((1, 2)).numpy()
    array([[0., 0.]], dtype=float32)
    """

    def _check_dtype(self, dtype):
        _check_has_numbers(self, dtype)

    def _values(self, block, dtype):
        return _filled(block.shape, 0, dtype)


class Ones(BuiltInInitializer):
    """Makes ones, as for the scales of normalization layers.

    Example:

    >>> tfk.initializers.Ones()((1, 2), dtype="int32").numpy()
    array([[1, 1]], dtype=int32)
    """

    def _check_dtype(self, dtype):
        _check_has_numbers(self, dtype)

    def _values(self, block, dtype):
        return _filled(block.shape, 1, dtype)


class Constant(BuiltInInitializer):
    """Makes a tensor of one value, or of given values.

    Arguments:
        value: Number, or an array of the weight's shape, such as a pretrained
            embedding matrix.

    Example:

    >>> tfk.initializers.Constant(0.5)((1, 2)).numpy()
    array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, value=0):
        self.value = value

    def _check_dtype(self, dtype):
        """TensorFlow says which values do not fit which type."""

    def _values(self, block, dtype):
        return _filled(block.shape, self.value, dtype)


class Identity(BuiltInInitializer):
    """Makes an identity matrix, which lets a layer start by passing values on.

    Arguments:
        gain: Float: the value on the diagonal.

    Raises:
        ValueError: When called, for a shape that is not that of a matrix.

    Example:

    >>> tfk.initializers.Identity(gain=2.0)((2, 3)).numpy()
    array([[2., 0., 0.],
           [0., 2., 0.]], dtype=float32)
    """

    _makes_parts = False

    def __init__(self, gain=1.0):
        self.gain = gain

    def _values(self, block, dtype):
        shape = initializer_lib.static_shape(self, block.whole_shape)
        if len(shape) != 2:
            raise ValueError(
                "`Identity` makes matrices, of rank 2. Received: "
                f"shape={shape}."
            )
        return tf.cast(
            self.gain
            * tf.eye(*shape, dtype=initializer_lib.sampled_dtype(dtype)),
            dtype,
        )


def _filled(shape, value, dtype):
    if dtype == tf.bool:
        return tf.cast(tf.constant(value, shape=shape), dtype)
    if dtype.is_floating and dtype not in initializer_lib.SAMPLED_DTYPES:
        return tf.cast(_filled(shape, value, tf.float32), dtype)
    if tf.is_tensor(shape):
        return tf.broadcast_to(tf.constant(value, dtype), shape)
    return tf.constant(value, dtype=dtype, shape=shape)


def _check_has_numbers(initializer, dtype):
    if not (dtype.is_numpy_compatible and dtype != tf.string):
        raise ValueError(
            f"`{type(initializer).__name__}` makes numbers or booleans. "
            f"Received: dtype={dtype.name!r}."
        )
