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
"""CategoryCrossing: several categorical features to their combinations."""

from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.preprocessing import crossing


class CategoryCrossing(PreprocessingLayer):
    """Makes one categorical feature of the combinations of several.

    Use it where the combination says more than its parts, such as latitude
    with longitude; follow it by `Hashing` or `StringLookup`. `HashedCrossing`
    crosses and hashes in one step.

    Arguments:
        depth: How many inputs go into one cross. With None (default) all of
            them; with an integer `n`, all sets of 1, 2... up to `n` inputs;
            with a tuple, all sets of those sizes. Their results are joined
            along the last axis: by size, then in the order of the inputs.
        separator: String between the values. Defaults to `"_X_"`.
        **kwargs: As for `Layer`.

    Input shape:
        A list of string or integer tensors of shape `(..., n)`, dense, or
        ragged or sparse of rank 2. Only the last sizes may differ.

    Output shape:
        `(..., m)`: strings, ragged if any input is ragged, else sparse if any
        is sparse, else dense. Where `n` is larger than 1, each value of one
        input is combined with each of the others.

    Example:

    >>> layer = tfk.layers.CategoryCrossing()
    >>> layer([np.array([["a"], ["b"]]), np.array([[1], [2]])]).numpy()
    array([[b'a_X_1'],
           [b'b_X_2']], dtype=object)

    >>> layer = tfk.layers.CategoryCrossing(depth=2, separator="-")
    >>> layer([np.array([["a"]]), np.array([[1]])]).numpy()
    array([[b'a', b'1', b'a-1']], dtype=object)
    """

    def __init__(self, depth=None, separator=None, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})
        sizes = [depth] if isinstance(depth, int) else depth
        if sizes is not None and (not len(sizes) or min(sizes) < 1):
            raise ValueError(
                f"`depth` of layer '{self.name}' (CategoryCrossing) must be "
                "positive: an integer or a tuple of integers. Received: "
                f"depth={depth}."
            )
        self.depth = depth
        self.separator = "_X_" if separator is None else separator

    def call(self, inputs):
        """Crosses the inputs."""
        inputs = crossing.checked_inputs(inputs, self)
        return crossing.cross(
            inputs, self._sizes(len(inputs)), self.separator, self.name
        )

    def _sizes(self, count):
        if self.depth is None:
            return [count]
        if isinstance(self.depth, int):
            sizes = range(1, self.depth + 1)
        else:
            sizes = sorted(set(self.depth))
        if max(sizes) > count:
            raise ValueError(
                f"Layer '{self.name}' (CategoryCrossing) needs at least "
                f"{max(sizes)} inputs. Received: {count} inputs with "
                f"depth={self.depth}."
            )
        return list(sizes)

    def compute_output_shape(self, input_shape):
        return crossing.crossed_shape(
            input_shape, self._sizes(len(input_shape))
        )
