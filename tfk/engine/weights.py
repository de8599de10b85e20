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
"""How the weights of layers are made.

Where a weight lives and in which dtype is decided here and nowhere else: the
strategy, the dtype policy and the compute dtype are no layer's business.
"""

import functools

import tensorflow as tf

from tfk import initializers
from tfk.engine import autocast
from tfk.saving import budget
from tfk.saving import late_values
from tfk.utils import naming
from tfk.utils import structure
from tfk.utils import tf_internal


def create(
    layer_name,
    policy,
    name,
    shape,
    dtype,
    initializer,
    trainable,
    constraint,
    synchronization,
    aggregation,
    is_autocast,
    is_read_plainly=False,
):
    """Makes one weight.

    A weight that `is_read_plainly` is sure to be set when its layer is loaded.

    Returns:
        A `tf.Variable`, or an `AutoCastVariable` around it where the policy
        computes in another dtype than it keeps.
    """
    shape = _checked_shape(shape, name, layer_name)
    dtype = tf.as_dtype(dtype or policy.variable_dtype)
    initializer = _initializer(initializer, dtype, name, layer_name)
    budget.spend(shape.num_elements() * dtype.size, f"{layer_name}/{name}")
    if synchronization == tf.VariableSynchronization.ON_READ:
        if trainable:
            raise ValueError(
                f"Weight '{name}' of layer '{layer_name}' is read across "
                "replicas (synchronization=ON_READ) and can't be trainable. "
                "Pass `trainable=False`."
            )
        trainable = False

    def initial_value():
        return initializer(shape, dtype=dtype)

    first_value = initial_value if callable(initializer) else initializer
    deferred = late_values.current()
    if not is_read_plainly or not _only_draws(initializer):
        deferred = None
    if deferred is not None:
        first_value = functools.partial(tf.zeros, shape, dtype)
    with tf.init_scope():
        variable = tf_internal.make_variable(
            first_value,
            naming.in_scope_letters(name),
            dtype=dtype,
            shape=shape,
            trainable=True if trainable is None else trainable,
            constraint=constraint,
            synchronization=synchronization,
            aggregation=aggregation,
        )
    if deferred is not None:
        deferred.add(variable, initial_value)
    if (
        is_autocast
        and dtype.is_floating
        and policy.compute_dtype != policy.variable_dtype
    ):
        return autocast.AutoCastVariable(variable)
    return variable


def _checked_shape(shape, name, layer_name):
    shape = tf.TensorShape(() if shape is None else shape)
    if not shape.is_fully_defined():
        raise ValueError(
            f"The shape of weight '{name}' of layer '{layer_name}' must be "
            f"known. Received: shape={tuple(shape)}. Give the layer's input a "
            "defined size on the axes that the weight depends on."
        )
    return shape


def _initializer(initializer, dtype, name, layer_name):
    if initializer is None:
        if dtype.is_floating:
            return initializers.get("glorot_uniform")
        if dtype.is_integer or dtype.is_bool:
            return initializers.get("zeros")
        raise ValueError(
            f"Weight '{name}' of layer '{layer_name}' needs an `initializer`, "
            f"since its dtype is {dtype.name}."
        )
    return initializers.get(initializer)


def _only_draws(initializer):
    """Whether an initializer is one of ours that draws numbers."""
    return getattr(initializer, "is_random", False) and naming.is_own_module(
        type(initializer).__module__
    )


def assign_all(variables, values, owner):
    """Sets variables to arrays, all or none.

    Arguments:
        variables: List of variables.
        values: List of arrays in the same order.
        owner: String: what the variables belong to, for the message.

    Raises:
        ValueError: If number or shapes differ; nothing is changed then.
    """
    values = list(values)
    if len(values) != len(variables):
        hint = (
            "The arrays must be those of `get_weights`, in their order."
            if variables
            else "It has to be built first: call it on data, or `build` it."
        )
        raise ValueError(
            f"{owner} has {len(variables)} weights. Received: {len(values)} "
            f"arrays of shapes {[_shape_of(v) for v in values][:10]}. {hint}"
        )
    _check_shapes(variables, map(_shape_of, values), owner)
    for variable, value in zip(variables, values):
        variable.assign(tf.cast(value, variable.dtype))


def assign_all_stored(variables, store, keys, owner):
    """Sets variables to what a mapping holds, all or none.

    One that tells the `shapes` of what is in a file is not read at once: only
    one array after the other is in memory.

    Arguments:
        variables: List of variables.
        store: Mapping of names to arrays.
        keys: List of the names in the order of the variables.
        owner: String: what the variables belong to, for the message.

    Raises:
        ValueError: If a shape differs; nothing is changed then.
    """
    shapes = getattr(store, "shapes", None)
    if shapes is None:
        assign_all(variables, [store[key] for key in keys], owner)
        return
    _check_shapes(variables, [shapes[key] for key in keys], owner)
    for variable, key in zip(variables, keys):
        variable.assign(tf.cast(store[key], variable.dtype))


def _check_shapes(variables, shapes, owner):
    for variable, shape in zip(variables, shapes):
        if not variable.shape.is_compatible_with(shape):
            raise ValueError(
                f"Weight '{variable.name}' of {owner} has shape "
                f"{variable.shape}. Received: an array of shape {shape}. No "
                "weight was changed."
            )


def _shape_of(value):
    return tuple(tf.TensorShape(getattr(value, "shape", ())))


def describe(variables):
    """Lists variables with their shapes, for messages."""
    return ", ".join(
        f"{v.name}: {structure.describe(v)}" for v in variables[:10]
    )
