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
"""The time of a training step of a network, without the loop around it.

A call runs one compiled `train_step` on one batch, whose size is open as it is
in `fit`. What feeds the steps has figures of its own.
"""

import importlib

import tensorflow as tf

from benchmarks import by_hand as hand
from benchmarks import by_hand_networks
from benchmarks import networks
from benchmarks import timing

# Steps are long; the first few set TensorFlow up.
_WARM_UP_CALLS = 3


def measure_package(name, sizes, task):
    """Runs the model's own `train_step`."""
    keras = importlib.import_module(name)
    task = networks.TASKS[task]
    model = task.model(keras)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(task.optimizer, loss)
    x, y = task.batch()
    # Makes the variables that are made late.
    model.train_on_batch(x, y)
    # Keras 3 decides for itself whether XLA compiles its steps.
    return _milliseconds(
        lambda x, y: model.train_step((x, y)),
        (x, y),
        sizes,
        jit_compile=bool(model.jit_compile),
    )


def measure_by_hand(sizes, task):
    """Runs a step that is written for this network."""
    model = by_hand_networks.MODELS[task]()
    task = networks.TASKS[task]
    rule = {"adam": hand.Adam, "sgd": hand.SGD}[task.optimizer]
    return _milliseconds(hand.Training(model, rule).step, task.batch(), sizes)


def _milliseconds(step, batch, sizes, jit_compile=False):
    batch = [tf.constant(array) for array in batch]
    step = tf.function(
        step,
        input_signature=[
            tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)
            for tensor in batch
        ],
        autograph=False,
        jit_compile=jit_compile,
    )
    return 1e3 * timing.seconds_per_call(
        lambda: step(*batch), sizes.seconds, _WARM_UP_CALLS
    )
