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
"""Lists the public names of tfk, for a test that shows every change.

`python -m tfk.testing.public_names` writes the list anew.
"""

import pathlib
import types

import tfk

GOLDEN_FILE = pathlib.Path(__file__).with_name("public_names.txt")

# Modules whose names are public; all others are reached through these.
MODULES = (
    "activations backend callbacks constraints errors experimental "
    "initializers layers losses metrics mixed_precision models optimizers "
    "optimizers.legacy optimizers.schedules preprocessing preprocessing.image "
    "preprocessing.sequence preprocessing.text "
    "regularizers saving utils"
).split()


def public_names():
    """Returns all public names, sorted, such as `"layers.Dense"`."""
    names = {f"{name}" for name in _names_of(tfk)}
    for module in MODULES:
        value = tfk
        for part in module.split("."):
            value = getattr(value, part)
        names.update(f"{module}.{name}" for name in _names_of(value))
    return sorted(names)


def _names_of(module):
    listed = getattr(module, "__all__", None)
    names = listed if listed is not None else dir(module)
    return [
        name
        for name in names
        if not name.startswith("_")
        and not isinstance(getattr(module, name), types.ModuleType)
        and _is_ours(getattr(module, name))
    ]


def _is_ours(value):
    origin = getattr(value, "__module__", None)
    return origin is None or origin.split(".")[0] == "tfk"


if __name__ == "__main__":
    GOLDEN_FILE.write_text("\n".join(public_names()) + "\n")
