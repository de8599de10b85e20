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
"""HashedCrossing: combinations of features, hashed to bins."""

import tensorflow as tf

from tfk import config
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.preprocessing import crossing
from tfk.layers.preprocessing import encoding
from tfk.layers.preprocessing import hashing
from tfk.utils import structure


class HashedCrossing(PreprocessingLayer):
    """Crosses categorical features and maps the crosses to bins by a hash.

    Use it for combinations of features of which there are too many for a
    vocabulary. `CategoryCrossing` makes the combinations as strings, and takes
    ragged and sparse tensors and several values a sample.

    Arguments:
        num_bins: Number of bins.
        output_mode: `"int"` (default) for bins, or `"one_hot"` for vectors.
        sparse: Boolean: whether vectors come as a `tf.SparseTensor`.
        **kwargs: As for `Layer`.

    Input shape:
        A list of two or more dense tensors of strings or integers, each of
        shape `()`, `(batch_size,)` or `(batch_size, 1)`.

    Output shape:
        The same for bins; `(batch_size, num_bins)` for vectors.

    Example:

    >>> layer = tfk.layers.HashedCrossing(num_bins=5)
    >>> layer((np.array(["a", "b"]), np.array([1, 2]))).numpy()
    array([0, 2])
    """

    def __init__(self, num_bins, output_mode="int", sparse=False, **kwargs):
        output_mode = encoding.checked_output_mode(
            output_mode, ("int", "one_hot"), "HashedCrossing"
        )
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = (
                "int64" if output_mode == "int" else config.floatx()
            )
        super().__init__(**{"autocast": False, **kwargs})
        hashing.check_bins(self, num_bins, output_mode, sparse)
        self.num_bins = num_bins
        self.output_mode = output_mode
        self.sparse = sparse

    def call(self, inputs):
        """Crosses and hashes the inputs."""
        inputs = crossing.checked_inputs(inputs, self, least=2)
        columns = [self._column(x) for x in inputs]
        bins = tf.sparse.cross_hashed(columns, self.num_bins).values
        first = inputs[0]
        bins = tf.reshape(bins, tf.shape(first))
        bins.set_shape(first.shape)
        return hashing.encoded_bins(self, bins)

    def _column(self, x):
        """Brings an input to the shape (batch size, 1)."""
        if not isinstance(x, tf.Tensor):
            raise ValueError(
                f"Layer '{self.name}' (HashedCrossing) takes dense tensors. "
                f"Received: {structure.describe(x)}. Use `CategoryCrossing` "
                "and `Hashing` for ragged and sparse ones."
            )
        if (
            x.shape.rank is None
            or x.shape.rank > 2
            or x.shape[1:]
            not in (
                tf.TensorShape([]),
                tf.TensorShape([1]),
            )
        ):
            raise ValueError(
                f"Layer '{self.name}' (HashedCrossing) takes inputs of shape "
                "(), (batch_size,) or (batch_size, 1). Received: "
                f"{structure.describe(x)}. Use `CategoryCrossing` and "
                "`Hashing` for several values a sample."
            )
        if x.dtype != tf.string and x.dtype != tf.int64:
            x = tf.cast(x, tf.int64)
        return tf.reshape(x, [-1, 1])

    def _num_categories(self):
        return self.num_bins if self.output_mode == "int" else None

    def compute_output_shape(self, input_shapes):
        return encoding.encoded_shape(
            input_shapes[0], self.output_mode, self.num_bins
        )

    def compute_output_signature(self, input_specs):
        return super().compute_output_signature(input_specs)
