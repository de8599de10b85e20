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
"""Saving and loading of whole models and of their weights."""

import os

import h5py
import tensorflow as tf

from tfk.saving import errors
from tfk.saving import files
from tfk.saving import hdf5_weights
from tfk.saving import keras_archive
from tfk.saving import plain_json
from tfk.saving import saved_model
from tfk.saving import serialization

_ZIP_START = b"PK\x03\x04"


def save_model(model, filepath, overwrite=True, save_format=None, **kwargs):
    """Saves a model: its architecture, its weights and its compile state.

    The file holds the vocabularies and other state of preprocessing layers
    too. An interrupted save leaves an earlier file as it was.

    Arguments:
        model: A model.
        filepath: Path that ends in `.keras`.
        overwrite: Boolean: whether to replace an existing file.
        save_format: `"keras"`, or None to go by the path.
        **kwargs: None are known at present.

    Raises:
        ValueError: If the format is not known, or the file is there already
            and `overwrite` is False.

    Example:

    >>> model = tfk.Sequential([tfk.Input(shape=(2,)), tfk.layers.Dense(1)])
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> tfk.models.save_model(model, path)
    >>> tfk.models.load_model(path).count_params()
    3
    """
    path = _as_path(filepath)
    if kwargs:
        raise ValueError(
            "`save` does not know these arguments for the `.keras` format. "
            f"Received: {sorted(kwargs)}."
        )
    if save_format not in (None, "keras"):
        raise ValueError(
            "Models are saved in the `.keras` format. Received: "
            f"save_format={save_format!r}. For serving use "
            "`model.export(folder)`, for weights alone "
            "`model.save_weights('name.weights.h5')`."
        )
    if save_format is None and not path.endswith(".keras"):
        raise ValueError(
            "The path of a saved model ends in `.keras`. Received: "
            f"filepath={path!r}. For serving use `model.export(folder)`, for "
            "weights alone `model.save_weights('name.weights.h5')`."
        )
    files.check_may_write(path, overwrite)
    keras_archive.save(model, path)


def load_model(
    filepath, custom_objects=None, compile=True, safe_mode=True, **kwargs
):
    """Loads a model that was saved in a `.keras` file.

    Loading is reading: nothing that the file names is imported or run, unless
    it is a built-in or registered class, or one of `custom_objects`.

    Arguments:
        filepath: Path of a `.keras` file of tfk or tf.keras.
        custom_objects: Dict of names to classes and functions that the model
            is made of.
        compile: Boolean: whether to compile the model as it was, with the
            state of its optimizer.
        safe_mode: Boolean: whether to refuse Python code in the file. Set it
            to False only for files that you would run as a program.
        **kwargs: None are known at present.

    Returns:
        A model.

    Raises:
        UnsafeFileError: If the file holds what may do harm.
        CorruptFileError: If the file is broken or of another kind.
        ValueError: If the file names a class that is not known.

    Example:

    >>> model = tfk.Sequential([tfk.Input(shape=(2,)), tfk.layers.Dense(1)])
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> model.save(path)
    >>> copy = tfk.models.load_model(path)
    >>> bool(np.all(copy.get_weights()[0] == model.get_weights()[0]))
    True
    """
    path = _as_path(filepath)
    if kwargs:
        raise ValueError(
            f"`load_model` does not know the arguments {sorted(kwargs)}."
        )
    _check_exists(path)
    if tf.io.gfile.isdir(path):
        raise ValueError(
            f"{path}: this is a folder. Models are loaded from `.keras` "
            "files; a SavedModel, as `model.export` writes it, is a program "
            "to run with `tf.saved_model.load`."
        )
    with files.local_copy(path) as local:
        # HDF5 may start after any power of 2 of bytes, inside of an archive.
        if not _starts_with(local, _ZIP_START) and h5py.is_hdf5(local):
            raise ValueError(
                f"{path}: this is an HDF5 file. Whole models are loaded from "
                "`.keras` files; for the weights of a `.weights.h5` file, "
                "build the model and call `model.load_weights(path)`."
            )
        return keras_archive.load(local, custom_objects, compile, safe_mode)


def save_weights(model, filepath, overwrite=True, save_format=None):
    """Saves the weights of a model, and the state of its optimizer.

    Arguments:
        model: A model.
        filepath: Path that ends in `.weights.h5`.
        overwrite: Boolean: whether to replace an existing file.
        save_format: `"h5"`, or None to go by the path.

    Raises:
        ValueError: If the path ends otherwise, the model has no weights yet,
            or the file is there already and `overwrite` is False.
    """
    path = _as_path(filepath)
    if not path.endswith(".weights.h5") or save_format not in (None, "h5"):
        raise ValueError(
            "Weights are saved under a path that ends in `.weights.h5`. "
            f"Received: filepath={path!r}, save_format={save_format!r}. For "
            "TensorFlow's format use `tf.train.Checkpoint(model=model)`."
        )
    if not model.built:
        raise ValueError(
            f"Model '{model.name}' has no weights yet. Call it on data, or "
            "`build` it, before saving them."
        )
    files.check_may_write(path, overwrite)
    with files.replacing(path) as temporary:
        hdf5_weights.write(model, temporary)


def load_weights(model, filepath, skip_mismatch=False, by_name=False):
    """Loads the weights of a model, all or none.

    Weights are found by their place in the model, not by the names of layers.
    The state of the optimizer is loaded too where it fits.

    Arguments:
        model: A model that is built.
        filepath: Path of a `.weights.h5` or `.keras` file.
        skip_mismatch: Boolean: whether to leave alone what does not fit, with
            a warning.
        by_name: Boolean: whether to go by the names of layers; for files that
            were written by tfk.

    Raises:
        ValueError: If file and model do not fit; both sides are listed, and
            no weight was changed.
        CorruptFileError: If the file is broken or of another kind.
        UnsafeFileError: If the file holds what may do harm.
    """
    path = _as_path(filepath)
    if tf.io.gfile.exists(f"{path}.index"):
        raise ValueError(
            f"{path}: this is a checkpoint of TensorFlow. Read it with "
            "`tf.train.Checkpoint(model=model).read(path)`."
        )
    _check_exists(path)
    with files.local_copy(path) as local:
        if _starts_with(local, _ZIP_START):
            keras_archive.load_weights(model, local, skip_mismatch, by_name)
            return
        with hdf5_weights.WeightFile(local, path) as file:
            if file.is_legacy():
                raise ValueError(
                    f"{path}: this HDF5 file has the layout of Keras before "
                    "`.weights.h5`, which can't be read. Save the weights as "
                    "`name.weights.h5` with the program that made them."
                )
            hdf5_weights.load(model, file, skip_mismatch, by_name)


def export_model(model, filepath):
    """Writes a model as a SavedModel for TF Serving and other runtimes.

    Arguments:
        model: A model that is built.
        filepath: Path of a folder, which is made or replaced.

    Raises:
        ValueError: If it is not known what inputs the model takes.
    """
    saved_model.export(model, _as_path(filepath))


def model_config(model):
    """Returns the architecture of a model as a dict that JSON can hold.

    Arguments:
        model: A model.
    """
    serialized = serialization.serialize_keras_object(model)
    serialized.pop("compile_config", None)
    return {
        **serialized,
        "keras_version": keras_archive.FORMAT_VERSION,
        "backend": "tensorflow",
    }


def model_from_json(json_string, custom_objects=None):
    """Builds a model, with fresh weights, from what `model.to_json` returned.

    Arguments:
        json_string: String.
        custom_objects: Dict of names to classes and functions.

    Returns:
        A model.

    Example:

    >>> model = tfk.Sequential([tfk.Input(shape=(2,)), tfk.layers.Dense(1)])
    >>> tfk.models.model_from_json(model.to_json()).output_shape
    (None, 1)
    """
    return model_from_config(
        plain_json.loads(json_string), custom_objects=custom_objects
    )


def model_from_config(config, custom_objects=None):
    """Builds a model from a dict with `class_name` and `config`.

    Arguments:
        config: Dict.
        custom_objects: Dict of names to classes and functions.

    Returns:
        A model.
    """
    if not serialization.is_serialized_object(config):
        raise ValueError(
            "The config of a model is a dict with `class_name` and `config`. "
            f"Received: config={type(config).__name__}. For the config of a "
            "`Sequential` model alone use `Sequential.from_config`."
        )
    return serialization.deserialize_keras_object(
        config, custom_objects, safe_mode=True
    )


def _as_path(filepath):
    try:
        return os.fspath(filepath)
    except TypeError:
        raise TypeError(
            f"`filepath` must be a path. Received: filepath={filepath!r}."
        ) from None


def _check_exists(path):
    if not tf.io.gfile.exists(path):
        raise errors.CorruptFileError(
            "there is no such file. Check the path.", path
        )


def _starts_with(path, start):
    with open(path, "rb") as file:
        return file.read(len(start)) == start
