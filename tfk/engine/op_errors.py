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
"""TensorFlow's own errors, told so that a user sees what is wrong and where.

TensorFlow begins with the names of functions, or with a page of the calls
that once drew the graph; here the reason comes first, then the layer's inputs
and what to do. The class of the error stays.
"""

import os
import re

import tensorflow as tf

from tfk.utils import tf_internal

# The prefix of an eager op, and what TensorFlow writes after the reason.
_PREFIX = re.compile(r"^\{\{function_node [^}]*\}\} ?")
_NODE = re.compile(r"\[\[\{\{node (?P<node>[^}]+)\}\}\]\]")
# Where it names the op that failed, and the ones that called it.
_OPS = re.compile(r"^\t \[\[.*\]\](\s*\[Op:[^\]]*\])?\s*$")
_READS = re.compile(
    r"\[\[(\{\{node )?[^\]}]*IteratorGetNext(FromShard)?(_\d+)?(\}\})?\]\]"
)
# What it writes where an op failed on several devices.
_COUNTS = re.compile(
    r"^\d+ (root error\(s\) found|successful operations|"
    r"derived errors? ignored)\."
)
_FIRST, _SECOND = (
    re.compile(rf"^\s+\({i}\) [A-Z_]+:\s+", re.M) for i in range(2)
)
# The scope that `CompiledLoss` puts around a loss.
_LOSS = re.compile(r"(^|/)loss_of_(?P<output>[^/]+)/")
_TAIL = re.compile(r"\s*\[Op:[^\]]*\]( name:.*)?\s*$")
_FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+), in ')
_USER_CODE = re.compile(r"^    (?P<kind>[\w.]+): (?P<reason>.*)", re.S)
# A tensor of another kind, where TensorFlow wants a dense one.
_NOT_DENSE = re.compile(
    r"(convert (a value \(|elements of )[^(]{0,20}|object of type '"
    r"|operand type.*'|^')(?P<kind>Sparse|Ragged)Tensor"
)
_FOR_KIND = {
    "Sparse": "Convert it with `tf.sparse.to_dense`, or give it to a layer "
    "that takes sparse tensors, such as `Dense` or `Embedding`.",
    "Ragged": "Convert it with its method `to_tensor`, or give it to a layer "
    "that takes ragged tensors, such as a recurrent layer.",
}
_MAX_LINES = 24

_STANDARD_LIBRARY = os.path.dirname(os.__file__)
_NOT_THE_USERS = (
    os.path.dirname(tf.__file__),
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
)

# What commonly goes wrong inside of TensorFlow's kernels, and what to do.
_REMEDIES = (
    (
        r"label value of .* outside the valid range",
        "Labels are class numbers from 0 to the number of classes less one. "
        "Mend the labels, or give the last layer as many units as classes.",
    ),
    (
        r"indices.* is not in \[",
        "An index lies beyond its table. Raise the `input_dim` above the "
        "largest token if that is an `Embedding`, or mend the data.",
    ),
    (
        r"only supports singleton tf.Variables|Tensor-typed variable init",
        "Make variables once, in `__init__` or `build`, as by "
        "`self.add_weight(...)`, and only use them in `call`.",
    ),
    (
        r"EnsureShape|not compatible with expected shape",
        "Every batch must have the shape that the model was built for, "
        "except for the number of rows. Mend the data.",
    ),
    (
        r"Matrix size-incompatible|must be equal, but are|[Ii]ncompatible sha",
        "Compare the shapes in `call` with those of the inputs.",
    ),
    (
        r"[Cc]annot batch tensors with different shapes",
        "Bring the examples to one shape before `dataset.batch`, or use "
        "`dataset.padded_batch`.",
    ),
    (
        r"Cast string to|could not correctly convert string",
        "Turn strings into numbers first, for instance by "
        "`tfk.layers.StringLookup`.",
    ),
    (
        r"OOM when allocating",
        "The memory does not suffice: use a smaller `batch_size` or model.",
    ),
)
_OTHER_REMEDY = "To find the line, compile the model with `run_eagerly=True`."
_REMEDY_FOR_DATA = (
    "To find the mistake, read the data alone: `for batch in dataset: ...`."
)


def explain_step(error, model):
    """Rewrites what a compiled step of a model raised.

    Arguments:
        error: `tf.errors.OpError`.
        model: The model.
    """
    message = error.message
    is_end_of_data = isinstance(error, tf.errors.OutOfRangeError)
    if is_end_of_data or not message.startswith("Graph execution error"):
        return
    found = _NODE.search(message)
    node = found["node"] if found else ""
    reason, rest = _split(message)
    remedy = remedy_for(message)
    if _READS.search(message):
        place = "the data"
        remedy = _REMEDY_FOR_DATA if remedy is _OTHER_REMEDY else remedy
    else:
        place = _place_of(node, model)
    at = f" (node '{node}')" if node else ""
    lines = [f"In {place}: {reason}{at}", remedy, *rest]
    frames = _user_frames(message)
    if frames:
        lines += ["Called from:", *frames]
    tf_internal.set_message(error, "\n".join(lines[:_MAX_LINES]))


def explain_call(error, layer_name):
    """Rewrites what a layer's call raised, where TensorFlow wrote it.

    Arguments:
        error: The exception.
        layer_name: String.
    """
    if isinstance(error, tf.errors.OpError):
        if _PREFIX.match(error.message):
            reason = _TAIL.sub("", _PREFIX.sub("", error.message))
            lines = f"In layer '{layer_name}': {reason}".splitlines()
            lines.insert(1, remedy_for(error.message))
            tf_internal.set_message(error, "\n".join(lines[:_MAX_LINES]))
        return
    if len(error.args) != 1 or not isinstance(error.args[0], str):
        return
    message = error.args[0]
    if message.startswith("in user code:"):
        error.args = (_reason_first(message, layer_name),)
    elif found := _NOT_DENSE.search(message):
        kind = found["kind"]
        error.args = (
            f"In layer '{layer_name}': a dense tensor is needed. Received: a "
            f"{kind}Tensor. {_FOR_KIND[kind]}",
        )


def remedy_for(message):
    """Returns what to do about a message of TensorFlow's.

    Arguments:
        message: String.
    """
    # What users assert is in their own words.
    known = () if "assertion failed:" in message else _REMEDIES
    for pattern, remedy in known:
        if re.search(pattern, message):
            return remedy
    return _OTHER_REMEDY


def layer_of(node, model):
    """Returns the name of the innermost layer whose scope holds a node.

    Arguments:
        node: String: the name of the node.
        model: The model, whose own name does not count.
    """
    names = {layer.name for layer in model._flatten_layers()} - {model.name}
    inside = [part for part in node.split("/") if part in names]
    return inside[-1] if inside else None


def _place_of(node, model):
    layer, loss = layer_of(node, model), _LOSS.search(node)
    if loss is not None:
        return f"the loss of output '{loss['output']}'"
    if layer is not None:
        return f"layer '{layer}'"
    return f"a step of model '{model.name}'"


def _split(message):
    """Returns the reason, and the lines after it, without TensorFlow's own."""
    # A Python function's own traceback is told by its lines, below.
    text = message.split("Traceback (most recent call last)")[0]
    text = _FIRST.sub("", _SECOND.split(text)[0])
    lines = [
        line
        for line in text.splitlines()[1:]
        if line.strip()
        and not line.startswith(("Detected at", "<stack"))
        and not _COUNTS.match(line)
        and not _FRAME.match(line)
        and not _OPS.match(line)
    ]
    lines = lines or ["an operation failed."]
    return _TAIL.sub("", lines[0]).strip(), lines[1:]


def _user_frames(message):
    """Returns the last lines of the user's own that led to the operation."""
    frames = []
    for line in message.splitlines():
        found = _FRAME.match(line)
        if found and _is_users(found["path"]):
            frames.append(line.rstrip())
    return list(dict.fromkeys(frames))[-4:]


def _is_users(path):
    is_standard = path.startswith(_STANDARD_LIBRARY)
    return not path.startswith(_NOT_THE_USERS) and (
        not is_standard or "-packages" in path
    )


def _reason_first(message, layer_name):
    """Puts the reason of AutoGraph's message before the lines of code."""
    lines = message.splitlines()
    start = None
    for index, line in enumerate(lines):
        if _USER_CODE.match(line) and not _FRAME.match(line):
            start = index
    if start is None:
        return message
    head = _USER_CODE.match(lines[start])["reason"]
    rest = [line[4:] for line in lines[start + 1 :] if line.strip()]
    code = [line[4:] for line in lines[1:start] if line.strip()]
    text = [f"In layer '{layer_name}': {head}", *rest]
    remedy = remedy_for(message)
    if remedy is not _OTHER_REMEDY:
        text.insert(1, remedy)
    return "\n".join([*text, "In the user's code:", *code])
