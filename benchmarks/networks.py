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
"""The networks whose training steps and construction are measured.

They are written in the API that tf.keras, tfk and Keras 3 share.
"""

import collections.abc
import dataclasses

import numpy as np

from benchmarks import workload

NUM_STEPS = 100
NUM_FEATURES = 64
NUM_UNITS = 128
NUM_ROWS = 1_000_000
ROW_SIZE = 64
NUM_IDS = 50
CONVOLUTIONS = (32, 64, 128)
RESIDUAL_BLOCKS = 16
RESIDUAL_CHANNELS = 64


@dataclasses.dataclass(frozen=True)
class Task:
    """A network and what it is trained with.

    Arguments:
        model: Function of a package to a model that ends in logits.
        inputs: Function without arguments to a batch of features.
        optimizer: String: the name of the rule.
    """

    model: collections.abc.Callable
    inputs: collections.abc.Callable
    optimizer: str = "adam"

    def batch(self):
        """Returns features and classes."""
        x = self.inputs()
        return x, workload.labels(len(x))


def convnet(keras):
    """Returns three blocks of convolution, normalization and pooling."""
    layers = keras.layers
    blocks = []
    for filters in CONVOLUTIONS:
        blocks += [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
        ]
    return keras.Sequential(
        [
            keras.Input(shape=(32, 32, 3)),
            *blocks,
            layers.Flatten(),
            layers.Dense(workload.NUM_CLASSES),
        ]
    )


def residual(keras):
    """Returns residual blocks that keep the shape of an image."""
    layers = keras.layers

    def convolution():
        return layers.Conv2D(
            RESIDUAL_CHANNELS, 3, padding="same", use_bias=False
        )

    inputs = x = keras.Input(shape=(16, 16, RESIDUAL_CHANNELS))
    for _ in range(RESIDUAL_BLOCKS):
        shortcut = x
        x = convolution()(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = convolution()(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(layers.Add()([x, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(workload.NUM_CLASSES)(x))


def recurrent(keras, make_layer, is_masked=False):
    """Returns a recurrent layer and one that classifies its last output.

    Arguments:
        keras: The package.
        make_layer: Function of `keras.layers` to a layer.
        is_masked: Boolean: whether steps of zeros are left out.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(shape=(NUM_STEPS, NUM_FEATURES)),
            *([layers.Masking()] if is_masked else []),
            make_layer(layers),
            layers.Dense(workload.NUM_CLASSES),
        ]
    )


def embedding(keras):
    """Returns a classifier of the mean of rows of a large table."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(shape=(NUM_IDS,), dtype="int32"),
            layers.Embedding(NUM_ROWS, ROW_SIZE),
            layers.GlobalAveragePooling1D(),
            layers.Dense(workload.NUM_CLASSES),
        ]
    )


def _normal(*shape):
    generator = np.random.default_rng(0)
    return generator.standard_normal(shape, dtype=np.float32)


def _images():
    return _normal(workload.BATCH_SIZE, 32, 32, 3)


def _maps():
    return _normal(16, 16, 16, RESIDUAL_CHANNELS)


def _sequences():
    return _normal(workload.BATCH_SIZE, NUM_STEPS, NUM_FEATURES)


def _padded_sequences():
    """Returns sequences whose second half ends, somewhere, in zeros."""
    x = _sequences()
    generator = np.random.default_rng(2)
    lengths = generator.integers(NUM_STEPS // 2, NUM_STEPS + 1, size=len(x))
    x[np.arange(NUM_STEPS) >= lengths[:, np.newaxis]] = 0
    return x


def _ids():
    generator = np.random.default_rng(0)
    shape = (workload.BATCH_SIZE, NUM_IDS)
    return generator.integers(NUM_ROWS, size=shape, dtype=np.int32)


def _lstm(layers):
    return layers.LSTM(NUM_UNITS)


def _gru(layers):
    return layers.GRU(NUM_UNITS)


def _bidirectional(layers):
    return layers.Bidirectional(layers.LSTM(NUM_UNITS // 2))


TASKS = {
    "convnet": Task(convnet, _images),
    "residual": Task(residual, _maps),
    "lstm": Task(lambda keras: recurrent(keras, _lstm), _sequences),
    "lstm_masked": Task(
        lambda keras: recurrent(keras, _lstm, is_masked=True),
        _padded_sequences,
    ),
    "gru": Task(lambda keras: recurrent(keras, _gru), _sequences),
    "gru_masked": Task(
        lambda keras: recurrent(keras, _gru, is_masked=True),
        _padded_sequences,
    ),
    "bidirectional": Task(
        lambda keras: recurrent(keras, _bidirectional), _sequences
    ),
    # Other rules have figures of their own for the rows that they leave alone.
    "embedding": Task(embedding, _ids, optimizer="sgd"),
}


def resnet50(keras):
    """Returns a ResNet50 for images of 224 pixels.

    See [He et al., 2015](https://arxiv.org/abs/1512.03385).
    """
    layers = keras.layers

    def convolution(x, filters, size, strides=1):
        x = layers.Conv2D(filters, size, strides, padding="same")(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input(shape=(224, 224, 3))
    x = layers.ReLU()(convolution(inputs, 64, 7, strides=2))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            strides = 2 if block == 0 and width > 64 else 1
            shortcut = x
            if block == 0:
                shortcut = convolution(x, 4 * width, 1, strides)
            x = layers.ReLU()(convolution(x, width, 1, strides))
            x = layers.ReLU()(convolution(x, width, 3))
            x = layers.Add()([convolution(x, 4 * width, 1), shortcut])
            x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(1_000, activation="softmax")(x))


def bert(keras):
    """Returns the encoder of BERT-base for 128 tokens.

    See [Devlin et al., 2018](https://arxiv.org/abs/1810.04805).
    """
    layers = keras.layers

    def normalized_sum(x, y):
        x = layers.Add()([x, layers.Dropout(0.1)(y)])
        return layers.LayerNormalization(epsilon=1e-12)(x)

    inputs = [keras.Input(shape=(128,), dtype="int32") for _ in range(3)]
    x = layers.Add()(
        [
            layers.Embedding(size, 768)(ids)
            for size, ids in zip((30_522, 512, 2), inputs)
        ]
    )
    x = layers.LayerNormalization(epsilon=1e-12)(x)
    x = layers.Dropout(0.1)(x)
    for _ in range(12):
        attention = layers.MultiHeadAttention(12, 64, dropout=0.1)
        x = normalized_sum(x, attention(x, x))
        hidden = layers.Dense(3_072, activation="gelu")(x)
        x = normalized_sum(x, layers.Dense(768)(hidden))
    return keras.Model(inputs, x)


BUILT = {"resnet50": resnet50, "bert": bert}
