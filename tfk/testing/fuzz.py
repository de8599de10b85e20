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
"""Readers of files, tried on damaged ones.

    python -m tfk.testing.fuzz --seconds 600 --seed 7

Each case must end in a model or in a `ValueError` or `OSError`, within a few
seconds, without touching any file but its own, and without half of the weights.
A case is found again by its target, seed and number.
"""

import argparse
import faulthandler
import functools
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings

import h5py
import numpy as np
import tensorflow as tf

import tfk
from tfk.saving import keras_metadata
from tfk.testing import file_mutations
from tfk.testing import saved_model_mutations
from tfk.utils import tf_internal

SECONDS_PER_CASE = 10.0
# To set an alarm takes milliseconds.
_CASES_PER_ALARM = 50
_SHARED_MEMORY = "/dev/shm"
_MAX_GROWTH = 2**19  # In kilobytes.
_GRAPH, _METADATA = "saved_model.pb", "keras_metadata.pb"
_INDEX = os.path.join("variables", "variables.index")
_DATA = os.path.join("variables", "variables.data-00000-of-00001")
_MODULE = "tfk_fuzz_canary"
_FORBIDDEN = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.system",
        "pickle.find_class",
        "socket.connect",
        "socket.getaddrinfo",
        "subprocess.Popen",
        "urllib.Request",
    }
)
_watched = {"folder": None, "found": [], "is_hooked": False}


def _audit(event, args):
    """Notes what no reader of files may do."""
    # The globals of modules are cleared when the process ends.
    if _watched is None or _watched["folder"] is None:
        return
    if event in _FORBIDDEN:
        _watched["found"].append(f"{event}{args}")
    elif event == "open" and args and isinstance(args[0], (str, bytes)):
        path = os.fsdecode(args[0])
        writes = isinstance(args[1], str) and set(args[1]) & set("wax+")
        if "canary" in path or (
            writes and not path.startswith((_watched["folder"], "/dev/"))
        ):
            _watched["found"].append(f"open {path} {args[1]}")


def _model():
    """Returns a model with text, nested models, an op, and an optimizer."""
    layers = tfk.layers
    text = tfk.Input((2,), dtype="string", name="text")
    number = tfk.Input((3,), name="number")
    look_up = layers.StringLookup(name="look_up")
    look_up.adapt(tf.constant(["a", "b"]))
    x = layers.Embedding(4, 3, name="table")(look_up(text))
    x = layers.Flatten(name="flat")(x)
    x = layers.Concatenate(name="join")([x, number * 2.0])
    chain = [
        layers.Dense(3, "relu", kernel_regularizer="l2", name="one"),
        layers.BatchNormalization(name="norm"),
    ]
    x = tfk.Sequential(chain, name="chain")(x)
    model = tfk.Model([text, number], layers.Dense(1, name="last")(x))
    model.compile(
        tfk.optimizers.Adam(
            tfk.optimizers.schedules.ExponentialDecay(0.1, 9, 0.5)
        ),
        loss=tfk.losses.Huber(),
        metrics=["mae"],
    )
    model.optimizer.build(model.trainable_variables)
    return model


def _plain_model():
    chain = [
        tfk.Input((3,)),
        tfk.layers.Dense(2, "relu", name="one"),
        # To draw numbers takes most of the time of a case.
        tfk.layers.Dense(1, kernel_initializer="ones", name="two"),
    ]
    return tfk.Sequential(chain, name="plain")


def _model_to_save(library):
    """Returns a model of tf.keras or tfk with a vocabulary and an optimizer."""
    layers = library.layers
    text = library.Input((2,), dtype="string", name="text")
    look_up = layers.StringLookup(vocabulary=["a", "b"], name="look_up")
    x = layers.Embedding(4, 3, name="table")(look_up(text))
    x = layers.Dense(1, "relu", name="last")(layers.Flatten()(x))
    model = library.Model(text, x)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def _files_in(folder):
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def _read_part_of(graph):
    """Returns the file of a graph less what no reader of tfk looks at."""
    message = tf_internal.SavedModelProto.FromString(graph)
    (meta,) = message.meta_graphs
    constants = [x for x in meta.graph_def.node if x.op == "Const"]
    del meta.graph_def.node[:]
    meta.graph_def.node.extend(constants)
    meta.graph_def.ClearField("library")
    meta.meta_info_def.ClearField("stripped_op_list")
    return message.SerializeToString()


class Fuzzer:
    """Makes damaged files, and opens them.

    Use it as a context manager.

    Arguments:
        progress: String: a file that is to hold the name of the present case.
    """

    def __init__(self, progress=None):
        self._progress = progress
        if not _watched["is_hooked"]:
            sys.addaudithook(_audit)  # It can't be taken away again.
            _watched["is_hooked"] = True
        in_memory = _SHARED_MEMORY if os.path.isdir(_SHARED_MEMORY) else None
        self._temporary = tempfile.TemporaryDirectory(
            prefix="tfk_fuzz_", dir=in_memory
        )
        self.folder = self._temporary.name
        # What readers unpack is to lie there, too.
        self._tempdir, tempfile.tempdir = tempfile.tempdir, self.folder
        self._canary = self._file("canary.h5")
        with h5py.File(self._canary, "w") as file:
            file["x"] = np.full((4,), 1234.5, "float32")
        with open(self._file(f"{_MODULE}.py"), "w", encoding="utf-8") as file:
            file.write("def canary(*args): return None\n")
        sys.path.insert(0, self.folder)
        self._hostile = file_mutations.hostile_values(self._canary, _MODULE)
        self._before = self._read("canary.h5")
        self._prepare()
        self.targets = {
            name[len("_target_") :]: getattr(self, name)
            for name in sorted(dir(self))
            if name.startswith("_target_")
        }

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        sys.path.remove(self.folder)
        tempfile.tempdir = self._tempdir
        self._temporary.cleanup()

    def _file(self, name):
        return os.path.join(self.folder, name)

    def _read(self, name):
        with open(self._file(name), "rb") as file:
            return file.read()

    def _write(self, name, content):
        path = self._file(name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def _prepare(self):
        model, plain = _model(), _plain_model()
        model.save(self._file("model.keras"))
        plain.save(self._file("plain.keras"))
        plain.save(self._file("plain.h5"))
        plain.save_weights(self._file("plain.weights.h5"))
        self._model = plain
        self._archive = self._read("model.keras")
        self._plain_archive = self._read("plain.keras")
        self._weights = self._read("plain.weights.h5")
        self._hdf5 = self._read("plain.h5")
        self._json = plain.to_json()
        for name in ("model.keras", "plain.keras", "plain.h5"):
            tfk.models.load_model(self._file(name))  # Nothing is new later.

    # Targets: each damages a file, and returns what opens it.

    def _target_archive_bytes(self, rng):
        source = rng.choice((self._archive, self._plain_archive))
        return self._loading(file_mutations.edit_bytes(rng, source))

    def _target_archive_members(self, rng):
        content = file_mutations.edit_archive(rng, self._plain_archive)
        return self._loading(content)

    def _target_archive_config(self, rng):
        return self._loading(
            file_mutations.replace_member(
                self._archive,
                "config.json",
                lambda text: file_mutations.edit_json(
                    rng, text.decode(), self._hostile
                ),
            )
        )

    def _target_archive_weights(self, rng):
        return self._loading(
            file_mutations.replace_member(
                self._plain_archive,
                "model.weights.h5",
                lambda content: self._damaged_hdf5(rng, content),
            )
        )

    def _target_config_text(self, rng):
        text = file_mutations.edit_bytes(rng, self._json.encode())
        return lambda: tfk.models.model_from_json(text)

    def _target_config(self, rng):
        text = file_mutations.edit_json(rng, self._json, self._hostile)
        return lambda: tfk.models.model_from_json(text)

    def _target_hdf5_bytes(self, rng):
        return self._loading(file_mutations.edit_bytes(rng, self._hdf5), "h5")

    def _target_hdf5_config(self, rng):
        return self._loading(
            file_mutations.edit_attribute(
                self._hdf5,
                "model_config",
                lambda text: file_mutations.edit_json(rng, text, self._hostile),
            ),
            "h5",
        )

    def _target_hdf5_tree(self, rng):
        return self._loading(self._damaged_hdf5(rng, self._hdf5), "h5")

    def _target_weights_bytes(self, rng):
        content = file_mutations.edit_bytes(rng, self._weights)
        return self._loading_weights(content)

    def _target_weights_tree(self, rng):
        content = self._damaged_hdf5(rng, self._weights)
        return self._loading_weights(content)

    def _damaged_hdf5(self, rng, content):
        if rng.random() < 0.2:
            return file_mutations.edit_bytes(rng, content)
        return file_mutations.edit_hdf5(rng, content, self._canary)

    def _loading(self, content, ending="keras"):
        path = self._write(f"case.{ending}", content)
        return lambda: tfk.models.load_model(path)

    def _loading_weights(self, content):
        path = self._write("case.weights.h5", content)
        return lambda: self._load_weights(self._model, path)

    def _load_weights(self, model, path):
        """Loads weights: all of them, or none."""
        before = [variable.numpy() for variable in model.variables]
        try:
            model.load_weights(path)
        except (ValueError, OSError):
            for old, new in zip(before, model.variables):
                np.testing.assert_array_equal(old, new)
            raise
        for variable, value in zip(model.variables, before):
            variable.assign(value)

    # SavedModels. TensorFlow reads their checkpoints, outside of Python, where
    # a failure may end the process: `main` has one of its own for it.

    @functools.cached_property
    def _saved_models(self):
        """The files of two folders, of tf.keras and of tfk, and a model."""
        found = []
        for library in (self._tf_keras, tfk):
            model = _model_to_save(library)
            path = self._file("saved_model")
            model.save(path, save_format="tf")
            found.append(_files_in(path))
            shutil.rmtree(path)
        found[0][_GRAPH] = _read_part_of(found[0][_GRAPH])
        return [*found, model]

    @property
    def _tf_keras(self):
        import tf_keras  # Takes seconds, and other targets do without.

        return tf_keras

    def _target_saved_model_bytes(self, rng):
        files = dict(self._saved_models[0])
        name = rng.choice(sorted(files))
        files[name] = file_mutations.edit_bytes(rng, files[name])
        return self._loading_folder(rng, files)

    def _target_saved_model_files(self, rng):
        files = rng.choice(self._saved_models[:2])
        return self._loading_folder(
            rng, saved_model_mutations.edit_files(rng, files)
        )

    def _target_saved_model_messages(self, rng):
        files = dict(self._saved_models[0])
        if rng.random() < 0.5:
            message = tf_internal.SavedModelProto.FromString(files[_GRAPH])
            saved_model_mutations.edit_message(rng, message, ["look_up"])
            files[_GRAPH] = message.SerializeToString()
        else:
            message = keras_metadata._KerasMetadata.FromString(files[_METADATA])
            if rng.random() < 0.5:
                root = next(x for x in message.nodes if x.node_path == "root")
                root.metadata = file_mutations.edit_json(
                    rng, root.metadata, self._hostile
                )
            else:
                saved_model_mutations.edit_message(rng, message, ["root"])
            files[_METADATA] = message.SerializeToString()
        return self._loading_folder(rng, files)

    def _target_saved_model_variables(self, rng):
        files = dict(self._saved_models[0])
        files[_INDEX], files[_DATA] = saved_model_mutations.edit_checkpoint(
            rng, files[_INDEX], files[_DATA]
        )
        return self._loading_folder(rng, files)

    def _loading_folder(self, rng, files):
        folder = self._file("case")
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in files.items():
            path = os.path.join(folder, name)
            os.makedirs(
                path if content is None else os.path.dirname(path),
                exist_ok=True,
            )
            if content is not None:
                with open(path, "wb") as file:
                    file.write(content)
        os.makedirs(folder, exist_ok=True)
        if rng.random() < 0.5:
            return lambda: tfk.models.load_model(folder)
        return lambda: self._load_weights(self._saved_models[2], folder)

    # Cases

    def run(self, target: str, seed: int, cases) -> dict:
        """Runs cases of one target.

        Arguments:
            target: A key of `targets`.
            seed: Integer.
            cases: The numbers of the cases.

        Returns:
            A dict of `"opened"`, `"refused"` to counts, and of `"failures"` to
            a list of texts, one for each case that ended otherwise.
        """
        counts = {"opened": 0, "refused": 0, "failures": []}
        try:
            for index, case in enumerate(cases):
                if index % _CASES_PER_ALARM == 0:
                    # What hangs outside of Python ends the process, with a
                    # traceback.
                    faulthandler.dump_traceback_later(
                        12 * SECONDS_PER_CASE, exit=True
                    )
                failure = self._run_case(target, seed, case, counts)
                if failure:
                    name = f"{target} {seed} {case}"
                    counts["failures"].append(f"{name}: {failure}")
        finally:
            faulthandler.cancel_dump_traceback_later()
        return counts

    def _run_case(self, target, seed, case, counts):
        name = f"{target} {seed} {case}"
        if self._progress:
            with open(self._progress, "w", encoding="utf-8") as file:
                file.write(name)
        rng = random.Random(name)
        memory = _most_memory()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            open_file = self.targets[target](rng)
            failure, seconds = self._watch(open_file, counts)
        if failure is None and _watched["found"]:
            failure = f"it did {_watched['found'][:3]}"
        if failure is None and seconds > SECONDS_PER_CASE:
            failure = f"it took {seconds:.0f} s"
        if failure is None and _most_memory() - memory > _MAX_GROWTH:
            failure = f"it took {_most_memory() - memory:,} kB"
        if failure is None and self._read("canary.h5") != self._before:
            failure = "it wrote into another file"
        if failure is None and _MODULE in sys.modules:
            failure = "it imported a module"
        return failure

    def _watch(self, open_file, counts):
        _watched.update(folder=tempfile.gettempdir(), found=[])
        start, failure = time.perf_counter(), None
        try:
            open_file()
            counts["opened"] += 1
        except (ValueError, OSError) as error:
            counts["refused"] += 1
            if "1234.5" in str(error):
                failure = "its error tells what is in another file"
        except BaseException as error:
            failure = "".join(traceback.format_exception(error)[-6:])
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            _watched["folder"] = None
        return failure, time.perf_counter() - start


def _most_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(arguments=None):
    """Runs cases of all targets for some time, and prints the failures."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--target", nargs="*", default=None)
    parser.add_argument("--case", type=int, default=None, help="only this one")
    parser.add_argument(
        "--count", type=int, default=None, help="this many of each target"
    )
    parser.add_argument("--progress", default=None, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(2**32)
    if options.progress is None:
        return _supervise(options)
    total, failures = _run(options)
    print(f"{total:,} cases, {failures} failures")
    return 1 if failures else 0


def _supervise(options):
    """Runs the cases in another process, which may crash."""
    print(f"seed {options.seed}", flush=True)
    with tempfile.NamedTemporaryFile() as progress:
        command = [sys.executable, "-m", "tfk.testing.fuzz"]
        for name, value in {**vars(options), "progress": progress.name}.items():
            if value is not None:
                values = value if isinstance(value, list) else [value]
                command += [f"--{name}", *map(str, values)]
        code = subprocess.run(command, check=False).returncode
        if code not in (0, 1):
            case = progress.read().decode().strip()
            print(f"{case}: the process ended with {code}")
        return 1 if code else 0


def _run(options):
    """Returns the numbers of cases and of failures."""
    end = time.monotonic() + options.seconds
    first, step, last = 0, 100, options.count
    if options.case is not None:
        first, step, last = options.case, 1, options.case + 1
    total = failures = 0
    with Fuzzer(options.progress) as fuzzer:
        while first < last if last else time.monotonic() < end:
            cases = range(first, min(first + step, last or first + step))
            for name in options.target or fuzzer.targets:
                found = fuzzer.run(name, options.seed, cases)["failures"]
                total += len(cases)
                failures += len(found)
                for failure in found:
                    print(failure, flush=True)
            first += step
    return total, failures


if __name__ == "__main__":
    sys.exit(main())
