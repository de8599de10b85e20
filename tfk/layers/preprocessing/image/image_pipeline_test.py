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
"""Tests of ImagePipeline, on real files."""

import os
import struct
import sys
import types

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tfk

layers = tfk.layers
COUNT, SIZE, NUM_CLASSES = 7, (12, 10), 4
MASKS = np.random.RandomState(0).randint(
    0, NUM_CLASSES, (COUNT, *SIZE, 1), "uint8"
)


def write_png(path, image):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    tf.io.write_file(str(path), tf.io.encode_png(image))


@pytest.fixture
def folder(tmp_path):
    """A folder of images and one of their masks, with the same values."""
    for index, mask in enumerate(MASKS):
        name = f"{'ab'[index % 2]}/{index}.png"
        write_png(tmp_path / "images" / name, np.repeat(mask, 3, -1))
        write_png(tmp_path / "masks" / name, mask)
    return tmp_path


def augmenter():
    nearest = {"interpolation": "nearest", "fill_mode": "constant"}
    return layers.ImagePipeline(
        [
            layers.RandomFlip(),
            layers.RandomRotation(0.5, **nearest),
            layers.RandomTranslation(0.2, 0.2, **nearest),
            layers.RandomFlip("horizontal"),
        ]
    )


def images_of(dataset):
    return np.concatenate([np.asarray(x) for x in dataset])


class SegmentationTest:
    def test_images_and_masks_are_moved_alike(self, folder):
        shared = augmenter()
        brighter = layers.RandomBrightness((0.1, 0.1), value_range=(0, 10))
        for_images = layers.ImagePipeline([shared, brighter])
        for_masks = layers.ImagePipeline([shared, layers.OneHot(NUM_CLASSES)])
        options = {
            "targets": None,
            "image_size": SIZE,
            "batch_size": 3,
            "seed": 123,
            "verbose": False,
        }
        pairs = tf.data.Dataset.zip(
            (
                for_images.from_directory(folder / "images", **options),
                for_masks.from_directory(
                    folder / "masks", color_mode="grayscale", **options
                ),
            )
        )
        epochs = []
        for _ in range(2):
            images, masks = zip(*pairs)
            images, masks = np.concatenate(images), np.concatenate(masks)
            assert masks.shape == (COUNT, *SIZE, NUM_CLASSES)
            np.testing.assert_array_equal(masks.sum(-1), 1)
            classes = masks.argmax(-1)
            for channel in range(3):
                np.testing.assert_array_equal(images[..., channel] - 1, classes)
            epochs.append(classes)
        originals = {mask.tobytes() for mask in MASKS[..., 0].astype("int64")}
        moved = [x for x in epochs[0] if x.tobytes() not in originals]
        assert len(moved) >= COUNT - 1
        assert len({x.tobytes() for epoch in epochs for x in epoch}) > COUNT

    def test_masks_of_odd_sizes_keep_their_classes(self, folder):
        mixing = layers.ImagePipeline([layers.RandomRotation(0.5)])
        for_masks = layers.ImagePipeline([mixing])
        dataset = for_masks.from_directory(
            folder / "masks",
            targets=None,
            color_mode="grayscale",
            image_size=(17, 23),
            interpolation="nearest",
            verbose=False,
        )
        assert set(np.unique(images_of(dataset))) <= set(range(NUM_CLASSES))

    def test_seeds_of_calls(self):
        images = np.repeat(MASKS[:1], 16, 0).astype("float32")
        first, second = augmenter(), augmenter()
        behind = layers.ImagePipeline(
            [layers.RandomContrast(0.0), layers.Rescaling(1.0), second]
        )
        moved = first(images, seed=7)
        alone = layers.ImagePipeline([first])
        np.testing.assert_array_equal(
            alone(images, seed=7), behind(images, seed=7)
        )
        np.testing.assert_array_equal(moved, second(images, seed=7))
        assert not np.array_equal(moved, second(images, seed=8))
        assert len({x.tobytes() for x in moved.numpy()}) > 10
        np.testing.assert_array_equal(first(images, training=False), images)
        flips = layers.ImagePipeline([layers.RandomFlip("horizontal")] * 1)
        twice = layers.ImagePipeline(
            [layers.RandomFlip("horizontal") for _ in range(2)]
        )
        one, two = flips(images, seed=1), twice(images, seed=1)
        unlike = [not np.array_equal(x, y) for x, y in zip(two, images)]
        assert any(unlike), "both flips are the same"
        assert not np.array_equal(one, two)


class FromDirectoryTest:
    def made(self, folder, seed=3, layer_seed=None, **options):
        pipeline = layers.ImagePipeline(
            [layers.RandomRotation(0.5, seed=layer_seed)]
        )
        return pipeline.from_directory(
            folder / "images",
            **{
                "image_size": SIZE,
                "batch_size": 4,
                "seed": seed,
                "verbose": False,
                **options,
            },
        )

    def test_seeds_decide(self, folder):
        datasets = [
            [x for x, _ in self.made(folder, 3, 1)],
            [x for x, _ in self.made(folder, 3, 2)],
            [x for x, _ in self.made(folder, 4, 1)],
        ]
        first, second, third = (np.concatenate(x) for x in datasets)
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, third)
        own = [
            np.concatenate([x for x, _ in self.made(folder, None, 5)])
            for _ in range(2)
        ]
        assert own[0].shape == own[1].shape

    @pytest.mark.parametrize(
        "mode, expected",
        [
            ("int", [0, 0, 0, 0, 1, 1, 1]),
            ("binary", [[0], [0], [0], [0], [1], [1], [1]]),
            ("categorical", np.eye(2)[[0, 0, 0, 0, 1, 1, 1]]),
        ],
    )
    def test_targets(self, folder, mode, expected):
        dataset = self.made(folder, target_mode=mode, shuffle=False)
        assert dataset.class_names == ["a", "b"]
        targets = np.concatenate([y for _, y in dataset])
        np.testing.assert_array_equal(targets, expected)
        other = self.made(folder, label_mode=mode, shuffle=False)
        assert other.element_spec == dataset.element_spec
        turned = self.made(
            folder, target_mode="int", shuffle=False, class_names=["b", "a"]
        )
        targets = np.concatenate([y for _, y in turned])
        np.testing.assert_array_equal(targets, [1, 1, 1, 1, 0, 0, 0])

    def test_validation_is_not_augmented(self, folder):
        options = {"validation_split": 0.5, "subset": "both", "targets": None}
        training, validation = self.made(folder, **options)
        assert len(training.file_paths) == 4
        originals = {x.tobytes() for x in np.repeat(MASKS, 3, -1)}
        left = images_of(validation).astype("uint8")
        assert {x.tobytes() for x in left} <= originals
        moved = images_of(training).astype("uint8")
        assert not {x.tobytes() for x in moved} <= originals
        alone = self.made(folder, **{**options, "subset": "validation"})
        assert {x.tobytes() for x in images_of(alone).astype("uint8")} <= {
            x.tobytes() for x in left
        }

    def test_broken_files_are_named_or_skipped(self, folder):
        path = folder / "images" / "a" / "0.png"
        path.write_bytes(path.read_bytes()[:40])
        with pytest.raises(tf.errors.InvalidArgumentError, match="0.png"):
            images_of(self.made(folder, targets=None))
        dataset = self.made(folder, targets=None, broken_files="skip")
        assert len(images_of(dataset)) == COUNT - 1
        assert dataset.num_skipped.numpy() == 1

    def test_formats(self, tmp_path):
        image = np.full((4, 4, 3), 64, "uint8")
        files = {
            "1.bmp": _bmp(image),
            "2.gif": _gif(),
            "3.jpg": tf.io.encode_jpeg(image).numpy(),
            "4.png": tf.io.encode_png(image).numpy(),
        }
        for name, contents in files.items():
            (tmp_path / name).write_bytes(contents)
        pipeline = layers.ImagePipeline([layers.Rescaling(1 / 64)])
        dataset = pipeline.from_directory(
            tmp_path, None, image_size=(4, 4), shuffle=False, verbose=False
        )
        np.testing.assert_allclose(images_of(dataset), 1.0, atol=0.05)

    def test_bad_arguments(self, folder):
        with pytest.raises(TypeError, match="lables"):
            self.made(folder, lables=None)
        with pytest.raises(ValueError, match="no such directory"):
            self.made(folder / "nothing")
        with pytest.raises(ValueError, match="label_mode"):
            self.made(folder, target_mode="other")


class FromDataframeTest:
    TABLE = pd.DataFrame(
        {
            "filename": ["b/1.png", "a/0.png", "a/2.png"],
            "class": ["dog", "cat", "dog"],
            "weight": [0.5, 1.0, 2.0],
        }
    )

    def made(self, folder, table=None, **options):
        pipeline = layers.ImagePipeline([layers.Rescaling(2.0)])
        return pipeline.from_dataframe(
            self.TABLE if table is None else table,
            folder / "images",
            **{
                "image_size": SIZE,
                "shuffle": False,
                "verbose": False,
                **options,
            },
        )

    def test_images_targets_and_weights(self, folder):
        dataset = self.made(folder, weight_column="weight")
        assert dataset.class_names == ["cat", "dog"]
        for images, targets, weights in dataset:
            expected = 2.0 * np.repeat(MASKS[[1, 0, 2]], 3, -1)
            np.testing.assert_array_equal(images, expected)
            np.testing.assert_array_equal(targets, np.eye(2)[[1, 0, 1]])
            np.testing.assert_array_equal(weights, self.TABLE["weight"])
        for images in self.made(folder, target_column=None, shuffle=True):
            assert images.shape == (3, *SIZE, 3)
        parts = self.made(
            folder,
            dict(self.TABLE),
            target_mode="int",
            validation_split=0.4,
            subset="both",
        )
        targets = [np.concatenate([y for _, y in part]) for part in parts]
        assert [x.tolist() for x in targets] == [[1, 0], [1]]

    def test_bad_arguments(self, folder):
        with pytest.raises(ValueError, match="no column 'name'"):
            self.made(folder, data_column="name")
        with pytest.raises(ValueError, match="need targets"):
            self.made(folder, target_column=None, weight_column="weight")
        with pytest.raises(ValueError, match="no rows"):
            self.made(folder, self.TABLE[:0])
        table = pd.DataFrame({"filename": ["x.png"], "class": [0]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="x.png"):
            list(self.made(folder, table))

    @pytest.mark.parametrize("column", ("filename", "class", "weight"))
    @pytest.mark.parametrize("gap", (None, np.nan, pd.NA))
    def test_gaps_in_the_table_are_named(self, folder, column, gap):
        table = self.TABLE.astype(object)
        table.loc[1, column] = gap
        with pytest.raises(ValueError, match=f"{column}.*no value in row 1"):
            self.made(folder, table, weight_column="weight")


class PreviewTest:
    def test_sheets_are_written(self, folder):
        pipeline = layers.ImagePipeline(
            [layers.RandomFlip(), layers.Rescaling(1 / 3)]
        )
        image = np.repeat(MASKS[0], 3, -1)
        data = [
            str(folder / "images" / "a" / "0.png"),
            image,
            tf.constant(image / 4.0),
        ]
        target = folder / "sheets"
        paths = pipeline.preview(data, target, "sheet")
        names = [os.path.basename(path) for path in paths]
        assert names == ["sheet_0.png", "sheet_1.png", "sheet_2.png"]
        sheet = tf.io.decode_png(tf.io.read_file(paths[0])).numpy()
        assert sheet.shape == (3 * 12 + 4, 3 * 10 + 4, 3)
        np.testing.assert_array_equal(sheet[:12, :10], image)
        tile = sheet[14:26, 12:22, 0] / 85
        flipped = [image[..., 0][::a, ::b] for a in (1, -1) for b in (1, -1)]
        assert any(np.array_equal(tile, x) for x in flipped)
        (path,) = pipeline.preview([image], target, save_format="jpg")
        assert tf.io.decode_jpeg(tf.io.read_file(path)).shape == sheet.shape

    def test_masks_and_crops(self, tmp_path):
        pipeline = layers.ImagePipeline(
            [layers.RandomCrop(5, 5), layers.OneHot(5)]
        )
        (path,) = pipeline.preview(MASKS[:1], tmp_path)
        sheet = tf.io.decode_png(tf.io.read_file(path)).numpy()
        assert sheet.shape[0] == 3 * 12 + 4

    def test_notebooks_show_sheets(self, monkeypatch):
        shown = []
        display = types.SimpleNamespace(
            display=shown.append, Image=lambda data: data
        )
        shell = types.SimpleNamespace(kernel=None)
        fake = types.SimpleNamespace(get_ipython=lambda: shell, display=display)
        pipeline = layers.ImagePipeline([layers.RandomFlip()])
        with pytest.raises(ValueError, match="in notebooks only"):
            pipeline.preview([MASKS[0]])
        monkeypatch.setitem(sys.modules, "IPython", fake)
        assert pipeline.preview([MASKS[0]]) is None
        assert shown[0].startswith(b"\x89PNG")

    def test_bad_arguments(self, tmp_path):
        pipeline = layers.ImagePipeline([layers.RandomFlip()])
        with pytest.raises(ValueError, match="save_format"):
            pipeline.preview([MASKS[0]], tmp_path, save_format="webp")
        with pytest.raises(ValueError, match="nothing.png"):
            pipeline.preview([str(tmp_path / "nothing.png")], tmp_path)
        with pytest.raises(ValueError, match="has the shape"):
            pipeline.preview([MASKS], tmp_path)


class ImagePipelineTest:
    def test_adapts_and_serves_in_models(self, tmp_path):
        images = MASKS.astype("float32")
        pipeline = layers.ImagePipeline(
            [augmenter(), layers.Normalization(axis=None)], name="pipeline"
        )
        pipeline.adapt(images)
        standard = (images - images.mean()) / images.std()
        np.testing.assert_allclose(
            pipeline(images, training=False), standard, atol=1e-5
        )
        model = tfk.Sequential(
            [
                tfk.Input((*SIZE, 1)),
                pipeline,
                layers.Flatten(),
                layers.Dense(1, kernel_initializer="ones"),
            ]
        )
        assert model.stage_split.layers == (pipeline,)
        expected = standard.reshape((COUNT, -1)).sum(1, keepdims=True)
        predictions = model.predict(images, verbose=0)
        np.testing.assert_allclose(predictions, expected, atol=1e-3)
        model.compile("sgd", "mse")
        model.fit(images, expected, verbose=0)
        path = str(tmp_path / "pipeline.keras")
        pipeline.save(path)
        loaded = tfk.models.load_model(path)
        assert type(loaded) is layers.ImagePipeline
        np.testing.assert_allclose(
            loaded(images, seed=3, training=True),
            pipeline(images, seed=3, training=True),
            atol=1e-6,
        )

    def test_one_hot(self):
        layer = layers.OneHot(3)
        ragged = tf.ragged.constant([[0, 2], [1]])
        assert layer(ragged).to_list()[1] == [[0.0, 1.0, 0.0]]
        np.testing.assert_array_equal(
            layer(np.array([[1.0], [2.0]])), np.eye(3)[1:]
        )
        assert layer.compute_output_shape((None, 4, 1)) == (None, 4, 3)
        np.testing.assert_array_equal(layer(np.array([1])), np.eye(3)[1:2])
        large = layers.OneHot(300)(np.array([[255]], "uint8"))
        assert large.numpy().argmax() == 255
        for wrong in (3, -1):
            with pytest.raises(tf.errors.InvalidArgumentError, match="OneHot"):
                layer(np.array([wrong]))
        with pytest.raises(ValueError, match="integers"):
            layer(np.array(["a"]))
        with pytest.raises(ValueError, match="num_classes"):
            layers.OneHot(0)


def _bmp(image):
    """An uncompressed file of 24 bits a pixel, rows from the bottom."""
    height, width, _ = image.shape
    rows = image[::-1, :, ::-1].tobytes()
    assert width * 3 % 4 == 0
    header = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(rows), 0, 0, 0, 0
    )
    return (
        b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) + header + rows
    )


def _gif():
    """One pixel of the grey value 64."""
    return (
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x40\x40\x40\x00\x00\x00"
        b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"
    )
