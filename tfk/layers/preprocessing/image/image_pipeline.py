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
"""ImagePipeline: image layers in a row, and datasets of files through them."""

import os
import sys
import zlib

import numpy as np
import tensorflow as tf

from tfk.data import image_files
from tfk.data import labelled_files
from tfk.layers.preprocessing import one_hot
from tfk.layers.preprocessing import preprocessing_stage
from tfk.layers.preprocessing.image import image_layer
from tfk.layers.preprocessing.image import preview_sheet

_SEEDS = 2**31 - 1


class ImagePipeline(preprocessing_stage.PreprocessingStage):
    """Layers that load, augment and standardize images, one after the other.

    It is a `PreprocessingStage`: `adapt` it, call it, map it over a dataset,
    put it into a model. And it makes datasets of image files that went through
    it.

    For segmentation, images and their masks have to be moved alike. Put the
    layers that move pixels into a pipeline that both an input pipeline and a
    target pipeline begin with, and make both datasets with one `seed`. A
    pipeline with a `OneHot` layer is one for masks: values are classes, which
    are never mixed or made brighter.

    Arguments:
        layers: List of layers.
        name: String: the name of the pipeline.

    Call arguments:
        inputs: Batch of images, or what else the first layer takes.
        *others: More positional arguments are given back after the outputs.
        training: Boolean: whether to augment. Defaults to what a model around
            says, else to True.
        seed: Integer, or integer tensor of shape `()` or `(2,)`: all random
            changes follow from it, whatever the seeds of the layers are. Each
            layer draws other numbers: those of the first `RandomFlip`, of the
            second `RandomFlip` and so on, which are the same in each pipeline.

    Example:

    >>> augmenter = tfk.layers.ImagePipeline(
    ...     [tfk.layers.RandomFlip(), tfk.layers.RandomRotation(0.5)]
    ... )
    >>> for_images = tfk.layers.ImagePipeline(
    ...     [augmenter, tfk.layers.RandomBrightness(0.2)]
    ... )
    >>> for_masks = tfk.layers.ImagePipeline(
    ...     [augmenter, tfk.layers.OneHot(3)]
    ... )
    >>> for_images(np.zeros((2, 8, 8, 3)), seed=5).shape
    TensorShape([2, 8, 8, 3])
    >>> for_masks(np.zeros((2, 8, 8, 1), "uint8"), seed=5).shape
    TensorShape([2, 8, 8, 3])

    With files, `for_images.from_directory(images, targets=None, seed=123)` and
    `for_masks.from_directory(masks, targets=None, color_mode="grayscale",
    seed=123)` are zipped to the dataset to fit.
    """

    def __init__(self, layers, name=None):
        super().__init__(layers, name=name)

    def call(self, inputs, training=None, seed=None):
        """Runs the layers.

        Arguments:
            inputs: Batch of images.
            training: Boolean: whether to augment.
            seed: Integer or integer tensor, from which all changes follow.
        """
        self._freeze()
        return self._run(inputs, training, seed, self._is_for_masks)

    @property
    def _is_for_masks(self):
        return any(isinstance(x, one_hot.OneHot) for x in self._all_layers())

    def _all_layers(self):
        for layer in self.layers:
            if isinstance(layer, ImagePipeline):
                yield from layer._all_layers()
            else:
                yield layer

    def _run(self, inputs, training, seed, as_masks):
        if seed is not None:
            seed = _as_pair(seed)
        counts = {}
        for layer in self.layers:
            kind = type(layer).__name__
            counts[kind] = number = counts.get(kind, 0) + 1
            own = None
            if seed is not None:
                label = zlib.crc32(f"{kind}/{number}".encode()) % _SEEDS
                own = tf.random.experimental.stateless_fold_in(seed, label)
            if isinstance(layer, ImagePipeline):
                inputs = layer._run(inputs, training, own, as_masks)
            else:
                inputs = _run_layer(layer, inputs, training, own, as_masks)
        return inputs

    # Datasets of files

    def from_directory(
        self,
        directory,
        targets="inferred",
        target_mode="categorical",
        class_names="inferred",
        color_mode="rgb",
        batch_size=32,
        image_size=(255, 255),
        shuffle=True,
        seed=None,
        follow_links=False,
        validation_split=None,
        subset=None,
        *,
        interpolation=None,
        broken_files="error",
        verbose=True,
        **kwargs,
    ):
        """Makes a dataset of the images in a directory, preprocessed.

        Files are JPEG, PNG, BMP or GIF, of which the first image is taken.

        Arguments:
            directory: String or path. For inferred targets it holds a directory
                for each class, named as the class.
            targets: `"inferred"`, None for no targets, or a list of integers,
                one for each file, in the order of the files' paths.
            target_mode: `"categorical"`: one-hot vectors; `"binary"`: 0.0 or
                1.0, for two classes; or `"int"`.
            class_names: `"inferred"`, or the list of the directories' names in
                the order in which to number them.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`: the channels that
                all images are brought to.
            batch_size: Integer.
            image_size: Pair `(height, width)` that all images are brought to
                before the layers.
            shuffle: Boolean: whether files come in a new order in every epoch.
            seed: Integer, from which the order and all random changes follow,
                in place of the seeds of the layers. Datasets of one seed, with
                as many files, are shuffled alike, and the layers that
                pipelines share do the same to them, epoch by epoch.
            follow_links: Boolean: whether links to directories are followed.
            validation_split: Float between 0 and 1: the share of the files
                that is kept for validation.
            subset: `"training"`, `"validation"`, or `"both"` for a pair of
                datasets. Images for validation are not augmented.
            interpolation: String: how images are resized. Defaults to
                `"nearest"` for masks, which are pipelines with a `OneHot`
                layer, else to `"bilinear"`. With `"nearest"`, files are masks.
            broken_files: `"error"`: a file that can't be read ends the
                iteration with an error that names it; `"skip"`: it is left out.
            verbose: Boolean: whether to print how many files there are.
            **kwargs: `labels` and `label_mode`, other names of `targets` and
                `target_mode`.

        Returns:
            A `tf.data.Dataset` of images or of pairs of images and targets.
            Its attribute `class_names` lists the classes, `file_paths` the
            files, and `num_skipped`, a variable, counts the files left out.

        Raises:
            ValueError: If there is no such directory, no image in it, or if
                the arguments contradict one another.
        """
        targets = kwargs.pop("labels", targets)
        target_mode = kwargs.pop("label_mode", target_mode)
        if kwargs:
            raise TypeError(
                "`from_directory` has no such argument. Received: "
                f"{', '.join(kwargs)}."
            )
        is_inferred = isinstance(class_names, str) or class_names is None
        options = labelled_files.Options(
            targets,
            None if targets is None else target_mode,
            None if is_inferred else class_names,
            batch_size,
            shuffle,
            seed,
            validation_split,
            subset,
            follow_links,
            verbose,
            broken_files,
        )
        read, as_masks = self._reader(color_mode, image_size, interpolation)
        files = labelled_files.dataset(
            directory, image_files.EXTENSIONS, read, options
        )
        return self._mapped(files, options, as_masks)

    def from_dataframe(
        self,
        dataframe,
        directory=None,
        data_column="filename",
        target_column="class",
        target_mode="categorical",
        weight_column=None,
        color_mode="rgb",
        batch_size=32,
        image_size=(255, 255),
        shuffle=True,
        seed=None,
        validation_split=None,
        subset=None,
        *,
        interpolation=None,
        broken_files="error",
        verbose=True,
    ):
        """Makes a dataset of the images that a table lists, preprocessed.

        Arguments:
            dataframe: Pandas frame, or a dict of lists.
            directory: String or path that the files' paths begin from, or
                None.
            data_column: String: the column of the paths.
            target_column: String: the column of the classes, by name or
                number. None, if there are no targets.
            target_mode: `"categorical"`, `"binary"`, `"int"`, or None.
            weight_column: String: the column of sample weights, or None.
            color_mode: As for `from_directory`, like all that follow.
            batch_size: Integer.
            image_size: Pair `(height, width)`.
            shuffle: Boolean.
            seed: Integer.
            validation_split: Float between 0 and 1.
            subset: `"training"`, `"validation"` or `"both"`.
            interpolation: String.
            broken_files: `"error"` or `"skip"`.
            verbose: Boolean.

        Returns:
            A `tf.data.Dataset` of images, `(images, targets)` or `(images,
            targets, weights)`.

        Raises:
            ValueError: If a column is missing, or arguments contradict one
                another.
        """
        if target_column is None or target_mode is None:
            target_column = target_mode = None
        files = _files_of_table(
            dataframe, directory, data_column, target_column, weight_column
        )
        options = labelled_files.Options(
            files.labels,
            target_mode,
            None,
            batch_size,
            shuffle,
            seed,
            validation_split,
            subset,
            False,
            verbose,
            broken_files,
        )
        read, as_masks = self._reader(color_mode, image_size, interpolation)
        dataset = labelled_files.dataset_of_files(files, read, options)
        return self._mapped(dataset, options, as_masks)

    def _reader(self, color_mode, image_size, interpolation):
        """Returns the function that reads a file, and whether it is a mask."""
        if interpolation is None:
            interpolation = "nearest" if self._is_for_masks else "bilinear"
        read = image_files.image_reader(color_mode, image_size, interpolation)
        return read, self._is_for_masks or interpolation == "nearest"

    def _mapped(self, files, options, as_masks):
        """Runs the layers over one dataset, or over a pair of them."""
        if options.subset == "both":
            training, validation = files
            return (
                self._map(training, options.seed, True, as_masks),
                self._map(validation, options.seed, False, as_masks),
            )
        is_training = options.subset != "validation"
        return self._map(files, options.seed, is_training, as_masks)

    def _map(self, files, seed, training, as_masks):
        has_targets = isinstance(files.element_spec, tuple)
        parallel = {
            "num_parallel_calls": tf.data.AUTOTUNE,
            "deterministic": True,
        }
        if seed is None:
            seeds = [getattr(x, "seed", None) for x in self._all_layers()]
            if any(x is not None for x in seeds):
                parallel = {}  # Layers count what they draw for themselves.
            else:
                seed = np.random.randint(_SEEDS)
        seeds = tf.data.Dataset.random(
            0 if seed is None else seed, rerandomize_each_iteration=True
        )

        def preprocess(element, batch_seed):
            images, *others = element if has_targets else (element,)
            images = self._run(
                images,
                training,
                None if seed is None else batch_seed,
                as_masks,
            )
            return (images, *others) if has_targets else images

        dataset = tf.data.Dataset.zip((files, seeds))
        dataset = dataset.map(preprocess, **parallel)
        dataset = dataset.prefetch(tf.data.AUTOTUNE)
        for name in ("class_names", "file_paths", "num_skipped"):
            setattr(dataset, name, getattr(files, name))
        return dataset

    # Looking at it

    def preview(
        self,
        data,
        save_to_directory=None,
        save_prefix=None,
        save_format="png",
    ):
        """Shows what the pipeline makes of some images.

        There is a sheet for each image: the image as it is, at the top left,
        and what eight runs of the pipeline make of it in training.

        Arguments:
            data: List of paths, of PIL images, of arrays or of tensors.
            save_to_directory: String or path: the sheets are written there.
                Notebooks show them if it is None.
            save_prefix: String that the files' names begin with. Defaults to
                `"preview"`.
            save_format: `"png"` or `"jpeg"`.

        Returns:
            The list of the files' paths; None if a notebook shows the sheets.

        Raises:
            ValueError: If there is neither a directory nor a notebook.
        """
        display = _notebook_display()
        if save_to_directory is None and display is None:
            raise ValueError(
                "`preview` can show images in notebooks only. Received: "
                "save_to_directory=None. Pass a directory to write them to."
            )
        encode = preview_sheet.encoder(save_format)
        images = [preview_sheet.to_image(x) for x in data]
        sheets = [
            encode(preview_sheet.sheet(image, self._variants(image)))
            for image in images
        ]
        if save_to_directory is None:
            for contents in sheets:
                display.display(display.Image(data=contents.numpy()))
            return None
        os.makedirs(save_to_directory, exist_ok=True)
        paths = []
        for index, contents in enumerate(sheets):
            name = f"{save_prefix or 'preview'}_{index}.{save_format}"
            paths.append(os.path.join(save_to_directory, name))
            tf.io.write_file(paths[-1], contents)
        return paths

    def _variants(self, image):
        batch = np.repeat(image[np.newaxis], preview_sheet.NUM_VARIANTS, 0)
        return self(batch, training=True)


def _run_layer(layer, inputs, training, seed, as_masks):
    """Runs one layer, on masks so that their values are only moved."""
    arguments = layer._call_arguments
    kwargs = {}
    if training is not None and arguments.takes_training:
        kwargs["training"] = training
    if seed is not None and "seed" in arguments.names:
        kwargs["seed"] = seed
    if as_masks and isinstance(layer, image_layer.ImageLayer):
        entries = {"images": inputs, "segmentation_masks": inputs}
        return layer(entries, **kwargs)["segmentation_masks"]
    return layer(inputs, **kwargs)


def _as_pair(seed):
    seed = tf.cast(tf.convert_to_tensor(seed), tf.int64)
    return tf.stack([seed, 0]) if seed.shape.rank == 0 else seed


def _files_of_table(table, directory, data_column, target_column, weights):
    for column in (data_column, target_column, weights):
        if column is not None and column not in table:
            raise ValueError(
                f"The table has no column {column!r}. Received: a table with "
                f"the columns {list(table)}."
            )
    if weights is not None and target_column is None:
        raise ValueError(
            "Sample weights need targets. Received: "
            f"weight_column={weights!r} and no targets."
        )
    for column in filter(None, (data_column, target_column, weights)):
        _check_has_no_gaps(table[column], column)
    paths = [os.fspath(path) for path in table[data_column]]
    if not paths:
        raise ValueError("The table lists no files. Received: no rows.")
    if directory is not None:
        paths = [os.path.join(os.fspath(directory), path) for path in paths]
    labels = names = None
    if target_column is not None:
        names, labels = np.unique(
            list(table[target_column]), return_inverse=True
        )
        labels, names = labels.astype("int32"), names.tolist()
    if weights is not None:
        weights = np.asarray(list(table[weights]), "float32")
    return labelled_files.LabelledFiles(paths, labels, names, weights)


def _check_has_no_gaps(values, column):
    for row, value in enumerate(values):
        # NaN differs from itself, and nobody knows if pandas' NA does.
        is_itself = value == value
        is_known = isinstance(is_itself, (bool, np.bool_)) and is_itself
        if value is None or not is_known:
            raise ValueError(
                f"The column {column!r} of the table has no value in row {row}."
                f" Received: {value!r}. Leave out rows that are not complete, "
                "as by `frame.dropna()`."
            )


def _notebook_display():
    """Returns IPython's module for showing things, in notebooks only."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return ipython.display if hasattr(shell, "kernel") else None
