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
"""Small models for the formats of other runtimes, each with data for it."""

import numpy as np
import tensorflow as tf

import tfk
from tfk import layers


def _floats(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def _convnet():
    return tfk.Sequential(
        [
            tfk.Input((12, 12, 3)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(3),
            layers.SeparableConv2D(8, 3, padding="same", activation="swish"),
            layers.MaxPooling2D(),
            layers.AveragePooling2D(2, 1),
            layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
            layers.UpSampling2D(interpolation="bilinear"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )


def _recurrent():
    return tfk.Sequential(
        [
            tfk.Input((7, 4)),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.SimpleRNN(5, return_sequences=True),
            layers.GRU(6, go_backwards=True),
        ]
    )


def _masked():
    return tfk.Sequential(
        [
            tfk.Input((None,), dtype="int32"),
            layers.Embedding(20, 8, mask_zero=True),
            layers.Bidirectional(layers.GRU(6, return_sequences=True)),
            layers.LSTM(3),
        ]
    )


def _attention():
    x = tfk.Input((None, 8))
    y = layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)
    y = layers.LayerNormalization()(x + y)
    return tfk.Model(x, layers.Dense(3, activation="gelu")(y))


def _vision():
    """Blocks of ResNet, MobileNet and EfficientNet."""
    image = tfk.Input((16, 16, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    x = layers.ZeroPadding2D(3)(x)
    x = layers.Conv2D(8, 7, strides=2, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = _bottleneck(x)
    x = _inverted_residual(x)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(5, 1)(layers.Dropout(0.2)(x))
    return tfk.Model(image, layers.Softmax()(layers.Reshape((5,))(x)))


def _bottleneck(x):
    y = layers.Conv2D(4, 1, strides=2, use_bias=False)(x)
    y = layers.Activation("relu")(layers.BatchNormalization()(y))
    y = layers.Conv2D(4, 3, padding="same")(y)
    y = layers.BatchNormalization()(layers.Conv2D(12, 1)(y))
    x = layers.Conv2D(12, 1, strides=2)(x)
    return layers.ReLU()(layers.Add()([layers.BatchNormalization()(x), y]))


def _inverted_residual(x):
    y = layers.BatchNormalization()(layers.Conv2D(24, 1)(x))
    y = layers.Activation("relu6")(y)
    y = layers.DepthwiseConv2D(5, padding="same", use_bias=False)(y)
    y = layers.Activation("swish")(layers.BatchNormalization()(y))
    share = layers.GlobalAveragePooling2D()(y)
    share = layers.Reshape((1, 1, 24))(share)
    share = layers.Conv2D(3, 1, activation="silu")(share)
    share = layers.Conv2D(24, 1, activation="sigmoid")(share)
    y = layers.Conv2D(12, 1)(layers.multiply([y, share]))
    y = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))(y)
    return layers.add([x, layers.BatchNormalization()(y)])


def _encoder():
    """As BERT: texts of any length, of which some end early."""
    tokens = tfk.Input((None,), dtype="int32", name="input_ids")
    mask = tfk.Input((None,), dtype="int32", name="attention_mask")
    places = tf.range(tf.shape(tokens)[1])
    x = layers.Embedding(50, 8)(tokens) + layers.Embedding(12, 8)(places)
    x = layers.LayerNormalization(epsilon=1e-12)(x)
    y = layers.MultiHeadAttention(2, 4, dropout=0.1)(
        x, x, attention_mask=mask[:, tf.newaxis, :]
    )
    x = layers.LayerNormalization()(x + y)
    y = layers.Dense(8)(layers.Dense(16, activation="gelu")(x))
    x = layers.LayerNormalization()(x + layers.Dropout(0.1)(y))
    pooled = layers.Dense(8, activation="tanh")(x[:, 0])
    return tfk.Model([tokens, mask], {"sequence": x, "pooled": pooled})


def _reader():
    """A classifier of texts, with attention over what an LSTM made of them."""
    tokens = tfk.Input((None,), dtype="int32")
    x = layers.Embedding(20, 8, mask_zero=True)(tokens)
    x = layers.SpatialDropout1D(0.1)(x)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    questions = layers.Dense(8)(x)
    x = layers.Concatenate()(
        [
            layers.GlobalAveragePooling1D()(layers.Attention()([questions, x])),
            layers.GlobalMaxPooling1D()(
                layers.AdditiveAttention()([questions, x])
            ),
        ]
    )
    return tfk.Model(tokens, layers.Dense(3, activation="softmax")(x))


def _tokens(count):
    return np.array(
        [[3, 4, 5, 0, 0], [1, 0, 0, 0, 0], [1, 2, 3, 4, 5]], "int32"
    )[:count]


def _columns():
    age = tfk.Input((1,), name="age")
    port = tfk.Input((1,), dtype="string", name="port of call")
    normalized = layers.Normalization(mean=30.0, variance=100.0)(age)
    binned = layers.Discretization(
        bin_boundaries=[18.0, 40.0], output_mode="one_hot"
    )(age)
    found = layers.StringLookup(
        vocabulary=["Cork", "Cobh"], output_mode="multi_hot"
    )(port)
    joined = layers.Concatenate()([normalized, binned, found])
    return tfk.Model(
        [age, port],
        {
            "lost": layers.Dense(1)(joined),
            "upper deck": layers.Dense(2)(joined),
        },
    )


def _rows(count):
    return [
        np.linspace(1, 80, count, dtype="float32")[:, np.newaxis],
        np.array([["Cork"], ["Bath"], ["Cobh"]] * count)[:count],
    ]


# Of each, a function that makes it, and one of a number of rows that returns a
# list of the arrays for it.
MODELS = {
    "convnet": (_convnet, lambda count: [_floats(count, 12, 12, 3)]),
    "recurrent": (_recurrent, lambda count: [_floats(count, 7, 4)]),
    "masked": (
        _masked,
        lambda count: [
            np.array([[3, 4, 5, 0], [1, 0, 0, 0], [1, 2, 3, 4]], "int32")[
                :count
            ]
        ],
    ),
    "attention": (_attention, lambda count: [_floats(count, 6, 8)]),
    "vision": (_vision, lambda count: [_floats(count, 16, 16, 3) * 50]),
    "encoder": (
        _encoder,
        lambda count: [_tokens(count), np.minimum(_tokens(count), 1)],
    ),
    "reader": (_reader, lambda count: [_tokens(count)]),
    "columns": (_columns, _rows),
}
