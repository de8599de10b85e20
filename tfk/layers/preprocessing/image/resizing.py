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
"""Resizing: images of one size for all."""

from tfk.layers.preprocessing.image import image_layer
from tfk.layers.preprocessing.image import moved_boxes
from tfk.utils import checks
from tfk.utils import image_scaling


class Resizing(image_layer.ImageLayer):
    """Brings images to one size.

    Use it as the first layer of a model for images of any size. By default
    proportions are not kept: `crop_to_aspect_ratio` cuts off what would not
    fit, `pad_to_aspect_ratio` adds a frame ("letterbox") and loses nothing.

    Arguments:
        height: Integer: the height of the outputs.
        width: Integer: the width of the outputs.
        interpolation: `"bilinear"` (default), `"nearest"`, `"bicubic"`,
            `"area"`, `"lanczos3"`, `"lanczos5"`, `"gaussian"` or
            `"mitchellcubic"`.
        crop_to_aspect_ratio: Boolean: whether to crop images to the
            proportions of the output first.
        pad_to_aspect_ratio: Boolean: whether to pad them to these.
        fill_mode: `"constant"`, the one way to fill the frame.
        fill_value: Number: what the frame is filled with.
        antialias: Boolean: whether to smooth images as they shrink.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        **kwargs: As for `Layer`, and `bounding_box_format`.

    Input shape:
        `(batch_size, height, width, channels)` or `(height, width,
        channels)`: numbers, dense or ragged.

    Output shape:
        The same with the new height and width.

    Raises:
        ValueError: If the images are to be cropped and padded.

    Example:

    >>> layer = tfk.layers.Resizing(1, 2)
    >>> layer(np.array([[[0], [1], [2], [3]]], "uint8")).numpy().ravel()
    array([0.5, 2.5], dtype=float32)
    """

    _is_of_tf_keras = True

    _unsaved_arguments = (
        *image_layer.ImageLayer._unsaved_arguments,
        "pad_to_aspect_ratio",
        "fill_mode",
        "fill_value",
        "antialias",
    )

    def __init__(
        self,
        height,
        width,
        interpolation="bilinear",
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False,
        fill_mode="constant",
        fill_value=0.0,
        antialias=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.height = checks.positive_integer("height", height)
        self.width = checks.positive_integer("width", width)
        image_scaling.check_interpolation(interpolation, self.name)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                f"Layer '{self.name}' (Resizing) can crop images or pad them. "
                "Received: crop_to_aspect_ratio=True and "
                "pad_to_aspect_ratio=True."
            )
        if fill_mode != "constant":
            raise ValueError(
                f"`fill_mode` of layer '{self.name}' (Resizing) must be "
                f"'constant'. Received: fill_mode={fill_mode!r}."
            )
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = antialias

    def get_config(self):
        config = super().get_config()
        # tf.keras's constructor does not take these.
        for name, default in (
            ("pad_to_aspect_ratio", False),
            ("fill_value", 0.0),
            ("antialias", False),
        ):
            value = getattr(self, name)
            if value != default:
                config[name] = value
        return config

    def _transform(self, images, transformation):
        return self._resized(images, self.interpolation.lower())

    def _transform_masks(self, masks, transformation):
        return self._resized(masks, "nearest")

    def _move_points(self, x, y, transformation, height, width):
        size = self.height, self.width
        if self.crop_to_aspect_ratio:
            return moved_boxes.seen_in_part(x, y, height, width, *size)
        if self.pad_to_aspect_ratio:
            rows, columns = image_scaling.ratio_frame(height, width, *size)
            x, y = x + columns, y + rows
            height, width = height + 2 * rows, width + 2 * columns
        return x * (self.width / width), y * (self.height / height)

    def _resized(self, images, interpolation):
        size = self.height, self.width
        if self.crop_to_aspect_ratio:
            images = image_scaling.crop_to_ratio(images, *size)
        elif self.pad_to_aspect_ratio:
            images = image_scaling.pad_to_ratio(images, *size, self.fill_value)
        return image_scaling.resize(
            images, *size, interpolation, self.antialias
        )

    def _output_size(self, height, width):
        return self.height, self.width
