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
"""Sheets that show an image, and what augmentation makes of it."""

import os

import numpy as np
import tensorflow as tf

from tfk.data import image_files
from tfk.data import labelled_files

# A sheet has three rows of three tiles, of which the first is the image.
NUM_VARIANTS = 8
_COLUMNS = 3
_GAP = 2
_WHITE = 255.0


def to_image(value):
    """Returns an image as an array of shape `(height, width, channels)`.

    Arguments:
        value: Path, PIL image, array or tensor.
    """
    if isinstance(value, (str, os.PathLike)):
        path = os.fspath(value)
        is_good, image = labelled_files.read_or_default(
            image_files.decode_file, tf.constant(path)
        )
        if not is_good:
            raise ValueError(
                "A file can't be read: it is missing, or no image. Received: "
                f"{path!r}."
            )
        return image.numpy()
    image = np.asarray(value)
    if image.ndim == 2:
        image = image[..., np.newaxis]
    if image.ndim != 3 or image.dtype.kind not in "uif":
        raise ValueError(
            "An image has the shape (height, width, channels) and holds "
            f"numbers. Received: {image.dtype} of shape {image.shape}."
        )
    return image


def encoder(save_format):
    """Returns the function that turns a sheet into a file's contents.

    Arguments:
        save_format: `"png"`, `"jpeg"` or `"jpg"`.
    """
    encoders = {
        "png": tf.io.encode_png,
        "jpeg": tf.io.encode_jpeg,
        "jpg": tf.io.encode_jpeg,
    }
    if save_format not in encoders:
        raise ValueError(
            f"`save_format` must be one of {tuple(encoders)}. Received: "
            f"save_format={save_format!r}."
        )
    return encoders[save_format]


def sheet(image, variants):
    """Returns the tiles of a sheet as one image.

    Arguments:
        image: Array of shape `(height, width, channels)`.
        variants: Batch of images, dense or ragged.

    Returns:
        A uint8 array of shape `(height, width, 3)`.
    """
    variants = [
        x.to_tensor() if isinstance(x, tf.RaggedTensor) else x for x in variants
    ]
    is_plain = image.dtype.kind in "ui"
    first = _as_colors(image) if is_plain else _shown(image[np.newaxis])[0]
    tiles = [first, *_shown(np.stack(variants))]
    height = max(tile.shape[0] for tile in tiles) + _GAP
    width = max(tile.shape[1] for tile in tiles) + _GAP
    rows = -(-len(tiles) // _COLUMNS)
    shape = (rows * height - _GAP, _COLUMNS * width - _GAP, 3)
    result = np.full(shape, _WHITE)
    for index, tile in enumerate(tiles):
        top = index // _COLUMNS * height
        left = index % _COLUMNS * width
        result[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return np.clip(np.round(result), 0, 255).astype("uint8")


def _shown(images):
    """Brings the values that a pipeline gives to those of colors.

    Normalized images have any range, and share one stretch so that they can be
    compared. Pixels that are vectors become the grey of their class.
    """
    images = images.astype("float32")
    if images.shape[-1] not in (1, 3, 4):
        images = images.argmax(-1)[..., np.newaxis].astype("float32")
    least, most = images.min(), images.max()
    if least < 0 or most > _WHITE or 0 < most <= 1:
        least = min(least, 0.0)
        images = (images - least) * (_WHITE / max(most - least, 1e-6))
    return [_as_colors(image) for image in images]


def _as_colors(image):
    image = np.asarray(image, "float32")
    if image.shape[-1] in (1, 2):
        return np.repeat(image[..., :1], 3, -1)
    return image[..., :3]
