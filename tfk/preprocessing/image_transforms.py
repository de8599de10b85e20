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
"""Functions that change one image, an array, for `ImageDataGenerator`.

`tfk.layers.RandomRotation` and its like do the same in models and pipelines.
"""

import contextlib
import contextvars

import numpy as np
import tensorflow as tf

from tfk.layers.preprocessing.image import projection
from tfk.utils import image_arrays

_FILL_MODES = ("constant", "nearest", "reflect", "wrap")
_INTERPOLATIONS = ("nearest", "bilinear")

_current_draws = contextvars.ContextVar("draws", default=None)


def draws():
    """Returns where numbers are drawn from, `np.random` by default."""
    return _current_draws.get() or np.random


@contextlib.contextmanager
def drawing_from(random_state):
    """Within it, the functions of this module draw from a source of their own.

    Other threads go on with theirs.

    Arguments:
        random_state: `np.random.RandomState`, or None for `np.random`.
    """
    token = _current_draws.set(random_state)
    try:
        yield
    finally:
        _current_draws.reset(token)


def random_rotation(
    x,
    rg,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    interpolation_order=1,
):
    """Turns an image by a random angle.

    Arguments:
        x: Array of rank 3.
        rg: Number: the largest angle in degrees, either way.
        row_axis: Integer: the axis of the rows.
        col_axis: Integer: the axis of the columns.
        channel_axis: Integer: the axis of the channels.
        fill_mode: What lies outside of the image: `"constant"`, `"nearest"`,
            `"reflect"` or `"wrap"`.
        cval: Number: the constant.
        interpolation_order: As for `apply_affine_transform`.

    Returns:
        An array of the same shape.
    """
    return apply_affine_transform(
        x,
        theta=draws().uniform(-rg, rg),
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_shift(
    x,
    wrg,
    hrg,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    interpolation_order=1,
):
    """Moves an image by random distances.

    Arguments:
        x: Array of rank 3.
        wrg: Number: the largest distance along rows, as a share of the width.
        hrg: The same along columns.
        row_axis: Integer: the axis of the rows.
        col_axis: Integer: the axis of the columns.
        channel_axis: Integer: the axis of the channels.
        fill_mode: As for `random_rotation`.
        cval: Number: the constant.
        interpolation_order: As for `apply_affine_transform`.

    Returns:
        An array of the same shape.
    """
    shape = np.shape(x)
    tx = draws().uniform(-hrg, hrg) * shape[row_axis]
    ty = draws().uniform(-wrg, wrg) * shape[col_axis]
    return apply_affine_transform(
        x,
        tx=tx,
        ty=ty,
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_shear(
    x,
    intensity,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    interpolation_order=1,
):
    """Shears an image by a random angle.

    Arguments:
        x: Array of rank 3.
        intensity: Number: the largest angle in degrees, either way.
        row_axis: Integer: the axis of the rows.
        col_axis: Integer: the axis of the columns.
        channel_axis: Integer: the axis of the channels.
        fill_mode: As for `random_rotation`.
        cval: Number: the constant.
        interpolation_order: As for `apply_affine_transform`.

    Returns:
        An array of the same shape.
    """
    return apply_affine_transform(
        x,
        shear=draws().uniform(-intensity, intensity),
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def random_zoom(
    x,
    zoom_range,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    interpolation_order=1,
):
    """Zooms an image by random factors, one for each side.

    Arguments:
        x: Array of rank 3.
        zoom_range: Pair of numbers: the range of the factors, below 1 to zoom
            in.
        row_axis: Integer: the axis of the rows.
        col_axis: Integer: the axis of the columns.
        channel_axis: Integer: the axis of the channels.
        fill_mode: As for `random_rotation`.
        cval: Number: the constant.
        interpolation_order: As for `apply_affine_transform`.

    Returns:
        An array of the same shape.

    Raises:
        ValueError: If the range is no pair.
    """
    lower, upper = pair("zoom_range", zoom_range)
    zx, zy = 1, 1
    if (lower, upper) != (1, 1):
        zx, zy = draws().uniform(lower, upper, 2)
    return apply_affine_transform(
        x,
        zx=zx,
        zy=zy,
        row_axis=row_axis,
        col_axis=col_axis,
        channel_axis=channel_axis,
        fill_mode=fill_mode,
        cval=cval,
        order=interpolation_order,
    )


def apply_channel_shift(x, intensity, channel_axis=0):
    """Adds a number to an image, within the range that its values had.

    Arguments:
        x: Array.
        intensity: Number.
        channel_axis: Integer: not used, since all channels are changed alike.

    Returns:
        An array of the same shape.

    Example:

    >>> image = np.array([[[0.0, 5.0, 9.0]]])
    >>> tfk.preprocessing.image.apply_channel_shift(image, 2.0)
    array([[[2., 7., 9.]]])
    """
    del channel_axis
    x = np.asarray(x)
    return np.clip(x + intensity, x.min(), x.max()).astype(x.dtype)


def random_channel_shift(x, intensity_range, channel_axis=0):
    """Adds a random number to an image, within the range of its values.

    Arguments:
        x: Array.
        intensity_range: Number: the largest that is added or taken off.
        channel_axis: Integer: not used, since all channels are changed alike.

    Returns:
        An array of the same shape.
    """
    intensity = draws().uniform(-intensity_range, intensity_range)
    return apply_channel_shift(x, intensity, channel_axis)


def apply_brightness_shift(x, brightness, scale=True):
    """Makes an image brighter or darker. It needs the package `pillow`.

    Values are rounded to 8 bits.

    Arguments:
        x: Array of rank 3.
        brightness: Number: 1 leaves the image as it is, 0 makes it black.
        scale: Boolean: whether values are spread out to go from 0 to 255
            first. If not, they are only as far as needed, and brought back.

    Returns:
        An array of the same shape.
    """
    return brightened(x, brightness, scale)


def brightened(x, brightness, scale, data_format=None):
    """Is `apply_brightness_shift` for a data format."""
    try:
        from PIL import ImageEnhance
    except ImportError as error:
        raise ImportError(
            "Brightness needs the package pillow. Install it with: pip install "
            "pillow."
        ) from error
    x = np.asarray(x)
    lowest, highest = x.min(), x.max()
    is_wide = lowest < 0 or highest > 255
    image = image_arrays.array_to_img(x, data_format, scale=scale or is_wide)
    image = ImageEnhance.Brightness(image).enhance(brightness)
    changed = image_arrays.img_to_array(image, data_format)
    if is_wide and not scale:
        changed = changed / 255 * (highest - lowest) + lowest
    return changed


def random_brightness(x, brightness_range, scale=True):
    """Makes an image brighter or darker, at random.

    Arguments:
        x: Array of rank 3.
        brightness_range: Pair of numbers: the range of the brightness, where 1
            leaves the image as it is and 0 makes it black.
        scale: As for `apply_brightness_shift`.

    Returns:
        An array of the same shape.

    Raises:
        ValueError: If the range is no pair.
    """
    lower, upper = pair("brightness_range", brightness_range)
    return apply_brightness_shift(x, draws().uniform(lower, upper), scale)


def apply_affine_transform(
    x,
    theta=0,
    tx=0,
    ty=0,
    shear=0,
    zx=1,
    zy=1,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    order=1,
):
    """Turns, moves, shears and zooms an image around its middle.

    If the image is no square, what stays is where its middle would be with
    height and width exchanged, as in tf.keras.

    Arguments:
        x: Array of rank 3.
        theta: Number: the angle to turn by, in degrees.
        tx: Number: how many pixels to move to the left.
        ty: Number: how many pixels to move up.
        shear: Number: the angle to shear by, in degrees.
        zx: Number: the factor along rows, below 1 to zoom in.
        zy: Number: the factor along columns.
        row_axis: Integer: the axis of the rows.
        col_axis: Integer: the axis of the columns.
        channel_axis: Integer: the axis of the channels.
        fill_mode: What lies outside of the image: `"constant"`, `"nearest"`
            (the pixel at the edge), `"reflect"` or `"wrap"`.
        cval: Number: the constant.
        order: Integer from 0 to 5: the degree of the splines to interpolate
            with; 0 takes the nearest pixel, 1 is linear. More than 1 needs
            the package `scipy`.

    Returns:
        An array of the same shape.

    Raises:
        ValueError: If an argument has no such value.
        ImportError: If `scipy` is needed and not installed.

    Example:

    >>> image = np.arange(4.0).reshape((1, 2, 2))
    >>> tfk.preprocessing.image.apply_affine_transform(image, tx=1)
    array([[[1., 1.],
            [3., 3.]]])
    """
    x = np.asarray(x)
    axes = (row_axis, col_axis, channel_axis)
    if x.ndim != 3 or sorted(axes) != [0, 1, 2]:
        raise ValueError(
            "An image has three axes, one for its rows, its columns and its "
            f"channels, in any order. Received: an array of shape {x.shape} "
            f"with (row_axis, col_axis, channel_axis)={axes}."
        )
    if fill_mode not in _FILL_MODES:
        raise ValueError(
            f"`fill_mode` must be one of {_FILL_MODES}. Received: "
            f"fill_mode={fill_mode!r}."
        )
    height, width = x.shape[row_axis], x.shape[col_axis]
    matrix = _matrix(theta, tx, ty, shear, zx, zy, height, width)
    if matrix is None:
        return x
    image = np.transpose(x, axes)
    working = image.astype("float64" if x.dtype == "float64" else "float32")
    if order in (0, 1):
        seen = _projected(working, matrix, fill_mode, cval, order)
    else:
        seen = _splined(working, matrix, fill_mode, cval, order)
    if np.issubdtype(x.dtype, np.integer):
        seen = np.floor(seen + 0.5)
    return np.transpose(seen.astype(x.dtype), np.argsort(axes))


def _matrix(theta, tx, ty, shear, zx, zy, height, width):
    """Returns the map from places in the output to places in the input.

    Places are `(column, row, 1)`. None stands for the identity.
    """
    if (theta, tx, ty, shear, zx, zy) == (0, 0, 0, 0, 1, 1):
        return None
    theta, shear = np.deg2rad(theta), np.deg2rad(shear)
    cos, sin = np.cos(theta), np.sin(theta)
    # That of tf.keras, which takes height for width here. It is the middle of
    # square images only.
    column, row = height / 2 - 0.5, width / 2 - 0.5
    steps = (
        [[1, 0, column], [0, 1, row], [0, 0, 1]],
        [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]],
        [[1, 0, tx], [0, 1, ty], [0, 0, 1]],
        [[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]],
        [[zx, 0, 0], [0, zy, 0], [0, 0, 1]],
        [[1, 0, -column], [0, 1, -row], [0, 0, 1]],
    )
    return np.linalg.multi_dot([np.array(step, float) for step in steps])


def _projected(image, matrix, fill_mode, cval, order):
    """Returns an image seen through a map, on TensorFlow's kernel."""
    if fill_mode == "wrap":
        return _wrapped(image, matrix, order)
    (a, b, c), (d, e, f), _ = matrix
    with tf.device("CPU:0"):
        seen = projection.project(
            tf.constant(image[np.newaxis]),
            tf.constant([[a, b, c, d, e, f, 0.0, 0.0]], tf.float32),
            # SciPy does not mix the edge with the constant, TensorFlow does.
            "nearest" if fill_mode == "constant" else fill_mode,
            0.0,
            _INTERPOLATIONS[order],
        )[0].numpy()
    if fill_mode != "constant":
        return seen
    height, width = image.shape[:2]
    rows, columns = np.arange(height)[:, np.newaxis], np.arange(width)
    y = f + e * rows + d * columns
    x = c + b * rows + a * columns
    inside = (y >= 0) & (y <= height - 1) & (x >= 0) & (x <= width - 1)
    seen = seen.copy()
    seen[~inside] = cval
    return seen


def _wrapped(image, matrix, order):
    """Returns an image seen through a map, around which it starts anew.

    SciPy lets the last row and the first one coincide, TensorFlow does not.
    """
    size = np.array(image.shape[:2])[:, np.newaxis, np.newaxis] - 1
    rows, columns = np.indices(image.shape[:2])
    x, y, _ = np.tensordot(matrix, [columns, rows, np.ones_like(rows)], 1)
    places = np.stack([y, x])
    inside = (places >= 0) & (places <= size)
    places = np.where(inside, places, np.mod(places, np.maximum(size, 1)))
    if order == 0:
        return image[tuple(np.floor(places + 0.5).astype(int))]
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, size)
    down, right = (places - low)[..., np.newaxis].astype(image.dtype)
    above, below = (
        image[row, low[1]] * (1 - right) + image[row, high[1]] * right
        for row in (low[0], high[0])
    )
    return above * (1 - down) + below * down


def _splined(image, matrix, fill_mode, cval, order):
    try:
        from scipy import ndimage
    except ImportError as error:
        raise ImportError(
            "Splines of a higher degree need the package scipy. Received: "
            f"order={order!r}. Install it with: pip install scipy."
        ) from error
    channels = [
        ndimage.affine_transform(
            image[..., channel],
            # SciPy counts rows first.
            matrix[1::-1, 1::-1],
            matrix[1::-1, 2],
            order=order,
            mode=fill_mode,
            cval=cval,
        )
        for channel in range(image.shape[-1])
    ]
    return np.stack(channels, -1)


def pair(name, value):
    """Returns an argument that is a pair of numbers.

    Arguments:
        name: String: the argument's name, for messages.
        value: Sequence of two numbers.

    Raises:
        ValueError: If it is something else.
    """
    if np.ndim(value) != 1 or len(value) != 2:
        raise ValueError(
            f"`{name}` must be a pair of numbers. Received: {name}={value!r}."
        )
    return tuple(value)
