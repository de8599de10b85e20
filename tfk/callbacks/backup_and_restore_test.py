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
"""Tests for backups of trainings: files, messages, signals.

That a resumed training ends like a whole one is tested in
`tfk/integration_tests/resume_test.py`.
"""

import os
import signal
import threading

import numpy as np
import pytest

import tfk
from tfk.saving import state_file

X, Y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")


class Counter(tfk.callbacks.Callback):
    """A callback with a state of a user's own."""

    def __init__(self, stop_after=None):
        self.epochs = []
        self.stop_after = stop_after

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)
        if epoch == self.stop_after:
            raise KeyboardInterrupt

    def get_state(self):
        return {"epochs": list(self.epochs)}

    def set_state(self, state):
        self.epochs = state["epochs"]


class Backup(tfk.callbacks.BackupAndRestore):
    """Makes each backup, instead of leaving out some when there are many."""

    def _save(self):
        self._finish_write()
        super()._save()


def make_model(units=3, optimizer="sgd"):
    model = tfk.Sequential([tfk.layers.Dense(units), tfk.layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


def fit(
    folder,
    *callbacks,
    model=None,
    epochs=4,
    batch_size=4,
    make_backup=Backup,
    **kwargs,
):
    backup = make_backup(folder, **kwargs)
    return (model or make_model()).fit(
        X,
        Y,
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
        callbacks=[backup, *callbacks],
    )


def interrupt(folder, epoch=2, **kwargs):
    with pytest.raises(KeyboardInterrupt):
        fit(folder, Counter(epoch), **kwargs)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class BackupAndRestoreTest:
    def test_state_of_users_callbacks_is_kept(self, tmp_path):
        interrupt(tmp_path / "a")
        counter = Counter()
        history = fit(tmp_path / "a", counter)
        # The epoch in which it was interrupted came to no backup.
        assert counter.epochs == history.epoch == [0, 1, 2, 3]
        assert names(tmp_path) == []

    def test_two_backups_are_kept(self, tmp_path):
        interrupt(tmp_path, epoch=3)
        assert len(names(tmp_path)) == 2
        fit(tmp_path, delete_checkpoint=False, double_checkpoint=True)
        assert len(names(tmp_path)) == 2
        assert fit(tmp_path).epoch == [0, 1, 2, 3]

    def test_broken_backups_give_way_to_earlier_ones(self, tmp_path):
        interrupt(tmp_path, epoch=3)
        older, newer = names(tmp_path)
        path = tmp_path / newer
        path.write_bytes(path.read_bytes()[:-100])
        epoch = state_file.read(str(tmp_path / older))["epoch"]
        begun = []
        recorder = tfk.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: begun.append(epoch)
        )
        with pytest.warns(UserWarning, match=f"(?s)can't be read.*{newer}"):
            assert fit(tmp_path, recorder).epoch == [0, 1, 2, 3]
        assert begun == list(range(epoch, 4))

    def test_what_a_killed_process_left_is_removed(self, tmp_path):
        (tmp_path / ".backup-00000001.state.0123.tmp").write_bytes(b"half")
        (tmp_path / "other").write_bytes(b"")
        fit(tmp_path)
        assert names(tmp_path) == ["other"]

    def test_backups_of_other_models_are_refused(self, tmp_path):
        interrupt(tmp_path)
        for model, message in (
            (make_model(5), r"kernel.*shape \(2, 5\) here, and \(2, 3\) in"),
            (
                make_model(optimizer="adam"),
                "is Adam here, and SGD in the backup",
            ),
            (tfk.Sequential([tfk.layers.Dense(1)]), "only in the backup"),
        ):
            if not model._is_compiled:
                model.compile("sgd", "mse")
            with pytest.raises(ValueError, match=message) as caught:
                fit(tmp_path, model=model)
            assert f"Received: backup_dir={str(tmp_path)!r}." in str(
                caught.value
            )
        assert len(str(caught.value).splitlines()) == 1
        with pytest.raises(ValueError, match="batch_size.*is 2 here, and 4"):
            fit(tmp_path, batch_size=2)
        assert names(tmp_path)

    def test_a_failed_write_is_a_warning(self, tmp_path, monkeypatch):
        def fail(path, packed):
            raise OSError("No space left on device")

        monkeypatch.setattr(state_file, "write", fail)
        with pytest.warns(UserWarning, match="could not be written.*No space"):
            assert len(fit(tmp_path).epoch) == 4

    def test_training_does_not_wait_for_a_write(self, tmp_path, monkeypatch):
        write, may_write = state_file.write, threading.Event()
        written = []

        def write_when_told(path, packed):
            may_write.wait(60)
            written.append(path)
            write(path, packed)

        monkeypatch.setattr(state_file, "write", write_when_told)
        at_end = tfk.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: epoch == 3 and may_write.set()
        )
        fit(
            tmp_path,
            at_end,
            make_backup=tfk.callbacks.BackupAndRestore,
            save_freq=1,
            delete_checkpoint=False,
        )
        # The first, and one after the write had ended, or none.
        assert 1 <= len(written) <= 2

    def test_values_that_no_file_holds_are_named(self, tmp_path):
        counter = Counter()
        counter.get_state = lambda: {"seen": {1, 2}}
        with pytest.raises(TypeError, match="/callbacks/Counter 1/seen"):
            fit(tmp_path, counter)

    def test_saves_before_a_preemption(self, tmp_path):
        received = []
        before = signal.signal(
            signal.SIGTERM, lambda number, frame: received.append(number)
        )
        try:
            model = make_model()

            def preempt(epoch, logs):
                if epoch == 1:
                    os.kill(os.getpid(), signal.SIGTERM)

            # The test lives on, so that the training does, too.
            fit(
                tmp_path,
                tfk.callbacks.LambdaCallback(on_epoch_begin=preempt),
                model=model,
                save_freq=False,
                save_before_preemption=True,
                delete_checkpoint=False,
            )
            (name,) = names(tmp_path)
            state = state_file.read(str(tmp_path / name))
            assert state["epoch"] == 1 and state["step"] > 0
            assert received == [signal.SIGTERM]
        finally:
            signal.signal(signal.SIGTERM, before)

    def test_bad_arguments_are_refused(self, tmp_path):
        for arguments, message in (
            (("",), "`backup_dir` of"),
            ((tmp_path, 0), "Received: save_freq=0"),
            ((tmp_path, "batch"), "Received: save_freq='batch'"),
            ((tmp_path, True), "Received: save_freq=True"),
            ((tmp_path, False), "would never save"),
        ):
            with pytest.raises(ValueError, match=message):
                tfk.callbacks.BackupAndRestore(*arguments)
        callbacks = tfk.callbacks.CallbackList(
            [tfk.callbacks.BackupAndRestore(tmp_path)], model=make_model()
        )
        with pytest.raises(RuntimeError, match="works in `Model.fit` only"):
            callbacks.on_train_begin()
