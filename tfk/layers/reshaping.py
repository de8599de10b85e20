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
"""Layers that change the shape of their inputs, and no value."""

import math

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import elementwise
from tfk.saving import registry
from tfk.utils import checks
from tfk.utils import conv_shapes


class Flatten(Layer):
    """Makes one vector of each example.

    Arguments:
        data_format: String: `"channels_last"`, or `"channels_first"` for
            inputs whose axis 1 holds the channels; they are put last first.
            Defaults to `image_data_format` of the configuration.

    Input shape:
        `(batch_size, ...)`, dense or ragged.

    Output shape:
        `(batch_size, n)`, where `n` is the product of the other sizes.

    Example:

    >>> tfk.layers.Flatten()(tf.ones((2, 3, 4))).shape
    TensorShape([2, 12])
    """

    _shape_says_all = True

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = conv_shapes.normalize_data_format(
            data_format, self.name
        )
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs):
        """Flattens the inputs."""
        if isinstance(inputs, tf.RaggedTensor):
            return self._of_ragged(inputs)
        if isinstance(inputs, tf.SparseTensor):
            elementwise.refuse(self, inputs, "dense and ragged")
        rank = inputs.shape.rank
        if rank is not None and rank > 2:
            if self.data_format == "channels_first":
                inputs = tf.transpose(inputs, [0, *range(2, rank), 1])
        return flatten(inputs)

    def _of_ragged(self, inputs):
        if self.data_format == "channels_first":
            raise TypeError(
                f"Layer '{self.name}' (of type Flatten) flattens ragged "
                "tensors only with data_format='channels_last'. Received: "
                f"inputs of shape {inputs.shape}."
            )
        if inputs.shape.rank == 2:
            return inputs
        return inputs.merge_dims(1, -1)

    def compute_output_shape(self, input_shape):
        return _flat_shape(tf.TensorShape(input_shape))


def flatten(x):
    """Joins all axes after the first one.

    Arguments:
        x: Tensor of rank 1 or more; of rank 1 it gets a second axis.

    Returns:
        Tensor of rank 2.
    """
    batch, size = _flat_shape(x.shape)
    if batch is not None and size is not None:
        return tf.reshape(x, [batch, size])
    if size:
        return tf.reshape(x, [-1, size])
    if batch:
        return tf.reshape(x, [batch, -1])
    shape = tf.shape(x)
    outputs = tf.reshape(x, tf.stack([shape[0], tf.reduce_prod(shape[1:])]))
    outputs.set_shape([batch, size])
    return outputs


def _flat_shape(shape):
    if shape.rank is None:
        return tf.TensorShape([None, None])
    if shape.rank == 0:
        return tf.TensorShape([1, 1])
    return tf.TensorShape([shape[0], shape[1:].num_elements()])


class Reshape(Layer):
    """Gives each example another shape.

    Arguments:
        target_shape: Tuple of integers: the shape of one example, without the
            batch axis. One size may be -1, which is then inferred.

    Input shape:
        `(batch_size, ...)`.

    Output shape:
        `(batch_size, *target_shape)`.

    Raises:
        ValueError: If the shapes don't hold the same number of values.

    Example:

    >>> tfk.layers.Reshape((2, -1))(tf.ones((5, 6))).shape
    TensorShape([5, 2, 3])
    """

    _shape_says_all = True

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        self.target_shape = _checked_target(target_shape, self.name)

    def build(self, input_shape):
        """Checks that the number of values is the same."""
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs):
        """Reshapes the inputs."""
        if isinstance(inputs, (tf.RaggedTensor, tf.SparseTensor)):
            elementwise.refuse(self, inputs, "dense")
        target = self.target_shape
        shape = self.compute_output_shape(inputs.shape)
        batch = shape[0]
        if batch is None:
            is_open = -1 in target and not shape[1:].is_fully_defined()
            if is_open or 0 in target:
                batch = tf.shape(inputs)[0]
            else:
                batch, target = -1, shape[1:]
        outputs = tf.reshape(inputs, (batch, *target))
        outputs.set_shape(shape)
        return outputs

    def compute_output_shape(self, input_shape):
        input_shape = tf.TensorShape(input_shape)
        target = [None if n == -1 else n for n in self.target_shape]
        if input_shape.rank is None:
            return tf.TensorShape([None, *target])
        size = input_shape[1:].num_elements()
        if size is not None:
            target = self._filled_in(target, size, input_shape)
        return tf.TensorShape([input_shape[0], *target])

    def _filled_in(self, target, size, input_shape):
        """Infers the open size of the target from the number of values."""
        known = math.prod(n for n in target if n is not None)
        fits = size == known
        if None in target and known and size % known == 0:
            fits = True
            target[target.index(None)] = size // known
        if not fits or None in target:
            raise ValueError(
                f"Layer '{self.name}' (of type Reshape) can't give its "
                f"inputs, which hold {size} values an example, the shape it "
                f"was made with. Received: target_shape={self.target_shape}, "
                f"input_shape={input_shape}."
            )
        return target


def _checked_target(target_shape, layer_name):
    target = tuple(target_shape)
    whole = all(hasattr(n, "__index__") and int(n) >= -1 for n in target)
    if not whole or target.count(-1) > 1:
        raise ValueError(
            f"`target_shape` of layer '{layer_name}' must be a tuple of "
            "integers, at most one of which is -1. Received: "
            f"target_shape={target_shape!r}."
        )
    return tuple(int(n) for n in target)


class Permute(Layer):
    """Puts the axes of each example into another order.

    Arguments:
        dims: Tuple of integers: where each axis of the output comes from;
            axes count from 1, as the batch axis stays. `(2, 1)` swaps the
            first two.

    Input shape:
        `(batch_size, ...)`.

    Output shape:
        `(batch_size, ...)`, permuted.

    Raises:
        ValueError: If `dims` is not a permutation of `1, 2, ...`.

    Example:

    >>> tfk.layers.Permute((2, 1))(tf.ones((5, 10, 64))).shape
    TensorShape([5, 64, 10])
    """

    _shape_says_all = True

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"`dims` of layer '{self.name}' must be a permutation of the "
                f"integers from 1 on. Received: dims={dims}."
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs):
        """Permutes the axes."""
        if isinstance(inputs, tf.RaggedTensor):
            elementwise.refuse(self, inputs, "dense and sparse")
        if isinstance(inputs, tf.SparseTensor):
            return tf.sparse.transpose(inputs, (0, *self.dims))
        return tf.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape):
        input_shape = tf.TensorShape(input_shape)
        if input_shape.rank is None:
            input_shape = tf.TensorShape([None] * (len(self.dims) + 1))
        return tf.TensorShape([input_shape[i] for i in (0, *self.dims)])


class RepeatVector(Layer):
    """Makes a sequence that holds each vector `n` times.

    Arguments:
        n: Integer: the length of the sequences.

    Input shape:
        `(batch_size, features)`.

    Output shape:
        `(batch_size, n, features)`.

    Example:

    >>> tfk.layers.RepeatVector(3)(tf.constant([[1, 2]])).numpy()
    array([[[1, 2],
            [1, 2],
            [1, 2]]], dtype=int32)
    """

    _shape_says_all = True

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.n = checks.positive_integer("n", n, self.name)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs):
        """Repeats the vectors."""
        if isinstance(inputs, (tf.RaggedTensor, tf.SparseTensor)):
            elementwise.refuse(self, inputs, "dense")
        return tf.tile(tf.expand_dims(inputs, 1), [1, self.n, 1])

    def compute_output_shape(self, input_shape):
        input_shape = tf.TensorShape(input_shape).with_rank(2)
        return tf.TensorShape([input_shape[0], self.n, input_shape[1]])


registry.add_builtins(
    "keras.layers",
    {
        layer.__name__: layer
        for layer in (Flatten, Permute, RepeatVector, Reshape)
    },
)
