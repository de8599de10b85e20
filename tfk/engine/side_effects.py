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
"""Finds calls that do more than to give outputs that follow from inputs.

They draw random numbers, change variables, or add losses or metrics. In a
pipeline, which runs ahead on many threads, they would not give what they give
in the step, and nobody would hear of the losses.
"""

import inspect

from tfk.engine import call_context
from tfk.engine import element_stream
from tfk.engine import symbolic
from tfk.engine.op_layer import OpLayer
from tfk.utils import naming
from tfk.utils import tf_internal

_STATE_CHANGING_OPS = frozenset(
    "ResourceStridedSliceAssign ResourceCountUpTo "
    "AssignVariableOp AssignAddVariableOp AssignSubVariableOp Multinomial "
    "RngReadAndSkip RngSkip StatefulStandardNormal StatefulStandardNormalV2 "
    "StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt "
    "StatefulUniformInt StatefulRandomBinomial TruncatedNormal "
    "ParameterizedTruncatedNormal SampleDistortedBoundingBox "
    "SampleDistortedBoundingBoxV2".split()
)

# What the names of others begin with.
_STATE_CHANGING_KINDS = (
    "ResourceScatter",
    "LookupTableInsert",
    "LookupTableRemove",
)


def has_any(node):
    """Whether a recorded call does more than to give outputs.

    That is: it draws random numbers, changes variables, or adds losses or
    metrics. Draws of an `ElementStream` are none: they can be foreseen.

    Arguments:
        node: A node of a `Graph`.
    """
    if not any(map(_may_have_any, node.layer._flatten_layers())):
        return False
    graph = tf_internal.scratch_graph("scratch")
    with call_context.recording(training=True) as context:
        with element_stream.counted(), graph.as_default():
            made = {id(x): symbolic.placeholder(x) for x in node.inputs}
            args, kwargs = (
                symbolic.replace(structure, lambda x: made[id(x)])
                for structure in (node.args, node.kwargs)
            )
            node.layer(*args, **kwargs)
    if context.adds_values:
        return True
    definition = graph.as_graph_def()
    functions = (f.node_def for f in definition.library.function)
    return any(
        _changes_state(op.op)
        for ops in (definition.node, *functions)
        for op in ops
    )


def _changes_state(op):
    is_random = op.startswith("Random") and op != "RandomDataset"
    is_change = op.startswith(_STATE_CHANGING_KINDS)
    return is_random or is_change or op in _STATE_CHANGING_OPS


def _may_have_any(layer):
    """Whether a layer runs code that has to be looked at."""
    if isinstance(layer, OpLayer):
        name = layer.function or "random"
        return "random" in name or "dropout" in name
    if not naming.is_own_module(type(layer).__module__):
        return True
    if layer._activity_regularizer is not None:
        return True
    return any(
        inspect.isfunction(value)
        and not naming.is_own_module(value.__module__ or "")
        for value in vars(layer).values()
    )
