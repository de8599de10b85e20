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
"""Processes that are killed while a thread of theirs writes a checkpoint.

Run as a program, this trains in several processes that are killed by SIGKILL.
They are forked before TensorFlow has run anything, which saves importing it in
each.
"""

import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest

import tfk
from tfk.saving import snapshot

# Where the third file is when the process is killed.
IN_THE_MIDST, BEFORE_RENAMING = "midst", "end"
CASES = [
    ("best.keras", IN_THE_MIDST),
    ("best.keras", BEFORE_RENAMING),
    ("best.weights.h5", IN_THE_MIDST),
    ("{epoch}.keras", BEFORE_RENAMING),
]
EPOCH = 3


class Recorder(tfk.callbacks.Callback):
    """Writes down the weights at the end of each epoch."""

    def __init__(self, folder):
        self.folder = folder

    def on_epoch_end(self, epoch, logs=None):
        np.save(self.folder / f"{epoch + 1}.npy", self.model.get_weights()[0])


def kill_at(moment):
    """Kills this process in the midst or at the end of the third write."""
    module, name, number = os, "replace", EPOCH
    if moment == IN_THE_MIDST:
        # A model, two layers, an optimizer and a metric are written each time.
        module, name = snapshot._Copy, "save_own_variables"
        number = 5 * (EPOCH - 1) + 3
    function, count = getattr(module, name), [0]

    def kill(*args, **kwargs):
        count[0] += 1
        if count[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)

    setattr(module, name, kill)


def train(folder, name, moment):
    kill_at(moment)
    model = tfk.Sequential(
        [tfk.Input((5,)), tfk.layers.Dense(8), tfk.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    checkpoint = tfk.callbacks.ModelCheckpoint(
        folder / name,
        save_weights_only=name.endswith(".weights.h5"),
        background=True,
        max_to_keep=1,
    )
    model.fit(
        np.ones((32, 5)),
        np.ones((32, 1)),
        epochs=6,
        verbose=0,
        callbacks=[Recorder(folder), checkpoint],
    )


def main(folder):
    for index, (name, moment) in enumerate(CASES):
        own = folder / str(index)
        own.mkdir()
        child = os.fork()
        if child == 0:
            try:
                train(own, name, moment)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
class KilledCheckpointTest:
    def test_the_earlier_file_is_complete(self, tmp_path):
        done = subprocess.run(
            [sys.executable, __file__, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.DEVNULL,
            timeout=300,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        )
        killed = -signal.SIGKILL
        assert list(map(int, done.stdout.split())) == [killed] * len(CASES)
        for index, (name, _) in enumerate(CASES):
            folder = tmp_path / str(index)
            found = [
                path.name
                for path in folder.iterdir()
                if path.suffix not in (".npy", ".tmp")
            ]
            assert found == [name.format(epoch=EPOCH - 1)]
            model = tfk.Sequential(
                [tfk.Input((5,)), tfk.layers.Dense(8), tfk.layers.Dense(1)]
            )
            model.load_weights(folder / found[0])
            np.testing.assert_array_equal(
                model.get_weights()[0], np.load(folder / f"{EPOCH - 1}.npy")
            )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
