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
"""Every optimizer under every kind of strategy makes the same steps."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tfk import optimizers
from tfk.testing import conformance
from tfk.testing import strategies

STEPS = 3


@functools.cache
def central_storage():
    return tf.distribute.experimental.CentralStorageStrategy(
        ["CPU:0", "CPU:1"], parameter_device="CPU:0"
    )


def one_device():
    return tf.distribute.OneDeviceStrategy("CPU:0")


# The strategy, and whether steps are made in its replicas or outside of them.
PLACES = {
    "two_replicas": (strategies.two_replicas, True),
    "two_replicas_outside": (strategies.two_replicas, False),
    "one_device": (one_device, True),
    "one_device_outside": (one_device, False),
    "central_storage": (central_storage, True),
    "central_storage_outside": (central_storage, False),
}


def make_optimizers():
    made = [
        case.make(optimizers)
        for case in conformance.OPTIMIZERS
        if case.name != "LossScaleOptimizer"
    ]
    every_feature = {
        "weight_decay": 0.1,
        "global_clipnorm": 0.5,
        "use_ema": True,
        "ema_overwrite_frequency": 2,
    }
    return made + [
        optimizers.Adam(0.1, **every_feature),
        optimizers.SGD(0.1, momentum=0.5, gradient_accumulation_steps=2),
        optimizers.Lion(
            optimizers.schedules.ExponentialDecay(0.1, 1, 0.5),
            weight_decay=0.5,
        ),
    ]


def make_variables():
    return [
        tf.Variable(tf.reshape(tf.range(1.0, 7.0), (2, 3)), name="dense"),
        tf.Variable([1.0, -2.0], name="bias"),
        tf.Variable(tf.ones((4, 2)), name="table"),
    ]


def gradients_of_replica(number, of):
    """Gradients that add up to the same sum over any number of replicas."""
    weight = (number + 1) / (of * (of + 1) / 2)
    rows = tf.IndexedSlices(
        tf.constant([[1.0, 2.0], [0.5, -1.0], [2.0, 1.0]]) * weight,
        tf.constant([0, 2, 0]),
        tf.constant([4, 2]),
    )
    dense = tf.constant([[1.0, -2.0, 0.5], [3.0, 1.0, -1.0]]) * weight
    return [dense, tf.constant([0.5, -0.25]) * weight, rows]


@functools.cache
def expected():
    """The state after steps without a strategy, of each optimizer."""
    states = []
    for optimizer in make_optimizers():
        variables = make_variables()
        for _ in range(STEPS):
            optimizer.apply_gradients(
                zip(gradients_of_replica(0, 1), variables)
            )
        state = [*variables, *optimizer.variables]
        states.append([v.numpy() for v in state])
    return states


class PlacesTest:
    @pytest.mark.parametrize("place", PLACES)
    def test_steps_are_those_without_a_strategy(self, place):
        strategy, in_replicas = PLACES[place]
        strategy = strategy()
        with strategy.scope():
            made = [(o, make_variables()) for o in make_optimizers()]

        def replica_step():
            context = tf.distribute.get_replica_context()
            gradients = gradients_of_replica(
                tf.cast(context.replica_id_in_sync_group, tf.float32),
                context.num_replicas_in_sync,
            )
            for optimizer, variables in made:
                optimizer.apply_gradients(zip(gradients, variables))

        @tf.function
        def step():
            if in_replicas:
                strategy.run(replica_step)
                return
            gradients = gradients_of_replica(0, 1)
            for optimizer, variables in made:
                optimizer.apply_gradients(zip(gradients, variables))

        with strategy.scope():
            for _ in range(STEPS):
                step()
        for (optimizer, variables), wanted in zip(made, expected()):
            state = [*variables, *optimizer.variables]
            for variable, value in zip(state, wanted, strict=True):
                for copy in strategy.experimental_local_results(variable):
                    np.testing.assert_allclose(
                        copy, value, 1e-5, 1e-6, err_msg=optimizer.name
                    )
