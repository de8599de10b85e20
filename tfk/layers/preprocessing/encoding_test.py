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
"""Tests of the encodings, against plain loops."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfk.layers.preprocessing import encoding

DEPTH = 4
IDF = np.array([0.5, 1.0, 1.5, 2.0], np.float32)
# Rows of indices; 9 and -1 stand for no category.
DENSE = np.array([[[0, 1, 1], [3, 9, 3]], [[2, 2, 9], [1, 0, 3]]], np.int64)


def expected(rows, mode, weights=None):
    """Encodes nested lists of indices one by one."""
    if rows and isinstance(rows[0], list):
        weights = weights or [None] * len(rows)
        return [expected(r, mode, w) for r, w in zip(rows, weights)]
    vector = np.zeros(DEPTH, np.float32)
    for place, index in enumerate(rows):
        if not 0 <= index < DEPTH:
            continue
        weight = 1.0 if weights is None else weights[place]
        if mode == "multi_hot":
            vector[index] = max(vector[index], weight)
        else:
            vector[index] += weight
    return vector * IDF if mode == "tf_idf" else vector


def as_dense(x):
    if isinstance(x, tf.SparseTensor):
        return tf.sparse.to_dense(x)
    return x.to_tensor() if isinstance(x, tf.RaggedTensor) else x


class EncodeTest:
    @pytest.mark.parametrize("rank", [1, 2, 3])
    @pytest.mark.parametrize("is_weighted", [False, True])
    def test_vectors_are_those_of_a_plain_loop(self, rank, is_weighted):
        indices = DENSE[(0,) * (3 - rank)]
        weights = np.linspace(0.5, 3.0, indices.size).reshape(indices.shape)
        given = weights.astype("float32") if is_weighted else None
        listed = weights.tolist() if is_weighted else None
        for mode, sparse, kind in itertools.product(
            ("multi_hot", "count", "tf_idf"), (False, True), ("dense", "sparse")
        ):
            x, w = tf.constant(indices), given
            if kind == "sparse":
                places = np.argwhere(np.ones_like(indices))
                x = tf.SparseTensor(places, indices.ravel(), indices.shape)
                if is_weighted:
                    w = tf.SparseTensor(places, w.ravel(), indices.shape)
            output = encoding.encode(x, mode, DEPTH, tf.float32, sparse, w, IDF)
            assert isinstance(output, tf.SparseTensor) == sparse
            np.testing.assert_allclose(
                as_dense(output), expected(indices.tolist(), mode, listed)
            )

    @pytest.mark.parametrize("sparse", [False, True])
    def test_ragged_rows_are_encoded_one_by_one(self, sparse):
        rows = [[0, 1, 1], [], [3, 9]]
        weights = [[0.5, 2.0, 1.0], [], [3.0, 4.0]]
        for mode in ("multi_hot", "count"):
            for w in (None, weights):
                output = encoding.encode(
                    tf.ragged.constant(rows),
                    mode,
                    DEPTH,
                    tf.float32,
                    sparse,
                    None if w is None else tf.ragged.constant(w),
                )
                # The loop takes an empty list for a row of nothing.
                wanted = [
                    expected(r, mode, None if w is None else w[i])
                    for i, r in enumerate(rows)
                ]
                np.testing.assert_allclose(as_dense(output), wanted)

    def test_outer_ragged_axes_stay_ragged(self):
        rows = [[[0, 1], [1]], [[3, 3]]]
        output = encoding.encode(
            tf.ragged.constant(rows), "count", DEPTH, tf.float32
        )
        assert isinstance(output, tf.RaggedTensor)
        assert output.to_list()[1] == [[0.0, 0.0, 0.0, 2.0]]

    @pytest.mark.parametrize("shape", [(), (3,), (3, 1), (2, 3)])
    def test_one_hot_drops_a_last_axis_of_one(self, shape):
        indices = np.resize([2, 9, 0], shape)
        flat = np.zeros((indices.size, DEPTH), np.float32)
        for row, index in zip(flat, np.ravel(indices)):
            if index < DEPTH:
                row[index] = 1
        kept = shape[:-1] if shape[-1:] == (1,) else shape
        for sparse in (False, True):
            output = encoding.encode(
                tf.constant(indices), "one_hot", DEPTH, tf.float32, sparse
            )
            np.testing.assert_array_equal(
                as_dense(output), flat.reshape(kept + (DEPTH,))
            )
        assert encoding.encoded_shape(shape, "one_hot", DEPTH) == kept + (
            DEPTH,
        )

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int32", "int8"])
    def test_every_dtype_is_made(self, dtype):
        for mode in ("one_hot", "count"):
            output = encoding.encode(
                tf.constant([[1, 1]], tf.int32), mode, DEPTH, tf.as_dtype(dtype)
            )
            assert output.dtype == dtype

    def test_static_shapes_are_known_where_they_can_be(self):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None, None], tf.int64),
                tf.TensorSpec([None, 2, None], tf.int64),
            ]
        )
        def encode(matrix, cube):
            for sparse in (False, True):
                for x in (matrix, cube):
                    output = encoding.encode(
                        x, "count", DEPTH, tf.float32, sparse
                    )
                    wanted = x.shape[:-1].concatenate([DEPTH])
                    assert output.shape.as_list() == wanted.as_list()
            return tf.constant(0)

        encode.get_concrete_function()

    @pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
    @pytest.mark.parametrize("sparse", [False, True])
    def test_indices_of_unknown_rank(self, mode, sparse):
        @tf.function(input_signature=[tf.TensorSpec(None, tf.int64)])
        def encode(x):
            return encoding.encode(x, mode, DEPTH, tf.float32, sparse)

        for x in (DENSE, DENSE[0], DENSE[0, 0], DENSE[0, 0, 1]):
            x = tf.constant(x, tf.int64)
            np.testing.assert_array_equal(
                as_dense(encode(x)),
                as_dense(encoding.encode(x, mode, DEPTH, tf.float32)),
            )

    def test_dense_vectors_compile_with_xla(self):
        @tf.function(jit_compile=True)
        def encode(x, w):
            return [
                encoding.encode(x, mode, DEPTH, tf.float32, weights=weights)
                for mode in ("multi_hot", "count")
                for weights in (None, w)
            ]

        outputs = encode(tf.constant(DENSE[0]), tf.ones([2, 3]))
        np.testing.assert_array_equal(
            outputs[0], expected(DENSE[0].tolist(), "multi_hot")
        )
        np.testing.assert_array_equal(outputs[0], outputs[1])
        np.testing.assert_array_equal(outputs[2], outputs[3])

    def test_unknown_modes_are_refused(self):
        with pytest.raises(ValueError, match="output_mode='average'"):
            encoding.checked_output_mode("average", ("int",), "Hashing")
