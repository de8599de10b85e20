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
"""The time that it takes to export a large network for serving."""

import importlib
import os
import tempfile

from benchmarks import networks
from benchmarks import timing


def measure_package(name, sizes, network):
    """Writes the SavedModel of a network, which traces it too."""
    del sizes
    keras = importlib.import_module(name)
    model = networks.BUILT[network](keras)
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(100))

        def export():
            model.export(os.path.join(folder, str(next(numbers))))

        return timing.median_seconds(export, repeats=2)
