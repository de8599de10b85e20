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
"""Tests for saving models during the training."""

import os

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import callbacks

SETTINGS = [
    {},
    {"save_weights_only": True},
    {"save_best_only": True},
    {"save_best_only": True, "mode": "max"},
    {"save_best_only": True, "initial_value_threshold": 0.3},
    {"save_freq": 2},
    {"save_freq": 5, "save_best_only": True, "monitor": "loss"},
    {"period": 2},
]


class ModelCheckpointTest:
    def test_saves_what_tf_keras_saves(self, train, make_model, tmp_path):
        values = np.round(np.random.default_rng(0).random((6, 2)), 1)
        epochs = [{"val_loss": a, "loss": b} for a, b in values.tolist()]
        for settings in SETTINGS:
            name = "m-{epoch:02d}-{val_loss:.2f}"
            if "save_freq" in settings:
                name += "-{batch}"
            path = str(tmp_path / name)
            saved = []
            for module in (tf_keras.callbacks, callbacks):
                model = make_model()
                callback = module.ModelCheckpoint(path, **settings)
                train(callback, epochs, model, batches=3)
                saved.append(model.saved)
            assert saved[0] == saved[1], settings
            assert saved[0], settings

    def test_batches_are_counted_in_groups_too(self, make_model, tmp_path):
        model = make_model()
        callback = callbacks.ModelCheckpoint(tmp_path / "{batch}", save_freq=4)
        callback.set_model(model)
        for batch in (2, 5, 6, 1):
            callback.on_train_batch_end(batch, {})
        names = [os.path.basename(path) for _, path, _ in model.saved]
        assert names == ["6"]
        callback.on_train_batch_end(2, {})
        assert os.path.basename(model.saved[-1][1]) == "3"

    def test_makes_missing_folders(self, train, tmp_path):
        path = tmp_path / "a" / "{epoch}" / "model.keras"
        train(callbacks.ModelCheckpoint(path), [{}, {}])
        assert sorted(os.listdir(tmp_path / "a")) == ["1", "2"]

    def test_unformattable_paths_are_refused(self, train, tmp_path):
        checkpoint = callbacks.ModelCheckpoint(tmp_path / "{val_los:.2f}")
        with pytest.raises(ValueError, match="Did you mean 'val_loss'"):
            train(checkpoint, [{"val_loss": 1.0}])
        checkpoint = callbacks.ModelCheckpoint(tmp_path / "{}")
        with pytest.raises(ValueError, match="cannot be formatted"):
            train(checkpoint, [{"val_loss": 1.0}])

    def test_bad_arguments_are_refused(self):
        make = callbacks.ModelCheckpoint
        for save_freq in ("batch", 0, True, None):
            with pytest.raises(ValueError, match="Received: save_freq="):
                make("a", save_freq=save_freq)
        with pytest.raises(TypeError, match="unknown arguments: .'every'."):
            make("a", every=1)
        options = tf.train.CheckpointOptions()
        make("a", save_weights_only=True, options=options)
        with pytest.raises(TypeError, match="must be a SaveOptions"):
            make("a", options=options)

    def test_missing_value_warns_and_saves_nothing(self, train, make_model):
        model = make_model()
        with pytest.warns(UserWarning, match="nothing is saved. Available: l"):
            train(
                callbacks.ModelCheckpoint("a", save_best_only=True),
                [{"loss": 1.0}],
                model,
            )
        assert model.saved == []

    def test_state_keeps_the_best_value(self, train, make_model):
        first = callbacks.ModelCheckpoint("a", save_best_only=True)
        train(first, [{"val_loss": 0.25}])
        second = callbacks.ModelCheckpoint("a", save_best_only=True)
        second.set_state(first.get_state())
        model = make_model()
        train(second, [{"val_loss": 0.5}, {"val_loss": 0.125}], model)
        assert len(model.saved) == 1

    def test_tells_what_it_does(self, train, capsys):
        checkpoint = callbacks.ModelCheckpoint(
            "a", save_best_only=True, verbose=1
        )
        train(checkpoint, [{"val_loss": 0.5}, {"val_loss": 0.75}])
        assert capsys.readouterr().out == (
            "Epoch 1: val_loss improved from inf to 0.5, saved the model to a."
            "\nEpoch 2: val_loss did not improve from 0.5.\n"
        )
