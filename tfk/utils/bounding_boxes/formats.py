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
"""The formats of boxes."""

import tensorflow as tf

_RELATIVE = "rel_"


def _from_yxyx(top, left, bottom, right):
    return left, top, right, bottom


def _from_xywh(left, top, width, height):
    return left, top, left + width, top + height


def _from_center_xywh(x, y, width, height):
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _from_center_yxhw(y, x, height, width):
    return _from_center_xywh(x, y, width, height)


def _to_yxyx(left, top, right, bottom):
    return top, left, bottom, right


def _to_xywh(left, top, right, bottom):
    return left, top, right - left, bottom - top


def _to_center_xywh(left, top, right, bottom):
    width, height = right - left, bottom - top
    return left + width / 2, top + height / 2, width, height


def _to_center_yxhw(left, top, right, bottom):
    x, y, width, height = _to_center_xywh(left, top, right, bottom)
    return y, x, height, width


def _same(*sides):
    return sides


# How to come from a format to "xyxy", and back.
_CONVERSIONS = {
    "xyxy": (_same, _same),
    "yxyx": (_from_yxyx, _to_yxyx),
    "xywh": (_from_xywh, _to_xywh),
    "center_xywh": (_from_center_xywh, _to_center_xywh),
    "center_yxhw": (_from_center_yxhw, _to_center_yxhw),
}


def convert_format(
    boxes, source, target, height=None, width=None, dtype="float32"
):
    """Converts boxes from one format to another one.

    Arguments:
        boxes: Tensor of shape `(..., 4)`, or dict with it under `"boxes"`.
        source: String: the format of the boxes; see `bounding_boxes`.
        target: String: the format to convert to.
        height: The height of the images: a number, or a tensor with one for
            each image, the first axis of the boxes. It is needed if only one
            of the formats is relative.
        width: The width of the images, likewise.
        dtype: The type of the result.

    Returns:
        The boxes, or the dict with them.

    Raises:
        ValueError: If there is no such format, if the boxes have another
            shape, or if the size of the images is missing.

    Example:

    >>> boxes = tf.constant([[10.0, 20.0, 30.0, 60.0]])
    >>> tfk.utils.bounding_boxes.convert_format(
    ...     boxes, "xyxy", "rel_xywh", height=100, width=50
    ... ).numpy().round(3)
    array([[0.2, 0.2, 0.4, 0.4]], dtype=float32)
    """
    if isinstance(boxes, dict):
        converted = convert_format(
            boxes["boxes"], source, target, height, width, dtype
        )
        return {**boxes, "boxes": converted}
    source, target = check(source, "source"), check(target, "target")
    boxes = as_boxes(boxes, dtype)
    if source == target:
        return boxes
    sides = to_sides(boxes, source)
    if is_relative(source) != is_relative(target):
        if height is None or width is None:
            raise ValueError(
                "Relative formats and those in pixels can be converted only "
                "for images of a known size. Received: "
                f"source={source!r}, target={target!r}, height={height}, "
                f"width={width}. Pass `height` and `width`."
            )
        height, width = (of_each(size, sides[0]) for size in (height, width))
        if is_relative(target):
            height, width = 1 / height, 1 / width
        left, top, right, bottom = sides
        sides = left * width, top * height, right * width, bottom * height
    return from_sides(sides, target)


def check(name, argument="bounding_box_format"):
    """Returns the name of a format, after a check.

    Arguments:
        name: String.
        argument: String: the argument's name, for messages.

    Raises:
        ValueError: If there is no such format.
    """
    base = str(name).lower()
    if base.removeprefix(_RELATIVE) not in _CONVERSIONS:
        raise ValueError(
            f"`{argument}` must be one of {tuple(_CONVERSIONS)}, or 'rel_' and "
            f"one of them. Received: {argument}={name!r}."
        )
    return base


def is_relative(name):
    """Whether boxes of a format are shares of the image's size."""
    return name.startswith(_RELATIVE)


def as_boxes(boxes, dtype=None):
    """Returns a tensor of boxes, after a check of its shape.

    Arguments:
        boxes: Array or tensor.
        dtype: The type of the result. Defaults to that of the boxes if it is
            floating, else to float32.
    """
    if isinstance(boxes, tf.RaggedTensor):
        raise ValueError(
            "Boxes must be a dense tensor. Received: a ragged one of shape "
            f"{boxes.shape}. Use `boxes.to_tensor(-1.0)`."
        )
    boxes = tf.convert_to_tensor(boxes)
    if dtype is None:
        dtype = boxes.dtype if boxes.dtype.is_floating else tf.float32
    boxes = tf.cast(boxes, dtype)
    if boxes.shape.rank is not None and (
        boxes.shape.rank < 1 or boxes.shape[-1] not in (4, None)
    ):
        raise ValueError(
            "Boxes have four numbers each: a shape of (..., 4). Received: a "
            f"shape of {boxes.shape}."
        )
    return boxes


def to_sides(boxes, source):
    """Returns left, top, right and bottom of boxes, each a tensor.

    Arguments:
        boxes: Tensor of shape `(..., 4)`.
        source: String: their format. Relative boxes have relative sides.
    """
    to_xyxy, _ = _CONVERSIONS[source.removeprefix(_RELATIVE)]
    return to_xyxy(*tf.unstack(boxes, 4, axis=-1))


def from_sides(sides, target):
    """Returns boxes of a format.

    Arguments:
        sides: Tuple of left, top, right and bottom, all relative or none.
        target: String.
    """
    _, from_xyxy = _CONVERSIONS[target.removeprefix(_RELATIVE)]
    return tf.stack(from_xyxy(*sides), axis=-1)


def of_each(value, x):
    """Returns a number, or one for each image, in a shape that goes with `x`.

    Arguments:
        value: Number, or tensor of shape `(count,)`.
        x: Tensor whose first axis is that of the images.
    """
    value = tf.cast(value, x.dtype)
    if value.shape.rank == 0:
        return value
    return tf.reshape(value, [-1] + [1] * (x.shape.rank - 1))
