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
"""What it takes to save and load a model with a large vocabulary."""

import importlib
import os
import resource
import tempfile

from benchmarks import timing

_SIZE = 10_000_000


def measure_package(name, sizes, what):
    """Saves a model and loads it again.

    Arguments:
        name: String: the package.
        sizes: The `catalog.Sizes` of the run.
        what: String: "seconds", or "megabytes" at most in use meanwhile,
            beyond what the model itself takes.
    """
    keras = importlib.import_module(name)
    lookup = keras.layers.StringLookup()
    size = max(100, _SIZE * sizes.rows // 60_000)
    lookup.set_vocabulary([b"word%d" % i for i in range(size)])
    model = keras.Sequential([keras.Input((1,), dtype="string"), lookup])
    before = timing.resident_megabytes()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")

        def save_and_load():
            model.save(path)
            return keras.models.load_model(path)

        seconds = timing.seconds_of(save_and_load)
    if what == "seconds":
        return seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return peak - before
