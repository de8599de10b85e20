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
"""OneHot: classes as vectors, for labels and for images of classes."""

import tensorflow as tf

from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.utils import structure


class OneHot(PreprocessingLayer):
    """Turns each class into a vector with a single 1.

    Use it for targets of `categorical_crossentropy`: labels, or the masks of
    segmentation, which have a class for each pixel. `CategoryEncoding` is for
    features: it knows weights, and several categories in one vector.

    Arguments:
        num_classes: Integer: the classes are 0 to `num_classes - 1`.
        **kwargs: As for `Layer`.

    Input shape:
        Integers (or whole floats) of any shape, dense or ragged. A last axis
        of size 1, as that of a mask's channel, is dropped.

    Output shape:
        The same, with a last axis of `num_classes` floats.

    Example:

    >>> layer = tfk.layers.OneHot(3)
    >>> layer(np.array([2, 0])).numpy()
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    >>> layer(np.zeros((8, 4, 4, 1))).shape
    TensorShape([8, 4, 4, 3])
    """

    def __init__(self, num_classes, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})
        if num_classes < 1:
            raise ValueError(
                f"`num_classes` of layer '{self.name}' (OneHot) must be a "
                f"positive integer. Received: num_classes={num_classes!r}."
            )
        self.num_classes = num_classes

    def call(self, inputs):
        """Encodes the classes."""
        if isinstance(inputs, tf.RaggedTensor):
            return inputs.with_flat_values(self._encode(inputs.flat_values))
        if isinstance(inputs, tf.SparseTensor) or inputs.dtype == tf.string:
            raise ValueError(
                f"Layer '{self.name}' (OneHot) takes dense or ragged tensors "
                f"of integers. Received: {structure.describe(inputs)}."
            )
        if _has_channel(inputs.shape):
            inputs = tf.squeeze(inputs, -1)
        return self._encode(inputs)

    def _encode(self, classes):
        if not classes.dtype.is_integer:
            classes = tf.cast(tf.round(classes), tf.int64)
        largest = min(self.num_classes - 1, classes.dtype.max)
        is_known = (classes >= 0) & (classes <= largest)
        tf.debugging.Assert(
            tf.reduce_all(is_known),
            [
                f"Layer '{self.name}' (OneHot) takes classes in "
                f"[0, num_classes) with num_classes={self.num_classes}. "
                "Received:",
                classes,
            ],
        )
        dtype = tf.as_dtype(self.compute_dtype)
        return tf.one_hot(classes, self.num_classes, dtype=dtype)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        if _has_channel(shape):
            shape = shape[:-1]
        return shape.concatenate([self.num_classes])


def _has_channel(shape):
    return (shape.rank or 0) > 1 and shape[-1] == 1
