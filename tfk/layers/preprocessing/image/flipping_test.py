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
"""Tests of RandomFlip, against NumPy and tf_keras."""

import numpy as np
import pytest
import tf_keras

from tfk.layers.preprocessing.image.flipping import RandomFlip

IMAGES = np.random.RandomState(0).uniform(0, 255, (200, 3, 4, 2)).astype("f4")


class RandomFlipTest:
    @pytest.mark.parametrize(
        "mode, axes",
        [
            ("horizontal", [(), (2,)]),
            ("vertical", [(), (1,)]),
            ("horizontal_and_vertical", [(), (1,), (2,), (1, 2)]),
        ],
    )
    def test_images_are_flipped_equally_often_in_every_way(self, mode, axes):
        outputs = RandomFlip(mode, seed=1)(IMAGES).numpy()
        counts = [
            np.all(outputs == np.flip(IMAGES, axis), axis=(1, 2, 3)).sum()
            for axis in axes
        ]
        assert sum(counts) == 200
        np.testing.assert_allclose(counts, 200 / len(axes), atol=25)

    def test_config_is_that_of_tf_keras(self):
        for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
            layer = RandomFlip(mode, seed=3, name="x")
            oracle = tf_keras.layers.RandomFlip(mode, seed=3, name="x")
            assert layer.get_config() == oracle.get_config()
            assert layer.horizontal == oracle.horizontal
            assert layer.vertical == oracle.vertical
            again = RandomFlip.from_config(oracle.get_config())
            assert again.mode == mode

    def test_the_arguments_of_the_rfc_are_taken(self):
        assert RandomFlip(horizontal=True).mode == "horizontal"
        assert RandomFlip(True).mode == "horizontal"
        assert RandomFlip(vertical=True).mode == "vertical"
        both = RandomFlip(horizontal=True, vertical=True)
        assert both.mode == "horizontal_and_vertical"
        with pytest.raises(ValueError, match="flip nothing"):
            RandomFlip(horizontal=False)

    def test_masks_follow_their_images(self):
        masks = IMAGES.astype("int32")
        outputs = RandomFlip(seed=1)(
            {"images": masks, "segmentation_masks": masks[..., 0]}
        )
        np.testing.assert_array_equal(
            outputs["images"][..., 0], outputs["segmentation_masks"]
        )
