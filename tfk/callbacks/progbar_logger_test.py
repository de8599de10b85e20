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
"""Tests for the progress bar of `fit`, `evaluate` and `predict`."""

import re

import pytest
import tensorflow as tf

from tfk import callbacks
from tfk.callbacks import logs as logs_lib
from tfk.utils import progress_bar


def fit(callback_list, epochs=2, batches=4):
    """Calls the callbacks as `fit` with validation does."""
    callback_list.on_train_begin()
    for epoch in range(epochs):
        callback_list.on_epoch_begin(epoch)
        for batch in range(batches):
            logs = logs_lib.Logs(loss=tf.constant(0.5))
            callback_list.on_train_batch_begin(batch)
            callback_list.on_train_batch_end(batch, logs)
        callback_list.on_test_begin()
        callback_list.on_test_batch_end(0, {"loss": 9.0})
        callback_list.on_test_end({"loss": 9.0})
        callback_list.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 0.25})
    callback_list.on_train_end()


def without_times(text):
    return re.sub(r"\d+s \d+[mu]?s/", "0s 0s/", text)


class ProgbarLoggerTest:
    @pytest.mark.parametrize("verbose", [1, 2, "auto"])
    @pytest.mark.parametrize("steps", [4, None])
    def test_files_hold_one_line_per_epoch(self, capsys, verbose, steps):
        fit(
            callbacks.CallbackList(
                add_progbar=True, verbose=verbose, epochs=2, steps=steps
            )
        )
        text = without_times(capsys.readouterr().out)
        tail = "4/4 - 0s 0s/step - loss: 0.5000 - val_loss: 0.2500\n"
        assert text == f"Epoch 1/2 - {tail}Epoch 2/2 - {tail}"

    def test_bar_moves_in_a_terminal(self, capsys, monkeypatch):
        monkeypatch.setattr(progress_bar, "_is_terminal", lambda: True)
        monkeypatch.setenv("COLUMNS", "200")
        callback_list = callbacks.CallbackList(
            add_progbar=True, verbose=1, epochs=2, steps=None
        )
        fit(callback_list)
        text = without_times(capsys.readouterr().out)
        first, second = text.split("Epoch 2/2\n")
        assert first.startswith("Epoch 1/2\n\r1/Unknown - 0s 0s/step - loss")
        # The length is known from the second epoch on.
        assert second.startswith("\r1/4 [======>.")
        assert "ETA" in second and second.endswith("val_loss: 0.2500\n")
        assert text.count("\n") == 4

    def test_logs_are_read_only_when_they_are_drawn(self, monkeypatch):
        reads = []

        class Spy(logs_lib.Logs):
            __slots__ = ()

            def __getitem__(self, name):
                reads.append(name)
                return super().__getitem__(name)

        def run():
            callback_list = callbacks.CallbackList(
                add_progbar=True, verbose=1, epochs=1, steps=100
            )
            callback_list.on_train_begin()
            callback_list.on_epoch_begin(0)
            for batch in range(50):
                callback_list.on_train_batch_end(batch, Spy(loss=1.0))

        run()
        assert reads == []
        monkeypatch.setattr(progress_bar, "_is_terminal", lambda: True)
        run()
        assert 1 <= len(reads) < 50

    def test_evaluate_and_predict_show_a_line(self, capsys):
        callback_list = callbacks.CallbackList(
            add_progbar=True, verbose=1, epochs=1, steps=2
        )
        callback_list.on_test_begin()
        callback_list.on_test_batch_end(1, {"loss": 0.5})
        callback_list.on_test_end({"loss": 0.5})
        callback_list.on_predict_begin()
        callback_list.on_predict_batch_end(1, {"outputs": tf.ones(3)})
        callback_list.on_predict_end()
        assert without_times(capsys.readouterr().out) == (
            "2/2 - 0s 0s/step - loss: 0.5000\n2/2 - 0s 0s/step\n"
        )

    def test_verbose_0_is_silent(self, capsys):
        fit(callbacks.CallbackList(add_progbar=True, verbose=0, epochs=2))
        assert capsys.readouterr().out == ""

    def test_samples_are_counted(self, capsys):
        logger = callbacks.ProgbarLogger("samples")
        logger.set_params({"verbose": 1, "epochs": 1, "samples": 7})
        logger.on_epoch_begin(0)
        logger.on_train_batch_end(0, {"size": 4, "loss": 1.0})
        logger.on_train_batch_end(1, {"size": 3, "loss": 1.0})
        logger.on_epoch_end(0, {"loss": 1.0})
        assert without_times(capsys.readouterr().out) == (
            "7/7 - 0s 0s/sample - loss: 1.0000\n"
        )
        with pytest.raises(ValueError, match="Received: count_mode='epochs'"):
            callbacks.ProgbarLogger("epochs")
