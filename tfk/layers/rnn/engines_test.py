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
"""Tests of the engines of LSTM and GRU against the layers of tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers.rnn import cudnn_engine
from tfk.layers.rnn import gru_engine
from tfk.layers.rnn import lstm_engine
from tfk.testing import cudnn_emulator
from tfk.utils import tf_internal

BATCH, FEATURES, UNITS = 4, 3, 5
MASKS = {
    "none": lambda steps: None,
    "right": lambda steps: np.arange(steps) < np.array([[1], [0], [9], [4]]),
    "left": lambda steps: np.arange(steps) >= np.array([[1], [0], [9], [4]]),
    "holes": lambda steps: np.random.RandomState(3).rand(BATCH, steps) > 0.5,
    "all": lambda steps: np.zeros((BATCH, steps), bool),
}


def numbers(*shape, seed=0):
    values = np.random.RandomState(seed).normal(size=shape) * 0.5
    return tf.constant(values, tf.float32)


class Engine:
    """One of the engines, and tf_keras's layer for it."""

    def __init__(self, run, layer_class, gates, num_states, bias_shape):
        self.run = run
        self.layer_class = layer_class
        self.weights = [
            numbers(FEATURES, gates * UNITS, seed=1),
            numbers(UNITS, gates * UNITS, seed=2),
            numbers(*bias_shape, gates * UNITS, seed=3),
        ]
        self.states = [
            numbers(BATCH, UNITS, seed=4 + i) for i in range(num_states)
        ]

    def oracle(self, mask, input_masks=None, state_masks=None):
        # A cell that `RNN` runs takes tf_keras's generic loop.
        cell_class = getattr(
            tf_keras.layers, f"{self.layer_class.__name__}Cell"
        )
        cell = cell_class(UNITS, dropout=0.5, implementation=1)
        cell.get_dropout_mask_for_cell = lambda *_, **__: input_masks
        cell.get_recurrent_dropout_mask_for_cell = lambda *_, **__: state_masks
        # Where the masks are None, the rates say that there is none.
        cell.dropout = 0.5 if input_masks else 0.0
        cell.recurrent_dropout = 0.5 if state_masks else 0.0
        layer = tf_keras.layers.RNN(
            cell, return_sequences=True, return_state=True
        )
        layer.build((None, None, FEATURES))

        def run(inputs, states, weights):
            for variable, weight in zip(layer.weights, weights):
                variable.assign(weight)
            with tf.GradientTape() as tape:
                tape.watch([inputs, states])
                outputs, *new = layer(inputs, mask=mask, initial_state=states)
                results = outputs, outputs[:, -1], new
                loss = as_loss(results)
            sources = [inputs, states, layer.trainable_weights]
            return results, tape.gradient(loss, sources)

        return run

    def own(self, mask, **options):
        def run(inputs, states, weights):
            with tf.GradientTape() as tape:
                tape.watch([inputs, states, weights])
                results = self.run(
                    inputs, *weights, *states, mask=mask, **options
                )
                loss = as_loss(results)
            return results, tape.gradient(loss, [inputs, states, weights])

        return run


def as_loss(results):
    """Returns a number that depends on all results, each in its own way."""
    flat = [x for x in tf.nest.flatten(results) if x is not None]
    return tf.add_n(
        [
            tf.reduce_sum(x * x * tf.cast(i + 1, x.dtype))
            for i, x in enumerate(flat)
        ]
    )


LSTM = (tf_keras.layers.LSTM, 4, 2, ())
GRU = (tf_keras.layers.GRU, 3, 1, (2,))
ENGINES = {
    "lstm": lambda: Engine(lstm_engine.lstm, *LSTM),
    "gru": lambda: Engine(gru_engine.gru, *GRU),
    "cudnn_lstm": lambda: Engine(cudnn_engine.lstm, *LSTM),
    "cudnn_gru": lambda: Engine(cudnn_engine.gru, *GRU),
}


@pytest.fixture(autouse=True)
def cudnn_without_a_gpu(monkeypatch):
    forward, back = (
        cudnn_emulator.cudnn_rnn_v3,
        cudnn_emulator.cudnn_rnn_backprop_v3,
    )
    monkeypatch.setattr(tf.raw_ops, "CudnnRNNV3", forward)
    monkeypatch.setattr(tf.raw_ops, "CudnnRNNBackpropV3", back)
    monkeypatch.setattr(
        tf_internal, "run_for_device", lambda by_device, _: by_device["GPU"]()
    )


def assert_same(ours, wanted, rtol=1e-5, atol=1e-5):
    pairs = zip(tf.nest.flatten(ours), tf.nest.flatten(wanted), strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(a, b, rtol, atol)


@pytest.mark.parametrize("name", ENGINES)
class EnginesTest:
    # Steps of less than a chunk, of whole chunks, and with a rest.
    @pytest.mark.parametrize(
        "kind, steps",
        [("none", 1), ("none", 7), ("none", 20), ("none", 23)]
        + [(kind, 13) for kind in MASKS if kind != "none"],
    )
    def test_values_and_gradients_equal_those_of_tf_keras(
        self, name, kind, steps
    ):
        engine, mask = ENGINES[name](), MASKS[kind](steps)
        mask = None if mask is None else tf.constant(mask)
        inputs = numbers(BATCH, steps, FEATURES)
        oracle = tf.function(engine.oracle(mask))
        own = tf.function(engine.own(mask))
        assert_same(
            own(inputs, engine.states, engine.weights),
            oracle(inputs, engine.states, engine.weights),
        )

    def test_eager_and_xla_agree_with_graphs(self, name):
        engine = ENGINES[name]()
        mask = tf.constant(MASKS["holes"](12))
        inputs = numbers(BATCH, 12, FEATURES)
        own = engine.own(mask)
        data = inputs, engine.states, engine.weights
        wanted = tf.function(own)(*data)
        assert_same(own(*data), wanted)
        if "cudnn" not in name:
            # XLA never meets cuDNN's op.
            assert_same(tf.function(own, jit_compile=True)(*data), wanted)

    @pytest.mark.parametrize("is_masked", [False, True])
    def test_one_trace_serves_all_lengths_and_batch_sizes(
        self, name, is_masked
    ):
        engine, traces = ENGINES[name](), []

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, None, FEATURES)),
                tf.TensorSpec((None, None), tf.bool),
                [tf.TensorSpec((None, UNITS))] * len(engine.states),
            ]
        )
        def run(inputs, mask, states):
            traces.append(inputs)
            own = engine.own(mask if is_masked else None)
            return own(inputs, states, engine.weights)

        for batch, steps in ((4, 1), (3, 10), (1, 25), (0, 3), (2, 0)):
            inputs = numbers(batch, steps, FEATURES)
            mask = tf.constant(MASKS["holes"](steps)[:batch])
            states = [state[:batch] for state in engine.states]
            own = engine.own(mask if is_masked else None)
            results, gradients = run(inputs, mask, states)
            assert results[0].shape == (batch, steps, UNITS)
            if steps:
                assert_same(
                    (results, gradients), own(inputs, states, engine.weights)
                )
            else:
                assert_same(results[2], states)
        assert len(traces) == 1

    def test_options_are_those_of_the_layers(self, name):
        engine = ENGINES[name]()
        inputs, mask = numbers(BATCH, 12, FEATURES), MASKS["holes"](12)
        weights, states = engine.weights, engine.states
        run = engine.run
        plain, last, _ = run(inputs, *weights, *states)
        np.testing.assert_array_equal(plain[:, -1], last)
        none, only, _ = run(inputs, *weights, *states, return_sequences=False)
        assert none is None
        np.testing.assert_allclose(only, last, 1e-6)
        turned, _, _ = run(
            tf.reverse(inputs, [1]), *weights, *states, go_backwards=True
        )
        np.testing.assert_allclose(turned, plain, 1e-6)
        by_time, _, _ = run(
            tf.transpose(inputs, [1, 0, 2]),
            *weights,
            *states,
            mask=tf.constant(mask.T),
            time_major=True,
            zero_output_for_mask=True,
        )
        masked, _, _ = run(inputs, *weights, *states, mask=tf.constant(mask))
        wanted = tf.where(mask[..., np.newaxis], masked, 0.0)
        np.testing.assert_allclose(
            tf.transpose(by_time, [1, 0, 2]), wanted, 1e-6
        )

    def test_weights_without_bias_and_half_precision(self, name):
        engine = ENGINES[name]()
        inputs = numbers(BATCH, 12, FEATURES)
        kernel, recurrent_kernel, bias = engine.weights
        zero = engine.own(None)(
            inputs, engine.states, [*engine.weights[:2], tf.zeros_like(bias)]
        )
        results = engine.run(
            inputs, kernel, recurrent_kernel, None, *engine.states
        )
        assert_same(results, zero[0])
        dtype = tf.float16 if "cudnn" in name else tf.bfloat16
        half = tf.nest.map_structure(
            lambda x: tf.cast(x, dtype),
            [inputs, engine.states, engine.weights],
        )
        results, gradients = engine.own(None)(*half)
        assert {x.dtype for x in tf.nest.flatten(gradients)} == {dtype}
        wanted = engine.own(None)(inputs, engine.states, engine.weights)
        as_floats = tf.nest.map_structure(
            lambda x: tf.cast(x, tf.float32), (results, gradients)
        )
        for ours, exact in zip(
            tf.nest.flatten(as_floats), tf.nest.flatten(wanted)
        ):
            error = tf.norm(ours - exact) / tf.norm(exact)
            assert error < 0.05

    def test_gates_may_have_dropout_masks_of_their_own(self, name):
        if "cudnn" in name:
            pytest.skip("cuDNN knows no such dropout.")
        engine, steps = ENGINES[name](), 13
        gates = 4 if name == "lstm" else 3
        masks = {
            "input_masks": numbers(gates, BATCH, FEATURES, seed=20),
            "state_masks": numbers(gates, BATCH, UNITS, seed=21),
        }
        masks = {key: tf.unstack(value) for key, value in masks.items()}
        holes = tf.constant(MASKS["holes"](steps))
        inputs = numbers(BATCH, steps, FEATURES)
        assert_same(
            tf.function(engine.own(holes, **masks))(
                inputs, engine.states, engine.weights
            ),
            tf.function(engine.oracle(holes, **masks))(
                inputs, engine.states, engine.weights
            ),
        )

    def test_gradient_of_gradient_is_that_of_tf_keras(self, name):
        engine = ENGINES[name]()
        inputs = numbers(BATCH, 4, FEATURES)

        def penalty(run):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                _, (gradient, *_) = run(inputs, engine.states, engine.weights)
                value = tf.reduce_sum(gradient**2)
            return value, tape.gradient(value, inputs)

        if "cudnn" in name:
            with pytest.raises(LookupError, match="`unroll=True`"):
                penalty(engine.own(None))
            return
        assert_same(
            tf.function(penalty)(engine.own(None)),
            tf.function(penalty)(engine.oracle(None)),
            rtol=1e-4,
        )


class SecondGradientTest:
    @pytest.mark.parametrize("mask", ["none", "holes"])
    @pytest.mark.parametrize("name", ["lstm", "gru"])
    def test_equals_tf_keras(self, name, mask):
        engine = ENGINES[name]()
        inputs = numbers(BATCH, 12, FEATURES)
        mask = MASKS[mask](12)

        def second(run):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                _, first = run(inputs, engine.states, engine.weights)
                loss = as_loss(first)
            return tape.gradient(loss, inputs)

        own = tf.function(lambda: second(engine.own(mask)))()
        np.testing.assert_allclose(
            own, second(engine.oracle(mask)), rtol=1e-4, atol=1e-4
        )
