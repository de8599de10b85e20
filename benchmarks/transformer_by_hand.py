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
"""A Transformer encoder and its training in plain TensorFlow."""

import math

import tensorflow as tf

from benchmarks import workload


class Encoder:
    """Blocks of self-attention and two dense layers, and a classifier.

    All but the attention itself works on a matrix with a row a token.
    """

    def __init__(self):
        width, hidden = workload.ENCODER_WIDTH, workload.ENCODER_HIDDEN
        self.blocks = [
            {
                **{name: _dense(width, width) for name in "qkvo"},
                "first_norm": _norm(width),
                "hidden": _dense(width, hidden),
                "outputs": _dense(hidden, width),
                "second_norm": _norm(width),
            }
            for _ in range(workload.ENCODER_BLOCKS)
        ]
        self.head = _dense(width, workload.NUM_CLASSES)

    @property
    def variables(self):
        """The variables, in the order of the model in the API of Keras."""
        pairs = [pair for block in self.blocks for pair in block.values()]
        return [variable for pair in (*pairs, self.head) for variable in pair]

    def __call__(self, x):
        batch_size, length, width = x.shape
        x = tf.reshape(x, [-1, width])
        for block in self.blocks:
            attended = _attend(x, block, [batch_size, length])
            x = _normalize(x + attended, *block["first_norm"])
            hidden = tf.nn.relu(_affine(x, *block["hidden"]))
            hidden = _affine(hidden, *block["outputs"])
            x = _normalize(x + hidden, *block["second_norm"])
        x = tf.reduce_mean(tf.reshape(x, [batch_size, length, width]), axis=1)
        return _affine(x, *self.head)


def _dense(inputs, units):
    limit = math.sqrt(6 / (inputs + units))
    kernel = tf.random.uniform((inputs, units), -limit, limit)
    return tf.Variable(kernel), tf.Variable(tf.zeros(units))


def _norm(size):
    return tf.Variable(tf.ones(size)), tf.Variable(tf.zeros(size))


def _affine(x, kernel, bias):
    return tf.nn.bias_add(tf.matmul(x, kernel), bias)


def _normalize(x, gamma, beta):
    centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
    return centred * tf.math.rsqrt(variance + 1e-3) * gamma + beta


def _attend(x, block, sizes):
    heads = [workload.ENCODER_HEADS, x.shape[1] // workload.ENCODER_HEADS]

    def project(kernel, bias):
        rows = tf.reshape(_affine(x, kernel, bias), sizes + heads)
        return tf.transpose(rows, [0, 2, 1, 3])

    # The scale goes into the weights, which are smaller than what they make.
    scale = 1 / math.sqrt(heads[1])
    query = project(*(variable * scale for variable in block["q"]))
    key, value = project(*block["k"]), project(*block["v"])
    scores = tf.nn.softmax(tf.matmul(query, key, transpose_b=True))
    attended = tf.transpose(tf.matmul(scores, value), [0, 2, 1, 3])
    return _affine(tf.reshape(attended, [-1, x.shape[1]]), *block["o"])


class Training:
    """An encoder and how it learns from one batch, by plain SGD."""

    learning_rate = 0.01

    def __init__(self):
        self.model = Encoder()

    def step(self, x, y):
        variables = self.model.variables
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                y, self.model(x)
            )
            loss = tf.reduce_mean(losses)
        for variable, gradient in zip(
            variables, tape.gradient(loss, variables)
        ):
            tf.raw_ops.ResourceApplyGradientDescent(
                var=variable.handle, alpha=self.learning_rate, delta=gradient
            )
        return loss
