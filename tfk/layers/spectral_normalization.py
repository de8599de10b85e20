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
"""Spectral normalization: weights whose largest singular value is 1."""

import tensorflow as tf

from tfk import initializers
from tfk.engine import autocast
from tfk.layers import wrapper
from tfk.utils import tf_internal


class SpectralNormalization(wrapper.Wrapper):
    """Keeps the largest singular value of a layer's kernel at 1.

    The layer then changes no distance between its inputs by more than a known
    factor. Use it in the discriminator of a GAN, whose training it steadies.

    In each step of training the kernel is divided by an estimate of its
    largest singular value, which is found by power iteration, before the layer
    runs. It stays divided: the weights that are saved are the normalised ones.

    See [Miyato et al., 2018](https://arxiv.org/abs/1802.05957).

    Arguments:
        layer: A layer with a `kernel` (such as `Dense` or `Conv2D`) or with
            `embeddings`.
        power_iterations: Integer: the number of iterations in each step. One
            is enough, since the estimate goes on where it left off.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: What the layer inside takes.
        training: Boolean: whether to normalise the kernel.

    Input shape:
        That of the layer inside.

    Output shape:
        That of the layer inside.

    Raises:
        TypeError: If `layer` is not a layer.
        ValueError: If `power_iterations` is not positive.
        AttributeError: When it is built, if the layer inside has neither a
            `kernel` nor `embeddings`.

    Example:

    >>> layer = tfk.layers.SpectralNormalization(tfk.layers.Dense(2))
    >>> x = tf.ones((1, 3))
    >>> for _ in range(20):
    ...     _ = layer(x, training=True)
    >>> values = tf.linalg.svd(layer.layer.kernel, compute_uv=False)
    >>> print(round(float(values[0]), 3))
    1.0
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        if not isinstance(power_iterations, int) or power_iterations < 1:
            raise ValueError(
                f"`power_iterations` of layer '{self.name}' must be a positive "
                f"integer. Received: power_iterations={power_iterations!r}."
            )
        self.power_iterations = power_iterations

    def build(self, input_shape):
        super().build(input_shape)
        kernel = getattr(self.layer, "kernel", None)
        if kernel is None:
            kernel = getattr(self.layer, "embeddings", None)
        if kernel is None:
            raise AttributeError(
                f"Layer '{self.layer.name}' (of type "
                f"{type(self.layer).__name__}) has neither a `kernel` nor "
                f"`embeddings` for layer '{self.name}' to normalise."
            )
        # It is a weight of this layer too in the files of tf.keras.
        self.kernel = autocast.unwrap(kernel)
        self.vector_u = self.add_weight(
            "vector_u",
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            dtype=self.kernel.dtype,
            trainable=False,
            autocast=False,
        )

    def call(self, inputs, training=False):
        if tf.is_tensor(training) or isinstance(training, tf.Variable):
            self._normalize_weights_if(tf.cast(training, tf.bool))
        elif training:
            self.normalize_weights()
        return self.layer(inputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def normalize_weights(self):
        """Divides the kernel by the estimate of its largest singular value."""
        self._normalize_weights_if(True)

    def _normalize_weights_if(self, condition):
        before = [tf.convert_to_tensor(v) for v in (self.kernel, self.vector_u)]
        after = normalize(*before, self.power_iterations)
        # A kernel of zeros has no direction, and would leave none.
        condition = tf.logical_and(condition, tf.reduce_any(before[0] != 0))
        _assign_all(
            (self.kernel, self.vector_u),
            [tf.where(condition, new, old) for new, old in zip(after, before)],
        )


def normalize(kernel, vector, power_iterations):
    """Divides a kernel by an estimate of its largest singular value.

    Arguments:
        kernel: Tensor, taken as a matrix with the columns of its last axis.
        vector: Tensor of shape `(1, columns)`: the estimate so far of the
            singular vector.
        power_iterations: Integer: how often to improve it.

    Returns:
        The normalised kernel and the better vector.
    """
    matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
    for _ in range(power_iterations):
        other = tf.math.l2_normalize(
            tf.matmul(vector, matrix, transpose_b=True)
        )
        vector = tf.math.l2_normalize(tf.matmul(other, matrix))
    projected = tf.matmul(other, matrix)
    largest = tf.matmul(projected, vector, transpose_b=True)
    return tf.math.divide_no_nan(kernel, tf.reshape(largest, [])), vector


def _assign_all(variables, values):
    """Sets variables, on each replica to the value found there.

    All replicas find the same ones, as their weights are the same.
    """
    if not tf.distribute.has_strategy():
        for variable, value in zip(variables, values):
            variable.assign(value, read_value=False)
        return

    def update(strategy, values):
        for variable, value in zip(variables, values):
            strategy.extended.update(variable, _assign, (value,))

    strategy = tf.distribute.get_strategy()
    if tf.distribute.in_cross_replica_context():
        update(strategy, values)
    else:
        tf_internal.maybe_merge_call(update, strategy, values)


def _assign(variable, value):
    variable.assign(value)
