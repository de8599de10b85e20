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
"""How preprocessing that `fit` moves into the input pipeline runs there."""

import dataclasses
import os
import shutil
import tempfile
import weakref

import numpy as np
import tensorflow as tf

from tfk.data import arrays

_MEMORY = "memory"


@dataclasses.dataclass(frozen=True)
class LiftOptions:
    """Options for preprocessing layers that run in the input pipeline.

    To be given to `compile(lift_preprocessing=...)`. They are about the layers
    before any random one; each of these must treat a row as it does whatever
    the rows beside it.

    Arguments:
        cache: `"memory"`, or a folder for files, to preprocess the data of
            `fit` once, validation data too. Arrays are preprocessed before the
            first epoch, and shuffled as they would be without a cache. Of
            datasets and iterables, later epochs take the batches of the first
            one in the same order. The files are of one `fit`, and deleted
            after it. None, the default, keeps nothing.
        service: Address of a dispatcher of TensorFlow's
            `tf.data.experimental.service`, as `"grpc://host:5000"`. Its
            workers read and preprocess the training data, a `tf.data.Dataset`,
            each a part of it, so that the order of batches differs from run
            to run. Shuffle the dataset before it is batched or not at all.
            None, the default, is this machine.

    Raises:
        ValueError: In `fit`, if there is nothing to read twice, as of a
            generator, or, for `service`, nothing that workers could read.

    Example:

    >>> model = tfk.Sequential(
    ...     [tfk.Input((2,)), tfk.layers.Rescaling(0.5), tfk.layers.Dense(1)]
    ... )
    >>> options = tfk.utils.LiftOptions(cache="memory")
    >>> model.compile("sgd", "mse", lift_preprocessing=options)
    >>> rows = tf.data.Dataset.from_tensors((np.ones((4, 2)), np.ones((4, 1))))
    >>> len(model.fit(rows, epochs=3, verbose=0).epoch)
    3
    """

    cache: str | os.PathLike | None = None
    service: str | None = None

    def __post_init__(self):
        if not isinstance(self.cache, (str, os.PathLike, type(None))):
            raise TypeError(
                "`cache` must be 'memory', the path of a folder, or None. "
                f"Received: cache={self.cache!r}."
            )
        is_address = isinstance(self.service, str) and "://" in self.service
        if self.service is not None and not is_address:
            raise ValueError(
                "`service` must be the address of a dispatcher, as "
                "'grpc://host:5000', or None. Received: "
                f"service={self.service!r}."
            )

    def check_source(self, source):
        """Raises if the options can't be of use for some data.

        Arguments:
            source: `tfk.data.adapters.Source`.
        """
        if self.service is not None and source.kind != "dataset":
            raise ValueError(
                "`service` of `LiftOptions` needs a `tf.data.Dataset`, which "
                "workers can read for themselves: other data is in this "
                f"process only. Received: data of the kind '{source.kind}' "
                f"with service={self.service!r}. Make a dataset of it, as by "
                "`tf.data.Dataset.from_tensor_slices((x, y)).batch(32)`."
            )
        if self.cache is None or source.kind == "arrays":
            return
        is_endless = source.num_batches == tf.data.INFINITE_CARDINALITY
        if source.kind == "sequence" or not source.reusable or is_endless:
            raise ValueError(
                "`cache` of `LiftOptions` needs data whose batches come again "
                "in each epoch: arrays, or a `tf.data.Dataset` or iterable "
                "with an end. A generator makes one pass, and a `Sequence` "
                "may make other batches each time. Received: data of the kind "
                f"'{source.kind}'{' without an end' if is_endless else ''} "
                f"with cache={self.cache!r}. Leave `cache` out, or leave out "
                "`repeat()`."
            )

    def apply(self, dataset):
        """Returns the dataset that is to be read in the place of another one.

        Arguments:
            dataset: `tf.data.Dataset` of preprocessed batches.
        """
        if self.service is not None:
            service = tf.data.experimental.service
            dataset = dataset.apply(
                service.distribute(
                    processing_mode=service.ShardingPolicy.DYNAMIC,
                    service=self.service,
                )
            )
        if self.cache is None:
            return dataset
        if self.cache == _MEMORY:
            return dataset.cache()
        folder = self._new_folder()
        dataset = dataset.cache(os.path.join(folder, "batches"))
        weakref.finalize(dataset, shutil.rmtree, folder, ignore_errors=True)
        return dataset

    def keep_rows(self, dataset, source):
        """Puts the rows of all batches in the place of a source's inputs.

        They are arrays in memory or in files. These go with the source.

        Arguments:
            dataset: `tf.data.Dataset` of tuples of preprocessed tensors.
            source: `tfk.data.adapters.Source` of arrays with as many rows.

        Raises:
            ValueError: If rows differ in size, or are strings for a file.
        """
        (specs,) = dataset.element_spec
        if not all(map(self._can_keep, specs)):
            kinds = "dense tensors of known sizes"
            if self.cache != _MEMORY:
                kinds += ", and in files no strings"
            raise ValueError(
                "`cache` of `LiftOptions` keeps preprocessed rows of arrays "
                f"that are {kinds}. Received: preprocessing that gives {specs} "
                f"with cache={self.cache!r}. Let it pad rows, as "
                "`output_sequence_length` does, or make a `tf.data.Dataset` "
                "of the arrays, whose batches are kept as they are."
            )
        folder = None if self.cache == _MEMORY else self._new_folder()
        kept = [
            _empty(spec, source.num_rows, folder, index)
            for index, spec in enumerate(specs)
        ]
        start = 0
        for (batch,) in dataset.prefetch(tf.data.AUTOTUNE):
            stop = start + int(batch[0].shape[0])
            for array, values in zip(kept, batch):
                array[start:stop] = values.numpy()
            start = stop
        if folder is not None:
            kept = [_FileRows(array) for array in kept]
            weakref.finalize(source, _delete, folder, kept)
        source.replace_inputs(tuple(kept))

    def _can_keep(self, spec):
        if type(spec) is not tf.TensorSpec or not spec.shape.rank:
            return False
        is_kind = spec.dtype != tf.string or self.cache == _MEMORY
        return is_kind and spec.shape[1:].is_fully_defined()

    def _new_folder(self):
        os.makedirs(self.cache, exist_ok=True)
        return tempfile.mkdtemp(prefix="lifted_", dir=self.cache)


class _FileRows(arrays.RowReader):
    """Rows of a file in the dtype that they have there."""

    @property
    def dtype(self):
        return np.dtype(self.array.dtype)


def in_use(lift_preprocessing, training, passes):
    """Returns the options that matter for a run over data, or None.

    Arguments:
        lift_preprocessing: The argument of `compile`.
        training: Boolean: whether it is for training. Only then the order of
            batches is free.
        passes: Integer: how many passes over the data there will be.
    """
    if not isinstance(lift_preprocessing, LiftOptions):
        return None
    options = LiftOptions(
        cache=lift_preprocessing.cache if passes > 1 else None,
        service=lift_preprocessing.service if training else None,
    )
    return None if options == LiftOptions() else options


def _empty(spec, num_rows, folder, index):
    """Returns an array for the rows of tensors, in a file if in a folder."""
    shape, dtype = (num_rows, *spec.shape[1:]), spec.dtype.as_numpy_dtype
    if folder is None:
        return np.empty(shape, dtype)
    path = os.path.join(folder, f"rows_{index}")
    return np.memmap(path, dtype, "w+", shape=shape)


def _delete(folder, kept):
    # TensorFlow keeps functions that read rows for ever.
    for rows in kept:
        rows.array = None
    shutil.rmtree(folder, ignore_errors=True)


def check(lift_preprocessing):
    """Checks the argument `lift_preprocessing` of `compile`."""
    if not isinstance(lift_preprocessing, (bool, LiftOptions, type(None))):
        raise TypeError(
            "`lift_preprocessing` must be a boolean or "
            "`tfk.utils.LiftOptions`. Received: "
            f"lift_preprocessing={lift_preprocessing!r}."
        )
