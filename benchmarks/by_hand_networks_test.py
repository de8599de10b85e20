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
"""Tests that what is measured by hand is the same network."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from benchmarks import by_hand
from benchmarks import by_hand_networks
from benchmarks import networks


class ModelsTest:
    @pytest.mark.parametrize("name", by_hand_networks.MODELS)
    def test_steps_give_the_losses_of_tf_keras(self, name, monkeypatch):
        monkeypatch.setattr(networks, "NUM_ROWS", 1_000)
        task = networks.TASKS[name]
        model = task.model(tf_keras)
        loss = tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(task.optimizer, loss)
        rule = {"adam": by_hand.Adam, "sgd": by_hand.SGD}[task.optimizer]
        own = by_hand_networks.MODELS[name]()
        for variable, value in zip(
            own.variables, model.trainable_variables, strict=True
        ):
            variable.assign(value)
        step = tf.function(by_hand.Training(own, rule).step)
        x, y = task.batch()
        np.testing.assert_allclose(
            [step(x, y).numpy() for _ in range(4)],
            [model.train_on_batch(x, y) for _ in range(4)],
            rtol=1e-3,
        )
