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
"""Batches of images that `ImageDataGenerator` changes."""

import os
import threading
import warnings

import numpy as np

from tfk import config
from tfk.data import py_dataset
from tfk.preprocessing import image_transforms
from tfk.utils import checks
from tfk.utils import image_arrays


class Iterator(py_dataset.Sequence):
    """Gives batches of images for ever, or by their index.

    It is a `Sequence`: `fit` asks for each batch of an epoch by its index, in
    several threads or processes if it shall. And it is an iterator without an
    end. Children write `_get_batches_of_transformed_samples`.

    With a seed, order and changes of a batch follow from the seed, the number
    of the epoch and the index alone.

    Arguments:
        n: Integer: the number of images.
        batch_size: Integer.
        shuffle: Boolean: whether images come in a new order in every epoch.
        seed: Integer or None.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(self, n, batch_size, shuffle, seed):
        super().__init__()
        self.n = n
        self.batch_size = checks.positive_integer("batch_size", batch_size)
        self.shuffle = shuffle
        self.seed = seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.index_array = None
        self.lock = threading.Lock()
        self._epoch = 0

    def __getstate__(self):
        # For worker processes, which can't take locks.
        return {**self.__dict__, "lock": None}

    def __setstate__(self, state):
        self.__dict__.update(state, lock=threading.Lock())

    def __len__(self):
        """Returns the number of batches in an epoch."""
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx):
        """Returns a batch.

        Arguments:
            idx: Integer.

        Raises:
            ValueError: If there is no such batch.
        """
        if not 0 <= idx < len(self):
            raise ValueError(
                f"There is no such batch: there are {len(self)}. Received: "
                f"idx={idx}."
            )
        with self.lock:
            if self.index_array is None:
                self._set_index_array()
            self.total_batches_seen += 1
            order, epoch = self.index_array, self._epoch
        return self._batch(order, epoch, idx)

    def __iter__(self):
        return self

    def __next__(self):
        return self.next()

    def next(self):
        """Returns the next batch; after the last one comes the first one."""
        if not self.n:
            raise ValueError(
                "There are no images to make batches of. Received: n=0."
            )
        with self.lock:
            index = self.batch_index
            if index == 0:
                self._set_index_array()
            order, epoch = self.index_array, self._epoch
            self.total_batches_seen += 1
            self.batch_index = (index + 1) % len(self)
            if self.batch_index == 0:
                self._epoch += 1
        return self._batch(order, epoch, index)

    def reset(self):
        """Goes back to the first batch."""
        self.batch_index = 0

    def on_epoch_end(self):
        """Sets the order of the next epoch."""
        with self.lock:
            self._epoch += 1
            self._set_index_array()

    def _set_index_array(self):
        self.index_array = np.arange(self.n)
        if self.shuffle:
            draws = self._draws(self._epoch, 0) or np.random
            self.index_array = draws.permutation(self.n)

    def _draws(self, epoch, index):
        """Returns where a batch draws from; None stands for `np.random`."""
        if self.seed is None:
            return None
        return np.random.RandomState(self.seed + epoch * len(self) + index)

    def _batch(self, order, epoch, index):
        draws = self._draws(epoch, index)
        if draws is not None and index == 0 and self.shuffle:
            # What the order took, so that numbers are those of tf.keras.
            draws.permutation(self.n)
        start = index * self.batch_size
        rows = order[start : start + self.batch_size]
        with image_transforms.drawing_from(draws):
            return self._get_batches_of_transformed_samples(rows)

    def _get_batches_of_transformed_samples(self, index_array):
        """Returns a batch.

        Arguments:
            index_array: Integer array: which images it holds.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define "
            "`_get_batches_of_transformed_samples(self, index_array)`, which "
            "returns a batch of the images at these positions."
        )


class NumpyArrayIterator(Iterator):
    """Gives batches of an array of images, changed by a generator.

    `ImageDataGenerator.flow` makes it.

    Arguments:
        x: Array of images, of rank 4; or a pair of it and a list of arrays that
            are given out as they are.
        y: Array of targets, or None.
        image_data_generator: `ImageDataGenerator`.
        batch_size: Integer.
        shuffle: Boolean: whether images come in a new order in every epoch.
        sample_weight: Array, or None.
        seed: Integer or None.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        save_to_dir: Directory that changed images are written to, or None.
        save_prefix: String that names of these files begin with.
        save_format: `"png"`, `"jpeg"` or another format of `pillow`.
        subset: `"training"` or `"validation"`, if the generator has a
            `validation_split`.
        ignore_class_split: Boolean: whether the two subsets may have other
            classes.
        dtype: The type of the batches. Defaults to `floatx`.

    Raises:
        ValueError: If arrays differ in their number of rows, or are no images.
    """

    def __init__(
        self,
        x,
        y,
        image_data_generator,
        batch_size=32,
        shuffle=False,
        sample_weight=None,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        ignore_class_split=False,
        dtype=None,
    ):
        self.dtype = dtype or config.floatx()
        self.data_format = data_format or config.image_data_format()
        others = []
        if isinstance(x, (tuple, list)):
            x, others = x
            others = others if isinstance(others, list) else [others]
        arrays = {"x": x, "y": y, "sample_weight": sample_weight}
        arrays = {
            name: None if array is None else np.asarray(array)
            for name, array in arrays.items()
        }
        others = [np.asarray(array) for array in others]
        _check_rows(arrays, others)
        part = slice(None)
        if subset is not None:
            part = _part(arrays, subset, image_data_generator)
            if not ignore_class_split:
                _check_classes(arrays, image_data_generator)
        self.x, self.y, self.sample_weight = (
            None if array is None else array[part] for array in arrays.values()
        )
        self.x = self.x.astype(self.dtype, copy=False)
        self.x_misc = [array[part] for array in others]
        check_images(self.x, self.data_format)
        self.image_data_generator = image_data_generator
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array):
        generator = self.image_data_generator
        images = np.zeros((len(index_array), *self.x.shape[1:]), self.dtype)
        for place, row in enumerate(index_array):
            # Functions of users may change what they are given.
            image = self.x[row].copy()
            drawn = generator.get_random_transform(image.shape)
            image = generator.apply_transform(image, drawn)
            images[place] = generator.standardize(image)
        if self.save_to_dir:
            save_images(images, index_array, self)
        others = [array[index_array] for array in self.x_misc]
        batch = [[images, *others] if others else images]
        if self.y is not None:
            batch.append(self.y[index_array])
            if self.sample_weight is not None:
                batch.append(self.sample_weight[index_array])
        return batch[0] if self.y is None else tuple(batch)


def check_images(x, data_format):
    """Raises or warns if an array can't be a batch of images.

    Arguments:
        x: Array.
        data_format: `"channels_last"` or `"channels_first"`.
    """
    if x.ndim != 4:
        raise ValueError(
            "Images have the shape (count, height, width, channels), or "
            "(count, channels, height, width). Received: an array of shape "
            f"{x.shape}."
        )
    channels = x.shape[3 if data_format == "channels_last" else 1]
    if channels not in (1, 3, 4):
        warnings.warn(
            f"Images have 1, 3 or 4 channels. Received: x of shape {x.shape} "
            f"with data_format={data_format!r}, so {channels} channels.",
            stacklevel=4,
        )


def save_images(images, names, iterator):
    """Writes the images of a batch.

    Arguments:
        images: Array of rank 4.
        names: List of numbers, one for each image.
        iterator: The iterator, which says where and how.
    """
    os.makedirs(iterator.save_to_dir, exist_ok=True)
    for name, image in zip(names, images):
        mark = np.random.randint(10**7)
        file = f"{iterator.save_prefix}_{name}_{mark}.{iterator.save_format}"
        image_arrays.save_img(
            os.path.join(iterator.save_to_dir, file),
            image,
            data_format=iterator.data_format,
        )


def check_subset(subset, generator):
    """Raises unless there is such a part of the data.

    Arguments:
        subset: String.
        generator: `ImageDataGenerator`, which may have a `validation_split`.
    """
    if subset not in ("training", "validation"):
        raise ValueError(
            "`subset` must be 'training' or 'validation'. Received: "
            f"subset={subset!r}."
        )
    if not generator._validation_split:
        raise ValueError(
            "There is nothing to be split. Received: "
            f"subset={subset!r}, and a generator without `validation_split`. "
            "Pass `validation_split` to ImageDataGenerator."
        )


def _check_rows(arrays, others):
    counts = {
        name: len(array) for name, array in arrays.items() if array is not None
    }
    counts.update({f"x[1][{i}]": len(array) for i, array in enumerate(others)})
    if len(set(counts.values())) > 1:
        raise ValueError(
            f"All arrays must have as many rows. Received: {counts}."
        )


def _cut(arrays, generator):
    return int(len(arrays["x"]) * generator._validation_split)


def _part(arrays, subset, generator):
    """Returns the slice of the rows in a subset: validation comes first."""
    check_subset(subset, generator)
    cut = _cut(arrays, generator)
    return slice(cut) if subset == "validation" else slice(cut, None)


def _check_classes(arrays, generator):
    y, cut = arrays["y"], _cut(arrays, generator)
    if y is None:
        return
    classes = np.unique(y[:cut]), np.unique(y[cut:])
    if not np.array_equal(*classes):
        raise ValueError(
            "The two parts of the data have other classes: the first rows are "
            f"for validation. Received: {len(classes[0])} classes in the part "
            f"for validation, {len(classes[1])} in that for training. Shuffle "
            "the rows first, or pass `ignore_class_split=True`."
        )
