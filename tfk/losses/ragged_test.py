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
"""Tests of ragged targets and predictions."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import losses


class RaggedTest:
    def test_ragged_last_axis_gives_the_mean_of_each_row(self):
        y_true = tf.ragged.constant([[0.0, 0.0], [0.0], []])
        y_pred = tf.ragged.constant([[1.0, 3.0], [4.0], []])
        values = losses.mean_absolute_error(y_true, y_pred)
        assert values.numpy().tolist() == [2.0, 4.0, 0.0]
        loss = losses.MeanAbsoluteError()
        assert float(loss(y_true, y_pred)) == 2.0
        assert float(loss(y_true, y_pred, [0.0, 0.75, 1.0])) == 1.0

    def test_no_reduction_gives_ragged_values(self):
        y_pred = tf.ragged.constant([[[1.0], [3.0]], [[4.0]]], ragged_rank=1)
        y_true = tf.ragged.constant([[0.0, 0.0], [0.0]])
        loss = losses.MeanSquaredError(reduction="none")
        assert loss(y_true, y_pred).to_list() == [[1.0, 9.0], [16.0]]
        weighted = loss(y_true, y_pred, [2.0, 0.5])
        assert weighted.to_list() == [[2.0, 18.0], [8.0]]

    def test_rows_must_agree(self):
        first = tf.ragged.constant([[0.0], [0.0, 1.0]])
        second = tf.ragged.constant([[0.0, 1.0], [0.0]])
        with pytest.raises(tf.errors.InvalidArgumentError, match="rows differ"):
            losses.mean_squared_error(first, second)
        with pytest.raises(ValueError, match="ragged along"):
            losses.mean_squared_error(first, np.zeros([2, 2], "float32"))

    def test_classes_can_not_be_ragged(self):
        labels = tf.ragged.constant([[0.0], [0.0, 1.0]])
        with pytest.raises(ValueError, match="can't be ragged"):
            losses.categorical_crossentropy(labels, labels)

    def test_runs_compiled(self):
        y_pred = tf.ragged.constant([[[1.0], [3.0]], [[4.0]]], ragged_rank=1)
        loss = tf.function(losses.MeanSquaredError())
        got = loss(tf.zeros_like(y_pred), y_pred)
        np.testing.assert_allclose(got, 26 / 3, 1e-6)
