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
"""STFTSpectrogram: short-time Fourier transforms by trainable kernels."""

import numpy as np
import tensorflow as tf

from tfk import config
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.saving import budget
from tfk.utils import checks

_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
_WINDOWS = {
    "hann": tf.signal.hann_window,
    "hamming": tf.signal.hamming_window,
}
_SCALINGS = {
    "density": lambda window: np.sqrt(np.sum(window**2)),
    "spectrum": np.sum,
}
# Least power in `"log"` and `"magnitude"`, so that gradients are finite.
_LEAST_POWER = 1e-7


class STFTSpectrogram(Layer):
    """Turns a signal into the strengths of its frequencies over time.

    The transform of each short frame is a convolution, whose kernels start as
    those of the Fourier transform and can be trained with the model. Set
    `trainable=False` to keep them.

    Arguments:
        mode: What to return: `"log"` (default; the logarithm of magnitudes),
            `"magnitude"`, `"psd"` (power spectral density), `"real"`,
            `"imag"`, `"angle"` (in radians), or `"stft"` (real parts, then
            imaginary ones).
        frame_length: Integer: samples in a frame.
        frame_step: Integer: samples from one frame to the next. Defaults to
            half of `frame_length`.
        fft_length: Integer, at least `frame_length`: frames are filled up with
            zeros to this length. Defaults to the next power of two.
        window: `"hann"` (default), `"hamming"`, an array of `frame_length`
            factors, or None for no window.
        periodic: Boolean: whether a named window is periodic, or symmetric
            (default).
        scaling: What a window is divided by: its power for `"density"`
            (default), its sum for `"spectrum"`, or nothing for None.
        padding: `"valid"` (default) or `"same"`.
        expand_dims: Boolean: whether frequencies get an axis of their own, as
            image models take it.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.config.image_data_format()`.
        **kwargs: As for `Layer`.

    Input shape:
        `(batch_size, time, channels)` for channels last, else
        `(batch_size, channels, time)`.

    Output shape:
        For channels last, `(batch_size, frames, channels * frequencies)`, or
        `(batch_size, frames, frequencies, channels)` with `expand_dims`; for
        channels first, `(batch_size, channels * frequencies, frames)`, or
        `(batch_size, channels, frames, frequencies)`. There are
        `fft_length // 2 + 1` frequencies, in mode `"stft"` twice as many.

    Example:

    >>> layer = tfk.layers.STFTSpectrogram(frame_length=256, frame_step=128)
    >>> layer(np.zeros([3, 16000, 1], "float32")).shape
    TensorShape([3, 124, 129])
    """

    def __init__(
        self,
        mode="log",
        frame_length=256,
        frame_step=None,
        fft_length=None,
        window="hann",
        periodic=False,
        scaling="density",
        padding="valid",
        expand_dims=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.mode = mode
        self.frame_length = checks.positive_integer(
            "frame_length", frame_length, self.name
        )
        self.frame_step = frame_step
        self.fft_length = fft_length
        self.window = window
        self.periodic = periodic
        self.scaling = scaling
        self.padding = padding
        self.expand_dims = expand_dims
        self.data_format = data_format or config.image_data_format()
        self._check_arguments()
        self.input_spec = InputSpec(ndim=3)

    def _check_arguments(self):
        def check(is_right, name, what):
            if not is_right:
                raise ValueError(
                    f"`{name}` of layer '{self.name}' (of type "
                    f"STFTSpectrogram) must be {what}. Received: "
                    f"{name}={getattr(self, name)!r}, "
                    f"frame_length={self.frame_length}."
                )

        for name, known in (
            ("mode", _MODES),
            ("padding", ("valid", "same")),
            ("scaling", (*_SCALINGS, None)),
            ("data_format", ("channels_last", "channels_first")),
        ):
            check(getattr(self, name) in known, name, f"one of {known}")
        is_array = self.window is not None and not isinstance(self.window, str)
        check(
            (
                np.shape(self.window) == (self.frame_length,)
                if is_array
                else self.window is None or self.window in _WINDOWS
            ),
            "window",
            f"one of {tuple(_WINDOWS)}, None, or `frame_length` factors",
        )
        check(
            self.frame_step is None or 0 < self.frame_step <= self.frame_length,
            "frame_step",
            "a positive integer up to `frame_length`",
        )
        check(
            self.fft_length is None or self.fft_length >= self.frame_length,
            "fft_length",
            "an integer from `frame_length` on",
        )

    @property
    def _step(self):
        return self.frame_step or max(1, self.frame_length // 2)

    @property
    def _fft_length(self):
        return self.fft_length or 1 << (self.frame_length - 1).bit_length()

    def build(self, input_shape):
        """Makes the kernels."""
        if self.mode != "imag":
            self.real_kernel = self._add_kernel("real_kernel", np.cos)
        if self.mode != "real":
            self.imag_kernel = self._add_kernel(
                "imag_kernel", lambda x: -np.sin(x)
            )
        self.built = True

    def _add_kernel(self, name, wave):
        bins = self._fft_length // 2 + 1
        size = self.frame_length * bins * np.dtype("float64").itemsize
        budget.spend(size, f"{self.name}/{name}", "an array")
        frequencies = np.arange(bins) / self._fft_length
        phases = np.outer(np.arange(self.frame_length), frequencies)
        window = self._scaled_window()
        kernel = window[:, None, None] * wave(2 * np.pi * phases[:, None])
        return self.add_weight(
            name,
            kernel.shape,
            initializer=lambda shape, dtype: tf.cast(kernel, dtype),
        )

    def _scaled_window(self):
        if self.window is None:
            return np.ones([self.frame_length])
        window = self.window
        if isinstance(window, str):
            window = _WINDOWS[window](
                self.frame_length, self.periodic, tf.float64
            )
        window = np.asarray(window, np.float64)
        if self.scaling is None:
            return window
        return window / _SCALINGS[self.scaling](window)

    def call(self, inputs):
        """Computes the spectrograms."""
        if self.data_format == "channels_last":
            inputs = tf.transpose(inputs, [0, 2, 1])
        channels = inputs.shape[1]
        signals = tf.reshape(inputs, [-1, tf.shape(inputs)[2], 1])
        found = self._spectrum(signals)
        frames, bins = tf.shape(found)[1], found.shape[2]
        found = tf.reshape(found, [-1, channels, frames, bins])
        if self.data_format == "channels_first":
            if self.expand_dims:
                return found
            found = tf.transpose(found, [0, 1, 3, 2])
            return tf.reshape(found, [-1, channels * bins, frames])
        if self.expand_dims:
            return tf.transpose(found, [0, 2, 3, 1])
        found = tf.transpose(found, [0, 2, 1, 3])
        return tf.reshape(found, [-1, frames, channels * bins])

    def _spectrum(self, signals):
        if self.mode == "real":
            return self._transform(signals, self.real_kernel)
        if self.mode == "imag":
            return self._transform(signals, self.imag_kernel)
        real = self._transform(signals, self.real_kernel)
        imag = self._transform(signals, self.imag_kernel)
        if self.mode == "stft":
            return tf.concat([real, imag], axis=-1)
        if self.mode == "angle":
            return tf.atan2(imag, real)
        power = real**2 + imag**2
        if self.mode == "psd":
            return power * self._sides(power.dtype)
        power = tf.maximum(power, tf.cast(_LEAST_POWER, power.dtype))
        if self.mode == "magnitude":
            return tf.sqrt(power)
        return tf.math.log(power) / 2

    def _transform(self, signals, kernel):
        return tf.nn.conv1d(signals, kernel, self._step, self.padding.upper())

    def _sides(self, dtype):
        """Counts each frequency twice but those that are their own mirror."""
        sides = np.full([self._fft_length // 2 + 1], 2.0)
        sides[0] = 1.0
        if self._fft_length % 2 == 0:
            sides[-1] = 1.0
        return tf.constant(sides, dtype)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape).as_list()
        is_last = self.data_format == "channels_last"
        batch, channels = shape[0], shape[2 if is_last else 1]
        frames = shape[1 if is_last else 2]
        if frames is not None:
            if self.padding == "valid":
                frames -= self.frame_length - 1
            frames = -(-frames // self._step)
        bins = self._fft_length // 2 + 1
        bins = 2 * bins if self.mode == "stft" else bins
        if self.expand_dims:
            rest = [frames, bins, channels]
            rest = rest if is_last else [channels, frames, bins]
        else:
            all_bins = None if channels is None else channels * bins
            rest = [frames, all_bins] if is_last else [all_bins, frames]
        return tf.TensorShape([batch, *rest])
