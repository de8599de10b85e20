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
"""Names for old code: TensorFlow does what the Keras backend did."""

import tensorflow as tf

from tfk.config import epsilon
from tfk.config import floatx
from tfk.config import image_data_format
from tfk.config import set_epsilon
from tfk.config import set_floatx
from tfk.config import set_image_data_format
from tfk.engine.symbolic import is_symbolic as _is_symbolic
from tfk.utils import naming

__all__ = [
    "backend",
    "cast",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "get_value",
    "image_data_format",
    "int_shape",
    "is_keras_tensor",
    "ndim",
    "reset_uids",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_value",
]


def backend():
    """Returns the name of the backend, which is always TensorFlow.

    Example:

    >>> tfk.backend.backend()
    'tensorflow'
    """
    return "tensorflow"


def clear_session():
    """Starts automatic names anew, and forgets TensorFlow's default graph.

    Models hold all of their own state, so nothing else is kept between them.
    """
    naming.reset_names()
    tf.compat.v1.reset_default_graph()


def reset_uids():
    """Starts automatic names anew."""
    naming.reset_names()


def get_uid(prefix=""):
    """Returns the next number of a prefix, from 1 on.

    Arguments:
        prefix: String.
    """
    return naming.next_number(prefix)


def is_keras_tensor(x):
    """Whether a value is a symbolic tensor, as `tfk.Input` makes them.

    Arguments:
        x: Any value.
    """
    return _is_symbolic(x)


def cast(x, dtype):
    """Casts a tensor.

    Arguments:
        x: Tensor.
        dtype: Dtype.
    """
    return tf.cast(x, dtype)


def ndim(x):
    """Returns the rank of a tensor.

    Arguments:
        x: Tensor.
    """
    return x.shape.rank


def int_shape(x):
    """Returns the static shape as a tuple, with None for unknown sizes.

    Arguments:
        x: Tensor.
    """
    return None if x.shape.rank is None else tuple(x.shape.as_list())


def get_value(x):
    """Returns the value of a variable or tensor as a NumPy array.

    Arguments:
        x: Variable or tensor.
    """
    return x.numpy() if hasattr(x, "numpy") else x


def set_value(x, value):
    """Sets a variable.

    Arguments:
        x: Variable.
        value: Array of the variable's shape.
    """
    x.assign(tf.cast(value, x.dtype))
