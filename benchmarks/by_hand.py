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
"""The same models, data and training in plain TensorFlow.

It is what an engineer writes who knows TensorFlow well and has only this
model to train: fused kernels, no metrics, no checks.
"""

import math

import tensorflow as tf

from benchmarks import workload


class MLP:
    """A chain of dense layers with relu in between, ending in logits.

    Arguments:
        widths: Sequence of integers: the units of each layer.
        num_features: Integer: the size of what goes in.
    """

    def __init__(self, widths, num_features=workload.NUM_FEATURES):
        sizes = (num_features, *widths)
        self.layers = [
            (
                tf.Variable(glorot_uniform(inputs, units)),
                tf.Variable(tf.zeros(units)),
            )
            for inputs, units in zip(sizes, sizes[1:])
        ]

    @property
    def variables(self):
        return [variable for layer in self.layers for variable in layer]

    def __call__(self, x):
        *hidden, (last_kernel, last_bias) = self.layers
        for kernel, bias in hidden:
            x = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, kernel), bias))
        return tf.nn.bias_add(tf.matmul(x, last_kernel), last_bias)


def glorot_uniform(*shape):
    """Returns the first values of a kernel, as Keras draws them."""
    window = math.prod(shape[:-2])
    limit = math.sqrt(6 / (window * (shape[-2] + shape[-1])))
    return tf.random.uniform(shape, -limit, limit)


class Adam:
    """Adam on TensorFlow's fused kernel, with the defaults of Keras.

    Arguments:
        variables: List of `tf.Variable`.
    """

    learning_rate = 1e-3
    beta_1 = 0.9
    beta_2 = 0.999
    epsilon = 1e-7

    def __init__(self, variables):
        self.variables = variables
        self.means = [tf.Variable(tf.zeros_like(v)) for v in variables]
        self.squares = [tf.Variable(tf.zeros_like(v)) for v in variables]
        self.beta_1_power = tf.Variable(self.beta_1)
        self.beta_2_power = tf.Variable(self.beta_2)

    def apply(self, gradients):
        beta_1_power = self.beta_1_power.read_value()
        beta_2_power = self.beta_2_power.read_value()
        for variable, mean, square, gradient in zip(
            self.variables, self.means, self.squares, gradients
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=beta_1_power,
                beta2_power=beta_2_power,
                lr=self.learning_rate,
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )
        self.beta_1_power.assign(beta_1_power * self.beta_1)
        self.beta_2_power.assign(beta_2_power * self.beta_2)


class SGD:
    """Gradient descent; of a table, only the rows that were used.

    Arguments:
        variables: List of `tf.Variable`.
    """

    learning_rate = 1e-2

    def __init__(self, variables):
        self.variables = variables

    def apply(self, gradients):
        for variable, gradient in zip(self.variables, gradients):
            if isinstance(gradient, tf.IndexedSlices):
                values = self.learning_rate * gradient.values
                variable.scatter_sub(tf.IndexedSlices(values, gradient.indices))
            else:
                tf.raw_ops.ResourceApplyGradientDescent(
                    var=variable.handle,
                    alpha=self.learning_rate,
                    delta=gradient,
                )


class Training:
    """A classifier and how it learns from one batch.

    Arguments:
        model: Function of a batch to logits, with its `variables`. Defaults to
            the MLP of the other figures.
        rule: Class of the optimizer.
    """

    def __init__(self, model=None, rule=Adam):
        self.model = model or MLP(workload.TRAINED_WIDTHS)
        self.optimizer = rule(self.model.variables)

    def loss(self, x, y):
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(y, self.model(x))
        )

    def step(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.loss(x, y)
        gradients = tape.gradient(loss, self.model.variables)
        self.optimizer.apply(gradients)
        return loss


def shuffled_batches(*arrays):
    """Returns a dataset that gathers each batch of an epoch at once.

    Shuffling numbers of rows and not the rows takes less than half the time
    of `from_tensor_slices(...).shuffle(...).batch(...)`, and more than one
    thread makes it slower on few cores.

    Arguments:
        *arrays: Arrays whose length is a multiple of the batch size.
    """
    tensors = [tf.constant(array) for array in arrays]
    # With a global seed, `tf.random.shuffle` would repeat its first order.
    generator = tf.random.Generator.from_non_deterministic_state()

    def epoch(_):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(arrays[0])), seed=generator.make_seeds()[:, 0]
        )
        return tf.data.Dataset.from_tensor_slices(
            tf.reshape(order, [-1, workload.BATCH_SIZE])
        )

    def gather(rows):
        return tuple(tf.gather(tensor, rows) for tensor in tensors)

    batches = tf.data.Dataset.range(1).flat_map(epoch).map(gather)
    return batches.prefetch(tf.data.AUTOTUNE)


def slices(*arrays):
    """Yields the batches of some arrays, in order."""
    for start in range(0, len(arrays[0]), workload.BATCH_SIZE):
        yield [array[start : start + workload.BATCH_SIZE] for array in arrays]


def predict_function():
    """Returns a function from an array of any length to an array."""
    model = MLP(workload.SERVED_WIDTHS)
    spec = tf.TensorSpec([None, workload.NUM_FEATURES], tf.float32)
    compiled = tf.function(model, input_signature=[spec])

    def predict(x):
        return compiled(tf.convert_to_tensor(x)).numpy()

    return predict
