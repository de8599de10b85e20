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
"""Tests of worker processes."""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import textwrap
import time
import traceback

import numpy as np
import pytest

import tfk
from tfk.data import adapters
from tfk.data import worker_pool
from tfk.data import worker_process
from tfk.testing import slow_sequences

ROOT = pathlib.Path(__file__).parents[2]

# Lets a script use worker processes without importing TensorFlow.
LIGHT = f"""
import runpy
runpy.run_path({worker_process.__file__!r})["_import_tfk_lazily"]()
"""


@contextlib.contextmanager
def running(sequence, workers=2, max_queue_size=4):
    pool = worker_pool.WorkerPool(sequence, workers, max_queue_size)
    with contextlib.closing(pool):
        yield pool


def children_of(process):
    """Returns the worker processes of a process."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            command = (entry / "cmdline").read_text()
        except OSError:
            continue
        if int(parent) == process and "worker_process.py" in command:
            found.append(int(entry.name))
    return found


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(process):
    try:
        state = pathlib.Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def model():
    result = tfk.Sequential([tfk.layers.Dense(1)])
    result.compile("sgd", "mse")
    return result


class WorkerPoolTest:
    def test_workers_compute_batches_in_order_without_tensorflow(self):
        sequence = slow_sequences.Report()
        with running(sequence) as pool:
            batches = list(pool.compute(range(6), seed="a"))
            assert [b["index"] for b in batches] == list(range(6))
            processes = {batch["process"] for batch in batches}
            assert processes == set(children_of(os.getpid()))
            assert len(processes) == 2
            assert not any(batch["has_tensorflow"] for batch in batches)
            # Draws follow from the seed and the index, not from the worker.
            draws = [batch["draws"][0] for batch in batches]
            assert len(set(draws)) == 6
            again = list(pool.compute([3, 1], seed="a"))
            assert [b["draws"][0] for b in again] == [draws[3], draws[1]]
            other = next(pool.compute([3], seed="b"))
            assert other["draws"][0] != draws[3]
            # Workers are the same, and see what has changed in the parent.
            sequence.epoch = 1
            changed = list(pool.compute(range(4)))
            assert {b["process"] for b in changed} <= processes
            assert {b["epoch"] for b in changed} == {1}
        assert not children_of(os.getpid())
        pool.close()
        assert list(pool.compute(range(2))) == []

    def test_a_new_pass_ends_the_one_before(self):
        with running(slow_sequences.Numbers()) as pool:
            first = pool.compute(range(100))
            assert [int(next(first)[0][0, 0]) for _ in range(3)] == [0, 1, 2]
            second = pool.compute(range(50, 53))
            assert [int(x[0, 0]) for x, _ in second] == [50, 51, 52]
            assert list(first) == []

    def test_large_arrays_are_not_sent_with_each_batch(self, tmp_path):
        path = tmp_path / "images"
        path.write_bytes(bytes(8 << 20))
        sequence = slow_sequences.Images(path)
        with running(sequence) as pool:
            assert sum(map(len, pool._pickled())) < 4 << 20
            for index, (own, strided, row) in enumerate(pool.compute(range(4))):
                assert own[0, index] == 1 and own.flags.writeable
                assert strided.shape == (2, 1 << 19)
                assert row[0] == index + 1
        assert sequence.own.max() == 0
        assert sequence.mapped[:5, 0].tolist() == [1, 2, 3, 4, 0]

    def test_ends_busy_workers_with_a_full_queue(self):
        sequence = slow_sequences.Numbers(failure="hang", at=20)
        with running(sequence, max_queue_size=2) as pool:
            pool.start()
            batches = pool.compute(range(30))
            for _ in range(19):
                next(batches)
            start = time.monotonic()
        assert time.monotonic() - start < 5
        assert not children_of(os.getpid())
        assert list(batches) == []

    @pytest.mark.parametrize(
        "sequence, error, message",
        [
            (slow_sequences.Unpicklable(), ValueError, "cannot be pickled"),
            (slow_sequences.Unloadable(), RuntimeError, "could not load"),
        ],
    )
    def test_says_what_is_wrong_before_training(self, sequence, error, message):
        with pytest.raises(error, match=message):
            model().fit(
                sequence, workers=1, use_multiprocessing=True, verbose=0
            )
        assert not children_of(os.getpid())


class FitTest:
    def test_trains_evaluates_and_predicts_as_without_workers(self):
        losses = []
        for workers in (0, 2):
            random.seed(3)
            trained = model()
            trained.build((None, 3))
            trained.set_weights([np.full((3, 1), 0.1), np.zeros(1)])
            history = trained.fit(
                slow_sequences.Numbers(),
                validation_data=slow_sequences.Numbers(2),
                epochs=3,
                shuffle=False,
                workers=workers,
                use_multiprocessing=True,
                verbose=0,
            ).history
            losses.append(history["loss"] + history["val_loss"])
            assert not children_of(os.getpid())
        np.testing.assert_allclose(*losses, rtol=1e-5)

    def test_endless_sequences_and_predictions(self):
        trained = model()
        sequence = slow_sequences.Endless(workers=2, use_multiprocessing=True)
        trained.fit(sequence, steps_per_epoch=3, epochs=2, verbose=0)
        assert trained.optimizer.iterations == 6
        outputs = trained.predict(sequence, steps=4, verbose=0)
        assert outputs.shape == (8, 1)
        ratios = np.diff(outputs[::2, 0])
        np.testing.assert_allclose(ratios, ratios[0], rtol=1e-4)
        assert not children_of(os.getpid())

    @pytest.mark.parametrize(
        "failure, error, message",
        [
            ("error", FileNotFoundError, r"(?s)image-3\.png.*in fail\n"),
            ("exit", RuntimeError, r"(?s)failed: SystemExit: 7.*in fail\n"),
            ("lambda", AttributeError, "computing batch 3 of `Numbers`"),
            ("kill", RuntimeError, r"exit code -9 \(SIGKILL\). The system"),
        ],
    )
    def test_what_goes_wrong_in_a_worker_surfaces(
        self, failure, error, message
    ):
        sequence = slow_sequences.Numbers(1000, failure)
        trained = model()
        # The steps are traced, which takes a while.
        trained.fit(slow_sequences.Numbers(), verbose=0)
        start = time.monotonic()
        with pytest.raises(error, match=message) as caught:
            trained.fit(
                sequence,
                workers=2,
                use_multiprocessing=True,
                shuffle=False,
                verbose=0,
            )
        assert time.monotonic() - start < 5
        assert not children_of(os.getpid())
        text = "".join(traceback.format_exception(caught.value))
        assert "slow_sequences.py" in text or failure != "error"

    def test_generators_stay_in_the_process(self):
        batches = (slow_sequences.Numbers()[i] for i in range(3))
        with pytest.warns(UserWarning, match="no effect on a generator"):
            source = adapters.source(batches, use_multiprocessing=True)
        assert len(list(source.dataset)) == 3


class ScriptTest:
    """Scripts of their own, which end in different ways."""

    def start(self, tmp_path, text, is_interactive=False):
        path = tmp_path / "script.py"
        text = textwrap.dedent(text).replace("LIGHT", LIGHT)
        path.write_text(text)
        return subprocess.Popen(
            [sys.executable, *(["-c", text] if is_interactive else [path])],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )

    @pytest.mark.parametrize("end", ["ctrl-c", "kill"])
    def test_no_worker_outlives_its_parent(self, tmp_path, end):
        sequence = 'slow_sequences.Numbers(1000, "hang", 5)'
        script = self.start(
            tmp_path,
            (
                f"""
            LIGHT
            from tfk.data import worker_pool
            from tfk.testing import slow_sequences

            pool = worker_pool.WorkerPool({sequence}, 2, 4)
            list(pool.compute(range(1000)))
            """
                if end == "kill"
                else f"""
            import tfk
            from tfk.testing import slow_sequences

            model = tfk.Sequential([tfk.layers.Dense(1)])
            model.compile("sgd", "mse")
            model.fit(
                {sequence},
                workers=2,
                use_multiprocessing=True,
                shuffle=False,
                verbose=0,
            )
            """
            ),
        )
        try:
            while "hangs" not in (line := script.stdout.readline()):
                assert line, "The script ended."
            workers = children_of(script.pid)
            assert len(workers) == 2
            if end == "kill":
                script.kill()
            else:
                # As a terminal does, to the whole group.
                os.killpg(script.pid, signal.SIGINT)
            wait_until(lambda: not any(map(is_alive, workers)), 5)
            output = script.communicate(timeout=30)[0]
            expected = -signal.SIGKILL if end == "kill" else -signal.SIGINT
            assert script.returncode == expected, output
            assert ("KeyboardInterrupt" in output) == (end == "ctrl-c")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(script.pid, signal.SIGKILL)

    def test_scripts_need_a_guard(self, tmp_path):
        script = self.start(
            tmp_path,
            """
            LIGHT
            import os

            from tfk.data import worker_pool
            from tfk.utils import Sequence

            class Mine(Sequence):
                def __len__(self):
                    return 4

                def __getitem__(self, index):
                    return os.getpid(), __name__

            def compute():
                pool = worker_pool.WorkerPool(Mine(), 1, 4)
                return list(pool.compute(range(4)))

            if __name__ == "__main__":
                batches = compute()
                assert len({pid for pid, _ in batches} | {os.getpid()}) == 2
                assert batches[0][1] == "__mp_main__"
                iterator = worker_pool.WorkerPool(Mine(), 2, 4).compute([0, 1])
                print("guarded:", next(iterator)[1])
            try:
                compute()
            except RuntimeError as error:
                print(error)
            # The pool of the iterator is not closed.
            """,
        )
        output = script.communicate(timeout=60)[0]
        assert "guarded: __mp_main__" in output
        assert 'under `if __name__ == "__main__":`' in output
        assert script.returncode == 0 and "Traceback" not in output
        assert not children_of(script.pid)

    def test_classes_of_a_session_have_no_module(self, tmp_path):
        script = self.start(
            tmp_path,
            """
            LIGHT
            from tfk.data import worker_pool
            from tfk.utils import Sequence

            class Mine(Sequence):
                pass

            worker_pool.WorkerPool(Mine(), 1, 4)
            """,
            is_interactive=True,
        )
        output = script.communicate(timeout=60)[0]
        assert "a class of an interactive session" in output
