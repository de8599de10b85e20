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
"""Tests of CategoryEncoding, against tf_keras and the RFC's examples."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.category_encoding import CategoryEncoding


def dense(x):
    return tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x


class CategoryEncodingTest:
    @pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
    @pytest.mark.parametrize("sparse", [False, True])
    @pytest.mark.parametrize("dtype", ["float32", "int32"])
    def test_outputs_and_config_equal_tf_keras(self, mode, sparse, dtype):
        arguments = dict(
            num_tokens=4, output_mode=mode, sparse=sparse, dtype=dtype, name="x"
        )
        layer = CategoryEncoding(**arguments)
        oracle = tf_keras.layers.CategoryEncoding(**arguments)
        assert layer.get_config() == oracle.get_config()
        inputs = [np.array([0, 1]), np.array([[1], [2]]), np.array(3)]
        if mode != "one_hot":
            inputs += [
                np.array([[0, 1, 1]], "int32"),
                tf.ragged.constant([[1], [2, 2]]),
                tf.sparse.from_dense([[1, 0], [2, 3]]),
            ]
        for x in inputs:
            ours, theirs = layer(x), oracle(x)
            assert ours.dtype == theirs.dtype
            assert isinstance(ours, tf.SparseTensor) == sparse
            np.testing.assert_array_equal(dense(ours), dense(theirs))
            if not isinstance(x, (tf.SparseTensor, tf.RaggedTensor)):
                assert layer.compute_output_shape(x.shape) == ours.shape
        symbolic = layer(Input((1,), dtype="int64"))
        assert symbolic.shape.as_list() == [None, 4]

    def test_weights_equal_tf_keras_in_count_mode(self):
        layer = CategoryEncoding(4, "count")
        oracle = tf_keras.layers.CategoryEncoding(4, "count")
        cases = [
            (np.array([[0, 1, 1]]), np.array([[0.5, 1.0, 2.0]])),
            (
                tf.ragged.constant([[1], [2, 2]]),
                tf.ragged.constant([[1.0], [2.0, 3.0]]),
            ),
            (
                tf.sparse.from_dense([[1, 0], [2, 3]]),
                tf.sparse.from_dense([[1.0, 0.0], [2.0, 3.0]]),
            ),
        ]
        for x, w in cases:
            np.testing.assert_allclose(
                layer(x, w), oracle(x, count_weights=w), rtol=1e-6
            )
        ragged, weights = cases[1]
        np.testing.assert_allclose(
            layer(ragged, weights.to_tensor()), layer(ragged, weights)
        )

    def test_weighted_multi_hot_takes_the_largest(self):
        layer = CategoryEncoding(max_tokens=4, output_mode="binary")
        output = layer([[0, 1, 1]], np.array([[0.5, 3.0, 2.0]]))
        np.testing.assert_allclose(output, [[0.5, 3.0, 0.0, 0.0]])
        assert layer.get_config()["output_mode"] == "multi_hot"
        # The RFC's workflow 7: a weight of shape (1,) for one category.
        x, w = Input((1,), dtype="int64"), Input((1,))
        assert layer(x, w).shape.as_list() == [None, 4]

    @pytest.mark.parametrize("sparse", [False, True])
    @pytest.mark.parametrize("kind", ["dense", "ragged", "sparse"])
    @pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
    def test_weights_in_every_mode(self, mode, kind, sparse):
        rows = [[0, 2, 2], [3, 3, 1]]
        weights = [[0.5, 3.0, 2.0], [-1.0, -2.0, 0.25]]
        layer = CategoryEncoding(4, mode, sparse=sparse)
        idf = np.ones(4)
        if mode == "tf_idf":
            layer.adapt(np.array(rows))
            idf = np.log(1 + 2 / (1 + np.ones(4)))
        expected = np.zeros((2, 4))
        for row in range(2):
            for category in set(rows[row]):
                found = [
                    weight
                    for index, weight in zip(rows[row], weights[row])
                    if index == category
                ]
                merged = max(found) if mode == "multi_hot" else sum(found)
                expected[row, category] = merged * idf[category]
        x, w = tf.constant(rows), tf.constant(weights)
        if kind == "ragged":
            x, w = tf.RaggedTensor.from_tensor(x), tf.RaggedTensor.from_tensor(
                w
            )
        if kind == "sparse":
            places = [[row, column] for row in range(2) for column in range(3)]
            x, w = (
                tf.SparseTensor(places, tf.reshape(values, [-1]), (2, 3))
                for values in (x, w)
            )
        for call in (layer, tf.function(layer)):
            output = call(x, w)
            assert isinstance(output, tf.SparseTensor) == sparse
            np.testing.assert_allclose(dense(output), expected, rtol=1e-6)

    @pytest.mark.parametrize("kind", ["ragged", "sparse"])
    def test_weights_at_other_places_are_an_error(self, kind):
        layer = CategoryEncoding(4, "count", name="codes")
        if kind == "ragged":
            x = tf.ragged.constant([[1], [2, 3]])
            alike = tf.ragged.constant([[0.5], [1.0, 2.0]])
            others = [
                tf.ragged.constant([[0.5, 1.0], [2.0]]),
                tf.ragged.constant([[0.5], [1.0, 2.0], [3.0]]),
            ]
        else:
            x = tf.sparse.from_dense([[1, 0], [2, 3]])
            alike = tf.sparse.from_dense([[0.5, 0.0], [1.0, 2.0]])
            others = [
                tf.sparse.from_dense([[0.0, 0.5], [1.0, 2.0]]),
                tf.sparse.from_dense([[0.5, 1.0], [1.0, 2.0]]),
            ]
        for call in (layer, tf.function(lambda x, w: layer(x, w))):
            np.testing.assert_array_equal(
                call(x, alike), [[0, 0.5, 0, 0], [0, 0, 1, 2]]
            )
            for weights in others:
                with pytest.raises(
                    tf.errors.InvalidArgumentError, match="codes.*other places"
                ):
                    call(x, weights)

    def test_one_hot_vectors_take_no_weights(self):
        with pytest.raises(ValueError, match="one-hot.*'count' or 'multi_hot'"):
            CategoryEncoding(4, "one_hot")([[1]], np.array([[2.0]]))

    def test_weights_reach_a_linear_model_by_lifting(self):
        x = {"index": np.array([[0, 2], [1, 1]]), "weight": np.ones((2, 2))}
        inputs = {
            "index": Input((2,), dtype="int64", name="index"),
            "weight": Input((2,), name="weight"),
        }
        encoded = CategoryEncoding(3, "count")(*inputs.values())
        model = tfk.Model(inputs, tfk.layers.Dense(1)(encoded))
        model.compile("sgd", "mse")
        assert np.isfinite(model.fit(x, np.ones(2), verbose=0).history["loss"])
        kernel, bias = model.get_weights()
        np.testing.assert_allclose(
            model.predict(x, verbose=0),
            np.array([[1, 0, 1], [0, 2, 0]]) @ kernel + bias,
            rtol=1e-5,
        )

    def test_the_size_is_learned(self):
        layer = CategoryEncoding()
        with pytest.raises(RuntimeError, match="before `adapt`"):
            layer([[1]])
        layer.adapt(np.array([[1, 5], [2, 2]]))
        np.testing.assert_array_equal(layer([[5]]), [[0, 0, 0, 0, 0, 1]])
        again = CategoryEncoding.from_config(layer.get_config())
        assert again.num_tokens == 6
        layer.adapt([[7]], reset_state=False)
        assert layer.num_tokens == 8
        layer.adapt([[1]])
        assert layer.num_tokens == 2

    def test_tf_idf_weighs_by_documents(self):
        rows = tf.ragged.constant([[0, 1, 1], [1], [2, 1]])
        layer = CategoryEncoding(4, "tf-idf", name="idf")
        with pytest.raises(RuntimeError, match="document frequencies"):
            layer(rows)
        layer.adapt(rows)
        idf = np.log(1 + 3 / (1 + np.array([1.0, 3.0, 1.0, 0.0])))
        counts = np.array([[1, 2, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0]])
        np.testing.assert_allclose(layer(rows), counts * idf, rtol=1e-6)
        weighted = layer([[1, 1]], np.array([[0.5, 1.0]]))
        np.testing.assert_allclose(weighted, [[0, 1.5 * idf[1], 0, 0]], 1e-6)
        store = {}
        layer.save_own_variables(store)
        again = CategoryEncoding.from_config(layer.get_config())
        again.load_own_variables(store)
        np.testing.assert_array_equal(again(rows), layer(rows))

    def test_models_with_learned_frequencies_come_back(self, tmp_path):
        layer = CategoryEncoding(output_mode="tf_idf")
        layer.adapt([[0], [1], [1]])
        x = tfk.Input((1,), dtype="int64")
        model = tfk.Model(x, layer(x))
        rows = np.array([[0], [1]])
        expected = model.predict(rows, verbose=0)
        model.save(tmp_path / "model.keras")
        again = tfk.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(again.predict(rows), expected)
        # Compiled functions hear of frequencies that are read later.
        clone = tfk.models.clone_model(model)
        clone.layers[-1].adapt([[0], [0], [0], [1]])
        assert not np.array_equal(clone.predict(rows), expected)
        model.save_weights(tmp_path / "model.weights.h5")
        clone.load_weights(tmp_path / "model.weights.h5")
        np.testing.assert_array_equal(clone.predict(rows), expected)

    def test_checkpoints_hold_what_was_learned(self, tmp_path):
        layer = CategoryEncoding(output_mode="tf_idf")
        layer.adapt([[0, 1], [1, 2]])
        path = tf.train.Checkpoint(layer=layer).save(str(tmp_path / "point"))
        again = CategoryEncoding(output_mode="tf_idf")
        tf.train.Checkpoint(layer=again).restore(path)
        np.testing.assert_array_equal(again([[0, 1]]), layer([[0, 1]]))

    def test_it_compiles_with_xla(self):
        layer = CategoryEncoding(3, "count")
        output = tf.function(layer, jit_compile=True)(tf.constant([[1, 1]]))
        np.testing.assert_array_equal(output, [[0, 2, 0]])

    def test_wrong_use_is_named(self):
        for wrong in (0, 2.5, "4"):
            with pytest.raises(ValueError, match=f"num_tokens={wrong!r}"):
                CategoryEncoding(wrong)
        with pytest.raises(ValueError, match="output_mode='x'"):
            CategoryEncoding(4, "x")
        layer = CategoryEncoding(4, name="codes")
        for values in ([[4]], [[-1, 2]]):
            with pytest.raises(
                tf.errors.InvalidArgumentError, match="num_tokens=4"
            ):
                layer(values)
        with pytest.raises(ValueError, match="'codes'.*takes integers"):
            layer([["a"]])
        with pytest.raises(ValueError, match="one-hot"):
            CategoryEncoding(4, "one_hot")([[1]], [[1.0]])
        learned = CategoryEncoding()
        learned.adapt([[3]])
        with pytest.raises(ValueError, match="Received: -1"):
            learned.adapt([[-1]])
        assert learned.num_tokens == 4
        with pytest.raises(ValueError, match="below num_tokens=2"):
            CategoryEncoding(2).adapt([[3]])
