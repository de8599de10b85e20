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
"""Models that begin with preprocessing, and data for them."""

import collections.abc
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from benchmarks import workload

_NUM_WORDS = 20_000
_WIDTH = 64


@dataclasses.dataclass(frozen=True)
class Task:
    """A preprocessing layer, a body, and what the two are trained with.

    Arguments:
        inputs: Function of a package to the symbolic inputs.
        preprocess: Function of a package and the learned vocabulary or None,
            to the list of preprocessing layers.
        by_hand: Function of a batch of inputs, and of the vocabulary, that
            does the same in plain TensorFlow; or None.
        body: Function of a package and the preprocessed inputs to logits.
        data: Function of a number of rows to an array.
        rows: Integer: how many rows there are.
    """

    inputs: collections.abc.Callable
    preprocess: collections.abc.Callable
    body: collections.abc.Callable
    data: collections.abc.Callable
    rows: int
    by_hand: collections.abc.Callable | None = None

    def dataset(self, sizes):
        """Returns batches of the data, which is in memory."""
        rows = max(workload.BATCH_SIZE, self.rows * sizes.rows // 60_000)
        rows -= rows % workload.BATCH_SIZE
        dataset = tf.data.Dataset.from_tensor_slices(
            (self.data(rows), workload.labels(rows))
        )
        return dataset.batch(workload.BATCH_SIZE).cache()

    def model(self, keras, with_preprocessing=True, **compile_arguments):
        """Returns a compiled model.

        Arguments:
            keras: The package.
            with_preprocessing: Boolean: whether the model begins with it.
            **compile_arguments: What `compile` is given besides.
        """
        x = inputs = self.inputs(keras)
        for layer in self.preprocess(keras):
            x = layer(x)
        if not with_preprocessing:
            x = inputs = keras.Input(x.shape[1:], dtype=x.dtype)
        model = keras.Model(inputs, self.body(keras, x))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, **compile_arguments)
        return model


@functools.cache
def _words():
    return [f"word{i}" for i in range(_NUM_WORDS)]


def _texts(length, rows):
    """Returns texts of words as often as those of a language are."""
    chances = 1 / np.arange(1, _NUM_WORDS + 1)
    generator = np.random.default_rng(0)
    words = generator.choice(
        np.array(_words(), object), (rows, length), p=chances / chances.sum()
    )
    texts = [" ".join(row).capitalize() + "." for row in words.tolist()]
    return np.array(texts, object)


def _text_input(keras):
    return keras.Input(shape=(), dtype="string")


def _text_body(keras, x):
    layers = keras.layers
    # Two more: for nothing, and for unknown words.
    x = layers.Embedding(_NUM_WORDS + 2, _WIDTH)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(_WIDTH, activation="relu")(x)
    return layers.Dense(workload.NUM_CLASSES)(x)


def _words_of(length):
    def preprocess(keras):
        return [
            keras.layers.TextVectorization(
                vocabulary=_words(), output_sequence_length=length
            )
        ]

    return preprocess


def _bigrams_of(length):
    def preprocess(keras):
        words = _words()
        pairs = [f"{one} {two}" for one, two in zip(words, words[1:])]
        half = _NUM_WORDS // 2
        return [
            keras.layers.TextVectorization(
                vocabulary=words[:half] + pairs[:half],
                ngrams=2,
                output_sequence_length=2 * length,
            )
        ]

    return preprocess


def words_by_hand(length):
    """Returns a function that does what the layer of the words does.

    Arguments:
        length: Integer: how many words of a text are kept.
    """
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(_words()),
            tf.range(2, _NUM_WORDS + 2, dtype=tf.int64),
        ),
        default_value=1,
    )

    def preprocess(texts, labels):
        texts = tf.strings.regex_replace(
            tf.strings.lower(texts), r"[!-/:-@\[-`{-~]", ""
        )
        indices = table.lookup(tf.strings.split(texts))
        return indices.to_tensor(shape=(None, length)), labels

    return preprocess


def _images(rows):
    shape = (rows, 224, 224, 3)
    return np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)


def _image_input(keras):
    return keras.Input(shape=(224, 224, 3), dtype="uint8")


def _augmentation(keras):
    layers = keras.layers
    return [
        layers.RandomFlip("horizontal", seed=1),
        layers.RandomRotation(0.1, seed=2),
        layers.RandomZoom(0.2, seed=3),
        layers.RandomContrast(0.2, seed=4),
        layers.Rescaling(1 / 255),
    ]


def _image_body(keras, x):
    layers = keras.layers
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, strides=4, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(workload.NUM_CLASSES)(x)


TASKS = {
    "words": Task(
        _text_input,
        _words_of(50),
        _text_body,
        functools.partial(_texts, 50),
        rows=30_000,
        by_hand=functools.partial(words_by_hand, 50),
    ),
    "bigrams": Task(
        _text_input,
        _bigrams_of(200),
        _text_body,
        functools.partial(_texts, 200),
        rows=10_000,
    ),
    "augmentation": Task(
        _image_input, _augmentation, _image_body, _images, rows=512
    ),
}
