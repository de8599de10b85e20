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
"""A small stand-in for a model, which the callbacks of these tests act on."""

import numpy as np
import pytest
import tensorflow as tf


class FakeOptimizer:
    """An optimizer without updates, as tfk and tf_keras see one."""

    def __init__(self, learning_rate=0.5):
        self.learning_rate = learning_rate
        if not callable(learning_rate):
            self.learning_rate = tf.Variable(learning_rate, dtype=tf.float32)
        self.iterations = tf.Variable(0, dtype=tf.int64)

    @property
    def lr(self):
        return self.learning_rate


class FakeLayer:
    """A layer with weights and nothing else."""

    name = "dense"

    def __init__(self):
        self.weights = [
            tf.Variable(np.arange(6.0).reshape(2, 3), name="dense/kernel"),
            tf.Variable(np.zeros(3), name="bias"),
        ]


class FakeModel:
    """A model that only remembers what callbacks do to it."""

    def __init__(self, learning_rate=0.5):
        self.optimizer = FakeOptimizer(learning_rate)
        self.stop_training = False
        self.layers = [FakeLayer()]
        self.distribute_strategy = tf.distribute.get_strategy()
        self.saved = []
        self._weights = [np.zeros(2)]

    def get_weights(self):
        return self._weights

    def set_weights(self, weights):
        self._weights = weights

    def save(self, path, overwrite=False, **kwargs):
        self.saved.append(("model", path, overwrite))

    def save_weights(self, path, overwrite=False, **kwargs):
        self.saved.append(("weights", path, overwrite))


def observe(model):
    """The learning rate, whether it stops, and the weight of a model."""
    rate = float(tf.convert_to_tensor(model.optimizer.learning_rate))
    return rate, model.stop_training, float(model.get_weights()[0][0])


@pytest.fixture
def make_model():
    """The class of the stand-in: `make_model(learning_rate=0.5)`."""
    return FakeModel


@pytest.fixture
def train():
    """Feeds a callback with given logs, as `fit` would."""

    def run(callback, epochs, model=None, batches=0):
        """What the model is like after each epoch, and at the end."""
        model = model or FakeModel()
        callback.set_model(model)
        callback.on_train_begin()
        trace = []
        for epoch, logs in enumerate(epochs):
            logs = dict(logs)
            callback.on_epoch_begin(epoch)
            for batch in range(batches):
                callback.on_train_batch_begin(batch)
                callback.on_train_batch_end(batch, dict(logs))
            model.set_weights([np.full(2, float(epoch))])
            callback.on_epoch_end(epoch, logs)
            trace.append((*observe(model), logs.get("lr")))
            if model.stop_training:
                break
        callback.on_train_end()
        return trace + [(*observe(model), None)]

    return run
