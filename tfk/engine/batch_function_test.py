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
"""Tests of the compiled step for single batches."""

import numpy as np
import tensorflow as tf

import tfk
from tfk.engine import batch_function


def compiled():
    model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


class BatchFunctionTest:
    def test_all_batch_sizes_share_a_trace(self):
        function = batch_function.BatchFunction(compiled(), lambda x: 2 * x)
        for rows in (1, 3, 7):
            np.testing.assert_array_equal(
                function(tf.ones((rows, 2))), 2 * np.ones((rows, 2))
            )
        assert function.trace_count == 1

    def test_an_axis_that_varies_is_opened(self):
        model = tfk.Sequential(
            [tfk.Input((None, 1)), tfk.layers.GlobalMaxPooling1D()]
        )
        function = batch_function.BatchFunction(model, tf.reduce_sum)
        for length in (2, 3, 5, 8):
            assert float(function(tf.ones((2, length, 1)))) == 2 * length
        assert function.trace_count == 2

    def test_structures_and_dtypes_have_traces_of_their_own(self):
        function = batch_function.BatchFunction(
            compiled(), lambda data: tf.nest.map_structure(tf.identity, data)
        )
        one = tf.ones((1, 1))
        for data in (
            (one,),
            {"a": one},
            {"b": one},
            {"a": tf.cast(one, "int32")},
        ):
            found = function(data)
            tf.nest.assert_same_structure(found, data)
        assert function.trace_count == 4
