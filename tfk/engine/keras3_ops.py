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
"""Ops of Keras 3 on symbolic tensors, as functions of TensorFlow.

In the files of Keras 3 an op is a layer of a class of its own, with what is no
tensor in its config.
"""

_MODULE = "keras.src.ops."
# Ops of tensors alone.
_PLAIN = {
    "GetItem": "__operators__.getitem",
    "LogSigmoid": "math.log_sigmoid",
    "Matmul": "linalg.matmul",
    "Relu": "nn.relu",
    "Relu6": "nn.relu6",
    "Selu": "nn.selu",
    "Silu": "nn.silu",
    "Softsign": "nn.softsign",
    "Where": "where",
}
# Functions of `tf.math`: their names are these in small letters, where none is
# given.
_ELEMENTWISE = {
    **dict.fromkeys(
        "Abs Add Ceil Cos Cosh Divide Equal Erf Erfinv Exp Expm1 Floor Greater "
        "Less Log Log1p Maximum Minimum Multiply Negative Reciprocal Rsqrt "
        "Sigmoid Sign Sin Sinh Softplus Sqrt Square Subtract Tan Tanh".split()
    ),
    "Absolute": "abs",
    "Arccos": "acos",
    "Arccosh": "acosh",
    "Arcsin": "asin",
    "Arcsinh": "asinh",
    "Arctan": "atan",
    "Arctan2": "atan2",
    "Arctanh": "atanh",
    "Divide": "truediv",
    "DivideNoNan": "divide_no_nan",
    "FloorDivide": "floordiv",
    "GreaterEqual": "greater_equal",
    "Isfinite": "is_finite",
    "Isinf": "is_inf",
    "Isnan": "is_nan",
    "LessEqual": "less_equal",
    "LogicalAnd": "logical_and",
    "LogicalNot": "logical_not",
    "LogicalOr": "logical_or",
    "LogicalXor": "logical_xor",
    "Mod": "floormod",
    "NotEqual": "not_equal",
    "Power": "pow",
    "TrueDivide": "truediv",
}
# With arguments, and what TensorFlow calls these.
_WITH_ARGUMENTS = {
    "Argsort": ("argsort", {"axis": "axis"}),
    "BroadcastTo": ("broadcast_to", {"shape": "shape"}),
    "Cast": ("cast", {"dtype": "dtype"}),
    "Clip": (
        "clip_by_value",
        {"x_min": "clip_value_min", "x_max": "clip_value_max"},
    ),
    "Concatenate": ("concat", {"axis": "axis"}),
    "Copy": ("identity", {}),
    "Cumprod": ("math.cumprod", {"axis": "axis"}),
    "Cumsum": ("math.cumsum", {"axis": "axis"}),
    "ExpandDims": ("expand_dims", {"axis": "axis"}),
    "Flip": ("reverse", {"axis": "axis"}),
    "Gelu": ("nn.gelu", {"approximate": "approximate"}),
    "LeakyRelu": ("nn.leaky_relu", {"negative_slope": "alpha"}),
    "LogSoftmax": ("nn.log_softmax", {"axis": "axis"}),
    "Moments": ("nn.moments", {"axes": "axes", "keepdims": "keepdims"}),
    "Norm": (
        "linalg.norm",
        {"ord": "ord", "axis": "axis", "keepdims": "keepdims"},
    ),
    "OneHot": (
        "one_hot",
        {"num_classes": "depth", "axis": "axis", "dtype": "dtype"},
    ),
    "OnesLike": ("ones_like", {"dtype": "dtype"}),
    "Pad": ("pad", {"pad_width": "paddings", "mode": "mode"}),
    "Repeat": ("repeat", {"repeats": "repeats", "axis": "axis"}),
    "Reshape": ("reshape", {"newshape": "shape"}),
    "Roll": ("roll", {"shift": "shift", "axis": "axis"}),
    "Round": ("math.round", {}),
    "Softmax": ("nn.softmax", {"axis": "axis"}),
    "Sort": ("sort", {"axis": "axis"}),
    "Split": (
        "split",
        {"indices_or_sections": "num_or_size_splits", "axis": "axis"},
    ),
    "Squeeze": ("squeeze", {"axis": "axis"}),
    "Stack": ("stack", {"axis": "axis"}),
    "StopGradient": ("stop_gradient", {}),
    "Take": ("gather", {"axis": "axis"}),
    "Tensordot": ("tensordot", {"axes": "axes"}),
    "Tile": ("tile", {"repeats": "multiples"}),
    "TopK": ("math.top_k", {"k": "k", "sorted": "sorted"}),
    "Transpose": ("transpose", {"axes": "perm"}),
    "Unstack": ("unstack", {"num": "num", "axis": "axis"}),
    "ZerosLike": ("zeros_like", {"dtype": "dtype"}),
    **{
        name: (
            f"math.reduce_{function}",
            {"axis": "axis", "keepdims": "keepdims"},
        )
        for name, function in {
            "All": "all",
            "Amax": "max",
            "Amin": "min",
            "Any": "any",
            "Logsumexp": "logsumexp",
            "Max": "max",
            "Mean": "mean",
            "Min": "min",
            "Prod": "prod",
            "Std": "std",
            "Sum": "sum",
            "Var": "variance",
        }.items()
    },
}
# Without it, Keras 3 goes through all numbers of a tensor in a row.
_NEEDED = {
    **dict.fromkeys(("Argsort", "Cumprod", "Cumsum", "Sort"), "axis"),
    **dict.fromkeys(("Flip", "Roll", "Take"), "axis"),
    "Clip": "x_min",
}
# What says nothing new.
_DEFAULTS = {"decimals": 0, "sparse": False, "synchronized": False}
_OF_LAYERS = "trainable"
_EINSUM, _ELU = "Einsum", "Elu"
_KNOWN = frozenset({*_PLAIN, *_ELEMENTWISE, *_WITH_ARGUMENTS, _EINSUM, _ELU})


def is_op(entry):
    """Whether the entry of a layer is that of an op.

    In HDF5 files, which have no modules, ops lack what all layers have.

    Arguments:
        entry: Dict from the config of a model of Keras 3.
    """
    module = entry.get("module")
    if module is not None:
        return str(module).startswith(_MODULE)
    config = entry.get("config")
    return (
        isinstance(config, dict)
        and _OF_LAYERS not in config
        and entry.get("class_name") in _KNOWN
    )


def to_tensorflow(entry):
    """Returns the entry of a layer that runs the same in TensorFlow.

    Arguments:
        entry: Dict for which `is_op` is true.

    Raises:
        ValueError: If the op, or one of its arguments, has no equal there.
    """
    kind, config = entry.get("class_name"), dict(entry.get("config") or {})
    nodes = entry.get("inbound_nodes") or []
    name = entry.get("name") or config.get("name")
    given = {
        key: value
        for key, value in config.items()
        if key != "name"
        and value is not None
        and not (key in _DEFAULTS and value == _DEFAULTS[key])
    }
    if kind == _EINSUM:
        function = "einsum"
        nodes = [_with_first(node, given.get("subscripts")) for node in nodes]
    else:
        function, arguments = _function(kind, given)
        nodes = [_with_arguments(node, arguments) for node in nodes]
    if function is None:
        raise ValueError(
            f"The file names the op `{kind}` of Keras 3, which can't be read. "
            f"Received: config={config!r}. Write the model with a layer in its "
            "place."
        )
    return {
        "class_name": "TFOpLambda",
        "config": {"name": name, "function": function},
        "name": name,
        "inbound_nodes": nodes,
    }


def _function(kind, given):
    """Returns the function of TensorFlow and its arguments, or None."""
    names = {}
    if kind in _PLAIN:
        function = _PLAIN[kind]
    elif kind in _ELEMENTWISE:
        function = f"math.{_ELEMENTWISE[kind] or kind.lower()}"
    elif kind == _ELU and given.pop("alpha", 1.0) == 1.0:
        function = "nn.elu"
    elif kind in _WITH_ARGUMENTS:
        function, names = _WITH_ARGUMENTS[kind]
    else:
        return None, {}
    if _others(given, names) or _NEEDED.get(kind, "") not in ("", *given):
        return None, {}
    arguments = {names[key]: given[key] for key in names if key in given}
    if kind == "Flip" and not isinstance(given["axis"], (list, tuple)):
        arguments["axis"] = [given["axis"]]
    if kind == "Split" and not isinstance(given["indices_or_sections"], int):
        return None, {}  # Places to split at, which depend on the sizes.
    return function, arguments


def _others(given, names):
    """Whether arguments were given that are not among some names."""
    return any(
        key not in names
        for key, value in given.items()
        # The policy of an op is a dict.
        if not (key == "dtype" and isinstance(value, dict))
    )


def _with_arguments(node, arguments):
    if not isinstance(node, dict) or not isinstance(node.get("kwargs"), dict):
        return node
    kwargs = {k: v for k, v in node["kwargs"].items() if v is not None}
    return {**node, "kwargs": {**kwargs, **arguments}}


def _with_first(node, value):
    if not isinstance(node, dict) or not isinstance(node.get("args"), list):
        return node
    return {**node, "args": [value, *node["args"]]}
