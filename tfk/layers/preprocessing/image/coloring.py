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
"""Layers that change the colours of images at random."""

import tensorflow as tf

from tfk.layers.preprocessing.image import brightness
from tfk.layers.preprocessing.image import color
from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer


class ColorLayer(image_layer.RandomImageLayer):
    """A layer that changes colours by a number for each image.

    Arguments:
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1].
        value_range: Pair of numbers: what the values of images lie between.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `ImageLayer`.
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
        self._limits = share("factor", factor, self.name)
        self.factor = factor
        self.value_range = factors.value_range(value_range, self.name)

    def _draw(self, draws, images):
        numbers = factors.between(draws.uniform(1)[:, 0], self._limits)
        return {"factor": numbers}


def share(name, value, layer_name):
    """Returns a range within [0, 1].

    Arguments:
        name: String: the argument's name, for messages.
        value: Number `a` for a range `(0, a)`, or a range.
        layer_name: String: the layer's name, for messages.
    """
    # Keras 3 writes `(-a, a)` into files for a number of some layers.
    lower, upper = factors.limits(name, value, layer_name, mirrored=False)
    return max(lower, 0.0), upper


class RandomSaturation(ColorLayer):
    """Makes the colours of images stronger or paler, in training.

    Arguments:
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1]: 0
            makes images gray, 0.5 leaves them as they are, 1 gives each
            pixel the purest colour.
        value_range: Pair of numbers: what the values of images lie between.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `Layer`; `amplitude` in place of the factor: a
            number `a`, to multiply the saturation by `1 - a` to `1 + a`, or a
            pair `(a, b)`, for `1 - a` to `1 + b`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, 3)` or `(height, width,
        3)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomSaturation((0.0, 0.0))
    >>> layer(np.array([[[200, 100, 0]]])).numpy().ravel().round()
    array([200., 200., 200.], dtype=float32)
    """

    def __init__(
        self,
        factor=None,
        value_range=(0, 255),
        data_format=None,
        seed=None,
        **kwargs,
    ):
        factor = factors.or_amplitude(
            "factor",
            factor,
            kwargs,
            "RandomSaturation",
            lambda lower, upper: (
                (1 + lower) / (2 + lower),
                (1 + upper) / (2 + upper),
            ),
        )
        super().__init__(factor, value_range, data_format, seed, **kwargs)

    def _transform(self, images, transformation):
        return in_unit_range(
            images,
            self.value_range,
            lambda x: saturate(x, transformation["factor"]),
        )


class RandomHue(ColorLayer):
    """Turns the colours of images around the colour wheel, in training.

    Arguments:
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1]:
            how far to turn, in either direction, as a fraction of half a
            turn.
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
        `(batch_size, height, width, 3)` or `(height, width,
        3)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomHue((1.0, 1.0))
    >>> layer(np.array([[[200, 0, 0]]])).numpy().ravel().round()
    array([  0., 200., 200.], dtype=float32)
    """

    def _draw(self, draws, images):
        return {"turn": draw_turns(draws.uniform(2), self._limits)}

    def _transform(self, images, transformation):
        return in_unit_range(
            images,
            self.value_range,
            lambda x: color.hue_turned(x, transformation["turn"]),
        )


class RandomColorDegeneration(ColorLayer):
    """Mixes images with their gray versions, in training.

    Arguments:
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1]: the
            share of gray.
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
        `(batch_size, height, width, 3)` or `(height, width,
        3)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomColorDegeneration((1.0, 1.0))
    >>> layer(np.array([[[200, 100, 0]]])).numpy().ravel().round(1)
    array([118.5, 118.5, 118.5], dtype=float32)
    """

    def _transform(self, images, transformation):
        gray = color.grayscale(images)
        return color.blend(images, gray, transformation["factor"])


class RandomGrayscale(image_layer.RandomImageLayer):
    """Takes the colours out of some images, in training.

    Arguments:
        factor: Number from 0 to 1: the probability for each image.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        seed: Integer, which gives the same choices in each run, or None.
        **kwargs: As for `Layer`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, 3)` or `(height, width,
        3)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomGrayscale(1.0)
    >>> layer(np.array([[[200, 100, 0]]])).numpy().ravel().round(1)
    array([118.5, 118.5, 118.5], dtype=float32)
    """

    _moves_things = False

    def __init__(self, factor=0.5, data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._limits = factors.chance("factor", factor, self.name)
        self.factor = factor

    def _draw(self, draws, images):
        return {"is_gray": factors.happens(draws.uniform(2), self._limits)}

    def _transform(self, images, transformation):
        gray = color.grayscale(images) * tf.ones_like(images)
        return image_layer.choose(transformation["is_gray"], gray, images)


class RandomColorJitter(image_layer.RandomImageLayer):
    """Changes brightness, contrast, saturation and hue, in training.

    It does what `RandomBrightness`, `RandomContrast`, `RandomSaturation` and
    `RandomHue` do, in this order.

    Arguments:
        value_range: Pair of numbers: what the values of images lie between.
        brightness_factor: As for `RandomBrightness`. None leaves it out.
        contrast_factor: As for `RandomContrast`. None leaves it out.
        saturation_factor: As for `RandomSaturation`. None leaves it out.
        hue_factor: As for `RandomHue`. None leaves it out.
        seed: Integer, which gives the same changes in each run, or None.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        **kwargs: As for `Layer`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, 3)` or `(height, width,
        3)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomColorJitter(brightness_factor=(0.2, 0.2))
    >>> layer(np.array([[[0, 100, 250]]])).numpy().ravel()
    array([ 51., 151., 255.], dtype=float32)
    """

    _moves_things = False

    def __init__(
        self,
        value_range=(0, 255),
        brightness_factor=None,
        contrast_factor=None,
        saturation_factor=None,
        hue_factor=None,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = factors.value_range(value_range, self.name)
        self.brightness_factor = brightness_factor
        self.contrast_factor = contrast_factor
        self.saturation_factor = saturation_factor
        self.hue_factor = hue_factor
        self._limits = self._all_limits()

    def _all_limits(self):
        """Returns the ranges of what is to be changed, by name."""
        checks = {
            "brightness": factors.limits,
            "contrast": lambda name, value, layer_name: (
                brightness.multipliers(value, layer_name, name)
            ),
            "saturation": share,
            "hue": share,
        }
        limits = {}
        for name, check in checks.items():
            value = getattr(self, f"{name}_factor")
            if value is not None:
                limits[name] = check(f"{name}_factor", value, self.name)
        return limits

    def _draw(self, draws, images):
        uniform = draws.uniform(5)
        drawn = {
            name: factors.between(uniform[:, place], self._limits[name])
            for place, name in enumerate(
                ("brightness", "contrast", "saturation")
            )
            if name in self._limits
        }
        if "hue" in self._limits:
            drawn["hue"] = draw_turns(uniform[:, 3:], self._limits["hue"])
        return drawn

    def _transform(self, images, transformation):
        return in_unit_range(
            images, self.value_range, lambda x: self._jitter(x, transformation)
        )

    def _jitter(self, images, transformation):
        steps = {
            "brightness": lambda x, shift: color.clip(
                x + color.of_each(shift, x), (0, 1)
            ),
            "contrast": lambda x, factor: color.clip(
                color.contrasted(x, factor), (0, 1)
            ),
            "saturation": saturate,
            "hue": color.hue_turned,
        }
        for name, step in steps.items():
            if name in transformation:
                images = step(images, transformation[name])
        return images


def in_unit_range(images, value_range, function):
    """Applies a function of images in [0, 1] to images in another range.

    Arguments:
        images: Images.
        value_range: Pair of numbers.
        function: Function of images.
    """
    images = color.rescale(images, value_range, (0, 1))
    return color.rescale(function(images), (0, 1), value_range)


def saturate(images, factors_of_half):
    """Returns images with other saturations.

    Arguments:
        images: Images in [0, 1].
        factors_of_half: Numbers from 0 (gray) to 1 (pure); 0.5 changes
            nothing.
    """
    rest = tf.maximum(1 - factors_of_half, 1e-7)
    return color.saturated(images, factors_of_half / rest)


def draw_turns(uniform, limits):
    """Returns how far to turn around the colour wheel, in either direction.

    Arguments:
        uniform: Float tensor of shape `(count, 2)`, from [0, 1).
        limits: Pair of floats, within [0, 1].
    """
    turns = factors.between(uniform[:, 0], limits) / 2
    return tf.where(uniform[:, 1] < 0.5, turns, -turns)
