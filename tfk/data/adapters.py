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
from tfk.distribute import datasets
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

    @contextlib.contextmanager
    def original_errors(self):
        """Raises what a generator raised, not the error of the op around it."""
        try:
            yield
        except tf.errors.OpError:
            if not self.failures:
                raise
            raise self.failures.pop() from None


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
        workers: Threads that compute the batches of a `Sequence`. 0 computes
            them only when they are asked for.
        use_multiprocessing: Accepted; workers are threads at present.
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
            result = _from_sequence(x, shuffle, workers, max_queue_size, seed)
        elif hasattr(x, "__iter__"):
            result = _from_iterable(x, workers, max_queue_size)
        else:
            raise ValueError(
                "`x` must be arrays, a `tf.data.Dataset`, a `Sequence` or an "
                "iterable of batches. Received: "
                f"x={structure.describe(x)} of type {type(x).__name__}."
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
            stacklevel=4,
        )


def _from_arrays(x, y, sample_weight, batch_size, shuffle, steps, seed):
    data = arrays.to_named_arrays(x, y, sample_weight)
    num_rows = batches.number_of_rows(data)
    batch_size = _checked_batch_size(batch_size, steps, num_rows)
    packed = batches.pack_x_y_sample_weight(
        data["x"], data.get("y"), data.get("sample_weight")
    )
    present = _present(packed)
    if all(present):
        dataset = array_datasets.array_dataset(
            packed, num_rows, batch_size, shuffle, seed
        )
    else:
        dataset = array_datasets.array_dataset(
            _without_none(packed), num_rows, batch_size, shuffle, seed
        ).map(_packer(packed, present))
    return Source(
        dataset,
        num_batches=math.ceil(num_rows / batch_size),
        batch_size=batch_size,
        num_rows=num_rows,
    )


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


def _from_sequence(sequence, shuffle, workers, max_queue_size, seed):
    if py_dataset.length(sequence) == 0:
        raise ValueError(
            f"The data is empty: {type(sequence).__name__} has no batches "
            "(its `__len__` returns 0)."
        )
    own_workers = getattr(sequence, "workers", 1)
    if own_workers > 1:
        workers = own_workers
        max_queue_size = getattr(sequence, "max_queue_size", max_queue_size)
    generator = random if seed is None else random.Random(seed)

    def one_pass():
        order = py_dataset.indices(sequence)
        if shuffle and isinstance(order, range):
            order = generator.sample(order, len(order))
        return py_dataset.compute(
            sequence.__getitem__, order, workers, max_queue_size
        )

    def end_epoch():
        sequence.on_epoch_end()
        result.num_batches = _count(py_dataset.length(sequence))

    # Threads of `compute` fill a queue of their own.
    prefetch = {0: 0, 1: max_queue_size}.get(workers, 1)
    result = _from_passes(one_pass, sequence[0], prefetch)
    result.num_batches = _count(py_dataset.length(sequence))
    result.on_epoch_begin = getattr(sequence, "on_epoch_begin", None)
    result.on_epoch_end = end_epoch
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
        ) from None
    reusable = iterator is not iterable
    started = [itertools.chain([first], iterator)]
    del iterator

    def one_pass():
        # The first pass goes on where the look at the first batch left off.
        # Nothing else holds its iterator, so that it closes with the pass.
        if reusable:
            return started.pop() if started else iter(iterable)
        return started[0]

    result = _from_passes(one_pass, first, max_queue_size if workers else 0)
    result.reusable = reusable
    if reusable and hasattr(iterable, "__len__"):
        result.num_batches = len(iterable)
    return result


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
