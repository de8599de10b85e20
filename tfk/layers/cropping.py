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
"""Layers that cut off the borders of their inputs."""

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import window_ops
from tfk.utils import conv_shapes


class _Cropping(Layer):
    """What cropping layers share. Subclasses set `rank`."""

    _shape_says_all = True

    rank = None

    def __init__(self, cropping, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.cropping = conv_shapes.normalize_pairs(
            cropping, self.rank, "cropping", self.name
        )
        self.data_format = conv_shapes.normalize_data_format(
            data_format, self.name
        )
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _cuts(self):
        """What to cut before and after each axis of the inputs."""
        if self.data_format == "channels_last":
            return [(0, 0), *self.cropping, (0, 0)]
        return [(0, 0), (0, 0), *self.cropping]

    def build(self, input_shape):
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs):
        window_ops.require_dense(inputs, self.name, "slices of its rows")
        # An end of None keeps the rest, where -0 would keep nothing.
        return inputs[
            tuple(slice(before, -after or None) for before, after in self._cuts)
        ]

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if shape.rank is None:
            return tf.TensorShape([None] * (self.rank + 2))
        sizes = [
            None if size is None else size - sum(cuts)
            for size, cuts in zip(shape, self._cuts)
        ]
        for size, cuts in zip(sizes, self._cuts):
            if size is not None and size < 1 and sum(cuts):
                raise ValueError(
                    f"`cropping` of layer '{self.name}' leaves nothing of its "
                    f"input. Received: cropping={self.cropping}, and "
                    f"input_shape={tuple(shape)}. Crop less."
                )
        return tf.TensorShape(sizes)


class Cropping1D(_Cropping):
    """Cuts steps off both ends of sequences.

    Use it to undo padding, or to bring two branches of a model to one length.

    Arguments:
        cropping: Integer, for both ends, or a pair: how many steps to cut off
            before the first and after the last.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, steps, channels)`.

    Output shape:
        `(batch, new_steps, channels)`.

    Raises:
        ValueError: If an argument is out of range, or, when the layer is
            built, if nothing would be left.

    Example:

    >>> x = tf.reshape(tf.range(5.0), (1, 5, 1))
    >>> tf.squeeze(tfk.layers.Cropping1D((1, 2))(x)).numpy()
    array([1., 2.], dtype=float32)
    """

    rank = 1
    _unsaved_arguments = Layer._unsaved_arguments + ("data_format",)

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__(0, "channels_last", **kwargs)
        self.cropping = conv_shapes.normalize_tuple(
            cropping, 2, "cropping", self.name, allow_zero=True
        )

    @property
    def _cuts(self):
        return [(0, 0), self.cropping, (0, 0)]


class Cropping2D(_Cropping):
    """Cuts rows and columns off the borders of images.

    Use it to undo padding, or to bring two branches of a model to one size, as
    in U-Net.

    Arguments:
        cropping: Integer, for all sides; a pair (rows, columns), each for both
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
        ValueError: If an argument is out of range, or, when the layer is
            built, if nothing would be left.

    Example:

    >>> x = tf.ones((2, 28, 28, 3))
    >>> tfk.layers.Cropping2D(((2, 2), (4, 4)))(x).shape
    TensorShape([2, 24, 20, 3])
    """

    rank = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(_Cropping):
    """Cuts the borders off volumes.

    Use it to undo padding, or to bring two branches of a model to one size.

    Arguments:
        cropping: Integer, for all sides; three integers, each for both sides
            of an axis; or three pairs, each `(before, after)`.
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
        ValueError: If an argument is out of range, or, when the layer is
            built, if nothing would be left.

    Example:

    >>> x = tf.ones((2, 8, 8, 8, 3))
    >>> tfk.layers.Cropping3D((1, 2, (0, 3)))(x).shape
    TensorShape([2, 6, 4, 5, 3])
    """

    rank = 3

    def __init__(
        self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs
    ):
        super().__init__(cropping, data_format, **kwargs)
