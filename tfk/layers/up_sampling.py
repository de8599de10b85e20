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
"""Layers that make their inputs larger by whole factors."""

import tensorflow as tf

from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import window_ops
from tfk.utils import conv_shapes

_INTERPOLATIONS = (
    "area",
    "bicubic",
    "bilinear",
    "gaussian",
    "lanczos3",
    "lanczos5",
    "mitchellcubic",
    "nearest",
)


def repeat(inputs, axis, times):
    """Repeats each element along an axis; `tf.repeat` takes longer.

    Arguments:
        inputs: Tensor.
        axis: Integer, not negative.
        times: Integer: how often.

    Returns:
        A tensor that is `times` as large along the axis.
    """
    if times == 1:
        return inputs
    sizes = inputs.shape.as_list()
    if None in sizes:
        dynamic = tf.unstack(tf.shape(inputs))
        sizes = [d if s is None else s for s, d in zip(sizes, dynamic)]
    multiples = [1] * (len(sizes) + 1)
    multiples[axis + 1] = times
    sizes[axis] *= times
    return tf.reshape(
        tf.tile(tf.expand_dims(inputs, axis + 1), multiples), sizes
    )


class _UpSampling(Layer):
    """What upsampling layers share. Subclasses set `rank`."""

    _shape_says_all = True

    rank = None

    def __init__(self, size=2, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.size = conv_shapes.normalize_tuple(
            size, self.rank, "size", self.name
        )
        self.data_format = conv_shapes.normalize_data_format(
            data_format, self.name
        )
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self):
        return conv_shapes.spatial_axes(self.data_format, self.rank)

    @property
    def _times(self):
        return self.size

    def call(self, inputs):
        window_ops.require_dense(inputs, self.name, "`tf.repeat` on its rows")
        # One axis at a time, the last one first: gradients of a single pass
        # over all axes take twice as long. The op that resizes images is as
        # fast but is unknown to XLA.
        for axis, times in reversed(list(zip(self._axes, self._times))):
            inputs = repeat(inputs, axis, times)
        return inputs

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if shape.rank is None:
            return tf.TensorShape([None] * (self.rank + 2))
        sizes = shape.as_list()
        for axis, times in zip(self._axes, self._times):
            if sizes[axis] is not None:
                sizes[axis] *= times
        return tf.TensorShape(sizes)


class UpSampling1D(_UpSampling):
    """Repeats each step of sequences.

    Use it to undo the shortening by strides or pooling, as decoders do.

    Arguments:
        size: Integer: how often each step appears.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor.

    Input shape:
        `(batch, steps, channels)`.

    Output shape:
        `(batch, new_steps, channels)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> x = tf.reshape([1.0, 2.0], (1, 2, 1))
    >>> tf.squeeze(tfk.layers.UpSampling1D(2)(x)).numpy()
    array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 1
    _unsaved_arguments = Layer._unsaved_arguments + ("data_format",)

    def __init__(self, size=2, **kwargs):
        super().__init__(size, "channels_last", **kwargs)
        self.size = self.size[0]

    @property
    def _times(self):
        return (self.size,)


class UpSampling2D(_UpSampling):
    """Makes images larger by repeating or interpolating pixels.

    Use it in decoders, followed by a convolution: other than a transposed
    convolution it leaves no checkerboard ([Odena et al.,
    2016](https://distill.pub/2016/deconv-checkerboard)).

    Arguments:
        size: Integer or pair of integers: the factors for rows and columns.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `tfk.backend.image_data_format()`.
        interpolation: `"nearest"` (repeats pixels), `"bilinear"`, `"bicubic"`,
            `"area"`, `"gaussian"`, `"lanczos3"`, `"lanczos5"` or
            `"mitchellcubic"`.
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

    >>> x = tf.reshape([1.0, 2.0], (1, 1, 2, 1))
    >>> tfk.layers.UpSampling2D((1, 2))(x)[0, :, :, 0].numpy()
    array([[1., 1., 2., 2.]], dtype=float32)
    """

    rank = 2

    def __init__(
        self,
        size=(2, 2),
        data_format=None,
        interpolation="nearest",
        **kwargs,
    ):
        super().__init__(size, data_format, **kwargs)
        if interpolation not in _INTERPOLATIONS:
            raise ValueError(
                f"`interpolation` of layer '{self.name}' must be one of "
                f"{_INTERPOLATIONS}. Received: interpolation="
                f"{interpolation!r}."
            )
        self.interpolation = interpolation

    def call(self, inputs):
        if self.interpolation == "nearest":
            return super().call(inputs)
        window_ops.require_dense(inputs, self.name, "`tf.image.resize`")
        is_first = self.data_format == "channels_first"
        x = tf.transpose(inputs, [0, 2, 3, 1]) if is_first else inputs
        new_size = tf.shape(x)[1:3] * self.size
        x = tf.cast(tf.image.resize(x, new_size, self.interpolation), x.dtype)
        x = tf.transpose(x, [0, 3, 1, 2]) if is_first else x
        x.set_shape(self.compute_output_shape(inputs.shape))
        return x


class UpSampling3D(_UpSampling):
    """Makes volumes larger by repeating their elements.

    Use it to undo the downsampling by strides or pooling, as decoders do.

    Arguments:
        size: Integer or three integers: the factor for each axis.
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

    >>> x = tf.ones((1, 2, 2, 2, 1))
    >>> tfk.layers.UpSampling3D((1, 2, 3))(x).shape
    TensorShape([1, 2, 4, 6, 1])
    """

    rank = 3
