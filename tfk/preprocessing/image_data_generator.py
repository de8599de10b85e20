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
"""ImageDataGenerator: batches of images, changed at random."""

import warnings

import numpy as np

from tfk import config
from tfk.preprocessing import image_file_iterator
from tfk.preprocessing import image_iterator
from tfk.preprocessing import image_transforms

_FORMATS = ("channels_first", "channels_last")
# What keeps divisions by a deviation of 0 apart, as in tf.keras.
_EPSILON = 1e-6


class ImageDataGenerator:
    """Makes batches of images that are changed at random and standardized.

    It runs in Python, image by image. `tfk.layers.ImagePipeline`, or image
    layers in the model and `tfk.utils.image_dataset_from_directory`, do the
    same in TensorFlow, much faster.

    Arguments:
        featurewise_center: Boolean: whether the mean of the data is taken off.
            `fit` has to be called for it.
        samplewise_center: Boolean: whether each image's mean is taken off.
        featurewise_std_normalization: Boolean: whether values are divided by
            the deviation of the data. `fit` has to be called for it.
        samplewise_std_normalization: Boolean: whether they are divided by each
            image's deviation.
        zca_whitening: Boolean: whether pixels are decorrelated. `fit` has to
            be called for it.
        zca_epsilon: Number that is added to singular values.
        rotation_range: Number: the largest angle to turn by, in degrees.
        width_shift_range: How far to move images right or left: a float, the
            largest share of the width if below 1, else a number of pixels; an
            integer `n`, for up to `n - 1` whole pixels; or a list of
            distances.
        height_shift_range: The same: how far up or down.
        brightness_range: Pair of numbers: the range of the brightness, where 1
            leaves images as they are. It needs the package `pillow`.
        shear_range: Number: the largest angle to shear by, in degrees.
        zoom_range: Number `a` for the range `[1 - a, 1 + a]`, or a range of
            factors, below 1 to zoom in.
        channel_shift_range: Number: the largest that is added to values.
        fill_mode: What lies outside of an image: `"constant"`, `"nearest"`
            (the pixel at the edge), `"reflect"` or `"wrap"`.
        cval: Number: the constant.
        horizontal_flip: Boolean: whether every second image is flipped left to
            right.
        vertical_flip: Boolean: whether every second image is turned upside
            down.
        rescale: Number that values are multiplied by, or None.
        preprocessing_function: Function of an image, an array, to one of the
            same shape. It comes after random changes, before all else.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        validation_split: Float from 0 to 1: the share of the data that
            `subset="validation"` gets.
        interpolation_order: Integer: 0 takes the nearest pixel, 1 (default) is
            linear. More than 1, up to 5, needs the package `scipy`.
        dtype: The type of batches. Defaults to `floatx`.

    Raises:
        ValueError: If an argument has no such value.

    Example:

    >>> generator = tfk.preprocessing.image.ImageDataGenerator(
    ...     rescale=1 / 255, rotation_range=20, horizontal_flip=True
    ... )
    >>> images = np.full((8, 4, 4, 3), 255.0)
    >>> batches = generator.flow(images, np.arange(8), batch_size=5, seed=1)
    >>> len(batches)
    2
    >>> batch, targets = next(batches)
    >>> batch.shape, targets.shape
    ((5, 4, 4, 3), (5,))
    >>> print(batch.max().round(5))
    1.0
    """

    def __init__(
        self,
        featurewise_center=False,
        samplewise_center=False,
        featurewise_std_normalization=False,
        samplewise_std_normalization=False,
        zca_whitening=False,
        zca_epsilon=1e-6,
        rotation_range=0,
        width_shift_range=0.0,
        height_shift_range=0.0,
        brightness_range=None,
        shear_range=0.0,
        zoom_range=0.0,
        channel_shift_range=0.0,
        fill_mode="nearest",
        cval=0.0,
        horizontal_flip=False,
        vertical_flip=False,
        rescale=None,
        preprocessing_function=None,
        data_format=None,
        validation_split=0.0,
        interpolation_order=1,
        dtype=None,
    ):
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        if brightness_range is not None:
            image_transforms.pair("brightness_range", brightness_range)
        self.brightness_range = brightness_range
        self.shear_range = shear_range
        self.zoom_range = _zoom_range(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.data_format = data_format or config.image_data_format()
        if self.data_format not in _FORMATS:
            raise ValueError(
                f"`data_format` must be one of {_FORMATS}. Received: "
                f"data_format={data_format!r}."
            )
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                "`validation_split` must be a number from 0 to 1. Received: "
                f"validation_split={validation_split!r}."
            )
        self._validation_split = validation_split
        self.interpolation_order = interpolation_order
        self.dtype = dtype or config.floatx()
        is_last = self.data_format == "channels_last"
        self.channel_axis = 3 if is_last else 1
        self.row_axis, self.col_axis = (1, 2) if is_last else (2, 3)
        self.mean = None
        self.std = None
        self.zca_whitening_matrix = None
        self._add_what_is_needed()

    def _add_what_is_needed(self):
        """Centers where a deviation or the whitening is of centered data."""
        for name, needed in (
            ("zca_whitening", "featurewise_center"),
            ("featurewise_std_normalization", "featurewise_center"),
            ("samplewise_std_normalization", "samplewise_center"),
        ):
            if getattr(self, name) and not getattr(self, needed):
                setattr(self, needed, True)
                _warn(f"`{name}` implies `{needed}`, which is set to True.")
        if self.zca_whitening and self.featurewise_std_normalization:
            self.featurewise_std_normalization = False
            _warn(
                "`zca_whitening` takes the place of "
                "`featurewise_std_normalization`, which is set to False."
            )

    # Where images come from

    def flow(
        self,
        x,
        y=None,
        batch_size=32,
        shuffle=True,
        sample_weight=None,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        ignore_class_split=False,
        subset=None,
    ):
        """Returns batches of an array of images.

        Arguments:
            x: Array of images, of rank 4; or a pair of it and a list of arrays
                that are given out as they are.
            y: Array of targets, or None.
            batch_size: Integer.
            shuffle: Boolean: whether images come in a new order in every epoch.
            sample_weight: Array, or None.
            seed: Integer, from which order and changes follow, or None.
            save_to_dir: Directory that changed images are written to, or None.
            save_prefix: String that names of these files begin with.
            save_format: `"png"`, `"jpeg"` or another format of `pillow`.
            ignore_class_split: Boolean: whether the two subsets may have other
                classes.
            subset: `"training"` or `"validation"`, with a `validation_split`:
                the first rows are for validation.

        Returns:
            A `NumpyArrayIterator`, which is a `Sequence`.
        """
        return image_iterator.NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            ignore_class_split=ignore_class_split,
            subset=subset,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
    ):
        """Returns batches of the images in a directory.

        Arguments:
            directory: String or path, with a directory for each class.
            target_size: As for `DirectoryIterator`, like all that follow.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
            classes: List of the classes, or None.
            class_mode: `"categorical"`, `"binary"`, `"sparse"`, `"input"` or
                None.
            batch_size: Integer.
            shuffle: Boolean.
            seed: Integer or None.
            save_to_dir: Directory or None.
            save_prefix: String.
            save_format: String.
            follow_links: Boolean.
            subset: `"training"`, `"validation"` or None.
            interpolation: String.
            keep_aspect_ratio: Boolean.

        Returns:
            A `DirectoryIterator`, which is a `Sequence`.
        """
        return image_file_iterator.DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            keep_aspect_ratio=keep_aspect_ratio,
            classes=classes,
            class_mode=class_mode,
            data_format=self.data_format,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
            subset=subset,
            interpolation=interpolation,
            dtype=self.dtype,
        )

    def flow_from_dataframe(
        self,
        dataframe,
        directory=None,
        x_col="filename",
        y_col="class",
        weight_col=None,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        validate_filenames=True,
        **kwargs,
    ):
        """Returns batches of the images that a table lists.

        Arguments:
            dataframe: Pandas frame, or a dict of lists.
            directory: String or path that files' paths begin from, or None.
            x_col: As for `DataFrameIterator`, like all that follow.
            y_col: String or list of strings.
            weight_col: String or None.
            target_size: Pair `(height, width)`.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
            classes: List of the classes, or None.
            class_mode: `"categorical"`, `"binary"`, `"sparse"`, `"input"`,
                `"raw"`, `"multi_output"` or None.
            batch_size: Integer.
            shuffle: Boolean.
            seed: Integer or None.
            save_to_dir: Directory or None.
            save_prefix: String.
            save_format: String.
            subset: `"training"`, `"validation"` or None.
            interpolation: String.
            validate_filenames: Boolean: whether rows are left out whose file
                is not there.
            **kwargs: `keep_aspect_ratio`. Former arguments have no effect.

        Returns:
            A `DataFrameIterator`, which is a `Sequence`.
        """
        keep_aspect_ratio = kwargs.pop("keep_aspect_ratio", False)
        former = {"drop_duplicates", "has_ext", "sort"}
        if set(kwargs) - former:
            raise TypeError(
                "`flow_from_dataframe` has no such argument. Received: "
                f"{', '.join(sorted(set(kwargs) - former))}."
            )
        if kwargs:
            _warn(
                f"The arguments {', '.join(sorted(kwargs))} are no more, and "
                "have no effect."
            )
        return image_file_iterator.DataFrameIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            data_format=self.data_format,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio,
            validate_filenames=validate_filenames,
            dtype=self.dtype,
        )

    # What becomes of them

    def get_random_transform(self, img_shape, seed=None):
        """Draws how an image is to be changed.

        Arguments:
            img_shape: Tuple of integers: the shape of the image.
            seed: Integer, or None to draw from `np.random`.

        Returns:
            A dict, to pass to `apply_transform`.
        """
        draws = image_transforms.draws()
        if seed is not None:
            draws = np.random.RandomState(seed)
        height = img_shape[self.row_axis - 1]
        width = img_shape[self.col_axis - 1]
        # In the order of tf.keras, which gives the same numbers for a seed.
        theta = _symmetric(draws, self.rotation_range)
        tx = _shift(draws, self.height_shift_range, height)
        ty = _shift(draws, self.width_shift_range, width)
        shear = _symmetric(draws, self.shear_range)
        zx, zy = 1, 1
        if tuple(self.zoom_range) != (1, 1):
            zx, zy = draws.uniform(*self.zoom_range, 2)
        flip_horizontal = (draws.random_sample() < 0.5) * self.horizontal_flip
        flip_vertical = (draws.random_sample() < 0.5) * self.vertical_flip
        channel_shift = None
        if self.channel_shift_range != 0:
            channel_shift = _symmetric(draws, self.channel_shift_range)
        brightness = None
        if self.brightness_range is not None:
            brightness = draws.uniform(*self.brightness_range)
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical,
            "channel_shift_intensity": channel_shift,
            "brightness": brightness,
        }

    def apply_transform(self, x, transform_parameters):
        """Changes an image.

        Arguments:
            x: Array of rank 3.
            transform_parameters: Dict with some of the keys `"theta"`: an
                angle in degrees; `"tx"`, `"ty"`: how many pixels to the left
                and up; `"shear"`: an angle in degrees; `"zx"`,
                `"zy"`: factors; `"flip_horizontal"`, `"flip_vertical"`:
                booleans; `"channel_shift_intensity"`: a number that is added;
                `"brightness"`: a factor.

        Returns:
            An array of the same shape.

        Example:

        >>> generator = tfk.preprocessing.image.ImageDataGenerator()
        >>> image = np.array([[[1.0], [2.0]]])
        >>> generator.apply_transform(image, {"flip_horizontal": True})
        array([[[2.],
                [1.]]])
        """
        drawn = transform_parameters
        row_axis, col_axis = self.row_axis - 1, self.col_axis - 1
        channel_axis = self.channel_axis - 1
        x = image_transforms.apply_affine_transform(
            x,
            drawn.get("theta", 0),
            drawn.get("tx", 0),
            drawn.get("ty", 0),
            drawn.get("shear", 0),
            drawn.get("zx", 1),
            drawn.get("zy", 1),
            row_axis=row_axis,
            col_axis=col_axis,
            channel_axis=channel_axis,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if drawn.get("channel_shift_intensity") is not None:
            x = image_transforms.apply_channel_shift(
                x, drawn["channel_shift_intensity"], channel_axis
            )
        if drawn.get("flip_horizontal", False):
            x = np.flip(x, col_axis)
        if drawn.get("flip_vertical", False):
            x = np.flip(x, row_axis)
        if drawn.get("brightness") is not None:
            x = image_transforms.brightened(
                x, drawn["brightness"], False, self.data_format
            )
        return x

    def random_transform(self, x, seed=None):
        """Changes an image at random.

        Arguments:
            x: Array of rank 3.
            seed: Integer, or None to draw from `np.random`.

        Returns:
            An array of the same shape.
        """
        drawn = self.get_random_transform(np.shape(x), seed)
        return self.apply_transform(x, drawn)

    def standardize(self, x):
        """Standardizes an image, or a batch of them.

        Arguments:
            x: Array of rank 3 or 4. It stays as it is.

        Returns:
            An array of the same shape.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (np.std(x, keepdims=True) + _EPSILON)
        if self.featurewise_center and self._is_fit("mean"):
            x = x - self.mean
        if self.featurewise_std_normalization and self._is_fit("std"):
            x = x / (self.std + _EPSILON)
        if self.zca_whitening and self._is_fit("zca_whitening_matrix"):
            size = self.zca_whitening_matrix.shape[0]
            flat = np.reshape(x, (-1, size)) @ self.zca_whitening_matrix
            x = np.reshape(flat, np.shape(x))
        return x

    def _is_fit(self, name):
        if getattr(self, name) is None:
            _warn(
                f"The generator has no {name} yet: images are not standardized "
                "by it. Call `fit` with images first."
            )
            return False
        return True

    # Learning from images

    def fit(self, x, augment=False, rounds=1, seed=None):
        """Takes the mean, deviation and whitening from images.

        Only what the generator was told to do is computed.

        Arguments:
            x: Array of images, of rank 4. It stays as it is.
            augment: Boolean: whether images are changed at random before.
            rounds: Integer: how often each of them is, then.
            seed: Integer, or None to draw from `np.random`.

        Raises:
            ValueError: If the array is no batch of images.
        """
        x = np.array(x, self.dtype)
        image_iterator.check_images(x, self.data_format)
        if self.rescale:
            x *= self.rescale
        if augment:
            draws = None if seed is None else np.random.RandomState(seed)
            with image_transforms.drawing_from(draws):
                x = np.stack(
                    [
                        self.random_transform(image)
                        for _ in range(rounds)
                        for image in x
                    ]
                )
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            # A single image has one axis less.
            self.mean = x.mean(axes, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = x.std(axes, keepdims=True)[0]
            x /= self.std + _EPSILON
        if self.zca_whitening:
            flat = x.reshape((len(x), -1))
            directions, extents, _ = np.linalg.svd(flat.T, full_matrices=False)
            scale = np.sqrt(len(x)) / (extents + self.zca_epsilon)
            self.zca_whitening_matrix = (directions * scale) @ directions.T


def _zoom_range(value):
    if isinstance(value, (int, float)):
        return [1 - value, 1 + value]
    lower, upper = image_transforms.pair("zoom_range", value)
    return [lower, upper]


def _symmetric(draws, limit):
    return draws.uniform(-limit, limit) if limit else 0


def _shift(draws, limit, size):
    """Draws a distance in pixels; `limit` says which there are."""
    if np.ndim(limit) == 0 and not limit:
        return 0
    if np.ndim(limit) == 1 or isinstance(limit, (int, np.integer)):
        distance = draws.choice(limit) * draws.choice([-1, 1])
    else:
        distance = draws.uniform(-limit, limit)
    return distance * size if np.max(limit) < 1 else distance


def _warn(message):
    warnings.warn(message, stacklevel=4)
