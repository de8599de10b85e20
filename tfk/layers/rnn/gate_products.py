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
"""Values times the weights of all gates, with the gradients of both."""

import tensorflow as tf


def product(kernel, bias=None, masks=None):
    """Returns a `Product`, or one with dropout if there are masks.

    Arguments:
        kernel: Tensor `(size, gates * units)`.
        bias: Tensor `(gates * units,)`, or None.
        masks: Tensor `(gates, batch, size)`, or None.
    """
    if masks is None:
        return Product(kernel, bias)
    return MaskedProduct(kernel, bias, masks)


class Product:
    """A matrix product with the kernels of all gates side by side.

    Rows are those of one time step, or of several, one step after the other.

    Arguments:
        kernel: Tensor `(size, gates * units)`.
        bias: Tensor `(gates * units,)`, or None.
    """

    def __init__(self, kernel, bias=None):
        self._kernel = kernel
        self._bias = bias

    def of(self, values, steps=1):
        """Returns values times the weights, plus the bias.

        Arguments:
            values: Tensor `(steps * batch, size)`.
            steps: Integer: the number of time steps.
        """
        return self._with_bias(tf.matmul(values, self._kernel))

    def _with_bias(self, gates):
        if self._bias is None:
            return gates
        return tf.nn.bias_add(gates, self._bias)

    def transpose(self):
        """Turns the kernel, once for all that go back.

        Returns:
            A function `back(gradient, steps=1)` of the gradient of the gates,
            `(steps * batch, gates * units)`, which returns that of the values.
        """
        kernel = tf.transpose(self._kernel)
        return lambda gradient, steps=1: tf.matmul(gradient, kernel)

    def weight_gradients(self, values, gradient, steps):
        """Returns the gradients of the kernel and of the bias, or None for it.

        Arguments:
            values: Tensor `(steps * batch, size)`.
            gradient: Tensor `(steps * batch, gates * units)`: that of the
                gates.
            steps: Integer: the number of time steps.
        """
        of_bias = None if self._bias is None else tf.reduce_sum(gradient, 0)
        return self._kernel_gradient(values, gradient, steps), of_bias

    def _kernel_gradient(self, values, gradient, steps):
        return tf.matmul(values, gradient, transpose_a=True)


class MaskedProduct(Product):
    """A product for which each gate sees values with a dropout of its own.

    Arguments:
        kernel: Tensor `(size, gates * units)`.
        bias: Tensor `(gates * units,)`, or None.
        masks: Tensor `(gates, batch, size)`: what the values are multiplied
            with, the same at all time steps.
    """

    def __init__(self, kernel, bias, masks):
        super().__init__(kernel, bias)
        self._num_gates, _, self._size = masks.shape
        self._masks = masks
        self._kernels = tf.stack(tf.split(kernel, self._num_gates, -1))

    def of(self, values, steps=1):
        seen = self._masked(values[tf.newaxis], steps)
        gates = tf.matmul(seen, self._kernels)
        return self._with_bias(self._side_by_side(gates))

    def transpose(self):
        kernels = tf.transpose(self._kernels, [0, 2, 1])

        def back(gradient, steps=1):
            seen = tf.matmul(self._by_gate(gradient), kernels)
            return tf.reduce_sum(self._masked(seen, steps), 0)

        return back

    def _kernel_gradient(self, values, gradient, steps):
        seen = self._masked(values[tf.newaxis], steps)
        kernels = tf.matmul(seen, self._by_gate(gradient), transpose_a=True)
        return self._side_by_side(kernels)

    def _masked(self, values, steps):
        """Returns values of all gates, or for all, times the masks."""
        if steps == 1:
            return values * self._masks
        shape = [values.shape[0], steps, -1, self._size]
        masked = tf.reshape(values, shape) * self._masks[:, tf.newaxis]
        return tf.reshape(masked, [self._num_gates, -1, self._size])

    def _by_gate(self, gates):
        return tf.stack(tf.split(gates, self._num_gates, -1))

    def _side_by_side(self, parts):
        return tf.concat(tf.unstack(parts), -1)
