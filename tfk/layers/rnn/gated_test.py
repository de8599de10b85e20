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
from tfk.testing import strategies

NAMES = ("SimpleRNN", "LSTM", "GRU")

settings = hypothesis.settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    phases=[hypothesis.Phase.generate],
)


def pair(name, *args, **kwargs):
    """Returns a layer and that of tf_keras."""
    return (
        getattr(tfk.layers, name)(*args, **kwargs),
        getattr(tf_keras.layers, name)(*args, **kwargs),
    )


def flags(*names):
    return {name: st.booleans() for name in names}


OPTIONS = st.fixed_dictionaries(
    flags(
        "return_sequences",
        "return_state",
        "go_backwards",
        "unroll",
        "zero_output_for_mask",
        "use_bias",
    ),
    optional={
        "activation": st.sampled_from(["relu", "linear", None]),
        "kernel_regularizer": st.just("l2"),
        "bias_constraint": st.just("non_neg"),
    },
)
OWN_OPTIONS = {
    "SimpleRNN": st.just({}),
    "LSTM": st.fixed_dictionaries(
        flags("unit_forget_bias", "time_major"),
        optional={
            "recurrent_activation": st.just("hard_sigmoid"),
            "implementation": st.sampled_from([1, 2]),
        },
    ),
    "GRU": st.fixed_dictionaries(
        flags("reset_after", "time_major"),
        optional={"recurrent_activation": st.just("hard_sigmoid")},
    ),
}


class GatedLayersTest:
    @pytest.mark.parametrize("name", NAMES)
    def test_values_gradients_and_configs_are_those_of_tf_keras(self, name):
        @settings
        @hypothesis.given(
            options=OPTIONS,
            own=OWN_OPTIONS[name],
            mask=st.sampled_from(sorted(oracle.MASKS)),
            is_given_state=st.booleans(),
            units=st.integers(1, 3),
            features=st.integers(1, 3),
        )
        def check(options, own, mask, is_given_state, units, features):
            if options["unroll"]:
                # tf_keras fails with a mask and both of these.
                options["zero_output_for_mask"] = False
            layer, theirs = pair(name, units, **options, **own)
            oracle.assert_same_config(layer, theirs)
            inputs = oracle.numbers(oracle.BATCH, oracle.STEPS, features)
            arguments = {"mask": oracle.mask(mask)}
            if own.get("time_major"):
                inputs = tf.transpose(inputs, [1, 0, 2])
                if mask != "none":
                    arguments["mask"] = tf.transpose(arguments["mask"])
            if is_given_state:
                arguments["initial_state"] = [
                    oracle.numbers(oracle.BATCH, units, seed=7 + i)
                    for i in range(2 if name == "LSTM" else 1)
                ]
            oracle.assert_same(layer, theirs, inputs, **arguments)
            shape = layer.compute_output_shape(inputs.shape)
            outputs = layer(inputs)
            wanted = tf.nest.map_structure(lambda x: x.shape, outputs)
            assert tf.nest.flatten(shape) == tf.nest.flatten(wanted)

        check()

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("activation", ["tanh", "relu"])
    def test_graphs_of_any_length_and_xla_give_the_same(self, name, activation):
        # With relu, no fast engine runs.
        layer, _ = pair(name, 2, activation=activation, return_sequences=True)
        inputs = oracle.numbers(3, 4, 2)
        layer(inputs)
        mask = oracle.mask("mixed")
        wanted = oracle.results(layer, inputs, mask=mask)
        compiled = tf.function(oracle.results, jit_compile=True)
        oracle.assert_close(compiled(layer, inputs, mask=mask), wanted)
        traces = []

        def call(inputs, mask):
            traces.append(1)
            return oracle.results(layer, inputs, mask=mask)

        spec = tf.TensorSpec([None, None, 2])
        dynamic = tf.function(
            call, input_signature=[spec, tf.TensorSpec([None, None], tf.bool)]
        )
        for batch, steps in ((3, 4), (1, 3), (2, 1), (2, 0), (0, 2)):
            x, m = inputs[:batch, :steps], mask[:batch, :steps]
            wanted = oracle.results(layer, x, mask=m)
            oracle.assert_close(dynamic(x, m), wanted)
        assert len(traces) == 1

    @pytest.mark.parametrize("name", NAMES)
    def test_cells_make_one_step_as_those_of_tf_keras(self, name):
        cell, theirs = pair(f"{name}Cell", 3)
        assert cell.get_config().pop("name") == f"{cell.name}"
        oracle.assert_same_config(cell, theirs)
        inputs = oracle.numbers(2, 4)
        states = cell.get_initial_state(batch_size=2, dtype="float32")
        zeros = theirs.get_initial_state(batch_size=2, dtype="float32")
        oracle.assert_close(states, zeros)
        oracle.assert_close(cell.get_initial_state(inputs), zeros)
        states = tf.nest.map_structure(lambda x: x + 0.5, zeros)
        cell(inputs, states)
        theirs(inputs, states)
        oracle.set_same_weights(cell, theirs)
        ours, wanted = cell(inputs, states), theirs(inputs, states)
        oracle.assert_close(ours, wanted)
        assert tf.nest.flatten(cell.state_size) == tf.nest.flatten(
            theirs.state_size
        )
        assert cell.output_size == 3
        assert isinstance(ours[1], list) == isinstance(wanted[1], list)

    @pytest.mark.parametrize("name", NAMES)
    def test_arguments_of_the_cell_are_properties_of_the_layer(self, name):
        layer, theirs = pair(name, 3, dropout=0.25, dtype="float64")
        assert layer.units == theirs.units == 3
        assert layer.dropout == theirs.dropout == 0.25
        assert layer.activation is tfk.activations.tanh
        assert layer.cell.dtype == "float64"
        assert layer.cell.name == theirs.cell.name
        with pytest.raises(AttributeError):
            layer.units = 4

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
    def test_mixed_precision_keeps_states_in_16_bits(self, name, policy):
        layer = getattr(tfk.layers, name)(
            2, dtype=policy, return_state=True, activation="tanh"
        )
        inputs = oracle.numbers(3, 4, 2)
        mask = oracle.mask("holes")
        wide = getattr(tfk.layers, name)(2, return_state=True)
        wide(inputs)
        for call in (layer, tf.function(layer)):
            outputs = call(inputs, mask=mask)
            wide.set_weights(layer.get_weights())
            wanted = wide(inputs, mask=mask)
            for ours, theirs in zip(outputs, wanted):
                assert (
                    ours.dtype
                    == tfk.mixed_precision.Policy(policy).compute_dtype
                )
                np.testing.assert_allclose(
                    tf.cast(ours, "float32"), theirs, atol=0.05
                )
        assert {w.dtype for w in layer.weights} == {tf.float32}

    # One runs on a fast engine, the other one on the loop.
    @pytest.mark.parametrize("name", ["SimpleRNN", "LSTM"])
    def test_training_reaches_the_targets_on_two_replicas_too(self, name):
        x = oracle.numbers(7, 4, 2).numpy()
        y = x.sum(axis=(1, 2), keepdims=True)[:, 0]
        weights, losses = None, []
        for strategy in (
            tf.distribute.get_strategy(),
            strategies.two_replicas(),
        ):
            with strategy.scope():
                model = tfk.Sequential(
                    [
                        tfk.layers.Masking(),
                        getattr(tfk.layers, name)(3),
                        tfk.layers.Dense(1),
                    ]
                )
                model.compile("adam", "mse")
                model.build((None, None, 2))
            if weights is None:
                weights = model.get_weights()
            model.set_weights(weights)
            # Three rows are left over for the last batch.
            history = model.fit(
                x, y, batch_size=4, epochs=2, shuffle=False, verbose=0
            )
            losses.append(history.history["loss"])
        np.testing.assert_allclose(losses[0], losses[1], 1e-4)
        assert losses[0][1] < losses[0][0]

    @pytest.mark.parametrize("name", NAMES)
    def test_dropout_keeps_the_engine_and_gives_the_masks_to_all_steps(
        self, name
    ):
        layer = getattr(tfk.layers, name)(
            2, dropout=0.5, seed=3, return_sequences=True
        )
        inputs = oracle.numbers(3, 4, 2)
        layer(inputs)
        for call in (layer, tf.function(layer)):
            layer.cell.random_stream.state.assign([0, 0, 3])
            ours = call(inputs, training=True)
            layer.cell.random_stream.state.assign([0, 0, 3])
            mask = layer.get_dropout_mask_for_cell(inputs[:, 0], True)
            layer.reset_dropout_mask()
            assert set(np.ravel(mask)) <= {0.0, 2.0}
            oracle.assert_close(ours, layer(inputs * mask[:, tf.newaxis]))
        assert not np.allclose(ours, layer(inputs, training=True))
        oracle.assert_close(layer(inputs), layer(inputs, training=False))

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("reset_after", [True, False])
    def test_recurrent_dropout_acts_as_in_tf_keras(
        self, name, reset_after, monkeypatch
    ):
        own = {"reset_after": reset_after} if name == "GRU" else {}
        layer, theirs = pair(name, 2, dropout=0.5, recurrent_dropout=0.5, **own)
        oracle.assert_same_config(layer, theirs)
        masks = {
            "get_dropout_mask_for_cell": oracle.numbers(4, 3, 2, seed=5),
            "get_recurrent_dropout_mask_for_cell": oracle.numbers(
                4, 3, 2, seed=6
            ),
        }
        for cell in (layer.cell, theirs.cell):
            for method, values in masks.items():
                monkeypatch.setattr(
                    cell,
                    method,
                    lambda inputs, training, count=1, values=values: (
                        values[0] if count == 1 else list(values[:count])
                    ),
                )
        oracle.assert_same(
            layer, theirs, oracle.numbers(3, 4, 2), training=True
        )

    @pytest.mark.parametrize("name", NAMES)
    def test_wrong_arguments_and_inputs_are_named(self, name):
        make = getattr(tfk.layers, name)
        with pytest.raises(ValueError, match="`units` of layer"):
            make(0)
        with pytest.raises(ValueError, match="`recurrent_dropout` of"):
            make(2, recurrent_dropout=1.5)
        with pytest.raises(TypeError, match="`stepwise`"):
            make(2, stepwise=True)
        layer = make(2, name="memory")
        with pytest.raises(ValueError, match="'memory' must have ndim=3"):
            layer(tf.ones((2, 3)))
        with pytest.raises(ValueError, match="last axis has a known size"):
            layer.build((None, None, None))
        layer(tf.ones((2, 3, 4)))
        with pytest.raises(ValueError, match="size 4 on axis -1"):
            layer(tf.ones((2, 3, 5)))

    def test_old_names_of_implementations_are_understood(self):
        assert tfk.layers.LSTM(2, implementation=0).implementation == 1
        with pytest.raises(ValueError, match="`implementation` must be"):
            tfk.layers.GRU(2, implementation=3)
        layer = tfk.layers.SimpleRNN(2, implementation=1)
        assert "implementation" not in layer.get_config()

    @pytest.mark.parametrize("name", NAMES)
    def test_seeds_are_saved_and_give_the_same_dropout(self, name):
        layer = getattr(tfk.layers, name)(2, dropout=0.5, seed=7)
        again = type(layer).from_config(layer.get_config())
        assert again.seed == 7
        assert "seed" not in getattr(tfk.layers, name)(2).get_config()
        inputs = oracle.numbers(3, 4, 5)
        layer(inputs)
        again(inputs)
        again.set_weights(layer.get_weights())
        oracle.assert_close(
            layer(inputs, training=True), again(inputs, training=True)
        )

    def test_layers_compile_with_training_as_a_tensor(self):
        layer = tfk.layers.LSTM(2, dropout=0.5)
        inputs = oracle.numbers(3, 4, 8)
        layer(inputs)
        call = tf.function(lambda t: layer(inputs, training=t))
        oracle.assert_close(call(tf.constant(False)), layer(inputs))
        assert not np.allclose(call(tf.constant(True)), layer(inputs))
