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
"""Boxes in images that are cut, padded, turned and moved."""

import math

import tensorflow as tf

from tfk.utils.bounding_boxes import formats


def clip_to_image_size(
    bounding_boxes, height=None, width=None, bounding_box_format="xyxy"
):
    """Cuts boxes off where images end.

    Boxes of which nothing is left get the label -1.

    Arguments:
        bounding_boxes: Dict of `"boxes"`, a tensor of shape `(..., 4)`, and
            `"labels"`, of shape `(...)`. Other keys are left as they are.
        height: The height of the images: a number, or one for each image. Not
            needed for relative formats.
        width: The width, likewise.
        bounding_box_format: String: the format of the boxes.

    Returns:
        A dict with the same keys.

    Raises:
        ValueError: If there is no such format, or if the size is missing.

    Example:

    >>> boxes = {
    ...     "boxes": tf.constant([[5.0, 5, 20, 9], [11.0, 1, 12, 2]]),
    ...     "labels": tf.constant([3, 4]),
    ... }
    >>> clipped = tfk.utils.bounding_boxes.clip_to_image_size(boxes, 10, 10)
    >>> clipped["boxes"].numpy()
    array([[ 5.,  5., 10.,  9.],
           [10.,  1., 10.,  2.]], dtype=float32)
    >>> clipped["labels"].numpy()
    array([ 3, -1], dtype=int32)
    """
    name = formats.check(bounding_box_format)
    if formats.is_relative(name):
        height = width = 1.0
    elif height is None or width is None:
        raise ValueError(
            "Boxes in pixels can be clipped only to a known size. Received: "
            f"bounding_box_format={name!r}, height={height}, width={width}. "
            "Pass `height` and `width`."
        )
    boxes = formats.as_boxes(bounding_boxes["boxes"])
    left, top, right, bottom = formats.to_sides(boxes, name)
    height, width = formats.of_each(height, left), formats.of_each(width, left)
    left, right = (tf.clip_by_value(x, 0.0, width) for x in (left, right))
    top, bottom = (tf.clip_by_value(y, 0.0, height) for y in (top, bottom))
    clipped = formats.from_sides((left, top, right, bottom), name)
    result = {**bounding_boxes, "boxes": clipped}
    if "labels" in bounding_boxes:
        remains = (right > left) & (bottom > top)
        labels = tf.convert_to_tensor(bounding_boxes["labels"])
        result["labels"] = tf.where(remains, labels, tf.cast(-1, labels.dtype))
    return result


def crop(boxes, top, left, height, width, bounding_box_format="xyxy"):
    """Returns boxes as seen in a part of the image, cut off where it ends.

    Arguments:
        boxes: Tensor of shape `(..., 4)`.
        top: The first row of the part: a number, or one for each image.
        left: The first column of the part, likewise.
        height: The height of the part.
        width: The width of the part.
        bounding_box_format: String: the format of the boxes, in pixels.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: If there is no such format, or if it is relative.

    Example:

    >>> boxes = tf.constant([[10.0, 20.0, 50.0, 60.0]])
    >>> tfk.utils.bounding_boxes.crop(boxes, 10, 20, 40, 60).numpy()
    array([[ 0., 10., 30., 40.]], dtype=float32)
    """
    cropped = _shifted(boxes, top, left, -1, bounding_box_format)
    return clip_to_image_size(
        {"boxes": cropped}, height, width, bounding_box_format
    )["boxes"]


def pad(boxes, top, left, height=None, width=None, bounding_box_format="xyxy"):
    """Returns boxes as seen in an image with a frame.

    Arguments:
        boxes: Tensor of shape `(..., 4)`.
        top: The rows above the image: a number, or one for each image.
        left: The columns left of the image, likewise.
        height: The height of the image with the frame. It does not matter.
        width: The width of the image with the frame. It does not matter.
        bounding_box_format: String: the format of the boxes, in pixels.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: If there is no such format, or if it is relative.

    Example:

    >>> boxes = tf.constant([[10.0, 20.0, 50.0, 60.0]])
    >>> tfk.utils.bounding_boxes.pad(boxes, 10, 20).numpy()
    array([[30., 30., 70., 70.]], dtype=float32)
    """
    del height, width
    return _shifted(boxes, top, left, 1, bounding_box_format)


def _shifted(boxes, down, right, sign, bounding_box_format):
    name = formats.check(bounding_box_format)
    if formats.is_relative(name):
        raise ValueError(
            "Boxes are cropped and padded by pixels, so that they must be in "
            f"pixels, too. Received: bounding_box_format={name!r}. Convert "
            "them by `convert_format` first."
        )
    x1, y1, x2, y2 = formats.to_sides(formats.as_boxes(boxes), name)
    right = sign * formats.of_each(right, x1)
    down = sign * formats.of_each(down, x1)
    return formats.from_sides(
        (x1 + right, y1 + down, x2 + right, y2 + down), name
    )


def affine_transform(
    boxes,
    angle,
    translate_x,
    translate_y,
    scale,
    shear_x,
    shear_y,
    height,
    width,
    center_x=None,
    center_y=None,
    bounding_box_format="xyxy",
):
    """Returns the boxes around boxes that are moved, turned and sheared.

    They are moved first, then turned, sheared and scaled.

    Arguments:
        boxes: Tensor of shape `(batch_size, boxes, 4)`, or `(boxes, 4)`.
        angle: Degrees to turn by, counter-clockwise: a tensor of shape
            `(batch_size,)`, or a number; like all up to `shear_y`.
        translate_x: How far to the right, as a share of the width less 1.
        translate_y: How far down, as a share of the height less 1.
        scale: Factor.
        shear_x: Degrees to shear by, along rows.
        shear_y: Degrees to shear by, along columns.
        height: The height of the images.
        width: The width of the images.
        center_x: The place that does not move, as a share of the width less 1.
            Defaults to 0.5.
        center_y: The same, of the height.
        bounding_box_format: String: the format of the boxes.

    Returns:
        A tensor of the same shape.

    Example:

    >>> boxes = tf.constant([[2.0, 0.0, 6.0, 1.0]])
    >>> tfk.utils.bounding_boxes.affine_transform(
    ...     boxes, 90, 0, 0, 1, 0, 0, height=9, width=9
    ... ).numpy().round(3)
    array([[0., 2., 1., 6.]], dtype=float32)
    """
    name = formats.check(bounding_box_format)
    corners = formats.convert_format(boxes, name, "xyxy", height, width)
    sides = formats.to_sides(corners, "xyxy")
    is_batch = corners.shape.rank == 3
    if not is_batch:
        sides = [side[tf.newaxis] for side in sides]
    one = sides[0]
    angle, translate_x, translate_y, scale, shear_x, shear_y = (
        formats.of_each(x, one)
        for x in (angle, translate_x, translate_y, scale, shear_x, shear_y)
    )
    # Keras 3 counts from the middle of the first pixel to that of the last.
    width, height = (formats.of_each(x, one) - 1 for x in (width, height))
    center_x = (0.5 if center_x is None else center_x) * width
    center_y = (0.5 if center_y is None else center_y) * height
    radians = angle * (math.pi / 180)
    cos, sin = tf.cos(radians), tf.sin(radians)
    by_row, by_column = (
        tf.tan(x * (math.pi / 180)) for x in (shear_x, shear_y)
    )

    def move(x, y):
        x = x - center_x + translate_x * width
        y = y - center_y + translate_y * height
        x, y = cos * x + sin * y, cos * y - sin * x
        y = y + by_column * x
        x = x + by_row * y
        return x * scale + center_x, y * scale + center_y

    sides = around_corners(sides, move)
    if not is_batch:
        sides = [side[0] for side in sides]
    return formats.convert_format(
        formats.from_sides(sides, "xyxy"), "xyxy", name, height + 1, width + 1
    )


def around_corners(sides, move):
    """Returns the sides of the boxes around the moved corners of boxes.

    Arguments:
        sides: Tuple of left, top, right and bottom: tensors of shape `(count,
            boxes)`.
        move: Function from x and y, tensors of shape `(count, points)`, to
            where the points are afterwards.
    """
    left, top, right, bottom = sides
    x = tf.stack([left, right, right, left], -1)
    y = tf.stack([top, top, bottom, bottom], -1)
    shape = tf.shape(x)
    flat = (shape[0], -1)
    x, y = move(tf.reshape(x, flat), tf.reshape(y, flat))
    x, y = tf.reshape(x, shape), tf.reshape(y, shape)
    return (
        tf.reduce_min(x, -1),
        tf.reduce_min(y, -1),
        tf.reduce_max(x, -1),
        tf.reduce_max(y, -1),
    )
