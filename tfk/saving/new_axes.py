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
"""Slices that add axes, in a SavedModel, as plain slices that are reshaped.

The converter to TFLite takes `x[:, tf.newaxis]` for a reshape to a known shape,
and gives up where more than one size of `x` is open, as it is for sequences.
"""

import os

import numpy as np
import tensorflow as tf

from tfk.saving import saved_tables

_GRAPH = "saved_model.pb"
_SLICE, _EXPAND, _CONSTANT = "StridedSlice", "ExpandDims", "Const"
_MASKS = (
    "begin_mask",
    "end_mask",
    "ellipsis_mask",
    "new_axis_mask",
    "shrink_axis_mask",
)
_NEW = "new_axis_mask"
_SHAPES = "_output_shapes"


def split(path):
    """Rewrites the slices in the functions of a SavedModel.

    Arguments:
        path: String: the folder.
    """
    saved = saved_tables.read_graph(path)
    changed = [
        _split_all(function.node_def)
        for graph in saved.meta_graphs
        for function in graph.graph_def.library.function
    ]
    if any(changed):
        file = os.path.join(path, _GRAPH)
        with tf.io.gfile.GFile(file, "wb") as stream:
            stream.write(saved.SerializeToString(deterministic=True))


def _split_all(nodes):
    """Rewrites the slices of one function, and says whether there were any."""
    by_name = {node.name: node for node in nodes}
    found = [n for n in nodes if n.op == _SLICE and _mask(n, _NEW)]
    return any([_split_one(nodes, by_name, node) for node in found])


def _mask(node, name):
    # To ask for what is not there would put it there.
    return node.attr[name].i if name in node.attr else 0


def _split_one(nodes, by_name, node):
    """Rewrites a slice, if its bounds are known."""
    source, *bounds = [x for x in node.input if not x.startswith("^")]
    bounds = [by_name.get(x.partition(":")[0]) for x in bounds]
    if any(bound is None or bound.op != _CONSTANT for bound in bounds):
        return False
    bounds = [tf.make_ndarray(bound.attr["value"].tensor) for bound in bounds]
    flags = [
        {mask: bool(_mask(node, mask) >> place & 1) for mask in _MASKS}
        for place in range(len(bounds[0]))
    ]
    kept = [place for place, flag in enumerate(flags) if not flag[_NEW]]
    before = type(node)()
    before.CopyFrom(node)
    if kept:
        source = _plain_slice(nodes, before, source, bounds, flags, kept)
    axes = _new_axes(flags)
    for number, axis in enumerate(axes):
        is_last = number == len(axes) - 1
        # What takes the slice's output finds this one under its name.
        added = node if is_last else nodes.add()
        added.CopyFrom(before)
        added.op = _EXPAND
        if not is_last:
            added.name = f"{before.name}/expanded_{number}"
        at = _constant(
            nodes, f"{before.name}/axis_{number}", np.asarray(axis, np.int32)
        )
        _set_inputs(added, before, [source, at])
        added.attr.clear()
        added.attr["T"].CopyFrom(before.attr["T"])
        added.attr["Tdim"].type = tf.int32.as_datatype_enum
        source = f"{added.name}:output:0"
    return True


def _plain_slice(nodes, before, source, bounds, flags, kept):
    """Adds a slice without new axes, and returns its output."""
    added = nodes.add()
    added.CopyFrom(before)
    added.name = f"{before.name}/plain"
    if _SHAPES in added.attr:
        del added.attr[_SHAPES]
    constants = [
        _constant(nodes, f"{before.name}/{word}", bound[kept])
        for word, bound in zip(("begin", "end", "strides"), bounds)
    ]
    _set_inputs(added, before, [source, *constants])
    for mask in _MASKS:
        added.attr[mask].i = sum(
            flags[place][mask] << i for i, place in enumerate(kept)
        )
    return f"{added.name}:output:0"


def _set_inputs(node, before, inputs):
    del node.input[:]
    node.input.extend(inputs)
    node.input.extend(x for x in before.input if x.startswith("^"))


def _new_axes(flags):
    """Returns where to insert axes, one after the other.

    Those behind an ellipsis are counted from the end, the last one first.
    """
    kinds = [_kind(flag) for flag in flags]
    kinds = [kind for kind in kinds if kind != "shrink_axis_mask"]
    middle = len(kinds)
    if "ellipsis_mask" in kinds:
        middle = kinds.index("ellipsis_mask")
    front = [i for i, kind in enumerate(kinds[:middle]) if kind == _NEW]
    back = [
        i - len(kinds)
        for i in range(len(kinds) - 1, middle, -1)
        if kinds[i] == _NEW
    ]
    return front + back


def _kind(flag):
    for mask in ("ellipsis_mask", _NEW, "shrink_axis_mask"):
        if flag[mask]:
            return mask
    return "kept"


def _constant(nodes, name, value):
    node = nodes.add()
    node.name, node.op = name, _CONSTANT
    proto = tf.make_tensor_proto(value)
    node.attr["value"].tensor.CopyFrom(proto)
    node.attr["dtype"].type = proto.dtype
    return f"{name}:output:0"
