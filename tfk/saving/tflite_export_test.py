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
import os

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import layers
from tfk.saving import tflite_export
from tfk.saving import tflite_process
from tfk.testing import models_to_export
from tfk.testing import strategies

litert = pytest.importorskip("ai_edge_litert.interpreter")


@pytest.fixture
def here(monkeypatch):
    """Converts in this process, which takes a fifth of the time."""

    def run(folder):
        return tflite_process.main(folder), ""

    monkeypatch.setattr(tflite_export, "_run", run)


def _runner(path=None, content=None):
    interpreter = litert.Interpreter(path and str(path), model_content=content)
    return interpreter.get_signature_runner()


def _check(model, runner, arrays, tolerance=1e-4):
    tensors = [tf.constant(array) for array in arrays]
    expected = model(tensors if len(tensors) > 1 else tensors[0])
    results = runner(**dict(zip(model.input_names, arrays)))
    assert set(results) == set(model.output_names)
    for name, value in zip(model.output_names, tf.nest.flatten(expected)):
        np.testing.assert_allclose(results[name], value, atol=tolerance)


@pytest.mark.usefixtures("here")
class TFLiteExportTest:
    @pytest.mark.parametrize("name", models_to_export.MODELS)
    def test_numbers_are_those_of_the_model(self, name, tmp_path):
        make, data = models_to_export.MODELS[name]
        model = make()
        path = tmp_path / "model.tflite"
        model.export(path, format="tflite")
        runner = _runner(path)
        assert set(runner.get_input_details()) == set(model.input_names)
        for count in (1, 3):
            _check(model, runner, data(count))

    def test_weights_take_fewer_bits(self, tmp_path):
        model = tfk.Sequential(
            [
                tfk.Input((8, 8, 3)),
                layers.Conv2D(32, 3, activation="relu"),
                layers.Conv2D(64, 3, activation="relu"),
                layers.GlobalAveragePooling2D(),
                layers.Dense(64),
            ]
        )
        images = np.random.default_rng(0).uniform(size=(40, 8, 8, 3))
        images = images.astype("float32")
        batches = tf.data.Dataset.from_tensor_slices((images, images)).batch(4)
        settings = {
            "whole": ({}, 1.0, 1e-4),
            "half": ({"optimizations": "float16"}, 0.6, 1e-2),
            "small": ({"optimizations": "int8"}, 0.4, 2e-2),
            "smallest": (
                {"optimizations": "int8", "representative_data": images},
                0.4,
                5e-2,
            ),
            "batches": (
                {"optimizations": "int8", "representative_data": batches},
                0.4,
                5e-2,
            ),
        }
        sizes = {}
        for name, (options, share, tolerance) in settings.items():
            path = tmp_path / name
            model.export(path, "litert", **options)
            sizes[name] = os.path.getsize(path)
            assert sizes[name] < 1.01 * share * sizes["whole"], name
            runner = _runner(path)
            details = runner.get_input_details()[model.input_names[0]]
            assert details["dtype"] == np.float32
            _check(model, runner, [images[:3]], tolerance)

    def test_layers_of_a_mixed_policy_compute_in_32_bits(self, tmp_path):
        def make(dtype):
            inputs = tfk.Input((4, 8))
            x = layers.LSTM(4, return_sequences=True, dtype=dtype)(inputs)
            x = layers.MultiHeadAttention(2, 4, dtype=dtype)(x, x)
            x = layers.LayerNormalization(dtype=dtype)(x * 2.0 + 1.0)
            inner = [layers.Dense(4, activation="gelu", dtype=dtype)]
            return tfk.Model(inputs, tfk.Sequential(inner)(x))

        rows = np.random.default_rng(0).normal(size=(3, 4, 8))
        rows = rows.astype("float32")
        plain = make("float32")
        for dtype in ("mixed_float16", "mixed_bfloat16"):
            model = make(dtype)
            model.set_weights(plain.get_weights())
            path = tmp_path / "model.tflite"
            model.export(path, format="tflite")
            results = _runner(path)(**{model.input_names[0]: rows})
            (result,) = results.values()
            np.testing.assert_allclose(result, plain(rows), atol=1e-5)
            assert model(rows).dtype == tf.as_dtype(dtype[6:])
            assert model.layers[1].compute_dtype == dtype[6:]

    def test_masks_leave_room_for_scores_in_8_bits(self, tmp_path):
        x = tfk.Input((6, 8))
        scores = layers.Dense(6)(x)
        mask = tf.linalg.band_part(tf.ones((6, 6)), -1, 0)
        outputs = layers.Softmax()(scores, mask=mask)
        model = tfk.Model(x, outputs)
        data = np.random.default_rng(0).normal(size=(60, 6, 8))
        data = data.astype("float32")
        path = tmp_path / "model.tflite"
        model.export(
            path,
            format="tflite",
            optimizations="int8",
            representative_data=data,
        )
        _check(model, _runner(path), [data[:3]], 0.1)

    def test_one_hot_vectors_keep_their_zeros_in_8_bits(self, tmp_path):
        codes = tfk.Input((1,), dtype="int64")
        x = layers.CategoryEncoding(10, "one_hot")(codes)
        model = tfk.Model(codes, layers.Dense(2)(x))
        path = tmp_path / "model.tflite"
        data = np.arange(60)[:, np.newaxis] % 10
        model.export(
            path,
            format="tflite",
            optimizations="int8",
            representative_data=data,
        )
        _check(model, _runner(path), [data[:10]], 0.03)

    @pytest.mark.parametrize("kind", ["norm", "loop"])
    def test_what_is_sensitive_keeps_32_bits(self, kind, tmp_path):
        x = tfk.Input((8, 16))
        y = x
        for _ in range(2):
            if kind == "norm":
                y = y + layers.MultiHeadAttention(2, 8)(y, y)
                y = layers.LayerNormalization(epsilon=1e-12)(y)
            else:
                y = layers.LSTM(16, return_sequences=True)(y)
        model = tfk.Model(x, y)
        data = np.random.default_rng(0).normal(size=(60, 8, 16))
        data = data.astype("float32")
        path = tmp_path / "model.tflite"
        model.export(
            path,
            format="tflite",
            optimizations="int8",
            representative_data=data,
        )
        (result,) = _runner(path)(**{model.input_names[0]: data[:3]}).values()
        errors = np.abs(result - model(data[:3]))
        assert errors.mean() < 0.02

    def test_tables_and_volumes_are_computed_otherwise(self, tmp_path):
        codes = tfk.Input((2,), dtype="int64", name="codes")
        volumes = tfk.Input((4, 6, 4, 2), name="volumes")
        pooled = layers.AveragePooling3D()(layers.MaxPooling3D()(volumes))
        found = layers.IntegerLookup(vocabulary=[3, 5, -7])(codes)
        model = tfk.Model([codes, volumes], {"found": found, "pooled": pooled})
        path = tmp_path / "model.tflite"
        model.export(path, format="tflite")
        values = np.random.default_rng(0).normal(size=(2, 4, 6, 4, 2))
        values = values.astype("float32")
        codes = np.array([[3, 4], [-7, 5]])
        _check(model, _runner(path), [codes, values])

    def test_operations_that_are_missing_are_told_by_layer(self, tmp_path):
        words = tfk.Input((1,), dtype="string")
        vectors = layers.TextVectorization(
            vocabulary=["a", "b"], output_sequence_length=3, name="words"
        )
        codes = vectors(words)
        embedding = layers.Embedding(5, 3)
        model = tfk.Model(words, embedding(codes))
        path = tmp_path / "model.tflite"
        path.write_text("former")
        message = "Layer 'words' .* lacks the operations .*StringLower"
        with pytest.raises(ValueError, match=message):
            model.export(path, format="tflite")
        assert path.read_text() == "former"
        # What the error says to do.
        rest = tfk.Model(codes, model.outputs)
        rest.export(path, format="tflite")
        runner = _runner(path)
        _check(rest, runner, [np.array([[0, 1, 4]])])

        words = tfk.Sequential(
            [
                tfk.Input((2,), dtype="string"),
                layers.Hashing(5, name="codes"),
            ]
        )
        with pytest.raises(ValueError, match="Layer 'codes'"):
            words.export(path, format="tflite")

    def test_mistakes_are_told(self, tmp_path):
        model = tfk.Sequential([tfk.Input((2,)), layers.Dense(1)])
        path = tmp_path / "model.tflite"
        rows = np.zeros((3, 2), "float32")
        mistakes = [
            ({"optimizations": "int4"}, "how a TFLite file stores"),
            ({"representative_data": rows}, "Pass optimizations='int8'"),
            ({"opset_version": 18}, "does not know .*opset_version"),
        ]
        for options, message in mistakes:
            with pytest.raises(ValueError, match=message):
                model.export(path, format="tflite", **options)
        data_mistakes = [
            ([rows, rows], "2 arrays for 1 inputs"),
            (np.zeros((3, 5)), "is not what the model takes"),
            (rows[:0], "holds no row"),
        ]
        for data, message in data_mistakes:
            with pytest.raises(ValueError, match=message):
                model.export(
                    path,
                    format="tflite",
                    optimizations="int8",
                    representative_data=data,
                )

    def test_a_model_of_two_replicas_is_exported(self, tmp_path):
        with strategies.two_replicas().scope():
            model = tfk.Sequential([tfk.Input((4, 2)), layers.LSTM(3)])
        path = tmp_path / "model.tflite"
        model.export(path, format="tflite")
        _check(model, _runner(path), [np.ones((2, 4, 2), "float32")])


class TFLiteProcessTest:
    def test_a_crash_leaves_the_model_alone(self, tmp_path, monkeypatch):
        model = tfk.Sequential([tfk.Input((2,), name="x"), layers.Dense(1)])
        model.export(tmp_path / "model.tflite", format="tflite")
        _check(
            model,
            _runner(tmp_path / "model.tflite"),
            [np.ones((2, 2), "float32")],
        )
        program = tmp_path / "crash.py"
        program.write_text("import os\nprint('no such op')\nos.abort()\n")
        monkeypatch.setattr(tflite_process, "__file__", str(program))
        with pytest.raises(RuntimeError, match="crashed on model"):
            model.export(tmp_path / "model.tflite", format="tflite")
        assert sorted(os.listdir(tmp_path)) == ["crash.py", "model.tflite"]


class TFLiteConverterTest:
    def test_takes_models_as_they_are(self):
        make, data = models_to_export.MODELS["recurrent"]
        model = make()
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        _check(model, _runner(content=converter.convert()), data(3))
