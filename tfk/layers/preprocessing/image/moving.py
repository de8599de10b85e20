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
"""Layers that move, turn, zoom and shear images at random."""

import math

import tensorflow as tf

from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer
from tfk.layers.preprocessing.image import projection
from tfk.utils import image_scaling


class ProjectionLayer(image_layer.RandomImageLayer):
    """A layer that shows each image through a map of its own.

    Children write `_maps`, and say in `_form` what maps they are.

    Arguments:
        fill_mode: What lies outside of an image: `"constant"`, `"nearest"`
            (the pixel at the edge), `"reflect"` or `"wrap"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: Integer, which gives the same changes in each run, or None.
        fill_value: Number: the constant.
        **kwargs: As for `ImageLayer`.
    """

    _form = projection.PROJECTIVE

    def __init__(
        self,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        projection.check_arguments(fill_mode, interpolation, self.name)
        self.fill_mode = fill_mode
        self.interpolation = interpolation
        self.fill_value = fill_value

    def _maps(self, transformation, height, width):
        """Returns the maps, a tensor of shape `(count, 8)`.

        Arguments:
            transformation: What was drawn.
            height: Height of the images.
            width: Width of the images.
        """
        raise NotImplementedError

    def _transform(self, images, transformation):
        return self._projected(images, transformation, self.interpolation)

    def _transform_masks(self, masks, transformation):
        return self._projected(masks, transformation, "nearest")

    def _move_points(self, x, y, transformation, height, width):
        maps = self._maps(transformation, height, width)
        return projection.move_points(maps, x, y)

    def _projected(self, images, transformation, interpolation):
        height, width = (
            tf.cast(size, tf.float32) for size in image_scaling.size_of(images)
        )
        maps = self._maps(transformation, height, width)
        return projection.project(
            images,
            maps,
            self.fill_mode,
            self.fill_value,
            interpolation,
            self._form,
        )


class RandomTranslation(ProjectionLayer):
    """Moves images up or down and left or right, in training.

    Arguments:
        height_factor: Number `a`, for a range `(-a, a)`, or a range, within
            [-1, 1]: how far down, as a fraction of the height.
        width_factor: The same: how far right, as a fraction of the width.
        fill_mode: What lies outside of an image: `"constant"`, `"nearest"`
            (the pixel at the edge), `"reflect"` or `"wrap"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: Integer, which gives the same changes in each run, or None.
        fill_value: Number: the constant of `fill_mode="constant"`.
        **kwargs: As for `Layer`, `data_format` and `bounding_box_format`;
            `amplitude` in place of both factors: a number, or a pair `(a, b)`
            for a range `(-a, b)`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to move. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomTranslation(0, (0.5, 0.5), "constant")
    >>> layer(np.array([[[1], [2], [3], [4]]])).numpy().ravel()
    array([0., 0., 1., 2.], dtype=float32)
    """

    _is_of_tf_keras = True
    _form = projection.STRAIGHT

    def __init__(
        self,
        height_factor=None,
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        **kwargs,
    ):
        if "amplitude" in kwargs and width_factor is None:
            height_factor = width_factor = factors.or_amplitude(
                "height_factor", height_factor, kwargs, "RandomTranslation"
            )
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.height_lower, self.height_upper = factors.limits(
            "height_factor", height_factor, self.name
        )
        self.width_lower, self.width_upper = factors.limits(
            "width_factor", width_factor, self.name
        )
        self.height_factor = height_factor
        self.width_factor = width_factor

    def _draw(self, draws, images):
        uniform = draws.uniform(2)
        return {
            "down": factors.between(
                uniform[:, 0], (self.height_lower, self.height_upper)
            ),
            "right": factors.between(
                uniform[:, 1], (self.width_lower, self.width_upper)
            ),
        }

    def _maps(self, transformation, height, width):
        return projection.translation(
            transformation["right"] * width, transformation["down"] * height
        )


class RandomRotation(ProjectionLayer):
    """Turns images, in training.

    Arguments:
        factor: Number `a`, for a range `(-a, a)`, or a range: how far to
            turn, counter-clockwise, as a fraction of a full turn.
        fill_mode: What lies outside of an image: `"constant"`, `"nearest"`
            (the pixel at the edge), `"reflect"` or `"wrap"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: Integer, which gives the same changes in each run, or None.
        fill_value: Number: the constant of `fill_mode="constant"`.
        **kwargs: As for `Layer`, `data_format` and `bounding_box_format`;
            `amplitude` in place of the factor: a fraction of half a turn, or a
            pair `(a, b)` of such for a range `(-a, b)`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to turn. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomRotation((0.25, 0.25))
    >>> layer(np.array([[[1], [2]], [[3], [4]]])).numpy()[..., 0].round(3)
    array([[2., 4.],
           [1., 3.]], dtype=float32)
    """

    _is_of_tf_keras = True
    _form = projection.AFFINE

    def __init__(
        self,
        factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        **kwargs,
    ):
        factor = factors.or_amplitude(
            "factor",
            factor,
            kwargs,
            "RandomRotation",
            lambda lower, upper: (lower / 2, upper / 2),
        )
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.lower, self.upper = factors.limits(
            "factor", factor, self.name, -float("inf"), None
        )
        self.factor = factor

    def _draw(self, draws, images):
        limits = [turns * (2 * math.pi) for turns in (self.lower, self.upper)]
        return {"angle": factors.between(draws.uniform(1)[:, 0], limits)}

    def _maps(self, transformation, height, width):
        return projection.rotation(transformation["angle"], height, width)


class RandomZoom(ProjectionLayer):
    """Zooms images in or out, in training.

    Arguments:
        height_factor: Number `a`, for a range `(-a, a)`, or a range, above
            -1: how much more of the height is shown; 0.2 zooms out by 20 %,
            -0.2 zooms in.
        width_factor: The same for the width. By default proportions are
            kept.
        fill_mode: What lies outside of an image: `"constant"`, `"nearest"`
            (the pixel at the edge), `"reflect"` or `"wrap"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: Integer, which gives the same changes in each run, or None.
        fill_value: Number: the constant of `fill_mode="constant"`.
        **kwargs: As for `Layer`, `data_format` and `bounding_box_format`;
            `amplitude` in place of the factors: a number, or a pair `(a, b)` to
            zoom out by up to `a` and in by up to `b`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to zoom. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomZoom(0, (-0.5, -0.5))
    >>> layer(np.array([[[1], [2], [3]]])).numpy().ravel()
    array([1.5, 2. , 2.5], dtype=float32)
    """

    _is_of_tf_keras = True
    _form = projection.STRAIGHT

    def __init__(
        self,
        height_factor=None,
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        **kwargs,
    ):
        height_factor = factors.or_amplitude(
            "height_factor",
            height_factor,
            kwargs,
            "RandomZoom",
            lambda lower, upper: (-min(upper, 1.0), -lower),
        )
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.height_lower, self.height_upper = factors.limits(
            "height_factor", height_factor, self.name, highest=None
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        if width_factor is not None:
            self.width_lower, self.width_upper = factors.limits(
                "width_factor", width_factor, self.name, highest=None
            )

    def _draw(self, draws, images):
        uniform = draws.uniform(2)
        height_zoom = width_zoom = factors.between(
            uniform[:, 0], (1 + self.height_lower, 1 + self.height_upper)
        )
        if self.width_factor is not None:
            width_zoom = factors.between(
                uniform[:, 1], (1 + self.width_lower, 1 + self.width_upper)
            )
        return {"height_zoom": height_zoom, "width_zoom": width_zoom}

    def _maps(self, transformation, height, width):
        return projection.zoom(
            transformation["width_zoom"],
            transformation["height_zoom"],
            height,
            width,
        )


class RandomShear(ProjectionLayer):
    """Shears images, in training.

    Rows move to the left, the more the lower they are, and columns up, the
    more the further right.

    Arguments:
        x_factor: Number `a`, for a range `(-a, a)`, or a range, within
            [-1, 1]: by how much each row moves more than the one above it.
        y_factor: The same for columns.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: What lies outside of an image: `"constant"`, `"nearest"`
            (the pixel at the edge), `"reflect"` or `"wrap"`.
        fill_value: Number: the constant of `fill_mode="constant"`.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `Layer`, and `bounding_box_format`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to shear. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandomShear((1.0, 1.0), fill_mode="constant")
    >>> layer(np.array([[[1], [2]], [[3], [4]]])).numpy()[..., 0]
    array([[1., 2.],
           [4., 0.]], dtype=float32)
    """

    _form = projection.AFFINE

    def __init__(
        self,
        x_factor=0.0,
        y_factor=0.0,
        interpolation="bilinear",
        fill_mode="reflect",
        fill_value=0.0,
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            fill_mode,
            interpolation,
            seed,
            fill_value,
            data_format=data_format,
            **kwargs,
        )
        self._x_limits = factors.limits("x_factor", x_factor, self.name)
        self._y_limits = factors.limits("y_factor", y_factor, self.name)
        self.x_factor = x_factor
        self.y_factor = y_factor

    def _draw(self, draws, images):
        uniform = draws.uniform(2)
        return {
            "x_shear": factors.between(uniform[:, 0], self._x_limits),
            "y_shear": factors.between(uniform[:, 1], self._y_limits),
        }

    def _maps(self, transformation, height, width):
        return projection.shear(
            transformation["x_shear"], transformation["y_shear"]
        )
