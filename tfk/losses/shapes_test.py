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
"""Tests of the shape rule in graphs, where sizes are not known yet."""

import pytest
import tensorflow as tf

from tfk import losses
from tfk import metrics


class ShapesTest:
    @pytest.mark.parametrize(
        "shape", [(None,), (None, 4), (None, 4, 2), (4, None), (None, None)]
    )
    @pytest.mark.parametrize(
        "loss",
        [
            losses.mean_squared_error,
            losses.binary_crossentropy,
            losses.cosine_similarity,
            losses.MeanAbsoluteError(),
        ],
    )
    def test_open_sizes_are_compared_when_run(self, loss, shape):
        spec = tf.TensorSpec(shape)
        run = tf.function(loss).get_concrete_function(spec, spec)
        many, one = ([n if d is None else d for d in shape] for n in (8, 1))
        run(tf.ones(many), tf.ones(many))
        for first, second in ((many, one), (one, many)):
            with pytest.raises(tf.errors.InvalidArgumentError):
                run(tf.ones(first), tf.ones(second))

    def test_one_assertion_serves_the_loss_and_all_metrics(self):
        loss, metric = losses.MeanSquaredError(), metrics.MeanAbsoluteError()
        area = metrics.SparseCategoricalAccuracy()

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, 4), tf.int32),
                tf.TensorSpec((None, 4)),
                tf.TensorSpec((None,), tf.int32),
            ]
        )
        def step(y_true, y_pred, labels):
            metric.update_state(y_true, y_pred)
            area.update_state(labels, y_pred)
            losses.sparse_categorical_crossentropy(labels, y_pred)
            return loss(y_true, y_pred)

        operations = step.get_concrete_function().graph.get_operations()
        assert sum(op.type == "Assert" for op in operations) == 2
        with pytest.raises(tf.errors.InvalidArgumentError, match="do not fit"):
            step(tf.ones((8, 4), tf.int32), tf.ones((1, 4)), [1])
        with pytest.raises(tf.errors.InvalidArgumentError, match="do not fit"):
            step(tf.ones((2, 4), tf.int32), tf.ones((2, 4)), [1])

    def test_a_check_in_a_branch_does_not_serve_outside_of_it(self):
        @tf.function(
            input_signature=[tf.TensorSpec((None, 4)), tf.TensorSpec((None, 4))]
        )
        def step(y_true, y_pred):
            value = tf.cond(
                tf.constant(False),
                lambda: tf.reduce_sum(losses.mse(y_true, y_pred)),
                lambda: 0.0,
            )
            return value + tf.reduce_sum(losses.mse(y_true, y_pred))

        with pytest.raises(tf.errors.InvalidArgumentError, match="do not fit"):
            step(tf.ones((8, 4)), tf.ones((1, 4)))
