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
"""Rescaling: numbers from one range to another."""

import tensorflow as tf

from tfk.engine.preprocessing_layer import PreprocessingLayer


class Rescaling(PreprocessingLayer):
    """Multiplies inputs by a scale and adds an offset.

    Use it to bring values of a known range into one that suits networks:
    `Rescaling(1 / 255)` maps pixels to `[0, 1]`, `Rescaling(1 / 127.5, -1)` to
    `[-1, 1]`. Where the range is to be learned, use `Normalization`.

    Arguments:
        scale: Number, or a list of them for the last axis.
        offset: Number, or a list of them for the last axis. Defaults to 0.
        **kwargs: As for `Layer`, and `value`: a number to divide by, in place
            of `scale`.

    Input shape:
        Any: numbers, dense or ragged; sparse if the offset is 0.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.Rescaling(1 / 127.5, offset=-1)
    >>> layer(np.array([0, 255], "uint8")).numpy()
    array([-1.,  1.], dtype=float32)
    """

    def __init__(self, scale=None, offset=0.0, **kwargs):
        value = kwargs.pop("value", None)
        super().__init__(**kwargs)
        if (scale is None) == (value is None):
            raise ValueError(
                f"Layer '{self.name}' (Rescaling) needs `scale` or `value`, "
                f"and not both. Received: scale={scale}, value={value}."
            )
        self.scale = 1.0 / value if scale is None else scale
        self.offset = offset

    def call(self, inputs):
        """Rescales the inputs."""
        dtype = self.compute_dtype
        scale = tf.cast(self.scale, dtype)
        outputs = tf.cast(inputs, dtype)
        if isinstance(outputs, tf.SparseTensor):
            return self._rescale_sparse(outputs, scale)
        return outputs * scale + tf.cast(self.offset, dtype)

    def _rescale_sparse(self, inputs, scale):
        if self.offset != 0:
            raise ValueError(
                f"Layer '{self.name}' (Rescaling) would fill a sparse input "
                f"with its offset. Received: offset={self.offset}. Use an "
                "offset of 0, or `tf.sparse.to_dense` first."
            )
        return inputs * scale

    def compute_output_shape(self, input_shape):
        return tf.TensorShape(input_shape)
