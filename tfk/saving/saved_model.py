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
"""Models as SavedModels, for serving and for other runtimes.

What is written is an object with nothing but functions and the variables and
tables that they use, so that nothing of tfk is needed to run it. What `save`
writes holds a `.keras` archive beside it, from which `load` makes the model
again: as data, for a SavedModel itself is a program.
"""

import os

import tensorflow as tf

from tfk.saving import checkpoints
from tfk.saving import errors
from tfk.saving import files
from tfk.saving import keras_archive
from tfk.saving import keras_metadata
from tfk.saving import resources
from tfk.saving import saved_tables
from tfk.saving import serialization
from tfk.saving import servable
from tfk.saving import weight_tree
from tfk.utils import portable_graph
from tfk.utils import tf_internal

SIGNATURE = "serving_default"
ENDPOINT = "serve"

# In the folder that the format keeps for what other libraries put there.
_ARCHIVE = os.path.normpath(servable.ARCHIVE)
_GRAPH = "saved_model.pb"
_VARIABLES = os.path.join("variables", "variables")


def export(model, path, input_signature=None):
    """Writes what a model computes as a SavedModel.

    Its signature `serving_default` takes the inputs by their names and gives
    a dict of the outputs. A sparse input `x` is taken as `x_indices`,
    `x_values` and `x_dense_shape`, a ragged one as `x_values` and
    `x_row_splits`. The function `serve` takes the inputs as the model does,
    or as a dict by name.

    Arguments:
        model: A model that was built.
        path: String: the folder to make or to replace.
        input_signature: Structure of `tf.TypeSpec` of the inputs; by default
            what the model says.

    Raises:
        ValueError: If it is not known what inputs the model takes.
    """
    lists = {name: list(getattr(model, name)) for name in servable.LISTS}
    with servable.replacing(path) as temporary:
        _write_functions(model, temporary, lists, input_signature)


def save(model, path, signatures=None, options=None, include_optimizer=True):
    """Writes a SavedModel from which `load` makes the model again.

    It holds the weights twice: for the graph, and as data. The state of the
    optimizer is data alone. What else lies in the folder stays.

    Arguments:
        model: A model that was built.
        path: String: the folder to make or to replace.
        signatures: Function, or dict of names to functions, to serve in the
            place of the model's own, as `tf.saved_model.save` takes them.
        options: `tf.saved_model.SaveOptions`.
        include_optimizer: Boolean: whether to write how the model was compiled
            and the state of its optimizer.

    Raises:
        ValueError: If it is not known what inputs the model takes.
    """
    with servable.replacing(path) as temporary:
        _write_functions(
            model,
            temporary,
            servable.as_layer(model),
            signatures=signatures,
            options=options,
        )
        archive = os.path.join(temporary, _ARCHIVE)
        tf.io.gfile.makedirs(os.path.dirname(archive))
        keras_archive.save(
            model if include_optimizer else _Uncompiled(model), archive
        )


class _Uncompiled:
    """Stands in a model's place where it is written without its optimizer.

    Arguments:
        model: A model that is built.
    """

    built = True

    def __init__(self, model):
        self.name = model.name
        self._model = model

    def frozen_tree(self):
        """Returns what `weight_tree.walk` yields, less the optimizer."""
        tree = weight_tree.walk(self._model)
        return [x for x in tree if x[0].split("/")[0] != "optimizer"]

    def frozen_config(self):
        """Returns what `serialize_keras_object` does, less `compile`."""
        config = serialization.serialize_keras_object(self._model)
        config.pop("compile_config", None)
        return config


def _write_functions(
    model, path, attributes, specs=None, signatures=None, options=None
):
    endpoint = servable.of_model(model, specs)
    attributes = {
        **attributes,
        ENDPOINT: endpoint.function,
        # Functions of the user's may be steps of training.
        "resources": _resources(model, endpoint, signatures is not None),
    }
    if signatures is None:
        signatures = endpoint
    if not isinstance(signatures, dict):
        signatures = {SIGNATURE: signatures}
    servable.write(path, attributes, signatures, options)


def _resources(model, endpoint, with_optimizers=False):
    """Returns variables and tables, less those that layers can do without."""
    found = resources.below(model, with_optimizers)
    if not portable_graph.is_wanted():
        return found
    captured = {id(x) for x, _ in endpoint.signature.graph.captures}
    return [
        x
        for x in found
        if isinstance(x, tf.Variable)
        or id(getattr(x, "resource_handle", None)) in captured
    ]


def functions_for_saving(model):
    """Returns what `tf.saved_model.save` writes of a model beside its weights.

    Arguments:
        model: A model.

    Returns:
        A dict of names to functions and resources; empty if it is not known
        what inputs the model takes.
    """
    if not model.built or model.save_spec() is None:
        return {}
    # TensorFlow's own functions ask for this, such as its converter to TFLite.
    with portable_graph.scope():
        endpoint = servable.of_model(model)
    # Lists, for one, become objects of TensorFlow's as attributes.
    held = tf_internal.AutoTrackable()
    held.resources = resources.below(model)
    for name, value in servable.as_layer(model).items():
        setattr(held, name, value)
    return {
        **dict(tf_internal.children_in_checkpoints(held)),
        ENDPOINT: endpoint.function,
        tf_internal.DEFAULT_SIGNATURE: endpoint.signature,
    }


# Reading


def is_saved_model(path):
    """Whether a folder is a SavedModel.

    Arguments:
        path: String.
    """
    return tf.io.gfile.exists(os.path.join(path, _GRAPH))


def load(path, custom_objects=None, compile=True, safe_mode=True):
    """Makes the model of a SavedModel that `save` or tf.keras wrote.

    Its graph is not loaded, so that nothing of it is run.

    Arguments:
        path: String: the folder.
        custom_objects: Dict of names to classes and functions.
        compile: Boolean: whether to compile the model as it was.
        safe_mode: Boolean: whether to refuse Python code in the config.

    Returns:
        A model.

    Raises:
        UnsafeFileError: If it holds what may do harm.
        CorruptFileError: If it is broken.
        ValueError: If it holds no model of tfk or tf.keras, or names classes
            that are not known.
    """
    archive = _archive(path)
    if archive is not None:
        with files.local_copy(archive) as local:
            return keras_archive.load(local, custom_objects, compile, safe_mode)
    if keras_metadata.is_there(path):
        return keras_metadata.load(path, custom_objects, compile, safe_mode)
    raise ValueError(
        f"{path}: this SavedModel holds functions alone, and no model of tfk "
        f"or tf.keras to train on: {_describe(path)}. Run it with "
        f"`tfk.layers.TFSMLayer({path!r}, call_endpoint=...)`, or with "
        "`tf.saved_model.load`; both run it as a program, so trust its author. "
        "`model.save(folder)` writes one that `load_model` reads; "
        "`model.export(folder)` does not."
    )


def load_weights(model, path, skip_mismatch=False):
    """Sets the weights of a model to those in a SavedModel.

    Arguments:
        model: A model that is built.
        path: String: the folder of a SavedModel of tfk, tf.keras, or of any
            object with the same names for its parts.
        skip_mismatch: Boolean: whether to leave alone what does not fit, with
            a warning.

    Returns:
        What `checkpoints.load` returns, if the weights are in a checkpoint.
    """
    archive = _archive(path)
    if archive is None:
        variables = os.path.join(path, _VARIABLES)
        return checkpoints.load(model, variables, skip_mismatch)
    with files.local_copy(archive) as local:
        keras_archive.load_weights(model, local, skip_mismatch)
    return None


def _archive(path):
    """Returns the path of the archive in a SavedModel, or None."""
    archive = os.path.join(path, _ARCHIVE)
    for part in (os.path.dirname(archive), archive):
        if os.path.islink(part):
            raise errors.UnsafeFileError(
                "the SavedModel holds a link, which could lead to other files. "
                "Nothing was loaded.",
                path,
                os.path.relpath(part, path),
            )
    return archive if tf.io.gfile.exists(archive) else None


def _describe(path):
    """Says what signatures a SavedModel has."""
    signatures = []
    for graph in saved_tables.read_graph(path).meta_graphs:
        for name, signature in sorted(graph.signature_def.items()):
            if not name.startswith("__"):
                inputs = ", ".join(sorted(signature.inputs))
                outputs = ", ".join(sorted(signature.outputs))
                signatures.append(f"{name}({inputs}) -> {outputs}")
    if not signatures:
        return "it has no signatures"
    return f"its signatures are {'; '.join(signatures)}"
