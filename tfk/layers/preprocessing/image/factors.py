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
"""The ranges that random changes are drawn from."""

import tensorflow as tf


def limits(name, value, layer_name, lowest=-1.0, highest=1.0, mirrored=True):
    """Returns the range that an argument names.

    Arguments:
        name: String: the argument's name, for messages.
        value: A number or a pair of numbers in increasing order.
        layer_name: String: the layer's name, for messages.
        lowest: The smallest number that is allowed.
        highest: The largest number that is allowed, or None.
        mirrored: Boolean: whether a single number `a` stands for `(-a, a)`,
            and not for `(lowest, a)`.

    Returns:
        A pair of floats.

    Raises:
        ValueError: If it is something else.

    Example:

    >>> from tfk.layers.preprocessing.image import factors
    >>> factors.limits("factor", 0.2, "flip")
    (-0.2, 0.2)
    """
    pair = _as_pair(value)
    if pair is None:
        number = _as_number(value)
        if number is not None and number >= 0:
            pair = (-number, number) if mirrored else (lowest, number)
    top = float("inf") if highest is None else highest
    if pair is not None and lowest <= pair[0] <= pair[1] <= top:
        return pair
    upper = "" if highest is None else f" to {highest:g}"
    raise ValueError(
        f"`{name}` of layer '{layer_name}' must be a number that is not "
        f"negative, or an increasing pair of numbers, from {lowest:g}{upper}. "
        f"Received: {name}={value!r}."
    )


def of_amplitude(value, layer_name):
    """Returns the range that an `amplitude` names.

    Such is the word of the RFC of 2019: `a` stands for `(-a, a)` and a pair
    `(a, b)` for `(-a, b)`, where more than 1 is cut off below.

    Arguments:
        value: A number or a pair of numbers, none of them negative.
        layer_name: String: the layer's name, for messages.

    Returns:
        A pair of floats.
    """
    pair = _as_pair(value)
    if pair is None:
        number = _as_number(value)
        pair = None if number is None else (number, number)
    if pair is None or min(pair) < 0:
        raise ValueError(
            f"`amplitude` of layer '{layer_name}' must be a number that is "
            "not negative, or a pair of them. Received: "
            f"amplitude={value!r}."
        )
    return -min(pair[0], 1.0), pair[1]


def or_amplitude(name, value, kwargs, layer_class, convert=None):
    """Returns an argument that may be given as an `amplitude`.

    Arguments:
        name: String: the argument's name.
        value: The argument, or None.
        kwargs: Dict of further arguments, from which `amplitude` is taken.
        layer_class: String: the class of the layer, for messages.
        convert: Optional function of the amplitude's range.

    Raises:
        TypeError: If both or none are given.
    """
    amplitude = kwargs.pop("amplitude", None)
    if (value is None) == (amplitude is None):
        raise TypeError(
            f"{layer_class} needs `{name}`, or `amplitude` in its place, and "
            f"not both. Received: {name}={value!r}, amplitude={amplitude!r}."
        )
    if amplitude is None:
        return value
    pair = of_amplitude(amplitude, layer_class)
    return pair if convert is None else convert(*pair)


def chance(name, value, layer_name):
    """Returns the range that the probability of a change is drawn from.

    Arguments:
        name: String: the argument's name, for messages.
        value: A number, which is the probability, or a range.
        layer_name: String: the layer's name, for messages.
    """
    number = _as_number(value)
    pair = value if number is None else (number, number)
    return limits(name, pair, layer_name, lowest=0.0)


def happens(uniform, pair):
    """Returns which changes happen, as booleans.

    Arguments:
        uniform: Float tensor of shape `(count, 2)`, from [0, 1).
        pair: Pair of floats: the range of the probability.
    """
    return uniform[:, 0] < between(uniform[:, 1], pair)


def value_range(value, layer_name):
    """Returns a `value_range` argument as a tuple, after a check.

    Arguments:
        value: Pair of increasing numbers.
        layer_name: String: the layer's name, for messages.
    """
    pair = _as_pair(value)
    if pair is None or pair[0] >= pair[1]:
        raise ValueError(
            f"`value_range` of layer '{layer_name}' must be a pair of "
            f"increasing numbers. Received: value_range={value!r}."
        )
    return tuple(value)


def between(uniform, pair):
    """Returns numbers from a range for numbers from [0, 1).

    Let no constant be added or multiplied afterwards: Grappler would merge it
    into the range, and round otherwise than eager code.

    Arguments:
        uniform: Floating tensor.
        pair: Pair of floats.
    """
    if pair[0] == pair[1]:
        return tf.fill(tf.shape(uniform), tf.cast(pair[0], uniform.dtype))
    return pair[0] + (pair[1] - pair[0]) * uniform


def _as_number(value):
    if isinstance(value, bool) or isinstance(value, str):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _as_pair(value):
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return None
    if len(value) != 2:
        return None
    numbers = [_as_number(item) for item in value]
    return None if None in numbers else tuple(numbers)


def same_bits(function, x):
    """Computes a function of numbers, whose last bits no batch changes.

    Those of a cosine or exponential depend on how many of them are computed at
    once. Computed in double precision, nothing is left of that.

    Arguments:
        function: As `tf.cos`.
        x: Tensor of floating-point numbers.
    """
    return tf.cast(function(tf.cast(x, tf.float64)), x.dtype)
