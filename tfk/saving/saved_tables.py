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
"""The vocabularies in the SavedModels of tf.keras.

They stand neither in the config of a layer nor in the checkpoint, but in the
constants that the graph fills its lookup tables from. These are read as data;
the graph is not run.
"""

import math
import os

import numpy as np
import tensorflow as tf

from tfk.saving import errors
from tfk.utils import tf_internal

_GRAPH = "saved_model.pb"
_TABLE, _INNER = "lookup_table", "_lookup_layer"
_FILL = "_initialize"
_IDF = "idf_weights"


def read_graph(path):
    """Returns the message in a SavedModel's main file.

    Arguments:
        path: String: the folder.

    Raises:
        CorruptFileError: If it can't be read.
    """
    try:
        with tf.io.gfile.GFile(os.path.join(path, _GRAPH), "rb") as stream:
            return tf_internal.SavedModelProto.FromString(stream.read())
    except Exception as error:  # Its parser raises errors of its own.
        raise errors.CorruptFileError(
            f"this is not the graph of a SavedModel ({error}). Take another "
            "copy of it.",
            path,
            _GRAPH,
        ) from error


def load(model, path, weights):
    """Sets the vocabularies of a model's layers to those in a SavedModel.

    Arguments:
        model: A model.
        path: String: the folder.
        weights: Function from the path of a weight in the checkpoint, as a
            tuple of names, to its value or None.
    """
    layers = list(_lookups(model))
    if not layers:
        return
    graph = _Graph(path)
    for place, layer in layers:
        inner = next(
            (p for p in (place, (*place, _INNER)) if graph.has(p, _TABLE)), None
        )
        tokens = None
        if inner is not None:
            is_inverted = getattr(layer, "invert", False)
            tokens = graph.tokens((*inner, _TABLE), is_inverted)
        if tokens is None or not len(tokens):
            continue
        idf = weights((*inner, _IDF))
        if idf is not None:
            # The first ones are those of tokens outside of the vocabulary.
            first = getattr(layer, "num_oov_indices", 1)
            idf = idf[first : first + len(tokens)]
        with errors.corrupt(path, "/".join(place)):
            layer.set_vocabulary(tokens, idf)


def _lookups(model):
    """Yields the paths and the layers below a model that have a vocabulary."""
    stack, seen = [((), model)], {id(model)}
    while stack:
        place, obj = stack.pop()
        if hasattr(obj, "set_vocabulary"):
            yield place, obj
            continue
        for name, child in tf_internal.children_in_checkpoints(obj).items():
            if id(child) not in seen:
                seen.add(id(child))
                stack.append(((*place, name), child))


class _Graph:
    """The objects in the main file of a SavedModel, and its constants."""

    def __init__(self, path):
        self._path = path
        with errors.corrupt(path, _GRAPH):
            meta = read_graph(path).meta_graphs[0]
            self._nodes = meta.object_graph_def.nodes
            self._functions = meta.object_graph_def.concrete_functions
            self._constants = {
                node.name: node.attr["value"].tensor
                for node in meta.graph_def.node
                if node.op == "Const"
            }

    def _find(self, place):
        """Returns the number of the object at a path, or None."""
        node = 0
        for name in place:
            children = {
                x.local_name: x.node_id for x in self._nodes[node].children
            }
            node = children.get(name)
            if node is None or not 0 <= node < len(self._nodes):
                return None
        return node

    def has(self, place, name):
        """Whether an object has a child of that name."""
        return self._find((*place, name)) is not None

    def tokens(self, place, is_inverted):
        """Returns the tokens of a table in their order, or None."""
        with errors.corrupt(self._path, "/".join(place)):
            fill = self._find((*place, _FILL))
            if fill is None:
                return None
            (name,) = self._nodes[fill].function.concrete_functions
            arrays = [
                _array(self._constants[self._nodes[i].constant.operation])
                for i in self._functions[name].bound_inputs
                if self._nodes[i].WhichOneof("kind") == "constant"
            ]
            if len(arrays) != 2 or arrays[0].shape != arrays[1].shape:
                return None
            keys, values = arrays
            if is_inverted:
                return values[np.argsort(keys)]
            return keys[np.argsort(values)]


def _array(tensor):
    """Returns the array in a message, if it holds all that it declares."""
    count = math.prod(axis.size for axis in tensor.tensor_shape.dim)
    if count > tensor.ByteSize():
        raise ValueError(f"a constant declares {count:,} values")
    return tf.make_ndarray(tensor)
