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
"""Tests for logs in CSV files."""

import csv

import numpy as np
import pytest
import tf_keras

from tfk import callbacks

EPOCHS = [
    {"mae": 1.0, "loss": 0.5, "val_mae": 2, "val_loss": 1e-7},
    {"mae": 0.5, "loss": 1 / 3, "val_mae": 1, "val_loss": float("nan")},
]


class CSVLoggerTest:
    def test_files_equal_those_of_tf_keras(self, train, tmp_path):
        for separator in (",", ";"):
            texts = []
            for module in (tf_keras.callbacks, callbacks):
                path = tmp_path / f"{module.__name__}.csv"
                for append in (False, False, True):
                    logger = module.CSVLogger(str(path), separator, append)
                    train(logger, EPOCHS)
                texts.append(path.read_bytes())
            assert texts[0] == texts[1]
            assert texts[1].count(b"\n") == 5

    def test_new_names_become_columns(self, train, tmp_path):
        path = tmp_path / "folder" / "log.csv"
        train(
            callbacks.CSVLogger(path),
            [{"loss": 1.0}, {"loss": 2.0, "lr": 3.0, "a": 4.0}, {"loss": 5.0}],
        )
        train(
            callbacks.CSVLogger(path, append=True),
            [{"lr": 1.0, "a": 2.0, "val_loss": 3.0}],
        )
        rows = list(csv.reader(path.read_text().splitlines()))
        assert rows == [
            ["epoch", "loss", "a", "lr", "val_loss"],
            ["0", "1.0", "NA", "NA", "NA"],
            ["1", "2.0", "4.0", "3.0", "NA"],
            ["2", "5.0", "NA", "NA", "NA"],
            ["0", "NA", "2.0", "1.0", "3.0"],
        ]
        assert [p.name for p in path.parent.iterdir()] == ["log.csv"]

    def test_rows_are_on_disk_at_once(self, make_model, tmp_path):
        path = tmp_path / "log.csv"
        logger = callbacks.CSVLogger(path)
        logger.set_model(make_model())
        logger.on_train_begin()
        logger.on_epoch_end(0, {"loss": 1.0})
        assert path.read_text().split() == ["epoch,loss", "0,1.0"]
        logger.on_train_end()
        logger.on_train_end()

    @pytest.mark.parametrize("append", [False, True])
    def test_rows_after_the_state_are_dropped(self, append, tmp_path):
        path = tmp_path / "log.csv"
        path.write_text("epoch,loss\n9,9.0\n")
        before = ["9,9.0"] if append else []

        def begin(state):
            logger = callbacks.CSVLogger(path, append=append)
            logger.on_train_begin()
            logger.set_state(state)
            return logger

        logger = callbacks.CSVLogger(path, append=append)
        logger.on_train_begin()
        states = [logger.get_state()]
        for epoch in range(3):
            logger.on_epoch_end(epoch, {"loss": epoch / 2})
            states.append(logger.get_state())
        for epoch in (3, 2, 1, 0):
            logger = begin(states[epoch])
            assert logger.get_state() == states[epoch]
            logger.on_epoch_end(epoch, {"loss": 5.0})
            logger.on_train_end()
            kept = [f"{i},{i / 2}" for i in range(epoch)]
            rows = ["epoch,loss", *before, *kept, f"{epoch},5.0"]
            assert path.read_text().split() == rows

    def test_arrays_are_one_cell(self, train, tmp_path):
        path = tmp_path / "log.csv"
        train(callbacks.CSVLogger(path), [{"iou": np.array([0.5, 1.0])}])
        rows = list(csv.reader(path.read_text().splitlines()))
        assert rows == [["epoch", "iou"], ["0", '"[0.5, 1.0]"']]
