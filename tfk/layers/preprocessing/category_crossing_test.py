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
"""Tests of CategoryCrossing, against plain products of lists."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.category_crossing import CategoryCrossing

ROWS = (
    [["a", "b"], ["c"], []],
    [["1"], ["2", "3"], ["4"]],
    [["x"], ["y"], ["z", "w"]],
)


def expected(inputs, sizes, separator="_X_"):
    """Crosses lists of rows, one by one."""
    return [
        [
            separator.join(values).encode()
            for size in sizes
            for chosen in itertools.combinations(row, size)
            for values in itertools.product(*chosen)
        ]
        for row in zip(*inputs)
    ]


class CategoryCrossingTest:
    def test_the_examples_of_the_rfc(self):
        a, b, c = ([[1], [4]], [[2], [5]], [[3], [6]])
        inputs = [tf.constant(x) for x in (a, b, c)]
        assert CategoryCrossing()(inputs).numpy().tolist() == [
            [b"1_X_2_X_3"],
            [b"4_X_5_X_6"],
        ]
        output = CategoryCrossing(depth=2)(inputs).numpy()[0].tolist()
        assert output == [b"1", b"2", b"3", b"1_X_2", b"1_X_3", b"2_X_3"]
        output = CategoryCrossing(depth=(1, 3))(inputs).numpy()[0].tolist()
        assert output == [b"1", b"2", b"3", b"1_X_2_X_3"]

    @pytest.mark.parametrize(
        "depth, sizes", [(None, [3]), (2, [1, 2]), ([1, 3], [1, 3])]
    )
    def test_ragged_and_sparse_rows_are_crossed(self, depth, sizes):
        layer = CategoryCrossing(depth=depth, separator="-")
        ragged = [tf.ragged.constant(rows) for rows in ROWS]
        wanted = expected(ROWS, sizes, "-")
        assert layer(ragged).to_list() == wanted
        sparse = [x.to_sparse() for x in ragged]
        output = layer(sparse)
        assert isinstance(output, tf.SparseTensor)
        assert output.values.numpy().tolist() == sum(wanted, [])
        mixed = layer([sparse[0], ragged[1], sparse[2]])
        assert mixed.to_list() == wanted
        last = tf.constant([["x", "y"]] * 3)
        both = layer([sparse[0], ragged[1], last])
        rows = (*ROWS[:2], last.numpy().astype(str).tolist())
        assert both.to_list() == expected(rows, sizes, "-")

    @pytest.mark.parametrize("depth", [None, 2, [2]])
    def test_dense_values_are_all_combined(self, depth):
        a = np.array([["a", "b"], ["c", "d"]])
        b = np.array([[1, 2, 3], [4, 5, 6]])
        layer = CategoryCrossing(depth=depth)
        sizes = {None: [2], 2: [1, 2]}.get(depth, [2]) if depth != [2] else [2]
        output = layer([a, b])
        wanted = expected([a.tolist(), b.astype(str).tolist()], sizes)
        assert output.numpy().tolist() == wanted
        shapes = [(None, 2), (None, 3)]
        width = output.shape[1]
        assert layer.compute_output_shape(shapes).as_list() == [None, width]
        symbolic = layer(
            [Input((2,), dtype="string"), Input((3,), dtype="int64")]
        )
        assert symbolic.shape.as_list() == [None, width]
        cube = layer([a[:, None], b[:, None]])
        np.testing.assert_array_equal(cube[:, 0], output)

    def test_vectors_give_vectors(self):
        a, b = np.array(["a", "b"]), np.array([1, 2])
        assert CategoryCrossing()([a, b]).numpy().tolist() == [
            b"a_X_1",
            b"b_X_2",
        ]
        layer = CategoryCrossing(depth=2)
        assert layer([a, b]).shape == layer.compute_output_shape([[2], [2]])

    def test_config_comes_back(self):
        layer = CategoryCrossing(depth=(1, 2), separator="_x_", name="c")
        config = layer.get_config()
        assert (config["depth"], config["separator"]) == ((1, 2), "_x_")
        assert CategoryCrossing.from_config(config).get_config() == config

    def test_wrong_use_is_named(self):
        for depth in (0, [], [0, 1]):
            with pytest.raises(ValueError, match="`depth`"):
                CategoryCrossing(depth=depth)
        a = np.array([["a"]])
        layer = CategoryCrossing(depth=3, name="c")
        for inputs, message in (
            ([a, a], "at least 3 inputs"),
            ([a, np.ones((1, 1))], "strings and integers"),
            ([a, a[0]], "equal rank"),
            (a, "list of at least 1"),
        ):
            with pytest.raises(ValueError, match=f"'c'.*{message}"):
                layer(inputs)
        one = tf.ragged.constant([["a"]])
        two = tf.ragged.constant([["a"], ["b"]])
        for inputs in ([one, two], [two, one]):
            with pytest.raises(
                tf.errors.InvalidArgumentError, match="'c' crosses.*many rows"
            ):
                CategoryCrossing(name="c")(inputs)
