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
"""Nested structures of tensors: paths, names, specs."""

import tensorflow as tf


def paths(structure):
    """Returns the path of each leaf ("a/0") in the order of `tf.nest.flatten`.

    Example:

    >>> from tfk.utils import structure
    >>> structure.paths({"b": [1, 2], "a": 3})
    ['a', 'b/0', 'b/1']
    """

    def walk(node, prefix):
        if isinstance(node, dict):
            for key in sorted(node):
                yield from walk(node[key], prefix + (str(key),))
        elif isinstance(node, (list, tuple)):
            names = getattr(node, "_fields", range(len(node)))
            for name, child in zip(names, node):
                yield from walk(child, prefix + (str(name),))
        else:
            yield "/".join(prefix)

    return list(walk(structure, ()))


def spec_of(tensor):
    """Returns the `tf.TypeSpec` of a tensor, composite tensor or array."""
    spec = getattr(tensor, "type_spec", None)
    return spec if spec is not None else tf.type_spec_from_value(tensor)


def describe(value):
    """Says in a few words what a value is, for error messages."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        dtype = getattr(value.dtype, "name", value.dtype)
        return f"{type(value).__name__}(shape={value.shape}, dtype={dtype})"
    if isinstance(value, dict):
        inside = ", ".join(f"{k!r}: {describe(v)}" for k, v in value.items())
        return "{" + inside + "}"
    if isinstance(value, (list, tuple)) and len(value) <= 8:
        return "[" + ", ".join(describe(v) for v in value) + "]"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def is_shape(value):
    """Whether a value is one shape, not a structure of shapes."""
    if isinstance(value, tf.TensorShape):
        return True
    return isinstance(value, (list, tuple)) and all(
        d is None or isinstance(d, int) for d in value
    )


def map_shapes(function, shapes):
    """Applies a function to each shape of a nested structure of shapes."""
    if shapes is None or is_shape(shapes):
        return function(shapes)
    if isinstance(shapes, dict):
        return {k: map_shapes(function, v) for k, v in shapes.items()}
    if hasattr(shapes, "_fields"):
        return type(shapes)(*(map_shapes(function, s) for s in shapes))
    # Lists that were kept as attributes are of a type of TensorFlow's.
    mapped = [map_shapes(function, s) for s in shapes]
    return tuple(mapped) if isinstance(shapes, tuple) else mapped


def first_shape(shapes):
    """Returns the first shape of a nested structure of shapes."""
    while not is_shape(shapes):
        shapes = shapes[min(shapes)] if isinstance(shapes, dict) else shapes[0]
    return shapes
