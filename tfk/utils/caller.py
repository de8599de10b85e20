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
"""Where warnings point to."""

import sys


def stacklevel():
    """Returns the `stacklevel` that makes a warning point out of tfk.

    A warning is about what the user wrote, however deep in tfk it is found.
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_of_tfk(frame):
        level, frame = level + 1, frame.f_back
    return level


def _is_of_tfk(frame):
    module = frame.f_globals.get("__name__", "")
    return module.split(".")[0] == "tfk" and not module.endswith("_test")
