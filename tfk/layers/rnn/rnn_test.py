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
from tfk.testing import sequence_oracle as oracle
from tfk.testing import strategies


def attentive_cell(keras):
    """Returns a cell with nested inputs, nested states and constants."""

    class Cell(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.state_size = [units, (units, units)]
            self.output_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight("kernel", (2, self.units))
            self.built = True

        def call(self, inputs, states, constants=None):
            first, (second, third) = states
            (constant,) = constants
            new = tf.tanh(tf.matmul(inputs, self.kernel) + first * constant)
            return new + third, [new, (second + new, third + second)]

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return Cell


Cell = tfk.saving.register_keras_serializable("rnn_test")(attentive_cell(tfk))


def both(name, *args, **kwargs):
    return (
        getattr(tfk.layers, name)(*args, **kwargs),
        getattr(tf_keras.layers, name)(*args, **kwargs),
    )


class RNNTest:
    def test_nested_states_and_constants_are_those_of_tf_keras(self):
        settings = {"return_sequences": True, "return_state": True}
        ours = tfk.layers.RNN(Cell(3), **settings)
        theirs = tf_keras.layers.RNN(attentive_cell(tf_keras)(3), **settings)
        inputs, constant = oracle.numbers(3, 4, 2), oracle.numbers(3, 3)
        states = [constant + 1, (constant + 2, constant + 3)]
        for arguments in (
            {"constants": [constant]},
            {"constants": constant, "initial_state": states},
        ):
            oracle.assert_same(ours, theirs, inputs, **arguments)
        wanted = ours(inputs, states, constant)
        oracle.assert_close(ours([inputs, *states, constant]), wanted)
        assert ours.compute_output_shape((3, 4, 2))[2] == ((3, 3), (3, 3))
        config = ours.get_config()
        assert config["num_constants"] == 1
        again = tfk.layers.RNN.from_config(config)
        assert again.get_config() == config
        again([inputs, *states, constant])
        again.set_weights(ours.get_weights())
        oracle.assert_close(again([inputs, *states, constant]), wanted)

    def test_inputs_may_be_nested(self):
        class Adder(tfk.layers.AbstractRNNCell):
            state_size = 2
            output_size = 2

            def call(self, inputs, states):
                total = states[0] + inputs["a"] + inputs["b"]
                return total, [total]

        layer = tfk.layers.RNN(Adder(), return_sequences=True)
        a, b = oracle.numbers(3, 4, 2), oracle.numbers(3, 4, 2, seed=1)
        wanted = np.cumsum(a + b, axis=1)
        oracle.assert_close(layer({"a": a, "b": b}), wanted)
        oracle.assert_close(tf.function(layer)({"a": a, "b": b}), wanted)
        assert layer.compute_output_shape({"a": (3, 4, 2), "b": (3, 4, 2)}) == (
            3,
            4,
            2,
        )

    def test_masks_go_on_with_the_outputs_of_all_steps(self):
        mask = oracle.mask("right")
        inputs = tf.identity(oracle.numbers(3, 4, 2))
        inputs._keras_mask = mask
        layer = tfk.layers.LSTM(2, return_sequences=True, return_state=True)
        outputs, hidden, _ = layer(inputs)
        assert outputs._keras_mask is mask
        assert getattr(hidden, "_keras_mask", None) is None
        assert layer.compute_mask(inputs, mask)[1:] == [None, None]
        oracle.assert_close(hidden, layer(inputs, mask=mask)[1])
        last = tfk.layers.LSTM(2)
        assert getattr(last(inputs), "_keras_mask", None) is None
        assert last.compute_mask(inputs, mask) is None

    @pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
    @pytest.mark.parametrize("go_backwards", [False, True])
    def test_ragged_inputs_are_those_of_tf_keras(self, name, go_backwards):
        ragged = tf.RaggedTensor.from_row_lengths(
            oracle.numbers(6, 2), [3, 0, 1, 2]
        )
        for return_sequences in (False, True):
            ours, theirs = both(
                name,
                3,
                return_sequences=return_sequences,
                go_backwards=go_backwards,
            )
            ours(ragged), theirs(ragged)
            oracle.set_same_weights(ours, theirs)
            wanted = theirs(ragged)
            for call in (ours, tf.function(ours)):
                result = call(ragged)
                if return_sequences:
                    oracle.assert_close(
                        result.row_lengths(), wanted.row_lengths()
                    )
                    result, values = result.flat_values, wanted.flat_values
                    oracle.assert_close(result, values)
                else:
                    oracle.assert_close(result, wanted)

    def test_time_major_and_input_length_are_understood(self):
        layer, theirs = both("SimpleRNN", 3, input_dim=2, input_length=4)
        assert layer.get_config()["batch_input_shape"] == (None, 4, 2)
        oracle.assert_same_config(layer, theirs)
        ours, theirs = both("SimpleRNN", 3, time_major=True, return_state=True)
        oracle.assert_same(ours, theirs, oracle.numbers(5, 2, 4))
        assert ours.compute_output_shape((5, 2, 4)) == [(2, 3), (2, 3)]

    def test_models_take_states_as_inputs_and_give_them(self, tmp_path):
        def make(keras):
            layers = keras.layers
            x = keras.Input((None, 2))
            h, c = keras.Input((3,)), keras.Input((3,))
            y, *states = layers.LSTM(
                3, return_state=True, return_sequences=True
            )(x, initial_state=[h, c])
            outputs = layers.GRU(3)(y, initial_state=states[:1])
            return keras.Model([x, h, c], [outputs, *states])

        inputs = [oracle.numbers(2, 4, 2), *[oracle.numbers(2, 3)] * 2]
        ours, theirs = make(tfk), make(tf_keras)
        oracle.set_same_weights(ours, theirs)
        oracle.assert_close(ours(inputs), theirs(inputs))
        for source, reader in ((ours, tf_keras), (theirs, tfk)):
            path = str(tmp_path / f"{reader.__name__}.keras")
            source.save(path)
            again = reader.models.load_model(path)
            oracle.assert_close(again(inputs), theirs(inputs))
        # Files hold states behind the inputs, as those of Keras do.
        (node,) = ours.get_config()["layers"][-1]["inbound_nodes"]
        (wanted,) = theirs.get_config()["layers"][-1]["inbound_nodes"]
        assert [x[1:3] for x in node] == [x[1:3] for x in wanted]

    def test_constants_of_models_survive_files(self, tmp_path):
        x, k = tfk.Input((4, 2)), tfk.Input((3,))
        model = tfk.Model([x, k], tfk.layers.RNN(Cell(3))(x, constants=k))
        model.save(str(tmp_path / "model.keras"))
        again = tfk.models.load_model(str(tmp_path / "model.keras"))
        inputs = [oracle.numbers(2, 4, 2), oracle.numbers(2, 3)]
        oracle.assert_close(again(inputs), model(inputs))

    @pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
    def test_files_go_both_ways(self, tmp_path, suffix):
        def make(keras):
            layers = keras.layers
            return keras.Sequential(
                [
                    keras.Input((4, 3)),
                    layers.Bidirectional(
                        layers.LSTM(2, return_sequences=True),
                        backward_layer=layers.GRU(
                            2, return_sequences=True, go_backwards=True
                        ),
                    ),
                    layers.TimeDistributed(layers.Dense(3)),
                    layers.RNN(
                        [layers.LSTMCell(2), layers.LSTMCell(3)],
                        return_sequences=True,
                    ),
                    layers.GRU(2, reset_after=False, return_sequences=True),
                    layers.SimpleRNN(12, return_sequences=True),
                    layers.Reshape((4, 2, 6)),
                    layers.ConvLSTM1D(2, 2),
                ]
            )

        ours, theirs = make(tfk), make(tf_keras)
        oracle.set_same_weights(ours, theirs)
        inputs = oracle.numbers(2, 4, 3)
        wanted = theirs(inputs)
        for source, reader in ((ours, tf_keras), (theirs, tfk)):
            path = str(tmp_path / f"{reader.__name__}{suffix}")
            if suffix == ".weights.h5":
                source.save_weights(path)
                again = make(reader)
                again.load_weights(path)
            else:
                source.save(path)
                again = reader.models.load_model(path)
            oracle.assert_close(again(inputs), wanted)


class StatefulTest:
    def test_states_go_on_from_batch_to_batch_as_in_tf_keras(self):
        ours, theirs = both("LSTM", 2, stateful=True, return_sequences=True)
        inputs = oracle.numbers(3, 4, 2)
        ours(inputs), theirs(inputs)
        oracle.set_same_weights(ours, theirs)
        for layer in (ours, theirs):
            layer.reset_states()
        states = [np.ones((3, 2)), np.zeros((3, 2))]
        for _ in range(2):
            oracle.assert_close(ours(inputs), theirs(inputs))
            oracle.assert_close(ours.states, theirs.states)
        first = [tf.ones((3, 2))] * 2
        for layer in (ours, theirs):
            layer.reset_states(states)
        # States that are given count for a fresh layer only.
        for _ in range(2):
            oracle.assert_close(
                ours(inputs, initial_state=first),
                theirs(inputs, initial_state=first),
            )
            ours.reset_state(), theirs.reset_states()
        assert len(ours.weights) == 3

    def test_fit_and_predict_go_through_sequences_batch_by_batch(self):
        def make(keras):
            model = keras.Sequential(
                [
                    keras.Input(batch_shape=(2, 3, 2)),
                    keras.layers.GRU(3, stateful=True),
                    keras.layers.Dense(1),
                ]
            )
            model.compile(keras.optimizers.SGD(0.1), "mse")
            return model

        ours, theirs = make(tfk), make(tf_keras)
        oracle.set_same_weights(ours, theirs)
        x, y = oracle.numbers(8, 3, 2).numpy(), oracle.numbers(8, 1).numpy()
        for model in (ours, theirs):
            model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
        oracle.assert_close(ours.get_weights(), theirs.get_weights())
        oracle.assert_close(ours.layers[0].states, theirs.layers[0].states)
        for model in (ours, theirs):
            model.reset_states()
        oracle.assert_close(
            ours.predict(x, batch_size=2, verbose=0),
            theirs.predict(x, batch_size=2, verbose=0),
        )
        oracle.assert_close(
            ours.predict(x[:2], batch_size=2, verbose=0),
            theirs.predict(x[:2], batch_size=2, verbose=0),
        )

    def test_states_are_exported_and_kept_out_of_weights(self, tmp_path):
        def make(batch_size):
            return tfk.Sequential(
                [
                    tfk.Input(batch_shape=(batch_size, 3, 2)),
                    tfk.layers.LSTM(3, stateful=True),
                ]
            )

        model, other = make(2), make(1)
        x = oracle.numbers(2, 3, 2)
        first, second = model(x), model(x)
        assert not np.allclose(first, second)
        # Weights of one batch size serve another one.
        path = str(tmp_path / "model.weights.h5")
        model.save_weights(path)
        other.load_weights(path)
        oracle.assert_close(other(x[:1]), first[:1])
        path = str(tmp_path / "checkpoint")
        tf.train.Checkpoint(model=model).write(path)
        checkpoint = tf.train.Checkpoint(model=make(1))
        checkpoint.read(path).assert_existing_objects_matched()
        oracle.assert_close(checkpoint.model(x[:1]), first[:1])
        model.reset_states()
        model.export(str(tmp_path / "exported"))
        exported = tf.saved_model.load(str(tmp_path / "exported"))
        oracle.assert_close(exported.serve(x), first)
        oracle.assert_close(exported.serve(x), second)

    def test_wrong_use_is_told(self):
        layer = tfk.layers.GRU(2, stateful=True, name="memory")
        with pytest.raises(ValueError, match="'memory' is stateful and must"):
            layer(tfk.Input((3, 4)))
        with pytest.raises(ValueError, match="'memory' is stateful and must"):
            layer.reset_states()
        layer(tf.ones((2, 3, 4)))
        with pytest.raises(ValueError, match="size 2 on axis 0"):
            layer(tf.ones((3, 3, 4)))
        for states in ([np.ones((3, 2))], [np.ones((2, 2))] * 2):
            with pytest.raises(ValueError, match="No state was changed"):
                layer.reset_states(states)
        with pytest.raises(AttributeError, match="`stateful=False`"):
            tfk.layers.GRU(2).reset_states()
        with strategies.two_replicas().scope():
            replicated = tfk.layers.GRU(2, stateful=True)
            with pytest.raises(ValueError, match="several replicas"):
                replicated.build((2, 3, 4))


class ErrorsTest:
    def test_states_and_constants_that_do_not_fit_are_told(self):
        layer = tfk.layers.LSTM(2, name="memory")
        x = tf.ones((3, 4, 2))
        with pytest.raises(ValueError, match="'memory'.* has 2 states"):
            layer(x, initial_state=[tf.ones((3, 2))])
        with pytest.raises(ValueError, match=r"must have shape \(None, 2\)"):
            layer(x, initial_state=[tf.ones((3, 5)), tf.ones((3, 2))])
        with pytest.raises(ValueError, match="not both"):
            layer([x, x], initial_state=[x])
        with pytest.raises(ValueError, match="takes no `constants`"):
            tfk.layers.RNN(tfk.layers.GRUCell(2))(x, constants=[x])

    def test_kinds_of_inputs_that_do_not_fit_are_told(self):
        layer = tfk.layers.RNN(tfk.layers.GRUCell(2), name="memory")
        with pytest.raises(ValueError, match=r"\(batch_size, steps, ...\)"):
            layer(tf.ones((3,)))
        with pytest.raises(TypeError, match="dense and ragged tensors"):
            layer(tf.sparse.from_dense(tf.ones((2, 3, 4))))
        ragged = tf.RaggedTensor.from_row_lengths(tf.ones((3, 2)), [1, 2])
        for options in ({"unroll": True}, {"time_major": True}):
            with pytest.raises(ValueError, match="ragged"):
                tfk.layers.GRU(2, **options)(ragged)
        with pytest.raises(ValueError, match="ragged inputs with a mask"):
            tfk.layers.GRU(2)(ragged, mask=tf.ones((2, 2), tf.bool))
