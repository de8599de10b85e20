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
"""Regularizers: penalties on weights or activations, added to the loss.

Layers take one in arguments such as `kernel_regularizer` and
`activity_regularizer`.
"""

import math
import numbers

import tensorflow as tf

from tfk.saving import object_family
from tfk.saving import registry
from tfk.saving.configurable import Configurable


class Regularizer(Configurable):
    """What all regularizers are: a callable from a tensor to a scalar penalty.

    Derive from it to write your own. Keep constructor arguments under their
    own names, and the regularizer can be saved.

    Example:

    >>> class Spread(tfk.regularizers.Regularizer):
    ...     def __init__(self, factor):
    ...         self.factor = factor
    ...     def __call__(self, x):
    ...         return self.factor * tf.math.reduce_variance(x)
    >>> Spread(0.1).get_config()
    {'factor': 0.1}
    """

    def __call__(self, x):
        """Returns the penalty; here, none.

        Arguments:
            x: Tensor: a weight, or the outputs of a layer.

        Returns:
            A scalar.
        """
        return 0.0


class L1L2(Regularizer):
    """Penalises the size of values and of their squares.

    The penalty is `l1 * sum(abs(x)) + l2 * sum(x ** 2)`. The first part drives
    values to exactly zero, the second keeps them all small (elastic net).

    Arguments:
        l1: Float: the factor of the absolute values.
        l2: Float: the factor of the squares.

    Example:

    >>> penalty = tfk.regularizers.L1L2(l1=0.5, l2=0.1)
    >>> print(penalty(tf.constant([1.0, -2.0])).numpy())
    2.0
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = _factor("l1", l1, default=0.0)
        self.l2 = _factor("l2", l2, default=0.0)

    def __call__(self, x):
        penalty = tf.zeros((), x.dtype)
        if self.l1:
            penalty += _sum_of_magnitudes(x, self.l1)
        if self.l2:
            penalty += _sum_of_squares(x, self.l2)
        return penalty


class L1(Regularizer):
    """Penalises the size of values: `l1 * sum(abs(x))`.

    Drives many values to exactly zero (lasso).

    Arguments:
        l1: Float: the factor.

    Example:

    >>> print(tfk.regularizers.L1(0.5)(tf.constant([1.0, -2.0])).numpy())
    1.5
    """

    def __init__(self, l1=0.01, **kwargs):
        self.l1 = _factor("l1", _renamed(l1, kwargs), default=0.01)

    def __call__(self, x):
        return _sum_of_magnitudes(x, self.l1)


class L2(Regularizer):
    """Penalises the squares of values: `l2 * sum(x ** 2)`.

    Keeps all values small (ridge, weight decay); the usual choice against
    overfitting.

    Arguments:
        l2: Float: the factor.

    Example:

    >>> print(tfk.regularizers.L2(0.5)(tf.constant([1.0, -2.0])).numpy())
    2.5
    """

    def __init__(self, l2=0.01, **kwargs):
        self.l2 = _factor("l2", _renamed(l2, kwargs), default=0.01)

    def __call__(self, x):
        return _sum_of_squares(x, self.l2)


class OrthogonalRegularizer(Regularizer):
    """Penalises rows (or columns) of a matrix that point in similar directions.

    The penalty is `factor` times the mean absolute cosine between two of
    them: 0 if all are orthogonal.

    Arguments:
        factor: Float: the weight of the penalty.
        mode: `"rows"` or `"columns"`: which vectors shall be orthogonal. A
            `Dense` kernel, `(inputs, units)`, has a column for each unit.

    Raises:
        ValueError: For another mode; or, when called, for a tensor that is not
            a matrix.

    Example:

    >>> penalty = tfk.regularizers.OrthogonalRegularizer(factor=0.1)
    >>> print(penalty(tf.constant([[1.0, 0.0], [0.0, 2.0]])).numpy())
    0.0
    >>> print(penalty(tf.constant([[1.0, 0.0], [2.0, 0.0]])).numpy())
    0.1
    """

    def __init__(self, factor=0.01, mode="rows"):
        if mode not in ("rows", "columns"):
            raise ValueError(
                "`mode` must be 'rows' or 'columns'. Received: "
                f"mode={mode!r}."
            )
        self.factor = _factor("factor", factor, default=0.01)
        self.mode = mode

    def __call__(self, inputs):
        if len(inputs.shape) != 2:
            raise ValueError(
                "`OrthogonalRegularizer` takes a matrix, of rank 2. Received: "
                f"inputs of shape {inputs.shape}."
            )
        vectors = inputs if self.mode == "rows" else tf.transpose(inputs)
        vectors = tf.math.l2_normalize(vectors, axis=1)
        cosines = tf.matmul(vectors, vectors, transpose_b=True)
        between = tf.linalg.set_diag(
            cosines, tf.zeros(tf.shape(cosines)[:1], cosines.dtype)
        )
        # Each pair of vectors stands in the matrix twice.
        count = tf.cast(tf.shape(cosines)[0], cosines.dtype)
        return self.factor * tf.math.divide_no_nan(
            tf.reduce_sum(tf.abs(between)), count * (count - 1)
        )


def _sum_of_magnitudes(x, factor):
    return factor * tf.reduce_sum(tf.abs(x))


def _sum_of_squares(x, factor):
    return factor * tf.reduce_sum(tf.square(x))


def _factor(name, value, default):
    """Checks a factor early: a NaN would show as a NaN loss much later."""
    if value is None:
        return default
    if not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise ValueError(
            f"`{name}` must be a finite number. Received: {name}={value!r}."
        )
    return float(value)


def _renamed(value, kwargs):
    """Reads the factor from `l`, its name in Keras before version 2.4."""
    unknown = sorted(set(kwargs) - {"l"})
    if unknown:
        raise TypeError(
            "A regularizer received arguments that it does not know. "
            f"Received: {', '.join(unknown)}."
        )
    return kwargs.get("l", value)


l1 = L1
l2 = L2
orthogonal_regularizer = OrthogonalRegularizer


def l1_l2(l1=0.01, l2=0.01):
    """Returns an `L1L2` regularizer, by default with both penalties.

    Arguments:
        l1: Float: the factor of the absolute values.
        l2: Float: the factor of the squares.

    Returns:
        An `L1L2` object.

    Example:

    >>> tfk.regularizers.l1_l2(l2=0.1).get_config()
    {'l1': 0.01, 'l2': 0.1}
    """
    return L1L2(l1=l1, l2=l2)


_FAMILY = object_family.ObjectFamily(
    "regularizer",
    "keras.regularizers",
    {
        "L1": L1,
        "l1": L1,
        "L2": L2,
        "l2": L2,
        "L1L2": L1L2,
        "l1_l2": L1L2,
        "OrthogonalRegularizer": OrthogonalRegularizer,
        "orthogonal_regularizer": OrthogonalRegularizer,
    },
)


def serialize(regularizer, use_legacy_format=False):
    """Returns the config from which `deserialize` makes an equal regularizer.

    Arguments:
        regularizer: `Regularizer` object, or a function of one tensor.
        use_legacy_format: Boolean: whether to write the format of Keras before
            version 2.12.

    Returns:
        A dict; a string for a built-in function.

    Example:

    >>> config = tfk.regularizers.serialize(tfk.regularizers.L2(0.5))
    >>> config["class_name"], config["config"]
    ('L2', {'l2': 0.5})
    """
    return _FAMILY.serialize(regularizer, use_legacy_format)


def deserialize(config, custom_objects=None, use_legacy_format=False):
    """Returns the regularizer that a config describes.

    Arguments:
        config: Dict made by `serialize`, or a name.
        custom_objects: Dict of names to classes and functions of yours.
        use_legacy_format: Boolean. Both formats are recognised anyway.

    Returns:
        A regularizer.

    Raises:
        ValueError: If the config names something unknown.

    Example:

    >>> config = tfk.regularizers.serialize(tfk.regularizers.L2(0.5))
    >>> tfk.regularizers.deserialize(config).l2
    0.5
    """
    if isinstance(config, str):
        with registry.preserved_scopes(custom_objects):
            return get(config)
    return _FAMILY.deserialize(config, custom_objects, use_legacy_format)


def get(identifier):
    """Returns the regularizer that a layer's argument stands for.

    Arguments:
        identifier: None, a name, a config, a class, or a regularizer, which is
            returned as it is.

    Returns:
        A regularizer, or None.

    Raises:
        ValueError: If the name is unknown.
        TypeError: If the identifier is none of these.

    Example:

    >>> tfk.regularizers.get("l2").get_config()
    {'l2': 0.01}
    """
    # By this name alone both factors default to more than zero.
    if isinstance(identifier, str) and identifier == "l1_l2":
        return l1_l2()
    return _FAMILY.get(identifier)
