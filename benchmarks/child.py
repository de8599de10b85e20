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
"""Measures one variant of one figure and prints a JSON object.

Run as `python -m benchmarks.child FIGURE VARIANT [--quick]` by
`benchmarks/run.py`, in a process of its own: what one measurement leaves
behind (threads, caches, memory) is nothing to the next.
"""

import argparse
import importlib
import json
import os

from benchmarks import catalog


def measure(name, variant, sizes):
    """Returns the value of one figure.

    Arguments:
        name: String: the figure's name.
        variant: String: a package, or a way of doing it by hand.
        sizes: The `catalog.Sizes` of the run.
    """
    (figure,) = catalog.select([name])
    module = importlib.import_module(
        f"benchmarks.figures.{figure.module or name}"
    )
    if variant in catalog.MODULES:
        # Keras 3 looks at it when it is imported.
        os.environ["KERAS_BACKEND"] = "tensorflow"
        package = catalog.MODULES[variant]
        return module.measure_package(package, sizes, *figure.case)
    return getattr(module, f"measure_{variant}")(sizes, *figure.case)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure")
    parser.add_argument("variant")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    sizes = catalog.QUICK if options.quick else catalog.FULL
    value = measure(options.figure, options.variant, sizes)
    print(json.dumps({"value": float(value)}))


if __name__ == "__main__":
    main()
