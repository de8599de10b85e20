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
"""Sources: whatever `fit` gets as data becomes a `tf.data.Dataset`."""

import contextlib
import dataclasses
import itertools
import math
import random
import warnings
from typing import Any
from typing import Callable

import tensorflow as tf

from tfk.data import array_datasets
from tfk.data import arrays
from tfk.data import batches
from tfk.data import class_weights
from tfk.data import py_dataset
from tfk.data import worker_pool
from tfk.distribute import datasets
from tfk.utils import caller
from tfk.utils import structure

DEFAULT_BATCH_SIZE = 32


@dataclasses.dataclass
class Source:
    """Data in the form that loops use, and what is known about it.

    Arguments:
        dataset: A `tf.data.Dataset` (or a distributed one, or a
            `DatasetCreator`) of `x`, `(x,)`, `(x, y)` or
            `(x, y, sample_weight)`. Inputs alone stand bare (except a tuple),
            as a `train_step` written for tf.keras expects.
        num_batches: Batches in a pass; `None` if unknown,
            `tf.data.INFINITE_CARDINALITY` (-1) if there is no end.
        batch_size: Rows in a batch, `None` if unknown.
        num_rows: Rows in a pass, `None` if unknown.
        on_epoch_begin: Function to call before each epoch, or `None`.
        on_epoch_end: Function to call after each epoch, or `None`. It brings
            `num_batches` up to date where that may change.
        reusable: Whether each new iterator makes a new pass, in a new order if
            shuffled. If not (a Python generator) there is one pass: keep one
            iterator for all epochs.
        spec: The spec of the elements if it is known better than by the
            dataset: generators are free to change every axis, so their dataset
            has no static axes, and this is the spec of the first batch.
        failures: Exceptions raised by Python code that computes the data.
        kind: What it is made of: "arrays", "dataset", "sequence", "iterable".
        seed: Seed of the orders, where they follow from one.
        start_at: Function of whole passes that came before, of batches of the
            next one, and of the seed, that returns the dataset of all that
            follows, without end, or None if the present one yields it from
            now on. Itself None where batches can only be read and passed over.
        workers: The `WorkerPool` that computes the data, or `None`.
        inputs: What of arrays are the inputs, or `None`.
        with_inputs: Function of other inputs of as many rows that returns a
            source of arrays in the same order, or `None`.
        is_preprocessed: Whether `replace_inputs` was called.
    """

    dataset: Any
    num_batches: int | None = None
    batch_size: int | None = None
    num_rows: int | None = None
    on_epoch_begin: Callable | None = None
    on_epoch_end: Callable | None = None
    reusable: bool = True
    spec: Any = None
    failures: list = dataclasses.field(default_factory=list)
    kind: str = "dataset"
    seed: int | None = None
    start_at: Callable | None = None
    workers: worker_pool.WorkerPool | None = None
    inputs: Any = None
    with_inputs: Callable | None = None
    is_preprocessed: bool = False
    _class_weights: tuple | None = None

    @property
    def element_spec(self) -> Any:
        """What to build a model from; the first axis (of rows) is unknown."""
        if self.spec is not None:
            return self.spec
        return getattr(self.dataset, "element_spec", None)

    def weigh_classes(self, class_weight: Any, outputs: Any = None):
        """Multiplies weights of classes into the sample weights.

        Arguments:
            class_weight: See `class_weights.weigh_dataset`.
            outputs: The same.
        """
        if not isinstance(self.dataset, tf.data.Dataset):
            raise ValueError(
                "`class_weight` cannot be applied to a dataset that is already "
                f"distributed. Received: {type(self.dataset).__name__}. Yield "
                "`(x, y, sample_weight)` from the dataset instead."
            )
        self.dataset = class_weights.weigh_dataset(
            self.dataset, class_weight, self.spec, outputs
        )
        if self.spec is not None:
            x, y, _ = batches.unpack_x_y_sample_weight(self.spec)
            spec = self.dataset.element_spec
            self.spec = (x, y, batches.unpack_x_y_sample_weight(spec)[2])
        self._class_weights = (class_weight, outputs)

    def move_to(self, num_passes: int, num_batches: int, seed: int | None):
        """Lets the dataset begin later than at its start.

        Arguments:
            num_passes: How many whole passes came before.
            num_batches: How many batches of the next pass did.
            seed: The `seed` of the source that yielded them.
        """
        dataset = self.start_at(num_passes, num_batches, seed)
        self.seed = seed
        if dataset is None:
            return
        self.dataset = dataset
        if self._class_weights is not None:
            self.weigh_classes(*self._class_weights)

    def replace_inputs(self, inputs: Any):
        """Puts other inputs in the place of those of arrays, row by row.

        Call it before the source is moved.

        Arguments:
            inputs: Structure of arrays with as many rows.
        """
        other = self.with_inputs(inputs)
        self.dataset, self.start_at = other.dataset, other.start_at
        self.inputs, self.is_preprocessed = inputs, True
        if self._class_weights is not None:
            self.weigh_classes(*self._class_weights)

    @contextlib.contextmanager
    def original_errors(self):
        """Raises what a generator raised, not the error of the op around it."""
        try:
            yield
        except tf.errors.OpError:
            if not self.failures:
                raise
            failure = self.failures.pop()
            if isinstance(failure, worker_pool.WorkerInterrupted):
                # Python may lose the signal that came to this process.
                raise KeyboardInterrupt from None
            raise failure from None
        except RuntimeError as error:
            # What TensorFlow makes of Ctrl-C while it raises another error.
            if "REPLACED BY KeyboardInterrupt" not in str(error):
                raise
            raise KeyboardInterrupt from None

    @contextlib.contextmanager
    def running(self, *others: "Source"):
        """Within it, worker processes run; errors are the original ones.

        Arguments:
            *others: Sources that are used in the same context.
        """
        sources = (self, *others)
        pools = [source.workers for source in sources if source.workers]
        with contextlib.ExitStack() as stack:
            for source in sources:
                stack.enter_context(source.original_errors())
            for pool in pools:
                stack.callback(pool.close)
                pool.start()
            for pool in pools:
                pool.wait_until_ready()
            yield


def source(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    shuffle: bool | str | None = False,
    steps: int | None = None,
    workers: int = 1,
    use_multiprocessing: bool = False,
    max_queue_size: int = 10,
    seed: int | None = None,
) -> Source:
    """Turns data of any kind into a `Source`.

    Arguments:
        x: Arrays of any kind (see `arrays.to_arrays`), a `tf.data.Dataset`, a
            distributed dataset, a `DatasetCreator`, a `Sequence`, or a Python
            generator, iterator or iterable of batches (a PyTorch `DataLoader`
            for instance).
        y: Targets, for arrays only.
        sample_weight: Weights of the rows, for arrays only.
        batch_size: Rows in a batch, for arrays only; 32 by default.
        shuffle: Whether each pass goes over the rows of arrays, or the batches
            of a `Sequence`, in a new order. `"batch"` keeps the rows of each
            batch together. Other data stays in its order.
        steps: Batches in an epoch. With arrays and no `batch_size` the rows
            are dealt out to so many batches.
        workers: Threads or processes that compute the batches of a `Sequence`.
            0 computes them only when they are asked for.
        use_multiprocessing: Whether the workers of a `Sequence` are processes.
        max_queue_size: How many computed batches may wait.
        seed: Seed of the orders; by default that of `tf.random.set_seed` (and
            of Python's `random` for a `Sequence`).

    Returns:
        A `Source`.

    Raises:
        ValueError: If the data cannot be read or does not fit together.
    """
    if x is None:
        raise ValueError(
            "There is no data: `x` must be arrays, a dataset, a `Sequence` or "
            "a generator. Received: x=None."
        )
    if arrays.is_in_memory(x):
        result = _from_arrays(
            x, y, sample_weight, batch_size, shuffle, steps, seed
        )
    else:
        _check_alone(x, y, sample_weight, batch_size)
        if isinstance(x, tf.data.Dataset):
            result = _from_dataset(x)
        elif datasets.is_distributed(x):
            result = Source(x)
        elif _is_sequence(x):
            result = _from_sequence(
                x, shuffle, workers, use_multiprocessing, max_queue_size, seed
            )
        elif hasattr(x, "__iter__"):
            if use_multiprocessing:
                _warn_of_processes(x)
            result = _from_iterable(x, workers, max_queue_size)
        else:
            raise ValueError(
                "`x` must be arrays, a `tf.data.Dataset`, a `Sequence` or an "
                "iterable of batches. Received: "
                f"x={structure.describe(x)} of type {type(x).__name__}. Call a "
                "function that yields batches, and pass what it returns."
            )
    return result


def _check_alone(x, y, sample_weight, batch_size):
    """Data that brings its own targets and batches takes no others."""
    kind = type(x).__name__
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"`{name}` must be None if `x` is a dataset, `Sequence` or "
                f"generator: these yield `(x, y, sample_weight)` themselves. "
                f"Received: x of type {kind}, "
                f"{name}={structure.describe(value)}. Put `{name}` into what "
                "`x` yields."
            )
    if batch_size is not None:
        warnings.warn(
            "`batch_size` has no effect on a dataset, `Sequence` or generator, "
            f"which yield whole batches. Received: batch_size={batch_size} "
            f"with x of type {kind}. Batch the data itself, as in "
            "`dataset.batch(32)`.",
            stacklevel=caller.stacklevel(),
        )


def _from_arrays(x, y, sample_weight, batch_size, shuffle, steps, seed):
    data = arrays.to_named_arrays(x, y, sample_weight)
    num_rows = batches.number_of_rows(data)
    batch_size = _checked_batch_size(batch_size, steps, num_rows)
    if shuffle and seed is None:
        seed = _draw_seed()
    return _source_of_arrays(data, num_rows, batch_size, shuffle, seed)


def _source_of_arrays(named, num_rows, batch_size, shuffle, seed):
    """Returns the source of converted arrays.

    Arguments:
        named: Dict of `x`, and `y` and `sample_weight` if there are any.
        num_rows: How many rows they have.
        batch_size: Rows in a batch.
        shuffle: As for `source`.
        seed: Integer seed of the orders, or None if there are none.
    """
    packed = batches.pack_x_y_sample_weight(
        named["x"], named.get("y"), named.get("sample_weight")
    )
    present = _present(packed)
    data = packed if all(present) else _without_none(packed)

    def finished(dataset):
        return (
            dataset if all(present) else dataset.map(_packer(packed, present))
        )

    def start_at(num_passes, num_batches, seed):
        return finished(
            array_datasets.array_dataset_from(
                data,
                num_rows,
                batch_size,
                shuffle,
                seed,
                num_passes,
                num_batches,
            )
        )

    def with_inputs(inputs):
        return _source_of_arrays(
            {**named, "x": inputs}, num_rows, batch_size, shuffle, seed
        )

    can_start_anywhere = array_datasets.can_start_anywhere(data)
    return Source(
        finished(
            array_datasets.array_dataset(
                data, num_rows, batch_size, shuffle, seed
            )
        ),
        num_batches=math.ceil(num_rows / batch_size),
        batch_size=batch_size,
        num_rows=num_rows,
        kind="arrays",
        seed=seed if shuffle else None,
        start_at=start_at if can_start_anywhere else None,
        inputs=named["x"],
        with_inputs=with_inputs,
    )


def _draw_seed():
    """Draws a seed that follows from `tf.random.set_seed`."""
    return int(tf.random.uniform((), maxval=2**31 - 1, dtype=tf.int32))


def _checked_batch_size(batch_size, steps, num_rows):
    if batch_size is None:
        return math.ceil(num_rows / steps) if steps else DEFAULT_BATCH_SIZE
    if int(batch_size) != batch_size or batch_size < 1:
        raise ValueError(
            "`batch_size` must be a positive integer. Received: "
            f"batch_size={batch_size!r}."
        )
    return int(batch_size)


def _from_dataset(dataset):
    cardinality = int(dataset.cardinality())
    unknown = cardinality == tf.data.UNKNOWN_CARDINALITY
    return Source(dataset, num_batches=None if unknown else cardinality)


def _is_sequence(x):
    """Also those of other packages: they know lengths and epochs."""
    return isinstance(x, py_dataset.Sequence) or all(
        hasattr(x, name) for name in ("__getitem__", "__len__", "on_epoch_end")
    )


def _warn_of_processes(iterable):
    warnings.warn(
        "`use_multiprocessing=True` has no effect on a generator or iterable, "
        "which cannot be sent to other processes. Received: x of type "
        f"{type(iterable).__name__}. Write a `keras.utils.Sequence`, whose "
        "batches are computed by index, to use worker processes.",
        stacklevel=caller.stacklevel(),
    )


def _from_sequence(
    sequence, shuffle, workers, use_multiprocessing, max_queue_size, seed
):
    if py_dataset.length(sequence) == 0:
        raise ValueError(
            f"The data is empty: {type(sequence).__name__} has no batches "
            "(its `__len__` returns 0)."
        )
    own_workers = getattr(sequence, "workers", 1)
    if own_workers > 1:
        workers = own_workers
        max_queue_size = getattr(sequence, "max_queue_size", max_queue_size)
    pool = None
    if worker_pool.is_wanted(sequence, workers, use_multiprocessing):
        pool = worker_pool.WorkerPool(sequence, workers, max_queue_size)
    if (shuffle or pool is not None) and seed is None:
        seed = random.getrandbits(32)
    # Where the next pass begins: passes and batches that came before, seed.
    start = [0, 0, seed]

    def one_pass():
        number, first, seed = start
        start[:2] = number + 1, 0
        order = py_dataset.indices(sequence)
        if shuffle and isinstance(order, range):
            generator = random.Random(f"{seed} {number}")
            order = generator.sample(order, len(order))
        order = itertools.islice(order, first, None)
        if pool is not None:
            return pool.compute(order, f"{seed} {number}")
        return py_dataset.compute(
            sequence.__getitem__, order, workers, max_queue_size
        )

    def start_at(*position):
        start[:] = position

    def end_epoch():
        sequence.on_epoch_end()
        result.num_batches = _count(py_dataset.length(sequence))

    # Threads of `compute` fill a queue of their own.
    prefetch = {0: 0, 1: max_queue_size}.get(workers, 1)
    if pool is not None:
        prefetch = pool.prefetch
    result = _from_passes(one_pass, sequence[0], prefetch)
    result.num_batches = _count(py_dataset.length(sequence))
    result.on_epoch_begin = getattr(sequence, "on_epoch_begin", None)
    result.on_epoch_end = end_epoch
    result.kind = "sequence"
    result.seed = seed
    result.start_at = start_at
    result.workers = pool
    return result


def _count(length):
    return tf.data.INFINITE_CARDINALITY if length is None else length


def _from_iterable(iterable, workers, max_queue_size):
    iterator = iter(iterable)
    try:
        first = next(iterator)
    except StopIteration:
        raise ValueError(
            f"The data is empty: {type(iterable).__name__} yielded no batch."
            " A generator makes one pass: make a new one, or check its source."
        ) from None
    reusable = iterator is not iterable
    count = _length(iterable) if reusable else None
    started = [itertools.chain([first], iterator)]
    del iterator

    def one_pass():
        # The first pass goes on where the look at the first batch left off.
        # Nothing else holds its iterator, so that it closes with the pass.
        if reusable:
            return _with_length(
                started.pop() if started else iter(iterable),
                count,
                type(iterable).__name__,
            )
        return started[0]

    result = _from_passes(one_pass, first, max_queue_size if workers else 0)
    result.reusable = reusable
    result.num_batches = count
    return result


def _length(iterable):
    """Returns the number of batches of an iterable, None if it can't tell.

    A PyTorch `DataLoader` always has `__len__`, and raises `TypeError` where
    its data has no length.
    """
    try:
        return len(iterable)
    except (NotImplementedError, TypeError):
        return None


def _with_length(iterator, count, kind):
    """Yields what an iterator does, and raises if that is too little."""
    found = 0
    for element in iterator:
        found += 1
        yield element
    if count is not None and found < count:
        raise ValueError(
            f"The data ended early: {kind} yielded {found} batches, and its "
            f"`__len__` says {count}. Correct `__len__`, or leave it out: the "
            "length is learnt in the first epoch."
        )


def _from_passes(one_pass, first, prefetch):
    """Makes a dataset of passes over batches that Python code computes."""
    first = _to_batch(first)
    paths = structure.paths(first)
    pack = _packer(first, _present(first))
    tensors = [arrays.to_tensor(leaf) for leaf in _without_none(first)]
    failures = []

    def elements():
        try:
            for element in one_pass():
                yield _leaves(_to_batch(element), paths)
        except Exception as error:
            failures.append(error)
            raise

    dataset = tf.data.Dataset.from_generator(
        elements, output_signature=tuple(map(_free_spec, tensors))
    ).map(pack)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    dataset = dataset.with_options(options)
    return Source(
        dataset.prefetch(prefetch) if prefetch else dataset,
        batch_size=_rows_of(tensors),
        spec=pack(*map(_first_spec, tensors)),
        failures=failures,
        kind="iterable",
    )


def _to_batch(element):
    """Converts what a generator yields to arrays, packed as a batch."""
    parts = [
        arrays.to_arrays(part, name, scalars=True)
        for name, part in zip(
            ("x", "y", "sample_weight"),
            batches.unpack_x_y_sample_weight(element),
        )
    ]
    return batches.pack_x_y_sample_weight(*parts)


def _leaves(batch, expected_paths):
    paths = structure.paths(batch)
    if paths != expected_paths:
        raise ValueError(
            "Every batch of a generator must have the structure of the first. "
            f"The first had {expected_paths}. Received a batch with {paths}."
        )
    return tuple(
        arrays.to_tensor(leaf) if isinstance(leaf, arrays.RowReader) else leaf
        for leaf in _without_none(batch)
    )


def _present(structure_):
    return [leaf is not None for leaf in tf.nest.flatten(structure_)]


def _without_none(structure_):
    """Returns the leaves that a dataset can hold, as a tuple."""
    return tuple(x for x in tf.nest.flatten(structure_) if x is not None)


def _packer(template, present):
    """Returns a function that puts leaves, and `None`s, back in place."""

    @tf.autograph.experimental.do_not_convert
    def pack(*leaves):
        leaves = iter(leaves)
        return tf.nest.pack_sequence_as(
            template, [next(leaves) if there else None for there in present]
        )

    return pack


def _rows_of(tensors):
    shape = tensors[0].shape if tensors else ()
    return shape[0] if len(shape) else None


def _free_spec(tensor):
    return _spec_with_shape(tensor, [None] * tensor.shape.rank)


def _first_spec(tensor):
    shape = tensor.shape.as_list()
    return _spec_with_shape(tensor, [None] * len(shape[:1]) + shape[1:])


def _spec_with_shape(tensor, shape):
    if isinstance(tensor, tf.RaggedTensor):
        return tf.RaggedTensorSpec(
            shape, tensor.dtype, tensor.ragged_rank, tensor.row_splits.dtype
        )
    if isinstance(tensor, tf.SparseTensor):
        return tf.SparseTensorSpec(shape, tensor.dtype)
    return tf.TensorSpec(shape, tensor.dtype)
