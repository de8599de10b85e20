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
"""`Sequence` (`PyDataset`): batches computed in Python, by index."""

import collections
import itertools
from concurrent import futures
from typing import Any
from typing import Callable
from typing import Iterable
from typing import Iterator


class Sequence:
    """Gives batches by index, computed by Python code of yours.

    Use it for data that neither fits into memory nor into a `tf.data`
    pipeline: files read by a Python library, batches built on the fly. Every
    index is asked for once an epoch, so nothing is lost or doubled, however
    many threads compute batches. A subclass writes `__getitem__` and `__len__`.

    Arguments:
        workers: How many threads or processes compute batches at once. `fit`,
            `evaluate` and `predict` take it too, for sequences that leave it
            at 1. With 0, batches are computed only when they are asked for.
        use_multiprocessing: Whether the workers are processes; `fit`,
            `evaluate` and `predict` take it too. Reading files and NumPy
            operations release the interpreter lock, so that threads serve them
            well; processes are for work in Python itself.
        max_queue_size: How many batches may wait for the model.

    Example:

    >>> from tfk.data import py_dataset
    >>> class Squares(py_dataset.Sequence):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, index):
    ...         x = np.arange(index, index + 2, dtype="float32")
    ...         return x, x**2
    >>> for x, y in Squares():
    ...     print(x, y)
    [0. 1.] [0. 1.]
    [1. 2.] [1. 4.]
    [2. 3.] [4. 9.]

    A subclass without `__len__` is endless: pass `steps_per_epoch` to `fit`.

    **Worker processes** are new interpreters, not forks. They import the module
    of your class and unpickle the sequence, so:

    - Define the class at the top of a module. Best of one that imports neither
      TensorFlow nor more of tfk than `tfk.utils.Sequence`: then a worker starts
      in a fraction of a second. If the class is in the script that is run, what
      the script does must stand under `if __name__ == "__main__":`.
    - Leave open files, locks and lambdas out by a `__getstate__`.
    - `on_epoch_begin` and `on_epoch_end` run in the parent, and the workers get
      the sequence as it is at the start of each epoch, if it has changed.
      Changes that `__getitem__` makes stay in its worker.
    - `random`, `np.random` and `tf.random` are seeded for each batch, from the
      seed of the training: draws are the same with any number of workers. A
      generator that the sequence holds is copied to all workers in one state.
    - Workers see no GPU.

    An exception in a worker is raised by `fit`, the worker's traceback in its
    notes; so is its death. No worker outlives `fit`.
    """

    # Class attributes, since many subclasses do not call this constructor.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index):
        """Returns batch `index`: `x`, `(x, y)` or `(x, y, sample_weight)`."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `__getitem__(self, index)`, "
            "which returns the batch `(x, y)` at `index`."
        )

    def __len__(self):
        """Returns the number of batches in the current epoch."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `__len__(self)`, the "
            "number of batches."
        )

    @property
    def num_batches(self):
        """The number of batches in the current epoch, `None` for no end."""
        return length(self)

    def on_epoch_begin(self):
        """Called before each epoch."""

    def on_epoch_end(self):
        """Called after each epoch; may change the batches and their number."""

    def __iter__(self):
        return (self[index] for index in indices(self))


# The name of `Sequence` in Keras 3.
PyDataset = Sequence


def length(sequence: Any) -> int | None:
    """Returns the number of batches, or None for an endless sequence."""
    if not hasattr(sequence, "__len__"):
        return None
    try:
        return len(sequence)
    except NotImplementedError:
        return None


def indices(sequence: Any) -> Iterable[int]:
    """Returns the indices of one pass in their order."""
    count = length(sequence)
    return itertools.count() if count is None else range(count)


def compute(
    function: Callable, arguments: Iterable, workers: int, max_queue_size: int
) -> Iterator:
    """Yields `function(argument)` in order, computed in threads.

    At most `max_queue_size` results wait. An exception surfaces in its turn.
    All threads end when the generator ends or is closed, after the call that
    they are in.
    """
    if workers <= 1:
        yield from map(function, arguments)
        return
    arguments = iter(arguments)
    pool = futures.ThreadPoolExecutor(workers, "tfk_sequence")
    waiting = collections.deque()
    try:
        for argument in itertools.islice(
            arguments, max(workers, max_queue_size)
        ):
            waiting.append(pool.submit(function, argument))
        while waiting:
            result = waiting.popleft().result()
            for argument in itertools.islice(arguments, 1):
                waiting.append(pool.submit(function, argument))
            yield result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
