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
"""Tests of Pipeline, with Keras 3 as oracle."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import layers


class PipelineTest:
    def test_numbers_are_those_of_keras_3(self):
        images = np.random.default_rng(1).uniform(0, 255, (2, 6, 5, 3))
        outputs = []
        for package in (keras, tfk):
            made = package.layers
            pipeline = made.Pipeline(
                [
                    made.AutoContrast(),
                    made.Rescaling(1 / 255),
                    made.Resizing(4, 3),
                ]
            )
            outputs.append(np.asarray(pipeline(images.astype("float32"))))
        np.testing.assert_allclose(outputs[1], outputs[0], atol=1e-5)

    def test_mapped_over_pairs(self):
        pipeline = layers.Pipeline([layers.RandomFlip(seed=1)])
        images = np.random.default_rng(1).uniform(0, 1, (16, 4, 4, 1))
        dataset = tf.data.Dataset.from_tensor_slices((images, np.arange(16)))
        changed = []
        for x, y in dataset.batch(8).map(pipeline):
            changed += [
                not np.allclose(image, images[index], atol=1e-6)
                for image, index in zip(x.numpy(), y.numpy())
            ]
        assert 0 < sum(changed) < 16

    def test_random_unless_told_otherwise(self):
        pipeline = layers.Pipeline([layers.RandomFlip(seed=1)])
        images = np.random.default_rng(1).uniform(0, 1, (8, 4, 4, 1))
        images = images.astype("float32")
        np.testing.assert_array_equal(pipeline(images, training=False), images)
        assert np.any(pipeline(images) != images)
        model = tfk.Sequential([tfk.Input((4, 4, 1)), pipeline])
        np.testing.assert_array_equal(model.predict(images, verbose=0), images)

    def test_dicts_and_boxes(self):
        pipeline = layers.Pipeline(
            [layers.AutoContrast(), layers.MaxNumBoundingBoxes(3)]
        )
        boxes = {"boxes": np.ones((5, 2, 4)), "labels": np.ones((5, 2), int)}
        data = {"images": np.ones((5, 4, 4, 1)), "bounding_boxes": boxes}
        dataset = tf.data.Dataset.from_tensor_slices(data)
        spec = dataset.map(pipeline).batch(2).element_spec
        assert spec["bounding_boxes"]["boxes"].shape == (None, 3, 4)
        assert spec["bounding_boxes"]["labels"].shape == (None, 3)

    def test_config(self):
        pipeline = layers.Pipeline([layers.Rescaling(2.0)], name="line")
        config = pipeline.get_config()
        assert config.keys() == {"name", "layers"}
        copy = layers.Pipeline.from_config(config)
        assert copy.layers[0].scale == 2.0 and copy.name == "line"
        theirs = keras.layers.Pipeline([keras.layers.Rescaling(3.0)])
        read = layers.deserialize(keras.layers.serialize(theirs))
        assert read.layers[0].scale == 3.0

    def test_bad_input(self):
        with pytest.raises(TypeError, match="made of layers"):
            layers.Pipeline([3])
