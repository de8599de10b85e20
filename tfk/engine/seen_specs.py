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
"""What a model without a graph takes: what is common to all its calls."""

import tensorflow as tf

_MODES = ("training", "mask")


def widened(specs, first, others):
    """Returns specs that one more call fits.

    Arguments:
        specs: None, or a pair of the specs of the first argument, and of a dict
            of the others that are tensors.
        first: Tensor or structure of tensors: the first argument of the call.
        others: Dict of the other arguments.

    Returns:
        Such a pair. A call of another kind (structure, dtype or rank) changes
        nothing.
    """
    others = {
        name: value
        for name, value in others.items()
        if name not in _MODES and _are_tensors(value)
    }
    if not _are_tensors(first):
        return specs
    try:
        new = tf.nest.map_structure(tf.type_spec_from_value, (first, others))
    except TypeError:
        return specs  # Inputs of a kind that no SavedModel takes.
    return new if specs is None else joined(specs, new)


def joined(specs, new):
    """Returns specs in which the sizes that differ are open.

    Arguments:
        specs: Pair, as `widened` returns it. It tells which arguments count.
        new: Another one.
    """
    others = {name: new[1].get(name, spec) for name, spec in specs[1].items()}
    new = (new[0], others)
    try:
        tf.nest.assert_same_structure(specs, new)
    except (TypeError, ValueError):
        return specs
    return tf.nest.map_structure(_join, specs, new)


def _join(spec, other):
    if spec == other:
        return spec
    wide = spec.most_specific_common_supertype([other])
    return wide if wide is not None and _rank(wide) == _rank(spec) else spec


def _rank(spec):
    shape = getattr(spec, "shape", None)
    return None if shape is None else shape.rank


def uncast(specs, dtype):
    """Returns specs before a model casts its inputs to 16 bits.

    Arguments:
        specs: Structure of `tf.TypeSpec`.
        dtype: The dtype that floating inputs are cast to, or None.
    """
    if dtype is None or tf.as_dtype(dtype).size >= 4:
        return specs

    def wide(spec):
        if type(spec) is not tf.TensorSpec or spec.dtype != dtype:
            return spec
        return tf.TensorSpec(spec.shape, tf.float32)

    return tf.nest.map_structure(wide, specs)


def _are_tensors(value):
    flat = tf.nest.flatten(value)
    return bool(flat) and all(
        tf.is_tensor(x) or hasattr(x, "__array__") for x in flat
    )
