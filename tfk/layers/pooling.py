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

"""Pooling layers: each window of the input becomes its maximum or mean."""

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class _Pooling(Layer):
    """What window pooling layers share. Subclasses set `rank` and `_pool`."""

    _shape_says_all = True

    rank = None
    _pool = None

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        rank, name = self.rank, self.name
        self.pool_size = conv_shapes.normalize_tuple(
            pool_size, rank, "pool_size", name
        )
        self.strides = conv_shapes.normalize_tuple(
            self.pool_size if strides is None else strides,
            rank,
            "strides",
            name,
        )
        self.padding = conv_shapes.normalize_padding(padding, name)
        self.data_format = conv_shapes.normalize_data_format(data_format, name)
        self.input_spec = InputSpec(ndim=rank + 2)

    def build(self, input_shape):
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs):
        window_ops.require_dense(
            inputs,
            self.name,
            "a global pooling layer such as `GlobalAveragePooling1D`, which "
            "takes ragged tensors",
        )
        return type(self)._pool(
            inputs,
            self.pool_size,
            self.strides,
            self.padding,
            self.data_format,
        )

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if shape.rank is None:
            return tf.TensorShape([None] * (self.rank + 2))
        shape = shape.as_list()
        axes = conv_shapes.spatial_axes(self.data_format, self.rank)
        lengths = conv_shapes.window_output_lengths(
            [shape[axis] for axis in axes],
            self.pool_size,
            self.padding,
            self.strides,
            self.name,
            "pool_size",
        )
        for axis, length in zip(axes, lengths):
            shape[axis] = length
        return tf.TensorShape(shape)


class _Pooling1D(_Pooling):
    """Pooling of sequences, whose channels are last if nothing is said."""

    rank = 1

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format="channels_last",
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


class MaxPooling1D(_Pooling1D):
    """Takes the largest value of each window of sequences.

    Use it between convolutions to shorten a sequence, while its strongest
    responses stay.

    Arguments:
        pool_size: Integer: the size of the window.
        strides: Integer: the step of the window. Defaults to `pool_size`.
        padding: `"valid"` (none) or `"same"` (on both sides, so that stride 1
            keeps the size).
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, new_steps, channels)`, or `(batch, channels, new_steps)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> x = tf.reshape([1.0, 2.0, 3.0, 4.0], (1, 4, 1))
    >>> tf.squeeze(tfk.layers.MaxPooling1D()(x)).numpy()
    array([2., 4.], dtype=float32)
    """

    _pool = staticmethod(window_ops.max_pool)


class MaxPooling2D(_Pooling):
    """Takes the largest value of each window of images.

    Use it between convolutions to make images smaller, while the strongest
    responses stay and small shifts stop to matter.

    Arguments:
        pool_size: Integer or pair of integers: the size of the window.
        strides: Integer or pair of integers: the step of the window. Defaults
            to `pool_size`.
        padding: `"valid"` (none) or `"same"` (on both sides, so that stride 1
            keeps the size).
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_rows, new_columns, channels)`, or `(batch, channels,
        new_rows, new_columns)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> x = tf.reshape(tf.range(16.0), (1, 4, 4, 1))
    >>> tf.squeeze(tfk.layers.MaxPooling2D()(x)).numpy()
    array([[ 5.,  7.], [13., 15.]], dtype=float32)
    """

    rank = 2
    _pool = staticmethod(window_ops.max_pool)


class MaxPooling3D(_Pooling):
    """Takes the largest value of each window of volumes.

    Use it between 3D convolutions to make volumes smaller, while the strongest
    responses stay.

    Arguments:
        pool_size: Integer or three integers: the size of the window.
        strides: Integer or three integers: the step of the window. Defaults to
            `pool_size`.
        padding: `"valid"` (none) or `"same"` (on both sides, so that stride 1
            keeps the size).
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth,
        rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_depth, new_rows, new_columns, channels)`, or `(batch,
        channels, new_depth, new_rows, new_columns)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> x = tf.ones((2, 4, 6, 8, 3))
    >>> tfk.layers.MaxPooling3D()(x).shape
    TensorShape([2, 2, 3, 4, 3])
    """

    rank = 3
    _pool = staticmethod(window_ops.max_pool)


class AveragePooling1D(_Pooling1D):
    """Takes the mean of each window of sequences.

    Use it to shorten and smooth a sequence.

    Arguments:
        pool_size: Integer: the size of the window.
        strides: Integer: the step of the window. Defaults to `pool_size`.
        padding: `"valid"` (none) or `"same"` (on both sides, so that stride 1
            keeps the size). What it adds is not counted.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, new_steps, channels)`, or `(batch, channels, new_steps)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> x = tf.reshape([1.0, 2.0, 3.0, 4.0], (1, 4, 1))
    >>> tf.squeeze(tfk.layers.AveragePooling1D()(x)).numpy()
    array([1.5, 3.5], dtype=float32)
    """

    _pool = staticmethod(window_ops.average_pool)


class AveragePooling2D(_Pooling):
    """Takes the mean of each window of images.

    Use it to make images smaller and smoother, with every value counted.

    Arguments:
        pool_size: Integer or pair of integers: the size of the window.
        strides: Integer or pair of integers: the step of the window. Defaults
            to `pool_size`.
        padding: `"valid"` (none) or `"same"` (on both sides, so that stride 1
            keeps the size). What it adds is not counted.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_rows, new_columns, channels)`, or `(batch, channels,
        new_rows, new_columns)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> x = tf.reshape(tf.range(16.0), (1, 4, 4, 1))
    >>> tf.squeeze(tfk.layers.AveragePooling2D()(x)).numpy()
    array([[ 2.5,  4.5], [10.5, 12.5]], dtype=float32)
    """

    rank = 2
    _pool = staticmethod(window_ops.average_pool)


class AveragePooling3D(_Pooling):
    """Takes the mean of each window of volumes.

    Use it to make volumes smaller and smoother, with every value counted.

    Arguments:
        pool_size: Integer or three integers: the size of the window.
        strides: Integer or three integers: the step of the window. Defaults to
            `pool_size`.
        padding: `"valid"` (none) or `"same"` (on both sides, so that stride 1
            keeps the size). What it adds is not counted.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth,
        rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_depth, new_rows, new_columns, channels)`, or `(batch,
        channels, new_depth, new_rows, new_columns)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if the window is larger than the input.

    Example:

    >>> x = tf.ones((2, 4, 6, 8, 3))
    >>> tfk.layers.AveragePooling3D()(x).shape
    TensorShape([2, 2, 3, 4, 3])
    """

    rank = 3
    _pool = staticmethod(window_ops.average_pool)


MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
