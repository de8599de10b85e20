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
"""Tests of ImageDataGenerator, with tf_keras as oracle."""

import numpy as np
import pytest
import tf_keras

import tfk

Ours = tfk.preprocessing.image.ImageDataGenerator
Oracle = tf_keras.preprocessing.image.ImageDataGenerator
IMAGES = np.random.RandomState(0).uniform(0, 255, (6, 8, 10, 3))
IMAGES = IMAGES.astype("float32")
EVERYTHING = {
    "rotation_range": 30,
    "width_shift_range": 0.2,
    "height_shift_range": 2,
    "brightness_range": (0.5, 1.5),
    "shear_range": 10,
    "zoom_range": 0.3,
    "channel_shift_range": 30.0,
    "fill_mode": "reflect",
    "horizontal_flip": True,
    "vertical_flip": True,
}


class RandomTransformTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            EVERYTHING,
            {"width_shift_range": [-3, 0, 3], "height_shift_range": 3.5},
            {"height_shift_range": 3, "zoom_range": [0.5, 0.9]},
        ],
    )
    def test_a_seed_draws_what_tf_keras_draws(self, arguments):
        ours, oracle = Ours(**arguments), Oracle(**arguments)
        for seed in range(4):
            found = ours.get_random_transform((8, 10, 3), seed)
            wanted = oracle.get_random_transform((8, 10, 3), seed)
            assert found == wanted

    @pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
    def test_a_seed_gives_the_image_of_tf_keras(self, data_format):
        images = IMAGES
        if data_format == "channels_first":
            images = IMAGES.transpose(0, 3, 1, 2)
        arguments = {**EVERYTHING, "data_format": data_format}
        arguments["brightness_range"] = None
        ours, oracle = Ours(**arguments), Oracle(**arguments)
        for seed, image in enumerate(images):
            np.testing.assert_allclose(
                ours.random_transform(image, seed),
                oracle.random_transform(image, seed),
                atol=0.02,
            )

    def test_each_parameter_does_what_it_does_in_tf_keras(self):
        for drawn in (
            {"flip_horizontal": True},
            {"flip_vertical": True},
            {"channel_shift_intensity": -20.0},
            {"theta": 90},
            {"tx": 2, "ty": 1},
        ):
            found = Ours().apply_transform(IMAGES[0], drawn)
            wanted = Oracle().apply_transform(IMAGES[0], drawn)
            np.testing.assert_allclose(found, wanted, atol=0.02)
        drawn = {"brightness": 0.7}
        found = Ours().apply_transform(IMAGES[0], drawn)
        wanted = Oracle().apply_transform(IMAGES[0], drawn)
        np.testing.assert_allclose(found, wanted, atol=1.01)
        first = Ours(data_format="channels_first").apply_transform(
            IMAGES[0].transpose(2, 0, 1), drawn
        )
        np.testing.assert_array_equal(first.transpose(1, 2, 0), found)

    def test_the_image_stays_as_it_was(self):
        image = IMAGES[0].copy()
        generator = Ours(**EVERYTHING, rescale=0.5, samplewise_center=True)
        generator.standardize(generator.random_transform(image, 1))
        np.testing.assert_array_equal(image, IMAGES[0])


class StandardizeTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"rescale": 1 / 255},
            {"samplewise_center": True},
            {"samplewise_center": True, "samplewise_std_normalization": True},
            {"featurewise_center": True, "rescale": 0.1},
            {"featurewise_center": True, "featurewise_std_normalization": True},
            {"featurewise_center": True, "data_format": "channels_first"},
            {"preprocessing_function": np.sqrt, "rescale": 2.0},
        ],
    )
    def test_numbers_are_those_of_tf_keras(self, arguments):
        images = IMAGES
        if "data_format" in arguments:
            images = IMAGES.transpose(0, 3, 1, 2)
        results = []
        for generator in (Ours(**arguments), Oracle(**arguments)):
            generator.fit(images)
            results.append(generator.standardize(images[0].copy()))
        np.testing.assert_allclose(*results, 1e-5, 1e-4)

    def test_whitened_images_are_those_of_tf_keras(self):
        images = IMAGES[:, :3, :3]
        results, matrices = [], []
        for make in (Ours, Oracle):
            generator = make(
                featurewise_center=True, zca_whitening=True, zca_epsilon=0.1
            )
            generator.fit(images)
            results.append(generator.standardize(images[1].copy()))
            matrices.append(generator.zca_whitening_matrix)
        np.testing.assert_allclose(*matrices, atol=1e-4)
        np.testing.assert_allclose(*results, atol=1e-2)

    def test_fit_on_changed_images_is_that_of_tf_keras(self):
        arguments = {**EVERYTHING, "brightness_range": None}
        means = []
        for make in (Ours, Oracle):
            generator = make(**arguments, featurewise_center=True)
            generator.fit(IMAGES, augment=True, rounds=2, seed=3)
            means.append(generator.mean)
        np.testing.assert_allclose(*means, atol=0.02)

    def test_what_is_needed_is_set_with_a_warning(self):
        with pytest.warns(UserWarning, match="implies `featurewise_center`"):
            assert Ours(zca_whitening=True).featurewise_center
        with pytest.warns(UserWarning, match="implies `samplewise_center`"):
            assert Ours(samplewise_std_normalization=True).samplewise_center
        with pytest.warns(UserWarning, match="implies `featurewise_center`"):
            generator = Ours(featurewise_std_normalization=True)
        with pytest.warns(UserWarning, match="Call `fit`"):
            found = generator.standardize(IMAGES[0])
        np.testing.assert_array_equal(found, IMAGES[0])


class BadArgumentsTest:
    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"data_format": "last"}, "data_format='last'"),
            ({"validation_split": 1.5}, "validation_split=1.5"),
            ({"zoom_range": (1, 2, 3)}, "`zoom_range` must be a pair"),
            ({"brightness_range": 0.5}, "`brightness_range` must be a pair"),
        ],
    )
    def test_constructors(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            Ours(**arguments)

    def test_images(self):
        with pytest.raises(ValueError, match="shape"):
            Ours(featurewise_center=True).fit(IMAGES[0])
        with pytest.warns(UserWarning, match="10 channels"):
            Ours(data_format="channels_last").flow(IMAGES.swapaxes(2, 3))
