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
"""Datasets of the texts in a directory."""

import tensorflow as tf

from tfk.data import labelled_files

_EXTENSIONS = (".txt",)


def text_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    max_length=None,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    verbose=True,
    broken_files="error",
):
    """Makes a dataset of the text files in a directory, with a label for each.

    Arguments:
        directory: String or path. For inferred labels it holds a directory for
            each class, named as the class. Files end with `.txt`.
        max_length: Integer: longer texts are cut off after that many bytes.
        labels, label_mode, class_names, batch_size, shuffle, seed,
            validation_split, subset, follow_links, verbose, broken_files: see
            `tfk.utils.image_dataset_from_directory`.

    Returns:
        A `tf.data.Dataset` of strings and labels, with the attributes
        `class_names`, `file_paths` and `num_skipped`.

    Raises:
        ValueError: If there is no such directory, no text in it, or if the
            arguments contradict one another.

    Example:

    >>> import os, tempfile
    >>> directory = tempfile.mkdtemp()
    >>> for name in ("bad", "good"):
    ...     os.mkdir(os.path.join(directory, name))
    ...     path = os.path.join(directory, name, "1.txt")
    ...     tf.io.write_file(path, f"So {name}!")
    >>> dataset = tfk.utils.text_dataset_from_directory(
    ...     directory, shuffle=False
    ... )
    Found 2 files belonging to 2 classes.
    >>> for texts, labels in dataset:
    ...     print(texts.numpy(), labels.numpy())
    [b'So bad!' b'So good!'] [0 1]
    """
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

    def read(path):
        text = tf.io.read_file(path)
        return (
            text
            if max_length is None
            else tf.strings.substr(text, 0, max_length)
        )

    return labelled_files.dataset(directory, _EXTENSIONS, read, options)
