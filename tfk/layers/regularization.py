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
"""Layers that keep a model from learning its examples by heart.

They are active in training only, and pass inputs on unchanged otherwise.
"""

import math

import tensorflow as tf

from tfk import config as defaults
from tfk import regularizers
from tfk.engine import random_stream
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import elementwise
from tfk.saving import registry
from tfk.utils import checks
from tfk.utils import conv_shapes

# The fixed point of `selu`: its scale and its alpha.
_SELU_SCALE = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772


class _Noise(Layer):
    """A layer that changes its inputs at random in training.

    Children write `_disturb`, and say in `_is_idle` when it does nothing.

    Arguments:
        seed: Integer, which gives the same noise in each run, or None.
    """

    _shape_says_all = True
    supports_masking = True
    _is_idle = False

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.random_stream = random_stream.RandomStream(seed)

    def call(self, inputs, training=None):
        """Disturbs the inputs in training."""
        if self._is_idle or training is False:
            return inputs
        return when(
            training,
            lambda: elementwise.apply(self, self._disturb_floats, inputs),
            inputs,
        )

    def _disturb_floats(self, x):
        if not x.dtype.is_floating:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes "
                f"floating tensors. Received: inputs of dtype {x.dtype.name}. "
                "Convert them with `tf.cast`."
            )
        return self._disturb(x)

    def _disturb(self, x):
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        return tf.TensorShape(input_shape)


def when(training, function, inputs):
    """Returns `function()` in training, and else the inputs.

    Arguments:
        training: Boolean, integer, or a boolean tensor or variable.
        function: Function without arguments.
        inputs: What is returned outside of training.
    """
    if tf.is_tensor(training) or isinstance(training, tf.Variable):
        static = tf.get_static_value(training)
        if static is None:
            training = tf.cast(training, tf.bool)
            return tf.cond(training, function, lambda: _copy(inputs))
        training = static
    return function() if training else inputs


def _copy(x):
    return tf.nest.map_structure(tf.identity, x, expand_composites=True)


class Dropout(_Noise):
    """Sets random inputs to 0 in training, and scales up the others.

    No unit can rely on another one then, which keeps large models from
    learning their examples by heart. The scale, `1 / (1 - rate)`, keeps the
    expected sum as it is.

    Reference: [Srivastava et al., 2014](
    https://www.jmlr.org/papers/v15/srivastava14a.html).

    Arguments:
        rate: Float from 0 to 1: the share of inputs that is set to 0.
        noise_shape: Tuple: the shape of the choice, where 1 on an axis makes
            one choice for the whole axis; None on an axis stands for its
            size. By default each value is chosen for itself.
        seed: Integer, which gives the same choices in each run, or None.

    Call arguments:
        inputs: Floating tensor, dense or ragged.
        training: Boolean: whether to do it.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Raises:
        ValueError: If `rate` is not from 0 to 1.

    Example:

    >>> layer = tfk.layers.Dropout(0.5, seed=3)
    >>> layer(tf.ones((1, 4))).numpy()
    array([[1., 1., 1., 1.]], dtype=float32)
    >>> set(layer(tf.ones((1, 100)), training=True).numpy().ravel().tolist())
    {0.0, 2.0}
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.rate = checks.share("rate", rate, self.name)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    @property
    def _is_idle(self):
        return not self.rate

    def _disturb(self, x):
        noise = self.random_stream.uniform(
            self._noise_shape_for(x), _noise_dtype(x)
        )
        return drop(x, noise, self.rate)

    def _noise_shape_for(self, x):
        if self.noise_shape is None:
            return _shape_of(x)
        rank = x.shape.rank
        if rank is not None and rank != len(self.noise_shape):
            raise ValueError(
                f"The `noise_shape` of layer '{self.name}' (of type "
                f"{type(self).__name__}) must have as many axes as its inputs. "
                f"Received: noise_shape={self.noise_shape}, inputs of shape "
                f"{x.shape}."
            )
        shape = _shape_of(x)
        return [
            shape[axis] if size is None else size
            for axis, size in enumerate(self.noise_shape)
        ]


def drop(x, noise, rate):
    """Sets values to 0 where noise is below a rate, and scales up the others.

    Arguments:
        x: Floating tensor.
        noise: Tensor of numbers from 0 to 1, whose shape broadcasts to that
            of `x`.
        rate: Float from 0 to 1.

    Returns:
        Tensor of the shape and dtype of `x`.
    """
    scale = 1 / (1 - rate) if rate < 1 else 0.0
    return tf.where(noise >= rate, x * scale, tf.zeros((), x.dtype))


class _SpatialDropout(Dropout):
    """Dropout of whole channels. Children set the rank of the inputs."""

    _ndim = None

    def __init__(self, rate, data_format=None, seed=None, **kwargs):
        super().__init__(rate, seed=seed, **kwargs)
        self.data_format = conv_shapes.normalize_data_format(
            data_format, self.name
        )
        self.input_spec = InputSpec(ndim=self._ndim)

    # tf.keras's files don't hold it, and its constructors take it.
    _unsaved_arguments = Layer._unsaved_arguments + ("data_format",)

    def get_config(self):
        config = super().get_config()
        if self.data_format != defaults.image_data_format():
            config["data_format"] = self.data_format
        return config

    def _noise_shape_for(self, x):
        shape = _shape_of(x)
        inner = [1] * (self._ndim - 2)
        if self.data_format == "channels_first":
            return [shape[0], shape[1], *inner]
        return [shape[0], *inner, shape[-1]]


class SpatialDropout1D(_SpatialDropout):
    """Sets whole features of sequences to 0 in training.

    In place of `Dropout` where neighbouring time steps are much alike, as
    after the first convolutions: dropping single values would change little.

    Reference: [Tompson et al., 2014](https://arxiv.org/abs/1411.4280).

    Arguments:
        rate: Float from 0 to 1: the share of features that is set to 0.
        seed: Integer, which gives the same choices in each run, or None.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Floating tensor.
        training: Boolean: whether to do it.

    Input shape:
        `(batch_size, steps, channels)`.

    Output shape:
        That of the input.

    Example:

    >>> layer = tfk.layers.SpatialDropout1D(0.5)
    >>> layer(tf.ones((2, 3, 4)), training=True).shape
    TensorShape([2, 3, 4])
    """

    _ndim = 3

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(rate, data_format="channels_last", seed=seed, **kwargs)

    def get_config(self):
        config = super().get_config()
        config.pop("data_format", None)
        return config


class SpatialDropout2D(_SpatialDropout):
    """Sets whole channels of images to 0 in training.

    In place of `Dropout` where neighbouring pixels are much alike, as after
    the first convolutions: dropping single values would change little.

    Reference: [Tompson et al., 2014](https://arxiv.org/abs/1411.4280).

    Arguments:
        rate: Float from 0 to 1: the share of channels that is set to 0.
        data_format: String: `"channels_last"` or `"channels_first"`. Defaults
            to `image_data_format` of the configuration.
        seed: Integer, which gives the same choices in each run, or None.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Floating tensor.
        training: Boolean: whether to do it.

    Input shape:
        `(batch_size, height, width, channels)`, or `(batch_size, channels,
        height, width)` with `"channels_first"`.

    Output shape:
        That of the input.

    Example:

    >>> layer = tfk.layers.SpatialDropout2D(0.5)
    >>> layer(tf.ones((2, 3, 3, 4)), training=True).shape
    TensorShape([2, 3, 3, 4])
    """

    _ndim = 4


class SpatialDropout3D(_SpatialDropout):
    """Sets whole channels of volumes to 0 in training.

    In place of `Dropout` where neighbouring voxels are much alike, as after
    the first convolutions: dropping single values would change little.

    Reference: [Tompson et al., 2014](https://arxiv.org/abs/1411.4280).

    Arguments:
        rate: Float from 0 to 1: the share of channels that is set to 0.
        data_format: String: `"channels_last"` or `"channels_first"`. Defaults
            to `image_data_format` of the configuration.
        seed: Integer, which gives the same choices in each run, or None.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Floating tensor.
        training: Boolean: whether to do it.

    Input shape:
        `(batch_size, depth, height, width, channels)`, or `(batch_size,
        channels, depth, height, width)` with `"channels_first"`.

    Output shape:
        That of the input.

    Example:

    >>> layer = tfk.layers.SpatialDropout3D(0.5)
    >>> layer(tf.ones((2, 3, 3, 3, 4)), training=True).shape
    TensorShape([2, 3, 3, 3, 4])
    """

    _ndim = 5


class GaussianNoise(_Noise):
    """Adds normally distributed noise in training.

    A kind of augmentation for inputs that are real numbers.

    Arguments:
        stddev: Float: the standard deviation of the noise.
        seed: Integer, which gives the same noise in each run, or None.

    Call arguments:
        inputs: Floating tensor, dense or ragged.
        training: Boolean: whether to do it.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Example:

    >>> layer = tfk.layers.GaussianNoise(0.1)
    >>> layer(tf.ones((2, 3)), training=True).shape
    TensorShape([2, 3])
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        if stddev is None or stddev < 0:
            raise ValueError(
                f"`stddev` of layer '{self.name}' must be a number that is not "
                f"negative. Received: stddev={stddev}."
            )
        self.stddev = stddev

    def _disturb(self, x):
        return x + self.random_stream.normal(
            _shape_of(x), stddev=self.stddev, dtype=x.dtype
        )


class GaussianDropout(_Noise):
    """Multiplies inputs by normally distributed noise around 1 in training.

    It has the mean and the variance of `Dropout` and sets nothing to 0.

    Reference: [Srivastava et al., 2014](
    https://www.jmlr.org/papers/v15/srivastava14a.html).

    Arguments:
        rate: Float from 0 to 1: as for `Dropout`; the standard deviation of
            the noise is `sqrt(rate / (1 - rate))`.
        seed: Integer, which gives the same noise in each run, or None.

    Call arguments:
        inputs: Floating tensor, dense or ragged.
        training: Boolean: whether to do it.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Example:

    >>> layer = tfk.layers.GaussianDropout(0.1)
    >>> layer(tf.ones((2, 3)), training=True).shape
    TensorShape([2, 3])
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.rate = checks.share("rate", rate, self.name)

    @property
    def _is_idle(self):
        # At 1 there is no finite noise; tf.keras too leaves inputs alone.
        return not 0 < self.rate < 1

    def _disturb(self, x):
        return x * self.random_stream.normal(
            _shape_of(x),
            mean=1.0,
            stddev=math.sqrt(self.rate / (1 - self.rate)),
            dtype=x.dtype,
        )


class AlphaDropout(_Noise):
    """Dropout that keeps mean and variance, for networks with `selu`.

    It sets random inputs to the lowest value of `selu`, then scales and
    shifts all of them so that normalised inputs stay normalised.

    Reference: [Klambauer et al., 2017](https://arxiv.org/abs/1706.02515).

    Arguments:
        rate: Float from 0 to 1: the share of inputs that is replaced.
        noise_shape: Tuple: the shape of the choice, as for `Dropout`.
        seed: Integer, which gives the same choices in each run, or None.

    Call arguments:
        inputs: Floating tensor, dense or ragged.
        training: Boolean: whether to do it.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Example:

    >>> layer = tfk.layers.AlphaDropout(0.1)
    >>> layer(tf.ones((2, 3)), training=True).shape
    TensorShape([2, 3])
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.rate = checks.share("rate", rate, self.name)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    # tf.keras's files hold it never; its constructor takes it.
    _unsaved_arguments = Layer._unsaved_arguments + ("noise_shape",)

    def get_config(self):
        config = super().get_config()
        if self.noise_shape is not None:
            config["noise_shape"] = self.noise_shape
        return config

    @property
    def _is_idle(self):
        return not 0 < self.rate < 1

    _noise_shape_for = Dropout._noise_shape_for

    def _disturb(self, x):
        noise = self.random_stream.uniform(
            self._noise_shape_for(x), _noise_dtype(x)
        )
        return alpha_drop(x, noise, self.rate)


def alpha_drop(x, noise, rate):
    """Sets values to the lowest of `selu` where noise is below a rate.

    Arguments:
        x: Floating tensor.
        noise: Tensor of numbers from 0 to 1, whose shape broadcasts to that
            of `x`.
        rate: Float between 0 and 1.

    Returns:
        Tensor of the shape and dtype of `x`, with mean 0 and variance 1 if
        those of `x` are.
    """
    lowest = -_SELU_SCALE * _SELU_ALPHA
    scale = ((1 - rate) * (1 + rate * lowest**2)) ** -0.5
    shift = -scale * lowest * rate
    kept = tf.where(noise >= rate, x, tf.cast(lowest, x.dtype))
    return scale * kept + shift


class ActivityRegularization(Layer):
    """Adds a penalty on its inputs to the loss, and passes them on.

    Arguments:
        l1: Float: the factor of the absolute values.
        l2: Float: the factor of the squares.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Example:

    >>> layer = tfk.layers.ActivityRegularization(l1=0.5)
    >>> _ = layer(tf.constant([[1.0, -3.0]]))
    >>> [float(loss) for loss in layer.losses]
    [2.0]
    """

    supports_masking = True

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(
            activity_regularizer=regularizers.L1L2(l1=l1 or 0.0, l2=l2 or 0.0),
            **kwargs,
        )
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs):
        """Returns the inputs."""
        return inputs

    def compute_output_shape(self, input_shape):
        return tf.TensorShape(input_shape)


def _shape_of(x):
    """Returns the static shape where it is known, else a tensor."""
    return x.shape if x.shape.is_fully_defined() else tf.shape(x)


def _noise_dtype(x):
    """Numbers of 16 bits are too coarse to compare with a rate."""
    return tf.float64 if x.dtype == tf.float64 else tf.float32


registry.add_builtins(
    "keras.layers",
    {
        layer.__name__: layer
        for layer in (
            ActivityRegularization,
            AlphaDropout,
            Dropout,
            GaussianDropout,
            GaussianNoise,
            SpatialDropout1D,
            SpatialDropout2D,
            SpatialDropout3D,
        )
    },
)
