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
"""Tests of exported SavedModels."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import models_to_save


def _signature(path):
    loaded = tf.saved_model.load(path)
    # The signature needs `loaded`, which owns the variables.
    return loaded, loaded.signatures["serving_default"]


class ExportTest:
    def test_raw_columns_are_served_without_tfk(self, tmp_path):
        words = np.array([["a"], ["b"], ["c"]])
        look_up = tfk.layers.StringLookup(output_mode="one_hot")
        look_up.adapt(words[:2])
        normal = tfk.layers.Normalization()
        normal.adapt(np.array([[1.0], [3.0]]))
        text = tfk.Input((1,), dtype="string", name="class")
        number = tfk.Input((1,), name="body mass")
        x = tfk.layers.Concatenate()([look_up(text), normal(number)])
        model = tfk.Model(
            {"class": text, "body mass": number},
            {"score": tfk.layers.Dense(1)(x), "x": x},
        )
        path = str(tmp_path / "served")
        model.export(path)
        columns = {
            "class": words,
            "body mass": np.array([[1.0], [2.0], [4.0]], "float32"),
        }
        np.savez(tmp_path / "x.npz", **columns)
        code = f"""
            import sys
            import numpy as np, tensorflow as tf
            columns = dict(np.load({str(tmp_path / "x.npz")!r}))
            columns = {{k: tf.constant(v) for k, v in columns.items()}}
            loaded = tf.saved_model.load({path!r})
            y = loaded.signatures["serving_default"](**columns)
            z = loaded.serve(columns)
            assert set(y) == set(z) == {{"score", "x"}}
            for key in y:
                np.testing.assert_array_equal(y[key], z[key])
            assert "tfk" not in sys.modules
            np.savez({str(tmp_path / "y.npz")!r}, **y)
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            check=True,
            cwd=tmp_path,
        )
        expected = model.predict(columns, verbose=0)
        with np.load(tmp_path / "y.npz") as outputs:
            for key, value in expected.items():
                np.testing.assert_allclose(outputs[key], value, atol=1e-6)

    @pytest.mark.parametrize("name", ["functional", "sequential", "embedding"])
    def test_signature_has_the_names_of_the_model(self, name, tmp_path):
        model = models_to_save.MAKERS[name](tfk)
        path = str(tmp_path / "served")
        model.export(path)
        loaded, signature = _signature(path)
        specs = tf.nest.flatten(model.save_spec()[0][0])
        x = [tf.ones([2, *spec.shape[1:]], spec.dtype) for spec in specs]
        outputs = signature(**dict(zip(model.input_names, x)))
        assert sorted(outputs) == sorted(model.output_names)
        expected = tf.nest.flatten(
            model(tf.nest.pack_sequence_as(model.input, x), training=False)
        )
        for key, value in zip(model.output_names, expected):
            np.testing.assert_allclose(outputs[key], value, rtol=1e-5)

    def test_subclassed_models_serve_what_they_were_called_on(self, tmp_path):
        class Pair(tfk.Model):
            def __init__(self):
                super().__init__()
                self.dense = tfk.layers.Dense(1)

            def call(self, inputs):
                return {"y": self.dense(inputs["a"]) + inputs["b"]}

        model = Pair()
        path = str(tmp_path / "served")
        with pytest.raises(ValueError, match="Call it on data"):
            model.export(path)
        x = {"a": tf.ones((2, 3)), "b": tf.ones((2, 1))}
        expected = model(x)
        model.export(path)
        loaded, signature = _signature(path)
        np.testing.assert_array_equal(signature(**x)["y"], expected["y"])
        single = models_to_save.subclassed(tfk)
        single.export(path)
        loaded, signature = _signature(path)
        x = tf.ones((3, 2))
        np.testing.assert_allclose(
            signature(inputs=x)["output_1"], single(x), rtol=1e-5
        )

    def test_sparse_and_ragged_tensors_are_served_in_parts(self, tmp_path):
        ragged = tfk.Input((None,), ragged=True, dtype="int64", name="r")
        sparse = tfk.Input((4,), sparse=True, name="s")
        outputs = [ragged * 2, tfk.layers.Dense(2, name="d")(sparse)]
        model = tfk.Model([ragged, sparse], outputs)
        path = str(tmp_path / "served")
        model.export(path)
        loaded, signature = _signature(path)
        r = tf.ragged.constant([[1, 2], [], [3]], dtype=tf.int64)
        s = tf.sparse.from_dense(np.eye(3, 4, dtype="float32"))
        parts = signature(
            r_values=r.values,
            r_row_splits=r.row_splits,
            s_indices=s.indices,
            s_values=s.values,
            s_dense_shape=s.dense_shape,
        )
        name = model.output_names[0]
        assert parts[f"{name}_values"].numpy().tolist() == [2, 4, 6]
        assert parts[f"{name}_row_splits"].numpy().tolist() == [0, 2, 2, 3]
        expected = model([r, s])
        np.testing.assert_array_equal(parts["d"], expected[1])
        np.testing.assert_array_equal(loaded.serve([r, s])[1], expected[1])

    def test_dropout_is_off_and_any_number_of_rows_fits(self, tmp_path):
        chain = [
            tfk.Input((8,), 2, name="x"),
            tfk.layers.Dropout(0.9, name="y"),
        ]
        model = tfk.Sequential(chain)
        path = str(tmp_path / "served")
        model.export(path)
        loaded, signature = _signature(path)
        x = tf.ones((5, 8))
        np.testing.assert_array_equal(signature(x=x)["y"], x)
        np.testing.assert_array_equal(loaded.serve(x), x)

    def test_failed_export_leaves_the_earlier_one(self, tmp_path, monkeypatch):
        model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        path = str(tmp_path / "served")
        model.export(path)
        model.export(path)

        def fail(*args, **kwargs):
            raise RuntimeError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(tf.saved_model, "save", fail)
            with pytest.raises(RuntimeError):
                model.export(path)
        assert os.listdir(tmp_path) == ["served"]
        _signature(path)
