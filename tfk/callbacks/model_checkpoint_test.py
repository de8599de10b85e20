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
import threading

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk import callbacks
from tfk.saving import api
from tfk.testing import strategies

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

    def test_formats_go_by_the_path(self, tmp_path):
        for name, weights_only in (
            ("a.keras", False),
            ("b.h5", False),
            ("folder", False),
            ("c.weights.h5", True),
            ("cp", True),
        ):
            checkpoint = callbacks.ModelCheckpoint(
                tmp_path / ("{epoch}" + name),
                save_weights_only=weights_only,
                max_to_keep=1,
            )
            feed(checkpoint, [1.0, 1.0, 0.5])
            path = tmp_path / f"3{name}"
            if weights_only:
                make_real_model().load_weights(path)
            else:
                tfk.models.load_model(path)
        assert [name for name in names(tmp_path) if name[0] in "12"] == []
        for name, weights_only in (("a.keras", True), ("a.weights.h5", False)):
            checkpoint = callbacks.ModelCheckpoint(
                name, save_weights_only=weights_only
            )
            with pytest.raises(ValueError, match="must end in"):
                feed(checkpoint, [])

    def test_the_newest_and_the_best_files_are_kept(self, tmp_path):
        values = [0.5, 0.25, 0.75, 1.0, 0.875]
        first = callbacks.ModelCheckpoint(
            tmp_path / "{epoch}.keras", max_to_keep=2
        )
        second = callbacks.ModelCheckpoint(
            tmp_path / "{epoch}.keras", max_to_keep=2
        )
        feed(first, values[:3])
        assert names(tmp_path) == ["2.keras", "3.keras"]
        # One that goes on knows the files of the one before.
        second.set_state(first.get_state())
        feed(second, values[3:], first_epoch=3)
        assert names(tmp_path) == ["2.keras", "4.keras", "5.keras"]
        for number in (0, True, 1.5):
            with pytest.raises(ValueError, match="Received: max_to_keep="):
                callbacks.ModelCheckpoint("a", max_to_keep=number)

    def test_only_the_chief_of_several_workers_writes(
        self, tmp_path, monkeypatch
    ):
        checkpoint = callbacks.ModelCheckpoint(tmp_path / "a.keras")
        checkpoint.set_model(make_real_model())
        extended = checkpoint.model.distribute_strategy.extended
        monkeypatch.setattr(
            type(extended), "should_checkpoint", False, raising=False
        )
        checkpoint.on_epoch_end(0, {})
        assert names(tmp_path) == []
        monkeypatch.undo()
        checkpoint.on_epoch_end(1, {})
        assert names(tmp_path) == ["a.keras"]


def make_real_model():
    model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def feed(checkpoint, values, first_epoch=0):
    """Calls the callback as `fit` does; returns it."""
    checkpoint.set_model(make_real_model())
    checkpoint.model.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
    checkpoint.on_train_begin()
    for epoch, value in enumerate(values, first_epoch):
        checkpoint.on_epoch_begin(epoch)
        checkpoint.on_epoch_end(epoch, {"val_loss": value})
    checkpoint.on_train_end()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class Recorder(callbacks.Callback):
    """Remembers the weights at the end of each epoch."""

    def __init__(self):
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights()[0])


@pytest.fixture
def slow_disk(monkeypatch):
    """Lets all files wait for an event."""
    save, may_write = api.save_model, threading.Event()

    def save_when_told(*args, **kwargs):
        assert may_write.wait(60)
        save(*args, **kwargs)

    monkeypatch.setattr(api, "save_model", save_when_told)
    return may_write


class BackgroundTest:
    X, Y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")

    def fit(self, *added, model=None, epochs=3):
        model = model or make_real_model()
        model.fit(self.X, self.Y, epochs=epochs, verbose=0, callbacks=[*added])
        return model

    @pytest.mark.parametrize("num_replicas", [1, 2])
    @pytest.mark.parametrize("weights_only", [True, False])
    def test_files_hold_the_state_at_the_time_of_the_event(
        self, tmp_path, weights_only, num_replicas
    ):
        ending = "weights.h5" if weights_only else "keras"
        checkpoint = callbacks.ModelCheckpoint(
            tmp_path / ("{epoch}." + ending),
            save_weights_only=weights_only,
            background=True,
            max_to_keep=2,
        )
        recorder = Recorder()
        if num_replicas == 1:
            model = make_real_model()
        else:
            with strategies.two_replicas().scope():
                model = make_real_model()
        self.fit(checkpoint, recorder, model=model)
        assert names(tmp_path) == [f"2.{ending}", f"3.{ending}"]
        for epoch in (2, 3):
            path = tmp_path / f"{epoch}.{ending}"
            if weights_only:
                loaded = make_real_model()
                loaded.load_weights(path)
            else:
                loaded = tfk.models.load_model(path)
                assert loaded.optimizer.iterations == epoch
            np.testing.assert_array_equal(
                loaded.get_weights()[0], recorder.weights[epoch - 1]
            )

    def test_steps_do_not_wait_for_a_file(self, tmp_path, slow_disk, capsys):
        events = []

        def note(epoch, logs):
            events.append((checkpoint.is_writing(), names(tmp_path)))
            if epoch == 2:
                slow_disk.set()
                checkpoint.wait()
                events.append((checkpoint.is_writing(), names(tmp_path)))

        checkpoint = callbacks.ModelCheckpoint(
            tmp_path / "{epoch}.keras", background=True, period=3, verbose=1
        )
        at_begin = callbacks.LambdaCallback(on_epoch_begin=note)
        checkpoint.epochs_since_last_save = 2
        self.fit(checkpoint, at_begin)
        writing, written = (True, []), (False, ["1.keras"])
        assert events == [(False, []), writing, writing, written]
        assert capsys.readouterr().out == (
            f"Epoch 1: saved the model to {tmp_path / '1.keras'}.\n"
        )

    def test_errors_are_raised_at_the_next_event(self, tmp_path, monkeypatch):
        def fail(*args):
            raise OSError("No space left on device")

        monkeypatch.setattr(api, "save_model", fail)
        checkpoint = callbacks.ModelCheckpoint(
            tmp_path / "{epoch}.keras", background=True
        )
        recorder = Recorder()
        message = r"could not write .*: No space left.*path='.*1\.keras'"
        with pytest.raises(RuntimeError, match=message):
            self.fit(checkpoint, recorder, epochs=9)
        assert len(recorder.weights) < 3
        with pytest.raises(RuntimeError, match=message):
            self.fit(checkpoint, epochs=1)

    def test_an_interrupted_training_leaves_a_complete_file(
        self, tmp_path, slow_disk
    ):
        def interrupt(epoch, logs):
            if epoch == 1:
                slow_disk.set()
                raise KeyboardInterrupt

        checkpoint = callbacks.ModelCheckpoint(
            tmp_path / "{epoch}.keras", background=True
        )
        before = set(threading.enumerate())
        with pytest.raises(KeyboardInterrupt):
            self.fit(
                checkpoint,
                callbacks.LambdaCallback(on_epoch_begin=interrupt),
            )
        assert names(tmp_path) == ["1.keras"]
        # One that ends an iterator may just be about to.
        for thread in set(threading.enumerate()) - before:
            thread.join(5)
            assert not thread.is_alive()
        tfk.models.load_model(tmp_path / "1.keras")

    def test_a_backup_waits_for_the_files_that_it_tells_of(
        self, tmp_path, slow_disk
    ):
        told = []

        class Checkpoint(callbacks.ModelCheckpoint):
            def get_state(self):
                # It need not wait, as it was not asked before.
                told.append((epochs[-1], self.is_writing(), names(tmp_path)))
                return super().get_state()

        epochs = []
        checkpoint = Checkpoint(
            tmp_path / "best.keras",
            monitor="loss",
            save_best_only=True,
            background=True,
            period=9,
        )
        checkpoint.epochs_since_last_save = 8

        def begin(epoch, logs):
            epochs.append(epoch)
            if epoch == 1:
                slow_disk.set()
                checkpoint.wait()

        self.fit(
            checkpoint,
            callbacks.LambdaCallback(on_epoch_begin=begin),
            callbacks.BackupAndRestore(tmp_path / "backup"),
        )
        # The backup of the end of epoch 0 was made in epoch 1.
        assert told[0] == (1, False, ["best.keras"])

    def test_a_backup_is_put_off_once(self, tmp_path, slow_disk):
        states = []

        class Checkpoint(callbacks.ModelCheckpoint):
            def is_writing(self):
                return True

            def get_state(self):
                states.append(self._current_epoch)
                return {}

        slow_disk.set()
        self.fit(
            Checkpoint(tmp_path / "{epoch}.keras", background=True),
            callbacks.BackupAndRestore(tmp_path / "backup"),
            epochs=4,
        )
        assert states[:1] == [1]

    def test_what_can_not_be_written_so_is_refused(self, tmp_path, make_model):
        class Mine(tfk.Sequential):
            def save(self, filepath, overwrite=True, **kwargs):
                pass

        model = Mine([tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
        checkpoint = callbacks.ModelCheckpoint("a.keras", background=True)
        with pytest.raises(ValueError, match="`.*Mine.save`. Use background=F"):
            self.fit(checkpoint, model=model)
        for settings in (
            {"filepath": "a.keras", "options": tf.saved_model.SaveOptions()},
            {"filepath": "a"},
            {"filepath": "a.h5", "save_weights_only": True},
        ):
            other = callbacks.ModelCheckpoint(background=True, **settings)
            with pytest.raises(ValueError, match="Received: background=True"):
                self.fit(other)
        unreadable = callbacks.ModelCheckpoint(
            f"{tmp_path}/a[1]/{{epoch}}", save_weights_only=True
        )
        with pytest.raises(ValueError, match="takes for patterns"):
            self.fit(unreadable)
        assert not list(tmp_path.iterdir())
        checkpoint.set_model(make_model())
        with pytest.raises(ValueError, match="FakeModel.save"):
            checkpoint.on_train_begin()
