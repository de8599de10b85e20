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
"""Layers that change one side of images at random."""

import tensorflow as tf

from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer
from tfk.utils import image_scaling


class StretchingLayer(image_layer.RandomImageLayer):
    """A layer that resizes one side of all images of a batch alike.

    Arguments:
        factor: Number `a`, for a range `(-a, a)`, or a range, above -1: by
            how much to lengthen the side.
        interpolation: String.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `ImageLayer`.
    """

    _is_of_tf_keras = True

    def __init__(
        self, factor=None, interpolation="bilinear", seed=None, **kwargs
    ):
        factor = factors.or_amplitude(
            "factor", factor, kwargs, type(self).__name__
        )
        super().__init__(seed=seed, **kwargs)
        self._limits = factors.limits("factor", factor, self.name, highest=None)
        self.factor = factor
        image_scaling.check_interpolation(interpolation, self.name)
        self.interpolation = interpolation

    def _draw(self, draws, images):
        # The images of a batch have one size: that of the first one's draw.
        uniform = draws.of_one(0).uniform(1)[0, 0]
        lower, upper = self._limits
        # Never a constant, of which graphs would take the size of the outputs,
        # that of inference too.
        return {"scale": 1 + lower + (upper - lower) * uniform}

    def _transform(self, images, transformation):
        return self._stretched(
            images, transformation["scale"], self.interpolation.lower()
        )

    def _transform_masks(self, masks, transformation):
        return self._stretched(masks, transformation["scale"], "nearest")

    def _move_points(self, x, y, transformation, height, width):
        new_height, new_width = (
            tf.cast(size, x.dtype)
            for size in self._size_after(transformation, height, width)
        )
        return x * (new_width / width), y * (new_height / height)

    def _size_after(self, transformation, height, width):
        return self._size(height, width, transformation["scale"])

    def _stretched(self, images, scale, interpolation):
        height, width = self._size(*image_scaling.size_of(images), scale)
        return image_scaling.resize(images, height, width, interpolation)


class RandomHeight(StretchingLayer):
    """Changes the height of images, all of a batch alike, in training.

    Arguments:
        factor: Number `a`, for a range `(-a, a)`, or a range, above -1: by
            how much to lengthen the height.
        interpolation: As for `Resizing`.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `Layer`, `data_format` and `bounding_box_format`;
            `amplitude` in place of the factor: a number, or a pair `(a, b)` for
            a range `(-a, b)`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers.

    Output shape:
        The same, with an unknown height.

    Example:

    >>> layer = tfk.layers.RandomHeight((0.5, 0.5))
    >>> layer(tf.ones((2, 4, 4, 3))).shape
    TensorShape([2, 6, 4, 3])
    """

    @property
    def height_lower(self):
        """The least by which the height is lengthened."""
        return self._limits[0]

    @property
    def height_upper(self):
        """The most by which the height is lengthened."""
        return self._limits[1]

    def _size(self, height, width, scale):
        return _scaled(height, scale), width

    def _output_size(self, height, width):
        return None, width


class RandomWidth(StretchingLayer):
    """Changes the width of images, all of a batch alike, in training.

    Arguments:
        factor: Number `a`, for a range `(-a, a)`, or a range, above -1: by
            how much to lengthen the width.
        interpolation: As for `Resizing`.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `Layer`, `data_format` and `bounding_box_format`;
            `amplitude` in place of the factor: a number, or a pair `(a, b)` for
            a range `(-a, b)`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers.

    Output shape:
        The same, with an unknown width.

    Example:

    >>> layer = tfk.layers.RandomWidth((0.5, 0.5))
    >>> layer(tf.ones((2, 4, 4, 3))).shape
    TensorShape([2, 4, 6, 3])
    """

    @property
    def width_lower(self):
        """The least by which the width is lengthened."""
        return self._limits[0]

    @property
    def width_upper(self):
        """The most by which the width is lengthened."""
        return self._limits[1]

    def _size(self, height, width, scale):
        return height, _scaled(width, scale)

    def _output_size(self, height, width):
        return height, None


def _scaled(size, scale):
    scaled = tf.cast(tf.cast(size, scale.dtype) * scale, tf.int32)
    return tf.maximum(scaled, 1)
