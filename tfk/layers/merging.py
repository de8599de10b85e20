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
"""Layers that make one tensor of several."""

import functools
import string

import tensorflow as tf

from tfk.engine.layer import Layer
from tfk.layers import elementwise
from tfk.saving import registry
from tfk.utils import structure


class _Merge(Layer):
    """A layer that takes a list of tensors.

    Tensors of lower rank get axes of size 1 after the batch axis, and axes of
    size 1 are then repeated as needed.
    """

    _shape_says_all = True
    supports_masking = True

    def build(self, input_shape):
        """Checks the shapes."""
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs):
        """Merges the inputs."""
        for x in inputs:
            if isinstance(x, tf.SparseTensor):
                elementwise.refuse(self, x, "dense and ragged")
        return self._merge(_at_same_rank(inputs))

    def _merge(self, inputs):
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        shapes = self._checked_shapes(input_shape)
        return functools.reduce(self._broadcast_shape, shapes)

    def compute_mask(self, inputs, mask=None):
        masks = _checked_masks(self, inputs, mask)
        if masks is None:
            return None
        masks = [m for m in masks if m is not None]
        return functools.reduce(tf.logical_and, masks)

    def _checked_shapes(self, input_shape):
        """Returns the shapes as a list, if there is one of them."""
        if structure.is_shape(input_shape) or not isinstance(
            input_shape, (list, tuple)
        ):
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes a "
                f"list of tensors. Received: input_shape={input_shape}."
            )
        return [tf.TensorShape(shape) for shape in input_shape]

    def _broadcast_shape(self, left, right):
        if left.rank is None or right.rank is None:
            return tf.TensorShape(None)
        rank = max(left.rank, right.rank)
        sizes = [
            _broadcast_size(a, b, is_batch=not axis)
            for axis, (a, b) in enumerate(
                zip(_raised(left, rank), _raised(right, rank))
            )
        ]
        if -1 in sizes:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes "
                "tensors of one batch size whose other axes have equal sizes, "
                f"or size 1. Received: shapes {left} and {right}."
            )
        return tf.TensorShape(sizes)


def _broadcast_size(left, right, is_batch):
    """Returns the size of two axes together, -1 if they don't match."""
    if left == right:
        return left
    if None in (left, right):
        known = right if left is None else left
        return known if is_batch or known != 1 else None
    if 1 in (left, right) and not is_batch:
        return max(left, right)
    return -1


def _raised(shape, rank):
    """Adds axes of size 1 after the batch axis."""
    return [*shape[:1], *[1] * (rank - shape.rank), *shape[1:]]


def _at_same_rank(inputs):
    """Adds axes of size 1 after the batch axis where ranks differ."""
    ranks = [x.shape.rank for x in inputs]
    if ranks.count(ranks[0]) == len(ranks) and ranks[0] is not None:
        return inputs
    if None in ranks:
        return _at_same_unknown_rank(inputs)
    raised = []
    for x, rank in zip(inputs, ranks):
        for _ in range(max(ranks) - rank):
            x = tf.expand_dims(x, 1)
        raised.append(x)
    return raised


def _at_same_unknown_rank(inputs):
    rank = functools.reduce(tf.maximum, [tf.rank(x) for x in inputs])
    raised = []
    for x in inputs:
        shape = tf.shape(x)
        ones = tf.ones([rank - tf.rank(x)], tf.int32)
        raised.append(tf.reshape(x, tf.concat([shape[:1], ones, shape[1:]], 0)))
    return raised


def _checked_masks(layer, inputs, masks):
    """Returns the list of masks, or None if there is no mask in it."""
    if masks is None:
        return None
    if not isinstance(masks, (list, tuple)) or len(masks) != len(inputs):
        raise ValueError(
            f"The `mask` of layer '{layer.name}' (of type "
            f"{type(layer).__name__}) must be a list with a mask, or None, for "
            f"each of its {len(inputs)} inputs. Received: mask={masks}."
        )
    return None if all(mask is None for mask in masks) else masks


class Add(_Merge):
    """Adds tensors: the shortcut connections of residual networks.

    Input shape:
        List of tensors of the same shape, or of shapes that broadcast.

    Output shape:
        The common shape.

    Example:

    >>> tfk.layers.Add()([tf.constant([[1, 2]]), tf.constant([[3, 4]])]).numpy()
    array([[4, 6]], dtype=int32)
    """

    def _merge(self, inputs):
        return functools.reduce(tf.add, inputs)


class Subtract(_Merge):
    """Subtracts the second of two tensors from the first one.

    Input shape:
        List of two tensors of the same shape, or of shapes that broadcast.

    Output shape:
        The common shape.

    Example:

    >>> layer = tfk.layers.Subtract()
    >>> layer([tf.constant([[3, 4]]), tf.constant([[1, 5]])]).numpy()
    array([[ 2, -1]], dtype=int32)
    """

    def _checked_shapes(self, input_shape):
        return _two_shapes(self, super()._checked_shapes(input_shape))

    def _merge(self, inputs):
        return tf.subtract(*inputs)


def _two_shapes(layer, shapes):
    if len(shapes) != 2:
        raise ValueError(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) takes a "
            f"list of two tensors. Received: {len(shapes)} of shapes "
            f"{_listed(shapes)}."
        )
    return shapes


def _listed(shapes):
    return " and ".join(map(str, shapes))


class Multiply(_Merge):
    """Multiplies tensors elementwise: gates and attention maps.

    Input shape:
        List of tensors of the same shape, or of shapes that broadcast.

    Output shape:
        The common shape.

    Example:

    >>> layer = tfk.layers.Multiply()
    >>> layer([tf.constant([[1, 2]]), tf.constant([[3, 4]])]).numpy()
    array([[3, 8]], dtype=int32)
    """

    def _merge(self, inputs):
        return functools.reduce(tf.multiply, inputs)


class Average(_Merge):
    """Averages tensors elementwise: the outputs of an ensemble.

    Input shape:
        List of tensors of the same shape, or of shapes that broadcast.

    Output shape:
        The common shape.

    Example:

    >>> layer = tfk.layers.Average()
    >>> layer([tf.constant([[1.0]]), tf.constant([[4.0]])]).numpy()
    array([[2.5]], dtype=float32)
    """

    def _merge(self, inputs):
        return functools.reduce(tf.add, inputs) / len(inputs)


class Maximum(_Merge):
    """Takes the largest of several tensors, elementwise.

    Input shape:
        List of tensors of the same shape, or of shapes that broadcast.

    Output shape:
        The common shape.

    Example:

    >>> layer = tfk.layers.Maximum()
    >>> layer([tf.constant([[1, 5]]), tf.constant([[3, 4]])]).numpy()
    array([[3, 5]], dtype=int32)
    """

    def _merge(self, inputs):
        return functools.reduce(tf.maximum, inputs)


class Minimum(_Merge):
    """Takes the smallest of several tensors, elementwise.

    Input shape:
        List of tensors of the same shape, or of shapes that broadcast.

    Output shape:
        The common shape.

    Example:

    >>> layer = tfk.layers.Minimum()
    >>> layer([tf.constant([[1, 5]]), tf.constant([[3, 4]])]).numpy()
    array([[1, 4]], dtype=int32)
    """

    def _merge(self, inputs):
        return functools.reduce(tf.minimum, inputs)


class Concatenate(_Merge):
    """Puts tensors one behind the other along an axis.

    Arguments:
        axis: Integer: the axis.

    Input shape:
        List of tensors whose shapes differ on that axis only; dense, ragged
        or sparse.

    Output shape:
        That of the inputs, with the sum of the sizes on that axis.

    Raises:
        ValueError: If other sizes differ.

    Example:

    >>> layer = tfk.layers.Concatenate()
    >>> layer([tf.ones((2, 3)), tf.ones((2, 4))]).shape
    TensorShape([2, 7])
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        """Concatenates the inputs."""
        sparse = [isinstance(x, tf.SparseTensor) for x in inputs]
        if all(sparse):
            return tf.sparse.concat(self.axis, inputs)
        if any(sparse):
            raise TypeError(
                f"Layer '{self.name}' (of type Concatenate) takes tensors that "
                "are all sparse, or none of them. Received: "
                f"{structure.describe(inputs)}. Convert some with "
                "`tf.sparse.to_dense`."
            )
        return tf.concat(inputs, self.axis)

    def compute_output_shape(self, input_shape):
        shapes = self._checked_shapes(input_shape)
        if any(shape.rank is None for shape in shapes):
            return tf.TensorShape(None)
        rank = shapes[0].rank
        axis = self.axis + rank if self.axis < 0 else self.axis
        if not 0 <= axis < rank:
            raise ValueError(
                f"The `axis` of layer '{self.name}' (of type Concatenate) is "
                f"none of its inputs, which have rank {rank}. Received: "
                f"axis={self.axis}, shapes {_listed(shapes)}."
            )
        return self._concatenated(shapes, axis)

    def _concatenated(self, shapes, axis):
        sizes = [shape[axis] if shape.rank > axis else None for shape in shapes]
        total = None if None in sizes else sum(sizes)
        common = tf.TensorShape([None] * shapes[0].rank)
        try:
            for shape in shapes:
                rest = [None if i == axis else n for i, n in enumerate(shape)]
                common = common.merge_with(rest)
        except ValueError as error:
            raise ValueError(
                f"Layer '{self.name}' (of type Concatenate) takes tensors "
                f"whose shapes differ along `axis` only. Received: axis="
                f"{self.axis}, shapes {_listed(shapes)}."
            ) from error
        return tf.TensorShape(
            [total if i == axis else n for i, n in enumerate(common)]
        )

    def compute_mask(self, inputs, mask=None):
        masks = _checked_masks(self, inputs, mask)
        if masks is None:
            return None
        present = next(m for m in masks if m is not None)
        rank, mask_rank = inputs[0].shape.rank, present.shape.rank
        axis = self.axis + rank if self.axis < 0 else self.axis
        if axis >= mask_rank:
            # Each mask is about whole vectors that are now parts of one.
            masks = [m for m in masks if m is not None]
            return functools.reduce(tf.logical_and, masks)
        masks = [
            tf.ones(tf.shape(x)[:mask_rank], tf.bool) if m is None else m
            for x, m in zip(inputs, masks)
        ]
        return tf.concat(masks, axis)


class Dot(_Merge):
    """Multiplies and sums two tensors along an axis of each.

    With inputs of shapes `(batch_size, n)` it gives their dot products; with
    `(batch_size, a, n)` and `(batch_size, b, n)` and `axes=2`, all products of
    vectors of one with vectors of the other.

    Arguments:
        axes: Integer, or tuple of two: the axis of each input, not the batch
            axis.
        normalize: Boolean: whether vectors are divided by their length along
            the axis first, which gives cosines.

    Input shape:
        List of two tensors.

    Output shape:
        The axes of the first input, then those of the second one without its
        batch axis, both without the axis of the product; of rank 2 at least.

    Raises:
        ValueError: If the axes are not such axes or differ in size.

    Example:

    >>> layer = tfk.layers.Dot(axes=1)
    >>> layer([tf.constant([[1, 2]]), tf.constant([[3, 4]])]).numpy()
    array([[11]], dtype=int32)
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        _check_axes(axes)
        self.axes = axes
        self.normalize = normalize

    def _checked_shapes(self, input_shape):
        return _two_shapes(self, super()._checked_shapes(input_shape))

    def _merge(self, inputs):
        raise NotImplementedError

    def call(self, inputs):
        """Multiplies the inputs."""
        for x in inputs:
            if isinstance(x, (tf.RaggedTensor, tf.SparseTensor)):
                elementwise.refuse(self, x, "dense")
        left, right = inputs
        left_axis, right_axis = self._axes_of(left.shape, right.shape)
        if self.normalize:
            left = tf.math.l2_normalize(left, axis=left_axis)
            right = tf.math.l2_normalize(right, axis=right_axis)
        return batch_dot(left, right, left_axis, right_axis)

    def _axes_of(self, left, right):
        axes = self.axes
        if isinstance(axes, int):
            axes = (axes, axes)
        found = []
        for axis, shape in zip(axes, (left, right)):
            if shape.rank is None or not -shape.rank < axis < shape.rank:
                raise ValueError(
                    f"The `axes` of layer '{self.name}' (of type Dot) are "
                    "none of its inputs, or the batch axis. Received: "
                    f"axes={self.axes}, shapes {left} and {right}."
                )
            found.append(axis % shape.rank)
        return found

    def compute_output_shape(self, input_shape):
        left, right = self._checked_shapes(input_shape)
        left_axis, right_axis = self._axes_of(left, right)
        sizes = left[left_axis], right[right_axis]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(
                f"Layer '{self.name}' (of type Dot) takes inputs that have the "
                f"same size along its `axes`. Received: axes={self.axes}, "
                f"shapes {left} and {right}."
            )
        batch = tf.TensorShape(left[:1]).merge_with(right[:1])
        shape = [n for i, n in enumerate(left) if i not in (0, left_axis)]
        shape += [n for i, n in enumerate(right) if i not in (0, right_axis)]
        return batch.concatenate(shape or [1])

    def compute_mask(self, inputs, mask=None):
        return None


def batch_dot(left, right, left_axis, right_axis):
    """Multiplies and sums two batches along an axis of each.

    Arguments:
        left: Tensor of rank 2 or more.
        right: Tensor of rank 2 or more, of the same batch size.
        left_axis: Positive integer: the axis of `left`.
        right_axis: Positive integer: the axis of `right`.

    Returns:
        Tensor of rank 2 or more.
    """
    letters = iter(string.ascii_letters)
    batch, summed = next(letters), next(letters)

    def axes(rank, axis):
        named = [next(letters) for _ in range(rank)]
        named[0], named[axis] = batch, summed
        return "".join(named)

    left_axes = axes(left.shape.rank, left_axis)
    right_axes = axes(right.shape.rank, right_axis)
    kept = "".join(
        a for a in left_axes + right_axes if a not in (batch, summed)
    )
    outputs = tf.einsum(f"{left_axes},{right_axes}->{batch}{kept}", left, right)
    return outputs if kept else tf.expand_dims(outputs, 1)


def _check_axes(axes):
    if isinstance(axes, int):
        axes = (axes, axes)
    if not isinstance(axes, (list, tuple)):
        raise TypeError(
            "`axes` must be an integer or a tuple of two. Received: "
            f"axes={axes!r}."
        )
    if len(axes) != 2 or not all(isinstance(axis, int) for axis in axes):
        raise ValueError(
            "`axes` must be an integer or a tuple of two. Received: "
            f"axes={axes!r}."
        )
    if 0 in axes:
        raise ValueError(
            "`axes` can't hold 0, the batch axis. Received: axes="
            f"{axes!r}. Add a batch axis to inputs that have none."
        )


def add(inputs, **kwargs):
    """Adds a list of tensors with an `Add` layer.

    Arguments:
        inputs: List of tensors.
        **kwargs: Arguments of the layer, such as `name`.

    Returns:
        A tensor.

    Example:

    >>> tfk.layers.add([tf.constant([[1]]), tf.constant([[2]])]).numpy()
    array([[3]], dtype=int32)
    """
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """Subtracts two tensors with a `Subtract` layer.

    Arguments:
        inputs: List of two tensors.
        **kwargs: Arguments of the layer, such as `name`.

    Returns:
        A tensor.

    Example:

    >>> tfk.layers.subtract([tf.constant([[1]]), tf.constant([[2]])]).numpy()
    array([[-1]], dtype=int32)
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """Multiplies a list of tensors with a `Multiply` layer.

    Arguments:
        inputs: List of tensors.
        **kwargs: Arguments of the layer, such as `name`.

    Returns:
        A tensor.

    Example:

    >>> tfk.layers.multiply([tf.constant([[3]]), tf.constant([[2]])]).numpy()
    array([[6]], dtype=int32)
    """
    return Multiply(**kwargs)(inputs)


def average(inputs, **kwargs):
    """Averages a list of tensors with an `Average` layer.

    Arguments:
        inputs: List of tensors.
        **kwargs: Arguments of the layer, such as `name`.

    Returns:
        A tensor.

    Example:

    >>> tfk.layers.average([tf.constant([[1.0]]), tf.constant([[2.0]])]).numpy()
    array([[1.5]], dtype=float32)
    """
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """Takes the largest of a list of tensors with a `Maximum` layer.

    Arguments:
        inputs: List of tensors.
        **kwargs: Arguments of the layer, such as `name`.

    Returns:
        A tensor.

    Example:

    >>> tfk.layers.maximum([tf.constant([[1]]), tf.constant([[2]])]).numpy()
    array([[2]], dtype=int32)
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """Takes the smallest of a list of tensors with a `Minimum` layer.

    Arguments:
        inputs: List of tensors.
        **kwargs: Arguments of the layer, such as `name`.

    Returns:
        A tensor.

    Example:

    >>> tfk.layers.minimum([tf.constant([[1]]), tf.constant([[2]])]).numpy()
    array([[1]], dtype=int32)
    """
    return Minimum(**kwargs)(inputs)


def concatenate(inputs, axis=-1, **kwargs):
    """Concatenates a list of tensors with a `Concatenate` layer.

    Arguments:
        inputs: List of tensors.
        axis: Integer: the axis.
        **kwargs: Arguments of the layer, such as `name`.

    Returns:
        A tensor.

    Example:

    >>> tfk.layers.concatenate([tf.constant([[1]]), tf.constant([[2]])]).numpy()
    array([[1, 2]], dtype=int32)
    """
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs, axes, normalize=False, **kwargs):
    """Multiplies and sums two tensors with a `Dot` layer.

    Arguments:
        inputs: List of two tensors.
        axes: Integer, or tuple of two: the axis of each input.
        normalize: Boolean: whether vectors are divided by their length first.
        **kwargs: Arguments of the layer, such as `name`.

    Returns:
        A tensor.

    Example:

    >>> tfk.layers.dot([tf.ones((1, 3)), tf.ones((1, 3))], axes=1).numpy()
    array([[3.]], dtype=float32)
    """
    return Dot(axes=axes, normalize=normalize, **kwargs)(inputs)


registry.add_builtins(
    "keras.layers",
    {
        layer.__name__: layer
        for layer in (
            Add,
            Average,
            Concatenate,
            Dot,
            Maximum,
            Minimum,
            Multiply,
            Subtract,
        )
    },
)
