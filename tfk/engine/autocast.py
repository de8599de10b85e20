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
"""Weights that are read in the dtype of the layer that computes."""

import threading

import tensorflow as tf

from tfk.engine import weight_view

_local = threading.local()


def swap_dtype(dtype):
    """Puts a compute dtype in force and returns the one that was."""
    before = getattr(_local, "dtype", None)
    _local.dtype = dtype
    return before


class AutoCastVariable(weight_view.WeightView):
    """A float32 weight that a layer of a mixed policy reads in 16 bits.

    Layers hold it as their attribute; `layer.weights`, optimizers, tapes and
    checkpoints deal with the variable itself, which is `variable` here.
    """

    # Lets `tape.gradient(loss, layer.kernel)` find the variable's handle.
    _should_act_as_resource_variable = True

    def __init__(self, variable):
        self.variable = variable

    def parts(self):
        return {"{}": self.variable}

    def value(self):
        """The weight as a tensor, in the compute dtype in force."""
        dtype = getattr(_local, "dtype", None)
        value = tf.convert_to_tensor(self.variable)
        return value if dtype is None else tf.cast(value, dtype)

    def numpy(self):
        """The variable as an array."""
        return self.variable.numpy()

    def sparse_read(self, indices, name=None):
        """Reads some rows, without casting the others."""
        rows = self.variable.sparse_read(indices, name=name)
        dtype = getattr(_local, "dtype", None)
        return rows if dtype is None else tf.cast(rows, dtype)

    @property
    def dtype(self):
        """The dtype in which the weight is read now."""
        return getattr(_local, "dtype", None) or self.variable.dtype

    def __getattr__(self, name):
        if name == "variable":
            raise AttributeError(name)
        return getattr(self.variable, name)


def unwrap(value):
    """Returns the variable behind an autocast one, and else the value."""
    return value.variable if isinstance(value, AutoCastVariable) else value
