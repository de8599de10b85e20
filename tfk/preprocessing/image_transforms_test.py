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
"""Tests of the changes of single images, with tf_keras as oracle."""

import sys

import numpy as np
import pytest
import tf_keras

import tfk
from tfk.preprocessing import image_transforms

OURS = tfk.preprocessing.image
ORACLE = tf_keras.preprocessing.image
IMAGE = np.random.RandomState(0).uniform(0, 255, (7, 9, 3)).astype("float32")
LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}


class AffineTransformTest:
    @pytest.mark.parametrize("order", [0, 1, 3])
    @pytest.mark.parametrize(
        "fill_mode", ["constant", "nearest", "reflect", "wrap"]
    )
    @pytest.mark.parametrize(
        "arguments",
        [
            {"theta": 25.0},
            {"tx": 2.4, "ty": -1.2},
            {"tx": -20.3, "ty": 30.6},
            {"shear": 20.0},
            {"zx": 0.6, "zy": 1.7},
            {"theta": -75, "tx": 1, "ty": 2.2, "shear": 9, "zx": 1.3},
        ],
    )
    def test_images_are_those_of_tf_keras(self, arguments, fill_mode, order):
        options = {"fill_mode": fill_mode, "cval": 7.0, "order": order}
        for image, axes in ((IMAGE, LAST), (IMAGE.transpose(2, 0, 1), {})):
            found = OURS.apply_affine_transform(
                image, **arguments, **options, **axes
            )
            wanted = ORACLE.apply_affine_transform(
                image, **arguments, **options, **axes
            )
            assert found.dtype == wanted.dtype == "float32"
            np.testing.assert_allclose(found, wanted, atol=0.02)

    def test_whole_numbers_are_rounded(self):
        image = IMAGE.astype("uint8")
        found = OURS.apply_affine_transform(image, theta=20, **LAST)
        wanted = ORACLE.apply_affine_transform(image, theta=20, **LAST)
        assert found.dtype == "uint8"
        assert np.abs(found.astype(int) - wanted.astype(int)).max() <= 1

    def test_nothing_to_do_leaves_the_image(self):
        assert OURS.apply_affine_transform(IMAGE) is IMAGE

    def test_bad_arguments(self, monkeypatch):
        with pytest.raises(ValueError, match="three axes"):
            OURS.apply_affine_transform(IMAGE[0], theta=1)
        with pytest.raises(ValueError, match="row_axis"):
            OURS.apply_affine_transform(IMAGE, theta=1, row_axis=0)
        with pytest.raises(ValueError, match="fill_mode='mirror'"):
            OURS.apply_affine_transform(IMAGE, theta=1, fill_mode="mirror")
        monkeypatch.setitem(sys.modules, "scipy", None)
        OURS.apply_affine_transform(IMAGE, theta=1)
        with pytest.raises(ImportError, match="pip install scipy"):
            OURS.apply_affine_transform(IMAGE, theta=1, order=2)


class RandomTransformsTest:
    @pytest.mark.parametrize(
        "name, arguments",
        [
            ("random_rotation", (30,)),
            ("random_shift", (0.3, 0.2)),
            ("random_shear", (25,)),
            ("random_zoom", ((0.5, 1.5),)),
            ("random_zoom", ((1, 1),)),
        ],
    )
    def test_draws_are_those_of_tf_keras(self, name, arguments):
        results = []
        for module in (OURS, ORACLE):
            np.random.seed(3)
            function = getattr(module, name)
            results.append(function(IMAGE, *arguments, **LAST))
        np.testing.assert_allclose(*results, atol=0.02)

    @pytest.mark.parametrize("scale", [True, False])
    def test_colors_are_those_of_tf_keras(self, scale):
        for image in (IMAGE, IMAGE * 2 - 100):
            found = OURS.apply_brightness_shift(image, 0.6, scale)
            wanted = ORACLE.apply_brightness_shift(image, 0.6, scale)
            # One of 255 steps.
            np.testing.assert_allclose(found, wanted, atol=np.ptp(image) / 250)
            np.testing.assert_allclose(
                OURS.apply_channel_shift(image, 20, 2),
                ORACLE.apply_channel_shift(image, 20, 2),
                1e-5,
            )
        np.random.seed(1)
        found = OURS.random_channel_shift(IMAGE, 50, 2)
        np.random.seed(1)
        wanted = ORACLE.random_channel_shift(IMAGE, 50, 2)
        np.testing.assert_allclose(found, wanted, 1e-5)
        np.random.seed(1)
        found = OURS.random_brightness(IMAGE, (0.5, 2), scale)
        np.random.seed(1)
        wanted = ORACLE.random_brightness(IMAGE, (0.5, 2), scale)
        np.testing.assert_allclose(found, wanted, atol=1.01)

    def test_a_source_of_its_own_leaves_the_others(self):
        np.random.seed(5)
        wanted = np.random.uniform(size=3)
        np.random.seed(5)
        with image_transforms.drawing_from(np.random.RandomState(7)):
            first = OURS.random_rotation(IMAGE, 30)
        np.testing.assert_array_equal(np.random.uniform(size=3), wanted)
        with image_transforms.drawing_from(np.random.RandomState(7)):
            again = OURS.random_rotation(IMAGE, 30)
        np.testing.assert_array_equal(first, again)

    def test_bad_ranges(self):
        with pytest.raises(ValueError, match="`zoom_range` must be a pair"):
            OURS.random_zoom(IMAGE, 0.5)
        with pytest.raises(ValueError, match="`brightness_range` must be"):
            OURS.random_brightness(IMAGE, (1, 2, 3))
