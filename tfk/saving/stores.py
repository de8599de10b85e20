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
"""What `save_own_variables` writes into.

A store is a mapping of names to arrays. One that writes each array at once, and
keeps none, says by `takes_variables = True` that it takes variables as well:
their numbers are then never copied.
"""

import numpy as np
import tensorflow as tf

from tfk.utils import tf_internal


class Store(dict):
    """Base of stores: takes several arrays as it takes each."""

    takes_variables = False

    def update(self, *args, **kwargs):
        """Takes several arrays."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value


def put(store, key, variable):
    """Gives the value of a variable to a store.

    Arguments:
        store: What `save_own_variables` was given: any mutable mapping.
        key: String: the name of the value.
        variable: A variable.
    """
    takes_variables = getattr(store, "takes_variables", False)
    store[key] = variable if takes_variables else variable.numpy()


def array_of(value):
    """Returns the numbers of an array or a variable.

    Arguments:
        value: Array of any kind, or a variable.

    Returns:
        An array that may share memory with the variable. Nobody may change it;
        it stays as it is when the variable is assigned to.
    """
    array = tf_internal.shared_array(value)
    if array is None:
        # Not all variables on several replicas are arrays to NumPy.
        array = value.numpy() if isinstance(value, tf.Variable) else value
    return np.asarray(array)


def shape_of(value):
    """Returns the shape of an array or a variable, as a tuple."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tf.TensorShape) and shape.is_fully_defined():
        return tuple(shape)
    return np.shape(array_of(value))
