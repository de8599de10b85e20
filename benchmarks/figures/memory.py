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
"""Megabytes that a process gains by making the same call again and again."""

import importlib
import itertools

import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import timing
from benchmarks import workload


def measure_package(name, sizes, call):
    """Calls a method of a model."""
    keras = importlib.import_module(name)
    return _megabytes_gained(_CALLS[call](keras), sizes)


def measure_by_hand(sizes, call):
    """Calls a compiled function."""
    return _megabytes_gained(_BY_HAND[call](), sizes)


def _megabytes_gained(function, sizes):
    return timing.megabytes_gained(
        function, sizes.memory_calls, sizes.memory_warm_up
    )


def _predict(keras):
    model = workload.server(keras)
    row = workload.features(1)
    return lambda: model.predict(row, verbose=0)


def _predict_sizes(keras):
    model = workload.server(keras)
    batches = _batches_of_many_sizes()
    return lambda: model.predict(next(batches), verbose=0)


def _evaluate(keras):
    model = workload.classifier(keras)
    x, y = _batch()
    return lambda: model.evaluate(x, y, verbose=0)


def _on_batch(keras):
    model = workload.classifier(keras)
    x, y = _batch()

    def call():
        model.train_on_batch(x, y)
        model.test_on_batch(x, y)
        model.predict_on_batch(x)

    return call


_CALLS = {
    "predict": _predict,
    "predict_sizes": _predict_sizes,
    "evaluate": _evaluate,
    "on_batch": _on_batch,
}


def _predict_by_hand():
    predict = hand.predict_function()
    row = workload.features(1)
    return lambda: predict(row)


def _predict_sizes_by_hand():
    predict = hand.predict_function()
    batches = _batches_of_many_sizes()
    return lambda: predict(next(batches))


def _evaluate_by_hand():
    loss = tf.function(hand.Training().loss)
    x, y = _batch()
    return lambda: loss(x, y).numpy()


def _on_batch_by_hand():
    training = hand.Training()
    functions = [
        tf.function(training.step),
        tf.function(training.loss),
        tf.function(lambda x, y: training.model(x)),
    ]
    x, y = _batch()
    return lambda: [function(x, y).numpy() for function in functions]


_BY_HAND = {
    "predict": _predict_by_hand,
    "predict_sizes": _predict_sizes_by_hand,
    "evaluate": _evaluate_by_hand,
    "on_batch": _on_batch_by_hand,
}


def _batch():
    size = workload.BATCH_SIZE
    return workload.features(size), workload.labels(size)


def _batches_of_many_sizes():
    """Yields, without end, batches of 1 to 100 rows.

    Up to 32 rows are one batch to `predict`, and more are several.
    """
    x = workload.features(100)
    return itertools.cycle([x[:rows] for rows in range(1, 101)])
