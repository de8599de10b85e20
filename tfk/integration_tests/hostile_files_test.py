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
"""Files that published attacks were made of, and what becomes of them.

Each row of `ATTACKS` builds an artefact and opens it. Nothing of it may run, be
imported, read or written, and the error must say what is wrong and where.
"""

import base64
import json
import marshal
import os
import pickle
import sys
import tarfile
import zipfile

import h5py
import numpy as np
import pytest

import tfk
from tfk.testing import file_mutations

UNSAFE = tfk.errors.UnsafeFileError
CORRUPT = tfk.errors.CorruptFileError
_MODULE = "tfk_attack_canary"
_SECRET = "very secret"


class _Place:
    """A folder with a secret, a canary, and good files to change.

    Arguments:
        folder: `pathlib.Path`.
    """

    def __init__(self, folder):
        self.folder = folder
        self.secret = str(folder / "secret.txt")
        (folder / "secret.txt").write_text(_SECRET)
        self.marker = folder / "ran"
        (folder / f"{_MODULE}.py").write_text(
            f"open({str(self.marker)!r}, 'w')\ndef run(*args): pass\n"
        )
        self.secret_h5 = str(folder / "secret.h5")
        with h5py.File(self.secret_h5, "w") as file:
            file["x"] = np.full((3, 2), 1234.5, "float32")

    def path(self, name):
        return str(self.folder / name)

    def code(self):
        """Marshalled code that leaves a mark, as Keras files hold it."""
        source = f"lambda x: open({str(self.marker)!r}, 'w') and x"
        code = compile(source, "x", "eval").co_consts[0]
        return base64.b64encode(marshal.dumps(code)).decode()

    def lambda_config(self, **config):
        config = {"function": [self.code(), None, None], **config}
        return {
            "name": "evil",
            "function_type": "lambda",
            "module": _MODULE,
            **config,
        }

    def keras(self, layer=None, edit=None):
        """Returns a `.keras` file; `layer` takes the place of the last one."""
        path = self.path("model.keras")
        _model().save(path)

        def change(text):
            config = json.loads(text)
            layers = config["config"]["layers"]
            if layer is not None:
                layers[-1] = {"build_config": None, **layer}
            if edit is not None:
                edit(config)
            return json.dumps(config)

        return self._changed(path, "config.json", change)

    def _changed(self, path, member, change):
        with open(path, "rb") as file:
            content = file.read()
        with open(path, "wb") as file:
            file.write(file_mutations.replace_member(content, member, change))
        return path

    def keras_with(self, info, data=b"x"):
        """Returns a `.keras` file with one member more."""
        path = self.keras()
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(info, data)
        return path

    def keras_with_weights(self, change):
        """Returns a `.keras` file whose HDF5 file was changed."""
        with open(self.weights(change), "rb") as file:
            content = file.read()
        return self._changed(
            self.keras(), "model.weights.h5", lambda _: content
        )

    def weights(self, change):
        """Returns a `.weights.h5` file with another first array."""
        path = self.path("model.weights.h5")
        _model().save_weights(path)
        with h5py.File(path, "r+") as file:
            del file["layers/dense/vars/0"]
            change(file, "layers/dense/vars/0")
        return path

    def h5(self, layer):
        """Returns a whole model in a `.h5` file with another last layer."""
        path = self.path("model.h5")
        _model().save(path)
        with h5py.File(path, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            config["config"]["layers"][-1] = layer
            file.attrs["model_config"] = json.dumps(config)
        return path

    def tar(self, *members):
        """Returns the URL of a tar file."""
        path = self.folder / "data.tar"
        with tarfile.open(path, "w") as archive:
            for name, kind, target in members:
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, target
                archive.addfile(info)
        return path.as_uri()


def _model():
    chain = [
        tfk.Input((3,), name="x"),
        tfk.layers.Dense(2, name="one"),
        tfk.layers.Dense(1, name="two"),
    ]
    return tfk.Sequential(chain, name="model")


def _layer(class_name, config=None, module="keras.layers", **more):
    config = {"name": "evil"} | config if isinstance(config, dict) else config
    return {
        "module": module,
        "class_name": class_name,
        "config": config if config is not None else {},
        "registered_name": None,
        **more,
    }


def _load(path, **kwargs):
    return tfk.models.load_model(path, **kwargs)


def _load_weights(path):
    model = _model()
    before = model.get_weights()
    try:
        model.load_weights(path)
    finally:
        for old, new in zip(before, model.get_weights()):
            np.testing.assert_array_equal(old, new)


def _get(place, origin):
    return tfk.utils.get_file(
        origin=origin, extract=True, cache_dir=place.path("cache")
    )


def _lambda_in(place):
    return _layer("Lambda", place.lambda_config())


def _named_function(place):
    return _layer(
        "Lambda",
        place.lambda_config(function="run", function_type="function"),
    )


def _vocabulary(place, path=None):
    return _layer("StringLookup", {"vocabulary": path or place.secret})


def _external(place):
    def change(file, name):
        file.create_dataset(
            name, (3, 2), "float32", external=[(place.secret, 0, 24)]
        )

    return change


def _external_link(place):
    def change(file, name):
        file[name] = h5py.ExternalLink(place.secret_h5, "/x")

    return change


def _soft_link(file, name):
    file[name] = h5py.SoftLink("/layers/dense_1/vars/0")


def _virtual(place):
    def change(file, name):
        layout = h5py.VirtualLayout((3, 2), "float32")
        layout[:] = h5py.VirtualSource(place.secret_h5, "x", (3, 2))
        file.create_virtual_dataset(name, layout)

    return change


def _huge(file, name):
    file.create_dataset(
        name, (2**40,), "float32", chunks=(2**10,), compression="gzip"
    )


def _zip_link(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def _pickled(place, name):
    path = place.path(name)
    with open(path, "wb") as file:
        pickle.dump({"a": np.ones(3)}, file)
    return path


def _npz(place, name):
    path = place.path("x.npz")
    np.savez(path, a=np.ones(3))
    os.rename(path, place.path(name))
    return place.path(name)


_LINK, _HARD, _FILE = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.REGTYPE
_LONG = "d" * 250
_UNKNOWN = "neither built in nor registered"

# What it is called, what opens it, the error and a part of its message.
ATTACKS = {
    # Code while loading.
    "CVE-2021-37678 YAML": (
        lambda p: tfk.models.model_from_yaml("!!python/object/apply:os.system"),
        RuntimeError,
        "to_json",
    ),
    "CVE-2024-3660 lambda": (
        lambda p: _load(p.keras(_lambda_in(p))),
        UNSAFE,
        "safe_mode=False",
    ),
    "CVE-2024-3660 lambda, safe_mode=None": (
        lambda p: _load(p.keras(_lambda_in(p)), safe_mode=None),
        UNSAFE,
        "safe_mode=False",
    ),
    "CVE-2025-1550 function of a module": (
        lambda p: _load(
            p.keras(
                _layer("function", "run", _MODULE),
            )
        ),
        ValueError,
        _UNKNOWN,
    ),
    "CVE-2025-1550 class of a module": (
        lambda p: _load(p.keras(_layer("Popen", {}, "subprocess"))),
        ValueError,
        _UNKNOWN,
    ),
    "CVE-2025-8747 get_file as a layer": (
        lambda p: _load(p.keras(_layer("get_file", {}, "keras.utils"))),
        ValueError,
        _UNKNOWN,
    ),
    "CVE-2025-8747 get_file in a lambda layer": (
        lambda p: _load(
            p.keras(
                _layer(
                    "Lambda",
                    {"function": _layer("function", "get_file", "keras.utils")},
                )
            )
        ),
        ValueError,
        _UNKNOWN,
    ),
    "CVE-2025-9906 switch of the safe mode": (
        lambda p: _load(
            p.keras(
                _layer(
                    "function", "enable_unsafe_deserialization", "keras.config"
                )
            )
        ),
        ValueError,
        _UNKNOWN,
    ),
    "CVE-2025-9906 loader": (
        lambda p: _load(
            p.keras(_layer("function", "load_model", "keras.models"))
        ),
        ValueError,
        _UNKNOWN,
    ),
    "CVE-2025-9905 lambda in .h5": (
        lambda p: _load(p.h5(_lambda_in(p))),
        UNSAFE,
        "safe_mode=False",
    ),
    "tf-keras#910 named function in .h5": (
        lambda p: _load(p.h5(_named_function(p))),
        ValueError,
        "run",
    ),
    "tf-keras#910 named function": (
        lambda p: _load(p.keras(_named_function(p))),
        ValueError,
        "run",
    ),
    "CVE-2025-49655 pickled module": (
        lambda p: _load(
            p.keras(_layer("TorchModuleWrapper", {"module": "gASV"}))
        ),
        ValueError,
        _UNKNOWN,
    ),
    "CVE-2026-1462 SavedModel elsewhere": (
        lambda p: _load(p.keras(_layer("TFSMLayer", {"filepath": p.secret}))),
        UNSAFE,
        "",
    ),
    "CVE-2026-12481 deserialize": (
        lambda p: tfk.layers.deserialize(_lambda_in(p)),
        UNSAFE,
        "safe_mode=False",
    ),
    "CVE-2026-12481 from_config": (
        lambda p: tfk.Sequential.from_config(
            {"name": "m", "layers": [_lambda_in(p)]}
        ),
        UNSAFE,
        "safe_mode=False",
    ),
    "CVE-2026-12481 Lambda.from_config": (
        lambda p: tfk.layers.Lambda.from_config(p.lambda_config()),
        UNSAFE,
        "safe_mode=False",
    ),
    "CVE-2026-12481 JSON": (
        lambda p: tfk.models.model_from_json(json.dumps(_lambda_in(p))),
        UNSAFE,
        "safe_mode=False",
    ),
    "R1 lambda in an activation": (
        lambda p: _load(
            p.keras(
                _layer(
                    "Activation",
                    {"activation": _layer("__lambda__", {"value": p.code()})},
                )
            )
        ),
        UNSAFE,
        "safe_mode=False",
    ),
    "R2 sibling package": (
        lambda p: _load(p.keras(_layer("Backbone", {}, "keras_hub.models"))),
        ValueError,
        _UNKNOWN,
    ),
    "R2 dotted name": (
        lambda p: _load(
            p.keras(_layer("Dense", {"units": 1, "activation": "os.system"}))
        ),
        ValueError,
        "os.system",
    ),
    "R3 ops that read files": (
        lambda p: _load(
            p.keras(
                _layer(
                    "TFOpLambda",
                    {"function": "io.read_file"},
                    "tf_keras.src.layers.core.tf_op_layer",
                )
            )
        ),
        ValueError,
        "read_file",
    ),
    "R3 loss as a layer": (
        lambda p: _load(p.keras(_layer("Huber", {}, "keras.losses"))),
        ValueError,
        "",
    ),
    "R5 pickle as .keras": (
        lambda p: _load(_pickled(p, "x.keras")),
        CORRUPT,
        "",
    ),
    "R5 pickle as .weights.h5": (
        lambda p: _load_weights(_pickled(p, "x.weights.h5")),
        CORRUPT,
        "not an HDF5",
    ),
    "keras#23016 npz as weights": (
        lambda p: _load_weights(_npz(p, "x.weights.h5")),
        ValueError,
        "",
    ),
    # Files and the network.
    "CVE-2025-12058 vocabulary": (
        lambda p: _load(p.keras(_vocabulary(p))),
        UNSAFE,
        "vocabulary",
    ),
    "CVE-2025-12058 vocabulary on the network": (
        lambda p: _load(p.keras(_vocabulary(p, "gs://bucket/vocabulary"))),
        UNSAFE,
        "vocabulary",
    ),
    "CVE-2025-12058 vocabulary in .h5": (
        lambda p: _load(p.h5(_vocabulary(p))),
        UNSAFE,
        "vocabulary",
    ),
    "CVE-2025-12058 text": (
        lambda p: _load(
            p.keras(_layer("TextVectorization", {"vocabulary": p.secret}))
        ),
        UNSAFE,
        "vocabulary",
    ),
    "keras#23050 vocabulary, from_config": (
        lambda p: tfk.layers.deserialize(_vocabulary(p)),
        UNSAFE,
        "vocabulary",
    ),
    "CVE-2026-1669 external data": (
        lambda p: _load_weights(p.weights(_external(p))),
        UNSAFE,
        "another file",
    ),
    "CVE-2026-1669 external link": (
        lambda p: _load_weights(p.weights(_external_link(p))),
        UNSAFE,
        "a link",
    ),
    "CVE-2026-1669 soft link": (
        lambda p: _load_weights(p.weights(_soft_link)),
        UNSAFE,
        "a link",
    ),
    "CVE-2026-1669 external data in .keras": (
        lambda p: _load(p.keras_with_weights(_external(p))),
        UNSAFE,
        "another file",
    ),
    "keras#22976 virtual data": (
        lambda p: _load_weights(p.weights(_virtual(p))),
        UNSAFE,
        "other datasets",
    ),
    "keras#22899 external data in the editor": (
        lambda p: tfk.saving.KerasFileEditor(p.weights(_external(p))),
        UNSAFE,
        "another file",
    ),
    "R8 link in the archive": (
        lambda p: _load(p.keras_with(_zip_link("assets/x"), b"/etc/passwd")),
        UNSAFE,
        "no plain file",
    ),
    # Writing elsewhere.
    "R8 asset upwards": (
        lambda p: _load(p.keras_with("assets/../../evil")),
        UNSAFE,
        "leads elsewhere",
    ),
    "R8 asset at an absolute path": (
        lambda p: _load(p.keras_with("/evil")),
        UNSAFE,
        "leads elsewhere",
    ),
    "R8 asset of nobody": (
        lambda p: _load(p.keras_with("assets/layers/x/evil")),
        UNSAFE,
        "no layer",
    ),
    "MFV-001 folder of a checkpoint": (
        lambda p: _load(str(p.folder)),
        ValueError,
        "no SavedModel",
    ),
    "CVE-2024-55459 tar upwards": (
        lambda p: _get(p, p.tar(("../../evil", _FILE, ""))),
        UNSAFE,
        "leads upwards",
    ),
    "CVE-2025-12060 tar with a link": (
        lambda p: _get(p, p.tar(("l", _LINK, "/tmp"), ("l/evil", _FILE, ""))),
        UNSAFE,
        "leads elsewhere",
    ),
    "CVE-2025-12638 chain of links": (
        lambda p: _get(
            p,
            p.tar(
                *[
                    (f"{_LONG}{i}", _LINK, f"{_LONG}{i + 1}/..")
                    for i in range(5)
                ],
                (f"{_LONG}5", _LINK, "../../.."),
            ),
        ),
        UNSAFE,
        "leads elsewhere",
    ),
    "GHSA-hqp4-2352-xf5r tar at an absolute path": (
        lambda p: _get(p, p.tar((p.path("evil"), _FILE, ""))),
        UNSAFE,
        "absolute",
    ),
    "keras#22973 hard link": (
        lambda p: _get(p, p.tar(("l", _HARD, "../secret.txt"))),
        UNSAFE,
        "leads elsewhere",
    ),
    "hub#2783 file through a link": (
        lambda p: _get(p, p.tar(("l", _LINK, "."), ("l/evil", _FILE, ""))),
        UNSAFE,
        "below another",
    ),
    # Memory and time.
    "CVE-2026-0897 declared shape": (
        lambda p: _load_weights(p.weights(_huge)),
        UNSAFE,
        "declares",
    ),
    "CVE-2026-12570 declared shape in .keras": (
        lambda p: _load(p.keras_with_weights(_huge)),
        UNSAFE,
        "declares",
    ),
    "keras#23010 bomb": (
        lambda p: _load(
            p.keras_with("assets/layers/string_lookup/x", b"\x00" * 2**27)
        ),
        ValueError,
        "",
    ),
    "R10 units": (
        lambda p: _load(p.keras(_layer("Dense", {"units": 2**40}))),
        ValueError,
        "",
    ),
    "R10 deep JSON": (
        lambda p: tfk.models.model_from_json("[" * 10**6 + "]" * 10**6),
        CORRUPT,
        "deep",
    ),
    "R10 large number": (
        lambda p: tfk.models.model_from_json('{"a": 1' + "0" * 5000 + "}"),
        CORRUPT,
        "",
    ),
    "R10 items of any size": (
        lambda p: _load(
            p.keras(
                _layer(
                    "Rescaling",
                    {
                        "scale": {
                            "class_name": "__numpy__",
                            "config": {"value": [1], "dtype": "V2000000000"},
                        }
                    },
                )
            )
        ),
        ValueError,
        "",
    ),
    "R12 SavedModel that is none": (
        lambda p: _load(str((p.folder / "x").mkdir() or p.folder / "x")),
        ValueError,
        "",
    ),
}


def _listing(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if "cache" not in path.parts
    )


class AttackTest:
    @pytest.mark.parametrize("name", list(ATTACKS))
    def test_nothing_of_it_happens(self, name, tmp_path, monkeypatch):
        place = _Place(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(scratch))
        policy = tfk.mixed_precision.global_policy().name
        floatx = tfk.backend.floatx()
        known = dict(tfk.saving.get_custom_objects())
        attack, error, text = ATTACKS[name]
        with pytest.raises(error) as e:
            attack(place)
        first_line = str(e.value).splitlines()[0]
        assert text in first_line, first_line
        if isinstance(e.value, (UNSAFE, CORRUPT)):
            assert e.value.reason
        assert _SECRET not in str(e.value) and "1234.5" not in str(e.value)
        assert not place.marker.exists()
        assert _MODULE not in sys.modules
        assert not list(tmp_path.rglob("*evil*"))
        # The state of the program is what it was (R4); nothing is left (R11).
        assert os.listdir(scratch) == []
        assert not list(tmp_path.rglob("*.tmp"))
        assert tfk.mixed_precision.global_policy().name == policy
        assert tfk.backend.floatx() == floatx
        assert tfk.saving.get_custom_objects() == known

    def test_errors_say_where(self, tmp_path):
        """File, path of the layer, reason: all stand in the first line."""
        place = _Place(tmp_path)
        inner = _layer("Unknown", {"name": "bad", "units": 3}, "my_module")
        chain = _layer("Sequential", {"name": "chain", "layers": [inner]})
        path = place.keras(chain)
        with pytest.raises(ValueError) as e:
            _load(path)
        first, *rest = str(e.value).splitlines()
        assert first.startswith(f"{path}: config.json at 'model/chain/bad': ")
        assert "register_keras_serializable" in first
        assert "custom_objects={'Unknown': ...}" in first
        assert "my_module" in first
        # Of the config there is the failing part alone.
        assert "'units': 3" in rest[0] and "two" not in str(e.value)

    def test_names_of_layers_are_no_paths(self, tmp_path):
        """CVE-2026-12479."""
        look_up = tfk.layers.StringLookup(
            vocabulary=["a"], name="../../../evil"
        )
        inputs = tfk.Input((1,), dtype="string")
        path = tmp_path / "in" / "m.keras"
        tfk.Model(inputs, look_up(inputs)).save(path)
        model = _load(path)
        assert model.predict(np.array([["a"]]), verbose=0)[0, 0] == 1
        assert _listing(tmp_path) == ["in", "in/m.keras"]

    def test_code_runs_where_one_asks_for_it(self, tmp_path):
        """And in that very call only: there is no switch."""
        place = _Place(tmp_path)
        path = place.keras(_lambda_in(place))
        with pytest.raises(Exception):
            _load(path, safe_mode=False)
        assert place.marker.exists()
        with pytest.raises(UNSAFE, match="safe_mode=False"):
            _load(path)
        assert not hasattr(tfk.config, "enable_unsafe_deserialization")


class ScopeTest:
    def test_scopes_end_with_a_failed_load(self, tmp_path):
        place = _Place(tmp_path)
        path = place.keras(_layer("Mine", {"units": "x"}))

        class Mine(tfk.layers.Layer):
            def __init__(self, units, **kwargs):
                super().__init__(**kwargs)
                raise KeyError(units)

        with pytest.raises(CORRUPT, match="KeyError"):
            _load(path, custom_objects={"Mine": Mine})
        assert tfk.saving.get_registered_object("Mine") is None
