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
"""Names for old code: TensorFlow does what the Keras backend did.

Functions of tensors carry the name of the TensorFlow function that new code
calls instead; their arguments mean what they mean there.
"""

import gc

import numpy as np
import tensorflow as tf

from tfk import activations as _activations
from tfk import losses as _losses
from tfk.activations import elu
from tfk.activations import hard_sigmoid
from tfk.activations import sigmoid
from tfk.activations import softmax
from tfk.activations import softplus
from tfk.activations import softsign
from tfk.activations import tanh
from tfk.config import epsilon
from tfk.config import floatx
from tfk.config import image_data_format
from tfk.config import set_epsilon
from tfk.config import set_floatx
from tfk.config import set_image_data_format
from tfk.engine.symbolic import is_symbolic as _is_symbolic
from tfk.layers import merging as _merging
from tfk.layers.rnn.loop import run as rnn
from tfk.utils import naming

__all__ = [
    "abs",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "backend",
    "batch_dot",
    "batch_flatten",
    "batch_get_value",
    "batch_set_value",
    "binary_crossentropy",
    "cast",
    "cast_to_floatx",
    "categorical_crossentropy",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "cos",
    "count_params",
    "cumprod",
    "cumsum",
    "dot",
    "dropout",
    "dtype",
    "elu",
    "epsilon",
    "equal",
    "eval",
    "exp",
    "expand_dims",
    "eye",
    "flatten",
    "floatx",
    "gather",
    "get_uid",
    "get_value",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "image_data_format",
    "in_top_k",
    "int_shape",
    "is_keras_tensor",
    "is_sparse",
    "l2_normalize",
    "less",
    "less_equal",
    "log",
    "map_fn",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moving_average_update",
    "name_scope",
    "ndim",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "permute_dimensions",
    "pow",
    "print_tensor",
    "prod",
    "random_bernoulli",
    "random_normal",
    "random_uniform",
    "relu",
    "repeat",
    "repeat_elements",
    "reset_uids",
    "reshape",
    "reverse",
    "rnn",
    "round",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_value",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "tanh",
    "temporal_padding",
    "tile",
    "to_dense",
    "transpose",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "var",
    "variable",
    "zeros",
    "zeros_like",
]


def backend():
    """Returns the name of the backend, which is always TensorFlow.

    Example:

    >>> tfk.backend.backend()
    'tensorflow'
    """
    return "tensorflow"


def clear_session(free_memory=True):
    """Starts automatic names anew, and forgets TensorFlow's default graph.

    Models hold all of their own state, so nothing else is kept between them.

    Arguments:
        free_memory: Boolean: whether to free, now, what models hold that were
            dropped.
    """
    naming.reset_names()
    tf.compat.v1.reset_default_graph()
    if free_memory:
        gc.collect()


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


# Variables and constants


def variable(value, dtype=None, name=None, constraint=None):
    """Makes a variable, of the default float type: `tf.Variable`."""
    value = tf.cast(value, dtype or floatx())
    return tf.Variable(value, name=name, constraint=constraint)


def constant(value, dtype=None, shape=None, name=None):
    """Makes a constant, of the default float type: `tf.constant`."""
    return tf.constant(value, dtype or floatx(), shape, name or "Const")


def zeros(shape, dtype=None, name=None):
    """Makes a variable of zeros: `tf.Variable(tf.zeros(shape))`."""
    return tf.Variable(tf.zeros(shape, dtype or floatx()), name=name)


def ones(shape, dtype=None, name=None):
    """Makes a variable of ones: `tf.Variable(tf.ones(shape))`."""
    return tf.Variable(tf.ones(shape, dtype or floatx()), name=name)


def eye(size, dtype=None, name=None):
    """Makes a variable that is an identity matrix: `tf.eye`."""
    return tf.Variable(tf.eye(size, dtype=dtype or floatx()), name=name)


def zeros_like(x, dtype=None, name=None):
    """Makes a tensor of zeros in a shape: `tf.zeros_like`."""
    return tf.zeros_like(x, dtype=dtype, name=name)


def ones_like(x, dtype=None, name=None):
    """Makes a tensor of ones in a shape: `tf.ones_like`."""
    return tf.ones_like(x, dtype=dtype, name=name)


def arange(start, stop=None, step=1, dtype="int32"):
    """Counts from one number to another: `tf.range`."""
    numbers = tf.range(start, limit=stop, delta=step)
    return numbers if dtype == "int32" else tf.cast(numbers, dtype)


def update(x, new_x):
    """Sets a variable: `x.assign`."""
    return x.assign(new_x)


def update_add(x, increment):
    """Adds to a variable: `x.assign_add`."""
    return x.assign_add(increment)


def update_sub(x, decrement):
    """Subtracts from a variable: `x.assign_sub`."""
    return x.assign_sub(decrement)


def moving_average_update(x, value, momentum):
    """Moves a variable, by 1 - momentum, towards a value."""
    difference = x - tf.cast(value, x.dtype)
    return x.assign_sub(difference * (1 - tf.cast(momentum, x.dtype)))


def batch_get_value(tensors):
    """Returns the values of variables or tensors as NumPy arrays."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples):
    """Sets variables: pairs of a variable and an array."""
    for x, value in tuples:
        set_value(x, value)


def eval(x):
    """Returns a tensor as a NumPy array: `x.numpy`."""
    return get_value(to_dense(x))


def count_params(x):
    """Returns the number of elements: `tf.size`."""
    return int(np.prod(x.shape.as_list()))


# Random tensors


def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from a normal distribution: `tf.random.normal`."""
    return tf.random.normal(shape, mean, stddev, dtype or floatx(), seed)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Draws from a uniform distribution: `tf.random.uniform`."""
    return tf.random.uniform(shape, minval, maxval, dtype or floatx(), seed)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws within 2 deviations: `tf.random.truncated_normal`."""
    dtype = dtype or floatx()
    return tf.random.truncated_normal(shape, mean, stddev, dtype, seed)


def random_bernoulli(shape, p=0.0, dtype=None, seed=None):
    """Draws ones with probability p, else zeros: `tf.random.uniform`."""
    dtype = dtype or floatx()
    drawn = tf.random.uniform(shape, dtype=dtype, seed=seed)
    return tf.cast(drawn <= p, dtype)


def dropout(x, level, noise_shape=None, seed=None):
    """Sets a share of the elements to 0: `tf.nn.dropout`."""
    return tf.nn.dropout(x, level, noise_shape, seed)


# Elementwise functions


def cast_to_floatx(x):
    """Casts a tensor or an array to the default float type: `tf.cast`."""
    if tf.is_tensor(x) or _is_symbolic(x) or isinstance(x, tf.Variable):
        return tf.cast(x, floatx())
    return np.asarray(x, dtype=floatx())


def abs(x):
    """`tf.abs`."""
    return tf.abs(x)


def square(x):
    """`tf.square`."""
    return tf.square(x)


def sqrt(x):
    """`tf.sqrt`, with 0 for negative numbers."""
    return tf.sqrt(tf.maximum(x, tf.zeros((), x.dtype)))


def exp(x):
    """`tf.exp`."""
    return tf.exp(x)


def log(x):
    """`tf.math.log`."""
    return tf.math.log(x)


def pow(x, a):
    """`tf.pow`."""
    return tf.pow(x, a)


def sign(x):
    """`tf.sign`."""
    return tf.sign(x)


def round(x):
    """Rounds, half to even: `tf.round`."""
    return tf.round(x)


def sin(x):
    """`tf.sin`."""
    return tf.sin(x)


def cos(x):
    """`tf.cos`."""
    return tf.cos(x)


def clip(x, min_value, max_value):
    """Bounds the elements: `tf.clip_by_value`."""
    low = -np.inf if min_value is None else min_value
    high = np.inf if max_value is None else max_value
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        high = low if high < low else high
    return tf.clip_by_value(x, low, high)


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """Rectified linear unit: `tf.nn.relu`."""
    return _activations.relu(x, alpha, max_value, threshold)


def maximum(x, y):
    """`tf.maximum`."""
    return tf.maximum(x, y)


def minimum(x, y):
    """`tf.minimum`."""
    return tf.minimum(x, y)


def equal(x, y):
    """`tf.equal`."""
    return tf.equal(x, y)


def not_equal(x, y):
    """`tf.not_equal`."""
    return tf.not_equal(x, y)


def greater(x, y):
    """`tf.greater`."""
    return tf.greater(x, y)


def greater_equal(x, y):
    """`tf.greater_equal`."""
    return tf.greater_equal(x, y)


def less(x, y):
    """`tf.less`."""
    return tf.less(x, y)


def less_equal(x, y):
    """`tf.less_equal`."""
    return tf.less_equal(x, y)


# Reductions


def sum(x, axis=None, keepdims=False):
    """`tf.reduce_sum`."""
    return tf.reduce_sum(x, axis, keepdims)


def prod(x, axis=None, keepdims=False):
    """`tf.reduce_prod`."""
    return tf.reduce_prod(x, axis, keepdims)


def mean(x, axis=None, keepdims=False):
    """`tf.reduce_mean`, also of booleans."""
    return tf.reduce_mean(_numbers(x), axis, keepdims)


def std(x, axis=None, keepdims=False):
    """`tf.math.reduce_std`, also of booleans."""
    return tf.math.reduce_std(_numbers(x), axis, keepdims)


def var(x, axis=None, keepdims=False):
    """`tf.math.reduce_variance`, also of booleans."""
    return tf.math.reduce_variance(_numbers(x), axis, keepdims)


def max(x, axis=None, keepdims=False):
    """`tf.reduce_max`."""
    return tf.reduce_max(x, axis, keepdims)


def min(x, axis=None, keepdims=False):
    """`tf.reduce_min`."""
    return tf.reduce_min(x, axis, keepdims)


def all(x, axis=None, keepdims=False):
    """`tf.reduce_all`, also of numbers."""
    return tf.reduce_all(tf.cast(x, tf.bool), axis, keepdims)


def any(x, axis=None, keepdims=False):
    """`tf.reduce_any`, also of numbers."""
    return tf.reduce_any(tf.cast(x, tf.bool), axis, keepdims)


def argmax(x, axis=-1):
    """`tf.argmax`."""
    return tf.argmax(x, axis)


def argmin(x, axis=-1):
    """`tf.argmin`."""
    return tf.argmin(x, axis)


def cumsum(x, axis=0):
    """`tf.cumsum`."""
    return tf.cumsum(x, axis)


def cumprod(x, axis=0):
    """`tf.math.cumprod`."""
    return tf.math.cumprod(x, axis)


def _numbers(x):
    return tf.cast(x, floatx()) if x.dtype.base_dtype == tf.bool else x


# Products


def dot(x, y):
    """Multiplies the last axis by the last but one: `tf.matmul`."""
    if is_sparse(x):
        return tf.sparse.sparse_dense_matmul(x, y)
    if x.shape.rank == 2 and y.shape.rank == 2:
        return tf.matmul(x, y)
    second = -2 if y.shape.rank > 1 else -1
    return tf.tensordot(x, y, [[-1], [second]])


def batch_dot(x, y, axes=None):
    """Multiplies and sums two batches along an axis of each: `tf.einsum`."""
    ranks = x.shape.rank, y.shape.rank
    if axes is None:
        axes = ranks[0] - 1, ranks[1] - 1 if ranks[1] == 2 else ranks[1] - 2
    elif isinstance(axes, int):
        axes = axes, axes
    left, right = (axis % rank for axis, rank in zip(axes, ranks))
    return _merging.batch_dot(x, y, left, right)


def l2_normalize(x, axis=None):
    """`tf.math.l2_normalize`."""
    return tf.math.l2_normalize(x, axis)


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """Crossentropy of each example: `tfk.losses.categorical_crossentropy`."""
    return _losses.categorical_crossentropy(
        target, output, from_logits=from_logits, axis=axis
    )


def sparse_categorical_crossentropy(
    target, output, from_logits=False, axis=-1, ignore_class=None
):
    """`tfk.losses.sparse_categorical_crossentropy`."""
    return _losses.sparse_categorical_crossentropy(
        target,
        output,
        from_logits=from_logits,
        axis=axis,
        ignore_class=ignore_class,
    )


def binary_crossentropy(target, output, from_logits=False):
    """Crossentropy of each element: `tfk.losses.binary_crossentropy`."""
    return _losses.binary_crossentropy(
        target[..., None], output[..., None], from_logits=from_logits
    )


def in_top_k(predictions, targets, k):
    """Whether targets are among the k best: `tf.math.in_top_k`."""
    return tf.math.in_top_k(targets, predictions, k)


# Shapes


def shape(x):
    """The shape as a tensor: `tf.shape`."""
    return tf.shape(x)


def dtype(x):
    """The name of the dtype: `x.dtype.name`."""
    return x.dtype.base_dtype.name


def reshape(x, shape):
    """`tf.reshape`."""
    return tf.reshape(x, shape)


def flatten(x):
    """Makes a tensor of one axis: `tf.reshape(x, [-1])`."""
    return tf.reshape(x, [-1])


def batch_flatten(x):
    """Makes a tensor of two axes, the batch axis and another: `tf.reshape`."""
    return tf.reshape(x, [-1, int(np.prod(x.shape[1:].as_list()))])


def expand_dims(x, axis=-1):
    """`tf.expand_dims`."""
    return tf.expand_dims(x, axis)


def squeeze(x, axis):
    """`tf.squeeze`."""
    return tf.squeeze(x, [axis])


def concatenate(tensors, axis=-1):
    """`tf.concat`."""
    return tf.concat(tensors, axis)


def stack(x, axis=0):
    """`tf.stack`."""
    return tf.stack(x, axis)


def transpose(x):
    """`tf.transpose`."""
    return tf.transpose(x)


def permute_dimensions(x, pattern):
    """`tf.transpose` with an order of axes."""
    return tf.transpose(x, pattern)


def repeat(x, n):
    """Repeats (batch, features) as (batch, n, features): `tf.tile`."""
    return tf.tile(tf.expand_dims(x, 1), [1, n, 1])


def repeat_elements(x, rep, axis):
    """Repeats each element along an axis: `tf.repeat`."""
    return tf.repeat(x, rep, axis)


def tile(x, n):
    """`tf.tile`."""
    return tf.tile(x, [n] if isinstance(n, int) else n)


def reverse(x, axes):
    """`tf.reverse`."""
    return tf.reverse(x, [axes] if isinstance(axes, int) else axes)


def gather(reference, indices):
    """`tf.gather`."""
    return tf.gather(reference, indices)


def one_hot(indices, num_classes):
    """`tf.one_hot`."""
    return tf.one_hot(indices, num_classes)


def temporal_padding(x, padding=(1, 1)):
    """Pads the middle one of three axes with zeros: `tf.pad`."""
    return tf.pad(x, [[0, 0], list(padding), [0, 0]])


# Others


def is_sparse(tensor):
    """Whether a tensor is a `tf.SparseTensor`."""
    return isinstance(getattr(tensor, "type_spec", tensor), _SPARSE)


def to_dense(tensor):
    """Makes a sparse tensor dense: `tf.sparse.to_dense`."""
    return tf.sparse.to_dense(tensor) if is_sparse(tensor) else tensor


def stop_gradient(variables):
    """Lets no gradient through a tensor or a list: `tf.stop_gradient`."""
    return tf.nest.map_structure(tf.stop_gradient, variables)


def map_fn(fn, elems, name=None, dtype=None):
    """Calls a function on each part along the first axis: `tf.map_fn`."""
    return tf.map_fn(fn, elems, fn_output_signature=dtype, name=name)


def name_scope(name):
    """`tf.name_scope`."""
    return tf.name_scope(name)


def print_tensor(x, message="", summarize=3):
    """Prints a tensor when it is computed, and returns it: `tf.print`."""
    tf.print(message, x, summarize=summarize)
    return tf.identity(x)


_SPARSE = (tf.SparseTensor, tf.SparseTensorSpec)
