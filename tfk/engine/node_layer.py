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
"""Ops on symbolic tensors as TensorFlow 2.0 to 2.3 wrote them into files.

Such a file holds the node of a TensorFlow graph, with constants for some of
its inputs. Only nodes of ops that compute are read, and nothing else of them
than the attributes that these ops have.
"""

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

from tfk.engine.layer import Layer
from tfk.saving import budget
from tfk.saving import errors
from tfk.saving import registry
from tfk.utils import tf_internal

_PREFIX = "tf_op_layer_"
_COMPUTING = frozenset(
    "Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh Atan "
    "Atan2 Atanh AvgPool BatchMatMul BatchMatMulV2 BiasAdd BroadcastTo Cast "
    "Ceil ClipByValue ConcatV2 Conv2D Cos Cosh Cumprod Cumsum DepthToSpace "
    "Div DivNoNan Einsum Elu Equal Erf Erfc Exp ExpandDims Expm1 Fill Floor "
    "FloorDiv FloorMod GatherNd GatherV2 Greater GreaterEqual Identity "
    "IsFinite IsInf IsNan L2Loss LeakyRelu Less LessEqual Log Log1p "
    "LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul MatrixBandPart "
    "MatrixInverse MatrixTranspose Max MaxPool Maximum Mean Min Minimum "
    "MirrorPad Mul MulNoNan Neg NotEqual OneHot OnesLike Pack Pad PadV2 Pow "
    "Prod Range Rank RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear "
    "ResizeNearestNeighbor ReverseV2 Rint Roll Round Rsqrt Select SelectV2 "
    "Selu Shape Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign "
    "SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze "
    "StopGradient StridedSlice Sub Sum Tan Tanh Tile TopKV2 Transpose "
    "Unpack Where ZerosLike".split()
)
# The attributes that say how many tensors go in or come out.
_COUNTS = ("N", "num", "num_split")


class TensorFlowOpLayer(Layer):
    """An op of TensorFlow in a file of TensorFlow 2.0 to 2.3.

    Files make it, not users.

    Arguments:
        node_def: Dict: the node, or string with its bytes.
        name: String: the name of the node.
        constants: Dict of the places of inputs to their values.
        **kwargs: `dtype`, `trainable`.
    """

    def __init__(self, node_def, name, constants=None, **kwargs):
        super().__init__(name=_PREFIX + name, autocast=False, **kwargs)
        self.node_def = node_def
        self.constants = constants or {}
        self.built = True
        vars(self)["_node"] = _checked_node(node_def)

    def call(self, inputs):
        """Runs the op."""
        inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        outputs = tf.function(self._import, autograph=False)(*inputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def _import(self, *tensors):
        """Puts the node into the graph, after those of its inputs."""
        inputs = [tf.convert_to_tensor(x) for x in tensors]
        dtypes = _input_dtypes(self._node)
        constants = {int(k): v for k, v in self.constants.items()}
        for place in sorted(constants):
            dtype = dtypes[place].as_numpy_dtype
            value = tf.constant(np.asarray(constants[place], dtype))
            inputs.insert(place, value)
        self._check_batch_axes(inputs)
        graph = tf.compat.v1.GraphDef()
        node = graph.node.add()
        node.CopyFrom(self._node)
        names = [f"input_{i}" for i in range(len(inputs))]
        for name, tensor in zip(names, inputs):
            placeholder = graph.node.add(name=name, op="Placeholder")
            placeholder.attr["dtype"].type = tensor.dtype.as_datatype_enum
        node.input.extend(names)
        (op,) = tf.graph_util.import_graph_def(
            graph, dict(zip(names, inputs)), [node.name], name=""
        )
        return list(op.outputs)

    def _check_batch_axes(self, inputs):
        """Refuses what TensorFlow doesn't check but ends the process at."""
        if "batch_dims" not in self._node.attr:
            return
        count = self._node.attr["batch_dims"].i
        ranks = [tensor.shape.rank for tensor in inputs[:2]]
        if any(rank is not None and abs(count) > rank for rank in ranks):
            raise ValueError(
                f"`batch_dims` of the op {self._node.op!r} must be at most the "
                f"ranks of its inputs, {ranks}. Received: batch_dims={count}."
            )

    def get_config(self):
        config = super().get_config()
        config["name"] = config["name"].removeprefix(_PREFIX)
        return config


def _checked_node(node_def):
    """Returns the message of a node, without inputs and surroundings."""
    node = tf.compat.v1.NodeDef()
    try:
        if isinstance(node_def, str):
            node.ParseFromString(node_def.encode("utf-8"))
        else:
            json_format.ParseDict(node_def, node)
    except Exception as error:  # Its parser raises errors of its own.
        raise ValueError(
            "`node_def` must be a node of a TensorFlow graph. Received: "
            f"node_def={node_def!r} ({error})."
        ) from error
    if node.op not in _COMPUTING:
        raise errors.UnsafeFileError(
            f"The op {node.op!r} is not one that a model may name: only those "
            "that compute values from values are. Write a layer of your own "
            "and register it."
        )
    clean = tf.compat.v1.NodeDef(name="node", op=node.op)
    for attribute in tf_internal.op_definition(node.op).attr:
        if attribute.name in node.attr:
            clean.attr[attribute.name].CopyFrom(node.attr[attribute.name])
    for name in _COUNTS:
        if name in clean.attr:
            budget.check_count(clean.attr[name].i, "tensors of an op")
    return clean


def _input_dtypes(node):
    """Returns the dtype of each input of a node."""
    dtypes = []
    for argument in tf_internal.op_definition(node.op).input_arg:
        count = 1
        if argument.number_attr:
            count = node.attr[argument.number_attr].i
        enum = argument.type
        if argument.type_attr:
            enum = node.attr[argument.type_attr].type
        dtypes += [tf.as_dtype(enum)] * count
    return dtypes


registry.add_builtins("keras.layers", {"TensorFlowOpLayer": TensorFlowOpLayer})
