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
"""CategoryEncoding: category indices to vectors."""

import numpy as np
import tensorflow as tf

from tfk.engine import call_context
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.preprocessing import adapted_state
from tfk.layers.preprocessing import encoding
from tfk.layers.preprocessing import tokens
from tfk.utils import structure

_OUTPUT_MODES = ("one_hot", "multi_hot", "count", "tf_idf")


class CategoryEncoding(PreprocessingLayer):
    """Turns integer categories into one-hot, multi-hot or count vectors.

    Use it on indices whose number is known, such as those of `Hashing` or of
    a lookup layer, before a layer that takes vectors.

    Arguments:
        num_tokens: Number of categories: all inputs lie in `[0, num_tokens)`.
            With None, `adapt` learns it.
        output_mode: What to return. Defaults to `"multi_hot"`.
            - `"one_hot"`: a vector for each input. A last axis of size 1 is
              dropped first.
            - `"multi_hot"`: a vector for each sample (the last axis), with 1
              for each category in it. With weights, the largest weight.
            - `"count"`: as multi-hot, with the number of times that each
              category is there. With weights, their sum.
            - `"tf_idf"`: counts, each times the inverse document frequency
              that `adapt` learned.
        sparse: Boolean: whether to return a `tf.SparseTensor`. Defaults to
            False.
        **kwargs: As for `Layer`. `max_tokens` is another name for
            `num_tokens`; `output_mode` takes `"binary"` for multi-hot too.

    Call arguments:
        inputs: Integers, dense, ragged or sparse.
        count_weights: Tensor like the inputs: what each of them counts for.

    Input shape:
        `(..., n)`.

    Output shape:
        `(..., num_tokens)`; for one-hot `(..., n, num_tokens)`.

    Example:

    >>> layer = tfk.layers.CategoryEncoding(num_tokens=4)
    >>> layer([[0, 1], [0, 0], [1, 2], [3, 1]]).numpy()
    array([[1., 1., 0., 0.],
           [1., 0., 0., 0.],
           [0., 1., 1., 0.],
           [0., 1., 0., 1.]], dtype=float32)

    >>> layer = tfk.layers.CategoryEncoding(num_tokens=3, output_mode="count")
    >>> layer(np.array([[0, 1, 1]]), np.array([[0.5, 2.0, 3.0]])).numpy()
    array([[0.5, 5. , 0. ]], dtype=float32)
    """

    _takes_arrays = True

    def __init__(
        self, num_tokens=None, output_mode="multi_hot", sparse=False, **kwargs
    ):
        max_tokens = kwargs.pop("max_tokens", None)
        super().__init__(**{"autocast": False, **kwargs})
        num_tokens = max_tokens if num_tokens is None else num_tokens
        is_integer = isinstance(num_tokens, (int, np.integer))
        if num_tokens is not None and not (is_integer and num_tokens > 0):
            raise ValueError(
                f"`num_tokens` of layer '{self.name}' (CategoryEncoding) must "
                f"be a positive integer. Received: num_tokens={num_tokens!r}."
            )
        self.num_tokens = num_tokens
        self.output_mode = encoding.checked_output_mode(
            output_mode, _OUTPUT_MODES, "CategoryEncoding"
        )
        self.sparse = sparse
        self._learns_num_tokens = num_tokens is None
        self._idf_weights = None
        self._collected = None
        self._checkpoint = adapted_state.AdaptedState(self)

    @property
    def _has_given_state(self):
        return not self._learns_num_tokens and self.output_mode != "tf_idf"

    # Learning

    def _collected_state(self):
        return self._collected

    def _restore_collected_state(self, state):
        self._collected = state

    def reset_state(self):
        """Forgets what was collected."""
        self._collected = None

    def update_state(self, data):
        """Takes in one batch of data.

        Arguments:
            data: Integer array or tensor.
        """
        largest, counts, num_documents = self._collected or (-1, {}, 0)
        values = np.asarray(tokens.flat_values(data, self))
        self._check_numbers(values.dtype, data)
        if values.size:
            if values.min() < 0:
                raise ValueError(
                    f"Layer '{self.name}' (CategoryEncoding) takes categories "
                    f"from 0 on. Received: {values.min()}."
                )
            largest = max(largest, int(values.max()))
        if self.output_mode == "tf_idf":
            counts = dict(counts)
            for document in tokens.documents(data):
                num_documents += 1
                for token in set(document):
                    counts[token] = counts.get(token, 0) + 1
        self._collected = (largest, counts, num_documents)

    def finalize_state(self):
        """Puts the learned number of categories and weights to use."""
        if self._collected is None:
            return
        largest, counts, num_documents = self._collected
        if self._learns_num_tokens:
            num_tokens = max(largest + 1, 1)
        else:
            num_tokens = self.num_tokens
        if largest >= num_tokens:
            raise ValueError(
                f"Layer '{self.name}' (CategoryEncoding) takes categories "
                f"below num_tokens={num_tokens}. Received: {largest}."
            )
        if self.output_mode == "tf_idf":
            frequencies = np.zeros([num_tokens])
            for token, count in counts.items():
                frequencies[int(token)] = count
            self._set_idf_weights(tokens.idf(frequencies, num_documents))
        self.num_tokens = num_tokens
        self._is_adapted = True
        self._state_changed()

    def get_adapted_state(self):
        """Returns what was collected, for `merge_state` of another layer.

        Returns:
            A dict of NumPy arrays.
        """
        if self._collected is None:
            raise ValueError(
                f"Layer '{self.name}' (CategoryEncoding) has collected "
                "nothing that it could share: it was not adapted, or loaded."
            )
        largest, counts, num_documents = self._collected
        return {
            "largest": np.asarray(largest),
            "tokens": np.array(list(counts), np.int64),
            "counts": np.array(list(counts.values()), np.int64),
            "num_documents": np.asarray(num_documents),
        }

    def _merge_adapted_state(self, state):
        largest, counts, num_documents = self._collected or (-1, {}, 0)
        counts = dict(counts)
        for token, count in zip(
            state["tokens"].tolist(), state["counts"].tolist()
        ):
            counts[token] = counts.get(token, 0) + count
        self._collected = (
            max(largest, int(state["largest"])),
            counts,
            num_documents + int(state["num_documents"]),
        )

    def _set_idf_weights(self, weights):
        with tf.init_scope():
            self._idf_weights = tf.constant(weights, tf.float32)
        self._state_changed()

    # Applying

    def call(self, inputs, count_weights=None):
        """Encodes the inputs."""
        self._check_numbers(inputs.dtype, inputs)
        if count_weights is not None and self.output_mode == "one_hot":
            raise ValueError(
                f"Layer '{self.name}' (CategoryEncoding) takes no "
                "`count_weights` for one-hot vectors. Received: "
                f"output_mode='one_hot'. Use 'count' or 'multi_hot'."
            )
        if self.num_tokens is None:
            raise self._use_before_adapt("`num_tokens`")
        if not inputs.dtype.is_integer:
            inputs = tf.cast(inputs, tf.int64)
        self._check_range(tokens.flat_tensor(inputs))
        return encoding.encode(
            inputs,
            self.output_mode,
            self.num_tokens,
            tf.as_dtype(self.compute_dtype),
            self.sparse,
            self._weights_like(count_weights, inputs),
            self._idf_weights_in_use(),
        )

    def _idf_weights_in_use(self):
        if self.output_mode != "tf_idf" or self._idf_weights is not None:
            return self._idf_weights
        if not call_context.current().is_recording:
            raise self._use_before_adapt("document frequencies")
        # While a model is drawn, from a file for instance.
        return tf.zeros([self.num_tokens])

    def _weights_like(self, weights, inputs):
        """Brings weights to the kind of tensor that the inputs are."""
        if weights is None:
            return None
        if not isinstance(weights, type(inputs)):
            weights = tf.convert_to_tensor(weights)
            if not isinstance(inputs, tf.RaggedTensor):
                return weights
            return tf.RaggedTensor.from_nested_row_splits(
                tf.gather_nd(weights, inputs.to_sparse().indices),
                inputs.nested_row_splits,
            )
        check = tf.debugging.Assert(
            _have_same_places(weights, inputs),
            [
                f"Layer '{self.name}' (CategoryEncoding) takes a weight for "
                "each category. Received: `count_weights` with values at other "
                "places than the inputs."
            ],
        )
        with tf.control_dependencies([check]):
            values = tf.identity(tokens.flat_tensor(weights))
        return tokens.with_flat_tensor(weights, values)

    def _check_range(self, values):
        limit = tf.cast(self.num_tokens, values.dtype)
        inside = tf.reduce_all((values >= 0) & (values < limit))
        tf.debugging.Assert(
            inside,
            [
                f"Layer '{self.name}' (CategoryEncoding) takes categories in "
                f"[0, num_tokens) with num_tokens={self.num_tokens}. Received:",
                values,
            ],
        )

    def _check_numbers(self, dtype, data):
        if tf.as_dtype(dtype) in (tf.string, tf.bool):
            raise ValueError(
                f"Layer '{self.name}' (CategoryEncoding) takes integers. "
                f"Received: {structure.describe(data)}. Use `StringLookup` or "
                "`Hashing` for strings."
            )

    def compute_output_shape(self, input_shape):
        return encoding.encoded_shape(
            input_shape, self.output_mode, self.num_tokens
        )

    # Saving

    def save_own_variables(self, store):
        """Writes the learned weights of tf-idf mode.

        Arguments:
            store: Mutable mapping of names to arrays.
        """
        if self._idf_weights is not None:
            store["idf_weights"] = self._idf_weights.numpy()

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote.

        Arguments:
            store: Mapping of names to arrays.
        """
        if "idf_weights" in store.keys():
            self._set_idf_weights(np.asarray(store["idf_weights"]))
            self._is_adapted = True

    def _adapted_arrays(self):
        arrays = {}
        self.save_own_variables(arrays)
        if self.num_tokens is not None:
            arrays["num_tokens"] = np.asarray(self.num_tokens)
        return arrays

    def _set_adapted_arrays(self, arrays):
        self.load_own_variables(arrays)
        if "num_tokens" in arrays:
            self.num_tokens = int(arrays["num_tokens"])
            self._state_changed()


def _have_same_places(one, other):
    """Whether two ragged or sparse tensors hold values at the same places."""
    if isinstance(one, tf.RaggedTensor):
        parts = zip(one.nested_row_splits, other.nested_row_splits)
        is_alike = one.ragged_rank == other.ragged_rank
    elif isinstance(one, tf.SparseTensor):
        parts, is_alike = [(one.indices, other.indices)], True
    else:
        return True
    for x, y in parts:
        if is_alike is not False and x is not y:
            is_alike = tf.logical_and(is_alike, _are_equal(x, y))
    return is_alike


def _are_equal(x, y):
    x, y = tf.cast(x, tf.int64), tf.cast(y, tf.int64)
    return tf.cond(
        tf.reduce_all(tf.shape(x) == tf.shape(y)),
        lambda: tf.reduce_all(x == y),
        lambda: False,
    )
