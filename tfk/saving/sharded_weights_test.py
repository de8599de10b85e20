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
import os
import resource
import shutil

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
        assert sorted(os.listdir(tmp_path)) == [
            "m.weights.json",
            "m_00000.weights.h5",
        ]
        other.load_weights(path)

    def test_what_another_list_names_stays(self, tmp_path):
        model, path = self._model(), tmp_path / "m.weights.json"
        model.save_weights(path, max_shard_size=0.001)
        shutil.copy(path, tmp_path / "best.weights.json")
        values = model.get_weights()
        for offset in (1, 2):
            model.set_weights([value + offset for value in values])
            model.save_weights(path, max_shard_size=0.001)
        assert len(os.listdir(tmp_path)) == 8
        for name, offset in (("m", 2), ("best", 0)):
            model.load_weights(tmp_path / f"{name}.weights.json")
            for one, two in zip(values, model.get_weights()):
                np.testing.assert_array_equal(one + offset, two)

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
        # Keras goes by names of files that it expects, in a second save too.
        model.set_weights([w + 2 for w in model.get_weights()])
        model.save_weights(path, max_shard_size=0.002)
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
            {"filepath": tmp_path / "m.h5", "max_shard_size": 1},
            {"filepath": tmp_path / "m", "max_shard_size": 1},
        ):
            with pytest.raises(ValueError, match="max_shard_size="):
                model.save_weights(**arguments)
        with pytest.raises(ValueError, match="one file.*weights.json"):
            model.save(tmp_path / "m.keras", max_shard_size=1)
        with pytest.warns(UserWarning, match="m.weights.json"):
            model.save_weights(tmp_path / "m.weights.h5", max_shard_size=1)
        model.load_weights(path)
        with pytest.raises(ValueError, match="overwrite=False"):
            with pytest.warns(UserWarning, match="m.weights.json"):
                model.save_weights(
                    tmp_path / "m.weights.h5", overwrite=False, max_shard_size=1
                )
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

        with monkeypatch.context() as patch:
            patch.setattr(model.optimizer, "save_own_variables", fail)
            with pytest.raises(KeyboardInterrupt):
                model.save_weights(path, max_shard_size=0.001)
        assert sorted(tmp_path.iterdir()) == before
        self._model().load_weights(path)

    @pytest.mark.parametrize("name", ["link", "replace", "remove"])
    def test_one_save_is_there_wherever_it_stops(
        self, name, tmp_path, monkeypatch
    ):
        model, path = self._model(), tmp_path / "m.weights.json"
        model.set_weights([np.zeros_like(w) for w in model.get_weights()])
        model.save_weights(path, max_shard_size=0.001)
        real, found = getattr(os, name), set()
        for calls in range(60):
            model.set_weights([w + 1 for w in model.get_weights()])
            left = [calls]

            def stop(*args):
                left[0] -= 1
                if left[0] == -1:
                    raise KeyboardInterrupt
                return real(*args)

            with monkeypatch.context() as patch:
                patch.setattr(os, name, stop)
                try:
                    model.save_weights(path, max_shard_size=0.001)
                except KeyboardInterrupt:
                    pass
            before = model.get_weights()
            model.load_weights(path)
            (value,) = {float(v) for w in model.get_weights() for v in w.flat}
            assert value in (before[0].flat[0] - 1, before[0].flat[0])
            found.add(value == before[0].flat[0])
            if left[0] >= 0:
                break  # There is no further call.
        assert left[0] >= 0 and True in found
        # What was cut short was cleaned up by itself, but for single marks.
        names = [x for x in os.listdir(tmp_path) if not x.endswith(".mark")]
        assert len(names) <= 4 + (name == "remove") * 60

    def test_many_files_are_read_one_by_one(self, tmp_path):
        chain = [tfk.layers.Dense(1) for _ in range(70)]
        model = tfk.Sequential([tfk.Input((1,)), *chain])
        path = tmp_path / "m.weights.json"
        model.save_weights(path, max_shard_size=1e-9)
        assert len(os.listdir(tmp_path)) == 141
        values = model.get_weights()
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        num_open = len(os.listdir("/dev/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (num_open + 30, limits[1]))
        try:
            model.load_weights(path)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for one, two in zip(values, model.get_weights()):
            np.testing.assert_array_equal(one, two)
