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
"""Networks of `benchmarks/networks.py` in plain TensorFlow.

Each is called on a batch to train on, and gives logits.
"""

import tensorflow as tf

from benchmarks import by_hand
from benchmarks import networks
from benchmarks import workload


class _Dense:
    """The last layer of all networks.

    Arguments:
        inputs: Integer: the number of features.
    """

    def __init__(self, inputs):
        units = workload.NUM_CLASSES
        self.kernel = tf.Variable(by_hand.glorot_uniform(inputs, units))
        self.bias = tf.Variable(tf.zeros(units))
        self.variables = [self.kernel, self.bias]

    def __call__(self, x):
        return tf.nn.bias_add(tf.matmul(x, self.kernel), self.bias)


class _ConvolutionBlock:
    """Convolution, batch normalization, relu and pooling.

    Arguments:
        inputs: Integer: the number of channels.
        filters: Integer: the number of channels of the outputs.
    """

    _SHARE_OF_BATCH = 0.01
    _EPSILON = 1e-3

    def __init__(self, inputs, filters):
        kernel = by_hand.glorot_uniform(3, 3, inputs, filters)
        self.kernel = tf.Variable(kernel)
        self.scale = tf.Variable(tf.ones(filters))
        self.shift = tf.Variable(tf.zeros(filters))
        self.mean = tf.Variable(tf.zeros(filters))
        self.variance = tf.Variable(tf.ones(filters))
        self.variables = [self.kernel, self.scale, self.shift]

    def __call__(self, x):
        x = tf.nn.conv2d(x, self.kernel, strides=1, padding="SAME")
        # The kernel averages the statistics too.
        x, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            x,
            self.scale,
            self.shift,
            mean=self.mean,
            variance=self.variance,
            epsilon=self._EPSILON,
            exponential_avg_factor=self._SHARE_OF_BATCH,
        )
        self.mean.assign(mean)
        self.variance.assign(variance)
        return tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, padding="VALID")


class ConvNet:
    """The network `convnet`."""

    def __init__(self):
        channels = (3, *networks.CONVOLUTIONS)
        self.blocks = [
            _ConvolutionBlock(inputs, filters)
            for inputs, filters in zip(channels, channels[1:])
        ]
        self.last = _Dense(4 * 4 * channels[-1])

    @property
    def variables(self):
        layers = [*self.blocks, self.last]
        return [variable for layer in layers for variable in layer.variables]

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.last(tf.reshape(x, [-1, self.last.kernel.shape[0]]))


class LSTM:
    """The network `lstm`: a loop whose gradient is written by hand.

    The inputs are projected before the loop. After it, the derivatives of all
    gates and the gradients of the weights are computed for all steps at once.
    """

    def __init__(self):
        units = networks.NUM_UNITS
        features = networks.NUM_FEATURES
        self.kernel = tf.Variable(by_hand.glorot_uniform(features, 4 * units))
        recurrent = tf.linalg.qr(tf.random.normal((4 * units, units))).q
        self.recurrent_kernel = tf.Variable(tf.transpose(recurrent))
        is_forget_gate = tf.constant([0.0, 1.0, 0.0, 0.0])
        self.bias = tf.Variable(tf.repeat(is_forget_gate, units))
        self.last = _Dense(units)

    @property
    def variables(self):
        own = [self.kernel, self.recurrent_kernel, self.bias]
        return own + self.last.variables

    def __call__(self, x):
        x = tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, networks.NUM_FEATURES])
        projected = tf.nn.bias_add(tf.matmul(x, self.kernel), self.bias)
        projected = tf.reshape(
            projected, [networks.NUM_STEPS, -1, 4 * networks.NUM_UNITS]
        )
        return self.last(_last_output(projected, self.recurrent_kernel))


@tf.custom_gradient
def _last_output(projected, recurrent_kernel):
    """Returns the last output of an LSTM.

    Arguments:
        projected: Tensor `(steps, batch, 4 * units)`.
        recurrent_kernel: Tensor `(units, 4 * units)`.
    """
    steps = networks.NUM_STEPS
    units = networks.NUM_UNITS
    zeros = tf.zeros([tf.shape(projected)[1], units])

    def forward(i, hidden, cell, hiddens, cells, gates):
        gate = projected[i] + tf.matmul(hidden, recurrent_kernel)
        hiddens = hiddens.write(i, hidden)
        cells = cells.write(i, cell)
        gates = gates.write(i, gate)
        take, keep, candidate, show = _activated(gate)
        cell = keep * cell + take * candidate
        return i + 1, show * tf.tanh(cell), cell, hiddens, cells, gates

    _, last, _, hiddens, cells, gates = tf.while_loop(
        lambda i, *_: i < steps,
        forward,
        (0, zeros, zeros, _array(units), _array(units), _array(4 * units)),
    )

    def gradient(of_last):
        hidden_states = tf.reshape(hiddens.stack(), [-1, units])
        cell_states = cells.stack()
        take, keep, candidate, show = _activated(gates.stack())
        shown = tf.tanh(keep * cell_states + take * candidate)
        of_gates = tf.concat(
            [
                candidate * take * (1 - take),
                cell_states * keep * (1 - keep),
                take * (1 - candidate * candidate),
                shown * show * (1 - show),
            ],
            -1,
        )
        of_cell = show * (1 - shown * shown)
        transposed = tf.transpose(recurrent_kernel)

        def backward(i, hidden, cell, collected):
            cell += hidden * of_cell[i]
            gate = tf.concat([cell, cell, cell, hidden], -1) * of_gates[i]
            hidden = tf.matmul(gate, transposed)
            return i - 1, hidden, cell * keep[i], collected.write(i, gate)

        *_, collected = tf.while_loop(
            lambda i, *_: i >= 0,
            backward,
            (steps - 1, of_last, zeros, _array(4 * units)),
        )
        of_projected = collected.stack()
        flat = tf.reshape(of_projected, [-1, 4 * units])
        return of_projected, tf.matmul(hidden_states, flat, transpose_a=True)

    return last, gradient


def _activated(gates):
    take, keep, candidate, show = tf.split(gates, 4, -1)
    return (
        tf.sigmoid(take),
        tf.sigmoid(keep),
        tf.tanh(candidate),
        tf.sigmoid(show),
    )


def _array(width):
    return tf.TensorArray(
        tf.float32, networks.NUM_STEPS, element_shape=[None, width]
    )


class Embedding:
    """The network `embedding`."""

    def __init__(self):
        shape = (networks.NUM_ROWS, networks.ROW_SIZE)
        self.table = tf.Variable(tf.random.uniform(shape, -0.05, 0.05))
        self.last = _Dense(networks.ROW_SIZE)

    @property
    def variables(self):
        return [self.table, *self.last.variables]

    def __call__(self, ids):
        return self.last(tf.reduce_mean(tf.gather(self.table, ids), 1))


MODELS = {"convnet": ConvNet, "lstm": LSTM, "embedding": Embedding}
