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
"""Tests for layers that merge tensors."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.layers import merging

_ELEMENTWISE = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]

_SETTINGS = [
    *[(name, {}, [(2, 3), (2, 3)]) for name in _ELEMENTWISE],
    *[(name, {}, [(2, 1, 3), (2, 4, 1)]) for name in ("Add", "Maximum")],
    *[(name, {}, [(2, 3), (2, 4, 3)]) for name in ("Add", "Subtract")],
    ("Multiply", {}, [(2, 5, 4, 3), (2, 3), (2, 4, 1)]),
    ("Average", {}, [(2, 3)] * 3),
    ("Add", {}, [(2, 3)]),
    ("Concatenate", {}, [(2, 3), (2, 4), (2, 1)]),
    ("Concatenate", {"axis": 1}, [(2, 3, 4), (2, 1, 4)]),
    ("Concatenate", {"axis": -2}, [(2, 3, 4), (2, 1, 4)]),
    ("Concatenate", {"axis": 0}, [(2, 3), (1, 3)]),
    ("Dot", {"axes": 1}, [(2, 3), (2, 3)]),
    ("Dot", {"axes": -1, "normalize": True}, [(2, 3), (2, 3)]),
    ("Dot", {"axes": 2}, [(2, 3, 4), (2, 5, 4)]),
    ("Dot", {"axes": (1, 2), "normalize": True}, [(2, 4, 3), (2, 5, 4)]),
    ("Dot", {"axes": [2, 1]}, [(2, 3, 4), (2, 4)]),
    ("Dot", {"axes": (3, 1)}, [(2, 3, 5, 4), (2, 4, 6, 7)]),
]


def run(layer, inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        loss = tf.reduce_sum(tf.sin(outputs))
    return [outputs, *tape.gradient(loss, inputs)]


def masked(value, mask):
    x = tf.constant(value)
    if mask is not None:
        x._keras_mask = tf.constant(mask)
    return x


class MergingTest:
    @pytest.mark.parametrize("name, arguments, shapes", _SETTINGS)
    def test_equals_tf_keras(self, name, arguments, shapes):
        layer = getattr(merging, name)(name="layer", **arguments)
        oracle = getattr(tf_keras.layers, name)(name="layer", **arguments)
        assert layer.get_config() == oracle.get_config()
        inputs = [tf.random.normal(shape) for shape in shapes]
        results = run(layer, inputs), run(oracle, inputs)
        for ours, theirs in zip(*results):
            np.testing.assert_allclose(ours, theirs, 1e-5, 1e-5)
        outputs = results[0][0]
        assert layer.compute_output_shape(shapes) == outputs.shape
        symbolic = layer([Input(shape[1:]) for shape in shapes])
        expected = [None, *outputs.shape[1:]]
        assert symbolic.shape.as_list() == expected
        compiled = tf.function(layer, jit_compile=True)
        np.testing.assert_allclose(compiled(inputs), outputs, 1e-5, 1e-5)

    @pytest.mark.parametrize(
        "shapes, expected",
        [
            ([(None, 3), (None, 4, 3)], [None, 4, 3]),
            ([(2, None), (None, 3)], [2, 3]),
            ([(None, None), (None, 1)], [None, None]),
        ],
    )
    def test_unknown_sizes(self, shapes, expected):
        layer = merging.Add()
        assert layer.compute_output_shape(shapes).as_list() == expected
        inputs = [Input(shape[1:], batch_size=shape[0]) for shape in shapes]
        assert layer(inputs).shape.as_list() == expected

    def test_unknown_ranks(self):
        inputs = [tf.random.normal(s) for s in [(2, 3), (2, 4, 3), (2, 1, 1)]]
        for layer in (merging.Add(), merging.Maximum()):
            unknown = [tf.TensorSpec(None)] * 3
            traced = tf.function(layer, input_signature=[unknown])
            np.testing.assert_allclose(traced(inputs), layer(inputs), 1e-6)
        layer = merging.Concatenate(axis=1)
        traced = tf.function(layer, input_signature=[unknown[:2]])
        pair = [inputs[1], inputs[1]]
        np.testing.assert_allclose(traced(pair), layer(pair))

    def test_ragged_tensors(self):
        x = tf.ragged.constant([[1.0, 2.0], [3.0]])
        assert merging.Add()([x, x]).to_list() == [[2.0, 4.0], [6.0]]
        dense = tf.constant([[7.0], [8.0]])
        together = merging.Concatenate()([x, dense])
        assert together.to_list() == [[1.0, 2.0, 7.0], [3.0, 8.0]]
        symbolic = merging.Concatenate()([Input((None,), ragged=True)] * 2)
        assert isinstance(symbolic.type_spec, tf.RaggedTensorSpec)

    def test_sparse_tensors(self):
        x = tf.sparse.from_dense([[1.0, 0.0], [0.0, 2.0]])
        together = tf.sparse.to_dense(merging.Concatenate()([x, x]))
        assert together.numpy().tolist() == [[1, 0, 1, 0], [0, 2, 0, 2]]
        with pytest.raises(TypeError, match="all sparse, or none"):
            merging.Concatenate()([x, tf.ones((2, 2))])
        for layer in (merging.Add(), merging.Dot(1)):
            with pytest.raises(TypeError, match="SparseTensor"):
                layer([x, x])

    @pytest.mark.parametrize(
        "masks",
        [
            (None, None),
            ([[True, False]], [[True, True]]),
            (None, [[False, True]]),
            ([[True, False]], None),
        ],
    )
    @pytest.mark.parametrize(
        "name, arguments",
        [
            ("Add", {}),
            ("Subtract", {}),
            ("Concatenate", {}),
            ("Concatenate", {"axis": 1}),
            ("Dot", {"axes": 1}),
        ],
    )
    def test_masks_equal_tf_keras(self, name, arguments, masks):
        values = np.ones((1, 2, 1), "float32")
        if arguments == {"axis": 1} and masks.count(None) == 1:
            values = np.ones((1, 2, 1), "float32")
        found = []
        for module in (merging, tf_keras.layers):
            layer = getattr(module, name)(**arguments)
            outputs = layer([masked(values, mask) for mask in masks])
            mask = getattr(outputs, "_keras_mask", None)
            found.append(None if mask is None else mask.numpy().tolist())
        assert found[0] == found[1]

    def test_a_missing_mask_keeps_all_steps(self):
        inputs = [
            masked(np.ones((1, 2, 3), "float32"), [[True, False]]),
            masked(np.ones((1, 1, 3), "float32"), None),
        ]
        mask = merging.Concatenate(axis=1)(inputs)._keras_mask
        assert mask.numpy().tolist() == [[True, False, True]]

    def test_wrong_masks_are_refused(self):
        x = [tf.ones((1, 2, 3))] * 2
        with pytest.raises(ValueError, match="for each of its 2 inputs"):
            merging.Add().compute_mask(x, tf.ones((1, 2), tf.bool))

    def test_functions_equal_layers(self):
        pair = [tf.constant([[1.0, 5.0]]), tf.constant([[2.0, 3.0]])]
        expected = {
            merging.add: [[3, 8]],
            merging.subtract: [[-1, 2]],
            merging.multiply: [[2, 15]],
            merging.average: [[1.5, 4]],
            merging.maximum: [[2, 5]],
            merging.minimum: [[1, 3]],
            merging.concatenate: [[1, 5, 2, 3]],
        }
        for function, result in expected.items():
            assert function(pair).numpy().tolist() == result
        assert merging.dot(pair, axes=1).numpy().tolist() == [[17]]
        assert merging.concatenate(pair, axis=0).shape == (2, 2)
        named = merging.add([Input((2,)), Input((2,))], name="sum")
        assert named.node.layer.name == "sum"

    @pytest.mark.parametrize(
        "name, arguments, shapes, message",
        [
            ("Add", {}, [(2, 3), (2, 4)], r"shapes \(2, 3\) and \(2, 4\)"),
            ("Add", {}, [(2, 3), (3, 3)], "one batch size"),
            ("Subtract", {}, [(2, 3)] * 3, "list of two"),
            ("Concatenate", {}, [(2, 3), (3, 3)], "along `axis` only.*axis="),
            (
                "Concatenate",
                {},
                [(2, 3), (2, 3, 1)],
                "along `axis` only.*axis=",
            ),
            ("Concatenate", {"axis": 5}, [(2, 3)] * 2, "axis=5"),
            ("Dot", {"axes": 1}, [(2, 3)], "list of two"),
            ("Dot", {"axes": 1}, [(2, 3), (2, 4)], "same size"),
            ("Dot", {"axes": 2}, [(2, 3), (2, 3)], "axes=2"),
        ],
    )
    def test_refuses_shapes_that_do_not_match(
        self, name, arguments, shapes, message
    ):
        layer = getattr(merging, name)(**arguments)
        for inputs in (
            [tf.ones(shape) for shape in shapes],
            [Input(s[1:], batch_size=s[0]) for s in shapes],
        ):
            with pytest.raises(ValueError, match=message) as caught:
                layer(inputs)
            assert f"'{layer.name}'" in str(caught.value)

    def test_refuses_a_single_tensor(self):
        for layer in (merging.Add(), merging.Concatenate(), merging.Dot(1)):
            with pytest.raises(ValueError, match="takes a list of tensors"):
                layer(tf.ones((2, 3)))

    @pytest.mark.parametrize("axes", ["a", (1, 2, 3), (1, 2.0), 0, (0, 1)])
    def test_refuses_wrong_axes(self, axes):
        error = TypeError if axes == "a" else ValueError
        with pytest.raises(error, match="`axes`.*Received: axes="):
            merging.Dot(axes)
