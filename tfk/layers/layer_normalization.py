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
"""Layer normalization: each sample is brought to mean 0 and variance 1."""

import tensorflow as tf

from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import affine_weights
from tfk.layers import axes as axis_argument


class LayerNormalization(Layer):
    """Brings each sample to mean 0 and variance 1 along some axes.

    Use it where batch normalization does not fit: in Transformers and RNNs,
    with small batches, with samples of different lengths. It works the same
    way in training and inference, as no sample influences another one. After
    it the values are scaled by `gamma` and shifted by `beta`, which are
    learned.

    See [Ba et al., 2016](https://arxiv.org/abs/1607.06450).

    Arguments:
        axis: Integer or list of integers: the axes that are normalised, which
            are those of `gamma` and `beta` too.
        epsilon: Float: added to the variance, so that no division is by 0.
        center: Boolean: whether there is a `beta`.
        scale: Boolean: whether there is a `gamma`. A layer with weights that
            follows at once makes it needless.
        beta_initializer: Initializer of `beta`.
        gamma_initializer: Initializer of `gamma`.
        beta_regularizer: Regularizer of `beta`.
        gamma_regularizer: Regularizer of `gamma`.
        beta_constraint: Constraint on `beta`.
        gamma_constraint: Constraint on `gamma`.
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

    >>> x = tf.constant([[0.0, 2.0], [10.0, 30.0]])
    >>> y = tfk.layers.LayerNormalization(epsilon=1e-6)(x)
    >>> y.numpy().round(3)
    array([[-1., 1.], [-1., 1.]], dtype=float32)
    """

    _shape_says_all = True
    supports_masking = True

    def __init__(
        self,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.axis = axis_argument.check(axis, self.name)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def build(self, input_shape):
        sizes = axis_argument.resolve(self.axis, input_shape, self.name)
        self._axes = sorted(sizes)
        self._weight_shape = tuple(
            sizes.get(axis, 1) for axis in range(self._axes[0], 0)
        )
        affine_weights.add(self, shape=tuple(sizes.values()))
        rank = tf.TensorShape(input_shape).rank
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        self.built = True

    def call(self, inputs):
        if isinstance(inputs, tf.RaggedTensor):
            axis_argument.require_dense_axes(self._axes, inputs, self.name)
            return inputs.with_flat_values(self._normalize(inputs.flat_values))
        return self._normalize(inputs)

    def _normalize(self, inputs):
        dtype = inputs.dtype
        # Sums of 16-bit values lose too many digits.
        x = tf.cast(inputs, tf.float32) if dtype.size < 4 else inputs
        return tf.cast(
            normalize(
                x,
                self._axes,
                self.epsilon,
                self._broadcast(self.gamma, x.dtype),
                self._broadcast(self.beta, x.dtype),
            ),
            dtype,
        )

    def _broadcast(self, weight, dtype):
        """Returns a weight in the shape that fits the inputs, or None."""
        if weight is None:
            return None
        if tuple(weight.shape) != self._weight_shape:
            weight = tf.reshape(weight, self._weight_shape)
        return tf.cast(weight, dtype)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if not self.built:
            axis_argument.resolve(self.axis, shape, self.name)
        return shape


def normalize(x, axes, epsilon, gamma=None, beta=None):
    """Brings a tensor to mean 0 and variance 1 along axes.

    The centred tensor is used twice: forms that scale `x` itself, such as
    `tf.nn.batch_normalization`, need more passes here.

    Arguments:
        x: Tensor.
        axes: List of integers.
        epsilon: Float: added to the variance.
        gamma: Tensor to multiply with, or None.
        beta: Tensor to add, or None.

    Returns:
        A tensor of the shape of `x`.
    """
    centred = x - tf.reduce_mean(x, axes, keepdims=True)
    variance = tf.reduce_mean(tf.square(centred), axes, keepdims=True)
    y = centred * tf.math.rsqrt(variance + epsilon)
    if gamma is not None:
        y = y * gamma
    return y if beta is None else y + beta
