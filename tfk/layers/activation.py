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
"""Activation functions as layers."""

import tensorflow as tf

from tfk import activations
from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import axes as axis_argument
from tfk.layers import elementwise
from tfk.saving import registry
from tfk.utils import portable_graph

_LARGE_NEGATIVE = -1e9
# A softmax gives 0 in 8 bits, and all other scores can be told apart.
_LOWEST_IN_8_BITS = -20.0


class _ShapePreserving(Layer):
    """A layer whose outputs have the shape and the mask of its inputs."""

    _shape_says_all = True
    supports_masking = True

    def compute_output_shape(self, input_shape):
        return tf.TensorShape(input_shape)


class Activation(_ShapePreserving):
    """Applies an activation function.

    For an activation that is not the last step of a layer, as after
    normalisation; else use the argument `activation` of that layer.

    Arguments:
        activation: Function of one tensor, or the name of one.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Example:

    >>> tfk.layers.Activation("relu")(tf.constant([-1.0, 2.0])).numpy()
    array([0., 2.], dtype=float32)
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs):
        """Applies the function."""
        return self.activation(inputs)


class ReLU(_ShapePreserving):
    """Lets positive values pass and cuts negative ones.

    Gives `max_value` where `x >= max_value`, `x` where `threshold <= x <
    max_value`, and `negative_slope * (x - threshold)` elsewhere.

    Arguments:
        max_value: Float, the largest output, or None for no bound.
        negative_slope: Float: the slope below the threshold.
        threshold: Float: values below it count as not active.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Raises:
        ValueError: If an argument is negative.

    Example:

    >>> layer = tfk.layers.ReLU(max_value=6.0, negative_slope=0.5)
    >>> layer(tf.constant([-2.0, 3.0, 9.0])).numpy()
    array([-1.,  3.,  6.], dtype=float32)
    """

    def __init__(
        self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs
    ):
        super().__init__(**kwargs)
        if max_value is not None:
            max_value = _not_negative("max_value", max_value, self.name)
        self.max_value = max_value
        self.negative_slope = _not_negative(
            "negative_slope", negative_slope, self.name
        )
        self.threshold = _not_negative("threshold", threshold, self.name)

    def call(self, inputs):
        """Applies the function."""
        return elementwise.apply(self, self._activate, inputs)

    def _activate(self, x):
        return activations.relu(
            x, self.negative_slope, self.max_value, self.threshold
        )


class LeakyReLU(_ShapePreserving):
    """Lets positive values pass and shrinks negative ones: `alpha * x`.

    Other than with `ReLU`, a unit that is not active still learns.

    Arguments:
        alpha: Float: the slope below zero.
        negative_slope: Float: another name for it.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Example:

    >>> tfk.layers.LeakyReLU(alpha=0.5)(tf.constant([-2.0, 2.0])).numpy()
    array([-1.,  2.], dtype=float32)
    """

    # The name of Keras 3; files hold that of tf.keras.
    _unsaved_arguments = Layer._unsaved_arguments + ("negative_slope",)

    def __init__(self, alpha=0.3, negative_slope=None, **kwargs):
        super().__init__(**kwargs)
        if negative_slope is not None:
            alpha = negative_slope
        self.alpha = _number("alpha", alpha, self.name)

    @property
    def negative_slope(self):
        """The slope below zero."""
        return self.alpha

    def call(self, inputs):
        """Applies the function."""
        return elementwise.apply(
            self, lambda x: tf.nn.leaky_relu(x, alpha=self.alpha), inputs
        )


class PReLU(_ShapePreserving):
    """Lets positive values pass and shrinks negative ones, as it learns.

    Gives `alpha * x` below zero, where `alpha` is a weight of the layer.

    Reference: [He et al., 2015](https://arxiv.org/abs/1502.01852).

    Arguments:
        alpha_initializer: Initializer of the weight `alpha`.
        alpha_regularizer: Regularizer of it.
        alpha_constraint: Constraint on it.
        shared_axes: Integer or list: axes along which one slope is shared,
            such as `[1, 2]` for the height and width of images.

    Input shape:
        `(batch_size, ...)`. Sizes of axes that are not shared must be known.

    Output shape:
        That of the input.

    Example:

    >>> layer = tfk.layers.PReLU(alpha_initializer="ones", shared_axes=[1])
    >>> layer(tf.constant([[[-1.0, 2.0]]])).numpy()
    array([[[-1.,  2.]]], dtype=float32)
    >>> layer.alpha.shape
    TensorShape([1, 2])
    """

    def __init__(
        self,
        alpha_initializer="zeros",
        alpha_regularizer=None,
        alpha_constraint=None,
        shared_axes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if isinstance(shared_axes, int):
            shared_axes = [shared_axes]
        self.shared_axes = None if shared_axes is None else list(shared_axes)

    def build(self, input_shape):
        """Makes the slopes."""
        shape = list(tf.TensorShape(input_shape))
        for axis in self.shared_axes or ():
            if not 1 <= axis < len(shape):
                raise ValueError(
                    f"The `shared_axes` of layer '{self.name}' (of type PReLU) "
                    f"must be from 1 to {len(shape) - 1} for its inputs. "
                    f"Received: shared_axes={self.shared_axes}, "
                    f"input_shape={tuple(shape)}."
                )
            shape[axis] = 1
        if None in shape[1:]:
            raise ValueError(
                f"Layer '{self.name}' (of type PReLU) needs to know the sizes "
                "of all axes but the first and its `shared_axes`. Received: "
                f"shared_axes={self.shared_axes}, input_shape="
                f"{tuple(tf.TensorShape(input_shape))}."
            )
        self.alpha = self.add_weight(
            "alpha",
            shape=shape[1:],
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        shared = self.shared_axes or ()
        axes = {i: n for i, n in enumerate(shape) if i and i not in shared}
        self.input_spec = InputSpec(ndim=len(shape), axes=axes)
        self.built = True

    def call(self, inputs):
        """Applies the function."""
        if isinstance(inputs, (tf.RaggedTensor, tf.SparseTensor)):
            elementwise.refuse(self, inputs, "dense")
        return tf.nn.relu(inputs) - self.alpha * tf.nn.relu(-inputs)


class ELU(_ShapePreserving):
    """Exponential linear unit: `x` if positive, else `alpha * (exp(x) - 1)`.

    Reference: [Clevert et al., 2016](https://arxiv.org/abs/1511.07289).

    Arguments:
        alpha: Float: the output for very negative values is `-alpha`.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Example:

    >>> tfk.layers.ELU(alpha=0.5)(tf.constant([-100.0, 2.0])).numpy()
    array([-0.5,  2. ], dtype=float32)
    """

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = _number("alpha", alpha, self.name)

    def call(self, inputs):
        """Applies the function."""
        return elementwise.apply(
            self, lambda x: activations.elu(x, self.alpha), inputs
        )


class ThresholdedReLU(_ShapePreserving):
    """Lets values above a threshold pass; gives 0 for others.

    Reference: [Konda et al., 2015](https://arxiv.org/abs/1402.3337).

    Arguments:
        theta: Float, not negative: the threshold.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Example:

    >>> tfk.layers.ThresholdedReLU(theta=1.0)(tf.constant([0.5, 2.0])).numpy()
    array([0., 2.], dtype=float32)
    """

    def __init__(self, theta=1.0, **kwargs):
        super().__init__(**kwargs)
        self.theta = _not_negative("theta", theta, self.name)

    def call(self, inputs):
        """Applies the function."""
        return elementwise.apply(self, self._activate, inputs)

    def _activate(self, x):
        return x * tf.cast(x > tf.cast(self.theta, x.dtype), x.dtype)


class Softmax(_ShapePreserving):
    """Turns scores into probabilities: positive values whose sum is 1.

    Arguments:
        axis: Integer, or a list of them: the axis, or axes, over which the
            outputs sum to 1.
        robust_masking: Boolean: whether masked scores are replaced rather
            than lowered, so that none is so large that it counts.

    Call arguments:
        inputs: Scores.
        mask: Boolean tensor of the shape of the scores; where it is False the
            output is 0.

    Input shape:
        `(batch_size, ...)`.

    Output shape:
        That of the input.

    Example:

    >>> scores = tf.constant([[1.0, 1.0, 1.0]])
    >>> tfk.layers.Softmax()(scores, mask=[[True, True, False]]).numpy()
    array([[0.5, 0.5, 0. ]], dtype=float32)
    """

    def __init__(self, axis=-1, robust_masking=False, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.robust_masking = robust_masking

    def build(self, input_shape):
        """Checks the axes."""
        if tf.TensorShape(input_shape).rank is not None:
            axes = self.axis
            if not isinstance(axes, int):
                axes = list(axes)
            axis_argument.negative(axes, input_shape, self.name)
        self.built = True

    # tf.keras's files hold it only where it is not the default.
    _unsaved_arguments = Layer._unsaved_arguments + ("robust_masking",)

    def get_config(self):
        config = super().get_config()
        if self.robust_masking:
            config["robust_masking"] = True
        return config

    def call(self, inputs, mask=None):
        """Applies the function."""
        if isinstance(inputs, tf.SparseTensor):
            elementwise.refuse(self, inputs, "dense and ragged")
        if mask is not None:
            inputs = masked_scores(inputs, mask, self.robust_masking)
        axis = self.axis
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            axis = axis[0]
        return activations.softmax(inputs, axis)


def masked_scores(scores, mask, replace=False):
    """Lowers scores where a mask is False, so that a softmax gives 0 there.

    Arguments:
        scores: Floating tensor.
        mask: Boolean tensor of the shape of the scores, or one that
            broadcasts to it.
        replace: Boolean: whether masked scores are replaced, not lowered.

    Returns:
        Tensor of the shape and dtype of the scores.
    """
    lowest = scores.dtype.min if scores.dtype.size == 2 else _LARGE_NEGATIVE
    if portable_graph.is_in_8_bits():
        lowest = _LOWEST_IN_8_BITS
    lowest = tf.cast(lowest, scores.dtype)
    if replace:
        return tf.where(tf.cast(mask, tf.bool), scores, lowest)
    return scores + (1 - tf.cast(mask, scores.dtype)) * lowest


def _number(name, value, layer_name):
    if value is None:
        raise ValueError(
            f"`{name}` of layer '{layer_name}' must be a number. Received: "
            f"{name}=None."
        )
    return float(value)


def _not_negative(name, value, layer_name):
    if value is None or value < 0:
        raise ValueError(
            f"`{name}` of layer '{layer_name}' must be a number that is not "
            f"negative. Received: {name}={value}."
        )
    return float(value)


registry.add_builtins(
    "keras.layers",
    {
        layer.__name__: layer
        for layer in (
            Activation,
            ELU,
            LeakyReLU,
            PReLU,
            ReLU,
            Softmax,
            ThresholdedReLU,
        )
    },
)
