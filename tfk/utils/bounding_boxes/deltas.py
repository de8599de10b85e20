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
"""Boxes as what a detector learns: how they differ from anchors."""

import tensorflow as tf

from tfk.utils.bounding_boxes import formats

_ENCODED = ("center_xywh", "center_yxhw")


def encode_box_to_deltas(
    anchors,
    boxes,
    anchor_format,
    box_format,
    encoding_format="center_yxhw",
    variance=None,
    image_shape=None,
):
    """Returns how boxes differ from anchors.

    That is how far the middle is moved, as a share of the anchor's size, and
    the logarithm of how much larger the box is.

    Reference: [Ren et al., 2015](https://arxiv.org/abs/1506.01497).

    Arguments:
        anchors: Tensor of shape `(count, 4)` or `(batch_size, count, 4)`.
        boxes: Tensor of the same shape, or with a batch axis more.
        anchor_format: String: the format of the anchors.
        box_format: String: the format of the boxes.
        encoding_format: `"center_yxhw"` or `"center_xywh"`: the order of the
            result.
        variance: Four numbers that the result is divided by, or None.
        image_shape: Pair `(height, width)`, or with channels, for relative
            formats.

    Returns:
        A tensor of the shape of the boxes.

    Raises:
        ValueError: If an argument has no such value.

    Example:

    >>> anchors = tf.constant([[0.0, 0.0, 4.0, 4.0]])
    >>> boxes = tf.constant([[1.0, 0.0, 5.0, 8.0]])
    >>> tfk.utils.bounding_boxes.encode_box_to_deltas(
    ...     anchors, boxes, "xyxy", "xyxy", "center_xywh"
    ... ).numpy().round(3)
    array([[0.25 , 0.5  , 0.   , 0.693]], dtype=float32)
    """
    _check(encoding_format, "encoding_format")
    anchors = _converted(anchors, anchor_format, encoding_format, image_shape)
    boxes = _converted(boxes, box_format, encoding_format, image_shape)
    deltas = tf.concat(
        [
            (boxes[..., :2] - anchors[..., :2]) / anchors[..., 2:],
            tf.math.log(boxes[..., 2:] / anchors[..., 2:]),
        ],
        -1,
    )
    return deltas if variance is None else deltas / _variance(variance)


def decode_deltas_to_boxes(
    anchors,
    boxes_delta,
    anchor_format,
    box_format,
    encoded_format="center_yxhw",
    variance=None,
    image_shape=None,
):
    """Returns the boxes that differ so from anchors.

    It undoes `encode_box_to_deltas`.

    Arguments:
        anchors: Tensor of shape `(count, 4)` or `(batch_size, count, 4)`, or
            dict of such tensors, as for several levels of features.
        boxes_delta: Tensor of the same shape, or with a batch axis more; or
            dict of them.
        anchor_format: String: the format of the anchors.
        box_format: String: the format of the boxes to return.
        encoded_format: `"center_yxhw"` or `"center_xywh"`: the order of the
            differences.
        variance: Four numbers that the differences are multiplied by, or None.
        image_shape: Pair `(height, width)`, or with channels, for relative
            formats.

    Returns:
        A tensor of the shape of the differences, or a dict of them.

    Raises:
        ValueError: If an argument has no such value.

    Example:

    >>> anchors = tf.constant([[0.0, 0.0, 4.0, 4.0]])
    >>> tfk.utils.bounding_boxes.decode_deltas_to_boxes(
    ...     anchors, tf.constant([[0.25, 0.0, 0.0, 0.0]]), "xyxy", "xyxy"
    ... ).numpy()
    array([[0., 1., 4., 5.]], dtype=float32)
    """
    _check(encoded_format, "encoded_format")
    if isinstance(anchors, dict):
        return {
            key: decode_deltas_to_boxes(
                anchors[key],
                deltas,
                anchor_format,
                box_format,
                encoded_format,
                variance,
                image_shape,
            )
            for key, deltas in boxes_delta.items()
        }
    anchors = _converted(anchors, anchor_format, encoded_format, image_shape)
    deltas = formats.as_boxes(boxes_delta)
    if variance is not None:
        deltas *= _variance(variance)
    boxes = tf.concat(
        [
            deltas[..., :2] * anchors[..., 2:] + anchors[..., :2],
            tf.exp(deltas[..., 2:]) * anchors[..., 2:],
        ],
        -1,
    )
    return _converted(boxes, encoded_format, box_format, image_shape)


def _converted(boxes, source, target, image_shape):
    height = width = None
    if image_shape is not None:
        height, width = image_shape[:2]
    return formats.convert_format(boxes, source, target, height, width)


def _variance(values):
    variance = tf.cast(values, tf.float32)
    if variance.shape != (4,):
        raise ValueError(
            f"`variance` must be four numbers. Received: variance={values!r}."
        )
    return variance


def _check(name, argument):
    if name not in _ENCODED:
        raise ValueError(
            f"`{argument}` must be one of {_ENCODED}. Received: "
            f"{argument}={name!r}."
        )
