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

import numpy as np
import pytest

import tfk


class ShardTest:
    def _model(self):
        chain = [
            tfk.Input((3,)),
            tfk.layers.Dense(400, name="a"),
            tfk.layers.Dense(500, name="b"),
        ]
        model = tfk.Sequential(chain)
        model.compile("adam", "mse")
        model.fit(np.ones((2, 3)), np.ones((2, 500)), verbose=0)
        return model

    def test_no_file_is_larger_than_the_limit(self, tmp_path):
        model, path = self._model(), tmp_path / "m.weights.json"
        model.save_weights(path, max_shard_size=0.001)
        files = sorted(tmp_path.iterdir())
        assert len(files) == 4
        assert max(file.stat().st_size for file in files) < 1.1e6
        other = self._model()
        other.load_weights(path)
        for one, two in zip(model.get_weights(), other.get_weights()):
            np.testing.assert_array_equal(one, two)
        for one, two in zip(
            model.optimizer.variables, other.optimizer.variables
        ):
            np.testing.assert_array_equal(one, two)
        # Of an earlier save nothing stays.
        model.save_weights(path, max_shard_size=1)
        assert len(list(tmp_path.iterdir())) == 2
        other.load_weights(path)

    def test_files_of_keras_are_read_and_written(self, tmp_path):
        keras = pytest.importorskip("keras")
        model, path = self._model(), tmp_path / "m.weights.json"
        keras_model = keras.Sequential(
            [
                keras.Input((3,)),
                keras.layers.Dense(400),
                keras.layers.Dense(500),
            ]
        )
        model.save_weights(path, max_shard_size=0.001)
        keras_model.load_weights(path)
        for one, two in zip(model.get_weights(), keras_model.get_weights()):
            np.testing.assert_array_equal(one, two)
        other = tmp_path / "k.weights.json"
        keras_model.set_weights([w + 1 for w in keras_model.get_weights()])
        keras_model.save_weights(other, max_shard_size=0.00075)
        model.load_weights(other)
        for one, two in zip(model.get_weights(), keras_model.get_weights()):
            np.testing.assert_array_equal(one, two)

    def test_what_is_wrong_is_told(self, tmp_path):
        model, path = self._model(), tmp_path / "m.weights.json"
        before = model.get_weights()
        for arguments in (
            {"filepath": path},
            {"filepath": path, "max_shard_size": 0},
            {"filepath": path, "max_shard_size": "1GB"},
            {"filepath": tmp_path / "m.weights.h5", "max_shard_size": 1},
        ):
            with pytest.raises(ValueError, match="max_shard_size="):
                model.save_weights(**arguments)
        model.save_weights(path, max_shard_size=0.001)
        with pytest.raises(ValueError, match="overwrite=False"):
            model.save_weights(path, overwrite=False, max_shard_size=1)
        good = json.loads(path.read_text())
        (tmp_path / "outside.weights.h5").write_bytes(b"secret")
        for name, error in (
            ("../x.weights.h5", tfk.errors.UnsafeFileError),
            ("/etc/passwd", tfk.errors.UnsafeFileError),
            ("a\\x.weights.h5", tfk.errors.UnsafeFileError),
            (3, tfk.errors.UnsafeFileError),
            ("missing.weights.h5", tfk.errors.CorruptFileError),
            ("outside.weights.h5", tfk.errors.CorruptFileError),
        ):
            shards = {**good["weight_map"], "/layers/dense/vars": [name]}
            path.write_text(json.dumps({**good, "weight_map": shards}))
            with pytest.raises(error) as e:
                model.load_weights(path)
            assert str(e.value).startswith(str(path))
        for text in ("", "[]", "{}", '{"weight_map": []}'):
            path.write_text(text)
            with pytest.raises(tfk.errors.CorruptFileError):
                model.load_weights(path)
        for one, two in zip(before, model.get_weights()):
            np.testing.assert_array_equal(one, two)

    def test_a_failed_save_leaves_the_earlier_one(self, tmp_path, monkeypatch):
        model, path = self._model(), tmp_path / "m.weights.json"
        model.save_weights(path, max_shard_size=0.001)
        before = sorted(tmp_path.iterdir())

        def fail(store):
            raise KeyboardInterrupt

        monkeypatch.setattr(model.optimizer, "save_own_variables", fail)
        with pytest.raises(KeyboardInterrupt):
            model.save_weights(path, max_shard_size=0.001)
        assert sorted(tmp_path.iterdir()) == before
        self._model().load_weights(path)
