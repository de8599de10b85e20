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
"""Group normalization: the channels of a sample, a group at a time."""

import tensorflow as tf

from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import affine_weights
from tfk.layers import axes as axis_argument
from tfk.layers import batch_statistics
from tfk.layers import window_ops


class GroupNormalization(Layer):
    """Brings groups of channels to mean 0 and variance 1, in each sample.

    Use it in convolutional networks where batches are too small for
    `BatchNormalization`, as in detection and segmentation. It works the same
    way in training and inference. With one group it is much like
    `LayerNormalization` over all axes, with as many groups as channels it is
    instance normalization. After it the values are scaled by `gamma` and
    shifted by `beta`, which are learned for each channel.

    See [Wu and He, 2018](https://arxiv.org/abs/1803.08494).

    Arguments:
        groups: Integer: the number of groups, which must divide the number of
            channels. -1 makes each channel a group.
        axis: Integer: the axis of the channels.
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
        inputs: Tensor.
        mask: Boolean tensor with the first axes of the inputs, or all: places
            where it is False do not count for the statistics.

    Input shape:
        `(batch, ..., channels)`, or with the channels on another `axis`.

    Output shape:
        That of the input.

    Raises:
        TypeError: If `axis` is not an integer, or the inputs are ragged.
        ValueError: If `groups` is neither positive nor -1, or, when the layer
            is built, if it does not divide the number of channels.

    Example:

    >>> x = tf.constant([[0.0, 2.0, 10.0, 30.0]])
    >>> y = tfk.layers.GroupNormalization(groups=2, epsilon=1e-6)(x)
    >>> y.numpy().round(3)
    array([[-1., 1., -1., 1.]], dtype=float32)

    tf.keras takes masks of the inputs' whole shape only.
    """

    supports_masking = True
    _shape_says_all = True

    def __init__(
        self,
        groups=32,
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
        if not isinstance(groups, int) or (groups < 1 and groups != -1):
            raise ValueError(
                f"`groups` of layer '{self.name}' must be a positive integer "
                f"or -1. Received: groups={groups!r}."
            )
        if not isinstance(axis, int):
            raise TypeError(
                f"`axis` of layer '{self.name}' must be an integer. Received: "
                f"axis={axis!r}."
            )
        self.groups = groups
        self.axis = axis
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
        rank = tf.TensorShape(input_shape).rank
        ((axis, channels),) = sizes.items()
        self._channel_axis = rank + axis
        self._channels = channels
        self._num_groups = channels if self.groups == -1 else self.groups
        if self._channel_axis == 0 or channels % self._num_groups:
            raise ValueError(
                f"Layer '{self.name}' can't normalise {self._num_groups} "
                f"groups along axis {self._channel_axis}: it must not be that "
                "of the batch, and `groups` must divide its size. Received: "
                f"groups={self.groups}, axis={self.axis}, input_shape="
                f"{tf.TensorShape(input_shape)}."
            )
        # From the axis of the channels on, as the weights broadcast.
        self._weight_shape = (channels,) + (1,) * (-axis - 1)
        affine_weights.add(self, shape=(channels,))
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        self.built = True

    def call(self, inputs, mask=None):
        window_ops.require_dense(
            inputs, self.name, "`LayerNormalization`, which takes ragged ones"
        )
        dtype = inputs.dtype
        # Sums of 16-bit values lose too many digits.
        x = tf.cast(inputs, tf.float32) if dtype.size < 4 else inputs
        if mask is None:
            mean, variance = self._moments(x)
        else:
            mean, variance = self._masked_moments(x, mask)
        factor = tf.math.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor *= self._broadcast(self.gamma, x.dtype)
        outputs = (x - mean) * factor
        if self.beta is not None:
            outputs += self._broadcast(self.beta, x.dtype)
        return tf.cast(outputs, dtype)

    def _moments(self, x):
        """Returns mean and variance of each sample's groups, per channel.

        The sums over space come first: they are fast, and what is left for the
        groups is small.
        """
        axes = [a for a in range(1, x.shape.rank) if a != self._channel_axis]
        mean = self._mean_of_groups(tf.reduce_mean(x, axes, keepdims=True))
        squares = tf.math.squared_difference(x, mean)
        variance = tf.reduce_mean(squares, axes, keepdims=True)
        return mean, self._mean_of_groups(variance)

    def _mean_of_groups(self, x):
        """Averages one value a channel over its group."""
        size = self._channels // self._num_groups
        groups = tf.reshape(x, [-1, self._num_groups, size])
        mean = tf.reduce_mean(groups, 2, keepdims=True)
        return self._per_channel(tf.tile(mean, [1, 1, size]))

    def _per_channel(self, x):
        return tf.reshape(
            x, [-1] + [1] * (self._channel_axis - 1) + list(self._weight_shape)
        )

    def _masked_moments(self, x, mask):
        axis, rank = self._channel_axis, x.shape.rank
        x = self._with_groups(x)
        if mask.shape.rank > axis:
            shape = tf.concat(
                [tf.shape(mask), [1] * (rank - mask.shape.rank)], 0
            )
            mask = tf.broadcast_to(
                tf.reshape(mask, shape),
                tf.concat(
                    [
                        tf.shape(x)[:axis],
                        [self._channels],
                        tf.shape(x)[axis + 2 :],
                    ],
                    0,
                ),
            )
            mask = self._with_groups(mask)
        axes = [a for a in range(1, rank + 1) if a != axis]
        moments = batch_statistics.masked_moments(x, mask, axes, keepdims=True)
        size = self._channels // self._num_groups
        repeats = [1] * (rank + 1)
        repeats[axis + 1] = size
        return [
            self._per_channel(tf.tile(value, repeats)) for value in moments[:2]
        ]

    def _with_groups(self, x):
        """Splits the axis of the channels into groups and their members."""
        shape, axis = tf.shape(x), self._channel_axis
        size = self._channels // self._num_groups
        inner = [self._num_groups, size]
        shape = tf.concat([shape[:axis], inner, shape[axis + 1 :]], 0)
        grouped = tf.reshape(x, shape)
        grouped.set_shape([*x.shape[:axis], *inner, *x.shape[axis + 1 :]])
        return grouped

    def _broadcast(self, weight, dtype):
        return tf.cast(tf.reshape(weight, self._weight_shape), dtype)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        axis_argument.negative(self.axis, shape, self.name)
        return shape
