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
"""Tests of MaxNumBoundingBoxes, with Keras 3 as oracle."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfk import layers

_BOXES = np.arange(24, dtype="float32").reshape(2, 3, 4)
_LABELS = np.array([[1, 2, 3], [4, 5, 6]])
_IMAGES = np.ones((2, 8, 8, 3), "float32")


def _data(boxes=_BOXES, labels=_LABELS, images=_IMAGES):
    return {
        "images": images,
        "bounding_boxes": {"boxes": boxes, "labels": labels},
    }


class MaxNumBoundingBoxesTest:
    @pytest.mark.parametrize("max_number", (1, 3, 5))
    @pytest.mark.parametrize("fill_value", (-1, 7))
    def test_boxes_are_those_of_keras_3(self, max_number, fill_value):
        theirs = keras.layers.MaxNumBoundingBoxes(max_number, fill_value)
        expected = theirs.transform_bounding_boxes(
            _data()["bounding_boxes"], None
        )
        layer = layers.MaxNumBoundingBoxes(max_number, fill_value)
        outputs = layer(_data(), training=False)
        np.testing.assert_array_equal(outputs["images"], _IMAGES)
        for key, value in outputs["bounding_boxes"].items():
            np.testing.assert_array_equal(value, expected[key])
            assert value.dtype.name == np.asarray(expected[key]).dtype.name

    def test_ragged_boxes(self):
        data = _data(
            tf.RaggedTensor.from_row_lengths(_BOXES.reshape(6, 4), [1, 5]),
            tf.ragged.constant([[1], [2, 3, 4, 5, 6]], dtype=tf.int64),
        )
        found = layers.MaxNumBoundingBoxes(3)(data)["bounding_boxes"]
        np.testing.assert_array_equal(found["labels"], [[1, -1, -1], [2, 3, 4]])
        expected = np.full((2, 3, 4), -1.0)
        expected[0, 0], expected[1] = _BOXES[0, 0], _BOXES.reshape(6, 4)[1:4]
        np.testing.assert_array_equal(found["boxes"], expected)

    def test_images_of_unlike_many_boxes_become_batches(self):
        def images():
            for count in (1, 4, 2):
                yield _data(
                    np.ones((count, 4)), np.ones(count, int), _IMAGES[0]
                )

        spec = tf.nest.map_structure(
            lambda shape: tf.TensorSpec(shape, tf.float32),
            {
                "images": tf.TensorShape((8, 8, 3)),
                "bounding_boxes": {
                    "boxes": tf.TensorShape((None, 4)),
                    "labels": tf.TensorShape((None,)),
                },
            },
        )
        dataset = tf.data.Dataset.from_generator(images, output_signature=spec)
        dataset = dataset.map(layers.MaxNumBoundingBoxes(3)).batch(3)
        (batch,) = dataset
        labels = batch["bounding_boxes"]["labels"].numpy()
        np.testing.assert_array_equal(
            labels, [[1, -1, -1], [1, 1, 1], [1, 1, -1]]
        )

    def test_shapes(self):
        layer = layers.MaxNumBoundingBoxes(5)
        shapes = layer.compute_output_shape(
            {
                "images": (2, 8, 8, 3),
                "bounding_boxes": {"boxes": (2, 3, 4), "labels": (2, 3)},
            }
        )
        outputs = layer(_data())
        tf.nest.map_structure(
            lambda shape, x: shape.assert_is_compatible_with(x.shape),
            shapes,
            outputs,
        )
        assert shapes["bounding_boxes"]["boxes"] == (2, 5, 4)

    def test_bad_input(self):
        with pytest.raises(ValueError, match="positive integer"):
            layers.MaxNumBoundingBoxes(0)
        with pytest.raises(ValueError, match="axis for the boxes"):
            layers.MaxNumBoundingBoxes(3)(_data(labels=np.array([1, 2])))
