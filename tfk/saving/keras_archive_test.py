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
"""Tests of the `.keras` archive: what is refused, and interrupted saves."""

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
import zipfile

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import hdf5_weights
from tfk.saving import keras_archive

CORRUPT = tfk.errors.CorruptFileError
UNSAFE = tfk.errors.UnsafeFileError


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The members of a good archive."""
    look_up = tfk.layers.StringLookup()
    look_up.adapt(np.array(["a", "b"]))
    inputs = tfk.Input((1,), dtype="string", name="text")
    outputs = tfk.layers.Dense(2, name="d")(tf.cast(look_up(inputs), "float32"))
    model = tfk.Model(inputs, outputs, name="good")
    path = tmp_path_factory.mktemp("good") / "model.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path, members):
    """Writes members, given as a dict or as pairs of info and content."""
    pairs = members.items() if isinstance(members, dict) else members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in pairs:
            archive.writestr(info, content)
    return str(path)


def _config_with(good, edit):
    config = json.loads(good["config.json"])
    edit(config)
    return {**good, "config.json": json.dumps(config)}


def _layers(config):
    return config["config"]["layers"]


def _replace_last(entry):
    def edit(config):
        layer = _layers(config)[-1]
        layer.update({k: v for k, v in entry.items() if k != "config"})
        layer["config"] = entry.get("config", {})
        if isinstance(layer["config"], dict):
            layer["config"] = {"name": "d", **layer["config"]}
        layer.pop("build_config", None)

    return edit


class HostileNamesTest:
    @pytest.mark.parametrize(
        "name",
        [
            "../evil",
            "assets/../../evil",
            "/etc/passwd",
            "assets//x",
            "assets/layers/string_lookup/..",
            "assets\\evil",
            "assets/a\x00b",
            "C:/evil",
            "assets/layers/string_lookup/.hidden",
            "extra.txt",
            "assets/",
            "model.weights.h5/x",
        ],
    )
    def test_names_that_lead_elsewhere_are_refused(self, good, name, tmp_path):
        path = _write(tmp_path / "m.keras", {**good, name: b"x"})
        with pytest.raises(UNSAFE) as e:
            tfk.models.load_model(path)
        assert e.value.path == path and e.value.where and e.value.reason
        assert str(e.value).splitlines()[0].startswith(path)

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_two_members_of_one_name_are_refused(self, good, tmp_path):
        pairs = [*good.items(), ("config.json", good["config.json"])]
        with pytest.raises(UNSAFE, match="same name"):
            tfk.models.load_model(_write(tmp_path / "m.keras", pairs))

    def test_links_and_devices_are_refused(self, good, tmp_path):
        for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR):
            info = zipfile.ZipInfo("assets/layers/string_lookup/x")
            info.create_system = 3
            info.external_attr = (kind | 0o777) << 16
            pairs = [*good.items(), (info, b"/etc/passwd")]
            with pytest.raises(UNSAFE, match="no plain file"):
                tfk.models.load_model(_write(tmp_path / "m.keras", pairs))

    def test_assets_without_an_owner_are_refused(self, good, tmp_path):
        members = {**good, "assets/layers/dense/vocabulary.txt": b"x"}
        with pytest.raises(UNSAFE, match="no layer"):
            tfk.models.load_model(_write(tmp_path / "m.keras", members))


class HostileConfigTest:
    def _load(self, good, edit, tmp_path, **kwargs):
        path = _write(tmp_path / "m.keras", _config_with(good, edit))
        return tfk.models.load_model(path, **kwargs)

    @pytest.mark.parametrize(
        "entry",
        [
            {"module": "os", "class_name": "system", "config": {}},
            {"module": "os", "class_name": "function", "config": "system"},
            {"module": "builtins", "class_name": "eval", "config": {}},
            {"module": "keras.utils", "class_name": "get_file", "config": {}},
            {"module": "keras", "class_name": "function", "config": "load"},
            {"module": "tfk.saving.api", "class_name": "load_model"},
            {"module": "subprocess", "class_name": "Popen", "config": {}},
            {"module": "keras.losses", "class_name": "Huber", "config": {}},
            {
                "module": "tf_keras.src.layers.core.tf_op_layer",
                "class_name": "TFOpLambda",
                "config": {"function": "io.write_file"},
            },
            {
                "module": "tf_keras.src.layers.core.tf_op_layer",
                "class_name": "TFOpLambda",
                "config": {"function": "py_function"},
            },
            {
                "module": "keras.layers",
                "class_name": "Dense",
                "config": {"units": 1, "activation": "os.system"},
            },
        ],
    )
    def test_files_name_only_what_models_are_made_of(
        self, good, entry, tmp_path
    ):
        with pytest.raises(ValueError) as e:
            self._load(good, _replace_last(entry), tmp_path)
        assert "m.keras" in str(e.value).splitlines()[0]

    @pytest.mark.parametrize("where", ["Lambda", "activation"])
    def test_code_is_refused_in_safe_mode(self, good, where, tmp_path):
        marker = tmp_path / "ran"
        source = f"lambda x: open({str(marker)!r}, 'w') and x"
        code = tfk.layers.Lambda(eval(source)).get_config()
        if where == "Lambda":
            entry = {
                "module": "keras.layers",
                "class_name": "Lambda",
                "config": json.loads(json.dumps(code)),
            }
        else:
            value = {"value": code["function"][0], "defaults": None}
            entry = {
                "module": "keras.layers",
                "class_name": "Activation",
                "config": {
                    "activation": {
                        "class_name": "__lambda__",
                        "config": {**value, "closure": None},
                    }
                },
            }
        for safe in ({}, {"safe_mode": True}, {"safe_mode": None}):
            with pytest.raises(UNSAFE, match="safe_mode=False"):
                self._load(good, _replace_last(entry), tmp_path, **safe)
        config = json.loads(
            _config_with(good, _replace_last(entry))["config.json"]
        )
        for read in (
            tfk.models.model_from_config,
            tfk.saving.deserialize_keras_object,
            lambda c: tfk.Model.from_config(c["config"]),
        ):
            with pytest.raises(UNSAFE, match="safe_mode=False"):
                read(config)
        assert not marker.exists()

    def test_no_path_in_a_config_is_opened(self, good, tmp_path):
        secret = tmp_path / "secret.txt"
        secret.write_text("password")

        def edit(config):
            _layers(config)[1]["config"]["vocabulary"] = str(secret)

        with pytest.raises(UNSAFE, match="vocabulary") as e:
            self._load(good, edit, tmp_path)
        assert "password" not in str(e.value)

    def test_loading_runs_no_op(self, good, tmp_path):
        def edit(config):
            _layers(config)[-1]["inbound_nodes"] = [
                [["_CONSTANT_VALUE", -1, [[1.0]], {}]]
            ]

        with pytest.raises(ValueError, match="takes no output of another"):
            self._load(good, edit, tmp_path)

    def test_weights_beyond_the_file_are_refused(self, good, tmp_path):
        def edit(config):
            _layers(config)[-1]["config"]["units"] = 10**9

        with pytest.raises(UNSAFE, match="more than the file holds"):
            self._load(good, edit, tmp_path)

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b"\xff\xfe",
            b'{"a": NaN}',
            b'{"a": 1, "a": 2}',
            b'{"a": 123456789012345678901234567890}',
            b"[" * 200 + b"]" * 200,
            b"[" * 100000 + b"]" * 100000,
            b'{"class_name": "Functional"}',
            b'{"class_name": "Functional", "module": "keras", "config": 3}',
        ],
    )
    def test_texts_that_are_no_config_are_refused(self, good, text, tmp_path):
        path = _write(tmp_path / "m.keras", {**good, "config.json": text})
        with pytest.raises(ValueError, match="m.keras"):
            tfk.models.load_model(path)

    def test_every_part_of_the_config_may_be_wrong(self, good, tmp_path):
        """Each value in turn is replaced; it loads or is a clear error."""
        config = json.loads(good["config.json"])
        outcomes = set()
        for pointer in list(_pointers(config))[:400:3]:
            for value in (None, [], {}, -1, "x"):
                damaged = json.loads(good["config.json"])
                _set(damaged, pointer, value)
                path = _write(
                    tmp_path / "m.keras",
                    {**good, "config.json": json.dumps(damaged)},
                )
                try:
                    tfk.models.load_model(path)
                    outcomes.add("loaded")
                except (ValueError, OSError) as error:
                    assert path in str(error), (pointer, value, error)
                    outcomes.add("refused")
        assert outcomes == {"loaded", "refused"}

    def test_state_of_the_program_stays_as_it_was(self, good, tmp_path):
        before = tfk.mixed_precision.global_policy().name
        registered = dict(tfk.saving.get_custom_objects())
        with pytest.raises(ValueError):
            self._load(good, lambda c: c.pop("config"), tmp_path)
        path = _write(tmp_path / "m.keras", good)
        tfk.models.load_model(path, custom_objects={"x": max})
        assert tfk.mixed_precision.global_policy().name == before
        assert tfk.saving.get_custom_objects() == registered
        assert tfk.saving.get_registered_object("x") is None


def _pointers(value, path=()):
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in items:
        yield from _pointers(item, (*path, key))


def _set(value, pointer, new):
    if not pointer:
        return
    for key in pointer[:-1]:
        value = value[key]
    value[pointer[-1]] = new


class DamagedTest:
    def test_cut_off_files_are_refused(self, good, tmp_path):
        path = _write(tmp_path / "m.keras", good)
        with open(path, "rb") as file:
            content = file.read()
        model = tfk.models.load_model(path)
        before = model.get_weights()
        for part in (0, 1, 10, len(content) // 2, len(content) - 1):
            with open(path, "wb") as file:
                file.write(content[:part])
            with pytest.raises(CORRUPT, match="m.keras"):
                tfk.models.load_model(path)
            with pytest.raises(CORRUPT, match="m.keras"):
                model.load_weights(path)
        np.testing.assert_array_equal(model.get_weights()[0], before[0])

    def test_missing_members_are_named(self, good, tmp_path):
        for name in ("config.json", "metadata.json", "model.weights.h5"):
            members = {k: v for k, v in good.items() if k != name}
            path = _write(tmp_path / "m.keras", members)
            with pytest.raises(CORRUPT, match=name):
                tfk.models.load_model(path)

    def test_missing_assets_are_named(self, good, tmp_path):
        left = {k: v for k, v in good.items() if not k.startswith("assets/")}
        assert len(left) < len(good)
        path = _write(tmp_path / "m.keras", left)
        with pytest.raises(CORRUPT, match="vocabulary.*lacks a member"):
            tfk.models.load_model(path)
        for assets in ("[[1]]", "5", '{"a": 1}'):
            # Of nobody knows what; it says nothing.
            metadata = f'{{"assets": {assets}}}'
            _write(tmp_path / "m.keras", {**good, "metadata.json": metadata})
            tfk.models.load_model(path)

    def test_weights_that_are_no_hdf5_are_refused(self, good, tmp_path):
        for content in (b"", b"x" * 100, good["model.weights.h5"][:3000]):
            members = {**good, "model.weights.h5": content}
            path = _write(tmp_path / "m.keras", members)
            with pytest.raises(CORRUPT, match="model.weights.h5"):
                tfk.models.load_model(path)

    def test_bombs_are_not_unpacked(self, good, tmp_path, monkeypatch):
        monkeypatch.setattr(keras_archive, "_FLOOR", 2**16)
        name = "assets/layers/string_lookup/vocabulary.txt"
        members = {**good, name: b"a" * 2**24}
        with pytest.raises(UNSAFE, match="unpacks to more"):
            tfk.models.load_model(_write(tmp_path / "m.keras", members))

    def test_json_of_more_than_can_be_meant_is_refused(self, good, tmp_path):
        config = good["config.json"][:-1] + b',"z":['
        for name, text, error, message in (
            ("metadata.json", b"[" + b"[]," * 2**21, UNSAFE, "unpacks to more"),
            ("config.json", config + b"[]," * 2**21, CORRUPT, "at most"),
        ):
            path = _write(tmp_path / "m.keras", {**good, name: text + b"0]}"})
            with pytest.raises(error, match=f"{name}.*: .*{message}"):
                tfk.models.load_model(path)

    def test_metadata_is_read_once(self, good, tmp_path):
        path = _write(tmp_path / "m.keras", good)
        with keras_archive.Archive(path) as archive:
            archive.read_config()
            assert archive.read_metadata() is archive.read_metadata()

    def test_nothing_is_left_behind(self, good, tmp_path, monkeypatch):
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(scratch))
        members = {**good, "model.weights.h5": b"x"}
        with pytest.raises(CORRUPT):
            tfk.models.load_model(_write(tmp_path / "bad.keras", members))
        tfk.models.load_model(_write(tmp_path / "m.keras", good))
        assert os.listdir(scratch) == []


class InterruptedSaveTest:
    def _model(self):
        return tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(2)])

    @pytest.mark.parametrize("step", ["write", "replace"])
    def test_earlier_file_stays_whole(self, step, tmp_path, monkeypatch):
        path = tmp_path / "m.keras"
        model = self._model()
        model.save(path)
        before = path.read_bytes()

        def fail(*args, **kwargs):
            raise KeyboardInterrupt

        if step == "write":
            monkeypatch.setattr(hdf5_weights, "write", fail)
        else:
            monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(KeyboardInterrupt):
            model.save(path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["m.keras"]

    def test_killed_processes_leave_a_whole_file(self, tmp_path):
        path = str(tmp_path / "m.keras")
        code = f"""
            import tfk
            chain = [tfk.Input((64,)), tfk.layers.Dense(2048)]
            model = tfk.Sequential(chain)
            model.save({path!r})
            print("saved", flush=True)
            while True:
                model.save({path!r})
        """
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdout=subprocess.PIPE,
        )
        try:
            assert process.stdout.readline() == b"saved\n"
            for step in range(6):
                time.sleep(0.013 * step)
                process.send_signal(signal.SIGSTOP)
                tfk.models.load_model(path)
                process.send_signal(signal.SIGCONT)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
        assert tfk.models.load_model(path).count_params() == 65 * 2048
