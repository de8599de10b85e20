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
import itertools

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.layers.rnn import loop
from tfk.testing import sequence_oracle as oracle


def step(inputs, states):
    """A step with one state and one constant."""
    state, constant = states
    new = tf.tanh(inputs + 0.5 * state * constant)
    return new * 2.0, [new]


def outputs_and_gradients(run, inputs, state, constant, **options):
    with tf.GradientTape() as tape:
        tape.watch([inputs, state, constant])
        results = run(step, inputs, [state], constants=[constant], **options)
        loss = tf.add_n(
            [tf.reduce_sum(tf.sin(x)) for x in tf.nest.flatten(results)]
        )
    return results, tape.gradient(loss, [inputs, state, constant])


class LoopTest:
    @pytest.mark.parametrize("mask", [None, "mixed"])
    def test_options_mean_what_they_do_in_tf_keras(self, mask):
        inputs, mask = oracle.numbers(3, 4, 2), oracle.mask(mask or "none")
        state, constant = oracle.numbers(3, 2, seed=1), oracle.numbers(3, 2)
        assert tfk.backend.rnn is loop.run
        names = ("go_backwards", "unroll", "zero_output_for_mask")
        for values in itertools.product([False, True], repeat=3):
            if all(values):
                continue  # tf_keras turns the mask around once too often.
            options = dict(zip(names, values), mask=mask)
            wanted = outputs_and_gradients(
                tf_keras.backend.rnn, inputs, state, constant, **options
            )
            for function in (
                outputs_and_gradients,
                tf.function(outputs_and_gradients, jit_compile=True),
            ):
                if options["unroll"] and function is not outputs_and_gradients:
                    continue
                ours = function(loop.run, inputs, state, constant, **options)
                oracle.assert_close(ours, wanted)

    def test_only_the_last_output_is_kept_if_asked(self):
        inputs, mask = oracle.numbers(3, 4, 2), oracle.mask("left")
        state = oracle.numbers(3, 2, seed=1)
        for mask in (None, mask):
            run = tf.function(loop.run)
            last, outputs, states = run(
                step,
                inputs,
                [state],
                mask=mask,
                constants=[state],
                return_all_outputs=False,
            )
            wanted = tf_keras.backend.rnn(
                step,
                inputs,
                [state],
                mask=mask,
                constants=[state],
                return_all_outputs=False,
            )
            oracle.assert_close((last, outputs, states), wanted)
            assert outputs.shape == (3, 1, 2)

    def test_inputs_states_and_outputs_may_be_nested(self):
        def nested(inputs, states):
            (first, second), constant = states
            new = {"a": first["a"] + inputs["x"] * constant}
            total = second + tf.reduce_sum(inputs["y"], -1)
            return (total, {"z": new["a"]}), [(new, total)]

        inputs = {"x": oracle.numbers(3, 4, 2), "y": oracle.numbers(3, 4, 2, 5)}
        states = [({"a": tf.zeros((3, 2))}, tf.zeros((3, 2)))]
        constants = [tf.constant(2.0)]
        mask = oracle.mask("holes")
        shown = mask.numpy()[..., np.newaxis]
        x = np.cumsum(inputs["x"].numpy() * 2 * shown, axis=1)
        for run in (loop.run, tf.function(loop.run)):
            last, outputs, new = run(
                nested, inputs, states, mask=mask, constants=constants
            )
            np.testing.assert_allclose(outputs[1]["z"], x * 1.0, 1e-5, 1e-5)
            np.testing.assert_allclose(last[1]["z"], x[:, -1], 1e-5, 1e-5)
            np.testing.assert_allclose(new[0][0]["a"], x[:, -1], 1e-5, 1e-5)
            assert outputs[0].shape == (3, 4, 2)

    def test_lengths_stand_for_a_mask_and_time_may_come_first(self):
        inputs, state = oracle.numbers(3, 4, 2), tf.zeros((3, 2))
        lengths = tf.constant([4, 0, 2])
        mask = tf.sequence_mask(lengths, 4)
        wanted = loop.run(
            step, inputs, [state], mask=mask, constants=[state], unroll=True
        )
        ours = loop.run(
            step, inputs, [state], input_length=lengths, constants=[state]
        )
        oracle.assert_close(ours, wanted)
        last, outputs, states = tf.function(loop.run)(
            step,
            loop.swap_batch_and_time(inputs),
            [state],
            input_length=lengths,
            constants=[state],
            time_major=True,
        )
        outputs = loop.swap_batch_and_time(outputs)
        oracle.assert_close((last, outputs, states), wanted)
        ours = loop.run(
            step, inputs, [state], input_length=4, constants=[state]
        )
        assert ours[1].shape == (3, 4, 2)

    def test_no_steps_give_zeros_and_the_states_as_they_were(self):
        state = tf.ones((3, 2))

        def run(inputs):
            return loop.run(step, inputs, [state], constants=[state])

        unknown = tf.TensorSpec([None, None, 2])
        dynamic = tf.function(run, input_signature=[unknown])
        for call in (run, tf.function(run), dynamic):
            last, outputs, (new,) = call(tf.zeros((3, 0, 2)))
            oracle.assert_close((last, new), (tf.zeros((3, 2)), state))
            assert outputs.shape == (3, 0, 2)

    def test_static_shapes_are_kept(self):
        @tf.function(
            input_signature=[tf.TensorSpec([None, 4, 2]), tf.TensorSpec([3, 2])]
        )
        def run(inputs, state):
            last, outputs, states = loop.run(
                step, inputs, [state], constants=[state]
            )
            assert last.shape == (3, 2) and outputs.shape == (3, 4, 2)
            assert states[0].shape == (3, 2)
            return last

        run(tf.zeros((3, 4, 2)), tf.zeros((3, 2)))

    def test_wrong_use_is_told(self):
        run = tf.function(
            lambda x: loop.run(step, x, [x[:, 0]], unroll=True),
            input_signature=[tf.TensorSpec([None, None, 2])],
        )
        with pytest.raises(ValueError, match="`unroll` needs a known number"):
            run.get_concrete_function()
        with pytest.raises(ValueError, match="as many states as it takes"):
            loop.run(
                lambda x, states: (x, [x, x]), tf.ones((1, 2, 3)), [tf.ones(1)]
            )
