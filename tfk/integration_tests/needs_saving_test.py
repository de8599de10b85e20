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
"""What users need of files, where no test of a part proves it.

The needs, and the tests that prove them:

- 9, saved here and loaded there: `custom_objects_test.py`; the messages:
  `mistakes_*_test.py`
- 10, files of tf.keras and Keras 3: `golden_files_test.py`,
  `hdf5_files_test.py`, `saving/keras_metadata_test.py`; aliases:
  `names_in_files_test.py`
- 11, weights in their places: `saving/hdf5_weights_test.py`,
  `saving/checkpoints_test.py`
- 12, what preprocessing layers have learned: here
- 14, SavedModels: `saving/saved_model_test.py`, `export_archive_test.py` there,
  `serving_test.py`, `layers/saved_model_layer_test.py`
- 28, what Keras 3 took away: `migration_test.py`
- hostile files: `hostile_files_test.py`, `fuzz_files_test.py`
- saves that are cut off: `interrupted_saves_test.py`
"""

import os
import shutil
import subprocess
import sys
import textwrap
import zipfile

import h5py
import numpy as np
import pytest

# The model of the machine that trains and the data of both.
_MODEL = r"""
import numpy as np
import tfk
from tfk.layers import *

# Line breaks, no UTF-8, nothing at all, and what looks like them escaped.
HARD = [b"two\nlines", b"\r", b"\r\n", b"", b"\xff\xfe", b"\\n", b"a b",
        "\u00fc\u2028".encode(), b"\n", b" ", b"IA==", b"plain"]
WORDS = np.array([[w] for w in [*HARD, b"plain", b"none of them"]], object)
NUMBERS = np.linspace(-2.0, 9.0, len(WORDS), dtype="float32")[:, np.newaxis]
CODES = np.array([[c] for c in [*range(-3, 9), 2**40, 7]], "int64")
X = {"word": WORDS, "number": NUMBERS, "code": CODES}


def text_layers(folder):
    whole = dict(standardize=None, split=None)
    yield "from_list", StringLookup(vocabulary=HARD)
    yield "from_file", StringLookup(vocabulary=f"{folder}/words.txt")
    yield "learned", StringLookup()
    yield "learned_counts", StringLookup(output_mode="tf_idf")
    yield "given_counts", StringLookup(
        vocabulary=HARD, idf_weights=np.arange(len(HARD)) / 7,
        output_mode="tf_idf")
    yield "most", StringLookup(max_tokens=5, num_oov_indices=2, mask_token="")
    yield "texts", TextVectorization(output_sequence_length=4)
    yield "texts_whole", TextVectorization(**whole, vocabulary=HARD[:3])
    yield "texts_file", TextVectorization(vocabulary=f"{folder}/words.txt",
                                          output_sequence_length=3)
    yield "texts_counts", TextVectorization(**whole, output_mode="tf_idf")
    yield "texts_pairs", TextVectorization(ngrams=2, output_mode="multi_hot")
    yield "hashed", Hashing(11, salt=[3, 2**40])


def number_layers():
    yield "normal", Normalization()
    yield "given_normal", Normalization(mean=3.0, variance=2.0)
    yield "normal_back", Normalization(invert=True)
    yield "bins", Discretization(num_bins=4)
    yield "given_bins", Discretization([-1.0, 0.25, 7.5])
    yield "scaled", Rescaling(1 / 3, 0.1)


def code_layers(folder):
    yield "codes", IntegerLookup()
    yield "given_codes", IntegerLookup(vocabulary=[2**40, -3, 7])
    yield "codes_file", IntegerLookup(vocabulary=f"{folder}/codes.txt")
    yield "codes_counts", IntegerLookup(output_mode="tf_idf", max_tokens=6)


LEARNED = {"learned", "learned_counts", "most", "texts", "texts_counts",
           "texts_pairs", "normal", "normal_back", "bins", "codes",
           "codes_counts"}


def make(folder):
    word = tfk.Input((1,), dtype="string", name="word")
    number = tfk.Input((1,), name="number")
    code = tfk.Input((1,), dtype="int64", name="code")
    outputs = {}
    for x, data, layers in ((word, WORDS, text_layers(folder)),
                            (number, NUMBERS, number_layers()),
                            (code, CODES, code_layers(folder))):
        for name, layer in layers:
            if name in LEARNED:
                layer.adapt(data)
            layer._name = name
            outputs[name] = layer(x)
    back = StringLookup(vocabulary=HARD, invert=True, name="back")
    outputs["back"] = back(outputs["from_list"])
    stage = PreprocessingStage(
        [Rescaling(2.0), Normalization(), Discretization(num_bins=3)])
    stage.adapt(NUMBERS)
    outputs["stage"] = stage(number)
    space = tfk.utils.FeatureSpace(
        {"word": "string_categorical", "number": "float_discretized",
         "code": "integer_categorical"},
        crosses=[("word", "code")], crossing_dim=9)
    space.adapt(X)
    outputs["space"] = space({"word": word, "number": number, "code": code})
    outputs["dense"] = Dense(1)(number)
    return tfk.Model({"word": word, "number": number, "code": code}, outputs)


def predicted(model):
    found = model.predict(X, batch_size=5, verbose=0)
    return {k: np.asarray(v, "S" if v.dtype == object else v.dtype)
            for k, v in found.items()}
"""

_ELSEWHERE = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import tensorflow as tf
import tfk
from made import X, predicted

folder = sys.argv[1]
found = {}
for name in ("m.keras", "m.h5", "m"):
    path = f"{folder}/{name}"
    for round in range(2):
        model = tfk.models.load_model(path)
        for key, value in predicted(model).items():
            found[f"{name}|{round}|{key}"] = value
        path = f"{folder}/again/{name}"
        model.save(path)
for name in ("m", "again/m"):
    served = tf.saved_model.load(f"{folder}/{name}")
    outputs = served.signatures["serving_default"](
        **{key: tf.constant(value) for key, value in X.items()})
    for key, value in outputs.items():
        value = value.numpy()
        found[f"{name}|served|{key}"] = np.asarray(
            value, "S" if value.dtype == object else value.dtype)
np.savez(f"{folder}/found.npz", **found)
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Trains in one process and folder, and loads in others.

    Gives the folder, that of the training, what the model predicts there, and
    what the loaded ones do.
    """
    root = tmp_path_factory.mktemp("machines")
    trained_at, loaded_at = root / "training_machine", root / "elsewhere"
    trained_at.mkdir()
    (trained_at / "made.py").write_text(_MODEL)
    (trained_at / "words.txt").write_bytes(b"red\ngreen\nplain\nnone of them\n")
    (trained_at / "codes.txt").write_text("7\n3\n1\n")
    _run(
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        from made import *

        model = make(sys.argv[1])
        for name in ("m.keras", "m.h5", "m"):
            model.save(f"{sys.argv[1]}/{name}")
        np.savez(f"{sys.argv[1]}/expected.npz", **predicted(model))
        """,
        trained_at,
    )
    # Nothing stays where it was, and no vocabulary file comes along.
    (trained_at / "words.txt").unlink()
    (trained_at / "codes.txt").unlink()
    shutil.move(trained_at, loaded_at)
    _run(_ELSEWHERE, loaded_at)
    with np.load(loaded_at / "expected.npz") as arrays:
        expected = dict(arrays)
    with np.load(loaded_at / "found.npz") as arrays:
        found = dict(arrays)
    return loaded_at, str(trained_at), expected, found


def _run(code, folder):
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr[-3000:]


class PreprocessingStateTest:
    """Need 12: files are all that another machine needs."""

    @pytest.mark.parametrize("name", ["m.keras", "m.h5", "m"])
    def test_every_layer_comes_back_twice(self, name, machines):
        _, _, expected, found = machines
        assert len(expected) > 20
        for key, value in expected.items():
            for round in range(2):
                loaded = found[f"{name}|{round}|{key}"]
                np.testing.assert_array_equal(loaded, value, f"{key} {round}")

    @pytest.mark.parametrize("name", ["m", "again/m"])
    def test_raw_columns_are_served(self, name, machines):
        _, _, expected, found = machines
        for key, value in expected.items():
            served = found[f"{name}|served|{key}"]
            if value.dtype.kind == "f":
                np.testing.assert_allclose(served, value, 1e-6, 1e-6, key)
            else:
                np.testing.assert_array_equal(served, value, key)

    def test_hard_tokens_are_known_and_given_back(self, machines):
        _, _, expected, _ = machines
        ids = expected["from_list"].ravel()
        assert sorted(ids[:12]) == list(range(1, 13)) and ids[-1] == 0
        assert expected["back"].ravel()[0] == b"two\nlines"

    def test_no_file_holds_a_path_of_the_training_machine(self, machines):
        folder, trained_at, _, _ = machines
        texts = dict(_texts(folder))
        assert len(texts) > 8
        for path, text in texts.items():
            assert os.path.basename(trained_at).encode() not in text, path
            assert b"words.txt" not in text, path


def _texts(folder):
    """Yields the files of the models, and what is in archives, as bytes."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if name.endswith((".npz", ".py", ".pyc")):
                continue
            with open(path, "rb") as file:
                yield path, file.read()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    for member in archive.namelist():
                        yield f"{path}/{member}", archive.read(member)
            elif h5py.is_hdf5(path):
                with h5py.File(path) as file:
                    yield f"{path}/config", file.attrs["model_config"].encode()


_WEIGHTS_ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
from made import *


def numbers(adapt):
    x = tfk.Input((1,), name="number")
    outputs = {}
    for name, layer in number_layers():
        if adapt and name in ("normal", "normal_back"):
            layer.adapt(NUMBERS)
        if "bins" not in name:
            outputs[name] = layer(x)
    return tfk.Model(x, outputs)


folder, action = sys.argv[1:]
model = numbers(adapt=action == "save")
for name in ("w.weights.h5", "w"):
    path = f"{folder}/{name}"
    if action == "save":
        model.save_weights(path)
    else:
        model = numbers(adapt=False)
        model.load_weights(path)
    found = model.predict(NUMBERS, verbose=0)
    np.savez(f"{folder}/{name}.{action}.npz", **found)
"""


class WeightsAloneTest:
    def test_what_is_learned_as_numbers_is_in_weights(self, tmp_path):
        (tmp_path / "made.py").write_text(_MODEL)
        for action in ("save", "load"):
            subprocess.run(
                [sys.executable, "-c", _WEIGHTS_ALONE, tmp_path, action],
                check=True,
            )
        for name in ("w.weights.h5", "w"):
            with np.load(tmp_path / f"{name}.save.npz") as saved:
                with np.load(tmp_path / f"{name}.load.npz") as loaded:
                    for key in saved:
                        np.testing.assert_array_equal(loaded[key], saved[key])
