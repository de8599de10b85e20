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
"""First values of weights that a file is about to replace.

To draw the random numbers of a large model takes longer than to read what comes
in their place.
"""

import contextlib
import threading

import numpy as np

_local = threading.local()


class Deferred:
    """The weights that were made without their first values."""

    def __init__(self):
        self._pending = []

    def add(self, variable, initial_value):
        """Takes a weight of zeros.

        Arguments:
            variable: `tf.Variable`.
            initial_value: Function without arguments to the value it lacks.
        """
        self._pending.append((variable, initial_value))

    def draw_all_but(self, model):
        """Gives weights their values, but for those that a model has.

        Arguments:
            model: The model that was loaded.
        """
        loaded = model.weights if self._pending else []
        known = {id(variable) for variable in loaded}
        for variable, initial_value in self._pending:
            if id(variable) not in known and not np.any(variable.numpy()):
                variable.assign(initial_value())
        self._pending.clear()


@contextlib.contextmanager
def deferred():
    """Within it, weights that will be loaded are made as zeros.

    Gives the `Deferred`, whose `draw_all_but` is to be called after loading.
    """
    before = current()
    _local.deferred = Deferred()
    try:
        yield _local.deferred
    finally:
        _local.deferred = before


def current():
    """Returns the innermost `Deferred` of this thread, or None."""
    return getattr(_local, "deferred", None)
