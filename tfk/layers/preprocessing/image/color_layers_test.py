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
"""Tests of layers that change colours and values, against Keras 3 and others.

Keras 3 draws for itself; here its layers are told what was drawn.
"""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.layers.preprocessing.image import color

IMAGES = np.random.RandomState(0).uniform(0, 255, (3, 6, 5, 3)).astype("f4")
FACTORS = np.array([0.1, 0.7, 1.0], "float32")
INNER = (slice(None), slice(1, -1), slice(1, -1))
EVERY = (slice(None),)


def oracle(name, transformation, *arguments):
    """Returns what Keras 3 makes of the images, as told."""
    layer = getattr(keras3.layers, name)(*arguments)
    return layer.transform_images(
        tf.constant(IMAGES),
        {key: tf.constant(value) for key, value in transformation.items()},
    )


def tall(values):
    return np.reshape(values, (3, 1, 1, 1)).astype("float32")


# Name, arguments, what was drawn, the same for Keras 3, the pixels to compare.
CASES = [
    (
        "RandomSaturation",
        (0.3,),
        {"factor": FACTORS / (1 + FACTORS)},
        {"factor": FACTORS},
        EVERY,
    ),
    (
        "RandomHue",
        (0.3,),
        {"turn": np.array([0.2, -0.3, 0.5], "f4")},
        {"factor": np.array([0.2, -0.3, 0.5], "f4")},
        EVERY,
    ),
    (
        "RandomColorDegeneration",
        (0.3,),
        {"factor": FACTORS},
        {"factor": tall(FACTORS)},
        EVERY,
    ),
    (
        "RandomSharpness",
        (0.3,),
        {"factor": FACTORS},
        {"factor": FACTORS},
        INNER,
    ),
    (
        "RandomPosterization",
        (3,),
        {"bits": np.array([1.0, 4.0, 8.0], "f4")},
        {"shift_factor": np.array([7, 4, 0], "uint8")},
        EVERY,
    ),
    (
        "Solarization",
        (),
        {
            "addition": np.array([0.0, 20.0, 50.0], "f4"),
            "threshold": np.array([0.0, 128.0, 200.0], "f4"),
        },
        {
            "additions": tall([0.0, 20.0, 50.0]),
            "thresholds": tall([0.0, 128.0, 200.0]),
        },
        EVERY,
    ),
    (
        "RandomContrast",
        (0.3,),
        {"contrast": np.array([0.0, 0.7, 1.9], "f4")},
        {"contrast_factor": tall([0.0, 0.7, 1.9])},
        EVERY,
    ),
    (
        "RandomInvert",
        (1.0,),
        {"is_inverted": np.array([True, False, True])},
        {"apply_inversion": np.array([True, False, True])},
        EVERY,
    ),
    (
        "RandomGaussianBlur",
        (1.0, 3),
        {
            "is_blurred": np.array([True, False, True]),
            "sigma": np.array([[0.7, 1.2]] * 3, "f4"),
        },
        {
            "should_apply_blur": np.array([True, False, True]),
            "blur_factor": np.array([1.2, 0.7], "f4"),
        },
        INNER,
    ),
]


class ColorLayersTest:
    @pytest.mark.parametrize("name, arguments, drawn, told, part", CASES)
    def test_what_was_drawn_is_done_as_in_keras_3(
        self, name, arguments, drawn, told, part
    ):
        layer = getattr(tfk.layers, name)(*arguments)
        drawn = tf.nest.map_structure(tf.constant, drawn)
        ours = layer.transform_images(IMAGES, drawn).numpy()[part]
        theirs = np.array(oracle(name, told, *arguments))[part]
        np.testing.assert_allclose(ours, theirs, 1e-4, 2e-3)
        # The same for images in [0, 1].
        if "value_range" in layer.get_config() and name != "RandomContrast":
            unit = type(layer)(*arguments, value_range=(0, 1))
            ours = unit.transform_images(IMAGES / 255, drawn).numpy()[part]
            np.testing.assert_allclose(ours, theirs / 255, 1e-4, 1e-5)

    @pytest.mark.parametrize("value_range", [(0, 255), (0, 1)])
    def test_auto_contrast_and_equalization_are_those_of_keras_3(
        self, value_range
    ):
        for name, options in (
            ("AutoContrast", {}),
            ("Equalization", {}),
            ("Equalization", {"bins": 64}),
        ):
            options["value_range"] = value_range
            images = np.floor(IMAGES * 0.4 + 30)
            images[0, ..., 1] = 7
            images *= value_range[1] / 255
            images = images.astype("float32")
            layer = getattr(tfk.layers, name)(**options)
            oracle_layer = getattr(keras3.layers, name)(**options)
            # Keras 3 equalises a batch by one histogram.
            theirs = [oracle_layer(image[None])[0] for image in images]
            ours = layer(images)
            if name == "Equalization":
                ours, theirs = ours[1:], theirs[1:]
            np.testing.assert_allclose(ours, theirs, 1e-4, 1e-4)

    def test_gray_images_have_the_brightness_of_keras_3(self):
        np.testing.assert_allclose(
            tfk.layers.RandomGrayscale(1.0)(IMAGES),
            keras3.layers.RandomGrayscale(1.0)(IMAGES),
            1e-5,
        )
        np.testing.assert_array_equal(
            tfk.layers.RandomGrayscale(0.0)(IMAGES), IMAGES
        )

    @pytest.mark.parametrize("factor", [0.3, -0.4, 1.0])
    def test_brightness_is_that_of_tf_keras(self, factor):
        arguments = ((factor, factor), (0, 200))
        options = {"seed": 1, "name": "x"}
        layer = tfk.layers.RandomBrightness(*arguments, **options)
        theirs = tf_keras.layers.RandomBrightness(*arguments, **options)
        np.testing.assert_allclose(layer(IMAGES), theirs(IMAGES), 1e-5, 1e-4)
        ours, wanted = layer.get_config(), theirs.get_config()
        for key in wanted:
            value = wanted[key]
            is_pair = key in ("factor", "value_range")
            assert (
                list(ours[key]) == list(value)
                if is_pair
                else ours[key] == value
            )
        assert ours.keys() == wanted.keys()

    def test_contrast_is_that_of_tf_keras(self):
        layer = tfk.layers.RandomContrast((0.9, 3.0), seed=1, name="x")
        theirs = tf_keras.layers.RandomContrast((0.9, 3.0), seed=1, name="x")
        assert layer.get_config() == theirs.get_config()
        for _ in range(5):
            changed = theirs(IMAGES[0]).numpy()
            # What it has drawn shows where nothing was cut off.
            mean = IMAGES[0].mean(axis=(0, 1))
            seen = (changed > 1) & (changed < 254)
            drawn = ((changed - mean) / (IMAGES[0] - mean))[seen]
            ours = layer.transform_images(
                IMAGES[:1], {"contrast": tf.constant([np.median(drawn)])}
            )
            np.testing.assert_allclose(ours[0], changed, 1e-3, 1e-2)

    def test_saturation_goes_up_to_pure_colours_as_in_tensorflow(self):
        layer = tfk.layers.RandomSaturation(0.3, (0, 1))
        factors = np.array([0.3, 0.6, 0.9], "float32")
        ours = layer.transform_images(IMAGES / 255, {"factor": factors})
        for image, factor, found in zip(IMAGES / 255, factors, ours):
            wanted = tf.image.adjust_saturation(image, factor / (1 - factor))
            np.testing.assert_allclose(found, wanted, 1e-4, 1e-5)
        purest = layer.transform_images(
            IMAGES / 255, {"factor": np.ones(3, "f4")}
        )
        assert np.abs(np.min(purest, axis=-1)).max() < 1e-5

    def test_jitter_is_its_parts_in_a_row(self):
        jitter = tfk.layers.RandomColorJitter(
            (0, 255), (0.2, 0.2), (0.0, 0.0), (0.3, 0.3), (0.0, 0.0)
        )
        wanted = tfk.layers.RandomBrightness((0.2, 0.2))(IMAGES)
        wanted = tfk.layers.RandomSaturation((0.3, 0.3))(wanted)
        np.testing.assert_allclose(jitter(IMAGES), wanted, 1e-4, 1e-3)
        nothing = tfk.layers.RandomColorJitter()
        np.testing.assert_allclose(nothing(IMAGES), IMAGES, 1e-5, 1e-4)
        jitter = tfk.layers.RandomColorJitter((0, 1), hue_factor=(1.0, 1.0))
        np.testing.assert_allclose(
            jitter(IMAGES / 255),
            tf.image.adjust_hue(IMAGES / 255, 0.5),
            1e-4,
            1e-5,
        )

    def test_ranges_are_drawn_from_evenly(self):
        images = np.zeros((2000, 2, 2, 3), "float32")
        for layer, key, low, high in (
            (
                tfk.layers.RandomBrightness((-0.1, 0.3), seed=1),
                "share",
                -0.1,
                0.3,
            ),
            (
                tfk.layers.RandomContrast((0.2, 0.4), seed=1),
                "contrast",
                0.8,
                1.4,
            ),
            (tfk.layers.RandomSaturation(0.3, seed=1), "factor", 0.0, 0.3),
            (tfk.layers.RandomHue(0.6, seed=1), "turn", -0.3, 0.3),
            (tfk.layers.RandomShear(0.2, seed=1), "x_shear", -0.2, 0.2),
            (tfk.layers.RandomZoom(0.2, seed=1), "height_zoom", 0.8, 1.2),
            (
                tfk.layers.RandomSaturation(amplitude=(0.5, 1.0), seed=1),
                "factor",
                1 / 3,
                2 / 3,
            ),
        ):
            drawn = layer.get_random_transformation(images)[key].numpy()
            counts, _ = np.histogram(drawn, bins=10, range=(low, high))
            assert counts.sum() == 2000, layer
            np.testing.assert_allclose(counts, 200, atol=60)
        bits = tfk.layers.RandomPosterization((2, 4), seed=1)
        drawn = bits.get_random_transformation(images)["bits"].numpy()
        found, counts = np.unique(drawn, return_counts=True)
        assert found.tolist() == [2, 3, 4] and counts.min() > 550

    @pytest.mark.parametrize(
        "name, key",
        [("RandomInvert", "is_inverted"), ("RandomGrayscale", "is_gray")],
    )
    def test_probabilities_are_kept(self, name, key):
        images = np.zeros((2000, 2, 2, 3), "float32")
        for factor, wanted in ((0.3, 0.3), ((0.2, 0.6), 0.4), (0, 0), (1.0, 1)):
            layer = getattr(tfk.layers, name)(factor, seed=1)
            drawn = layer.get_random_transformation(images)[key]
            share = np.mean(drawn)
            np.testing.assert_allclose(
                share, wanted, atol=0.04 * (0 < wanted < 1)
            )

    @pytest.mark.parametrize(
        "name, arguments, words",
        [
            ("RandomBrightness", {"factor": 2}, "factor=2"),
            ("RandomBrightness", {"factor": (0.3, 0.1)}, "factor=\\(0.3, 0.1"),
            (
                "RandomBrightness",
                {"factor": 0.1, "value_range": 3},
                "value_range",
            ),
            ("RandomContrast", {"factor": -0.1}, "factor=-0.1"),
            ("RandomContrast", {"factor": (1.2, 0.5)}, "factor"),
            ("RandomSaturation", {"factor": 1.5}, "factor=1.5"),
            ("RandomPosterization", {"factor": 9}, "factor=9"),
            ("RandomGaussianBlur", {"kernel_size": 4}, "kernel_size=4"),
            ("RandomColorJitter", {"contrast_factor": 2}, "contrast_factor"),
            ("RandomGrayscale", {"factor": "often"}, "factor='often'"),
            ("RandomRotation", {"amplitude": -1}, "amplitude=-1"),
            ("RandomFlip", {"mode": "diagonal"}, "diagonal"),
            ("RandomZoom", {"height_factor": -2}, "height_factor"),
            ("MixUp", {"alpha": 0}, "alpha=0"),
        ],
    )
    def test_wrong_arguments_are_named(self, name, arguments, words):
        with pytest.raises(ValueError, match=words):
            getattr(tfk.layers, name)(**arguments)

    def test_a_factor_and_an_amplitude_exclude_each_other(self):
        for arguments in ({}, {"factor": 0.1, "amplitude": 0.1}):
            with pytest.raises(TypeError, match="amplitude"):
                tfk.layers.RandomRotation(**arguments)

    def test_empty_batches_pass_every_formula(self):
        empty = tf.zeros((0, 5, 6, 3))
        for formula in (
            color.smoothed,
            color.equalized,
            color.grayscale,
            lambda x: color.auto_contrasted(x, (0, 255)),
        ):
            assert formula(empty).shape[0] == 0
