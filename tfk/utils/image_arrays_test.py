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
"""Images of Pillow against those of tf_keras."""

import io

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.utils import image_arrays


def _array(channels=3, height=9, width=12, seed=0):
    shape = height, width, channels
    return np.random.RandomState(seed).uniform(-3, 260, shape)


class ArraysTest:
    @pytest.mark.parametrize("data_format", ["channels_first", None])
    @pytest.mark.parametrize("scale", [True, False])
    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_equal_tf_keras_both_ways(self, channels, scale, data_format):
        x = np.abs(_array(channels))
        if data_format:
            x = np.transpose(x, (2, 0, 1))
        own, peer = (
            package.array_to_img(x, data_format, scale)
            for package in (image_arrays, tf_keras.utils)
        )
        assert own.mode == peer.mode
        np.testing.assert_array_equal(np.asarray(own), np.asarray(peer))
        own, peer = (
            package.img_to_array(peer, data_format)
            for package in (image_arrays, tf_keras.utils)
        )
        assert own.dtype == peer.dtype
        np.testing.assert_array_equal(own, peer)

    def test_all_values_alike(self):
        image = image_arrays.array_to_img(np.full((2, 2, 1), 7.0))
        assert np.asarray(image).tolist() == [[0, 0], [0, 0]]

    @pytest.mark.parametrize("shape", [(2, 2), (2, 2, 2), (1, 2, 2, 3)])
    def test_says_what_is_no_image(self, shape):
        with pytest.raises(ValueError, match="An image has"):
            image_arrays.array_to_img(np.ones(shape))
        with pytest.raises(ValueError, match="`data_format` must be one of"):
            image_arrays.img_to_array(np.ones((2, 2)), data_format="HWC")


class FilesTest:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"color_mode": "grayscale"},
            {"color_mode": "rgba", "target_size": (4, 5)},
            {"target_size": (4, 10), "interpolation": "bilinear"},
            {"target_size": (4, 4), "keep_aspect_ratio": True},
            {"target_size": (9, 12), "interpolation": "lanczos"},
        ],
    )
    def test_equal_tf_keras(self, tmp_path, options):
        path = tmp_path / "image.png"
        image_arrays.save_img(path, _array(), scale=False)
        own, peer = (
            package.load_img(path, **options)
            for package in (image_arrays, tf_keras.utils)
        )
        assert own.mode == peer.mode
        np.testing.assert_array_equal(np.asarray(own), np.asarray(peer))

    def test_of_memory(self):
        buffer = io.BytesIO()
        image_arrays.save_img(buffer, _array(), file_format="png")
        assert image_arrays.load_img(buffer).size == (12, 9)

    def test_jpeg_without_transparency(self, tmp_path):
        with pytest.warns(UserWarning, match="has no transparency"):
            image_arrays.save_img(tmp_path / "1.jpg", _array(4))
        assert image_arrays.load_img(tmp_path / "1.jpg").mode == "RGB"

    def test_old_grayscale(self, tmp_path):
        image_arrays.save_img(tmp_path / "1.png", _array())
        with pytest.warns(UserWarning, match="deprecated"):
            image = image_arrays.load_img(tmp_path / "1.png", grayscale=True)
        assert image.mode == "L"

    @pytest.mark.parametrize(
        "options, error",
        [
            ({"color_mode": "bgr"}, ValueError),
            ({"interpolation": "cubic"}, ValueError),
            ({"target_size": 3}, ValueError),
            ({"path": 3}, TypeError),
        ],
    )
    def test_says_what_is_wrong(self, tmp_path, options, error):
        image_arrays.save_img(tmp_path / "1.png", _array())
        options = {"path": tmp_path / "1.png", **options}
        with pytest.raises(error, match="Received: "):
            image_arrays.load_img(**options)

    def test_says_which_file_is_no_image(self, tmp_path):
        (tmp_path / "notes.png").write_text("no image")
        with pytest.raises(ValueError, match="notes.png"):
            image_arrays.load_img(tmp_path / "notes.png")


class SmartResizeTest:
    @pytest.mark.parametrize("size", [(4, 4), (3, 12), (18, 6)])
    @pytest.mark.parametrize("is_batch", [True, False])
    def test_equals_tf_keras(self, size, is_batch):
        x = _array().astype("float32")
        x = x[np.newaxis] if is_batch else x
        own = image_arrays.smart_resize(x, size)
        peer = tf_keras.preprocessing.image.smart_resize(x, size)
        assert isinstance(own, np.ndarray)
        np.testing.assert_allclose(own, peer, rtol=1e-5)
        assert tf.is_tensor(image_arrays.smart_resize(tf.constant(x), size))

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="Images have the shape"):
            image_arrays.smart_resize(np.ones((2, 2)), (1, 1))
