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
"""The data and the models of the figures, in the API of Keras."""

import numpy as np

BATCH_SIZE = 32
NUM_FEATURES = 784
NUM_CLASSES = 10
# Widths of the model that is trained, and of the one that predicts.
TRAINED_WIDTHS = (128, NUM_CLASSES)
SERVED_WIDTHS = (128, 64, NUM_CLASSES)
ENCODER_BLOCKS = 4
ENCODER_WIDTH = 256
ENCODER_HIDDEN = 1_024
ENCODER_HEADS = 8
ENCODER_LENGTH = 128


def features(rows):
    """Returns random features of the shape of MNIST's images."""
    generator = np.random.default_rng(0)
    return generator.random((rows, NUM_FEATURES), dtype=np.float32)


def sequences(rows):
    """Returns random sequences of vectors, as of embedded tokens."""
    generator = np.random.default_rng(2)
    shape = (rows, ENCODER_LENGTH, ENCODER_WIDTH)
    return generator.standard_normal(shape, dtype=np.float32)


def labels(rows):
    """Returns random classes."""
    generator = np.random.default_rng(1)
    return generator.integers(NUM_CLASSES, size=rows, dtype=np.int32)


def resnet50_shapes():
    """Returns the shapes of ResNet50's trainable weights, classes included.

    Example:

    >>> sum(int(np.prod(shape)) for shape in resnet50_shapes())
    25583592
    """

    def convolution(size, inputs, outputs):
        # The kernel, its bias, and the scale and shift of the normalization.
        return [(size, size, inputs, outputs), *[(outputs,)] * 3]

    shapes = convolution(7, 3, 64)
    inputs = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            if block == 0:
                shapes += convolution(1, inputs, 4 * width)
            shapes += convolution(1, inputs, width)
            shapes += convolution(3, width, width)
            shapes += convolution(1, width, 4 * width)
            inputs = 4 * width
    return [*shapes, (inputs, 1_000), (1_000,)]


def classifier(keras):
    """Returns a compiled model that ends in probabilities.

    Arguments:
        keras: The package that makes it.
    """
    *hidden, last = TRAINED_WIDTHS
    model = keras.Sequential(
        [
            keras.Input(shape=(NUM_FEATURES,)),
            *(keras.layers.Dense(units, activation="relu") for units in hidden),
            keras.layers.Dense(last, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def server(keras):
    """Returns a model that ends in logits.

    Arguments:
        keras: The package that makes it.
    """
    *hidden, last = SERVED_WIDTHS
    return keras.Sequential(
        [
            keras.Input(shape=(NUM_FEATURES,)),
            *(keras.layers.Dense(units, activation="relu") for units in hidden),
            keras.layers.Dense(last),
        ]
    )


def encoder(keras):
    """Returns a compiled Transformer encoder that ends in logits.

    Arguments:
        keras: The package that makes it.
    """
    layers = keras.layers
    x = inputs = keras.Input(shape=(ENCODER_LENGTH, ENCODER_WIDTH))
    for _ in range(ENCODER_BLOCKS):
        attention = layers.MultiHeadAttention(
            ENCODER_HEADS, ENCODER_WIDTH // ENCODER_HEADS
        )
        x = layers.LayerNormalization()(layers.add([x, attention(x, x)]))
        hidden = layers.Dense(ENCODER_HIDDEN, activation="relu")(x)
        hidden = layers.Dense(ENCODER_WIDTH)(hidden)
        x = layers.LayerNormalization()(layers.add([x, hidden]))
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(inputs, layers.Dense(NUM_CLASSES)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss)
    return model
