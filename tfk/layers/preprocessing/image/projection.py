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
"""Images seen through a projective map: moved, turned, zoomed, sheared.

A map is a tensor of eight numbers `(a, b, c, d, e, f, g, h)` an image, which
take the place `(x, y)` of a pixel in the output to the place in the input

    ((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1))
"""

import tensorflow as tf

from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import sampling

# What is known of maps: nothing; that g and h are 0; that b and d are 0, too.
PROJECTIVE = "projective"
AFFINE = "affine"
STRAIGHT = "straight"

_FILL_MODES = ("constant", "nearest", "reflect", "wrap")
_INTERPOLATIONS = ("bilinear", "nearest")


def check_arguments(fill_mode, interpolation, layer_name):
    """Raises unless images can be filled and interpolated in these ways."""
    if fill_mode not in _FILL_MODES:
        raise ValueError(
            f"`fill_mode` of layer '{layer_name}' must be one of "
            f"{_FILL_MODES}. Received: fill_mode={fill_mode!r}."
        )
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"`interpolation` of layer '{layer_name}' must be one of "
            f"{_INTERPOLATIONS}. Received: interpolation={interpolation!r}."
        )


def project(
    images, maps, fill_mode, fill_value, interpolation, form=PROJECTIVE
):
    """Returns images of the same size, seen through maps.

    Arguments:
        images: Tensor of shape `(count, height, width, channels)`.
        maps: Floating tensor of shape `(count, 8)`.
        fill_mode: What lies outside of an image: `"constant"`, `"nearest"`,
            `"reflect"` or `"wrap"`.
        fill_value: Number: the constant.
        interpolation: `"bilinear"` or `"nearest"`.
        form: `PROJECTIVE`, `AFFINE` or `STRAIGHT`: what the maps are.
    """
    maps = tf.cast(maps, tf.float32)

    def with_kernel():
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=maps,
            output_shape=tf.shape(images)[1:3],
            fill_value=tf.cast(fill_value, tf.float32),
            interpolation=interpolation.upper(),
            fill_mode=fill_mode.upper(),
        )

    is_linear = interpolation == "bilinear" and images.dtype == tf.float32
    if form != PROJECTIVE and is_linear and fill_mode in sampling.FILL_MODES:
        projected = sampling.project(
            images, maps, fill_mode, fill_value, form == STRAIGHT, with_kernel
        )
    else:
        projected = with_kernel()
    return tf.ensure_shape(projected, images.shape)


def move_points(maps, x, y):
    """Returns where points of images are, seen through maps.

    Arguments:
        maps: Floating tensor of shape `(count, 8)`.
        x: Tensor of shape `(count, points)`, where the middle of the first
            pixel is at 0.5.
        y: The same.
    """
    a, b, c, d, e, f, g, h = (
        entry[:, tf.newaxis] for entry in tf.unstack(maps, 8, axis=1)
    )
    x, y = x - 0.5, y - 0.5
    # The adjugate of the matrix, which is its inverse but for a factor, and
    # exists where images are squeezed into a line.
    scale = (d * h - e * g) * x + (b * g - a * h) * y + (a * e - b * d)
    moved_x = (e - f * h) * x + (c * h - b) * y + (b * f - c * e)
    moved_y = (f * g - d) * x + (a - c * g) * y + (c * d - a * f)
    return (
        tf.math.divide_no_nan(moved_x, scale) + 0.5,
        tf.math.divide_no_nan(moved_y, scale) + 0.5,
    )


def translation(dx, dy):
    """Returns maps that move images right by `dx` and down by `dy` pixels."""
    zero, one = tf.zeros_like(dx), tf.ones_like(dx)
    return tf.stack([one, zero, -dx, zero, one, -dy, zero, zero], 1)


def rotation(angles, height, width):
    """Returns maps that turn images around their middles.

    Arguments:
        angles: Tensor of angles in radians, counter-clockwise.
        height: Height of the images.
        width: Width of the images.
    """
    cos = factors.same_bits(tf.cos, angles)
    sin = factors.same_bits(tf.sin, angles)
    zero = tf.zeros_like(angles)
    return _around_middle([cos, -sin, sin, cos], zero, height, width)


def zoom(factor_x, factor_y, height, width):
    """Returns maps that show `factor` times as much of the images.

    Arguments:
        factor_x: Tensor of factors: above 1 to zoom out.
        factor_y: The same for the height.
        height: Height of the images.
        width: Width of the images.
    """
    zero = tf.zeros_like(factor_x)
    return _around_middle([factor_x, zero, zero, factor_y], zero, height, width)


def shear(factor_x, factor_y):
    """Returns maps that move rows and columns by a share of their place.

    Arguments:
        factor_x: Tensor: how far left a row moves, for each row above it.
        factor_y: Tensor: how far up a column moves, for each on its left.
    """
    zero, one = tf.zeros_like(factor_x), tf.ones_like(factor_x)
    return tf.stack([one, factor_x, zero, factor_y, one, zero, zero, zero], 1)


def identity(count):
    """Returns maps that leave images as they are."""
    maps = tf.constant([[1.0, 0, 0, 0, 1, 0, 0, 0]])
    return tf.tile(maps, (count, 1))


def _around_middle(matrix, zero, height, width):
    """Returns maps of a 2 x 2 matrix that leave the middle in its place."""
    a, b, d, e = matrix
    x = (tf.cast(width, a.dtype) - 1) / 2
    y = (tf.cast(height, a.dtype) - 1) / 2
    # Of `x - (a * x + b * y)` Grappler would make this, which rounds otherwise.
    c = (x - a * x) - b * y
    f = (y - e * y) - d * x
    return tf.stack([a, b, c, d, e, f, zero, zero], 1)


def perspective(corners_from, corners_to):
    """Returns the maps that take four corners to four others.

    Arguments:
        corners_from: Tensor of shape `(count, 4, 2)` of `(x, y)` in outputs.
        corners_to: The places of the same points in the inputs.
    """
    x, y = tf.unstack(corners_from, axis=2)
    u, v = tf.unstack(corners_to, axis=2)
    one, zero = tf.ones_like(x), tf.zeros_like(x)
    rows_u = tf.stack([x, y, one, zero, zero, zero, -u * x, -u * y], 2)
    rows_v = tf.stack([zero, zero, zero, x, y, one, -v * x, -v * y], 2)
    equations = tf.concat([rows_u, rows_v], 1)
    values = tf.concat([u, v], 1)[..., tf.newaxis]
    return tf.linalg.solve(equations, values)[..., 0]
