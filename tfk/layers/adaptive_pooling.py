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
"""Adaptive pooling layers: pooling to an output size that is given.

The windows divide the input as evenly as whole numbers allow: window `i` of
`n` goes from `floor(i * size / n)` up to `ceil((i + 1) * size / n)`, so that
neighbours may overlap by one.
"""

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class _AdaptivePooling(Layer):
    """What adaptive pooling layers share. Subclasses set the rank."""

    rank = None
    _shape_says_all = True

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.output_size = conv_shapes.normalize_tuple(
            output_size, self.rank, "output_size", self.name
        )
        self.data_format = conv_shapes.normalize_data_format(
            data_format, self.name
        )
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self):
        return conv_shapes.spatial_axes(self.data_format, self.rank)

    def call(self, inputs):
        window_ops.require_dense(
            inputs,
            self.name,
            "a global pooling layer such as `GlobalAveragePooling1D`, which "
            "takes ragged tensors",
        )
        sizes = [inputs.shape[axis] for axis in self._axes]
        pairs = list(zip(sizes, self.output_size))
        if all(size and size % count == 0 for size, count in pairs):
            window = tuple(size // count for size, count in pairs)
            return self._pool_evenly(
                inputs, window, window, "valid", self.data_format
            )
        for axis, count in zip(self._axes, self.output_size):
            if inputs.shape[axis] != count:
                inputs = self._pool_axis(inputs, axis, count)
        return inputs

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if shape.rank is None:
            return tf.TensorShape([None] * (self.rank + 2))
        shape = shape.as_list()
        for axis, size in zip(self._axes, self.output_size):
            shape[axis] = size
        return tf.TensorShape(shape)


class _AdaptiveMaxPooling(_AdaptivePooling):
    _pool_evenly = staticmethod(window_ops.max_pool)

    def _pool_axis(self, inputs, axis, count):
        places, is_inside = _window_places(inputs, axis, count)
        del is_inside  # A place twice in a window does no harm.
        return tf.reduce_max(tf.gather(inputs, places, axis=axis), axis + 1)


class _AdaptiveAveragePooling(_AdaptivePooling):
    _pool_evenly = staticmethod(window_ops.average_pool)

    def _pool_axis(self, inputs, axis, count):
        places, is_inside = _window_places(inputs, axis, count)
        shape = [1] * (inputs.shape.rank + 1)
        shape[axis], shape[axis + 1] = count, -1
        weights = tf.reshape(tf.cast(is_inside, inputs.dtype), shape)
        weights /= tf.reduce_sum(weights, axis + 1, keepdims=True)
        windows = tf.gather(inputs, places, axis=axis)
        # Multiplying by 0 would let NaN through.
        windows = tf.where(weights > 0, windows, tf.zeros([], inputs.dtype))
        return tf.reduce_sum(windows * weights, axis + 1)


def _window_places(inputs, axis, count):
    """Returns which places along an axis each of the windows covers.

    Windows that are shorter than the longest name their last place again;
    the second tensor says which ones count.
    """
    size = inputs.shape[axis]
    if size is None:
        size = tf.shape(inputs)[axis]
    numbers = tf.range(count)
    first = numbers * size // count
    last = -(-(numbers + 1) * size // count) - 1
    places = first[:, None] + tf.range(tf.reduce_max(last - first) + 1)
    return tf.minimum(places, last[:, None]), places <= last[:, None]


class AdaptiveAveragePooling1D(_AdaptiveAveragePooling):
    """Takes the mean of windows of sequences, for outputs of a given size.

    Use it where sequences of any size have to fit a part of the model that
    takes one size only: the windows follow from the sizes of input and output,
    and every value counts about as much.

    Arguments:
        output_size: Integer: the number of steps of the output.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, output_size, channels)`, or `(batch, channels, output_size)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.reshape([1.0, 2.0, 3.0, 4.0, 5.0], (1, 5, 1))
    >>> tf.squeeze(tfk.layers.AdaptiveAveragePooling1D(2)(x)).numpy()
    array([2., 4.], dtype=float32)
    """

    rank = 1


class AdaptiveAveragePooling2D(_AdaptiveAveragePooling):
    """Takes the mean of windows of images, for outputs of a given size.

    Use it where images of any size have to fit a part of the model that takes
    one size only: the windows follow from the sizes of input and output, and
    every value counts about as much.

    Arguments:
        output_size: Integer or pair of integers: height and width of the
            output.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, *output_size, channels)`, or `(batch, channels, *output_size)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.reshape(tf.range(9.0), (1, 3, 3, 1))
    >>> tf.squeeze(tfk.layers.AdaptiveAveragePooling2D(2)(x)).numpy()
    array([[2., 3.], [5., 6.]], dtype=float32)
    """

    rank = 2


class AdaptiveAveragePooling3D(_AdaptiveAveragePooling):
    """Takes the mean of windows of volumes, for outputs of a given size.

    Use it where volumes of any size have to fit a part of the model that takes
    one size only: the windows follow from the sizes of input and output, and
    every value counts about as much.

    Arguments:
        output_size: Integer or three integers: the size of the output.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth,
        rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, *output_size, channels)`, or `(batch, channels, *output_size)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.ones((2, 5, 6, 7, 3))
    >>> tfk.layers.AdaptiveAveragePooling3D(2)(x).shape
    TensorShape([2, 2, 2, 2, 3])
    """

    rank = 3


class AdaptiveMaxPooling1D(_AdaptiveMaxPooling):
    """Takes the maximum of windows of sequences, for outputs of a given size.

    Use it where sequences of any size have to fit a part of the model that
    takes one size only: the windows follow from the sizes of input and output,
    and the strongest responses stay.

    Arguments:
        output_size: Integer: the number of steps of the output.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, output_size, channels)`, or `(batch, channels, output_size)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.reshape([1.0, 2.0, 3.0, 4.0, 5.0], (1, 5, 1))
    >>> tf.squeeze(tfk.layers.AdaptiveMaxPooling1D(2)(x)).numpy()
    array([3., 5.], dtype=float32)
    """

    rank = 1


class AdaptiveMaxPooling2D(_AdaptiveMaxPooling):
    """Takes the maximum of windows of images, for outputs of a given size.

    Use it where images of any size have to fit a part of the model that takes
    one size only: the windows follow from the sizes of input and output, and
    the strongest responses stay.

    Arguments:
        output_size: Integer or pair of integers: height and width of the
            output.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, *output_size, channels)`, or `(batch, channels, *output_size)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.reshape(tf.range(9.0), (1, 3, 3, 1))
    >>> tf.squeeze(tfk.layers.AdaptiveMaxPooling2D(2)(x)).numpy()
    array([[4., 5.], [7., 8.]], dtype=float32)
    """

    rank = 2


class AdaptiveMaxPooling3D(_AdaptiveMaxPooling):
    """Takes the maximum of windows of volumes, for outputs of a given size.

    Use it where volumes of any size have to fit a part of the model that takes
    one size only: the windows follow from the sizes of input and output, and
    the strongest responses stay.

    Arguments:
        output_size: Integer or three integers: the size of the output.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth,
        rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, *output_size, channels)`, or `(batch, channels, *output_size)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.ones((2, 5, 6, 7, 3))
    >>> tfk.layers.AdaptiveMaxPooling3D((2, 3, 1))(x).shape
    TensorShape([2, 2, 3, 1, 3])
    """

    rank = 3
