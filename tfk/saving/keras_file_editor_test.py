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

import json
import zipfile

import h5py
import numpy as np
import pytest

import tfk


def _model(units=2):
    chain = [
        tfk.Input((3,)),
        tfk.layers.Dense(4, name="first"),
        tfk.layers.Dense(units, name="last"),
    ]
    model = tfk.Sequential(chain, name="net")
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "m.weights.h5")
    _model().save_weights(path)
    return path


class KerasFileEditorTest:
    def test_all_kinds_of_files_are_shown(self, tmp_path, capsys):
        model = _model()
        model.save(tmp_path / "m.keras")
        model.save_weights(tmp_path / "m.weights.h5")
        model.save_weights(tmp_path / "m.weights.json", max_shard_size=1)
        for name in ("m.keras", "m.weights.h5", "m.weights.json"):
            with tfk.saving.KerasFileEditor(tmp_path / name) as editor:
                editor.summary()
                layers = editor.weights_dict["layers"]
                np.testing.assert_array_equal(
                    layers["dense_1"]["0"], model.get_weights()[2]
                )
                is_archive = name == "m.keras"
                assert (editor.config is not None) == is_archive
                assert (editor.metadata is not None) == is_archive
            text = capsys.readouterr().out
            assert name in text
            assert "layers/dense_1\n    0: float32 (4, 2)\n" in text
        with pytest.raises(ValueError, match="ends in"):
            tfk.saving.KerasFileEditor(tmp_path)
        with pytest.raises(tfk.errors.CorruptFileError, match="no such file"):
            tfk.saving.KerasFileEditor("nothing.keras")

    def test_classes_of_the_file_need_not_be_known(self, tmp_path):
        path = tmp_path / "m.keras"
        _model().save(path)
        with zipfile.ZipFile(path) as archive:
            members = {n: archive.read(n) for n in archive.namelist()}
        config = json.loads(members["config.json"])
        config["config"]["layers"][1]["class_name"] = "Unknown"
        members["config.json"] = json.dumps(config)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        with tfk.saving.KerasFileEditor(path) as editor:
            layers = editor.config["config"]["layers"]
            assert layers[1]["class_name"] == "Unknown"
            assert editor.weights_dict["layers"]["dense"]["0"].shape == (3, 4)

    def test_models_are_compared(self, path, capsys):
        keras = pytest.importorskip("keras")
        with tfk.saving.KerasFileEditor(path) as editor:
            result = editor.compare(_model())
            assert result["status"] == "success"
            assert "fit." in capsys.readouterr().out
            result = editor.compare(_model(units=5))
            assert result["status"] == "error" and result["error_count"] == 2
            text = capsys.readouterr().out
            assert "the model has (4, 5), the file (4, 2)" in text
        other = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(5)]
        )
        theirs = keras.saving.KerasFileEditor(path).compare(other)
        assert theirs["status"] == "error"

    def test_changes_are_saved(self, path, tmp_path):
        target = str(tmp_path / "new.weights.h5")
        with tfk.saving.KerasFileEditor(path) as editor:
            editor.delete_object("dense_1")
            editor.rename_object("layers/dense", "dense_1")
            editor.add_object("layers/dense", {"0": np.ones((3, 4), "f4")})
            editor.add_weights("layers/dense", {"1": np.ones(4), "2": [0]})
            editor.delete_weight("layers/dense", "2")
            editor.delete_weight("dense_1", "1")
            editor.add_weights("dense_1", {"1": np.zeros(4, "float32")})
            editor.resave_weights(target)
            with pytest.raises(ValueError, match="weights.h5"):
                editor.save(str(tmp_path / "new.h5"))
        with h5py.File(target) as file:
            assert file["layers/dense_1/vars/0"].shape == (3, 4)
            assert set(file["layers/dense/vars"]) == {"0", "1"}
        chain = [tfk.Input((4,)), tfk.layers.Dense(4, name="last")]
        tfk.Sequential(chain)  # Of the same package: files are one format.
        with tfk.saving.KerasFileEditor(target) as editor:
            assert editor.weights_dict["layers"]["dense"]["1"].shape == (4,)

    def test_bad_requests_are_named(self, path):
        with tfk.saving.KerasFileEditor(path) as editor:
            for call, text in (
                (lambda: editor.delete_object("nothing"), "no such object"),
                (lambda: editor.rename_object("dense", "dense_1"), "already"),
                (lambda: editor.rename_object("dense", "a/../b"), "a/../b"),
                (lambda: editor.add_object("layers/dense", {}), "already"),
                (lambda: editor.add_weights("dense", 3), "weights=3"),
                (lambda: editor.add_weights("dense", {"a/b": 1}), "slash"),
                (lambda: editor.delete_weight("dense", "9"), "'9'"),
            ):
                with pytest.raises(ValueError, match=text):
                    call()
