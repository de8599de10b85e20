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
"""Worker processes that compute the batches of a `Sequence`.

They are new processes of Python, never forks: to fork a process in which
TensorFlow runs threads leads to deadlocks.
"""

import ast
import collections
import contextlib
import hashlib
import mmap
import os
import pickle
import pickletools
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import weakref
from multiprocessing import connection
from typing import Any
from typing import Iterable
from typing import Iterator

import numpy as np

from tfk.data import worker_process

# One batch is computed, and one waits so that the worker goes on at once.
_TASKS_PER_WORKER = 2
# How often to look for workers that died without closing their connection.
_SECONDS_BETWEEN_LOOKS = 0.5
# How long a worker may take to end by itself, and after it is told again.
_SECONDS_TO_END = 0.5


class WorkerPool:
    """Computes batches of a sequence in worker processes.

    The sequence is pickled; each worker has a copy, and gets a new one at the
    start of a pass if the sequence has changed since the last one. What a
    worker changes in its copy stays there. Workers see no GPU.

    Arguments:
        sequence: `Sequence`, or any object with `__getitem__`.
        workers: Integer: how many processes.
        max_queue_size: Integer: how many batches may wait for the model. Half
            of them wait here, for a slower one before them; `prefetch` tells
            how many the dataset should hold.

    Raises:
        ValueError: If the sequence cannot be pickled.
        RuntimeError: If the workers would run the script anew, since it has
            no `if __name__ == "__main__":`.
    """

    def __init__(self, sequence: Any, workers: int, max_queue_size: int):
        self.prefetch = max(1, (max_queue_size + 1) // 2)
        self._sequence = sequence
        self._name = type(sequence).__name__
        self._num_workers = workers
        self._window = workers + max_queue_size // 2
        self._lock = threading.Lock()
        self._workers = []
        self._finalizer = weakref.finalize(
            self, _stop, self._workers, os.getpid()
        )
        self._is_closed = False
        self._digest = None
        # The number of the present pass, and its batches by their position.
        self._pass = 0
        self._results = {}
        _check_main(self._pickled()[0], self._name)

    def start(self):
        """Starts the workers, and does not wait for them."""
        if self._workers or self._is_closed:
            return
        settings = worker_process.pack(
            {"path": sys.path, "argv": sys.argv, "main": _main_module()}
        )
        for _ in range(self._num_workers):
            worker = _Worker()
            self._workers.append(worker)
            self._send(worker, settings)
        self._send_sequence()

    def wait_until_ready(self):
        """Waits until all workers have loaded the sequence.

        Raises:
            RuntimeError: If one can't.
        """
        while not all(worker.is_ready for worker in self._workers):
            with self._lock:
                if self._is_closed:
                    return
                self._read_replies()
            self._wait()

    def compute(self, indices: Iterable, seed: Any = "") -> Iterator:
        """Yields the batches of one pass in order.

        A later pass ends this one.

        Arguments:
            indices: Indices of batches.
            seed: What the random draws in a batch follow from, with its
                index: those of `random`, of `np.random` and of `tf.random`
                without a generator of their own.

        Raises:
            Exception: What a worker raised, its traceback in a note.
            RuntimeError: If a worker died.
        """
        with self._lock:
            self._pass += 1
            number, self._results = self._pass, {}
            self.start()
            self._send_sequence()
        indices = iter(indices)
        num_given = num_done = 0
        is_all = False
        while True:
            with self._lock:
                if self._is_closed or number != self._pass:
                    return
                self._read_replies()
                while num_given - num_done < self._window and not is_all:
                    worker = min(self._workers, key=lambda w: len(w.tasks))
                    if len(worker.tasks) >= _TASKS_PER_WORKER:
                        break
                    for index in indices:
                        self._ask(worker, (number, num_given), index, seed)
                        num_given += 1
                        break
                    else:
                        is_all = True
                is_there = num_done in self._results
                batch = self._results.pop(num_done, None)
            if is_there:
                yield batch
                num_done += 1
            elif is_all and num_given == num_done:
                return
            else:
                self._wait()

    def close(self):
        """Ends all workers, those that compute too. It can be called twice."""
        self._is_closed = True
        for worker in self._workers:
            worker.disconnect()
        with self._lock:
            self._finalizer()

    # The parent's side of the conversation

    def _pickled(self):
        try:
            return worker_process.pack(self._sequence, _Pickler)
        except Exception as error:
            raise ValueError(
                f"`use_multiprocessing=True` sends `{self._name}` to worker "
                f"processes, and it cannot be pickled: {error}. Define its "
                "class at the top of a module, leave open files, locks, "
                "lambdas and generators out by a `__getstate__` and open them "
                "in `__getitem__`; or use threads "
                "(`use_multiprocessing=False`)."
            ) from error

    def _send_sequence(self):
        parts = self._pickled()
        digest = hashlib.blake2b()
        for part in parts:
            digest.update(part)
        if digest.digest() == self._digest:
            return
        self._digest = digest.digest()
        message = worker_process.pack(
            ("sequence", [len(part) for part in parts])
        )
        # A file without a name: no worker waits for another, and nothing is
        # left, whatever happens.
        with tempfile.TemporaryFile() as file:
            worker_process.write_parts(file, parts)
            for worker in self._workers:
                self._send(worker, message, file.fileno())

    def _ask(self, worker, ticket, index, seed):
        worker.tasks[ticket] = index
        message = ("batch", ticket, index, f"{seed} {index}")
        self._send(worker, worker_process.pack(message))

    def _send(self, worker, parts, handle=None):
        try:
            worker_process.send(worker.socket, parts)
            if handle is not None:
                socket.send_fds(worker.socket, [b" "], [handle])
        except OSError:
            if not self._is_closed:
                raise self._death_of(worker) from None

    def _wait(self):
        """Waits for a reply, but not for long."""
        try:
            connection.wait(
                [worker.socket for worker in self._workers],
                _SECONDS_BETWEEN_LOOKS,
            )
        except (OSError, ValueError):
            if not self._is_closed:
                raise

    def _read_replies(self):
        """Takes in what has arrived."""
        sockets = {worker.socket: worker for worker in self._workers}
        for ready in connection.wait(list(sockets), 0):
            worker = sockets.pop(ready)
            try:
                kind, *content = worker_process.receive(ready)
            except (EOFError, OSError):
                if self._is_closed:
                    return
                raise self._death_of(worker) from None
            if kind == "error":
                self._take_error(worker, *content)
            elif kind == "batch":
                self._take_batch(worker, *content)
            else:
                worker.is_ready = True
        for worker in sockets.values():
            if worker.process.poll() is not None and not self._is_closed:
                raise self._death_of(worker)

    def _take_batch(self, worker, ticket, batch):
        del worker.tasks[ticket]
        if ticket[0] == self._pass:
            self._results[ticket[1]] = batch

    def _take_error(self, worker, ticket, error, name, text):
        pid = worker.process.pid
        if ticket is None:
            failure = RuntimeError(
                f"A worker process could not load `{self._name}`: {name}. Its "
                "class and all that it holds must be importable in a new "
                "process: define them at the top of a module, and start the "
                'training of a script under `if __name__ == "__main__":`.'
            )
            failure.add_note(f"Traceback of worker process {pid}:\n{text}")
            raise failure
        index = worker.tasks.pop(ticket)
        if ticket[0] != self._pass:
            return
        where = f"batch {index} of `{self._name}`"
        if error is not None:
            failure = pickle.loads(error)
        else:
            failure = RuntimeError(f"Computing {where} failed: {name}")
        failure.add_note(
            f"Traceback of worker process {pid}, computing {where}:\n{text}"
        )
        raise failure

    def _death_of(self, worker):
        """Returns the error that says how a worker died."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(_SECONDS_TO_END)
        code = worker.process.poll()
        if worker.tasks:
            index = next(iter(worker.tasks.values()))
            moment = f"when batch {index} was its next"
        else:
            moment = "while it waited" if worker.is_ready else "at its start"
        kind = WorkerInterrupted if code == -signal.SIGINT else RuntimeError
        return kind(
            f"Worker process {worker.process.pid} of `{self._name}` ended "
            f"{moment}. Received: exit code {_code_name(code)}. {_advice(code)}"
        )


class WorkerInterrupted(RuntimeError):
    """Ctrl-C ended a worker, as it ends all processes of a terminal."""


class _Worker:
    """The parent's view of a worker process."""

    def __init__(self):
        self.socket, theirs = socket.socketpair()
        self.is_ready = False
        # Indices by tickets, in the order in which they are computed.
        self.tasks = collections.OrderedDict()
        # A worker that imports TensorFlow must not take the GPU's memory.
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
        with theirs, _interrupts_blocked():
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    worker_process.__file__,
                    str(theirs.fileno()),
                ],
                stdin=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                env=environment,
            )

    def disconnect(self):
        """Tells the process to end once its batch is computed."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def wait(self, deadline):
        """Whether the process has ended before a time."""
        try:
            self.process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True


def _stop(workers, owner):
    """Ends processes: asked to, told to, and then killed."""
    if os.getpid() != owner:
        # A fork of the process that has started them.
        return
    for worker in workers:
        worker.disconnect()
    for end in (
        lambda worker: None,
        lambda worker: worker.process.stdin.close(),
        lambda worker: worker.process.kill(),
    ):
        deadline = time.monotonic() + _SECONDS_TO_END
        for worker in workers:
            if worker.process.poll() is None:
                end(worker)
        for worker in workers:
            worker.wait(deadline)
    for worker in workers:
        worker.process.stdin.close()
        worker.socket.close()


@contextlib.contextmanager
def _interrupts_blocked():
    """Lets a new process start without being interrupted by Ctrl-C.

    It inherits the mask; this process gets the signal afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Pickler(pickle.Pickler):
    """Pickles memory-mapped files by their names."""

    def reducer_override(self, value):
        if isinstance(value, np.memmap) and isinstance(value.base, mmap.mmap):
            if value.filename is not None:
                mode = "r+" if value.mode == "w+" else value.mode
                order = "C" if value.flags.c_contiguous else "F"
                arguments = (value.filename, value.dtype, mode)
                arguments += (value.offset, value.shape, order)
                return np.memmap, arguments
        return NotImplemented


# The script of the parent


def _main_module():
    """Returns how to import the script that runs, {} if there is none."""
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return {"init_main_from_name": spec.name}
    path = getattr(main, "__file__", None)
    if path is None or not os.path.exists(path):
        return {}
    return {"init_main_from_path": os.path.abspath(path)}


def _check_main(stream, name):
    """Checks that workers can import the script, if the pickle needs it."""
    if _is_worker():
        raise RuntimeError(_no_guard(name))
    if not _names_main(bytes(stream)):
        return
    if not _main_module():
        raise ValueError(
            f"`use_multiprocessing=True` needs `{name}` in a module that "
            "worker processes can import. Received: a class of an interactive "
            "session. Write it into a file and import it from there; or use "
            "threads (`use_multiprocessing=False`)."
        )
    if _runs_unguarded():
        raise RuntimeError(_no_guard(name))


def _no_guard(name):
    return (
        f"`use_multiprocessing=True` starts worker processes that import this "
        f"script for its `{name}`, and they would run the training in it too. "
        'Put what the script does under `if __name__ == "__main__":`, or '
        f"move `{name}` to a module of its own."
    )


def _is_worker():
    """Whether this is a worker, which imports its parent's script."""
    path = getattr(sys.modules["__main__"], "__file__", None) or ""
    return os.path.realpath(path) == os.path.realpath(worker_process.__file__)


def _names_main(stream):
    return b"__main__" in stream and any(
        argument == "__main__" for _, argument, _ in pickletools.genops(stream)
    )


def _runs_unguarded():
    """Whether the script calls this from a line that each import runs."""
    frame = sys._getframe()
    while frame is not None:
        is_main = frame.f_globals.get("__name__") == "__main__"
        if is_main and frame.f_code.co_name == "<module>":
            break
        frame = frame.f_back
    else:
        return False
    try:
        with open(frame.f_code.co_filename, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return False
    return not any(
        isinstance(node, ast.If)
        and node.lineno <= frame.f_lineno <= node.end_lineno
        for node in ast.walk(tree)
    )


# How workers end


def _code_name(code):
    if code is None:
        return "unknown"
    if code >= 0:
        return str(code)
    try:
        return f"{code} ({signal.Signals(-code).name})"
    except ValueError:
        return str(code)


def _advice(code):
    if code == -signal.SIGKILL:
        return (
            "The system kills processes when memory runs out: use fewer "
            "`workers`, a smaller `max_queue_size`, or smaller batches."
        )
    if code == -signal.SIGINT:
        return "It was interrupted, as by Ctrl-C."
    return (
        "Its own messages stand above; to see where it fails, compute the "
        "batches in this process (`workers=0`)."
    )


def is_wanted(sequence: Any, workers: int, use_multiprocessing: bool) -> bool:
    """Whether worker processes compute the batches of a sequence.

    Arguments:
        sequence: The sequence.
        workers: Integer; 0 computes them where they are asked for.
        use_multiprocessing: What `fit` was told; the sequence may want it too.
    """
    wanted = use_multiprocessing or getattr(
        sequence, "use_multiprocessing", False
    )
    if wanted and workers and not hasattr(socket, "send_fds"):
        warnings.warn(
            "Worker processes need Unix; threads take their place. Received: "
            f"use_multiprocessing=True on {sys.platform}.",
            stacklevel=5,
        )
        return False
    return bool(wanted and workers > 0)
