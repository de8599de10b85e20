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
"""Layers that change how bright images are, and their contrast."""

from tfk.layers.preprocessing.image import color
from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer


class RandomBrightness(image_layer.RandomImageLayer):
    """Makes images brighter or darker, in training.

    Arguments:
        factor: Number `a`, for a range `(-a, a)`, or a range, within [-1, 1]:
            what is added, as a fraction of the extent of `value_range`.
        value_range: Pair of numbers: what the values of images lie between.
            The outputs are cut off there.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `Layer`, and `data_format`; `amplitude` in place of
            the factor: a number, or a pair `(a, b)` for a range `(-a, b)`.

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

    >>> layer = tfk.layers.RandomBrightness((0.2, 0.2))
    >>> layer(np.array([[[0, 100, 250]]], "uint8")).numpy().ravel()
    array([ 51., 151., 255.], dtype=float32)
    """

    _moves_things = False

    _is_of_tf_keras = True

    def __init__(self, factor=None, value_range=(0, 255), seed=None, **kwargs):
        factor = factors.or_amplitude(
            "factor", factor, kwargs, "RandomBrightness"
        )
        super().__init__(seed=seed, **kwargs)
        self._limits = factors.limits("factor", factor, self.name)
        self.factor = factor
        self.value_range = factors.value_range(value_range, self.name)

    def _draw(self, draws, images):
        shares = factors.between(draws.uniform(1)[:, 0], self._limits)
        return {"share": shares}

    def _transform(self, images, transformation):
        lowest, highest = self.value_range
        shift = transformation["share"] * (highest - lowest)
        return color.clip(
            images + color.of_each(shift, images), self.value_range
        )


class RandomContrast(image_layer.RandomImageLayer):
    """Raises or lowers the contrast of images, in training.

    The distance of each value from the mean of its channel is multiplied by a
    random number.

    Arguments:
        factor: Number `a`, for multipliers from `1 - a` to `1 + a`, or a pair
            `(a, b)`, for `1 - a` to `1 + b`. `a` is at most 1.
        seed: Integer, which gives the same changes in each run, or None.
        value_range: Pair of numbers: what the values of images lie between.
            The outputs are cut off there.
        **kwargs: As for `Layer`, and `data_format`; `amplitude`: another name
            of the factor.

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

    >>> layer = tfk.layers.RandomContrast((0.5, 0.0))
    >>> layer(tf.ones((2, 4, 4, 3)), seed=1).shape
    TensorShape([2, 4, 4, 3])
    """

    _moves_things = False

    _is_of_tf_keras = True

    _unsaved_arguments = (
        *image_layer.RandomImageLayer._unsaved_arguments,
        "value_range",
    )

    def __init__(self, factor=None, seed=None, value_range=(0, 255), **kwargs):
        if isinstance(seed, (list, tuple)):
            # The order of Keras 3: factor, value_range, seed.
            seed, value_range = None, seed
        factor = factors.or_amplitude(
            "factor",
            factor,
            kwargs,
            "RandomContrast",
            lambda lower, upper: (-lower, upper),
        )
        super().__init__(seed=seed, **kwargs)
        self._multipliers = multipliers(factor, self.name)
        is_pair = hasattr(factor, "__len__")
        self.lower, self.upper = factor if is_pair else (factor, factor)
        self.factor = factor
        self.value_range = factors.value_range(value_range, self.name)

    def get_config(self):
        config = super().get_config()
        if self.value_range != (0, 255):
            config["value_range"] = list(self.value_range)
        return config

    def _draw(self, draws, images):
        drawn = factors.between(draws.uniform(1)[:, 0], self._multipliers)
        return {"contrast": drawn}

    def _transform(self, images, transformation):
        images = color.contrasted(images, transformation["contrast"])
        return color.clip(images, self.value_range)


def multipliers(factor, layer_name, name="factor"):
    """Returns the range of what contrasts are multiplied by.

    Arguments:
        factor: Number `a` for `(1 - a, 1 + a)`, or a pair `(a, b)` for `(1 -
            a, 1 + b)`.
        layer_name: String: the layer's name, for the message.
        name: String: the argument's name.

    Raises:
        ValueError: If it is something else, or would give negative ones.
    """
    pair = factor if hasattr(factor, "__len__") else (factor, factor)
    try:
        lower, upper = pair
        is_right = 0 <= lower <= 1 and upper >= 0
    except (TypeError, ValueError):
        is_right = False
    if not is_right:
        raise ValueError(
            f"`{name}` of layer '{layer_name}' must be a number from 0 to 1, "
            "or a pair of numbers that are not negative, the first of them at "
            f"most 1. Received: {name}={factor!r}."
        )
    return 1 - lower, 1 + upper
