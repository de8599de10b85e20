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
import sys

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import layers
from tfk.saving import format_limits
from tfk.saving import servable
from tfk.testing import models_to_export
from tfk.testing import strategies

pytest.importorskip("tf2onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def _check(model, path, arrays):
    session = onnxruntime.InferenceSession(str(path))
    assert [x.name for x in session.get_inputs()] == model.input_names
    assert [x.name for x in session.get_outputs()] == model.output_names
    tensors = [tf.constant(array) for array in arrays]
    expected = model(tensors if len(tensors) > 1 else tensors[0])
    given = {
        name: array.astype(object) if array.dtype.kind == "U" else array
        for name, array in zip(model.input_names, arrays)
    }
    results = session.run(model.output_names, given)
    for result, value in zip(results, tf.nest.flatten(expected)):
        if value.dtype == tf.string:
            value = value.numpy().astype(str)
            assert result.tolist() == value.tolist()
        else:
            np.testing.assert_allclose(result, value, atol=1e-4)


def _greet(words):
    return "hello " + words


class OnnxExportTest:
    @pytest.mark.parametrize("name", models_to_export.MODELS)
    def test_numbers_are_those_of_the_model(self, name, tmp_path):
        make, data = models_to_export.MODELS[name]
        model = make()
        path = tmp_path / "model.onnx"
        model.export(path, format="onnx")
        for count in (1, 3):
            _check(model, path, data(count))

    def test_tables_are_part_of_the_file(self, tmp_path):
        path = tmp_path / "model.onnx"
        for layer, values in (
            (layers.IntegerLookup(vocabulary=[3, 5]), [[3, 4], [5, -1]]),
            (
                layers.IntegerLookup(vocabulary=[3], num_oov_indices=3),
                [[-7, 4], [3, -1]],
            ),
            (layers.StringLookup(vocabulary=["a"]), [["a"], ["b"]]),
            (layers.StringLookup(vocabulary=["a"], invert=True), [[1], [0]]),
        ):
            values = np.array(values)
            dtype = "string" if values.dtype.kind == "U" else values.dtype
            model = tfk.Sequential([tfk.Input(values.shape[1:], dtype=dtype)])
            model.add(layer)
            model.export(path, format="onnx")
            _check(model, path, [values])

    @pytest.mark.parametrize("padding", ["valid", "same"])
    def test_rows_are_added_to_transposed_convolutions(self, padding, tmp_path):
        convolution = layers.Conv2DTranspose(
            2, 3, strides=(3, 1), padding=padding, output_padding=(2, 0)
        )
        model = tfk.Sequential([tfk.Input((4, 5, 2)), convolution])
        path = tmp_path / "model.onnx"
        model.export(path, format="onnx")
        images = np.random.default_rng(0).normal(size=(2, 4, 5, 2))
        _check(model, path, [images.astype("float32")])

    def test_dilated_windows_and_new_sizes_are_those_of_tensorflow(
        self, tmp_path
    ):
        images = tfk.Input((None, None, 3))
        x = layers.Conv2D(2, (3, 2), padding="same", dilation_rate=3)(images)
        x = layers.DepthwiseConv2D(3, padding="same", dilation_rate=2)(x)
        # The factor from 10 to 7 is no number of 32 bits.
        x = layers.Resizing(7, 5)(x)
        x = tf.math.log1p(tf.abs(x)) + tf.math.expm1(x)
        model = tfk.Model(images, layers.Resizing(13, 4, "area")(x))
        path = tmp_path / "model.onnx"
        model.export(path, format="onnx")
        data = np.random.default_rng(0).normal(size=(2, 10, 9, 3))
        _check(model, path, [data.astype("float32")])

    def test_quotients_are_rounded_down(self, tmp_path):
        path = tmp_path / "model.onnx"
        for dtype, divisor in (("int32", 3), ("float32", 2.5)):
            x = tfk.Input((3,), dtype=dtype)
            model = tfk.Model(x, [x // divisor, x % divisor])
            model.export(path, format="onnx")
            _check(model, path, [np.array([[-7, -6, 5]], dtype)])

    def test_what_would_be_another_operation_is_refused(self, tmp_path):
        images = tfk.Input((10, 10, 3))
        resized = tf.image.resize(images, (7, 5), "area")
        model = tfk.Model(images, resized)
        with pytest.raises(ValueError, match="lacks the op.* ResizeArea"):
            model.export(tmp_path / "model.onnx", format="onnx")

    def test_layers_of_a_mixed_policy_compute_in_32_bits(self, tmp_path):
        rows = np.random.default_rng(0).normal(size=(3, 4, 8))
        rows = rows.astype("float32")

        def make(dtype):
            inputs = tfk.Input((4, 8))
            x = layers.Dense(4, activation="gelu", dtype=dtype)(inputs)
            x = layers.MultiHeadAttention(2, 4, dtype=dtype)(x, x)
            return tfk.Model(inputs, layers.LayerNormalization(dtype=dtype)(x))

        plain = make("float32")
        for dtype in ("mixed_float16", "mixed_bfloat16"):
            model = make(dtype)
            model.set_weights(plain.get_weights())
            path = tmp_path / "model.onnx"
            model.export(path, format="onnx")
            session = onnxruntime.InferenceSession(str(path))
            (result,) = session.run(None, {model.input_names[0]: rows})
            np.testing.assert_allclose(result, plain(rows), atol=1e-5)
            assert model.layers[1].compute_dtype == dtype[6:]

    def test_the_version_can_be_chosen(self, tmp_path):
        onnx = pytest.importorskip("onnx")
        model = tfk.Sequential([tfk.Input((2,)), layers.Dense(1)])
        model.export(tmp_path / "model.onnx", "onnx", opset_version=15)
        opsets = onnx.load(tmp_path / "model.onnx").opset_import
        assert {x.version for x in opsets if not x.domain} == {15}

    def test_operations_that_are_missing_are_told_by_layer(self, tmp_path):
        model = tfk.Sequential(
            [
                tfk.Input((1,), dtype="string"),
                layers.TextVectorization(vocabulary=["a"], name="words"),
            ]
        )
        message = "Layer 'words' .* lacks the operations .*StringSplitV2"
        with pytest.raises(ValueError, match=message):
            model.export(tmp_path / "model.onnx", format="onnx")
        # ONNX has this operation, but not for strings.
        words = tfk.Input((1,), dtype="string")
        model = tfk.Model(words, layers.Lambda(_greet, name="greet")(words))
        with pytest.raises(ValueError, match="Layer 'greet' .* Add"):
            model.export(tmp_path / "model.onnx", format="onnx")
        assert not list(tmp_path.iterdir())

    def test_an_output_with_the_name_of_an_input_is_told(self, tmp_path):
        path = tmp_path / "model.onnx"
        x = tfk.Input((2,), name="x")
        y = layers.Dense(1)(x)
        for outputs in (x, [y, x], {"x": y}):
            with pytest.raises(ValueError, match=r"with the names \['x'\]"):
                tfk.Model(x, outputs).export(path, format="onnx")
        assert not list(tmp_path.iterdir())
        model = tfk.Model(x, [y, layers.Identity(name="output")(x)])
        model.export(path, format="onnx")
        _check(model, path, [np.ones((3, 2), "float32")])

    def test_a_model_that_is_too_large_is_told_at_once(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(format_limits, "_MOST_BYTES", 10)
        monkeypatch.setattr(servable, "of_model", None)
        model = tfk.Sequential([tfk.Input((2,)), layers.Dense(1)])
        message = "'onnx', which holds 2 GB at most. .* Export a SavedModel"
        with pytest.raises(ValueError, match=message):
            model.export(tmp_path / "model.onnx", format="onnx")

    def test_a_package_that_is_missing_is_told(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "tf2onnx", None)
        model = tfk.Sequential([tfk.Input((2,)), layers.Dense(1)])
        with pytest.raises(ImportError, match="pip install 'tfk.export.'"):
            model.export(tmp_path / "model.onnx", format="onnx")

    def test_a_model_of_two_replicas_is_exported(self, tmp_path):
        with strategies.two_replicas().scope():
            model = tfk.Sequential([tfk.Input((4, 2)), layers.GRU(3)])
        path = tmp_path / "model.onnx"
        model.export(path, format="onnx")
        _check(model, path, [np.ones((2, 4, 2), "float32")])

    def test_a_loaded_model_is_exported(self, tmp_path):
        make, data = models_to_export.MODELS["columns"]
        make().save(tmp_path / "model.keras")
        model = tfk.models.load_model(tmp_path / "model.keras")
        model.export(tmp_path / "model.onnx", format="onnx")
        _check(model, tmp_path / "model.onnx", data(3))
