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
"""Milliseconds of one compiled step of an optimizer, gradients given."""

import importlib

import tensorflow as tf

from benchmarks import timing
from benchmarks import workload

_ROWS = 1_000_000
_WIDTH = 16
_USED_ROWS = 4_096
_OPTIONS = {"SGD": {"momentum": 0.9}}


def measure_package(name, sizes, kind, own_rule, peer_rule):
    """Applies the same gradients again and again."""
    keras = importlib.import_module(name)
    rule = own_rule if name == "tfk" else peer_rule
    optimizer = getattr(keras.optimizers, rule)(**_OPTIONS.get(rule, {}))
    make = {"dense": _dense, "sparse": _sparse}[kind]
    gradients, variables = make(sizes)
    optimizer.build(variables)

    @tf.function
    def step():
        optimizer.apply_gradients(zip(gradients, variables))
        return optimizer.iterations.read_value()

    return 1e3 * timing.seconds_per_call(lambda: step().numpy(), sizes.seconds)


def _dense(sizes):
    del sizes
    generator = tf.random.Generator.from_seed(0)
    variables = [
        tf.Variable(generator.normal(shape, stddev=0.1))
        for shape in workload.resnet50_shapes()
    ]
    # Variables, as constants of this size would go into the graph.
    gradients = [
        tf.Variable(generator.normal(v.shape, stddev=0.01)) for v in variables
    ]
    return gradients, variables


def _sparse(sizes):
    rows = _ROWS if sizes.rows == 60_000 else 1_000
    generator = tf.random.Generator.from_seed(0)
    table = tf.Variable(generator.normal((rows, _WIDTH), stddev=0.1))
    gradient = tf.IndexedSlices(
        generator.normal((_USED_ROWS, _WIDTH)),
        generator.uniform((_USED_ROWS,), 0, rows, tf.int64),
        tf.constant((rows, _WIDTH), tf.int64),
    )
    return [gradient], [table]
