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
import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.layers.rnn import dropout


def make(**kwargs):
    return dropout.DropoutCell(
        **{"dropout": 0.5, "recurrent_dropout": 0.25, "seed": 1, **kwargs}
    )


class DropoutCellTest:
    def test_masks_hold_zeros_and_scale_up_the_rest(self):
        cell, x = make(), tf.ones((100, 50))
        mask = cell.get_dropout_mask_for_cell(x, True)
        assert set(np.unique(mask)) == {0.0, 2.0}
        assert abs(np.mean(mask) - 1) < 0.1
        masks = cell.get_recurrent_dropout_mask_for_cell(x, True, count=3)
        assert len(masks) == 3
        assert not np.allclose(masks[0], masks[1])
        np.testing.assert_allclose(np.max(masks), 1 / 0.75, 1e-6)

    def test_masks_are_kept_until_they_are_reset(self):
        cell, x = make(), tf.ones((4, 50))
        first = cell.get_dropout_mask_for_cell(x, True)
        assert cell.get_dropout_mask_for_cell(x, True) is first
        states = cell.get_recurrent_dropout_mask_for_cell(x, True)
        cell.reset_dropout_mask()
        assert not np.allclose(cell.get_dropout_mask_for_cell(x, True), first)
        kept = cell.get_recurrent_dropout_mask_for_cell(x, True)
        assert kept is states
        cell.reset_recurrent_dropout_mask()
        assert cell.get_recurrent_dropout_mask_for_cell(x, True) is not states
        # Another batch size needs another mask.
        assert cell.get_dropout_mask_for_cell(x[:2], True).shape == (2, 50)

    def test_masks_of_one_graph_stay_out_of_another(self):
        cell = make()

        @tf.function
        def call(x):
            mask = cell.get_dropout_mask_for_cell(x, True)
            return mask - cell.get_dropout_mask_for_cell(x, True)

        for size in (2, 3):
            np.testing.assert_allclose(call(tf.ones((size, 5))), 0)
        cell.get_dropout_mask_for_cell(tf.ones((3, 5)), True).numpy()

    def test_nothing_is_dropped_outside_of_training(self):
        cell, x = make(recurrent_dropout=0), tf.ones((2, 3))
        assert cell.get_dropout_mask_for_cell(x, False) is None
        assert cell.get_dropout_mask_for_cell(x, None) is None
        assert cell.get_recurrent_dropout_mask_for_cell(x, True) is None

    def test_a_cell_run_by_hand_drops_the_same_at_each_step(self):
        cell = tfk.layers.SimpleRNNCell(3, dropout=0.5, activation=None)
        x, state = tf.ones((2, 20)), tf.zeros((2, 3))
        cell(x, [state])
        first, _ = cell(x, [state], training=True)
        second, _ = cell(x, [state], training=True)
        np.testing.assert_allclose(first, second)
        cell.reset_dropout_mask()
        third, _ = cell(x, [state], training=True)
        assert not np.allclose(first, third)

    def test_layers_forget_the_masks_after_each_call(self):
        layer = tfk.layers.RNN(
            [tfk.layers.GRUCell(2, dropout=0.5, recurrent_dropout=0.5)]
        )
        x = tf.random.normal((3, 4, 9))
        results = [layer(x, training=True) for _ in range(2)]
        assert not np.allclose(*results)
        assert not layer.cell.cells[0]._self_masks
        tf.train.Checkpoint(layer=layer)

    def test_rates_are_checked(self):
        for rate in (-0.1, 1.1, "half"):
            with pytest.raises(ValueError, match="`dropout` of layer"):
                make(dropout=rate)
