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
"""Saving under harsh conditions: killed at any moment, and in little memory."""

import json
import os
import subprocess
import sys
import textwrap

import pytest


def _run(code, *arguments):
    """Runs a program of its own, and returns the JSON that it prints."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        # By default glibc keeps large pieces of memory that were freed.
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout.splitlines()[-1])


# A process that has all imported makes others that save without an end, and
# kills them. Every save writes one number into all weights.
_KILLED = """
    import json, os, random, signal, sys, time
    import numpy as np
    import tfk

    folder, kind = sys.argv[1:]
    path = os.path.join(folder, kind)
    layers = [tfk.layers.Dense(64, name=f"d{i}") for i in range(4)]
    model = tfk.Sequential([tfk.Input((256,)), *layers])
    arrays = model.get_weights()

    def save(number):
        model.set_weights([np.full_like(a, number) for a in arrays])
        if kind.endswith(".json"):
            model.save_weights(path, max_shard_size=0.0001)
        elif "weights" in kind:
            model.save_weights(path)
        else:
            model.save(path)

    def read():
        if "weights" in kind:
            model.load_weights(path)
            return model.get_weights()
        return tfk.models.load_model(path).get_weights()

    start = time.perf_counter()
    save(0)
    seconds = time.perf_counter() - start
    done, kills, broken, random_times = 0, 0, [], random.Random(0)
    while done < 70 or kills < 12:
        before, pipe = done, os.pipe()
        child = os.fork()
        if child == 0:
            while True:
                done += 1
                save(done)
                os.write(pipe[1], b".")
        os.close(pipe[1])
        time.sleep(random_times.uniform(0.5, 9) * seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        done += len(os.read(pipe[0], 10000))
        os.close(pipe[0])
        kills += 1
        values = {float(v) for a in read() for v in np.unique(a)}
        # The last one that was finished, or the next: all of one save.
        if values not in ({done}, {done + 1}):
            broken.append([done, sorted(values)])
        done = max(done, int(max(values)))
    # What the killed ones left is deleted by the next one.
    save(done + 1)
    left = sorted(os.listdir(folder))
    print(json.dumps([done, kills, broken, left]))
"""


class KilledTest:
    @pytest.mark.parametrize(
        "name", ["m.keras", "m.weights.h5", "m.weights.json", "m-weights"]
    )
    def test_the_last_good_file_stays(self, name, tmp_path):
        saves, kills, broken, left = _run(_KILLED, tmp_path, name)
        assert saves >= 70 and kills >= 12
        assert not broken
        if name == "m.weights.json":
            num_shards = len(left) - 1
            assert left == [name] + [
                f"m_{i:05}.weights.h5" for i in range(num_shards)
            ]
        elif name == "m-weights":
            *data, index = left[1:]
            assert [left[0], index] == ["checkpoint", f"{name}.index"]
            assert data == [
                f"{name}.data-{i:05}-of-{len(data):05}"
                for i in range(len(data))
            ]
        else:
            assert left == [name]


_MEASURED = """
    import gc, json, os, sys
    import tensorflow as tf
    import tfk

    folder, policy, is_new = sys.argv[1], sys.argv[2], sys.argv[3] == "new"
    path = os.path.join(folder, "m.")
    units = 1300
    largest = 4 * units**2 * tf.as_dtype(policy).size

    def status(name):
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith(name):
                    return int(line.split()[1]) * 1024

    def peak(function):
        gc.collect()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before = status("VmRSS")
        result = function()
        # What is there in the end, and was not before, is a new model.
        grown = status("VmRSS") - before if result is not None else 0
        return (status("VmHWM") - before - grown) / largest

    def model(units):
        # Of an LSTM, two weights are equally large.
        cell = {"recurrent_initializer": "glorot_uniform"}
        layers = [tfk.layers.LSTM(units, **cell), tfk.layers.Dense(1)]
        model = tfk.Sequential([tfk.Input((2, units)), *layers])
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
        return model

    tfk.mixed_precision.set_global_policy(policy)

    def measure(model, path):
        found = {}

        def save(name, method, *args, **kwargs):
            found[f"save {name}"] = peak(
                lambda: getattr(model, method)(path + name, *args, **kwargs)
            )

        def load(name):
            found[f"load_weights {name}"] = peak(
                lambda: model.load_weights(path + name) and None
            )

        save("keras", "save")
        save("h5", "save")
        save("weights.h5", "save_weights")
        save("old.h5", "save_weights")
        save("weights.json", "save_weights", max_shard_size=0.03)
        for name in ("keras", "h5", "weights.h5", "old.h5", "weights.json"):
            load(name)
        return found

    # What is needed once is there then.
    small = os.path.join(folder, "small.")
    measure(model(8), small)
    tfk.models.load_model(small + "keras")
    tfk.models.load_model(small + "h5")
    if is_new:
        found = {
            name: peak(lambda: tfk.models.load_model(path + name))
            for name in ("keras", "h5")
        }
    else:
        found = measure(model(units), path)
    print(json.dumps(found))
"""


class MemoryTest:
    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    @pytest.mark.parametrize(
        ("policy", "processes"),
        [("float32", ("same", "new")), ("bfloat16", ("same",))],
    )
    def test_one_weight_at_a_time_is_in_memory(
        self, policy, processes, tmp_path
    ):
        """Of six arrays of 27 or 14 MB, four are slots of an optimizer."""
        for process in processes:
            found = _run(_MEASURED, tmp_path, policy, process)
            assert max(found.values()) < 1.1, found
