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
"""Tests of crops, against tf_keras and NumPy."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers.preprocessing.image.cropping import CenterCrop
from tfk.layers.preprocessing.image.cropping import RandomCrop

IMAGES = np.random.RandomState(0).uniform(0, 255, (4, 5, 8, 3)).astype("f4")
SIZES = [(2, 3), (3, 3), (5, 8), (7, 4), (4, 12), (9, 9)]


class CropTest:
    @pytest.mark.parametrize("size", SIZES)
    def test_center_crop_is_that_of_tf_keras(self, size):
        layer = CenterCrop(*size, name="x")
        oracle = tf_keras.layers.CenterCrop(*size, name="x")
        assert layer.get_config() == oracle.get_config()
        for images in (IMAGES, IMAGES[0], IMAGES.astype("uint8")):
            ours, theirs = layer(images), oracle(images)
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, 1e-5, 1e-3)
        spec = tf.TensorSpec([None, None, None, 3])
        compiled = tf.function(layer, input_signature=[spec])
        np.testing.assert_allclose(compiled(IMAGES), layer(IMAGES), 1e-5, 1e-3)

    @pytest.mark.parametrize("size", SIZES)
    def test_random_crop_rests_as_tf_keras_does(self, size):
        layer = RandomCrop(*size, seed=3, name="x")
        oracle = tf_keras.layers.RandomCrop(*size, seed=3, name="x")
        assert layer.get_config() == oracle.get_config()
        wanted = oracle(IMAGES, training=False)
        np.testing.assert_allclose(
            layer(IMAGES, training=False), wanted, 1e-5, 1e-3
        )
        if size[0] > 5 or size[1] > 8:
            np.testing.assert_allclose(layer(IMAGES), wanted, 1e-5, 1e-3)

    def test_crops_are_parts_of_their_images_each_at_its_place(self):
        numbers = np.arange(40).reshape((5, 8, 1))
        images = np.stack([numbers] * 300).astype("float32")
        crops = RandomCrop(3, 7, seed=1)(images).numpy()[..., 0]
        corners = crops[:, 0, 0].astype(int)
        for crop, corner in zip(crops, corners):
            row, column = divmod(corner, 8)
            np.testing.assert_array_equal(
                crop, numbers[row : row + 3, column : column + 7, 0]
            )
        found, counts = np.unique(corners, return_counts=True)
        assert found.tolist() == [0, 1, 8, 9, 16, 17]
        assert counts.min() > 30

    def test_masks_follow_their_images(self):
        numbers = np.arange(40).reshape((5, 8, 1))
        images = np.stack([numbers] * 4).astype("float32")
        inputs = {"images": images, "segmentation_masks": images.astype(int)}
        outputs = RandomCrop(3, 3, seed=1)(inputs)
        assert outputs["segmentation_masks"].dtype == tf.int64
        np.testing.assert_array_equal(
            outputs["images"], outputs["segmentation_masks"]
        )
        outputs = RandomCrop(3, 3, seed=1)(inputs, training=False)
        assert outputs["segmentation_masks"].shape == (4, 3, 3, 1)

    def test_ragged_images_are_cropped_as_they_would_be_alone(self):
        parts = [IMAGES[0], IMAGES[1, :4, :5], IMAGES[2, :3]]
        ragged = tf.ragged.stack(parts)
        layer = RandomCrop(2, 3, seed=1)
        crops = layer(ragged, seed=5)
        assert crops.shape == (3, 2, 3, 3)
        np.testing.assert_array_equal(crops[0], layer(IMAGES, seed=5)[0])
        np.testing.assert_allclose(
            CenterCrop(2, 3)(ragged), [CenterCrop(2, 3)(x) for x in parts]
        )
