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
"""Tests of `adapt`: kinds of data, and what stays after a failure."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from tfk import layers
from tfk.engine import preprocessing_layer
from tfk.engine.preprocessing_layer import PreprocessingLayer


class Summing(PreprocessingLayer):
    """Learns the sum of all numbers, and how many batches there were."""

    def build(self, input_shape):
        self.shape_at_build = input_shape
        self.total = self.add_weight(
            "total", (), initializer="zeros", trainable=False
        )
        self.batches = self.add_weight(
            "batches", (), initializer="zeros", trainable=False
        )
        super().build(input_shape)

    def reset_state(self):
        self.total.assign(0.0)
        self.batches.assign(0.0)

    def update_state(self, data):
        if isinstance(data, tf.RaggedTensor):
            data = data.flat_values
        if isinstance(data, tf.SparseTensor):
            data = data.values
        tf.debugging.assert_all_finite(tf.cast(data, tf.float32), "")
        self.total.assign_add(tf.reduce_sum(tf.cast(data, tf.float32)))
        self.batches.assign_add(1.0)

    def call(self, inputs):
        return inputs - self.total


TABLE = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
KINDS = {
    "array": TABLE,
    "integers": TABLE.astype("uint8"),
    "list": TABLE.tolist(),
    "tensor": tf.constant(TABLE),
    "ragged": tf.ragged.constant([[1.0], [2.0, 18.0]]),
    "ragged list": [[1.0], [2.0, 18.0]],
    "sparse": tf.sparse.from_dense(TABLE),
    "frame": pd.DataFrame(TABLE),
    "column": pd.Series([1.0, 20.0]),
    "dataset": tf.data.Dataset.from_tensor_slices(TABLE).batch(2),
    "generator": (row[np.newaxis] for row in TABLE),
}


class AdaptTest:
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_of_data_is_taken(self, kind):
        layer = Summing()
        assert not layer.is_adapted
        layer.adapt(KINDS[kind])
        assert layer.total.numpy() == 21.0
        assert layer.is_adapted
        assert layer.shape_at_build[0] is None
        assert not layer.trainable_weights

    def test_batch_size_and_steps_are_kept_to(self):
        layer = Summing()
        layer.adapt(TABLE, batch_size=1)
        assert layer.batches.numpy() == 3
        for data in (TABLE, tf.ragged.constant(TABLE.tolist())):
            layer.adapt(data, batch_size=1, steps=2)
            assert layer.total.numpy() == 10.0
        layer.adapt(tf.sparse.from_dense(TABLE), batch_size=2, steps=1)
        assert layer.total.numpy() == 10.0
        endless = tf.data.Dataset.from_tensor_slices(TABLE).repeat()
        layer.adapt(endless.batch(3), steps=2)
        assert layer.total.numpy() == 42.0

    def test_large_arrays_are_taken_in_pieces(self):
        layer = Summing()
        layer.adapt(np.ones((300_000, 1), "float32"))
        assert layer.total.numpy() == 300_000
        assert 1 < layer.batches.numpy() < 10

    def test_learning_goes_on_without_reset(self):
        layer = Summing()
        layer.adapt(TABLE)
        layer.adapt(TABLE, reset_state=False)
        assert layer.total.numpy() == 42.0
        layer.adapt(TABLE)
        assert layer.total.numpy() == 21.0

    def test_failures_leave_the_former_state(self):
        layer = Summing()
        layer.adapt(TABLE)
        with pytest.raises(tf.errors.InvalidArgumentError):
            layer.adapt(np.array([[1.0], [np.nan]]), batch_size=1)
        assert layer.total.numpy() == 21.0
        assert layer.is_adapted
        fresh = Summing()
        with pytest.raises(tf.errors.InvalidArgumentError):
            fresh.adapt(np.array([[1.0], [np.nan]]), batch_size=1)
        assert fresh.total.numpy() == 0.0
        assert not fresh.is_adapted

    @pytest.mark.parametrize(
        "data, arguments, message",
        [
            (np.zeros((0, 2)), {}, "empty data"),
            ([], {}, "empty data"),
            (tf.data.Dataset.range(0), {}, "empty data"),
            (tf.data.Dataset.range(3).repeat(), {}, "without an end"),
            (tf.data.Dataset.range(3), {"batch_size": 2}, "batch_size=2"),
            (object(), {}, "takes arrays"),
            (np.array([1, "a", None], object), {}, "only numbers or only"),
            (np.array(["a", None], object), {}, "missing values"),
            (["a", None], {}, "'sums' was given missing values"),
            (TABLE, {"batch_size": 0}, "`batch_size` must be a positive"),
            (TABLE, {"steps": -1}, "`steps` must be a positive"),
        ],
    )
    def test_wrong_data_is_named(self, data, arguments, message):
        with pytest.raises(ValueError, match=message):
            Summing(name="sums").adapt(data, **arguments)

    def test_layers_without_state_say_so(self):
        with pytest.raises(ValueError, match="nothing to learn"):
            PreprocessingLayer(name="still").adapt(TABLE)
        PreprocessingLayer().compile(run_eagerly=True, steps_per_execution=2)

    def test_layers_may_override_adapt_alone(self):
        class Own(PreprocessingLayer):
            def adapt(self, data):
                self.largest = max(data)

        layer = Own()
        layer.adapt([1, 3, 2])
        assert layer.largest == 3


class BatchByBatchTest:
    @pytest.mark.parametrize(
        "make, rows",
        [
            (lambda: layers.Normalization(), [[1.0], [3.0], [5.0], [9.0]]),
            (lambda: layers.Discretization(num_bins=2), [[1.0], [2.0], [3.0]]),
            (lambda: layers.StringLookup(), [["a"], ["b"], ["a"]]),
            (lambda: layers.IntegerLookup(), [[4], [7], [4]]),
            (lambda: layers.CategoryEncoding(), [[0], [2], [1]]),
            (lambda: layers.CategoryEncoding(3, "tf_idf"), [[0], [2], [0]]),
            (lambda: layers.TextVectorization(), [["a b"], ["b"], ["c"]]),
        ],
    )
    def test_layers_learn_without_adapt(self, make, rows):
        whole, layer = make(), make()
        whole.adapt(rows)
        for row in rows:
            layer.update_state(tf.constant([row]))
        layer.finalize_state()
        assert layer.is_adapted
        np.testing.assert_array_equal(
            layer(tf.constant(rows)), whole(tf.constant(rows))
        )

    def test_a_failed_adapt_keeps_what_was_counted(self):
        layer = layers.StringLookup()
        layer.update_state(tf.constant(["b", "a", "b"]))
        for reset_state in (False, True):
            with pytest.raises(ValueError, match="takes strings"):
                layer.adapt(np.array([1]), reset_state=reset_state)
            with pytest.raises(ValueError, match="takes strings"):
                layer.adapt(
                    iter([np.array(["c"] * 9), np.array([1])]),
                    reset_state=reset_state,
                )
        layer.finalize_state()
        assert layer.get_vocabulary() == ["[UNK]", "b", "a"]


class MergeTest:
    @pytest.mark.parametrize(
        "make, data",
        [
            (lambda: layers.Normalization(), TABLE),
            (lambda: layers.Normalization(axis=None), TABLE),
            (lambda: layers.IntegerLookup(), np.array([[3, 3], [3, 1]])),
            (
                lambda: layers.StringLookup(output_mode="tf_idf"),
                np.array([["a", "b"], ["b", "b"]]),
            ),
            (lambda: layers.CategoryEncoding(), np.array([[3, 1], [0, 2]])),
            (
                lambda: layers.CategoryEncoding(output_mode="tf_idf"),
                np.array([[3, 1], [1, 1]]),
            ),
            (lambda: layers.Discretization(num_bins=2), TABLE),
        ],
    )
    def test_merged_layers_have_seen_the_data_of_all(self, make, data):
        parts = [data[:1], data[1:]]
        whole, merged, other, continued = (make() for _ in range(4))
        whole.adapt(data)
        merged.adapt(parts[0])
        other.adapt(parts[1])
        merged.merge_state([other])
        continued.adapt(parts[1])
        continued.merge_state([])
        continued.adapt(parts[0], reset_state=False)
        for layer in (merged, continued):
            assert layer.is_adapted
            np.testing.assert_allclose(layer(data), whole(data), 1e-5, 1e-5)
        with pytest.raises(Exception, match="KeyError|'|array"):
            merged.merge_state([{}])
        np.testing.assert_allclose(merged(data), whole(data), 1e-5, 1e-5)
        merged.adapt(parts[1])
        np.testing.assert_allclose(merged(data[1:]), other(data[1:]), 1e-6)

    def test_layers_without_it_say_what_to_write(self):
        layers_ = Summing(), Summing()
        for layer in layers_:
            layer.adapt(TABLE)
        with pytest.raises(NotImplementedError, match="`_merge_adapted_state`"):
            layers_[0].merge_state(layers_[1:])


class LargeBatchesTest:
    def test_batches_are_joined_where_nothing_depends_on_them(self):
        rows = tf.data.Dataset.range(50_000)
        for dataset, steps, size, count in (
            (rows, None, 1 << 14, 4),
            (rows.batch(10), None, 1 << 14, 4),
            (rows.batch(10), 3, 30, 1),
            (rows.repeat(), 20, 20, 1),
            (rows.batch(64, True).batch(2), None, 256, 4),
        ):
            found = preprocessing_layer.in_large_batches(dataset, steps)
            sizes = [len(batch) for batch in found]
            assert sizes[0] == size and len(sizes) == count
        ragged = tf.data.Dataset.from_tensors(tf.ragged.constant([[1], []]))
        assert preprocessing_layer.in_large_batches(ragged, None) is ragged
