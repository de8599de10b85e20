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
"""Models for ONNX Runtime, by way of tf2onnx."""

import contextlib
import functools
import logging
import re

import numpy as np
import tensorflow as tf

from tfk.saving import files
from tfk.saving import format_limits
from tfk.saving import resources
from tfk.saving import servable
from tfk.saving import whole_precision
from tfk.utils import portable_graph

FORMAT = "onnx"
OPTIONS = frozenset({"opset_version"})

_OPSET = 18
# Of classical machine learning, where tables are.
_ML_DOMAIN, _ML_OPSET = "ai.onnx.ml", 2
# `onnx.TensorProto.FLOAT` and others.
_ONNX_FLOAT, _ONNX_INT64 = 1, 7
_FLOATS = {10: np.float16, 11: np.float64}


def export(model, path, input_signature=None, opset_version=None):
    """Writes a file for ONNX Runtime.

    It takes the inputs by their names, with any number of rows, and gives the
    outputs by theirs.

    Arguments:
        model: A model that was built.
        path: String: the file to make or to replace.
        input_signature: Structure of `tf.TypeSpec` of the inputs; by default
            what the model says.
        opset_version: Integer: the version of ONNX's operations; 18 by default.

    Raises:
        ImportError: If tf2onnx is not installed.
        ValueError: If the format lacks an operation that a layer needs, or an
            output has the name of an input.
    """
    tf2onnx, onnx = _packages()
    format_limits.check_size(model, FORMAT)
    opset = _OPSET if opset_version is None else opset_version
    with (
        portable_graph.scope(
            has_arrays=True, pools_volumes=True, has_integer_tables=True
        ),
        whole_precision.computing_in_float32(model),
    ):
        endpoint = servable.of_model(model, input_signature)
    _check_names(model, endpoint)
    function, specs = _positional(endpoint)
    tables = _tables(model, function.get_concrete_function(*specs))
    with _quiet():
        converted, _ = tf2onnx.convert.from_function(
            function,
            specs,
            opset=opset,
            extra_opset=[onnx.helper.make_opsetid(_ML_DOMAIN, _ML_OPSET)],
            custom_op_handlers={
                "Bucketize": (_bucketize, []),
                "Erfc": (_erfc, []),
                "Expm1": (_expm1, []),
                "FloorDiv": (_floor, []),
                "FloorMod": (_floor, []),
                "Log1p": (_log1p, []),
                "ResizeArea": (_leave, []),
                "ResizeBicubic": (_leave, []),
                "ResizeBilinear": (_resize, []),
                "LookupTableFindV2": (functools.partial(_look_up, tables), []),
            },
        )
    _set_inputs(converted.graph, endpoint.argument_names)
    _order_outputs(converted.graph, model.output_names)
    _mend_transposed(converted.graph, onnx)
    _mend_dilated(converted.graph, onnx)
    _check(model, converted, opset, onnx)
    with files.replacing(path) as temporary:
        onnx.save_model(converted, temporary)


def _packages():
    try:
        import onnx
        import tf2onnx
    except ImportError as error:
        raise ImportError(
            "The format 'onnx' needs the packages tf2onnx and onnx. Install "
            "them with: pip install 'tfk[export]'."
        ) from error
    return tf2onnx, onnx


def _check_names(model, endpoint):
    """Raises if an output has the name of an input."""
    names = endpoint.argument_names
    taken = {*names, *names.values()}
    both = sorted(taken.intersection(endpoint.signature.structured_outputs))
    if both:
        raise ValueError(
            f"Model '{model.name}' can't be exported in the format '{FORMAT}', "
            "in which an output has another name than all inputs. Received: "
            f"inputs and outputs with the names {both}. Give the outputs names "
            "of their own, as in `tfk.Model(inputs, "
            'tfk.layers.Identity(name="output")(output))`.'
        )


def _positional(endpoint):
    """Returns an endpoint's signature as a function of tensors in a row."""
    arguments = endpoint.signature.structured_input_signature[1]

    def run(*tensors):
        return endpoint.signature(**dict(zip(arguments, tensors)))

    return tf.function(run, autograph=False), list(arguments.values())


@contextlib.contextmanager
def _quiet():
    """Keeps tf2onnx from logging what an error then says."""
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


# What tf2onnx does not know


def _tables(model, function):
    """Returns a dict of the names of a graph's tables to what is in them.

    That is keys, values, and the value for any other key.
    """
    contents = {
        id(resource.resource_handle): resource
        for resource in resources.below(model)
        if hasattr(resource, "resource_handle") and hasattr(resource, "export")
    }
    return {
        placeholder.op.name: _content(contents[id(handle)])
        for handle, placeholder in function.graph.captures
        if id(handle) in contents
    }


def _content(table):
    keys, values = table.export()
    return keys.numpy(), values.numpy(), table.default_value.numpy()


def _look_up(tables, graph, node, name, args):
    """Writes a lookup in a table, which tf2onnx knows for some dtypes."""
    del name, args
    table = node.inputs[0]
    while table.type == "Identity":
        table = table.inputs[0]
    keys, values, default = tables[table.name]
    inputs, outputs = node.input[1], node.output
    shape, dtype = graph.get_shape(inputs), graph.get_dtype(outputs[0])
    graph.remove_node(node.name)
    graph.make_node(
        "LabelEncoder",
        [inputs],
        name=node.name,
        outputs=outputs,
        domain=_ML_DOMAIN,
        shapes=[shape],
        dtypes=[dtype],
        attr={
            f"keys_{_kind(keys)}s": keys.tolist(),
            f"values_{_kind(values)}s": values.tolist(),
            f"default_{_kind(values)}": default,
        },
    )


def _kind(values):
    """Returns the word for a dtype in attributes of `LabelEncoder`."""
    return "string" if values.dtype == object else "int64"


def _bucketize(graph, node, name, args):
    """Writes how many of the boundaries a value has reached."""
    del name, args
    boundaries = np.asarray(node.get_attr_value("boundaries"), np.float32)
    inputs, outputs = node.input[0], node.output
    shape, dtype = graph.get_shape(outputs[0]), graph.get_dtype(outputs[0])
    graph.remove_node(node.name)

    def constant(word, value):
        return graph.make_const(f"{node.name}/{word}", value).output[0]

    def make(kind, inputs, **kwargs):
        return graph.make_node(kind, inputs, **kwargs).output[0]

    last = constant("axis", np.asarray([-1], np.int64))
    values = make("Cast", [inputs], attr={"to": _ONNX_FLOAT})
    values = make("Unsqueeze", [values, last])
    limits = constant("boundaries", boundaries)
    reached = make("GreaterOrEqual", [values, limits])
    reached = make("Cast", [reached], attr={"to": dtype})
    graph.make_node(
        "ReduceSum",
        [reached, last],
        name=node.name,
        outputs=outputs,
        attr={"keepdims": 0},
        shapes=[shape],
        dtypes=[dtype],
    )


def _erfc(graph, node, name, args):
    """Writes 1 - erf(x)."""
    del name, args
    _replace(graph, node, lambda x, one, make: make("Sub", one, make("Erf", x)))


def _expm1(graph, node, name, args):
    """Writes exp(x) - 1."""
    del name, args
    _replace(graph, node, lambda x, one, make: make("Sub", make("Exp", x), one))


def _log1p(graph, node, name, args):
    """Writes log(1 + x)."""
    del name, args
    _replace(graph, node, lambda x, one, make: make("Log", make("Add", one, x)))


def _replace(graph, node, formula):
    """Writes a formula of a tensor, the number 1, and what makes nodes."""
    inputs, outputs = node.input[0], node.output
    shape, dtype = graph.get_shape(inputs), graph.get_dtype(inputs)
    graph.remove_node(node.name)
    one = np.ones((), _FLOATS.get(dtype, np.float32))
    one = graph.make_const(f"{node.name}/one", one).output[0]

    def make(kind, *inputs):
        made = graph.make_node(kind, inputs, shapes=[shape], dtypes=[dtype])
        return made.output[0]

    graph.make_node(
        "Identity",
        [formula(inputs, one, make)],
        name=node.name,
        outputs=outputs,
        shapes=[shape],
        dtypes=[dtype],
    )


def _floor(graph, node, name, args):
    """Writes a quotient that is rounded down, or what it leaves.

    tf2onnx cuts quotients of integers off, which is up if they are negative.
    """
    del name, args
    kind, (x, y), outputs = node.type, node.input, node.output
    shapes, dtypes = node.output_shapes, node.output_dtypes
    graph.remove_node(node.name)

    def make(kind, *inputs, **kwargs):
        return graph.make_node(
            kind, list(inputs), shapes=shapes, dtypes=dtypes, **kwargs
        ).output[0]

    if dtypes[0] in (*_FLOATS, _ONNX_FLOAT):
        quotient = make("Floor", make("Div", x, y))
        rest = make("Sub", x, make("Mul", quotient, y))
    else:
        rest = make("Mod", x, y)
        quotient = make("Div", make("Sub", x, rest), y)
    result = quotient if kind == "FloorDiv" else rest
    make("Identity", result, name=node.name, outputs=outputs)


def _leave(graph, node, name, args):
    """Leaves an operation alone, for which tf2onnx would write another one."""
    del graph, node, name, args


def _resize(graph, node, name, args):
    """Writes to what size images are brought.

    tf2onnx would write a factor, which may make them a pixel too small.
    """
    del name, args
    if not node.get_attr_value("half_pixel_centers"):
        return
    images, size = node.input
    shapes, dtypes, outputs = (
        node.output_shapes,
        node.output_dtypes,
        node.output,
    )
    graph.remove_node(node.name)

    def make(kind, inputs, **kwargs):
        return graph.make_node(kind, inputs, **kwargs).output[0]

    def constant(word, values):
        values = np.asarray(values, np.int64)
        return graph.make_const(f"{node.name}/{word}", values).output[0]

    images = make("Transpose", [images], attr={"perm": [0, 3, 1, 2]})
    first = make(
        "Slice",
        [
            make("Shape", [images]),
            constant("begin", [0]),
            constant("end", [2]),
        ],
    )
    size = make("Cast", [size], attr={"to": _ONNX_INT64})
    size = make("Concat", [first, size], attr={"axis": 0})
    resized = make(
        "Resize",
        [images, "", "", size],
        attr={
            "mode": "linear",
            "coordinate_transformation_mode": "half_pixel",
        },
    )
    graph.make_node(
        "Transpose",
        [resized],
        attr={"perm": [0, 2, 3, 1]},
        name=node.name,
        outputs=outputs,
        shapes=shapes,
        dtypes=dtypes,
    )


def _mend_transposed(graph, onnx):
    """Writes rows that are added to a transposed convolution as ONNX does.

    They come at the end. tf2onnx takes them for negative padding.
    """
    for node in _nodes(graph):
        if node.op_type != "ConvTranspose":
            continue
        for attribute in node.attribute:
            if attribute.name != "pads" or min(attribute.ints) >= 0:
                continue
            pads = list(attribute.ints)
            ndim = len(pads) // 2
            added = [0] * ndim
            for axis in range(ndim):
                added[axis] = max(-pads[axis] - pads[axis + ndim], 0)
                if added[axis]:
                    pads[axis] = pads[axis + ndim] = 0
            attribute.ints[:] = pads
            node.attribute.append(
                onnx.helper.make_attribute("output_padding", added)
            )
            break


def _mend_dilated(graph, onnx):
    """Says how much is added around the inputs of dilated convolutions.

    ONNX Runtime does not find that out by itself where windows have gaps.
    """
    for node in _nodes(graph):
        settings = {x.name: x for x in node.attribute}
        dilations = _integers(settings, "dilations")
        if (
            node.op_type != "Conv"
            or max(dilations, default=1) == 1
            or max(_integers(settings, "strides"), default=1) > 1
            or "auto_pad" not in settings
            or not settings["auto_pad"].s.startswith(b"SAME")
        ):
            continue
        sizes = _integers(settings, "kernel_shape")
        added = [rate * (size - 1) for rate, size in zip(dilations, sizes)]
        before = [count // 2 for count in added]
        after = [count - half for count, half in zip(added, before)]
        node.attribute.remove(settings["auto_pad"])
        if "pads" in settings:
            node.attribute.remove(settings["pads"])
        node.attribute.append(
            onnx.helper.make_attribute("pads", before + after)
        )


def _integers(settings, name):
    return list(settings[name].ints) if name in settings else []


# The file


def _check(model, converted, opset, onnx):
    """Raises if what tf2onnx made is no valid model.

    It leaves operations that it does not know as they are in TensorFlow, and
    takes some that ONNX has for fewer dtypes.
    """
    unknown = [
        node
        for node in _nodes(converted.graph)
        if node.domain in ("", "ai.onnx")
        and not onnx.defs.has(node.op_type, opset, "")
    ]
    if unknown:
        raise format_limits.unsupported(
            model,
            FORMAT,
            [node.op_type for node in unknown],
            [node.name for node in unknown],
        )
    try:
        onnx.shape_inference.infer_shapes(
            converted, check_type=True, strict_mode=True
        )
    except onnx.shape_inference.InferenceError as error:
        message = str(error)
        raise format_limits.unsupported(
            model,
            FORMAT,
            re.findall(r"op_type: ?(\w+)", message),
            re.findall(r"node name: ([^)]+)\)", message),
            f"ONNX says: {message}",
        ) from error


def _nodes(graph):
    """Yields the nodes of a graph and of the graphs of its loops."""
    for node in graph.node:
        yield node
        for inner in _inner_graphs(node):
            yield from _nodes(inner)


def _inner_graphs(node):
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _set_inputs(graph, argument_names):
    """Gives the inputs of a graph their names and order, and drops all others.

    Arguments:
        graph: `onnx.GraphProto`.
        argument_names: Dict of the names of inputs to those in the graph.
    """
    names = {argument: name for name, argument in argument_names.items()}
    inputs = {value.name: value for value in graph.input}
    # What is left of tables goes, too.
    del graph.input[:]
    for name in [name for name in names if name in inputs]:
        graph.input.append(inputs[name])
        graph.input[-1].name = names[name]
    for node in _nodes(graph):
        for index, name in enumerate(node.input):
            node.input[index] = names.get(name, name)


def _order_outputs(graph, names):
    """Brings the outputs of a graph into the order of the model's."""
    outputs = {value.name: value for value in graph.output}
    if set(outputs) == set(names):
        del graph.output[:]
        graph.output.extend(outputs[name] for name in names)
