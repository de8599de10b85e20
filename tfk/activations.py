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
"""Activation functions: what a layer does to its outputs, elementwise or so.

A layer takes one by name or as a function, in its `activation` argument.
"""

import numpy as np
import tensorflow as tf

from tfk.saving import object_family
from tfk.saving import registry

_VALUES_WITHOUT_OPS = (int, float, list, tuple, np.ndarray, np.generic)


def linear(x):
    """Returns its input: the absence of an activation.

    Arguments:
        x: Tensor.

    Returns:
        `x` itself.

    Example:

    >>> tfk.activations.linear(tf.constant([-1.0, 2.0])).numpy()
    array([-1.,  2.], dtype=float32)
    """
    return x


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """Lets positive values pass and cuts negative ones: `max(x, 0)`.

    The usual choice for hidden layers. With the other arguments it is
    `max_value` where `x >= max_value`, `x` where `threshold < x < max_value`,
    and `alpha * (x - threshold)` elsewhere.

    Arguments:
        x: Tensor.
        alpha: Float: slope below the threshold. Above 0 it keeps a gradient
            for units that are not active.
        max_value: Float, the largest output, or None for no bound.
        threshold: Float: values up to it count as not active.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> x = tf.constant([-10.0, -0.5, 0.5, 10.0])
    >>> tfk.activations.relu(x).numpy()
    array([ 0. ,  0. ,  0.5, 10. ], dtype=float32)
    >>> tfk.activations.relu(x, alpha=0.5, max_value=6.0).numpy()
    array([-5.  , -0.25,  0.5 ,  6.  ], dtype=float32)
    """
    x = _as_tensor(x)
    if alpha != 0.0 and max_value is None and threshold == 0.0:
        return tf.nn.leaky_relu(x, alpha=alpha)
    if threshold == 0.0:
        active = tf.nn.relu(x)
    else:
        active = tf.where(x > threshold, x, tf.zeros_like(x))
    if max_value is not None:
        active = tf.clip_by_value(active, 0, max_value)
    if alpha == 0.0:
        return active
    return active - alpha * tf.nn.relu(threshold - x)


def leaky_relu(x, negative_slope=0.2):
    """Lets positive values pass and shrinks negative ones.

    Other than with `relu`, a unit that is not active still learns.

    Arguments:
        x: Tensor.
        negative_slope: Float: slope below zero.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.leaky_relu(tf.constant([-10.0, 1.0])).numpy()
    array([-2.,  1.], dtype=float32)
    """
    return relu(x, alpha=negative_slope)


def relu6(x):
    """Rectified linear unit that ends at 6: `min(max(x, 0), 6)`.

    The bound keeps activations in range for arithmetic of low precision, as
    in mobile networks.

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.relu6(tf.constant([-1.0, 3.0, 9.0])).numpy()
    array([0., 3., 6.], dtype=float32)
    """
    return tf.nn.relu6(x)


def elu(x, alpha=1.0):
    """Exponential linear unit: `x` if positive, else `alpha * (exp(x) - 1)`.

    Negative outputs bring the mean of the activations nearer to zero, which
    speeds learning up.

    Reference: [Clevert et al., 2016](https://arxiv.org/abs/1511.07289).

    Arguments:
        x: Tensor.
        alpha: Float: the output for very negative values is `-alpha`.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.elu(tf.constant([-100.0, 2.0]), alpha=0.5).numpy()
    array([-0.5,  2. ], dtype=float32)
    """
    x = _as_tensor(x)
    unit = tf.nn.elu(x)
    if alpha == 1:
        return unit
    return tf.where(x > 0, unit, alpha * unit)


def selu(x):
    """Scaled exponential linear unit, which keeps activations normalised.

    It is `1.0507 * elu(x, alpha=1.67326)`. With the `lecun_normal`
    initializer and `AlphaDropout`, deep dense networks keep zero mean and unit
    variance without normalisation layers.

    Reference: [Klambauer et al., 2017](https://arxiv.org/abs/1706.02515).

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.selu(tf.constant([0.0, 1.0])).numpy().round(4)
    array([0.    , 1.0507], dtype=float32)
    """
    return tf.nn.selu(x)


def gelu(x, approximate=False):
    """Gaussian error linear unit: `x * P(X <= x)` for a standard normal `X`.

    The smooth relative of `relu` in most Transformers.

    Reference: [Hendrycks & Gimpel, 2016](https://arxiv.org/abs/1606.08415).

    Arguments:
        x: Tensor.
        approximate: Boolean: whether to take the tanh approximation, as the
            original BERT and GPT-2 do.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.gelu(tf.constant([-1.0, 0.0, 1.0])).numpy().round(3)
    array([-0.159,  0.   ,  0.841], dtype=float32)
    """
    return tf.nn.gelu(x, approximate=approximate)


def swish(x):
    """Sigmoid linear unit, `x * sigmoid(x)`, also known as SiLU.

    A smooth unit that often does better than `relu` in deep networks, such as
    EfficientNet.

    Reference: [Ramachandran et al., 2017](https://arxiv.org/abs/1710.05941).

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.swish(tf.constant([-1.0, 0.0, 1.0])).numpy().round(3)
    array([-0.269,  0.   ,  0.731], dtype=float32)
    """
    return tf.nn.silu(x)


silu = swish


def mish(x):
    """Self-regularising smooth unit: `x * tanh(softplus(x))`.

    Reference: [Misra, 2019](https://arxiv.org/abs/1908.08681).

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.mish(tf.constant([-1.0, 0.0, 1.0])).numpy().round(3)
    array([-0.303,  0.   ,  0.865], dtype=float32)
    """
    x = _as_tensor(x)
    return x * tf.math.tanh(tf.math.softplus(x))


def softplus(x):
    """Smooth `relu` whose output is always positive: `log(exp(x) + 1)`.

    For outputs that have to be positive, such as a scale.

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.softplus(tf.constant([0.0, 20.0])).numpy().round(3)
    array([ 0.693, 20.   ], dtype=float32)
    """
    return tf.math.softplus(x)


def softsign(x):
    """Maps to (-1, 1) with slowly flattening ends: `x / (abs(x) + 1)`.

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.softsign(tf.constant([-1.0, 0.0, 3.0])).numpy()
    array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    return tf.math.softsign(x)


def tanh(x):
    """Hyperbolic tangent, which maps to (-1, 1).

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.tanh(tf.constant([-1.0, 0.0, 1.0])).numpy().round(3)
    array([-0.762,  0.   ,  0.762], dtype=float32)
    """
    return tf.math.tanh(x)


def sigmoid(x):
    """Maps to (0, 1): `1 / (1 + exp(-x))`.

    For the output of a binary classifier: the probability that the answer is
    yes, of which `x` is the log-odds.

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`. It carries `x` along as its
        logits, from which the crossentropies compute without loss of
        precision.

    Example:

    >>> tfk.activations.sigmoid(tf.constant([-1.0, 0.0, 1.0])).numpy().round(3)
    array([0.269, 0.5  , 0.731], dtype=float32)
    """
    x = _as_tensor(x)
    return _with_logits(tf.math.sigmoid(x), x, "sigmoid")


def hard_sigmoid(x):
    """Piecewise linear stand-in for `sigmoid`: `0.2 * x + 0.5` within [0, 1].

    Cheaper than `sigmoid`; recurrent layers of old models use it.

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.hard_sigmoid(tf.constant([-3.0, 0.0, 1.0])).numpy()
    array([0. , 0.5, 0.7], dtype=float32)
    """
    return tf.clip_by_value(0.2 * _as_tensor(x) + 0.5, 0.0, 1.0)


def exponential(x):
    """The exponential function, for outputs that are rates or ratios.

    Arguments:
        x: Tensor.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> tfk.activations.exponential(tf.constant([0.0, 1.0])).numpy().round(3)
    array([1.   , 2.718], dtype=float32)
    """
    return tf.math.exp(x)


def softmax(x, axis=-1):
    """Turns scores into probabilities: positive values whose sum is 1.

    For the output of a classifier over several classes that exclude each
    other. It is `exp(x) / sum(exp(x))`, computed without overflow.

    Arguments:
        x: Tensor of rank 2 or more.
        axis: Integer, or a list of them: the axis, or axes, over which the
            outputs sum to 1.

    Returns:
        A tensor of the shape and dtype of `x`. It carries `x` along as its
        logits, from which the crossentropies compute without loss of
        precision.

    Raises:
        ValueError: If `x` has rank 0 or 1: the batch axis is missing.

    Example:

    >>> tfk.activations.softmax(tf.constant([[1.0, 2.0, 3.0]])).numpy().round(3)
    array([[0.09 , 0.245, 0.665]], dtype=float32)
    """
    x = _checked_scores(x, "softmax")
    if not isinstance(axis, int):
        total = tf.math.reduce_logsumexp(x, axis=axis, keepdims=True)
        return tf.math.exp(x - total)
    output = tf.nn.softmax(x, axis=axis)
    # The crossentropies take logits along the last axis only.
    if axis in (-1, x.shape.rank and x.shape.rank - 1):
        return _with_logits(output, x, "softmax")
    return output


def log_softmax(x, axis=-1):
    """The logarithm of `softmax`, computed without loss of precision.

    For models whose outputs are log-probabilities.

    Arguments:
        x: Tensor of rank 2 or more.
        axis: Integer: the axis over which the probabilities sum to 1.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        ValueError: If `x` has rank 0 or 1: the batch axis is missing.

    Example:

    >>> tfk.activations.log_softmax(tf.constant([[0.0, 0.0]])).numpy().round(3)
    array([[-0.693, -0.693]], dtype=float32)
    """
    return tf.nn.log_softmax(_checked_scores(x, "log_softmax"), axis=axis)


def _as_tensor(x):
    """Makes a tensor of plain values, and leaves tensors of all sorts."""
    if isinstance(x, _VALUES_WITHOUT_OPS):
        return tf.convert_to_tensor(x)
    return x


def _checked_scores(x, name):
    x = _as_tensor(x)
    if x.shape.rank is not None and x.shape.rank < 2:
        raise ValueError(
            f"`{name}` needs a tensor of rank 2 or more, whose first axis is "
            f"the batch. Received: x of shape {x.shape}. Add an axis with "
            "`tf.expand_dims(x, 0)`, or use "
            f"`tf.nn.{name}`, which takes vectors."
        )
    return x


def _with_logits(output, logits, activation):
    """Attaches the logits, under the names that the crossentropies look for."""
    output._keras_logits = logits
    output._keras_logits_activation = activation
    return output


_FUNCTIONS = (
    elu,
    exponential,
    gelu,
    hard_sigmoid,
    leaky_relu,
    linear,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    softmax,
    softplus,
    softsign,
    swish,
    tanh,
)

_FAMILY = object_family.ObjectFamily(
    "activation",
    "keras.activations",
    {**{function.__name__: function for function in _FUNCTIONS}, "silu": silu},
)

# Layers that `get` finds by name, as tf.keras does.
_LAYERS = ("ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "ThresholdedReLU")

# `Dense(8, activation=tf.nn.relu)` is saved as "relu": TensorFlow's own
# functions are written under the names of the activations that equal them.
registry.add_builtins(
    "tensorflow.nn",
    {
        "elu": tf.nn.elu,
        "gelu": tf.nn.gelu,
        "leaky_relu": tf.nn.leaky_relu,
        "log_softmax": tf.nn.log_softmax,
        "relu": tf.nn.relu,
        "relu6": tf.nn.relu6,
        "selu": tf.nn.selu,
        "sigmoid": tf.nn.sigmoid,
        "softmax": tf.nn.softmax,
        "softplus": tf.nn.softplus,
        "softsign": tf.nn.softsign,
        "swish": tf.nn.silu,
        "tanh": tf.nn.tanh,
    },
)


def serialize(activation, use_legacy_format=False):
    """Returns the name or config from which `deserialize` finds an activation.

    Arguments:
        activation: Function or callable object.
        use_legacy_format: Boolean: whether to write the format of Keras before
            version 2.12.

    Returns:
        A string for a built-in function, else a dict.

    Example:

    >>> tfk.activations.serialize(tf.nn.relu)
    'relu'
    """
    return _FAMILY.serialize(activation, use_legacy_format)


def deserialize(name, custom_objects=None, use_legacy_format=False):
    """Returns the activation that a name or config describes.

    Arguments:
        name: String, or a dict made by `serialize`.
        custom_objects: Dict of names to functions of yours.
        use_legacy_format: Boolean. Both formats are recognised anyway.

    Returns:
        A function or callable object.

    Raises:
        ValueError: If the name is unknown.

    Example:

    >>> tfk.activations.deserialize("relu").__name__
    'relu'
    """
    return _FAMILY.deserialize(name, custom_objects, use_legacy_format)


def get(identifier):
    """Returns the activation that a layer's `activation` argument stands for.

    Arguments:
        identifier: None for `linear`, a name, a config, or a callable, which
            is returned as it is.

    Returns:
        A function or callable object.

    Raises:
        ValueError: If the name is unknown.
        TypeError: If the identifier is none of these.

    Example:

    >>> tfk.activations.get("tanh").__name__
    'tanh'
    >>> tfk.activations.get(None).__name__
    'linear'
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str) and identifier in _LAYERS:
        layer = registry.find(identifier, "keras.layers")
        if layer is not None:
            return layer()
    return _FAMILY.get(identifier)
