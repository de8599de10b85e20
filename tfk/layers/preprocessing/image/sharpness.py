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
"""Layers that make images sharper or less sharp at random."""

import tensorflow as tf

from tfk.layers.preprocessing.image import color
from tfk.layers.preprocessing.image import coloring
from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer
from tfk.utils import conv_shapes


class RandomSharpness(coloring.ColorLayer):
    """Makes images sharper or blurs them, in training.

    Arguments:
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1]: 0
            blurs images, 0.5 leaves them as they are, 1 sharpens them.
        value_range: Pair of numbers: what the values of images lie between.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `Layer`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomSharpness((0.0, 0.0))
    >>> float(layer(np.eye(3)[..., None] * 130)[1, 1, 0])
    70.0
    """

    def _transform(self, images, transformation):
        sharpened = color.blend(
            color.smoothed(images), images, 2 * transformation["factor"]
        )
        return color.clip(sharpened, self.value_range)


class RandomGaussianBlur(image_layer.RandomImageLayer):
    """Blurs some images, in training.

    Arguments:
        factor: Number from 0 to 1: the probability for each image; or a range
            to draw the probability from.
        kernel_size: Odd integer, or pair of them: how many rows and columns
            go into a pixel.
        sigma: Number `a` for a range `(0, a)`, or a range: the standard
            deviation of the bell curve, in pixels, drawn for each axis.
        value_range: Pair of numbers: what the values of images lie between.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `Layer`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomGaussianBlur(1.0, sigma=(1.0, 1.0))
    >>> round(float(layer(np.eye(3)[..., None] * 130)[1, 1, 0]), 2)
    46.07
    """

    _moves_things = False

    def __init__(
        self,
        factor=1.0,
        kernel_size=3,
        sigma=1.0,
        value_range=(0, 255),
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._limits = factors.chance("factor", factor, self.name)
        self._sigmas = factors.limits(
            "sigma", sigma, self.name, 0.0, None, mirrored=False
        )
        self.kernel_size = conv_shapes.normalize_tuple(
            kernel_size, 2, "kernel_size", self.name
        )
        if any(size % 2 == 0 for size in self.kernel_size):
            raise ValueError(
                f"`kernel_size` of layer '{self.name}' must be odd. Received: "
                f"kernel_size={kernel_size!r}."
            )
        self.factor = factor
        self.sigma = sigma
        self.value_range = factors.value_range(value_range, self.name)

    def _draw(self, draws, images):
        uniform = draws.uniform(4)
        return {
            "is_blurred": factors.happens(uniform[:, :2], self._limits),
            "sigma": factors.between(uniform[:, 2:], self._sigmas),
        }

    def _transform(self, images, transformation):
        sigma = tf.maximum(transformation["sigma"], 1e-3)
        weights = [
            _bell_curve(sigma[:, axis], size)
            for axis, size in enumerate(self.kernel_size)
        ]
        blurred = color.blurred(images, *weights)
        return image_layer.choose(transformation["is_blurred"], blurred, images)


def _bell_curve(sigma, size):
    """Returns weights around the middle, of shape `(count, size)`."""
    places = tf.range(size, dtype=tf.float32) - size // 2
    curve = -tf.square(places / sigma[:, tf.newaxis]) / 2
    curve = factors.same_bits(tf.exp, curve)
    return curve / tf.reduce_sum(curve, axis=1, keepdims=True)
