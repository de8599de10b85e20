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
"""Tests of which engine runs a layer, and of what it logs."""

import logging

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.layers.rnn import engine_choice
from tfk.testing import cudnn_emulator
from tfk.testing import sequence_oracle as oracle
from tfk.utils import tf_internal

LAYERS = {"LSTM": tfk.layers.LSTM, "GRU": tfk.layers.GRU}


@pytest.fixture
def with_cudnn(monkeypatch):
    """Lets graphs be made as where there is a GPU."""
    monkeypatch.setattr(engine_choice, "has_cudnn", lambda: True)


@pytest.fixture
def on_gpu(with_cudnn, monkeypatch):
    """Lets layers run as on a GPU, and returns the list of cuDNN's calls."""
    calls = []

    def run(**arguments):
        calls.append(arguments)
        return cudnn_emulator.cudnn_rnn_v3(**arguments)

    monkeypatch.setattr(tf.raw_ops, "CudnnRNNV3", run)
    monkeypatch.setattr(
        tf.raw_ops, "CudnnRNNBackpropV3", cudnn_emulator.cudnn_rnn_backprop_v3
    )
    monkeypatch.setattr(
        tf_internal, "run_for_device", lambda by_device, _: by_device["GPU"]()
    )
    return calls


@pytest.mark.parametrize("name", LAYERS)
class CudnnTest:
    @pytest.mark.parametrize("go_backwards", [False, True])
    @pytest.mark.parametrize("mask", [*oracle.MASKS])
    def test_layers_compute_the_same_with_it(
        self, name, mask, go_backwards, on_gpu, monkeypatch
    ):
        options = {
            "return_sequences": True,
            "return_state": True,
            "go_backwards": go_backwards,
        }
        layer = LAYERS[name](3, **options)
        inputs, mask = oracle.numbers(3, 4, 2), oracle.mask(mask)
        states = [oracle.numbers(3, 3, seed=5 + i) for i in range(2)]
        states = states[: 2 if name == "LSTM" else 1]
        layer(inputs)
        layer.set_weights(
            [
                oracle.numbers(*w.shape, seed=i)
                for i, w in enumerate(layer.weights)
            ]
        )
        on_gpu.clear()
        by_cudnn = oracle.results(
            layer, inputs, mask=mask, initial_state=states
        )
        assert len(on_gpu) == 1
        monkeypatch.setattr(engine_choice, "has_cudnn", lambda: False)
        oracle.assert_close(
            by_cudnn,
            oracle.results(layer, inputs, mask=mask, initial_state=states),
        )
        assert len(on_gpu) == 1

    @pytest.mark.parametrize(
        "options, training, engine",
        [
            ({}, True, "cudnn"),
            ({"use_bias": False}, True, "cudnn"),
            ({"dropout": 0.5}, True, "cudnn"),
            ({"dtype": "float64"}, True, "cudnn"),
            ({"dtype": "mixed_float16"}, True, "cudnn"),
            ({"stateful": True}, True, "cudnn"),
            ({"time_major": True}, True, "cudnn"),
            ({"recurrent_dropout": 0.5}, False, "cudnn"),
            ({"recurrent_dropout": 0.5}, True, "chunked"),
            ({"dropout": 0.5, "implementation": 1}, True, "chunked"),
            ({"dtype": "mixed_bfloat16"}, True, "chunked"),
            ({"unroll": True}, True, "loop"),
            ({"activation": "relu"}, True, "loop"),
            ({"recurrent_activation": "hard_sigmoid"}, True, "loop"),
        ],
    )
    def test_options_say_which_engine_runs(
        self, name, options, training, engine, on_gpu, monkeypatch
    ):
        layer = LAYERS[name](3, **options)
        chunked = []
        run = type(layer)._chunked_engine
        monkeypatch.setattr(
            type(layer),
            "_chunked_engine",
            staticmethod(lambda *a, **k: chunked.append(1) or run(*a, **k)),
        )
        layer(oracle.numbers(3, 4, 2), training=training)
        assert bool(on_gpu) == (engine == "cudnn")
        assert bool(chunked) == (engine == "chunked")

    def test_empty_inputs_and_any_length_are_taken(self, name, on_gpu):
        layer = LAYERS[name](3, return_sequences=True, return_state=True)
        layer(oracle.numbers(3, 4, 2))
        on_gpu.clear()
        call = tf.function(
            lambda inputs, mask: layer(inputs, mask=mask),
            input_signature=[
                tf.TensorSpec([None, None, 2]),
                tf.TensorSpec([None, None], tf.bool),
            ],
        )
        mask = oracle.mask("mixed")
        for batch, steps in ((3, 4), (1, 3), (2, 0), (0, 2)):
            inputs = oracle.numbers(batch, steps, 2)
            outputs, *states = call(inputs, mask[:batch, :steps])
            assert outputs.shape == (batch, steps, 3)
            assert states[0].shape == (batch, 3)
            if not steps:
                np.testing.assert_array_equal(states[0], 0)
        assert len(on_gpu) == 1


@pytest.mark.parametrize("name", LAYERS)
class DropoutTest:
    @pytest.mark.parametrize("mask", ["none", "mixed"])
    @pytest.mark.parametrize("go_backwards", [False, True])
    def test_the_fast_engine_drops_what_the_loop_drops(
        self, name, go_backwards, mask
    ):
        inputs, found = oracle.numbers(3, 4, 2), []
        for unroll in (False, True):
            layer = LAYERS[name](
                3,
                dropout=0.5,
                recurrent_dropout=0.5,
                return_sequences=True,
                go_backwards=go_backwards,
                unroll=unroll,
                seed=3,
            )
            layer(inputs)
            layer.set_weights(
                [
                    oracle.numbers(*w.shape, seed=i)
                    for i, w in enumerate(layer.weights)
                ]
            )
            layer.cell.random_stream.state.assign([0, 0, 3])
            found.append(
                oracle.results(
                    layer, inputs, mask=oracle.mask(mask), training=True
                )
            )
        oracle.assert_close(*found)


class DeviceTest:
    """The real op, in graphs that run on a CPU."""

    @pytest.mark.parametrize("name", LAYERS)
    def test_graphs_made_for_gpus_train_on_cpus(self, name, with_cudnn):
        layer = LAYERS[name](3, return_sequences=True)
        inputs, mask = oracle.numbers(3, 4, 2), oracle.mask("mixed")
        layer(inputs)
        wanted = oracle.results(layer, inputs, mask=mask)

        @tf.function
        def run(inputs, mask):
            def step(i, outputs, gradients):
                return i + 1, *oracle.results(layer, inputs, mask=mask)

            # As the steps of training are, in a loop.
            first = oracle.results(layer, inputs, mask=mask)
            loop = tf.while_loop(lambda i, *_: i < 2, step, (0, *first))
            return loop[1:]

        graph = run.get_concrete_function(inputs, mask).graph.as_graph_def()
        assert "CudnnRNNV3" in ops_of(graph)
        assert "CudnnRNNBackpropV3" in ops_of(graph)
        oracle.assert_close(run(inputs, mask), wanted)

    def test_saved_models_serve_on_cpus(self, with_cudnn, tmp_path):
        model = tfk.Sequential(
            [
                tfk.layers.Masking(),
                tfk.layers.LSTM(3, return_sequences=True),
                tfk.layers.Bidirectional(tfk.layers.GRU(2)),
            ]
        )
        inputs = oracle.numbers(3, 4, 2)
        wanted = model(inputs)
        model.export(str(tmp_path / "model"))
        loaded = tf.saved_model.load(str(tmp_path / "model"))
        oracle.assert_close(loaded.serve(inputs), wanted)
        functions = loaded.serve.concrete_functions
        assert "CudnnRNNV3" in ops_of(functions[0].graph.as_graph_def())

    def test_xla_compiles_what_cpus_run(self, with_cudnn):
        layer = tfk.layers.LSTM(3)
        inputs = oracle.numbers(3, 4, 2)
        layer(inputs)
        wanted = oracle.results(layer, inputs)
        compiled = tf.function(oracle.results, jit_compile=True)
        oracle.assert_close(compiled(layer, inputs), wanted)

    @pytest.mark.parametrize("is_cuda_build", [False, True])
    def test_cudnn_comes_with_gpus_of_nvidia(self, is_cuda_build, monkeypatch):
        assert not engine_choice.has_cudnn()
        monkeypatch.setattr(tf.config, "list_logical_devices", lambda x: [x])
        monkeypatch.setattr(
            tf.sysconfig,
            "get_build_info",
            lambda: {"is_cuda_build": is_cuda_build},
        )
        assert engine_choice.has_cudnn() == is_cuda_build

    def test_without_a_gpu_graphs_hold_nothing_of_it(self):
        layer = tfk.layers.LSTM(3)
        inputs = oracle.numbers(3, 4, 2)
        layer(inputs)
        graph = tf.function(layer).get_concrete_function(inputs).graph
        found = ops_of(graph.as_graph_def())
        assert not found & {"CudnnRNNV3", "Case", "DeviceIndex"}


def ops_of(graph):
    """Returns the names of the ops in a graph and in its functions."""
    nodes = [*graph.node]
    for function in graph.library.function:
        nodes += function.node_def
    return {node.op for node in nodes}


class LogTest:
    @pytest.mark.parametrize(
        "options, texts",
        [
            (
                {"unroll": True, "activation": "relu"},
                [
                    "'memory' (of type LSTM)",
                    "unroll=True and activation=relu",
                    "unroll=False and activation=tanh",
                ],
            ),
            (
                {"recurrent_activation": "hard_sigmoid"},
                ["recurrent_activation=hard_sigmoid", "=sigmoid"],
            ),
        ],
    )
    def test_layers_say_once_what_slows_them_down(self, options, texts, caplog):
        layer = tfk.layers.LSTM(3, name="memory", **options)
        for steps in (4, 5):
            tf.function(layer)(oracle.numbers(3, steps, 2))
        (record,) = own_records(caplog)
        assert record.levelno == logging.WARNING
        for text in texts:
            assert text in record.getMessage()
        tfk.layers.LSTM(3, **options)(oracle.numbers(3, 4, 2))
        assert len(own_records(caplog)) == 2

    def test_a_reset_before_the_product_is_named(self, caplog):
        tfk.layers.GRU(3, reset_after=False)(oracle.numbers(3, 4, 2))
        (record,) = own_records(caplog)
        assert "reset_after=False rules out" in record.getMessage()

    def test_what_keeps_the_fast_engine_is_not_logged(self, caplog):
        inputs, mask = oracle.numbers(3, 4, 2), oracle.mask("holes")
        for options in (
            {"dropout": 0.5},
            {"dropout": 0.5, "implementation": 1},
            {"recurrent_dropout": 0.5},
            {"dtype": "mixed_bfloat16"},
        ):
            layer = tfk.layers.LSTM(3, **options)
            layer(inputs, mask=mask, training=True)
        tfk.layers.SimpleRNN(3, activation="relu")(inputs)
        assert not own_records(caplog)

    @pytest.mark.parametrize(
        "options, texts",
        [
            (
                {"recurrent_dropout": 0.5},
                ["recurrent_dropout=0.5 rules out", "recurrent_dropout=0."],
            ),
            (
                {"dropout": 0.5, "implementation": 1},
                ["implementation=1", "implementation=2"],
            ),
            ({"dtype": "mixed_bfloat16"}, ["bfloat16", "float16"]),
        ],
    )
    def test_what_rules_out_cudnn_is_logged_where_there_is_a_gpu(
        self, options, texts, on_gpu, caplog
    ):
        layer = tfk.layers.LSTM(3, **options)
        inputs = oracle.numbers(3, 4, 2)
        for _ in range(2):
            layer(inputs, training=True)
        (record,) = own_records(caplog)
        for text in ["cuDNN", *texts]:
            assert text in record.getMessage()
        assert not on_gpu


def own_records(caplog):
    return [r for r in caplog.records if r.name.startswith("tfk.")]
