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
"""RandomFlip: images and their mirror images."""

import tensorflow as tf

from tfk.layers.preprocessing.image import image_layer
from tfk.utils import image_scaling

_MODES = ("horizontal", "vertical", "horizontal_and_vertical")


class RandomFlip(image_layer.RandomImageLayer):
    """Mirrors every second image, in training.

    Arguments:
        mode: `"horizontal"`, `"vertical"` or `"horizontal_and_vertical"`
            (default), which does either independently of the other.
        seed: Integer, which gives the same choices in each run, or None.
        **kwargs: As for `Layer`, `data_format` and `bounding_box_format`;
            `horizontal` and `vertical`: booleans in place of `mode`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to flip. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomFlip("horizontal")
    >>> image = np.array([[[1], [2], [3]]])
    >>> flipped = [layer(image, seed=seed).numpy().ravel() for seed in (1, 3)]
    >>> layer(image, training=False).numpy().ravel()
    array([1., 2., 3.], dtype=float32)
    """

    _is_of_tf_keras = True
    _takes_any_dtype = True

    def __init__(self, mode="horizontal_and_vertical", seed=None, **kwargs):
        mode = _checked_mode(mode, kwargs)
        super().__init__(seed=seed, **kwargs)
        self.mode = mode

    @property
    def horizontal(self):
        """Whether images are flipped left to right."""
        return self.mode != "vertical"

    @property
    def vertical(self):
        """Whether images are flipped upside down."""
        return self.mode != "horizontal"

    def _draw(self, draws, images):
        flips = draws.uniform(2) < 0.5
        transformation = {}
        if self.horizontal:
            transformation["flip_horizontal"] = flips[:, 0]
        if self.vertical:
            transformation["flip_vertical"] = flips[:, 1]
        return transformation

    def _transform(self, images, transformation):
        height, width = image_scaling.size_of(images)
        rows = _order(transformation.get("flip_vertical"), height)
        columns = _order(transformation.get("flip_horizontal"), width)
        if columns is None:
            return tf.gather(images, rows, axis=1, batch_dims=1)
        if rows is None:
            rows = tf.range(height)[tf.newaxis]
        return image_layer.pick(images, rows, columns)

    def _transform_masks(self, masks, transformation):
        return self._transform(masks, transformation)

    def _move_points(self, x, y, transformation, height, width):
        return (
            _mirrored(x, transformation.get("flip_horizontal"), width),
            _mirrored(y, transformation.get("flip_vertical"), height),
        )


def _order(is_flipped, size):
    """Returns the rows, or columns, of each image in their new order."""
    if is_flipped is None:
        return None
    order = tf.range(size)
    return tf.where(is_flipped[:, tf.newaxis], size - 1 - order, order)


def _mirrored(x, is_flipped, size):
    """Returns where points of each image are along one axis."""
    if is_flipped is None:
        return x
    return tf.where(is_flipped[:, tf.newaxis], size - x, x)


def _checked_mode(mode, kwargs):
    if isinstance(mode, bool):
        kwargs["horizontal"] = mode
    if "horizontal" in kwargs or "vertical" in kwargs:
        ways = {
            name: kwargs.pop(name, False) for name in ("horizontal", "vertical")
        }
        mode = "_and_".join(name for name, chosen in ways.items() if chosen)
        if not mode:
            raise ValueError(
                "RandomFlip would flip nothing. Received: horizontal=False, "
                "vertical=False."
            )
    if mode not in _MODES:
        raise ValueError(
            f"`mode` of RandomFlip must be one of {_MODES}. Received: "
            f"mode={mode!r}."
        )
    return mode
