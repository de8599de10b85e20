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
"""What is special about LazyAdam; its formula is in `reference_test.py`."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import optimizers


def rows_gradient(rows, dtype="float32"):
    values = np.arange(1.0, 2 * len(rows) + 1).reshape(-1, 2)
    return tf.IndexedSlices(tf.constant(values, dtype), rows, (5, 2))


class LazyAdamTest:
    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    @pytest.mark.parametrize("amsgrad", [False, True])
    def test_rows_without_a_gradient_keep_weights_and_means(
        self, amsgrad, dtype
    ):
        table = tf.Variable(tf.ones((5, 2), dtype))
        optimizer = optimizers.LazyAdam(0.5, amsgrad=amsgrad, clipnorm=1.0)
        optimizer.build([table])
        state = [table, *optimizer.variables[1:]]
        for rows in ([3, 1, 3], [1], [0, 0]):
            before = [value.numpy() for value in state]
            optimizer.apply_gradients([(rows_gradient(rows, dtype), table)])
            others = np.setdiff1d(np.arange(5), rows)
            for value, old in zip(state, before):
                np.testing.assert_array_equal(
                    value.numpy()[others], old[others]
                )
                assert np.all(value.numpy()[rows] != old[rows])

    def test_gradient_of_all_rows_makes_the_step_of_adam(self):
        lazy, table = tf.Variable(tf.ones((5, 2))), tf.Variable(tf.ones((5, 2)))
        optimizer, adam = optimizers.LazyAdam(0.5), optimizers.Adam(0.5)
        for rows in ([4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 0, 0]):
            optimizer.apply_gradients([(rows_gradient(rows), lazy)])
            adam.apply_gradients([(rows_gradient(rows), table)])
        dense = tf.constant(np.arange(10.0).reshape(5, 2), tf.float32)
        optimizer.apply_gradients([(dense, lazy)])
        adam.apply_gradients([(dense, table)])
        np.testing.assert_allclose(lazy, table, rtol=1e-5)

    def test_step_compiles_with_xla(self):
        compiled, eager = (tf.Variable(tf.ones((5, 2))) for _ in range(2))
        optimizer, other = optimizers.LazyAdam(0.5), optimizers.LazyAdam(0.5)
        optimizer.build([compiled])

        @tf.function(jit_compile=True)
        def step():
            optimizer.apply_gradients([(rows_gradient([3, 1, 3]), compiled)])

        for _ in range(2):
            step()
            other.apply_gradients([(rows_gradient([3, 1, 3]), eager)])
        np.testing.assert_allclose(compiled, eager, rtol=1e-5)

    def test_no_operation_of_a_step_is_as_large_as_the_table(self):
        table = tf.Variable(tf.zeros((1000, 2)))
        optimizer = optimizers.LazyAdam(0.5)
        optimizer.build([table])

        @tf.function
        def step(rows):
            gradient = tf.IndexedSlices(tf.ones((3, 2)), rows, (1000, 2))
            optimizer.apply_gradients([(gradient, table)])

        graph = step.get_concrete_function(tf.constant([1, 2, 1])).graph
        shapes = [o.shape for op in graph.get_operations() for o in op.outputs]
        assert not any(1000 in shape for shape in shapes if shape.rank)
