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
from benchmarks import recurrent_by_hand
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


class _NormalizedConvolution:
    """Convolution and batch normalization.

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
        return x


class _ConvNet:
    """The network `convnet`."""

    def __init__(self):
        channels = (3, *networks.CONVOLUTIONS)
        self.blocks = [
            _NormalizedConvolution(inputs, filters)
            for inputs, filters in zip(channels, channels[1:])
        ]
        self.last = _Dense(4 * 4 * channels[-1])

    @property
    def variables(self):
        layers = [*self.blocks, self.last]
        return [variable for layer in layers for variable in layer.variables]

    def __call__(self, x):
        for block in self.blocks:
            x = tf.nn.max_pool2d(tf.nn.relu(block(x)), 2, 2, padding="VALID")
        return self.last(tf.reshape(x, [-1, self.last.kernel.shape[0]]))


class _Residual:
    """The network `residual`."""

    def __init__(self):
        channels = networks.RESIDUAL_CHANNELS
        self.blocks = [
            [_NormalizedConvolution(channels, channels) for _ in range(2)]
            for _ in range(networks.RESIDUAL_BLOCKS)
        ]
        self.last = _Dense(channels)

    @property
    def variables(self):
        layers = [layer for block in self.blocks for layer in block]
        layers.append(self.last)
        return [variable for layer in layers for variable in layer.variables]

    def __call__(self, x):
        for first, second in self.blocks:
            x = tf.nn.relu(x + second(tf.nn.relu(first(x))))
        return self.last(tf.reduce_mean(x, [1, 2]))


class _Recurrent:
    """A recurrent layer and one that classifies its last output.

    Arguments:
        make_layer: Class of the layer.
        is_masked: Boolean: whether steps of zeros are left out.
    """

    def __init__(self, make_layer, is_masked=False):
        self.layer = make_layer(networks.NUM_FEATURES, networks.NUM_UNITS)
        self.is_masked = is_masked
        self.last = _Dense(networks.NUM_UNITS)

    @property
    def variables(self):
        return self.layer.variables + self.last.variables

    def __call__(self, x):
        x = tf.transpose(x, [1, 0, 2])
        counts = None
        if self.is_masked:
            is_step = tf.reduce_any(x != 0, -1, keepdims=True)
            counts = tf.cast(is_step, tf.float32)
        return self.last(self.layer(x, counts))


class _Bidirectional:
    """The network `bidirectional`."""

    def __init__(self):
        sizes = (networks.NUM_FEATURES, networks.NUM_UNITS // 2)
        self.forward = recurrent_by_hand.LSTM(*sizes)
        self.backward = recurrent_by_hand.LSTM(*sizes)
        self.last = _Dense(networks.NUM_UNITS)

    @property
    def variables(self):
        layers = (self.forward, self.backward, self.last)
        return [variable for layer in layers for variable in layer.variables]

    def __call__(self, x):
        x = tf.transpose(x, [1, 0, 2])
        outputs = [self.forward(x), self.backward(tf.reverse(x, [0]))]
        return self.last(tf.concat(outputs, -1))


class _Embedding:
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


_LSTM = recurrent_by_hand.LSTM
_GRU = recurrent_by_hand.GRU

MODELS = {
    "convnet": _ConvNet,
    "residual": _Residual,
    "lstm": lambda: _Recurrent(_LSTM),
    "lstm_masked": lambda: _Recurrent(_LSTM, is_masked=True),
    "gru": lambda: _Recurrent(_GRU),
    "gru_masked": lambda: _Recurrent(_GRU, is_masked=True),
    "bidirectional": _Bidirectional,
    "embedding": _Embedding,
}
