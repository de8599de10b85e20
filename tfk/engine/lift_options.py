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

import tensorflow as tf

_MEMORY = "memory"


@dataclasses.dataclass(frozen=True)
class LiftOptions:
    """Options for preprocessing layers that run in the input pipeline.

    To be given to `compile(lift_preprocessing=...)`. They are about the layers
    before any random one, and about `tf.data.Dataset`s: `fit` refuses other
    data. Shuffle the dataset before it is batched or not at all.

    Arguments:
        cache: `"memory"`, or a folder for a file, to preprocess the data in
            the first epoch of `fit` only, validation data too. Later epochs
            take the same batches in the same order. The file is of one `fit`,
            and deleted after it. None, the default, keeps nothing.
        service: Address of a dispatcher of TensorFlow's
            `tf.data.experimental.service`, as `"grpc://host:5000"`. Its
            workers read and preprocess the training data, each a part of it,
            so that the order of batches differs from run to run. None, the
            default, is this machine.

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

    def in_use(self, training, passes):
        """Returns the options that matter for a run over data.

        Arguments:
            training: Boolean: whether it is for training. Only then the order
                of batches is free.
            passes: Integer: how many passes over the data there will be.
        """
        return LiftOptions(
            cache=self.cache if passes > 1 else None,
            service=self.service if training else None,
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
        os.makedirs(self.cache, exist_ok=True)
        folder = tempfile.mkdtemp(prefix="lifted_", dir=self.cache)
        dataset = dataset.cache(os.path.join(folder, "batches"))
        weakref.finalize(dataset, shutil.rmtree, folder, ignore_errors=True)
        return dataset


def check(lift_preprocessing):
    """Checks the argument `lift_preprocessing` of `compile`."""
    if not isinstance(lift_preprocessing, (bool, LiftOptions, type(None))):
        raise TypeError(
            "`lift_preprocessing` must be a boolean or "
            "`tfk.utils.LiftOptions`. Received: "
            f"lift_preprocessing={lift_preprocessing!r}."
        )
