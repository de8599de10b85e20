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
"""Trainings in processes that are killed end as if they had not been.

Run as a program, this trains once without interruption, and once in several
processes, all but the last of which are killed by SIGKILL. They are forked
before TensorFlow has run anything, which saves importing it in each.
"""

import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest

import tfk
from tfk.saving import state_file

# The times at which the processes are killed.
IN_EPOCH, AT_ITS_END, WHILE_WRITING = "batch 13", "epoch 2", "write 6"


class KillAt(tfk.callbacks.Callback):
    """Kills the process at a moment."""

    def __init__(self, moment):
        self.kind, _, number = moment.partition(" ")
        self.left = int(number or 0)
        if self.kind == "write":
            to_bytes = state_file._to_bytes

            def kill_in_the_middle(array):
                if len(array.shape) == 2 and array.dtype == np.float32:
                    self._count("write")
                return to_bytes(array)

            state_file._to_bytes = kill_in_the_middle

    def _count(self, kind):
        if kind == self.kind:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def on_train_batch_end(self, batch, logs=None):
        self._count("batch")

    def on_epoch_end(self, epoch, logs=None):
        self._count("epoch")


def train(folder, moment):
    tfk.utils.set_random_seed(7)
    model = tfk.Sequential(
        [
            tfk.layers.Dense(16, activation="relu"),
            tfk.layers.Dropout(0.3),
            tfk.layers.Dense(1),
        ]
    )
    model.compile(tfk.optimizers.Adam(0.01), "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(90, 5))
    y = x[:, :1] * x[:, 1:2]
    history = model.fit(
        x,
        y,
        batch_size=8,
        epochs=6,
        verbose=0,
        validation_split=0.2,
        callbacks=[
            tfk.callbacks.BackupAndRestore(folder / "backup", save_freq=2),
            tfk.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
            tfk.callbacks.ReduceLROnPlateau(patience=1, factor=0.5),
            tfk.callbacks.ModelCheckpoint(
                folder / "best.weights.h5",
                save_best_only=True,
                save_weights_only=True,
                background=True,
            ),
            KillAt(moment),
        ],
    )
    values = [np.asarray(v) for v in history.history.values()]
    weights = model.get_weights()
    model.load_weights(folder / "best.weights.h5")
    best = model.get_weights()
    np.savez(folder / "result.npz", *weights, *best, *values)


def run(folder, moment):
    """Trains in a process of its own, and tells how it ended."""
    folder.mkdir(exist_ok=True)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            train(folder, moment)
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, status = os.waitpid(child, 0)
    names = sorted(path.name for path in (folder / "backup").glob("*"))
    left_over = sum(name.endswith(".tmp") for name in names)
    print(os.waitstatus_to_exitcode(status), left_over, flush=True)


def main(folder):
    run(folder / "whole", "")
    for moment in (IN_EPOCH, AT_ITS_END, WHILE_WRITING, ""):
        run(folder / "killed", moment)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
class KilledTrainingTest:
    def test_ends_as_one_that_was_not(self, tmp_path):
        done = subprocess.run(
            [sys.executable, __file__, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.DEVNULL,
            timeout=300,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        )
        killed = -signal.SIGKILL
        lines = [tuple(map(int, x.split())) for x in done.stdout.splitlines()]
        assert [status for status, _ in lines] == [0, *[killed] * 3, 0]
        # The one that was killed while it wrote left a part of a file.
        assert lines[3][1] == 1 and lines[4][1] == 0
        whole, parts = (
            np.load(tmp_path / name / "result.npz")
            for name in ("whole", "killed")
        )
        assert whole.files == parts.files
        for name in whole.files:
            assert whole[name].tobytes() == parts[name].tobytes()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
