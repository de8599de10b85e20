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
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import sequence_oracle as oracle


def both(make):
    return (
        tfk.layers.TimeDistributed(make(tfk.layers)),
        tf_keras.layers.TimeDistributed(make(tf_keras.layers)),
    )


class TimeDistributedTest:
    @pytest.mark.parametrize(
        "make, shape",
        [
            (lambda layers: layers.Dense(2), (3, 4, 2)),
            (lambda layers: layers.Conv1D(2, 2), (3, 4, 3, 2)),
            (lambda layers: layers.BatchNormalization(), (3, 4, 2)),
            (lambda layers: layers.LSTM(2), (3, 4, 2, 3)),
            (
                lambda layers: layers.TimeDistributed(layers.Dense(2)),
                (3, 4, 2, 3),
            ),
        ],
    )
    def test_steps_are_treated_alike_as_in_tf_keras(self, make, shape):
        ours, theirs = both(make)
        oracle.assert_same_config(ours, theirs)
        inputs = oracle.numbers(*shape)
        oracle.assert_same(ours, theirs, inputs, training=True)
        outputs = ours(inputs)
        assert ours.compute_output_shape(shape) == outputs.shape
        spec = tf.TensorSpec([None, None, *shape[2:]])
        call = tf.function(ours, input_signature=[spec])
        for batch, steps in ((3, 4), (2, 1), (1, 3)):
            x = inputs[:batch, :steps]
            oracle.assert_close(call(x), ours(x))
        shapes = call.get_concrete_function().output_shapes
        assert shapes.is_compatible_with(outputs.shape)

    def test_masks_reach_the_layer_and_go_on(self):
        def make(layers):
            return layers.Embedding(5, 2, mask_zero=True)

        ours, theirs = both(make)
        ids = tf.constant([[[1, 0], [0, 0]], [[2, 3], [4, 0]]])
        ours(ids), theirs(ids)
        assert tf.reduce_all(ours.compute_mask(ids) == theirs.compute_mask(ids))
        # The rows of each step have masks of their own.
        models = []
        for keras in (tfk, tf_keras):
            layers = keras.layers
            models.append(
                keras.Sequential(
                    [
                        layers.TimeDistributed(make(layers)),
                        layers.TimeDistributed(layers.LSTM(2)),
                        layers.LSTM(2),
                    ]
                )
            )
            models[-1](ids)
        oracle.set_same_weights(*models)
        oracle.assert_close(models[0](ids), models[1](ids))

    def test_masks_pass_layers_that_know_none(self):
        mask = oracle.mask("right")
        inputs = tf.identity(oracle.numbers(3, 4, 6, 2))
        inputs._keras_mask = mask
        layer = tfk.layers.TimeDistributed(tfk.layers.Conv1D(2, 2))
        assert tf.reduce_all(layer(inputs)._keras_mask == mask)

    def test_ragged_rows_stay_ragged(self):
        ragged = tf.RaggedTensor.from_row_lengths(
            oracle.numbers(6, 2), [3, 0, 1, 2]
        )
        ours, theirs = both(lambda layers: layers.Dense(3))
        ours(ragged), theirs(ragged)
        oracle.set_same_weights(ours, theirs)
        for call in (ours, tf.function(ours)):
            oracle.assert_close(
                call(ragged).flat_values, theirs(ragged).flat_values
            )
            assert call(ragged).row_lengths().numpy().tolist() == [3, 0, 1, 2]

    def test_inputs_and_outputs_may_be_nested(self):
        layer = tfk.layers.TimeDistributed(tfk.layers.Add())
        a, b = oracle.numbers(3, 4, 2), oracle.numbers(3, 4, 2, seed=1)
        oracle.assert_close(layer([a, b]), a + b)
        assert layer.compute_output_shape([(3, 4, 2), (3, 4, 2)]) == (3, 4, 2)

    def test_a_stateful_layer_sees_one_step_after_the_other(self):
        inner = tfk.layers.SimpleRNN(2, stateful=True)
        layer = tfk.layers.TimeDistributed(inner)
        inputs = oracle.numbers(3, 2, 4, 2)
        ours = layer(inputs)
        inner.reset_states()
        oracle.assert_close(ours[:, 0], inner(inputs[:, 0]))
        oracle.assert_close(ours[:, 1], inner(inputs[:, 1]))

    def test_config_survives_and_weights_are_those_inside(self):
        layer = tfk.layers.TimeDistributed(tfk.layers.Dense(2))
        again = tfk.layers.TimeDistributed.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
        layer(tf.ones((2, 3, 4)))
        assert layer.weights == layer.layer.weights

    def test_wrong_use_is_told(self):
        with pytest.raises(TypeError, match="must be a layer"):
            tfk.layers.TimeDistributed("dense")
        layer = tfk.layers.TimeDistributed(tfk.layers.Dense(2), name="each")
        with pytest.raises(ValueError, match=r"'each'.*\(batch_size, steps"):
            layer(tf.ones((3,)))
