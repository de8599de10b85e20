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
"""Tests of functions of boxes, with Keras 3 as oracle."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfk

OURS = tfk.utils.bounding_boxes
ORACLE = keras.utils.bounding_boxes
FORMATS = (
    "xyxy",
    "yxyx",
    "xywh",
    "center_xywh",
    "center_yxhw",
    "rel_xyxy",
    "rel_yxyx",
    "rel_xywh",
    "rel_center_xywh",
)
HEIGHT, WIDTH = 40, 60


def make_boxes(name="xyxy", count=5, batch=2, seed=0):
    """Returns boxes of a format, all within the image."""
    draws = np.random.RandomState(seed)
    x = np.sort(draws.uniform(0, WIDTH, (batch, count, 2)))
    y = np.sort(draws.uniform(0, HEIGHT, (batch, count, 2)))
    boxes = np.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1)
    return OURS.convert_format(boxes, "xyxy", name, HEIGHT, WIDTH).numpy()


class ConvertFormatTest:
    @pytest.mark.parametrize("source", FORMATS)
    def test_boxes_are_those_of_keras_3(self, source):
        for target in FORMATS:
            for boxes in (make_boxes(source), make_boxes(source)[0]):
                found = OURS.convert_format(
                    boxes, source, target, HEIGHT, WIDTH
                )
                try:
                    wanted = ORACLE.convert_format(
                        boxes, source, target, HEIGHT, WIDTH
                    )
                except NotImplementedError:
                    # Keras 3 lacks some of the formats.
                    assert {"center_yxhw", "rel_center_xywh"} & {source, target}
                    wanted, found = boxes, OURS.convert_format(
                        found, target, source, HEIGHT, WIDTH
                    )
                np.testing.assert_allclose(found, wanted, 1e-5, 1e-4)

    def test_dicts_and_types(self):
        boxes = {"boxes": make_boxes(), "labels": np.ones((2, 5))}
        found = OURS.convert_format(boxes, "xyxy", "xywh", dtype="float64")
        assert found["boxes"].dtype == tf.float64
        assert found["labels"] is boxes["labels"]

    def test_images_of_different_sizes(self):
        boxes = make_boxes()
        found = OURS.convert_format(
            boxes, "xyxy", "rel_xyxy", tf.constant([10, 20]), [30, 40]
        )
        for index, size in enumerate([(10, 30), (20, 40)]):
            wanted = ORACLE.convert_format(
                boxes[index], "xyxy", "rel_xyxy", *size
            )
            np.testing.assert_allclose(found[index], wanted, 1e-5)

    def test_bad_arguments(self):
        boxes = make_boxes()
        with pytest.raises(ValueError, match="source='xxyy'"):
            OURS.convert_format(boxes, "xxyy", "xyxy")
        with pytest.raises(ValueError, match="Pass `height`"):
            OURS.convert_format(boxes, "xyxy", "rel_xyxy")
        with pytest.raises(ValueError, match="four numbers"):
            OURS.convert_format(boxes[..., :3], "xyxy", "xywh")
        with pytest.raises(ValueError, match="to_tensor"):
            OURS.convert_format(
                tf.RaggedTensor.from_tensor(boxes), "xyxy", "xywh"
            )


class MovesTest:
    @pytest.mark.parametrize("name", FORMATS)
    def test_clipped_boxes_are_those_of_keras_3(self, name):
        boxes = make_boxes() * 2 - 20
        boxes[0, 0] = [-10, 5, -5, 9]
        boxes[1, 2] = [WIDTH + 1, 5, WIDTH + 5, 9]
        labels = np.arange(10).reshape((2, 5))
        wanted = ORACLE.clip_to_image_size(
            {"boxes": boxes, "labels": labels}, HEIGHT, WIDTH
        )
        boxes = OURS.convert_format(boxes, "xyxy", name, HEIGHT, WIDTH)
        found = OURS.clip_to_image_size(
            {"boxes": boxes, "labels": labels}, HEIGHT, WIDTH, name
        )
        found = OURS.convert_format(found, name, "xyxy", HEIGHT, WIDTH)
        np.testing.assert_array_equal(found["labels"], wanted["labels"])
        assert (found["labels"].numpy() == -1).any()
        np.testing.assert_allclose(found["boxes"], wanted["boxes"], 1e-4, 1e-3)

    @pytest.mark.parametrize("name", FORMATS[:5])
    def test_cropped_and_padded_boxes_are_those_of_keras_3(self, name):
        boxes = make_boxes()
        for function, size in (("crop", (20, 30)), ("pad", (50, 80))):
            found = getattr(OURS, function)(
                OURS.convert_format(boxes, "xyxy", name), 5, 10, *size, name
            )
            # Keras 3 takes one format only.
            wanted = getattr(ORACLE, function)(boxes, 5, 10, *size)
            np.testing.assert_allclose(
                OURS.convert_format(found, name, "xyxy"), wanted, 1e-4, 1e-3
            )

    @pytest.mark.parametrize("name", ("xyxy", "center_yxhw", "rel_xywh"))
    @pytest.mark.parametrize("center", (None, (0.2, 0.7)))
    def test_turned_boxes_are_those_of_keras_3(self, name, center):
        boxes = make_boxes()
        changes = np.array(
            [[-65, 3, -2, 1.3, 0, 0], [0, 0, 5, 0.7, 20, 0]], "float32"
        )
        x, y = center or (None, None)
        arguments = (
            *(tf.constant(column) for column in changes.T),
            HEIGHT,
            WIDTH,
            *(center or (None, None)),
        )
        found = OURS.affine_transform(
            OURS.convert_format(boxes, "xyxy", name, HEIGHT, WIDTH),
            *arguments,
            name,
        )
        found = OURS.convert_format(found, name, "xyxy", HEIGHT, WIDTH)
        wanted = ORACLE.affine_transform(boxes, *arguments)
        np.testing.assert_allclose(found, wanted, 1e-4, 1e-2)

    def test_bad_arguments(self):
        with pytest.raises(ValueError, match="known size"):
            OURS.clip_to_image_size({"boxes": make_boxes()})
        with pytest.raises(ValueError, match="bounding_box_format='x'"):
            OURS.crop(make_boxes(), 1, 1, 1, 1, "x")
        with pytest.raises(ValueError, match="in pixels"):
            OURS.pad(make_boxes(), 1, 1, bounding_box_format="rel_xyxy")


class OverlapTest:
    @pytest.mark.parametrize("name", FORMATS)
    def test_overlap_is_that_of_keras_3(self, name):
        first, second = make_boxes(name), make_boxes(name, 4, seed=1)
        # Keras 3 fails for some of the formats.
        pixels = make_boxes(), make_boxes(count=4, seed=1)
        np.testing.assert_allclose(
            OURS.compute_iou(first, second, name),
            ORACLE.compute_iou(*pixels, "xyxy"),
            1e-4,
            1e-5,
        )
        np.testing.assert_allclose(
            OURS.compute_iou(first[0], second, name),
            ORACLE.compute_iou(pixels[0][0], pixels[1], "xyxy"),
            1e-4,
            1e-5,
        )
        found = OURS.compute_ciou(
            first, make_boxes(name, seed=1), name, (HEIGHT, WIDTH, 3)
        )
        wanted = ORACLE.compute_ciou(pixels[0], make_boxes(seed=1), "xyxy")
        np.testing.assert_allclose(found, wanted, 1e-4, 1e-5)

    def test_masked_boxes_are_those_of_keras_3(self):
        first, second = make_boxes(), make_boxes(count=4, seed=1)
        first[0, 1] = second[1, 2] = -1
        arguments = (first, second, "xyxy", True)
        np.testing.assert_allclose(
            OURS.compute_iou(*arguments),
            ORACLE.compute_iou(*arguments),
            1e-4,
            1e-5,
        )

    def test_boxes_without_an_area(self):
        boxes = np.zeros((1, 4), "float32")
        assert OURS.compute_iou(boxes, boxes, "xyxy").numpy() == 0
        assert np.isfinite(OURS.compute_ciou(boxes, boxes, "xyxy")).all()
        with pytest.raises(ValueError, match="shapes"):
            OURS.compute_iou(boxes[0], boxes, "xyxy")


class DeltasTest:
    @pytest.mark.parametrize("encoding", ("center_yxhw", "center_xywh"))
    @pytest.mark.parametrize("name", ("xyxy", "yxyx", "center_xywh"))
    @pytest.mark.parametrize("variance", (None, (0.1, 0.1, 0.2, 0.2)))
    def test_deltas_are_those_of_keras_3(self, name, encoding, variance):
        anchors = make_boxes(name, batch=1)[0]
        boxes = make_boxes("xywh", seed=1)
        arguments = (name, "xywh", encoding, variance)
        deltas = OURS.encode_box_to_deltas(anchors, boxes, *arguments)
        wanted = ORACLE.encode_box_to_deltas(
            make_boxes(batch=1)[0],
            make_boxes(seed=1),
            "xyxy",
            "xyxy",
            encoding,
            variance,
        )
        np.testing.assert_allclose(deltas, wanted, 1e-4, 1e-4)
        again = OURS.decode_deltas_to_boxes(anchors, deltas, *arguments)
        np.testing.assert_allclose(again, boxes, 1e-4, 1e-3)
        levels = OURS.decode_deltas_to_boxes(
            {"P3": anchors}, {"P3": deltas}, *arguments
        )
        np.testing.assert_array_equal(levels["P3"], again)

    def test_relative_boxes(self):
        boxes = make_boxes("rel_xyxy")
        anchors = make_boxes("xyxy", seed=1)
        options = {"image_shape": (HEIGHT, WIDTH, 3)}
        arguments = ("xyxy", "rel_xyxy")
        deltas = OURS.encode_box_to_deltas(
            anchors, boxes, *arguments, **options
        )
        again = OURS.decode_deltas_to_boxes(
            anchors, deltas, *arguments, **options
        )
        np.testing.assert_allclose(again, boxes, 1e-4, 1e-4)

    def test_bad_arguments(self):
        boxes = make_boxes()
        arguments = (boxes, boxes, "xyxy", "xyxy")
        with pytest.raises(ValueError, match="encoding_format='xyxy'"):
            OURS.encode_box_to_deltas(*arguments, "xyxy")
        with pytest.raises(ValueError, match="four numbers"):
            OURS.encode_box_to_deltas(*arguments, variance=[1.0, 1.0])
