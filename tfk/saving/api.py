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
import warnings

import h5py
import tensorflow as tf

from tfk.saving import checkpoints
from tfk.saving import errors
from tfk.saving import file_endings
from tfk.saving import files
from tfk.saving import hdf5_layers
from tfk.saving import hdf5_model
from tfk.saving import hdf5_weights
from tfk.saving import keras_archive
from tfk.saving import model_builder
from tfk.saving import old_configs
from tfk.saving import onnx_export
from tfk.saving import plain_json
from tfk.saving import registry
from tfk.saving import saved_model
from tfk.saving import serialization
from tfk.saving import sharded_weights
from tfk.saving import tflite_export
from tfk.utils import caller
from tfk.utils import checks

_ZIP_START = b"PK\x03\x04"
_HDF5_ENDINGS = (".h5", ".hdf5")
_WEIGHTS_ENDING = ".weights.h5"
_FORMATS = {
    "keras": "keras",
    "h5": "h5",
    "hdf5": "h5",
    "tf": "tf",
    "tensorflow": "tf",
}
_NO_SHARDS = (
    " A model is one file, in which Keras reads one member with weights. Where "
    "files must not be large, save `model.to_json()` and "
    "`model.save_weights('name.weights.json', max_shard_size=...)`."
)
_OPTIONS = {
    "keras": frozenset(),
    "h5": frozenset({"include_optimizer"}),
    "tf": frozenset(
        {"include_optimizer", "options", "save_traces", "signatures"}
    ),
}


def save_model(model, filepath, overwrite=True, save_format=None, **kwargs):
    """Saves a model: its architecture, its weights and its compile state.

    The file holds the vocabularies and other state of preprocessing layers
    too. An interrupted save leaves an earlier file as it was.

    Arguments:
        model: A model.
        filepath: Path. One that ends in `.keras` is an archive, one in `.h5`
            the older format of tf.keras, and any other the folder of a
            SavedModel, which holds the functions for TensorFlow Serving too.
            Endings of other formats, and misspelt ones, are refused.
        overwrite: Boolean: whether to replace an existing file.
        save_format: `"keras"`, `"h5"` or `"tf"`, or None to go by the path.
        **kwargs: `include_optimizer`: boolean: whether a `.h5` file or a
            SavedModel holds how the model was compiled, and the state of its
            optimizer. For a SavedModel, also `signatures` and `options`, as
            `tf.saved_model.save` takes them; `save_traces` is accepted for
            compatibility.

    Raises:
        ValueError: If the format is not known, the file is there already and
            `overwrite` is False, or for a SavedModel, it is not known what
            inputs the model takes.

    Example:

    >>> model = tfk.Sequential([tfk.Input(shape=(2,)), tfk.layers.Dense(1)])
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> tfk.models.save_model(model, path)
    >>> tfk.models.load_model(path).count_params()
    3
    """
    path = _as_path(filepath)
    found = _format_of_model(path, save_format)
    _check_known(kwargs, found)
    files.check_may_write(path, overwrite)
    if found == "h5":
        _check_is_built(model)
        hdf5_model.save(model, path, **kwargs)
    elif found == "tf":
        kwargs.pop("save_traces", None)
        saved_model.save(model, path, **kwargs)
    else:
        keras_archive.save(model, path)


def _format_of_model(path, save_format):
    if path.endswith(".keras"):
        by_path = "keras"
    elif path.endswith(_HDF5_ENDINGS) and not path.endswith(_WEIGHTS_ENDING):
        by_path = "h5"
    else:
        by_path = "tf"
    found = by_path
    if save_format is not None:
        found = _FORMATS.get(save_format)
    # Any path will do if one says what it should be.
    if (
        found is None
        or path.endswith(_WEIGHTS_ENDING)
        or (found == "tf" and by_path != "tf")
        or (save_format is None and _is_mistaken(path, found))
    ):
        raise ValueError(
            "Models are saved as `.keras` archives, as `.h5` files, or as "
            "SavedModels, in folders of other names. Received: "
            f"filepath={path!r}, save_format={save_format!r}. Pass a path that "
            "ends in `.keras`, or for a folder of this name "
            "`save_format='tf'`. For weights alone there is "
            "`model.save_weights('name.weights.h5')`, for other formats "
            "`model.export`."
        )
    return found


def _is_mistaken(path, found):
    return found == "tf" and file_endings.is_mistaken(path)


def _check_known(kwargs, save_format):
    unknown = set(kwargs) - _OPTIONS[save_format]
    if unknown:
        raise ValueError(
            "`save` does not know these arguments for the format "
            f"{save_format!r}. Received: {sorted(unknown)}."
            + (_NO_SHARDS if "max_shard_size" in unknown else "")
        )


def _check_is_built(model):
    if not model.built:
        raise ValueError(
            f"Model '{model.name}' has no weights yet. Call it on data, or "
            "`build` it, before saving them."
        )


def load_model(
    filepath, custom_objects=None, compile=True, safe_mode=True, **kwargs
):
    """Loads a model that `model.save` wrote, ready to be trained on.

    Loading is reading: nothing that the file names is imported or run, unless
    it is a built-in or registered class, or one of `custom_objects`. Of a
    SavedModel, too, only the config and the weights are read: its graph is a
    program, and stays untouched.

    Arguments:
        filepath: Path of a `.keras` or `.h5` file, or of the folder of a
            SavedModel, of tfk, tf.keras or, as far as there are such layers,
            of Keras 3.
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
        if saved_model.is_saved_model(path):
            return saved_model.load(path, custom_objects, compile, safe_mode)
        raise ValueError(
            f"{path}: this folder is no SavedModel: it has no "
            "`saved_model.pb`. Models are loaded from `.keras` files and from "
            "the folders of SavedModels."
        )
    with files.local_copy(path) as local:
        # HDF5 may start after any power of 2 of bytes, inside of an archive.
        if not _starts_with(local, _ZIP_START) and h5py.is_hdf5(local):
            return hdf5_model.load(
                local, custom_objects, compile, safe_mode, label=path
            )
        return keras_archive.load(local, custom_objects, compile, safe_mode)


def save_weights(
    model,
    filepath,
    overwrite=True,
    save_format=None,
    options=None,
    max_shard_size=None,
):
    """Saves the weights of a model, and the state of its optimizer.

    Arguments:
        model: A model.
        filepath: Path. One that ends in `.weights.h5` is a file; one that ends
            just in `.h5` has the older layout of tf.keras, which leaves out
            the optimizer. Any other is the start of the names of the files of
            a TensorFlow checkpoint.
        overwrite: Boolean: whether to replace an existing file.
        save_format: `"h5"`, `"tf"`, or None to go by the path.
        options: `tf.train.CheckpointOptions`, for a checkpoint.
        max_shard_size: Number: the most gigabytes in one file. The path ends
            in `.weights.json` then: that of a list of the files with the
            weights, which lie beside it. Like Keras, one that ends in
            `.weights.h5` is changed to that, with a warning.

    Raises:
        ValueError: If path and format don't go together, the model has no
            weights yet, or the file is there already and `overwrite` is False.
    """
    path = _as_path(filepath)
    if max_shard_size is not None or path.endswith(sharded_weights.ENDING):
        path = _path_of_shards(path, save_format, max_shard_size)
        _check_is_built(model)
        files.check_may_write(path, overwrite)
        sharded_weights.save(model, path, max_shard_size)
        return
    found = _format_of_weights(path, save_format)
    _check_is_built(model)
    if found == "tf":
        files.check_may_write(f"{path}.index", overwrite)
        checkpoints.save(model, path, options)
        return
    files.check_may_write(path, overwrite)
    if not path.endswith(_WEIGHTS_ENDING):
        hdf5_model.save_weights(model, path)
        return
    with files.replacing(path) as temporary:
        hdf5_weights.write(model, temporary)


def _path_of_shards(path, save_format, max_shard_size):
    if (
        not path.endswith((sharded_weights.ENDING, _WEIGHTS_ENDING))
        or save_format not in (None, "h5")
        or not isinstance(max_shard_size, (int, float))
        or not max_shard_size > 0
    ):
        raise ValueError(
            "Weights are saved in several files under a path that ends in "
            "`.weights.json`, with `max_shard_size`, in gigabytes, above 0. "
            f"Received: filepath={path!r}, save_format={save_format!r}, "
            f"max_shard_size={max_shard_size!r}."
        )
    if path.endswith(sharded_weights.ENDING):
        return path
    changed = path.removesuffix(_WEIGHTS_ENDING) + sharded_weights.ENDING
    warnings.warn(
        "Weights in several files are found by a list, a file that ends in "
        f"`.weights.json`. Received: filepath={path!r}. The list is written to "
        f"{changed!r}: load that.",
        stacklevel=caller.stacklevel(),
    )
    return changed


def _format_of_weights(path, save_format):
    by_path = "h5" if path.endswith(_HDF5_ENDINGS) else "tf"
    if path.endswith(".keras"):
        by_path = None
    if (
        by_path is None
        or _FORMATS.get(save_format, by_path) != by_path
        or (save_format is None and _is_mistaken(path, by_path))
    ):
        raise ValueError(
            "Weights are saved in files, or as a checkpoint of TensorFlow, "
            "whose path looks like none. Received: "
            f"filepath={path!r}, save_format={save_format!r}. Pass a path that "
            "ends in `.weights.h5`, or for a checkpoint of this name "
            "`save_format='tf'`."
        )
    return by_path


def load_weights(
    model, filepath, skip_mismatch=False, by_name=False, options=None
):
    """Loads the weights of a model, all or none.

    Weights are found by their place in the model, not by the names of layers.
    The state of the optimizer is loaded too where it fits, but not from the
    older layout of `.h5` files.

    Arguments:
        model: A model that is built.
        filepath: Path of a `.weights.h5`, `.weights.json`, `.keras` or `.h5`
            file, of the folder of a SavedModel, or of a TensorFlow checkpoint
            without its endings (`tf.train.latest_checkpoint(folder)`), of tfk
            or tf.keras.
        skip_mismatch: Boolean: whether to leave alone what does not fit, with
            a warning.
        by_name: Boolean: whether to go by the names of layers, and leave
            alone those that the file does not name. Files in which Keras
            writes no names can't be read so.
        options: `tf.train.CheckpointOptions`, for a checkpoint.

    Returns:
        For a checkpoint, a status object with the methods `assert_consumed`
        and `expect_partial`, as `tf.train.Checkpoint.read` returns it. If the
        model has no weights yet, they are set as they are made.

    Raises:
        ValueError: If file and model do not fit; both sides are listed, and
            no weight was changed.
        CorruptFileError: If the file is broken or of another kind.
        UnsafeFileError: If the file holds what may do harm.
    """
    path = _as_path(filepath)
    is_checkpoint = checkpoints.is_checkpoint(path)
    if is_checkpoint or saved_model.is_saved_model(path):
        if by_name:
            raise ValueError(
                f"{path}: weights are loaded by name from HDF5 files only. "
                "Received: by_name=True."
            )
        if is_checkpoint:
            return checkpoints.load(model, path, skip_mismatch, options)
        return saved_model.load_weights(model, path, skip_mismatch)
    _check_exists(path)
    if path.endswith(sharded_weights.ENDING):
        with sharded_weights.ShardedWeightFile(path) as file:
            hdf5_weights.load(model, file, skip_mismatch, by_name)
        return
    if tf.io.gfile.isdir(path):
        raise ValueError(
            f"{path}: this is a folder, and neither a SavedModel nor the start "
            "of the names of a checkpoint. Pass the path of a file; for the "
            "latest checkpoint in a folder "
            "`tf.train.latest_checkpoint(folder)`."
        )
    with files.local_copy(path) as local:
        if _starts_with(local, _ZIP_START):
            keras_archive.load_weights(model, local, skip_mismatch, by_name)
            return
        with hdf5_weights.WeightFile(local, path) as file:
            if hdf5_layers.root_of(file) is not None:
                hdf5_layers.load(model, file, skip_mismatch, by_name)
                return
            hdf5_weights.load(model, file, skip_mismatch, by_name)


def export_model(
    model, filepath, format="tf_saved_model", input_signature=None, **options
):
    """Writes a model for serving and other runtimes.

    Arguments:
        model: A model that is built.
        filepath: Path of a folder or, of the other formats, of a file, which
            is made or replaced.
        format: `"tf_saved_model"`, `"tflite"` (or `"litert"`) or `"onnx"`.
        input_signature: Structure of `tf.TypeSpec` of the inputs. By default
            what the model says.
        **options: For TFLite `optimizations` and `representative_data`, for
            ONNX `opset_version`.

    Raises:
        ValueError: If it is not known what inputs the model takes, or the
            format lacks an operation that a layer needs.
        ImportError: If the packages that write ONNX are not installed.
    """
    if format not in _EXPORTS:
        raise ValueError(
            "Models are exported as SavedModels, for LiteRT or for ONNX. "
            f"Received: format={format!r}. Pass one of {sorted(_EXPORTS)}."
        )
    export, known = _EXPORTS[format]
    if set(options) - known:
        raise ValueError(
            f"`export` does not know these arguments for the format {format!r}."
            f" Received: {sorted(set(options) - known)}."
            + (f" It knows {sorted(known)}." if known else "")
        )
    export(model, _as_path(filepath), input_signature, **options)


_EXPORTS = {
    "tf_saved_model": (saved_model.export, frozenset()),
    "tflite": (tflite_export.export, tflite_export.OPTIONS),
    "litert": (tflite_export.export, tflite_export.OPTIONS),
    "onnx": (onnx_export.export, onnx_export.OPTIONS),
}


def functions_for_saving(model):
    """Returns what `tf.saved_model.save` writes of a model beside its weights.

    Arguments:
        model: A model.

    Returns:
        A dict of names to functions and resources; empty if it is not known
        what inputs the model takes.
    """
    return saved_model.functions_for_saving(model)


def model_config(model):
    """Returns the architecture of a model as a dict that JSON can hold.

    Arguments:
        model: A model.
    """
    serialized = serialization.serialize_whole(model, is_checked=False)
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


def model_from_yaml(yaml_string, custom_objects=None):
    """Refused: reading YAML can run code. Use `model_from_json`.

    Arguments:
        yaml_string: Ignored.
        custom_objects: Ignored.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(
        "Models are not read from YAML, since reading YAML can run code. Save "
        "the architecture with `model.to_json()` and read it with "
        "`tfk.models.model_from_json`."
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
    with registry.preserved_scopes(custom_objects):
        config = old_configs.modernized(config, config.get("keras_version"))
    return model_builder.build(config, custom_objects)


def _as_path(filepath):
    try:
        path = os.fsdecode(checks.path("filepath", filepath))
    except TypeError:
        hint = ""
        if isinstance(getattr(filepath, "name", None), str):
            hint = " Pass the name of the file, and close it first."
        raise TypeError(
            f"`filepath` must be a path. Received: filepath={filepath!r}.{hint}"
        ) from None
    if not path:
        raise ValueError(
            f"`filepath` must be a path. Received: filepath={filepath!r}. Pass "
            "the name of a file, or '.' for the present folder."
        )
    # A folder that is called `~` is never meant.
    return os.path.expanduser(path)


def _check_exists(path):
    if not tf.io.gfile.exists(path):
        raise errors.CorruptFileError(
            "there is no such file. Check the path.", path
        )


def _starts_with(path, start):
    with open(path, "rb") as file:
        return file.read(len(start)) == start
