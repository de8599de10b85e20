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
"""Processes that train alike, to the last bit: need 8 of the users.

Run as a program, this trains in several processes, which are forked before
TensorFlow has run anything.
"""

import functools
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import slow_sequences
from tfk.testing import strategies


def image_model(is_normalized=True):
    layers = [tfk.layers.BatchNormalization()] if is_normalized else []
    return tfk.Sequential(
        [
            tfk.Input((8, 8, 1)),
            tfk.layers.RandomRotation(0.2),
            tfk.layers.Conv2D(4, 3, activation="relu"),
            *layers,
            tfk.layers.MaxPooling2D(),
            tfk.layers.Flatten(),
            tfk.layers.Dropout(0.3),
            tfk.layers.Dense(3),
        ]
    )


def images():
    """Convolutions, dropout, images that are turned, shuffled rows."""
    x = np.random.normal(size=(64, 8, 8, 1)).astype("float32")
    return image_model, {"x": x, "y": np.arange(64) % 3, "batch_size": 8}


def words():
    """Tables with rows that come several times, and a parallel pipeline."""

    def make():
        return tfk.Sequential(
            [
                tfk.Input((6,), dtype="int32"),
                tfk.layers.Embedding(10, 8),
                tfk.layers.LSTM(8, dropout=0.2),
                tfk.layers.Dense(3),
            ]
        )

    x = np.random.randint(0, 10, (64, 6)).astype("int32")
    data = tf.data.Dataset.from_tensor_slices((x, np.arange(64) % 3))
    data = data.shuffle(64).map(
        lambda x, y: (tf.reverse(x, [0]), y), tf.data.AUTOTUNE
    )
    return make, {"x": data.batch(8)}


def drawn_images():
    """Images that worker processes draw, in an order of their own."""
    return image_model, {
        "x": slow_sequences.DrawnImages(),
        "workers": 2,
        "use_multiprocessing": True,
    }


def begin(seed, num_replicas=1):
    """Returns the strategy, before TensorFlow has run anything."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * num_replicas
    )
    tfk.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    if num_replicas == 1:
        return tf.distribute.get_strategy()
    return strategies.two_replicas()


def compiled(make, **kwargs):
    model = make()
    loss = tfk.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], **kwargs)
    return model


def digest_of(model, history):
    digest = hashlib.sha256()
    for value in (*model.get_weights(), *history.history.values()):
        digest.update(np.asarray(value).tobytes())
    return digest.hexdigest()


def train(case, seed=1, num_replicas=1, **kwargs):
    strategy = begin(seed, num_replicas)
    make, data = case()
    with strategy.scope():
        model = compiled(make, **kwargs)
    history = model.fit(**data, epochs=2, verbose=0)
    return digest_of(model, history)


def train_half(path, num_replicas):
    """Trains and saves the model."""
    # A file holds the mean of what the replicas' averages are.
    with begin(1, num_replicas).scope():
        model = compiled(lambda: image_model(num_replicas == 1))
    _, data = images()
    model.fit(**data, verbose=0)
    if path is not None:
        model.save(path)
    return model


def train_on(path, num_replicas, model=None):
    """Trains the model that was saved once more."""
    if model is None:
        with begin(3, num_replicas).scope():
            model = tfk.models.load_model(path)
    # The data's order follows from it.
    tfk.utils.set_random_seed(2)
    _, data = images()
    return digest_of(model, model.fit(**data, verbose=0))


def train_without_interruption(num_replicas):
    return train_on(None, num_replicas, train_half(None, num_replicas))


def trainings(folder):
    """Returns functions by names; those of one name end with equal numbers."""
    part = functools.partial
    result = {
        # Whether images are turned in the pipeline makes no difference.
        "images": [
            part(train, images),
            part(train, images, lift_preprocessing=False),
        ],
        "other seed": [part(train, images, 2)],
        "words": [part(train, words)] * 2,
        "workers": [part(train, drawn_images)] * 2,
        "replicas": [
            part(train, images, num_replicas=2),
            part(train, images, num_replicas=2, lift_preprocessing=False),
        ],
    }
    for count in (1, 2):
        path = folder / f"{count}.keras"
        result[f"resumed {count}"] = [
            part(train_without_interruption, count),
            lambda path=path, count=count: train_half(path, count) and None,
            part(train_on, path, count),
        ]
    return result


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, functions in trainings(pathlib.Path(folder)).items():
            for function in functions:
                child = os.fork()
                if child == 0:
                    try:
                        result = function()
                        if result is not None:
                            print(f"{name}:{result}", flush=True)
                    finally:
                        os._exit(0)
                os.waitpid(child, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
class DeterminismTest:
    def test_processes_end_with_the_same_weights(self):
        done = subprocess.run(
            [sys.executable, __file__],
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        )
        ends = {}
        for line in done.stdout.split("\n")[:-1]:
            name, _, digest = line.partition(":")
            ends.setdefault(name, []).append(digest)
        assert {name: len(set(found)) for name, found in ends.items()} == (
            dict.fromkeys(trainings(pathlib.Path()), 1)
        ), done.stderr
        for name, found in ends.items():
            assert len(found) == (1 if name == "other seed" else 2), name
        assert ends["images"][0] != ends["other seed"][0]


if __name__ == "__main__":
    main()
