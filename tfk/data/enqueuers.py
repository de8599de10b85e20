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
"""Queues of batches that threads or processes fill, for loops of your own."""

import contextlib
import itertools
import queue
import random
import threading
import warnings

from tfk.data import py_dataset
from tfk.data import worker_pool

# How often a thread that waits looks whether it is to end.
_SECONDS_BETWEEN_LOOKS = 0.1


class SequenceEnqueuer:
    """Base class of what computes batches ahead of those who ask for them.

    `fit`, `evaluate` and `predict` do this by themselves. In a training loop of
    your own use `OrderedEnqueuer` for a `Sequence` and `GeneratorEnqueuer` for
    a generator. Programs for tf.keras have them; `tf.data` serves new ones
    better.

    Arguments:
        sequence: A `Sequence`, or a generator.
        use_multiprocessing: Whether the workers are processes.
    """

    def __init__(self, sequence, use_multiprocessing=False):
        self.sequence = sequence
        self.use_multiprocessing = use_multiprocessing
        self.workers = 0
        self.queue = None
        self.stop_signal = threading.Event()
        self.run_thread = None

    def is_running(self):
        """Whether batches are computed, or wait."""
        return self.run_thread is not None and not self.stop_signal.is_set()

    def start(self, workers=1, max_queue_size=10):
        """Begins to compute batches.

        Arguments:
            workers: Integer: how many threads or processes compute them.
            max_queue_size: Integer: how many may wait.

        Raises:
            RuntimeError: If it runs already.
            ValueError: If an argument has no meaning, or the data no batch.
        """
        name = type(self).__name__
        if self.is_running():
            raise RuntimeError(
                f"`{name}.start` was called twice. Call `stop()` in between."
            )
        if max_queue_size < 1:
            raise ValueError(
                f"`max_queue_size` of `{name}.start` must be 1 or more. "
                f"Received: max_queue_size={max_queue_size!r}."
            )
        self.workers = max(int(workers), 1)
        batches = self._batches(self.workers, max_queue_size)
        self.stop_signal = threading.Event()
        self.queue = queue.Queue(max_queue_size)
        self.run_thread = threading.Thread(
            target=_fill,
            args=(self.queue, batches, self.stop_signal),
            name="tfk_enqueuer",
            daemon=True,
        )
        self.run_thread.start()

    def stop(self, timeout=None):
        """Ends the workers; batches that wait are dropped.

        Arguments:
            timeout: Seconds to wait for a batch that is being computed, None
                for as long as it takes.
        """
        self.stop_signal.set()
        self._end_workers()
        thread, self.run_thread = self.run_thread, None
        if thread is not None:
            thread.join(timeout)

    def get(self):
        """Yields the batches.

        Raises:
            Exception: What a worker raised.
        """
        while self.is_running():
            try:
                batch, error = self.queue.get(timeout=_SECONDS_BETWEEN_LOOKS)
            except queue.Empty:
                continue
            if error is None:
                yield batch
                continue
            self.stop()
            if isinstance(error, StopIteration):
                return
            raise error

    def _batches(self, workers, max_queue_size):
        """Returns a generator of what `get` yields."""
        raise NotImplementedError(
            "`SequenceEnqueuer` is a base class. Use `OrderedEnqueuer` or "
            "`GeneratorEnqueuer`."
        )

    def _end_workers(self):
        """Ends what `_batches` has started."""


def _fill(waiting, batches, stop_signal):
    """Puts batches into a queue, and at the end what ended them."""

    def put(*item):
        while not stop_signal.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(item, timeout=_SECONDS_BETWEEN_LOOKS)
                return

    with contextlib.closing(batches):
        try:
            for batch in batches:
                put(batch, None)
                if stop_signal.is_set():
                    return
        except Exception as error:
            put(None, error)
        else:
            put(None, StopIteration())


class OrderedEnqueuer(SequenceEnqueuer):
    """Computes the batches of a `Sequence` ahead, and yields them in order.

    One pass follows the other without end; `on_epoch_end` of the sequence is
    called in between.

    Arguments:
        sequence: A `Sequence`, or an object with `__getitem__` and `__len__`.
        use_multiprocessing: Whether the workers are processes, as
            `tfk.utils.Sequence` tells.
        shuffle: Whether each pass is in an order of its own, which follows
            from the seed of Python's `random`.

    Example:

    >>> class Squares(tfk.utils.Sequence):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> enqueuer = tfk.utils.OrderedEnqueuer(Squares())
    >>> enqueuer.start(workers=2)
    >>> batches = enqueuer.get()
    >>> [next(batches) for _ in range(4)]
    [(0, 0), (1, 1), (2, 4), (0, 0)]
    >>> enqueuer.stop()
    """

    def __init__(self, sequence, use_multiprocessing=False, shuffle=False):
        super().__init__(sequence, use_multiprocessing)
        self.shuffle = shuffle
        self._pool = None

    def _batches(self, workers, max_queue_size):
        count = py_dataset.length(self.sequence)
        if count == 0 or (count is None and self.shuffle):
            number = "no end" if count is None else "no batches"
            raise ValueError(
                f"The sequence of `OrderedEnqueuer` has {number}. Received: "
                f"sequence={self.sequence!r}, shuffle={self.shuffle}. Let its "
                "`__len__` return the number of batches, 1 or more."
            )
        if worker_pool.is_wanted(
            self.sequence, workers, self.use_multiprocessing
        ):
            self._pool = worker_pool.WorkerPool(
                self.sequence, workers, max_queue_size
            )
        return self._passes(workers, self._pool, random.getrandbits(32))

    def _passes(self, workers, pool, seed):
        for number in itertools.count():
            _call_if_there(self.sequence, "on_epoch_begin")
            order = py_dataset.indices(self.sequence)
            if self.shuffle:
                order = list(order)
                random.Random(f"{seed} {number}").shuffle(order)
            if pool is not None:
                yield from pool.compute(order, f"{seed} {number}")
            else:
                yield from py_dataset.compute(
                    self.sequence.__getitem__, order, workers, workers
                )
            if self.stop_signal.is_set():
                return
            _call_if_there(self.sequence, "on_epoch_end")

    def _end_workers(self):
        if self._pool is not None:
            self._pool.close()
            self._pool = None


def _call_if_there(obj, name):
    method = getattr(obj, name, None)
    if method is not None:
        method()


class GeneratorEnqueuer(SequenceEnqueuer):
    """Reads a generator ahead in a thread, and yields what it yields.

    Arguments:
        generator: A generator, or another iterator.
        use_multiprocessing: Accepted for programs for tf.keras. A generator
            can't be sent to another process; a thread takes its place.
        random_seed: Accepted for programs for tf.keras. It was for processes.

    Example:

    >>> enqueuer = tfk.utils.GeneratorEnqueuer(iter("abc"))
    >>> enqueuer.start()
    >>> list(enqueuer.get())
    ['a', 'b', 'c']
    """

    def __init__(self, generator, use_multiprocessing=False, random_seed=None):
        super().__init__(generator, use_multiprocessing)
        self.random_seed = random_seed

    def _batches(self, workers, max_queue_size):
        if self.use_multiprocessing:
            warnings.warn(
                "`GeneratorEnqueuer` reads its generator in a thread: it can't "
                "be sent to another process. Received: "
                "use_multiprocessing=True. Write a `Sequence`, for "
                "`OrderedEnqueuer`, to use processes.",
                stacklevel=3,
            )
        return (batch for batch in self.sequence)
