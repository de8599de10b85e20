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
"""Hashing: categories of any number to a fixed number of bins."""

import numpy as np
import tensorflow as tf

from tfk import config
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.preprocessing import crossing
from tfk.layers.preprocessing import encoding
from tfk.layers.preprocessing import tokens
from tfk.utils import structure

_OUTPUT_MODES = ("int", "one_hot", "multi_hot", "count")


class Hashing(PreprocessingLayer):
    """Maps strings and integers to a fixed number of bins by a hash.

    Use it where there are too many categories for a vocabulary, or new ones
    keep coming. Different categories may share a bin. The result depends only
    on the value: FarmHash64 without a salt, SipHash64 (Aumasson and Bernstein,
    2012) with one.

    Arguments:
        num_bins: Number of bins, the one for masked values included.
        mask_value: String or integer that is put in bin 0, where nothing else
            goes then. Defaults to None, for no mask.
        salt: Integer, or list of two, that changes the hash. Defaults to None.
        output_mode: `"int"` (default) for bins, or `"one_hot"`, `"multi_hot"`
            or `"count"` for vectors, as in `CategoryEncoding`.
        sparse: Boolean: whether vectors come as a `tf.SparseTensor`.
        **kwargs: As for `Layer`.

    Input shape:
        Strings or integers of any shape, dense, ragged or sparse. A list of
        several such tensors is crossed first, as by `CategoryCrossing`.

    Output shape:
        The same for bins; `(..., num_bins)` for vectors.

    Example:

    >>> layer = tfk.layers.Hashing(num_bins=3)
    >>> layer([["A"], ["B"], ["C"]]).numpy()
    array([[1],
           [0],
           [1]])
    """

    def __init__(
        self,
        num_bins,
        mask_value=None,
        salt=None,
        output_mode="int",
        sparse=False,
        **kwargs,
    ):
        output_mode = encoding.checked_output_mode(
            output_mode, _OUTPUT_MODES, "Hashing"
        )
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = (
                "int64" if output_mode == "int" else config.floatx()
            )
        super().__init__(**{"autocast": False, **kwargs})
        check_bins(self, num_bins, output_mode, sparse)
        self.num_bins = num_bins
        self.mask_value = mask_value
        self.salt = _as_key(salt, self.name)
        self.output_mode = output_mode
        self.sparse = sparse

    @property
    def strong_hash(self):
        """Whether a salt is in use."""
        return self.salt is not None

    def call(self, inputs):
        """Hashes the inputs."""
        if isinstance(inputs, (list, tuple)):
            inputs = self._crossed(inputs)
        if not (inputs.dtype.is_integer or inputs.dtype == tf.string):
            raise ValueError(
                f"Layer '{self.name}' (Hashing) takes strings or integers. "
                f"Received: {structure.describe(inputs)}. Make categories of "
                "other numbers first, by `Discretization` for instance."
            )
        bins = tokens.with_flat_tensor(
            inputs, self._bins_of(tokens.flat_tensor(inputs))
        )
        return encoded_bins(self, bins)

    def _crossed(self, inputs):
        if self.mask_value is not None:
            raise ValueError(
                f"Layer '{self.name}' (Hashing) can't mask crossed inputs. "
                f"Received: mask_value={self.mask_value!r} and "
                f"{len(inputs)} inputs."
            )
        inputs = crossing.checked_inputs(inputs, self)
        return crossing.cross(inputs, [len(inputs)], "_X_", self.name)

    def _bins_of(self, values):
        num_bins = self.num_bins
        mask = None
        if self.mask_value is not None and num_bins > 1:
            self._check_mask(values.dtype)
            mask = tf.equal(values, tf.constant(self.mask_value, values.dtype))
            num_bins -= 1
        if values.dtype != tf.string:
            values = tf.strings.as_string(values)
        if self.salt is None:
            bins = tf.strings.to_hash_bucket_fast(values, num_bins)
        else:
            bins = tf.strings.to_hash_bucket_strong(
                values, num_bins, list(self.salt)
            )
        if mask is not None:
            bins = tf.where(mask, tf.zeros_like(bins), bins + 1)
        return bins

    def _check_mask(self, dtype):
        is_text = isinstance(self.mask_value, (str, bytes))
        if is_text != (dtype == tf.string):
            raise ValueError(
                f"`mask_value` of layer '{self.name}' (Hashing) must be of the "
                f"kind of the inputs. Received: mask_value={self.mask_value!r} "
                f"with inputs of dtype {dtype.name}."
            )

    def _num_categories(self):
        return self.num_bins if self.output_mode == "int" else None

    def compute_output_shape(self, input_shape):
        if isinstance(input_shape, (list, tuple)):
            if input_shape and isinstance(
                input_shape[0], (list, tuple, tf.TensorShape)
            ):
                crossed = crossing.crossed_shape(
                    input_shape, [len(input_shape)]
                )
                return encoding.encoded_shape(
                    crossed, self.output_mode, self.num_bins
                )
        return encoding.encoded_shape(
            input_shape, self.output_mode, self.num_bins
        )


def check_bins(layer, num_bins, output_mode, sparse):
    """Raises if a hashing layer can't have these arguments."""
    owner = f"layer '{layer.name}' ({type(layer).__name__})"
    is_integer = isinstance(num_bins, (int, np.integer))
    if not is_integer or num_bins <= 0:
        raise ValueError(
            f"`num_bins` of {owner} must be a positive integer. Received: "
            f"num_bins={num_bins}."
        )
    if sparse and output_mode == "int":
        raise ValueError(
            f"`sparse` of {owner} is for vectors, not for bins. Received: "
            "sparse=True with output_mode='int'."
        )
    dtype = tf.as_dtype(layer.compute_dtype)
    if output_mode == "int" and not dtype.is_integer:
        raise ValueError(
            f"`dtype` of {owner} must be an integer type where the output is "
            f"bins. Received: dtype={dtype.name}."
        )


def encoded_bins(layer, bins):
    """Returns bins in the output mode and dtype of a hashing layer."""
    dtype = tf.as_dtype(layer.compute_dtype)
    if layer.output_mode == "int":
        return bins if bins.dtype == dtype else tf.cast(bins, dtype)
    return encoding.encode(
        bins, layer.output_mode, layer.num_bins, dtype, layer.sparse
    )


def _as_key(salt, name):
    if salt is None:
        return None
    if isinstance(salt, (int, np.integer)):
        return [int(salt), int(salt)]
    if isinstance(salt, (list, tuple)) and len(salt) == 2:
        return list(map(int, salt))
    raise ValueError(
        f"`salt` of layer '{name}' (Hashing) must be an integer or two of "
        f"them. Received: salt={salt!r}."
    )
