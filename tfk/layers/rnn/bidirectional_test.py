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


def pair(name, merge_mode="concat", backward=None, **kwargs):
    """Returns a layer and that of tf_keras."""

    def make(keras):
        layer = getattr(keras.layers, name)(2, **kwargs)
        other = None
        if backward is not None:
            other = getattr(keras.layers, backward)(
                2, **{**kwargs, "go_backwards": True}
            )
        return keras.layers.Bidirectional(
            layer, merge_mode=merge_mode, backward_layer=other
        )

    return make(tfk), make(tf_keras)


class BidirectionalTest:
    @settings
    @hypothesis.given(
        name=st.sampled_from(["SimpleRNN", "LSTM", "GRU"]),
        merge_mode=st.sampled_from(["concat", "sum", "mul", "ave", None]),
        return_sequences=st.booleans(),
        return_state=st.booleans(),
        has_own_backward=st.booleans(),
        mask=st.sampled_from(sorted(oracle.MASKS)),
        is_given_state=st.booleans(),
    )
    def test_values_gradients_and_configs_are_those_of_tf_keras(
        self,
        name,
        merge_mode,
        return_sequences,
        return_state,
        has_own_backward,
        mask,
        is_given_state,
    ):
        ours, theirs = pair(
            name,
            merge_mode,
            backward=name if has_own_backward else None,
            return_sequences=return_sequences,
            return_state=return_state,
        )
        oracle.assert_same_config(ours, theirs)
        inputs = oracle.numbers(oracle.BATCH, oracle.STEPS, 3)
        arguments = {"mask": oracle.mask(mask)}
        if is_given_state:
            arguments["initial_state"] = [
                oracle.numbers(oracle.BATCH, 2, seed=7 + i)
                for i in range(4 if name == "LSTM" else 2)
            ]
        oracle.assert_same(ours, theirs, inputs, **arguments)
        outputs = ours(inputs)
        assert [x.shape for x in tf.nest.flatten(outputs)] == tf.nest.flatten(
            ours.compute_output_shape(inputs.shape)
        )
        masks = [
            None if m is None else m.shape
            for m in tf.nest.flatten(ours.compute_mask(inputs, inputs[..., 0]))
        ]
        wanted = [
            None if m is None else m.shape
            for m in tf.nest.flatten(
                theirs.compute_mask(inputs, inputs[..., 0])
            )
        ]
        assert masks == wanted

    def test_config_survives_and_keeps_both_layers(self):
        layer, _ = pair("LSTM", backward="GRU")
        again = tfk.layers.Bidirectional.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
        assert isinstance(again.backward_layer, tfk.layers.GRU)
        assert layer.forward_layer.name == f"forward_{layer.layer.name}"
        inputs = oracle.numbers(3, 4, 2)
        assert again(inputs).shape == (3, 4)
        assert len(again.weights) == len(again.trainable_weights) == 6
        weights = [w + 1 for w in again.get_weights()]
        given = tfk.layers.Bidirectional(
            tfk.layers.LSTM(2),
            backward_layer=tfk.layers.GRU(2, go_backwards=True),
            weights=weights,
        )
        given(inputs)
        oracle.assert_close(given.get_weights(), weights)

    def test_masks_reach_both_layers_in_models(self):
        def make(keras):
            return keras.Sequential(
                [
                    keras.layers.Embedding(5, 2, mask_zero=True),
                    keras.layers.Bidirectional(
                        keras.layers.GRU(2, return_sequences=True)
                    ),
                    keras.layers.Bidirectional(keras.layers.LSTM(2)),
                ]
            )

        inputs = tf.constant([[1, 2, 0, 0], [0, 3, 0, 4], [0, 0, 0, 0]])
        ours, theirs = make(tfk), make(tf_keras)
        ours(inputs), theirs(inputs)
        oracle.set_same_weights(ours, theirs)
        for call in (ours, tf.function(ours)):
            oracle.assert_close(call(inputs), theirs(inputs))

    def test_symbolic_states_become_inputs(self, tmp_path):
        def make(keras):
            x, h, c = keras.Input((4, 2)), keras.Input((2,)), keras.Input((2,))
            y = keras.layers.Bidirectional(keras.layers.GRU(2))(
                x, initial_state=[h, c]
            )
            return keras.Model([x, h, c], y)

        ours, theirs = make(tfk), make(tf_keras)
        oracle.set_same_weights(ours, theirs)
        inputs = [oracle.numbers(3, 4, 2), *[oracle.numbers(3, 2)] * 2]
        oracle.assert_close(ours(inputs), theirs(inputs))
        path = str(tmp_path / "model.keras")
        for source, reader in ((ours, tf_keras), (theirs, tfk)):
            source.save(path)
            again = reader.models.load_model(path)
            oracle.assert_close(again(inputs), theirs(inputs))

    def test_stateful_layers_go_on_and_are_reset_together(self):
        ours, theirs = pair("LSTM", stateful=True)
        inputs = oracle.numbers(3, 4, 2)
        ours(inputs), theirs(inputs)
        oracle.set_same_weights(ours, theirs)
        assert ours.stateful
        for layer in (ours, theirs):
            layer.reset_states()
        for _ in range(2):
            oracle.assert_close(ours(inputs), theirs(inputs))
        ours.reset_state()
        first = ours(inputs)
        ours.reset_states([np.ones((3, 2))] * 4)
        assert not np.allclose(ours(inputs), first)

    def test_ragged_inputs_and_time_major_are_those_of_tf_keras(self):
        ragged = tf.RaggedTensor.from_row_lengths(
            oracle.numbers(6, 2), [3, 1, 2]
        )
        ours, theirs = pair("GRU")
        ours(ragged), theirs(ragged)
        oracle.set_same_weights(ours, theirs)
        oracle.assert_close(ours(ragged), theirs(ragged))
        ours, _ = pair("GRU", return_sequences=True)
        result = ours(ragged)
        assert result.row_lengths().numpy().tolist() == [3, 1, 2]
        oracle.assert_close(
            result[1:2].to_tensor(), ours(ragged[1:2].to_tensor())
        )
        ours, theirs = pair("LSTM", time_major=True, return_sequences=True)
        oracle.assert_same(ours, theirs, oracle.numbers(4, 3, 2))

    def test_a_layer_of_convolutions_is_taken(self):
        layer = tfk.layers.Bidirectional(tfk.layers.ConvLSTM1D(2, 2))
        inputs = oracle.numbers(2, 3, 4, 2)
        assert layer(inputs).shape == (2, 3, 4)
        assert layer.compute_output_shape(inputs.shape) == (2, 3, 4)

    def test_wrong_use_is_told(self):
        with pytest.raises(ValueError, match="`merge_mode` of layer"):
            tfk.layers.Bidirectional(tfk.layers.GRU(2), merge_mode="max")
        with pytest.raises(TypeError, match="must be a layer"):
            tfk.layers.Bidirectional("gru")
        with pytest.raises(ValueError, match="`go_backwards`"):
            tfk.layers.Bidirectional(tfk.layers.Dense(2))
        with pytest.raises(ValueError, match="go_backwards=True"):
            tfk.layers.Bidirectional(
                tfk.layers.GRU(2), backward_layer=tfk.layers.GRU(2)
            )
        layer = tfk.layers.Bidirectional(tfk.layers.GRU(2), name="both")
        with pytest.raises(ValueError, match="'both' takes an even number"):
            layer(tf.ones((3, 4, 2)), initial_state=[tf.ones((3, 2))])
