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
"""Tests of images read where affine maps say, against TensorFlow's kernel."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.layers.preprocessing.image import moving
from tfk.layers.preprocessing.image import projection
from tfk.layers.preprocessing.image import sampling

LARGE = np.random.RandomState(0).uniform(0, 255, (3, 66, 71, 3)).astype("f4")
FILL_MODES = ("constant", "nearest", "reflect", "wrap")


@pytest.fixture
def for_small_images(monkeypatch):
    """Lets small images be read as large ones are."""
    monkeypatch.setattr(sampling, "_SMALL", 0)


def _maps(height, width):
    """Returns the maps of six images, and what is known of them."""
    random = np.random.RandomState(1)

    def draw(lowest, highest):
        return tf.constant(random.uniform(lowest, highest, 6), tf.float32)

    size = float(height), float(width)
    straight, affine = projection.STRAIGHT, projection.AFFINE
    whole = tf.round(draw(-width, width)), tf.round(draw(-height, height))
    return [
        (projection.rotation(draw(-7, 7), *size), affine),
        (projection.shear(draw(-1, 1), draw(-1, 1)), affine),
        (projection.identity(6), affine),
        (projection.identity(6), straight),
        (projection.translation(draw(-9, 9), draw(-9, 9)), straight),
        (projection.translation(*whole), straight),
        (projection.zoom(draw(0, 2), draw(0, 2), *size), straight),
        # So much of the surroundings that rows are not read whole any more.
        (projection.zoom(draw(0, 12), draw(0, 12), *size), straight),
        (projection.zoom(-draw(0, 2), draw(0, 2), *size), straight),
    ]


class SamplingTest:
    @pytest.mark.parametrize("fill_mode", FILL_MODES[:3])
    @pytest.mark.parametrize(
        "size", [(9, 9), (4, 33), (1, 6), (1, 1), (60, 70)]
    )
    def test_images_are_those_of_tensorflows_kernel(
        self, size, fill_mode, for_small_images
    ):
        images = tf.random.uniform((6, *size, 2), seed=1)
        for maps, form in _maps(*size):
            wanted, found = (
                projection.project(
                    images, maps, fill_mode, 0.3, "bilinear", known
                )
                for known in (projection.PROJECTIVE, form)
            )
            np.testing.assert_allclose(found, wanted, atol=1e-4)

    @pytest.mark.parametrize("form", [projection.AFFINE, projection.STRAIGHT])
    def test_sizes_may_be_unknown(self, form):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None] * 4),
                tf.TensorSpec([None, 8]),
            ]
        )
        def project(images, maps):
            return projection.project(
                images, maps, "reflect", 0.0, "bilinear", form
            )

        for size in ((9, 9), (66, 71)):
            images = tf.constant(LARGE[:, : size[0], : size[1]])
            for maps, known in _maps(*size):
                if known != form:
                    continue
                wanted = projection.project(
                    images, maps[:3], "reflect", 0.0, "bilinear"
                )
                found = project(images, maps[:3])
                np.testing.assert_allclose(found, wanted, atol=255 * 1e-4)

    @pytest.mark.parametrize("fill_mode", FILL_MODES)
    @pytest.mark.parametrize(
        "name, arguments",
        [
            ("RandomTranslation", ((0.3, 0.3), (-0.25, -0.25))),
            ("RandomRotation", ((0.1, 0.1),)),
            ("RandomZoom", ((0.3, 0.3),)),
            ("RandomZoom", ((-0.3, -0.3), (0.5, 0.5))),
        ],
    )
    def test_large_images_are_those_of_tf_keras(
        self, name, arguments, fill_mode
    ):
        options = {"fill_mode": fill_mode, "fill_value": 7.0}
        layer = getattr(tfk.layers, name)(*arguments, **options)
        oracle = getattr(tf_keras.layers, name)(*arguments, **options)
        for images in (LARGE, LARGE[0], LARGE.astype("uint8")):
            np.testing.assert_allclose(
                layer(images), oracle(images), atol=255 * 1e-4
            )

    def test_small_images_and_other_dtypes_are_left_to_the_kernel(self):
        maps = projection.identity(3)
        for images in (LARGE[:, :60, :60], LARGE.astype("float64")):
            found = projection.project(
                images, maps, "reflect", 0.0, "bilinear", projection.AFFINE
            )
            np.testing.assert_array_equal(found, images)

    def test_no_images_give_none(self):
        layer = moving.RandomRotation(0.2)
        assert layer(tf.zeros((0, 70, 70, 3))).shape == (0, 70, 70, 3)

    @pytest.mark.parametrize("name", ["RandomRotation", "RandomZoom"])
    def test_gradients_are_those_of_a_linear_function(self, name):
        layer = getattr(moving, name)(0.2, fill_mode="constant")
        weights = tf.random.uniform(LARGE.shape, seed=2)

        @tf.function
        def gradient(images):
            with tf.GradientTape() as tape:
                tape.watch(images)
                loss = tf.reduce_sum(weights * layer(images, seed=3))
            return tape.gradient(loss, images), loss

        found, loss = gradient(tf.constant(LARGE))
        # For one that maps zeros to zeros.
        np.testing.assert_allclose(tf.reduce_sum(found * LARGE), loss, 1e-4)

    def test_an_image_is_the_same_in_any_batch(self):
        for layer in (moving.RandomRotation(0.2), moving.RandomZoom(0.3)):
            transformation = layer.get_random_transformation(LARGE, seed=1)
            whole = layer.transform_images(LARGE, transformation)
            for index in range(3):
                alone = layer.transform_images(
                    LARGE[index : index + 1],
                    {
                        key: x[index : index + 1]
                        for key, x in transformation.items()
                        if key != "image_size"
                    },
                )
                np.testing.assert_array_equal(alone[0], whole[index])

    @pytest.mark.parametrize(
        "fill_mode, size",
        [
            ("constant", (None, None, 3)),
            ("nearest", (64, 64, 3)),
            ("reflect", (64, 64, 3)),
        ],
    )
    def test_lifted_training_ends_with_the_bits_of_an_unlifted_one(
        self, fill_mode, size
    ):
        def train(**options):
            tf_layers = tfk.layers
            tfk.utils.set_random_seed(1)
            model = tfk.Sequential(
                [
                    tfk.Input(size),
                    tf_layers.RandomFlip(seed=1),
                    tf_layers.RandomRotation(0.3, fill_mode, seed=2),
                    tf_layers.RandomZoom(0.4, (-0.3, 0.6), fill_mode, seed=3),
                    tf_layers.RandomTranslation(0.2, 0.3, fill_mode, seed=4),
                    tf_layers.RandomShear(
                        0.2, 0.3, fill_mode=fill_mode, seed=5
                    ),
                    tf_layers.RandomCrop(50, 60, seed=6),
                    tf_layers.Conv2D(2, 3, strides=4),
                    tf_layers.GlobalAveragePooling2D(),
                    tf_layers.Dense(1),
                ]
            )
            model.compile("sgd", "mse", **options)
            model.fit(
                LARGE.repeat(2, 0)[:, :64, :64], np.ones(6), 4, 2, verbose=0
            )
            return model.get_weights()

        for lifted, unlifted in zip(train(), train(lift_preprocessing=False)):
            np.testing.assert_array_equal(lifted, unlifted)
