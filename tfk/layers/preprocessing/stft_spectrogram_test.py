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
"""Tests of short-time Fourier transforms against Keras 3."""

import json

import keras as keras3
import numpy as np
import pytest

from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.stft_spectrogram import STFTSpectrogram

RNG = np.random.default_rng(0)
SIGNALS = RNG.normal(size=(2, 30, 3)).astype("float32")
MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


class STFTSpectrogramTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            *({"mode": mode} for mode in MODES),
            {"mode": "real", "window": None},
            {"mode": "psd", "window": "hamming", "periodic": True},
            {"scaling": "spectrum", "fft_length": 14},
            {"scaling": None, "frame_step": 3},
            *(
                {
                    "padding": padding,
                    "expand_dims": expand_dims,
                    "data_format": data_format,
                    "mode": mode,
                }
                for padding in ("valid", "same")
                for expand_dims in (False, True)
                for data_format in ("channels_last", "channels_first")
                for mode in ("magnitude", "stft")
            ),
        ],
        ids=str,
    )
    def test_layers_equal_keras_3(self, arguments):
        arguments = {"frame_length": 8, **arguments}
        layer = STFTSpectrogram(**arguments)
        oracle = keras3.layers.STFTSpectrogram(**arguments)
        x = SIGNALS
        if arguments.get("data_format") == "channels_first":
            x = x.transpose(0, 2, 1)
        ours = layer(x)
        for part in (np.sin, np.cos) if layer.mode == "angle" else (np.array,):
            # Rounding tells whether an angle is pi or -pi.
            np.testing.assert_allclose(part(ours), part(oracle(x)), 1e-3, 1e-4)
        assert layer.compute_output_shape(x.shape) == ours.shape
        for a, b in zip(layer.weights, oracle.weights, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
        symbolic = layer(Input(x.shape[1:]))
        assert symbolic.shape.as_list() == [None, *ours.shape[1:]]
        ours, theirs = layer.get_config(), oracle.get_config()
        for config in (ours, theirs):
            config.pop("dtype"), config.pop("name")
        assert json.dumps(ours, sort_keys=True) == json.dumps(
            theirs, sort_keys=True
        )

    @pytest.mark.parametrize("fft_length", [8, 9, 16])
    def test_kernels_are_those_of_the_fourier_transform(self, fft_length):
        layer = STFTSpectrogram(
            "stft", frame_length=8, fft_length=fft_length, window=None
        )
        found = layer(SIGNALS[:, :8, :1])[:, 0]
        wanted = np.fft.rfft(SIGNALS[:, :8, 0], fft_length)
        parts = np.concatenate([wanted.real, wanted.imag], axis=-1)
        np.testing.assert_allclose(found, parts, atol=1e-5)

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"mode": "x"}, "mode='x'"),
            ({"padding": "causal"}, "padding='causal'"),
            ({"scaling": "x"}, "scaling='x'"),
            ({"data_format": "x"}, "data_format='x'"),
            ({"window": "kaiser"}, "window='kaiser'"),
            ({"window": np.ones(3)}, "window=array"),
            ({"frame_length": 0}, "frame_length"),
            ({"frame_step": 300}, "frame_step=300"),
            ({"fft_length": 4}, "fft_length=4"),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            STFTSpectrogram(**arguments)
