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
import tf_keras

import tfk
from tfk.layers.rnn import cells
from tfk.testing import sequence_oracle as oracle


def stacked(keras, **kwargs):
    layers = keras.layers
    return layers.StackedRNNCells(
        [
            layers.LSTMCell(2),
            layers.GRUCell(3, reset_after=False),
            layers.SimpleRNNCell(2),
        ],
        **kwargs,
    )


class Plain:
    """A cell that is no layer, with states in a dict."""

    state_size = {"sum": 2, "count": tf.TensorShape([])}
    output_size = 2

    def call(self, inputs, states, training=None):
        (states,) = states
        new = {"sum": states["sum"] + inputs, "count": states["count"] + 1}
        return new["sum"] * (10.0 if training else 1.0), [new]


class StackedRNNCellsTest:
    def test_they_run_as_in_tf_keras(self):
        ours, theirs = stacked(tfk), stacked(tf_keras)
        assert ours.output_size == theirs.output_size
        assert tf.nest.flatten(ours.state_size) == tf.nest.flatten(
            theirs.state_size
        )
        oracle.assert_same_config(ours, theirs)
        settings = {"return_sequences": True, "return_state": True}
        ours = tfk.layers.RNN(ours, **settings)
        theirs = tf_keras.layers.RNN(theirs, **settings)
        inputs = oracle.numbers(3, 4, 2)
        oracle.assert_same(ours, theirs, inputs, mask=oracle.mask("mixed"))
        for call in (ours, tf.function(ours)):
            oracle.assert_close(call(inputs), theirs(inputs))
        shapes = tf.nest.map_structure(lambda x: x.shape, ours(inputs))
        assert tf.nest.flatten(shapes) == tf.nest.flatten(
            ours.compute_output_shape(inputs.shape)
        )

    def test_states_may_come_in_reverse_order(self):
        cell = stacked(tfk, reverse_state_order=True)
        assert cell.state_size == (2, 3, [2, 2])
        again = tfk.layers.StackedRNNCells.from_config(cell.get_config())
        assert again.get_config() == cell.get_config()
        layer = tfk.layers.RNN(cell, return_state=True)
        other = tfk.layers.RNN(stacked(tfk), return_state=True)
        inputs = oracle.numbers(3, 4, 2)
        layer(inputs), other(inputs)
        other.set_weights(layer.get_weights())
        output, *states = layer(inputs)
        wanted, *others = other(inputs)
        oracle.assert_close(output, wanted)
        oracle.assert_close(states, others[::-1])

    def test_a_list_of_cells_is_stacked(self):
        layer = tfk.layers.RNN([tfk.layers.GRUCell(3), tfk.layers.LSTMCell(2)])
        assert isinstance(layer.cell, tfk.layers.StackedRNNCells)
        assert layer(tf.ones((2, 3, 4))).shape == (2, 2)

    def test_it_makes_a_step_by_itself(self):
        cell = stacked(tfk)
        states = cell.get_initial_state(batch_size=2, dtype="float32")
        output, new = cell(tf.ones((2, 4)), states)
        tf.nest.assert_same_structure(states, new)
        assert output.shape == (2, 2)

    def test_no_cells_are_refused(self):
        with pytest.raises(ValueError, match="must be a list of cells"):
            tfk.layers.StackedRNNCells([])


class CellsTest:
    def test_a_cell_need_not_be_a_layer(self):
        layer = tfk.layers.RNN(Plain(), return_state=True)
        inputs = oracle.numbers(3, 4, 2)
        output, state = layer(inputs)
        oracle.assert_close(output, np.sum(inputs, 1))
        oracle.assert_close(state["count"], tf.fill([3], 4.0))
        training, _ = layer(inputs, training=True)
        oracle.assert_close(training, output * 10)

    def test_what_is_no_cell_is_told(self):
        with pytest.raises(ValueError, match="without `call`"):
            tfk.layers.RNN("lstm")
        with pytest.raises(ValueError, match="without `state_size`"):
            tfk.layers.RNN(tfk.layers.Dense(2))

    def test_an_abstract_cell_says_what_is_missing(self):
        cell = tfk.layers.AbstractRNNCell()
        with pytest.raises(NotImplementedError, match="`state_size`"):
            cell.state_size
        with pytest.raises(NotImplementedError, match="`output_size`"):
            cell.output_size
        with pytest.raises(NotImplementedError, match="`call`"):
            cell.call(None, None)

    def test_zero_states_need_a_size(self):
        with pytest.raises(ValueError, match="`batch_size` and `dtype`"):
            tfk.layers.GRUCell(2).get_initial_state()

    def test_first_states_of_keras_3_cells_take_the_batch_size_alone(self):
        class Cell(Plain):
            state_size = 2

            def get_initial_state(self, batch_size=None):
                return tf.ones((batch_size, 2))

        (state,) = cells.initial_states(Cell(), 3, "float32")
        oracle.assert_close(state, tf.ones((3, 2)))
