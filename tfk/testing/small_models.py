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
"""The models that tests share."""

import numpy as np
import tensorflow as tf

import tfk


def around(layer, inputs):
    """Makes a functional model of one layer.

    Arguments:
        layer: A layer.
        inputs: Array, or list or dict of arrays, of which the model's inputs
            take shape and dtype.
    """
    symbolic = tf.nest.map_structure(_symbolic, inputs)
    return tfk.Model(symbolic, layer(symbolic))


def _symbolic(array):
    tensor = tf.convert_to_tensor(array)
    return tfk.Input(shape=tensor.shape[1:], dtype=tensor.dtype)


def perceptron(keras, features=3, units=3, activation=None, seed=0):
    """Makes a model of two dense layers, alike in tfk and tf_keras.

    Arguments:
        keras: The package to make it of: tfk or tf_keras.
        features: Integer: the number of input features.
        units: Integer: the number of outputs.
        activation: String: the activation of the outputs.
        seed: Integer: models of equal seeds have equal weights.
    """
    model = keras.Sequential(
        [
            keras.layers.InputLayer(input_shape=(features,)),
            keras.layers.Dense(4, activation="tanh"),
            keras.layers.Dense(units, activation=activation),
        ]
    )
    randomize(model, seed)
    return model


def randomize(layer, seed=0):
    """Fills the weights of a layer with numbers from 0.5 to 1.5 of any sign.

    Moving variances are among them, so that none is near 0 or below it.

    Arguments:
        layer: A layer that is built.
        seed: Integer.
    """
    random = np.random.RandomState(seed)
    values = []
    for weight in layer.weights:
        value = random.uniform(0.5, 1.5, weight.shape)
        if weight.trainable:
            value *= random.choice([-1, 1], weight.shape)
        values.append(value.astype("float32"))
    layer.set_weights(values)
