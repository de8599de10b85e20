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
"""Tests of bounding boxes that follow what layers do with images."""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies

L = tfk.layers
HEIGHT, WIDTH = 60, 80
# Left, top, right and bottom of a thing in each image, far from the edges.
THINGS = np.array([[30, 20, 50, 30], [28, 25, 40, 36]], "float32")


def make_inputs(boxes=THINGS[:, np.newaxis], name="xyxy"):
    """Returns images with a bright thing each, and the boxes around them."""
    images = np.zeros((len(THINGS), HEIGHT, WIDTH, 1), "float32")
    for image, (left, top, right, bottom) in zip(images, THINGS.astype(int)):
        image[top:bottom, left:right] = 200
    boxes = tfk.utils.bounding_boxes.convert_format(
        boxes, "xyxy", name, HEIGHT, WIDTH
    )
    labels = np.arange(2 * boxes.shape[1]).reshape(boxes.shape[:2]) + 1
    return {
        "images": images,
        "bounding_boxes": {"boxes": boxes.numpy(), "labels": labels},
    }


def bright_part(image):
    """Returns the sides of what is bright in an image."""
    rows, columns = np.nonzero(np.array(image)[..., 0] > 100)
    return (
        columns.min(),
        rows.min(),
        columns.max() + 1,
        rows.max() + 1,
    )


FILL = {"fill_mode": "constant"}
LAYERS = [
    ("RandomFlip", ("horizontal_and_vertical",), {}),
    ("RandomTranslation", (0.3, 0.2), FILL),
    ("RandomRotation", (0.1,), FILL),
    ("RandomZoom", ((-0.4, 0.4), (-0.2, 0.4)), FILL),
    ("RandomShear", (0.3, 0.3), FILL),
    ("RandomPerspective", (), {"scale": 0.5}),
    ("RandomCrop", (50, 70), {}),
    ("RandomCrop", (80, 70), {}),
    ("CenterCrop", (40, 60), {}),
    ("CenterCrop", (40, 100), {}),
    ("Resizing", (50, 100), {}),
    ("Resizing", (50, 100), {"crop_to_aspect_ratio": True}),
    ("Resizing", (50, 100), {"pad_to_aspect_ratio": True}),
    ("RandomHeight", (0.4,), {}),
    ("RandomWidth", (0.4,), {}),
    ("RandAugment", (), {"num_ops": 3}),
    ("RandomBrightness", ((0.1, 0.1),), {}),
    ("AugMix", (), {"chain_depth": 1, "factor": 0.01}),
]
every_layer = pytest.mark.parametrize("name, arguments, options", LAYERS)


def make(name, arguments, options, bounding_box_format="xyxy", seed=3):
    options = {**options, "bounding_box_format": bounding_box_format}
    if "Random" in name or name in ("RandAugment", "AugMix"):
        options["seed"] = seed
    return getattr(L, name)(*arguments, **options)


class MovedBoxesTest:
    @every_layer
    def test_boxes_stay_around_things(self, name, arguments, options):
        layer = make(name, arguments, options)
        change = tf.function(layer)
        inputs = make_inputs()
        # Masks keep their values whatever becomes of colours.
        inputs["segmentation_masks"] = inputs["images"]
        for _ in range(3):
            outputs = change(inputs)
            found = outputs["bounding_boxes"]["boxes"].numpy()[:, 0]
            for image, box in zip(outputs["segmentation_masks"], found):
                # A pixel is bright if half of it is; corners are rounded off.
                np.testing.assert_allclose(bright_part(image), box, atol=2.5)
        labels = outputs["bounding_boxes"]["labels"]
        np.testing.assert_array_equal(labels, [[1], [2]])

    @every_layer
    def test_formats_and_kinds_agree(self, name, arguments, options):
        def run(inputs, name_of_format="xyxy"):
            layer = make(name, arguments, options, name_of_format)
            outputs = layer(inputs)
            boxes = outputs["bounding_boxes"]
            size = outputs["images"].shape[1:3]
            if isinstance(boxes["boxes"], tf.RaggedTensor):
                boxes = {key: x.to_tensor(-1) for key, x in boxes.items()}
            none = boxes["labels"] == -1
            boxes = tfk.utils.bounding_boxes.convert_format(
                boxes, name_of_format, "xyxy", *size
            )
            return np.where(none[..., np.newaxis], -1, boxes["boxes"])

        twice = np.stack([THINGS, [[-1.0] * 4, [0, 0, 79, 59]]], 1)
        inputs = make_inputs(twice)
        inputs["bounding_boxes"]["labels"][0, 1] = -1
        wanted = run(inputs)
        np.testing.assert_array_equal(wanted[0, 1], -1)
        relative = make_inputs(twice, "rel_center_xywh")
        relative["bounding_boxes"]["labels"][0, 1] = -1
        found = run(relative, "rel_center_xywh")
        if name not in ("RandomBrightness", "AugMix"):
            np.testing.assert_allclose(found, wanted, 1e-3, 1e-2)
        ragged = {
            **inputs,
            "bounding_boxes": {
                key: tf.RaggedTensor.from_tensor(x, [1, 2])
                for key, x in inputs["bounding_boxes"].items()
            },
        }
        np.testing.assert_allclose(run(ragged), wanted, 1e-4, 1e-3)
        one = tf.nest.map_structure(lambda x: x[0], make_inputs())
        layer = make(name, arguments, options)
        found = layer(one)["bounding_boxes"]["boxes"]
        assert found.shape == (1, 4)
        np.testing.assert_allclose(found, wanted[0, :1], 1e-4, 1e-3)

    @every_layer
    def test_step_by_step_gives_the_same(self, name, arguments, options):
        inputs = make_inputs()
        wanted = make(name, arguments, options)(inputs)
        layer = make(name, arguments, options)
        drawn = layer.get_random_transformation(inputs)
        images = layer.transform_images(inputs["images"], drawn)
        np.testing.assert_array_equal(images, wanted["images"])
        found = layer.transform_bounding_boxes(inputs["bounding_boxes"], drawn)
        np.testing.assert_array_equal(
            found["boxes"], wanted["bounding_boxes"]["boxes"]
        )
        one = layer.transform_single_bounding_box(
            tf.nest.map_structure(lambda x: x[0], inputs["bounding_boxes"]),
            (
                None
                if drawn is None
                else drawn
                | {
                    key: x[:1]
                    for key, x in drawn.items()
                    if key != "image_size" and x.shape.rank
                }
            ),
        )
        np.testing.assert_allclose(one["boxes"], found["boxes"][0], 1e-5)

    @every_layer
    def test_configs_keep_the_format(self, name, arguments, options):
        layer = make(name, arguments, options, "rel_xywh")
        config = layer.get_config()
        assert config["bounding_box_format"] == "rel_xywh"
        again = type(layer).from_config(config)
        assert again.bounding_box_format == "rel_xywh"
        shapes = again.compute_output_shape(
            tf.nest.map_structure(lambda x: x.shape, make_inputs())
        )
        assert shapes["bounding_boxes"]["boxes"] == (2, 1, 4)
        assert shapes["bounding_boxes"]["labels"] == (2, 1)

    def test_boxes_outside_are_marked_and_others_cut_off(self):
        boxes = np.array([[[0, 0, 10, 10], [30, 30, 80, 40]]] * 2, "float32")
        layer = L.RandomTranslation(
            0, (0.25, 0.25), "constant", bounding_box_format="xyxy"
        )
        found = layer(make_inputs(boxes))["bounding_boxes"]
        wanted = [[20, 0, 30, 10], [50, 30, 80, 40]]
        np.testing.assert_allclose(found["boxes"], [wanted] * 2, atol=1e-3)
        layer = L.CenterCrop(40, 40, bounding_box_format="xyxy")
        found = layer(make_inputs(boxes))["bounding_boxes"]
        wanted = [[-1, -1, -1, -1], [10, 20, 40, 30]]
        np.testing.assert_allclose(found["boxes"], [wanted] * 2, atol=1e-3)
        np.testing.assert_array_equal(found["labels"], [[-1, 2], [-1, 4]])

    def test_inference_leaves_boxes_but_where_images_are_brought_to_a_size(
        self,
    ):
        inputs = make_inputs()
        for name, arguments, options in LAYERS:
            outputs = make(name, arguments, options)(inputs, training=False)
            stays = outputs["images"].shape == inputs["images"].shape
            same = np.array_equal(
                outputs["bounding_boxes"]["boxes"],
                inputs["bounding_boxes"]["boxes"],
            )
            assert stays == same, name

    def test_pipelines_and_models(self, tmp_path):
        inputs = make_inputs()
        layer = L.RandomFlip("horizontal", seed=3, bounding_box_format="xyxy")
        wanted = layer(inputs, seed=5)
        dataset = tf.data.Dataset.from_tensors(inputs)
        (found,) = dataset.map(lambda x: layer(x, seed=5))
        tf.nest.map_structure(
            lambda x, y: np.testing.assert_allclose(x, y, 1e-5), found, wanted
        )
        symbolic = {
            "images": tfk.Input((HEIGHT, WIDTH, 1), name="images"),
            "bounding_boxes": {
                "boxes": tfk.Input((1, 4), name="boxes"),
                "labels": tfk.Input((1,), name="labels"),
            },
        }
        resize = L.Resizing(30, 40, bounding_box_format="xyxy")
        with strategies.two_replicas().scope():
            model = tfk.Model(symbolic, resize(symbolic))
        model.save(tmp_path / "model.keras")
        for model in (model, tfk.models.load_model(tmp_path / "model.keras")):
            found = model.predict(inputs, verbose=0)
            np.testing.assert_allclose(
                found["bounding_boxes"]["boxes"][:, 0], THINGS / 2
            )

    def test_errors(self):
        inputs = make_inputs()
        with pytest.raises(ValueError, match="Pass `bounding_box_format"):
            L.RandomFlip()(inputs)
        with pytest.raises(ValueError, match="bounding_box_format='x'"):
            L.RandomFlip(bounding_box_format="x")
        layer = L.RandomFlip(bounding_box_format="xyxy")
        with pytest.raises(ValueError, match="a dict with the keys 'boxes'"):
            layer({**inputs, "bounding_boxes": np.ones((2, 1, 4))})
        with pytest.raises(ValueError, match="known size"):
            layer.transform_bounding_boxes(
                inputs["bounding_boxes"], {"flip_horizontal": [True, False]}
            )


class MixedBoxesTest:
    def test_mixtures_have_the_boxes_of_both(self):
        inputs = make_inputs()
        drawn = {
            "partner": tf.constant([1, 0]),
            "image_size": tf.constant([HEIGHT, WIDTH]),
        }
        boxes = inputs["bounding_boxes"]
        found = L.MixUp().transform_bounding_boxes(boxes, drawn)
        np.testing.assert_array_equal(found["labels"], [[1, 2], [2, 1]])
        theirs = keras3.layers.MixUp(bounding_box_format="xyxy")
        wanted = theirs.transform_bounding_boxes(
            boxes, {"permutation_order": drawn["partner"], "mix_weight": 0.5}
        )
        np.testing.assert_array_equal(found["boxes"], wanted["boxes"])

    def test_pasted_parts_bring_their_boxes_and_hide_others(self):
        inputs = make_inputs()
        layer = L.CutMix(bounding_box_format="xyxy")
        drawn = {
            "partner": tf.constant([1, 0]),
            # Top, left, bottom, right.
            "box": tf.constant([[22, 30, 60, 80], [10, 20, 50, 60]]),
            "image_size": tf.constant([HEIGHT, WIDTH]),
        }
        found = layer.transform_bounding_boxes(inputs["bounding_boxes"], drawn)
        none = [-1, -1, -1, -1]
        np.testing.assert_allclose(
            found["boxes"],
            [[THINGS[0], [30, 25, 40, 36]], [none, THINGS[0]]],
        )
        np.testing.assert_array_equal(found["labels"], [[1, 2], [-1, 1]])
        shapes = layer.compute_output_shape(
            tf.nest.map_structure(lambda x: x.shape, inputs)
        )
        assert shapes["bounding_boxes"]["boxes"] == (2, 2, 4)
        ragged = tf.nest.map_structure(
            lambda x: tf.RaggedTensor.from_tensor(tf.constant(x)),
            inputs["bounding_boxes"],
        )
        again = layer.transform_bounding_boxes(ragged, drawn)
        np.testing.assert_allclose(again["boxes"].to_tensor(), found["boxes"])
