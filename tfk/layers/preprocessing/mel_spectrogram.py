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
"""MelSpectrogram: sound to the loudness of its frequencies over time."""

import numpy as np
import tensorflow as tf

from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.utils import checks

_WINDOWS = {
    "hann": tf.signal.hann_window,
    "hamming": tf.signal.hamming_window,
}


class MelSpectrogram(PreprocessingLayer):
    """Turns sound into images of its frequencies over time, as people hear it.

    The first layer of a model of speech or music. A Fourier transform of each
    short piece tells how strong each frequency is; bins on the mel scale, on
    which equal steps sound equally far apart, sum them up.

    Arguments:
        fft_length: Integer: length of the pieces that are transformed.
        sequence_stride: Integer: samples from one piece to the next.
        sequence_length: Integer: length of the window in a piece. Defaults to
            `fft_length`.
        window: `"hann"` (default), `"hamming"`, an array of `sequence_length`
            factors, or None for no window.
        sampling_rate: Integer: samples in a second.
        num_mel_bins: Integer: number of bins.
        min_freq: Float: lowest frequency of the bins, in hertz.
        max_freq: Float: highest frequency of the bins. Defaults to half the
            sampling rate.
        power_to_db: Boolean: whether to return decibels.
        top_db: Float: how many decibels below the loudest value of a batch all
            values are cut off. None cuts nothing off.
        mag_exp: Float: exponent of the magnitudes: 1 for magnitudes, 2
            (default) for power.
        min_power: Float: least power, which keeps logarithms finite.
        ref_power: Float: power that counts as 0 decibels.
        **kwargs: As for `Layer`.

    Input shape:
        `(batch_size, samples)` or `(samples,)`. At least
        `fft_length // 2 + 1` samples.

    Output shape:
        `(batch_size, num_mel_bins, 1 + samples // sequence_stride)`, without
        the first axis if the input has none.

    Example:

    >>> layer = tfk.layers.MelSpectrogram(
    ...     num_mel_bins=80, sampling_rate=8000, sequence_stride=128
    ... )
    >>> layer(np.zeros([2, 16000], "float32")).shape
    TensorShape([2, 80, 126])
    """

    def __init__(
        self,
        fft_length=2048,
        sequence_stride=512,
        sequence_length=None,
        window="hann",
        sampling_rate=16000,
        num_mel_bins=128,
        min_freq=20.0,
        max_freq=None,
        power_to_db=True,
        top_db=80.0,
        mag_exp=2.0,
        min_power=1e-10,
        ref_power=1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)

        def size(name, value):
            return checks.positive_integer(name, value, self.name)

        self.fft_length = size("fft_length", fft_length)
        self.sequence_stride = size("sequence_stride", sequence_stride)
        self.sequence_length = size(
            "sequence_length", sequence_length or fft_length
        )
        self.window = window
        self.sampling_rate = sampling_rate
        self.num_mel_bins = size("num_mel_bins", num_mel_bins)
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power
        self._check_arguments()

    def _check_arguments(self):
        def fail(what):
            raise ValueError(
                f"Layer '{self.name}' (of type MelSpectrogram): {what}"
            )

        if self.sequence_length > self.fft_length:
            fail(
                "`sequence_length` can't be larger than `fft_length`. "
                f"Received: sequence_length={self.sequence_length}, "
                f"fft_length={self.fft_length}."
            )
        if not 0 <= self.min_freq < self.max_freq <= self.sampling_rate / 2:
            fail(
                "frequencies must rise from `min_freq` to `max_freq`, which "
                "can't exceed half the sampling rate. Received: "
                f"min_freq={self.min_freq}, max_freq={self.max_freq}, "
                f"sampling_rate={self.sampling_rate}."
            )
        if isinstance(self.window, str) and self.window not in _WINDOWS:
            fail(
                f"`window` must be one of {tuple(_WINDOWS)}, an array or None. "
                f"Received: window={self.window!r}."
            )
        is_array = self.window is not None and not isinstance(self.window, str)
        if is_array and np.shape(self.window) != (self.sequence_length,):
            fail(
                "`window` must have `sequence_length` factors. Received: an "
                f"array of shape {np.shape(self.window)}, "
                f"sequence_length={self.sequence_length}."
            )

    def call(self, inputs):
        """Computes the spectrograms."""
        if not inputs.dtype.is_floating:
            raise ValueError(
                f"Layer '{self.name}' (of type MelSpectrogram) takes floats. "
                f"Received: inputs of dtype {inputs.dtype.name}."
            )
        # There are no transforms in 16 bits.
        is_double = inputs.dtype == tf.float64
        signal = tf.cast(inputs, tf.float64 if is_double else tf.float32)
        magnitudes = self._magnitudes(signal)
        bins = tf.matmul(magnitudes**self.mag_exp, self._mel(signal.dtype))
        bins = tf.linalg.matrix_transpose(bins)
        if self.power_to_db:
            bins = self._decibels(bins)
        return tf.cast(bins, self.compute_dtype)

    def _magnitudes(self, signal):
        """Returns the magnitudes of the frequencies of each piece."""
        # Pieces are centred: both ends are continued by their mirror image.
        margin = [[self.fft_length // 2] * 2]
        rank = signal.shape.rank
        signal = tf.pad(signal, [[0, 0]] * (rank - 1) + margin, "REFLECT")
        pieces = tf.signal.frame(signal, self.fft_length, self.sequence_stride)
        if self.window is not None:
            pieces *= self._padded_window(signal.dtype)
        return tf.abs(tf.signal.rfft(pieces))

    def _padded_window(self, dtype):
        window = self.window
        if isinstance(window, str):
            window = _WINDOWS[window](self.sequence_length, dtype=dtype)
        missing = self.fft_length - self.sequence_length
        before = missing // 2
        return tf.pad(tf.cast(window, dtype), [[before, missing - before]])

    def _mel(self, dtype):
        """Returns the weights of frequencies in bins."""
        return tf.signal.linear_to_mel_weight_matrix(
            self.num_mel_bins,
            self.fft_length // 2 + 1,
            self.sampling_rate,
            self.min_freq,
            self.max_freq,
            dtype,
        )

    def _decibels(self, power):
        def decibels(x):
            x = tf.maximum(x, tf.cast(self.min_power, power.dtype))
            return 10 / np.log(10) * tf.math.log(x)

        found = decibels(power) - decibels(tf.cast(self.ref_power, power.dtype))
        if self.top_db is None:
            return found
        return tf.maximum(found, tf.reduce_max(found) - self.top_db)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        samples = shape[-1]
        margin = self.fft_length // 2 * 2 - self.fft_length
        steps = None
        if samples is not None:
            steps = 1 + (samples + margin) // self.sequence_stride
        return shape[:-1].concatenate([self.num_mel_bins, steps])
