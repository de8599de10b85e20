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
"""Datasets under a `tf.distribute` strategy."""

import tensorflow as tf


class DatasetCreator:
    """Makes the dataset of each worker from a function.

    For `fit` under a `ParameterServerStrategy`, or where each worker reads
    files of its own.

    Arguments:
        dataset_fn: Function that takes a `tf.distribute.InputContext` and
            returns a `tf.data.Dataset`, batched by the size for one replica.
        input_options: A `tf.distribute.InputOptions`, or `None`.

    Example:

    >>> from tfk.distribute import datasets
    >>> creator = datasets.DatasetCreator(
    ...     lambda context: tf.data.Dataset.range(4).batch(2)
    ... )
    >>> dataset = datasets.distribute(creator, tf.distribute.get_strategy())
    >>> [batch.numpy().tolist() for batch in dataset]
    [[0, 1], [2, 3]]
    """

    def __init__(self, dataset_fn, input_options=None):
        if not callable(dataset_fn):
            raise TypeError(
                "`dataset_fn` must be a function of an `InputContext` that "
                "returns a `tf.data.Dataset`. Received: "
                f"dataset_fn={dataset_fn!r}."
            )
        self.dataset_fn = dataset_fn
        self.input_options = input_options

    def __call__(self, *args, **kwargs):
        dataset = self.dataset_fn(*args, **kwargs)
        if not isinstance(dataset, tf.data.Dataset):
            raise TypeError(
                "`dataset_fn` must return a `tf.data.Dataset`. Received: "
                f"{dataset!r}."
            )
        return dataset


def is_distributed(dataset) -> bool:
    """Whether a dataset needs no distribution by `experimental_distribute_...`

    True for distributed datasets and for `DatasetCreator`.
    """
    return isinstance(
        dataset, (tf.distribute.DistributedDataset, DatasetCreator)
    )


def distribute(dataset, strategy):
    """Returns a dataset in the form that the replicas of a strategy read.

    Arguments:
        dataset: A `tf.data.Dataset` of global batches, a distributed dataset
            (returned as it is) or a `DatasetCreator`.
        strategy: A `tf.distribute.Strategy`; the default one returns a
            `tf.data.Dataset` as it is.

    Returns:
        A dataset to iterate over in the scope of the strategy.
    """
    is_default = _is_default(strategy)
    if isinstance(dataset, DatasetCreator):
        if is_default:
            return dataset(tf.distribute.InputContext())
        return strategy.distribute_datasets_from_function(
            dataset, options=dataset.input_options
        )
    if is_default or isinstance(dataset, tf.distribute.DistributedDataset):
        return dataset
    return strategy.experimental_distribute_dataset(dataset)


def _is_default(strategy):
    """Whether this is what TensorFlow uses when no strategy is in scope."""
    if strategy is None:
        return True
    with strategy.scope():
        return not tf.distribute.has_strategy()
