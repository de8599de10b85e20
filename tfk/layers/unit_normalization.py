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
"""Unit normalization: vectors are brought to length 1."""

import tensorflow as tf

from tfk.engine.layer import Layer
from tfk.layers import axes as axis_argument


class UnitNormalization(Layer):
    """Divides vectors by their length, so that it becomes 1.

    Use it where only the direction counts: before a dot product that is to be
    a cosine, for embeddings that are compared. Vectors of zeros stay zeros.

    Arguments:
        axis: Integer or list of integers: the axes that make up a vector.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor, or ragged tensor whose ragged axes are not normalised.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Raises:
        TypeError: If `axis` is neither an integer nor a list of them.
        ValueError: When the layer is called, if `axis` does not fit the input.

    Example:

    >>> tfk.layers.UnitNormalization()(tf.constant([[3.0, 4.0]])).numpy()
    array([[0.6, 0.8]], dtype=float32)
    """

    supports_masking = True
    _shape_says_all = True

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis_argument.check(axis, self.name)

    def call(self, inputs):
        axes = axis_argument.negative(self.axis, inputs.shape, self.name)
        if isinstance(inputs, tf.RaggedTensor):
            axis_argument.require_dense_axes(axes, inputs, self.name)
            return inputs.with_flat_values(_normalize(inputs.flat_values, axes))
        return _normalize(inputs, axes)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        axis_argument.negative(self.axis, shape, self.name)
        return shape


def _normalize(inputs, axes):
    # Squares of 16-bit values overflow.
    x = tf.cast(inputs, tf.float32) if inputs.dtype.size < 4 else inputs
    return tf.cast(tf.math.l2_normalize(x, axes), inputs.dtype)
