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
"""The time that it takes to build a large network by the functional API.

The weights get their first values as well.
"""

import importlib

from benchmarks import networks
from benchmarks import timing


def measure_package(name, sizes, network):
    """Builds a network, the first one but for a tiny one."""
    del sizes
    keras = importlib.import_module(name)
    # TensorFlow starts with the first tensor, which is no part of building.
    keras.Sequential([keras.Input(shape=(1,)), keras.layers.Dense(1)])
    return timing.seconds_of(lambda: networks.BUILT[network](keras))
