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
"""Tests of files of plain values and arrays."""

import numpy as np
import pytest
import tensorflow as tf

from tfk.saving import errors
from tfk.saving import state_file


def _state():
    return {
        "plain": [None, True, 3, 2**70, -0.5, float("inf"), "text", ""],
        "nested": {"a": (1, (2, [])), 5: {}, (1, 2): b"\x00\xff"},
        "arrays": [
            np.arange(6.0).reshape(2, 3),
            np.float32(0.1),
            np.zeros((0, 3), "int8"),
            np.array(["a", "bc"], object),
            tf.constant([1.5, -2.0], tf.bfloat16).numpy(),
            np.array([True, False]),
        ],
        "bytes": b"",
    }


class StateFileTest:
    def test_what_is_written_is_read(self, tmp_path):
        path = str(tmp_path / "folder" / "state")
        state = _state()
        state_file.write(path, state_file.pack(state))
        found = state_file.read(path)
        assert found["plain"] == state["plain"]
        assert [type(x) for x in found["plain"]] == [
            type(x) for x in state["plain"]
        ]
        assert found["nested"] == state["nested"]
        assert found["bytes"] == b""
        for old, new in zip(state["arrays"], found["arrays"], strict=True):
            assert np.shape(old) == np.shape(new)
            if np.asarray(old).dtype.kind == "O":
                assert new.tolist() == [b"a", b"bc"]
                continue
            assert np.asarray(old).dtype == new.dtype
            assert np.asarray(old).tobytes() == new.tobytes()
        assert [p.name for p in (tmp_path / "folder").iterdir()] == ["state"]

    def test_nan_is_kept(self, tmp_path):
        path = str(tmp_path / "state")
        state_file.write(path, state_file.pack({"loss": float("nan")}))
        assert np.isnan(state_file.read(path)["loss"])

    def test_tensors_become_arrays(self, tmp_path):
        path = str(tmp_path / "state")
        packed = state_file.pack([tf.constant(2), tf.Variable([1.0])])
        state_file.write(path, packed)
        assert [x.tolist() for x in state_file.read(path)] == [2, [1.0]]

    def test_other_objects_are_refused_by_their_place(self):
        with pytest.raises(TypeError, match="type set at /callbacks/0/seen"):
            state_file.pack({"callbacks": [{"seen": {1, 2}}]})

    def test_broken_files_are_told(self, tmp_path):
        path = tmp_path / "state"
        state_file.write(str(path), state_file.pack(_state()))
        content = path.read_bytes()
        middle = content.find(np.arange(6.0).tobytes()) + 20
        broken = [
            b"",
            content[: len(content) // 2],
            content[:middle] + b"\xaa" + content[middle + 1 :],
        ]
        for text in broken:
            path.write_bytes(text)
            with pytest.raises(errors.CorruptFileError, match="broken"):
                state_file.read(str(path))
        state_file.write(str(path), state_file.pack(1))
        path.write_bytes(
            path.read_bytes().replace(b'"format": 1', b'"format": 2')
        )
        with pytest.raises(errors.CorruptFileError):
            state_file.read(str(path))
