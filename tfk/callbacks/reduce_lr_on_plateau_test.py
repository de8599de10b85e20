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
"""Tests for reducing the learning rate on plateaus."""

import itertools

import numpy as np
import pytest
import tf_keras

from tfk import callbacks

SETTINGS = [
    {"patience": 1},
    {"patience": 2, "factor": 0.5, "min_lr": 0.1},
    {"patience": 0, "factor": 0.5, "cooldown": 2},
    {"patience": 1, "mode": "max", "min_delta": 0.2, "cooldown": 1},
]


class ReduceLROnPlateauTest:
    def test_learning_rates_equal_those_of_tf_keras(self, train):
        generator = np.random.default_rng(0)
        for settings, _ in itertools.product(SETTINGS, range(10)):
            values = np.round(generator.random(10), 1).tolist()
            epochs = [{"val_loss": value} for value in values]
            ours = train(callbacks.ReduceLROnPlateau(**settings), epochs)
            theirs = train(
                tf_keras.callbacks.ReduceLROnPlateau(**settings), epochs
            )
            np.testing.assert_allclose(
                np.array(ours, "float64"), np.array(theirs, "float64"), 1e-6
            )
            assert ours[-1][0] < 0.5

    def test_state_is_restored(self, train, make_model):
        first = callbacks.ReduceLROnPlateau(patience=3)
        train(first, [{"val_loss": 0.5}] * 3)
        second = callbacks.ReduceLROnPlateau(patience=3)
        second.set_model(make_model())
        second.on_train_begin()
        second.set_state(first.get_state())
        second.on_epoch_end(3, {"val_loss": 0.5})
        assert float(second.model.optimizer.learning_rate) == pytest.approx(
            0.05
        )

    def test_bad_arguments_are_refused(self, train, make_model):
        with pytest.raises(ValueError, match="Received: factor=1.5"):
            callbacks.ReduceLROnPlateau(factor=1.5)
        with pytest.raises(TypeError, match="unknown arguments: .'foo'."):
            callbacks.ReduceLROnPlateau(foo=1)
        with pytest.warns(UserWarning, match="min_delta"):
            older = callbacks.ReduceLROnPlateau(epsilon=0.5)
        assert older.min_delta == 0.5
        scheduled = make_model(learning_rate=lambda step: 0.5)
        callback = callbacks.ReduceLROnPlateau(patience=1)
        callback.set_model(scheduled)
        callback.on_epoch_end(0, {"val_loss": 1.0})
        with pytest.raises(ValueError, match="follows a schedule"):
            callback.on_epoch_end(1, {"val_loss": 1.0})
