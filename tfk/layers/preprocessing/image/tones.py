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
"""Layers that map the values of images to others."""

import tensorflow as tf

from tfk.layers.preprocessing.image import color
from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer
from tfk.utils import checks

_BYTES = (0, 255)


class AutoContrast(image_layer.ImageLayer):
    """Stretches the values of each channel over the whole range.

    Images of one value stay as they are. It does so in inference too.

    Arguments:
        value_range: Pair of numbers: what the values of images lie between.
        **kwargs: As for `Layer`, and `data_format`.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.AutoContrast()
    >>> layer(np.array([[[10], [11], [12]]])).numpy().ravel()
    array([  0. , 127.5, 255. ], dtype=float32)
    """

    _moves_things = False

    def __init__(self, value_range=(0, 255), **kwargs):
        super().__init__(**kwargs)
        self.value_range = factors.value_range(value_range, self.name)

    def _transform(self, images, transformation):
        return color.auto_contrasted(images, self.value_range)


class Equalization(image_layer.ImageLayer):
    """Spreads the values of each channel evenly, by their histogram.

    It does so in inference too.

    Arguments:
        value_range: Pair of numbers: what the values of images lie between.
        bins: Integer: how finely values are told apart.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        **kwargs: As for `Layer`.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.Equalization()
    >>> layer(np.array([[[10], [11], [12]]])).numpy().ravel()
    array([  0., 128., 255.], dtype=float32)
    """

    _moves_things = False

    def __init__(
        self, value_range=(0, 255), bins=256, data_format=None, **kwargs
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = factors.value_range(value_range, self.name)
        self.bins = checks.positive_integer("bins", bins)

    def _transform(self, images, transformation):
        images = color.rescale(images, self.value_range, _BYTES)
        images = color.equalized(images, self.bins)
        return color.rescale(images, _BYTES, self.value_range)


class Solarization(image_layer.RandomImageLayer):
    """Inverts the bright values of images, in training.

    Arguments:
        addition_factor: Number `a` for a range `(0, a)`, or a range, within
            [0, 1]: what is added first, as a fraction of the range of values.
        threshold_factor: The same: which values are inverted, those from this
            fraction of the range on. 0 inverts all.
        value_range: Pair of numbers: what the values of images lie between.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `Layer`, and `data_format`.

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

    >>> layer = tfk.layers.Solarization(threshold_factor=(0.5, 0.5))
    >>> layer(np.array([[[10], [100], [200]]])).numpy().ravel()
    array([ 10., 100.,  55.], dtype=float32)
    """

    _moves_things = False

    def __init__(
        self,
        addition_factor=0.0,
        threshold_factor=0.0,
        value_range=(0, 255),
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self._additions, self._thresholds = (
            factors.limits(name, value, self.name, 0.0, mirrored=False)
            for name, value in (
                ("addition_factor", addition_factor),
                ("threshold_factor", threshold_factor),
            )
        )
        self.addition_factor = addition_factor
        self.threshold_factor = threshold_factor
        self.value_range = factors.value_range(value_range, self.name)

    def _draw(self, draws, images):
        uniform = draws.uniform(2)
        return {
            "addition": factors.between(uniform[:, 0], self._additions) * 255,
            "threshold": factors.between(uniform[:, 1], self._thresholds) * 255,
        }

    def _transform(self, images, transformation):
        images = color.rescale(images, self.value_range, _BYTES)
        images = color.solarized(
            images, transformation["addition"], transformation["threshold"]
        )
        return color.rescale(images, _BYTES, self.value_range)


class RandomPosterization(image_layer.RandomImageLayer):
    """Keeps few different values in each channel, in training.

    Arguments:
        factor: Integer `a` for 1 to `a`, or a pair of integers, from 1 to 8:
            how many bits of each value are kept.
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

    >>> layer = tfk.layers.RandomPosterization((1, 1))
    >>> layer(np.array([[[10], [100], [200]]])).numpy().ravel()
    array([  0.,   0., 128.], dtype=float32)
    """

    _moves_things = False

    def __init__(
        self,
        factor,
        value_range=(0, 255),
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._limits = factors.limits(
            "factor", factor, self.name, 1.0, 8.0, mirrored=False
        )
        self.factor = factor
        self.value_range = factors.value_range(value_range, self.name)

    def _draw(self, draws, images):
        lower, upper = self._limits
        drawn = factors.between(draws.uniform(1)[:, 0], (lower, upper + 1))
        return {"bits": tf.minimum(tf.floor(drawn), upper)}

    def _transform(self, images, transformation):
        images = color.rescale(images, self.value_range, _BYTES)
        images = color.posterized(images, transformation["bits"])
        return color.rescale(images, _BYTES, self.value_range)


class RandomInvert(image_layer.RandomImageLayer):
    """Turns some images into their negatives, in training.

    Arguments:
        factor: Number from 0 to 1: the probability for each image; or a range
            to draw the probability from.
        value_range: Pair of numbers: what the values of images lie between.
        seed: Integer, which gives the same choices in each run, or None.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
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

    >>> layer = tfk.layers.RandomInvert(1.0)
    >>> layer(np.array([[[10], [100], [200]]])).numpy().ravel()
    array([245., 155.,  55.], dtype=float32)
    """

    _moves_things = False

    def __init__(
        self,
        factor=1.0,
        value_range=(0, 255),
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._limits = factors.chance("factor", factor, self.name)
        self.factor = factor
        self.value_range = factors.value_range(value_range, self.name)

    def _draw(self, draws, images):
        return {"is_inverted": factors.happens(draws.uniform(2), self._limits)}

    def _transform(self, images, transformation):
        inverted = sum(self.value_range) - images
        return image_layer.choose(
            transformation["is_inverted"], inverted, images
        )
