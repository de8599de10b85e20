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
"""RandomPerspective: images seen from a side."""

import tensorflow as tf

from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import moving
from tfk.layers.preprocessing.image import projection

# The corners of an image: top left, top right, bottom left, bottom right.
_CORNERS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))


class RandomPerspective(moving.ProjectionLayer):
    """Moves the four corners of some images, in training.

    Arguments:
        factor: Number from 0 to 1: the probability for each image; or a range
            to draw the probability from.
        scale: Number from 0 to 1: how far a corner moves along a side at most,
            as a fraction of half the side.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_value: Number: what lies outside of an image.
        seed: Integer, which gives the same changes in each run, or None.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        **kwargs: As for `Layer`, and `bounding_box_format`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomPerspective(scale=0.5, seed=1)
    >>> layer(tf.ones((2, 8, 8, 3))).shape
    TensorShape([2, 8, 8, 3])
    """

    _unsaved_arguments = (
        *moving.ProjectionLayer._unsaved_arguments,
        "fill_mode",
    )

    def __init__(
        self,
        factor=1.0,
        scale=1.0,
        interpolation="bilinear",
        fill_value=0.0,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(
            "constant",
            interpolation,
            seed,
            fill_value,
            data_format=data_format,
            **kwargs,
        )
        self._limits = factors.chance("factor", factor, self.name)
        factors.limits("scale", scale, self.name, lowest=0.0, mirrored=False)
        self.factor = factor
        self.scale = scale

    def _draw(self, draws, images):
        uniform = draws.uniform(10)
        shifts = (uniform[:, 2:] - 0.5) * self.scale
        is_seen = factors.happens(uniform, self._limits)
        shifts = tf.where(is_seen[:, tf.newaxis], shifts, 0.0)
        return {"corner_shifts": tf.reshape(shifts, (-1, 4, 2))}

    def _maps(self, transformation, height, width):
        shifts = transformation["corner_shifts"]
        size = tf.stack([width, height]) - 1
        corners = tf.constant([_CORNERS])
        return projection.perspective(
            tf.zeros_like(shifts) + corners * size, (corners + shifts) * size
        )
