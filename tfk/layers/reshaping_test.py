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
"""Tests for layers that change shapes."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.layers import reshaping
from tfk.testing import layer_oracle

_SETTINGS = [
    ("Flatten", {}, (2, 3, 4)),
    ("Flatten", {}, (2,)),
    ("Flatten", {"data_format": "channels_first"}, (2, 3, 4, 5)),
    ("Reshape", {"target_shape": (6, 2)}, (2, 3, 4)),
    ("Reshape", {"target_shape": (-1, 2)}, (2, 3, 4)),
    ("Reshape", {"target_shape": ()}, (2, 1)),
    ("Permute", {"dims": (2, 1)}, (2, 3, 4)),
    ("Permute", {"dims": (3, 1, 2)}, (2, 3, 4, 5)),
    ("RepeatVector", {"n": 3}, (2, 4)),
]


class ReshapingTest:
    @pytest.mark.parametrize("name, arguments, shape", _SETTINGS)
    def test_equals_tf_keras(self, name, arguments, shape):
        layer = getattr(reshaping, name)(**arguments)
        layer_oracle.assert_same(
            layer,
            getattr(tf_keras.layers, name)(**arguments),
            tf.random.normal(shape),
        )
        layer_oracle.assert_compiles(layer, tf.random.normal(shape))
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()

    @pytest.mark.parametrize(
        "shape",
        [(0, 3, 4), (2, 0, 4), (0, 0), (2, 3, 4)],
    )
    @pytest.mark.parametrize("known", [(None, None), (None, 0), (1, None)])
    def test_flatten_with_any_sizes_known(self, shape, known):
        spec = [shape[0] if known[0] else None, *shape[1:]]
        if known[1] is None:
            spec[1:] = [None] * (len(shape) - 1)
        layer = reshaping.Flatten()
        traced = tf.function(layer, input_signature=[tf.TensorSpec(spec)])
        expected = (shape[0], int(np.prod(shape[1:])))
        assert traced(tf.zeros(shape)).shape == expected

    def test_unknown_rank(self):
        x = tf.random.normal((2, 3, 4))
        for layer in (reshaping.Flatten(), reshaping.Reshape((-1, 2))):
            traced = tf.function(layer, input_signature=[tf.TensorSpec(None)])
            np.testing.assert_array_equal(traced(x), layer(x))

    @pytest.mark.parametrize(
        "target, shape, expected",
        [
            ((-1, 2), (None, 3, 4), [None, 6, 2]),
            ((-1, 2), (None, None, 4), [None, None, 2]),
            ((6, 2), (None, None, 4), [None, 6, 2]),
            ((0, 3), (None, 3, 0), [None, 0, 3]),
        ],
    )
    def test_reshape_infers_sizes(self, target, shape, expected):
        layer = reshaping.Reshape(target)
        assert layer.compute_output_shape(shape).as_list() == expected
        assert layer(Input(shape[1:])).shape.as_list() == expected

    def test_reshape_keeps_dtypes(self):
        words = tf.constant([["a", "b"]])
        assert reshaping.Reshape((2, 1))(words).shape == (1, 2, 1)

    def test_flattens_ragged_tensors(self):
        x = tf.RaggedTensor.from_row_lengths(tf.ones((3, 2)), [1, 2])
        assert reshaping.Flatten()(x).to_list() == [[1.0] * 2, [1.0] * 4]

    def test_permutes_sparse_tensors(self):
        dense = tf.constant([[[0.0, 1.0], [2.0, 0.0]]])
        layer = reshaping.Permute((2, 1))
        sparse = tf.sparse.to_dense(layer(tf.sparse.from_dense(dense)))
        np.testing.assert_array_equal(sparse, layer(dense))

    @pytest.mark.parametrize(
        "name, arguments, message",
        [
            ("Reshape", {"target_shape": (-1, -1)}, "at most one"),
            ("Reshape", {"target_shape": (2.5,)}, "tuple of integers"),
            ("Reshape", {"target_shape": (-2,)}, "tuple of integers"),
            ("Permute", {"dims": (1, 3)}, "permutation.*dims="),
            ("Permute", {"dims": (0, 1)}, "permutation.*dims="),
            ("RepeatVector", {"n": 2.5}, "`n` of layer .* must be a positive"),
            ("Flatten", {"data_format": "last"}, "data_format='last'"),
        ],
    )
    def test_refuses_wrong_arguments(self, name, arguments, message):
        with pytest.raises(ValueError, match=message):
            getattr(reshaping, name)(**arguments)

    def test_refuses_wrong_inputs(self):
        for target in [(5,), (-1, 5), (0, -1)]:
            layer = reshaping.Reshape(target, name="shape")
            with pytest.raises(ValueError, match="'shape'.*12 values"):
                layer(tf.ones((2, 3, 4)))
        with pytest.raises(ValueError, match="ndim=2"):
            reshaping.RepeatVector(2)(tf.ones((2, 3, 4)))
        ragged = tf.ragged.constant([[1.0], [2.0, 3.0]])
        for layer in (reshaping.RepeatVector(2), reshaping.Reshape((1,))):
            with pytest.raises(TypeError, match="RaggedTensor"):
                layer(ragged)
