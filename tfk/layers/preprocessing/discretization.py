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
"""Discretization: numbers to the indices of intervals."""

import numpy as np
import tensorflow as tf

from tfk import config
from tfk.engine import call_context
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.preprocessing import adapted_state
from tfk.layers.preprocessing import encoding
from tfk.layers.preprocessing import quantile_sketch
from tfk.layers.preprocessing import tokens
from tfk.saving import serialization
from tfk.utils import structure
from tfk.utils import tf_internal

_OUTPUT_MODES = ("int", "one_hot", "multi_hot", "count")
_QUANTILES = "quantiles"
# Where tf.keras keeps its sample, as two rows: values, and their weights.
_SUMMARY = "0"


class Discretization(PreprocessingLayer):
    """Turns numbers into the indices of the intervals that they fall into.

    Use it where a number has no linear effect, such as an age. The boundaries
    are given, or learned by `adapt` so that about as many values fall into
    each interval; all features share them.

    What `adapt` learns is right whatever the order of the data: of `n` values,
    between `n * (i / num_bins - epsilon)` and `n * (i / num_bins + epsilon)`
    are below the boundary of number `i` (with ties, as many of the equal ones
    counted as it takes). It takes memory of about `100 / epsilon` numbers for
    any number of values. See `quantile_sketch`.

    Arguments:
        bin_boundaries: List of ascending numbers, without the ends of the
            range: `[0.0, 1.0]` makes the intervals `(-inf, 0)`, `[0, 1)` and
            `[1, inf)`.
        num_bins: Integer: how many intervals `adapt` is to make.
        epsilon: Float: how exact `adapt` has to be: see above. Defaults to
            0.01.
        output_mode: `"int"` (default) for indices, or `"one_hot"`,
            `"multi_hot"` or `"count"` for vectors, as in `CategoryEncoding`.
        sparse: Boolean: whether vectors come as a `tf.SparseTensor`.
        strategy: `"quantiles"` (default), or a function of a number and the
            list of boundaries that returns the number's index. It is compiled
            for a scalar tensor: Python's `if` and `for` are converted.
        **kwargs: As for `Layer`. `bins` is another name for `num_bins`, if it
            is an integer, or `bin_boundaries`, if it is a list.

    Input shape:
        Numbers of any shape, dense, ragged or sparse. What a sparse tensor
        leaves out stays out.

    Output shape:
        The same for indices; `(..., number of intervals)` for vectors.

    Raises:
        ValueError: If both `bin_boundaries` and `num_bins` are given, or
            boundaries don't ascend.

    Example:

    >>> layer = tfk.layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0])
    >>> layer([[-1.5, 1.0, 3.4], [0.5, 0.0, 1.3]]).numpy()
    array([[0, 2, 3],
           [1, 1, 2]])

    >>> layer = tfk.layers.Discretization(num_bins=4)
    >>> layer.adapt(np.arange(100.0))
    >>> layer([0.0, 30.0, 99.0]).numpy()
    array([0, 1, 3])
    """

    # What checkpoints of tf.keras call it.
    names_in_tf_keras = {"summary": _SUMMARY}
    _takes_arrays = True
    _is_elementwise = True
    _unsaved_arguments = (
        *PreprocessingLayer._unsaved_arguments,
        "bin_boundaries",
        "strategy",
    )

    def __init__(
        self,
        bin_boundaries=None,
        num_bins=None,
        epsilon=0.01,
        output_mode="int",
        sparse=False,
        strategy=_QUANTILES,
        **kwargs,
    ):
        bins = kwargs.pop("bins", None)
        if isinstance(bins, (int, np.integer)):
            num_bins = int(bins)
        elif bins is not None:
            bin_boundaries = bins
        output_mode = encoding.checked_output_mode(
            output_mode, _OUTPUT_MODES, type(self).__name__
        )
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = (
                "int64" if output_mode == "int" else config.floatx()
            )
        super().__init__(**{"autocast": False, **kwargs})
        self.input_bin_boundaries = None
        if bin_boundaries is not None:
            self.input_bin_boundaries = self._checked_boundaries(bin_boundaries)
        self.bin_boundaries = self.input_bin_boundaries or []
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.output_mode = output_mode
        self.sparse = sparse
        self.strategy = strategy
        self._check_arguments()
        self._sketch = None
        self._summary = None
        self._checkpoint = adapted_state.AdaptedState(self)

    @property
    def has_weights_in_tf_keras(self):
        """Whether tf.keras keeps in weights what such a layer learns."""
        return self.input_bin_boundaries is None

    @classmethod
    def from_config(cls, config):
        """Makes a layer from the output of `get_config`.

        Arguments:
            config: Dict. Those of Keras 3 have learned boundaries in the place
                of given ones.
        """
        if config.get("bin_boundaries") is not None:
            config = {**config, "num_bins": None}
        return super().from_config(encoding.without_float_dtype(config))

    def _fail(self, what):
        raise ValueError(
            f"Layer '{self.name}' (of type {type(self).__name__}): {what}"
        )

    def _checked_boundaries(self, boundaries):
        found = np.asarray(boundaries, np.float64).ravel()
        if np.isnan(found).any() or (np.diff(found) < 0).any():
            self._fail(
                "`bin_boundaries` must be numbers in ascending order. "
                f"Received: bin_boundaries={boundaries}."
            )
        return found.tolist()

    def _check_arguments(self):
        if self.num_bins is not None and self.input_bin_boundaries is not None:
            self._fail(
                "pass `num_bins` or `bin_boundaries`, not both. Received: "
                f"num_bins={self.num_bins}, "
                f"bin_boundaries={self.input_bin_boundaries}."
            )
        is_integer = isinstance(self.num_bins, (int, np.integer))
        if self.num_bins is not None and not (is_integer and self.num_bins > 0):
            self._fail(
                "`num_bins` must be a positive integer. Received: "
                f"num_bins={self.num_bins!r}."
            )
        if not 0 < self.epsilon < 1:
            self._fail(
                "`epsilon` must lie between 0 and 1. Received: "
                f"epsilon={self.epsilon}."
            )
        if self.sparse and self.output_mode == "int":
            self._fail(
                "`sparse` is for vectors, not for indices. Received: "
                "sparse=True with output_mode='int'."
            )
        if self.strategy != _QUANTILES and not callable(self.strategy):
            self._fail(
                "`strategy` must be 'quantiles' or a function. Received: "
                f"strategy={self.strategy!r}."
            )
        dtype = tf.as_dtype(self.compute_dtype)
        if self.output_mode == "int" and not dtype.is_integer:
            self._fail(
                "`dtype` must be an integer type where the output is indices. "
                f"Received: dtype={dtype.name}."
            )

    # Learning

    def _collected_state(self):
        return self._sketch

    def _restore_collected_state(self, state):
        self._sketch = state

    def reset_state(self):
        """Forgets what was collected; the boundaries in use stay."""
        self._sketch = None

    def update_state(self, data):
        """Takes in one batch of data.

        Arguments:
            data: Array or tensor of numbers.
        """
        self._check_learns()
        values = tokens.flat_values(data, self)
        self._check_numbers(values.dtype, data)
        if values.dtype not in (np.float32, np.float64):
            is_short = values.dtype.itemsize <= 2
            values = values.astype(np.float32 if is_short else np.float64)
        if not np.isfinite(values).all():
            self._fail(
                "can't adapt to data with NaN or infinite values. Received: "
                f"{values[~np.isfinite(values)][:5]} among {values.size} "
                "values. Remove or replace them."
            )
        sketch = self._sketch or self._empty_sketch()
        self._sketch = sketch.with_values(values)

    @property
    def _has_given_state(self):
        return self.input_bin_boundaries is not None

    def _check_learns(self):
        if self.input_bin_boundaries is not None:
            self._fail(
                "was given `bin_boundaries` and can't learn others. Make one "
                "with `num_bins` in their place."
            )
        if self.num_bins is None:
            self._fail(
                "`adapt` needs to know how many intervals to make. Received: "
                "num_bins=None. Make the layer with `num_bins`."
            )

    def _empty_sketch(self):
        return quantile_sketch.QuantileSketch.within(
            self.epsilon, self.num_bins
        )

    def get_adapted_state(self):
        """Returns a sample of the values, for `merge_state` of another layer.

        Returns:
            A dict of NumPy arrays.
        """
        values, weights = (self._sketch or self._empty_sketch()).summary()
        return {"values": values, "weights": weights}

    def _merge_adapted_state(self, state):
        self._check_learns()
        sketch = self._sketch or self._empty_sketch()
        self._sketch = sketch.merged(quantile_sketch.of_summary(**state))

    def finalize_state(self):
        """Makes boundaries of the values that were collected."""
        if self._sketch is None:
            return
        if not self._sketch.count:
            self._fail(
                "found no values in the data that it was to adapt to. "
                "Received: only empty batches."
            )
        self._install(*self._sketch.summary())
        self._is_adapted = True

    def _install(self, values, weights):
        """Puts a sample to use."""
        shares = np.arange(1, self.num_bins) / self.num_bins
        found = quantile_sketch.quantiles_of(values, weights, shares)
        self.bin_boundaries = found.astype(values.dtype).tolist()
        self._summary = np.stack([values, weights]).astype(values.dtype)
        self._state_changed()

    # Applying

    def call(self, inputs):
        """Finds the intervals of the inputs."""
        self._check_numbers(inputs.dtype, inputs)
        if not self._is_ready and not call_context.current().is_recording:
            raise self._use_before_adapt("`bin_boundaries`")
        found = self._indices(tokens.flat_tensor(inputs))
        found = tokens.with_flat_tensor(inputs, found)
        if self.output_mode == "int":
            return tf.cast(found, self.compute_dtype)
        return encoding.encode(
            found,
            self.output_mode,
            self._depth(),
            tf.as_dtype(self.compute_dtype),
            self.sparse,
        )

    @property
    def _is_ready(self):
        return self.input_bin_boundaries is not None or self._is_adapted

    def _indices(self, values):
        if values.dtype.is_integer:
            values = tf.cast(values, tf.float64)
        elif values.dtype not in (tf.float32, tf.float64):
            values = tf.cast(values, tf.float32)
        if self.strategy != _QUANTILES:
            return _mapped(self.strategy, values, self.bin_boundaries)
        if values.dtype == tf.float32:
            # A third of the time that it takes to search; its boundaries have
            # 32 bits.
            return tf.raw_ops.Bucketize(
                input=values, boundaries=self.bin_boundaries
            )
        return _searched(self.bin_boundaries, values)

    def _depth(self):
        if self.input_bin_boundaries is not None:
            return len(self.input_bin_boundaries) + 1
        if self.num_bins is None:
            raise self._use_before_adapt("`num_bins`")
        return self.num_bins

    def _num_categories(self):
        is_known = self._is_ready or self.num_bins is not None
        is_int = self.output_mode == "int" and self.strategy == _QUANTILES
        return self._depth() if is_int and is_known else None

    def _check_numbers(self, dtype, data):
        dtype = tf.as_dtype(dtype)
        if not (dtype.is_integer or dtype.is_floating):
            raise ValueError(
                f"Layer '{self.name}' (Discretization) takes numbers. "
                f"Received: {structure.describe(data)}. Use `StringLookup` "
                "for strings."
            )

    def compute_output_shape(self, input_shape):
        depth = None if self.output_mode == "int" else self._depth()
        return encoding.encoded_shape(input_shape, self.output_mode, depth)

    # Saving

    def get_config(self):
        config = super().get_config()
        config["bin_boundaries"] = self.input_bin_boundaries
        if self.strategy != _QUANTILES:
            config["strategy"] = serialization.serialize_value(self.strategy)
        return config

    def save_own_variables(self, store):
        """Writes the sample that the boundaries were made of.

        Arguments:
            store: Mutable mapping of names to arrays.
        """
        if self._summary is not None:
            store[_SUMMARY] = self._summary

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote.

        Arguments:
            store: Mapping of names to arrays.
        """
        if _SUMMARY not in store.keys() or self.num_bins is None:
            return
        summary = np.asarray(store[_SUMMARY])
        if summary.ndim != 2 or len(summary) != 2:
            self._fail(
                "the file holds no sample of values with their weights. "
                f"Received: an array of shape {summary.shape}."
            )
        if not summary.size:
            return  # Written before `adapt`.
        values, weights = summary
        self._install(values, weights)
        self._sketch = self._empty_sketch().merged(
            quantile_sketch.of_summary(values, weights)
        )
        self._is_adapted = True

    def _adapted_arrays(self):
        arrays = {}
        self.save_own_variables(arrays)
        return arrays

    def _set_adapted_arrays(self, arrays):
        self.load_own_variables(arrays)


def _searched(boundaries, values):
    """Returns for each value how many boundaries it reaches."""
    found = tf.searchsorted(
        tf.constant(boundaries, values.dtype),
        tf.reshape(values, [-1]),
        side="right",
    )
    return tf.reshape(found, tf.shape(values))


def _mapped(strategy, values, boundaries):
    """Applies a function of a number and boundaries to each number."""
    if not tf.executing_eagerly():
        strategy = tf_internal.convert_control_flow(strategy)
    found = tf.map_fn(
        lambda value: tf.cast(strategy(value, boundaries), tf.int64),
        tf.reshape(values, [-1]),
        fn_output_signature=tf.TensorSpec([], tf.int64),
    )
    found = tf.reshape(found, tf.shape(values))
    found.set_shape(values.shape)
    return found
