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
"""IntegerLookup: integers to the indices of a vocabulary, and back."""

import numpy as np
import tensorflow as tf

from tfk.layers.preprocessing import index_lookup
from tfk.utils import structure

_ALIASES = {
    "max_values": "max_tokens",
    "mask_value": "mask_token",
    "oov_value": "oov_token",
}


class IntegerLookup(index_lookup.IndexLookup):
    """Maps integers, such as identifiers, to indices or to vectors of them.

    The vocabulary is given, or learned by `adapt`: the integers that occur
    most often come first. Integers outside of it get an index of their own.

    Arguments:
        max_tokens: Largest size of the vocabulary, special tokens included.
            Defaults to None, for no limit.
        num_oov_indices: Number of indices for integers outside of the
            vocabulary. With more than 1 they are spread by their remainder,
            with 0 they are an error. Defaults to 1.
        mask_token: Integer that stands for nothing: it gets index 0, and
            counts for nothing in vectors. Defaults to None, for no mask.
        oov_token: Integer that unknown indices become with `invert=True`.
            Defaults to -1.
        vocabulary: List, array or tensor of integers, or the path of a text
            file with one integer a line.
        vocabulary_dtype: `"int64"` (default) or `"int32"`: dtype of what
            `invert=True` returns.
        idf_weights: List of inverse document frequencies, one a token, for
            `output_mode="tf_idf"` with a vocabulary.
        invert: Boolean: whether to map indices to integers of the vocabulary.
            Defaults to False.
        output_mode: `"int"` (default) for indices, or `"one_hot"`,
            `"multi_hot"`, `"count"` or `"tf_idf"` for vectors, as in
            `CategoryEncoding`.
        sparse: Boolean: whether vectors come as a `tf.SparseTensor`.
        pad_to_max_tokens: Boolean: whether vectors have `max_tokens` entries
            even if the vocabulary is smaller.
        **kwargs: As for `Layer`. `max_values`, `mask_value` and `oov_value`
            are other names for `max_tokens`, `mask_token` and `oov_token`.

    Input shape:
        Integers of any shape, dense, ragged or sparse.

    Output shape:
        The same for indices; `(..., vocabulary_size)` for vectors.

    Example:

    >>> layer = tfk.layers.IntegerLookup(vocabulary=[12, 36, 1138, 42])
    >>> layer([[12, 1138, 42], [42, 1000, 36]]).numpy()
    array([[1, 3, 4],
           [4, 0, 2]])
    """

    _key_dtype = tf.int64

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token=-1,
        vocabulary=None,
        vocabulary_dtype="int64",
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        **kwargs,
    ):
        arguments = {
            "max_tokens": max_tokens,
            "mask_token": mask_token,
            "oov_token": oov_token,
        }
        for alias, name in _ALIASES.items():
            if alias in kwargs:
                arguments[name] = kwargs.pop(alias)
        vocabulary_dtype = tf.as_dtype(vocabulary_dtype).name
        if vocabulary_dtype not in ("int32", "int64"):
            raise ValueError(
                "`vocabulary_dtype` of IntegerLookup must be 'int64' or "
                f"'int32'. Received: vocabulary_dtype={vocabulary_dtype!r}."
            )
        super().__init__(
            num_oov_indices=num_oov_indices,
            vocabulary=vocabulary,
            vocabulary_dtype=vocabulary_dtype,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            **arguments,
            **kwargs,
        )

    def _to_tokens(self, values):
        array = np.asarray(values).ravel()
        if not array.size:
            return np.empty([0], np.int64)
        if array.dtype.kind == "f":
            # So tables hold integers, once a value was missing in them.
            is_whole = np.isfinite(array) & (array == np.floor(array))
            if not is_whole.all():
                raise self._not_integers(array[~is_whole][0].item())
        elif array.dtype.kind not in "iu":
            # Files and old configs hold integers as text.
            if array.dtype.kind not in "SUO" or not all(
                isinstance(x, (str, bytes, int)) for x in array.tolist()
            ):
                raise self._not_integers(array.tolist()[0])
            try:
                array = np.array([int(x) for x in array.tolist()])
            except ValueError as error:
                raise self._not_integers(array.tolist()[0]) from error
        return array.astype(np.int64)

    def _not_integers(self, example):
        return ValueError(
            f"Tokens of layer '{self.name}' (IntegerLookup) must be integers. "
            f"Received: {example!r} among them. Use `StringLookup` for strings."
        )

    def _from_tokens(self, tokens):
        return tokens.tolist()

    def _check_dtype(self, dtype, data):
        dtype = tf.as_dtype(dtype)
        if not (dtype.is_integer or dtype.is_floating):
            raise ValueError(
                f"Layer '{self.name}' (IntegerLookup) takes integers. "
                f"Received: {structure.describe(data)}. Use `StringLookup` "
                "for strings."
            )
