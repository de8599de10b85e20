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
"""Datasets of files, against those of tf_keras."""

import os
import wave

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.data import audio_files
from tfk.data import image_files
from tfk.data import text_files


def _write(path, data):
    tf.io.write_file(os.fspath(path), data)


def _image(number, height=5, width=7, channels=3):
    generator = np.random.RandomState(number)
    return generator.randint(0, 256, (height, width, channels)).astype("uint8")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A directory of two classes: 12 images of four formats and sizes."""
    root = tmp_path_factory.mktemp("images")
    encode = {
        "png": tf.io.encode_png,
        "jpg": tf.io.encode_jpeg,
        "bmp": _bmp,
    }
    for number in range(12):
        kind = list(encode)[number % 3]
        directory = root / ("cat", "dog")[number % 2] / ("", "more")[number > 7]
        directory.mkdir(parents=True, exist_ok=True)
        data = encode[kind](_image(number, 5 + number, 7))
        _write(directory / f"{number:02d}.{kind.upper()}", data)
    (root / "dog" / "notes.txt").write_text("no image")
    return root


def _bmp(pixels):
    """Encodes as an uncompressed bitmap of 24 bits."""
    height, width, _ = pixels.shape
    row = -width * 3 % 4
    rows = np.pad(pixels[::-1, :, ::-1].reshape(height, -1), [(0, 0), (0, row)])
    body = rows.tobytes()
    header = (
        b"BM"
        + np.array([54 + len(body), 0, 54, 40, width, height], "<u4").tobytes()
        + np.array([1, 24], "<u2").tobytes()
        + np.array([0, len(body), 0, 0, 0, 0], "<u4").tobytes()
    )
    return header + body


def _both(name, own, *args, **kwargs):
    """Returns the datasets of both packages."""
    return own(*args, **kwargs), getattr(tf_keras.utils, name)(*args, **kwargs)


def _assert_equal(own, peer):
    assert own.element_spec == peer.element_spec
    own, peer = list(own), list(peer)
    assert len(own) == len(peer) > 0
    for mine, other in zip(own, peer):
        for x, y in zip(tf.nest.flatten(mine), tf.nest.flatten(other)):
            (
                np.testing.assert_allclose(x, y, rtol=1e-6)
                if (x.dtype != tf.string)
                else np.testing.assert_array_equal(x, y)
            )


class ImagesTest:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"label_mode": "categorical", "batch_size": 5},
            {"label_mode": "binary"},
            {"label_mode": None, "labels": None},
            {"class_names": ["dog", "cat"], "interpolation": "nearest"},
            {"labels": list(range(12)), "crop_to_aspect_ratio": True},
            {"batch_size": None, "interpolation": "bicubic"},
        ],
    )
    def test_equals_tf_keras(self, images, options):
        own, peer = _both(
            "image_dataset_from_directory",
            image_files.image_dataset_from_directory,
            images,
            shuffle=False,
            image_size=(4, 6),
            **options,
        )
        _assert_equal(own, peer)
        if options.get("labels", "inferred") is not None:
            assert own.class_names == peer.class_names
        assert own.file_paths == peer.file_paths

    @pytest.mark.parametrize("subset", ["training", "validation", "both"])
    def test_splits_as_tf_keras_for_a_seed(self, images, subset):
        own, peer = _both(
            "image_dataset_from_directory",
            image_files.image_dataset_from_directory,
            images,
            validation_split=0.3,
            subset=subset,
            seed=3,
            image_size=(4, 6),
        )
        for mine, other in zip(tf.nest.flatten(own), tf.nest.flatten(peer)):
            assert mine.file_paths == other.file_paths
            by_sum = [
                sorted(
                    (round(float(tf.reduce_sum(image)), 1), int(label))
                    for image, label in dataset.unbatch()
                )
                for dataset in (mine, other)
            ]
            assert by_sum[0] == by_sum[1]

    def test_every_epoch_has_an_order_of_its_own(self, images):
        dataset = image_files.image_dataset_from_directory(
            images, labels=list(range(12)), seed=1, image_size=(4, 6)
        )
        first, second = ([y.numpy().tolist() for _, y in dataset] for _ in "ab")
        assert first != second
        assert sorted(sum(first, [])) == sorted(sum(second, [])) == [*range(12)]

    @pytest.mark.parametrize("mode, channels", [("grayscale", 1), ("rgba", 4)])
    def test_brings_every_format_to_the_channels(self, images, mode, channels):
        """As tf_keras can't: its decoders of BMP and JPEG refuse some."""
        (batch,) = image_files.image_dataset_from_directory(
            images,
            labels=None,
            label_mode=None,
            color_mode=mode,
            image_size=(4, 6),
            shuffle=False,
        )
        (rgb,) = image_files.image_dataset_from_directory(
            images,
            labels=None,
            label_mode=None,
            image_size=(4, 6),
            shuffle=False,
        )
        if mode == "rgba":
            expected = tf.concat([rgb, tf.fill((12, 4, 6, 1), 255.0)], -1)
        else:
            expected = tf.image.rgb_to_grayscale(rgb)
        assert batch.shape[-1] == channels
        np.testing.assert_allclose(batch, expected, atol=3.0)

    def test_pads_to_the_proportions(self, tmp_path):
        _write(
            tmp_path / "1.png", tf.io.encode_png(np.full((2, 4, 1), 9, "u1"))
        )
        dataset = image_files.image_dataset_from_directory(
            tmp_path,
            labels=None,
            label_mode=None,
            color_mode="grayscale",
            image_size=(4, 4),
            pad_to_aspect_ratio=True,
        )
        (batch,) = dataset
        np.testing.assert_allclose(batch[0, :, 0, 0], [0, 9, 9, 0])

    def test_first_image_of_a_gif(self, tmp_path):
        header = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\x00"
        frame = b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
        _write(tmp_path / "1.gif", header + frame * 2 + b";")
        dataset = image_files.image_dataset_from_directory(
            tmp_path, labels=None, label_mode=None, image_size=(1, 1)
        )
        (batch,) = dataset
        assert batch.numpy().ravel().tolist() == [255.0, 0.0, 0.0]


class BrokenFilesTest:
    @pytest.fixture
    def broken(self, tmp_path):
        good = tf.io.encode_png(_image(0)).numpy()
        _write(tmp_path / "a.png", good)
        _write(tmp_path / "cut.png", good[: len(good) // 2])
        _write(tmp_path / "empty.png", b"")
        _write(tmp_path / "text.png", b"no image at all")
        _write(tmp_path / "z.png", good)
        return tmp_path

    @pytest.mark.parametrize("name", ["cut", "empty", "text"])
    def test_are_named(self, broken, name):
        for other in {"cut", "empty", "text"} - {name}:
            os.remove(broken / f"{other}.png")
        dataset = image_files.image_dataset_from_directory(
            broken, labels=None, label_mode=None, image_size=(4, 4)
        )
        with pytest.raises(tf.errors.InvalidArgumentError) as error:
            list(dataset)
        assert f"{name}.png" in str(error.value)

    def test_are_skipped_and_counted(self, broken):
        dataset = image_files.image_dataset_from_directory(
            broken,
            labels=[10, 11, 12, 13, 14],
            image_size=(4, 4),
            shuffle=False,
            broken_files="skip",
        )
        ((images, labels),) = dataset
        assert labels.numpy().tolist() == [10, 14]
        assert images.shape == (2, 4, 4, 3)
        assert int(dataset.num_skipped) == 3

    def test_of_texts_too(self, tmp_path):
        (tmp_path / "1.txt").write_text("gone")
        dataset = text_files.text_dataset_from_directory(
            tmp_path, labels=None, label_mode=None
        )
        os.remove(tmp_path / "1.txt")
        with pytest.raises(tf.errors.InvalidArgumentError, match="1.txt"):
            list(dataset)


class TextsTest:
    @pytest.mark.parametrize(
        "options",
        [{}, {"max_length": 3}, {"batch_size": None}, {"label_mode": "binary"}],
    )
    def test_equals_tf_keras(self, tmp_path, options):
        for number, text in enumerate(("one", "zwei Dinge", "", "tröt")):
            directory = tmp_path / ("neg", "pos")[number % 2]
            directory.mkdir(exist_ok=True)
            (directory / f"{number}.txt").write_text(text)
        own, peer = _both(
            "text_dataset_from_directory",
            text_files.text_dataset_from_directory,
            tmp_path,
            shuffle=False,
            **options,
        )
        _assert_equal(own, peer)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """A directory of three sounds on two channels."""
    root = tmp_path_factory.mktemp("sounds")
    generator = np.random.RandomState(0)
    for number, length in enumerate((10, 13, 16)):
        with wave.open(os.fspath(root / f"{number}.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(8_000)
            samples = generator.randint(-9_000, 9_000, (length, 2))
            file.writeframes(samples.astype("<i2").tobytes())
    return root


class SoundsTest:
    @pytest.mark.parametrize(
        "options",
        [
            # Of padded sounds without labels, tf_keras makes no batches.
            {"labels": [2, 0, 1], "label_mode": "int"},
            {"output_sequence_length": 12},
            {"ragged": True},
            {"batch_size": 2, "labels": [1, 0, 1], "label_mode": "int"},
        ],
    )
    def test_equals_tf_keras(self, sounds, options):
        options = {"labels": None, "label_mode": None, **options}
        own, peer = _both(
            "audio_dataset_from_directory",
            audio_files.audio_dataset_from_directory,
            sounds,
            shuffle=False,
            **options,
        )
        if options.get("ragged"):
            for mine, other in zip(own, peer, strict=True):
                assert mine.to_list() == other.to_list()
            return
        _assert_equal(own, peer)

    @pytest.mark.parametrize("count", [16, 17])
    @pytest.mark.parametrize("new_rate", [4_000, 6_000, 8_000, 12_000, 16_000])
    def test_resamples_as_scipy(self, count, new_rate):
        signal = pytest.importorskip("scipy.signal", reason="the oracle")
        samples = np.random.RandomState(1).randn(count, 2).astype("float32")
        resampled = audio_files.resample(tf.constant(samples), 8_000, new_rate)
        expected = signal.resample(samples, round(count * new_rate / 8_000))
        np.testing.assert_allclose(resampled, expected, atol=1e-5)


class MistakesTest:
    @pytest.mark.parametrize(
        "options, message",
        [
            ({"directory": "/nowhere"}, "no such directory"),
            ({"labels": "infered"}, "`labels` must be 'inferred'"),
            ({"labels": [1, 2]}, "2 labels, and 12 files"),
            ({"labels": [0.5] * 12}, "integers from 0 on"),
            ({"labels": None}, "Pass `label_mode=None`"),
            ({"label_mode": "onehot"}, "`label_mode` must be one of"),
            ({"class_names": ["cat", "bird"]}, "the directories are"),
            ({"class_names": ["cat", "dog", "cat"]}, "each of them once"),
            (
                {"labels": [0, 1, 5] * 4, "label_mode": "categorical"},
                r"labels of 3 classes: \[0, 1, 5\]",
            ),
            (
                {"labels": [1, 2] * 6, "label_mode": "binary"},
                r"labels of 2 classes: \[1, 2\]",
            ),
            ({"validation_split": 0.2}, "given together"),
            ({"validation_split": 2, "subset": "both"}, "between 0 and 1"),
            ({"validation_split": 0.2, "subset": "training"}, "needs a `seed`"),
            (
                {"validation_split": 0.01, "subset": "validation", "seed": 1},
                "would be empty",
            ),
            ({"subset": "test"}, "`subset` must be one of"),
            ({"color_mode": "bgr"}, "`color_mode` must be one of"),
            ({"image_size": 3}, "must be a pair"),
            ({"interpolation": "cubic"}, "`interpolation` must be one of"),
            ({"broken_files": "drop"}, "`broken_files` must be one of"),
        ],
    )
    def test_says_what_is_wrong(self, images, options, message):
        options = {"directory": images, **options}
        with pytest.raises(ValueError, match=message):
            image_files.image_dataset_from_directory(**options)

    def test_links_that_lead_back_are_not_followed(self, tmp_path):
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "text.txt").write_text(name)
        (tmp_path / "a" / "to_b").symlink_to(tmp_path / "b")
        (tmp_path / "b" / "to_a").symlink_to(tmp_path / "a")
        (tmp_path / "b" / "itself").symlink_to(tmp_path / "b")
        found = text_files.text_dataset_from_directory(
            tmp_path, shuffle=False, batch_size=None, follow_links=True
        )
        names = [os.path.relpath(path, tmp_path) for path in found.file_paths]
        assert names == [
            *("a/text.txt", "a/to_b/text.txt"),
            *("b/text.txt", "b/to_a/text.txt"),
        ]

    def test_directory_without_images(self, tmp_path):
        with pytest.raises(ValueError, match="none ends with .bmp"):
            image_files.image_dataset_from_directory(tmp_path)
