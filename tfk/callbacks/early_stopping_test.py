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
"""Tests for early stopping."""

import itertools

import numpy as np
import pytest
import tf_keras

from tfk import callbacks

SETTINGS = [
    {"patience": 0},
    {"patience": 2},
    {"patience": 1, "min_delta": 0.1},
    {"patience": 1, "min_delta": -0.1, "mode": "max"},
    {"patience": 2, "mode": "max", "restore_best_weights": True},
    {"patience": 2, "restore_best_weights": True},
    {"patience": 1, "baseline": 0.2},
    {"patience": 2, "baseline": 0.2, "restore_best_weights": True},
    {"patience": 1, "start_from_epoch": 3, "restore_best_weights": True},
]


class EarlyStoppingTest:
    def test_stops_and_restores_where_tf_keras_does(self, train):
        generator = np.random.default_rng(0)
        stopped = 0
        for settings, _ in itertools.product(SETTINGS, range(12)):
            values = np.round(generator.random(8), 1).tolist()
            if generator.random() < 0.3:
                values[generator.integers(3)] = float("nan")
            epochs = [{"val_loss": value} for value in values]
            ours = train(callbacks.EarlyStopping(**settings), epochs)
            theirs = train(tf_keras.callbacks.EarlyStopping(**settings), epochs)
            assert ours == theirs, (settings, values)
            stopped += len(ours) <= len(epochs)
        assert stopped > 20

    def test_auto_mode_reads_the_name(self):
        greater = "acc val_accuracy auc_1 val_precision f1_score mean_io_u"
        smaller = "loss val_loss mae mean_squared_error val_accuracy_loss"
        for name in greater.split():
            assert callbacks.EarlyStopping(name).monitor_op is np.greater, name
        for name in smaller.split():
            assert callbacks.EarlyStopping(name).monitor_op is np.less, name

    def test_unknown_mode_and_missing_value_warn(self, train):
        with pytest.warns(UserWarning, match="Received: mode='least'"):
            callbacks.EarlyStopping(mode="least")
        stopping = callbacks.EarlyStopping()
        with pytest.warns(UserWarning) as caught:
            trace = train(stopping, [{"loss": 1.0}] * 2)
        assert not trace[-1][1]
        message = str(caught[0].message)
        assert "monitors 'val_loss', which is not in the logs" in message
        assert "Available: loss." in message and "validation_data" in message
        with pytest.warns(UserWarning, match="Did you mean 'val_accuracy'"):
            callbacks.EarlyStopping("val_acuracy").get_monitor_value(
                {"val_accuracy": 1.0}
            )

    def test_state_is_restored(self, train, make_model):
        settings = {"patience": 3, "restore_best_weights": True}
        values = [{"val_loss": v} for v in (0.5, 0.25, 0.5, 0.5)]
        first = callbacks.EarlyStopping(**settings)
        train(first, values)
        second = callbacks.EarlyStopping(**settings)
        model = make_model()
        second.set_model(model)
        second.on_train_begin()
        second.set_state(first.get_state())
        second.on_epoch_end(4, {"val_loss": 0.5})
        assert model.stop_training
        second.on_train_end()
        np.testing.assert_array_equal(model.get_weights()[0], [1.0, 1.0])

    def test_tells_what_it_does(self, train, capsys):
        stopping = callbacks.EarlyStopping(
            patience=1, verbose=1, restore_best_weights=True
        )
        train(stopping, [{"val_loss": 0.5}, {"val_loss": 1.0}])
        assert capsys.readouterr().out == (
            "Epoch 2: early stopping.\n"
            "Restoring the model weights of the best epoch: 1.\n"
        )
