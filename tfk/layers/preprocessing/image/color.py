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
"""Formulas for the colours of images.

Images are floating tensors of shape `(count, height, width, channels)`, and
factors have one number for each image.
"""

import tensorflow as tf

from tfk.utils import image_scaling

# How bright red, green and blue look: ITU-R BT.601.
_LUMINANCE = (0.2989, 0.587, 0.114)


def of_each(factors, images):
    """Returns numbers, one an image, in a shape that goes with images."""
    return tf.reshape(tf.cast(factors, images.dtype), (-1, 1, 1, 1))


def clip(images, value_range):
    """Cuts values off outside of a range."""
    return tf.clip_by_value(images, *value_range)


def rescale(images, old_range, new_range):
    """Returns images of one range of values in another one."""
    if tuple(old_range) == tuple(new_range):
        return images
    scale = (new_range[1] - new_range[0]) / (old_range[1] - old_range[0])
    return (images - old_range[0]) * scale + new_range[0]


def blend(first, second, factors):
    """Returns `first` for factors of 0 and `second` for factors of 1."""
    return first + of_each(factors, first) * (second - first)


def contrasted(images, factors):
    """Returns images whose values are further from their mean.

    The mean is that of each channel of an image.
    """
    shape = images.shape
    height, width = image_scaling.size_of(images)
    channels = tf.shape(images)[-1] if shape[-1] is None else shape[-1]
    # Whole rows, since operations on three numbers at a time take three times
    # as long.
    rows = tf.reshape(images, (-1, height, width * channels))
    columns = tf.reshape(tf.reduce_mean(rows, 1), (-1, width, channels))
    factors = tf.cast(factors, images.dtype)[:, tf.newaxis]
    offsets = (1 - factors) * tf.reduce_mean(columns, 1)
    offsets = tf.tile(offsets, (1, width))
    changed = factors[..., tf.newaxis] * rows + offsets[:, tf.newaxis]
    return tf.ensure_shape(tf.reshape(changed, tf.shape(images)), shape)


def grayscale(images):
    """Returns the brightness of colours, with one channel."""
    weights = tf.constant(_LUMINANCE, images.dtype)
    return tf.reduce_sum(images * weights, axis=-1, keepdims=True)


def saturated(images, factors):
    """Returns images whose colours are `factor` times as saturated.

    It is what multiplying the saturation in HSV does: the largest of red,
    green and blue stays, and the others move to it or away from it.

    Arguments:
        images: Images in [0, 1].
        factors: Numbers from 0.
    """
    value = tf.reduce_max(images, axis=-1, keepdims=True)
    chroma = value - tf.reduce_min(images, axis=-1, keepdims=True)
    # At most so many times until the saturation is 1.
    most = tf.math.divide_no_nan(value, chroma)
    return value - tf.minimum(of_each(factors, images), most) * (value - images)


def hue_turned(images, turns):
    """Returns images whose colours are turned around the colour wheel.

    `tf.image.rgb_to_hsv` does half of it, but has no gradient.

    Arguments:
        images: Images in [0, 1].
        turns: Numbers: fractions of a full turn.
    """
    red, green, blue = tf.unstack(images, axis=-1)
    value = tf.reduce_max(images, axis=-1)
    chroma = value - tf.reduce_min(images, axis=-1)
    # The hue in sixths of a turn: how far from red, green or blue.
    hue = tf.where(
        tf.equal(value, red),
        tf.math.divide_no_nan(green - blue, chroma),
        tf.where(
            tf.equal(value, green),
            tf.math.divide_no_nan(blue - red, chroma) + 2,
            tf.math.divide_no_nan(red - green, chroma) + 4,
        ),
    )
    hue += 6 * of_each(turns, images)[..., 0]
    channels = []
    for start in (5, 3, 1):
        place = tf.math.floormod(start + hue, 6)
        share = tf.clip_by_value(tf.minimum(place, 4 - place), 0, 1)
        channels.append(value - chroma * share)
    return tf.stack(channels, -1)


def smoothed(images):
    """Returns images whose inner pixels are mixed with their neighbours.

    A pixel counts five times as much as each of the eight around it.
    """
    total = images
    for axis in (1, 2):
        total = total + tf.roll(total, 1, axis) + tf.roll(total, -1, axis)
    return tf.where(_is_inner(images), (total + 4 * images) / 13, images)


def _is_inner(images):
    """Returns which pixels are not at the edge."""
    shape = tf.shape(images)
    rows, columns = tf.range(shape[1]), tf.range(shape[2])
    in_rows = (rows > 0) & (rows < shape[1] - 1)
    in_columns = (columns > 0) & (columns < shape[2] - 1)
    inner = in_rows[:, tf.newaxis] & in_columns
    return inner[tf.newaxis, :, :, tf.newaxis]


def posterized(images, bits):
    """Returns images in [0, 255] with fewer bits for each value.

    Arguments:
        images: Images in [0, 255].
        bits: Whole numbers from 1 to 8: how many to keep.
    """
    step = tf.pow(2.0, 8.0 - tf.cast(bits, tf.float32))
    step = of_each(step, images)
    return tf.floor(tf.floor(images) / step) * step


def auto_contrasted(images, value_range):
    """Returns images whose channels each fill the range of values."""
    lowest = tf.reduce_min(images, axis=(1, 2), keepdims=True)
    highest = tf.reduce_max(images, axis=(1, 2), keepdims=True)
    extent = highest - lowest
    whole = tf.cast(value_range[1] - value_range[0], images.dtype)
    scale = tf.where(extent > 0, tf.math.divide_no_nan(whole, extent), 1)
    bottom = tf.cast(value_range[0], images.dtype)
    start = tf.where(extent > 0, bottom, lowest)
    return (images - lowest) * scale + start


def solarized(images, additions, thresholds):
    """Returns images in [0, 255] whose bright values are inverted.

    Arguments:
        images: Images in [0, 255].
        additions: Numbers that are added first.
        thresholds: Numbers: values from there on are inverted.
    """
    images = clip(images + of_each(additions, images), (0, 255))
    return tf.where(images < of_each(thresholds, images), images, 255 - images)


def equalized(images, bins=256):
    """Returns images whose values are spread evenly, channel by channel.

    Arguments:
        images: Images in [0, 255].
        bins: Integer: how finely values are told apart.
    """
    shape = tf.shape(images)
    # One row for each channel of each image.
    rows = tf.reshape(
        tf.transpose(images, (0, 3, 1, 2)), (-1, shape[1] * shape[2])
    )
    index = tf.cast(tf.clip_by_value(rows, 0, 255) * (bins - 1) / 255, tf.int32)
    histogram = tf.math.bincount(index, minlength=bins, maxlength=bins, axis=-1)
    cumulative = tf.cast(tf.cumsum(histogram, axis=-1), images.dtype)
    first = tf.where(cumulative > 0, cumulative, cumulative.dtype.max)
    first = tf.reduce_min(first, axis=-1, keepdims=True)
    rest = cumulative[:, -1:] - first
    table = tf.round(tf.math.divide_no_nan(cumulative - first, rest) * 255)
    spread = tf.gather(table, index, batch_dims=1)
    spread = tf.where(rest > 0, spread, rows)
    spread = tf.reshape(spread, (shape[0], shape[3], shape[1], shape[2]))
    return tf.ensure_shape(tf.transpose(spread, (0, 2, 3, 1)), images.shape)


def blurred(images, weights_y, weights_x):
    """Returns images mixed along both axes with weights of their own.

    Arguments:
        images: Images.
        weights_y: Tensor of shape `(count, size)`, of an odd size.
        weights_x: The same along rows.
    """
    for axis, weights in ((1, weights_y), (2, weights_x)):
        size = weights.shape[1]
        padding = [[0, 0]] * 4
        padding[axis] = [size // 2, size // 2]
        padded = tf.pad(images, padding, "SYMMETRIC")
        length = tf.shape(images)[axis]
        images = tf.add_n(
            [
                of_each(weights[:, place], images)
                * _part(padded, axis, place, length)
                for place in range(size)
            ]
        )
    return images


def _part(images, axis, start, length):
    if axis == 1:
        return images[:, start : start + length]
    return images[:, :, start : start + length]
