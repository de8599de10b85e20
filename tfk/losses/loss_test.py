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
"""Tests of the base class, of users' losses and of masks on them."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import losses


class Scaled(losses.Loss):
    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def squared(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)


class LossTest:
    def test_config_of_a_subclass_is_derived(self):
        loss = Scaled(scale=2.0, reduction="sum", name="scaled")
        assert loss.get_config() == {
            "scale": 2.0,
            "reduction": "sum",
            "name": "scaled",
        }
        again = Scaled.from_config(loss.get_config())
        assert float(again(tf.ones([2, 3]), tf.zeros([2, 3]))) == 4.0

    def test_unknown_reduction_is_refused(self):
        with pytest.raises(ValueError, match="reduction='average'"):
            losses.MeanSquaredError(reduction="average")

    def test_no_reduction_is_called_none(self):
        assert losses.MeanSquaredError(reduction=None).reduction == "none"

    def test_missing_call_is_named(self):
        with pytest.raises(NotImplementedError, match="`call"):
            losses.Loss()(tf.ones([1]), tf.ones([1]))

    def test_mask_hides_nan_from_users_losses(self):
        y_pred = tf.constant([[[1.0], [np.nan]]])
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            y_pred._keras_mask = tf.constant([[True, False]])
            loss = Scaled()(tf.zeros([1, 2, 1]), y_pred)
        assert float(loss) == 1.0
        gradient = tape.gradient(loss, y_pred).numpy()
        assert gradient.ravel().tolist() == [1.0, 0.0]

    def test_values_that_are_reduced_already_keep_their_number(self):
        class Total(losses.Loss):
            def call(self, y_true, y_pred):
                return tf.reduce_sum(tf.abs(y_true - y_pred))

        y_pred = tf.ones([2, 3])
        y_pred._keras_mask = tf.constant([True, True])
        assert float(Total()(tf.zeros([2, 3]), y_pred)) == 6.0

    def test_weights_of_single_elements_are_possible(self):
        y_true, y_pred = tf.zeros([4]), tf.constant([1.0, 2, 3, 4])
        weight = [1.0, 0, 0, 1]
        assert float(losses.MeanAbsoluteError()(y_true, y_pred, weight)) == 1.25
        wide = losses.MeanSquaredError(reduction="none")(
            tf.zeros([2, 2]),
            tf.constant([[1.0, 2], [3, 4]]),
            [[1.0, 0], [0, 1]],
        )
        assert wide.numpy().tolist() == [[1, 0], [0, 16]]

    def test_weights_are_checked_when_the_step_runs(self):
        vector = tf.TensorSpec([None], tf.float32)
        column = tf.TensorSpec([None, 1], tf.float32)
        table = tf.TensorSpec([None, None], tf.float32)
        loss = losses.MeanSquaredError()
        run = tf.function(loss).get_concrete_function(column, column, vector)
        values = tf.constant([[1.0], [2.0]])
        assert float(run(values, values + 1, [1.0, 3.0])) == 2.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="weight"):
            run(values, values, [1.0, 2.0, 3.0])
        with pytest.raises(tf.errors.InvalidArgumentError, match="y_pred"):
            run(values, values[:1], [1.0, 2.0])
        run = tf.function(loss).get_concrete_function(table, table, table)
        with pytest.raises(tf.errors.InvalidArgumentError, match="weight"):
            run(values, values, [[1.0, 2.0, 3.0]] * 2)

    def test_half_masked_batch_has_the_mean_of_the_kept(self):
        y_pred = tf.constant([[0.5], [0.5], [0.0], [0.0]])
        y_pred._keras_mask = tf.constant([True, True, False, False])
        assert float(losses.MeanAbsoluteError()([0, 0, 0, 0], y_pred)) == 0.5

    def test_everything_masked_gives_zero(self):
        y_pred = tf.constant([[np.inf]])
        y_pred._keras_mask = tf.constant([False])
        assert float(losses.MeanSquaredError()([[0.0]], y_pred)) == 0.0


class LossFunctionWrapperTest:
    def test_users_function_gets_the_missing_axis(self):
        loss = losses.LossFunctionWrapper(squared)
        y_true, y_pred = tf.range(3.0), tf.zeros([3, 1])
        np.testing.assert_allclose(loss(y_true, y_pred), 5 / 3, 1e-6)
        assert loss.name == "squared"

    def test_arguments_are_attributes_and_config(self):
        loss = losses.LossFunctionWrapper(
            losses.huber, name="h", reduction="none", delta=3.0
        )
        assert loss.delta == 3.0
        assert loss.get_config() == {
            "fn": "huber",
            "reduction": "none",
            "name": "h",
            "delta": 3.0,
        }
        again = losses.deserialize(losses.serialize(loss))
        assert again.get_config() == loss.get_config()
        assert again([[0.0]], [[4.0]]).numpy() == [7.5]
