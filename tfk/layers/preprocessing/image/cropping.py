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
"""Layers that cut a part out of images."""

import tensorflow as tf

from tfk.layers.preprocessing.image import image_layer
from tfk.layers.preprocessing.image import moved_boxes
from tfk.utils import checks
from tfk.utils import image_scaling


class CenterCrop(image_layer.ImageLayer):
    """Cuts out the middle of images.

    Smaller images are resized: their largest middle part of the right
    proportions is brought to the size.

    Arguments:
        height: Integer: the height of the outputs.
        width: Integer: the width of the outputs.
        **kwargs: As for `Layer`, `data_format` and `bounding_box_format`.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same with the new height and width.

    Example:

    >>> layer = tfk.layers.CenterCrop(1, 2)
    >>> layer(np.arange(12).reshape((3, 4, 1))).numpy().ravel()
    array([5., 6.], dtype=float32)
    """

    _is_of_tf_keras = True

    def __init__(self, height, width, **kwargs):
        super().__init__(**kwargs)
        self.height = checks.positive_integer("height", height)
        self.width = checks.positive_integer("width", width)

    def _transform(self, images, transformation):
        return self._cropped(images, "bilinear")

    def _transform_masks(self, masks, transformation):
        return self._cropped(masks, "nearest")

    def _move_points(self, x, y, transformation, height, width):
        size = self.height, self.width
        top, left = image_scaling.middle(height, width, *size)
        return _where_points_are(
            x, y, height, width, *size, lambda: (x - left, y - top)
        )

    def _cropped(self, images, interpolation):
        size = self.height, self.width
        cropped = image_scaling.when(
            image_scaling.is_large_enough(images, *size),
            lambda: image_scaling.center_crop(images, *size),
            lambda: image_scaling.fit(images, *size, interpolation),
        )
        return _of_size(cropped, images, *size)

    def _output_size(self, height, width):
        return self.height, self.width


class RandomCrop(image_layer.RandomImageLayer):
    """Cuts out a part of images, in training at random.

    Where else, and for images that are smaller, the largest middle part of
    the right proportions is brought to the size.

    Arguments:
        height: Integer: the height of the outputs.
        width: Integer: the width of the outputs.
        seed: Integer, which gives the same parts in each run, or None.
        **kwargs: As for `Layer`, `data_format` and `bounding_box_format`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to choose at random. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same with the new height and width.

    Example:

    >>> layer = tfk.layers.RandomCrop(2, 2, seed=1)
    >>> layer(tf.ones((3, 5, 5, 1))).shape
    TensorShape([3, 2, 2, 1])
    """

    _is_of_tf_keras = True
    _acts_without_draws = True
    _takes_any_dtype = True

    def __init__(self, height, width, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.height = checks.positive_integer("height", height)
        self.width = checks.positive_integer("width", width)

    def _draw(self, draws, images):
        places = draws.uniform(2)
        return {"top": places[:, 0], "left": places[:, 1]}

    def _transform(self, images, transformation):
        return self._cropped(
            images, transformation, "bilinear", self._to_floats
        )

    def _transform_masks(self, masks, transformation):
        return self._cropped(masks, transformation, "nearest", tf.identity)

    def _move_points(self, x, y, transformation, height, width):
        size = self.height, self.width

        def moved():
            top, left = (
                tf.cast(first[:, tf.newaxis], x.dtype)
                for first in _corner(transformation, height, width, *size)
            )
            return x - left, y - top

        if transformation is None:
            return moved_boxes.seen_in_part(x, y, height, width, *size)
        return _where_points_are(x, y, height, width, *size, moved)

    def _cropped(self, images, transformation, interpolation, convert):
        size = self.height, self.width

        def fit():
            return image_scaling.fit(convert(images), *size, interpolation)

        def cut_out():
            old_size = image_scaling.size_of(images)
            corner = _corner(transformation, *old_size, *size)
            return convert(crop(images, *size, *corner))

        if transformation is None:
            return fit()
        cropped = image_scaling.when(
            image_scaling.is_large_enough(images, *size), cut_out, fit
        )
        return _of_size(cropped, images, *size)

    def _output_size(self, height, width):
        return self.height, self.width


def crop(images, height, width, top, left):
    """Returns a part of each image.

    Arguments:
        images: Tensor of shape `(count, height, width, channels)`.
        height: Integer: height of the parts.
        width: Integer: width of the parts.
        top: Integer tensor, one number an image: the first row.
        left: Integer tensor, one number an image: the first column.
    """
    channels = images.shape[-1]
    if images.shape[0] == 1:
        size = (1, height, width, -1 if channels is None else channels)
        return tf.slice(images, (0, top[0], left[0], 0), size)
    if channels is None:
        channels = tf.shape(images)[-1]
    old_height, old_width = image_scaling.size_of(images)
    # Rows are copied whole: that takes half the time of a gather of pixels.
    rows = tf.reshape(images, (-1, old_width * channels))
    top += tf.range(tf.size(top)) * old_height
    length = width * channels
    parts = tf.map_fn(
        lambda corner: tf.slice(rows, corner, (height, length)),
        tf.stack([top, left * channels], 1),
        parallel_iterations=32,
        fn_output_signature=tf.TensorSpec(
            (height, tf.get_static_value(length)), images.dtype
        ),
    )
    return tf.reshape(parts, (-1, height, width, channels))


def _corner(transformation, old_height, old_width, height, width):
    """Returns the first row and column of each part, of a size of images."""
    return (
        _first(transformation["top"], height, old_height),
        _first(transformation["left"], width, old_width),
    )


def _first(place, size, old_size):
    """Returns where parts begin, for numbers from [0, 1)."""
    last = tf.cast(old_size, tf.int32) - size
    first = tf.floor(place * tf.cast(last + 1, place.dtype))
    return tf.minimum(tf.cast(first, tf.int32), last)


def _where_points_are(x, y, old_height, old_width, height, width, moved):
    """Returns points in the part, or in the images brought to the size."""
    is_large = (old_height >= height) & (old_width >= width)
    return image_scaling.when(
        is_large,
        moved,
        lambda: moved_boxes.seen_in_part(
            x, y, old_height, old_width, height, width
        ),
    )


def _of_size(cropped, images, height, width):
    shape = images.shape
    return tf.ensure_shape(cropped, [shape[0], height, width, shape[3]])
