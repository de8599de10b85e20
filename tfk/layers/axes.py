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
"""The `axis` argument of normalization layers."""

import tensorflow as tf


def check(axis, layer_name):
    """Returns an `axis` argument as an integer or a list of integers.

    Arguments:
        axis: Integer, or a list or tuple of integers.
        layer_name: String: the layer's name, for the message.

    Raises:
        TypeError: If it is something else.
    """
    if isinstance(axis, (list, tuple)):
        if axis and all(isinstance(item, int) for item in axis):
            return list(axis)
    elif isinstance(axis, int):
        return axis
    raise TypeError(
        f"`axis` of layer '{layer_name}' must be an integer or a list of "
        f"integers. Received: axis={axis!r}."
    )


def resolve(axis, input_shape, layer_name):
    """Returns the axes counted from the end, with their sizes.

    Axes counted from the end stay right where leading axes are merged, as in
    the flat values of a ragged tensor.

    Arguments:
        axis: Integer or list of integers.
        input_shape: `tf.TensorShape` of the inputs.
        layer_name: String: the layer's name, for the message.

    Returns:
        A dict of negative integers to sizes, in the order of `axis`.

    Raises:
        ValueError: If an axis lies outside of the shape, is named twice or
            has no known size.
    """
    shape = tf.TensorShape(input_shape)
    axis = list(axis) if isinstance(axis, list) else axis
    found = {}
    for item in negative(axis, shape, layer_name):
        if shape[item] is None:
            raise ValueError(
                f"The input of layer '{layer_name}' must have a known size "
                f"along `axis`. Received: axis={axis!r}, input_shape={shape}."
            )
        found[item] = shape[item]
    return found


def negative(axis, input_shape, layer_name):
    """Returns the axes counted from the end.

    Arguments:
        axis: Integer or list of integers.
        input_shape: `tf.TensorShape` of the inputs.
        layer_name: String: the layer's name, for the message.

    Returns:
        A list of negative integers, in the order of `axis`.

    Raises:
        ValueError: If an axis lies outside of the shape or is named twice.
    """
    shape = tf.TensorShape(input_shape)
    # Lists that layers keep print as what TensorFlow tracks them with.
    axis = list(axis) if isinstance(axis, list) else axis
    received = f"Received: axis={axis!r}, input_shape={shape}."
    if shape.rank is None:
        raise ValueError(
            f"Layer '{layer_name}' needs to know the rank of its input. "
            f"{received}"
        )
    found = []
    for item in axis if isinstance(axis, list) else [axis]:
        if not -shape.rank <= item < shape.rank:
            raise ValueError(
                f"`axis` of layer '{layer_name}' lies outside of the input's "
                f"{shape.rank} axes. {received}"
            )
        found.append(item - shape.rank if item >= 0 else item)
        if len(set(found)) < len(found):
            raise ValueError(
                f"`axis` of layer '{layer_name}' names an axis twice. "
                f"{received}"
            )
    return found


def require_dense_axes(axes, inputs, layer_name):
    """Raises if an axis of a ragged tensor has rows of different lengths.

    Arguments:
        axes: Negative integers.
        inputs: `tf.RaggedTensor`.
        layer_name: String: the layer's name, for the message.

    Raises:
        ValueError: Naming the layer and the axes.
    """
    first_dense = inputs.ragged_rank + 1 - inputs.shape.rank
    if min(axes) < first_dense:
        raise ValueError(
            f"Layer '{layer_name}' can't normalise a ragged tensor along its "
            f"ragged axes. Received: axis={sorted(axes)}, counted from the "
            f"end, and inputs of shape {inputs.shape} with ragged_rank="
            f"{inputs.ragged_rank}. Convert them with `inputs.to_tensor()`."
        )
