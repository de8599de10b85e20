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
"""The initializer of orthogonal matrices."""

import math

import tensorflow as tf

from tfk.initializers import drawn
from tfk.initializers import initializer as initializer_lib


class Orthogonal(drawn.RandomInitializer):
    """Draws a random orthogonal matrix, which keeps the norm of a vector.

    For recurrent kernels, in which repeated products neither grow nor vanish.
    The rows are orthonormal if there are fewer rows than columns, else the
    columns. A weight of higher rank is made as a matrix of all but its last
    axis by the last one.

    Reference: [Saxe et al., 2014](https://arxiv.org/abs/1312.6120).

    Arguments:
        gain: Float: a factor on all values.
        seed: Integer, which fixes the values, or None to draw anew each time.

    Raises:
        ValueError: When called, for a shape of fewer than two axes.

    Example:

    >>> w = tfk.initializers.Orthogonal(seed=3)((4, 2))
    >>> np.abs(tf.matmul(w, w, transpose_a=True).numpy()).round(3)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    _makes_parts = False

    def __init__(self, gain=1.0, seed=None):
        self.gain = gain
        self.seed = drawn.checked_seed(seed)

    def _values(self, block, dtype):
        shape = initializer_lib.static_shape(self, block.whole_shape)
        if len(shape) < 2:
            raise ValueError(
                "`Orthogonal` needs a shape of two or more axes. Received: "
                f"shape={shape}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = initializer_lib.Block(
            shape=(max(rows, columns), min(rows, columns)), whole_shape=shape
        )
        # TensorFlow has no QR decomposition for the shorter float types.
        wide_dtype = tf.float64 if dtype == tf.float64 else tf.float32
        normal = self._draw(tf.random.stateless_normal, tall, wide_dtype)
        q, r = tf.linalg.qr(normal, full_matrices=False)
        # The decomposition's signs are arbitrary: this makes q uniform.
        q *= tf.sign(tf.linalg.diag_part(r))
        if rows < columns:
            q = tf.transpose(q)
        return tf.cast(self.gain * tf.reshape(q, shape), dtype)
