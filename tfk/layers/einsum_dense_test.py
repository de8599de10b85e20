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
"""Tests for the einsum layer."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers import einsum_dense
from tfk.testing import layer_oracle

EinsumDense = einsum_dense.EinsumDense

_SETTINGS = [
    ("ab,bc->ac", 5, None, (2, 4)),
    ("ab,bc->ac", [5], "c", (2, 4)),
    ("abc,cd->abd", (None, 5), "d", (2, 3, 4)),
    ("abc,cd->abd", (3, 5), "bd", (2, 3, 4)),
    ("abc,cde->abde", (3, 5, 2), "be", (2, 3, 4)),
    ("abc,bcde->abde", (3, 5, 2), "e", (2, 3, 4)),
    ("...x,xy->...y", 5, "y", (2, 3, 4)),
    ("...bc,cde->...bde", (3, 5, 6), "d", (2, 2, 3, 4)),
    ("ab...,bc->ac...", 5, "c", (2, 4, 3)),
    ("ab...,bc->ac...", 5, "c", (2, 4, 3, 2)),
    ("abc,dc->abd", (None, 5), None, (2, 3, 4)),
    ("a b c, c d -> a d b", (5, 3), "b", (2, 3, 4)),
]


class EinsumDenseTest:
    @pytest.mark.parametrize(
        "equation, output_shape, bias_axes, shape", _SETTINGS
    )
    def test_equals_tf_keras(self, equation, output_shape, bias_axes, shape):
        arguments = {"bias_axes": bias_axes, "activation": "tanh"}
        x = tf.random.normal(shape)
        ours = EinsumDense(equation, output_shape, **arguments)
        theirs = tf_keras.layers.EinsumDense(
            equation.replace(" ", ""), output_shape, **arguments
        )
        if " " not in equation:
            layer_oracle.assert_same(ours, theirs, x)
            return
        ours.build(shape)
        theirs(x)
        theirs.set_weights(ours.get_weights())
        np.testing.assert_allclose(ours(x), theirs(x), 1e-5)

    def test_compiles(self):
        layer = EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de")
        layer_oracle.assert_compiles(layer, tf.random.normal((2, 5, 4)))

    @pytest.mark.parametrize("equation", ["abc,cde->abde", "...c,cde->...de"])
    def test_takes_sizes_that_show_in_a_call(self, equation):
        sizes = (None, 2, 3) if equation[0] == "a" else (2, 3)
        layer = EinsumDense(equation, sizes, bias_axes="de")
        layer(tf.zeros((1, 1, 4)))
        spec = tf.TensorSpec([None, None, 4])
        function = tf.function(layer, input_signature=[spec])
        outputs = function.get_concrete_function().output_shapes
        assert outputs.as_list() == [None, None, 2, 3]
        for shape in ((2, 5, 4), (0, 5, 4), (2, 0, 4)):
            x = tf.random.normal(shape)
            assert function(x).shape == (*shape[:2], 2, 3)
            wanted = tf.einsum("abc,cde->abde", x, layer.kernel) + layer.bias
            np.testing.assert_allclose(function(x), wanted, 1e-4, 1e-5)

    def test_unknown_sizes_stay_unknown(self):
        layer = EinsumDense("abc,cd->abd", (None, 5))
        assert layer.compute_output_shape((None, None, 4)).as_list() == [
            None,
            None,
            5,
        ]

    @pytest.mark.parametrize(
        "equation, output_shape, bias_axes, message",
        [
            ("abc,cd", (3, 5), None, "must have the form"),
            ("...abc...,cd->...abd...", 5, None, "must have the form"),
            ("...abc,cd->abd", 5, None, "must have the form"),
            ("ab,bc->ac", 5, None, "can't match"),
            ("abc,cd->abd", (7, 5), None, "Received: 3 in the inputs and 7"),
            ("abc,cd->abd", 5, None, "must give 2 sizes"),
            ("abc,cd->abe", (3, 5), None, "Axis 'e' of the outputs"),
            ("abc,cde->abd", (3, 5), None, "Axis 'e' of the kernel"),
            ("abc,cd->abd", (3, 5), "z", "bias_axes='z'"),
        ],
    )
    def test_refuses_what_does_not_match(
        self, equation, output_shape, bias_axes, message
    ):
        layer = EinsumDense(equation, output_shape, bias_axes=bias_axes)
        with pytest.raises(ValueError, match=message) as caught:
            layer(tf.ones((2, 3, 4)))
        assert layer.name in str(caught.value)

    def test_refuses_ragged_tensors(self):
        x = tf.RaggedTensor.from_tensor(tf.ones((2, 3, 4)))
        layer = EinsumDense("abc,cd->abd", (None, 5))
        with pytest.raises(TypeError, match="RaggedTensor.*such as `Dense`"):
            layer(x)
