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
"""Layers that put zeros around their inputs."""

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class _ZeroPadding(Layer):
    """What padding layers share. Subclasses set `rank`."""

    _shape_says_all = True

    rank = None

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.padding = conv_shapes.normalize_pairs(
            padding, self.rank, "padding", self.name
        )
        self.data_format = conv_shapes.normalize_data_format(
            data_format, self.name
        )
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _pads(self):
        """What to add before and after each axis of the inputs."""
        if self.data_format == "channels_last":
            return [(0, 0), *self.padding, (0, 0)]
        return [(0, 0), (0, 0), *self.padding]

    def call(self, inputs):
        window_ops.require_dense(inputs, self.name, "`tf.concat` on its rows")
        return tf.pad(inputs, self._pads)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if shape.rank is None:
            return tf.TensorShape([None] * (self.rank + 2))
        return tf.TensorShape(
            [
                None if size is None else size + sum(pads)
                for size, pads in zip(shape, self._pads)
            ]
        )


class ZeroPadding1D(_ZeroPadding):
    """Puts zeros before and after sequences.

    Use it where a convolution needs padding that is neither `"same"` nor
    `"causal"`.

    Arguments:
        padding: Integer, for both ends, or a pair: how many steps of zeros to
            add before the first and after the last.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, steps, channels)`.

    Output shape:
        `(batch, new_steps, channels)`.

    Raises:
        ValueError: If `padding` is out of range.

    Example:

    >>> x = tf.reshape([1.0, 2.0], (1, 2, 1))
    >>> tf.squeeze(tfk.layers.ZeroPadding1D((1, 2))(x)).numpy()
    array([0., 1., 2., 0., 0.], dtype=float32)
    """

    rank = 1
    _unsaved_arguments = Layer._unsaved_arguments + ("data_format",)

    def __init__(self, padding=1, **kwargs):
        super().__init__(0, "channels_last", **kwargs)
        self.padding = conv_shapes.normalize_tuple(
            padding, 2, "padding", self.name, allow_zero=True
        )

    @property
    def _pads(self):
        return [(0, 0), self.padding, (0, 0)]


class ZeroPadding2D(_ZeroPadding):
    """Puts rows and columns of zeros around images.

    Use it where a convolution needs padding other than `"same"`, for instance
    the same on all sides in spite of strides.

    Arguments:
        padding: Integer, for all sides; a pair (rows, columns), each for both
            its sides; or a pair of pairs `((top, bottom), (left, right))`.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows,
        columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_rows, new_columns, channels)`, or with the channels before
        the spatial axes.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.ones((1, 2, 2, 1))
    >>> tfk.layers.ZeroPadding2D(((1, 0), (0, 1)))(x)[0, :, :, 0].numpy()
    array([[0., 0., 0.],
           [1., 1., 0.],
           [1., 1., 0.]], dtype=float32)
    """

    rank = 2


class ZeroPadding3D(_ZeroPadding):
    """Puts zeros around volumes.

    Use it where a 3D convolution needs padding other than `"same"`.

    Arguments:
        padding: Integer, for all sides; three integers, each for both sides of
            an axis; or three pairs, each `(before, after)`.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth,
        rows, columns)` with `data_format="channels_first"`.

    Output shape:
        `(batch, new_depth, new_rows, new_columns, channels)`, or with the
        channels before the spatial axes.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.ones((1, 2, 3, 4, 1))
    >>> tfk.layers.ZeroPadding3D((1, 0, (0, 2)))(x).shape
    TensorShape([1, 4, 3, 6, 1])
    """

    rank = 3
