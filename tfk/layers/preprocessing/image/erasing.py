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
"""RandomErasing: images with a hole."""

import tensorflow as tf

from tfk.layers.preprocessing.image import color
from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer
from tfk.layers.preprocessing.image import mixing
from tfk.utils import image_scaling

# How much longer one side of a hole may be than the other one, as a logarithm
# to the base e; the ratio of the paper, 3.3.
_LONGEST = 1.2


class RandomErasing(image_layer.RandomImageLayer):
    """Covers a rectangle of each image, in training.

    A model learns to see things of which a part is hidden.

    Reference: [Zhong et al., 2020](https://arxiv.org/abs/1708.04896).

    Arguments:
        factor: Number from 0 to 1: the probability for each image; or a range
            to draw the probability from.
        scale: Pair of numbers within [0, 1]: the range of the share of the
            area that is covered.
        fill_value: Number: what the rectangle is filled with. By default it is
            noise: normally distributed around the middle of `value_range`.
        value_range: Pair of numbers: what the values of images lie between.
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
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomErasing(scale=(0.25, 0.25), fill_value=0)
    >>> erased = layer(tf.ones((40, 40, 1)))
    >>> bool(abs(tf.reduce_mean(erased) - 0.75) < 0.03)
    True
    """

    _moves_things = False

    def __init__(
        self,
        factor=1.0,
        scale=(0.02, 0.33),
        fill_value=None,
        value_range=(0, 255),
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._limits = factors.chance("factor", factor, self.name)
        self._areas = factors.limits(
            "scale", scale, self.name, 0.0, mirrored=False
        )
        self.factor = factor
        self.scale = scale
        self.fill_value = fill_value
        self.value_range = factors.value_range(value_range, self.name)

    def _draw(self, draws, images):
        uniform = draws.uniform(6)
        height, width = image_scaling.size_of(images)
        area = factors.between(uniform[:, 2], self._areas)
        # The sides are the same shares of height and width, but for this.
        stretch = _LONGEST * (uniform[:, 3] - 0.5)
        stretch = factors.same_bits(tf.exp, stretch)
        top, bottom = _interval(
            uniform[:, 4], tf.sqrt(area) * stretch, area, height
        )
        left, right = _interval(
            uniform[:, 5], tf.sqrt(area) / stretch, area, width
        )
        is_erased = factors.happens(uniform, self._limits)
        box = tf.stack([top, left, bottom, right], 1)
        transformation = {
            "box": tf.where(is_erased[:, tf.newaxis], box, 0),
        }
        if self.fill_value is None:
            transformation["noise"] = self._noise(draws, images)
        return transformation

    def _noise(self, draws, images):
        lowest, highest = self.value_range
        shape = tf.shape(images)
        noise = draws.normal(tf.reduce_prod(shape[1:]), part=1)
        noise = (lowest + highest) / 2 + noise * ((highest - lowest) / 4)
        return color.clip(tf.reshape(noise, shape), self.value_range)

    def _transform(self, images, transformation):
        fill = transformation.get("noise", self.fill_value)
        inside = mixing.is_inside(images, transformation["box"])
        return tf.where(inside, tf.cast(fill, images.dtype), images)


def _interval(place, share, smallest, size):
    """Returns where a side of the hole starts and ends, in pixels.

    Arguments:
        place: Numbers from [0, 1): where it lies.
        share: Numbers: which part of the whole it covers, if that fits.
        smallest: Numbers from [0, 1]: the part if the other side is whole.
        size: Integer: length of the whole.
    """
    length = tf.cast(size, tf.float32)
    share = tf.clip_by_value(share, smallest, 1)
    covered = tf.round(share * length)
    start = tf.floor(place * (length - covered + 1))
    return tf.cast(start, tf.int32), tf.cast(start + covered, tf.int32)
