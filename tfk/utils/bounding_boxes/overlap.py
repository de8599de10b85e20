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
"""How far boxes overlap."""

import math

import tensorflow as tf

from tfk.utils.bounding_boxes import formats

# Keeps boxes without an area from dividing by zero.
_EPSILON = 1e-7


def compute_iou(
    boxes1,
    boxes2,
    bounding_box_format,
    use_masking=False,
    mask_val=-1,
    image_shape=None,
):
    """Returns the intersection over union of each box with each other one.

    Arguments:
        boxes1: Tensor of shape `(count1, 4)` or `(batch_size, count1, 4)`.
        boxes2: Tensor of shape `(count2, 4)` or `(batch_size, count2, 4)`.
        bounding_box_format: String: the format of both.
        use_masking: Boolean: whether boxes that are there to fill up, whose
            numbers are all negative, count.
        mask_val: Number: the result for such boxes.
        image_shape: Pair `(height, width)`, or with channels; not needed, as
            shares of areas do not depend on it.

    Returns:
        A tensor of shape `(count1, count2)` or `(batch_size, count1, count2)`.

    Example:

    >>> boxes = tf.constant([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0]])
    >>> tfk.utils.bounding_boxes.compute_iou(boxes, boxes, "xyxy").numpy()
    array([[1.        , 0.33333334],
           [0.33333334, 1.        ]], dtype=float32)
    """
    del image_shape
    name = formats.check(bounding_box_format)
    boxes1, boxes2 = formats.as_boxes(boxes1), formats.as_boxes(boxes2)
    ranks = boxes1.shape.rank, boxes2.shape.rank
    if not set(ranks) <= {2, 3}:
        raise ValueError(
            "Boxes must have the shape (count, 4) or (batch_size, count, 4). "
            f"Received: shapes {boxes1.shape} and {boxes2.shape}."
        )
    first = [x[..., :, tf.newaxis] for x in formats.to_sides(boxes1, name)]
    second = [x[..., tf.newaxis, :] for x in formats.to_sides(boxes2, name)]
    common, union = _areas(first, second)
    iou = tf.math.divide_no_nan(common, union)
    if not use_masking:
        return iou
    masked = [tf.reduce_all(boxes < 0, -1) for boxes in (boxes1, boxes2)]
    is_masked = masked[0][..., :, tf.newaxis] | masked[1][..., tf.newaxis, :]
    return tf.where(is_masked, tf.cast(mask_val, iou.dtype), iou)


def compute_ciou(boxes1, boxes2, bounding_box_format, image_shape=None):
    """Returns the complete intersection over union of pairs of boxes.

    It is the intersection over union, less what the middles are apart and what
    the proportions differ: a measure that says more of boxes that hardly
    overlap.

    Reference: [Zheng et al., 2020](https://arxiv.org/abs/1911.08287).

    Arguments:
        boxes1: Tensor of shape `(..., 4)`.
        boxes2: Tensor of a shape that goes with it.
        bounding_box_format: String: the format of both.
        image_shape: Pair `(height, width)`, or with channels; needed for
            relative formats, where proportions depend on it.

    Returns:
        A tensor of shape `(...)`.

    Example:

    >>> boxes = tf.constant([[0.0, 0.0, 2.0, 2.0]])
    >>> others = tf.constant([[2.0, 2.0, 4.0, 4.0]])
    >>> tfk.utils.bounding_boxes.compute_ciou(boxes, others, "xyxy").numpy()
    array([-0.25], dtype=float32)
    """
    height = width = None
    if image_shape is not None:
        height, width = image_shape[:2]
    first, second = (
        formats.to_sides(
            formats.convert_format(
                boxes, bounding_box_format, "xyxy", height, width
            ),
            "xyxy",
        )
        for boxes in (boxes1, boxes2)
    )
    common, union = _areas(first, second)
    iou = common / (union + _EPSILON)
    (left1, top1, right1, bottom1), (left2, top2, right2, bottom2) = (
        first,
        second,
    )
    distance = _squared(
        (left1 + right1 - left2 - right2) / 2,
        (top1 + bottom1 - top2 - bottom2) / 2,
    )
    diagonal = _squared(
        tf.maximum(right1, right2) - tf.minimum(left1, left2),
        tf.maximum(bottom1, bottom2) - tf.minimum(top1, top2),
    )
    angles = (
        tf.atan((right - left) / (bottom - top + _EPSILON))
        for left, top, right, bottom in (first, second)
    )
    slant = (4 / math.pi**2) * tf.square(next(angles) - next(angles))
    weight = slant / (slant - iou + 1 + _EPSILON)
    return iou - distance / (diagonal + _EPSILON) - weight * slant


def _areas(first, second):
    """Returns the areas of intersection and union."""
    left1, top1, right1, bottom1 = first
    left2, top2, right2, bottom2 = second
    width = tf.minimum(right1, right2) - tf.maximum(left1, left2)
    height = tf.minimum(bottom1, bottom2) - tf.maximum(top1, top2)
    common = tf.maximum(width, 0.0) * tf.maximum(height, 0.0)
    area1 = (right1 - left1) * (bottom1 - top1)
    area2 = (right2 - left2) * (bottom2 - top2)
    return common, area1 + area2 - common


def _squared(x, y):
    return tf.square(x) + tf.square(y)
