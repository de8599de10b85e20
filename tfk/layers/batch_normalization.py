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
"""Batch normalization, with statistics of one replica or of all."""

import warnings

import tensorflow as tf

from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.layers import affine_weights
from tfk.layers import axes as axis_argument
from tfk.layers import batch_renormalization
from tfk.layers import batch_statistics
from tfk.utils import caller
from tfk.utils import checks
from tfk.utils import device_support

_FUSED_LAYOUTS = {
    (4, -1): "NHWC",
    (4, -3): "NCHW",
    (5, -1): "NDHWC",
    (5, -4): "NCDHW",
}
# Arguments that a config holds only where they are set, as in tf.keras.
_DEFAULTS = {
    "synchronized": False,
    "renorm": False,
    "virtual_batch_size": None,
}


class BatchNormalization(Layer):
    """Brings each channel to mean 0 and variance 1 over the batch.

    Use it between the layers of deep networks, convolutional ones most of all:
    they train faster, and with higher learning rates. In training the
    statistics are those of the batch; they also move the moving averages:

        moving = momentum * moving + (1 - momentum) * batch

    In inference the moving averages are used. After normalization the values
    are scaled by `gamma` and shifted by `beta`, which are learned.

    A layer with `trainable=False`, its own or set by a layer around it, always
    runs in inference mode: it neither uses nor keeps the batch's statistics.

    See [Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167).

    Arguments:
        axis: Integer or list of integers: the axes that keep statistics of
            their own, usually that of the channels: -1, or 1 where images
            come as `"channels_first"`.
        momentum: Float: how slowly the moving averages move.
        epsilon: Float: added to the variance, so that no division is by 0.
        center: Boolean: whether there is a `beta`.
        scale: Boolean: whether there is a `gamma`. A layer with weights that
            follows at once makes it needless.
        beta_initializer: Initializer of `beta`.
        gamma_initializer: Initializer of `gamma`.
        moving_mean_initializer: Initializer of the moving mean.
        moving_variance_initializer: Initializer of the moving variance.
        beta_regularizer: Regularizer of `beta`.
        gamma_regularizer: Regularizer of `gamma`.
        beta_constraint: Constraint on `beta`.
        gamma_constraint: Constraint on `gamma`.
        synchronized: Boolean: whether the statistics are those of the batches
            of all replicas together. Use it where the batch of a replica is
            small. By default each replica uses its own, and the moving
            averages are the mean of theirs.
        renorm: Boolean: whether to bring what the batch's statistics give to
            what averages over many batches would give (batch renormalization,
            [Ioffe, 2017](https://arxiv.org/abs/1702.03275)). Use it where
            batches are small or not drawn at random.
        renorm_clipping: Dict that may have the keys "rmin" and "rmax", the
            limits of the factor by which it does so, and "dmax", the limit of
            what it adds. By default there are none.
        renorm_momentum: Float: how slowly the averages of `renorm` move; they
            should be faster than the others.
        virtual_batch_size: Integer that divides the batch: how many samples
            are normalised together in training, for the noise of small
            batches in large ones (ghost batch normalization,
            [Hoffer et al., 2017](https://arxiv.org/abs/1705.08741)).
        adjustment: Function of the shape of the inputs, as a tensor, that
            returns a pair of tensors: in training, normalised values are
            multiplied by the first and the second is added to them, before
            `gamma` and `beta`. A config does not hold it.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`. `fused=False`
            has the moving variance divided by the number of values on images
            and volumes too; any other value is the default.

    Call arguments:
        inputs: Tensor, or ragged tensor whose ragged axes are summed up.
        training: Boolean: training or inference mode.
        mask: Boolean tensor with the first axes of the inputs: places where it
            is False do not count for the statistics.

    Input shape:
        Any, with a known size along `axis`.

    Output shape:
        That of the input.

    Raises:
        TypeError: If `axis` is neither an integer nor a list of them.
        ValueError: If `virtual_batch_size` does not go together with another
            argument, or, when the layer is built, if `axis` does not fit the
            input.

    Example:

    >>> x = tf.constant([[0.0, 10.0], [2.0, 30.0]])
    >>> layer = tfk.layers.BatchNormalization(momentum=0.5, epsilon=1e-6)
    >>> layer(x, training=True).numpy().round(3)
    array([[-1., -1.], [ 1.,  1.]], dtype=float32)
    >>> layer.moving_mean.numpy()
    array([ 0.5, 10. ], dtype=float32)

    On images and volumes the moving variance is that of a sample, whose sum of
    squares is divided by the number of values less 1; on other inputs, with a
    mask, and with `synchronized=True` it is divided by the number of values.
    tf.keras does the same, but ignores a mask on images and volumes. A batch
    with no values leaves the moving averages as they are.
    """

    _shape_says_all = True
    _unsaved_arguments = Layer._unsaved_arguments + ("adjustment",)
    supports_masking = True

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        synchronized=False,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        virtual_batch_size=None,
        adjustment=None,
        **kwargs,
    ):
        self._is_fused = kwargs.pop("fused", None) is not False
        super().__init__(**kwargs)
        self.axis = axis_argument.check(axis, self.name)
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(
            moving_variance_initializer
        )
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.synchronized = synchronized
        self.renorm = renorm
        self.renorm_clipping = None
        self.renorm_momentum = renorm_momentum
        if renorm:
            self.renorm_clipping = batch_renormalization.check_clipping(
                renorm_clipping, self.name
            )
        self.virtual_batch_size = virtual_batch_size
        self.adjustment = adjustment
        if virtual_batch_size is not None:
            self._check_virtual_batches()

    def _check_virtual_batches(self):
        self.virtual_batch_size = checks.positive_integer(
            "virtual_batch_size", self.virtual_batch_size, self.name
        )
        for name in ("synchronized", "adjustment"):
            if getattr(self, name):
                raise ValueError(
                    f"Layer '{self.name}' (of type BatchNormalization) can "
                    f"have `virtual_batch_size` or `{name}`, not both. "
                    f"Received: virtual_batch_size={self.virtual_batch_size}, "
                    f"{name}={getattr(self, name)}. Leave one of them out."
                )

    def build(self, input_shape):
        sizes = axis_argument.resolve(self.axis, input_shape, self.name)
        rank = tf.TensorShape(input_shape).rank
        self._axes = sorted(sizes)
        self._layout = None
        if len(sizes) == 1 and self._is_fused and self._has_plain_statistics:
            self._layout = _FUSED_LAYOUTS.get((rank, self._axes[0]))
        # From the first axis with statistics on, as the weights broadcast.
        self._weight_shape = tuple(
            sizes.get(axis, 1) for axis in range(self._axes[0], 0)
        )
        shape = tuple(sizes.values())
        if len(sizes) > 1 or self.virtual_batch_size:
            rest = rank + bool(self.virtual_batch_size) + self._axes[0]
            shape = (1,) * rest + self._weight_shape
        if self.virtual_batch_size and self._axes[0] == -rank:
            raise ValueError(
                f"The `axis` of layer '{self.name}' (of type "
                "BatchNormalization) can't be that of the samples, which "
                "`virtual_batch_size` splits. Received: axis="
                f"{self.axis}, input_shape={input_shape}."
            )
        self._add_weights(shape)
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        self.built = True

    @property
    def _has_plain_statistics(self):
        """Whether they are those of the batch, and nothing else."""
        return not (
            self.synchronized
            or self.renorm
            or self.virtual_batch_size
            or self.adjustment
        )

    def _add_weights(self, shape):
        # Statistics in 16 bits would lose too many digits.
        is_short = tf.as_dtype(self.dtype).size < 4
        common = {
            "shape": shape,
            "dtype": "float32" if is_short else self.dtype,
        }
        averaged = {
            **common,
            "autocast": False,
            "trainable": False,
            "synchronization": tf.VariableSynchronization.ON_READ,
            "aggregation": tf.VariableAggregation.MEAN,
        }
        affine_weights.add(self, **common)
        self.moving_mean = self.add_weight(
            "moving_mean", initializer=self.moving_mean_initializer, **averaged
        )
        self.moving_variance = self.add_weight(
            "moving_variance",
            initializer=self.moving_variance_initializer,
            **averaged,
        )
        if self.renorm:
            self._add_renorm_weights(averaged)

    def _add_renorm_weights(self, averaged):
        def initial_stddev(shape, dtype=None):
            return tf.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

        self.moving_stddev = self.add_weight(
            "moving_stddev", initializer=initial_stddev, **averaged
        )
        self.renorm_mean = self.add_weight(
            "renorm_mean", initializer=self.moving_mean_initializer, **averaged
        )
        self.renorm_stddev = self.add_weight(
            "renorm_stddev", initializer=initial_stddev, **averaged
        )

    def call(self, inputs, training=None, mask=None):
        if isinstance(inputs, tf.RaggedTensor):
            axis_argument.require_dense_axes(self._axes, inputs, self.name)
            return inputs.with_flat_values(
                self.call(inputs.flat_values, training)
            )
        if not inputs.dtype.is_floating:
            inputs = tf.cast(inputs, self.compute_dtype)
        if not self.trainable:
            return self._infer(inputs)
        if tf.is_tensor(training) and not tf.executing_eagerly():
            return tf.cond(
                tf.cast(training, tf.bool),
                lambda: self._train(inputs, mask),
                lambda: self._infer(inputs),
            )
        return self._train(inputs, mask) if training else self._infer(inputs)

    def _infer(self, inputs):
        """Normalises by the moving averages."""
        if self._layout and self._has_fused_kernel(inputs):
            return self._run_fused(inputs, is_training=False)[0]
        return self._normalize(inputs, self.moving_mean, self.moving_variance)

    def _train(self, inputs, mask):
        """Normalises by the batch, and moves the moving averages."""
        if self._layout and mask is None and self._has_fused_kernel(inputs):
            return self._train_fused(inputs)
        x = inputs
        if self.virtual_batch_size:
            x, mask = batch_statistics.virtual_batches(
                inputs, mask, self.virtual_batch_size
            )
        mean, variance, count = self._moments(x, mask)
        corrections = self._move_averages(x, mask, mean, variance, count)
        if self.adjustment is not None:
            corrections += (self.adjustment(tf.shape(inputs)),)
        outputs = self._normalize(x, mean, variance, corrections)
        if self.virtual_batch_size:
            outputs = tf.reshape(outputs, tf.shape(inputs))
            outputs.set_shape(inputs.shape)
        return outputs

    def _move_averages(self, x, mask, mean, variance, count):
        """Moves all averages, and returns the corrections of `renorm`."""
        if self._layout and mask is None:
            variance *= count / tf.maximum(count - 1, 1)
        if self.virtual_batch_size:
            mean, variance = [
                tf.reduce_mean(y, 1, keepdims=True) for y in (mean, variance)
            ]
            if mask is not None:
                count = tf.reduce_sum(count, 1, keepdims=True)
        is_filled = None
        if self.synchronized or mask is not None or _may_be_empty(x):
            is_filled = count > 0
        if self.renorm:
            found = self._renormalize(mean, variance, is_filled)
            return (tuple(self._broadcast(y, x.shape.rank) for y in found),)
        self._move(self.moving_mean, mean, is_filled)
        self._move(self.moving_variance, variance, is_filled)
        return ()

    def _renormalize(self, mean, variance, is_filled):
        """Returns the corrections of `renorm`, and moves all averages."""
        stddev = tf.sqrt(variance + self.epsilon)
        found = batch_renormalization.corrections(
            mean,
            stddev,
            tf.identity(self.renorm_mean),
            # The first averages may be near 0.
            tf.maximum(self.renorm_stddev, self.epsilon**0.5),
            self.renorm_clipping,
        )
        momentum = self.renorm_momentum
        self._move(self.renorm_mean, mean, is_filled, momentum)
        self._move(self.renorm_stddev, stddev, is_filled, momentum)
        self._move(self.moving_mean, mean, is_filled)
        self._move(self.moving_stddev, stddev, is_filled)
        variance = tf.square(self.moving_stddev) - self.epsilon
        self.moving_variance.assign(tf.nn.relu(variance), read_value=False)
        return found

    def _has_fused_kernel(self, inputs):
        if inputs.dtype == tf.float64 or inputs.shape.rank != len(self._layout):
            return False
        is_channels_last = self._layout[-1] == "C"
        return is_channels_last or device_support.has_accelerator()

    def _train_fused(self, inputs):
        # The kernel moves the averages itself.
        outputs, mean, variance = self._run_fused(inputs, is_training=True)
        if _may_be_empty(inputs):
            is_empty = tf.equal(tf.size(inputs), 0)
            mean = tf.where(is_empty, self.moving_mean, mean)
            variance = tf.where(is_empty, self.moving_variance, variance)
        self.moving_mean.assign(mean, read_value=False)
        self.moving_variance.assign(variance, read_value=False)
        return outputs

    def _run_fused(self, inputs, is_training):
        shape = self.moving_mean.shape
        return tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.ones(shape) if self.gamma is None else self.gamma,
            offset=tf.zeros(shape) if self.beta is None else self.beta,
            mean=self.moving_mean,
            variance=self.moving_variance,
            epsilon=self.epsilon,
            exponential_avg_factor=1.0 - self.momentum if is_training else 1.0,
            data_format=self._layout,
            is_training=is_training,
        )[:3]

    def _moments(self, inputs, mask):
        """Returns mean, variance and count, in the shape of the weights."""
        x = tf.cast(inputs, self.moving_mean.dtype)
        rank = x.shape.rank
        axes = [a for a in range(rank) if a - rank not in self._axes]
        keepdims = len(self._axes) > 1
        if self.virtual_batch_size:
            axes.remove(1)
            keepdims = True
        if mask is not None:
            mean, variance, count = batch_statistics.masked_moments(
                x, mask, axes, keepdims
            )
        else:
            mean, variance = tf.nn.moments(x, axes, keepdims=keepdims)
            count = tf.cast(tf.size(x) // tf.size(mean), x.dtype)
        if self.synchronized:
            return batch_statistics.moments_over_replicas(mean, variance, count)
        return mean, variance, count

    def _normalize(self, inputs, mean, variance, corrections=()):
        """Normalises inputs.

        Arguments:
            inputs: Tensor.
            mean: Tensor or variable of the shape of the weights.
            variance: Likewise.
            corrections: Pairs of a factor and what is added, applied in turn
                before `gamma` and `beta`.
        """
        x = tf.cast(inputs, self.moving_mean.dtype)
        mean, variance, scale, offset = [
            self._broadcast(weight, x.shape.rank)
            for weight in (mean, variance, self.gamma, self.beta)
        ]
        for correction in reversed(corrections):
            factor, addition = [tf.cast(y, x.dtype) for y in correction]
            if scale is not None:
                factor, addition = factor * scale, addition * scale
            scale = factor
            offset = addition if offset is None else addition + offset
        outputs = tf.nn.batch_normalization(
            x, mean, variance, offset, scale, self.epsilon
        )
        return tf.cast(outputs, inputs.dtype)

    def _broadcast(self, weight, rank):
        """Returns a weight in the shape that fits inputs of a rank, or None."""
        if weight is None or weight.shape.rank == rank:
            return weight
        if tuple(weight.shape) == self._weight_shape:
            return weight
        return tf.reshape(weight, self._weight_shape)

    def _move(self, average, value, is_filled, momentum=None):
        momentum = self.momentum if momentum is None else momentum
        change = (average - value) * tf.cast(1.0 - momentum, value.dtype)
        if is_filled is not None:
            change = tf.where(is_filled, change, tf.zeros([], change.dtype))
        average.assign_sub(change, read_value=False)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        axis_argument.resolve(self.axis, shape, self.name)
        return shape

    def get_config(self):
        config = super().get_config()
        for name, default in _DEFAULTS.items():
            if config.get(name) == default:
                config.pop(name, None)
        if not self.renorm:
            config.pop("renorm_clipping")
            config.pop("renorm_momentum")
        if self.adjustment is not None:
            warnings.warn(
                f"The config of layer '{self.name}' (of type "
                "BatchNormalization) does not hold its `adjustment`.",
                stacklevel=caller.stacklevel(),
            )
        return config


class SyncBatchNormalization(BatchNormalization):
    """Batch normalization over the batches of all replicas together.

    The same as `BatchNormalization(synchronized=True)`, which is the name to
    use in new code.

    Arguments:
        *args: See `BatchNormalization`.
        **kwargs: See `BatchNormalization`.

    Example:

    >>> from tfk.layers import batch_normalization
    >>> batch_normalization.SyncBatchNormalization(momentum=0.9).synchronized
    True
    """

    _unsaved_arguments = BatchNormalization._unsaved_arguments + (
        "synchronized",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs, synchronized=True)


def _may_be_empty(inputs):
    """Whether a batch may come without values, as for a replica too many."""
    size = inputs.shape.num_elements()
    if size is None:
        return tf.distribute.has_strategy()
    return size == 0
