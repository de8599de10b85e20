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
"""Tests of layers that move images, against tf_keras and Keras 3."""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers.preprocessing.image import moving
from tfk.layers.preprocessing.image import perspective
from tfk.layers.preprocessing.image import stretching

IMAGES = np.random.RandomState(0).uniform(0, 255, (3, 5, 6, 2)).astype("f4")


class MovingLayersTest:
    @pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
    @pytest.mark.parametrize(
        "fill_mode", ["constant", "nearest", "reflect", "wrap"]
    )
    @pytest.mark.parametrize(
        "name, arguments",
        [
            ("RandomTranslation", ((0.3, 0.3), (-0.25, -0.25))),
            ("RandomRotation", ((0.1, 0.1),)),
            ("RandomZoom", ((0.3, 0.3),)),
            ("RandomZoom", ((-0.3, -0.3), (0.5, 0.5))),
        ],
    )
    def test_fixed_factors_give_the_images_of_tf_keras(
        self, name, arguments, fill_mode, interpolation
    ):
        options = {
            "fill_mode": fill_mode,
            "interpolation": interpolation,
            "fill_value": 7.0,
            "name": "x",
            "seed": 3,
        }
        layer = getattr(moving, name)(*arguments, **options)
        oracle = getattr(tf_keras.layers, name)(*arguments, **options)
        assert layer.get_config() == oracle.get_config()
        np.testing.assert_allclose(layer(IMAGES), oracle(IMAGES), 1e-4, 1e-3)
        np.testing.assert_allclose(
            layer(IMAGES[0]), oracle(IMAGES[0]), 1e-4, 1e-3
        )

    @pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
    def test_shear_is_that_of_keras_3(self, interpolation):
        options = {"fill_mode": "constant", "interpolation": interpolation}
        layer = moving.RandomShear(0.3, 0.3, **options)
        oracle = keras3.layers.RandomShear(0.3, 0.3, **options)
        drawn = np.array([[0.1, 0.0], [0.0, -0.2], [-0.3, 0.15]], "float32")
        ours = layer.transform_images(
            IMAGES, {"x_shear": drawn[:, 0], "y_shear": drawn[:, 1]}
        )
        theirs = oracle.transform_images(
            tf.constant(IMAGES),
            {"shear_factor": tf.constant(drawn), "input_shape": IMAGES.shape},
        )
        np.testing.assert_allclose(ours, theirs, 1e-4, 1e-3)

    def test_perspective_takes_corners_to_corners(self):
        # Images that show their own coordinates.
        height, width = 7, 9
        y, x = np.mgrid[:height, :width].astype("float32")
        images = np.stack([np.stack([x, y], 2)] * 4)
        shifts = np.random.RandomState(1).uniform(0, 0.3, (4, 4, 2))
        shifts *= [[1, 1], [-1, 1], [1, -1], [-1, -1]]
        layer = perspective.RandomPerspective()
        seen = layer.transform_images(
            images, {"corner_shifts": tf.constant(shifts, tf.float32)}
        ).numpy()
        size = np.array([width - 1, height - 1])
        corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
        for image, shift in zip(seen, shifts):
            wanted = (corners + shift) * size
            found = image[corners[:, 1] * -1, corners[:, 0] * -1]
            np.testing.assert_allclose(found, wanted, atol=1e-3)
            # Straight lines stay straight.
            for line in (image[2], image[:, 3], image[range(7), range(7)]):
                ways = line[1:] - line[0]
                turns = ways[:, 0] * ways[-1, 1] - ways[:, 1] * ways[-1, 0]
                np.testing.assert_allclose(turns, 0, atol=1e-2)
        still = layer.transform_images(
            IMAGES, {"corner_shifts": tf.zeros((3, 4, 2))}
        )
        np.testing.assert_allclose(still, IMAGES, 1e-4, 1e-2)

    def test_amplitudes_of_the_rfc_become_factors(self):
        both = moving.RandomTranslation(amplitude=(0.2, 0.4))
        assert both.height_factor == both.width_factor == (-0.2, 0.4)
        assert moving.RandomZoom(amplitude=3).height_lower == -1
        assert moving.RandomRotation(amplitude=0.5).factor == (-0.25, 0.25)
        assert moving.RandomRotation(amplitude=(0.1, 0.4)).upper == 0.2
        zoom = moving.RandomZoom(amplitude=(0.0, 0.2), fill_mode="constant")
        assert zoom.height_factor == (-0.2, 0.0)
        again = moving.RandomZoom.from_config(zoom.get_config())
        assert again.get_config() == zoom.get_config()

    def test_masks_move_as_their_images_do(self):
        masks = np.random.RandomState(1).randint(0, 5, (3, 5, 6))
        for layer in (
            moving.RandomTranslation(0.4, 0.4, "constant", "nearest", seed=1),
            moving.RandomRotation(0.4, "constant", "nearest", seed=1),
            moving.RandomShear(0.4, 0.3, "nearest", "constant", seed=1),
            perspective.RandomPerspective(interpolation="nearest", seed=1),
        ):
            outputs = layer(
                {"images": masks[..., None], "segmentation_masks": masks}
            )
            moved = outputs["segmentation_masks"]
            assert moved.dtype == masks.dtype
            np.testing.assert_array_equal(outputs["images"][..., 0], moved)
            assert not np.array_equal(moved, masks)


class StretchingLayersTest:
    @pytest.mark.parametrize("factor", [0.5, -0.4, 0.0])
    @pytest.mark.parametrize("name", ["RandomHeight", "RandomWidth"])
    def test_fixed_factors_give_the_images_of_tf_keras(self, name, factor):
        arguments = ((factor, factor), "bilinear", 3)
        layer = getattr(stretching, name)(*arguments, name="x")
        oracle = getattr(tf_keras.layers, name)(*arguments, name="x")
        assert layer.get_config() == oracle.get_config()
        ours = layer(IMAGES)
        np.testing.assert_allclose(ours, oracle(IMAGES), 1e-5, 1e-3)
        shape = layer.compute_output_shape(IMAGES.shape)
        assert shape == oracle.compute_output_shape(IMAGES.shape)
        assert shape.is_compatible_with(ours.shape)
        np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)

    def test_masks_keep_up(self):
        layer = stretching.RandomHeight(0.5, "nearest", seed=1)
        inputs = {"images": IMAGES, "segmentation_masks": IMAGES[..., 0]}
        outputs = layer(inputs)
        np.testing.assert_array_equal(
            outputs["images"][..., 0], outputs["segmentation_masks"]
        )
