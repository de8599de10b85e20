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
"""Normalization: features of mean 0 and variance 1."""

import numpy as np
import tensorflow as tf

from tfk import config
from tfk.engine import call_context
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.saving import budget
from tfk.saving import serialization
from tfk.utils import structure

_PIECE = 1 << 15


class Normalization(PreprocessingLayer):
    """Shifts and scales features to mean 0 and variance 1.

    The mean and variance of each feature are learned by `adapt`, or given.
    The output is `(inputs - mean) / sqrt(variance)`.

    Arguments:
        axis: Integer, tuple of integers, or None: the axes that keep their own
            mean and variance, as a features axis does. With None, all values
            share one. Defaults to -1.
        mean: Number or array to use in place of a learned mean. Its shape must
            broadcast to the kept axes.
        variance: As `mean`; both are given, or none.
        invert: Boolean: whether to undo the normalization, which gives
            `inputs * sqrt(variance) + mean`. Defaults to False.
        **kwargs: As for `Layer`.

    Input shape:
        Numbers of any shape, dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.Normalization()
    >>> layer.adapt(np.array([[1.0, 20.0], [3.0, 40.0]]))
    >>> layer([[1.0, 30.0]]).numpy()
    array([[-1.,  0.]], dtype=float32)

    Known moments can be given:

    >>> layer = tfk.layers.Normalization(mean=2.0, variance=4.0)
    >>> layer([[4.0]]).numpy()
    array([[1.]], dtype=float32)
    """

    _takes_arrays = True
    _unsaved_arguments = (
        *PreprocessingLayer._unsaved_arguments,
        "mean",
        "variance",
    )

    def __init__(
        self, axis=-1, mean=None, variance=None, invert=False, **kwargs
    ):
        # The layer casts for itself: to the dtype of its weights, since a
        # difference of large values has few digits left in 16 bits.
        super().__init__(**{"autocast": False, **kwargs})
        if (mean is None) != (variance is None):
            raise ValueError(
                f"Layer '{self.name}' (Normalization) needs both `mean` and "
                f"`variance`, or none of them. Received: mean={mean}, "
                f"variance={variance}."
            )
        if axis is None:
            axis = ()
        self.axis = (axis,) if isinstance(axis, int) else tuple(axis)
        if 0 in self.axis:
            raise ValueError(
                f"Layer '{self.name}' (Normalization) can't keep the batch "
                f"axis. Received: axis={axis}. Use -1 for a features axis."
            )
        if variance is not None and np.any(np.asarray(_plain(variance)) < 0):
            raise ValueError(
                f"`variance` of layer '{self.name}' (Normalization) can't be "
                f"negative. Received: variance={variance}."
            )
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert
        self._moments = None
        self._is_checked = mean is not None

    def build(self, input_shape):
        shape = tf.TensorShape(input_shape)
        kept = self._kept_axes(shape)
        sizes = [shape[axis] for axis in kept]
        self._ndim = shape.rank
        self._kept = kept
        self._broadcast_shape = [
            shape[axis] if axis in kept else 1 for axis in range(shape.rank)
        ]
        if self.input_mean is not None:
            self.adapt_mean = self._given(self.input_mean)
            self.adapt_variance = self._given(self.input_variance)
        else:
            self.adapt_mean = self.add_weight(
                "mean", sizes, initializer="zeros", trainable=False
            )
            self.adapt_variance = self.add_weight(
                "variance", sizes, initializer="ones", trainable=False
            )
            self.count = self.add_weight(
                "count",
                (),
                dtype=tf.int64,
                initializer="zeros",
                trainable=False,
            )
        self.built = True

    def _kept_axes(self, shape):
        rank = shape.rank
        if rank is None:
            if not self.axis:
                return []
            raise ValueError(
                f"Layer '{self.name}' (Normalization) needs inputs of known "
                f"rank. Received: shape={shape}, axis={self.axis}."
            )
        for axis in self.axis:
            if not -rank <= axis < rank or axis % rank == 0 and rank > 1:
                raise ValueError(
                    f"`axis` of layer '{self.name}' (Normalization) must be "
                    "axes of the input other than the first. Received: "
                    f"axis={self.axis} for an input of shape {shape}."
                )
        kept = sorted(axis % rank for axis in self.axis)
        for axis in kept:
            if shape[axis] is None:
                raise ValueError(
                    f"Layer '{self.name}' (Normalization) keeps axis {axis} "
                    "apart, and needs to know its size. Received: an input "
                    f"of shape {shape}. Pass `axis=None` for numbers that "
                    "share one mean; batch a dataset of single rows."
                )
        return kept

    def _given(self, value):
        """A given mean or variance, in the shape of the kept axes."""
        value = np.asarray(value, tf.as_dtype(self.dtype).as_numpy_dtype)
        try:
            value = np.broadcast_to(value, self._broadcast_shape or ())
        except ValueError as error:
            raise ValueError(
                f"`mean` and `variance` of layer '{self.name}' (Normalization) "
                f"must fit the shape {tuple(self._broadcast_shape)} of kept "
                f"axes. Received: one of shape {value.shape}."
            ) from error
        sizes = [self._broadcast_shape[axis] for axis in self._kept]
        budget.spend(2 * value.nbytes, self.name, "the moments of")
        return tf.constant(value.reshape(sizes))

    @property
    def mean(self):
        """The mean in use, in a shape that broadcasts to the inputs."""
        return self._broadcast(self._state_or_raise("adapt_mean"))

    @property
    def variance(self):
        """The variance in use, in a shape that broadcasts to the inputs."""
        return self._broadcast(self._state_or_raise("adapt_variance"))

    def _state_or_raise(self, name):
        if not self.built:
            raise AttributeError(
                f"Layer '{self.name}' (Normalization) has no moments before "
                "it is adapted, called or built."
            )
        return getattr(self, name)

    def _broadcast(self, moment):
        return tf.reshape(moment, self._broadcast_shape or ())

    # Learning

    def _collected_state(self):
        return self._moments

    def _restore_collected_state(self, state):
        self._moments = state

    def reset_state(self):
        """Forgets what was collected; the moments in use stay."""
        self._moments = None
        if self.built and self.input_mean is None:
            self._moments = _Moments.empty(self.adapt_mean.shape)

    def update_state(self, data):
        """Takes in one batch of data.

        Arguments:
            data: Array or tensor.
        """
        self._check_learns()
        values = self._values_of(data)
        if not self.built:
            self._build_for(values)
        self._moments = self._present_moments()
        kept = [axis - self._ndim + values.ndim for axis in self._kept]
        self._check_sizes(values, kept)
        # Sums in the dtype of the data stay exact over pieces of this size.
        rows = max(1, _PIECE * len(values) // max(1, values.size))
        for start in range(0, len(values), rows):
            piece = values[start : start + rows]
            self._moments = self._moments.merged(_Moments.of(piece, kept))

    def _check_sizes(self, values, kept):
        """Raises if data has other features than the layer."""
        rank = values.ndim
        is_part = all(0 <= axis < rank for axis in kept)
        found = is_part and tuple(values.shape[axis] for axis in kept)
        expected = tuple(self.adapt_mean.shape)
        if found != expected:
            raise ValueError(
                f"Layer '{self.name}' (Normalization) keeps a mean and a "
                f"variance of shape {expected}, as it was built. Received: "
                f"data of shape {values.shape} with axis={self.axis}. Make a "
                "new layer for data with other features."
            )

    @property
    def _has_given_state(self):
        return self.input_mean is not None

    def _check_learns(self):
        if self.input_mean is not None:
            raise ValueError(
                f"Layer '{self.name}' (Normalization) was given its `mean` and "
                "`variance` and can't learn others. Make one without them."
            )

    def _values_of(self, data):
        if isinstance(data, tf.RaggedTensor):
            self._checked_ragged(data)
            data = data.flat_values
        if not isinstance(data, (np.ndarray, tf.Tensor)):
            raise ValueError(
                f"Layer '{self.name}' (Normalization) adapts to one dense or "
                f"ragged tensor of numbers. Received: "
                f"data={structure.describe(data)}. Map a dataset of pairs to "
                "its inputs: `dataset.map(lambda x, y: x)`."
            )
        values = np.asarray(data)
        if values.dtype.kind not in "fiub":
            raise ValueError(
                f"Layer '{self.name}' (Normalization) adapts to numbers. "
                f"Received: data={structure.describe(data)}."
            )
        return values if values.ndim else values[np.newaxis]

    def finalize_state(self):
        """Puts the moments of what was collected to use."""
        moments = self._moments
        if self.input_mean is not None or moments is None:
            return
        if not (
            np.isfinite(moments.mean).all()
            and np.isfinite(moments.variance).all()
        ):
            raise ValueError(
                f"Layer '{self.name}' (Normalization) can't adapt to data "
                "with NaN or infinite values. Received: data with mean "
                f"{moments.mean}. Remove or replace them."
            )
        self.adapt_mean.assign(moments.mean.astype(self.dtype))
        self.adapt_variance.assign(moments.variance.astype(self.dtype))
        self.count.assign(moments.count)
        self._is_checked = self._is_adapted = True

    def get_adapted_state(self):
        """Returns the moments, for `merge_state` of another layer.

        Returns:
            A dict of NumPy arrays.
        """
        moments = self._present_moments()
        return {
            "mean": moments.mean,
            "variance": moments.variance,
            "count": np.asarray(moments.count),
        }

    def _merge_adapted_state(self, state):
        self._check_learns()
        other = _Moments(state["mean"], state["variance"], int(state["count"]))
        present = self._present_moments()
        if other.mean.shape != present.mean.shape:
            raise ValueError(
                f"Layer '{self.name}' (Normalization) merges moments of shape "
                f"{present.mean.shape}. Received: moments of shape "
                f"{other.mean.shape}. They are of other features."
            )
        self._moments = present.merged(other)

    def _present_moments(self):
        if self._moments is not None:
            return self._moments
        return _Moments(
            self._state_or_raise("adapt_mean").numpy(),
            self._state_or_raise("adapt_variance").numpy(),
            int(self.count.numpy()),
        )

    # Applying

    def call(self, inputs):
        """Normalizes the inputs."""
        if not self._is_checked:
            self._check_adapted()
        if isinstance(inputs, tf.RaggedTensor):
            self._checked_ragged(inputs)
            return inputs.with_flat_values(self._apply(inputs.flat_values))
        if isinstance(inputs, tf.SparseTensor):
            raise ValueError(
                f"Layer '{self.name}' (Normalization) takes no sparse tensors, "
                "since subtracting the mean would fill them. Use "
                "`tf.sparse.to_dense` first, or `Rescaling`, which keeps zeros."
            )
        return self._apply(inputs)

    def _apply(self, inputs):
        if inputs.dtype != self.dtype:
            inputs = tf.cast(inputs, self.dtype)
        mean, variance = self.adapt_mean, self.adapt_variance
        if self._kept and self._kept != [self._ndim - 1]:
            mean, variance = self._broadcast(mean), self._broadcast(variance)
        scale = tf.maximum(tf.sqrt(variance), config.epsilon())
        if self.invert:
            outputs = inputs * scale + mean
        else:
            outputs = (inputs - mean) / scale
        if self.compute_dtype != self.dtype:
            outputs = tf.cast(outputs, self.compute_dtype)
        return outputs

    def _checked_ragged(self, inputs):
        if any(axis <= inputs.ragged_rank for axis in self.axis if axis > 0):
            raise ValueError(
                f"Layer '{self.name}' (Normalization) can't keep a ragged "
                f"axis apart. Received: axis={self.axis} for an input of "
                f"shape {inputs.shape}. Use axis=None or an axis after them."
            )

    def _check_adapted(self):
        """Raises if the moments are still those that the layer began with."""
        if call_context.current().is_recording:
            return
        with tf.init_scope():
            moments = self.get_weights()
        mean, variance, count = moments
        if not count and not mean.any() and (variance == 1).all():
            raise self._use_before_adapt("mean and variance")
        self._is_checked = True

    def compute_output_shape(self, input_shape):
        return tf.TensorShape(input_shape)

    def get_config(self):
        config = super().get_config()
        config["mean"] = _plain(self.input_mean)
        config["variance"] = _plain(self.input_variance)
        return config


def _plain(value):
    if isinstance(value, (np.ndarray, np.generic, tf.Tensor)):
        return np.asarray(value).tolist()
    return serialization.serialize_value(value)


class _Moments:
    """Mean and variance of some rows, in float64."""

    def __init__(self, mean, variance, count):
        self.mean = np.asarray(mean, np.float64)
        self.variance = np.asarray(variance, np.float64)
        self.count = count

    @classmethod
    def empty(cls, shape):
        return cls(np.zeros(shape), np.zeros(shape), 0)

    @classmethod
    def of(cls, values, kept):
        """The moments over all axes that are not kept."""
        reduced = tuple(a for a in range(values.ndim) if a not in kept)
        count = int(np.prod([values.shape[axis] for axis in reduced]))
        if not count:
            sizes = [values.shape[axis] for axis in kept]
            return cls.empty(sizes)
        dtype = values.dtype if values.dtype.kind == "f" else np.float64
        if dtype == np.float16:
            dtype = np.float32
        mean = values.mean(reduced, dtype=dtype, keepdims=True)
        if not np.isfinite(mean).all():
            mean = mean.reshape([values.shape[axis] for axis in kept])
            return cls(mean, mean, count)
        # Of centred values, so that large means leave small variances exact.
        centred = values - mean
        axes = list(range(values.ndim))
        variance = np.einsum(centred, axes, centred, axes, list(kept)) / count
        return cls(mean.reshape(variance.shape), variance, count)

    def merged(self, other):
        """The moments of both sets of rows together (Chan et al. 1979)."""
        count = self.count + other.count
        if not other.count or not self.count:
            return other if other.count else self
        share = other.count / count
        delta = other.mean - self.mean
        return _Moments(
            self.mean + share * delta,
            (1 - share) * self.variance
            + share * other.variance
            + share * (1 - share) * delta**2,
            count,
        )
