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
"""Datasets of the images in a directory."""

import numpy as np
import tensorflow as tf

from tfk.data import labelled_files
from tfk.utils import image_scaling

EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    color_mode="rgb",
    batch_size=32,
    image_size=(256, 256),
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    interpolation="bilinear",
    follow_links=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    verbose=True,
    broken_files="error",
    **kwargs,
):
    """Makes a dataset of the images in a directory, with a label for each.

    Arguments:
        directory: String or path. For inferred labels it holds a directory for
            each class, named as the class.
        labels: `"inferred"`: the classes are numbered in the order of their
            names; None: there are no labels; or a list of integers, one for
            each file, in the order of the files' paths.
        label_mode: `"int"`; `"categorical"`: one-hot vectors; `"binary"`: 0.0
            or 1.0, for two classes; or None: the dataset gives images alone.
        class_names: List of strings: the names of the directories in the order
            in which to number them. Defaults to the alphabetical order.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`: the channels that all
            images are brought to.
        batch_size: Integer; None gives single images.
        image_size: Pair `(height, width)` that all images are brought to.
        shuffle: Boolean: whether files come in a new order in every epoch.
        seed: Integer: makes the order repeatable. A split of shuffled files
            needs one.
        validation_split: Float between 0 and 1: the share of the files that is
            kept for validation.
        subset: `"training"`, `"validation"`, or `"both"` for a pair of
            datasets.
        interpolation: String: how images are resized; see `Resizing`.
        follow_links: Boolean: whether links to directories are followed.
        crop_to_aspect_ratio: Boolean: whether images are cropped to the
            proportions of `image_size`, instead of being distorted.
        pad_to_aspect_ratio: Boolean: whether they are padded with black.
        verbose: Boolean: whether to print how many files there are.
        broken_files: `"error"`: a file that can't be read ends the iteration
            with an error that names it; `"skip"`: it is left out.
        **kwargs: `smart_resize`, the former name of `crop_to_aspect_ratio`.

    Returns:
        A `tf.data.Dataset` of images of shape `(batch_size, *image_size,
        channels)` with values from 0 to 255 (float32; uint8 for the
        interpolation `"nearest"`), and of labels. Its attribute `class_names`
        lists the classes, `file_paths` the files, and `num_skipped`, a
        variable, counts the files left out so far. Of a GIF, the first image
        is taken.

    Raises:
        ValueError: If there is no such directory, no image in it, or if the
            arguments contradict one another.

    Example:

    >>> import os, tempfile
    >>> directory = tempfile.mkdtemp()
    >>> for name in ("cats", "dogs"):
    ...     os.mkdir(os.path.join(directory, name))
    ...     image = tf.io.encode_png(tf.zeros((4, 6, 3), tf.uint8))
    ...     tf.io.write_file(os.path.join(directory, name, "1.png"), image)
    >>> dataset = tfk.utils.image_dataset_from_directory(
    ...     directory, image_size=(8, 8), shuffle=False
    ... )
    Found 2 files belonging to 2 classes.
    >>> for images, labels in dataset:
    ...     print(images.shape, labels.numpy())
    (2, 8, 8, 3) [0 1]
    """
    if "smart_resize" in kwargs:
        crop_to_aspect_ratio = kwargs.pop("smart_resize")
    if kwargs:
        raise TypeError(
            "`image_dataset_from_directory` has no such argument. Received: "
            f"{', '.join(kwargs)}."
        )
    options = labelled_files.Options(
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
        broken_files,
    )
    read = image_reader(
        color_mode,
        image_size,
        interpolation,
        crop_to_aspect_ratio,
        pad_to_aspect_ratio,
    )
    return labelled_files.dataset(directory, EXTENSIONS, read, options)


def image_reader(
    color_mode="rgb",
    image_size=(256, 256),
    interpolation="bilinear",
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
):
    """Returns a function from the path of an image file to a float tensor.

    Arguments:
        color_mode, image_size, interpolation, crop_to_aspect_ratio,
            pad_to_aspect_ratio: see `image_dataset_from_directory`.

    Raises:
        ValueError: If an argument has no such value.
    """
    if color_mode not in _CHANNELS:
        raise ValueError(
            f"`color_mode` must be one of {tuple(_CHANNELS)}. Received: "
            f"color_mode={color_mode!r}."
        )
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "Images can be cropped or padded to the proportions of "
            "`image_size`. Received: crop_to_aspect_ratio=True and "
            "pad_to_aspect_ratio=True."
        )
    height, width = image_scaling.check_size(image_size)
    interpolation = image_scaling.check_interpolation(interpolation)
    channels = _CHANNELS[color_mode]

    def read(path):
        image = _decode(tf.io.read_file(path), channels)[tf.newaxis]
        if crop_to_aspect_ratio:
            image = image_scaling.crop_to_ratio(image, height, width)
        elif pad_to_aspect_ratio:
            image = image_scaling.pad_to_ratio(image, height, width, 0)
        image = tf.image.resize(image, (height, width), interpolation)
        return tf.ensure_shape(image[0], [height, width, channels])

    return read


def decode_file(path):
    """Returns the image in a file, in colors.

    Arguments:
        path: String tensor.
    """
    return _decode(tf.io.read_file(path), 3)


def _decode(contents, channels):
    """Returns the image of a file's contents, of any format."""

    def decode(channels):
        return tf.io.decode_image(contents, channels, expand_animations=False)

    # The other decoders give the channels of the file.
    converts = _starts_with(contents, b"\x89PNG")
    if channels in (1, 3):
        converts |= _starts_with(contents, b"\xff\xd8")
    image = tf.cond(
        converts,
        lambda: decode(channels),
        lambda: _convert(decode(0), channels),
    )
    return tf.ensure_shape(image, [None, None, channels])


def _starts_with(contents, signature):
    return tf.strings.substr(contents, 0, len(signature)) == signature


def _convert(image, channels):
    """Brings an image of 1 to 4 channels to another number of channels."""
    present = tf.shape(image)[-1]
    has_colors = present > 2
    rgb = tf.cond(
        has_colors,
        lambda: image[..., :3],
        lambda: tf.repeat(image[..., :1], 3, -1),
    )
    if channels == 3:
        return rgb
    if channels == 1:
        return tf.image.rgb_to_grayscale(rgb)
    alpha = tf.cond(
        present % 2 == 0,
        lambda: image[..., -1:],
        lambda: tf.fill(tf.shape(image[..., :1]), np.uint8(255)),
    )
    return tf.concat([rgb, alpha], -1)
