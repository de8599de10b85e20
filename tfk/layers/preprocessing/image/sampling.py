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
"""Images read between their pixels, where affine maps say.

`ImageProjectiveTransformV3` finds out for each channel anew where to read.
`CropAndResize` reads all channels at once, and whole rows where the pixels to
read are at equal distances. Images are taken one by one, so that what is
computed on the way stays in the caches of a processor: images of 224 x 224
pixels are turned in about half of the time, and zoomed in a third.

No formula here multiplies twice by constants, adds two of them, or divides by
one. Grappler would merge these, and round otherwise, in steps and not in input
pipelines.
"""

import tensorflow as tf

from tfk.utils import image_scaling

FILL_MODES = ("constant", "nearest", "reflect")

# Pixels of an image, below which operations take longer to start than to run.
_SMALL = 64 * 64

# How far beyond the edges whole rows are read, in widths.
_REACH = 2.0


def project(images, maps, fill_mode, fill_value, keeps_axes, otherwise):
    """Returns images seen through affine maps, interpolated linearly.

    Arguments:
        images: float32 tensor of shape `(count, height, width, channels)`.
        maps: float32 tensor of shape `(count, 8)`, as in `projection`.
        fill_mode: One of `FILL_MODES`.
        fill_value: Number: the constant.
        keeps_axes: Boolean: whether rows stay rows, and columns columns.
        otherwise: Function without arguments that does it for small images.
    """
    size = tf.shape(images)[1:3]
    height, width = image_scaling.size_of(images)

    def see(image_and_map):
        image, entries = image_and_map
        return _see(image, entries, size, fill_mode, fill_value, keeps_axes)

    def see_all():
        return tf.map_fn(
            see,
            (images, maps),
            fn_output_signature=tf.TensorSpec(images.shape[1:], images.dtype),
        )

    return image_scaling.when(height * width < _SMALL, otherwise, see_all)


def _see(image, entries, size, fill_mode, fill_value, keeps_axes):
    """Returns one image seen through a map.

    Arguments:
        image: Tensor of shape `(height, width, channels)`.
        entries: Tensor of shape `(8,)`: the map.
        size: Integer tensor of shape `(2,)`: height and width.
        fill_mode: One of `FILL_MODES`.
        fill_value: Number: the constant.
        keeps_axes: Boolean.
    """
    a, b, c, d, e, f = tf.unstack(entries[:6])
    if fill_mode == "constant":
        # Values go over to the constant within a pixel, as if it were the edge
        # of an image that is larger by one.
        ring = [[1, 1], [1, 1], [0, 0]]
        image = tf.pad(image, ring, constant_values=fill_value)
        c, f = c + 1, f + 1
    extent = tf.cast(tf.shape(image)[:2], tf.float32)
    rows, columns = (
        tf.range(tf.cast(count, tf.float32)) for count in tf.unstack(size)
    )

    def read_pixels():
        return _read_pixels(
            image,
            _Axis(extent[0], fill_mode).places(rows, columns, e, d, f),
            _Axis(extent[1], fill_mode).places(rows, columns, b, a, c),
        )

    def read_rows():
        y = _Axis(extent[0], fill_mode).places_in_line(rows, e, f)
        return _read_rows(image, y, start, end, size[1], fill_mode)

    if keeps_axes:
        start, end = c, c + a * columns[-1]
        reach = _REACH * extent[1]
        is_near = tf.maximum(tf.abs(start), tf.abs(end)) < reach
        seen = tf.cond(is_near, read_rows, read_pixels)
    else:
        seen = read_pixels()
    return tf.reshape(seen, tf.concat([size, tf.shape(image)[2:]], 0))


class _Axis:
    """Finds out where to read along one side of an image.

    Arguments:
        extent: Float tensor: how many pixels the side has.
        fill_mode: `"nearest"` or `"reflect"`.
    """

    def __init__(self, extent, fill_mode):
        self._extent = extent
        self._last = tf.maximum(extent - 1, 1)
        self._is_mirrored = fill_mode == "reflect"
        # Where an image and its mirror image take turns, they are a period.
        self._scale = 0.5 / extent if self._is_mirrored else 1 / self._last

    def places(self, rows, columns, down, right, start):
        """Returns places from 0 to 1, one a pixel.

        Arguments:
            rows: Float tensor: the numbers of the rows of the output.
            columns: The same of its columns.
            down: Float tensor: how far a step down moves in the input.
            right: How far a step to the right does.
            start: The place of the first pixel.
        """
        rows = self._line(rows, down, start)[:, tf.newaxis]
        return self._within(rows + right * (columns * self._scale))

    def places_in_line(self, pixels, step, start):
        """Returns places of pixels that are a step apart."""
        return self._within(self._line(pixels, step, start))

    def _line(self, pixels, step, start):
        if self._is_mirrored:
            start = start + 0.5
        return step * (pixels * self._scale) + start * self._scale

    def _within(self, places):
        """Returns places within the image, by the way to fill it."""
        if self._is_mirrored:
            places = tf.abs(places - tf.round(places))
            places = places * (2 * self._extent / self._last)
            places = places - 0.5 / self._last
        return tf.clip_by_value(places, 0, 1)


def _read_pixels(image, y, x):
    """Returns what is at places from 0 to 1, tensors of one shape."""
    # Numbers of twice the width, since to stack four takes ten times as long.
    places = tf.bitcast(tf.complex(y, x), tf.float64)
    boxes = tf.bitcast(tf.complex(places, places), tf.float32)
    return _read(image, tf.reshape(boxes, (-1, 4)), (1, 1))


def _read_rows(image, y, start, end, count, fill_mode):
    """Returns rows of pixels at equal distances.

    Arguments:
        image: Tensor of shape `(height, width, channels)`.
        y: Places of the rows, from 0 to 1.
        start: Float tensor: the column of the first pixel of a row.
        end: The column of the last one.
        count: How many pixels a row has.
        fill_mode: String.
    """
    last = tf.cast(tf.shape(image)[1] - 1, tf.float32)
    over = tf.maximum(-tf.minimum(start, end), tf.maximum(start, end) - last)
    # One more, for what rounding adds.
    margin = tf.maximum(tf.math.ceil(over), 0) + 1
    image = _widened(image, tf.cast(margin, tf.int32), fill_mode)
    scale = 1 / (last + 2 * margin)
    x = [tf.fill(tf.shape(y), (x + margin) * scale) for x in (start, end)]
    return _read(image, tf.stack([y, x[0], y, x[1]], 1), (1, count))


def _read(image, boxes, size):
    """Returns what lies in boxes, tensor of `(top, left, bottom, right)`."""
    return tf.raw_ops.CropAndResize(
        image=image[tf.newaxis],
        boxes=tf.stop_gradient(boxes),
        box_ind=tf.zeros(tf.shape(boxes)[:1], tf.int32),
        crop_size=size,
    )


def _widened(image, margin, fill_mode):
    """Returns an image with more columns on both sides."""
    width = tf.shape(image)[1]
    columns = tf.range(-margin, width + margin)
    if fill_mode == "reflect":
        columns = tf.math.floormod(columns, 2 * width)
        columns = tf.minimum(columns, 2 * width - 1 - columns)
    else:
        columns = tf.clip_by_value(columns, 0, width - 1)
    return tf.gather(image, columns, axis=1)
