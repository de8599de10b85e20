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
"""Tests of Resizing, against tf_keras, Keras 3 and `tf.image`."""

import itertools

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers.preprocessing.image.resizing import Resizing

IMAGES = np.random.RandomState(0).uniform(0, 255, (2, 5, 8, 3)).astype("f4")


class ResizingTest:
    @pytest.mark.parametrize(
        "interpolation",
        [
            "bilinear",
            "nearest",
            "bicubic",
            "area",
            "lanczos3",
            "lanczos5",
            "gaussian",
            "mitchellcubic",
        ],
    )
    @pytest.mark.parametrize("crop", [False, True])
    def test_images_and_config_are_those_of_tf_keras(self, interpolation, crop):
        for size in ((3, 4), (7, 9), (4, 12)):
            arguments = (*size, interpolation, crop)
            layer = Resizing(*arguments, name="x")
            oracle = tf_keras.layers.Resizing(*arguments, name="x")
            assert layer.get_config() == oracle.get_config()
            for images in (IMAGES, IMAGES[0], IMAGES.astype("uint8")):
                ours, theirs = layer(images), oracle(images)
                assert ours.dtype == theirs.dtype
                np.testing.assert_allclose(ours, theirs, 1e-5, 1e-3)
                assert layer.compute_output_shape(images.shape) == ours.shape

    @pytest.mark.parametrize("antialias", [False, True])
    def test_padding_is_that_of_keras_3(self, antialias):
        for size in ((4, 4), (10, 4), (3, 12)):
            options = {
                "pad_to_aspect_ratio": True,
                "fill_value": 3.0,
                "antialias": antialias,
            }
            layer = Resizing(*size, **options)
            oracle = keras3.layers.Resizing(*size, **options)
            np.testing.assert_allclose(
                layer(IMAGES), oracle(IMAGES), 1e-5, 1e-3
            )
            again = Resizing.from_config(layer.get_config())
            np.testing.assert_array_equal(again(IMAGES), layer(IMAGES))

    def test_ragged_images_become_one_tensor(self):
        parts = [IMAGES[0], IMAGES[1, :3, :4], IMAGES[1, :4]]
        layer = Resizing(3, 4, crop_to_aspect_ratio=True)
        wanted = [layer(part) for part in parts]
        np.testing.assert_allclose(layer(tf.ragged.stack(parts)), wanted, 1e-6)
        rows = tf.ragged.stack([part[:, :4] for part in parts])
        rows = tf.RaggedTensor.from_row_splits(
            tf.concat([part[:, :4] for part in parts], 0), rows.row_splits
        )
        wanted = [layer(part[:, :4]) for part in parts]
        np.testing.assert_allclose(layer(rows), wanted, 1e-6)

    def test_unknown_sizes_are_found_out_in_graphs(self):
        spec = tf.TensorSpec([None, None, None, 3])
        for crop, pad in itertools.product((False, True), repeat=2):
            if crop and pad:
                continue
            layer = Resizing(
                4, 12, crop_to_aspect_ratio=crop, pad_to_aspect_ratio=pad
            )
            function = tf.function(layer, input_signature=[spec])
            np.testing.assert_allclose(
                function(IMAGES), layer(IMAGES), 1e-5, 1e-4
            )
            shape = function.get_concrete_function().output_shapes
            assert shape.as_list() == [None, 4, 12, 3]

    def test_channels_may_be_first(self):
        layer = Resizing(3, 4, data_format="channels_first")
        images = tf.transpose(IMAGES, (0, 3, 1, 2))
        np.testing.assert_allclose(
            tf.transpose(layer(images), (0, 2, 3, 1)), Resizing(3, 4)(IMAGES)
        )
        assert layer.compute_output_shape((None, 3, 5, 8)) == (None, 3, 3, 4)
        again = Resizing.from_config(layer.get_config())
        assert again.data_format == "channels_first"

    def test_masks_keep_their_values(self):
        masks = np.random.RandomState(1).randint(0, 9, (2, 5, 8))
        inputs = {
            "images": IMAGES,
            "segmentation_masks": masks,
            "labels": [1, 2],
        }
        outputs = Resizing(9, 7)(tf.nest.map_structure(np.array, inputs))
        resized = outputs["segmentation_masks"]
        assert resized.shape == (2, 9, 7) and resized.dtype == masks.dtype
        np.testing.assert_array_equal(
            resized,
            tf.image.resize(masks[..., None], (9, 7), "nearest")[..., 0],
        )
        np.testing.assert_array_equal(outputs["images"], Resizing(9, 7)(IMAGES))

    @pytest.mark.parametrize(
        "arguments, words",
        [
            ({"height": 0}, "height"),
            ({"width": 2.5}, "width"),
            ({"interpolation": "sinc"}, "interpolation='sinc'"),
            ({"fill_mode": "wrap"}, "fill_mode='wrap'"),
            (
                {"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
                "crop images or pad",
            ),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, words):
        with pytest.raises(ValueError, match=words):
            Resizing(**{"height": 2, "width": 2, **arguments})

    @pytest.mark.parametrize(
        "images",
        [
            np.zeros((4, 4)),
            np.zeros((1, 1, 4, 4, 3)),
            np.array([[["a"]]]),
            {"labels": np.zeros(3)},
        ],
    )
    def test_what_is_no_image_is_refused(self, images):
        with pytest.raises(ValueError, match="Received"):
            Resizing(2, 2)(images)
