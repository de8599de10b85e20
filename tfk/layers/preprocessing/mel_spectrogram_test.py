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
"""Tests of mel spectrograms against Keras 3."""

import json

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf

from tfk.layers.preprocessing.mel_spectrogram import MelSpectrogram

RNG = np.random.default_rng(0)
SOUND = RNG.normal(size=(2, 1000)).astype("float32")
SMALL = {"fft_length": 128, "sequence_stride": 50, "num_mel_bins": 9}


class MelSpectrogramTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"sequence_length": 100, "window": "hamming"},
            {"sequence_length": 33, "fft_length": 127},
            {"window": None, "power_to_db": False},
            {"mag_exp": 1.0, "ref_power": 0.1, "min_power": 1e-3},
            {"min_freq": 100.0, "max_freq": 3000.0, "sampling_rate": 8000},
            {"top_db": 5.0},
        ],
        ids=str,
    )
    def test_layers_equal_keras_3(self, arguments):
        arguments = {**SMALL, **arguments}
        layer = MelSpectrogram(**arguments)
        oracle = keras3.layers.MelSpectrogram(**arguments)
        for x in (SOUND, SOUND[0]):
            ours, theirs = layer(x), oracle(x)
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, 2e-4, 2e-4)
            assert layer.compute_output_shape(x.shape) == ours.shape
        ours, theirs = layer.get_config(), oracle.get_config()
        for config in (ours, theirs):
            config.pop("dtype"), config.pop("name")
        assert json.dumps(ours, sort_keys=True) == json.dumps(
            theirs, sort_keys=True
        )
        again = MelSpectrogram.from_config(layer.get_config())
        np.testing.assert_array_equal(again(SOUND), layer(SOUND))

    def test_windows_may_be_arrays(self):
        window = np.hanning(129)[:-1].astype("float32")
        layer = MelSpectrogram(**SMALL, window=window)
        wanted = MelSpectrogram(**SMALL)(SOUND)
        np.testing.assert_allclose(layer(SOUND), wanted, 1e-3, 1e-3)

    def test_doubles_are_computed_in_64_bits(self):
        found = MelSpectrogram(**SMALL, dtype="float64")(np.float64(SOUND))
        assert found.dtype == tf.float64
        wanted = MelSpectrogram(**SMALL)(SOUND)
        np.testing.assert_allclose(found, wanted, 1e-4, 1e-4)

    def test_low_precision_computes_in_32_bits(self):
        layer = MelSpectrogram(**SMALL, dtype="mixed_bfloat16")
        found = layer(SOUND)
        assert found.dtype == tf.bfloat16
        wanted = MelSpectrogram(**SMALL)(SOUND)
        np.testing.assert_allclose(tf.cast(found, "float32"), wanted, 0.05, 0.5)

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"fft_length": 0}, "fft_length"),
            ({"sequence_length": 200}, "sequence_length=200"),
            ({"window": "kaiser"}, "window='kaiser'"),
            ({"window": [1.0, 2.0]}, r"shape \(2,\)"),
            ({"min_freq": 9000.0}, "min_freq=9000.0"),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            MelSpectrogram(**{**SMALL, **arguments})
        with pytest.raises(ValueError, match="takes floats.*int32"):
            MelSpectrogram(**SMALL)(tf.zeros([2, 300], tf.int32))
