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
"""Global pooling layers: whole axes become their maximum or mean."""

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class _GlobalPooling(Layer):
    """What global pooling layers share: which axes they reduce."""

    _shape_says_all = True

    rank = None

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format = conv_shapes.normalize_data_format(
            data_format, self.name
        )
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self):
        return conv_shapes.spatial_axes(self.data_format, self.rank)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if shape.rank is None:
            return tf.TensorShape(
                [None] * (self.rank + 2 if self.keepdims else 2)
            )
        axes = self._axes
        if self.keepdims:
            return tf.TensorShape(
                [1 if axis in axes else size for axis, size in enumerate(shape)]
            )
        return tf.TensorShape(
            [size for axis, size in enumerate(shape) if axis not in axes]
        )

    def call(self, inputs):
        if not isinstance(inputs, tf.RaggedTensor):
            window_ops.require_dense(inputs, self.name, "`Dense` before it")
        return self._reduce(inputs)


class _GlobalMaxPooling(_GlobalPooling):
    def _reduce(self, inputs):
        return tf.reduce_max(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalAveragePooling(_GlobalPooling):
    def _reduce(self, inputs):
        if isinstance(inputs, tf.RaggedTensor):
            return ragged_mean(inputs, self._axes, self.keepdims)
        return tf.reduce_mean(inputs, axis=self._axes, keepdims=self.keepdims)


def masked_mean(inputs, mask, axis, keepdims):
    """Averages the steps that a mask keeps; 0 where it keeps none.

    Arguments:
        inputs: Tensor of shape `(batch, steps, channels)`, or with steps last.
        mask: Boolean tensor of shape `(batch, steps)`.
        axis: Integer: the axis of the steps.
        keepdims: Boolean: whether the axis stays, with size 1.

    Returns:
        A tensor without the steps.
    """
    mask = tf.expand_dims(tf.cast(mask, tf.bool), 3 - axis)
    kept = tf.where(mask, inputs, tf.zeros([], inputs.dtype))
    total = tf.reduce_sum(kept, axis, keepdims=keepdims)
    count = tf.reduce_sum(tf.cast(mask, inputs.dtype), axis, keepdims=keepdims)
    return tf.math.divide_no_nan(total, count)


def ragged_mean(inputs, axis, keepdims):
    """Averages a ragged tensor over axes; 0 where there is nothing.

    Arguments:
        inputs: `tf.RaggedTensor`.
        axis: List of integers.
        keepdims: Boolean: whether the axes stay, with size 1.

    Returns:
        A tensor, ragged if an axis that is left is.
    """
    total = tf.reduce_sum(inputs, axis, keepdims=keepdims)
    count = tf.reduce_sum(tf.ones_like(inputs), axis, keepdims=keepdims)
    return tf.ragged.map_flat_values(tf.math.divide_no_nan, total, count)


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """Takes the largest value of each channel over all steps.

    Use it to turn sequences of any length into vectors: each channel tells how
    strongly its pattern appears, wherever it does. Ragged sequences are taken
    as they are; masks are ignored.

    Arguments:
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: Boolean: whether the reduced axes stay, with size 1.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor or ragged tensor.

    Input shape:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, channels)`; with `keepdims`, the input shape with sizes of 1.

    Example:

    >>> x = tf.constant([[[1.0, 5.0], [3.0, 1.0]]])
    >>> tfk.layers.GlobalMaxPooling1D()(x).numpy()
    array([[3., 5.]], dtype=float32)
    """

    rank = 1

    def __init__(self, data_format="channels_last", keepdims=False, **kwargs):
        super().__init__(data_format, keepdims, **kwargs)


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """Takes the largest value of each channel over height and width.

    Use it to turn images of any size into vectors: each channel tells how
    strongly its pattern appears, wherever it does.

    Arguments:
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        keepdims: Boolean: whether the reduced axes stay, with size 1.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor or ragged tensor.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, channels)`; with `keepdims`, the input shape with sizes of 1.

    Example:

    >>> x = tf.reshape(tf.range(8.0), (1, 2, 2, 2))
    >>> tfk.layers.GlobalMaxPooling2D()(x).numpy()
    array([[6., 7.]], dtype=float32)
    """

    rank = 2


class GlobalMaxPooling3D(_GlobalMaxPooling):
    """Takes the largest value of each channel over all three axes.

    Use it to turn volumes of any size into vectors.

    Arguments:
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        keepdims: Boolean: whether the reduced axes stay, with size 1.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor or ragged tensor.

    Input shape:
        `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth,
        rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, channels)`; with `keepdims`, the input shape with sizes of 1.

    Example:

    >>> x = tf.ones((2, 4, 6, 8, 3))
    >>> tfk.layers.GlobalMaxPooling3D(keepdims=True)(x).shape
    TensorShape([2, 1, 1, 1, 3])
    """

    rank = 3


class GlobalAveragePooling1D(_GlobalAveragePooling):
    """Takes the mean of each channel over all steps.

    Use it to turn sequences of any length into vectors. Steps that are masked,
    as by `Embedding(mask_zero=True)`, do not count, and ragged sequences are
    taken as they are. A sequence with no steps at all gives zeros.

    Arguments:
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: Boolean: whether the reduced axes stay, with size 1.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor or ragged tensor.
        mask: Boolean tensor of shape `(batch, steps)`: which steps count.

    Input shape:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with
        `data_format="channels_first"`.

    Output shape:
        `(batch, channels)`; with `keepdims`, the input shape with sizes of 1.

    Example:

    >>> x = tf.constant([[[1.0, 5.0], [3.0, 1.0]]])
    >>> tfk.layers.GlobalAveragePooling1D()(x).numpy()
    array([[2., 3.]], dtype=float32)
    >>> layer = tfk.layers.GlobalAveragePooling1D()
    >>> layer(x, mask=tf.constant([[True, False]])).numpy()
    array([[1., 5.]], dtype=float32)
    """

    rank = 1

    def __init__(self, data_format="channels_last", keepdims=False, **kwargs):
        super().__init__(data_format, keepdims, **kwargs)

    def call(self, inputs, mask=None):
        if mask is None or isinstance(inputs, tf.RaggedTensor):
            return super().call(inputs)
        return masked_mean(inputs, mask, self._axes[0], self.keepdims)

    def compute_mask(self, inputs, mask=None):
        return None


class GlobalAveragePooling2D(_GlobalAveragePooling):
    """Takes the mean of each channel over height and width.

    The usual end of the convolutional part of an image model: it turns maps of
    any size into vectors, without the many weights of `Flatten` and `Dense`
    ([Lin et al., 2014](https://arxiv.org/abs/1312.4400)).

    Arguments:
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        keepdims: Boolean: whether the reduced axes stay, with size 1.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor or ragged tensor.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, channels)`; with `keepdims`, the input shape with sizes of 1.

    Example:

    >>> x = tf.reshape(tf.range(8.0), (1, 2, 2, 2))
    >>> tfk.layers.GlobalAveragePooling2D()(x).numpy()
    array([[3., 4.]], dtype=float32)
    """

    rank = 2


class GlobalAveragePooling3D(_GlobalAveragePooling):
    """Takes the mean of each channel over all three axes.

    Use it to turn volumes of any size into vectors.

    Arguments:
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        keepdims: Boolean: whether the reduced axes stay, with size 1.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor or ragged tensor.

    Input shape:
        `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth,
        rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, channels)`; with `keepdims`, the input shape with sizes of 1.

    Example:

    >>> x = tf.ones((2, 4, 6, 8, 3))
    >>> tfk.layers.GlobalAveragePooling3D(keepdims=True)(x).shape
    TensorShape([2, 1, 1, 1, 3])
    """

    rank = 3


GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
