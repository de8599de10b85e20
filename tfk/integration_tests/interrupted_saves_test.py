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
    print(json.dumps([done, kills, broken]))
"""


class KilledTest:
    @pytest.mark.parametrize(
        "name", ["m.keras", "m.weights.h5", "m.weights.json"]
    )
    def test_the_last_good_file_stays(self, name, tmp_path):
        saves, kills, broken = _run(_KILLED, tmp_path, name)
        assert saves >= 70 and kills >= 12
        assert not broken


_MEASURED = """
    import json, os, sys
    import numpy as np
    import tensorflow as tf
    import tfk

    def status(name):
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith(name):
                    return int(line.split()[1]) * 1024

    def peak(function):
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before = status("VmRSS")
        result = function()
        # What is there in the end, and was not before, is a new model.
        grown = status("VmRSS") - before if result is not None else 0
        return status("VmHWM") - before - grown, result

    def model(units):
        layers = [tfk.layers.Dense(units) for _ in range(4)]
        model = tfk.Sequential([tfk.Input((units,)), *layers])
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
        return model

    path = os.path.join(sys.argv[1], "m.")
    small = model(8)
    small.save(path + "keras")  # What is needed once is there then.
    tfk.models.load_model(path + "keras")
    large = model(2300)
    found = {}
    found["save"], _ = peak(lambda: large.save(path + "keras"))
    found["save_weights"], _ = peak(
        lambda: large.save_weights(path + "weights.h5")
    )
    found["save_shards"], _ = peak(
        lambda: large.save_weights(path + "weights.json", max_shard_size=0.03)
    )
    for ending in ("weights.h5", "weights.json", "keras"):
        found["load_weights " + ending], _ = peak(
            lambda: large.load_weights(path + ending)
        )
    large = None
    found["load_model"], _ = peak(
        lambda: tfk.models.load_model(path + "keras")
    )
    print(json.dumps({k: v / (2300 * 2300 * 4) for k, v in found.items()}))
"""


class MemoryTest:
    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    def test_one_weight_at_a_time_is_in_memory(self, tmp_path):
        """Of twelve arrays of 21 MB, two are slots of an optimizer for each."""
        found = _run(_MEASURED, tmp_path)
        # HDF5 has caches of some 0.5 MB for each of the twelve open files.
        assert found.pop("load_weights weights.json") < 1.5
        assert max(found.values()) < 1.1, found
