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
"""Sequences for tests of worker processes.

Worker processes import this module, so it does without TensorFlow.
"""

import os
import signal
import sys
import time

import numpy as np

from tfk.utils import Sequence


class Report(Sequence):
    """Its batches say where they come from."""

    def __init__(self, length=6):
        super().__init__()
        self.length = length
        self.epoch = 0

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return {
            "index": index,
            "epoch": self.epoch,
            "process": os.getpid(),
            "draws": (np.random.rand(), self.draw()),
            "has_tensorflow": "tensorflow" in sys.modules,
        }

    def draw(self):
        """Returns a number that is the same in no two calls."""
        return os.urandom(4)


class Numbers(Sequence):
    """Batches of constants; one batch goes wrong in a way of choice.

    Arguments:
        length: Integer: how many batches.
        failure: `None`, `"error"`, `"kill"`, `"exit"`, `"hang"` or `"lambda"`.
        at: Integer: the batch that fails.
    """

    def __init__(self, length=6, failure=None, at=3):
        super().__init__()
        self.length = length
        self.failure = failure
        self.at = at
        self.epoch = 0

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if self.failure is not None and index == self.at:
            value = self.fail()
            if value is not None:
                return value
        x = np.full((2, 3), index, "float32")
        return x, np.full((2, 1), self.epoch, "float32")

    def fail(self):
        """Does what `failure` says."""
        if self.failure == "error":
            raise FileNotFoundError(2, "No such image", "image-3.png")
        if self.failure == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.failure == "exit":
            sys.exit(7)
        if self.failure == "hang":
            print("hangs", os.getpid(), flush=True)
            time.sleep(1000)
        if self.failure == "lambda":
            return lambda: None

    def on_epoch_end(self):
        self.epoch += 1
        self.length += 1


class Endless(Sequence):
    """Has no end."""

    def __getitem__(self, index):
        return np.full((2, 3), index, "float32"), np.zeros((2, 1), "float32")


class Images(Sequence):
    """Holds large arrays: one of its own, and one on disk.

    Arguments:
        path: Path of a file of 8 MB for a memory map.
    """

    def __init__(self, path):
        super().__init__()
        self.own = np.zeros((2, 1 << 20), "uint8")
        self.mapped = np.memmap(path, "uint8", "r+", shape=(8, 1 << 20))

    def __len__(self):
        return 4

    def __getitem__(self, index):
        # A worker's memory is its own, and the file is everybody's.
        self.own[0, index] += 1
        self.mapped[index, 0] = index + 1
        return self.own.copy(), self.own[:, ::2], self.mapped[index]


class Unpicklable(Sequence):
    """Cannot be sent to another process."""

    def __init__(self):
        super().__init__()
        self.transform = lambda x: x

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return np.zeros((2, 3))


class Unloadable(Numbers):
    """Can be sent to another process, which can't load it."""

    def __setstate__(self, state):
        raise ImportError("No module named 'missing'")


class DrawnImages(Sequence):
    """Images of random numbers, in batches that change their order."""

    def __init__(self):
        super().__init__()
        self.order = np.arange(6)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, index):
        x = np.random.normal(size=(8, 8, 8, 1)).astype("float32")
        return x, (np.arange(8) + self.order[index]) % 3

    def on_epoch_end(self):
        self.order = self.order[::-1]
