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
"""Bounding boxes that follow what layers do with images.

Layers say where points go. What is around that is done here, for all of them:
formats, corners, the edges of images, boxes that only fill up.
"""

import tensorflow as tf

from tfk.utils import bounding_boxes
from tfk.utils import image_scaling
from tfk.utils.bounding_boxes import formats
from tfk.utils.bounding_boxes import moves

# The label of boxes that fill up, as images have different numbers of them.
_NONE = -1


def moved(boxes, bounding_box_format, old_size, new_size, move):
    """Returns boxes where things are after a move.

    Boxes are cut off where images end. Those that are outside, and those that
    had the label -1, get the label -1 and -1 for all sides.

    Arguments:
        boxes: Dict of `"boxes"`, a tensor of shape `(count, boxes, 4)`, and
            `"labels"`, of shape `(count, boxes)`, dense or ragged. Other keys
            are left as they are.
        bounding_box_format: String: the format of the boxes.
        old_size: Pair `(height, width)` of the images.
        new_size: The same, afterwards.
        move: Function from x and y, float tensors of shape `(count, points)`,
            to the same of the points afterwards. The image reaches from 0 to
            its width and height, half a pixel beyond the middles of pixels.
    """
    return with_sides(
        boxes,
        bounding_box_format,
        old_size,
        new_size,
        lambda sides: moves.around_corners(sides, move),
    )


def with_sides(boxes, bounding_box_format, old_size, new_size, change):
    """Returns boxes with other sides, cut off where images end.

    Arguments:
        boxes: As for `moved`, like all that is not told here.
        bounding_box_format: String.
        old_size: Pair `(height, width)`.
        new_size: Pair `(height, width)`.
        change: Function from left, top, right and bottom in pixels, tensors of
            shape `(count, boxes)`, to the sides afterwards.
    """
    if isinstance(boxes["boxes"], tf.RaggedTensor):
        return _of_ragged(
            boxes,
            lambda dense: with_sides(
                dense, bounding_box_format, old_size, new_size, change
            ),
        )
    corners = bounding_boxes.convert_format(
        boxes["boxes"], bounding_box_format, "xyxy", *old_size
    )
    sides = change(formats.to_sides(corners, "xyxy"))
    labels = boxes.get("labels")
    if labels is None:
        labels = tf.zeros_like(sides[0])
    clipped = bounding_boxes.clip_to_image_size(
        {"boxes": formats.from_sides(sides, "xyxy"), "labels": labels},
        *new_size,
    )
    found = bounding_boxes.convert_format(
        clipped["boxes"], "xyxy", bounding_box_format, *new_size
    )
    labels = clipped["labels"]
    is_none = labels == tf.cast(_NONE, labels.dtype)
    found = tf.where(is_none[..., tf.newaxis], float(_NONE), found)
    if "labels" not in boxes:
        return {**boxes, "boxes": found}
    return {**boxes, "boxes": found, "labels": labels}


def _of_ragged(boxes, change):
    """Changes ragged boxes as dense ones that are filled up."""
    lengths = boxes["boxes"].row_lengths()
    dense = {
        key: (
            x.to_tensor(tf.cast(_NONE, x.dtype))
            if isinstance(x, tf.RaggedTensor)
            else x
        )
        for key, x in boxes.items()
    }
    # Boxes have four numbers, which ragged tensors may not know.
    dense["boxes"] = tf.ensure_shape(dense["boxes"], (None, None, 4))
    changed = change(dense)
    return {
        key: (
            tf.RaggedTensor.from_tensor(changed[key], lengths)
            if isinstance(x, tf.RaggedTensor)
            else changed[key]
        )
        for key, x in boxes.items()
    }


def seen_in_part(x, y, old_height, old_width, height, width):
    """Returns points as `image_scaling.fit` leaves them.

    Arguments:
        x: Float tensor of shape `(count, points)`.
        y: The same.
        old_height: The height of the images, a float.
        old_width: The width of the images.
        height: The height afterwards.
        width: The width afterwards.
    """
    part = image_scaling.ratio_part(old_height, old_width, height, width)
    top, left = image_scaling.middle(old_height, old_width, *part)
    return (x - left) * (width / part[1]), (y - top) * (height / part[0])


def check(boxes, layer):
    """Raises unless boxes are a dict that the layer can deal with.

    Arguments:
        boxes: What came with the images under `"bounding_boxes"`.
        layer: The layer, for messages.
    """
    where = f"Layer '{layer.name}' (of type {type(layer).__name__})"
    if not isinstance(boxes, dict) or "boxes" not in boxes:
        raise ValueError(
            f"{where} takes bounding boxes as a dict with the keys 'boxes' and "
            f"'labels'. Received: bounding_boxes={boxes!r}."
        )
    if layer.bounding_box_format is None:
        raise ValueError(
            f"{where} has to know what the numbers of bounding boxes are. "
            "Received: inputs with the key 'bounding_boxes', and "
            "bounding_box_format=None. Pass `bounding_box_format='xyxy'`, or "
            "another format, to the layer."
        )
