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
"""Tests of class weights."""

import numpy as np
import pytest
import tensorflow as tf

from tfk.data import class_weights


def _weights(y, class_weight, sample_weight=None):
    x = np.zeros(len(tf.nest.flatten(y)[0]))
    data = (x, y) if sample_weight is None else (x, y, sample_weight)
    dataset = tf.data.Dataset.from_tensor_slices(data).batch(10)
    ((_, _, weights),) = class_weights.weigh_dataset(dataset, class_weight)
    return tf.nest.map_structure(lambda t: t.numpy().tolist(), weights)


class KnownOutputsTest:
    """The shape of the predictions tells class indices from one-hot rows."""

    @pytest.mark.parametrize(
        "y, shape, expected",
        [
            ([[0, 1, 1]], (None, 3, 2), [[1, 5, 5]]),
            ([[0.0, 1.0, 1.0]], (None, 3, 2), [[1, 5, 5]]),
            ([[0, 1, 0]], (None, 3), [5]),
            ([[1]], (None, 3), [5]),
            ([[1], [0]], (None,), [5, 1]),
            ([[[1], [0]]], (None, 2, 1), [[5, 1]]),
        ],
    )
    def test_shapes(self, y, shape, expected):
        output = class_weights.Output("out", tf.TensorShape(shape))
        dataset = tf.data.Dataset.from_tensors((tf.zeros(1), tf.constant(y)))
        ((_, _, weights),) = class_weights.weigh_dataset(
            dataset, {1: 5.0}, outputs=[output]
        )
        assert weights.numpy().tolist() == expected

    def test_lists_are_in_the_order_of_the_outputs(self):
        outputs = [
            class_weights.Output(name, tf.TensorShape((None, 2)))
            for name in ("b", "a")
        ]
        dataset = tf.data.Dataset.from_tensors(
            (tf.zeros(2), {"a": tf.constant([0, 1]), "b": tf.constant([0, 1])})
        )
        ((_, _, weights),) = class_weights.weigh_dataset(
            dataset, [{1: 5.0}, {0: 3.0}], outputs=outputs
        )
        assert weights["b"].numpy().tolist() == [1, 5]
        assert weights["a"].numpy().tolist() == [3, 1]


class ClassWeightTest:
    weights = {0: 1.0, 1: 2.0, 2: 3.0}

    @pytest.mark.parametrize("dtype", ["int64", "uint8", "float32", "bool"])
    @pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 3), (2, 4, 4, 1)])
    def test_sparse_targets_of_any_rank(self, shape, dtype):
        y = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
        if shape == (2, 3) and dtype == "float32":
            return  # Floats of this shape are one-hot.
        expected = np.where(y == 1, 2.0, 1.0)
        if shape[-1] == 1:
            expected = expected[..., 0]
        weights = {0: 1, 1: 2}
        assert _weights(y, weights) == expected.tolist()

    @pytest.mark.parametrize("dtype", ["int64", "float32"])
    @pytest.mark.parametrize("shape", [(5,), (5, 2), (5, 2, 4)])
    def test_one_hot_targets_of_any_rank(self, shape, dtype):
        classes = np.random.default_rng(1).integers(0, 3, shape)
        y = np.eye(3, dtype=dtype)[classes]
        assert _weights(y, self.weights) == (classes + 1.0).tolist()

    def test_classes_not_named_weigh_one(self):
        assert _weights(np.array([0, 1, 2, 7]), {1: 5.0}) == [1, 5, 1, 1]
        assert _weights(np.eye(3), {1: 5.0}) == [1, 5, 1]

    @pytest.mark.parametrize("shape", [(3,), (3, 1)])
    def test_multiplies_sample_weights(self, shape):
        weight = np.array([1.0, 10.0, 100.0]).reshape(shape)
        found = _weights(np.array([0, 1, 2]), self.weights, weight)
        assert found == [1, 20, 300]
        y = np.array([[0, 1], [1, 1], [2, 0]])
        expected = [[1, 2], [20, 20], [300, 100]]
        assert _weights(y, self.weights, weight) == expected

    @pytest.mark.parametrize("dtype", ["int64", "bool"])
    def test_sample_weights_that_are_no_floats(self, dtype):
        weight = np.array([1, 0, 1], dtype)
        y = np.array([0, 1, 2])
        found = _weights(y, {0: 0.5, 1: 2.0, 2: 2.5}, weight)
        assert found == [0.5, 0, 2.5]

    def test_dict_of_outputs(self):
        y = {"a": np.array([0, 1]), "b": np.array([1.5, 2.5])}
        found = _weights(y, {"a": {1: 3.0}})
        assert found == {"a": [1, 3], "b": [1, 1]}

    def test_list_of_outputs(self):
        y = (np.array([0, 1]), np.array([[1], [0]]))
        assert _weights(y, [{1: 3.0}, {0: 2}]) == ([1, 3], [1, 2])
        weight = np.array([1.0, 10.0])
        assert _weights(y, [{1: 3.0}, None], weight) == ([1, 30], [1, 10])

    @pytest.mark.parametrize(
        "y, weight, message",
        [
            (np.eye(2), {2: 1.0}, "outside of 0..1"),
            (np.array([0]), {-1: 1.0}, "class indices"),
            (np.array([0]), {}, "class indices"),
            (np.array([0]), {"a": 1.0}, "class indices"),
            ({"a": np.array([0]), "b": np.array([0])}, {"c": {}}, r"\['c'\]"),
            ((np.array([0]), np.array([0])), {0: 1.0}, "several"),
        ],
    )
    def test_says_what_does_not_fit(self, y, weight, message):
        with pytest.raises(ValueError, match=message):
            _weights(y, weight)

    def test_needs_targets(self):
        dataset = tf.data.Dataset.range(4).batch(2)
        with pytest.raises(ValueError, match="needs targets"):
            class_weights.weigh_dataset(dataset, {0: 1.0})

    def test_refuses_targets_that_are_no_classes(self):
        with pytest.raises(tf.errors.InvalidArgumentError, match="one-hot"):
            _weights(np.array([[1.0, 1.0, 1.0]]), self.weights)
        with pytest.raises(tf.errors.InvalidArgumentError, match="negative"):
            _weights(np.array([-1, 1]), self.weights)
