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
"""Images of another size: resized, cropped, padded."""

import tensorflow as tf

from tfk.utils import checks
from tfk.utils import portable_graph

_METHODS = (
    "area",
    "bicubic",
    "bilinear",
    "gaussian",
    "lanczos3",
    "lanczos5",
    "mitchellcubic",
    "nearest",
)
# What other runtimes than TensorFlow have, too.
_PORTABLE = ("bilinear", "nearest")


def check_interpolation(interpolation, layer_name=None):
    """Returns the name of a way to interpolate, in lower case.

    Arguments:
        interpolation: String.
        layer_name: String: the layer's name, for messages, if it has one.

    Raises:
        ValueError: If there is no such way.
    """
    name = str(interpolation).lower()
    if name not in _METHODS:
        place = "" if layer_name is None else f" of layer '{layer_name}'"
        raise ValueError(
            f"`interpolation`{place} must be one of {_METHODS}. Received: "
            f"interpolation={interpolation!r}."
        )
    return name


def check_size(size, name="image_size"):
    """Returns height and width as integers.

    Arguments:
        size: A pair of integers.
        name: String: the argument's name, for messages.

    Raises:
        ValueError: If it is no pair of integers above 0.
    """
    try:
        height, width = size
    except (TypeError, ValueError):
        raise ValueError(
            f"`{name}` must be a pair (height, width). Received: "
            f"{name}={size!r}."
        ) from None
    return tuple(checks.positive_integer(name, x) for x in (height, width))


def size_of(images):
    """Returns height and width: integers where known, else tensors.

    Arguments:
        images: Tensor of shape `(count, height, width, channels)`.
    """
    shape = images.shape
    dynamic = None
    if shape[1] is None or shape[2] is None:
        dynamic = tf.shape(images)
    return tuple(
        shape[axis] if shape[axis] is not None else dynamic[axis]
        for axis in (1, 2)
    )


def resize(images, height, width, interpolation, antialias=False):
    """Returns images of another size, whatever becomes of their proportions.

    Arguments:
        images: Tensor of shape `(count, height, width, channels)`.
        height: Integer or scalar tensor.
        width: Integer or scalar tensor.
        interpolation: String.
        antialias: Boolean: whether images are smoothed as they shrink.
    """
    dtype = images.dtype
    old = images.shape[1:3]
    is_known = not any(
        x is None or tf.is_tensor(x) for x in (*old, height, width)
    )
    has_kernel = interpolation in _PORTABLE and not antialias
    if portable_graph.is_wanted() and is_known and not has_kernel:
        resized = tf.cast(images, tf.float32)
        for old_size, size in ((old[0], height), (old[1], width)):
            # The axis goes to the end.
            weights = _weights(old_size, size, interpolation, antialias)
            resized = tf.tensordot(resized, weights, ((1,), (0,)))
        resized = tf.transpose(resized, (0, 2, 3, 1))
    else:
        resized = tf.image.resize(
            images, (height, width), interpolation, antialias=antialias
        )
    return tf.cast(resized, dtype)


def _weights(old_size, size, interpolation, antialias):
    """Returns how much of each old pixel of an axis each new one has."""
    with tf.init_scope():
        axis = tf.eye(old_size)[tf.newaxis, :, tf.newaxis]
        resized = tf.image.resize(
            axis, (size, 1), interpolation, antialias=antialias
        )
        return resized[0, :, 0].numpy().T


def center_crop(images, height, width):
    """Returns the middles of images that are large enough."""
    top, left = middle(*size_of(images), height, width)
    return images[:, top : top + height, left : left + width]


def middle(old_height, old_width, height, width):
    """Returns the first row and column of the middle part of a size."""
    return (old_height - height) // 2, (old_width - width) // 2


def crop_to_ratio(images, height, width):
    """Returns the largest middle parts of a size's proportions."""
    return center_crop(images, *ratio_part(*size_of(images), height, width))


def ratio_part(old_height, old_width, height, width):
    """Returns the size of the largest part of a size's proportions."""
    return (
        _smaller(old_height, old_width * height // width),
        _smaller(old_width, old_height * width // height),
    )


def pad_to_ratio(images, height, width, fill_value):
    """Returns images in the middles of frames of a size's proportions."""
    rows, columns = ratio_frame(*size_of(images), height, width)
    return tf.pad(
        images,
        [[0, 0], [rows, rows], [columns, columns], [0, 0]],
        constant_values=tf.cast(fill_value, images.dtype),
    )


def ratio_frame(old_height, old_width, height, width):
    """Returns the rows and columns to add on either side for proportions."""
    rows = _larger(old_height, old_width * height // width) - old_height
    columns = _larger(old_width, old_height * width // height) - old_width
    # As much on either side, as in Keras 3: the middle stays the middle.
    return rows // 2, columns // 2


def fit(images, height, width, interpolation):
    """Returns images of another size, cropped to its proportions first."""
    cropped = crop_to_ratio(images, height, width)
    return resize(cropped, height, width, interpolation)


def is_large_enough(images, height, width):
    """Whether images hold a part of a size: a boolean, or a tensor of it."""
    old_height, old_width = size_of(images)
    return _both(old_height >= height, old_width >= width)


def _smaller(x, y):
    return tf.minimum(x, y) if tf.is_tensor(x) or tf.is_tensor(y) else min(x, y)


def _larger(x, y):
    return tf.maximum(x, y) if tf.is_tensor(x) or tf.is_tensor(y) else max(x, y)


def _both(x, y):
    return x & y if tf.is_tensor(x) or tf.is_tensor(y) else x and y


def when(condition, true, false):
    """Returns what one of two functions returns.

    Arguments:
        condition: Boolean, or boolean tensor.
        true: Function without arguments.
        false: Function without arguments.
    """
    if tf.is_tensor(condition):
        return tf.cond(condition, true, false)
    return true() if condition else false()
