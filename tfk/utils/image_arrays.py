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
"""Images of Pillow, and arrays."""

import io
import pathlib
import warnings

import numpy as np
import tensorflow as tf

from tfk import config
from tfk.utils import image_scaling

_FORMATS = ("channels_first", "channels_last")
_MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}
_INTERPOLATIONS = {
    "nearest": "NEAREST",
    "bilinear": "BILINEAR",
    "bicubic": "BICUBIC",
    "hamming": "HAMMING",
    "box": "BOX",
    "lanczos": "LANCZOS",
}


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """Makes an image of Pillow of an array.

    Arguments:
        x: Array of rank 3 with 1, 3 or 4 channels.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        scale: Boolean: whether values are spread out to go from 0 to 255.
        dtype: The type to compute in. Defaults to `floatx`.

    Returns:
        A `PIL.Image.Image`.

    Raises:
        ImportError: If the package `pillow` is not installed.
        ValueError: If the array is no image.

    Example:

    >>> image = tfk.utils.array_to_img(np.zeros((2, 3, 1)))
    >>> image.size
    (3, 2)
    """
    pillow = _pillow()
    array = np.asarray(x, dtype or config.floatx())
    if array.ndim != 3:
        raise ValueError(
            "An image has three axes: height, width and channels. Received: an "
            f"array of shape {array.shape}."
        )
    if _checked_format(data_format) == "channels_first":
        array = np.transpose(array, (1, 2, 0))
    if scale:
        array = array - array.min()
        largest = array.max()
        array = array * (255 / largest) if largest else array
    channels = array.shape[-1]
    if channels not in (1, 3, 4):
        raise ValueError(
            "An image has 1, 3 or 4 channels. Received: an array of shape "
            f"{np.shape(x)} with data_format={_checked_format(data_format)!r}."
        )
    if channels > 1:
        return pillow.fromarray(array.astype("uint8"))
    array = array[..., 0]
    # What 8 bits can't hold.
    wide = array.max(initial=0) > 255
    return pillow.fromarray(array.astype("int32" if wide else "uint8"))


def img_to_array(img, data_format=None, dtype=None):
    """Makes an array of an image of Pillow.

    Arguments:
        img: `PIL.Image.Image`, or anything that NumPy takes for an array.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        dtype: The array's type. Defaults to `floatx`.

    Returns:
        An array of rank 3.

    Raises:
        ValueError: If there are neither two nor three axes.

    Example:

    >>> tfk.utils.img_to_array(np.zeros((2, 3))).shape
    (2, 3, 1)
    """
    array = np.asarray(img, dtype or config.floatx())
    if array.ndim not in (2, 3):
        raise ValueError(
            "An image has two or three axes. Received: an array of shape "
            f"{array.shape}."
        )
    is_first = _checked_format(data_format) == "channels_first"
    if array.ndim == 2:
        return array[np.newaxis] if is_first else array[..., np.newaxis]
    return np.transpose(array, (2, 0, 1)) if is_first else array


def load_img(
    path,
    grayscale=False,
    color_mode="rgb",
    target_size=None,
    interpolation="nearest",
    keep_aspect_ratio=False,
):
    """Reads a file as an image of Pillow.

    Arguments:
        path: String, path, or `io.BytesIO`.
        grayscale: Deprecated; see `color_mode`.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        target_size: Pair `(height, width)` that the image is resized to.
        interpolation: `"nearest"` (default), `"bilinear"`, `"bicubic"`,
            `"lanczos"`, `"box"` or `"hamming"`.
        keep_aspect_ratio: Boolean: whether the image is cropped to the
            proportions of `target_size`, instead of being distorted.

    Returns:
        A `PIL.Image.Image`.

    Raises:
        ImportError: If the package `pillow` is not installed.
        ValueError: If the file is no image, or for arguments that there are
            not.
        TypeError: If `path` is no path.
    """
    pillow = _pillow()
    if grayscale:
        warnings.warn(
            "`grayscale=True` is deprecated. Pass `color_mode='grayscale'`.",
            stacklevel=2,
        )
        color_mode = "grayscale"
    if color_mode not in _MODES:
        raise ValueError(
            f"`color_mode` must be one of {tuple(_MODES)}. Received: "
            f"color_mode={color_mode!r}."
        )
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"`interpolation` must be one of {tuple(_INTERPOLATIONS)}. "
            f"Received: interpolation={interpolation!r}."
        )
    image = _opened(pillow, path)
    if image.mode not in _MODES[color_mode]:
        image = image.convert(_MODES[color_mode][0])
    if target_size is None:
        return image
    height, width = image_scaling.check_size(target_size, "target_size")
    box = None
    if keep_aspect_ratio:
        box = _middle(image, height, width)
    elif image.size == (width, height):
        return image
    resampling = getattr(pillow.Resampling, _INTERPOLATIONS[interpolation])
    return image.resize((width, height), resampling, box=box)


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Writes an array as an image.

    Arguments:
        path: String, path or file.
        x: Array of rank 3 with 1, 3 or 4 channels.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        file_format: String, such as `"png"`. Defaults to what the name ends
            with.
        scale: Boolean: whether values are spread out to go from 0 to 255.
        **kwargs: For `PIL.Image.Image.save`.

    Raises:
        ImportError: If the package `pillow` is not installed.
        ValueError: If the array is no image.
    """
    image = array_to_img(x, data_format=data_format, scale=scale)
    ending = file_format or pathlib.Path(str(path)).suffix.lstrip(".")
    if image.mode == "RGBA" and ending.lower() in ("jpg", "jpeg"):
        warnings.warn(
            "JPEG has no transparency: the image is saved without it.",
            stacklevel=2,
        )
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)


def smart_resize(x, size, interpolation="bilinear"):
    """Resizes images without distorting them: what is too much is cut off.

    Arguments:
        x: Array or tensor of shape `(height, width, channels)`, or a batch.
        size: Pair `(height, width)`.
        interpolation: String, as for `Resizing`.

    Returns:
        An array, for an array; else a tensor.

    Raises:
        ValueError: If the shape or the size can't be.

    Example:

    >>> tfk.preprocessing.image.smart_resize(np.zeros((4, 8, 3)), (2, 2)).shape
    (2, 2, 3)
    """
    height, width = image_scaling.check_size(size, "size")
    interpolation = image_scaling.check_interpolation(interpolation)
    images = tf.convert_to_tensor(x)
    if images.shape.rank not in (3, 4):
        raise ValueError(
            "Images have the shape (height, width, channels), with the batch "
            f"before it or without. Received: x of shape {images.shape}."
        )
    is_single = images.shape.rank == 3
    images = images[tf.newaxis] if is_single else images
    images = image_scaling.crop_to_ratio(images, height, width)
    images = tf.image.resize(images, (height, width), interpolation)
    images = images[0] if is_single else images
    return images.numpy() if isinstance(x, np.ndarray) else images


def _pillow():
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Images of Pillow need the package pillow. Install it with: pip "
            "install pillow."
        ) from error
    return Image


def _opened(pillow, path):
    if isinstance(path, io.BytesIO):
        return pillow.open(path)
    if not isinstance(path, (str, bytes, pathlib.Path)):
        raise TypeError(
            "`path` must be a string, a path or an io.BytesIO. Received: "
            f"path={path!r} of type {type(path).__name__}."
        )
    with open(path, "rb") as file:
        # All of it, as Pillow reads later than it opens.
        contents = io.BytesIO(file.read())
    try:
        return pillow.open(contents)
    except pillow.UnidentifiedImageError as error:
        raise ValueError(
            f"The file is no image that Pillow knows. Received: path={path!r}."
        ) from error


def _middle(image, height, width):
    """Returns the largest box of a size's proportions, as Pillow has it."""
    old_width, old_height = image.size
    box_height = min(old_height, old_width * height // width)
    box_width = min(old_width, old_height * width // height)
    left = (old_width - box_width) // 2
    top = (old_height - box_height) // 2
    return left, top, left + box_width, top + box_height


def _checked_format(data_format):
    name = data_format or config.image_data_format()
    if name not in _FORMATS:
        raise ValueError(
            f"`data_format` must be one of {_FORMATS}. Received: "
            f"data_format={data_format!r}."
        )
    return name
