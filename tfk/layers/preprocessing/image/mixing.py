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
"""Layers that mix images with others of their batch, and their labels."""

import tensorflow as tf

from tfk.layers.preprocessing.image import color
from tfk.layers.preprocessing.image import distributions
from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer
from tfk.layers.preprocessing.image import moved_boxes
from tfk.utils import image_scaling
from tfk.utils import structure


class MixingLayer(image_layer.RandomImageLayer):
    """A layer that gives each image a partner of its batch.

    Arguments:
        seed: Integer, which gives the same mixtures in each run, or None.
        **kwargs: As for `ImageLayer`.
    """

    def _change(self, inputs, draws):
        images = image_layer.images_of(inputs, self)
        is_batch = not isinstance(images, tf.RaggedTensor)
        if not is_batch or images.shape.rank != 4:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) mixes "
                "the images of a batch: it takes a dense tensor of shape "
                "(batch_size, height, width, channels). Received: "
                f"{structure.describe(images)}."
            )
        return super()._change(inputs, draws)

    def _num_boxes(self, count):
        return None if count is None else 2 * count

    def _transform_boxes(self, boxes, transformation, height, width):
        partners = tf.nest.map_structure(
            lambda x: tf.gather(x, transformation["partner"]), boxes
        )
        return self._with_partners(
            boxes, partners, transformation, (height, width)
        )

    def _with_partners(self, boxes, partners, transformation, size):
        """Returns the boxes of images and of what they got from partners."""
        return tf.nest.map_structure(
            lambda own, other: tf.concat([own, other], 1), boxes, partners
        )

    def _mixed_labels(self, labels, transformation, shares):
        """Returns labels mixed by the shares of the partners."""
        if not labels.dtype.is_floating:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) mixes "
                "labels, which must be floats for that: one-hot vectors, for "
                f"instance. Received: labels of dtype {labels.dtype.name}. "
                "Use `tf.one_hot(labels, num_classes)`."
            )
        shape = [-1] + [1] * (labels.shape.rank - 1)
        shares = tf.reshape(tf.cast(shares, labels.dtype), shape)
        partners = tf.gather(labels, transformation["partner"])
        return labels + shares * (partners - labels)


class MixUp(MixingLayer):
    """Replaces images and labels by mixtures of two, in training.

    A model that learns from them is less sure of itself between classes, and
    less disturbed by wrong labels.

    Reference: [Zhang et al., 2018](https://arxiv.org/abs/1710.09412).

    Arguments:
        alpha: Positive float: the shares are drawn from a beta distribution
            with this for both parameters. The larger, the nearer to a half.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        seed: Integer, which gives the same mixtures in each run, or None.
        **kwargs: As for `Layer`, and `bounding_box_format`.

    Call arguments:
        inputs: Dict of `"images"` and `"labels"`: one-hot or other floats. Or
            images alone.
        training: Boolean: whether to mix. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        Images of shape `(batch_size, height, width, channels)`.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.MixUp(seed=1)
    >>> batch = {"images": tf.ones((2, 4, 4, 3)), "labels": tf.eye(2)}
    >>> tf.reduce_sum(layer(batch)["labels"], axis=1).numpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(self, alpha=0.2, data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if not isinstance(alpha, (int, float)) or not alpha > 0:
            raise ValueError(
                f"`alpha` of layer '{self.name}' (MixUp) must be a positive "
                f"number. Received: alpha={alpha!r}."
            )
        self.alpha = alpha

    def _draw(self, draws, images):
        uniform = draws.uniform(2)
        return {
            "partner": distributions.permutation(uniform[:, 0]),
            "share": distributions.beta(uniform[:, 1], self.alpha, self.alpha),
        }

    def _transform(self, images, transformation):
        partners = tf.gather(images, transformation["partner"])
        return color.blend(images, partners, transformation["share"])

    def _transform_labels(self, labels, transformation):
        return self._mixed_labels(
            labels, transformation, transformation["share"]
        )


class CutMix(MixingLayer):
    """Pastes a part of another image into images, in training.

    Labels are mixed by the areas.

    Reference: [Yun et al., 2019](https://arxiv.org/abs/1905.04899).

    Arguments:
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1]:
            the share of the area that is pasted. What would lie outside of an
            image is left out.
        seed: Integer, which gives the same mixtures in each run, or None.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        **kwargs: As for `Layer`, and `bounding_box_format`.

    Call arguments:
        inputs: Dict of `"images"` and `"labels"`: one-hot or other floats. Or
            images alone.
        training: Boolean: whether to mix. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        Images of shape `(batch_size, height, width, channels)`.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.CutMix(seed=1)
    >>> batch = {"images": tf.ones((2, 4, 4, 3)), "labels": tf.eye(2)}
    >>> tf.reduce_sum(layer(batch)["labels"], axis=1).numpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(self, factor=1.0, seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._limits = factors.limits(
            "factor", factor, self.name, lowest=0.0, mirrored=False
        )
        self.factor = factor

    def _draw(self, draws, images):
        uniform = draws.uniform(4)
        side = tf.sqrt(factors.between(uniform[:, 1], self._limits))
        height, width = image_scaling.size_of(images)
        top, bottom = _interval(uniform[:, 2], side, height)
        left, right = _interval(uniform[:, 3], side, width)
        area = tf.cast((bottom - top) * (right - left), tf.float32)
        return {
            "partner": distributions.permutation(uniform[:, 0]),
            "box": tf.stack([top, left, bottom, right], 1),
            "share": area / tf.cast(height * width, tf.float32),
        }

    def _transform(self, images, transformation):
        partners = tf.gather(images, transformation["partner"])
        inside = is_inside(images, transformation["box"])
        return tf.where(inside, partners, images)

    def _transform_masks(self, masks, transformation):
        return self._transform(masks, transformation)

    def _with_partners(self, boxes, partners, transformation, size):
        moved_boxes.check(boxes, self)
        hole = tf.cast(transformation["box"], tf.float32)
        top, left, bottom, right = tf.unstack(hole[:, :, tf.newaxis], axis=1)

        def uncovered(sides):
            is_covered = (sides[0] >= left) & (sides[2] <= right)
            is_covered &= (sides[1] >= top) & (sides[3] <= bottom)
            return [tf.where(is_covered, 0.0, side) for side in sides]

        def seen(sides):
            x = [tf.clip_by_value(x, left, right) for x in sides[::2]]
            y = [tf.clip_by_value(y, top, bottom) for y in sides[1::2]]
            return x[0], y[0], x[1], y[1]

        return super()._with_partners(
            moved_boxes.with_sides(
                boxes, self.bounding_box_format, size, size, uncovered
            ),
            moved_boxes.with_sides(
                partners, self.bounding_box_format, size, size, seen
            ),
            transformation,
            size,
        )

    def _transform_labels(self, labels, transformation):
        return self._mixed_labels(
            labels, transformation, transformation["share"]
        )


def is_inside(images, boxes):
    """Returns which pixels lie in boxes: shape `(count, height, width, 1)`.

    Arguments:
        images: Tensor of shape `(count, height, width, channels)`.
        boxes: Integer tensor of shape `(count, 4)`: top, left, bottom, right.
    """
    height, width = image_scaling.size_of(images)
    top, left, bottom, right = tf.unstack(boxes[:, :, tf.newaxis], axis=1)
    rows, columns = tf.range(height), tf.range(width)
    in_rows = (rows >= top) & (rows < bottom)
    in_columns = (columns >= left) & (columns < right)
    inside = in_rows[:, :, tf.newaxis] & in_columns[:, tf.newaxis, :]
    return inside[..., tf.newaxis]


def _interval(center, share, size):
    """Returns where an interval around a random place starts and ends.

    Arguments:
        center: Numbers from [0, 1): the place.
        share: Numbers from [0, 1]: the length of the interval.
        size: Integer: the length of the whole, in pixels.
    """
    length = tf.cast(size, tf.float32)
    half = tf.cast(share * length / 2, tf.int32)
    center = tf.cast(center * length, tf.int32)
    return (
        tf.maximum(center - half, 0),
        tf.minimum(center + half, size),
    )
