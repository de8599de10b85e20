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

from tfk.utils import tf_internal

_local = threading.local()


def swap_dtype(dtype):
    """Puts a compute dtype in force and returns the one that was."""
    before = getattr(_local, "dtype", None)
    _local.dtype = dtype
    return before


class AutoCastVariable(tf_internal.NativeTensor):
    """A float32 weight that a layer of a mixed policy reads in 16 bits.

    Layers hold it as their attribute; `layer.weights`, optimizers, tapes and
    checkpoints deal with the variable itself, which is `variable` here.
    """

    # Lets `tape.gradient(loss, layer.kernel)` find the variable's handle.
    _should_act_as_resource_variable = True

    def __init__(self, variable):
        self.variable = variable

    def value(self):
        """The weight as a tensor, in the compute dtype in force."""
        dtype = getattr(_local, "dtype", None)
        value = tf.convert_to_tensor(self.variable)
        return value if dtype is None else tf.cast(value, dtype)

    read_value = value

    def __tf_tensor__(self, dtype=None, name=None):
        """Converts the weight where an op takes a tensor.

        A distributed variable has this method too, so that leaving it to
        `__getattr__` would hand out the weight without a cast.
        """
        tensor = tf.convert_to_tensor(self.value(), dtype)
        return tf.identity(tensor, name=name) if name else tensor

    def sparse_read(self, indices, name=None):
        """Reads some rows, without casting the others."""
        rows = self.variable.sparse_read(indices, name=name)
        dtype = getattr(_local, "dtype", None)
        return rows if dtype is None else tf.cast(rows, dtype)

    @property
    def dtype(self):
        """The dtype in which the weight is read now."""
        return getattr(_local, "dtype", None) or self.variable.dtype

    @property
    def shape(self):
        """The shape of the weight."""
        return self.variable.shape

    def __getattr__(self, name):
        if name == "variable":
            raise AttributeError(name)
        return getattr(self.variable, name)

    def __getitem__(self, key):
        return self.value()[key]

    def __repr__(self):
        return f"<AutoCastVariable of {self.variable!r}>"


def _add_operators():
    operators = (
        "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod "
        "rmod pow rpow matmul rmatmul lt le gt ge neg abs"
    )

    def operator(name):
        def apply(self, *others):
            return getattr(self.value(), name)(*others)

        return apply

    for word in operators.split():
        name = f"__{word}__"
        setattr(AutoCastVariable, name, operator(name))


_add_operators()


def unwrap(value):
    """Returns the variable behind an autocast one, and else the value."""
    return value.variable if isinstance(value, AutoCastVariable) else value
