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
"""How long a package takes to import once TensorFlow is there."""

import importlib
import sys

import tensorflow  # noqa: F401

from benchmarks import timing


def measure_package(name, sizes):
    """Returns seconds; fails if tfk imports a module of another Keras."""
    del sizes
    before = set(sys.modules)
    seconds = timing.seconds_of(lambda: importlib.import_module(name))
    # TensorFlow itself loads a few modules of Keras; those are not tfk's.
    foreign = sorted(
        module
        for module in set(sys.modules) - before
        if module.partition(".")[0] in ("keras", "tf_keras")
    )
    if name == "tfk" and foreign:
        raise RuntimeError(
            "`import tfk` must not import another Keras. Received: "
            f"{foreign}. Look for the import that brings it in with "
            "`python -X importtime -c 'import tfk'`."
        )
    return seconds
