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
"""Storage services, for which TensorFlow's file system in memory stands."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

import tfk

_X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
_Y = np.ones((8, 1), "float32")


def _model():
    x = tfk.Input((3,))
    hidden = tfk.layers.Dense(4, activation="relu")(x)
    model = tfk.Model(x, tfk.layers.Dense(1)(hidden))
    model.compile("adam", "mse")
    return model


def _assert_same(first, second):
    for one, other in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(one, other)


def _names(folder):
    return sorted(tf.io.gfile.listdir(folder))


@pytest.fixture(autouse=True)
def nothing_is_written_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", ["ram://", "ram://files/of/mine/"])
class FilesTest:
    @pytest.mark.parametrize("name", ["m.keras", "m.h5", "saved_model"])
    def test_models_are_written_over_earlier_ones(self, folder, name):
        for _ in range(2):
            model = _model()
            model.fit(_X, _Y, verbose=0)
            model.save(folder + name)
            loaded = tfk.models.load_model(folder + name)
            _assert_same(loaded, model)
            assert int(loaded.optimizer.iterations) == 1
        weights = _model()
        weights.load_weights(folder + name)
        _assert_same(weights, model)
        with pytest.raises(ValueError, match="overwrite"):
            model.save(folder + name, overwrite=False)
        assert not [x for x in _names(folder) if "tmp" in x]

    @pytest.mark.parametrize("name", ["m.weights.h5", "old.h5", "ck"])
    def test_weights_are_written_over_earlier_ones(self, folder, name):
        for _ in range(3):
            model, loaded = _model(), _model()
            model.save_weights(folder + name)
            loaded.load_weights(folder + name)
            _assert_same(loaded, model)
        if name == "ck":
            assert tf.train.latest_checkpoint(folder) == folder + name
        assert not [x for x in _names(folder) if "tmp" in x]

    def test_what_is_exported_is_replaced(self, folder):
        for _ in range(2):
            model = _model()
            model.export(f"{folder}served")
            served = tf.saved_model.load(f"{folder}served")
            np.testing.assert_allclose(
                served.serve(_X), model.predict(_X), 1e-5, 1e-5
            )
        with tf.io.gfile.GFile(f"{folder}served/mine", "w") as file:
            file.write("a")
        # This replaces nothing that it does not know.
        _model().save(f"{folder}served")
        assert {"mine", "saved_model.pb"} < set(_names(f"{folder}served"))


def test_shards_and_missing_files_are_told():
    with pytest.raises(ValueError, match="on a local disk.*copy the files"):
        _model().save_weights("ram://a/m.weights.json", max_shard_size=1.0)
    for name in ("m.keras", "m.weights.h5", "m"):
        with pytest.raises(OSError, match="no such file"):
            _model().load_weights(f"ram://nowhere/{name}")


def test_addresses_that_pathlib_has_torn_are_refused():
    torn, model = pathlib.Path("gs://bucket/m.keras"), _model()
    callbacks = tfk.callbacks
    for write in (
        model.save,
        model.save_weights,
        model.load_weights,
        tfk.models.load_model,
        model.export,
        callbacks.ModelCheckpoint,
        callbacks.BackupAndRestore,
        callbacks.CSVLogger,
        callbacks.TensorBoard,
    ):
        with pytest.raises(ValueError, match="both slashes"):
            write(torn)


class CallbacksTest:
    @pytest.mark.parametrize(
        "folder, name, options, left",
        [
            ("a", "{epoch}.keras", {}, ["3.keras"]),
            ("b", "{epoch}.keras", {"background": True}, ["3.keras"]),
            ("c", "sm{epoch}", {}, ["sm3"]),
            (
                "d",
                "ck{epoch}",
                {"save_weights_only": True},
                ["checkpoint", "ck3.data-00000-of-00001", "ck3.index"],
            ),
        ],
    )
    def test_model_checkpoint(self, folder, name, options, left):
        folder = f"ram://checkpoints/{folder}"
        model = _model()
        checkpoint = tfk.callbacks.ModelCheckpoint(
            f"{folder}/{name}", max_to_keep=1, **options
        )
        model.fit(_X, _Y, epochs=3, verbose=0, callbacks=[checkpoint])
        assert _names(folder) == left
        loaded = _model()
        loaded.load_weights(f"{folder}/{name.format(epoch=3)}")
        _assert_same(loaded, model)

    def test_backup_and_restore(self):
        begun = []

        def train(fails):
            def fail(epoch, logs):
                begun.append(epoch)
                if fails and epoch == 2:
                    raise InterruptedError

            _model().fit(
                *(_X, _Y),
                epochs=4,
                verbose=0,
                callbacks=[
                    tfk.callbacks.BackupAndRestore("ram://backups/mine"),
                    tfk.callbacks.LambdaCallback(on_epoch_begin=fail),
                ],
            )

        with pytest.raises(InterruptedError):
            train(fails=True)
        train(fails=False)
        # A backup is left out while the one before is being written.
        assert begun in ([0, 1, 2, 2, 3], [0, 1, 2, 1, 2, 3])
        assert not tf.io.gfile.exists("ram://backups/mine")

    def test_logs(self):
        for is_appended in (False, True):
            csv = tfk.callbacks.CSVLogger("ram://logs/a.csv", ",", is_appended)
            board = tfk.callbacks.TensorBoard(
                "ram://board", histogram_freq=1, profile_batch=0
            )
            _model().fit(
                *(_X, _Y),
                epochs=2,
                verbose=0,
                validation_data=(_X, _Y),
                callbacks=[csv, board],
            )
        with tf.io.gfile.GFile("ram://logs/a.csv") as file:
            assert len(file.read().splitlines()) == 5
        assert _names("ram://board") == ["train", "validation"]
        assert all(_names(f"ram://board/{x}") for x in ("train", "validation"))
