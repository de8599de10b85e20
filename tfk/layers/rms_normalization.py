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
"""RMS normalization: each sample is divided by its root mean square."""

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import axes as axis_argument


class RMSNormalization(Layer):
    """Divides each sample by the root of the mean of its squares.

    A `LayerNormalization` that leaves the mean as it is, with less to compute
    and about the same effect: the usual choice in large language models. After
    it the values are multiplied by `scale`, which is learned.

    See [Zhang and Sennrich, 2019](https://arxiv.org/abs/1910.07467).

    Arguments:
        axis: Integer or list of integers: the axes that are normalised, which
            are those of `scale` too.
        epsilon: Float: added to the mean, so that no division is by 0.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor, or ragged tensor whose ragged axes are not normalised.

    Input shape:
        Any, with known sizes along `axis`.

    Output shape:
        That of the input.

    Raises:
        TypeError: If `axis` is neither an integer nor a list of them.
        ValueError: When the layer is built, if `axis` does not fit the input.

    Example:

    >>> x = tf.constant([[1.0, 7.0], [30.0, 40.0]])
    >>> tfk.layers.RMSNormalization()(x).numpy().round(3)
    array([[0.2  , 1.4  ], [0.849, 1.131]], dtype=float32)
    """

    supports_masking = True
    _shape_says_all = True

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis_argument.check(axis, self.name)
        self.epsilon = epsilon

    def build(self, input_shape):
        sizes = axis_argument.resolve(self.axis, input_shape, self.name)
        self._axes = sorted(sizes)
        # From the first normalised axis on, as the weight broadcasts.
        self._weight_shape = tuple(
            sizes.get(axis, 1) for axis in range(self._axes[0], 0)
        )
        self.scale = self.add_weight(
            "scale",
            shape=tuple(sizes.values()),
            initializer="ones",
            autocast=False,
        )
        rank = tf.TensorShape(input_shape).rank
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        self.built = True

    def call(self, inputs):
        if isinstance(inputs, tf.RaggedTensor):
            axis_argument.require_dense_axes(self._axes, inputs, self.name)
            return inputs.with_flat_values(self._normalize(inputs.flat_values))
        return self._normalize(inputs)

    def _normalize(self, inputs):
        # Squares of 16-bit values overflow.
        is_short = inputs.dtype.size < 4
        x = tf.cast(inputs, tf.float32) if is_short else inputs
        scale = self.scale
        if tuple(scale.shape) != self._weight_shape:
            scale = tf.reshape(scale, self._weight_shape)
        outputs = normalize(
            x, self._axes, self.epsilon, tf.cast(scale, x.dtype)
        )
        return tf.cast(outputs, inputs.dtype)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        axis_argument.negative(self.axis, shape, self.name)
        return shape


def normalize(x, axes, epsilon, scale):
    """Divides a tensor by its root mean square along axes.

    Arguments:
        x: Tensor.
        axes: List of integers.
        epsilon: Float: added to the mean of the squares.
        scale: Tensor to multiply with.

    Returns:
        A tensor of the shape of `x`.
    """
    mean = tf.reduce_mean(tf.square(x), axes, keepdims=True)
    return x * tf.math.rsqrt(mean + epsilon) * scale
