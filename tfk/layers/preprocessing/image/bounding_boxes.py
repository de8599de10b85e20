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
"""MaxNumBoundingBoxes: as many boxes for each image."""

import tensorflow as tf

from tfk.layers.preprocessing.image import image_layer
from tfk.utils import structure


class MaxNumBoundingBoxes(image_layer.ImageLayer):
    """Brings the boxes of all images to one number, to make batches.

    Boxes that are too many are left out, those at the end first; missing ones
    are filled up. Images stay as they are. It does so in inference too.

    Arguments:
        max_number: Integer: the number of boxes an image.
        fill_value: Number that fills up boxes and labels. Defaults to -1.
        **kwargs: As for `Layer`, and `data_format`. `bounding_box_format` is
            not needed: boxes of any format will do.

    Input shape:
        A dict with the key `"images"` and, in `"bounding_boxes"`, a dict of
        `"boxes"` of shape `(batch_size, count, 4)` and `"labels"` of shape
        `(batch_size, count)`, dense or ragged; or all that for one image,
        without the batch axis.

    Output shape:
        The same, with `max_number` in the place of `count`.

    Example:

    >>> layer = tfk.layers.MaxNumBoundingBoxes(3)
    >>> outputs = layer(
    ...     {
    ...         "images": np.zeros((1, 4, 4, 3)),
    ...         "bounding_boxes": {
    ...             "boxes": np.ones((1, 2, 4)),
    ...             "labels": np.array([[5, 6]]),
    ...         },
    ...     }
    ... )
    >>> outputs["bounding_boxes"]["labels"].numpy()
    array([[ 5,  6, -1]])
    """

    # Format and size don't matter.
    _moves_things = False

    def __init__(self, max_number, fill_value=-1, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(max_number, int) or max_number < 1:
            raise ValueError(
                f"`max_number` of layer '{self.name}' (MaxNumBoundingBoxes) "
                "must be a positive integer. Received: "
                f"max_number={max_number!r}."
            )
        self.max_number = max_number
        self.fill_value = fill_value

    def _transform(self, images, transformation):
        return images

    def _transform_boxes(self, boxes, transformation, height, width):
        return tf.nest.map_structure(self._filled_up, boxes)

    def _filled_up(self, x):
        fill = tf.cast(self.fill_value, x.dtype)
        if isinstance(x, tf.RaggedTensor):
            shape = [None, self.max_number, *x.shape[2:]]
            return x.to_tensor(fill, shape=shape)
        if x.shape.rank is None or x.shape.rank < 2:
            raise ValueError(
                f"Layer '{self.name}' (MaxNumBoundingBoxes) takes boxes and "
                "labels with an axis for the boxes of an image. Received: "
                f"{structure.describe(x)}."
            )
        x = x[:, : self.max_number]
        missing = self.max_number - tf.shape(x)[1]
        paddings = [[0, 0]] * x.shape.rank
        paddings[1] = [0, missing]
        filled = tf.pad(x, paddings, constant_values=fill)
        filled.set_shape([x.shape[0], self.max_number, *x.shape[2:]])
        return filled

    def _num_boxes(self, count):
        return self.max_number
