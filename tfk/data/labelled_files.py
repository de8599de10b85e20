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
"""Labelled files in a directory, as a dataset.

What is read of a file is up to the caller: images, texts and sounds have a
module each. Here files are found, shuffled, cut in two parts and read; a file
that can't be read is named, or left out.
"""

import dataclasses
import os

import numpy as np
import tensorflow as tf

_LABEL_MODES = ("int", "binary", "categorical", None)
_SUBSETS = ("training", "validation", "both", None)
_BROKEN = ("error", "skip")
# Files are few bytes to shuffle, what they hold is not: files are shuffled.
_SHUFFLE_BUFFER = 100_000


@dataclasses.dataclass(frozen=True)
class LabelledFiles:
    """Paths, and the labels that belong to them.

    Arguments:
        paths: List of strings.
        labels: Integer array, or None.
        class_names: List of strings: what the labels stand for, or None.
        weights: Float array: sample weights, for files with labels, or None.
    """

    paths: list
    labels: np.ndarray | None
    class_names: list | None
    weights: np.ndarray | None = None

    def take(self, order):
        """Returns the files of some positions."""
        return dataclasses.replace(
            self,
            paths=[self.paths[i] for i in order],
            labels=None if self.labels is None else self.labels[order],
            weights=None if self.weights is None else self.weights[order],
        )


@dataclasses.dataclass(frozen=True)
class Options:
    """What the functions `..._dataset_from_directory` have in common.

    Arguments:
        labels: `"inferred"`, None, or a list of integers, one for each file.
        label_mode: `"int"`, `"binary"`, `"categorical"` or None.
        class_names: List of the directories' names, or None.
        batch_size: Integer, or None for a dataset of single files.
        shuffle: Boolean.
        seed: Integer or None.
        validation_split: Float between 0 and 1, or None.
        subset: `"training"`, `"validation"`, `"both"` or None.
        follow_links: Boolean: whether links to directories are followed.
        verbose: Boolean: whether to print how many files there are.
        broken_files: `"error"` or `"skip"`.
    """

    labels: object
    label_mode: str | None
    class_names: list | None
    batch_size: int | None
    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: str | None
    follow_links: bool
    verbose: bool = True
    broken_files: str = "error"

    def __post_init__(self):
        self._check_labels()
        self._check_split()
        if self.broken_files not in _BROKEN:
            raise ValueError(
                f"`broken_files` must be one of {_BROKEN}. Received: "
                f"broken_files={self.broken_files!r}."
            )

    @property
    def is_inferred(self):
        return isinstance(self.labels, str)

    def _check_labels(self):
        labels = self.labels
        if self.label_mode not in _LABEL_MODES:
            raise ValueError(
                f"`label_mode` must be one of {_LABEL_MODES}. Received: "
                f"label_mode={self.label_mode!r}."
            )
        if isinstance(labels, str) and labels != "inferred":
            raise ValueError(
                "`labels` must be 'inferred', None, or a list of integers, one "
                f"for each file. Received: labels={labels!r}."
            )
        if labels is None and self.label_mode is not None:
            raise ValueError(
                "Without labels there is no way to encode them. Received: "
                f"labels=None, label_mode={self.label_mode!r}. Pass "
                "`label_mode=None`, too."
            )
        if self.class_names and not self.is_inferred:
            raise ValueError(
                "`class_names` are for labels that are inferred from the names "
                f"of directories. Received: class_names={self.class_names}, "
                f"labels={labels!r}."
            )

    def _check_split(self):
        split, subset = self.validation_split, self.subset
        if subset not in _SUBSETS:
            raise ValueError(
                f"`subset` must be one of {_SUBSETS}. Received: "
                f"subset={subset!r}."
            )
        if (split is None) != (subset is None):
            raise ValueError(
                "`validation_split` and `subset` must be given together. "
                f"Received: validation_split={split}, subset={subset!r}."
            )
        if split is not None and not 0 < split < 1:
            raise ValueError(
                "`validation_split` must be a number between 0 and 1. "
                f"Received: validation_split={split}."
            )
        if split is not None and self.shuffle and self.seed is None:
            raise ValueError(
                "A split of shuffled files needs a `seed`, or the two parts "
                "would overlap. Received: shuffle=True, seed=None, "
                f"validation_split={split}."
            )


def dataset(directory, extensions, read, options, batch=None):
    """Returns the dataset of a directory, or a pair of them.

    Arguments:
        directory: String or path.
        extensions: Tuple of strings, in lower case: the files to take.
        read: Function from a path, a string tensor, to a tensor.
        options: `Options`.
        batch: Function of a dataset and a batch size that makes batches.

    Returns:
        A `tf.data.Dataset` with the attributes `file_paths`, `class_names` and
        `num_skipped`, or for `subset="both"` the pair of the datasets for
        training and validation.
    """
    files = _find(os.fspath(directory), extensions, options)
    return dataset_of_files(files, read, options, batch)


def dataset_of_files(files, read, options, batch=None):
    """Returns the dataset of some files, or a pair of them.

    Arguments:
        files: `LabelledFiles`.
        read: As for `dataset`.
        options: `Options`, of which those for finding files are not used.
        batch: As for `dataset`.

    Returns:
        The same as `dataset`.
    """
    _check_label_mode(files, options.label_mode)
    seed = options.seed
    if options.shuffle:
        seed = np.random.randint(1_000_000) if seed is None else seed
        # The order that tf.keras has for this seed.
        order = np.arange(len(files.paths))
        np.random.RandomState(seed).shuffle(order)
        files = files.take(order)
    parts = _split(files, options)
    if options.verbose:
        _tell(files, parts, options)
    datasets = [
        _dataset(part, read, options, seed, batch) for part in parts.values()
    ]
    return tuple(datasets) if options.subset == "both" else datasets[0]


def _find(directory, extensions, options):
    """Returns the files of a directory in the order of their paths."""
    if not os.path.isdir(directory):
        raise ValueError(
            f"There is no such directory. Received: directory={directory!r}."
            " Check the path."
        )
    names = None
    if options.is_inferred:
        names = _class_names(directory, options.class_names)
        paths, labels = [], []
        for name in sorted(names):
            found = files_below(
                os.path.join(directory, name), extensions, options.follow_links
            )
            paths += found
            labels += [names.index(name)] * len(found)
    else:
        paths = files_below(directory, extensions, options.follow_links)
        labels = options.labels
    if not paths:
        hint = " in the directories of the classes" if names else ""
        raise ValueError(
            f"There are no files to read{hint}: none ends with "
            f"{', '.join(extensions)}. Received: directory={directory!r}."
            " It should have one directory for each class, with its files."
        )
    if labels is not None:
        labels = _checked_labels(labels, paths, directory)
        if names is None:
            names = sorted(set(labels.tolist()))
    return LabelledFiles(paths, labels, names)


def _check_label_mode(files, label_mode):
    """Raises if labels can't be encoded so."""
    names = files.class_names
    is_encoded = label_mode in ("binary", "categorical")
    if is_encoded and files.labels.max() >= len(names):
        raise ValueError(
            f"`label_mode={label_mode!r}` needs labels from 0 to the number of "
            "classes less 1. Received: labels of "
            f"{len(names)} classes: {names}. Number them anew, as by "
            "`np.unique(labels, return_inverse=True)[1]`."
        )
    if label_mode == "binary" and len(names) != 2:
        raise ValueError(
            "`label_mode='binary'` is for two classes. Received: "
            f"{len(names)} classes: {names}."
        )


def _checked_labels(labels, paths, directory):
    if len(labels) != len(paths):
        raise ValueError(
            "`labels` must have one entry for each file. Received: "
            f"{len(labels)} labels, and {len(paths)} files in {directory!r}."
        )
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise ValueError(
            "`labels` must be integers from 0 on. Received: "
            f"labels={labels[:5].tolist()}..."
        )
    return labels.astype("int32")


def class_directories(directory):
    """Returns the names of the directories in another one, sorted.

    Arguments:
        directory: String.

    Raises:
        ValueError: If it is no directory.
    """
    if not os.path.isdir(directory):
        raise ValueError(
            f"There is no such directory. Received: directory={directory!r}."
            " Check the path."
        )
    return sorted(
        entry.name
        for entry in os.scandir(directory)
        # Such as .ipynb_checkpoints, which is no class.
        if entry.is_dir() and not entry.name.startswith(".")
    )


def _class_names(directory, expected):
    found = class_directories(directory)
    if expected is None:
        return found
    if sorted(expected) != found:
        raise ValueError(
            "`class_names` must be the names of the directories in "
            f"{directory!r}, each of them once. Received: "
            f"class_names={list(expected)}; the directories are {found}."
        )
    return list(expected)


def files_below(directory, extensions, follow_links):
    """Returns the paths of the files below a directory, sorted.

    Arguments:
        directory: String.
        extensions: Tuple of strings, in lower case: the files to take.
        follow_links: Boolean: whether links to directories are followed, but
            not one that leads back to a directory that it is in.
    """
    walk = sorted(_walk(directory, follow_links))
    return [
        os.path.join(root, name)
        for root, _, names in walk
        for name in sorted(names)
        if name.lower().endswith(extensions)
    ]


def _walk(directory, follow_links):
    """Yields what `os.walk` does, and goes into no directory that it is in."""
    above = {directory: [os.path.realpath(directory)]}
    for root, names, files in os.walk(directory, followlinks=follow_links):
        if follow_links:
            for name in tuple(names):
                path = os.path.join(root, name)
                real = os.path.realpath(path)
                above[path] = [*above[root], real]
                if real in above[root]:
                    names.remove(name)
        yield root, names, files


def _split(files, options):
    """Returns a dict with the files of each part that is wanted."""
    if options.validation_split is None:
        return {"training": files}
    count = len(files.paths)
    held_out = int(options.validation_split * count)
    cut = count - held_out
    parts = {
        "training": files.take(range(cut)),
        "validation": files.take(range(cut, count)),
    }
    if options.subset != "both":
        parts = {options.subset: parts[options.subset]}
    for name, part in parts.items():
        if not part.paths:
            raise ValueError(
                f"The {name} part would be empty. Received: "
                f"validation_split={options.validation_split} of {count} "
                "files."
            )
    return parts


def _tell(files, parts, options):
    classes = ""
    if files.labels is not None:
        classes = f" belonging to {len(files.class_names)} classes"
    print(f"Found {len(files.paths)} files{classes}.")
    if options.validation_split is not None:
        for name, part in parts.items():
            print(f"Using {len(part.paths)} files for {name}.")


def _dataset(files, read, options, seed, batch):
    elements = tf.data.Dataset.from_tensor_slices(files.paths)
    with_labels = options.label_mode is not None
    if with_labels:
        columns = (files.paths, files.labels)
        if files.weights is not None:
            columns += (files.weights,)
        elements = tf.data.Dataset.from_tensor_slices(columns)
    if options.shuffle:
        size = min(len(files.paths), _SHUFFLE_BUFFER)
        elements = elements.shuffle(size, seed=seed)
    skipped = tf.Variable(0, trainable=False, dtype=tf.int64)
    encode = _label_encoder(options.label_mode, files.class_names)

    def load(path, *label_and_weight):
        is_good, value = read_or_default(read, path)
        if options.broken_files == "error":
            _check(is_good, path)
        if with_labels:
            label, *weight = label_and_weight
            return is_good, value, encode(label), *weight
        return is_good, value

    def count(is_good, *_):
        skipped.assign_add(tf.cast(tf.logical_not(is_good), tf.int64))
        return is_good

    elements = elements.map(load, tf.data.AUTOTUNE)
    if options.broken_files == "skip":
        elements = elements.filter(count)
    elements = elements.map(
        lambda _, *values: values if with_labels else values[0]
    )
    if options.batch_size is not None:
        batch = batch or tf.data.Dataset.batch
        elements = batch(elements, options.batch_size)
    elements = elements.prefetch(tf.data.AUTOTUNE)
    elements.class_names = files.class_names
    elements.file_paths = files.paths
    elements.num_skipped = skipped
    return elements


def read_or_default(read, path):
    """Reads a file, if that is possible.

    TensorFlow's functions raise if a file is broken, without its name, and in
    a pipeline nothing can catch that but a dataset.

    Arguments:
        read: Function from a string tensor to a tensor.
        path: String tensor.

    Returns:
        `(is_good, value)`: a boolean tensor, and what `read` returned, or zeros
        of the same shape.
    """
    good = tf.data.Dataset.from_tensors(path).map(read)
    spec = good.element_spec
    shape = [size or 0 for size in spec.shape]
    empty = tf.fill(shape, "") if spec.dtype == tf.string else None
    if empty is None:
        empty = tf.zeros(shape, spec.dtype)
    bad = tf.data.Dataset.from_tensors((False, empty))
    good = good.map(lambda value: (True, value)).ignore_errors()
    is_good, value = good.concatenate(bad).take(1).get_single_element()
    return is_good, tf.ensure_shape(value, spec.shape)


def _check(is_good, path):
    tf.debugging.Assert(
        is_good,
        [
            "A file can't be read. It is missing, empty, cut off, or not of "
            "the format that its name says. Mend or remove it, or pass "
            "`broken_files='skip'`. The file:",
            path,
        ],
    )


def _label_encoder(mode, class_names):
    if mode == "categorical":
        return lambda label: tf.one_hot(label, len(class_names))
    if mode == "binary":
        return lambda label: tf.cast(label, tf.float32)[tf.newaxis]
    return lambda label: label
