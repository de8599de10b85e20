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
"""What happens where XLA can't compile a step."""

import re
import warnings

import tensorflow as tf

from tfk.engine import op_errors
from tfk.utils import caller

# How TensorFlow says which node of a graph is in the way, and why.
_NO_KERNEL = re.compile(
    r"(?P<op>\w+) \(No registered '\w+' OpKernel for (?P<device>\w+) devices "
    r"compatible with node \{\{node (?P<node>[^}]+)\}\}"
    r"(\s+\(OpKernel was found, but attributes didn't match\) "
    r"Requested Attributes: (?P<attributes>[^\n]*?)\)\{\{)?"
)
_NOT_CONSTANT = re.compile(
    r"node `?(?P<node>[^`\s]+)`? with op `?(?P<op>\w+)`? must be a "
    r"compile-time constant"
)
# Lines before the message proper.
_PREAMBLE = ("Graph execution error", "Detected at node", "<stack", "File ")


def check_jit_compile(jit_compile):
    """Raises a `ValueError` for what `compile` does not take.

    Arguments:
        jit_compile: Boolean, None or `"auto"`.
    """
    if jit_compile not in (None, False, True, "auto"):
        raise ValueError(
            "`jit_compile` must be True, False, None or 'auto'. Received: "
            f"jit_compile={jit_compile!r}."
        )


def first_call(attempt, jit_compile, model):
    """Runs a step for the first time, with XLA where it is asked for.

    No list of operations tells what XLA can compile: that depends on dtypes,
    shapes and on what is known of them when the graph is made. So a step is
    tried on its data. XLA compiles all of a step before any of it runs, and
    where it fails nothing was changed.

    Arguments:
        attempt: Function of a boolean, whether XLA compiles the step, that
            runs it.
        jit_compile: Boolean, or `"auto"` to go without XLA where it fails.
        model: The model, for messages.

    Returns:
        What `attempt` returned, and whether XLA compiles the step.
    """
    if not jit_compile:
        return attempt(False), False
    try:
        return attempt(True), True
    except tf.errors.OpError as error:
        if jit_compile != "auto":
            _explain(error, model)
            raise
        refusal = error
    # An error of the data comes again, here.
    result = attempt(False)
    _tell(refusal, model)
    return result, False


def _explain(error, model):
    """Adds to TensorFlow's error what stands in the way and what to do."""
    if "XLA" not in error.message:
        return
    error.add_note(
        f"XLA can't compile a step of model '{model.name}': "
        f"{_reason(error.message, model)} Received: jit_compile=True. Compile "
        "the model with jit_compile='auto', which does without XLA where it "
        "must, or without `jit_compile`."
    )


def _tell(error, model):
    """Warns of what stands in the way, once after each `compile`."""
    reason = _reason(error.message, model)
    if reason in model._refused_by_xla:
        return
    model._refused_by_xla.add(reason)
    warnings.warn(
        f"XLA can't compile a step of model '{model.name}', which runs without "
        f"it: {reason} Received: jit_compile='auto'. Change that, or compile "
        "the model without `jit_compile`.",
        stacklevel=caller.stacklevel(),
    )


def _reason(message, model):
    """Says in a sentence which operation of which layer XLA can't compile."""
    found = _NO_KERNEL.search(message)
    if found is not None:
        why = f"has no kernel for {found['device']}"
        if found["attributes"]:
            why += f" with {found['attributes']}"
    else:
        found = _NOT_CONSTANT.search(message)
        why = "needs a value that is known before the step runs"
    if found is None:
        return _first_sentence(message)
    node, op = found["node"], found["op"]
    if op == "_Arg":
        return f"the step's input '{node}' {why}."
    layer = op_errors.layer_of(node, model)
    place = "" if layer is None else f" in layer '{layer}'"
    return f"operation {op}{place} (node '{node}') {why}."


def _first_sentence(message):
    """Returns what comes after the list of where an error was detected."""
    lines = [
        line
        for line in map(str.strip, message.splitlines())
        if line and not line.startswith(_PREAMBLE)
    ]
    return (lines or [message])[0]
