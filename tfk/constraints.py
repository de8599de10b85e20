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
"""Constraints: projections of a weight onto the values it may have.

The optimizer applies a weight's constraint after each update of the weight.
Layers take one in arguments such as `kernel_constraint`.
"""

import numpy as np
import tensorflow as tf

from tfk import config as tfk_config
from tfk.saving import object_family
from tfk.saving.configurable import Configurable


class Constraint(Configurable):
    """What all constraints are: a callable from a weight to a weight.

    Derive from it to write your own. Keep constructor arguments under their
    own names, and the constraint can be saved.

    Example:

    >>> class Upright(tfk.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return tf.abs(w)
    >>> Upright()(tf.constant([-1.0, 2.0])).numpy()
    array([1., 2.], dtype=float32)
    """

    def __call__(self, w):
        """Returns the nearest allowed value; here, `w` itself.

        Arguments:
            w: Tensor: the weight.

        Returns:
            A tensor of the shape and dtype of `w`.
        """
        return w


class MaxNorm(Constraint):
    """Shrinks the weights of a unit whose norm is above a bound.

    Often used together with dropout.

    Reference: [Srivastava et al.,
    2014](https://jmlr.org/papers/v15/srivastava14a.html).

    Arguments:
        max_value: Float: the largest norm of a unit's incoming weights.
        axis: Integer, or list of integers: the axes over which a norm is
            taken. 0 suits a `Dense` kernel, `(inputs, units)`; `[0, 1, 2]` a
            `Conv2D` kernel, `(rows, columns, inputs, filters)`.

    Example:

    >>> w = tf.constant([[3.0, 0.3], [4.0, 0.4]])
    >>> tfk.constraints.MaxNorm(1.0)(w).numpy().round(3)
    array([[0.6, 0.3],
           [0.8, 0.4]], dtype=float32)
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w):
        norm = _norm(w, self.axis)
        allowed = tf.clip_by_value(norm, 0, self.max_value)
        return w * (allowed / (tfk_config.epsilon() + norm))


class NonNeg(Constraint):
    """Replaces negative weights by zero.

    For models in which an input may only add, such as monotonic ones.

    Example:

    >>> tfk.constraints.NonNeg()(tf.constant([-1.0, 2.0])).numpy()
    array([0., 2.], dtype=float32)
    """

    def __call__(self, w):
        return tf.maximum(w, tf.zeros_like(w))


class UnitNorm(Constraint):
    """Gives the incoming weights of each unit the norm 1.

    Arguments:
        axis: Integer, or list of integers: the axes over which a norm is
            taken. 0 suits a `Dense` kernel, `(inputs, units)`; `[0, 1, 2]` a
            `Conv2D` kernel, `(rows, columns, inputs, filters)`.

    Example:

    >>> w = tf.constant([[3.0, 0.3], [4.0, 0.4]])
    >>> tfk.constraints.UnitNorm()(w).numpy().round(3)
    array([[0.6, 0.6],
           [0.8, 0.8]], dtype=float32)
    """

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        return w / (tfk_config.epsilon() + _norm(w, self.axis))


class MinMaxNorm(Constraint):
    """Brings the norm of each unit's incoming weights between two bounds.

    Arguments:
        min_value: Float: the smallest norm.
        max_value: Float: the largest norm.
        rate: Float in (0, 1]: how much of the way to the bound each
            application goes. 1 enforces the bounds at once.
        axis: Integer, or list of integers: the axes over which a norm is
            taken. 0 suits a `Dense` kernel, `(inputs, units)`; `[0, 1, 2]` a
            `Conv2D` kernel, `(rows, columns, inputs, filters)`.

    Example:

    >>> w = tf.constant([[3.0, 0.3], [4.0, 0.4]])
    >>> tfk.constraints.MinMaxNorm(1.0, 2.0)(w).numpy().round(3)
    array([[1.2, 0.6],
           [1.6, 0.8]], dtype=float32)
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w):
        norm = _norm(w, self.axis)
        allowed = tf.clip_by_value(norm, self.min_value, self.max_value)
        wanted = self.rate * allowed + (1 - self.rate) * norm
        return w * (wanted / (tfk_config.epsilon() + norm))


class RadialConstraint(Constraint):
    """Makes `Conv2D` kernels equal on each square ring around their center.

    Each ring takes the value that stands on the diagonal from the center to
    the lower right corner; the innermost ring of a kernel of even size, its
    upper left one.

    Example:

    >>> kernel = tf.reshape(tf.range(9.0), (3, 3, 1, 1))
    >>> tfk.constraints.RadialConstraint()(kernel)[:, :, 0, 0].numpy()
    array([[8., 8., 8.],
           [8., 4., 8.],
           [8., 8., 8.]], dtype=float32)

    tf.keras reads the rings of a kernel of odd size one place off, so that
    values move inwards each time it is applied. Here a kernel that meets the
    constraint stays as it is. For even sizes both agree.
    """

    def __call__(self, w):
        # XLA has no kernel that gathers from a variable itself.
        w = tf.convert_to_tensor(w)
        shape = w.shape
        if shape.rank != 4 or shape[0] is None or shape[0] != shape[1]:
            raise ValueError(
                "`RadialConstraint` applies to kernels of shape (size, size, "
                f"inputs, filters). Received: w of shape {shape}. Use it as "
                "`kernel_constraint` of a `Conv2D` with a square kernel."
            )
        source = _ring_sources(shape[0])
        return tf.gather_nd(w, np.stack([source, source], axis=-1))


def _norm(w, axis):
    return tf.sqrt(tf.reduce_sum(tf.square(w), axis=axis, keepdims=True))


def _ring_sources(size):
    """For each place of a kernel, the place on the diagonal that it copies."""
    distance = np.abs(np.arange(size) - (size - 1) / 2)
    ring = np.maximum(distance[:, None], distance[None, :]).astype("int32")
    source = size // 2 + ring
    return np.where(ring == 0, (size - 1) // 2, source)


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm
radial_constraint = RadialConstraint

_FAMILY = object_family.ObjectFamily(
    "constraint",
    "keras.constraints",
    {
        "MaxNorm": MaxNorm,
        "max_norm": MaxNorm,
        "maxnorm": MaxNorm,
        "MinMaxNorm": MinMaxNorm,
        "min_max_norm": MinMaxNorm,
        "minmaxnorm": MinMaxNorm,
        "NonNeg": NonNeg,
        "non_neg": NonNeg,
        "nonneg": NonNeg,
        "RadialConstraint": RadialConstraint,
        "radial_constraint": RadialConstraint,
        "UnitNorm": UnitNorm,
        "unit_norm": UnitNorm,
        "unitnorm": UnitNorm,
    },
)


def serialize(constraint, use_legacy_format=False):
    """Returns the config from which `deserialize` makes an equal constraint.

    Arguments:
        constraint: `Constraint` object, or a function of one tensor.
        use_legacy_format: Boolean: whether to write the format of Keras before
            version 2.12.

    Returns:
        A dict; a string for a built-in function.

    Example:

    >>> config = tfk.constraints.serialize(tfk.constraints.MaxNorm(3))
    >>> config["class_name"], config["config"]
    ('MaxNorm', {'max_value': 3, 'axis': 0})
    """
    return _FAMILY.serialize(constraint, use_legacy_format)


def deserialize(config, custom_objects=None, use_legacy_format=False):
    """Returns the constraint that a config describes.

    Arguments:
        config: Dict made by `serialize`, or a name.
        custom_objects: Dict of names to classes and functions of yours.
        use_legacy_format: Boolean. Both formats are recognised anyway.

    Returns:
        A constraint.

    Raises:
        ValueError: If the config names something unknown.

    Example:

    >>> config = tfk.constraints.serialize(tfk.constraints.MaxNorm(3))
    >>> tfk.constraints.deserialize(config).max_value
    3
    """
    return _FAMILY.deserialize(config, custom_objects, use_legacy_format)


def get(identifier):
    """Returns the constraint that a layer's argument stands for.

    Arguments:
        identifier: None, a name, a config, a class, or a constraint, which is
            returned as it is.

    Returns:
        A constraint, or None.

    Raises:
        ValueError: If the name is unknown.
        TypeError: If the identifier is none of these.

    Example:

    >>> type(tfk.constraints.get("non_neg")).__name__
    'NonNeg'
    """
    return _FAMILY.get(identifier)
