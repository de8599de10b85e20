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
"""What is known while layers run: the mode, and the losses they add."""

import itertools
import threading

_local = threading.local()
_ids = itertools.count(1)


class CallContext:
    """One outermost call of a layer, with all the calls inside it.

    Attributes:
        training: The mode that inner layers inherit: None, bool or tensor.
        is_recording: Whether the call only finds out shapes and dtypes.
        inputs: The first argument of the outermost call, or None.
        layer: The innermost layer whose `call` is under way, or None.
        adds_values: Whether the call would have added losses or metrics, which
            recording leaves out.
    """

    __slots__ = (
        *("id", "training", "is_recording", "inputs", "layer"),
        "adds_values",
    )

    def __init__(self, training=None, is_recording=False, inputs=None):
        self.id = next(_ids)
        self.training = training
        self.is_recording = is_recording
        self.inputs = inputs
        self.layer = None
        self.adds_values = False


def current():
    """Returns the context of the call that is under way, or None."""
    return getattr(_local, "context", None)


def swap(context):
    """Puts a context in force and returns the one that was."""
    before = getattr(_local, "context", None)
    _local.context = context
    return before


def innermost_layer():
    """Returns the layer whose `call` or `build` is under way, or None."""
    layer = getattr(current(), "layer", None)
    return getattr(_local, "built_layer", None) if layer is None else layer


def swap_built_layer(layer):
    """Notes which layer's `build` is under way and returns the one before."""
    before = getattr(_local, "built_layer", None)
    _local.built_layer = layer
    return before


class recording:
    """Within it, calls find out shapes and leave no trace behind."""

    def __init__(self, training=None):
        self._context = CallContext(training, is_recording=True)

    def __enter__(self):
        self._before = swap(self._context)
        return self._context

    def __exit__(self, *exception):
        swap(self._before)
