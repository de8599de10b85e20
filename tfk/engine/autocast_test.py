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
"""Tests of weights that are read in the compute dtype."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import autocast


@pytest.fixture
def weight():
    return autocast.AutoCastVariable(tf.Variable([1.0, 2.0, 3.0]))


class AutoCastVariableTest:
    def test_is_float32_outside_of_a_layer(self, weight):
        assert weight.dtype == tf.float32
        assert (weight + 1.0).dtype == tf.float32

    def test_is_read_in_the_dtype_in_force(self, weight):
        before = autocast.swap_dtype(tf.float16)
        try:
            for value in (
                weight * 2.0,
                2.0 * weight,
                -weight,
                weight[0],
                tf.identity(weight),
                tf.reduce_sum(weight),
                tf.gather(weight, [0, 2]),
                weight.value(),
                (
                    weight @ tf.ones((3, 1), tf.float16)
                    if weight.shape.rank == 2
                    else weight
                ),
            ):
                assert value.dtype == tf.float16
            assert weight.variable.dtype == tf.float32
        finally:
            autocast.swap_dtype(before)
        assert weight.dtype == tf.float32

    def test_gradients_reach_the_variable(self, weight):
        before = autocast.swap_dtype(tf.bfloat16)
        try:
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.cast(weight * weight, tf.float32))
            gradient = tape.gradient(loss, weight.variable)
        finally:
            autocast.swap_dtype(before)
        assert gradient.dtype == tf.float32
        np.testing.assert_allclose(gradient, [2.0, 4.0, 6.0], rtol=1e-2)

    def test_assignments_go_to_the_variable(self, weight):
        weight.assign([4.0, 5.0, 6.0])
        weight.assign_add([1.0, 1.0, 1.0])
        np.testing.assert_array_equal(weight.variable, [5.0, 6.0, 7.0])
        assert weight.shape == (3,)

    def test_unwrap(self, weight):
        assert autocast.unwrap(weight) is weight.variable
        assert autocast.unwrap(3) == 3


class MixedModelTest:
    @pytest.mark.parametrize("replicas", [1, 2])
    def test_computes_in_16_bits_and_trains_in_32(self, replicas):
        strategy = (
            tf.distribute.MirroredStrategy(
                ["CPU:0", "CPU:1"],
                cross_device_ops=tf.distribute.ReductionToOneDevice(),
            )
            if replicas == 2
            else tf.distribute.get_strategy()
        )
        seen = []

        class Probe(tfk.layers.Layer):
            def call(self, inputs):
                seen.append(inputs.dtype.name)
                return inputs

        with strategy.scope():
            model = tfk.Sequential(
                [
                    tfk.Input((2,)),
                    tfk.layers.Dense(3, dtype="mixed_bfloat16"),
                    Probe(dtype="mixed_bfloat16"),
                    tfk.layers.Dense(1, dtype="float32"),
                ]
            )
            model.compile("sgd", "mse")
        x = np.linspace(-1, 1, 16).reshape(8, 2).astype("float32")
        y = x.sum(axis=1, keepdims=True)
        history = model.fit(x, y, batch_size=4, epochs=3, verbose=0)
        losses = history.history["loss"]
        assert losses[-1] < losses[0]
        assert set(seen) == {"bfloat16"}
        assert {v.dtype.name for v in model.weights} == {"float32"}
        assert model.predict(x, verbose=0).dtype == np.float32

    def test_a_float32_layer_inside_reads_its_weights_in_float32(self):
        class Outer(tfk.layers.Layer):
            def __init__(self):
                super().__init__(dtype="mixed_float16")
                self.inner = tfk.layers.Dense(2, dtype="float32")

            def build(self, input_shape):
                self.scale = self.add_weight("scale", (), initializer="ones")

            def call(self, inputs):
                inside = self.inner(inputs)
                assert inside.dtype == tf.float32
                return self.scale * tf.cast(inside, tf.float16)

        assert Outer()(tf.ones((1, 2))).dtype == tf.float16
