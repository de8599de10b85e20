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
"""Traces of functions of a batch, for what they give or to call them."""

import tensorflow as tf

from tfk.engine import batch_specs
from tfk.engine import call_context
from tfk.engine import symbolic
from tfk.utils import tf_internal


def placeholders(spec):
    """Makes placeholders for a structure of specs, the batch axis open."""
    return tf.nest.map_structure(
        lambda s: symbolic.placeholder(
            symbolic.KerasTensor(batch_specs.open_spec(s))
        ),
        spec,
    )


def trace_outputs(function, spec):
    """Finds out what a function gives on a spec, leaving nothing behind.

    Arguments:
        function: Function of a structure of tensors. Variables that it makes
            stay.
        spec: Structure of `tf.TypeSpec`.

    Returns:
        The structure of outputs, as symbolic tensors.
    """
    with call_context.recording():
        with tf_internal.scratch_graph("scratch").as_default():
            outputs = function(placeholders(spec))
    return tf.nest.map_structure(symbolic.from_output, outputs)


def trace_flat(function, data, specs, jit_compile=False):
    """Traces a function of a structure of tensors.

    Arguments:
        function: The function.
        data: The structure, in which None stands for nothing.
        specs: List of the `tf.TypeSpec` of what else is in it.
        jit_compile: Boolean: whether XLA compiles it.

    Returns:
        A concrete function of the tensors, without the structure.
    """
    template = tf.nest.map_structure(lambda x: x is not None, data)

    def run(*flat):
        values = iter(flat)
        return function(
            tf.nest.map_structure(
                lambda is_there: next(values) if is_there else None, template
            )
        )

    return tf.function(
        run, autograph=False, jit_compile=jit_compile or None
    ).get_concrete_function(*specs)
