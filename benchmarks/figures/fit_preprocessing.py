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
"""Seconds of an epoch of a model that begins with preprocessing."""

import importlib

import tensorflow as tf

import tfk
from benchmarks import preprocessing_models
from benchmarks import timing


def measure_package(name, sizes, task):
    """Trains with `fit`."""
    task = preprocessing_models.TASKS[task]
    model = task.model(importlib.import_module(name))
    return _seconds_of_epoch(model, task.dataset(sizes))


def measure_without(sizes, task):
    """Trains with the preprocessing in the step."""
    task = preprocessing_models.TASKS[task]
    model = task.model(tfk, lift_preprocessing=False)
    return _seconds_of_epoch(model, task.dataset(sizes))


def measure_by_hand(sizes, task):
    """Trains the body alone, on a dataset that is mapped by hand."""
    task = preprocessing_models.TASKS[task]
    model = task.model(tfk, with_preprocessing=False)
    dataset = task.dataset(sizes).map(
        task.by_hand(), num_parallel_calls=tf.data.AUTOTUNE
    )
    return _seconds_of_epoch(model, dataset.prefetch(tf.data.AUTOTUNE))


def _seconds_of_epoch(model, dataset):
    return timing.median_seconds(lambda: model.fit(dataset, verbose=0))
