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
"""Models in the SavedModels of tf.keras.

Beside the graph, which is a program and is not run, such a SavedModel has a
file `keras_metadata.pb` with the configs of all layers as JSON. The model is
made anew from that of the outermost one, and takes its weights from the
checkpoint.
"""

import os

import tensorflow as tf
from google.protobuf import descriptor_pb2
from google.protobuf import descriptor_pool
from google.protobuf import message_factory

from tfk.saving import budget
from tfk.saving import checkpoints
from tfk.saving import errors
from tfk.saving import model_builder
from tfk.saving import old_configs
from tfk.saving import plain_json
from tfk.saving import registry
from tfk.saving import saved_tables

_FILE = "keras_metadata.pb"
_ROOT = "root"
_VARIABLES = os.path.join("variables", "variables")
_SPECS = {
    "tf.TensorSpec": tf.TensorSpec,
    "tf.RaggedTensorSpec": tf.RaggedTensorSpec,
    "tf.SparseTensorSpec": tf.SparseTensorSpec,
}


def _message_class():
    """Makes the class of the file's message.

    TensorFlow has none, and that of tf.keras would have to be imported.
    """
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="tfk/keras_metadata.proto", package="tfk", syntax="proto3"
    )
    nodes = file.message_type.add(name="KerasMetadata").field.add(
        name="nodes",
        number=1,
        label=field.LABEL_REPEATED,
        type=field.TYPE_MESSAGE,
        type_name=".tfk.KerasObject",
    )
    del nodes
    fields = file.message_type.add(name="KerasObject").field
    for number, name in ((3, "node_path"), (5, "metadata")):
        fields.add(
            name=name,
            number=number,
            label=field.LABEL_OPTIONAL,
            type=field.TYPE_STRING,
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("tfk.KerasMetadata")
    )


_KerasMetadata = _message_class()


def is_there(path):
    """Whether a SavedModel has the configs of tf.keras.

    Arguments:
        path: String: the folder.
    """
    return tf.io.gfile.exists(os.path.join(path, _FILE))


def load(path, custom_objects=None, compile=True, safe_mode=True):
    """Makes the model of a SavedModel that tf.keras wrote.

    Arguments:
        path: String: the folder.
        custom_objects: Dict of names to classes and functions.
        compile: Boolean: whether to compile the model as it was.
        safe_mode: Boolean: whether to refuse Python code in the config.

    Returns:
        A model.

    Raises:
        UnsafeFileError: If the config holds what may do harm.
        CorruptFileError: If it is broken.
        ValueError: If it names classes that are not known, or the weights do
            not fit.
    """
    metadata = _read_root(path)
    version = metadata.get("keras_version")
    training = metadata.get("training_config") if compile else None
    if training is not None and not isinstance(training, dict):
        raise _corrupt(
            "its `training_config` must be a dict, and is of type "
            f"{type(training).__name__}",
            path,
        )
    variables = os.path.join(path, _VARIABLES)
    config = {
        key: metadata[key]
        for key in ("class_name", "config", "registered_name")
        if metadata.get(key) is not None
    }
    with registry.preserved_scopes(custom_objects):
        config = old_configs.modernized(config, version)
    if training:
        config["compile_config"] = old_configs.compile_config(
            training, config, version
        )
    with budget.limited_to(checkpoints.num_bytes(variables)):
        model = model_builder.build(
            config, custom_objects, safe_mode, path, _FILE
        )
        if not model.built:
            _build(model, metadata, path)
    checkpoints.load(model, variables)
    saved_tables.load(model, path, checkpoints.reader(variables))
    return model


def _read_root(path):
    """Returns the metadata of the outermost object, with plain values."""
    with errors.corrupt(path, _FILE):
        with tf.io.gfile.GFile(os.path.join(path, _FILE), "rb") as file:
            data = file.read(plain_json.MAX_BYTES + 1)
    if len(data) > plain_json.MAX_BYTES:
        raise _corrupt(
            f"configs have at most {plain_json.MAX_BYTES:,} bytes", path
        )
    try:
        nodes = _KerasMetadata.FromString(data).nodes
    except Exception as error:  # Its parser raises errors of its own.
        raise _corrupt(f"it can't be read ({error})", path) from error
    for node in nodes:
        if node.node_path == _ROOT:
            metadata = plain_json.loads(node.metadata, path, _FILE)
            break
    else:
        raise _corrupt("it describes no model", path)
    if not isinstance(metadata, dict) or "config" not in metadata:
        raise ValueError(
            f"{path}: the class {_class_of(metadata)} of the model has no "
            "config in this SavedModel. Make the model in Python and load "
            "`model.load_weights(path)`, or run the SavedModel with "
            "`tfk.layers.TFSMLayer`."
        )
    return metadata


def _class_of(metadata):
    name = metadata.get("class_name") if isinstance(metadata, dict) else None
    return repr(name)


def _corrupt(reason, path):
    return errors.CorruptFileError(
        f"this is not the metadata of a model: {reason}. Take another copy of "
        "the SavedModel.",
        path,
        _FILE,
    )


def _build(model, metadata, path):
    """Makes the weights of a model without a graph, by a call."""
    spec = old_configs.modernized(metadata.get("save_spec"))
    if spec is None:
        raise ValueError(
            f"{path}: it is not known what inputs the model '{model.name}' "
            "takes. Make the model in Python, call it on data and load "
            "`model.load_weights(path)`."
        )
    with model_builder.failures(path, _FILE):
        model._build_on(_specs(spec))


def _specs(value):
    """Returns a structure of `tf.TypeSpec` for its description."""
    if isinstance(value, list):
        return [_specs(item) for item in value]
    if value.get("class_name") != "TypeSpec":
        return {key: _specs(item) for key, item in value.items()}
    kind = value.get("type_spec")
    if kind not in _SPECS:
        raise ValueError(
            "A model is called on dense, ragged and sparse tensors. Received: "
            f"save_spec={value!r}."
        )
    shape, dtype, *rest = value["serialized"]
    if kind == "tf.RaggedTensorSpec":
        return tf.RaggedTensorSpec(shape, dtype, *rest[:1])
    return _SPECS[kind](shape, dtype)
