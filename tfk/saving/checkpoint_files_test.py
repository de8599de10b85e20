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
"""Checkpoints take the place of earlier ones in one step."""

import os
import shutil
import unittest.mock

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import checkpoint_files
from tfk.saving import checkpoints


def _variables(number):
    return tf.train.Checkpoint(
        a=tf.Variable([number] * 5), b=tf.Variable(number), c=tf.Variable("c")
    )


def _read(path):
    """Returns the number that all variables of a checkpoint hold."""
    found = _variables(-1)
    found.read(path).assert_consumed()
    assert set(found.a.numpy()) == {found.b.numpy()}
    return int(found.b)


class _Pairs(tf.train.experimental.ShardingCallback):
    """Puts two tensors into each file."""

    description = "two tensors a file"

    def __call__(self, tensors):
        keys = [{x.checkpoint_key: {x.slice_spec: x.tensor}} for x in tensors]
        return [{**x, **y} for x, y in zip(keys[::2], keys[1::2])]


def _names(folder):
    return sorted(os.listdir(folder))


class WriteTest:
    def test_new_data_lie_beside_those_of_the_present_index(self, tmp_path):
        path = str(tmp_path / "ck")
        numbers = []
        for number in range(4):
            checkpoint_files.write(_variables(number), path)
            assert _read(path) == number
            state, *data, index = _names(tmp_path)
            assert (state, index) == ("checkpoint", "ck.index")
            numbers.append(len(data))
            assert data == [
                f"ck.data-{i:05}-of-{len(data):05}" for i in range(len(data))
            ]
            assert checkpoint_files.data_files(path) == [
                str(tmp_path / name) for name in data
            ]
        assert numbers == [1, 2, 1, 2]

    @pytest.mark.parametrize("start", ["ram://kept/", ""])
    def test_at_each_moment_one_is_whole(self, start, tmp_path, monkeypatch):
        folder = start or f"{tmp_path}/"
        path = f"{folder}ck"
        found, number = [], 0
        checkpoint_files.write(_variables(0), path)
        for name in ("rename", "remove"):
            function = getattr(tf.io.gfile, name)

            def and_look(*args, function=function, **kwargs):
                found.append(_read(path))
                function(*args, **kwargs)
                found.append(_read(path))

            monkeypatch.setattr(tf.io.gfile, name, and_look)
        for number in range(1, 4):
            checkpoint_files.write(_variables(number), path)
        assert sorted(found) == found and set(found) == {0, 1, 2, 3}
        if start:
            left = tf.io.gfile.listdir(folder)
            assert sorted(left) == [
                "checkpoint",
                "ck.data-00000-of-00002",
                "ck.data-00001-of-00002",
                "ck.index",
            ]

    def test_a_save_that_fails_leaves_the_earlier_one(self, tmp_path):
        path = str(tmp_path / "ck")
        checkpoint_files.write(_variables(0), path)
        before = _names(tmp_path)
        for name in ("rename", "mkdir"):
            with unittest.mock.patch.object(
                tf.io.gfile, name, side_effect=OSError(28, "full")
            ):
                with pytest.raises(OSError, match="full"):
                    checkpoint_files.write(_variables(1), path)
            assert _read(path) == 0
            assert _names(tmp_path) == before

    def test_damaged_ones_are_replaced(self, tmp_path):
        path = str(tmp_path / "ck")
        (tmp_path / "ck.index").write_bytes(b"damaged")
        (tmp_path / "ck.data-00000-of-00007").write_bytes(b"left over")
        (tmp_path / "ck.data-00000-of-00007.mine").write_bytes(b"a user's")
        checkpoint_files.write(_variables(1), path)
        assert _read(path) == 1
        assert _names(tmp_path) == [
            "checkpoint",
            "ck.data-00000-of-00001",
            "ck.data-00000-of-00007.mine",
            "ck.index",
        ]

    def test_options_are_kept_to(self, tmp_path):
        path, told = str(tmp_path / "ck"), []
        policy = _Pairs()
        options = tf.train.CheckpointOptions(
            experimental_sharding_callback=policy,
            experimental_write_callbacks=[
                lambda: told.append(_read(path)),
                told.append,
            ],
            experimental_enable_async_checkpoint=True,
        )
        numbers = []
        for number in range(3):
            checkpoint_files.write(_variables(number), path, options)
            numbers.append(len(checkpoint_files.data_files(path)))
        assert told == [0, path, 1, path, 2, path]
        assert numbers == [2, 3, 2]
        assert options.experimental_sharding_callback is policy
        assert options.experimental_enable_async_checkpoint


class NamesTest:
    @pytest.mark.parametrize("name", ["checkpoint", "", "a]*?", "ä{epoch}"])
    def test_most_names_will_do(self, name, tmp_path):
        path = f"{tmp_path}/x/{name}"
        for number in range(2):
            checkpoint_files.write(_variables(number), path)
        assert _read(path) == 1
        assert checkpoints.num_bytes(path) > 5 * 4
        if name:
            assert tf.train.latest_checkpoint(str(tmp_path / "x")) == path
        checkpoint_files.delete(path)
        assert _names(tmp_path / "x") == ["checkpoint"]

    @pytest.mark.parametrize("name", ["a[b]", "a\\b", "a[b]/c"])
    def test_names_that_can_not_be_read_are_refused(self, name, tmp_path):
        path = f"{tmp_path}/{name}"
        with pytest.raises(ValueError, match="takes for patterns"):
            checkpoint_files.write(_variables(0), path)
        assert not _names(tmp_path)
        # As tf.keras writes it.
        tf.train.Checkpoint(_variables(0)).write(path)
        model = tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(2)])
        with pytest.raises(ValueError, match="takes for patterns"):
            model.load_weights(path)

    def test_the_latest_one_is_found_in_a_folder_that_was_moved(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        for path in ("ck", "a/b/ck"):
            checkpoint_files.write(_variables(1), path)
        assert tf.train.latest_checkpoint(".") == "./ck"
        shutil.move("a", "c")
        assert tf.train.latest_checkpoint("c/b") == "c/b/ck"

    def test_a_folder_of_the_same_name_is_not_looked_into(self, tmp_path):
        def model():
            return tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(2)])

        saved, other, loaded = model(), model(), model()
        other.save_weights(str(tmp_path / "ck" / "ck"))
        saved.save_weights(str(tmp_path / "ck"))
        loaded.load_weights(str(tmp_path / "ck"))
        np.testing.assert_array_equal(
            loaded.get_weights()[0], saved.get_weights()[0]
        )
