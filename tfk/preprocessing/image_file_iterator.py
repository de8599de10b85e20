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
"""Batches of image files that `ImageDataGenerator` changes."""

import os
import warnings

import numpy as np

from tfk import config
from tfk.data import labelled_files
from tfk.preprocessing import image_iterator
from tfk.utils import image_arrays
from tfk.utils import image_scaling

_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}
_LABELLED = ("binary", "categorical", "sparse")


class FileIterator(image_iterator.Iterator):
    """Gives batches of files.

    Children set `filenames`, `classes` and `class_mode`.
    """

    allowed_class_modes = {None, "input", "sparse", "categorical", "binary"}

    def set_processing_attrs(
        self,
        image_data_generator,
        target_size,
        color_mode,
        data_format,
        save_to_dir,
        save_prefix,
        save_format,
        subset,
        interpolation,
        keep_aspect_ratio,
    ):
        """Sets how files are read and changed.

        Arguments:
            image_data_generator: `ImageDataGenerator`.
            target_size: Pair `(height, width)`.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
            data_format: `"channels_last"` or `"channels_first"`.
            save_to_dir: Directory that changed images are written to, or None.
            save_prefix: String that names of these files begin with.
            save_format: `"png"`, `"jpeg"` or another format of `pillow`.
            subset: `"training"`, `"validation"` or None.
            interpolation: As for `load_img`.
            keep_aspect_ratio: As for `load_img`.

        Raises:
            ValueError: If an argument has no such value.
        """
        if color_mode not in _CHANNELS:
            raise ValueError(
                f"`color_mode` must be one of {tuple(_CHANNELS)}. Received: "
                f"color_mode={color_mode!r}."
            )
        self.image_data_generator = image_data_generator
        self.target_size = image_scaling.check_size(target_size, "target_size")
        self.color_mode = color_mode
        self.data_format = data_format or config.image_data_format()
        channels = _CHANNELS[color_mode]
        if self.data_format == "channels_last":
            self.image_shape = (*self.target_size, channels)
        else:
            self.image_shape = (channels, *self.target_size)
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        self.interpolation = interpolation
        self.keep_aspect_ratio = keep_aspect_ratio
        self.subset = subset
        self.split = None
        if subset is not None:
            image_iterator.check_subset(subset, image_data_generator)
            cut = image_data_generator._validation_split
            self.split = (0, cut) if subset == "validation" else (cut, 1)

    @property
    def filepaths(self):
        """The paths of the files."""
        return self._filepaths

    @property
    def labels(self):
        """The class, or the targets, of each file."""
        return self.classes

    @property
    def sample_weight(self):
        """The weight of each file, or None."""
        return None

    def _check_class_mode(self, class_mode):
        if class_mode not in self.allowed_class_modes:
            allowed = sorted(map(repr, self.allowed_class_modes))
            raise ValueError(
                f"`class_mode` must be one of {', '.join(allowed)}. Received: "
                f"class_mode={class_mode!r}."
            )
        self.class_mode = class_mode

    def _part(self, count):
        """Returns the slice of the files in the subset, of so many."""
        if self.split is None:
            return slice(None)
        return slice(*(int(share * count) for share in self.split))

    def _get_batches_of_transformed_samples(self, index_array):
        shape = (len(index_array), *self.image_shape)
        images = np.zeros(shape, self.dtype)
        for place, row in enumerate(index_array):
            images[place] = self._read(self.filepaths[row])
        if self.save_to_dir:
            image_iterator.save_images(images, index_array, self)
        targets = self._targets_of(images, index_array)
        if targets is None:
            return images
        if self.sample_weight is None:
            return images, targets
        return images, targets, self.sample_weight[index_array]

    def _read(self, path):
        try:
            image = image_arrays.load_img(
                path,
                color_mode=self.color_mode,
                target_size=self.target_size,
                interpolation=self.interpolation,
                keep_aspect_ratio=self.keep_aspect_ratio,
            )
        except Exception as error:
            error.add_note(f"The image file is {path!r}.")
            raise
        image = image_arrays.img_to_array(image, self.data_format)
        generator = self.image_data_generator
        if generator is None:
            return image
        drawn = generator.get_random_transform(image.shape)
        return generator.standardize(generator.apply_transform(image, drawn))

    def _targets_of(self, images, index_array):
        """Returns the targets of some files; None if there are none."""
        if self.class_mode is None:
            return None
        if self.class_mode == "input":
            return images.copy()
        if self.class_mode == "multi_output":
            return [targets[index_array] for targets in self.labels]
        if self.class_mode == "raw":
            return self.labels[index_array]
        labels = [self.labels[row] for row in index_array]
        if self.class_mode in ("binary", "sparse"):
            return np.array(labels, self.dtype)
        one_hot = np.zeros((len(labels), len(self.class_indices)), self.dtype)
        for row, label in zip(one_hot, labels):
            row[label] = 1
        return one_hot

    def _check_binary(self, count):
        if self.class_mode == "binary" and count > 2:
            raise ValueError(
                "`class_mode='binary'` is for two classes. Received: "
                f"{count} classes: {list(self.class_indices)}."
            )


class DirectoryIterator(FileIterator):
    """Gives batches of the images in a directory, changed by a generator.

    `ImageDataGenerator.flow_from_directory` makes it.

    Arguments:
        directory: String or path, with a directory for each class.
        image_data_generator: `ImageDataGenerator`.
        target_size: Pair `(height, width)` that images are resized to.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        classes: List of the classes, which are names of directories, in the
            order in which to number them. By default all, by their names.
        class_mode: `"categorical"`: one-hot vectors; `"binary"` or `"sparse"`:
            numbers; `"input"`: the images themselves; None: no targets.
        batch_size: Integer.
        shuffle: Boolean: whether files come in a new order in every epoch.
        seed: Integer or None.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        save_to_dir: Directory that changed images are written to, or None.
        save_prefix: String that names of these files begin with.
        save_format: `"png"`, `"jpeg"` or another format of `pillow`.
        follow_links: Boolean: whether links to directories are followed.
        subset: `"training"` or `"validation"`, if the generator has a
            `validation_split`: the first files of each class are for
            validation.
        interpolation: As for `load_img`.
        keep_aspect_ratio: Boolean: whether images are cropped to the
            proportions of `target_size`, instead of being distorted.
        dtype: The type of the batches. Defaults to `floatx`.

    Raises:
        ValueError: If there is no such directory, or for wrong arguments.
    """

    def __init__(
        self,
        directory,
        image_data_generator,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype=None,
    ):
        self.set_processing_attrs(
            image_data_generator,
            target_size,
            color_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        self.directory = os.fspath(directory)
        self.dtype = dtype or config.floatx()
        self._check_class_mode(class_mode)
        if not classes:
            classes = labelled_files.class_directories(self.directory)
        self.num_classes = len(classes)
        self.class_indices = {name: i for i, name in enumerate(classes)}
        self._check_binary(self.num_classes)
        self.filenames, labels = [], []
        for name, label in self.class_indices.items():
            found = self._files_of(name, follow_links)
            self.filenames += found
            labels += [label] * len(found)
        self.classes = np.array(labels, "int32")
        self.samples = len(self.filenames)
        self._filepaths = [
            os.path.join(self.directory, name) for name in self.filenames
        ]
        print(
            f"Found {self.samples} images belonging to {self.num_classes} "
            "classes."
        )
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _files_of(self, name, follow_links):
        """Returns the files of a class, relative to the directory."""
        paths = labelled_files.files_below(
            os.path.join(self.directory, name),
            tuple(f".{ending}" for ending in self.white_list_formats),
            follow_links,
        )
        paths = paths[self._part(len(paths))]
        return [os.path.relpath(path, self.directory) for path in paths]


class DataFrameIterator(FileIterator):
    """Gives batches of the images that a table lists, changed by a generator.

    `ImageDataGenerator.flow_from_dataframe` makes it.

    Arguments:
        dataframe: Pandas frame, or a dict of lists.
        directory: String or path that files' paths begin from, or None.
        image_data_generator: `ImageDataGenerator`, or None.
        x_col: String: the column of the paths.
        y_col: String, or list of strings: the columns of the targets.
        weight_col: String: the column of sample weights, or None.
        target_size: Pair `(height, width)` that images are resized to.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        classes: List of the classes in the order in which to number them; rows
            of others are left out. By default all, by their names.
        class_mode: `"categorical"`: vectors of zeros and ones, where a row may
            have a list of classes; `"binary"` or `"sparse"`: numbers;
            `"input"`: the images themselves; `"raw"`: what is in the columns;
            `"multi_output"`: a list of that, an array for each column; None:
            no targets.
        batch_size: Integer.
        shuffle: Boolean: whether files come in a new order in every epoch.
        seed: Integer or None.
        data_format: `"channels_last"` or `"channels_first"`.
        save_to_dir: Directory that changed images are written to, or None.
        save_prefix: String that names of these files begin with.
        save_format: `"png"`, `"jpeg"` or another format of `pillow`.
        subset: `"training"` or `"validation"`, if the generator has a
            `validation_split`: the first rows are for validation.
        interpolation: As for `load_img`.
        keep_aspect_ratio: Boolean: whether images are cropped to the
            proportions of `target_size`, instead of being distorted.
        dtype: The type of the batches.
        validate_filenames: Boolean: whether rows are left out whose file is
            not there.

    Raises:
        ValueError: If a column is missing, or for wrong arguments.
    """

    allowed_class_modes = {
        *FileIterator.allowed_class_modes,
        "multi_output",
        "raw",
    }

    def __init__(
        self,
        dataframe,
        directory=None,
        image_data_generator=None,
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
        data_format="channels_last",
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype="float32",
        validate_filenames=True,
    ):
        self.set_processing_attrs(
            image_data_generator,
            target_size,
            color_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        self.directory = "" if directory is None else os.fspath(directory)
        self.dtype = dtype
        self._check_class_mode(class_mode)
        names = _values(dataframe, x_col)
        kept = np.arange(len(names))
        if validate_filenames:
            kept = self._present(names, x_col)
        found = ""
        if class_mode in _LABELLED:
            kept, labels = self._numbered(dataframe, y_col, classes, kept)
            found = f" belonging to {len(self.class_indices)} classes"
        kept = kept[self._part(len(kept))]
        if class_mode in _LABELLED:
            self.classes = [labels[row] for row in kept]
        self.filenames = [names[row] for row in kept]
        self._filepaths = [
            os.path.join(self.directory, name) for name in self.filenames
        ]
        self._targets = _targets(dataframe, y_col, class_mode, kept)
        self._sample_weight = None
        if weight_col is not None:
            self._sample_weight = np.array(_values(dataframe, weight_col))[kept]
        self.samples = len(self.filenames)
        checked = "validated" if validate_filenames else "non-validated"
        print(f"Found {self.samples} {checked} image filenames{found}.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def labels(self):
        """The class, or the targets, of each file."""
        return self.classes if self._targets is None else self._targets

    @property
    def sample_weight(self):
        """The weight of each file, or None."""
        return self._sample_weight

    def _present(self, names, x_col):
        """Returns the rows whose file is there and may be an image."""
        if not all(isinstance(name, (str, os.PathLike)) for name in names):
            raise TypeError(
                f"All values in the column x_col={x_col!r} must be paths. "
                f"Received: {names[:3]}..."
            )
        endings = tuple(f".{ending}" for ending in self.white_list_formats)
        kept = [
            row
            for row, name in enumerate(names)
            if str(name).lower().endswith(endings)
            and os.path.isfile(os.path.join(self.directory, name))
        ]
        missing = sorted(set(range(len(names))) - set(kept))
        if missing:
            warnings.warn(
                f"{len(missing)} of {len(names)} files in the column "
                f"x_col={x_col!r} are left out: they are not there, or are no "
                f"images. The first one is {names[missing[0]]!r}, below the "
                f"directory {self.directory!r}.",
                stacklevel=4,
            )
        return np.array(kept, int)

    def _numbered(self, table, y_col, classes, kept):
        """Returns the rows whose class counts, and the classes as numbers.

        Arguments:
            table: The table.
            y_col: String: the column of the classes.
            classes: List of the classes, or None.
            kept: Integer array: the rows whose file is there.
        """
        column = _values(table, y_col)
        values = [_as_classes(value, y_col) for value in column]
        if classes is None:
            classes = sorted({name for row in kept for name in values[row]})
        self.class_indices = {
            name: i for i, name in enumerate(dict.fromkeys(classes))
        }
        self._check_binary(len(self.class_indices))
        numbers = [
            [self.class_indices[name] for name in row if name in classes]
            for row in values
        ]
        several = any(len(row) > 1 for row in values)
        if several and self.class_mode != "categorical":
            raise ValueError(
                "Rows of several classes need `class_mode='categorical'`. "
                f"Received: class_mode={self.class_mode!r}, and lists in the "
                f"column y_col={y_col!r}."
            )
        kept = np.array([row for row in kept if numbers[row]], int)
        if not any(isinstance(value, (list, tuple)) for value in column):
            numbers = [row[0] if row else None for row in numbers]
        return kept, numbers


def _values(table, name):
    """Returns a column of a table as a list."""
    if not isinstance(name, str) and np.ndim(name):
        raise TypeError(
            "Only `class_mode='raw'` and 'multi_output' take targets from "
            f"several columns. Received: y_col={name!r}."
        )
    if name not in table:
        raise ValueError(
            f"The table has no column {name!r}. Received: a table with the "
            f"columns {list(table)}."
        )
    return list(table[name])


def _as_classes(value, y_col):
    """Returns the classes of a row as a list."""
    values = value if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(name, str) for name in values):
        raise TypeError(
            f"Classes in the column y_col={y_col!r} must be strings. Received: "
            f"{value!r}. Use `astype(str)`, or `class_mode='raw'` for numbers."
        )
    return [str(name) for name in values]


def _targets(table, y_col, class_mode, kept):
    """Returns targets that are taken from columns as they are, or None."""
    if class_mode not in ("raw", "multi_output"):
        return None
    is_list = isinstance(y_col, (list, tuple))
    if class_mode == "multi_output" and not is_list:
        raise TypeError(
            "`class_mode='multi_output'` takes a list of columns. Received: "
            f"y_col={y_col!r}."
        )
    columns = [
        np.array(_values(table, name))[kept]
        for name in (y_col if is_list else [y_col])
    ]
    if class_mode == "multi_output":
        return columns
    return np.stack(columns, 1) if is_list else columns[0]
