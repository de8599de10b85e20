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
import hypothesis
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

import tfk
from tfk.testing import sequence_oracle as oracle

settings = hypothesis.settings(
    derandomize=True,
    deadline=None,
    max_examples=25,
    phases=[hypothesis.Phase.generate],
)


def pair(rank, *args, **kwargs):
    name = f"ConvLSTM{rank}D"
    return (
        getattr(tfk.layers, name)(*args, **kwargs),
        getattr(tf_keras.layers, name)(*args, **kwargs),
    )


class ConvLSTMTest:
    @settings
    @hypothesis.given(
        rank=st.sampled_from([1, 1, 2, 3]),
        kernel_size=st.integers(1, 2),
        padding=st.sampled_from(["valid", "same"]),
        step=st.sampled_from(
            [{}, {"strides": 2}, {"dilation_rate": 2}, {"strides": 2}]
        ),
        options=st.fixed_dictionaries(
            {
                name: st.booleans()
                for name in (
                    "return_sequences",
                    "return_state",
                    "go_backwards",
                    "use_bias",
                    "unit_forget_bias",
                )
            }
        ),
        mask=st.sampled_from(["none", "right", "holes", "mixed"]),
    )
    def test_values_gradients_and_configs_are_those_of_tf_keras(
        self, rank, kernel_size, padding, step, options, mask
    ):
        if rank == 3:
            step = {}
        ours, theirs = pair(
            rank, 2, kernel_size, padding=padding, **step, **options
        )
        oracle.assert_same_config(ours, theirs)
        inputs = oracle.numbers(
            oracle.BATCH, oracle.STEPS, *(4, 3, 3)[:rank], 2
        )
        oracle.assert_same(ours, theirs, inputs, 1e-4, mask=oracle.mask(mask))
        shapes = [x.shape for x in tf.nest.flatten(ours(inputs))]
        assert shapes == tf.nest.flatten(
            ours.compute_output_shape(inputs.shape)
        )

    def test_channels_may_come_first(self):
        first = tfk.layers.ConvLSTM2D(
            2, 2, strides=(2, 1), data_format="channels_first", dropout=0.1
        )
        last = tfk.layers.ConvLSTM2D(2, 2, strides=(2, 1))
        inputs = oracle.numbers(2, 3, 4, 5, 3)
        moved = tf.transpose(inputs, [0, 1, 4, 2, 3])
        first(moved), last(inputs)
        last.set_weights(first.get_weights())
        outputs = tf.transpose(first(moved), [0, 2, 3, 1])
        oracle.assert_close(outputs, last(inputs))
        assert first.compute_output_shape(moved.shape) == first(moved).shape

    def test_sizes_may_be_unknown_until_the_call(self):
        layer = tfk.layers.ConvLSTM2D(2, 2, strides=2, return_sequences=True)
        inputs = oracle.numbers(2, 3, 5, 4, 2)
        wanted = layer(inputs)
        call = tf.function(
            layer, input_signature=[tf.TensorSpec([None] * 4 + [2])]
        )
        oracle.assert_close(call(inputs), wanted)
        assert layer.compute_output_shape([None] * 4 + [2]) == tf.TensorShape(
            [None, None, None, None, 2]
        )

    def test_initial_states_and_stateful_layers_are_those_of_tf_keras(self):
        inputs = oracle.numbers(2, 3, 5, 2)
        states = [oracle.numbers(2, 4, 3), oracle.numbers(2, 4, 3, seed=1)]
        ours, theirs = pair(1, 3, 2, return_state=True)
        oracle.assert_same(ours, theirs, inputs, initial_state=states)
        ours, theirs = pair(1, 3, 2, stateful=True)
        ours(inputs), theirs(inputs)
        oracle.set_same_weights(ours, theirs)
        for layer in (ours, theirs):
            layer.reset_states()
        for _ in range(2):
            oracle.assert_close(ours(inputs), theirs(inputs))
            oracle.assert_close(ours.states, theirs.states)

    def test_dropout_drops_the_same_at_each_step(self, monkeypatch):
        ours, theirs = pair(1, 2, 2, dropout=0.5, recurrent_dropout=0.5)
        masks = {
            "get_dropout_mask_for_cell": oracle.numbers(4, 2, 5, 2, seed=5),
            "get_recurrent_dropout_mask_for_cell": oracle.numbers(
                4, 2, 4, 2, seed=6
            ),
        }
        inputs = oracle.numbers(2, 3, 5, 2)
        layer = tfk.layers.ConvLSTM1D(2, 2, dropout=0.5, seed=1)
        layer(inputs)
        results = [layer(inputs, training=True) for _ in range(2)]
        assert not np.allclose(*results)
        for cell in (ours.cell, theirs.cell):
            for method, values in masks.items():
                monkeypatch.setattr(
                    cell,
                    method,
                    lambda inputs, training, count=1, values=values: list(
                        values
                    ),
                )
        oracle.assert_same(ours, theirs, inputs, training=True)

    def test_wrong_arguments_and_inputs_are_named(self):
        with pytest.raises(ValueError, match="`filters`"):
            tfk.layers.ConvLSTM2D(0, 2)
        with pytest.raises(ValueError, match="not both"):
            tfk.layers.ConvLSTM2D(2, 2, strides=2, dilation_rate=2)
        layer = tfk.layers.ConvLSTM2D(2, 4, name="radar")
        with pytest.raises(ValueError, match="larger than its input"):
            layer(tf.ones((1, 2, 3, 3, 1)))
        with pytest.raises(ValueError, match="'radar' must have ndim=5"):
            layer(tf.ones((1, 2, 3, 3)))
        with pytest.raises(ValueError, match="number of input channels"):
            tfk.layers.ConvLSTM1D(2, 2).build((None, None, 4, None))
        stateful = tfk.layers.ConvLSTM1D(2, 2, stateful=True)
        with pytest.raises(ValueError, match="sizes of its inputs"):
            stateful(tfk.Input(batch_shape=(2, 3, None, 1)))
